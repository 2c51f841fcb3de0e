"""Would the models have predicted the recent past? Fit before a date, compare with what came after."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.language import _, date, number, percent
from analysis.ltv.accuracy import last_period, measures
from analysis.ltv.choice import Past, fit_purchases
from analysis.ltv.counts import Floats
from analysis.ltv.meaning import model_name
from analysis.ltv.purchases import Kind, PurchaseModel
from analysis.ltv.summary import DAYS, Summary, Unit, summarise, weeks_in
from analysis.ltv.uncertainty import Interval, total_interval
from analysis.models import NotFitted

MAX_HOLDOUT_WEEKS = 52
TITLE_CUSTOMERS = 20  # a title speaks of a group no smaller, where there is one


@dataclass(frozen=True)
class Holdout:
    """A model fitted on the past, and what happened afterwards.

    Attributes
    ----------
    cutoff
        Last day the model saw.
    weeks
        Length of the holdout after it.
    unit
        Time unit of ``t_x`` and ``T``.
    model
        The model fitted at ``cutoff``.
    summary
        The customers known at ``cutoff``, as the model sees them.
    customers
        One row per customer known at ``cutoff``: ``customer_id, x, t_x, T, z``; ``actual`` purchases in
        the holdout, ``actual_sales`` in money; purchases ``expected`` by the model and by naive rules:
        ``same_rate`` (as many per week as before), ``last_period`` (as many as in the weeks before, of the
        same number; only where they were given) and ``zero``.
    interval
        90 % interval of the model's total.
    newcomers
        Customers left out because they arrived in the holdout.
    of_all
        Repeat purchases of the holdout by all customers, newcomers among them.
    """

    cutoff: dt.date
    weeks: int
    unit: Unit
    model: PurchaseModel
    summary: Summary
    customers: pd.DataFrame
    interval: Interval
    newcomers: int
    of_all: int

    @property
    def actual(self) -> int:
        """Purchases of the holdout."""
        return int(self.customers["actual"].sum())

    @property
    def predicted(self) -> float:
        """Purchases the model expected."""
        return float(self.customers["expected"].sum())

    @property
    def past(self) -> Past:
        """What `fit_purchases` needs to choose a model by the holdout too."""
        return Past(self.summary, self.customers["actual"].to_numpy(np.float64), self.weeks)

    @property
    def naive(self) -> tuple[str, ...]:
        """The naive rules that the model is compared with."""
        return tuple(rule for rule in ("same_rate", "last_period", "zero") if rule in self.customers)


def default_holdout_weeks(first: pd.Timestamp, as_of: dt.date) -> int:
    """Return half the history in whole weeks, at most a year; 0 where nobody ever bought."""
    days = (pd.Timestamp(as_of) - first) / pd.Timedelta(days=1)
    return min(round(days / 2 / 7), MAX_HOLDOUT_WEEKS) if days > 0 else 0


def cutoff(as_of: dt.date, weeks: int) -> dt.date:
    """Return the last day before a holdout of so many weeks up to ``as_of``."""
    return as_of - dt.timedelta(weeks=weeks)


def holdout(
    known: pd.DataFrame,
    later: pd.DataFrame,
    as_of: dt.date,
    weeks: int,
    unit: Unit,
    *,
    model: Kind | Literal["auto"] = "bg_nbd",
    before: pd.DataFrame | None = None,
) -> Holdout | NotFitted:
    """Fit the purchase model on the customers known before the holdout and compare with what followed.

    Parameters
    ----------
    known
        ``sql/customers.sql`` as of ``as_of`` less ``weeks``.
    later
        The same as of ``as_of``.
    as_of
        Last day of the holdout.
    weeks
        Length of the holdout.
    unit
        Time unit of the model.
    model
        Which model; ``"auto"`` takes the one under which the past is most likely, as nothing else could be
        known then.
    before
        ``sql/customers.sql`` as of ``as_of`` less twice ``weeks``, for the rule that all goes on as in the
        last period.

    Returns
    -------
    Holdout or NotFitted
        ``NotFitted``, with the reason, where the past alone does not carry a model.
    """
    if weeks < 1:
        return NotFitted(_("No check against the past is possible: the history is shorter than two weeks."))
    past_end = cutoff(as_of, weeks)
    past = summarise(known, past_end, unit)
    fitted = fit_purchases(past, model)
    if isinstance(fitted, NotFitted):
        return NotFitted(
            _("No check against the past {weeks} weeks is possible. {reason}").format(
                weeks=number(weeks), reason=fitted.reason
            )
        )
    customers = past.frame[["customer_id", "x", "t_x", "T", "z"]].merge(
        _since(known, later), on="customer_id", how="left", validate="one_to_one"
    )
    x, t_x, t = past.history
    duration = weeks_in(unit, weeks)
    customers["expected"] = fitted.expected_purchases(duration, x, t_x, t)
    customers["same_rate"] = same_rate(x, t, duration)
    if before is not None:
        customers["last_period"] = last_period(before, known)
    customers["zero"] = 0.0
    interval = total_interval(fitted, past, weeks)
    newcomers = int(later["first_purchase"].notna().sum()) - len(customers)
    of_all = int(later["x"].sum() - known["x"].sum())
    return Holdout(past_end, weeks, unit, fitted, past, customers, interval, newcomers, of_all)


def _since(known: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Return purchases and money between two customer tables, for the customers of the first."""
    both = known.merge(later, on="customer_id", suffixes=("", "_later"), validate="one_to_one")
    return pd.DataFrame(
        {
            "customer_id": both["customer_id"],
            "actual": both["purchase_days_later"] - both["purchase_days"],
            "actual_sales": both["sales_later"] - both["sales"],
        }
    )


def same_rate(x: Floats, t: Floats, duration: float) -> Floats:
    """Return the purchases of a customer that goes on as before: x ÷ T × duration; 0 where T is 0."""
    return np.divide(x * duration, t, out=np.zeros(len(x)), where=t > 0)


def scores(check: Holdout) -> pd.DataFrame:
    """Compare the model with naive rules on the holdout.

    Returns
    -------
    pandas.DataFrame
        One row per ``model`` (its kind, then the naive rules): predicted ``total``; ``total_error`` (total ÷
        actual − 1, missing where nobody bought); ``mae`` mean absolute and ``rmse`` root mean square error,
        both in purchases per customer; ``rank`` correlation; and ``lift``, how many times the average the
        tenth of customers with the highest forecast spent.
    """
    customers = check.customers
    actual, sales = (customers[name].to_numpy(np.float64) for name in ("actual", "actual_sales"))
    rows = []
    for name, column in [(check.model.kind, "expected"), *((rule, rule) for rule in check.naive)]:
        predicted = customers[column].to_numpy(np.float64)
        measured = measures(actual, predicted, np.maximum(sales, 0))
        rows.append({"model": name, "total": float(predicted.sum())} | measured)
    return pd.DataFrame(rows)


def scores_table(check: Holdout) -> pd.DataFrame:
    """Return `scores` with the actual total first and the rules by name."""
    table = scores(check)
    table["model"] = [rule_name(model) for model in table["model"]]
    actual = pd.DataFrame({"model": [_("What came")], "total": [float(check.actual)]})
    return pd.concat([actual, table], ignore_index=True)


def rule_name(rule: str) -> str:
    """Return what a forecast is called in tables and figures."""
    names = {
        "expected": _("The model"),
        "same_rate": _("Same rate as before"),
        "last_period": _("Same as in the last period"),
        "zero": _("Nobody buys again"),
    }
    return names.get(rule) or model_name(rule)


def by_frequency(check: Holdout, top: int = 7) -> pd.DataFrame:
    """Compare actual and predicted purchases by what customers had done before.

    Parameters
    ----------
    check
        The holdout.
    top
        Customers with this many repeat purchases or more are one group.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``x`` (``"0"``, …, ``"7+"``), ``customers``, and the mean purchases in the
        holdout per customer: ``actual``, ``expected``, ``same_rate``.
    """
    customers = check.customers
    group = customers["x"].clip(upper=top)
    table = customers.groupby(group).agg(
        customers=("x", "size"),
        actual=("actual", "mean"),
        expected=("expected", "mean"),
        same_rate=("same_rate", "mean"),
    )
    labels = [f"{top}+" if value == top else str(value) for value in table.index]
    table.insert(0, "x", labels)
    return table.reset_index(drop=True)


def by_frequency_title(table: pd.DataFrame) -> str:
    """Return what a chart of `by_frequency` shows."""
    large = table[table["customers"] >= min(TITLE_CUSTOMERS, int(table["customers"].max()))]
    top = large.iloc[-1]
    return _("After {x} repeat purchases {actual} more came on average; the model expected {model}").format(
        x=top["x"], actual=number(top["actual"], 1), model=number(top["expected"], 1)
    )


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
        One row per week, counted back from ``as_of``: ``date`` (its last day), cumulative ``actual`` and
        ``expected`` repeat purchases, ``holdout`` (whether the week lies after the cut-off), and for the
        last week the interval ``low`` to ``high`` of the forecast.
    """
    days = pd.to_datetime(daily["date"])
    weeks = pd.date_range(end=pd.Timestamp(as_of), periods=_weeks_between(days.min(), as_of), freq="7D")
    repeat = daily["purchases"] - daily["first_purchases"]
    actual = pd.Series(repeat.to_numpy(), index=days).cumsum().reindex(weeks, method="ffill").fillna(0)
    track = pd.DataFrame({"date": weeks, "actual": actual.to_numpy(float)})
    track["holdout"] = track["date"] > pd.Timestamp(check.cutoff)
    start = float(track.loc[~track["holdout"], "actual"].max())
    ahead = start + _forecast(check, np.arange(1, check.weeks + 1))
    track["expected"] = np.concatenate([_fitted(check, daily, weeks[~track["holdout"]]), ahead])
    is_last = track.index == len(track) - 1
    track["low"] = np.where(is_last, start + check.interval.low, np.nan)
    track["high"] = np.where(is_last, start + check.interval.high, np.nan)
    return track


def _fitted(check: Holdout, daily: pd.DataFrame, weeks: pd.DatetimeIndex) -> Floats:
    """Return the repeat purchases expected up to each week of customers who arrived on their days."""
    births = daily[daily["first_purchases"] > 0]
    arrived = pd.to_datetime(births["date"]).to_numpy()
    age = (weeks.to_numpy()[:, None] - arrived[None, :]) / np.timedelta64(1, "D")
    each = check.model.expected_new(np.maximum(age, 0) / DAYS[check.unit])
    return np.asarray(each @ births["first_purchases"].to_numpy(float), dtype=float)


def _forecast(check: Holdout, weeks: npt.NDArray[np.int64]) -> Floats:
    """Return the purchases expected of all customers within so many weeks after the cut-off."""
    x, t_x, t = (check.customers[name].to_numpy(float) for name in ("x", "t_x", "T"))
    alive = pd.Series(check.model.p_alive(x, t_x, t)).groupby([x, t]).sum()
    pairs = alive.index.to_frame().to_numpy(float)
    ends: Floats = weeks_in(check.unit, 1) * weeks[np.newaxis, :].astype(np.float64)
    if_alive = check.model.expected_if_alive(ends, pairs[:, [0]], pairs[:, [1]])
    return np.asarray(alive.to_numpy(float) @ if_alive, dtype=float)


def tracking_title(check: Holdout) -> str:
    """Return what a chart of `tracking` shows."""
    error = check.predicted / check.actual - 1 if check.actual else 0.0
    message = (
        _("After {date} the model expected {error} fewer purchases than came")
        if error < 0
        else _("After {date} the model expected {error} more purchases than came")
    )
    return message.format(date=date(check.cutoff), error=percent(abs(error)))


def _weeks_between(first: pd.Timestamp, as_of: dt.date) -> int:
    return (pd.Timestamp(as_of) - first).days // 7 + 1


def verdict(check: Holdout) -> str:
    """Say in words how the model did against the past and the naive rules."""
    table = scores(check).set_index("model")
    naive = table.loc[list(check.naive), "rmse"]
    own_rmse = float(table["rmse"][check.model.kind])
    values = {
        "weeks": number(check.weeks),
        "predicted": number(check.predicted),
        "actual": number(check.actual),
        "model_rmse": number(own_rmse, 2),
        "naive_rmse": number(naive.min(), 2),
        "naive": rule_name(str(naive.idxmin())),
    }
    if own_rmse < naive.min():
        return _(
            "In the last {weeks} weeks the model, which had not seen them, expected {predicted} purchases "
            "and {actual} came; per customer it was off by {model_rmse} (RMSE), the best naive rule "
            "(“{naive}”) by {naive_rmse}: the model adds something."
        ).format(**values)
    return _(
        "In the last {weeks} weeks the model, which had not seen them, expected {predicted} purchases and "
        "{actual} came; per customer it was off by {model_rmse} (RMSE), the naive rule “{naive}” by "
        "{naive_rmse}: the model fails this check, so do not rely on its forecasts for single customers."
    ).format(**values)


def interval_verdict(check: Holdout) -> str:
    """Say whether the holdout total fell inside the model's own interval."""
    low, high = check.interval.rounded()
    values = {
        "level": percent(check.interval.level),
        "low": number(low),
        "high": number(high),
        "actual": number(check.actual),
    }
    if check.interval.contains(check.actual):
        return _(
            "The model's {level} interval for those purchases, {low} to {high}, holds the {actual} that came."
        ).format(**values)
    return _(
        "The model's {level} interval for those purchases, {low} to {high}, misses the {actual} that came: "
        "the interval knows chance, not seasons, campaigns or a changing shop, so the one for the future is "
        "too narrow too."
    ).format(**values)
