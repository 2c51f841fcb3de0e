"""Rows that were not kept: where they stand in the file, and which of them hide the ones that follow."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from analysis.dataset.quality import KEPT
from analysis.dataset.readers import RawTable, literal
from analysis.errors import CarteraError
from analysis.language import _

_MOST_READINGS = 20


def refused_records(connection: duckdb.DuckDBPyConnection, table: RawTable) -> list[tuple[int, str]]:
    """Return line and text of each record of the last reading that could not be split into cells."""
    records = _records(connection, table, "true")
    return sorted([*records, *table.torn])


def without_unclosed(
    connection: duckdb.DuckDBPyConnection, table: RawTable, readings: int
) -> RawTable | None:
    """Return the table without the lines that open a quote and never close it; None if there are none.

    Such a quote runs on to the next one, however far that is, and hides the lines between.

    Raises
    ------
    CarteraError
        If there are still some after so many readings.
    """
    lines = [
        line
        for line, text in _records(
            connection, table, "error_type in ('UNQUOTED VALUE', 'LINE SIZE OVER MAXIMUM')"
        )
        if "\n" in text
    ]
    if not lines or table.without is None:
        return None
    if readings >= _MOST_READINGS:
        raise CarteraError(
            _(
                "{file}, line {line}: a quote is opened and never closed, and there are many such lines. "
                "Export the file again, with quotes inside cells doubled."
            ).format(file=table.file, line=lines[0])
        )
    return table.without(lines)


def _records(connection: duckdb.DuckDBPyConnection, table: RawTable, condition: str) -> list[tuple[int, str]]:
    name = table.refused
    known = connection.execute("select count(*) from duckdb_tables() where table_name = ?", [name]).fetchall()
    if not known[0][0]:
        return []
    found = connection.execute(
        f"select line_byte_position - 1, trim(any_value(csv_line), '\r\n') from {name} "  # noqa: S608
        f"where scan_id = (select max(scan_id) from {name}) and {condition} "
        "group by line_byte_position order by line_byte_position"
    ).fetchall()
    lines = table.lines_at([position for position, _text in found])
    return [(line, text) for line, (_position, text) in zip(lines, found, strict=True)]


def write_set_aside(
    connection: duckdb.DuckDBPyConnection,
    tables: list[RawTable],
    refused: list[list[tuple[int, str]]],
    path: Path,
    *,
    money: bool = True,
) -> None:
    """Write each row that was not kept: file, line, fate, rule, amount (where readable) and raw text.

    Parameters
    ----------
    connection
        One that has the views ``ledger`` and ``settled``.
    tables
        The raw files.
    refused
        Line and text of each file's records that could not be split into cells.
    path
        The Parquet file to write.
    money
        Whether the table has amounts; one without leaves that column out.
    """
    parts = []
    amount = "amount, " if money else ""
    for i, (table, records) in enumerate(zip(tables, refused, strict=True)):
        name = f"ledger-{i:06}.parquet"
        accepted = connection.execute(
            "select count(*) from ledger where filename like ?", [f"%{name}"]
        ).fetchall()[0][0]
        aside = connection.execute(
            "select file_row_number from settled "  # noqa: S608
            f"where filename like ? and fate not in {KEPT} order by all",
            [f"%{name}"],
        ).fetchnumpy()["file_row_number"]
        rows = np.asarray(aside, dtype=np.int64)
        torn = np.asarray([line for line, _text in records], dtype=np.int64)
        lines = pa.table({"row": rows, "line": table.line_of(rows, torn, accepted)})
        connection.register(f"lines_{i}", lines)
        parts.append(
            f"select {literal(table.file)} as file, line, split_part(fate, ':', 1) as fate, "  # noqa: S608
            f"split_part(fate, ':', 2) as rule, {amount}raw from settled "
            f"join lines_{i} on row = file_row_number where filename like '%{name}'"
        )
        connection.register(f"torn_{i}", _torn(table.file, records))
        parts.append(f"select file, line, fate, rule, {amount}raw from torn_{i}")  # noqa: S608
    connection.execute(
        f"copy (select * from ({' union all '.join(parts)}) order by file, line) "  # noqa: S608
        f"to {literal(str(path))} (format parquet)"
    )


def _torn(file: str, records: list[tuple[int, str]]) -> pa.Table:
    return pa.table(
        {
            "file": pa.array([file] * len(records), pa.string()),
            "line": pa.array([line for line, _text in records], pa.int64()),
            "fate": pa.array(["rejected"] * len(records), pa.string()),
            "rule": pa.array(["cells"] * len(records), pa.string()),
            "amount": pa.array([None] * len(records), pa.decimal128(18, 4)),
            "raw": pa.array([text for _line, text in records], pa.string()),
        }
    )


def example(
    connection: duckdb.DuckDBPyConnection, table: RawTable, refused: list[tuple[int, str]]
) -> tuple[int, str]:
    """Return line and text of a row of the first file that was not kept."""
    if refused:
        return refused[0]
    raw = connection.execute(
        "select any_value(raw order by file_row_number) from ledger "
        "where filename like '%ledger-000000.parquet'"
    ).fetchall()[0][0]
    return line_of_row(connection, table, 0, refused, 0), raw


def line_of_row(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    place: int,
    refused: list[tuple[int, str]],
    row: int,
) -> int:
    """Return the line on which a row of the ledger stands in its file.

    Parameters
    ----------
    connection
        One that has the view ``ledger``.
    table
        The raw file.
    place
        Its place among the files, from 0.
    refused
        Line and text of its records that could not be split into cells.
    row
        Number of the row among those of the file in the ledger, from 0.
    """
    accepted = connection.execute(
        "select count(*) from ledger where filename like ?", [f"%ledger-{place:06}.parquet"]
    ).fetchall()[0][0]
    torn = np.asarray([line for line, _text in refused], dtype=np.int64)
    return int(table.line_of(np.asarray([row], dtype=np.int64), torn, accepted)[0])
