"""What in the sales kept looks like a mistake: it is said, with the line, and nothing is removed."""

from __future__ import annotations

import calendar
import datetime as dt
from itertools import pairwise
from pathlib import Path

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
    from (select customer_id, sum(amount) as sold from {sales} group by customer_id)
    where regexp_matches(customer_id, '[[:alpha:]]') group by plain having count(*) > 1
    order by sum(sold) desc, plain
"""
"""Customers whose spellings differ only in case, accents and signs: the spellings, and their net sales."""


def doubts(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> list[Note]:
    """Return what looks like a mistake among the sales kept."""
    kept = f"(select * from settled where outcome in {KEPT})"  # noqa: S608
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


def _large_line(connection: duckdb.DuckDBPyConnection, ledger: Ledger, kept: str) -> list[Note]:
    rows, total, largest = connection.execute(
        "select count(*), cast(sum(abs(amount)) as double), max({'size': abs(amount), "  # noqa: S608
        f"'part': filename, 'row': file_row_number, 'amount': amount}}) from {kept}"
    ).fetchall()[0]
    if rows < _FEWEST or not total or float(largest["size"]) <= _LARGE * total:
        return []
    share = 100 * float(largest["size"]) / total
    values = {"amount": float(largest["amount"]), "share": f"{share:.{0 if share < 99 else 2}f}"}
    return [Note(_ONE_LINE, values | _where(ledger, largest["part"], largest["row"]))]


def _large_price(connection: duckdb.DuckDBPyConnection, ledger: Ledger, kept: str) -> list[Note]:
    if not {"product_id", "quantity"} <= ledger.reading.columns.keys():
        return []
    price = "cast(abs(amount / nullif(quantity, 0)) as double)"
    found = connection.execute(
        f"select * from (select product_id, median({price}) as usual, "  # noqa: S608
        f"max({{'price': {price}, 'part': filename, 'row': file_row_number}}) as place from {kept} "
        "where product_id is not null group by product_id having count(*) > 2) "
        f"where usual > 0 and place['price'] >= {_TIMES} * usual "
        "order by place['price'] / usual desc, product_id limit 1"
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
        "select cast(date_trunc('month', date) as date) as month, count(*), max(date), "  # noqa: S608
        f"min({{'part': filename, 'row': file_row_number, 'day': date}}) from {kept} "
        "group by month order by month"
    ).fetchall()
    notes: list[Note] = []
    counts = {month: n for month, n, *_rest in months}
    places = {month: place for month, _n, _last, place in months}
    for before, after in pairwise(counts):
        missing = 12 * (after.year - before.year) + after.month - before.month - 1
        earlier = sum(n for month, n in counts.items() if month <= before)
        fewer = min(earlier, sum(counts.values()) - earlier)
        if missing >= _YEAR_APART and 100 * fewer <= sum(counts.values()):
            place = places[before if fewer == earlier else after]
            values = {"months": missing, "n": fewer, "day": place["day"].isoformat()}
            notes.append(Note(_APART, values | _where(ledger, place["part"], place["row"])))
        elif missing >= 2 and len(counts) >= 12:
            notes.append(Note(_GAP, {"first": _month(before, 1), "last": _month(after, -1)}))
    last = months[-1][2]
    if last.day < calendar.monthrange(last.year, last.month)[1] - 6 and len(counts) >= 3:
        notes.append(Note(_SHORT, {"day": last.isoformat()}))
    return notes if len(notes) <= 3 else notes[:3]


def _month(month: dt.date, ahead: int) -> str:
    place = 12 * month.year + month.month - 1 + ahead
    return f"{place // 12}-{place % 12 + 1:02}"


def _doubles(connection: duckdb.DuckDBPyConnection, kept: str) -> list[Note]:
    groups = connection.execute(SPELLINGS.format(sales=kept)).fetchall()
    if not groups:
        return []
    _plain, spellings, _sold = groups[0]
    money = float(sum(sold for *_names, sold in groups))
    return [Note(_DOUBLES, {"n": len(groups), "money": money, "one": spellings[0], "other": spellings[1]})]
