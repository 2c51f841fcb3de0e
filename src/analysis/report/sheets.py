"""A page for each salesperson, sector or region: HTML and Excel, with an index, and no kernel for any."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from analysis.dataset import Dataset, open_dataset
from analysis.dataset.kept_tables import changes
from analysis.dataset.naming import folder_name
from analysis.dataset.sources.open_source import find_source
from analysis.display_names import words
from analysis.language import _, money, ngettext, number, use_language
from analysis.report import publishing, record, tables
from analysis.report.atomic_write import write_text
from analysis.report.excel import Page, write_workbook
from analysis.report.execution import Execution
from analysis.report.progress import TerminalProgress
from analysis.report.record import About
from analysis.report.rendering import render
from analysis.report.request import Request
from analysis.report.runner import Run
from analysis.sheets import PortfolioSheet, SheetData, portfolio_sheet, sheet_data


def run_sheets(request: Request, by: str, progress: TerminalProgress) -> Run:
    """Make the portfolio sheets of a data set and put them into a folder, with an index.

    Parameters
    ----------
    request
        Of what data, as of when, in which language, and where to.
    by
        The column that tells whose a customer is; see `analysis.sheets.sheet_data`.
    progress
        Told about each sheet, on one line.

    Raises
    ------
    CarteraError
        If there is no such column, or the data or the folder are not usable. Nothing is left behind then.
    """
    use_language(request.language)
    source = find_source(request.data)
    folder = publishing.usable(request.out or request.base / f"{folder_name(source.name)}-by-{by}")
    started, clock = dt.datetime.now().astimezone(), time.monotonic()
    dataset = open_dataset(request.data, as_of=request.as_of)
    data = sheet_data(dataset, by)
    owners = data.owners()
    label = _("Portfolio sheets")
    progress.start(label, len(owners))
    with publishing.staging(folder) as staging:
        about = record.about(request, dataset, {}, [], started)
        made = []
        for owner, file in zip(owners, _files(owners), strict=True):
            sheet = portfolio_sheet(data, owner)
            if isinstance(sheet, PortfolioSheet):
                write_sheet(staging / "new" / "sheets" / file, sheet, about)
                made.append((sheet, file))
            progress.step(label)
        write_text(staging / "new" / "index.html", _index(dataset, data, made, about))
        changed = changes(request.data)
        notes = publishing.publish(staging, folder, about)
    done = Execution(label, {"cells": []}, time.monotonic() - clock, None)
    progress.end(done)
    return Run(folder, [done], [*(str(note) for note in changed), *notes])


def write_sheet(path: Path, sheet: PortfolioSheet, about: About) -> None:
    """Write one page as ``<path>.html`` and ``<path>.xlsx``."""
    html = {name: _html(sheet, name, frame) for name, frame in sheet.tables().items()}
    write_text(path.with_name(f"{path.name}.html"), render("sheet.html.j2", about, sheet=sheet, tables=html))
    parts = sheet.lines(), sheet.tables(), sheet.headings(), sheet.notes(), _("Notes")
    page = Page(sheet.owner, sheet.title(), *parts)
    write_workbook(path.with_name(f"{path.name}.xlsx"), [page], sheet.data.currency)


def _html(sheet: PortfolioSheet, name: str, frame: pd.DataFrame) -> Markup:
    said = words(name, frame)
    labels = said["labels"] | {key: text for key, text in sheet.headings().items() if key in frame}
    shown = tables.shown(frame, labels, said["formats"], sheet.data.currency)
    return Markup(tables.to_html(shown, said["caption"]))  # noqa: S704 cells are escaped


def _files(owners: Iterable[str]) -> list[str]:
    """Return a file name for each owner, no two alike whatever their case."""
    taken: dict[str, int] = {}
    found = []
    for owner in owners:
        name = folder_name(owner)
        taken[name.casefold()] = taken.get(name.casefold(), 0) + 1
        turn = taken[name.casefold()]
        found.append(name if turn == 1 else f"{name}-{turn}")
    return found


def _index(dataset: Dataset, data: SheetData, made: list[tuple[PortfolioSheet, str]], about: About) -> str:
    """Return the page that leads to all sheets, and says who is on none."""
    nobodys = data.accounts.loc[data.accounts["belongs_to"].isna(), "net_sales"]
    rest = ngettext(
        "{count} account is on no sheet, with net sales of {net}.",
        "{count} accounts are on no sheet, with net sales of {net}.",
        len(nobodys),
    ).format(count=number(len(nobodys)), net=money(nobodys.sum(), data.currency))
    return render(
        "sheets.html.j2",
        about,
        dataset=dataset,
        made=made,
        rest=rest if len(nobodys) else "",
        currency=data.currency,
    )
