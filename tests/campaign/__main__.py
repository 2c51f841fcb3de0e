"""Run the campaign, or one case of it: ``python -m campaign --seed 1 --only 17 --keep /tmp/case``."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import secrets
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process that forks has one thread

import sqlalchemy.dialects.sqlite  # noqa: F401

import analysis
from campaign.run import FAMILIES, Result, run_case


def main() -> int:
    """Run the cases asked for, print what they showed, and return 1 if that is a fault."""
    given = _arguments()
    seed = secrets.randbits(32) if given.seed == "fresh" else int(given.seed)
    if given.only is not None:
        result = run_case(seed, given.only, given.keep)
        print(result)
        return bool(result.faults)
    print(f"seed {seed}, {given.cases} cases from {given.first}, {analysis.__file__}", flush=True)
    results = []
    for result in _results(seed, range(given.first, given.first + given.cases), given.jobs):
        results.append(result)
        for fault in result.faults:
            print(
                f"--seed {seed} --only {result.number}: {result.family}: {result.what}: {fault[:500]}",
                flush=True,
            )
    print(_table(results), _kinds(results, seed), sep="\n\n")
    return any(result.faults for result in results)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="campaign", description=__doc__)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", default="1", help="a number, or 'fresh'")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", type=int, help="number of the one case to run")
    parser.add_argument("--keep", type=Path, help="folder to leave its files in; also prints what came of it")
    return parser.parse_args()


def _results(seed: int, numbers: range, jobs: int) -> Iterator[Result]:
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        yield from pool.map(partial(run_case, seed), numbers)


def _table(results: list[Result]) -> str:
    lines = [
        "| family | cases | read exactly | refused with a sentence | faults | slowest, s | largest, MB |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name in [*FAMILIES, "all"]:
        mine = [result for result in results if name in {result.family, "all"}]
        sound = [result.outcome for result in mine if not result.faults]
        lines.append(
            f"| {name} | {len(mine)} | {sound.count('account')} | {sound.count('sentence')} "
            f"| {len(mine) - len(sound)} | {max((result.seconds for result in mine), default=0):.1f} "
            f"| {max((result.megabytes for result in mine), default=0):.0f} |"
        )
    return "\n".join(lines)


def _kinds(results: list[Result], seed: int) -> str:
    """Return the faults by kind, each with the first cases that show it."""
    kinds = defaultdict(list)
    for result in results:
        for fault in result.faults[:1]:
            kinds[result.family, re.sub(r"\d+", "9", fault)[:100]].append(result.number)
    lines = [
        f"{len(found):5} {family}: {kind!r} (seed {seed}: {found[:5]})"
        for (family, kind), found in sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    ]
    return "\n".join(lines) or "no fault"


if __name__ == "__main__":
    sys.exit(main())
