"""Migration: which segment customers were in a year ago, which they are in now, and the money in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, date, duration, money, number, percent
from analysis.not_possible import NotPossible
from analysis.owners import named
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Result, currency_of
from analysis.segmentation.earlier import YEAR, ThreeDates, months_earlier
from analysis.segmentation.rfm import Rfm, rfm

if TYPE_CHECKING:
    from analysis.dataset import Dataset

NOT_YET = ""
"""In place of the earlier segment of who had not bought yet."""


@dataclass(frozen=True)
class Migration(Result):
    """The segment of each customer at two dates, and what it bought before each.

    Attributes
    ----------
    customers
        ``customer_id``, ``name`` and ``owner`` where known; ``segment_before`` (a key, or `NOT_YET`) and
        ``segment`` (key); ``earlier_sales`` and ``later_sales``, net sales in as many months before either
        date; ``difference``. Those whose sales changed most come first.
    months
        Months between the dates.
    names
        The name of each segment, best first.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "migration"
    customers: pd.DataFrame
    months: int
    names: dict[str, str]
    currency: str | None = None

    @property
    def names_before(self) -> dict[str, str]:
        """The name of each segment at the earlier date, and of `NOT_YET`."""
        return self.names | {NOT_YET: _("First bought since")}

    def matrix(self, values: str | None = None) -> pd.DataFrame:
        """Return the customers, or the sum of a column, by segment at the earlier date (rows) and now."""
        counted = self.customers.assign(customers=1)
        table = counted.pivot_table(
            values or "customers", "segment_before", "segment", "sum", fill_value=0, observed=True
        )
        table = table.reindex(index=list(self.names_before), columns=list(self.names), fill_value=0)
        return table.rename_axis(columns=None)

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
        matrix = self.matrix().drop(index=NOT_YET)
        best = str(matrix.sum(axis=1).gt(0).idxmax())
        return _("Of {count} customers in “{best}” {time} ago, {share} still are").format(
            count=number(matrix.sum(axis=1).to_dict()[best]),
            best=self.names[best],
            time=duration(self.months, "month"),
            share=percent(self.shares().to_dict()[best][best]),
        )

    def sentence(self) -> str:
        """Return who stayed, and how many moved elsewhere with how much money."""
        moved = self.moved()
        message = _(
            "{title}. {moved} customers changed segment: they bought {before} in the {time} before "
            "that day, and {after} since."
        )
        sums = (money(moved[name].sum(), self.currency) for name in ("earlier_sales", "later_sales"))
        values = dict(zip(("before", "after"), sums, strict=True))
        return message.format(
            title=self.title(), moved=number(len(moved)), time=duration(self.months, "month"), **values
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the matrix in customers and in money, and who moved most."""
        tables = {
            "migration": self.matrix(),
            "migration_money": self.matrix("difference").round().astype(int),
        }
        for name, matrix in tables.items():
            tables[name] = matrix.rename(index=self.names_before, columns=self.names)
        return tables | {"moved": self.moved()}

    def findings(self) -> list[Finding]:
        """Return who stayed and who moved."""
        changed = float(self.moved()["difference"].sum())
        return [Finding("segmentation.migration", self.sentence(), changed, "money", abs(changed))]


def migration(
    dates: ThreeDates | NotPossible, window: ActivityWindow | NotPossible, dataset: Dataset
) -> Migration | NotPossible:
    """Return segments at the second and the last of three dates, with the same activity window.

    Parameters
    ----------
    dates
        The customers at three dates.
    window
        The activity window; where there is none, RFM does without.
    dataset
        The data set, which knows names and owners.
    """
    if isinstance(dates, NotPossible):
        return dates
    was, now = (dates.scored(place, window) for place in (1, 2))
    if not isinstance(was, Rfm) or not isinstance(now, Rfm):
        message = _("Nobody had bought by {day}: there is no earlier segment to compare with.")
        return NotPossible(message.format(day=date(dates.days[1])))
    frame = now.customers.set_index("customer_id")[["segment"]]
    before = was.customers.set_index("customer_id")["segment"]
    frame.insert(0, "segment_before", before.reindex(frame.index).fillna(NOT_YET))
    for period, name in enumerate(("earlier_sales", "later_sales")):
        frame[name] = dates.bought(period)["net_sales"].reindex(frame.index).fillna(0)
    frame["difference"] = frame["later_sales"] - frame["earlier_sales"]
    places = np.lexsort((frame.index, -frame["difference"].abs()))
    customers = named(dataset, frame.iloc[places].reset_index())
    return Migration(customers, dates.months, now.names, currency_of(dates.customers[2]))


def segment_before(dataset: Dataset, window: ActivityWindow | NotPossible) -> pd.Series[str]:
    """Return by ``customer_id`` the segment (a key) of twelve months ago, of who had bought by then."""
    day = months_earlier(dataset.as_of, YEAR)
    scored = rfm(dataset.query("customers", as_of=day), day, window, dataset.rfm)
    frame = scored.customers if isinstance(scored, Rfm) else pd.DataFrame(columns=["customer_id", "segment"])
    return frame.set_index("customer_id")["segment"].rename("segment_before")
