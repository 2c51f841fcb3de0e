"""Where RFM segments and ABC classes agree, and where not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from analysis.language import _, money, ngettext, number, percent
from analysis.segmentation.classes import CLASSES, Abc
from analysis.segmentation.grid import KEEN, KEYS, LEAVING, segment_name
from analysis.segmentation.scores import Rfm


@dataclass(frozen=True)
class Agreement:
    """RFM segments against ABC classes, customer by customer.

    Attributes
    ----------
    customers
        The customers of `Rfm` with ``abc``, by net sales from the largest down.
    """

    customers: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Return the number of customers by ``segment`` (rows, in the reader's language) and class."""
        counts = pd.crosstab(self.customers["segment"], self.customers["abc"])
        counts = counts.reindex(index=KEYS, columns=CLASSES, fill_value=0)
        counts.index = pd.Index([segment_name(key) for key in KEYS], name="segment")
        return counts.rename_axis(columns=None)

    def leaving(self) -> pd.DataFrame:
        """Return the A customers whose recency is among the worst two fifths, the largest first."""
        return self._pick("A", LEAVING)

    def small(self) -> pd.DataFrame:
        """Return the champions and loyal customers of class C, those with most purchases first."""
        return self._pick("C", KEEN).sort_values(
            ["purchases", "net_sales", "customer_id"], ascending=[False, False, True]
        )

    def _pick(self, abc_class: str, segments: Iterable[str]) -> pd.DataFrame:
        chosen = (self.customers["abc"] == abc_class) & self.customers["segment"].isin(list(segments))
        picked = self.customers[chosen].reset_index(drop=True)
        return picked.assign(segment=[segment_name(key) for key in picked["segment"]])

    def title(self) -> str:
        """Return what the map of segments and classes shows."""
        leaving, best = len(self.leaving()), int((self.customers["abc"] == "A").sum())
        return ngettext(
            "{leaving} of {best} A customer has been away longer than most",
            "{leaving} of {best} A customers have been away longer than most",
            best,
        ).format(leaving=number(leaving), best=number(best))

    def leaving_sentence(self, currency: str | None) -> str:
        """Return what is at stake with the A customers who are away, in one sentence."""
        leaving = self.leaving()
        if leaving.empty:
            return _(
                "No A customer has been away longer than most: the two views agree on the best customers."
            )
        total = self.customers.loc[self.customers["abc"] == "A", "net_sales"].sum()
        return ngettext(
            "{count} A customer has been away longer than most; it made {money} of net sales, "
            "{share} of what all A customers made.",
            "{count} A customers have been away longer than most; they made {money} of net sales, "
            "{share} of what all A customers made.",
            len(leaving),
        ).format(
            count=number(len(leaving)),
            money=money(leaving["net_sales"].sum(), currency),
            share=percent(leaving["net_sales"].sum() / total, 1),
        )

    def small_sentence(self) -> str:
        """Return how many keen customers are of class C, in one sentence."""
        count = len(self.small())
        if not count:
            return _("No champion or loyal customer is of class C.")
        return ngettext(
            "{count} champion or loyal customer is of class C: many purchases, little money.",
            "{count} champions or loyal customers are of class C: many purchases, little money.",
            count,
        ).format(count=number(count))


def agreement(scored: Rfm, classed: Abc) -> Agreement:
    """Return segment and class of every scored customer."""
    frame = scored.customers.merge(classed.customers[["customer_id", "abc"]], on="customer_id")
    return Agreement(
        frame.sort_values(["net_sales", "customer_id"], ascending=[False, True]).reset_index(drop=True)
    )
