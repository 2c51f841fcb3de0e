"""The churn rate: how many of the customers a period starts with are lost in it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.language import _, number, percent, period


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
        return _(
            "The churn rate of {period} is {rate}: {lost} of the {active} customers active at its start did "
            "not buy in it; over all periods it is {mean}."
        ).format(
            period=period(self.last["period"], self.unit),
            rate=percent(self.last["rate"], 1),
            lost=number(self.last["lost"]),
            active=number(self.last["active_before"]),
            mean=percent(self.mean, 1),
        )


def rates(flow: pd.DataFrame, unit: str) -> ChurnRates:
    """Return the churn rate by period from the flow of customers.

    Parameters
    ----------
    flow
        ``CustomerFlow.frame`` of `analysis.portfolio.customer_flow`: ``period``, ``active_before``,
        ``lost``, ``complete``. The first period, with none before it, and incomplete ones do not count.
    unit
        ``month``, ``quarter`` or ``year``.

    Notes
    -----
    Churn rate of a period = customers lost in it ÷ customers active at its start (``definitions.md``).
    Active at the start is who bought in the period before.
    """
    counted = flow[flow["complete"]].iloc[1:] if len(flow) else flow
    frame = counted[["period", "active_before", "lost"]].reset_index(drop=True)
    rate = frame["lost"] / frame["active_before"].where(frame["active_before"] > 0)
    return ChurnRates(frame.assign(rate=rate.astype(float)), unit)
