"""ABC × XYZ: how much a customer brings, and how regularly it buys, for planning visits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import N_, _, date, ngettext, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import named
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Result
from analysis.segmentation.abc_classes import CLASSES, Abc

if TYPE_CHECKING:
    from analysis.dataset import Dataset

LIMITS = {"X": 0.5, "Y": 1.0}
RHYTHMS = ("X", "Y", "Z", "")
FEWEST = 3
AHEAD = 30
_VISITS = {
    "X": N_("fixed visits, at the customer's own rhythm"),
    "Y": N_("call when the next purchase is due, then visit"),
    "Z": N_("no fixed visits: go when there is an occasion"),
    "": N_("too few purchases to know"),
}


@dataclass(frozen=True)
class AbcXyz(Result):
    """Customers by class and by how regularly they buy.

    Attributes
    ----------
    customers
        ``customer_id``, ``name`` and ``owner`` where known, ``abc``, ``xyz`` (X, Y, Z, or empty where there
        were fewer than three intervals), ``usual_pause`` (mean interval in days), ``variation`` (standard
        deviation of the intervals ÷ their mean), ``last_purchase``, ``expected_by`` and ``net_sales``.
    as_of
        The last day that counts.
    window
        The activity window in days: who has been silent for longer is expected no more.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "abc_xyz"
    is_drawn: ClassVar[bool] = False
    customers: pd.DataFrame
    as_of: dt.date
    window: int
    currency: str | None = None

    def visits(self) -> pd.DataFrame:
        """Return the active A and B customers of class X or Y who are due within 30 days, A and X first."""
        rows, day = self.customers, pd.Timestamp(self.as_of)
        worth = rows["abc"].isin(["A", "B"]) & rows["xyz"].isin(list(LIMITS))
        due = (rows["expected_by"] - day).dt.days.le(AHEAD)
        active = (day - rows["last_purchase"]).dt.days.le(self.window)
        found: pd.DataFrame = rows[worth & due & active].sort_values(
            ["abc", "xyz", "expected_by", "customer_id"]
        )
        return found.reset_index(drop=True)

    def sentence(self) -> str:
        """Return how many A customers buy regularly, and how many visits fall due."""
        best, due = self.customers["xyz"][self.customers["abc"] == "A"], len(self.visits())
        return ngettext(
            "{n} of {best} A customers buy at regular intervals (X); by {day} {due} A or B customer who buys "
            "with some regularity is due.",
            "{n} of {best} A customers buy at regular intervals (X); by {day} {due} A or B customers who buy "
            "with some regularity are due.",
            due,
        ).format(
            n=number((best == "X").sum()),
            best=number(len(best)),
            day=date(self.as_of + dt.timedelta(days=AHEAD)),
            due=number(due),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the cells with what they mean for visits, and who is due."""
        groups = self.customers.groupby(["abc", "xyz"])
        sums = groups.size().to_frame("customers").join(groups["net_sales"].sum())
        cells = sums.join(groups["usual_pause"].median())
        order = [cell for cell in product(CLASSES, RHYTHMS) if cell in cells.index]
        found = cells.reindex(pd.MultiIndex.from_tuples(order, names=["abc", "xyz"])).reset_index()
        found["visits"] = [_(_VISITS[key]) for key in found["xyz"]]
        return {"abc_xyz": found, "due": self.visits()}

    def findings(self) -> list[Finding]:
        """Return who is due."""
        due = self.visits()
        total = max(float(due["net_sales"].sum()), 0.0)
        return [Finding("segmentation.visits", self.sentence(), len(due), "customers", total)]


@or_not_possible
def abc_xyz(classed: Abc, dataset: Dataset, window: ActivityWindow) -> AbcXyz | NotPossible:
    """Return the class of each customer beside the regularity of its purchases.

    Notes
    -----
    Regularity is the variation of the intervals between a customer's purchase days: their standard deviation
    ÷ their mean. X is at most 0.5, Y at most 1, Z above; purchases that come quite at random have about 1.
    It takes three intervals. The next purchase is expected the mean interval after the last one.
    """
    found = regularity(dataset.query("purchase_days"))
    if found.empty:
        return NotPossible(_("Nobody bought on four different days: a rhythm takes three intervals."))
    last = dataset.query("customers").set_index("customer_id")["last_purchase"]
    rows = classed.customers[["customer_id", "abc", "net_sales"]].join(found, on="customer_id")
    rows = rows.assign(xyz=rows["xyz"].fillna("")).join(last, on="customer_id")
    expected = rows["last_purchase"] + pd.to_timedelta(rows["usual_pause"].round(), unit="D")
    told = named(dataset, rows.assign(expected_by=expected))
    return AbcXyz(told, dataset.as_of, window.days, classed.currency)


def regularity(days: pd.DataFrame) -> pd.DataFrame:
    """Return ``usual_pause``, ``variation`` and ``xyz`` by customer, of those with three intervals or more.

    It takes the rows of ``sql/purchase_days.sql``.
    """
    gap = days["date"].diff().dt.days.where(days["customer_id"].eq(days["customer_id"].shift()))
    gaps = gap.groupby(days["customer_id"]).agg(["count", "mean", "std"])
    gaps = gaps[gaps["count"] >= FEWEST]
    variation = gaps["std"] / gaps["mean"]
    xyz = np.select([variation <= limit + 1e-12 for limit in LIMITS.values()], list(LIMITS), "Z")
    return pd.DataFrame({"usual_pause": gaps["mean"], "variation": variation, "xyz": xyz}, index=gaps.index)
