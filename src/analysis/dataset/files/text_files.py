"""Text files: compression, encoding, delimiter and header line, found from the file itself."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import zstandard

from analysis.dataset.config import TableConfig
from analysis.dataset.files.encodings import (
    check_words,
    codec,
    decoded,
    find_encoding,
    known_encoding,
    text_end,
)
from analysis.dataset.files.header_row import columns_named, joined_names
from analysis.dataset.files.text_records import records_at_top
from analysis.dataset.schema import Table, same_name
from analysis.errors import CarteraError
from analysis.language import _, number

_BLOCK = 1 << 22
_HEAD = 1 << 18
_TITLE_LINES = 30
_RECORDS = 500
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_NOTHING = b" \t\r\n\f\v\0" + codecs.BOM_UTF8 + codecs.BOM_UTF16
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class TextTable:
    """A delimited text file as DuckDB can read it.

    Parameters
    ----------
    path
        UTF-8 file, not compressed, whose first line is the header and whose lines all end alike.
    encoding
        Encoding of the original.
    written_delimiter
        What separates the cells in the original.
    delimiter
        What separates them in ``path``.
    header
        Names in the header, as written.
    header_line
        Line of the header in the original file, from 1.
    """

    path: Path
    encoding: str
    written_delimiter: str
    delimiter: str
    header: tuple[str, ...]
    header_line: int


def read_text(path: Path, table: Table, settings: TableConfig, work: Path) -> TextTable:
    """Find out how a text file is written, and make it plain UTF-8 that starts at its header.

    Parameters
    ----------
    path
        The file as the user gave it.
    table
        What it is taken for: its header is the line that names most columns.
    settings
        What ``dataset.yml`` says of it.
    work
        Folder for the plain copy; none is made of a file that is plain already.

    Raises
    ------
    CarteraError
        If the file is empty, binary or not a table.
    """
    with _sound(path):
        return _read(path, table, settings, work)


def _read(path: Path, table: Table, settings: TableConfig, work: Path) -> TextTable:
    with opened(path) as file:
        head = file.read(_HEAD)
    if not head.strip(_NOTHING):
        raise CarteraError(
            _("{file} is empty. Export it again and check the size of the file.").format(file=path.name)
        )
    if settings.encoding:
        encoding = known_encoding(path.name, settings.encoding, head)
    else:
        encoding = find_encoding(path, head, partial(_blocks, path))
        if encoding == "cp1252":
            with opened(path) as file:
                check_words(path.name, iter(partial(file.readline, _BLOCK), b""), table.name)
    if settings.names or settings.delimiter == " ":
        return _rewritten(path, encoding, settings, work)
    text = decoded(head, encoding)
    delimiter, header_index = _dialect(path, text, table, settings)
    records = _records(text, delimiter)
    if settings.header_lines > 1 and header_index + 1 < len(records):
        line, cells = records[header_index + 1]
        records[header_index + 1] = (line, joined_names(records[header_index][1], cells))
        header_index += 1
    line, cells, width = _header(records, header_index)
    names = tuple((cells + [""] * width)[:width])
    as_it_is = line == 1 and encoding == "utf-8" and not _is_compressed(path) and _lines_end_alike(path)
    as_it_is = as_it_is and text_end(path) == path.stat().st_size
    plain = path if as_it_is else _plain_copy(path, encoding, line, work)
    return TextTable(plain, encoding, delimiter, delimiter, names, line)


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Say in one sentence that a compressed file is damaged."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError):
        raise CarteraError(
            _("{file} is damaged or cut short: it cannot be decompressed. Copy or export it again.").format(
                file=path.name
            )
        ) from None


def _rewritten(path: Path, encoding: str, settings: TableConfig, work: Path) -> TextTable:
    """Write a file without column names, or aligned by spaces, as an ordinary table."""
    target, names = work / "plain", settings.names
    aligned = settings.delimiter == " "
    delimiter = "\t" if aligned else settings.delimiter or ","
    with _lines(path, encoding) as lines, target.open("w", encoding="utf-8", newline="") as plain:
        if names:
            csv.writer(plain, delimiter=delimiter, lineterminator="\n").writerow(names)
        for line in lines:
            plain.write(delimiter.join(line.split()) + "\n" if aligned else line)
    os.truncate(target, text_end(target))
    with target.open(encoding="utf-8") as plain:
        header = tuple(names or next(plain).rstrip("\n").split(delimiter))
    written, first = settings.delimiter or delimiter, 0 if names else 1
    return TextTable(target, encoding, written, delimiter, header, first)


def opened(path: Path) -> IO[bytes]:
    """Open a file for its bytes, uncompressed on the way."""
    with path.open("rb") as file:
        magic = file.read(4)
    if magic[:2] == _GZIP:
        return gzip.open(path)  # type: ignore[return-value]
    if magic == _ZSTD:
        return zstandard.open(path, "rb")  # type: ignore[no-any-return]
    return path.open("rb")


def _lines(path: Path, encoding: str) -> io.TextIOWrapper:
    """Open a file as text in which every line ends with a line feed."""
    return io.TextIOWrapper(opened(path), *codec(encoding))


def _blocks(path: Path) -> Iterator[bytes]:
    with opened(path) as file:
        while block := file.read(_BLOCK):
            yield block


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        magic = file.read(4)
    return magic[:2] == _GZIP or magic == _ZSTD


def _plain_copy(path: Path, encoding: str, header_line: int, work: Path) -> Path:
    """Write the file anew as UTF-8 from its header on."""
    target = work / "plain"
    with _lines(path, encoding) as text, target.open("w", encoding="utf-8", newline="") as plain:
        for _line in range(header_line - 1):
            text.readline()
        while block := text.read(_BLOCK):
            plain.write(block)
    os.truncate(target, text_end(target))
    return target


def _lines_end_alike(path: Path) -> bool:
    """Tell whether all lines end in LF, or all in CR LF."""
    alone = paired = False
    rest = b""
    for read in _blocks(path):
        block = rest + read
        rest = block[-1:] if block.endswith(b"\r") else b""
        if b"\r" not in block:
            alone = alone or b"\n" in block
            continue
        both = block.count(b"\r\n")
        if block.count(b"\r") - len(rest) > both:
            return False
        paired = paired or both > 0
        alone = alone or block.count(b"\n") > both
    return not rest and not (alone and paired)


def _records(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return (line, cells) of each record that is wholly inside ``text`` and not blank."""
    whole = text[: text.rfind("\n") + 1] if len(text) >= _HEAD // 2 and "\n" in text else text
    return records_at_top(whole, delimiter, _RECORDS)


def _dialect(path: Path, text: str, table: Table, settings: TableConfig) -> tuple[str, int]:
    """Return the delimiter and the index of the header among the records that are not blank.

    The header is the line that names most columns; where none is known by name, the first of the usual width.
    """
    if text.lstrip()[:1] in {"<", "{"}:
        raise CarteraError(_no_table(path, text))
    given = {same_name(header) for header in settings.columns.values()}
    scored = []
    for delimiter in (settings.delimiter,) if settings.delimiter else _DELIMITERS:
        records = _records(text, delimiter)
        widths = Counter(len(cells) for _line, cells in records if len(cells) > 1)
        if not widths:
            continue
        width, times = widths.most_common(1)[0]
        regular = times >= 0.8 * len(records)
        for index in _header_candidates(path, records, settings.header_line):
            cells = records[index][1]
            if settings.header_lines > 1 and index + 1 < len(records):
                cells = joined_names(cells, records[index + 1][1])
            known = columns_named(table, cells, given) if len(cells) > 1 else 0
            scored.append((known, regular, len(cells) == width, width, -index, delimiter))
    known, regular, *_rest, index, delimiter = max(scored, default=(0, False, 0, ","))
    if not known and (not regular or text.lstrip()[:1] == "["):
        raise CarteraError(_no_table(path, text))
    return delimiter, -index


def _header_candidates(
    path: Path, records: list[tuple[int, list[str]]], header_line: int | None
) -> list[int]:
    if header_line is None:
        return list(range(min(_TITLE_LINES, len(records))))
    from_there = [i for i, (line, _cells) in enumerate(records) if line >= header_line]
    if not from_there:
        raise CarteraError(
            _(
                "{file} has no column names in line {line}: its first {n} rows end before it. "
                "Correct 'header_line'."
            ).format(file=path.name, line=header_line, n=number(len(records)))
        )
    return from_there[:1]


def _no_table(path: Path, text: str) -> str:
    if text.lstrip()[:1] == "<":
        return _(
            "{file} is a web page or XML, whatever its name says. Open it in Excel or LibreOffice and save "
            "it as .xlsx or CSV."
        ).format(file=path.name)
    return _(
        "{file} is not a table: no line of column names separated by comma, semicolon, tab or | was found. "
        "Export it as CSV or Excel, with the names of the columns in the first line."
    ).format(file=path.name)


def _header(records: list[tuple[int, list[str]]], index: int) -> tuple[int, list[str], int]:
    """Return the header's line, its cells, and how many cells a record has.

    Where the header ends in more delimiters than most records, and nothing between them, theirs is the width.
    Delimiters at the end of a record say nothing.
    """
    line, cells = records[index]
    widths = Counter(len(record) for _line, record in records[index + 1 :])
    width = max(widths, key=lambda w: (widths[w], w == len(cells)), default=len(cells))
    if width > len(cells) or any(cell.strip() for cell in cells[width:]):
        width = len(cells)
    return line, cells, width
