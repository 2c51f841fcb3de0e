"""``report.xlsx``: the figures of the front page, every customer and the tables of the parts.

A list has a sheet of its own, with filters; the small tables of a part are on one, below each other.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from analysis.dataset import Dataset
from analysis.display_names import words
from analysis.language import _, date, number
from analysis.report.excel import Page, tabs, write_large_workbook

NAME = "report.xlsx"
MOST_ROWS = 1_000_000
"""Of a sheet: Excel's own limit is little higher."""
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
    """

    name: str
    part: str
    path: Path
    rows: int

    @property
    def caption(self) -> str:
        """What it says."""
        return words(self.name, pd.DataFrame())["caption"]

    @property
    def sheet(self) -> str:
        """What its sheet is about: the table itself where it is a list, else all small ones of the part."""
        if self.rows < _OF_A_LIST:
            return self.part.partition(":")[0]
        return self.caption if self.name == _PROFILE else f"{self.part.partition('.')[0]} {self.caption}"


def write(
    new: Path, findings: Sequence[Mapping[str, Any]], titles: Mapping[str, str], dataset: Dataset
) -> None:
    """Write the workbook of a report.

    Parameters
    ----------
    new
        Folder of the report, with its tables and customers.
    findings
        What was found, as in ``findings.json``.
    titles
        Of the notebooks, by name.
    dataset
        What they were run on.
    """
    write_large_workbook(new / NAME, _pages(new, findings, titles, dataset), dataset.currency)


def _pages(
    new: Path, findings: Sequence[Mapping[str, Any]], titles: Mapping[str, str], dataset: Dataset
) -> Iterator[Page]:
    found = sorted(
        _tables(new, titles), key=lambda table: (table.name != _PROFILE, table.part, table.rows >= _OF_A_LIST)
    )
    sheets = [[*group] for _name, group in groupby(found, key=lambda table: table.sheet)]
    names = [_("Summary"), _("Contents"), *(sheet[0].sheet for sheet in sheets)]
    summary, contents, *named = tabs(textwrap.shorten(name, _TAB, placeholder="…") for name in names)
    about = [dataset.name, _("As of {day}").format(day=date(dataset.as_of))]
    yield Page(summary, _("Summary"), about, {"report_findings": _found(findings, titles)}, is_list=True)
    yield _contents(contents, dict(zip(named, sheets, strict=True)), new)
    for name, sheet in zip(named, sheets, strict=True):
        is_list = sheet[0].rows >= _OF_A_LIST
        yield _list(sheet[0], name, new) if is_list else _part(sheet, name)


def _found(findings: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> pd.DataFrame:
    """Return the findings with their money and what follows, most money first."""
    kept = ["text", "money", "action", "notebook"]
    frame = pd.DataFrame([[one.get(name) for name in kept] for one in findings], columns=kept)
    frame = frame.astype({"money": "float64"}).sort_values("money", ascending=False, kind="stable")
    return frame.assign(notebook=frame["notebook"].map(titles)).rename(columns={"notebook": "part"})


def _contents(name: str, sheets: Mapping[str, Sequence[_Table]], new: Path) -> Page:
    rows = [
        (sheet, table.caption, table.part, table.rows, table.path.relative_to(new).as_posix())
        for sheet, shown in sheets.items()
        for table in shown
    ]
    frame = pd.DataFrame(rows, columns=["sheet", "shows", "part", "rows", "file"])
    told = _("All tables, also those of the checks of models, are in the folder tables as Parquet and CSV.")
    return Page(name, _("Contents"), [told], {"report_contents": frame}, is_list=True, links="sheet")


def _list(table: _Table, name: str, new: Path) -> Page:
    frame = pd.read_parquet(table.path)
    if table.name == _PROFILE:
        frame = frame.sort_values("net_sales", ascending=False, kind="stable")
    told = _("{rows} rows; they are in {file} too.")
    if table.rows > MOST_ROWS:
        told = _("The first {shown} of {rows} rows by value; all of them are in {file}.")
    line = told.format(
        shown=number(MOST_ROWS), rows=number(table.rows), file=table.path.relative_to(new).as_posix()
    )
    shown = {table.name: frame.head(MOST_ROWS)}
    return Page(name, table.caption, [*([table.part] if table.part else []), line], shown, is_list=True)


def _part(shown: Sequence[_Table], name: str) -> Page:
    return Page(name, shown[0].part, tables={table.name: pd.read_parquet(table.path) for table in shown})


def _tables(new: Path, titles: Mapping[str, str]) -> Iterator[_Table]:
    """Return what is in the workbook: no other list of all customers, nothing empty, and nothing twice."""
    customers, seen = new / "customers.parquet", set[bytes]()
    everybody = pq.read_metadata(customers).num_rows if customers.exists() else 0
    if everybody:
        yield _Table(_PROFILE, "", customers, everybody)
    for notebook in sorted(name for name in titles if not name.endswith(_OF_MODELS)):
        for path in sorted((new / "tables" / notebook).glob("*.parquet")):
            about, content = pq.read_metadata(path), path.read_bytes()
            repeats = about.num_rows == everybody and about.schema.names[0] == "customer_id"
            if about.num_rows and not repeats and content not in seen:
                yield _Table(path.stem, titles[notebook], path, about.num_rows)
            seen.add(content)
