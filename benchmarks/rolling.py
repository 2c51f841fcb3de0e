"""Look whether the intervals hold on histories that these models did not make, each cut at two dates.

``python -m benchmarks.rolling [--retail FILE]`` prints the tables of the README, in ten minutes. FILE is the
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

from analysis import ltv, open_dataset
from analysis.demo import generate, write
from analysis.ltv.backtest.holdout import half_weeks
from analysis.ltv.intervals import intervals_of
from analysis.ltv.model_selection import log_scores

SEEDS = range(1, 6)
LEAST = 100  # customers known at the date
BY_WEEK = """'week ' || lpad((date_diff(
    'day', date '1997-01-01', min(date) over (partition by customer_id)
) // 7 + 1)::varchar, 2, '0')"""
BY_ARTICLE = "'articles ' || product_id[:2] || '…'"


class History(NamedTuple):
    """Sales of some customers, in a file."""

    source: str
    history: str
    path: str


def histories(folder: Path, retail: str | None) -> Iterator[History]:
    """Make every history."""
    yield from parts("CDNOW", "cdnow", BY_WEEK, folder)
    for seed in SEEDS:
        write(generate(seed=seed), folder / f"demo{seed}")
        yield from parts(f"demo, seed {seed}", str(folder / f"demo{seed}"), "'all'", folder)
    if retail:
        yield from parts("Online Retail", retail, BY_ARTICLE, folder)


def parts(source: str, data: str, part: str, folder: Path) -> Iterator[History]:
    """Write each part of the sales to a file of its own."""
    sales = open_dataset(data).folder / "transactions.parquet"
    table = duckdb.sql(f"select customer_id, date, amount, {part} as part from '{sales}'").df()
    for name, rows in table.groupby("part"):
        if rows["customer_id"].nunique() >= LEAST:
            path = folder / f"{source} {name}.csv"
            rows.drop(columns="part").to_csv(path, index=False)
            yield History(source, str(name), str(path))


def checks(history: History) -> Iterator[dict[str, object]]:
    """Give the check over the last weeks of a history, and the same half a holdout earlier."""
    whole = open_dataset(history.path)
    first = whole.query("customers")["first_purchase"].min()
    half = half_weeks(first, whole.as_of) // 2
    for end in (whole.as_of - dt.timedelta(weeks=half), whole.as_of):
        check = ltv.hold_out(open_dataset(history.path, as_of=end.isoformat()))
        if isinstance(check, ltv.Holdout) and len(check.customers) >= LEAST:
            yield history._asdict() | judged(check)


def judged(check: ltv.Holdout) -> dict[str, object]:
    """Return where what came lies, for the model that the earlier dates choose."""
    compared = ltv.compare_models(check.summary, check)
    scores = {kind: log_scores(model.process, check) for kind, model in check.models.items()}
    best = max(scores, key=lambda kind: scores[kind].mean())
    check = ltv.led_by(check, compared.best)
    behind = scores[best] - scores[check.chosen]
    found: dict[str, object] = {
        "cutoff": check.cutoff,
        "weeks": check.weeks,
        "customers": len(check.customers),
        "dates": len(check.earlier),
        "model": check.chosen,
        "behind": behind.mean(),
        "behind_error": behind.std() / np.sqrt(len(behind)),
    }
    if check.spend:
        found["level"] = check.spend.level
    alone = intervals_of(check.totals)
    for name, place in (("", 0), ("value_", 1)):
        if name + check.chosen in check.customers:
            expected = check.customers[name + check.chosen].sum()
            came = check.customers["actual_value" if name else "actual"].sum()
            low, high = check.intervals[place].low, check.intervals[place].high
            found |= {
                f"{name}came": came / expected,
                f"{name}low": low / expected,
                f"{name}high": high / expected,
                f"{name}inside": low <= came <= high,
                f"{name}alone": alone[place].contains(came),
            }
    return found


def share(inside: pd.Series, sources: pd.Series) -> str:
    """Return the share inside with its 95 % interval, data sets being independent and not what is in them."""
    mean, groups = inside.mean(), (inside - inside.mean()).groupby(sources).sum()
    n = len(groups)
    error = np.sqrt((groups**2).sum() * n / (n - 1)) / len(inside)
    reach = student.ppf(0.975, n - 1) * error
    low, high = max(mean - reach, 0), min(mean + reach, 1)
    return f"{mean:.0%} of {len(inside)} ({low:.0%} to {high:.0%})"


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--retail", help="the Online Retail data set as CSV")
    retail = parser.parse_args().retail
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for each in histories(Path(folder), retail) for row in checks(each)]
    table = pd.DataFrame(rows).drop(columns="path")
    print("| data | history | from | weeks | customers | dates | model | purchases | money | level |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in table.to_dict("records"):
        cells = [row["source"], row["history"], row["cutoff"], row["weeks"], row["customers"], row["dates"]]
        cells += [row["model"], *(place(row, name) for name in ("", "value_")), f"{row['level']:.2f}"]
        print("|", " | ".join(map(str, cells)), "|")
    print("\n| | all | CDNOW | demo | Online Retail |\n|---|---|---|---|---|")
    kinds = {"all": "", "CDNOW": "CDNOW", "demo": "demo", "Online Retail": "Online"}
    for name, words in {
        "inside": "purchases inside",
        "value_inside": "money inside",
        "alone": "purchases, chance and parameters alone",
        "value_alone": "money, likewise",
    }.items():
        told = table[table[name].notna()]
        cells = [share(told[name].astype(float), told["source"])]
        for kind in list(kinds.values())[1:]:
            own = told.loc[told["source"].str.startswith(kind), name].astype(float)
            cells.append(f"{own.mean():.0%} of {len(own)}" if len(own) else "–")
        print("|", " | ".join([words, *cells]), "|")
    within = table["behind"] <= table["behind_error"]
    print(f"\nModel within a standard error of the best afterwards: {within.sum()} of {len(table)}.")


def place(row: dict[str, object], name: str) -> str:
    """Return what came and the interval, as shares of what was expected; bold where it is outside."""
    if pd.isna(row.get(f"{name}came", np.nan)):
        return "–"
    text = f"{row[f'{name}came']:.2f} in {row[f'{name}low']:.2f}–{row[f'{name}high']:.2f}"
    return text if row[f"{name}inside"] else f"**{text}: outside**"


if __name__ == "__main__":
    main()
