"""The life cycle of customers: new, growing, mature, declining, inactive, and who moved within a year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import N_, _, money, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import named
from analysis.portfolio import ActivityWindow
from analysis.result import LISTED, Finding, Result, only_first, sizes_by

if TYPE_CHECKING:
    from analysis.dataset import Dataset

BEYOND_CHANCE = 1.2816
"""Standard errors that a change must exceed: chance alone brings it to one customer in ten, either way."""
LEAST_MONTHS = 15
"""Months of sales, so that there are some to hold against the same ones a year before."""
STAGES = {
    "new": N_("New"),
    "growing": N_("Growing"),
    "mature": N_("Mature"),
    "declining": N_("Declining"),
    "inactive": N_("Inactive"),
}
NOT_YET = "none"


@dataclass(frozen=True)
class LifeCycle(Result):
    """The stage of each customer now, and a year before.

    Attributes
    ----------
    customers
        All who bought: ``customer_id``, ``name`` and ``owner`` where known, ``stage`` and ``stage_before``
        (keys of `STAGES`; ``none`` where it was no customer yet), ``net_sales`` and ``sales_before`` (money
        of the twelve months to each of the two days), ``trend`` (change of purchases against the same days a
        year before, as a share; missing where there were none).
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "life_cycle"
    customers: pd.DataFrame
    currency: str | None = None

    def sizes(self) -> pd.DataFrame:
        """Return by stage the customers, their net sales of twelve months, and those of the year before."""
        found = sizes_by("stage", list(STAGES), self.customers)
        found["sales_before"] = self.customers.groupby("stage")["sales_before"].sum().reindex(list(STAGES))
        found = found.fillna({"sales_before": 0.0})
        found.insert(0, "stage", [stage_name(key) for key in STAGES])
        return found.reset_index(drop=True)

    def movement(self) -> pd.DataFrame:
        """Return customers and net sales of twelve months by ``stage_before`` and ``stage``."""
        by = ["stage_before", "stage"]
        return self.customers.groupby(by).agg(customers=("net_sales", "size"), net_sales=("net_sales", "sum"))

    def declining(self) -> pd.DataFrame:
        """Return the declining customers, those who took most off net sales first."""
        found = self._of("declining").drop(columns=["stage", "stage_before"])
        gained = (found["net_sales"] - found["sales_before"]).sort_values(kind="stable")
        return found.loc[gained.index].reset_index(drop=True)

    def _of(self, stage: str) -> pd.DataFrame:
        return self.customers[self.customers["stage"] == stage]

    def title(self) -> str:
        """Return how many decline and how many grow, and by how much."""
        down, up = self._of("declining"), self._of("growing")
        return _(
            "Customers in decline: {declining}, who bought {lost} less in twelve months than in the twelve "
            "before; growing: {growing}, with {gained} more."
        ).format(
            declining=number(len(down)),
            lost=money(-_gained(down), self.currency),
            growing=number(len(up)),
            gained=money(_gained(up), self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the stages, and who declines, by name."""
        return {"life_cycle": self.sizes(), "declining": self.declining().head(LISTED)}

    def findings(self) -> list[Finding]:
        """Return how many decline, what they took off net sales, and how many declined a year before."""
        down, usual = self._of("declining"), int((self.customers["stage_before"] == "declining").sum())
        lost, good = max(-_gained(down), 0.0), None if down.empty else False
        action = _("Ask them what they buy elsewhere now, those of the action plan first.")
        action = "" if down.empty else action
        found = (self.title(), len(down), "customers", lost, good, action, usual or None)
        return [Finding("segmentation.declining", *found)]

    def notes(self) -> list[str]:
        """Return that the list ends, where more customers decline."""
        return only_first(int((self.customers["stage"] == "declining").sum()))


def _gained(rows: pd.DataFrame) -> float:
    """Return what customers bought more in the last twelve months than in those before."""
    return float((rows["net_sales"] - rows["sales_before"]).sum())


def stage_name(key: str) -> str:
    """Return what a stage is called in the reader's language."""
    return _(STAGES[key]) if key in STAGES else _("No customer yet")


@or_not_possible
def life_cycle(dataset: Dataset, window: ActivityWindow) -> LifeCycle | NotPossible:
    """Return the stage of each customer now and a year before.

    Notes
    -----
    Who has been silent for longer than the window is inactive; of the others, those who first bought within
    the last twelve months are new. For the rest, what they bought in the last twelve months is held against
    the same days a year before, so that the season is the same; of who became a customer within these two
    years, only the days more than a year after its first purchase. The change is growth or decline where it
    exceeds 1.28 standard errors, which are the root of the sum of the squares of what was bought on each day
    of both years: one large order is no trend.
    """
    found = dataset.gathered(lambda part: _staged(part, window.days))
    if found.empty:
        return NotPossible(_("Nobody bought anything, so there is no life cycle."))
    first = pd.to_datetime(found.pop("first_purchase")).min()
    if first > pd.Timestamp(dataset.as_of) - pd.DateOffset(months=LEAST_MONTHS):
        return NotPossible(
            _("Whether customers grow or decline takes at least {months} months of sales to tell.").format(
                months=number(LEAST_MONTHS)
            )
        )
    return LifeCycle(named(dataset, found), dataset.currency)


def _staged(dataset: Dataset, window: int) -> pd.DataFrame:
    """Return the rows of `LifeCycle.customers`, without names, and ``first_purchase``."""
    rows = dataset.query("customer_trend")
    earlier = (pd.Timestamp(dataset.as_of) - pd.DateOffset(years=1)).date()
    was = dataset.query("customer_trend", as_of=earlier)
    before = pd.DataFrame(
        {
            "customer_id": was["customer_id"],
            "stage_before": stages(was, earlier, window),
            "sales_before": was["net_sales"],
        }
    )
    now = rows[["customer_id", "first_purchase", "net_sales"]]
    now = now.assign(stage=stages(rows, dataset.as_of, window))
    found = now.merge(before, how="left", on="customer_id")
    found = found.fillna({"stage_before": NOT_YET, "sales_before": 0.0})
    found["trend"] = rows["sales_now"] / rows["sales_before"].where(rows["sales_before"] > 0) - 1
    return found


def stages(trend: pd.DataFrame, as_of: dt.date, window: int) -> pd.Series[str]:
    """Return the stage of each customer of ``sql/customer_trend.sql``; see `life_cycle`."""
    day = pd.Timestamp(as_of)
    inactive = (day - pd.to_datetime(trend["last_purchase"])).dt.days > window
    new = pd.to_datetime(trend["first_purchase"]) > day - pd.DateOffset(years=1)
    change = (trend["sales_now"] - trend["sales_before"]).to_numpy(dtype="float64")
    error = np.sqrt(trend["squares"].to_numpy(dtype="float64"))
    conditions = [inactive, new, change > BEYOND_CHANCE * error, change < -BEYOND_CHANCE * error]
    names = pd.array(["inactive", "new", "growing", "declining", "mature"], dtype="str")
    return pd.Series(names.take(np.select(conditions, range(4), 4)), trend.index)
