"""Rows that were not kept, and where they stand in the file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from analysis.dataset.files.readers import CountedText, RawTable, literal
from analysis.dataset.quality import KEPT


def refused_records(connection: duckdb.DuckDBPyConnection, table: RawTable) -> list[tuple[int, str]]:
    """Return line and text of each record of the last reading that could not be split into cells."""
    if table.text is None:
        return list(table.aside)
    return sorted([*table.text.texts_on(refused_lines(connection, table.text)), *table.aside])


def refused_lines(connection: duckdb.DuckDBPyConnection, text: CountedText) -> list[int]:
    """Return the lines of the records that DuckDB could not split into cells when it last read a text."""
    known = connection.execute(
        "select count(*) from duckdb_tables() where table_name = ?", [text.refused]
    ).fetchall()
    if not known[0][0]:
        return []
    positions = connection.execute(
        f"select distinct line_byte_position - 1 from {text.refused} "  # noqa: S608
        f"where scan_id = (select max(scan_id) from {text.refused}) order by all"
    ).fetchall()
    return text.lines_at([position for (position,) in positions])


def write_set_aside(
    connection: duckdb.DuckDBPyConnection,
    tables: list[RawTable],
    refused: list[list[tuple[int, str]]],
    path: Path,
    *,
    money: bool = True,
) -> None:
    """Write each row that was not kept: file, line, outcome, rule, amount (where readable) and raw text.

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
        aside = connection.execute(
            "select file_row_number from settled "  # noqa: S608
            f"where filename like ? and outcome not in {KEPT} order by all",
            [f"%{name}"],
        ).fetchnumpy()["file_row_number"]
        rows = np.asarray(aside, dtype=np.int64)
        torn = np.asarray([line for line, _text in records], dtype=np.int64)
        lines = pa.table({"row": rows, "line": table.line_of(rows, torn)})
        connection.register(f"lines_{i}", lines)
        parts.append(
            f"select {literal(table.file)} as file, line, split_part(outcome, ':', 1) as outcome, "  # noqa: S608
            f"split_part(outcome, ':', 2) as rule, {amount}raw from settled "
            f"join lines_{i} on row = file_row_number where filename like '%{name}'"
        )
        connection.register(f"torn_{i}", _torn(table.file, records))
        parts.append(f"select file, line, outcome, rule, {amount}raw from torn_{i}")  # noqa: S608
    connection.execute(
        f"copy (select * from ({' union all '.join(parts)}) order by file, line) to $1 (format parquet)",  # noqa: S608
        [str(path)],
    )


def _torn(file: str, records: list[tuple[int, str]]) -> pa.Table:
    return pa.table(
        {
            "file": pa.array([file] * len(records), pa.string()),
            "line": pa.array([line for line, _text in records], pa.int64()),
            "outcome": pa.array(["rejected"] * len(records), pa.string()),
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
    return line_of_row(table, refused, 0), raw


def line_of_row(table: RawTable, refused: list[tuple[int, str]], row: int) -> int:
    """Return the line on which a row of the ledger stands in its file.

    Parameters
    ----------
    table
        The raw file.
    refused
        Line and text of its records that could not be split into cells.
    row
        Number of the row among those of the file in the ledger, from 0.
    """
    torn = np.asarray([line for line, _text in refused], dtype=np.int64)
    return int(table.line_of(np.asarray([row], dtype=np.int64), torn)[0])
