"""Sales that were undone: by a state and a negative row of their own, or in a column of refunds."""

from __future__ import annotations

from analysis.dataset.ledger.meaning.rows import ORDER, Found, Known, Rows
from analysis.dataset.quality import KEPT, Note
from analysis.language import N_, _, number

_ONCE = N_(
    "Sales marked as refunded or cancelled that have a negative row of their own are taken off once, by that "
    "row (rows: {n})."
)


def undone_sales(rows: Rows) -> Found:
    """Find refunded sales with a negative row of their own, which would be taken off twice."""
    answer, void = rows.config.transactions.refunded, "outcome = 'excluded:cancelled'"
    if answer == "twice" or not rows.has("status") or not rows.count(void):
        return None
    link = "coalesce(back.reference, back.order_id)" if rows.has("reference") else "back.order_id"
    paired = (
        f"from ledger as sale where {void} and exists "
        f"(from ledger as back where back.outcome in {KEPT} and back.amount < 0 and"
    )
    linked = rows.row(f"select count(*) {paired} {link} = sale.order_id)")[0]
    if linked and not rows.meaning.once:
        return Known(Note(_ONCE, {"n": linked}), {"once": True})
    own = f"exists (from ledger as other where other.order_id = {link} and other.amount > 0)"
    alike = rows.row(
        f"select count(*) {paired} back.customer_id = sale.customer_id and back.amount = -sale.amount "
        f"and back.date >= sale.date and not {own})"
    )[0]
    if not alike or (answer == "once" and rows.meaning.once):
        return None
    if answer == "once":
        return Known(Note(_ONCE, {"n": alike}), {"once": True})
    return rows.question(
        _(
            "{file}: sales are marked as refunded or cancelled (rows: {n}), and their customers have "
            "negative rows of the same amount later on. Are these the same refunds?"
        ),
        {
            "refunded: once": _("If they are the same, net sales are {net}"),
            "refunded: twice": _("If they are others, net sales are {net}"),
        },
        n=number(alike),
    )


def refund_columns(rows: Rows) -> Found:
    """Find whether what was given back is of the whole order, on one of its lines or on all."""
    if not rows.has("refunded", "order_id") or rows.meaning.spread_refunds:
        return None
    if rows.has("total_with_all") and rows.count("refunded <> 0"):
        return Known(changed={"spread_refunds": True})
    orders, whole = rows.row(
        "select count(*), count(*) filter (filled = 1 or (filled = lines and low = high)) from ("  # noqa: S608
        "select count(*) as lines, count(nullif(refunded, 0)) as filled, min(refunded) as low, "
        "max(refunded) as high from ledger where order_id is not null and outcome <> 'excluded:total' "
        f"group by {ORDER} "
        "having count(*) > 1 and count(nullif(refunded, 0)) > 0)"
    )
    return Known(changed={"spread_refunds": True}) if orders and orders == whole else None
