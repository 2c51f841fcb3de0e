"""Excel and OpenDocument workbooks: which sheet holds a table, where it begins, what its cells are."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import python_calamine as calamine

from analysis.dataset.config import TableConfig
from analysis.dataset.files.header_row import columns_named, joined_names
from analysis.dataset.files.workbook_size import check_size, unzipped
from analysis.dataset.schema import TRANSACTIONS, Table, same_name
from analysis.errors import CarteraError
from analysis.language import _, listing
from analysis.suggestions import nearest

_TITLE_ROWS = 30
_NUMBERS = {
    same_name(name)
    for column in TRANSACTIONS.columns
    if column.kind in {"money", "number", "percent"}
    for name in column.all_names
}
_DAYS = {same_name(n) for column in TRANSACTIONS.columns if column.kind == "date" for n in column.all_names}
_FROM_1904 = re.compile(rb'date1904="(?:1|true)"')
_WRITTEN = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](?:\d{4}|\d{2})(?: .*)?")
_FEWEST = 3
"""Real days from which it is no chance that all are of the first twelve of a month."""
_AFTER_1900 = 1_462
"""Days by which a count from 1904 lags behind one from 1900."""


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook.

    Parameters
    ----------
    label
        Name for the reader: the file's, and the sheet's where there is a choice.
    header
        Names of the columns, as written.
    header_line
        Line on which they stand, from 1.
    rows
        Line and cells of each row below that is not blank; what merged cells hold stands in each of them,
        numbers of a sale aside, which would count more than once.
    from_1904
        Whether days are counted from 1904.
    """

    label: str
    header: list[str]
    header_line: int
    rows: list[tuple[int, list[Any]]]
    from_1904: bool


def read_sheet(path: Path, table: Table, settings: TableConfig) -> Sheet:
    """Read the sheet that holds a table.

    Raises
    ------
    CarteraError
        If the workbook cannot be opened, it is open which sheet is meant, or the sheet is empty.
    """
    with _readable(path):
        check_size(path)
        workbook = calamine.load_workbook(str(path))
        names = workbook.sheet_names
        if not names:
            raise CarteraError(
                _("{file} has no sheet with cells. Save the table as CSV.").format(file=path.name)
            )
        sheet = settings.sheet or _chosen_sheet(path, table, workbook)
        if sheet not in names:
            raise CarteraError(
                _("{file} has no sheet '{sheet}'. {hint}").format(
                    file=path.name, sheet=sheet, hint=nearest(sheet, names)
                )
            )
        opened = workbook.get_sheet_by_name(sheet)
        cells = opened.to_python(skip_empty_area=False)
        from_1904 = _counts_from_1904(path)
    line = settings.header_line or 1 + _header_index(cells, table, settings)
    if line > len(cells):
        raise CarteraError(_("{file}: sheet '{sheet}' is empty.").format(file=path.name, sheet=sheet))
    header = _names(cells, line - 1, settings)
    line = min(line + settings.header_lines - 1, len(cells))
    for (top, left), (bottom, right) in opened.merged_cell_ranges or []:
        if top >= line and left == right and same_name(header[left]) not in _NUMBERS:
            for row in cells[top + 1 : bottom + 1]:
                row[left] = cells[top][left]
    rows = [(n, row) for n, row in enumerate(cells[line:], line + 1) if any(map(_filled, row))]
    label = path.name if len(names) == 1 else f"{path.name} [{sheet}]"
    return Sheet(label, header, line, rows, from_1904)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say in one sentence why a workbook cannot be opened."""
    try:
        yield
    except calamine.PasswordError:
        raise CarteraError(
            _("{file} is protected by a password. Save a copy without one.").format(file=path.name)
        ) from None
    except (calamine.CalamineError, zipfile.BadZipFile):
        inside = _archived(path)
        if inside:
            raise CarteraError(
                _("{file} is a zip archive. Unpack it and give the file inside: {names}.").format(
                    file=path.name, names=", ".join(inside[:5])
                )
            ) from None
        raise CarteraError(
            _(
                "{file} is not an Excel or OpenDocument workbook that can be read. "
                "Open it and save it as .xlsx or CSV."
            ).format(file=path.name)
        ) from None


def _archived(path: Path) -> list[str]:
    """Return the names of the files in a zip archive; none if it is no sound one, or a damaged workbook."""
    try:
        with unzipped(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
    except zipfile.BadZipFile:
        return []
    return [] if {"[Content_Types].xml", "mimetype"} & set(names) else names


def _filled(cell: object) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _names(cells: list[list[Any]], index: int, settings: TableConfig) -> list[str]:
    """Return the names in a row, with those of the row below where names stand in two."""
    names = [str(cell) for cell in cells[index]]
    two = settings.header_lines > 1 and index + 1 < len(cells)
    return joined_names(names, map(str, cells[index + 1])) if two else names


def _header_index(cells: list[list[Any]], table: Table, settings: TableConfig) -> int:
    """Return the row that names most columns, or the first that fills most cells."""
    given = set(map(same_name, settings.columns.values()))
    scores = [
        (
            columns_named(table, filter(str.strip, _names(cells, i, settings)), given),
            sum(map(_filled, row)),
            -i,
        )
        for i, row in enumerate(cells[:_TITLE_ROWS])
    ]
    return -max(scores)[2] if scores else 0


def _known(cells: list[list[Any]], table: Table) -> int:
    """Count the columns of a table that the row with most of their names would give."""
    row = cells[_header_index(cells, table, TableConfig())]
    return columns_named(table, {str(cell) for cell in row if _filled(cell)})


def _chosen_sheet(path: Path, table: Table, workbook: calamine.CalamineWorkbook) -> str:
    """Return the only sheet, or the one that looks like the table: by its columns, else by its name too."""
    names: list[str] = workbook.sheet_names
    if len(names) == 1:
        return names[0]
    tops = {name: workbook.get_sheet_by_name(name).to_python(nrows=_TITLE_ROWS) for name in names}
    fitting = [name for name, cells in tops.items() if cells and _known(cells, table) >= len(table.required)]
    called = {same_name(name) for name in (table.name, *table.names)}
    for chosen in (fitting, [name for name in fitting if same_name(name) in called]):
        if len(chosen) == 1:
            return chosen[0]
    raise CarteraError(
        _(
            "{file} has the sheets {sheets}. Say which one is meant: 'sheet: {first}' under '{section}' "
            "in dataset.yml."
        ).format(file=path.name, sheets=listing(names), first=(fitting or names)[0], section=table.name)
    )


def _counts_from_1904(path: Path) -> bool:
    """Tell whether days are counted from 1904, as Excel did on the Macintosh."""
    if not zipfile.is_zipfile(path):
        return False
    with unzipped(path) as archive:
        named = "xl/workbook.xml" in archive.namelist()
        return named and bool(_FROM_1904.search(archive.read("xl/workbook.xml")))


def days_of_1904(header: str, cells: list[Any]) -> list[Any]:
    """Return the cells of a column of days that are plain numbers, counted from 1904, as days."""
    if same_name(header) not in _DAYS or not all(isinstance(c, float | int) for c in cells if _filled(c)):
        return cells
    first = dt.date(1899, 12, 30) + dt.timedelta(days=_AFTER_1900)
    return [first + dt.timedelta(days=int(cell)) if _filled(cell) else None for cell in cells]


def turned(cells: list[Any]) -> list[Any]:
    """Return a column of dates with day and month turned back where a spreadsheet swapped them.

    Reading 03/04/2024 with the month first, it makes a day of it, though another one, and leaves 25/04/2024
    as text: real days are then all of the first twelve of a month, and texts are all of later ones.
    """
    days = [cell for cell in cells if isinstance(cell, dt.date)]
    texts = [_WRITTEN.fullmatch(cell.strip()) for cell in cells if isinstance(cell, str) and cell.strip()]
    if len(days) < _FEWEST or not texts or not all(texts) or any(day.day > 12 for day in days):
        return cells
    pairs = [(int(text[1]), int(text[2])) for text in texts if text]
    first_later = all(a > 12 >= b for a, b in pairs)
    second_later = all(b > 12 >= a for a, b in pairs)
    if not first_later and not second_later:
        return cells
    return [c.replace(month=c.day, day=c.month) if isinstance(c, dt.date) else c for c in cells]


def typed(cells: list[Any]) -> pa.Array:
    """Return a column as numbers or days where all its cells are, else as text.

    A number among text gets an exponent, so that its decimal point cannot be taken for a thousands mark.
    """
    filled = [cell if _filled(cell) else None for cell in cells]
    kinds = {type(cell) for cell in filled if cell is not None}
    if kinds and kinds <= {float, int}:
        return pa.array(filled, pa.float64())
    if kinds and kinds <= {dt.date, dt.datetime}:
        return pa.array(
            [cell and (cell.date() if isinstance(cell, dt.datetime) else cell) for cell in filled],
            pa.date32(),
        )
    return pa.array([None if cell is None else _as_text(cell) for cell in filled], pa.string())


def _as_text(cell: object) -> str:
    if isinstance(cell, float):
        text = repr(cell)
        return str(int(cell)) if cell.is_integer() else text if "e" in text else f"{text}e0"
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)
