"""How a discount in percent is written, whether the amount is net of it, and whether one is of the order."""

from __future__ import annotations

from analysis.dataset.ledger.meaning.rows import ORDER, SAME, Found, Known, Rows, most
from analysis.dataset.quality import Note
from analysis.language import N_, _, number

_PARTS_OF_ONE = N_(
    "No share in '{header}' is above 1: they were taken as parts of one and multiplied by 100."
)
_AFTER = N_("'{header}' is net of the discount.")
_OF_ORDER = N_("'{header}' is the discount of the whole order: it is taken once and spread over its lines.")
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


def order_discounts(rows: Rows) -> Found:
    """Find whether a discount that all lines of an order repeat is that of the whole order."""
    answer, priced = rows.config.transactions.discount_is, rows.meaning.amount_is == "quantity_and_price"
    if rows.meaning.spread_discount or answer == "line" or not rows.has("discount", "order_id"):
        return None
    if rows.has("amount") and not priced:
        before = rows.config.transactions.amount_after_discount is False and not rows.has("discount_pct")
        if not before or rows.meaning.after_discount:
            return None
        return Known(Note(_BEFORE, {"header": rows.header("amount")}), {"after_discount": "gross"})
    orders, same, lines, value, order = rows.row(
        "select count(*), count(*) filter (low = high), max(lines) filter (low = high), "  # noqa: S608
        "max_by(low, lines) filter (low = high), max_by(order_id, lines) filter (low = high) from ("
        "select order_id, count(*) as lines, min(coalesce(discount, 0)) as low, max(discount) as high "
        f"from ledger where order_id is not null group by {ORDER} "
        "having count(*) > 1 and max(discount) > 0 and min(gross_amount) <> max(gross_amount))"
    )
    if answer == "order":
        return Known(Note(_OF_ORDER, {"header": rows.header("discount")}), {"spread_discount": True})
    if not orders or not most(same, orders):
        return None
    return rows.question(
        _(
            "{file}: '{header}' is {value} on all {n} lines of order '{order}', which cost different "
            "amounts. Is it the discount of the whole order, or of each line?"
        ),
        {
            "discount_is: order": _("If it is that of the whole order, net sales are {net}"),
            "discount_is: line": _("If it is that of each line, net sales are {net}"),
        },
        header=rows.header("discount"),
        value=number(float(value), 2),
        n=lines,
        order=order,
    )
