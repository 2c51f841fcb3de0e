"""Blanks that mean "as on the other lines of the order", or "as above"."""

from __future__ import annotations

from analysis.dataset.ledger.meaning.rows import Found, Known, Rows
from analysis.dataset.ledger.sales_sql import BLOCK, answered
from analysis.dataset.quality import KEPT, Note
from analysis.language import N_, _, number

_OF_ORDER = (
    "customer_id", "date", "status", "currency", "document_type", "reference", "cancelled_on",
    "total_with_all",
)  # fmt: skip
_EMPTY = f"not {answered('is_unknown')}"
"""What holds where neither customer nor date is a word for nothing: NULL does not mean "as above"."""
_FAR_FEWER = 0.25
"""Share of the orders below which blank customers are far from the half that is asked for."""
_SCREEN = 200_000
"""Rows that are looked at first: they may hold enough orders already."""
_IN_ORDER = N_("Blanks in {headers} are taken as on the other lines of the same order.")
_AS_ABOVE = N_("Blanks in {headers} are taken as on the row above (rows: {n}).")


def blanks(rows: Rows) -> Found:
    """Find which blanks mean the same as what stands near them."""
    if rows.meaning.in_order or len(rows.meaning.from_above) > 1:
        return None
    if not rows.meaning.from_above and (found := _customer_blocks(rows)):
        return found
    columns = tuple(name for name in _OF_ORDER if rows.has("order_id", name) and _is_shared(rows, name))
    if columns:
        return Known(Note(_IN_ORDER, {"headers": rows.headers(columns)}), {"in_order": columns})
    if rows.meaning.from_above:
        return None
    block = tuple(name for name in BLOCK if rows.has(name))
    empty = " and ".join(f"{name} is null" for name in block)
    below = f"outcome = 'rejected:no_date' and {empty} and amount is not null and {_EMPTY}"
    lines = rows.count(below)
    partly = rows.count(f"outcome = 'rejected:no_date' and not ({empty})")
    if not lines or partly or len(block) == 1:
        return None
    goods = "product_id is not null or (quantity is not null and regexp_matches(raw, '[[:alpha:]]'))"
    detail = rows.count(f"{below} and ({goods})")
    return _from_above(rows, block, lines, proved=detail == lines)


def _customer_blocks(rows: Rows) -> Found:
    """Find customers that stand once above the rows of several orders."""
    some = "(select order_id from ledger where customer_id is null)"
    whole = (
        f"(select order_id from ledger where order_id in {some} group by order_id "  # noqa: S608
        "having count(customer_id) = 0)"
    )
    nobody = f"(order_id is null or order_id in {whole})" if rows.has("order_id") else "true"
    blank = f"outcome = 'excluded:no_customer' and amount is not null and {_EMPTY}"
    without = rows.count(f"{blank} and {nobody}")
    if not without:
        return None
    lines = "count(distinct order_id)" if rows.has("order_id") else "count(*)"
    about = lines.replace("count(distinct ", "approx_count_distinct(")
    for some in (f"(from ledger limit {_SCREEN})", "ledger"):
        orders = rows.row(f"select {about} from {some} where outcome in {KEPT}")[0]  # noqa: S608
        if without < _FAR_FEWER * orders:
            return None
    named, different = rows.row(
        f"select {lines}, count(distinct customer_id) from ledger where outcome in {KEPT}"  # noqa: S608
    )
    if not named and rows.count("outcome = 'excluded:heading'"):
        return _from_above(rows, ("customer_id",), without, proved=True)
    if named > 1 and without >= max(2, 0.5 * named) and different >= 0.8 * named:
        return _from_above(rows, ("customer_id",), without, proved=False)
    return None


def _is_shared(rows: Rows, name: str) -> bool:
    """Tell whether a column is blank on some lines of orders that have one value of it on others."""
    if not rows.count(f"{name} is null and order_id is not null and {_EMPTY}"):
        return False
    orders = rows.row(
        "select count(*) from (select order_id from ledger where order_id in "  # noqa: S608
        f"(select order_id from ledger where {name} is null) group by order_id "
        f"having count(*) > count({name}) and count({name}) > 0 and min({name}) = max({name}))"
    )
    return bool(orders[0])


def _from_above(rows: Rows, columns: tuple[str, ...], lines: int, *, proved: bool) -> Found:
    answer = rows.config.transactions.blank_customer
    if answer == "nobody" or not _begins(rows, columns[0]):
        return None
    if proved or answer:
        also = [name for name in _OF_ORDER if rows.has(name) and name not in columns]
        with_them = (*columns, *(also if len(columns) > 1 else []))
        values = {"headers": rows.headers(with_them), "n": lines}
        return Known(Note(_AS_ABOVE, values), {"from_above": with_them})
    return rows.question(
        _(
            "{file}: cells in {headers} are empty on rows below a filled one (rows: {n}). Do they mean "
            "the same?"
        ),
        {
            "blank_customer: above": _("If they mean the same, net sales are {net}"),
            "blank_customer: nobody": _("If nobody is known there, net sales are {net}"),
        },
        headers=rows.headers(columns),
        n=number(lines),
    )


def _begins(rows: Rows, name: str) -> bool:
    """Tell whether the first row has a value of a column."""
    first = "(select * from ledger order by filename, file_row_number limit 1)"
    return bool(rows.row(f"select count({name}) from {first}")[0])  # noqa: S608
