"""One raw file of any format, ready for DuckDB: every cell as it was written, and the line it was on."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.dataset.config import TableConfig
from analysis.dataset.files.text_files import TextTable, read_text
from analysis.dataset.files.text_records import (
    Lines,
    find_records,
    lines_at,
    split_into_cells,
    texts_on,
    without_torn,
)
from analysis.dataset.files.workbooks import days_of_1904, read_sheet, turned, typed
from analysis.dataset.quality import Note
from analysis.dataset.schema import Table
from analysis.engine.paths import duckdb_path
from analysis.errors import CarteraError
from analysis.language import N_, _, number


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
    line_of
        Lines in the file of the rows with these numbers (from 0, among the rows accepted), given the lines of
        the records refused.
    aside
        Line and text of what is no record, or was refused before DuckDB read it.
    text
        What DuckDB is held to where it reads text itself.
    """

    file: str
    relation: str
    columns: dict[str, str]
    repeated: frozenset[str]
    facts: tuple[Note, ...]
    line_of: Callable[[Lines, Lines], Lines]
    aside: tuple[tuple[int, str], ...] = ()
    text: CountedText | None = None


@dataclass(frozen=True)
class CountedText:
    """A text table as it was counted without DuckDB, to hold DuckDB to it.

    Parameters
    ----------
    refused
        Name of the table in which DuckDB notes the records it cannot split into cells.
    records
        How many records there are below the header.
    lines_at
        Lines in the file of the records that begin at these bytes of what DuckDB reads.
    texts_on
        These lines of the file, on which records begin, each with the text of its record.
    begin_on
        Whether a record begins on each of these lines of the file.
    split
        The same table split into cells without DuckDB: slow, and right.
    """

    refused: str
    records: int
    lines_at: Callable[[list[int]], list[int]]
    texts_on: Callable[[list[int]], list[tuple[int, str]]]
    begin_on: Callable[[Lines], bool]
    split: Callable[[], RawTable]


def open_raw(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    table: Table,
    settings: TableConfig,
    own: Path,
) -> RawTable:
    """Find out what kind of file this is, and make it readable for DuckDB.

    Parameters
    ----------
    connection
        The one that will read it.
    path
        A CSV, TSV, Excel, OpenDocument or Parquet file; text may be compressed.
    table
        What it is taken for.
    settings
        What ``dataset.yml`` says of it.
    own
        Folder to be made for working copies; its name becomes that of a variable of DuckDB.

    Raises
    ------
    CarteraError
        If the file is empty or not a table.
    """
    own.mkdir()
    form = _form(path)
    if form == "parquet":
        raw = replace(parquet_table(connection, _readable(path, own), own.name), file=path.name)
    elif form == "workbook":
        raw = _workbook(connection, path, table, settings, own)
    else:
        raw = _delimited(connection, path, read_text(path, table, settings, own), own)
    if len(raw.columns) > _MOST_COLUMNS:
        raise CarteraError(
            _(
                "{file} has {n} columns; up to {most} can be read. Leave out those that are not needed."
            ).format(file=raw.file, n=number(len(raw.columns)), most=number(_MOST_COLUMNS))
        )
    return raw


_MOST_COLUMNS = 2_000
_TURNED = N_(
    "{file}: in '{header}' a spreadsheet had swapped day and month where the day is one of the first twelve; "
    "they were turned back."
)
_PLAIN = re.compile(
    r"U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|VARCHAR|"
    r"DATE|TIMESTAMP(?:_\w+| WITH TIME ZONE)?"
)
"""DuckDB types that are numbers, days or text; cells of others are read as text."""


def _readable(path: Path, own: Path) -> Path:
    """Return the file, or a copy of it where no spelling of its path is for DuckDB only this file."""
    try:
        duckdb_path(path)
    except CarteraError:
        return Path(shutil.copyfile(path, own / "copy"))
    return path


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
    if kind == "BLOB":
        return f"coalesce(try(decode({cell})), cast({cell} as varchar))"
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


def _delimited(connection: duckdb.DuckDBPyConnection, path: Path, text: TextTable, own: Path) -> RawTable:
    header, repeated = _unique(list(text.header))
    records = find_records(text.path, text.delimiter)
    if records.is_hopeless:
        raise CarteraError(
            _(
                "{file}, line {line}: a quote is opened and never closed, and there are many such lines. "
                "Export the file again, with quotes inside cells doubled."
            ).format(file=path.name, line=records.torn[0].line + text.header_line)
        )
    plain = without_torn(text.path, records, own / "whole") if records.torn else text.path
    aside = tuple((torn.line + text.header_line, torn.text) for torn in records.torn)
    if aside and aside[0][0] == text.header_line:
        raise CarteraError(
            _(
                "{file}, line {line}: a quote is opened among the column names and never closed. "
                "Correct that line."
            ).format(file=path.name, line=text.header_line)
        )
    facts = _text_facts(path, text)
    first = text.header_line

    def line_of(rows: Lines, refused: Lines) -> Lines:
        numbers = records.numbers_of(refused[records.begin_on(refused - first)] - first)
        accepted_before = numbers - 1 - np.arange(len(numbers))
        return records.lines_of(rows + 1 + np.searchsorted(accepted_before, rows, side="right")) + first

    def numbered(found: list[tuple[int, str]]) -> list[tuple[int, str]]:
        return [(line + first, raw) for line, raw in found]

    def split() -> RawTable:
        target = own / "split"
        refused = split_into_cells(plain, records, text.delimiter, header, target)
        split = parquet_table(connection, target, f"{own.name}_split")
        every = tuple(sorted([*aside, *numbered(refused)]))
        return RawTable(path.name, split.relation, split.columns, repeated, facts, line_of, every)

    connection.execute(f"set variable {own.name} = ?", [duckdb_path(_readable(plain, own))])
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    relation = (
        f"read_csv(getvariable('{own.name}'), auto_detect=false, header=true, compression='none', "
        f"hive_partitioning=false, delim={literal(text.delimiter)}, quote='\"', escape='\"', "
        f"columns={{{columns}}}, strict_mode=true, ignore_errors=true, store_rejects=true, "
        f"rejects_table='{own.name}_refused', rejects_scan='{own.name}_scan', rejects_limit=0)"
    )
    counted = CountedText(
        f"{own.name}_refused",
        records.count - 1,
        lambda positions: [line + first for line in lines_at(plain, positions)],
        lambda lines: numbered(texts_on(plain, records, [line - first for line in lines])),
        lambda lines: bool(records.begin_on(lines - first).all()),
        split,
    )
    kinds = dict.fromkeys(header, "VARCHAR")
    return RawTable(path.name, relation, kinds, repeated, facts, line_of, aside, counted)


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


def parquet_table(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> RawTable:
    """Return a Parquet file as a raw table; ``name`` is that of a variable of DuckDB."""
    connection.execute(f"set variable {name} = ?", [duckdb_path(path)])
    relation = f"read_parquet(getvariable('{name}'), hive_partitioning=false)"
    try:
        described = connection.execute(f"describe from {relation}").fetchall()
    except duckdb.Error:
        raise CarteraError(
            _(
                "{file} begins like a Parquet file but cannot be read: it is damaged or cut short. "
                "Export it again."
            ).format(file=path.name)
        ) from None
    columns = {column: kind for column, kind, *_rest in described}
    repeated = _unique(_written_names(path))[1]
    raw = RawTable(path.name, relation, columns, repeated, (), lambda rows, _refused: rows + 1)
    return _with_text(raw, {header for header, kind in columns.items() if not _PLAIN.fullmatch(kind)})


def _written_names(path: Path) -> list[str]:
    """Return the names of the columns, which DuckDB numbers where they repeat; none if it alone reads it."""
    try:
        return list(pq.read_schema(path).names)
    except (OSError, ValueError, pa.ArrowException):
        return []


@contextmanager
def whole(connection: duckdb.DuckDBPyConnection, raws: list[RawTable]) -> Iterator[None]:
    """Say in one sentence which column of which Parquet file cannot be read, where that ends a query."""
    try:
        yield
    except duckdb.Error:
        for raw in raws:
            if raw.text is None:
                _check_whole(connection, raw)
        raise


def _check_whole(connection: duckdb.DuckDBPyConnection, raw: RawTable) -> None:
    for header in raw.columns:
        try:
            connection.execute(f"select max(hash({quoted(header)})) from {raw.relation}")  # noqa: S608
        except duckdb.Error as error:
            reason = _("it is damaged")
            if "UTF8" in str(error):
                reason = _("it holds text that is not UTF-8")
            raise CarteraError(
                _("Column '{header}' of {file} cannot be read: {reason}. Export the file again.").format(
                    header=header, file=raw.file, reason=reason
                )
            ) from None


def _workbook(
    connection: duckdb.DuckDBPyConnection, path: Path, table: Table, settings: TableConfig, own: Path
) -> RawTable:
    """Read one sheet; cells keep their type where a whole column shares it, else become text.

    Columns with neither a name nor a filled cell are left out: one cell astray in XFD3 makes 16,000 of them.
    """
    sheet = read_sheet(path, table, settings)
    header, repeated = _unique(sheet.header)
    columns, facts = {}, list(_header_fact(sheet.label, sheet.header_line))
    for i, name in enumerate(header):
        cells = [row[i] for _line, row in sheet.rows]
        cells = days_of_1904(sheet.header[i], cells) if sheet.from_1904 else cells
        back = turned(cells)
        if back is not cells:
            facts.append(Note(_TURNED, {"file": sheet.label, "header": name}))
        columns[name] = typed(back)
    named = {name for name, written in zip(header, sheet.header, strict=True) if written.strip()}
    filled = {
        name: cells for name, cells in columns.items() if name in named or cells.null_count < len(cells)
    }
    target = own / "sheet"
    pq.write_table(pa.table(filled), target)
    lines = np.asarray([line for line, _cells in sheet.rows], dtype=np.int64)
    staged = parquet_table(connection, target, own.name)
    return RawTable(
        sheet.label, staged.relation, staged.columns, repeated, tuple(facts),
        lambda rows, _refused: lines[rows],
    )  # fmt: skip
