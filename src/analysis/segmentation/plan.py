"""What to do with each segment, and the list of customers to do it with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from analysis.dataset.segment_table import MIDDLE
from analysis.language import _, money, ngettext, number
from analysis.not_possible import or_not_possible
from analysis.owners import named
from analysis.result import Finding, Result
from analysis.segmentation.rfm import Rfm

if TYPE_CHECKING:
    from analysis.dataset import Dataset

ACTIONS = ("aim", "treatment", "channel", "contact")


@dataclass(frozen=True)
class Plan(Result):
    """A plan per segment, with its customers.

    Attributes
    ----------
    customers
        ``customer_id``, ``name`` and ``owner`` where known, ``segment`` (its key), ``days_since_last`` and
        ``net_sales`` (money); by owner, then by segment, then the largest first.
    scored
        The segments, whose rules say what to do.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "plan"
    is_drawn: ClassVar[bool] = False
    customers: pd.DataFrame
    scored: Rfm
    currency: str | None = None

    def overview(self) -> pd.DataFrame:
        """Return the plan: ``segment``, ``customers``, ``net_sales`` and what to do, best first."""
        sizes = self.scored.sizes()[["segment", "customers", "net_sales"]]
        return pd.concat([sizes, self._actions().reset_index(drop=True)], axis=1)

    def to_do(self) -> pd.DataFrame:
        """Return the customers with the plan of their segment, to be worked through."""
        told = self.customers.join(self._actions(), on="segment")
        return told.assign(segment=told["segment"].map(self.scored.names))

    def _actions(self) -> pd.DataFrame:
        segments = self.scored.scoring.table.items()
        told = {key: [segment.said(text) for text in ACTIONS] for key, segment in segments}
        return pd.DataFrame.from_dict(told, orient="index", columns=list(ACTIONS))

    def sentence(self) -> str:
        """Return with which of the customers who have not bought lately most money lies, and the aim."""
        segments = self.scored.scoring.table
        away = [key for key, segment in segments.items() if segment.recency[1] <= MIDDLE]
        sums = self.customers.groupby("segment")["net_sales"].agg(["size", "sum"]).reindex(away).dropna()
        if sums.empty:
            return _("All customers have bought lately: the plan is to keep them buying.")
        key = str(sums["sum"].idxmax())
        count, total = int(sums["size"][key]), float(sums["sum"][key])
        said = ngettext(
            "Of the segments that have not bought lately, '{segment}' holds most money: {count} customer who "
            "bought for {money}.",
            "Of the segments that have not bought lately, '{segment}' holds most money: {count} customers "
            "who bought for {money}.",
            count,
        ).format(
            segment=self.scored.names[key],
            count=number(count),
            money=money(total, self.currency),
        )
        aim = segments[key].said("aim")
        return _("{said} Aim: {aim}.").format(said=said, aim=aim) if aim else said

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the plan, and the list to work through."""
        return {"plan": self.overview(), "plan_list": self.to_do()}

    def findings(self) -> list[Finding]:
        """Return where most money is to be won back."""
        away = self.customers["segment"].map(lambda key: self.scored.scoring.table[key].recency[1] <= MIDDLE)
        total = max(float(self.customers.loc[away, "net_sales"].sum()), 0.0)
        return [Finding("segmentation.plan", self.sentence(), int(away.sum()), "customers", total)]


@or_not_possible
def plan(scored: Rfm, dataset: Dataset) -> Plan:
    """Return what to do with each segment, as its rule says, and the list of its customers by owner."""
    columns = ["customer_id", "segment", "days_since_last", "net_sales"]
    found = named(dataset, scored.customers[columns])
    place = found["segment"].map({key: rank for rank, key in enumerate(scored.names)})
    by = (["owner"] if "owner" in found else []) + ["place", "net_sales", "customer_id"]
    ascending = [column != "net_sales" for column in by]
    ordered = found.assign(place=place).sort_values(by, ascending=ascending).drop(columns="place")
    return Plan(ordered.reset_index(drop=True), scored, dataset.currency)
