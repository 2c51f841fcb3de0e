"""Measure growth potential on twenty portfolios of which the truth is known.

``python -m benchmarks.potential`` prints the row of the README, in four minutes.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

sys.path.append(str(Path(__file__).parents[1] / "tests"))

import growth

SEEDS = range(1, 21)


def main() -> None:
    """Measure, print."""
    with ProcessPoolExecutor() as pool:
        found = pd.DataFrame(pool.map(growth.proof, SEEDS), SEEDS)
    print("| | mean | lowest | highest |\n|---|---|---|---|")
    for name, column in found.items():
        print(f"| {name} | {column.mean():.2f} | {column.min():.2f} | {column.max():.2f} |")


if __name__ == "__main__":
    main()
