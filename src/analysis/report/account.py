"""What was understood of a data set, on the terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.dataset import open_dataset
from analysis.language import _, date
from analysis.report import tables


def print_account(data: str, as_of: str | None) -> None:
    """Read ``data`` and print what became of every row, what was assumed, and what to beware of.

    Raises
    ------
    CarteraError
        If the data cannot be read.
    """
    dataset = open_dataset(data, as_of=as_of)
    quality = dataset.quality
    console = Console(highlight=False)
    title = _("{name}, as of {day}").format(name=dataset.name, day=date(dataset.as_of))
    labels = {"what": _("What became of them"), "rows": _("Rows"), "amount": _("Amount")}
    console.print(_table(quality.table(), labels, title, dataset.currency))
    found = quality.found_table()
    if (found["rows"] > 0).any():
        labels = {"what": _("What was found"), "rows": _("Rows"), "policy": _("What is done")}
        title = _("What was found among all rows, and what is done with it")
        console.print(_table(found[found["rows"] > 0], labels, title, dataset.currency))
    for sentence in quality.assumptions:
        console.print(Text(f"- {sentence}"))
    for sentence in quality.warnings:
        console.print(Text.assemble((_("Beware"), "bold red"), " ", sentence))


def _table(frame: pd.DataFrame, labels: tables.Labels, title: str, currency: str | None) -> Table:
    formats = {"rows": "number", "amount": "money"}
    used = {name: form for name, form in formats.items() if name in frame.columns}
    shown = tables.shown(frame, labels, used, currency)
    table = Table(title=Text(title), title_justify="left")
    for heading, numeric in zip(shown.headings, shown.numeric, strict=True):
        table.add_column(heading, justify="right" if numeric else "left")
    for row in shown.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
