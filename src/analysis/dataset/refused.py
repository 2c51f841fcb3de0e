"""Records that cannot be split into cells: where they are, and which of them hide the ones that follow."""

from __future__ import annotations

import duckdb

from analysis.dataset.readers import RawTable
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
