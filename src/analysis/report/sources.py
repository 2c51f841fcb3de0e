"""Where each table comes from: the function that made it, the queries that feed it, and their files.

Read from code alone, without running it: the cells of the notebook, what the functions they call call in
turn, and the text of the queries. So it says what may be read, also where a fit was taken from the cache.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from analysis.dataset import Dataset
from analysis.dataset.customer_days import CUSTOMER_DAYS
from analysis.dataset.schema import TABLES
from analysis.engine.queries import sql_text
from analysis.language import _, listing, number
from analysis.report.execution import Execution
from analysis.report.notebooks import is_lesson
from analysis.report.results import ANCHOR, LINE

SOURCE = "cartera_source"
"""Key of a table's metadata: where it comes from, in words."""
_TABLE = "table-"
_PACKAGE = Path(__file__).resolve().parents[1]
_READ_FROM = re.compile(r"\b(?:from|join)\s+([a-z_]+)")
_NAMED_PART = re.compile(r"\b([a-z_]+)\s+as\s*\(")
_NO_TOPICS = tuple(
    f"analysis.{name}" for name in ("dataset", "display_names", "engine", "language", "plots", "report")
)
_NAMED = 3
"""How many queries and files are named under a table; all of them are in ``run.json``."""


@dataclass(frozen=True)
class _Origin:
    """What an expression of a notebook comes from: what made it, and what feeds it, nearest first."""

    function: str = ""
    queries: tuple[str, ...] = ()


def sources(executions: Sequence[Execution], staging: Path, dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Return where each table comes from, and note it beside what is shown.

    By ``<notebook>/<table>``, and ``customers``, it has the ``function``, or the notebook where that made it;
    ``queries``, the files of ``sql/`` that may feed it; ``tables``, the canonical ones that these read;
    ``files``, whence those come, as in ``run.json``; and whether only a ``lesson`` shows it.
    """
    found: dict[str, dict[str, Any]] = {}
    for done in executions:
        known: dict[str, _Origin] = {}
        imported: dict[str, str] = {}
        left = {path.stem for path in (staging / "new" / "tables" / done.name).glob("*.parquet")}
        for cell in done.notebook["cells"]:
            shown = _shown_by(cell["source"], known, imported) if cell["cell_type"] == "code" else {}
            for about in (output.get("metadata", {}) for output in cell.get("outputs", [])):
                name = str(about.get(ANCHOR)).removeprefix(_TABLE)
                if name in left and about.get(LINE) in shown:
                    entry = _entry(shown[about[LINE]], done.name, dataset) | {"lesson": is_lesson(cell)}
                    about[SOURCE] = _("Source: {source}").format(source=in_words(entry))
                    found[f"{done.name}/{name}"] = entry
            if "customers" in shown:
                found["customers"] = _entry(shown["customers"], done.name, dataset)
            for name in left - {key.rpartition("/")[2] for key in found} if "leave" in shown else []:
                found[f"{done.name}/{name}"] = _entry(shown["leave"], done.name, dataset)
    return found


def in_words(entry: Mapping[str, Any]) -> str:
    """Return an entry of `sources` in one line."""
    queries = _first([f"sql/{name}.sql" for name in entry["queries"]])
    files = _first([Path(name).name for name in entry["files"]])
    return " · ".join(filter(None, [entry["function"], queries, files]))


def _first(names: Sequence[str]) -> str:
    more = [_("{count} more").format(count=number(len(names) - _NAMED))] if len(names) > _NAMED else []
    return listing([*names[:_NAMED], *more])


def _entry(origin: _Origin, notebook: str, dataset: Dataset) -> dict[str, Any]:
    queries = [query for query in origin.queries if tables_of(query) <= dataset.files.keys()]
    read = {table for query in queries for table in tables_of(query)}
    tables = [name for name in dataset.files if name in read]
    files = dict.fromkeys(file for name in tables for file in dataset.files[name])
    return {
        "function": origin.function or f"notebooks/{notebook}.ipynb",
        "queries": queries,
        "tables": tables,
        "files": [*files],
    }


@cache
def tables_of(query: str) -> frozenset[str]:
    """Return the canonical tables that a query reads; the customers' days are made from sales."""
    text = re.sub(r"--.*|'[^']*'", "", sql_text(query))
    read = {*_READ_FROM.findall(text)} - {*_NAMED_PART.findall(text)}
    days = {"transactions"} if CUSTOMER_DAYS in read else set()
    return frozenset(read & TABLES.keys() | days)


def _shown_by(source: str, known: dict[str, _Origin], imported: dict[str, str]) -> dict[int | str, _Origin]:
    """Follow a cell's statements; return for each line that shows something where that comes from.

    What is left without being shown is there by the name of the method that leaves it.
    """
    shown: dict[int | str, _Origin] = {}
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # of IPython's own
        return shown
    for statement in statements:
        inner = statement.body if isinstance(statement, ast.For) else [statement]
        if isinstance(statement, ast.For):
            _assign(statement.target, statement.iter, known, imported)
        for one in inner:
            if isinstance(one, ast.ImportFrom) and str(one.module).startswith("analysis"):
                imported |= {name.asname or name.name: f"{one.module}.{name.name}" for name in one.names}
            elif isinstance(one, ast.Assign):
                for target in one.targets:
                    _assign(target, one.value, known, imported)
            elif isinstance(one, ast.Expr) and isinstance(one.value, ast.Call) and one.value.args:
                method = ast.unparse(one.value.func).removeprefix("results.")
                origin = _origin(one.value.args[-1], known, imported)
                if method in {"show", "table"}:
                    lines = range(one.lineno, (one.end_lineno or one.lineno) + 1)
                    shown |= dict.fromkeys(lines, origin)
                elif method in {"customers", "leave"}:
                    shown[method] = origin
    return shown


def _assign(target: ast.expr, value: ast.expr, known: dict[str, _Origin], imported: dict[str, str]) -> None:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, given in zip(target.elts, value.elts, strict=True):
            _assign(one, given, known, imported)
        return
    origin, into = _origin(value, known, imported), not isinstance(target, (ast.Name, ast.Tuple))
    for name in (node.id for node in ast.walk(target) if isinstance(node, ast.Name)):
        before = known.get(name, _Origin()) if into else origin  # a column of it
        known[name] = _Origin(before.function, tuple(dict.fromkeys(before.queries + origin.queries)))


def _origin(value: ast.expr, known: dict[str, _Origin], imported: dict[str, str]) -> _Origin:
    """Return what an expression comes from; it is made by what is called or named first."""
    first = value
    while isinstance(first, (ast.BoolOp, ast.Subscript)):
        first = first.values[0] if isinstance(first, ast.BoolOp) else first.value
    said = ast.unparse(first.func) if isinstance(first, ast.Call) else ""
    made = said if said.partition(".")[0] in imported and said.partition(".")[0] not in known else ""
    if isinstance(first, ast.Name) and first.id in known:
        made = known[first.id].function
    queries, called = [*_asked(value)], list[str]()
    for node in ast.walk(value):
        if isinstance(node, ast.Name) and node.id in known:
            queries += known[node.id].queries
        elif path := _path(node, imported):
            called += _read_by(path)
    queries += called
    return _Origin(made, tuple(dict.fromkeys(queries)))


def _path(node: ast.AST, imported: dict[str, str]) -> str:
    """Return the full name of what a name, or an attribute of a module, is imported as; else nothing."""
    if isinstance(node, ast.Name):
        return imported.get(node.id, "")
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
        return f"{imported[node.value.id]}.{node.attr}"
    return ""


def _asked(tree: ast.AST) -> Iterator[str]:
    """Yield the queries that code names: ``dataset.query("customers")``."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Attribute(attr="query"), [ast.Constant(str(name)), *_]) if _is_query(name):
                yield name


@cache
def _is_query(name: str) -> bool:
    return name.isidentifier() and (_PACKAGE / "sql" / f"{name}.sql").is_file()


@cache
def _read_by(path: str) -> tuple[str, ...]:
    """Return the queries that what is called ``path`` names, and all that it calls."""
    queries: list[str] = []
    seen, ahead = set[tuple[str, str]](), [_resolved(*path.rpartition(".")[::2])]
    while ahead:
        place = ahead.pop(0)
        if place is None or place in seen:
            continue
        seen.add(place)
        module, name = place
        imported, defined = _scope(module)
        here = imported | {other: f"{module}.{other}" for other in defined}
        for part in _without_types(defined[name]):
            queries += _asked(part) if isinstance(part, ast.Call) else []
            if called := _path(part, here):
                ahead.append(_resolved(*called.rpartition(".")[::2]))
    return tuple(dict.fromkeys(queries))


def _without_types(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and those in it, without annotations: they call nothing."""
    yield node
    for name, value in ast.iter_fields(node):
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, ast.AST) and name not in {"annotation", "returns"}:
                yield from _without_types(inner)


def _resolved(module: str, name: str) -> tuple[str, str] | None:
    """Return the module that defines a name of the package, and that name; None for no topic's."""
    while module.startswith("analysis") and not module.startswith(_NO_TOPICS):
        imported, defined = _scope(module)
        if name in defined:
            return module, name
        if name not in imported:
            return None
        module, name = imported[name].rpartition(".")[::2]
    return None


@cache
def _scope(module: str) -> tuple[dict[str, str], dict[str, ast.stmt]]:
    """Return what a module imports, by name, and what it defines."""
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(path.read_text("utf-8")) if path.is_file() else ast.Module([], [])
    imported: dict[str, str] = {}
    defined: dict[str, ast.stmt] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            defined[statement.name] = statement
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            named = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            defined |= {target.id: statement for target in named if isinstance(target, ast.Name)}
    return imported, defined
