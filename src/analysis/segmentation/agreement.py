"""Where RFM segments and ABC classes agree, and where not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, listing, money, ngettext, number, percent
from analysis.not_possible import or_not_possible
from analysis.result import Finding, Result
from analysis.segmentation.abc_classes import CLASSES, Abc
from analysis.segmentation.rfm import Rfm


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

    def named(self) -> pd.DataFrame:
        """Return the customers with the name of each segment in the reader's language."""
        return self.customers.assign(segment=self.customers["segment"].map(self.scored.names))

    def away(self) -> pd.DataFrame:
        """Return the A customers with a recency score of the middle or less, the largest first."""
        return self._pick("A", self.customers["r"] <= self.scored.middle)

    def small(self) -> pd.DataFrame:
        """Return the customers of the best segments and of class C, those with most purchases first."""
        return self._pick("C", self.customers["segment"].isin(self.scored.best)).sort_values(
            ["purchases", "net_sales", "customer_id"], ascending=[False, False, True]
        )

    def _pick(self, abc_class: str, chosen: pd.Series[bool]) -> pd.DataFrame:
        return self.named()[chosen & (self.customers["abc"] == abc_class)].reset_index(drop=True)

    def title(self) -> str:
        """Return what the map of segments and classes shows."""
        away, best = len(self.away()), int((self.customers["abc"] == "A").sum())
        return ngettext(
            "{away} of {best} A customer has not bought lately",
            "{away} of {best} A customers have not bought lately",
            best,
        ).format(away=number(away), best=number(best))

    def sentence(self) -> str:
        """Return what is at stake with the A customers who have not bought lately, in one sentence."""
        away = self.away()
        if away.empty:
            return _("Every A customer has bought lately: the two views agree on the best customers.")
        total = self.customers.loc[self.customers["abc"] == "A", "net_sales"].sum()
        return ngettext(
            "{count} A customer has not bought lately (recency score of {middle} or less); it made {money} "
            "of net sales, {share} of what all A customers made.",
            "{count} A customers have not bought lately (recency score of {middle} or less); they made "
            "{money} of net sales, {share} of what all A customers made.",
            len(away),
        ).format(
            count=number(len(away)),
            middle=number(self.scored.middle),
            money=money(away["net_sales"].sum(), self.currency),
            share=percent(away["net_sales"].sum() / total, 1),
        )

    def small_sentence(self) -> str:
        """Return how many keen customers are of class C, in one sentence."""
        count = len(self.small())
        best = listing([f"'{self.scored.names[key]}'" for key in self.scored.best])
        if not count:
            return _("Nobody in {segments} is of class C.").format(segments=best)
        return ngettext(
            "{count} customer in {segments} is of class C: many purchases, low monetary value.",
            "{count} customers in {segments} are of class C: many purchases, low monetary value.",
            count,
        ).format(count=number(count), segments=best)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the two lists, where there is anybody on them, and every customer."""
        lists = {"a_away": self.away(), "c_keen": self.small()}
        return {name: frame for name, frame in lists.items() if len(frame)} | {"customers": self.named()}

    def findings(self) -> list[Finding]:
        """Return how many A customers have not bought lately, and their money."""
        away = self.away()
        lost = float(away["net_sales"].sum())
        text = self.sentence()
        return [Finding("segmentation.a_away", text, len(away), "customers", lost, good=away.empty)]

    def notes(self) -> list[str]:
        """Return how many of the best are of class C."""
        return [self.small_sentence()]


@or_not_possible
def agreement(scored: Rfm, classed: Abc) -> Agreement:
    """Return segment and class of every scored customer."""
    frame = scored.customers.merge(classed.customers[["customer_id", "abc"]], on="customer_id")
    return Agreement(
        frame.sort_values(["net_sales", "customer_id"], ascending=[False, True]).reset_index(drop=True),
        scored,
        classed.currency,
    )
