"""Who came, stayed, came back and left, from one period to the next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.language import _, number, period
from analysis.portfolio.periods import calendar, ordinals

STATUSES = ("new", "retained", "recovered", "lost", "passive")


@dataclass(frozen=True)
class CustomerFlow:
    """Customers of each period by what they did in it and in the one before.

    Attributes
    ----------
    frame
        One row per period of the calendar: ``period`` (first day), ``active_before`` (customers of the
        previous period), ``new``, ``retained``, ``recovered``, ``lost``, ``passive``, ``active``
        (customers of this one) and ``complete``.
    unit
        ``month``, ``quarter`` or ``year``.
    """

    frame: pd.DataFrame
    unit: str

    @property
    def last(self) -> pd.Series | None:
        """The last complete period that has one before it; None where there is none."""
        closed = self.frame.iloc[1:]
        closed = closed[closed["complete"]]
        return None if closed.empty else closed.iloc[-1]

    def title(self) -> str:
        """Return what a chart of the flow shows."""
        if self.last is None:
            return _("Nobody could stay or leave yet")
        return _("In {period}, {gained} customers were won or recovered and {lost} lost").format(
            period=period(self.last["period"], self.unit),
            gained=number(self.last["new"] + self.last["recovered"]),
            lost=number(self.last["lost"]),
        )

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        if self.last is None:
            return _("There are no two complete periods to compare.")
        values = {name: number(self.last[name]) for name in ("active", "active_before", *STATUSES)}
        return _(
            "In {period}, {active} customers bought: {new} new, {retained} retained and "
            "{recovered} recovered; {lost} of the {active_before} customers of the period before did not."
        ).format(period=period(self.last["period"], self.unit), **values)


def customer_flow(rows: pd.DataFrame, as_of: dt.date, unit: str) -> CustomerFlow | None:
    """Return who is new, retained, recovered, lost and passive in each period; None if nobody bought.

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
    Active now = new + retained + recovered; active before = retained + lost. Each
    customer seen so far is exactly one of the five.
    """
    if rows.empty:
        return None
    periods = calendar(rows["period"].min(), as_of, unit)
    counts = _arrivals(rows, unit).reindex(periods["number"], fill_value=0).reset_index(drop=True)
    frame = pd.concat([periods, counts], axis=1).assign(active=counts.sum(axis=1))
    before = frame["active"].shift(fill_value=0)
    known = frame["new"].cumsum().shift(fill_value=0)
    frame = frame.assign(
        active_before=before,
        lost=before - frame["retained"],
        passive=known - before - frame["recovered"],
    )
    return CustomerFlow(frame[["period", "active_before", *STATUSES, "active", "complete"]], unit)


def _arrivals(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Count the customers of each period, by its number, who are new, retained and recovered."""
    number = ordinals(rows["period"], unit)
    first = rows["previous"].isna()
    adjacent = ordinals(rows["previous"].fillna(rows["period"]), unit) == number - 1
    status = np.select([first, adjacent], ["new", "retained"], "recovered")
    counts = rows.assign(number=number, status=status).pivot_table(
        index="number", columns="status", values="customers", aggfunc="sum", fill_value=0
    )
    return counts.reindex(columns=["new", "retained", "recovered"], fill_value=0)
