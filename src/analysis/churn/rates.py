"""The churn rate: how many of the customers a period starts with are lost in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, ngettext, number, percent, period
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio import CustomerFlow
from analysis.result import Finding, Result


@dataclass(frozen=True)
class ChurnRates(Result):
    """The churn rate of each complete period that has one before it.

    Attributes
    ----------
    frame
        ``period`` (first day); ``active_before``, customers active at its start; ``lost`` of them;
        ``rate`` = lost ÷ active before, missing where nobody was.
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.
    """

    name: ClassVar[str] = "churn_rate"
    frame: pd.DataFrame
    unit: str

    @property
    def last(self) -> pd.Series:
        """The last period with a rate."""
        return self.frame[self.frame["rate"].notna()].iloc[-1]

    @property
    def mean(self) -> float:
        """All customers lost ÷ all customers active at a start."""
        return float(self.frame["lost"].sum() / self.frame["active_before"].sum())

    def title(self) -> str:
        """Return what a chart of the rates shows."""
        return _("{rate} of the customers active before {period} did not buy in it").format(
            rate=percent(self.last["rate"], 1), period=period(self.last["period"], self.unit)
        )

    def sentence(self) -> str:
        """Return the finding in one sentence."""
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

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the periods."""
        return {"churn_rate": self.frame.rename(columns={"period": self.unit})}

    def findings(self) -> list[Finding]:
        """Return the last rate: good where it is not above the mean."""
        rate = float(self.last["rate"])
        return [Finding("churn.rate", self.sentence(), rate, "share", good=rate <= self.mean)]


@or_not_possible
def rates(flow: CustomerFlow) -> ChurnRates | NotPossible:
    """Return the churn rate of each period.

    Parameters
    ----------
    flow
        The result of `analysis.portfolio.customer_flow`.

    Notes
    -----
    Churn rate of a period = customers lost in it ÷ customers active at its start. Active at the start is who
    bought in the period before. Both must be complete.
    """
    frame = flow.closed[["period", "active_before", "lost"]].reset_index(drop=True)
    rate = (frame["lost"] / frame["active_before"].where(frame["active_before"] > 0)).astype(float)
    if not rate.notna().any():
        return NotPossible(
            _("Too little data for a churn rate: it takes two complete periods in a row with customers.")
        )
    return ChurnRates(frame.assign(rate=rate), flow.unit)
