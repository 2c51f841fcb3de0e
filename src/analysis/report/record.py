"""The record of a run, ``run.json``: what went in, with which parameters and versions, and what came out."""

from __future__ import annotations

import datetime as dt
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.dataset import Dataset
from analysis.dataset.user_files import legible
from analysis.errors import CarteraError
from analysis.language import _
from analysis.report import account
from analysis.report.execution import Execution
from analysis.report.request import Request

LIBRARIES = ("cartera", "duckdb", "lifetimes", "matplotlib", "numpy", "pandas", "scikit-learn", "scipy")
RECORD, INDEX = Path("run.json"), Path("index.html")
_FORMAT = {"format": "cartera-report", "version": 1}
"""Marks the folder as a report, which the next run may replace."""
_UNMARKED = {"data", "parameters", "notebooks", "versions", "started", "seconds", "rows", "files"}
"""Keys by which a report is known that was made before there was a mark."""
_FOLDERS = ("figures", "notebooks", "sheets", "tables", "workspace")
_SUFFIXES = {".csv", ".html", ".json", ".parquet", ".pdf", ".xlsx"}
"""Of the files at the top of a report."""
About = dict[str, Any]
"""All there is to say about a run but its results, as in ``run.json``."""


def about(
    request: Request,
    dataset: Dataset,
    parameters: Mapping[str, Mapping[str, Any]],
    executions: Sequence[Execution],
    started: dt.datetime,
) -> About:
    """Put together the record of a run: all there is to say about it but its results.

    Parameters
    ----------
    request, dataset, executions
        What was asked for, what was read, and what became of each notebook.
    parameters
        For each notebook what was set; defaults stand in the notebook.
    started
        Local time with its offset.
    """
    return {
        "data": {
            "name": dataset.name,
            "given": legible(request.data),
            "files": [_fingerprint(path, digest) for path, digest in dataset.inputs.items()],
            "as_of": dataset.as_of.isoformat(),
            "currency": dataset.currency,
        },
        "language": request.language,
        "parameters": parameters,
        "notebooks": [
            {
                "name": done.name,
                "seconds": round(done.seconds, 2),
                "failure": done.failure and asdict(done.failure),
            }
            for done in executions
        ],
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((dt.datetime.now().astimezone() - started).total_seconds(), 2),
        "rows": {
            name: json.loads(quality.rows.to_json(orient="records", double_precision=4))
            for name, quality in dataset.accounts.items()
        },
        "links": [
            {"table": link.table, "what": str(link.note), "rows": link.rows, "of": link.of}
            for link in dataset.links
        ],
        "assumptions": account.assumptions(dataset),
        "warnings": account.warnings(dataset),
    }


def to_json(record: About, files: Iterable[Path]) -> str:
    """Return the text of ``run.json``; ``files`` are the other files of the report."""
    content = _FORMAT | record | {"files": sorted(path.as_posix() for path in files)}
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def read(folder: Path) -> About:
    """Return the record of the report in ``folder``.

    Raises
    ------
    CarteraError
        If there is none.
    """
    if not is_report(folder):
        message = _("{folder} holds no report of Cartera: give the folder of one that cartera run has made.")
        raise CarteraError(message.format(folder=folder))
    return _read(folder)


def is_report(folder: Path) -> bool:
    """Tell whether a run has made what is in ``folder``: its mark says so, or all that is listed is there."""
    content = _read(folder)
    if _FORMAT.keys() & content.keys():
        return content.items() >= _FORMAT.items()
    listed = _listed(content)
    return (
        content.keys() >= _UNMARKED
        and len(listed) == len(content["files"]) > 0
        and all(_is_plain(folder, path) for path in listed)
    )


def files_of(folder: Path) -> set[Path]:
    """Return the files that the run before left in ``folder``, as its record says, and the record."""
    return {path for path in (RECORD, *_listed(_read(folder))) if _is_plain(folder, path)}


def _read(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / RECORD).read_text("utf-8")) if _is_plain(folder, RECORD) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _listed(content: dict[str, Any]) -> set[Path]:
    listed = content.get("files")
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    return {Path(name) for name in names if _is_ours(Path(name))}


def _is_plain(folder: Path, path: Path) -> bool:
    """Tell whether there is a file at ``path`` in ``folder``, and no link on the way there."""
    steps = (folder / step for step in (path, *path.parents))
    return (folder / path).is_file() and not any(step.is_symlink() for step in steps)


def _is_ours(path: Path) -> bool:
    """Whether a run may have written ``path``: nothing outside a report is ever touched."""
    if path.is_absolute() or ".." in path.parts or not path.parts:
        return False
    return path.parts[0] in _FOLDERS or (len(path.parts) == 1 and path.suffix in _SUFFIXES)


def _fingerprint(path: str, digest: str) -> dict[str, Any]:
    """Return what went in; what was copied from a database has no size, and no path but what it is called."""
    size = Path(path).stat().st_size if Path(path).is_file() else None
    return {"path": path, "bytes": size, "sha256": digest}
