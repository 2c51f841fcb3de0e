"""Who is active at as_of, with a window that comes from the gaps between purchases."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import MONTH_DAYS, MONTHS, calendar
from analysis.result import Listed, Result, currency_of, sizes_by

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
    history
        First and last day with a purchase, where known.
    """

    name: ClassVar[str] = "gaps"
    days: int
    gaps: pd.DataFrame
    history: tuple[dt.date, dt.date] | None = None

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether anybody bought twice."""
        return len(self.gaps) > 0

    def title(self) -> str:
        """Return the window, and what it means on the gaps seen."""
        if not self.is_drawn:
            return _("The activity window is {window} days.").format(window=number(self.days))
        within = self.gaps.loc[self.gaps["gap"] <= self.days, "share_within"].max()
        median = self.gaps.loc[self.gaps["share_within"] >= 0.5, "gap"].iloc[0]
        return _(
            "The activity window is {window} days: {share} of repeat purchases come within it, half of them "
            "within {median} days."
        ).format(window=number(self.days), share=percent(within, 1), median=number(median))

    def notes(self) -> list[str]:
        """Return the window, where no chart says it."""
        return [] if self.is_drawn else [self.title()]


@dataclass(frozen=True, kw_only=True)
class Activity(Listed):
    """Active and inactive customers at ``as_of``, by an activity window in days.

    ``customers`` are those who have bought: ``customer_id``, ``last_purchase``, ``net_sales``,
    ``days_since_last``, ``active``.
    """

    name: ClassVar[str] = "activity"
    customers: pd.DataFrame
    window: int
    currency: str | None = None


def activity_window(pairs: pd.DataFrame, given: int | None = None) -> ActivityWindow | NotPossible:
    """Return the days given, or those within which nine in ten repeat purchases (``pairs``) come.

    Examples
    --------
    >>> import pandas as pd
    >>> first = pd.Timestamp("2026-01-01")
    >>> later = [first + pd.Timedelta(days=9), pd.NaT]
    >>> pairs = pd.DataFrame({"previous": first, "date": later, "gaps": [3, 1]})
    >>> print(activity_window(pairs))
    The activity window is 9 days: 100.0% of repeat purchases come within it, half of them within 9 days.
    """
    gap = (pairs["date"] - pairs["previous"]).dt.days  # missing after the last purchase of each customer
    gaps = pairs.groupby(gap.rename("gap"))["gaps"].sum().reset_index()
    gaps["share_within"] = gaps["gaps"].cumsum() / gaps["gaps"].sum()
    days = pd.concat([pairs["previous"], pairs["date"]])
    usual = gaps.loc[gaps["share_within"] >= USUAL_SHARE - 1e-12, "gap"]
    if given is None and usual.empty:
        return NotPossible(_("Nobody bought on two different days, so the data suggest no activity window."))
    history = (days.min(), days.max()) if len(pairs) else None
    return ActivityWindow(given or int(usual.iloc[0]), gaps, history)


def default_period(window: ActivityWindow | NotPossible, given: str | None = None) -> str:
    """Return the period given, or the shortest not shorter than the window of which two are complete."""
    if given or not isinstance(window, ActivityWindow):
        return given or "month"
    held = [
        unit for unit in MONTHS if not window.history or calendar(*window.history, unit)["complete"].sum() > 1
    ]
    return next((unit for unit in held if MONTHS[unit] * MONTH_DAYS >= window.days), ["month", *held][-1])


@or_not_possible
def activity(customers: pd.DataFrame, as_of: dt.date, window: ActivityWindow) -> Activity | NotPossible:
    """Return who of ``sql/customers.sql`` bought within the window; its first day counts."""
    bought = customers.loc[customers["last_purchase"].notna(), ["customer_id", "last_purchase", "net_sales"]]
    if bought.empty:
        return NotPossible(_("Nobody bought anything, so nobody is active."))
    days_since_last = (pd.Timestamp(as_of) - bought["last_purchase"]).dt.days
    bought = bought.assign(days_since_last=days_since_last, active=days_since_last <= window.days)
    sizes = sizes_by("active", [True, False], bought).reset_index(drop=True)
    sizes.insert(0, "status", [_("Active"), _("Inactive")])
    (active, share), days, currency = sizes.iloc[0, 1:3], window.days, currency_of(customers)
    text = _("{active} of {customers} customers ({share}) are active: they bought in the last {window} days.")
    counts = {"active": number(active), "customers": number(len(bought)), "window": number(days)}
    text = text.format(share=percent(share, 1), **counts)
    return Activity({"activity": sizes}, text, customers=bought, window=days, currency=currency)


def profile(customers: pd.DataFrame, as_of: dt.date, window: ActivityWindow | NotPossible) -> pd.DataFrame:
    """Return by ``customer_id``, of all who bought, ``days_since_last`` and, with a window, ``active``."""
    bought = customers[customers["last_purchase"].notna()].set_index("customer_id")
    days = (pd.Timestamp(as_of) - bought["last_purchase"]).dt.days
    told = pd.DataFrame({"days_since_last": days})
    if isinstance(window, ActivityWindow):
        told["active"] = days <= window.days
    return told
