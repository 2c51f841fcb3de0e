"""Raw files of a table other than the sales → canonical Parquet, with every row accounted for.

The steps are those of the sales: the raw files become the ledger (every row with its fate); the ledger is
counted; kept rows become ``<table>.parquet``, the others ``set_aside_<table>.parquet`` with file, line,
reason and raw text. A cell that is not needed and cannot be read is left empty, counted, and shown by an
example.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from analysis.dataset.config import DatasetConfig
from analysis.dataset.files.readers import RawTable, quoted
from analysis.dataset.inference.type_inference import Reading, ask, find_reading
from analysis.dataset.ledger.cell_sql import has_currency
from analysis.dataset.ledger.intake_result import Formats, Records
from analysis.dataset.ledger.ledger_steps import (
    check_usable,
    connect,
    count_fates,
    one_currency,
    open_all,
    rejected_alarm,
    tax_fact,
    write_ledger,
)
from analysis.dataset.ledger.records_ledger import absent, optional, optional_days, records_sql
from analysis.dataset.ledger.rejects import line_of_row, refused_records, write_set_aside
from analysis.dataset.quality import KEPT, Note, Quality
from analysis.dataset.schema import Table
from analysis.dataset.sources.inputs import Input
from analysis.engine.paths import duckdb_path
from analysis.language import N_

_MUCH = 0.05
"""Share of rows beyond which cells left empty, or rows of a key that is known already, are an alarm."""
_LEFT_EMPTY = N_(
    "Column '{header}' of {file}: cells that could not be read were left empty: {n}, such as '{example}' in "
    "line {line}."
)
_NO_DAYS = N_("Dates up to 1970-01-01 in '{header}' stand for no date and were left empty (rows: {n}).")
_PARTS_OF_ONE = N_(
    "No share in '{header}' is above 1: they were taken as parts of one and multiplied by 100."
)


def take_in(table: Table, given: Input, config: DatasetConfig, formats: Formats, target: Path) -> Records:
    """Read the raw files of a table into canonical Parquet in the folder ``target``.

    Parameters
    ----------
    table
        Any canonical table but the sales.
    given
        Its raw files, which have the same columns, and how they are read.
    config
        What ``dataset.yml`` says of all tables.
    formats
        How the sales are written; it settles what the table leaves open.
    target
        A folder, left with ``<table>.parquet`` (the canonical columns of the rows kept, in the files' order)
        and ``set_aside_<table>.parquet`` (the other rows).

    Raises
    ------
    CarteraError
        If the files cannot be read, leave a question open, or hold no row that can be used.
    """
    work = target / f"work_{table.name}"
    work.mkdir()
    connection = connect(work)
    try:
        raws = open_all(connection, given, table, work)
        reading = find_reading(connection, raws, table, given.settings, formats)
        if reading.questions:
            raise ask(reading.questions, table)
        return _recorded(connection, raws, reading, config, target)
    finally:
        connection.close()
        shutil.rmtree(work)


def _recorded(
    connection: duckdb.DuckDBPyConnection,
    raws: list[RawTable],
    reading: Reading,
    config: DatasetConfig,
    target: Path,
) -> Records:
    """Write the ledger, and from it the two files; return the account."""
    table, today = reading.table, dt.date.today()
    rate = config.tax_rate(table.name)
    work = target / f"work_{table.name}"
    raws = write_ledger(
        connection,
        raws,
        lambda raw: records_sql(raw, reading, config.currency, rate, today),
        absent(reading),
        work,
    )
    if has_currency(reading):
        one_currency(connection, config.currency, raws[0].file)
    _settle(connection, table)
    money = "amount" in table.canonical
    refused = [refused_records(connection, raw) for raw in raws]
    account = count_fates(connection, sum(map(len, refused)), money=money)
    check_usable(connection, Quality(account, pd.DataFrame(), of=table.name), raws[0], refused[0], reading)
    duplicates = _duplicates(connection)
    emptied = _emptied(connection, raws, refused, reading)
    written = _write(connection, reading, target / f"{table.name}.parquet")
    write_set_aside(connection, raws, refused, target / f"set_aside_{table.name}.parquet", money=money)
    quality = Quality(
        account,
        _found(duplicates, emptied),
        (
            *reading.facts,
            *_tax(reading, rate),
            *_dayless(connection, reading),
            *written,
            *_noted(emptied, account),
        ),
        _alarms(table, account, duplicates, emptied),
        table.name,
    )
    return Records(quality, _filled(connection, table, target), _wakes(connection, table, today))


def _tax(reading: Reading, rate: float) -> tuple[Note, ...]:
    money = any(reading.table.column(name).kind == "money" for name in reading.columns)
    return tax_fact(rate) if money else ()


def _settle(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Make the view ``settled``: the ledger, with later rows of a key that is known already left out."""
    later = 0
    if table.key:
        key = ", ".join(map(quoted, table.key))
        given = " and ".join(f"{quoted(name)} is not null" for name in table.key)
        connection.execute(
            "create temp table later as select filename, file_row_number from ledger "  # noqa: S608
            f"where fate = 'kept' and {given} "
            f"qualify row_number() over (partition by {key} order by filename, file_row_number) > 1"
        )
        later = connection.execute("select count(*) from later").fetchall()[0][0]
    connection.execute(
        "create view settled as select ledger.* exclude (fate), "
        "case when later.filename is not null then 'excluded:same_key' else fate end as fate "
        "from ledger left join later using (filename, file_row_number) order by filename, file_row_number"
        if later
        else "create view settled as from ledger"
    )


@dataclass(frozen=True)
class _Duplicates:
    """Rows equal to an earlier one in every cell, and whether every row stands there more than once."""

    rows: int
    all_repeated: bool


def _duplicates(connection: duckdb.DuckDBPyConnection) -> _Duplicates:
    copies, copied = connection.execute(
        "select coalesce(sum(times - 1), 0), coalesce(sum(times), 0) "
        "from (select count(*) as times from ledger group by row_hash having count(*) > 1)"
    ).fetchall()[0]
    total = connection.execute("select count(*) from ledger").fetchall()[0][0]
    return _Duplicates(int(copies), copied == total and total > 2)


@dataclass(frozen=True)
class _Emptied:
    """Cells of a column that could not be read and were left empty: how many, and what is said of them."""

    column: str
    rows: int
    note: Note | None


def _emptied(
    connection: duckdb.DuckDBPyConnection,
    raws: list[RawTable],
    refused: list[list[tuple[int, str]]],
    reading: Reading,
) -> list[_Emptied]:
    """Return what was left empty of each column that a row need not have, among the rows kept."""
    found = []
    for i, name in enumerate(optional(reading), 1):
        rows = connection.execute(
            f"select count(*) from settled where fate = 'kept' and unread[{i}] is not null"  # noqa: S608
        ).fetchall()[0][0]
        note = None
        if rows:
            part, row, cell = connection.execute(
                f"select filename, file_row_number, unread[{i}] from settled "  # noqa: S608
                f"where fate = 'kept' and unread[{i}] is not null order by filename, file_row_number limit 1"
            ).fetchall()[0]
            place = int(Path(part).stem.removeprefix("ledger-"))
            values = {
                "header": reading.columns[name],
                "file": raws[place].file,
                "n": rows,
                "example": cell,
                "line": str(line_of_row(raws[place], refused[place], row)),
            }
            note = Note(_LEFT_EMPTY, values)
        found.append(_Emptied(name, rows, note))
    return found


def _found(duplicates: _Duplicates, emptied: list[_Emptied]) -> pd.DataFrame:
    rows = [("duplicates", "", duplicates.rows), *((left.column, "", left.rows) for left in emptied)]
    return pd.DataFrame(rows, columns=["rule", "policy", "rows"])


def _noted(emptied: list[_Emptied], account: pd.DataFrame) -> list[Note]:
    """Return what was left empty in so few rows that it is no alarm."""
    return [left.note for left in emptied if left.note and not _is_much(left.rows, account)]


def _is_much(rows: int, account: pd.DataFrame) -> bool:
    return rows > _MUCH * int(account["rows"].sum())


def _alarms(
    table: Table, account: pd.DataFrame, duplicates: _Duplicates, emptied: list[_Emptied]
) -> tuple[Note, ...]:
    """Return what the reader must know before trusting a figure."""
    alarms = [*rejected_alarm(account)]
    alarms += [left.note for left in emptied if left.note and _is_much(left.rows, account)]
    same_key = int(account.loc[account["rule"] == "same_key", "rows"].sum())
    if _is_much(same_key, account):
        key = ", ".join(f"'{name}'" for name in table.key)
        message = N_("Rows left out, with the same {key} as an earlier row: {n}. Is it the right column?")
        alarms.append(Note(message, {"n": same_key, "key": key}))
    elif duplicates.all_repeated:
        message = N_("Every row stands at least twice in the data, as if they had been pasted again.")
        alarms.append(Note(message))
    return tuple(alarms)


def _dayless(connection: duckdb.DuckDBPyConnection, reading: Reading) -> list[Note]:
    """Return the notes on days that stand for none."""
    notes = []
    for i, name in enumerate(optional_days(reading), 1):
        rows = connection.execute(
            f"select count(*) from settled where fate = 'kept' and dayless[{i}]"  # noqa: S608
        ).fetchall()[0][0]
        if rows:
            notes.append(Note(_NO_DAYS, {"header": reading.columns[name], "n": rows}))
    return notes


def _write(connection: duckdb.DuckDBPyConnection, reading: Reading, path: Path) -> list[Note]:
    """Write the rows kept; shares given as parts of one become percent, which is noted."""
    values, notes = {}, []
    for column in reading.table.columns:
        if (
            column.kind == "percent"
            and column.name in reading.columns
            and _parts_of_one(connection, reading, column.name)
        ):
            values[column.name] = (
                f"cast({quoted(column.name)} * 100 as decimal(18, 4)) as {quoted(column.name)}"
            )
            notes.append(Note(_PARTS_OF_ONE, {"header": reading.columns[column.name]}))
    columns = ", ".join(values.get(name, quoted(name)) for name in reading.table.canonical)
    connection.execute(
        f"copy (select {columns} from settled where fate in {KEPT}) "  # noqa: S608
        "to $1 (format parquet, dictionary_size_limit 5000)",
        [str(path)],
    )
    return notes


def _parts_of_one(connection: duckdb.DuckDBPyConnection, reading: Reading, name: str) -> bool:
    """Tell whether all percentages kept lie between 0 and 1, and none is written with a percent sign."""
    cell = f"cast({quoted(reading.columns[name])} as varchar)"
    signs = connection.execute(f"select count(*) from sample where contains({cell}, '%')").fetchall()[0][0]  # noqa: S608
    largest = connection.execute(
        f"select max(abs({quoted(name)})) from settled where fate in {KEPT}"  # noqa: S608
    ).fetchall()[0][0]
    return not signs and largest is not None and 0 < largest <= 1


def _filled(connection: duckdb.DuckDBPyConnection, table: Table, target: Path) -> frozenset[str]:
    """Return the columns that hold data."""
    names = table.canonical
    counts = ", ".join(f"count({quoted(name)})" for name in names)
    filled = connection.execute(
        f"select {counts} from read_parquet(?, hive_partitioning=false)",  # noqa: S608
        [duckdb_path(target / f"{table.name}.parquet")],
    ).fetchall()[0]
    return frozenset(name for name, n in zip(names, filled, strict=True) if n)


def _wakes(connection: duckdb.DuckDBPyConnection, table: Table, today: dt.date) -> dt.date | None:
    """Return the first day on which a row that now lies in the future would count."""
    if table.dated not in table.required:
        return None
    day: dt.date | None = connection.execute(
        f"select min({quoted(table.dated)}) from settled "  # noqa: S608
        f"where fate = 'rejected:impossible_date' and {quoted(table.dated)} > ?",
        [today],
    ).fetchall()[0][0]
    return day
