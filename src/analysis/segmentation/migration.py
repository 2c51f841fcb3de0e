"""Migration: customers at three dates, which segment they were in, and the money in between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, date, duration, money, number, percent
from analysis.not_possible import NotPossible
from analysis.owners import named
from analysis.periods import MONTH_DAYS
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Result, currency_of
from analysis.segmentation.rfm import MEASURED, SCORED, Rfm, as_cuts, profile, rfm

if TYPE_CHECKING:
    from analysis.dataset import Dataset
    from analysis.dataset.segment_table import Scoring

YEAR = 12
_LEAST = 3  # months of history
NOT_YET = ""  # in place of the earlier segment of who had not bought yet


@dataclass(frozen=True)
class ThreeDates:
    """The rows of ``sql/customers.sql`` up to each of three ``days``, ``months`` apart, and how they score.

    ``trends`` are the rows of ``sql/customer_trend.sql`` up to the first two days.
    """

    days: tuple[dt.date, dt.date, dt.date]
    customers: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
    months: int
    scoring: Scoring | None = None
    trends: tuple[pd.DataFrame, ...] = ()

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
    """Return the customers now and at two earlier days, by default 12 months or a third of all apart."""
    now = dataset.query("customers")
    history = (pd.Timestamp(dataset.as_of) - now["first_purchase"].min()).days / MONTH_DAYS
    if not history >= _LEAST:
        return NotPossible(_("The sales cover less than three months: too little to compare two dates."))
    months = months or min(YEAR, int(history / 3))
    days = (months_earlier(dataset.as_of, 2 * months), months_earlier(dataset.as_of, months))
    first, second = (dataset.query("customers", as_of=day) for day in days)
    trends = tuple(dataset.query("customer_trend", as_of=day) for day in days)
    return ThreeDates((*days, dataset.as_of), (first, second, now), months, dataset.rfm, trends)


def months_earlier(day: dt.date, months: int) -> dt.date:
    """Return the same day so many months earlier, or the last of a month that is too short."""
    return (pd.Timestamp(day) - pd.DateOffset(months=months)).date()


@dataclass(frozen=True)
class Migration(Result):
    """The segment of each customer at two dates, and what it bought before each.

    Attributes
    ----------
    customers
        ``customer_id``, ``name`` and ``owner`` where known; ``segment_before`` (a key, or `NOT_YET`) and
        ``segment`` (key); ``earlier_sales`` and ``later_sales``, net sales in as many ``months`` before
        either date; ``difference``. Those whose sales changed most come first.
    names
        The name of each segment, best first, and at last of `NOT_YET`.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "migration"
    customers: pd.DataFrame
    months: int
    names: dict[str, str]
    currency: str | None = None

    def matrix(self) -> pd.DataFrame:
        """Return the customers by segment at the earlier date (rows) and now."""
        counted = self.customers.assign(customers=1)
        table = counted.pivot_table("customers", "segment_before", "segment", "sum", fill_value=0)
        rows = list(self.names)
        return table.reindex(index=rows, columns=rows[:-1], fill_value=0).rename_axis(columns=None)

    def shares(self) -> pd.DataFrame:
        """Return of each earlier segment the share of customers now in each; rows with any add up to 1."""
        return self.matrix().div(self.matrix().sum(axis=1).replace(0, np.nan), axis=0)

    def moved(self) -> pd.DataFrame:
        """Return the customers who were in another segment, by its name, those who changed most first."""
        before = self.customers["segment_before"]
        frame = self.customers[(before != self.customers["segment"]) & (before != NOT_YET)]
        names = {name: frame[name].map(self.names) for name in ("segment_before", "segment")}
        return frame.assign(**names).reset_index(drop=True)

    def title(self) -> str:
        """Return how many stayed in the segment that was the best of those with any customers."""
        sizes = self.matrix().sum(axis=1)
        best = str(sizes.gt(0).idxmax())
        time, stayed = duration(self.months, "month"), percent(self.shares().to_dict()[best].get(best, 0))
        message = _("Of {count} customers in “{best}” {time} ago, {share} still are")
        return message.format(count=number(sizes[best]), best=self.names[best], time=time, share=stayed)

    def sentence(self) -> str:
        """Return who stayed, and how many moved elsewhere with how much money."""
        moved, time = self.moved(), duration(self.months, "month")
        before, after = (money(moved[name].sum(), self.currency) for name in ("earlier_sales", "later_sales"))
        message = _(
            "{title}. {moved} customers changed segment: they bought {before} in the {time} before "
            "that day, and {after} since."
        )
        count = number(len(moved))
        return message.format(title=self.title(), moved=count, before=before, time=time, after=after)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return from which segment to which how many went, with what they bought, and who moved most."""
        keys = ["segment_before", "segment"]
        sums = ["earlier_sales", "later_sales", "difference"]
        told = self.customers.assign(**{key: self.customers[key].map(self.names) for key in keys})
        groups = told.groupby(keys)
        ways = groups.size().to_frame("customers").join(groups[sums].sum()).reset_index()
        ways = ways.sort_values("customers", ascending=False, kind="stable", ignore_index=True)
        return {"migration": ways, "moved": self.moved()}

    def findings(self) -> list[Finding]:
        """Return how many moved."""
        return [Finding("segmentation.migration", self.sentence(), len(self.moved()), "customers")]


def migration(
    dates: ThreeDates | NotPossible, window: ActivityWindow | NotPossible, dataset: Dataset
) -> Migration | NotPossible:
    """Return segments at the second and the last of three dates, with the same activity window."""
    if isinstance(dates, NotPossible):
        return dates
    was, now = (dates.scored(place, window) for place in (1, 2))
    if not isinstance(was, Rfm) or not isinstance(now, Rfm):
        message = _("Nobody had bought by {day}: there is no earlier segment to compare with.")
        return NotPossible(message.format(day=date(dates.days[1])))
    frame = now.customers.set_index("customer_id")[["segment"]]
    before = was.customers.set_index("customer_id")["segment"]
    frame["segment_before"] = before.reindex(frame.index).fillna(NOT_YET)
    for period, name in enumerate(("earlier_sales", "later_sales")):
        frame[name] = dates.bought(period)["net_sales"].reindex(frame.index).fillna(0)
    frame["difference"] = frame["later_sales"] - frame["earlier_sales"]
    largest = frame["difference"].abs().sort_values(ascending=False, kind="stable").index
    customers = named(dataset, frame.loc[largest].reset_index())
    names = now.names | {NOT_YET: _("First bought since")}
    return Migration(customers, dates.months, names, currency_of(dates.customers[2]))


def past_scorings(dataset: Dataset) -> list[Scoring]:
    """Return the scoring of all customers, as cut points, today and on the same day of twelve months."""
    return [
        as_cuts(dataset.query("customers", MEASURED, as_of=day), day, dataset.rfm)
        for day in _days(dataset.as_of)
    ]


def _days(as_of: dt.date) -> list[dt.date]:
    return [months_earlier(as_of, back) for back in range(YEAR + 1)]


def segment_history(
    dataset: Dataset, window: ActivityWindow | NotPossible, scorings: Sequence[Scoring] = ()
) -> pd.DataFrame:
    """Return the segment of twelve months ago, and since when each customer has had that of today.

    Parameters
    ----------
    dataset
        The data set, or a part of it.
    window
        The activity window.
    scorings
        What `past_scorings` gives for all customers, where the data set has some of them.

    Returns
    -------
    pandas.DataFrame
        By ``customer_id``, of all who bought: ``segment_before``, a key, missing where it had not bought yet;
        ``segment_since``, the first day from which on it had today's segment on the same day of each month,
        of the last twelve: where it had it all the time, the day twelve months ago stands for that or before.
    """
    days = _days(dataset.as_of)
    tables = [
        profile(dataset.query("customers", SCORED, as_of=day), day, window, scoring)
        for day, scoring in zip(days, scorings or [dataset.rfm] * len(days), strict=True)
    ]
    segments = pd.DataFrame({back: table["segment"] for back, table in enumerate(tables)})
    kept = segments.eq(segments[0], axis=0).cumprod(axis=1).sum(axis=1)
    since = np.array(days, "datetime64[s]")[kept - 1]
    return pd.DataFrame({"segment_before": segments[YEAR], "segment_since": since})
