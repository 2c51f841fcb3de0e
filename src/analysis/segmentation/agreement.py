"""Where RFM segments and ABC classes agree, and where not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from analysis.language import _, listing, ngettext, number, percent
from analysis.not_possible import or_not_possible
from analysis.owners import looked_up, named
from analysis.result import LISTED, Finding, Result, largest_first, led_by, only_first
from analysis.segmentation.abc_classes import CLASSES, Abc
from analysis.segmentation.rfm import Rfm

if TYPE_CHECKING:
    from analysis.dataset import Dataset

_FIRST = ("customer_id", "name", "owner", "segment", "abc", "net_sales", "days_since_last", "usual_pause")


@dataclass(frozen=True)
class Agreement(Result):
    """RFM segments against ABC classes, customer by customer.

    Attributes
    ----------
    customers
        The customers of `Rfm` with ``abc``, by net sales from the largest down.
    scored
        The scores and segments, with their names.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "agreement"
    customers: pd.DataFrame
    scored: Rfm
    currency: str | None = None

    def table(self) -> pd.DataFrame:
        """Return the number of customers by ``segment`` (rows, in the reader's language) and class."""
        names = self.scored.names
        counts = pd.crosstab(self.customers["segment"], self.customers["abc"])
        counts = counts.reindex(index=list(names), columns=CLASSES, fill_value=0)
        counts.index = pd.Index(list(names.values()), name="segment")
        return counts.rename_axis(columns=None)

    def away(self) -> pd.DataFrame:
        """Return the A customers with a recency score of the middle or less, the largest first."""
        rows = self.customers
        return rows[(rows["abc"] == "A") & (rows["r"] <= self.scored.middle)]

    def small(self) -> pd.DataFrame:
        """Return the customers of the best segments and of class C, those with most purchases first."""
        rows = self.customers
        found = rows[(rows["abc"] == "C") & rows["segment"].isin(self.scored.best)]
        return found.sort_values("purchases", ascending=False, kind="stable")

    def title(self) -> str:
        """Return how many A customers have not bought lately, and their share of what all have bought."""
        away, best = self.away(), self.customers[self.customers["abc"] == "A"]
        if away.empty:
            return _("Every A customer has bought lately: the two views agree on the best customers.")
        return ngettext(
            "{count} of {best} A customers has not bought lately; it made {share} of what all A customers "
            "have bought so far.",
            "{count} of {best} A customers have not bought lately; they made {share} of what all A customers "
            "have bought so far.",
            len(away),
        ).format(
            count=number(len(away)),
            best=number(len(best)),
            share=percent(away["net_sales"].sum() / best["net_sales"].sum(), 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the two lists, where there is anybody on them, and every customer, what matters first."""
        lists = {"a_away": self.away(), "c_keen": self.small(), "customers": self.customers}
        return {name: self._told(rows.head(LISTED)) for name, rows in lists.items() if len(rows)}

    def _told(self, rows: pd.DataFrame) -> pd.DataFrame:
        names = rows["segment"].map(self.scored.names)
        return led_by(rows.assign(segment=names), *_FIRST).reset_index(drop=True)

    def findings(self) -> list[Finding]:
        """Return how many A customers have not bought lately."""
        count = len(self.away())
        action = _("Contact those of them whom the action plan says to reactivate or retain.")
        found = Finding("segmentation.a_away", self.title(), count, "customers", good=not count)
        return [replace(found, action=action if count else "")]

    def notes(self) -> list[str]:
        """Return how many of the best are of class C, and what it means not to have bought lately."""
        count = len(self.small())
        segments = listing([f"'{self.scored.names[key]}'" for key in self.scored.best])
        keen = ngettext(
            "{count} customer in {segments} is of class C: many purchases, low monetary value.",
            "{count} customers in {segments} are of class C: many purchases, low monetary value.",
            count,
        ).format(count=number(count), segments=segments)
        middle = number(self.scored.middle)
        lately = _("Not lately: a recency score of {middle} or less.").format(middle=middle)
        return [lately, *([keen] if count else []), *only_first(len(self.customers))]


@or_not_possible
def agreement(scored: Rfm, classed: Abc, dataset: Dataset | None = None) -> Agreement:
    """Return segment and class of every scored customer, with names and owners as ``dataset`` has them."""
    classes = classed.customers.set_index("customer_id")["abc"]
    frame = scored.customers.assign(abc=looked_up(scored.customers["customer_id"], classes))
    ordered = largest_first(frame[frame["abc"].notna()], ["net_sales"])
    if dataset is not None:
        ordered = named(dataset, ordered)
    return Agreement(ordered, scored, classed.currency)
