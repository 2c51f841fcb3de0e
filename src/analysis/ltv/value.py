"""From purchases and spend to money: simple LTV, CLV and customer equity."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from analysis.language import _, money, number, percent
from analysis.ltv.fitting import Floats
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel
from analysis.ltv.summary import DAYS, Summary
from analysis.ltv.uncertainty import Interval

DAYS_PER_YEAR = 365.25


def simple_ltv(revenue_per_year: float, years: float, acquisition_cost: float) -> float:
    """Return the simple lifetime value: revenue per year × years the relation lasts − CAC.

    Examples
    --------
    >>> simple_ltv(5_000, 10, 3_000)
    47000
    """
    return revenue_per_year * years - acquisition_cost


def simple_inputs(customers: pd.DataFrame, as_of: dt.date) -> tuple[float, float]:
    """Work out what the simple formula needs from the customer table.

    Returns
    -------
    tuple of float
        Mean net sales per customer and year, over the time all customers could have bought in; and the
        mean years between a customer's first and last purchase. Both 0 where nobody had a year to show.
    """
    bought = customers[customers["first_purchase"].notna()]
    age = (pd.Timestamp(as_of) - bought["first_purchase"]).dt.days.sum() / DAYS_PER_YEAR
    lifetime = (bought["last_purchase"] - bought["first_purchase"]).dt.days.sum() / DAYS_PER_YEAR
    if bought.empty or age == 0:
        return 0.0, 0.0
    return float(bought["net_sales"].sum() / age), float(lifetime / len(bought))


def discount_factors(weeks: int, annual_rate: float) -> Floats:
    """Return what 1 of money is worth today at the end of week 1, 2, …: (1 + rate) ** −(time in years)."""
    years = np.arange(1, weeks + 1) * DAYS["week"] / DAYS_PER_YEAR
    return np.asarray((1 + annual_rate) ** -years, dtype=float)


def discounted_purchases(
    model: PurchaseModel, x: Floats, t: Floats, weeks: int, annual_rate: float
) -> Floats:
    """Return Σ over weeks of the purchases expected in that week × its discount factor, if alive at ``t``."""
    ends = np.arange(1, weeks + 1) * DAYS["week"] / DAYS[model.unit]
    cumulative = model.expected_if_alive(ends[np.newaxis, :], x[:, np.newaxis], t[:, np.newaxis])
    by_week = np.diff(cumulative, axis=1, prepend=0.0)
    return np.asarray(by_week @ discount_factors(weeks, annual_rate), dtype=float)


def clv(
    summary: Summary,
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    horizon_weeks: int,
    annual_discount_rate: float,
    margin_rate: float,
    kept: float = 1.0,
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
        Share of net sales that is contribution margin.
    kept
        Share of money sold that stays after returns (`kept_share`).

    Returns
    -------
    pandas.DataFrame
        One row per customer, in the order of the summary: ``customer_id, x, t_x, T, z, p_alive``;
        ``expected_purchases`` within the horizon; ``expected_spend`` net of returns per purchase; ``clv``
        in money.
    """
    frame = summary.frame[["customer_id", "x", "t_x", "T", "z"]].copy()
    x, t_x, t = (frame[name].to_numpy(float) for name in ("x", "t_x", "T"))
    duration = horizon_weeks * DAYS["week"] / DAYS[summary.unit]
    frame["p_alive"] = purchases.p_alive(x, t_x, t)
    frame["expected_purchases"] = purchases.expected_purchases(duration, x, t_x, t)
    frame["expected_spend"] = spend.expected_spend(x, frame["z"].to_numpy(float)) * kept
    distinct = frame[["x", "T"]].drop_duplicates()
    discounted = discounted_purchases(
        purchases,
        distinct["x"].to_numpy(float),
        distinct["T"].to_numpy(float),
        horizon_weeks,
        annual_discount_rate,
    )
    each = discounted[frame.groupby(["x", "T"], sort=False).ngroup().to_numpy()]
    frame["clv"] = each * frame["p_alive"] * frame["expected_spend"] * margin_rate
    return frame


def equity_title(shares: pd.DataFrame, top: float = 0.2) -> str:
    """Return what a chart of `equity_shares` shows."""
    held = float(np.interp(top, shares["customers_share"], shares["equity_share"]))
    return _("The most valuable {top} of customers hold {held} of customer equity").format(
        top=percent(top), held=percent(held)
    )


def equity_sentence(
    values: pd.DataFrame, interval: Interval, horizon_weeks: int, currency: str | None
) -> str:
    """Say what the customers are worth together.

    Parameters
    ----------
    values
        The result of `clv`.
    interval
        Interval of the total.
    horizon_weeks
        The horizon.
    currency
        ISO 4217 code, or None.
    """
    return _(
        "Over the next {weeks} weeks the {customers} customers are worth {equity} in discounted margin "
        "(customer equity; {level} interval {low} to {high}), from {purchases} expected purchases."
    ).format(
        weeks=number(horizon_weeks),
        customers=number(len(values)),
        equity=money(float(values["clv"].sum()), currency),
        level=percent(interval.level),
        low=money(interval.low, currency),
        high=money(interval.high, currency),
        purchases=number(float(values["expected_purchases"].sum())),
    )


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
        at most 201 rows from 0 to 1.
    """
    ordered = np.sort(values.to_numpy(float))[::-1]
    cumulative = np.concatenate([[0.0], np.cumsum(ordered)])
    shares = np.linspace(0, 1, min(len(ordered), 200) + 1)
    at = np.interp(shares * len(ordered), np.arange(len(ordered) + 1), cumulative)
    total = cumulative[-1] if cumulative[-1] > 0 else 1.0
    return pd.DataFrame({"customers_share": shares, "equity_share": at / total})
