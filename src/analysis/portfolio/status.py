"""Who is active at as_of, with a window that comes from the pauses customers make."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.language import _, ngettext, number, percent

USUAL_SHARE = 0.90


@dataclass(frozen=True)
class Activity:
    """Active and passive customers at ``as_of``.

    Attributes
    ----------
    customers
        Customers who have bought: ``customer_id``, ``last_purchase``, ``net_sales``,
        ``days_since_last`` and ``active``.
    window
        Activity window in days.
    as_of
        The last day that counts.
    """

    customers: pd.DataFrame
    window: int
    as_of: dt.date

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
        names = {True: _("Active"), False: _("Passive")}
        groups = self.customers.groupby("active")["net_sales"].agg(["size", "sum"])
        groups = groups.reindex([True, False], fill_value=0)
        total = float(groups["sum"].sum())
        return pd.DataFrame(
            {
                "status": [names[active] for active in groups.index],
                "customers": groups["size"].to_numpy(),
                "share_of_customers": (groups["size"] / len(self.customers)).to_numpy(),
                "net_sales": groups["sum"].to_numpy(),
                "share_of_sales": (groups["sum"] / (total if total > 0 else float("nan"))).to_numpy(),
            }
        )

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


def gap_distribution(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return how many days pass between a purchase and the same customer's next one.

    Parameters
    ----------
    pairs
        The rows of ``sql/purchase_gaps.sql``; the last purchase of each customer starts no gap.

    Returns
    -------
    pandas.DataFrame
        ``gap`` (days), ``gaps`` (how many) and ``share_within`` (share of gaps no longer), by gap.
    """
    seen = pairs[pairs["date"].notna()]
    gap = (seen["date"] - seen["previous"]).dt.days.rename("gap")
    gaps = seen["gaps"].groupby(gap).sum()
    return pd.DataFrame({"gaps": gaps, "share_within": gaps.cumsum() / gaps.sum()}).reset_index()


def activity_window(gaps: pd.DataFrame) -> int | None:
    """Return the days within which nine in ten repeat purchases come; None where nobody came back.

    Parameters
    ----------
    gaps
        As from `gap_distribution`.
    """
    usual = gaps.loc[gaps["share_within"] >= USUAL_SHARE - 1e-12, "gap"]
    return int(usual.iloc[0]) if len(usual) else None


def window_sentence(gaps: pd.DataFrame, window: int) -> str:
    """Return what the activity window means on the gaps seen."""
    within = gaps.loc[gaps["gap"] <= window, "gaps"].sum() / gaps["gaps"].sum()
    median = gaps.loc[gaps["share_within"] >= 0.5, "gap"].iloc[0]
    return _(
        "The activity window is {window} days: {share} of repeat purchases come within it, "
        "half of them within {median} days."
    ).format(window=number(window), share=percent(within, 1), median=number(median))


def activity(customers: pd.DataFrame, as_of: dt.date, window: int) -> Activity | None:
    """Return who bought within ``window`` days of ``as_of``; None where nobody ever bought.

    Parameters
    ----------
    customers
        The rows of ``sql/customers.sql``; customers without a purchase are left out.
    as_of
        The last day that counts.
    window
        Activity window in days.
    """
    bought = customers.loc[customers["last_purchase"].notna(), ["customer_id", "last_purchase", "net_sales"]]
    if bought.empty:
        return None
    days = (pd.Timestamp(as_of) - bought["last_purchase"]).dt.days
    return Activity(bought.assign(days_since_last=days, active=np.less_equal(days, window)), window, as_of)
