"""One customer under a tax number with and without the code of its country."""

from __future__ import annotations

from stdnum import get_cc_module

from analysis.dataset.ledger.cell_sql import is_tax_number
from analysis.dataset.ledger.meaning.rows import Found, Known, Rows
from analysis.dataset.quality import KEPT, Note
from analysis.language import N_

_GREECE = "EL"
_ONE = N_("Tax numbers in '{header}' with and without the code of their country are one customer: {n}.")


def tax_numbers(rows: Rows) -> Found:
    """Find tax numbers that stand there with the code of their country, and without.

    They are one where the number is a valid one of that country, and of no other that is given.
    """
    if rows.meaning.same_customer or not rows.has("customer_id"):
        return None
    header = rows.header("customer_id")
    if not is_tax_number(header):
        return None
    pairs = rows.connection.execute(
        f"with customers as (select distinct customer_id as code from ledger where outcome in {KEPT}) "  # noqa: S608
        "select any_value(code), code[3:] as number from customers "
        "where regexp_full_match(code, '[A-Z]{2}[A-Z0-9]{4,13}') and number in (select code from customers) "
        "group by number having count(*) = 1 order by number"
    ).fetchall()
    same = tuple((code, number) for code, number in pairs if _is_valid(code))
    return Known(Note(_ONE, {"header": header, "n": len(same)}), {"same_customer": same}) if same else None


def _is_valid(code: str) -> bool:
    country = "gr" if code.startswith(_GREECE) else code[:2].lower()
    numbers = get_cc_module(country, "vat")
    return numbers is not None and numbers.is_valid(code)
