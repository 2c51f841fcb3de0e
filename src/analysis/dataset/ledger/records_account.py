"""The account of a table other than the sales beside its rows by outcome: what was left empty or changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from analysis.dataset.files.readers import quoted
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.ledger import Account, Ledger
from analysis.dataset.ledger.records_sql import optional, optional_days
from analysis.dataset.ledger.rejects import line_of_row
from analysis.dataset.quality import KEPT, Note
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


def account(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> Account:
    """Return what is said of a table beside its outcomes; shares given as parts of one become percent."""
    reading, emptied = ledger.reading, _left_empty(connection, ledger)
    parts = _parts_of_one(connection, reading)
    columns = [
        f"cast({quoted(name)} * 100 as decimal(18, 4)) as {quoted(name)}" if name in parts else quoted(name)
        for name in reading.table.canonical
    ]
    counted = [
        ("duplicates", "", ledger.duplicates.rows),
        *((left.column, "", left.rows) for left in emptied),
    ]
    much = _MUCH * ledger.rows
    facts = [
        *_dayless(connection, reading),
        *(Note(_PARTS_OF_ONE, {"header": reading.columns[name]}) for name in parts),
        *(left.note for left in emptied if left.note and left.rows <= much),
    ]
    alarms = [left.note for left in emptied if left.note and left.rows > much]
    found = pd.DataFrame(counted, columns=["rule", "policy", "rows"])
    return Account(columns, found, tuple(facts), (*alarms, *_repeated(ledger)))


def _repeated(ledger: Ledger) -> list[Note]:
    """Return the alarm that many keys or all rows stand there more than once."""
    same_key = int(ledger.outcomes.loc[ledger.outcomes["rule"] == "same_key", "rows"].sum())
    if same_key > _MUCH * ledger.rows:
        key = ", ".join(f"'{name}'" for name in ledger.reading.table.key)
        message = N_("Rows left out, with the same {key} as an earlier row: {n}. Is it the right column?")
        return [Note(message, {"n": same_key, "key": key})]
    message = N_("Every row stands at least twice in the data, as if they had been pasted again.")
    return [Note(message)] if ledger.duplicates.all_repeated else []


@dataclass(frozen=True)
class _Emptied:
    """Cells of a column that could not be read and were left empty: how many, and what is said of them."""

    column: str
    rows: int
    note: Note | None


def _left_empty(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> list[_Emptied]:
    """Return what was left empty of each column that a row need not have, among the rows kept."""
    found = []
    for i, name in enumerate(optional(ledger.reading), 1):
        rows = connection.execute(
            f"select count(*) from settled where outcome = 'kept' and unread[{i}] is not null"  # noqa: S608
        ).fetchall()[0][0]
        note = None
        if rows:
            part, row, cell = connection.execute(
                f"select filename, file_row_number, unread[{i}] from settled "  # noqa: S608
                f"where outcome = 'kept' and unread[{i}] is not null "
                "order by filename, file_row_number limit 1"
            ).fetchall()[0]
            place = int(Path(part).stem.removeprefix("ledger-"))
            values = {
                "header": ledger.reading.columns[name],
                "file": ledger.raws[place].file,
                "n": rows,
                "example": cell,
                "line": str(line_of_row(ledger.raws[place], ledger.refused[place], row)),
            }
            note = Note(_LEFT_EMPTY, values)
        found.append(_Emptied(name, rows, note))
    return found


def _dayless(connection: duckdb.DuckDBPyConnection, reading: Reading) -> list[Note]:
    """Return the notes on days that stand for none."""
    notes = []
    for i, name in enumerate(optional_days(reading), 1):
        rows = connection.execute(
            f"select count(*) from settled where outcome = 'kept' and dayless[{i}]"  # noqa: S608
        ).fetchall()[0][0]
        if rows:
            notes.append(Note(_NO_DAYS, {"header": reading.columns[name], "n": rows}))
    return notes


def _parts_of_one(connection: duckdb.DuckDBPyConnection, reading: Reading) -> list[str]:
    """Return the percentages that all lie between 0 and 1 and are never written with a percent sign."""
    found = []
    for name, header in reading.columns.items():
        column = reading.table.column(name)
        if column.kind != "percent" or not column.canonical:
            continue
        signs, largest = connection.execute(
            f"select (select count(*) from sample where contains(cast({quoted(header)} as varchar), '%')), "  # noqa: S608
            f"max(abs({quoted(name)})) from settled where outcome in {KEPT}"
        ).fetchall()[0]
        if not signs and largest is not None and 0 < largest <= 1:
            found.append(name)
    return found
