"""Repeat purchases week by week, as they came and as each model expected them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.language import _, date, number, percent
from analysis.ltv.backtest.holdout import Holdout
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.summary import DAYS, Floats, weeks_in


def tracking(check: Holdout, daily: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Follow cumulative repeat purchases, actual and expected, through calibration and holdout.

    Up to the cut-off the expectation is that of new customers, from the days on which these arrived; after
    it, the forecast for each of them, on top of what had come.

    Parameters
    ----------
    check
        The holdout.
    daily
        ``sql/repeat_purchases_by_day.sql``: the days of the customers known at the cut-off.
    as_of
        Last day.

    Returns
    -------
    pandas.DataFrame
        One row per week, counted back from ``as_of``: ``date`` (its last day), ``holdout`` (whether the
        week lies after the cut-off), cumulative ``actual`` repeat purchases and those each model expected,
        in a column of its name; for the last week the interval ``low`` to ``high`` of the first model.
    """
    track = _cumulative(check, daily, as_of)
    start = float(track.loc[~track["holdout"], "actual"].max())
    is_last = track.index == len(track) - 1
    track["low"] = np.where(is_last, start + check.interval.low, np.nan)
    track["high"] = np.where(is_last, start + check.interval.high, np.nan)
    return track


def _cumulative(check: Holdout, daily: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return the rows of `tracking` without the interval, which takes the most time."""
    days = pd.to_datetime(daily["date"])
    weeks = pd.date_range(end=pd.Timestamp(as_of), periods=_weeks_between(days.min(), as_of), freq="7D")
    repeat = daily["purchases"] - daily["first_purchases"]
    actual = pd.Series(repeat.to_numpy(), index=days).cumsum().reindex(weeks, method="ffill").fillna(0)
    track = pd.DataFrame({"date": weeks, "holdout": weeks > pd.Timestamp(check.cutoff)})
    track["actual"] = actual.to_numpy(float)
    start = float(track.loc[~track["holdout"], "actual"].max())
    ends = np.arange(1, check.weeks + 1)
    for name, model in check.models.items():
        fitted = _fitted(check, model, daily, weeks[~track["holdout"]])
        track[name] = np.concatenate([fitted, start + _forecast(check, model, ends)])
    return track


def weekly(check: Holdout, daily: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return repeat purchases by week, actual and expected.

    Parameters
    ----------
    check, daily, as_of
        As for `tracking`.

    Returns
    -------
    pandas.DataFrame
        The weeks of `tracking` without the first, which may be a part of one: ``date``, ``holdout``, and the
        purchases of that week, ``actual`` and in a column per model.
    """
    track = _cumulative(check, daily, as_of)
    found = track[["date", "holdout"]].copy()
    found["actual"] = track["actual"].diff()
    first = int(track["holdout"].to_numpy().argmax())
    for name in check.models:
        found[name] = track[name].diff()
        found.loc[first, name] = track[name][first] - track.loc[~track["holdout"], "actual"].max()
    return found.iloc[1:].reset_index(drop=True)


def _fitted(check: Holdout, model: PurchaseModel, daily: pd.DataFrame, weeks: pd.DatetimeIndex) -> Floats:
    """Return the repeat purchases expected up to each week of customers who arrived on their days."""
    births = daily[daily["first_purchases"] > 0]
    arrived = pd.to_datetime(births["date"]).to_numpy()
    age = (weeks.to_numpy()[:, None] - arrived[None, :]) / np.timedelta64(1, "D")
    each = model.expected_new(np.maximum(age, 0) / DAYS[check.unit])
    return np.asarray(each @ births["first_purchases"].to_numpy(float), dtype=float)


def _forecast(check: Holdout, model: PurchaseModel, weeks: npt.NDArray[np.int64]) -> Floats:
    """Return the purchases expected of all customers within so many weeks after the cut-off."""
    x, t_x, t = check.history
    alive = pd.Series(model.p_alive(x, t_x, t)).groupby([x, t]).sum()
    pairs = alive.index.to_frame().to_numpy(float)
    ends: Floats = weeks_in(check.unit, 1) * weeks[np.newaxis, :].astype(np.float64)
    if_alive = model.expected_if_alive(ends, pairs[:, [0]], pairs[:, [1]])
    return np.asarray(alive.to_numpy(float) @ if_alive, dtype=float)


def tracking_title(check: Holdout) -> str:
    """Return what a chart of `tracking` shows."""
    error = check.predicted / check.actual - 1 if check.actual else 0.0
    message = (
        _("After {date} the model expected {error} fewer purchases than came")
        if error < 0
        else _("After {date} the model expected {error} more purchases than came")
    )
    return message.format(date=date(check.cutoff), error=percent(abs(error), 1))


def weekly_title(check: Holdout, weeks: pd.DataFrame) -> str:
    """Return what a chart of `weekly` shows.

    Parameters
    ----------
    check
        The holdout.
    weeks
        The result of `weekly`.
    """
    after = weeks[weeks["holdout"]]
    top = after.iloc[int(after["actual"].to_numpy().argmax())]
    return _(
        "In the busiest week of the holdout, to {date}, {actual} came and {expected} were expected"
    ).format(date=date(top["date"]), actual=number(top["actual"]), expected=number(top[check.chosen]))


def _weeks_between(first: pd.Timestamp, as_of: dt.date) -> int:
    return (pd.Timestamp(as_of) - first).days // 7 + 1
