"""What became of every row that was read, and what holds between the tables, as a reader sees it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.dataset import Dataset, open_dataset
from analysis.dataset.quality import Quality
from analysis.dataset.schema import TABLES
from analysis.language import _, date, listing, ngettext, number
from analysis.report import tables


@dataclass(frozen=True)
class Account:
    """A table about the data, ready to show.

    Attributes
    ----------
    caption
        What it says.
    frame
        Its rows.
    labels, formats
        Heading and format of its columns; see `analysis.report.tables.shown`.
    """

    caption: str
    frame: pd.DataFrame
    labels: dict[str, str]
    formats: dict[str, str]


def accounts(dataset: Dataset) -> list[Account]:
    """Return all there is to account for: each table, what was found in it, and the links between them."""
    several = overview(dataset)
    made = [several] if several else []
    for name, quality in dataset.accounts.items():
        title = _(TABLES[name].title)
        if name == "transactions" or _lost(quality):
            made.append(rows(quality, title if several else ""))
        found = _found(quality, title if several else "")
        made += [found] if len(found.frame) else []
    links = _links(dataset)
    return [*made, links] if len(links.frame) else made


def in_one_line(dataset: Dataset) -> str:
    """Return how many rows were read, and how many warnings there are, in one sentence."""
    total = sum(int(quality.rows["rows"].sum()) for quality in dataset.accounts.values())
    said = len(warnings(dataset))
    counted = ngettext(
        "{rows} row was read and is accounted for", "{rows} rows were read, all accounted for", total
    ).format(rows=number(total))
    if not said:
        return _("{counted}.").format(counted=counted)
    warned = ngettext("{n} warning", "{n} warnings", said).format(n=number(said))
    return _("{counted}; {warned}.").format(counted=counted, warned=warned)


def overview(dataset: Dataset) -> Account | None:
    """Return one row per table: rows read, kept, left out and rejected; None where there are only sales."""
    if len(dataset.accounts) == 1:
        return None
    counted = [
        {"table": _(TABLES[name].title), **_summary(quality)} for name, quality in dataset.accounts.items()
    ]
    labels = {
        "table": _("Table"),
        "rows": _("Rows"),
        "kept": _("Kept"),
        "excluded": _("Left out"),
        "rejected": _("Rejected"),
    }
    formats = dict.fromkeys(("rows", "kept", "excluded", "rejected"), "number")
    return Account(_("The tables that were read"), pd.DataFrame(counted), labels, formats)


def _summary(quality: Quality) -> dict[str, int]:
    """Return rows read, kept, left out and rejected of one table."""
    by_outcome = quality.rows.groupby("outcome")["rows"].sum()
    lost = {outcome: int(by_outcome.get(outcome, 0)) for outcome in ("excluded", "rejected")}
    total = int(by_outcome.sum())
    return {"rows": total, "kept": total - sum(lost.values()), **lost}


def _lost(quality: Quality) -> bool:
    summary = _summary(quality)
    return summary["kept"] < summary["rows"]


def rows(quality: Quality, title: str = "") -> Account:
    """Return what became of the rows of one table, named by its ``title`` where there are several."""
    frame = quality.table()
    caption = (
        _("{table}: every row that was read, and what became of it").format(table=title)
        if title
        else _("Every row that was read, and what became of it")
    )
    labels = {"what": _("What became of them"), "rows": _("Rows"), "amount": _("Amount")}
    formats = {"rows": "number", "amount": "money"}
    return Account(
        caption,
        frame,
        {name: label for name, label in labels.items() if name in frame},
        {name: form for name, form in formats.items() if name in frame},
    )


def _found(quality: Quality, title: str) -> Account:
    frame = quality.found_table()
    caption = (
        _("{table}: what was found among all rows, and what is done with it").format(table=title)
        if title
        else _("What was found among all rows, and what is done with it")
    )
    return Account(
        caption,
        frame[frame["rows"] > 0],
        {"what": _("What was found"), "rows": _("Rows"), "policy": _("What is done")},
        {"rows": "number"},
    )


def _links(dataset: Dataset) -> Account:
    """Return what was checked between the tables, what does not hold first."""
    checked = sorted(dataset.links, key=lambda link: link.rows == 0)
    found = [{"what": str(link.note), "verdict": _verdict(link.rows)} for link in checked]
    return Account(
        _("What links the tables"),
        pd.DataFrame(found, columns=["what", "verdict"]),
        {"what": _("What was checked"), "verdict": _("Verdict")},
        {},
    )


def _verdict(rows: int) -> str:
    return _("look at it") if rows else _("holds")


def warnings(dataset: Dataset) -> list[str]:
    """Return what must be known before a figure is trusted, of all tables."""
    return [text for quality in dataset.accounts.values() for text in quality.warnings]


def assumptions(dataset: Dataset) -> list[str]:
    """Return how the data were read, of all tables."""
    return [text for quality in dataset.accounts.values() for text in quality.assumptions]


def missing_tables(dataset: Dataset) -> str:
    """Say which optional tables the data do not give; nothing where there are only sales, or all."""
    missing = [_(table.title) for name, table in TABLES.items() if name not in dataset.accounts]
    if len(dataset.accounts) == 1 or not missing:
        return ""
    return _("Not given: {tables}.").format(tables=listing(missing))


def print_account(data: str, as_of: str | None) -> None:
    """Read ``data`` and print what became of every row, what was assumed, and what to beware of.

    Raises
    ------
    CarteraError
        If the data cannot be read.
    """
    dataset = open_dataset(data, as_of=as_of)
    console = Console(highlight=False)
    console.print(
        Text(_("{name}, as of {day}").format(name=dataset.name, day=date(dataset.as_of)), style="bold")
    )
    for account in accounts(dataset):
        console.print(_table(account, dataset.currency))
    if missing := missing_tables(dataset):
        console.print(Text(missing))
    for sentence in assumptions(dataset):
        console.print(Text(f"- {sentence}"))
    for sentence in warnings(dataset):
        console.print(Text.assemble((_("Beware"), "bold red"), " ", sentence))


def _table(account: Account, currency: str | None) -> Table:
    shown = tables.shown(account.frame, account.labels, account.formats, currency)
    table = Table(title=Text(account.caption), title_justify="left")
    for heading, numeric in zip(shown.headings, shown.numeric, strict=True):
        table.add_column(heading, justify="right" if numeric else "left")
    for row in shown.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
