"""A run: all notebooks on one data set, and the report they make together."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any, Protocol

import psutil

from analysis import parameters
from analysis.dataset import open_dataset
from analysis.dataset.copies import shared_with_kernels
from analysis.dataset.databases import is_address, resolved
from analysis.dataset.naming import folder_name
from analysis.dataset.sources import BUILT_IN
from analysis.errors import CarteraError
from analysis.language import _, use_language
from analysis.report import execution, notebooks, pages, record
from analysis.report.execution import Execution, Task
from analysis.report.files import write_text
from analysis.report.record import Request


class Progress(Protocol):
    """Whoever wants to know how far the notebooks are."""

    def start(self, name: str, cells: int) -> None:
        """Take note that ``name`` starts, with ``cells`` code cells."""

    def step(self, name: str) -> None:
        """Take note that one more cell of ``name`` is done."""

    def end(self, execution: Execution) -> None:
        """Take note that a notebook has ended."""


@dataclass(frozen=True)
class Run:
    """What a run left behind.

    Attributes
    ----------
    folder
        Where the report is; ``index.html`` is its front page.
    executions
        One per notebook, in reading order.
    """

    folder: Path
    executions: list[Execution]

    @property
    def failed(self) -> list[Execution]:
        """Return the notebooks that stopped."""
        return [done for done in self.executions if done.failure is not None]


def run(request: Request, progress: Progress) -> Run:
    """Run notebooks on a data set and put the report into a folder.

    Parameters
    ----------
    request
        What to run on what.
    progress
        Told about each notebook's start, cells and end.

    Raises
    ------
    CarteraError
        If a parameter, the data or the folder is not usable. Nothing is left behind then.
    KeyboardInterrupt
        If the run was stopped: its kernels are gone, and the folder is as it was.
    """
    use_language(request.language)
    names = notebooks.choose(request.notebooks)
    given = parameters.from_text(request.assignments, {name: notebooks.defaults(name) for name in names})
    if request.out is not None:
        _check_writable(request.out)
    with shared_with_kernels():
        return _run(request, names, given, progress)


def _run(request: Request, names: list[str], given: dict[str, dict[str, Any]], progress: Progress) -> Run:
    started = dt.datetime.now().astimezone()
    data = _absolute(request.data)
    dataset = open_dataset(data, as_of=request.as_of)
    folder = (request.out or request.base / folder_name(dataset.name)).resolve()
    _check_writable(folder)
    common = {"data": data, "as_of": request.as_of, "language": request.language}
    with _stoppable(), _staging(folder) as staging:
        tasks = [Task(name, staging / "work" / name, common | given[name]) for name in names]
        executions = _execute_all(tasks, request.jobs or os.cpu_count() or 1, progress)
        _gather(executions, staging, folder)
        about = record.about(request, dataset, given, executions, started)
        pages.write_report(staging, dataset, executions, about)
        shutil.rmtree(staging / "work")
        dataset.export(staging / "workspace")
        _publish(staging, folder, about)
    return Run(folder, executions)


def _execute_all(tasks: Sequence[Task], jobs: int, progress: Progress) -> list[Execution]:
    before = execution.children()
    stopping = Event()
    with _shared_cores(jobs), ThreadPoolExecutor(max_workers=jobs) as pool:
        futures: list[Future[Execution]] = []
        try:
            futures += [pool.submit(_execute, task, progress, stopping) for task in tasks]
            while any(not future.done() for future in futures):
                wait(futures, timeout=0.2)  # in short turns, so that Ctrl-C is heard on every system
        except KeyboardInterrupt:
            stopping.set()
            _stop(pool, futures, before)
            raise
    return [future.result() for future in futures]


def _execute(task: Task, progress: Progress, stopping: Event) -> Execution:
    cells = [cell for cell in notebooks.read(task.name)["cells"] if cell["cell_type"] == "code"]
    progress.start(task.name, len(cells) + 1)
    done = execution.execute(task, lambda: progress.step(task.name))
    if not stopping.is_set():
        progress.end(done)
    return done


def _stop(
    pool: ThreadPoolExecutor, futures: Sequence[Future[Execution]], before: set[psutil.Process]
) -> None:
    """Kill kernels until every thread has noticed that its kernel is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    pool.shutdown(wait=False, cancel_futures=True)
    while any(not future.done() for future in futures):
        execution.kill(execution.children() - before)
        wait(futures, timeout=0.2)
    execution.kill(execution.children() - before)


@contextmanager
def _shared_cores(jobs: int) -> Iterator[None]:
    """Let each kernel's numerical libraries use its share of the cores, unless the reader has set it."""
    names = [name for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS") if name not in os.environ]
    os.environ |= dict.fromkeys(names, str(max(1, (os.cpu_count() or 1) // jobs)))
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]


@contextmanager
def _stoppable() -> Iterator[None]:
    """Take a request to end (SIGTERM) as Ctrl-C, so that everything is cleaned up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Give a folder on the same disk in which the run takes shape; no trace of it is left."""
    place = folder if folder.is_dir() else folder.parent
    made = [path for path in (place, *place.parents) if not path.exists()]
    staging = place / f".{folder.name}.partial-{os.getpid()}"
    try:
        staging.mkdir(parents=True)
        yield staging
    except OSError as error:
        message = _("{path} cannot be written: {reason}. If it is open in another program, close it there.")
        raise CarteraError(message.format(path=error.filename or folder, reason=error.strerror)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        for path in made:
            with suppress(OSError):  # it holds something by now, as it should
                path.rmdir()


def _gather(executions: list[Execution], staging: Path, folder: Path) -> None:
    """Bring what the notebooks left in their work areas into the layout of a report."""
    for done in executions:
        results = staging / "work" / done.name / "results"
        for kind in ("tables", "figures"):
            if (results / kind / done.name).is_dir():
                (staging / kind).mkdir(exist_ok=True)
                (results / kind / done.name).rename(staging / kind / done.name)
        for cell in done.notebook["cells"]:
            cell["source"] = cell["source"].replace(results.as_posix(), folder.as_posix())
        if settings := done.notebook["metadata"].get("papermill"):
            settings["parameters"]["out"] = folder.as_posix()
        notebooks.save(done.notebook, staging / "notebooks" / f"{done.name}.ipynb")


def _publish(staging: Path, folder: Path, about: record.About) -> None:
    """Put every file of ``staging`` into its place, and take away what the run before left in others."""
    files = sorted(path.relative_to(staging) for path in staging.rglob("*") if path.is_file())
    stale = record.files_of(folder) - set(files)
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (staging / file).replace(folder / file)
    for file in stale:
        (folder / file).unlink(missing_ok=True)
    write_text(folder / "run.json", record.to_json(about, files))
    for parent in {(folder / file).parent for file in stale}:
        if parent != folder and parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


def _absolute(data: str) -> str:
    """Return a path that also holds in a kernel, which starts elsewhere; a name stays as it is."""
    if is_address(data):
        return resolved(data, Path.cwd())
    path = Path(data).expanduser()
    return str(path.resolve()) if data not in BUILT_IN and path.exists() else data


def _check_writable(folder: Path) -> None:
    """Try to write where ``folder`` is or will be, and leave nothing there."""
    place = next(path for path in (folder.resolve(), *folder.resolve().parents) if path.exists())
    try:
        with tempfile.TemporaryDirectory(dir=place):
            pass
    except OSError as error:
        message = _("Nothing can be written to {folder}: {reason}. Choose another folder with --out.")
        raise CarteraError(message.format(folder=folder, reason=error.strerror)) from error
