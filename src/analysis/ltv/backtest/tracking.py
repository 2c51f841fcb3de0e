"""Repeat purchases over time, actual and as each model expected them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.language import _, date, number
from analysis.ltv.backtest.holdout import Holdout
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.summary import DAYS, Floats, weeks_in
from analysis.not_possible import or_not_possible
from analysis.result import Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset


@dataclass(frozen=True)
class Tracking(Result):
    """Cumulative repeat purchases, actual and expected, through calibration and holdout.

    Attributes
    ----------
    frame
        One row per week, counted back from the last day: ``date`` (its last day), ``holdout`` (whether the
        week lies after the cut-off), cumulative ``actual`` repeat purchases and those each model expected,
        in a column of its name; for the last week the interval ``low`` to ``high`` of the first model.
    check
        The holdout.
    """

    name: ClassVar[str] = "tracking"
    frame: pd.DataFrame
    check: Holdout

    def title(self) -> str:
        """Return how many purchases the model expected, and the actual number."""
        return _("After {date} the model expected {expected} purchases; there were {actual}").format(
            date=date(self.check.cutoff),
            expected=number(self.check.predicted),
            actual=number(self.check.actual),
        )


@or_not_possible
def tracking(check: Holdout, dataset: Dataset) -> Tracking:
    """Follow cumulative repeat purchases through calibration and holdout, see `track`."""
    daily = dataset.query("repeat_purchases_by_day", cutoff=check.cutoff, as_of=dataset.as_of)
    return Tracking(track(check, daily, dataset.as_of), check)


def track(check: Holdout, daily: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Follow cumulative repeat purchases, see `Tracking`, from ``sql/repeat_purchases_by_day.sql``.

    Up to the cut-off the expectation is that of new customers, from the days on which these arrived; after
    it, the forecast for each of them, on top of the actual ones before.
    """
    days = pd.to_datetime(daily["date"])
    weeks = pd.date_range(
        end=pd.Timestamp(as_of), periods=(pd.Timestamp(as_of) - days.min()).days // 7 + 1, freq="7D"
    )
    repeat = daily["purchases"] - daily["first_purchases"]
    actual = pd.Series(repeat.to_numpy(), index=days).cumsum().reindex(weeks, method="ffill").fillna(0)
    found = pd.DataFrame({"date": weeks, "holdout": weeks > pd.Timestamp(check.cutoff)})
    found["actual"] = actual.to_numpy(float)
    start = float(found.loc[~found["holdout"], "actual"].max())
    ends = np.arange(1, check.weeks + 1)
    for name, model in check.models.items():
        fitted = _fitted(check, model, daily, weeks[~found["holdout"]])
        found[name] = np.concatenate([fitted, start + _forecast(check, model, ends)])
    is_last = found.index == len(found) - 1
    purchases, _net_sales = check.intervals
    found["low"] = np.where(is_last, start + purchases.low, np.nan)
    found["high"] = np.where(is_last, start + purchases.high, np.nan)
    return found


def _fitted(check: Holdout, model: PurchaseModel, daily: pd.DataFrame, weeks: pd.DatetimeIndex) -> Floats:
    """Return the repeat purchases expected up to each week of customers who arrived on their days."""
    births = daily[daily["first_purchases"] > 0]
    arrived = pd.to_datetime(births["date"]).to_numpy()
    age = (weeks.to_numpy()[:, None] - arrived[None, :]) / np.timedelta64(1, "D")
    each = model.expected_new(np.maximum(age, 0) / DAYS[check.unit])
    return np.asarray(each @ births["first_purchases"].to_numpy(float), dtype=float)


def _forecast(check: Holdout, model: PurchaseModel, weeks: npt.NDArray[np.int64]) -> Floats:
    """Return the purchases expected of all customers within so many weeks after the cut-off."""
    x, t_x, t = check.summary.history
    alive = pd.Series(model.p_alive(x, t_x, t)).groupby([x, t]).sum()
    pairs = alive.index.to_frame().to_numpy(float)
    ends: Floats = weeks_in(check.unit, 1) * weeks[np.newaxis, :].astype(np.float64)
    if_alive = model.expected_if_alive(ends, pairs[:, [0]], pairs[:, [1]])
    return np.asarray(alive.to_numpy(float) @ if_alive, dtype=float)
