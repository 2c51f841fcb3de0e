"""A whole run on Parquet of many rows: the time of each notebook, and the memory of all its processes.

``python -m benchmarks.lakes 1000000 3000000`` makes the files if they are not there, runs
``cartera run FILE --jobs 1`` on each with nothing read before, prints what it took, keeps it in
``benchmarks/scale.csv`` and draws ``docs/scale.png`` from all that is kept there; without a number of rows
it only prints and draws. What follows ``--`` goes to ``cartera run``, such as ``-- --notebooks 03``: that is
printed, not kept. Memory is looked at twice a second; where the system tells (Linux), what processes share
counts once.
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
import pandas as pd
import psutil
from matplotlib.figure import Figure

from analysis.plots.theme import COLOURS
from benchmarks import data

RECORD = Path(__file__).with_name("scale.csv")
FIGURE = Path(__file__).parents[1] / "docs" / "scale.png"
ALLOWED = 6
"""Gigabytes that a run of 100 million rows may take."""
_ALL = "whole run"
_WHOLE = ["rows", "customers", "minutes", "processors", "memory", "disk_most", "disk_left"]
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


def measure(rows: int, options: list[str]) -> pd.DataFrame:
    """Run on so many rows; return what each step took, and the whole run."""
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
    stopped = {notebook["name"] for notebook in notebooks if notebook["failure"]}
    steps = [
        (f"{name} (stopped)" if name in stopped else name, watched.lasted[name], watched.worked[name], peak)
        for name, peak in watched.peaks.items()
    ]
    steps.append((_ALL, seconds, sum(watched.worked.values()), max(watched.peaks.values())))
    print("; ".join(f"{kind} {size / 1e9:.2f} GB" for kind, size in watched.largest.items()))
    rows, customers = duckdb.execute(
        "select count(*), count(distinct customer_id) from read_parquet(?)", [str(lake)]
    ).fetchall()[0]
    found = pd.DataFrame(steps, columns=["step", "minutes", "processors", "memory"])
    found = found.assign(
        rows=rows,
        customers=customers,
        minutes=found["minutes"] / 60,
        processors=found["processors"] / 60,
        memory=found["memory"] / 1e9,
    )
    whole = found["step"] == _ALL
    return found.assign(disk_most=whole * watched.disk / 1e9, disk_left=whole * left / 1e9)


def keep(found: pd.DataFrame) -> None:
    """Keep what was measured, in place of what was kept of so many rows."""
    if RECORD.exists():
        known = pd.read_csv(RECORD)
        found = pd.concat([known[~known["rows"].isin(found["rows"])], found])
    found.sort_values("rows", kind="stable").to_csv(RECORD, index=False, float_format="%.3g")


def tables(record: pd.DataFrame) -> str:
    """Return as Markdown what the runs took, each as a whole, and then by step."""
    whole, each = record[record["step"] == _ALL], record[record["step"] != _ALL]
    sizes = [f"{rows / 1e6:.0f} million" for rows in whole["rows"]]
    by_step = each.pivot_table(["processors", "memory"], "step", "rows")
    by_step = by_step.loc[each["step"].drop_duplicates(), ["processors", "memory"]].reset_index()
    by_step.columns = pd.Index(
        ["step", *(f"{size}, min" for size in sizes), *(f"{size}, GB" for size in sizes)]
    )
    return f"{_markdown(whole[_WHOLE])}\n\n{_markdown(by_step)}"


def _markdown(rows: pd.DataFrame) -> str:
    def said(cell: object) -> str:
        if not isinstance(cell, int | float):
            return str(cell)
        return "" if pd.isna(cell) else f"{cell:,.0f}" if cell == int(cell) else f"{cell:.1f}"

    lines = [[str(name).replace("_", " ") for name in rows], ["---"] * len(rows.columns)]
    lines += [[said(cell) for cell in row] for row in rows.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def draw(record: pd.DataFrame) -> Figure:
    """Draw time and memory of the runs by rows."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    time_, memory_ = figure.subplots(1, 2)
    whole, reading = (record[record["step"] == step] for step in (_ALL, _READING))
    for runs, name, colour in ((whole, "whole run", "model"), (reading, "reading alone", "actual")):
        millions = runs["rows"] / 1e6
        time_.plot(millions, runs["processors"], "o-", color=COLOURS[colour], label=name)
        memory_.plot(millions, runs["memory"], "o-", color=COLOURS[colour], label=name)
    millions, minutes = whole["rows"] / 1e6, whole["processors"]
    even = minutes.iloc[0] * millions / millions.iloc[0]
    time_.plot(millions, even, ":", color=COLOURS["muted"], label="as rows grow")
    memory_.axhline(ALLOWED, color=COLOURS["bad"], label="allowed")
    time_.set(yscale="log", ylabel="minutes of processors", title="Time")
    memory_.set(ylim=(0, ALLOWED * 1.1), ylabel="GB, all processes", title="Memory at most")
    for axes in (time_, memory_):
        axes.set(
            xscale="log", xlabel="million rows", xticks=millions, xticklabels=[f"{n:.0f}" for n in millions]
        )
        axes.minorticks_off()
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return figure


def main() -> None:
    """Measure each size, print, keep and draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lakes")
    parser.add_argument("rows", type=int, nargs="*")
    ours, options = sys.argv[1:], []
    if "--" in ours:
        ours, options = ours[: ours.index("--")], ours[ours.index("--") + 1 :]
    for rows in parser.parse_args(ours).rows:
        found = measure(rows, options)
        print(found.to_string(index=False), flush=True)
        if not options:
            keep(found)
    if not options:
        record = pd.read_csv(RECORD)
        print(tables(record))
        draw(record).savefig(FIGURE, dpi=110)


if __name__ == "__main__":
    main()
