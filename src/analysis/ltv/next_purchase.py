"""When each customer will buy again."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from analysis.language import _, date, ngettext, number, percent
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.summary import DAYS, Floats, Summary, weeks_in

CHUNK = 200_000  # customers at a time
EVEN = 0.5  # probability of having bought again by the date
LONGEST_DAYS = 3 * 365  # a date further away is no date


def next_purchase(summary: Summary, model: PurchaseModel, horizon_weeks: int) -> pd.DataFrame:
    """Return when each customer is expected to buy again.

    The date is the first day by whose end the customer will have bought again with even odds, by the model:
    P(alive) × the probability that one alive buys at least once by then is one half. A purchase is as likely
    before it as after it or never. It is missing where that takes more than three years or never comes,
    because the customer is more likely gone.

    Parameters
    ----------
    summary
        The customers.
    model
        The fitted model.
    horizon_weeks
        For the probability of a purchase within the horizon.

    Returns
    -------
    pandas.DataFrame
        One row per customer, in the order of the summary: ``customer_id``, ``last_purchase``, ``p_alive``,
        ``chance``, the probability of a purchase within the horizon, and ``expected_by``, the date.
    """
    x, t_x, t = summary.history
    alive = model.p_alive(x, t_x, t)
    unit = DAYS[summary.unit]
    low, high = np.zeros(len(x), np.int64), np.full(len(x), LONGEST_DAYS, np.int64)
    comes = alive * _buys(model, high / unit, x, t) >= EVEN
    rows = np.flatnonzero(comes)
    while (rows := rows[high[rows] - low[rows] > 1]).size:
        middle = (low[rows] + high[rows]) // 2
        reached = alive[rows] * _buys(model, middle / unit, x[rows], t[rows]) >= EVEN
        low[rows], high[rows] = np.where(reached, low[rows], middle), np.where(reached, middle, high[rows])
    days = pd.to_timedelta(np.where(comes, high, 0), unit="D")
    horizon: Floats = np.full(len(x), weeks_in(summary.unit, horizon_weeks))
    return pd.DataFrame(
        {
            "customer_id": summary.frame["customer_id"],
            "last_purchase": summary.frame["last_purchase"],
            "p_alive": alive,
            "chance": alive * _buys(model, horizon, x, t),
            "expected_by": (pd.Timestamp(summary.as_of) + days)
            .to_series(index=summary.frame.index)
            .where(comes),
        }
    )


def _buys(model: PurchaseModel, duration: Floats, x: Floats, t: Floats) -> Floats:
    """Return the probability that a customer alive at ``t`` buys within ``duration``."""
    parts = [slice(start, start + CHUNK) for start in range(0, len(x), CHUNK)]
    found = [next(model.process.at_least(duration[part], x[part], t[part])) for part in parts]
    return np.concatenate(found) if found else np.zeros(0)


def due_by_week(waits: pd.DataFrame, as_of: dt.date, weeks: int = 13) -> pd.DataFrame:
    """Count the customers expected to buy again in each of the next weeks.

    Parameters
    ----------
    waits
        The result of `next_purchase`.
    as_of
        The day of the forecast.
    weeks
        Weeks to show.

    Returns
    -------
    pandas.DataFrame
        ``week`` (1, 2, …), ``until`` (its last day), ``customers`` whose date lies in it.
    """
    ahead = (waits["expected_by"] - pd.Timestamp(as_of)).dt.days.dropna().to_numpy()
    place = -(-ahead // DAYS["week"]).astype(int)
    counts = np.bincount(np.clip(place, 1, weeks + 1), minlength=weeks + 2)[1 : weeks + 1]
    until = [pd.Timestamp(as_of) + pd.Timedelta(weeks=week) for week in range(1, weeks + 1)]
    return pd.DataFrame({"week": np.arange(1, weeks + 1), "until": until, "customers": counts})


def due_title(table: pd.DataFrame) -> str:
    """Return what a chart of `due_by_week` shows."""
    first, sum_ = table.iloc[0], int(table["customers"].sum())
    if not sum_:
        return _("For no customer is a purchase within {weeks} weeks as likely as not").format(
            weeks=number(len(table))
        )
    return _(
        "For {soon} customers a purchase within a week is at least as likely as not, for {later} within "
        "{weeks} weeks"
    ).format(soon=number(first["customers"]), later=number(sum_), weeks=number(len(table)))


def waiting_sentence(waits: pd.DataFrame, as_of: dt.date, weeks: int = 13) -> str:
    """Say for how many customers a next purchase is in sight.

    Parameters
    ----------
    waits
        The result of `next_purchase`.
    as_of
        The day of the forecast.
    weeks
        How far ahead is "in sight".
    """
    until = pd.Timestamp(as_of) + pd.Timedelta(weeks=weeks)
    soon, never = int((waits["expected_by"] <= until).sum()), int(waits["expected_by"].isna().sum())
    message = (
        ngettext(
            "{soon} of {customers} customers is expected back by {date}, with even odds or better; for "
            "{never} ({share}) no purchase within three years is as likely as not.",
            "{soon} of {customers} customers are expected back by {date}, each with even odds or better; for "
            "{never} ({share}) no purchase within three years is as likely as not.",
            soon,
        )
        if soon
        else _(
            "No customer is expected back by {date} with even odds; for {never} of {customers} ({share}) no "
            "purchase within three years is as likely as not."
        )
    )
    return message.format(
        soon=number(soon),
        customers=number(len(waits)),
        date=date(until),
        never=number(never),
        share=percent(never / max(len(waits), 1)),
    )
