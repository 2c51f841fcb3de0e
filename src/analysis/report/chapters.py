"""A notebook of a run, as the pages of the report tell of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.report import notebooks
from analysis.report.execution import Execution
from analysis.report.results import ANCHOR


@dataclass(frozen=True)
class Chapter:
    """A notebook of a run.

    Attributes
    ----------
    done
        The executed notebook.
    title
        Its first heading.
    findings
        What it found, as in ``findings.json``.
    tables
        Names of the files it left in ``tables/``.
    """

    done: Execution
    title: str
    findings: list[dict[str, Any]]
    tables: list[str]

    @property
    def is_check(self) -> bool:
        """Whether it asks how far another can be trusted: an appendix."""
        return notebooks.is_check(self.done.name)

    @property
    def name(self) -> str:
        """What it is about: its title up to a colon."""
        return self.title.partition(": ")[0]

    @property
    def question(self) -> str:
        """What it asks: its title after a colon, if it has one."""
        asked = self.title.partition(": ")[2]
        return asked[:1].upper() + asked[1:]

    @cached_property
    def figures(self) -> dict[str, tuple[str, str]]:
        """Its figures by name: PNG in base64, and the text that stands for it."""
        return dict(_figures(self.done.notebook))


def read_chapter(done: Execution, staging: Path) -> Chapter:
    """Return what a notebook left in ``staging``."""
    saved = staging / "work" / done.name / "results" / "findings.json"
    return Chapter(
        done=done,
        title=notebooks.title(done.notebook) or done.name,
        findings=json.loads(saved.read_text("utf-8")) if saved.exists() else [],
        tables=sorted(path.name for path in (staging / "new" / "tables" / done.name).glob("*.csv")),
    )


def _figures(notebook: notebooks.Notebook) -> Iterator[tuple[str, tuple[str, str]]]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            metadata = output.get("metadata", {})
            if (png := output.get("data", {}).get("image/png")) and ANCHOR in metadata:
                name = metadata[ANCHOR].removeprefix("figure-")
                yield name, (png.replace("\n", ""), metadata.get("image/png", {}).get("alt", ""))
