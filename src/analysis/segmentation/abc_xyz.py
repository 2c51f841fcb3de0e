"""ABC × XYZ: how much a customer brings, and how regularly it buys, for planning visits."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.language import N_, _, date, ngettext, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import named
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Listed
from analysis.segmentation.abc_classes import Abc, limits, placed_by

if TYPE_CHECKING:
    from analysis.dataset import Dataset

LIMITS = {"X": 0.5, "Y": 1.0}
_DUE = (
    *("customer_id", "abc", "xyz", "last_purchase", "usual_pause", "expected_by"),
    *("net_sales", "variation"),
)
FEWEST = 3
AHEAD = 30
_VISITS = {
    "X": N_("fixed visits, at the customer's own rhythm"),
    "Y": N_("call when the next purchase is due, then visit"),
    "Z": N_("no fixed visits: go when there is an occasion"),
    "": N_("too few purchases to know"),
}


@or_not_possible
def abc_xyz(classed: Abc, dataset: Dataset, window: ActivityWindow) -> Listed | NotPossible:
    """Return customers by class and regularity, and which active A and B customers are due within 30 days.

    Notes
    -----
    Regularity is the variation of the intervals between a customer's purchase days: their standard deviation
    ÷ their mean. X is at most 0.5, Y at most 1, Z above; purchases that come quite at random have about 1.
    It takes three intervals. The next purchase is expected the mean interval after the last one; who has been
    silent for longer than the window is expected no more.
    """
    rows = dataset.gathered(lambda part: _rhythms(part, classed))
    if rows["variation"].isna().all():
        return NotPossible(_("Nobody bought on four different days: a rhythm takes three intervals."))

    groups = rows.groupby(["abc", "xyz"])
    cells = pd.DataFrame(
        {
            "customers": groups.size(),
            "net_sales": groups["net_sales"].sum(),
            "usual_pause": groups["usual_pause"].median(),
        }
    ).reset_index()
    cells = cells.astype({"abc": "str", "xyz": "str"})
    cells = cells.sort_values(["abc", "xyz"], key=lambda keys: keys.replace("", "unknown"), ignore_index=True)
    cells["visits"] = [_(_VISITS[key]) for key in cells["xyz"]]

    day = pd.Timestamp(dataset.as_of)
    worth = rows["abc"].isin(["A", "B"]) & rows["xyz"].isin(list(LIMITS))
    active = (day - rows["last_purchase"]).dt.days.le(window.days)
    due = rows[worth & active & (rows["expected_by"] - day).dt.days.le(AHEAD)]
    due = due.sort_values(["abc", "xyz", "expected_by", "customer_id"])

    best = rows["xyz"][rows["abc"] == "A"]
    said = ngettext(
        "{n} of {best} A customers buy at regular intervals (X); by {day} {due} A or B customer who buys "
        "with some regularity is due.",
        "{n} of {best} A customers buy at regular intervals (X); by {day} {due} A or B customers who buy "
        "with some regularity are due.",
        len(due),
    ).format(
        n=number((best == "X").sum()),
        best=number(len(best)),
        day=date(dataset.as_of + dt.timedelta(days=AHEAD)),
        due=number(len(due)),
    )
    action = _("Arrange the next visit with them, those of the action plan first.") if len(due) else ""
    finding = Finding("segmentation.visits", said, len(due), "customers", action=action)
    return Listed({"abc_xyz": cells, "due": named(dataset, due[list(_DUE)])}, said, finding)


def _rhythms(dataset: Dataset, classed: Abc) -> pd.DataFrame:
    """Return class and net sales of all customers, and what `regularity` says of them."""
    rows = classed.customers[["customer_id", "abc", "net_sales"]]
    if dataset.whole and (least := limits(classed.customers["net_sales"], *classed.boundaries)):
        rows = dataset.query("customers", ["customer_id", "net_sales"])
        rows["abc"] = placed_by(rows["net_sales"], least)
    rows = rows.join(regularity(dataset.query("purchase_days")), on="customer_id")
    return rows.fillna({"xyz": ""})


def regularity(days: pd.DataFrame) -> pd.DataFrame:
    """Return by customer, of those with three intervals or more, how regularly they buy and when again.

    It takes the rows of ``sql/purchase_days.sql``, in their order. The columns are ``usual_pause`` (mean
    interval in days), ``variation``, ``xyz``, ``last_purchase`` and ``expected_by``.
    """
    customer, day = days["customer_id"], days["date"].to_numpy().astype("datetime64[D]")
    first = np.flatnonzero(customer.ne(customer.shift()))
    gap = np.diff(day.astype("int64"), prepend=0)
    gap[first] = 0
    count = np.diff(first, append=len(days)) - 1
    total, squares = (np.add.reduceat(each, first) for each in (gap, gap**2))
    known = count >= FEWEST
    first, count, total, squares = (each[known] for each in (first, count, total, squares))
    variation = np.sqrt(count * (count * squares - total**2) / (count - 1)) / total
    found = pd.DataFrame({"usual_pause": total / count, "variation": variation}, customer.iloc[first])
    found["xyz"] = np.select([variation <= limit + 1e-12 for limit in LIMITS.values()], list(LIMITS), "Z")
    found["last_purchase"] = days["date"].to_numpy()[first + count]
    found["expected_by"] = found["last_purchase"] + pd.to_timedelta(found["usual_pause"].round(), unit="D")
    return found
