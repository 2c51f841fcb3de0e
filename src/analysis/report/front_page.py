"""The front page of the report: what a director reads in one minute, and where the rest is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis.dataset import Dataset
from analysis.display_names import WHY_COUNTS_DIFFER, words
from analysis.language import _, ngettext, number
from analysis.report import account, tables
from analysis.report.chapters import Chapter
from analysis.report.minute import Known, call_list, in_one_minute
from analysis.report.record import About
from analysis.report.rendering import render
from analysis.report.strongest import ranked
from analysis.report.tiles import tiles
from analysis.year_figures import YearFigure, year_figures

CHARTS = {
    "sales": "01_portfolio_audit",
    "ltv_to_cac": "06_acquisition",
    "change": "01_portfolio",
    "segments": "02_segmentation",
    "nps": "07_satisfaction",
    "contract_survival": "03_churn_contracts",
}
"""Figures for a director, and their notebooks; the first two that there are stand on the page."""
MOST_CHARTS = 2
IN_THE_HEADER = {"portfolio.projection", "ltv.customer_equity", "satisfaction.nps", "profitability.margin"}
"""Findings on what a tile says, or on another forecast than the tile's."""


def header(dataset: Dataset, about: About) -> list[YearFigure]:
    """Return the figures of the header, by the parameters of the run."""
    given = about["parameters"].values()
    return year_figures(dataset, _first(given, "activity_window"), _first(given, "margin_rate"))


def front_page(
    chapters: list[Chapter],
    dataset: Dataset,
    about: About,
    new: Path,
    before: dict[str, str],
    *,
    figures: list[YearFigure],
) -> str:
    """Return ``index.html``.

    Parameters
    ----------
    chapters
        The notebooks of the run.
    dataset, about
        The data, and the record of the run.
    new
        The folder of the report, with all that the notebooks left.
    before
        What findings said in an earlier run, by id.
    figures
        Those of the `header`.
    """
    listed, calls = call_list(new, dataset.currency)
    answers = in_one_minute(Known(chapters, dataset, figures, listed), calls[0].name if calls else "")
    told = IN_THE_HEADER | {answer.finding for answer in answers}
    found = [one for chapter in chapters if not chapter.is_check for one in chapter.findings]
    closed = about.get("closed", [])
    sales = next((figure.now for figure in figures if figure.name == "net_sales"), None)
    return render(
        "front.html.j2",
        about,
        chapters=chapters,
        dataset=dataset,
        covered=dataset.query("coverage").iloc[0],
        tiles=tiles(figures, new, dataset.currency),
        has_change=any(figure.before is not None for figure in figures),
        answers=answers,
        findings=[one | {"link": _link(one)} for one in ranked(found, sales, told)],
        before=before,
        calls=calls,
        charts=_charts(chapters),
        counts=Markup(_counts(new, dataset)),  # noqa: S704 cells are escaped
        files=[path.name for path in new.iterdir()],
        why_counts_differ=_(WHY_COUNTS_DIFFER),
        data_line=account.in_one_line(dataset.accounts.values()),
        accounts=[
            Markup(tables.to_html(one.shown(dataset.currency), one.caption))  # noqa: S704 cells are escaped
            for one in account.accounts(dataset)
        ],
        missing=account.missing_tables(dataset),
        assumptions=account.assumptions(dataset),
        warnings=account.warnings(dataset),
        failed=[chapter for chapter in chapters if chapter.done.failure],
        open_questions=_open_questions(closed),
        closed=closed,
    )


def _open_questions(closed: list[dict[str, Any]]) -> str:
    """Say how many reasons there are why something is not told."""
    return ngettext(
        "{n} question that these data leave open, and what would answer it",
        "{n} questions that these data leave open, and what would answer them",
        len(closed),
    ).format(n=number(len(closed)))


def _first(given: Iterable[dict[str, Any]], name: str) -> Any:  # noqa: ANN401 a parameter's value
    """Return the value that a parameter was given in any notebook; None: in none."""
    return next((values[name] for values in given if values.get(name) is not None), None)


def _link(finding: dict[str, Any]) -> str:
    """Return where the figure or the table beside a finding is, or the finding itself."""
    anchor = finding["id"]
    if finding.get("figure"):
        anchor = f"figure-{finding['figure']}"
    elif finding.get("tables"):
        anchor = f"table-{finding['tables'][0]}"
    return f"{finding['notebook']}.html#{anchor}"


def _charts(chapters: list[Chapter]) -> list[dict[str, str]]:
    """Return up to two figures: where each leads, the picture and its text."""
    by_name = {chapter.done.name: chapter for chapter in chapters}
    made = []
    for name, notebook in CHARTS.items():
        if notebook in by_name and name in by_name[notebook].figures:
            png, alt = by_name[notebook].figures[name]
            made.append({"link": f"{notebook}.html#figure-{name}", "png": png, "alt": alt})
    return made[:MOST_CHARTS]


def _counts(new: Path, dataset: Dataset) -> str:
    """Return the ways to count customers, as lifetime value found them, as HTML; empty where it did not."""
    path = new / "tables" / "04_ltv" / "counts.parquet"
    if not path.exists():
        return ""
    frame = pd.read_parquet(path)
    said = words("counts", frame)
    return tables.to_html(
        tables.shown(frame, said["labels"], said["formats"], dataset.currency), said["caption"]
    )
