"""The HTML report: a front page and one page per notebook, readable from disk without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from markupsafe import Markup

from analysis.dataset import Dataset
from analysis.report import account, changes, notebooks, workbook
from analysis.report.atomic_write import write_text
from analysis.report.chapters import Chapter, read_chapter
from analysis.report.execution import Execution, error_text
from analysis.report.front_page import front_page, header
from analysis.report.record import About
from analysis.report.rendering import TEMPLATES, render

_HEADING = re.compile(r"<h([1-6])[^>]*>(.*?)</h\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_ID = re.compile(r'(<\w+[^<>]*?) id="([^"]*)"')
_NOTEBOOK_LINK = re.compile(r'href="(?:\./)?(\d\d_\w+)\.ipynb')


@dataclass(frozen=True)
class Heading:
    """An entry of the contents list."""

    level: int
    anchor: str
    text: str


def write_report(staging: Path, dataset: Dataset, executions: Sequence[Execution], about: About) -> None:
    """Write ``findings.json``, a page per notebook and ``index.html`` into ``staging / "new"``."""
    new = staging / "new"
    chapters = [read_chapter(done, staging) for done in executions]
    findings = [finding for chapter in chapters for finding in chapter.findings]
    write_text(new / "findings.json", json.dumps(findings, ensure_ascii=False, indent=1) + "\n")
    titles = {chapter.done.name: chapter.title for chapter in chapters}
    figures = header(dataset, about)
    workbook.write(new, workbook.Told(figures, findings, titles, about["sources"]), dataset)
    for chapter in chapters:
        write_text(new / f"{chapter.done.name}.html", _notebook_page(chapter, chapters, dataset, about))
    given = (values.get("previous") for values in about["parameters"].values())
    before = changes.write_changes(new, next(filter(None, given), None), findings, dataset.currency)
    write_text(new / "index.html", front_page(chapters, dataset, about, new, before, figures=figures))


def _notebook_page(chapter: Chapter, chapters: list[Chapter], dataset: Dataset, about: About) -> str:
    body, headings = _with_anchors(_each_id_once(_body(chapter)))
    names = {other.done.name for other in chapters}
    body = _NOTEBOOK_LINK.sub(lambda link: f'href="{link[1]}.{"html" if link[1] in names else "ipynb"}', body)
    lead, mark, rest = body.partition("<h2")
    return render(
        "notebook.html.j2",
        about,
        chapter=chapter,
        others=[other for other in chapters if not other.is_check],
        checks=[other for other in chapters if other.is_check],
        dataset=dataset,
        data_line=account.in_one_line(dataset.accounts.values()),
        lead=Markup(lead),  # noqa: S704 written by our template, which escapes what came from data
        body=Markup(mark + rest),  # noqa: S704 the same
        headings=[heading for heading in headings if heading.level in {2, 3}],
    )


def _body(chapter: Chapter) -> str:
    """Return the cells as HTML, without code and lessons; what follows the cell that failed is left out."""
    import nbformat  # noqa: PLC0415 slow, and needed only here

    done = chapter.done
    last = done.failure.cell if done.failure and done.failure.cell else None
    cells = [cell for cell in done.notebook["cells"][:last] if not notebooks.is_lesson(cell)]
    shown = done.notebook | {"cells": _telling(cells)}
    node = nbformat.from_dict(shown)  # type: ignore[no-untyped-call]
    named = {"name": done.name, "tables": chapter.tables}
    return str(_exporter().from_notebook_node(node, resources=named)[0])


def _telling(cells: list[notebooks.Notebook]) -> list[notebooks.Notebook]:
    """Leave out each section whose code shows nothing that is not said before, or on top of the page."""
    sections: list[list[notebooks.Notebook]] = [[]]
    for cell in cells:
        if cell["cell_type"] == "markdown" and cell["source"].startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    return [cell for place, one in enumerate(sections) if place == 0 or not _is_silent(one) for cell in one]


def _is_silent(cells: list[notebooks.Notebook]) -> bool:
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    return bool(code) and all(_lists_findings(output) for cell in code for output in cell["outputs"])


def _lists_findings(output: dict[str, Any]) -> bool:
    return str(output.get("data", {}).get("text/html", "")).startswith('<ul class="findings">')


@cache
def _exporter() -> Any:  # noqa: ANN401 nbconvert has no types
    from nbconvert.exporters.html import HTMLExporter  # noqa: PLC0415 slow, and needed only here

    exporter: Any = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name=TEMPLATES.name,
        template_file="cells.html.j2",
        extra_template_basedirs=[str(TEMPLATES.parent)],
        exclude_anchor_links=True,
    )
    exporter.register_filter("error_text", error_text)
    return exporter


def _with_anchors(body: str) -> tuple[str, list[Heading]]:
    """Give every heading an anchor of its own."""
    headings: list[Heading] = []

    def anchored(found: re.Match[str]) -> str:
        text = _TAG.sub("", found[2]).strip()
        anchor = re.sub(r"[^\w]+", "-", text.casefold()).strip("-") or "section"
        taken = sum(heading.anchor.split("--")[0] == anchor for heading in headings)
        anchor = f"{anchor}--{taken + 1}" if taken else anchor
        headings.append(Heading(int(found[1]), anchor, text))
        return f'<h{found[1]} id="{escape(anchor)}">{found[2]}</h{found[1]}>'

    return _HEADING.sub(anchored, body), headings


def _each_id_once(body: str) -> str:
    """Take the name from what is shown a second time, so that a link leads to the first."""
    seen: set[str] = set()

    def once(found: re.Match[str]) -> str:
        if found[2] in seen:
            return found[1]
        seen.add(found[2])
        return found[0]

    return _ID.sub(once, body)
