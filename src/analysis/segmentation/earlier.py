"""The customers as they stood on three days, the same time apart, the last of them now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.language import _
from analysis.not_possible import NotPossible
from analysis.periods import MONTH_DAYS
from analysis.portfolio import ActivityWindow
from analysis.segmentation.rfm import Rfm, rfm

if TYPE_CHECKING:
    from analysis.dataset import Dataset
    from analysis.dataset.segment_table import Scoring

YEAR = 12
_LEAST = 3


@dataclass(frozen=True)
class ThreeDates:
    """The rows of ``sql/customers.sql`` up to each of three ``days``, ``months`` apart; how they score."""

    days: tuple[dt.date, dt.date, dt.date]
    customers: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
    months: int
    scoring: Scoring | None = None

    def scored(self, place: int, window: ActivityWindow | NotPossible) -> Rfm | NotPossible:
        """Return the RFM segments at the first (0), the second (1) or the last (2) day."""
        return rfm(self.customers[place], self.days[place], window, self.scoring)

    def bought(self, period: int) -> pd.DataFrame:
        """Return ``net_sales`` and ``purchase_days`` by customer from one day (0 or 1) to the next."""
        columns = ["net_sales", "purchase_days"]
        since, until = (
            self.customers[place].set_index("customer_id")[columns].astype(float)
            for place in (period, period + 1)
        )
        return until.sub(since.reindex(until.index, fill_value=0))


def three_dates(dataset: Dataset, months: int | None = None) -> ThreeDates | NotPossible:
    """Return the customers now and at two earlier days.

    Parameters
    ----------
    dataset
        The data set.
    months
        Months from one day to the next; None: 12, or a third of the history where that is shorter.
    """
    now = dataset.query("customers")
    history = (pd.Timestamp(dataset.as_of) - now["first_purchase"].min()).days / MONTH_DAYS
    if not history >= _LEAST:
        return NotPossible(_("The sales cover less than three months: too little to compare two dates."))
    months = months or min(YEAR, int(history / 3))
    days = [months_earlier(dataset.as_of, months * back) for back in (2, 1)]
    first, second = (dataset.query("customers", as_of=day) for day in days)
    return ThreeDates((days[0], days[1], dataset.as_of), (first, second, now), months, dataset.rfm)


def months_earlier(day: dt.date, months: int) -> dt.date:
    """Return the same day so many months earlier, or the last of a month that is too short."""
    return (pd.Timestamp(day) - pd.DateOffset(months=months)).date()
