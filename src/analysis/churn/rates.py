"""The churn rate: how many of the customers a period starts with are lost in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from analysis.language import _, ngettext, number, percent, period
from analysis.portfolio import customer_flow


@dataclass(frozen=True)
class ChurnRates:
    """The churn rate of each complete period that has one before it.

    Attributes
    ----------
    frame
        ``period`` (first day); ``active_before``, customers active at its start; ``lost`` of them;
        ``rate`` = lost ÷ active before, missing where nobody was.
    unit
        ``month``, ``quarter`` or ``year``.
    """

    frame: pd.DataFrame
    unit: str

    @property
    def last(self) -> pd.Series | None:
        """The last period with a rate; None where there is none."""
        known = self.frame[self.frame["rate"].notna()]
        return None if known.empty else known.iloc[-1]

    @property
    def mean(self) -> float:
        """All customers lost ÷ all customers active at a start."""
        return float(self.frame["lost"].sum() / self.frame["active_before"].sum())

    def title(self) -> str:
        """Return what a chart of the rates shows."""
        if self.last is None:
            return _("There are no two complete periods to compare")
        return _("{rate} of the customers active before {period} did not buy in it").format(
            rate=percent(self.last["rate"], 1), period=period(self.last["period"], self.unit)
        )

    def sentence(self) -> str:
        """Return the finding in one sentence, or what is missing for it."""
        if self.last is None:
            return _(
                "Too little data for a churn rate: it takes two complete periods in a row with customers."
            )
        return ngettext(
            "The churn rate of {period} is {rate}: {lost} of the {active} customer active at its start did "
            "not buy in it; over all periods it is {mean}.",
            "The churn rate of {period} is {rate}: {lost} of the {active} customers active at its start did "
            "not buy in it; over all periods it is {mean}.",
            int(self.last["active_before"]),
        ).format(
            period=period(self.last["period"], self.unit),
            rate=percent(self.last["rate"], 1),
            lost=number(self.last["lost"]),
            active=number(self.last["active_before"]),
            mean=percent(self.mean, 1),
        )


def rates(rows: pd.DataFrame, as_of: dt.date, unit: str) -> ChurnRates:
    """Return the churn rate of each period.

    Parameters
    ----------
    rows
        The rows of ``sql/customer_flow.sql``.
    as_of
        The last day that counts.
    unit
        ``month``, ``quarter`` or ``year``.

    Notes
    -----
    Churn rate of a period = customers lost in it ÷ customers active at its start.
    Active at the start is who bought in the period before. The first period, with none before it, and
    an incomplete last one do not count.
    """
    flow = customer_flow(rows, as_of, unit)
    if flow is None:
        return ChurnRates(pd.DataFrame({"period": [], "active_before": [], "lost": [], "rate": []}), unit)
    counted = flow.frame.iloc[1:]
    frame = counted.loc[counted["complete"], ["period", "active_before", "lost"]].reset_index(drop=True)
    rate = frame["lost"] / frame["active_before"].where(frame["active_before"] > 0)
    return ChurnRates(frame.assign(rate=rate.astype(float)), unit)
