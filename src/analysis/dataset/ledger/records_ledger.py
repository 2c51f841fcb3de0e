"""The ledger of a table other than the sales: every raw row with its canonical values and its fate."""

from __future__ import annotations

import datetime as dt

from analysis.dataset.files.readers import RawTable, quoted
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.cell_sql import (
    NUMERIC,
    cells_sql,
    currency_sql,
    has_currency,
    in_currency,
    layout,
    row_text,
    says_nothing,
    type_sql,
    value_sql,
)
from analysis.dataset.quality import KEPT
from analysis.dataset.schema import Column

_NO_DAY = "date '1970-01-01'"
"""Days up to this one are what programs write where there is none."""
_USUAL_SCALE = 10
"""Best possible answer to a survey that does not say its own."""


def records_sql(
    raw: RawTable, reading: Reading, currency: str | None, tax_rate: float, today: dt.date
) -> str:
    """Return the query that turns one raw file into its part of the ledger.

    Parameters
    ----------
    raw
        The raw file.
    reading
        How its cells are read.
    currency
        The data set's currency, where the user names it; rows in another are left out.
    tax_rate
        Rate of the tax to take out of money.
    today
        The day of reading: no row can be dated later.

    Returns
    -------
    str
        SQL of one row per raw row, in the file's order: the canonical columns and ``currency`` where the
        data give them (see `absent`), ``row_hash``, ``fate`` (``kept``, ``excluded:<rule>``,
        ``rejected:<reason>``), ``unread`` (per column of `optional`, the cell that could not be read; NULL
        where all could), ``dayless`` (per column of `optional_days`, whether its day is none; NULL where no
        one is) and, unless it is kept, ``raw`` (its cells as written).
    """
    unread = [
        f"case when {quoted(name)} is null and not {says_nothing(name)} then cast(c_{name} as varchar) end"
        for name in optional(reading)
    ]
    dayless = [f"coalesce({quoted(name)} <= {_NO_DAY}, false)" for name in optional_days(reading)]
    keep_raw = "true" if reading.table.key else f"fate not in {KEPT}"
    return f"""
    with {cells_sql(raw, reading)},
    typed as (select *, {_values(reading)} from cells),
    judged as (
        select * {_replaced(reading, tax_rate)},
               {_list_sql(unread, "is not null")} as unread, {_list_sql(dayless, "")} as dayless,
               {_fate(raw, reading, currency, today)} as fate
        from typed)
    select {", ".join(map(quoted, _known(reading)))}, row_hash, fate, unread, dayless,
           case when {keep_raw} then {row_text(raw)} end as raw
    from judged
    """  # noqa: S608


def absent(reading: Reading) -> str:
    """Return the SQL of the canonical columns that the data do not give: NULL, in their type."""
    known = _known(reading)
    missing = [c for c in reading.table.columns if c.canonical and c.name not in known]
    return ", ".join(f"cast(null as {type_sql(column)}) as {quoted(column.name)}" for column in missing)


def optional(reading: Reading) -> list[str]:
    """Return the columns whose cells may be unreadable at no cost but their own."""
    kinds = {*NUMERIC, "date", "month", "choice"}
    return [
        column.name
        for column in reading.table.columns
        if column.canonical
        and column.name in reading.columns
        and column.name not in reading.table.required
        and column.kind in kinds
    ]


def optional_days(reading: Reading) -> list[str]:
    """Return the days that a row need not have."""
    return [name for name in optional(reading) if reading.table.column(name).kind in {"date", "month"}]


def _known(reading: Reading) -> list[str]:
    """Return the columns of the ledger: the canonical ones that the data give, and the currency."""
    given = {*reading.columns, *(["scale"] if reading.table.name == "surveys" else [])}
    known = [name for name in reading.table.canonical if name in given]
    return [*known, "currency"] if has_currency(reading) else known


def _values(reading: Reading) -> str:
    columns = [column for column in reading.table.columns if column.name in _known(reading)]
    values = [
        f"{value_sql(column, reading)} as {quoted(column.name)}"
        for column in columns
        if column.name != "currency"
    ]
    if has_currency(reading):
        values.append(f"{currency_sql(reading)} as currency")
    return ", ".join(values)


def _replaced(reading: Reading, tax_rate: float) -> str:
    """Return the ``replace`` clause: days that are none are empty, money loses tax, scales are given."""
    values = {
        name: f"case when {quoted(name)} > {_NO_DAY} then {quoted(name)} end"
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


def _fate(raw: RawTable, reading: Reading, currency: str | None, today: dt.date) -> str:
    """Return the SQL of a row's fate; the first case that holds decides."""
    table = reading.table
    cases = [(condition, f"excluded:{rule}") for rule, condition in layout(raw, reading)]
    for name in table.required:
        cases += _needed(table.column(name), today, future=(table.name, name) == ("contracts", "started"))
    either = [name for name in table.any_of if name in reading.columns]
    if either:
        none = " and ".join(f"{quoted(name)} is null" for name in either)
        silent = " and ".join(says_nothing(name) for name in either if name != "customer_id") or "true"
        cases += [(f"{none} and {silent}", f"rejected:no_{either[0]}"), (none, f"rejected:{either[0]}")]
    if table.name == "surveys":
        best = f"coalesce(scale, {_USUAL_SCALE})"
        cases.append((f"score not between 0 and {best} or {best} = 0", "rejected:score_range"))
    if currency and has_currency(reading):
        cases.append((f"not {in_currency(currency)}", "excluded:other_currency"))
    return "case " + " ".join(f"when {held} then '{fate}'" for held, fate in cases) + " else 'kept' end"


def _needed(column: Column, today: dt.date, *, future: bool) -> list[tuple[str, str]]:
    """Return the cases in which a row lacks a column that it needs."""
    name, value = column.name, quoted(column.name)
    if name == "customer_id":
        return [(f"{value} is null", f"rejected:no_{name}")]
    cases = [
        (f"{value} is null and {says_nothing(name)}", f"rejected:no_{name}"),
        (f"{value} is null", f"rejected:{name}"),
    ]
    if column.kind in {"date", "month"}:
        late = "" if future else f" or {value} > date '{today}'"
        cases.append((f"{value} <= {_NO_DAY}{late}", "rejected:impossible_date"))
    return cases
