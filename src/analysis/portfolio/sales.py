"""Sales by period: how many customers, how often, how much."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, date, money, period, signed_percent
from analysis.periods import MONTHS, begins_whole, calendar
from analysis.portfolio.factors import with_factors
from analysis.result import Result, currency_of


@dataclass(frozen=True)
class SalesByPeriod(Result):
    """Net sales of each period and the three factors they are made of.

    Attributes
    ----------
    frame
        One row per period of the calendar: ``period`` (first day), ``customers``, ``purchases``
        (purchase days), ``purchases_per_customer``, ``value_per_purchase`` (money, net of returns; both
        missing where nobody bought), ``net_sales`` (money) and ``complete``.
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.
    first_day, as_of
        The first day of the data; the last day that counts.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "sales"
    frame: pd.DataFrame
    unit: str
    first_day: dt.date
    as_of: dt.date
    currency: str | None = None

    @property
    def closed(self) -> pd.DataFrame:
        """The periods that are whole and over."""
        return self.frame[self.frame["complete"]]

    @property
    def change(self) -> float | None:
        """Net sales of the last complete period ÷ those a year before − 1; None without both."""
        net, back = self.closed["net_sales"].tolist(), 12 // MONTHS[self.unit]
        known = len(net) > back and net[-1 - back] > 0
        return net[-1] / net[-1 - back] - 1 if known else None

    def title(self) -> str:
        """Return what a chart of the periods shows."""
        if not self.frame["net_sales"].any():
            return _("Net sales are zero in every period")
        best = self.frame.iloc[int(self.frame["net_sales"].to_numpy().argmax())]
        return _("Net sales were highest in {period}").format(period=period(best["period"], self.unit))

    def sentence(self) -> str:
        """Return how the last complete period compares with the same one a year before."""
        if self.closed.empty:
            return _("No period is complete yet.")
        last = self.closed.iloc[-1]
        name, net = period(last["period"], self.unit), money(last["net_sales"], self.currency)
        if self.change is None:
            message = _("In {period}, the last complete period, net sales were {net}.")
            return message.format(period=name, net=net)
        message = _("In {period}, the last complete period, net sales were {net}: {change} against {before}.")
        before = period(self.closed["period"].iloc[-1 - 12 // MONTHS[self.unit]], self.unit)
        return message.format(period=name, net=net, change=signed_percent(self.change, 1), before=before)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the periods."""
        return {"sales_by_period": self.frame.rename(columns={"period": self.unit})}

    def notes(self) -> list[str]:
        """Return the sentence, and a warning where the first or last period is not whole."""
        first, last = self.frame.iloc[0], self.frame.iloc[-1]
        said = [self.sentence()]
        if not begins_whole(first["period"], self.first_day, self.unit):
            message = _("{period} is not whole: the data begin on {day}. It is hatched.")
            said.append(message.format(period=period(first["period"], self.unit), day=date(self.first_day)))
        if not last["complete"] and (len(self.frame) > 1 or len(said) == 1):
            message = _(
                "{period} is not over: the data end on {day}. It is hatched, and its numbers are no drop."
            )
            said.append(message.format(period=period(last["period"], self.unit), day=date(self.as_of)))
        return said


def sales_by_period(rows: pd.DataFrame, as_of: dt.date, unit: str) -> SalesByPeriod:
    """Return sales by period on a calendar without holes.

    Parameters
    ----------
    rows
        The rows of ``sql/sales_by_period.sql``, at least one.
    as_of
        The last day that counts.
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.
    """
    first_day = rows["first_day"].min()
    frame = calendar(first_day, as_of, unit).merge(rows, on="period", how="left")
    counts = frame[["customers", "purchases"]].fillna(0).astype(int)
    frame = frame.assign(**counts, net_sales=frame["net_sales"].fillna(0))
    columns = ["period", "customers", "purchases", "purchases_per_customer", "value_per_purchase"]
    frame = with_factors(frame)[[*columns, "net_sales", "complete"]]
    return SalesByPeriod(frame, unit, first_day, as_of, currency_of(rows))
