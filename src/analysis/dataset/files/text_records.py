"""The records of a text table by the csv rules, counted from its bytes and not by whoever reads them.

A cell is quoted if it begins with a quote; a quote within it is doubled; it closes at a quote before a
delimiter, the end of the line or that of the file. A quote counts as open if it never closes, if it closes on
a later line before anything else, or if its record would exceed 1,000 lines or 1 MB: then the line on which
the record begins is torn, and the records begin anew on the next.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Lines = NDArray[np.int64]
Verdict = Literal["whole", "malformed", "torn", "undecided"]

MOST_LINES = 1_000
MOST_BYTES = 1 << 20
MOST_TORN_LINES = 100_000
MOST_TORN_BYTES = 200 << 20
_BLOCK = 1 << 22
_BATCH = 50_000
_QUOTE, _FEED, _RETURN = b'"\n\r'


@dataclass(frozen=True)
class TornLine:
    """A line whose quote stays open: its number among the lines, from 0, its bytes and its text."""

    line: int
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class TextRecords:
    """Where the records of a file begin.

    Parameters
    ----------
    count
        How many there are, the header among them; torn lines and blank ones are none.
    beginless
        Lines, from 0 and ascending, on which none begins.
    malformed
        Lines on which one begins that closes a quote before anything but a delimiter.
    torn
        Lines whose quote stays open.
    """

    count: int
    beginless: Lines
    malformed: frozenset[int]
    torn: tuple[TornLine, ...]

    @property
    def is_hopeless(self) -> bool:
        """Whether so many lines are torn that the file was not gone through to its end."""
        return _is_much(self.torn)

    def lines_of(self, numbers: Lines) -> Lines:
        """Return the lines on which the records with these numbers begin; the header is number 0."""
        before = self.beginless - np.arange(len(self.beginless))
        return numbers + np.searchsorted(before, numbers, side="right")

    def numbers_of(self, lines: Lines) -> Lines:
        """Return the numbers of the records that begin on these lines."""
        return lines - np.searchsorted(self.beginless, lines)

    def begin_on(self, lines: Lines) -> NDArray[np.bool_]:
        """Tell whether a record begins on each of these lines."""
        return ~np.isin(lines, self.beginless)


def find_records(path: Path, delimiter: str) -> TextRecords:
    """Find the records of a table in UTF-8 whose lines all end in LF, or all in CR LF.

    Lines of the usual kind are told by NumPy, a block at a time; only those with a quote that is not plainly
    opened and closed within them are walked cell by cell.
    """
    found = _Found(re.compile(re.escape(delimiter.encode()) + b"|\n"), delimiter.encode())
    with path.open("rb") as file:
        rest = b""
        while True:
            block = file.read(_BLOCK)
            rest = found.take(rest + block, ended=not block)
            if not block or _is_much(found.torn):
                break
            if len(rest) > _BLOCK:
                rest = found.skip_long_line(rest, file)
    beginless = np.concatenate([np.empty(0, np.int64), *found.beginless])
    return TextRecords(found.line - len(beginless), beginless, frozenset(found.malformed), tuple(found.torn))


def _is_much(torn: Sequence[TornLine]) -> bool:
    return len(torn) > MOST_TORN_LINES or sum(len(line.text) for line in torn) > MOST_TORN_BYTES


class _Found:
    """What is known of the records while a file is gone through."""

    def __init__(self, cell_end: re.Pattern[bytes], delimiter: bytes) -> None:
        self._cell_end = cell_end
        self._delimiter = delimiter
        self.line = self._byte = 0
        self.beginless: list[Lines] = []
        self.malformed: list[int] = []
        self.torn: list[TornLine] = []

    def take(self, buffer: bytes, *, ended: bool) -> bytes:
        """Find the records in bytes that begin with a line; return the bytes of those that are not over."""
        whole = buffer if ended else buffer[: buffer.rfind(b"\n") + 1]
        if plain := _plain_lines(whole):
            self._pass(plain, len(whole))
            return buffer[len(whole) :]
        starts = _line_starts(whole)
        blank, special = _unusual_lines(whole, starts, ord(self._delimiter))
        later: list[int] = []
        lines, end = len(starts) - 1, len(whole)
        next_line = 0
        for i in special:
            if i < next_line:
                continue
            start = int(starts[i])
            verdict, over = _walk(buffer, start, self._cell_end, self._delimiter, ended=ended)
            if verdict == "undecided":
                lines, end = i, start
                break
            next_line = i + 1
            if verdict == "torn":
                self._tear(i, buffer, start, int(starts[i + 1]))
                later.append(i)
            else:
                next_line += buffer.count(b"\n", start, over)
                later += range(i + 1, next_line)
            if verdict == "malformed":
                self.malformed.append(self.line + i)
        none_begins = np.union1d(blank[blank < lines], np.asarray(later, np.int64))
        self.beginless.append(none_begins.astype(np.int64) + self.line)
        self._pass(lines, end)
        return buffer[end:]

    def skip_long_line(self, begun: bytes, file: BinaryIO) -> bytes:
        """Tear a line that is not over after a whole block; return what was read beyond it."""
        size, block = len(begun), file.read(_BLOCK)
        while block and b"\n" not in block:
            size += len(block)
            block = file.read(_BLOCK)
        over = block.find(b"\n") + 1
        self._tear(0, begun, 0, size + over)
        self.beginless.append(np.asarray([self.line]))
        self._pass(1, size + over)
        return block[over:]

    def _tear(self, i: int, buffer: bytes, start: int, end: int) -> None:
        text = buffer[start : min(end, start + _BLOCK)].rstrip(b"\r\n").decode(errors="replace")
        self.torn.append(TornLine(self.line + i, self._byte + start, self._byte + end, text))

    def _pass(self, lines: int, size: int) -> None:
        self.line += lines
        self._byte += size


def _plain_lines(whole: bytes) -> int:
    """Count the lines if each is plainly a record: no quote, none blank, none too long; else return 0."""
    half = MOST_BYTES // 2
    if (
        b'"' in whole
        or whole.startswith((b"\n", b"\r\n"))
        or (b"\r" in whole and b"\n\r\n" in whole)
        or any(whole.find(b"\n", at, at + half) < 0 for at in range(0, len(whole) - half, half))
    ):
        return 0
    feeds = np.frombuffer(whole, np.uint8) == _FEED
    if (feeds[1:] & feeds[:-1]).any():
        return 0
    return int(np.count_nonzero(feeds)) + (whole[-1:] not in {b"\n", b""})


def _line_starts(whole: bytes) -> Lines:
    """Return where each line begins, and where the last one ends."""
    ends = np.flatnonzero(np.frombuffer(whole, np.uint8) == _FEED) + 1
    if whole and not whole.endswith(b"\n"):
        ends = np.append(ends, len(whole))
    return np.concatenate([[0], ends])


def _unusual_lines(whole: bytes, starts: Lines, delimiter: int) -> tuple[Lines, list[int]]:
    """Return the blank lines, and those that are not plainly a record: too long, or a quote out of place.

    In a line on its own quotes open and close in turns: one that opens stands at the beginning of a cell or
    behind another, one that closes at the end of a cell or before another. Where none stands at the beginning
    of a cell, all are ordinary signs, as of inches.
    """
    signs = np.frombuffer(b"\n" + whole + b"\n", np.uint8)
    lengths = np.diff(starts)
    first = signs[starts[:-1] + 1]
    blank = ((lengths == 1) & (first == _FEED)) | ((lengths == 2) & (first == _RETURN))
    special = np.zeros(len(lengths), np.bool_)
    quotes = np.flatnonzero(signs == _QUOTE)
    if len(quotes):
        edge = np.zeros(256, np.bool_)
        edge[[delimiter, _FEED, _RETURN]] = True
        until = np.searchsorted(quotes, starts + 1)
        in_line = np.diff(until)
        opens = (np.arange(len(quotes)) - np.repeat(until[:-1], in_line)) % 2 == 0
        beside = signs[np.where(opens, quotes - 1, quotes + 1)]
        fits = edge[beside] | (beside == _QUOTE)
        if not fits.all() or (in_line % 2).any():
            lines = np.repeat(np.arange(len(in_line)), in_line)
            special = in_line % 2 == 1
            special[lines[~fits]] = True
            special &= np.isin(np.arange(len(in_line)), lines[edge[signs[quotes - 1]]])
    return np.flatnonzero(blank), np.flatnonzero(special | (lengths > MOST_BYTES)).tolist()


def _walk(
    text: bytes, start: int, cell_end: re.Pattern[bytes], delimiter: bytes, *, ended: bool
) -> tuple[Verdict, int]:
    """Walk one record cell by cell; return what it is and where it ends (at its line feed or at the end)."""
    most = start + MOST_BYTES
    cut: Verdict = "torn" if ended or len(text) > most else "undecided"
    at = start
    while True:
        if text[at : at + 1] == b'"':
            close = _closing(text, at + 1, most)
            if close < 0 or text.count(b"\n", start, close) >= MOST_LINES:
                return ("torn" if close >= 0 else cut), at
            follows = text[close + 1 : close + 2]
            if follows == delimiter:
                at = close + 2
                continue
            if follows not in {b"\n", b"\r", b""}:
                if b"\n" in text[start:close]:
                    return "torn", at
                return _over(text, close, most, cut, "malformed")
            if not follows and not ended:
                return "undecided", at
            return _over(text, close, most, cut, "whole")
        found = cell_end.search(text, at, most)
        if found is None or found[0] == b"\n":
            return _over(text, at, most, cut, "whole")
        at = found.end()


def _closing(text: bytes, at: int, most: int) -> int:
    """Return where a quoted cell closes: at its first quote that is not doubled; -1 if it does not."""
    while (close := text.find(b'"', at, most)) >= 0 and text[close + 1 : close + 2] == b'"':
        at = close + 2
    return close


def _over(text: bytes, at: int, most: int, cut: Verdict, verdict: Verdict) -> tuple[Verdict, int]:
    """Return the verdict on a record whose last line is reached, and where it ends."""
    end = text.find(b"\n", at, most)
    if end >= 0:
        return verdict, end
    return (verdict, len(text)) if len(text) <= most and cut == "torn" else (cut, at)


def records_at_top(text: str, delimiter: str, most: int) -> list[tuple[int, list[str]]]:
    """Return line, from 1, and cells of the first records of a text that is cut off somewhere."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    content, sign = unix.encode(errors="replace"), delimiter.encode()
    cell_end = re.compile(re.escape(sign) + b"|\n")
    found: list[tuple[int, list[str]]] = []
    at, line = 0, 1
    while at < len(content) and len(found) < most:
        verdict, end = _walk(content, at, cell_end, sign, ended=True)
        end = content.find(b"\n", at) if verdict == "torn" else end
        end = len(content) if end < 0 else end
        cells: list[str] = next(csv_records([content[at:end].decode()], delimiter), [])
        if any(cell.strip() for cell in cells):
            found.append((line, cells))
        line += content.count(b"\n", at, end) + 1
        at = end + 1
    return found


def csv_records(lines: Iterable[str], delimiter: str) -> Any:  # noqa: ANN401 csv names no type for it
    """Return the cells of each record, however long they are."""
    csv.field_size_limit(sys.maxsize)
    return csv.reader(lines, delimiter=delimiter)


def without_torn(path: Path, records: TextRecords, target: Path) -> Path:
    """Write a file anew with its torn lines blank."""
    with path.open("rb") as whole, target.open("wb") as rest:
        for torn in records.torn:
            _copy_until(whole, rest, torn.start)
            whole.seek(max(torn.start, torn.end - 2))
            last = whole.read(torn.end - whole.tell())
            rest.write(last[len(last.rstrip(b"\r\n")) :])
        _copy_until(whole, rest, None)
    return target


def _copy_until(source: BinaryIO, target: BinaryIO, end: int | None) -> None:
    while block := source.read(_BLOCK if end is None else min(_BLOCK, end - source.tell())):
        target.write(block)


def lines_at(path: Path, positions: list[int]) -> list[int]:
    """Return the lines, from 0, of the records that begin at these bytes; line ends there belong before.

    Parameters
    ----------
    path
        The file.
    positions
        Bytes, ascending.
    """
    lines, line, at = [], 0, 0
    with path.open("rb") as file:
        for wanted in positions:
            while at < wanted:
                block = file.read(min(_BLOCK, wanted - at))
                line += block.count(b"\n")
                at += len(block)
            while (byte := file.read(1)) and byte in b"\r\n":
                line += byte == b"\n"
                at += 1
            at += len(byte)
            lines.append(line)
    return lines


def texts_on(path: Path, records: TextRecords, lines: list[int]) -> list[tuple[int, str]]:
    """Return these lines, which ascend and on which records begin, each with the text of its record."""
    numbers = records.numbers_of(np.asarray(lines, np.int64)) + 1
    following = records.lines_of(np.minimum(numbers, records.count - 1)).tolist()
    found, at = [], 0
    with path.open("rb") as file:
        for line, after in zip(lines, following, strict=True):
            deque(islice(file, line - at), maxlen=0)
            text = b"".join(islice(file, after - line if after > line else None))
            found.append((line, text.decode(errors="replace").strip("\r\n")))
            at = after
    return found


def split_into_cells(
    path: Path, records: TextRecords, delimiter: str, names: list[str], target: Path
) -> list[tuple[int, str]]:
    """Write a table without torn lines as Parquet, split by Python's csv: slow, and right in every case.

    Parameters
    ----------
    path
        The table, as `without_torn` leaves it.
    records
        Its records.
    delimiter
        What separates its cells.
    names
        Its columns.
    target
        The file to write: the cells of each record that has one for each name, all of them text. Empty ones
        beyond the last name say nothing.

    Returns
    -------
    list of tuple
        Line, from 0, and text of each record that is malformed or has more cells, or fewer.
    """
    schema = pa.schema([(name, pa.string()) for name in names])
    refused = set(records.malformed)
    batch: list[list[str]] = []
    with (
        path.open(encoding="utf-8", errors="replace", newline="") as file,
        pq.ParquetWriter(target, schema) as writer,
    ):
        reader = csv_records(
            ("\n" if i in records.malformed else line for i, line in enumerate(file)), delimiter
        )
        next(reader, None)
        line = reader.line_num
        for cells in reader:
            if len(cells) == len(names):
                batch.append(cells)
            elif len(cells) > len(names) and not any(cells[len(names) :]):
                batch.append(cells[: len(names)])
            elif cells:
                refused.add(line)
            line = reader.line_num
            if len(batch) == _BATCH:
                writer.write_table(_as_table(batch, schema))
                batch.clear()
        writer.write_table(_as_table(batch, schema))
    return texts_on(path, records, sorted(refused))


def _as_table(rows: list[list[str]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=schema)
