"""Sales by period: how many customers, how often, how much."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from analysis.language import _, date, money, percent, period
from analysis.portfolio.periods import calendar


@dataclass(frozen=True)
class SalesByPeriod:
    """Net sales of each period and the three factors they are made of.

    Attributes
    ----------
    frame
        One row per period of the calendar: ``period`` (first day), ``customers``, ``purchases``
        (purchase days), ``purchases_per_customer``, ``value_per_purchase`` (money, net of returns; both
        missing where nobody bought), ``net_sales`` (money) and ``complete``.
    unit
        ``month``, ``quarter`` or ``year``.
    """

    frame: pd.DataFrame
    unit: str

    @property
    def closed(self) -> pd.DataFrame:
        """The periods that are over."""
        return self.frame[self.frame["complete"]]

    @property
    def change(self) -> float | None:
        """Net sales of the last complete period ÷ those of the one before − 1; None without both."""
        last = self.closed["net_sales"].tail(2).tolist()
        return last[1] / last[0] - 1 if len(last) == 2 and last[0] > 0 else None

    def title(self) -> str:
        """Return what a chart of the periods shows."""
        if not self.frame["net_sales"].any():
            return _("Net sales are zero in every period")
        best = self.frame.iloc[int(self.frame["net_sales"].to_numpy().argmax())]
        return _("Net sales were highest in {period}").format(period=period(best["period"], self.unit))

    def sentence(self, currency: str | None) -> str:
        """Return how the last complete period compares with the one before."""
        if self.closed.empty:
            return _("No period is complete yet.")
        last = self.closed.iloc[-1]
        name, net = period(last["period"], self.unit), money(last["net_sales"], currency)
        if self.change is None:
            return _("In {period}, the last complete period, net sales were {net}.").format(
                period=name, net=net
            )
        if self.change < 0:
            message = _(
                "In {period}, the last complete period, net sales were {net}: {change} less than in {before}."
            )
        elif self.change > 0:
            message = _(
                "In {period}, the last complete period, net sales were {net}: {change} more than in {before}."
            )
        else:
            message = _(
                "In {period}, the last complete period, net sales were {net}, the same as in {before}."
            )
        before = period(self.closed.iloc[-2]["period"], self.unit)
        return message.format(period=name, net=net, change=percent(abs(self.change), 1), before=before)

    def incomplete_note(self, as_of: dt.date) -> str | None:
        """Return a warning where the last period is not over, None otherwise."""
        return incomplete_note(self.frame, as_of, self.unit)


def sales_by_period(rows: pd.DataFrame, as_of: dt.date, unit: str) -> SalesByPeriod:
    """Return sales by period on a calendar without holes.

    Parameters
    ----------
    rows
        The rows of ``sql/sales_by_period.sql``, at least one.
    as_of
        The last day that counts.
    unit
        ``month``, ``quarter`` or ``year``.
    """
    frame = calendar(rows["period"].min(), as_of, unit).merge(rows, on="period", how="left")
    counts = frame[["customers", "purchases"]].fillna(0).astype(int)
    frame = frame.assign(**counts, net_sales=frame["net_sales"].fillna(0))
    frame = frame.assign(
        purchases_per_customer=frame["purchases"] / frame["customers"].where(frame["customers"] > 0),
        value_per_purchase=frame["net_sales"] / frame["purchases"].where(frame["purchases"] > 0),
    )
    columns = ["period", "customers", "purchases", "purchases_per_customer", "value_per_purchase"]
    return SalesByPeriod(frame[[*columns, "net_sales", "complete"]], unit)


def incomplete_note(frame: pd.DataFrame, as_of: dt.date, unit: str) -> str | None:
    """Return a warning where the last period of ``frame`` is not over on ``as_of``, None otherwise."""
    last = frame.iloc[-1]
    if last["complete"]:
        return None
    return _(
        "{period} is not over: the data end on {day}. It is hatched, and its numbers are no drop."
    ).format(period=period(last["period"], unit), day=date(as_of))
