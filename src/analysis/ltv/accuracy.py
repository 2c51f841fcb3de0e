"""How good a forecast was: measures, groups and distributions of what came against what was expected."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pandas as pd

from analysis.ltv.counts import Floats, distinct_pairs
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.summary import DAYS, Summary, weeks_in


def measures(actual: Floats, predicted: Floats, value: Floats | None = None) -> dict[str, float]:
    """Measure a forecast for each customer against what came.

    Parameters
    ----------
    actual, predicted
        Purchases of each customer.
    value
        What each customer then spent; its purchases by default.

    Returns
    -------
    dict
        ``total_error`` (expected ÷ actual − 1, missing where nothing came); ``mae`` and ``rmse`` per
        customer; ``rank``, Spearman's correlation (0 for a forecast that is the same for all); ``lift``, see
        `lift`.
    """
    error = predicted - actual
    came = float(actual.sum())
    return {
        "total_error": float(predicted.sum()) / came - 1 if came else np.nan,
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "rank": rank_correlation(actual, predicted),
        "lift": lift(actual if value is None else value, predicted),
    }


def rank_correlation(actual: Floats, predicted: Floats) -> float:
    """Return Spearman's rank correlation; 0 where one of the two never varies."""
    if np.ptp(actual) == 0 or np.ptp(predicted) == 0:
        return 0.0
    return float(np.corrcoef(pd.Series(actual).rank(), pd.Series(predicted).rank())[0, 1])


def lift(value: Floats, predicted: Floats, share: float = 0.1) -> float:
    """Return how much more the customers with the highest forecast were worth than customers on average.

    The mean value of the first ``share`` of customers, sorted by forecast, ÷ the mean of all: 1 is chance.
    Customers with equal forecasts count in part, so that their order does not matter; a forecast that is
    the same for all has a lift of 1. Missing where nothing came.
    """
    if not value.sum():
        return np.nan
    groups = pd.DataFrame({"predicted": predicted, "value": value}).groupby("predicted")["value"]
    table = groups.agg(["size", "sum"]).sort_index(ascending=False).cumsum()
    wanted = share * len(value)
    reached = np.interp(wanted, [0.0, *table["size"]], [0.0, *table["sum"]])
    return float(reached / wanted / value.mean())


def last_period(before: pd.DataFrame, known: pd.DataFrame) -> Floats:
    """Return the purchases between two customer tables: the forecast "same as in the last period".

    Parameters
    ----------
    before, known
        ``sql/customers.sql`` at the cut-off less the length of the holdout, and at the cut-off.

    Returns
    -------
    numpy.ndarray
        For each customer of ``known`` that ever bought, in its order.
    """
    bought = known[known["first_purchase"].notna()]
    earlier = before.set_index("customer_id")["purchase_days"]
    already = bought["customer_id"].map(earlier).fillna(0)
    return (bought["purchase_days"] - already).to_numpy(np.float64)


def by_silence(summary: Summary, actual: Floats, predicted: Floats, groups: int = 6) -> pd.DataFrame:
    """Compare purchases by how long customers had been silent: the conditional expectation by recency.

    Parameters
    ----------
    summary
        The customers at the cut-off.
    actual, predicted
        Purchases of each customer after it.
    groups
        Groups wanted, of about as many customers; customers with equal silence stay together.

    Returns
    -------
    pandas.DataFrame
        One row per group, from the shortest silence on: ``from_weeks`` and ``to_weeks`` since the last
        purchase, ``customers``, and mean ``actual`` and ``predicted`` purchases.
    """
    __, t_x, t = summary.history
    weeks = (t - t_x) * DAYS[summary.unit] / DAYS["week"]
    edges = np.unique(np.quantile(weeks, np.linspace(0, 1, groups + 1), method="higher"))
    place = np.clip(np.searchsorted(edges, weeks, side="left"), 1, max(len(edges) - 1, 1))
    frame = pd.DataFrame({"group": place, "weeks": weeks, "actual": actual, "predicted": predicted})
    table = frame.groupby("group").agg(
        from_weeks=("weeks", "min"),
        to_weeks=("weeks", "max"),
        customers=("weeks", "size"),
        actual=("actual", "mean"),
        predicted=("predicted", "mean"),
    )
    return table.reset_index(drop=True)


def purchases_distribution(
    model: PurchaseModel, summary: Summary, weeks: float, actual: Floats, top: int = 7
) -> pd.DataFrame:
    """Compare how many customers bought 0, 1, 2, … times with how many the model expected to.

    Parameters
    ----------
    model
        Fitted at the cut-off.
    summary
        The customers at the cut-off.
    weeks
        Length of the holdout.
    actual
        Purchases of each customer in it.
    top
        So many purchases or more are one group.

    Returns
    -------
    pandas.DataFrame
        ``purchases`` (``"0"``, …, ``"7+"``), ``actual`` and ``expected`` customers.
    """
    x, __, t = summary.history
    alive = model.p_alive(*summary.history)
    pair_x, pair_t, places = distinct_pairs(x, t)
    weight = np.bincount(places, alive, len(pair_x))
    tails = islice(model.process.at_least(weeks_in(summary.unit, weeks), pair_x, pair_t), top)
    return _distribution(actual, [float(tail @ weight) for tail in tails])


def history_distribution(model: PurchaseModel, summary: Summary, top: int = 7) -> pd.DataFrame:
    """Compare how many customers have bought again 0, 1, 2, … times with how many should, by the model.

    Shows whether the model can describe the past it was fitted to: each customer counts as new, and is
    given the time it has had.

    Parameters
    ----------
    model
        The fitted model.
    summary
        What it was fitted to.
    top
        So many repeat purchases or more are one group.

    Returns
    -------
    pandas.DataFrame
        ``purchases`` (``"0"``, …, ``"7+"``), ``actual`` and ``expected`` customers.
    """
    x, __, t = summary.history
    zero = np.zeros(1)
    ages, weight = np.unique(t, return_counts=True)
    stays = float(model.p_alive(zero, zero, zero)[0])
    tails = islice(model.process.at_least(ages, np.zeros_like(ages), np.zeros_like(ages)), top)
    return _distribution(x, [stays * float(tail @ weight) for tail in tails])


def _distribution(actual: Floats, at_least: list[float]) -> pd.DataFrame:
    """Return how many customers bought how often, and how many were expected to."""
    top = len(at_least)
    expected = -np.diff([len(actual), *at_least, 0.0])
    came = np.bincount(np.minimum(actual, top).astype(np.intp), minlength=top + 1)
    labels = [str(k) for k in range(top)] + [f"{top}+"]
    return pd.DataFrame({"purchases": labels, "actual": came, "expected": expected})


def by_week(track: pd.DataFrame) -> pd.DataFrame:
    """Turn cumulative purchases into those of each week.

    Parameters
    ----------
    track
        The result of ``tracking``.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``actual``, ``expected``, ``holdout``. After the cut-off the expectation starts anew, from
        what had come; its first week is counted from there.
    """
    first = track["holdout"] & ~track["holdout"].shift(fill_value=False)
    before = track["expected"].shift(fill_value=0.0).where(~first, track["actual"].shift(fill_value=0.0))
    return pd.DataFrame(
        {
            "date": track["date"],
            "actual": track["actual"].diff().fillna(track["actual"]),
            "expected": track["expected"] - before,
            "holdout": track["holdout"],
        }
    )
