"""Look whether the intervals hold on histories that no model made, each cut at two dates.

``python -m benchmarks.rolling [--retail FILE]`` prints the table of the README, in four minutes. FILE is the
Online Retail data set of the UCI repository as CSV; without it, that part is left out.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd
from scipy.stats import t as student

from analysis import Dataset, ltv, open_dataset
from analysis.demo import generate, write

SEEDS = range(1, 7)
LEAST = 100  # customers known at the origin
COLUMNS = "customer_id, date, amount"


class History(NamedTuple):
    """Customers followed from a first purchase on."""

    source: str
    name: str
    data: Dataset


def histories(folder: Path, retail: str | None) -> Iterator[History]:
    """Give every history, made anew in a folder."""
    weeks = (
        f"select {COLUMNS}, 'week ' || lpad((date_diff('day', date '1997-01-01', min(date) over "
        "(partition by customer_id)) // 7 + 1)::varchar, 2, '0') as part from sales"
    )
    yield from parts("CDNOW", open_dataset("cdnow"), weeks, folder)
    for seed in SEEDS:
        write(generate(seed=seed), folder / f"demo{seed}")
        yield History(f"demo, seed {seed}", "all", open_dataset(str(folder / f"demo{seed}")))
    if retail:
        products = f"select {COLUMNS}, 'articles ' || product_id[:2] as part from sales"
        yield from parts("Online Retail", open_dataset(retail), products, folder)


def parts(source: str, whole: Dataset, sql: str, folder: Path) -> Iterator[History]:
    """Write each part of the sales to a file of its own, and open it."""
    sales = duckdb.from_parquet(str(whole.folder / "transactions.parquet"))  # noqa: F841
    table = duckdb.sql(sql).df()
    for name, rows in table.groupby("part"):
        if rows["customer_id"].nunique() >= LEAST:
            path = folder / f"{source}-{name}.csv".replace(" ", "-")
            rows.drop(columns="part").to_csv(path, index=False)
            yield History(source, str(name), open_dataset(str(path)))


def checked(history: History) -> Iterator[dict[str, object]]:
    """Give the check over the last weeks of a history, and the same half a holdout earlier."""
    data = history.data
    first = data.query("customers")["first_purchase"].min()
    half = ltv.default_holdout_weeks(first, data.as_of) // 2
    for end in (data.as_of - dt.timedelta(weeks=half), data.as_of):
        check = ltv.hold_out(open_dataset(str(source_of(data)), as_of=end.isoformat()))
        if isinstance(check, ltv.Holdout) and len(check.customers) >= LEAST:
            yield judged(history, check)


def source_of(data: Dataset) -> Path:
    """Return the file or folder that a data set was read from."""
    first = Path(next(iter(data.inputs)))
    return first if first.is_file() and first.parent.name[:4] != "demo" else first.parent


def judged(history: History, check: ltv.Holdout) -> dict[str, object]:
    """Return where what came lies, for the model that the earlier dates choose."""
    chosen = ltv.choose(ltv.compare_models(check.summary, check), "auto")
    check = check.led_by(chosen.kind)
    purchases, money = check.intervals
    plain = ltv.without_misses(check)
    expected = float(check.customers[f"value_{check.chosen}"].sum())
    came = float(check.customers["actual_value"].sum())
    return {
        "source": history.source,
        "history": history.name,
    }


def main() -> None:
    """Measure, print."""
