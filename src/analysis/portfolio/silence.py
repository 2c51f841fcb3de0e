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
from analysis.portfolio.activity import Activity
from analysis.result import Finding, Result
from analysis.statistics import wilson

AHEAD = 12
_LONGEST, _FEWEST, _TOP = 36, 30, 10
_BANDS = (0, 6, 12, 18, 24, 36)


@dataclass(frozen=True)
class Sleeping(Result):
    """What inactive customers bought in their last active year, and how many come back after so long.

    Attributes
    ----------
    customers
        Inactive customers, the most to expect first: ``customer_id``, ``name`` and ``owner`` where known,
        ``last_purchase``, ``last_year_sales`` (money), ``rate`` (of those silent for as long, how many came
        back within twelve months) and ``expected`` (their product); missing where no rate is known.
    bands
        By months of silence: ``silence``, ``customers``, ``last_year_sales`` and ``expected``.
    rates
        ``months`` of silence, ``silent`` (how often a customer had bought nothing for so long and was then
        observed for twelve months more), ``returned`` of them, ``rate``, and its 95 % interval ``rate_low``
        and ``rate_high``; empty where there were too few.
    activity
        Who is active.
    """

    name: ClassVar[str] = "reactivation"
    customers: pd.DataFrame
    bands: pd.DataFrame
    rates: pd.DataFrame
    activity: Activity

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether it is known how many came back."""
        return len(self.rates) > 0

    def title(self) -> str:
        """Return how many of those come back who have just become inactive."""
        months = int(np.ceil(self.activity.window / MONTH_DAYS))
        row = self.rates.iloc[min(max(months, 1), len(self.rates)) - 1]
        return _(
            "Of those silent for {months} months, {rate} came back within the next twelve (between {low} and "
            "{high})"
        ).format(
            months=number(row["months"]),
            rate=percent(row["rate"]),
            low=percent(row["rate_low"]),
            high=percent(row["rate_high"]),
        )

    def sentence(self) -> str:
        """Return what they bought, and what comes back by itself."""
        total, expected = self.bands[["last_year_sales", "expected"]].sum()
        message = _("{customers} inactive customers bought for {total} in their last active years.")
        if expected:
            message = _(
                "{customers} inactive customers bought for {total} in their last active years; at the rates "
                "at which others came back, those who made {expected} of it return within twelve months."
            )
        return message.format(
            customers=number(len(self.customers)),
            total=money(total, self.activity.currency),
            expected=money(expected, self.activity.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every third month, the bands of silence, and the ten customers with most to expect."""
        rates = self.rates[self.rates["months"] % 3 == 0].reset_index(drop=True)
        tables = {"sleeping": self.bands, "worth_a_call": self.customers.head(_TOP)}
        told = {name: table.dropna(axis="columns", how="all") for name, table in tables.items()}
        return {"reactivation": rates, **told} if len(rates) else told

    def findings(self) -> list[Finding]:
        """Return what sleeps."""
        total = float(self.bands["last_year_sales"].sum())
        return [Finding("portfolio.sleeping", self.sentence(), total, "money", max(total, 0.0), good=False)]

    def notes(self) -> list[str]:
        """Return what is missing to know how many come back."""
        message = _(
            "How many come back after a silence cannot be told yet: it takes more than thirteen months of "
            "sales, and {few} silences."
        )
        return [] if self.is_drawn else [message.format(few=_FEWEST)]


@or_not_possible
def sleeping(
    years: pd.DataFrame, pairs: pd.DataFrame, as_of: dt.date, activity: Activity
) -> Sleeping | NotPossible:
    """Return what sleeps (``sql/last_active_year.sql``), and how much comes back (``sql/purchase_gaps.sql``).

    Notes
    -----
    A silence of m months counts where nothing was bought for so long after a purchase, and the twelve months
    after that had passed by ``as_of``. A customer may have had several. Rates stand where there were at least
    30 silences; their interval is that of Wilson. After longer silences than are known, none is expected.
    """
    inactive = activity.customers[~activity.customers["active"]]
    if inactive.empty:
        return NotPossible(_("Nobody is inactive."))
    rates = _rates(pairs, as_of)
    found = years.merge(inactive[["customer_id", "last_purchase", "days_since_last"]], on="customer_id")
    months = found.pop("days_since_last") // MONTH_DAYS
    found["rate"] = months.clip(lower=1).map(rates.set_index("months")["rate"])
    found["expected"] = found["last_year_sales"] * found["rate"]
    names = [_("{low} to {high} months").format(low=a, high=b) for a, b in pairwise(_BANDS)]
    names.append(_("over {low} months").format(low=_BANDS[-1]))
    bands = found.groupby(pd.cut(months, [*_BANDS, np.inf], right=False, labels=names), observed=True)
    sums = bands[["last_year_sales", "expected"]].sum(min_count=1)
    sums.insert(0, "customers", bands.size())
    order = ["expected", "last_year_sales", "customer_id"]
    found = found.sort_values(order, ascending=[False, False, True], ignore_index=True)
    return Sleeping(
        found, sums.rename_axis("silence").reset_index().astype({"silence": "str"}), rates, activity
    )


def _rates(pairs: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    gap = (pairs["date"] - pairs["previous"]).dt.days.fillna(np.inf).to_numpy()
    seen = (pd.Timestamp(as_of) - pairs["previous"]).dt.days.to_numpy()
    weight = pairs["gaps"].to_numpy()
    rows = []
    for months in range(1, _LONGEST + 1):
        end = (months + AHEAD) * MONTH_DAYS
        silent = (gap > months * MONTH_DAYS) & (seen >= end)
        rows.append((months, weight[silent].sum(), weight[silent & (gap <= end)].sum()))
    rates = pd.DataFrame(rows, columns=["months", "silent", "returned"])
    rates = rates[rates["silent"] >= _FEWEST]
    low, high = wilson(share := rates["returned"] / rates["silent"], rates["silent"])
    return rates.assign(rate=share, rate_low=low, rate_high=high)
