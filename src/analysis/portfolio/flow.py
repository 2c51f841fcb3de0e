"""Who came, stayed, came back and left, from one period to the next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, number, period
from analysis.not_possible import NotPossible
from analysis.periods import calendar, ordinals
from analysis.result import Finding, Result

STATUSES = ("new", "retained", "reactivated", "lost", "inactive")


@dataclass(frozen=True)
class CustomerFlow(Result):
    """Customers of each period by what they did in it and in the one before.

    Attributes
    ----------
    frame
        One row per period of the calendar: ``period`` (first day), ``active_before`` (customers of the
        previous period), ``new``, ``retained``, ``reactivated``, ``lost``, ``inactive``, ``active``
        (customers of this one) and ``complete`` (see `calendar`).
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.
    """

    name: ClassVar[str] = "flow"
    frame: pd.DataFrame
    unit: str

    @property
    def last(self) -> pd.Series | None:
        """The last complete period after another; None where there is none."""
        return None if self.closed.empty else self.closed.iloc[-1]

    @property
    def closed(self) -> pd.DataFrame:
        """The complete periods that follow a complete one: only they can be compared with it."""
        complete = self.frame["complete"]
        return self.frame[complete & complete.shift(fill_value=False)]

    def title(self) -> str:
        """Return what a chart of the flow shows."""
        if self.last is None:
            return _("Nobody could stay or leave yet")
        return _("In {period}, {gained} customers were won or reactivated and {lost} lost").format(
            period=period(self.last["period"], self.unit),
            gained=number(self.last["new"] + self.last["reactivated"]),
            lost=number(self.last["lost"]),
        )

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        if self.last is None:
            return _("There are no two complete periods to compare.")
        values = {name: number(self.last[name]) for name in ("active", "active_before", *STATUSES)}
        return _(
            "In {period}, {active} customers bought: {new} new, {retained} retained and "
            "{reactivated} reactivated; {lost} of the {active_before} customers of the period before did not."
        ).format(period=period(self.last["period"], self.unit), **values)

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether there are two complete periods to compare."""
        return self.last is not None

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the customers of each period."""
        return {"flow": self.frame.rename(columns={"period": self.unit})}

    def findings(self) -> list[Finding]:
        """Return who came and went in the last complete period."""
        if self.last is None:
            return []
        won, lost = int(self.last["new"] + self.last["reactivated"]), int(self.last["lost"])
        return [Finding("portfolio.flow", self.sentence(), lost, "customers", good=won >= lost)]

    def notes(self) -> list[str]:
        """Return why there is nothing to compare."""
        return [self.sentence()] if self.last is None else []


def customer_flow(rows: pd.DataFrame, as_of: dt.date, unit: str) -> CustomerFlow | NotPossible:
    """Return who is new, retained, reactivated, lost and inactive in each period.

    Parameters
    ----------
    rows
        The rows of ``sql/customer_flow.sql``.
    as_of
        The last day that counts.
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.

    Notes
    -----
    Active now = new + retained + reactivated; active before = retained + lost. Each
    customer seen so far is exactly one of the five.
    """
    if rows.empty:
        return NotPossible(_("Nobody bought anything, so nobody came or left."))
    periods = calendar(rows["first_day"].min(), as_of, unit)
    counts = _arrivals(rows, unit).reindex(periods["number"], fill_value=0).reset_index(drop=True)
    frame = pd.concat([periods, counts], axis=1).assign(active=counts.sum(axis=1))
    before = frame["active"].shift(fill_value=0)
    known = frame["new"].cumsum().shift(fill_value=0)
    frame = frame.assign(
        active_before=before,
        lost=before - frame["retained"],
        inactive=known - before - frame["reactivated"],
    )
    return CustomerFlow(frame[["period", "active_before", *STATUSES, "active", "complete"]], unit)


def _arrivals(rows: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Count the customers of each period, by its number, who are new, retained and reactivated."""
    number = ordinals(rows["period"], unit)
    first = rows["previous"].isna()
    adjacent = ordinals(rows["previous"].fillna(rows["period"]), unit) == number - 1
    status = np.select([first, adjacent], ["new", "retained"], "reactivated")
    counts = rows.assign(number=number, status=status).pivot_table(
        index="number", columns="status", values="customers", aggfunc="sum", fill_value=0
    )
    return counts.reindex(columns=["new", "retained", "reactivated"], fill_value=0)
