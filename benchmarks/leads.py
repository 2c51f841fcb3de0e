"""Measure on demo portfolios, of which the truth is known, how good the chances of leads are.

``python -m benchmarks.leads`` prints the table of the README, in a minute of processor time.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from lead_trials import trial

PORTFOLIOS = 20


def main() -> None:
    """Measure, print the mean and the worst of each measure."""
    for customers in (800, 4_000):
        with ProcessPoolExecutor() as pool:
            found = pd.DataFrame(pool.map(trial, [customers] * PORTFOLIOS, range(1, PORTFOLIOS + 1)))
        print(f"{PORTFOLIOS} portfolios of {customers} customers")
        print(found.agg(["mean", "min", "max"]).round(3).T.to_string(), flush=True)


if __name__ == "__main__":
    main()
