"""The notebooks themselves: where they are, what they are called, copies to work in."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from analysis.errors import CarteraError
from analysis.language import Language, _, listing
from analysis.notebook_text import translate_notebook
from analysis.report.atomic_write import write_text
from analysis.suggestions import nearest

_PACKAGE = Path(__file__).resolve().parents[1]
Notebook = dict[str, Any]
_NAME = re.compile(r"\d\d_\w+")
_HEADING = re.compile(r"#{1,6}\s+(.*)")
_LINK = re.compile(r"\]\(\.\./((?:\.\./)*)([\w/]+\.md)\)")


@cache
def folder() -> Path:
    """Return the folder of the notebooks: inside an installed package, or at the top of the repository."""
    for candidate in (_PACKAGE / "notebooks", _PACKAGE.parents[1] / "notebooks"):
        if candidate.is_dir():
            return candidate
    raise CarteraError(_("The notebooks are not installed: install cartera again."))


def names() -> list[str]:
    """Return the names of all notebooks, such as ``01_portfolio``, in the order they are read."""
    return sorted(path.stem for path in folder().glob("*.ipynb") if _NAME.fullmatch(path.stem))


def sheets() -> list[str]:
    """Return the names of notebooks of one page, such as ``sheets/portfolio_sheet``, which no run takes."""
    return sorted(f"sheets/{path.stem}" for path in (folder() / "sheets").glob("*.ipynb"))


def choose(wanted: Sequence[str]) -> list[str]:
    """Return the notebooks that are meant, in reading order.

    Parameters
    ----------
    wanted
        Names (``03_churn``), numbers (``04``, ``4``: all that begin with it) or topics (``churn``); none
        means all.

    Raises
    ------
    CarteraError
        If there is no such notebook.
    """
    every = names()
    known: dict[str, set[str]] = {}
    for name in every:
        for key in (name, name[:2], name[:2].lstrip("0"), name[3:]):
            known.setdefault(key, set()).add(name)
    for want in wanted:
        if want not in known:
            message = _("There is no notebook '{name}'. {hint}")
            raise CarteraError(
                message.format(name=want, hint=nearest(want, [*every, *(name[3:] for name in every)]))
            )
    chosen = {name for want in wanted for name in known[want]}
    return [name for name in every if not wanted or name in chosen]


def read(name: str) -> Notebook:
    """Return the notebook ``name`` as it is in the workbook."""
    return load(folder() / f"{name}.ipynb")


def defaults(name: str) -> dict[str, Any]:
    """Return the parameters of the notebook ``name`` and the values that stand in it."""
    source = next(cell["source"] for cell in read(name)["cells"] if "parameters" in _tags(cell))
    return {
        statement.target.id: ast.literal_eval(statement.value)
        for statement in ast.parse(source).body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value
    }


def load(path: Path) -> Notebook:
    """Return the notebook in a file, with the lines of each source and output joined to one text."""
    notebook: Notebook = json.loads(path.read_text("utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = "".join(output["text"])
            if "data" in output:
                output["data"] = {
                    kind: "".join(content) if isinstance(content, list) else content
                    for kind, content in output["data"].items()
                }
    return notebook


def save(notebook: Notebook, path: Path) -> None:
    """Write ``notebook`` whole or not at all."""
    write_text(path, _text(notebook))


def title(notebook: Notebook) -> str:
    """Return the text of the first heading of ``notebook``, or nothing."""
    return (_headings(notebook["cells"]) or [""])[0]


def section(notebook: Notebook, index: int) -> str:
    """Return the text of the heading that cell number ``index`` stands under, or nothing."""
    return ["", *_headings(notebook["cells"][: index + 1])][-1]


def write_copies(target: Path, language: Language, overwrite: bool = False) -> list[Path]:
    """Write copies of all notebooks in ``language``, to work in by hand, with the pages they link to.

    Parameters
    ----------
    target
        Folder of the copies.
    language
        Language of the text, and default of the parameter ``language``.
    overwrite
        Whether copies that differ may be replaced.

    Returns
    -------
    list of Path
        The copies.

    Raises
    ------
    CarteraError
        If a copy is there that differs from what would be written, and ``overwrite`` is not set.
    """
    copies = {target / f"{name}.ipynb": _copy(name, language) for name in [*names(), *sheets()]}
    linked = {page for name in [*names(), *sheets()] for page in _pages(read(name))}
    texts = copies | {target / page: (folder().parent / page).read_text("utf-8") for page in linked}
    edited = [path.name for path, text in texts.items() if path.exists() and path.read_text("utf-8") != text]
    if edited and not overwrite:
        message = _("{folder} holds other versions of {names}. Choose another folder, or add --overwrite.")
        raise CarteraError(message.format(folder=target, names=listing(edited)))
    for path, text in texts.items():
        write_text(path, text)
    return list(copies)


def _copy(name: str, language: Language) -> str:
    notebook = read(name)
    translate_notebook(notebook, language)
    for cell in notebook["cells"]:
        if "parameters" in _tags(cell):
            cell["source"] = cell["source"].replace('language: str = "en"', f'language: str = "{language}"')
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        cell["source"] = _LINK.sub(r"](\1\2)", cell["source"])
    return _text(notebook)


def _pages(notebook: Notebook) -> set[str]:
    """Return the pages to which a notebook links, such as ``docs/glossary.md``."""
    return {page for cell in notebook["cells"] for _up, page in _LINK.findall(cell["source"])}


def _text(notebook: Notebook) -> str:
    """Return the notebook as Jupyter writes it, one line of source per line of text."""
    cells = [cell | {"source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    return json.dumps(notebook | {"cells": cells}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def is_check(name: str) -> bool:
    """Tell whether a notebook asks how far another can be trusted, and is an appendix of the report."""
    return name.endswith(("_audit", "_check"))


def is_lesson(cell: Notebook) -> bool:
    """Tell whether a cell is for learners alone, and not for the report."""
    return "lesson" in _tags(cell)


def _tags(cell: Notebook) -> list[str]:
    tags: list[str] = cell.get("metadata", {}).get("tags", [])
    return tags


def _headings(cells: Iterable[Notebook]) -> list[str]:
    lines = [
        line for cell in cells if cell["cell_type"] == "markdown" for line in cell["source"].splitlines()
    ]
    return [found[1].strip() for line in lines if (found := _HEADING.fullmatch(line))]
