"""Two periods to compare, like with like, and what each customer bought in them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.language import _, date, percent, period
from analysis.not_possible import NotPossible
from analysis.owners import named
from analysis.periods import MONTHS, begins_whole
from analysis.portfolio.factors import with_factors

if TYPE_CHECKING:
    from analysis.dataset import Dataset

Days = tuple[dt.date, dt.date]


@dataclass(frozen=True)
class Compared:
    """What customers bought in a period and in the same one a year before.

    Attributes
    ----------
    unit
        What `compare_customers` takes, or ``twelve_months``.
    before, now
        First and last day of the earlier and of the later period.
    customers
        One row per customer with a transaction in either: ``customer_id``, ``name`` and ``owner`` where
        known, the columns of ``sql/customers_compared.sql`` and ``status``. ``retained`` bought in both; of
        those who bought in one, ``again`` and ``not_yet`` also bought between the two, ``new`` never before,
        ``reactivated`` only longer ago, and ``lost`` not since; ``returned`` only gave back.
    """

    unit: str
    before: Days
    now: Days
    customers: pd.DataFrame
    as_of: dt.date
    currency: str | None = None

    @property
    def is_to_date(self) -> bool:
        """Whether the later period is a part of a year that is not over."""
        return self.unit == "year_to_date" and (self.now[1].month, self.now[1].day) != (12, 31)

    @property
    def names(self) -> tuple[str, str]:
        """What the two periods are called, the earlier first."""
        if self.is_to_date or self.unit == "twelve_months":
            first, second = (f"{date(start)} – {date(end)}" for start, end in (self.before, self.now))
            return first, second
        unit = "year" if self.unit == "year_to_date" else self.unit
        return period(self.before[0], unit), period(self.now[0], unit)

    def totals(self) -> pd.DataFrame:
        """Return net sales, cost and the factors of net sales, in two rows: before and now."""
        names = {"purchases": "purchases", "net": "net_sales", "cost": "cost", "known": "net_sales_with_cost"}
        sides = [
            {name: float(self.customers[f"{column}_{side}"].sum()) for column, name in names.items()}
            | {"customers": int((self.customers[f"purchases_{side}"] > 0).sum())}
            for side in ("before", "now")
        ]
        return with_factors(pd.DataFrame(sides))


def kept(before: str, now: str, gross: float, net: float) -> str:
    """Say how much of the net sales of a period was kept in a later one, without growth and with it."""
    return _(
        "Of the net sales of {before}, {gross} were kept in {now} (gross revenue retention), {net} with what "
        "the same customers bought more (net revenue retention)."
    ).format(before=before, now=now, gross=percent(gross, 1), net=percent(net, 1))


def compare_customers(dataset: Dataset, compare: str) -> Compared | NotPossible:
    """Return what each customer bought in the last period of a kind and in the same one a year before.

    That of ``year_to_date`` is the year of ``as_of`` up to that day; a ``year``, ``half_year``, ``quarter``
    or ``month`` is the last one that is over.
    """
    found = _read(dataset, compare, *periods_compared(dataset.as_of, compare))
    first = dataset.query("coverage")["first_date"].iloc[0].date()
    unit = "year" if compare == "year_to_date" else compare
    bought = (found.totals()[["purchases", "net_sales"]] > 0).all(axis=None)
    if bought and begins_whole(found.before[0], first, unit):
        return found
    message = _(
        "Growth cannot be told yet: it takes sales in {now} and in {before}, recorded from its start."
    )
    return NotPossible(message.format(now=found.names[1], before=found.names[0]))


def last_twelve_months(dataset: Dataset) -> Compared:
    """Return what each customer bought in the twelve months to ``as_of`` and in the twelve before, if any."""
    end = pd.Timestamp(dataset.as_of)
    first, start = (end - pd.DateOffset(years=back) + pd.Timedelta(days=1) for back in (2, 1))
    before = first.date(), (start - pd.Timedelta(days=1)).date()
    return _read(dataset, "twelve_months", before, (start.date(), dataset.as_of))


def _read(dataset: Dataset, unit: str, before: Days, now: Days) -> Compared:
    customers = dataset.gathered(lambda part: _placed(part, before, now))
    return Compared(unit, before, now, customers, dataset.as_of, dataset.currency)


def _placed(dataset: Dataset, before: Days, now: Days) -> pd.DataFrame:
    """Return the rows of `Compared.customers`."""
    rows = dataset.query(
        "customers_compared", before_from=before[0], before_to=before[1], now_from=now[0], now_to=now[1]
    )
    bought_before, bought_now = rows["purchases_before"] > 0, rows["purchases_now"] > 0
    meanwhile = rows["meanwhile"] > 0
    statuses = {
        "retained": bought_before & bought_now,
        "again": bought_now & meanwhile,
        "reactivated": bought_now & (rows["earlier"] > 0),
        "new": bought_now,
        "not_yet": bought_before & meanwhile,
        "lost": bought_before,
    }
    place = np.select([*statuses.values()], range(len(statuses)), len(statuses))
    status = pd.Categorical.from_codes(place, pd.Index([*statuses, "returned"]))
    return named(dataset, rows).assign(status=status)


def periods_compared(as_of: dt.date, compare: str) -> tuple[Days, Days]:
    """Return first and last day of the same period a year before and of the last one."""
    end = pd.Timestamp(as_of)
    start = end.replace(month=1, day=1)
    if compare != "year_to_date":
        after, months = end + pd.Timedelta(days=1), MONTHS[compare]
        next_start = pd.Timestamp(after.year, after.month - (after.month - 1) % months, 1)
        start, end = next_start - pd.DateOffset(months=months), next_start - pd.Timedelta(days=1)
    earlier = end - pd.DateOffset(years=1)
    if end.is_month_end:
        earlier += pd.offsets.MonthEnd(0)
    return ((start - pd.DateOffset(years=1)).date(), earlier.date()), (start.date(), end.date())
