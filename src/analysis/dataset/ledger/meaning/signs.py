"""Positive amounts of negative quantities and of documents that take a sale back."""

from __future__ import annotations

from analysis.dataset.ledger.meaning.rows import Found, Known, Rows
from analysis.dataset.ledger.sales_sql import answered
from analysis.dataset.quality import Note
from analysis.language import N_, _, number

_TURNED = N_("Positive amounts of negative quantities or of credit notes are returns (rows: {n}).")


def signs(rows: Rows) -> Found:
    """Ask what positive amounts are where quantities or kinds of document take back."""
    turned, back = answered("is_turned"), answered("is_taken_back")
    n = rows.count(turned)
    if not n:
        return None
    below = rows.count(f"{back} and not {turned} and amount < 0")
    if not below or rows.config.transactions.returned_amounts:
        return Known(Note(_TURNED, {"n": n}))
    return rows.question(
        _(
            "{file}: rows with a negative quantity, or of credit notes, have amounts of both signs: "
            "{turned} above zero and {n} below. Do they all take a sale back?"
        ),
        {
            "returned_amounts: subtract": _("If they all do, net sales are {net}"),
            "returned_amounts: as_written": _("If amounts count as they are written, net sales are {net}"),
        },
        turned=number(n),
        n=number(below),
    )
