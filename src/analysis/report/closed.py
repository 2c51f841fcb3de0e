"""What the data do not allow: the reasons that the notebooks of a run gave, each with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from analysis.report import notebooks
from analysis.report.execution import Execution


def closed(executions: Sequence[Execution], staging: Path) -> list[dict[str, Any]]:
    """Return why something was not possible, in reading order, each reason once.

    An entry has the ``notebook`` and the ``section`` in which the reason is said first, and the ``reason``.
    """
    found: dict[str, dict[str, Any]] = {}
    for done in executions:
        for reason in _said(staging / "work" / done.name / "results" / "closed.json"):
            entry = {"notebook": done.name, "section": _section(done.notebook, reason), "reason": reason}
            found.setdefault(reason, entry)
    return [*found.values()]


def _said(path: Path) -> Iterator[str]:
    if path.exists():
        yield from (entry["reason"] for entry in json.loads(path.read_text("utf-8")))


def _section(notebook: notebooks.Notebook, reason: str) -> str:
    """Return the heading under which ``notebook`` says the reason."""
    for index, cell in enumerate(notebook["cells"]):
        if any(output.get("data", {}).get("text/plain") == reason for output in cell.get("outputs", [])):
            return notebooks.section(notebook, index)
    return ""
