"""What in the sales kept looks like a mistake: it is said, with the line, and nothing is removed."""

from __future__ import annotations

import calendar
import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from analysis.dataset.ledger.ledger import Ledger
from analysis.dataset.ledger.rejects import line_of_row
from analysis.dataset.quality import KEPT, Note
from analysis.language import N_

_FEWEST = 50
"""Rows below which one may well be a large part of the money."""
_LARGE = 0.2
"""Share of all money above which a single line is worth a look."""
_TIMES = 1_000
"""Times its product's usual price from which a price is worth a look."""
_YEAR_APART = 24
"""Months without a sale that set rows apart from all others."""
PRICE = "abs(cast(amount as double) / cast(nullif(quantity, 0) as double))"
"""SQL of what one piece of a row costs."""
_ONE_LINE = N_("{file}, line {line}: {amount} is {share} % of all money. Is it right?")
_PRICE = N_(
    "{file}, line {line}: a price of {price} for '{product}', whose usual price is {usual}. Is it right?"
)
_GAP = N_("There is no sale between {first} and {last}. Are rows missing?")
_APART = N_(
    "Rows lie {months} months apart from all others ({n}, such as in {file}, line {line}, of {day}). Are "
    "their years right?"
)
_SHORT = N_("The data end on {day}: the last month is not whole.")
_DOUBLES = N_(
    "Customers whose names differ only in case, accents or signs may be the same (groups: {n}, net sales: "
    "{money}), such as '{one}' and '{other}'. To count them as one, list them under 'same_customer' in "
    "dataset.yml; 'cartera check FILE --write-config' proposes them."
)
SPELLINGS = """
    select squeezed(customer_id) as plain, list(customer_id order by sold desc, customer_id) as spellings,
           sum(sold) as sold
    from {customers} where regexp_matches(customer_id, '[[:alpha:]]') group by plain having count(*) > 1
    order by sum(sold) desc, plain
"""
"""Customers (``customer_id``, ``sold``) whose spellings differ only in case, accents and signs."""
_NO_CODE = (
    "(try_cast(customer_id as ubigint) is null or contains(customer_id, 'e') or contains(customer_id, 'x')) "
    "and not regexp_full_match(customer_id, '[0-9A-Z]*')"
)
"""What no customer is where none differ in accents, signs or case; of numbers, 1e5 needs a look."""


def doubts(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> list[Note]:
    """Return what looks like a mistake among the sales kept."""
    kept = f"(select * from entries where outcome in {KEPT})"  # noqa: S608
    return [
        *_large_line(connection, ledger, kept),
        *_large_price(connection, ledger, kept),
        *_holes(connection, ledger, kept),
        *_doubles(connection, kept),
    ]


def _where(ledger: Ledger, part: str, row: int) -> dict[str, str]:
    """Return the file and line of a row of the ledger."""
    place = int(Path(part).stem.removeprefix("ledger-"))
    raw = ledger.raws[place]
    return {"file": raw.file, "line": str(line_of_row(raw, ledger.refused[place], row))}


def _first(
    connection: duckdb.DuckDBPyConnection, kept: str, column: str, condition: str, value: object
) -> tuple[Any, ...]:
    """Return the part, the row and the value of a column of the first row for which a condition holds."""
    return connection.execute(
        f"select filename, file_row_number, {column} from {kept} where {condition} "  # noqa: S608
        "order by filename, file_row_number limit 1",
        [value],
    ).fetchall()[0]


def _large_line(connection: duckdb.DuckDBPyConnection, ledger: Ledger, kept: str) -> list[Note]:
    rows, total, largest = connection.execute(
        f"select sum(rows), cast(sum(size) as double), max(largest) from days where outcome in {KEPT}"  # noqa: S608
    ).fetchall()[0]
    if rows < _FEWEST or not total or float(largest) <= _LARGE * total:
        return []
    part, row, amount = _first(connection, kept, "amount", "abs(amount) = $1", largest)
    share = 100 * float(largest) / total
    values = {"amount": float(amount), "share": f"{share:.{0 if share < 99 else 2}f}"}
    return [Note(_ONE_LINE, values | _where(ledger, part, row))]


def _large_price(connection: duckdb.DuckDBPyConnection, ledger: Ledger, kept: str) -> list[Note]:
    if not {"product_id", "quantity"} <= ledger.reading.columns.keys():
        return []
    above_zero = f"nullif({PRICE}, 0)"
    extremes = f"select min(cheapest), max(dearest) from days where outcome in {KEPT}"  # noqa: S608
    lowest, highest = connection.execute(extremes).fetchall()[0]
    if not lowest or 2 * highest < _TIMES * lowest:  # a usual price is at least half the lowest
        return []
    # half of the prices are at most the usual one, so that it is at least half their harmonic mean
    far = f"max({PRICE}) * sum(1 / {above_zero}) >= {_TIMES} * (count({above_zero}) - count({PRICE}) / 2)"
    products = connection.execute(
        f"select product_id from {kept} where product_id is not null group by product_id "  # noqa: S608
        f"having count(*) > 2 and {far}"
    ).fetchall()
    if not products:
        return []
    found = connection.execute(
        f"select * from (select product_id, median({PRICE}) as usual, "  # noqa: S608
        f"max({{'price': {PRICE}, 'part': filename, 'row': file_row_number}}) as place from {kept} "
        "where product_id in (select unnest($1)) group by product_id) "
        f"where usual > 0 and place['price'] >= {_TIMES} * usual "
        "order by place['price'] / usual desc, product_id limit 1",
        [[product for (product,) in products]],
    ).fetchall()
    return [
        Note(
            _PRICE,
            {"price": place["price"], "product": product, "usual": usual}
            | _where(ledger, place["part"], place["row"]),
        )
        for product, usual, place in found
    ]


def _holes(connection: duckdb.DuckDBPyConnection, ledger: Ledger, kept: str) -> list[Note]:
    """Return months without sales, rows far from all others, and a last month that is not whole."""
    months = connection.execute(
        "select cast(date_trunc('month', date) as date) as month, cast(sum(rows) as bigint), max(date) "  # noqa: S608
        f"from days where outcome in {KEPT} group by month order by month"
    ).fetchall()
    notes: list[Note] = []
    counts = {month: n for month, n, _last in months}
    for before, after in pairwise(counts):
        missing = 12 * (after.year - before.year) + after.month - before.month - 1
        earlier = sum(n for month, n in counts.items() if month <= before)
        fewer = min(earlier, sum(counts.values()) - earlier)
        if missing >= _YEAR_APART and 100 * fewer <= sum(counts.values()):
            month = before if fewer == earlier else after
            part, row, day = _first(connection, kept, "date", "date_trunc('month', date) = $1", month)
            values = {"months": missing, "n": fewer} | _where(ledger, part, row)
            notes.append(Note(_APART, values, days={"day": day.isoformat()}))
        elif missing >= 2 and len(counts) >= 12:
            notes.append(Note(_GAP, days={"first": _month(before, 1), "last": _month(after, -1)}))
    last = months[-1][2]
    if last.day < calendar.monthrange(last.year, last.month)[1] - 6 and len(counts) >= 3:
        notes.append(Note(_SHORT, days={"day": last.isoformat()}))
    return notes if len(notes) <= 3 else notes[:3]


def _month(month: dt.date, ahead: int) -> str:
    place = 12 * month.year + month.month - 1 + ahead
    return f"{place // 12}-{place % 12 + 1:02}"


def _doubles(connection: duckdb.DuckDBPyConnection, kept: str) -> list[Note]:
    if not connection.execute(f"select 1 from {kept} where {_NO_CODE} limit 1").fetchall():  # noqa: S608
        return []
    customers = f"(select customer_id, sum(amount) as sold from {kept} group by customer_id)"  # noqa: S608
    groups = connection.execute(SPELLINGS.format(customers=customers)).fetchall()
    if not groups:
        return []
    _plain, spellings, _sold = groups[0]
    money = float(sum(sold for *_names, sold in groups))
    return [Note(_DOUBLES, {"n": len(groups), "money": money, "one": spellings[0], "other": spellings[1]})]
