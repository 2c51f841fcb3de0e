"""A run: all notebooks on one data set, and the report they make together."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

import psutil

from analysis import parameters
from analysis.dataset import open_dataset
from analysis.dataset.cache import shared_with_kernels
from analysis.dataset.databases import is_address, resolved
from analysis.dataset.dataset import WITHOUT_SALES
from analysis.dataset.kept_tables import changes
from analysis.dataset.naming import folder_name
from analysis.dataset.sources.open_source import BUILT_IN, find_source
from analysis.dataset.user_files import legible, path_of
from analysis.language import use_language
from analysis.report import execution, notebooks, pages, publishing, record
from analysis.report.closed import closed
from analysis.report.execution import Execution, Task
from analysis.report.kernel_server import AVAILABLE, KernelServer
from analysis.report.printing import Printer, find_browser
from analysis.report.progress import TerminalProgress
from analysis.report.request import Request
from analysis.report.sources import sources
from analysis.stopping import undisturbed
from analysis.temporary import new, passing


@dataclass(frozen=True)
class Run:
    """What a run left behind.

    Attributes
    ----------
    folder
        Where the report is; ``index.html`` is its front page.
    executions
        One per notebook, in reading order.
    warnings
        What is said of data that changed meanwhile, and of how the report came into its folder.
    """

    folder: Path
    executions: list[Execution]
    warnings: list[str]


def run(request: Request, progress: TerminalProgress) -> Run:
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
    data = _absolute(request.data)
    browser = find_browser() if request.pdf else None
    jobs, before = request.jobs or os.cpu_count() or 1, execution.children()
    with shared_with_kernels(), _shared_cores(jobs), _kernel_server(len(names)) as server:
        folder = publishing.usable(request.out or request.base / folder_name(find_source(data).name))
        started = dt.datetime.now().astimezone()
        enough = {table: name for table, name in WITHOUT_SALES.items() if name in names}
        dataset = open_dataset(data, as_of=request.as_of, needs_sales=not enough)
        if not dataset.has_sales:
            names = [name for table, name in enough.items() if table in dataset.tables] or [*enough.values()]
        common = {"data": legible(data), "as_of": request.as_of, "language": request.language}
        with publishing.staging(folder) as staging:
            printer = Printer(browser, new(staging)) if browser else None
            tasks = [Task(name, staging / "work" / name, common | given[name]) for name in names]
            executions = _execute_all(tasks, jobs, server, before, progress)
            changed = changes(data)
            dataset = dataset.warned(changed)
            _gather(executions, staging, folder)
            about = record.about(request, dataset, given, executions, started)
            about["closed"] = closed(executions, staging)
            about["sources"] = sources(executions, staging, dataset)
            pages.write_report(staging, dataset, executions, about)
            dataset.export(staging / "new" / "workspace")
            notes = _print(printer, staging / "new", names) if printer else []
            notes += publishing.publish(staging, folder, about)
    return Run(folder, executions, [*(str(note) for note in changed), *notes])


def _execute_all(
    tasks: Sequence[Task],
    jobs: int,
    server: KernelServer | None,
    before: set[psutil.Process],
    progress: TerminalProgress,
) -> list[Execution]:
    stopping = Event()
    execution.import_papermill()
    with _own_temporary_files(), ThreadPoolExecutor(max_workers=jobs) as pool:
        futures: list[Future[Execution]] = []
        try:
            futures += [pool.submit(_execute, task, server, progress, stopping) for task in tasks]
            while any(not future.done() for future in futures):
                wait(futures, timeout=0.2)  # in short turns, so that Ctrl-C is heard on every system
        except KeyboardInterrupt:
            stopping.set()
            _stop(pool, futures, before)
            raise
    return [future.result() for future in futures]


def _execute(
    task: Task, server: KernelServer | None, progress: TerminalProgress, stopping: Event
) -> Execution:
    cells = [cell for cell in notebooks.read(task.name)["cells"] if cell["cell_type"] == "code"]
    progress.start(task.name, len(cells) + 1)
    done = execution.execute(task, lambda: progress.step(task.name), server)
    if not stopping.is_set():
        progress.end(done)
    return done


def _stop(
    pool: ThreadPoolExecutor, futures: Sequence[Future[Execution]], before: set[psutil.Process]
) -> None:
    """Kill kernels until every thread has noticed that its kernel is gone."""
    with undisturbed():
        pool.shutdown(wait=False, cancel_futures=True)
        while any(not future.done() for future in futures):
            execution.kill(execution.children() - before)
            wait(futures, timeout=0.2)
        execution.kill(execution.children() - before)


def _kernel_server(kernels: int) -> AbstractContextManager[KernelServer | None]:
    """Start the process that becomes kernels while data are read, unless there is none or it does not pay."""
    return KernelServer() if AVAILABLE and kernels > 1 else nullcontext()


@contextmanager
def _own_temporary_files() -> Iterator[None]:
    """Have all temporary files, here and in kernels, in one folder that goes with the run or by the next."""
    around, variable = tempfile.tempdir, os.environ.get("TMPDIR")
    with passing(partial(new, Path(tempfile.gettempdir()))) as folder:
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = around
            if variable is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = variable


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


def _print(printer: Printer, report: Path, names: Sequence[str]) -> list[str]:
    """Print the front page, the parts and, as appendices, the checks; return what went wrong."""
    parts = [Path(f"{name}.html") for name in sorted(names, key=notebooks.is_check)]
    return printer.print_report(report, [record.INDEX, *parts])


def _gather(executions: list[Execution], staging: Path, folder: Path) -> None:
    """Bring what the notebooks left in their work areas into the layout of a report."""
    for done in executions:
        results = staging / "work" / done.name / "results"
        for kind in ("tables", "figures"):
            if (results / kind / done.name).is_dir():
                (staging / "new" / kind).mkdir(exist_ok=True)
                (results / kind / done.name).rename(staging / "new" / kind / done.name)
        for path in (*results.glob("customers*"), *results.glob("*.xlsx")):
            path.rename(staging / "new" / path.name)
        for cell in done.notebook["cells"]:
            cell["source"] = cell["source"].replace(results.as_posix(), folder.as_posix())
        if settings := done.notebook["metadata"].get("papermill"):
            settings["parameters"]["out"] = folder.as_posix()
        notebooks.save(done.notebook, staging / "new" / "notebooks" / f"{done.name}.ipynb")


def _absolute(data: str) -> str:
    """Return a path that also holds in a kernel, which starts elsewhere; a name stays as it is."""
    if is_address(data):
        return resolved(data, Path.cwd())
    path = path_of(data)
    is_path = data not in BUILT_IN and os.path.exists(path)  # noqa: PTH110 Path.exists fails on a name too long
    return str(path.resolve()) if is_path else data
