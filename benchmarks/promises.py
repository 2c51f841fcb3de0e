"""Measure on simulated portfolios what the models promise: fits without faults, intervals that hold.

``python -m benchmarks.promises`` prints the tables of the README, in 16 minutes of processor time.
"""

from __future__ import annotations

import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).parents[1] / "tests"))

import promises as tried

PORTFOLIOS = 300
FITTED = 1_000
WORLDS = {
    "as the models say": tried.portfolio,
    "the same, purchases of one day counted once": partial(tried.portfolio, days=7),
    "all leave alike; by day": partial(tried.portfolio, truth=tried.ALL_ALIKE, days=7),
    "hardly anybody leaves; by day": partial(tried.portfolio, truth=tried.HARDLY_LEAVE, days=7),
    "spend too wild for the spend model, its mean held": tried.portfolio_of_wild_spend,
}


def total_of(name: str, seed: int) -> dict[str, float]:
    return tried.totals_held(WORLDS[name](seed))


def customers_of(seed: int) -> pd.DataFrame:
    return tried.customers_held(tried.portfolio(seed), seed)


def faults(seed: int) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return tried.faults(seed)


def main() -> None:
    """Measure, print."""
    with ProcessPoolExecutor() as pool:
        print(f"| {PORTFOLIOS} portfolios of 600 customers | purchases | value | width |")
        print("|---|---|---|---|")
        for name in WORLDS:
            rows = list(pool.map(total_of, [name] * PORTFOLIOS, range(PORTFOLIOS), chunksize=10))
            purchases, value, width = pd.DataFrame(rows).astype(float).mean()
            print(f"| {name} | {purchases:.1%} | {value:.1%} | {width:.0%} |", flush=True)
        customers = pd.concat(pool.map(customers_of, range(30)))
        print("\n| customers | purchases | what the intervals say | place between 10 and 90 % | value |")
        print("|---|---|---|---|---|")
        print(line("all", customers))
        print(line("half a purchase expected or more", customers[customers["expected"] >= 0.5]), flush=True)
        found = [fault for each in pool.map(faults, range(FITTED), chunksize=10) for fault in each]
        print(
            f"\n{FITTED} portfolios of every kind, three models each: {len(found)} faults.", *found, sep="\n"
        )


def line(who: str, customers: pd.DataFrame) -> str:
    """Return a row of shares of customers."""
    middle = np.abs(customers["place"] - 0.5) <= 0.4
    shares = (customers["holds"], customers["probability"], middle, customers["value_holds"])
    return f"| {who} ({len(customers):,}) | " + " | ".join(f"{each.mean():.1%}" for each in shares) + " |"


if __name__ == "__main__":
    main()
