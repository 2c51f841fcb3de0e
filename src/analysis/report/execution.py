"""Execute one notebook in a kernel of its own, and stop kernels."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from analysis.errors import CarteraError
from analysis.language import _
from analysis.notebook_text import translate_notebook
from analysis.report import notebooks
from analysis.report.atomic_write import is_full
from analysis.report.kernel_server import KernelServer

SECONDS_TO_START = 120
_ERROR_MARK = "papermill-error-cell-tag"
_INJECTED = "injected-parameters"


@dataclass(frozen=True)
class Task:
    """A notebook to execute.

    Attributes
    ----------
    name
        Name of the notebook.
    work
        Folder of its own: its translated copy lies there, and the kernel starts there.
    parameters
        What is set, ``out`` excepted: results go to ``work/results``.
    """

    name: str
    work: Path
    parameters: Mapping[str, Any]

    @property
    def results(self) -> Path:
        """Return the folder of tables, figures and findings."""
        return self.work / "results"


@dataclass(frozen=True)
class Failure:
    """Where and why a notebook stopped.

    Attributes
    ----------
    cell
        Number of the cell, counted from 1; 0 where the kernel itself failed.
    section
        Heading the cell stands under.
    message
        The error in the reader's words.
    """

    cell: int
    section: str
    message: str

    def sentence(self, notebook: str) -> str:
        """Return where and why ``notebook`` stopped."""
        message = _("{name} stopped: {message}")
        if self.cell:
            message = _("{name} stopped at cell {cell}, in “{section}”: {message}")
        return message.format(name=notebook, **asdict(self))


@dataclass(frozen=True)
class Execution:
    """What became of one notebook.

    Attributes
    ----------
    name
        Name of the notebook.
    notebook
        The executed notebook; a failed one holds what there was until it stopped.
    seconds
        Wall time.
    failure
        None where all went well.
    """

    name: str
    notebook: notebooks.Notebook
    seconds: float
    failure: Failure | None


def execute(task: Task, step: Callable[[], None], server: KernelServer | None) -> Execution:
    """Execute a copy of a notebook, translated into the language it is asked for.

    Parameters
    ----------
    task
        What to execute, where.
    step
        Called after each cell.
    server
        Where kernels start, if not as Jupyter does it.
    """
    papermill = import_papermill()
    kernels = {"kernel_manager_class": server.manager()} if server else {}
    started = time.monotonic()
    source, target = task.work / f"{task.name}-source.ipynb", task.work / f"{task.name}.ipynb"
    task.results.mkdir(parents=True)
    notebook = notebooks.read(task.name)
    translate_notebook(notebook, task.parameters["language"])
    notebooks.save(notebook, source)
    problem: Exception | None = None
    ended: dict[str, Any] = {}

    def keep(cell: dict[str, Any], **_event: object) -> None:
        ended[cell["id"]] = {key: cell[key] for key in ("outputs", "execution_count")}
        step()

    for _attempt in range(2):
        try:
            papermill.execute_notebook(
                _literal(source),
                _literal(target),
                parameters=dict(task.parameters) | {"out": task.results.as_posix()},
                kernel_name="python3",
                progress_bar=False,
                request_save_on_cell_execute=False,
                start_timeout=SECONDS_TO_START,
                shutdown_kernel="immediate",  # all that is kept has been written by then
                resources={"metadata": {"path": str(task.work)}},
                extra_arguments=["--log-level=CRITICAL"],  # the kernel's own log is not for the reader
                on_cell_executed=keep,
                coalesce_streams=True,  # in how many pieces a text was printed is a matter of time
                **kernels,
            )
            problem = None
        except Exception as error:  # whatever stops one notebook must not stop the others
            problem = error
            if is_full(error):  # what has been written by then may be half a notebook
                raise
        if ended or "Kernel didn't respond" not in str(problem):  # another program took the port it chose
            break
    executed = notebooks.load(target if target.exists() else source)
    if not target.exists():  # the kernel died
        executed["cells"] = [cell | ended.get(cell["id"], {}) for cell in executed["cells"]]
    _tidy(executed)
    return Execution(task.name, executed, time.monotonic() - started, _failure(executed, problem))


def import_papermill() -> Any:  # noqa: ANN401 a module without types
    """Import papermill, which is slow, and only when a notebook is about to run.

    Most of that time went into a grammar for internationalised addresses (``rfc3987_syntax``) that
    jsonschema builds if it can, and that no notebook needs: it is kept out. For that a placeholder stands
    among the modules for a while, so the first call comes before any thread starts.
    """
    skipped = "rfc3987_syntax"
    absent = not {skipped, "papermill"} & sys.modules.keys()
    if absent:
        sys.modules[skipped] = None  # type: ignore[assignment]
    try:
        import papermill  # noqa: PLC0415
    finally:
        if absent:
            del sys.modules[skipped]
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what it logs, the summary says better
    return papermill


def _literal(path: Path) -> str:
    """Return ``path`` so that papermill, which fills in what stands in braces, leaves it as it is."""
    return path.as_posix().replace("{", "{{").replace("}", "}}")


def children() -> set[psutil.Process]:
    """Return the processes below this one."""
    return set(psutil.Process(os.getpid()).children(recursive=True))


def kill(processes: set[psutil.Process]) -> None:
    """Kill ``processes`` and wait until they are gone."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=5)


def _tidy(notebook: notebooks.Notebook) -> None:
    """Take out what papermill adds for itself: error marks, a cell's random name, paths of the work area."""
    notebook["cells"] = [
        cell for cell in notebook["cells"] if _ERROR_MARK not in cell["metadata"].get("tags", [])
    ]
    for cell in notebook["cells"]:
        if _INJECTED in cell["metadata"].get("tags", []):
            cell["id"] = _INJECTED
    for key in ("input_path", "output_path"):
        notebook["metadata"].get("papermill", {}).pop(key, None)


def _failure(notebook: notebooks.Notebook, problem: Exception | None) -> Failure | None:
    if problem is None:
        return None
    for index, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                return Failure(index + 1, notebooks.section(notebook, index), error_text(output))
    return Failure(0, "", _kernel_problem(problem))


def error_text(output: Mapping[str, Any]) -> str:
    """Return an error output in the reader's words: a `CarteraError` needs no name, others begin with it."""
    if output["ename"] == CarteraError.__name__:
        return str(output["evalue"])
    said = output["evalue"].partition("\n")[0]  # what follows may be a whole table
    return f"{output['ename']}: {said}"


def _kernel_problem(problem: Exception) -> str:
    kind = type(problem).__name__
    if kind == "DeadKernelError":
        return _("Python stopped in the middle of a cell; the computer may have run out of memory.")
    if kind == "NoSuchKernel":
        return _("Jupyter finds no Python kernel: install cartera again in its own environment.")
    return f"{kind}: {problem}"
