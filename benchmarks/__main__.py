"""Measure the workbook and its peers side by side and print the table; ``make bench`` calls this.

Peers take turns (A B A B …), each time in a process of its own, so that whatever else the machine does falls
on all of them alike.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import inf, isfinite
from pathlib import Path
from statistics import median

import psutil

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Measured:
    """One run of one task: seconds by the clock and of processors, peak memory in MB, what it found."""

    seconds: float
    processors: float
    megabytes: float
    found: dict[str, float]


@dataclass(frozen=True)
class Target:
    """A claim: ``ours`` takes at most ``most`` times as long as ``peer``, on the same argument."""

    title: str
    ours: str
    peer: str
    argument: str
    most: float = inf


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the generated sales")
    parser.add_argument("--times", type=int, default=5, help="how often each is measured")
    options = parser.parse_args()
    rows = options.rows
    sizes = (rows * 3 // 10, rows, rows * 3)
    for size in sizes:
        measure("make_csv", str(size))
    measure("make_canonical", str(rows))
    print(machine(), flush=True)
    print("\n| | Cartera | peer | ratio | target |\n|---|---|---|---|---|", flush=True)
    for target in targets(rows):
        print(line(target, options.times), flush=True)
    print("\n| rows of CSV | Cartera, peak memory | DuckDB's copy, peak memory | ratio of time |")
    print("|---|---|---|---|")
    for size in sizes:
        print(memory_line(size), flush=True)
    print("\n| customers | from the customer table to CLV with an interval for all | peak memory |")
    print("|---|---|---|")
    for customers in (1_000_000, 10_000_000):
        print(value_line(customers), flush=True)


def targets(rows: int) -> list[Target]:
    """Return what is claimed, for generated sales of so many rows."""
    n, millions = str(rows), f"{rows / 1e6:g} million rows"
    return [
        Target(f"Parquet of {millions}, added up by customer and day when they were read, to the customer "
               "table; peer: the query over the lines written by hand for DuckDB",
               "customers_cartera", "customers_duckdb", n, 0.5),
        Target("the same; peer: `lifetimes`, which gives four of its columns",
               "customers_cartera", "customers_lifetimes", n, 1 / 6),
        Target("the same with the adding up, which reading does once; peer: the query written by hand",
               "customers_anew", "customers_duckdb", n),
        Target(f"CSV of {millions} to canonical Parquet, every row accounted for, adding up apart; peer: "
               "DuckDB's own copy",
               "intake_cartera", "intake_duckdb", n, 3),
        Target("the adding up of these rows by customer and day, once; peer: the query written by hand",
               "adding_up_cartera", "adding_up_duckdb", n),
        Target("Clusters of 1 million customers, with RFM, their number by silhouette and stability; peer: "
               "scikit-learn, standardised, silhouette on a sample",
               "clusters_cartera", "clusters_sklearn", "1000000"),
        Target("BG/NBD fitted to 1 million customers by day; peer: `lifetimes`, at no better a likelihood",
               "fit_bg_nbd_cartera", "fit_bg_nbd_lifetimes", "1000000", 1 / 15),
        Target("Pareto/NBD fitted to 100,000 customers by day; peer: `lifetimes`, likewise",
               "fit_pareto_nbd_cartera", "fit_pareto_nbd_lifetimes", "100000", 1 / 10),
        Target(f"All scores and classes of {rows // 10:,} customers; peer: a notebook of plain pandas",
               "classes_cartera", "classes_pandas", n),
        Target("`cartera run cdnow`; peer: starting the same kernels and importing the same libraries",
               "run_cartera", "run_bare", "cdnow", 2),
    ]  # fmt: skip


def line(target: Target, times: int) -> str:
    """Measure both sides in turns and return a row of the table."""
    pairs = [
        (measure(target.ours, target.argument), measure(target.peer, target.argument)) for _ in range(times)
    ]
    ours, peer = ([pair[side] for pair in pairs] for side in (0, 1))
    check_same(ours[0], peer[0])
    ratio = median(m.seconds for m in ours) / median(m.seconds for m in peer)
    ratios = sorted(a.seconds / b.seconds for a, b in pairs)
    verdict = f"{times_as_long(target.most)}: {'met' if ratio <= target.most else '**missed**'}"
    return (
        f"| {target.title} | {shown(ours)} | {shown(peer)} "
        f"| {times_as_long(ratio)} ({times_as_long(ratios[0])} to {times_as_long(ratios[-1])}) "
        f"| {verdict if isfinite(target.most) else 'none'} |"
    )


def memory_line(rows: int) -> str:
    """Measure both sides once and return their peak memory."""
    ours, peer = measure("intake_cartera", str(rows)), measure("intake_duckdb", str(rows))
    check_same(ours, peer)
    return (
        f"| {rows:,} | {ours.megabytes:,.0f} MB | {peer.megabytes:,.0f} MB "
        f"| {times_as_long(ours.seconds / peer.seconds)} |"
    )


def value_line(customers: int) -> str:
    """Measure the way from the customer table to customer equity once."""
    found = measure("value_cartera", str(customers))
    return f"| {customers:,} | {found.seconds:.1f} s | {found.megabytes:,.0f} MB |"


def measure(task: str, argument: str) -> Measured:
    """Run a task in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.tasks", task, argument]
    single = {"OMP_NUM_THREADS": "1"} if task.startswith("fit_") else {}  # neither gains by more than one
    environment = os.environ | single
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        answer = process.stdout.read() if process.stdout else ""
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{task} failed; the reason stands above.")
    found = json.loads(answer)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    seconds, processors = found.pop("seconds", 0.0), found.pop("processors", 0.0)
    return Measured(seconds, processors, usage.ru_maxrss * unit / 1e6, found)


def check_same(ours: Measured, peer: Measured) -> None:
    """Stop if both sides did not come to the same answer, or the peer to a better likelihood."""
    for name in ours.found.keys() & peer.found.keys():
        if name == "log_likelihood" and ours.found[name] > peer.found[name]:
            continue
        if abs(ours.found[name] - peer.found[name]) > 1e-9 * abs(peer.found[name]):
            raise SystemExit(f"The answers differ: {name} {ours.found[name]} and {peer.found[name]}.")


def shown(runs: Sequence[Measured]) -> str:
    """Return the median times, the range of those by the clock, and the highest peak of memory."""
    seconds = sorted(run.seconds for run in runs)
    peak = max(run.megabytes for run in runs)
    worked = median(run.processors for run in runs)
    text = f"{median(seconds):.2f} s ({seconds[0]:.2f}–{seconds[-1]:.2f}), {worked:.2f} s of processors"
    text += f", {peak:,.0f} MB"
    for part in ("reading", "adding_up"):
        taken = [run.found[part] for run in runs if part in run.found]
        text += f", of which {part.replace('_', ' ')} {median(taken):.2f} s" if taken else ""
    return text


def times_as_long(ratio: float) -> str:
    """Return a ratio of times in words that stay readable below one."""
    return f"{ratio:.2f} ×" if ratio >= 1 / 2 else f"1/{1 / ratio:.1f}"


def machine() -> str:
    """Describe what was measured on."""
    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("duckdb", "pandas", "pyarrow", "lifetimes", "papermill")
    )
    return (
        f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GB of memory, {platform.system()} "
        f"{platform.release()}; Python {platform.python_version()}, {packages}."
    )


def processor() -> str:
    """Return the name of the processor, as far as the system tells."""
    about = Path("/proc/cpuinfo")
    names = (
        [
            line.split(":")[1].strip()
            for line in about.read_text().splitlines()
            if line.startswith("model name")
        ]
        if about.exists()
        else []
    )
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    main()
