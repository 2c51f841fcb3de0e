"""How a table of cells becomes a file: text with any separator, a workbook, Parquet."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter


@dataclass
class Sheet:
    """Rows under a header as they will stand in a file; an empty cell is None.

    ``formats`` are Excel's of some columns, and ``merged`` first and last row of cells to merge, by column.
    """

    name: str
    header: list[str]
    rows: list[list[object]]
    titles: list[list[object]] = field(default_factory=list)
    separator: str = ","
    encoding: str = "utf-8"
    formats: dict[int, str] = field(default_factory=dict)
    merged: list[tuple[int, int, int]] = field(default_factory=list)


def write(sheet: Sheet, folder: Path) -> Path:
    """Write the file and return its path."""
    path = folder / sheet.name
    writer = {".xlsx": _write_workbook, ".parquet": _write_parquet}.get(path.suffix, _write_text)
    writer(sheet, path)
    return path


def _write_text(sheet: Sheet, path: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=sheet.separator, lineterminator="\n")
    writer.writerows([*sheet.titles, sheet.header, *sheet.rows])
    try:
        path.write_bytes(text.getvalue().encode(sheet.encoding))
    except UnicodeEncodeError:
        path.write_bytes(text.getvalue().encode())


def _write_parquet(sheet: Sheet, path: Path) -> None:
    columns = zip(*sheet.rows, strict=True)
    pq.write_table(
        pa.table({name: list(cells) for name, cells in zip(sheet.header, columns, strict=True)}), path
    )


def _write_workbook(sheet: Sheet, path: Path) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        page, day = book.add_worksheet("Data"), book.add_format({"num_format": "dd/mm/yyyy"})
        formats = {column: book.add_format({"num_format": kind}) for column, kind in sheet.formats.items()}
        lines = [*sheet.titles, sheet.header]
        for i, row in enumerate([*lines, *sheet.rows]):
            for j, cell in enumerate(row):
                _write_cell(page, i, j, cell, day if isinstance(cell, dt.date) else formats.get(j))
        for first, last, column in sheet.merged:
            cell, top = sheet.rows[first][column], len(lines)
            page.merge_range(top + first, column, top + last, column, "")
            _write_cell(page, top + first, column, cell, day if isinstance(cell, dt.date) else None)


def _write_cell(
    page: xlsxwriter.worksheet.Worksheet,
    row: int,
    column: int,
    cell: object,
    form: xlsxwriter.format.Format | None,
) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, cell, form)
    elif cell is not None:
        page.write(row, column, cell, form)
