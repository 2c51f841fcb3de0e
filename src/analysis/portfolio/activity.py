"""Who is active at as_of, with a window that comes from the gaps between purchases."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, ngettext, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import MONTH_DAYS, MONTHS
from analysis.result import Finding, Result, currency_of, sizes_by

USUAL_SHARE = 0.90


@dataclass(frozen=True)
class ActivityWindow(Result):
    """How many days after a purchase a customer counts as active: one window for the whole workbook.

    Attributes
    ----------
    days
        The window.
    gaps
        ``gap`` (days between two purchases of a customer), ``gaps`` (how many), ``share_within`` (share of
        gaps no longer), by gap; empty where nobody bought twice.
    is_given
        Whether the window was set by hand.
    history
        Days from the first purchase to the last; None where it does not matter.
    """

    name: ClassVar[str] = "gaps"
    days: int
    gaps: pd.DataFrame
    is_given: bool = False
    history: int | None = None

    @property
    def share_within(self) -> float:
        """Share of the repeat purchases that come within the window."""
        return float(self.gaps.loc[self.gaps["gap"] <= self.days, "gaps"].sum() / self.gaps["gaps"].sum())

    @property
    def period(self) -> str:
        """The shortest period that is not shorter than the window, but one that the history holds twice."""
        lengths = {unit: months * MONTH_DAYS for unit, months in MONTHS.items()}
        held = [unit for unit, days in lengths.items() if self.history is None or 2 * days <= self.history]
        long_enough = [unit for unit in held if lengths[unit] >= self.days]
        return long_enough[0] if long_enough else (held or ["month"])[-1]

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether anybody bought twice."""
        return len(self.gaps) > 0

    def title(self) -> str:
        """Return what a chart of the gaps shows."""
        return _("{share} of repeat purchases come within {window} days").format(
            share=percent(self.share_within), window=number(self.days)
        )

    def sentence(self) -> str:
        """Return what the window means on the gaps seen."""
        said = _("The activity window is {window} days.")
        if self.is_given:
            said = _("The activity window is {window} days, as set.")
        said = said.format(window=number(self.days))
        if self.gaps.empty:
            return said
        median = self.gaps.loc[self.gaps["share_within"] >= 0.5, "gap"].iloc[0]
        share = _("{share} of repeat purchases come within it, half of them within {median} days.")
        return f"{said} {share.format(share=percent(self.share_within, 1), median=number(median))}"

    def notes(self) -> list[str]:
        """Return the window."""
        return [self.sentence()]


@dataclass(frozen=True)
class Activity(Result):
    """Active and inactive customers at ``as_of``.

    Attributes
    ----------
    customers
        Customers who have bought: ``customer_id``, ``last_purchase``, ``net_sales``,
        ``days_since_last`` and ``active``.
    window
        Activity window in days.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "activity"
    customers: pd.DataFrame
    window: int
    currency: str | None = None

    @property
    def active(self) -> int:
        """Number of customers who bought within the window."""
        return int(self.customers["active"].sum())

    @property
    def share(self) -> float:
        """Share of customers who are active."""
        return self.active / len(self.customers)

    def table(self) -> pd.DataFrame:
        """Return ``status``, ``customers``, ``net_sales`` (money, all they ever bought) and both shares."""
        sizes = sizes_by("active", [True, False], self.customers).reset_index(drop=True)
        sizes.insert(0, "status", [_("Active"), _("Inactive")])
        return sizes

    def title(self) -> str:
        """Return what a chart of the days since the last purchase shows."""
        return ngettext(
            "{share} of customers bought on the last day",
            "{share} of customers bought in the last {window} days",
            self.window,
        ).format(share=percent(self.share), window=number(self.window))

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        return ngettext(
            "{active} of {customers} customers ({share}) are active: they bought in the last day.",
            "{active} of {customers} customers ({share}) are active: they bought in the last {window} days.",
            self.window,
        ).format(
            active=number(self.active),
            customers=number(len(self.customers)),
            share=percent(self.share, 1),
            window=number(self.window),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return both groups."""
        return {"activity": self.table()}

    def findings(self) -> list[Finding]:
        """Return how many are active; the money is what the inactive ones ever bought."""
        asleep = float(self.table()["net_sales"].iloc[1])
        return [Finding("portfolio.active", self.sentence(), self.active, "customers", max(asleep, 0.0))]


def activity_window(pairs: pd.DataFrame, given: int | None = None) -> ActivityWindow | NotPossible:
    """Return the days within which nine in ten repeat purchases come.

    Parameters
    ----------
    pairs
        The rows of ``sql/purchase_gaps.sql``.
    given
        Days set by hand; None finds them, which is not possible where nobody bought on two days.

    Examples
    --------
    >>> import pandas as pd
    >>> first = pd.Timestamp("2026-01-01")
    >>> later = [first + pd.Timedelta(days=9), pd.NaT]
    >>> pairs = pd.DataFrame({"previous": first, "date": later, "gaps": [3, 1]})
    >>> print(activity_window(pairs))
    The activity window is 9 days. 100.0% of repeat purchases come within it, half of them within 9 days.
    """
    seen = pairs[pairs["date"].notna()]  # the last purchase of each customer starts no gap
    gap = (seen["date"] - seen["previous"]).dt.days.rename("gap")
    gaps = seen["gaps"].groupby(gap).sum().reset_index()
    gaps["share_within"] = gaps["gaps"].cumsum() / gaps["gaps"].sum()
    days = pd.concat([pairs["previous"], pairs["date"]])
    history = int((days.max() - days.min()).days) if len(days) else 0
    if given is not None:
        return ActivityWindow(given, gaps, is_given=True, history=history)
    usual = gaps.loc[gaps["share_within"] >= USUAL_SHARE - 1e-12, "gap"]
    if usual.empty:
        return NotPossible(_("Nobody bought on two different days, so the data suggest no activity window."))
    return ActivityWindow(int(usual.iloc[0]), gaps, history=history)


@or_not_possible
def activity(customers: pd.DataFrame, as_of: dt.date, window: ActivityWindow) -> Activity | NotPossible:
    """Return who bought within the activity window.

    Parameters
    ----------
    customers
        The rows of ``sql/customers.sql``; customers without a purchase are left out.
    as_of
        The last day that counts.
    window
        The activity window; the day that lies exactly so many days back counts.
    """
    bought = customers.loc[customers["last_purchase"].notna(), ["customer_id", "last_purchase", "net_sales"]]
    if bought.empty:
        return NotPossible(_("Nobody bought anything, so nobody is active."))
    days = (pd.Timestamp(as_of) - bought["last_purchase"]).dt.days
    told = bought.assign(days_since_last=days, active=np.less_equal(days, window.days))
    return Activity(told, window.days, currency_of(customers))


def default_period(window: ActivityWindow | NotPossible, given: str | None = None) -> str:
    """Return the period to follow customers in: that given, or that of the window; without one, a month."""
    return given or (window.period if isinstance(window, ActivityWindow) else "month")


def profile(customers: pd.DataFrame, as_of: dt.date, window: ActivityWindow | NotPossible) -> pd.DataFrame:
    """Return what the portfolio knows of each customer.

    Returns
    -------
    pandas.DataFrame
        By ``customer_id``, of all who bought: ``days_since_last`` and, where there is a window, ``active``.
    """
    found = activity(customers, as_of, window)
    if isinstance(found, Activity):
        return found.customers.set_index("customer_id")[["days_since_last", "active"]]
    bought = customers[customers["last_purchase"].notna()].set_index("customer_id")
    return pd.DataFrame({"days_since_last": (pd.Timestamp(as_of) - bought["last_purchase"]).dt.days})
