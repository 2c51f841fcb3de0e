"""How much a workbook unpacks to, measured before it is read: a cell far away makes a sheet of billions."""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.errors import CarteraError
from analysis.language import _

_MOST_CELLS = 1_048_576 * 21
"""Cells, empty ones among them, of the largest sheet that is read; each needs 32 bytes and more."""
_MOST_BYTES = 1 << 31
_BLOCK = 1 << 20
_COLUMN = re.compile(rb' r="([A-Za-z]+)[0-9]+"[^/>]*>')
_ROW = re.compile(rb' r="[A-Za-z]+([0-9]{1,10})"[^/>]*>')
_TAIL = 1 << 16
_ODS_TAG = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)\b(?!-)([^>]*)>")
_ODS_REPEATED = re.compile(rb'-repeated="(\d{1,10})"')
_XLSB_DIMENSION = b"\x94\x01\x10"


def check_unpacked(path: Path) -> None:
    """Check that no part of a workbook unpacks to more than spreadsheet programs write.

    Raises
    ------
    CarteraError
        If one does.
    zipfile.BadZipFile
        If it is damaged.
    """
    if not zipfile.is_zipfile(path):
        return
    with unzipped(path) as archive:
        parts = [part.file_size for part in archive.infolist() if part.filename.endswith((".xml", ".bin"))]
    if max(parts, default=0) > _MOST_BYTES:
        raise CarteraError(
            _("{file} unpacks to more than {n} GB: too much to be read. Save the table as CSV.").format(
                file=path.name, n=_MOST_BYTES >> 30
            )
        )


def check_size(path: Path) -> None:
    """Check that the sheets of a workbook are small enough to be read; those of one that is no zip file are.

    Raises
    ------
    CarteraError
        If a text or a sheet is too large; the cell that makes it so is named.
    zipfile.BadZipFile
        If it is damaged.
    """
    check_unpacked(path)
    if not zipfile.is_zipfile(path):
        return
    with unzipped(path) as archive:
        for name in archive.namelist():
            _check_cells(path, *_size(name, _blocks(path, archive, name)))


@contextmanager
def unzipped(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip file; whatever is wrong with it is a `zipfile.BadZipFile`."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise zipfile.BadZipFile from error


def _size(name: str, blocks: Iterator[bytes]) -> tuple[int, int]:
    """Return the rows and columns of the largest sheet in a part of a workbook."""
    if name == "content.xml":
        return _ods_size(blocks)
    if name.startswith("xl/worksheets/sheet"):
        return _xlsx_size(blocks) if name.endswith(".xml") else _xlsb_size(next(blocks, b""))
    if name == "xl/sharedStrings.xml":
        deque(blocks, 0)
    return 0, 0


def _check_cells(path: Path, rows: int, columns: int) -> None:
    if rows * columns > _MOST_CELLS:
        raise CarteraError(
            _(
                "{file} has a sheet whose cells reach as far as {cell}: too many to be read. Delete those "
                "far from the table (Ctrl+End shows the last one), or save the sheet with the table as CSV."
            ).format(file=path.name, cell=f"{_letters(columns)}{rows}")
        )


def _letters(column: int) -> str:
    """Return what spreadsheets call a column: A of 1, XFD of 16384."""
    above, letter = divmod(column - 1, 26)
    return (_letters(above) if above else "") + chr(65 + letter)


def _blocks(path: Path, archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as part:
        while block := part.read(_BLOCK):
            if len(block) == _BLOCK and name.endswith(".xml") and b"<" not in block:
                raise CarteraError(
                    _(
                        "{file} holds a text of more than a million characters, which no spreadsheet program "
                        "writes. Save the sheet with the table as CSV."
                    ).format(file=path.name)
                )
            yield block


def _whole_tags(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        whole, close, rest = (rest + block).rpartition(b">")
        yield whole + close


def _xlsx_size(blocks: Iterator[bytes]) -> tuple[int, int]:
    """Return the rows and columns of a sheet up to the last cells that are not empty."""
    rows, columns = 0, {b""}
    for tags in _whole_tags(blocks):
        columns.update(_COLUMN.findall(tags))
        last = _ROW.findall(tags[-_TAIL:]) or _ROW.findall(tags)
        rows = max(rows, int(last[-1]) if last else 0)
    return rows, max(map(_place, columns))


def _place(letters: bytes) -> int:
    """Return which column spreadsheets call by these letters, from 1."""
    place = 0
    for letter in letters.upper():
        place = 26 * place + letter - 64
    return place


def _ods_size(blocks: Iterator[bytes]) -> tuple[int, int]:
    """Return the rows and columns of the largest sheet up to the last cells that are not empty."""
    largest = size = (0, 0)
    row = column = 0
    for tags in _whole_tags(blocks):
        for kind, attributes in _ODS_TAG.findall(tags):
            times = _ODS_REPEATED.search(attributes)
            n = int(times[1]) if times else 1
            if kind == b"table":
                row, size = 0, (0, 0)
            elif kind == b"table-row":
                row, column = row + n, 0
            else:
                column += n
                if not attributes.endswith(b"/") or b"value" in attributes:
                    size = row, max(size[1], column)
                    largest = max(largest, size, key=math.prod)
    return largest


def _xlsb_size(head: bytes) -> tuple[int, int]:
    """Return the rows and columns that a sheet says it has."""
    at = head.find(_XLSB_DIMENSION)
    if at < 0 or len(head) < at + 19:
        return 0, 0
    _first, rows, _left, columns = struct.unpack_from("<4I", head, at + 3)
    return rows + 1, columns + 1
