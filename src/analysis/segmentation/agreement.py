"""Where RFM segments and ABC classes agree, and where not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from analysis.language import _, money, ngettext, number, percent
from analysis.segmentation.abc_classes import CLASSES, Abc
from analysis.segmentation.rfm import Rfm
from analysis.segmentation.segment_rules import AWAY, KEEN, KEYS, segment_name


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

    def named(self) -> pd.DataFrame:
        """Return the customers with the name of each segment in the reader's language."""
        names = {key: segment_name(key) for key in KEYS}
        return self.customers.assign(segment=self.customers["segment"].map(names))

    def away(self) -> pd.DataFrame:
        """Return the A customers with a recency score of 3 or less, the largest first."""
        return self._pick("A", AWAY)

    def small(self) -> pd.DataFrame:
        """Return the champions and loyal customers of class C, those with most purchases first."""
        return self._pick("C", KEEN).sort_values(
            ["purchases", "net_sales", "customer_id"], ascending=[False, False, True]
        )

    def _pick(self, abc_class: str, segments: Iterable[str]) -> pd.DataFrame:
        chosen = (self.customers["abc"] == abc_class) & self.customers["segment"].isin(list(segments))
        return self.named()[chosen].reset_index(drop=True)

    def title(self) -> str:
        """Return what the map of segments and classes shows."""
        away, best = len(self.away()), int((self.customers["abc"] == "A").sum())
        return ngettext(
            "{away} of {best} A customer has not been seen lately",
            "{away} of {best} A customers have not been seen lately",
            best,
        ).format(away=number(away), best=number(best))

    def away_sentence(self, currency: str | None) -> str:
        """Return what is at stake with the A customers who are away, in one sentence."""
        away = self.away()
        if away.empty:
            return _("Every A customer was seen lately: the two views agree on the best customers.")
        total = self.customers.loc[self.customers["abc"] == "A", "net_sales"].sum()
        return ngettext(
            "{count} A customer has not been seen lately (recency score of 3 or less); it made {money} "
            "of net sales, {share} of what all A customers made.",
            "{count} A customers have not been seen lately (recency score of 3 or less); they made {money} "
            "of net sales, {share} of what all A customers made.",
            len(away),
        ).format(
            count=number(len(away)),
            money=money(away["net_sales"].sum(), currency),
            share=percent(away["net_sales"].sum() / total, 1),
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
