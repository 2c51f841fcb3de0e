"""The column names of a file, or of each sheet of a workbook, from its first lines alone."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine as calamine
import zstandard

from analysis.dataset.files.encodings import by_mark, decoded
from analysis.dataset.files.header_row import joined_names
from analysis.dataset.files.text_files import opened
from analysis.dataset.files.workbook_size import check_size, check_unpacked
from analysis.dataset.schema import TABLES, same_name
from analysis.dataset.user_files import legible, unreadable
from analysis.errors import CarteraError

_HEAD = 1 << 16
_LINES = 40
_LONGEST_CELL = 60
_DELIMITERS = (",", ";", "\t", "|")
_NAMES = {
    same_name(name) for table in TABLES.values() for column in table.columns for name in column.all_names
}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class Head:
    """What can be seen of a table before it is read.

    Parameters
    ----------
    path
        Its file.
    sheet
        Its sheet, where the file is a workbook of several; else None.
    names
        What it is called: the sheet or the file, the surest first.
    headers
        Its column names; none where it cannot be read.
    key
        Key of ``dataset.yml`` that chooses it: ``file``, ``sheet`` or ``table``.
    below
        Names of the columns if the line of names has a second one below it.
    """

    path: Path
    sheet: str | None
    names: tuple[str, ...]
    headers: tuple[str, ...]
    key: str = "file"
    below: tuple[str, ...] = ()

    @property
    def choice(self) -> str:
        """The line of ``dataset.yml`` that chooses it."""
        return f"{self.key}: {legible(self.path.name) if self.sheet is None else self.sheet}"

    @property
    def label(self) -> str:
        """What the reader is told it is."""
        name = legible(self.path.name)
        return name if self.sheet is None else f"{name} [{self.sheet}]"


def has_sheets(path: Path) -> bool:
    """Tell whether a file is a workbook of several sheets; False where it cannot be opened."""
    if unreadable(path):
        return False
    try:
        with path.open("rb") as file:
            workbook = file.read(4) in _WORKBOOKS
        if not workbook:
            return False
        check_unpacked(path)
        return len(calamine.load_workbook(str(path)).sheet_names) > 1
    except (OSError, zipfile.BadZipFile, calamine.CalamineError, CarteraError):
        return False


def heads_of(path: Path, known: Iterable[str] = ()) -> list[Head]:
    """Return what can be seen of the tables in a file, without reading more than its beginning.

    Parameters
    ----------
    path
        A text file, a workbook or a Parquet file.
    known
        Column names that ``dataset.yml`` gives beside the usual ones.

    Returns
    -------
    list of Head
        One per sheet that holds anything, or one for the file, without headers if it cannot be read.
    """
    names = _NAMES | set(map(same_name, known))
    below: tuple[str, ...] = ()
    if unreadable(path):
        return [Head(path, None, (stem(path),), ())]
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        if magic in _WORKBOOKS:
            check_size(path)
            return _sheets(path, names)
        if magic == b"PAR1":
            headers = tuple(pq.read_schema(path).names)
        else:
            headers, below = _text_headers(path, names)
    except (
        OSError, EOFError, ValueError, zlib.error, csv.Error,
        zstandard.ZstdError, pa.ArrowException, calamine.CalamineError, zipfile.BadZipFile, CarteraError,
    ):  # fmt: skip
        return [Head(path, None, (stem(path),), ())]
    return [Head(path, None, (stem(path),), headers, below=below)]


def stem(path: Path) -> str:
    """Return the name of a file without what says its format: ``ventas`` of ``ventas.csv.gz``."""
    name = legible(path.name)
    while Path(name).suffix.lower() in SUFFIXES:
        name = Path(name).stem
    return name or legible(path.name)


SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet", ".gz", ".zst")
"""Files that are looked at in a folder."""


def _sheets(path: Path, names: set[str]) -> list[Head]:
    workbook = calamine.load_workbook(str(path))
    several = len(workbook.sheet_names) > 1
    found = []
    for sheet in workbook.sheet_names:
        cells = workbook.get_sheet_by_name(sheet).to_python(nrows=_LINES)
        records = [[str(cell) for cell in row] for row in cells if any(str(cell).strip() for cell in row)]
        if records:
            _known, best, below = _best(records, names)
            headers = tuple(name for name in best if name.strip())
            called = (sheet,) if several else (stem(path), sheet)
            key = "sheet" if several else "file"
            found.append(Head(path, sheet if several else None, called, headers, key, below))
    return found or [Head(path, None, (stem(path),), ())]


def _text_headers(path: Path, names: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with opened(path) as file:
        text = _decoded(file.read(_HEAD))
    lines = list(io.StringIO(text, newline=""))[:_LINES]
    tables = [list(csv.reader(lines, delimiter=mark)) for mark in _DELIMITERS]
    records = [[record for record in table if len(record) > 1] for table in tables]
    best = max((_best(table, names) for table in records if table), default=(0, [], ()))
    return tuple(best[1] or _only_column(lines)), best[2]


def _only_column(lines: list[str]) -> list[str]:
    """Return the name of the only column of a text that is a list of cells; none where it may be a table."""
    cells = [line.strip().strip('"') for line in lines if line.strip()]
    is_list = len(cells) > 1 and cells[0].replace("_", " ").replace(" ", "").isalnum()
    return cells[:1] if is_list and max(map(len, cells)) < _LONGEST_CELL else []


def _decoded(head: bytes) -> str:
    """Return the first bytes of a file as text; none if they are no text."""
    marked = by_mark(head)
    if marked:
        return decoded(head, marked)
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return head.decode("cp1252", errors="replace")


def _best(records: list[list[Any]], names: set[str]) -> tuple[int, list[str], tuple[str, ...]]:
    """Return how many known names the row that holds most of them has, it, and it joined with the next.

    Where none has any, the first of the widest.
    """
    scored = [(len({*map(same_name, row)} & names), len(row), -i) for i, row in enumerate(records)]
    known, _width, index = max(scored)
    below = records[1 - index] if 1 - index < len(records) else []
    return known, records[-index], tuple(joined_names(records[-index], below))
