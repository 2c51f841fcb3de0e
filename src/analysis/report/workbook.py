"""``report.xlsx``: the figures of the front page, every customer and the tables of the parts.

A list has a sheet of its own, with filters, for its first 100,000 rows; the small tables of a part are on
one, below each other.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.dataset import Dataset
from analysis.display_names import words
from analysis.language import _, date, number
from analysis.report.excel import Page, tabs, write_large_workbook
from analysis.report.sources import in_words
from analysis.year_figures import YearFigure

NAME = "report.xlsx"
MOST_ROWS = 100_000
"""Of a sheet: Excel holds ten times as many, but longer lists are worked with elsewhere."""
_OF_A_LIST = 31
"""Rows from which a table is a list: more than the months of a year, the days of a month or ten groups."""
_PROFILE = "customer_profile"
_TAB = 29
"""Letters of a tab, so that a number still fits behind."""
_OF_MODELS = ("_audit", "_check")
"""Endings of notebooks of which no table has a sheet: they check what the others use."""


@dataclass(frozen=True)
class _Table:
    """A table on disk that is in the workbook.

    Attributes
    ----------
    name
        As in `analysis.display_names`.
    part
        Title of the part that shows it.
    path
        Of its Parquet file.
    rows
        How many it has.
    source
        Where it comes from, in words.
    """

    name: str
    part: str
    path: Path
    rows: int
    source: str

    @property
    def is_list(self) -> bool:
        """Whether it has a sheet of its own."""
        return self.rows >= _OF_A_LIST

    @property
    def caption(self) -> str:
        """What it says."""
        return words(self.name, pd.DataFrame())["caption"]

    @property
    def sheet(self) -> str:
        """What its sheet is about: the table itself where it is a list, else all small ones of the part."""
        if not self.is_list:
            return self.part.partition(":")[0]
        return self.caption if self.name == _PROFILE else f"{self.part.partition('.')[0]} {self.caption}"


@dataclass(frozen=True)
class Told:
    """What a report says, beside its tables.

    Attributes
    ----------
    figures
        Of the front page's header.
    findings
        As in ``findings.json``.
    titles
        Of the notebooks, by name.
    sources
        Of the tables; see `analysis.report.sources`.
    """

    figures: Sequence[YearFigure]
    findings: Sequence[Mapping[str, Any]]
    titles: Mapping[str, str]
    sources: Mapping[str, Mapping[str, Any]]


def write(new: Path, told: Told, dataset: Dataset) -> None:
    """Write the workbook of a report into its folder, where its tables and customers are."""
    write_large_workbook(new / NAME, _pages(new, told, dataset), dataset.currency)


def _pages(new: Path, told: Told, dataset: Dataset) -> Iterator[Page]:
    found = sorted(_tables(new, told), key=lambda table: (table.part, table.is_list))
    together = groupby(found, key=lambda table: table.path if table.is_list else table.part)
    sheets = [[*group] for _name, group in together]
    names = [_("Summary"), _("Contents"), *(sheet[0].sheet for sheet in sheets)]
    summary, contents, *named = tabs(textwrap.shorten(name, _TAB, placeholder="…") for name in names)
    yield _summary(summary, told, dataset)
    yield _contents(contents, dict(zip(named, sheets, strict=True)), new)
    for name, sheet in zip(named, sheets, strict=True):
        yield _list(sheet[0], name, new) if sheet[0].is_list else _part(sheet, name)


def _summary(name: str, told: Told, dataset: Dataset) -> Page:
    """Return the page of the header's figures, and of the findings, most money first."""
    rows = [(one.title, one.now, one.before) for one in told.figures]
    figures = pd.DataFrame(rows, columns=["title", "now", "year_before"]).astype({"year_before": "float64"})
    figures["difference"] = figures["now"] - figures["year_before"]
    kept = ["text", "money", "action", "notebook"]
    found = pd.DataFrame([[one.get(key) for key in kept] for one in told.findings], columns=kept)
    found = found.astype({"money": "float64"}).sort_values("money", ascending=False, kind="stable")
    found = found.assign(notebook=found["notebook"].map(told.titles)).rename(columns={"notebook": "part"})
    lines = [dataset.name, _("As of {day}").format(day=date(dataset.as_of))]
    tables = {"report_figures": figures, "report_findings": found}
    shown = {table: frame for table, frame in tables.items() if len(frame)}
    return Page(
        name, _("Summary"), lines, shown, forms={"report_figures": [one.form for one in told.figures]}
    )


def _contents(name: str, sheets: Mapping[str, Sequence[_Table]], new: Path) -> Page:
    rows = [
        (sheet, table.caption, table.part, table.rows, table.path.relative_to(new).as_posix(), table.source)
        for sheet, shown in sheets.items()
        for table in shown
    ]
    frame = pd.DataFrame(rows, columns=["sheet", "shows", "part", "rows", "file", "source"])
    told = _("All tables, also those of the checks of models, are in the folder tables as Parquet and CSV.")
    return Page(name, _("Contents"), [told], {"report_contents": frame}, is_list=True, links="sheet")


def _list(table: _Table, name: str, new: Path) -> Page:
    frame = _first(table.path, "net_sales" if table.name == _PROFILE else None)
    told = _("{rows} rows; they are in {file} too.")
    if table.rows > MOST_ROWS:
        told = _("The first {shown} of {rows} rows by value; all of them are in {file}.")
    line = told.format(
        shown=number(MOST_ROWS), rows=number(table.rows), file=table.path.relative_to(new).as_posix()
    )
    return Page(
        name, table.caption, [*([table.part] if table.part else []), line], {table.name: frame}, is_list=True
    )


def _first(path: Path, by: str | None) -> pd.DataFrame:
    """Return at most `MOST_ROWS` of a table: the first, or those with the most of a column."""
    file = pq.ParquetFile(path)
    if by is None:
        return _frame([next(file.iter_batches(MOST_ROWS))])
    if file.metadata.num_rows <= MOST_ROWS:
        return pd.read_parquet(path).sort_values(by, ascending=False, kind="stable")
    values = file.read([by]).column(by).to_numpy()
    least = np.partition(values, -MOST_ROWS)[-MOST_ROWS]
    rows = _frame([batch.filter(pc.field(by) >= least) for batch in file.iter_batches()])
    return rows.sort_values(by, ascending=False, kind="stable").head(MOST_ROWS)


def _frame(batches: Sequence[pa.RecordBatch]) -> pd.DataFrame:
    frame: pd.DataFrame = pa.Table.from_batches(batches).to_pandas()
    return frame


def _part(shown: Sequence[_Table], name: str) -> Page:
    return Page(name, shown[0].part, tables={table.name: pd.read_parquet(table.path) for table in shown})


def _tables(new: Path, told: Told) -> Iterator[_Table]:
    """Return what is in the workbook: no second list of all customers, no lesson, nothing empty or twice."""
    sources = {name: in_words(one) for name, one in told.sources.items() if not one.get("lesson")}
    customers, seen = new / "customers.parquet", set[bytes]()
    everybody = pq.read_metadata(customers).num_rows if customers.exists() else 0
    if everybody:
        yield _Table(_PROFILE, "", customers, everybody, sources.get("customers", ""))
    for notebook in sorted(name for name in told.titles if not name.endswith(_OF_MODELS)):
        for path in sorted((new / "tables" / notebook).glob("*.parquet")):
            with path.open("rb") as file:
                about, content = pq.read_metadata(path), hashlib.file_digest(file, "sha256").digest()
            repeats = about.num_rows == everybody and about.schema.names[0] == "customer_id"
            name = f"{notebook}/{path.stem}"
            if about.num_rows and name in sources and not repeats and content not in seen:
                yield _Table(path.stem, told.titles[notebook], path, about.num_rows, sources[name])
            seen.add(content)
