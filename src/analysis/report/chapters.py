"""A notebook of a run, as the pages of the report tell of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.report import notebooks
from analysis.report.execution import Execution


@dataclass(frozen=True)
class Chapter:
    """A notebook on the front page.

    Attributes
    ----------
    done
        The executed notebook.
    title
        Its first heading.
    findings
        What it found, as in ``findings.json``.
    picture, alt
        Its first figure as a data address, and that figure's text; empty where there is none.
    tables
        Names of the files it left in ``tables/``.
    """

    done: Execution
    title: str
    findings: list[dict[str, Any]]
    picture: str
    alt: str
    tables: list[str]


def read_chapter(done: Execution, staging: Path) -> Chapter:
    """Return what a notebook left in ``staging``, and its first figure."""
    saved = staging / "work" / done.name / "results" / "findings.json"
    picture, alt = next(_pictures(done.notebook), ("", ""))
    return Chapter(
        done=done,
        title=notebooks.title(done.notebook) or done.name,
        findings=json.loads(saved.read_text("utf-8")) if saved.exists() else [],
        picture=f"data:image/png;base64,{picture}" if picture else "",
        alt=alt,
        tables=sorted(path.name for path in (staging / "new" / "tables" / done.name).glob("*.csv")),
    )


def _pictures(notebook: notebooks.Notebook) -> Iterator[tuple[str, str]]:
    for cell in notebook["cells"]:
        for output in [] if notebooks.is_lesson(cell) else cell.get("outputs", []):
            if png := output.get("data", {}).get("image/png"):
                alt = output["metadata"].get("image/png", {}).get("alt", "")
                yield png.replace("\n", ""), alt
