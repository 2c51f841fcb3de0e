"""From purchases and spend to money: CLV, week by week."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.ltv.estimation.equal_histories import Floats, distinct_pairs
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel
from analysis.ltv.summary import DAYS, Summary, weeks_in

DAYS_PER_YEAR = 365.25
CELLS = 1_000_000  # customers × weeks at a time


def discount_factors(weeks: int, annual_rate: float) -> Floats:
    """Return what 1 of money is worth today at the end of week 1, 2, …: (1 + rate) ** −(time in years)."""
    years = np.arange(1, weeks + 1) * DAYS["week"] / DAYS_PER_YEAR
    return np.asarray((1 + annual_rate) ** -years, dtype=float)


def discounted_purchases(
    model: PurchaseModel, x: Floats, t: Floats, weeks: int, annual_rate: float
) -> Floats:
    """Return Σ over weeks of the purchases expected in that week × its discount factor, if alive at ``t``."""
    ends: Floats = weeks_in(model.unit, 1) * np.arange(1, weeks + 1, dtype=np.float64)
    factors, step = discount_factors(weeks, annual_rate), max(CELLS // weeks, 1)
    found = np.zeros(len(x))
    for rows in (slice(start, start + step) for start in range(0, len(x), step)):
        cumulative = model.expected_if_alive(ends[np.newaxis, :], x[rows, np.newaxis], t[rows, np.newaxis])
        found[rows] = np.diff(cumulative, axis=1, prepend=0.0) @ factors
    return found


def clv(
    summary: Summary,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    horizon_weeks: int,
    annual_discount_rate: float,
    margin_rate: float | Floats,
) -> pd.DataFrame:
    """Return each customer's expected purchases, spend and lifetime value.

    CLV = Σ over the weeks of the horizon of expected purchases in that week × expected spend × margin
    rate ÷ (1 + d) ** (end of the week in years).

    Parameters
    ----------
    summary
        The customers.
    purchases, spend
        The fitted models.
    horizon_weeks
        How far ahead purchases count, in weeks whatever the time unit of the models.
    annual_discount_rate
        Per year; converted exactly to weeks.
    margin_rate
        Share of net sales that is contribution margin: one for all, or one per customer in the order of the
        summary (see `customer_margins`).

    Returns
    -------
    pandas.DataFrame
        One row per customer, in the order of the summary: ``customer_id, x, t_x, T, z, p_alive``;
        ``expected_purchases`` within the horizon; ``expected_spend`` per purchase, net of returns; ``clv``
        in money.
    """
    frame = summary.frame[["customer_id", "x", "t_x", "T", "z"]]
    x, t_x, t = summary.history
    duration = weeks_in(summary.unit, horizon_weeks)
    alive = purchases.p_alive(x, t_x, t)
    pair_x, pair_t, places = distinct_pairs(x, t)
    spent = spend.expected_spend(x, frame["z"].to_numpy(float))
    discounted = discounted_purchases(purchases, pair_x, pair_t, horizon_weeks, annual_discount_rate)
    return frame.assign(
        p_alive=alive,
        expected_purchases=alive * purchases.expected_if_alive(duration, pair_x, pair_t)[places],
        expected_spend=spent,
        clv=discounted[places] * alive * spent * margin_rate,
    )


def worth_per_purchase(values: pd.DataFrame) -> Floats:
    """Return what each customer's expected purchase is worth today: CLV ÷ expected purchases."""
    expected = values["expected_purchases"].to_numpy(float)
    worth: Floats = np.zeros(len(values))
    np.divide(values["clv"].to_numpy(float), expected, out=worth, where=expected > 0)
    return worth


def equity_shares(values: pd.Series) -> pd.DataFrame:
    """Return how much of customer equity hangs on the most valuable customers.

    Parameters
    ----------
    values
        CLV of each customer.

    Returns
    -------
    pandas.DataFrame
        ``customers_share`` and ``equity_share``, both cumulative from the most valuable customer on, in
        at most 201 rows from 0 to 1; what lies above 1 until the losses at the end is left at 1.
    """
    ordered = np.sort(values.to_numpy(float))[::-1]
    cumulative = np.concatenate([[0.0], np.cumsum(ordered)])
    shares = np.linspace(0, 1, min(len(ordered), 200) + 1)
    at = np.interp(shares * len(ordered), np.arange(len(ordered) + 1), cumulative)
    total = cumulative[-1] if cumulative[-1] > 0 else 1.0
    return pd.DataFrame({"customers_share": shares, "equity_share": np.minimum(at / total, 1.0)})
