"""One raw file of any format, ready for DuckDB: every cell as it was written, and the line it was on."""

from __future__ import annotations

import datetime as dt
import zipfile
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine as calamine
from numpy.typing import NDArray

from analysis.dataset.config import TableConfig, nearest
from analysis.dataset.quality import Note
from analysis.dataset.schema import TRANSACTIONS, same_name
from analysis.dataset.text import TextTable, csv_reader, lines_at, read_text, without_lines
from analysis.errors import CarteraError
from analysis.language import N_, _, listing

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


def open_raw(path: Path, settings: TableConfig, work: Path, refused: str) -> RawTable:
    """Find out what kind of file this is, and make it readable for DuckDB.

    Parameters
    ----------
    path
        A CSV, TSV, Excel, OpenDocument or Parquet file; text may be compressed.
    settings
        What ``dataset.yml`` says of it.
    work
        Folder for working copies.
    refused
        Name of the table in which DuckDB shall note the records it cannot split into cells.

    Raises
    ------
    CarteraError
        If the file is empty or not a table.
    """
    with path.open("rb") as file:
        magic = file.read(8)
    if magic[:4] == b"PAR1":
        return _parquet(path)
    if magic[:4] == b"PK\x03\x04" or magic == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _workbook(path, settings, work)
    return _delimited(path, read_text(path, settings, work), work, refused)


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


def _workbook(path: Path, settings: TableConfig, work: Path) -> RawTable:
    """Read one sheet; cells keep their type where a whole column shares it, else become text."""
    try:
        workbook = calamine.load_workbook(str(path))
        names = workbook.sheet_names
        sheet = settings.sheet or _chosen_sheet(path, workbook)
        if sheet not in names:
            raise CarteraError(
                _("{file} has no sheet '{sheet}'. {hint}").format(
                    file=path.name, sheet=sheet, hint=nearest(sheet, names)
                )
            )
        cells = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except calamine.PasswordError:
        raise CarteraError(
            _("{file} is protected by a password. Save a copy without one.").format(file=path.name)
        ) from None
    except calamine.CalamineError:
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
    header_index = (settings.header_line or 1 + _header_index(cells)) - 1
    filled = [
        (i, row) for i, row in enumerate(cells) if i > header_index and any(_filled(cell) for cell in row)
    ]
    if not cells or header_index >= len(cells):
        raise CarteraError(_("{file}: sheet '{sheet}' is empty.").format(file=path.name, sheet=sheet))
    header, repeated = _unique([str(cell) for cell in cells[header_index]])
    arrays = [_typed([row[i] for _line, row in filled]) for i in range(len(header))]
    target = work / f"{path.name}.parquet"
    pq.write_table(pa.table(arrays, names=header), target)
    lines = np.asarray([i + 1 for i, _row in filled], dtype=np.int64)
    label = path.name if len(names) == 1 else f"{path.name} [{sheet}]"
    staged = _parquet(target)
    return RawTable(
        label, staged.relation, staged.columns, repeated, _header_fact(label, header_index + 1),
        lambda rows, _refused, _accepted: lines[rows],
    )  # fmt: skip


def _archived(path: Path) -> list[str]:
    """Return the names of the files in a zip archive; none if it is no sound one, or a damaged workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
    except zipfile.BadZipFile:
        return []
    return [] if {"[Content_Types].xml", "mimetype"} & set(names) else names


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def _known(row: list[Any]) -> int:
    """Count the canonical columns that a row of names would give."""
    given = {same_name(str(cell)) for cell in row if _filled(cell)}
    return sum(bool(given & set(map(same_name, column.all_names))) for column in TRANSACTIONS.columns)


def _header_index(cells: list[list[Any]]) -> int:
    """Return the row that names most columns, or the first that fills most cells."""
    first = cells[:30]
    scores = [(_known(row), sum(map(_filled, row)), -i) for i, row in enumerate(first)]
    return -max(scores)[2] if scores else 0


def _chosen_sheet(path: Path, workbook: calamine.CalamineWorkbook) -> str:
    """Return the only sheet, or the only one that looks like sales."""
    names = workbook.sheet_names
    if len(names) == 1:
        return names[0]
    fitting = []
    for name in names:
        cells = workbook.get_sheet_by_name(name).to_python(nrows=30)
        if cells and _known(cells[_header_index(cells)]) >= len(TRANSACTIONS.required):
            fitting.append(name)
    if len(fitting) == 1:
        return fitting[0]
    raise CarteraError(
        _(
            "{file} has the sheets {sheets}. Say which holds the sales: 'sheet: {first}' under "
            "'transactions' in dataset.yml."
        ).format(file=path.name, sheets=listing(names), first=(fitting or names)[0])
    )


def _typed(cells: list[Any]) -> pa.Array:
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
