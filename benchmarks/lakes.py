"""A whole run on Parquet of many rows: the time of each notebook, and the memory of all its processes.

``python -m benchmarks.lakes 1000000 3000000`` makes the files if they are not there, runs
``cartera run FILE --jobs 1`` on each with nothing read before, and prints what it took. What follows ``--``
goes to ``cartera run``, such as ``-- --notebooks 03``. Memory is looked at twice a second; where the system
tells (Linux), what processes share counts once.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import psutil

from benchmarks import data

_PAUSE = 0.5
_READING, _END = "reading", "end of the run"


@dataclass
class Watched:
    """A run that is looked at again and again.

    Attributes
    ----------
    peaks
        The most memory of all processes together, in bytes, by what was under way.
    largest
        The most memory of each process, by what it is: the runner, the server of kernels, a kernel.
    lasted
        Seconds, by what was under way.
    worked
        Seconds of processors, by what was under way: what tells beside other work.
    disk
        The most bytes of all that the run has written.
    """

    folder: Path
    peaks: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    largest: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lasted: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    worked: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    disk: int = 0
    _last: str = _READING
    _so_far: dict[int, float] = field(default_factory=lambda: defaultdict(float))

    def until_ended(self, run: subprocess.Popen[bytes]) -> None:
        """Look at the run as long as it lasts."""
        before = time.perf_counter()
        while run.poll() is None:
            held, kernels = self._held(run.pid), self._kernels(run.pid)
            if kernels or self._last != _READING:
                self._last = next(iter(kernels.values()), _END)
            if kernels:  # what was taken for the end came before this notebook
                self.peaks[self._last] = max(self.peaks[self._last], self.peaks.pop(_END, 0))
                self.lasted[self._last] += self.lasted.pop(_END, 0)
                self.worked[self._last] += self.worked.pop(_END, 0)
            now = time.perf_counter()
            self.lasted[self._last] += now - before
            before = now
            self.worked[self._last] += self._since(run.pid)
            self.peaks[self._last] = max(self.peaks[self._last], sum(held.values()))
            for process, size in held.items():
                kind = self._kind(process, run.pid, kernels)
                self.largest[kind] = max(self.largest[kind], size)
            self.disk = max(self.disk, on_disk(self.folder))
            time.sleep(_PAUSE)

    def _held(self, run: int) -> dict[int, int]:
        return {process.pid: size for process in _processes(run) if (size := memory(process)) is not None}

    def _since(self, run: int) -> float:
        """Return the seconds of processors since the last look."""
        found = 0.0
        for process in _processes(run):
            with suppress(psutil.Error):
                so_far = sum(process.cpu_times()[:2])
                found += so_far - self._so_far[process.pid]
                self._so_far[process.pid] = so_far
        return found

    def _kernels(self, run: int) -> dict[int, str]:
        """Return the notebook of each kernel: it stands in the folder ``work/<notebook>``."""
        found = {}
        for process in _processes(run):
            with suppress(psutil.Error, OSError):
                place = Path(process.cwd())
                if place.parent.name == "work" and self.folder in place.parents:
                    found[process.pid] = place.name
        return found

    @staticmethod
    def _kind(process: int, run: int, kernels: dict[int, str]) -> str:
        return "runner" if process == run else "kernel" if process in kernels else "server of kernels"


def _processes(run: int) -> Iterator[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(run)
        yield from (process, *process.children(recursive=True))


def memory(process: psutil.Process) -> int | None:
    """Return the bytes that a process holds, its share of what is shared; None if it is gone."""
    with suppress(psutil.Error, OSError):
        rollup = Path(f"/proc/{process.pid}/smaps_rollup")
        if rollup.exists():
            lines = rollup.read_text().splitlines()
            return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return int(process.memory_info().rss)
    return None


def on_disk(folder: Path) -> int:
    """Return the bytes of the files in a folder, those of several names once."""
    sizes = {}
    for place, _folders, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                found = os.stat(os.path.join(place, name))  # noqa: PTH116, PTH118 many, twice a second
                sizes[found.st_ino] = found.st_size
    return sum(sizes.values())


def measure(rows: int, options: list[str]) -> str:
    """Run on so many rows; return what it took."""
    lake = data.lake(rows)
    with tempfile.TemporaryDirectory(dir=data.FOLDER.resolve()) as place:
        folder = Path(place)
        (folder / "tmp").mkdir()
        environment = os.environ | {"CARTERA_CACHE": f"{folder}/cache", "TMPDIR": f"{folder}/tmp"}
        command = [sys.executable, "-m", "analysis.cli", "run", str(lake), "--out", f"{folder}/report"]
        started, watched = time.perf_counter(), Watched(folder)
        with subprocess.Popen([*command, "--jobs", "1", *options], env=environment, stdout=sys.stderr) as run:
            watched.until_ended(run)
        seconds, left = time.perf_counter() - started, on_disk(folder)
        record = folder / "report" / "run.json"
        notebooks = json.loads(record.read_text("utf-8"))["notebooks"] if record.exists() else []
    return "\n".join([_summary(lake, seconds, watched, left), "", *_by_notebook(watched, notebooks)])


def _summary(lake: Path, seconds: float, watched: Watched, left: int) -> str:
    query = "select count(*), count(distinct customer_id) from read_parquet(?)"
    rows, customers = duckdb.execute(query, [str(lake)]).fetchall()[0]
    under_way = max(watched.peaks, key=lambda name: watched.peaks[name])
    largest = "; ".join(f"{kind} {size / 1e9:.2f} GB" for kind, size in watched.largest.items())
    return (
        "| rows | customers | minutes | of processors | peak memory | of each process | disk, most, left |\n"
        "|---|---|---|---|---|---|---|\n"
        f"| {rows:,} | {customers:,} | {seconds / 60:.1f} "
        f"| {sum(watched.worked.values()) / 60:.1f} "
        f"| {watched.peaks[under_way] / 1e9:.2f} GB ({under_way}) | {largest} "
        f"| {watched.disk / 1e9:.1f} GB, {left / 1e9:.1f} GB |"
    )


def _by_notebook(watched: Watched, notebooks: list[dict[str, object]]) -> Iterator[str]:
    said = {str(notebook["name"]): notebook for notebook in notebooks}
    yield from ("| | minutes | of processors | peak memory, all processes |", "|---|---|---|---|")
    for name, peak in watched.peaks.items():
        seconds = float(str(said[name]["seconds"])) if name in said else watched.lasted[name]
        stopped = " **stopped**" if name in said and said[name]["failure"] else ""
        work = watched.worked[name] / 60
        yield f"| {name}{stopped} | {seconds / 60:.1f} | {work:.1f} | {peak / 1e9:.2f} GB |"


def main() -> None:
    """Measure each size, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lakes")
    parser.add_argument("rows", type=int, nargs="+")
    ours, options = sys.argv[1:], []
    if "--" in ours:
        ours, options = ours[: ours.index("--")], ours[ours.index("--") + 1 :]
    for rows in parser.parse_args(ours).rows:
        print(measure(rows, options), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
