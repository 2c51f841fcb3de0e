"""The portfolio's purchases and value in the time ahead, beside what the last check says of such numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.language import _, brief, money, number, percent
from analysis.ltv.backtest import Holdout
from analysis.ltv.intervals import Interval
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.summary import Summary, weeks_in
from analysis.not_possible import NotPossible


def expected_total(model: PurchaseModel, summary: Summary, horizon_weeks: int) -> float:
    """Return the purchases expected of all customers within the horizon."""
    duration = weeks_in(summary.unit, horizon_weeks)
    return float(model.expected_purchases(duration, *summary.history).sum())


def per_week(check: Holdout, expected: float, interval: Interval, horizon_weeks: int) -> pd.DataFrame:
    """Put what came, what was expected and what is expected next side by side, per week.

    Parameters
    ----------
    check
        The holdout.
    expected, interval
        Purchases expected within the horizon, and their interval.
    horizon_weeks
        The horizon.

    Returns
    -------
    pandas.DataFrame
        Four rows, first of the customers known before the holdout and then of all: ``what`` (label);
        ``forecast`` (whether it was expected rather than came); repeat ``purchases`` per week; ``low`` and
        ``high`` (missing for what came).
    """
    past = check.interval
    rows = [
        (_("Came, of customers known before"), False, check.actual, np.nan, np.nan, check.weeks),
        (_("Had been expected of them"), True, check.predicted, past.low, past.high, check.weeks),
        (_("Came, of all customers"), False, check.of_all, np.nan, np.nan, check.weeks),
        (_("Expected of all, from now on"), True, expected, interval.low, interval.high, horizon_weeks),
    ]
    frame = pd.DataFrame(rows, columns=["what", "forecast", "purchases", "low", "high", "weeks"])
    numbers = frame[["purchases", "low", "high"]].div(frame["weeks"], axis=0)
    return pd.concat([frame[["what", "forecast"]], numbers], axis=1)


def per_week_title(rows: pd.DataFrame) -> str:
    """Return what a chart of `per_week` shows."""
    came, ahead = rows["purchases"].iloc[-2:]
    return _("{ahead} purchases a week expected, after {came} of late").format(
        ahead=brief(round(ahead, 2)), came=brief(round(came, 2))
    )


def forecast_sentence(expected: float, interval: Interval, horizon_weeks: int, check: Holdout) -> str:
    """Say how many purchases are expected, and what the last check says of such a number.

    Parameters
    ----------
    expected, interval
        Purchases expected within the horizon, and their interval.
    horizon_weeks
        The horizon.
    check
        The holdout.
    """
    error = check.predicted / check.actual - 1 if check.actual else 0.0
    low, high = interval.rounded()
    beyond = _beyond_history(check.summary, horizon_weeks, check.weeks)
    message = (
        _(
            "In the next {weeks} weeks these customers are expected to buy {expected} times ({level} "
            "interval {low} to {high}); in the last check the model was {error} too low."
        )
        if error < 0
        else _(
            "In the next {weeks} weeks these customers are expected to buy {expected} times ({level} "
            "interval {low} to {high}); in the last check the model was {error} too high."
        )
    )
    said = message.format(
        weeks=number(horizon_weeks),
        expected=number(expected),
        level=percent(interval.level),
        low=number(low),
        high=number(high),
        error=percent(abs(error), 1),
    )
    return f"{said} {beyond}".strip()


def _beyond_history(summary: Summary, horizon_weeks: int, later_weeks: int = 0) -> str:
    """Say that a horizon is longer than the history, which ends ``later_weeks`` after the summary's day."""
    longest = float(summary.frame["T"].max()) if len(summary.frame) else 0.0
    history = int(longest / weeks_in(summary.unit, 1) + later_weeks)
    if horizon_weeks <= history:
        return ""
    return _(
        "The history covers only {n} weeks: a forecast over {weeks} rests on the model, not on data."
    ).format(n=number(history), weeks=number(horizon_weeks))


def equity_sentence(
    values: pd.DataFrame,
    interval: Interval,
    horizon_weeks: int,
    currency: str | None,
    check: Holdout | NotPossible,
    *,
    summary: Summary | None = None,
) -> str:
    """Say what the customers are worth together, and how far off money was in the last check.

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
    check
        The holdout, or why there is none.
    summary
        The customers, to compare the horizon with their history; by default that of ``check``.
    """
    low, high = interval.rounded()
    worth = _(
        "Over the next {weeks} weeks the {customers} customers are worth {equity} in discounted margin "
        "(customer equity; {level} interval {low} to {high}), from {purchases} expected purchases."
    ).format(
        weeks=number(horizon_weeks),
        customers=number(len(values)),
        equity=money(float(values["clv"].sum()), currency),
        level=percent(interval.level),
        low=money(low, currency),
        high=money(high, currency),
        purchases=number(float(values["expected_purchases"].sum())),
    )
    beyond = ""
    if summary is not None:
        beyond = _beyond_history(summary, horizon_weeks)
    elif not isinstance(check, NotPossible):
        beyond = _beyond_history(check.summary, horizon_weeks, check.weeks)
    if isinstance(check, NotPossible) or np.isnan(check.value_error):
        return f"{worth} {beyond}".strip()
    message = (
        _(
            "In the last check the model's net sales were {error} too low, an error of a kind that the "
            "interval does not cover."
        )
        if check.value_error < 0
        else _(
            "In the last check the model's net sales were {error} too high, an error of a kind that the "
            "interval does not cover."
        )
    )
    last = message.format(error=percent(abs(check.value_error), 1))
    return f"{worth} {last} {beyond}".strip()
