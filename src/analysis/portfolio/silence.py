"""Inactive customers: how many come back after so long, and what sleeps in those who have not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, money, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import MONTH_DAYS
from analysis.portfolio.activity import Activity, ActivityWindow
from analysis.result import Finding, Result
from analysis.statistics import wilson

AHEAD = 12
_LONGEST, _LATE, _FEWEST, _TOP = 36, 24, 30, 10
_BANDS = (0, 6, 12, 18, 24, 36)


@dataclass(frozen=True)
class Reactivation(Result):
    """How many came back within twelve months, by the months they had been silent.

    Attributes
    ----------
    frame
        ``months`` of silence, ``silent`` (how often a customer had bought nothing for so long and was then
        observed for twelve months more), ``returned`` of them, ``rate``, and its 95 % interval ``rate_low``
        and ``rate_high``.
    window
        The activity window in days.
    """

    name: ClassVar[str] = "reactivation"
    frame: pd.DataFrame
    window: int

    def title(self) -> str:
        """Return how many of those come back who have just become inactive."""
        row = self._at_window
        return _("Of those silent for {months} months, {rate} came back within the next twelve").format(
            months=number(row["months"]), rate=percent(row["rate"])
        )

    @property
    def _at_window(self) -> pd.Series:
        months = int(np.ceil(self.window / MONTH_DAYS))
        return self.frame.iloc[min(max(months, 1), len(self.frame)) - 1]

    def sentence(self) -> str:
        """Return the same with its interval, and the rate after two years or the longest silence known."""
        first, last = self._at_window, self.frame[self.frame["months"] <= _LATE].iloc[-1]
        message = _("{title} (between {low} and {high}).")
        if last["months"] > first["months"]:
            message = _("{title} (between {low} and {high}); of those silent for {months} months, {rate}.")
        return message.format(
            title=self.title(),
            low=percent(first["rate_low"]),
            high=percent(first["rate_high"]),
            months=number(last["months"]),
            rate=percent(last["rate"]),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every third month."""
        return {"reactivation": self.frame[self.frame["months"] % 3 == 0].reset_index(drop=True)}

    def notes(self) -> list[str]:
        """Return the sentence."""
        return [self.sentence()]


@dataclass(frozen=True)
class Sleeping(Result):
    """What inactive customers bought in their last active year.

    Attributes
    ----------
    customers
        Inactive customers, the most to expect first: ``customer_id``, ``name`` and ``owner`` where known,
        ``last_purchase``, ``last_year_sales`` (money), ``rate`` (of those silent for as long, how many came
        back within twelve months) and ``expected`` (their product); missing where no rate is known.
    bands
        By months of silence: ``silence``, ``customers``, ``last_year_sales`` and ``expected``.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "sleeping"
    is_drawn: ClassVar[bool] = False
    customers: pd.DataFrame
    bands: pd.DataFrame
    currency: str | None = None

    def sentence(self) -> str:
        """Return what they bought, and what comes back by itself."""
        total, expected = self.bands["last_year_sales"].sum(), self.bands["expected"].sum()
        message = _("{customers} inactive customers bought for {total} in their last active years.")
        if expected:
            message = _(
                "{customers} inactive customers bought for {total} in their last active years; at the rates "
                "at which others came back, those who made {expected} of it return within twelve months."
            )
        return message.format(
            customers=number(len(self.customers)),
            total=money(total, self.currency),
            expected=money(expected, self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the bands of silence, and the ten customers with most to expect."""
        tables = {"sleeping": self.bands, "worth_a_call": self.customers.head(_TOP)}
        return {name: table.dropna(axis="columns", how="all") for name, table in tables.items()}

    def findings(self) -> list[Finding]:
        """Return what sleeps."""
        total = float(self.bands["last_year_sales"].sum())
        return [Finding("portfolio.sleeping", self.sentence(), total, "money", max(total, 0.0), good=False)]


@or_not_possible
def reactivation(pairs: pd.DataFrame, as_of: dt.date, window: ActivityWindow) -> Reactivation | NotPossible:
    """Return how many of those silent for m months came back within the next twelve.

    Parameters
    ----------
    pairs
        The rows of ``sql/purchase_gaps.sql``.
    as_of
        The last day that counts.
    window
        The activity window.

    Notes
    -----
    A silence of m months counts where nothing was bought for so long after a purchase, and the twelve months
    after that had passed by ``as_of``. A customer may have had several. Rates stand where there were at least
    30 silences; their interval is that of Wilson.
    """
    gap = (pairs["date"] - pairs["previous"]).dt.days.fillna(np.inf).to_numpy()
    seen = (pd.Timestamp(as_of) - pairs["previous"]).dt.days.to_numpy()
    weight = pairs["gaps"].to_numpy()
    rows = []
    for months in range(1, _LONGEST + 1):
        start, end = months * MONTH_DAYS, (months + AHEAD) * MONTH_DAYS
        silent = (gap > start) & (seen >= end)
        counts = weight[silent].sum(), weight[silent & (gap <= end)].sum()
        if counts[0] < _FEWEST:
            break
        rows.append((months, *counts))
    if not rows:
        return NotPossible(
            _(
                "How many come back after a silence cannot be told yet: it takes more than thirteen months "
                "of sales, and {few} silences."
            ).format(few=_FEWEST)
        )
    frame = pd.DataFrame(rows, columns=["months", "silent", "returned"])
    frame["rate"] = frame["returned"] / frame["silent"]
    frame["rate_low"], frame["rate_high"] = wilson(frame["rate"], frame["silent"])
    return Reactivation(frame, window.days)


def sleeping(
    years: pd.DataFrame, activity: Activity | NotPossible, reactivation: Reactivation | NotPossible
) -> Sleeping | NotPossible:
    """Return what inactive customers bought in their last active year, and how much of it comes back.

    Parameters
    ----------
    years
        The rows of ``sql/last_active_year.sql``, with names where known.
    activity
        Who is active.
    reactivation
        How many came back, by months of silence; after longer silences than are known, none is expected.
    """
    if isinstance(activity, NotPossible):
        return activity
    inactive = activity.customers[~activity.customers["active"]]
    if inactive.empty:
        return NotPossible(_("Nobody is inactive."))
    found = years.merge(inactive[["customer_id", "last_purchase", "days_since_last"]], on="customer_id")
    months = found["days_since_last"] // MONTH_DAYS
    found["rate"] = np.nan
    if isinstance(reactivation, Reactivation):
        found["rate"] = months.clip(lower=1).map(reactivation.frame.set_index("months")["rate"])
    found["expected"] = found["last_year_sales"] * found["rate"]
    names = [_("{low} to {high} months").format(low=a, high=b) for a, b in pairwise(_BANDS)]
    names.append(_("over {low} months").format(low=_BANDS[-1]))
    band = pd.cut(months, [*_BANDS, np.inf], right=False, labels=names)
    sums = found.groupby(band, observed=True).agg(
        customers=("customer_id", "size"),
        last_year_sales=("last_year_sales", "sum"),
        expected=("expected", lambda values: values.sum(min_count=1)),
    )
    found = found.sort_values(["expected", "last_year_sales", "customer_id"], ascending=[False, False, True])
    bands = sums.rename_axis("silence").reset_index().astype({"silence": "str"})
    kept = found.drop(columns="days_since_last").reset_index(drop=True)
    return Sleeping(kept, bands, activity.currency)
