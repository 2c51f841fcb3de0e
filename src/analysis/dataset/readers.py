"""One raw file of any format, ready for DuckDB: every cell as it was written, and the line it was on."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from analysis.dataset.config import TableConfig
from analysis.dataset.quality import Note
from analysis.dataset.schema import Table
from analysis.dataset.text import TextTable, csv_reader, lines_at, read_text, without_lines
from analysis.dataset.workbooks import read_sheet, typed
from analysis.errors import CarteraError
from analysis.language import N_, _

Lines = NDArray[np.int64]


@dataclass(frozen=True)
class RawTable:
    """One raw file as DuckDB reads it.

    Parameters
    ----------
    file
        Name for the reader: the file's, and the sheet's where there is a choice.
    relation
        What follows ``FROM`` in SQL.
    columns
        Each column's header as written (a repeated one gets a number) and its DuckDB type.
    repeated
        Headers that stand more than once.
    facts
        What was found out about how the file is written.
    refused
        Name of the table in which DuckDB notes the records it cannot split into cells; empty where every
        record has its cells.
    line_of
        Lines in the file of the rows with these numbers (from 0, among the rows DuckDB accepts), given the
        lines it refused and how many rows it accepted.
    lines_at
        Lines in the file of the refused records that begin at these bytes.
    without
        The same table without these lines, whose first quote is never closed.
    torn
        Lines left out by ``without``, and what they hold.
    """

    file: str
    relation: str
    columns: dict[str, str]
    repeated: frozenset[str]
    facts: tuple[Note, ...]
    line_of: Callable[[Lines, Lines, int], Lines]
    refused: str = ""
    lines_at: Callable[[list[int]], list[int]] = lambda _positions: []
    without: Callable[[list[int]], RawTable] | None = None
    torn: tuple[tuple[int, str], ...] = ()


def open_raw(path: Path, table: Table, settings: TableConfig, work: Path, refused: str) -> RawTable:
    """Find out what kind of file this is, and make it readable for DuckDB.

    Parameters
    ----------
    path
        A CSV, TSV, Excel, OpenDocument or Parquet file; text may be compressed.
    table
        What it is taken for.
    settings
        What ``dataset.yml`` says of it.
    work
        Folder for working copies.
    refused
        Name of the table in which DuckDB shall note the records it cannot split into cells, and of a new
        folder in ``work``; each file has its own.

    Raises
    ------
    CarteraError
        If the file is empty or not a table.
    """
    own = work / refused
    own.mkdir()
    form = _form(path)
    if form == "parquet":
        return _parquet(path)
    if form == "workbook":
        return _workbook(path, table, settings, own)
    return _delimited(path, read_text(path, table, settings, own), own, refused)


def _form(path: Path) -> str:
    """Return whether a file is ``text``, a ``workbook`` or ``parquet``, whatever its name says."""
    with path.open("rb") as file:
        magic = file.read(8)
    if magic[:4] == b"PAR1":
        return "parquet"
    zipped_or_compound = magic[:4] == b"PK\x03\x04" or magic == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    return "workbook" if zipped_or_compound else "text"


def alike(tables: list[RawTable]) -> list[RawTable]:
    """Return the tables with every column that is not of one type in all of them as text in all of them."""
    types: dict[str, set[str]] = {}
    for table in tables:
        for header, kind in table.columns.items():
            types.setdefault(header, set()).add(kind)
    mixed = {header for header, kinds in types.items() if len(kinds) > 1}
    return [_with_text(table, mixed) for table in tables]


def _with_text(table: RawTable, headers: set[str]) -> RawTable:
    typed = [header for header, kind in table.columns.items() if header in headers and kind != "VARCHAR"]
    if not typed:
        return table
    texts = ", ".join(f"{_text_sql(quoted(h), table.columns[h])} as {quoted(h)}" for h in typed)
    return replace(
        table,
        relation=f"(select * replace ({texts}) from {table.relation})",  # noqa: S608
        columns=table.columns | dict.fromkeys(typed, "VARCHAR"),
    )


def _text_sql(cell: str, kind: str) -> str:
    """Return the SQL of a typed cell as text; a fraction gets an exponent, as in ``_as_text``."""
    if kind not in {"DOUBLE", "FLOAT"}:
        return f"cast({cell} as varchar)"
    text = f"cast({cell} as varchar)"
    whole = f"cast(try_cast({cell} as hugeint) as varchar)"
    return (
        f"case when {cell} = floor({cell}) then {whole} "
        f"when contains({text}, 'e') then {text} else {text} || 'e0' end"
    )


def quoted(name: str) -> str:
    """Return ``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return ``text`` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _unique(header: list[str]) -> tuple[list[str], frozenset[str]]:
    """Name unnamed columns by their place and number repeated ones; also return what was repeated."""
    stripped = [" ".join(name.split()) or _("column {n}").format(n=i) for i, name in enumerate(header, 1)]
    times = Counter(name.casefold() for name in stripped)
    seen: Counter[str] = Counter()
    unique = []
    for name in stripped:
        seen[name.casefold()] += 1
        unique.append(name if seen[name.casefold()] == 1 else f"{name} ({seen[name.casefold()]})")
    return unique, frozenset(name for name in stripped if times[name.casefold()] > 1)


def _delimited(
    path: Path, text: TextTable, work: Path, refused: str, torn: tuple[tuple[int, str], ...] = ()
) -> RawTable:
    header, repeated = _unique(list(text.header))
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    relation = (
        f"read_csv({literal(str(text.path))}, auto_detect=false, header=true, "
        f"delim={literal(text.delimiter)}, quote='\"', escape='\"', columns={{{columns}}}, "
        "strict_mode=true, ignore_errors=true, "
        f"store_rejects=true, rejects_table={literal(refused)}, rejects_scan={literal(refused + '_scan')}, "
        "rejects_limit=0)"
    )

    def line_of(rows: Lines, refused_lines: Lines, accepted: int) -> Lines:
        return _text_lines(text, rows, refused_lines, accepted)

    def without(lines: list[int]) -> RawTable:
        again = f"{refused}_again"
        rest, held = without_lines(text, lines, work / f"{again}.csv")
        return _delimited(path, rest, work, again, (*torn, *zip(lines, held, strict=True)))

    return RawTable(
        path.name, relation, dict.fromkeys(header, "VARCHAR"), repeated, _text_facts(path, text), line_of,
        refused, lambda positions: lines_at(text, positions), without, torn,
    )  # fmt: skip


def _text_facts(path: Path, text: TextTable) -> tuple[Note, ...]:
    how = {
        "file": path.name,
        "encoding": text.encoding,
        "delimiter": text.written_delimiter.replace("\t", "TAB"),
    }
    facts = [Note(N_("{file}: text in {encoding}, cells separated by '{delimiter}'."), how)]
    return (*facts, *_header_fact(path.name, text.header_line))


def _header_fact(file: str, line: int) -> tuple[Note, ...]:
    if line <= 1:
        return ()
    message = N_("{file}: the column names are in line {line}; what stands above them was left out.")
    return (Note(message, {"file": file, "line": line}),)


def _text_lines(text: TextTable, rows: Lines, refused: Lines, accepted: int) -> Lines:
    """Return the lines of accepted rows: counted where a record is a line, else found by reading again."""
    if text.lines == 1 + accepted + len(refused):
        accepted_before = refused - text.header_line - 1 - np.arange(len(refused))
        return rows + np.searchsorted(accepted_before, rows, side="right") + text.header_line + 1
    return np.setdiff1d(_record_lines(text), refused)[rows]


def _record_lines(text: TextTable) -> Lines:
    """Return the lines on which the records below the header begin."""
    lines, line = array("q"), text.header_line
    with text.path.open(encoding="utf-8", newline="") as file:
        reader = csv_reader(file, text.delimiter)
        for cells in reader:
            if cells:
                lines.append(line)
            line = reader.line_num + text.header_line
    return np.asarray(lines[1:], dtype=np.int64)


def _parquet(path: Path) -> RawTable:
    relation = f"read_parquet({literal(str(path))})"
    try:
        described = duckdb.connect().execute(f"describe from {relation}").fetchall()
    except duckdb.Error:
        raise CarteraError(
            _(
                "{file} begins like a Parquet file but cannot be read: it is damaged or cut short. "
                "Export it again."
            ).format(file=path.name)
        ) from None
    columns = {name: kind for name, kind, *_rest in described}
    return RawTable(path.name, relation, columns, frozenset(), (), lambda rows, _refused, _accepted: rows + 1)


def _workbook(path: Path, table: Table, settings: TableConfig, work: Path) -> RawTable:
    """Read one sheet; cells keep their type where a whole column shares it, else become text."""
    sheet = read_sheet(path, table, settings)
    header, repeated = _unique(sheet.header)
    arrays = [typed([cells[i] for _line, cells in sheet.rows]) for i in range(len(header))]
    target = work / f"{path.name}.parquet"
    pq.write_table(pa.table(arrays, names=header), target)
    lines = np.asarray([line for line, _cells in sheet.rows], dtype=np.int64)
    staged = _parquet(target)
    return RawTable(
        sheet.label, staged.relation, staged.columns, repeated, _header_fact(sheet.label, sheet.header_line),
        lambda rows, _refused, _accepted: lines[rows],
    )  # fmt: skip
