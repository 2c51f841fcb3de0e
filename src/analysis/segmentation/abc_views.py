"""ABC by net sales, by margin and by expected value, side by side: who changes class, and how much money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import N_, _, number, percent
from analysis.not_possible import NotPossible
from analysis.result import LISTED, Finding, Result, currency_of, largest_first, led_by, only_first
from analysis.segmentation.abc_classes import CLASSES, classified

VIEWS = {
    "net_sales": N_("Net sales so far"),
    "contribution_margin": N_("Contribution margin"),
    "clv": N_("Expected value of the next 12 months"),
}
"""What customers are classed by: a column of the customer profile, and what it is called."""


@dataclass(frozen=True)
class AbcViews(Result):
    """ABC classes by several measures.

    Attributes
    ----------
    customers
        Those with all measures: ``customer_id``, ``name`` and ``owner`` where known, and for each view of
        `VIEWS` that there is its column (money) and ``abc_`` with its name (A, B or C).
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "abc_views"
    customers: pd.DataFrame
    currency: str | None = None

    @property
    def views(self) -> list[str]:
        """The measures that there are."""
        return [view for view in VIEWS if f"abc_{view}" in self.customers]

    @property
    def other(self) -> str:
        """The measure that net sales are held against: expected value, or margin without it."""
        return self.views[-1]

    def sizes(self) -> pd.DataFrame:
        """Return by ``measure`` the customers of each class, and how many were in another by net sales."""
        rows = []
        for view in self.views:
            classes = self.customers[f"abc_{view}"]
            counts = {f"class_{name.lower()}": int((classes == name).sum()) for name in CLASSES}
            changed = int((classes != self.customers["abc_net_sales"]).sum())
            rows.append({"measure": _(VIEWS[view])} | counts | {"changed": changed})
        return pd.DataFrame(rows)

    def moved(self, better: bool) -> pd.DataFrame:
        """Return who is in a better (or worse) class by the other measure than by net sales."""
        was, now = self.customers["abc_net_sales"], self.customers[f"abc_{self.other}"]
        by = self.other if better else "net_sales"
        found = self.customers[(now < was) if better else (now > was)]
        found = largest_first(found, [by])
        compared = ("net_sales", self.other, "abc_net_sales", f"abc_{self.other}")
        return led_by(found, "customer_id", "name", "owner", *compared)

    def grid(self) -> pd.DataFrame:
        """Return customers and net sales by class by net sales and by the other measure."""
        by = ["abc_net_sales", f"abc_{self.other}"]
        return self.customers.groupby(by).agg(customers=("net_sales", "size"), net_sales=("net_sales", "sum"))

    def title(self) -> str:
        """Return how many move up and down, and the share of net sales of the latter."""
        up, down = self.moved(better=True), self.moved(better=False)
        total = self.customers["net_sales"].sum()
        return _(
            "By '{measure}' {up} customers are in a better class than by net sales so far, and {down} in a "
            "worse one, who made {share} of these."
        ).format(
            measure=_(VIEWS[self.other]),
            up=number(len(up)),
            down=number(len(down)),
            share=percent(down["net_sales"].sum() / total, 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the classes side by side, and who changes, by name."""
        return {
            "abc_views": self.sizes(),
            "abc_up": self.moved(better=True).head(LISTED),
            "abc_down": self.moved(better=False).head(LISTED),
        }

    def findings(self) -> list[Finding]:
        """Return how many move."""
        action = _("Share out visits and terms by what is to come, not by what was bought.")
        if self.other != "clv":
            action = _("Share out visits and terms by the margin, not by net sales.")
        count = len(self.moved(better=False))
        return [Finding("segmentation.abc_changes", self.title(), count, "customers", action=action)]

    def notes(self) -> list[str]:
        """Return how many are counted."""
        message = _("Counted are the {n} customers of whom all these measures are known.")
        return [message.format(n=number(len(self.customers))), *only_first(len(self.customers))]


def abc_views(profile: pd.DataFrame, a: float = 0.80, b: float = 0.95) -> AbcViews | NotPossible:
    """Return the classes of customers by net sales, margin and expected value.

    It takes the customer profile, with ``name`` and ``owner`` where they are to be named; customers without
    one of the measures are left out. The boundaries ``a`` and ``b`` are those of `abc`.
    """
    views = [view for view in VIEWS if view in profile and profile[view].notna().any()]
    words = [column for column in ("customer_id", "name", "owner") if column in profile]
    known = profile[[*words, *views]].dropna(subset=views).reset_index(drop=True)
    for view in views:
        known[view] = known[view].astype("float64")
        if (classes := classified(known[view], a, b)) is not None:
            known[f"abc_{view}"] = classes
    found = AbcViews(known, currency_of(profile))
    if "net_sales" not in found.views or len(found.views) < 2:
        return NotPossible(
            _(
                "Neither margin nor expected value of customers is known, or they add up to nothing: there "
                "is nothing to hold net sales against."
            )
        )
    return found
