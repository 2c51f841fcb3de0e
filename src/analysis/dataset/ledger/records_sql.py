"""What is asked of a row of a table other than the sales, and what becomes of it."""

from __future__ import annotations

import datetime as dt

from analysis.dataset.config import DatasetConfig
from analysis.dataset.files.readers import quoted
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.cell_sql import (
    NO_DAY,
    NUMERIC,
    has_currency,
    in_currency,
    missing,
    missing_day,
    says_nothing,
    type_sql,
)
from analysis.dataset.schema import Column

_USUAL_SCALE = 10
"""Best possible answer to a survey that does not say its own."""


OTHERWISE = "kept"
"""What a row is for which no case holds."""


def asked(reading: Reading, config: DatasetConfig) -> str:
    """Return the step ``asked``: days that are none are empty, money loses its tax, and what was not read."""
    unread = [
        f"case when {quoted(name)} is null and not {says_nothing(name)} then cast(c_{name} as varchar) end"
        for name in optional(reading)
    ]
    dayless = [f"coalesce({quoted(name)} <= {NO_DAY}, false)" for name in optional_days(reading)]
    return (
        f"asked as (select * {_replaced(reading, config.tax_rate(reading.table.name))}, "  # noqa: S608
        f"{_list_sql(unread, 'is not null')} as unread, {_list_sql(dayless, '')} as dayless from typed)"
    )


ANSWERS = "unread, dayless"
"""Per column of `optional` the cell that could not be read, and per column of `optional_days` whether its
day is none; NULL where that is so of none."""


def optional(reading: Reading) -> list[str]:
    """Return the columns whose cells may be unreadable at no cost but their own."""
    kinds = {*NUMERIC, "date", "month", "choice"}
    return [
        column.name
        for column in reading.table.columns
        if column.canonical
        and column.name in reading.columns
        and column.name not in needed(reading)
        and column.kind in kinds
    ]


def needed(reading: Reading) -> tuple[str, ...]:
    """Return the columns that a row must have: the day of `any_of`, too, where it alone is given."""
    table = reading.table
    either = [name for name in table.any_of if name in reading.columns]
    alone = either if len(either) == 1 and table.column(either[0]).kind == "date" else []
    return (*table.required, *alone)


def optional_days(reading: Reading) -> list[str]:
    """Return the days that a row need not have."""
    return [name for name in optional(reading) if reading.table.column(name).kind in {"date", "month"}]


def _replaced(reading: Reading, tax_rate: float) -> str:
    """Return the ``replace`` clause: days that are none are empty, money loses tax, scales are given."""
    values = {
        name: f"case when {quoted(name)} > {NO_DAY} then {quoted(name)} end"
        for name in optional_days(reading)
    }
    if tax_rate:
        values |= {
            column.name: _without_tax(column, tax_rate)
            for column in reading.table.columns
            if column.kind == "money" and column.name in reading.columns
        }
    if reading.table.name == "surveys":
        values["scale"] = f"coalesce(scale, {_USUAL_SCALE})"
    listed = ", ".join(f"{value} as {quoted(name)}" for name, value in values.items())
    return f"replace ({listed})" if listed else ""


def _without_tax(column: Column, rate: float) -> str:
    net = f"round(cast({quoted(column.name)} as double) / {1 + rate}, 4)"
    return f"try_cast({net} as {type_sql(column)})"


def _list_sql(items: list[str], condition: str) -> str:
    """Return the SQL of a list, NULL where the condition holds for no item."""
    if not items:
        return "null"
    return f"case when {' or '.join(f'({item}) {condition}' for item in items)} then [{', '.join(items)}] end"


def cases(reading: Reading, config: DatasetConfig, today: dt.date) -> list[tuple[str, str]]:
    """Return under which condition a row becomes what; the first that holds decides."""
    table = reading.table
    held = []
    for name in needed(reading):
        held += _needed(table.column(name), today, future=(table.name, name) == ("contracts", "started"))
    either = [name for name in table.any_of if name in reading.columns]
    if either:
        none = " and ".join(f"{quoted(name)} is null" for name in either)
        silent = " and ".join(says_nothing(name) for name in either if name != "customer_id") or "true"
        held += [(f"{none} and {silent}", f"rejected:no_{either[0]}"), (none, f"rejected:{either[0]}")]
    if table.name == "surveys":
        best = f"coalesce(scale, {_USUAL_SCALE})"
        held.append((f"score not between 0 and {best} or {best} = 0", "rejected:score_range"))
    if config.currency and has_currency(reading):
        held.append((f"not {in_currency(config.currency)}", "excluded:other_currency"))
    return held


def _needed(column: Column, today: dt.date, *, future: bool) -> list[tuple[str, str]]:
    """Return the cases in which a row lacks a column that it needs."""
    name, value = column.name, quoted(column.name)
    if name == "customer_id":
        return [(f"{value} is null", f"rejected:no_{name}")]
    if column.kind in {"date", "month"}:
        return missing_day(name, None if future else today)
    return missing(name)
