"""Two periods to compare, like with like, and what each customer bought in them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.language import _, date, period
from analysis.not_possible import NotPossible
from analysis.owners import named
from analysis.periods import MONTHS, begins_whole
from analysis.portfolio.factors import with_factors

if TYPE_CHECKING:
    from analysis.dataset import Dataset

STATUSES = ("new", "reactivated", "again", "retained", "returned", "not_yet", "lost")


@dataclass(frozen=True)
class Compared:
    """What customers bought in a period and in the same one a year before.

    Attributes
    ----------
    unit
        ``year_to_date``, ``year``, ``half_year``, ``quarter``, ``month`` or ``twelve_months``.
    before, now
        First and last day of the earlier and of the later period.
    customers
        One row per customer with a transaction in either: ``customer_id``, ``name`` and ``owner`` where
        known, the columns of ``sql/customers_compared.sql`` and ``status``. ``retained`` bought in both; of
        those who bought in one, ``again`` and ``not_yet`` also bought between the two, ``new`` never before,
        ``reactivated`` only longer ago, and ``lost`` not since; ``returned`` only gave back.
    as_of
        The last day that counts.
    currency
        ISO 4217 code, or None where it is not known.
    """

    unit: str
    before: tuple[dt.date, dt.date]
    now: tuple[dt.date, dt.date]
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
        """Return two rows, before and now: ``period`` (first day), ``new_customers`` and factors of sales."""
        rows = []
        for side, start in (("before", self.before[0]), ("now", self.now[0])):
            bought = self.customers[f"purchases_{side}"] > 0
            first = self.customers["earlier"].eq(0)
            if side == "now":
                first &= self.customers[["purchases_before", "meanwhile"]].sum(axis=1).eq(0)
            rows.append(
                {
                    "period": pd.Timestamp(start),
                    "customers": int(bought.sum()),
                    "new_customers": int((bought & first).sum()),
                    "purchases": int(self.customers[f"purchases_{side}"].sum()),
                    "net_sales": float(self.customers[f"net_{side}"].sum()),
                    "cost": float(self.customers[f"cost_{side}"].sum()),
                    "net_sales_with_cost": float(self.customers[f"known_{side}"].sum()),
                }
            )
        return with_factors(pd.DataFrame(rows))


def compare_customers(dataset: Dataset, compare: str) -> Compared | NotPossible:
    """Return what each customer bought in the last period of a kind and in the same one a year before.

    Parameters
    ----------
    dataset
        The data set.
    compare
        ``year_to_date``: the year of ``as_of`` up to that day; ``year``, ``half_year``, ``quarter`` or
        ``month``: the last one that is over.
    """
    unit = "year" if compare == "year_to_date" else compare
    before, now = periods_compared(dataset.as_of, compare)
    first = dataset.query("coverage")["first_date"].iloc[0].date()
    found = _read(dataset, compare, before, now)
    if begins_whole(before[0], first, unit) and (found.totals()[["purchases", "net_sales"]] > 0).all(
        axis=None
    ):
        return found
    return NotPossible(
        _(
            "Growth cannot be told yet: it takes sales in {now} and in {before}, recorded from its start."
        ).format(now=found.names[1], before=found.names[0])
    )


def last_twelve_months(dataset: Dataset) -> Compared:
    """Return what each customer bought in the twelve months to ``as_of`` and in the twelve before, if any."""
    end = pd.Timestamp(dataset.as_of)
    starts = [(end - pd.DateOffset(years=back) + pd.Timedelta(days=1)).date() for back in (1, 2)]
    before, now = (starts[1], starts[0] - dt.timedelta(days=1)), (starts[0], dataset.as_of)
    return _read(dataset, "twelve_months", before, now)


def _read(
    dataset: Dataset, unit: str, before: tuple[dt.date, dt.date], now: tuple[dt.date, dt.date]
) -> Compared:
    rows = dataset.query(
        "customers_compared", before_from=before[0], before_to=before[1], now_from=now[0], now_to=now[1]
    )
    return Compared(unit, before, now, with_status(named(dataset, rows)), dataset.as_of, dataset.currency)


def periods_compared(as_of: dt.date, compare: str) -> tuple[tuple[dt.date, dt.date], tuple[dt.date, dt.date]]:
    """Return first and last day of the same period a year before and of the last one.

    Examples
    --------
    >>> for first, last in periods_compared(dt.date(2024, 5, 31), "quarter"):
    ...     print(first, last)
    2023-01-01 2023-03-31
    2024-01-01 2024-03-31
    """
    end = pd.Timestamp(as_of)
    if compare == "year_to_date":
        start = end.replace(month=1, day=1)
    else:
        after, months = end + pd.Timedelta(days=1), MONTHS[compare]
        next_start = pd.Timestamp(after.year, after.month - (after.month - 1) % months, 1)
        start, end = next_start - pd.DateOffset(months=months), next_start - pd.Timedelta(days=1)
    is_last_of_month = end.is_month_end
    earlier = end - pd.DateOffset(years=1) + (pd.offsets.MonthEnd(0) if is_last_of_month else pd.Timedelta(0))
    return ((start - pd.DateOffset(years=1)).date(), earlier.date()), (start.date(), end.date())


def with_status(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the ``status`` of each customer; see `Compared`."""
    before, now = rows["purchases_before"] > 0, rows["purchases_now"] > 0
    meanwhile, earlier = rows["meanwhile"] > 0, rows["earlier"] > 0
    conditions = [
        before & now,
        now & meanwhile,
        now & earlier,
        now,
        before & meanwhile,
        before,
    ]
    words = ["retained", "again", "reactivated", "new", "not_yet", "lost"]
    return rows.assign(status=np.select(conditions, words, "returned"))
