"""The canonical tables: each column declared once.

A column is recognised by the names that shop systems, ERPs and invoicing programs usually give it, in English
and Spanish. Names are compared without case, accents and punctuation; ``%`` counts as the word ``pct``.
"""

from analysis.dataset.schema.declaration import Column, Link, Sequence, Table
from analysis.dataset.schema.leads import LEADS, OPEN_STAGES, fit_stages, in_own_words
from analysis.dataset.schema.names import normalised, same_name, without_accents
from analysis.dataset.schema.operations import DELIVERIES, INVOICES, MARKET, SPEND, STOCK
from analysis.dataset.schema.people import CAMPAIGNS, CONTRACTS, CUSTOMERS, SURVEYS
from analysis.dataset.schema.transactions import TRANSACTIONS

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        TRANSACTIONS,
        CUSTOMERS,
        INVOICES,
        SURVEYS,
        LEADS,
        SPEND,
        CAMPAIGNS,
        CONTRACTS,
        MARKET,
        STOCK,
        DELIVERIES,
    )
}
"""Every canonical table by its name; only ``transactions`` is needed."""

__all__ = [
    "CUSTOMERS", "OPEN_STAGES", "TABLES", "TRANSACTIONS", "Column", "Link", "Sequence", "Table", "fit_stages",
    "in_own_words", "normalised", "same_name", "without_accents",
]  # fmt: skip
