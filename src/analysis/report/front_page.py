"""The front page of the report."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from markupsafe import Markup

from analysis.dataset import Dataset
from analysis.display_names import WHY_COUNTS_DIFFER, words
from analysis.language import _
from analysis.report import account, tables
from analysis.report.chapters import Chapter
from analysis.report.record import About
from analysis.report.rendering import render


def front_page(
    chapters: list[Chapter], dataset: Dataset, about: About, new: Path, before: dict[str, str]
) -> str:
    """Return ``index.html``."""
    covered = dataset.query("coverage").iloc[0]
    return render(
        "front.html.j2",
        about,
        chapters=chapters,
        dataset=dataset,
        covered=covered,
        counts=Markup(_counts(new, dataset)),  # noqa: S704 cells are escaped
        before=before,
        files=[path.name for path in new.iterdir()],
        why_counts_differ=_(WHY_COUNTS_DIFFER),
        accounts=[
            Markup(tables.to_html(one.shown(dataset.currency), one.caption))  # noqa: S704 cells are escaped
            for one in account.accounts(dataset)
        ],
        missing=account.missing_tables(dataset),
        assumptions=account.assumptions(dataset),
        warnings=account.warnings(dataset),
        failed=[chapter for chapter in chapters if chapter.done.failure],
    )


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
