"""How a discount in percent is written, and whether the amount is net of it."""

from __future__ import annotations

from analysis.dataset.ledger.meaning.rows import SAME, Found, Known, Rows, most
from analysis.dataset.quality import Note
from analysis.language import N_, _

_PARTS_OF_ONE = N_(
    "No share in '{header}' is above 1: they were taken as parts of one and multiplied by 100."
)
_AFTER = N_("'{header}' is net of the discount.")
_BEFORE = N_("'{header}' is before the discount, which is taken off.")


def discounts(rows: Rows) -> Found:
    """Find how a discount in percent is written, and whether the amount is net of it."""
    if not rows.has("discount_pct") or rows.meaning.after_discount:
        return None
    largest = rows.row("select coalesce(max(abs(discount_pct)), 0) from ledger")[0]
    if 0 < largest <= 1 and not rows.meaning.parts_of_one:
        note = Note(_PARTS_OF_ONE, {"header": rows.header("discount_pct")})
        return Known(note, {"parts_of_one": True})
    if not rows.has("amount"):
        return None
    part = f"discount_pct / {1 if rows.meaning.parts_of_one else 100}"
    priced, net, gross = rows.row(
        f"select count(*), count(*) filter (abs(amount - gross_amount * (1 - {part})) < {SAME}), "  # noqa: S608
        f"count(*) filter (abs(amount - gross_amount) < {SAME}) from ledger "
        "where discount_pct > 0 and amount is not null and gross_amount is not null"
    )
    answer = rows.config.transactions.amount_after_discount
    if answer is None and priced and (most(net, priced) or most(gross, priced)):
        answer = most(net, priced)
    if answer is not None:
        note = Note(_AFTER if answer else _BEFORE, {"header": rows.header("amount")})
        return Known(note, {"after_discount": "net" if answer else "gross"})
    return rows.question(
        _("{file}: is '{header}' already net of the discount in '{discount}'?"),
        {
            "amount_after_discount: true": _("If it is, net sales are {net}"),
            "amount_after_discount: false": _(
                "If the discount is still to be taken off, net sales are {net}"
            ),
        },
        header=rows.header("amount"),
        discount=rows.header("discount_pct"),
    )
