"""Measure on demo portfolios, whose truth is known, whether the intervals of campaign effects hold it.

``python -m benchmarks.campaigns`` prints the table of the README, in half an hour of processor time.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

sys.path.append(str(Path(__file__).parents[1] / "tests"))

import campaign_trials

SEEDS = range(1_001, 1_201)
MEASURED = ["true", "effect", "low", "high"]


def report(every: pd.DataFrame) -> str:
    """Return the table of trials."""
    campaigns = every[every["what"].str.startswith("CAMP")].assign(what="all campaigns")
    lines = ["| | held | truly | measured | low | high |", "|---|---|---|---|---|---|"]
    for what, rows in pd.concat([campaigns, every]).groupby("what", sort=False):
        means = " | ".join(f"{100 * mean:+.1f}" for mean in rows[MEASURED].mean())
        lines.append(f"| {what} | {rows['covered'].mean():.1%} | {means} |")
    differ = every.groupby("seed")["differ"].first()
    said = f"{len(differ)} portfolios; groups of risk said to differ in {differ.mean():.0%}"
    return "\n".join([*lines, "", said])


def main() -> None:
    """Measure, print."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["CARTERA_CACHE"] = cache
        with ProcessPoolExecutor() as pool:
            print(report(pd.concat(pool.map(campaign_trials.trial, SEEDS), ignore_index=True)))


if __name__ == "__main__":
    main()
