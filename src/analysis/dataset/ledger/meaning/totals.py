"""Rows that are the sum of others: subtotals of a customer or month, a total at the end.

They are called so and have a date as sales have, or hold nothing but numbers; others their cells tell.
"""

from __future__ import annotations

from analysis.dataset.ledger.cell_sql import LABELLED, Totals, begins_total
from analysis.dataset.ledger.meaning.rows import SAME, Found, Known, Rows, most
from analysis.dataset.quality import KEPT, Note
from analysis.language import N_, _, number

_INITIALS = (("G", "H"), ("S", "U"), ("g", "h"), ("s", "u"))
"""Where words for a total stand among others; asked column by column, most of a ledger need not be read."""
_SUMS = N_("Rows called 'Total' or the like are the sum of others, and were left out (rows: {n}).")
_BARE_SUMS = N_("Rows that hold nothing but the sum of those above were left out (rows: {n}).")
_SEEN = f"(outcome in {KEPT} or outcome = 'excluded:no_customer')"


def totals(rows: Rows) -> Found:
    """Find rows of totals that have a date as sales have."""
    answer, names = rows.config.transactions.total_rows, [name for name in LABELLED if rows.has(name)]
    if rows.meaning.totals or answer == "keep":
        return None
    texts = f"concat_ws(chr(10), {', '.join(names)})"
    near = (
        " or ".join(f"{name} >= '{first}' and {name} < '{after}'" for first, after in _INITIALS)
        for name in names
    )
    if not any(rows.count(f"({one}) and {begins_total(texts)} and {_SEEN}") for one in near):
        return None
    kinds: tuple[Totals, Totals] = ("begin", "only")
    for kind in kinds:
        n, sums, _longer = _told(rows, begins_total(texts, only=kind == "only"), _SEEN)
        if n and (most(sums, n) or (answer and kind == "only")):
            return Known(Note(_SUMS, {"n": n}), {"totals": kind})
    if not n:
        return None
    return rows.question(
        _("{file}: rows are called 'Total' (rows: {n}), and are not the sum of others. Are they totals?"),
        {
            "total_rows: leave_out": _("If they are, net sales are {net}"),
            "total_rows: keep": _("If they are sales, net sales are {net}"),
        },
        n=number(n),
    )


def bare_totals(rows: Rows) -> Found:
    """Find rows of numbers alone that are the sum of those above."""
    if rows.meaning.bare_totals or not rows.has("amount"):
        return None
    names = [name for name in (*LABELLED, "date") if rows.has(name)]
    bare = " and ".join(f"{name} is null" for name in names)
    bare = f"(outcome = 'rejected:no_date' and {bare} and not regexp_matches(raw, '[[:alpha:]]'))"
    if not rows.count(f"{bare} and amount is not null"):
        return None
    n, sums, longer = _told(rows, bare, f"amount is not null and ({_SEEN} or outcome = 'rejected:no_date')")
    return Known(Note(_BARE_SUMS, {"n": n}), {"bare_totals": True}) if longer and sums == n else None


def _told(rows: Rows, called: str, seen: str) -> tuple[int, int, int]:
    """Return how many rows are ``called`` totals, how many are the sum of others, and of more than one.

    A total is the sum of the rows ``seen`` since the one before, or of all rows before.
    """
    n, sums, longer = rows.row(
        f"""
        with listed as (select *, row_number() over (order by filename, file_row_number) as place,
                               {called} as is_total from ledger where {seen}),
        placed as (
            select *, if(is_total, 0, amount) as value,
                   count(*) filter (is_total) over (order by place) - cast(is_total as integer) as block
            from listed),
        summed as (
            select *, sum(value) over (partition by block) as own, sum(value) over (order by place) as until,
                   count(*) over (partition by block) - 1 as lines
            from placed),
        told as (
            select *, abs(amount - own) < {SAME} or abs(amount - until) < {SAME} as is_sum
            from summed where is_total)
        select count(*), count(*) filter (is_sum), count(*) filter (is_sum and lines > 1) from told
        """  # noqa: S608
    )
    return n, sums, longer
