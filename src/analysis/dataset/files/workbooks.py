"""Excel and OpenDocument workbooks: which sheet holds a table, where it begins, what its cells are."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import python_calamine as calamine

from analysis.dataset.config import TableConfig
from analysis.dataset.files.header_row import columns_named
from analysis.dataset.files.workbook_size import check_size, unzipped
from analysis.dataset.schema import Table, same_name
from analysis.errors import CarteraError
from analysis.language import _, listing
from analysis.suggestions import nearest

_TITLE_ROWS = 30


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
        Line and cells of each row below that is not blank.
    """

    label: str
    header: list[str]
    header_line: int
    rows: list[tuple[int, list[Any]]]


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
        cells = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    line = settings.header_line or 1 + _header_index(cells, table)
    if line > len(cells):
        raise CarteraError(_("{file}: sheet '{sheet}' is empty.").format(file=path.name, sheet=sheet))
    rows = [(n, row) for n, row in enumerate(cells[line:], line + 1) if any(map(_filled, row))]
    label = path.name if len(names) == 1 else f"{path.name} [{sheet}]"
    return Sheet(label, [str(cell) for cell in cells[line - 1]], line, rows)


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


def _header_index(cells: list[list[Any]], table: Table) -> int:
    """Return the row that names most columns, or the first that fills most cells."""
    scores = [(_known(row, table), sum(map(_filled, row)), -i) for i, row in enumerate(cells[:_TITLE_ROWS])]
    return -max(scores)[2] if scores else 0


def _known(row: list[Any], table: Table) -> int:
    """Count the columns of a table that a row of names would give."""
    return columns_named(table, {str(cell) for cell in row if _filled(cell)})


def _chosen_sheet(path: Path, table: Table, workbook: calamine.CalamineWorkbook) -> str:
    """Return the only sheet, or the one that looks like the table: by its columns, else by its name too."""
    names: list[str] = workbook.sheet_names
    if len(names) == 1:
        return names[0]
    tops = {name: workbook.get_sheet_by_name(name).to_python(nrows=_TITLE_ROWS) for name in names}
    fitting = [
        name
        for name, cells in tops.items()
        if cells and _known(cells[_header_index(cells, table)], table) >= len(table.required)
    ]
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
