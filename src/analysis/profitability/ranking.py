"""Margin against sales: the customers that a ranking by sales gets wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, listing, money, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import called
from analysis.profitability.contribution import Contribution
from analysis.result import Finding, Result
from analysis.segmentation.abc_classes import abc

LISTED = 10
NAMED = 3


@dataclass(frozen=True)
class SalesRanking(Result):
    """Where customers stand by net sales and by contribution margin.

    Attributes
    ----------
    frame
        One row per customer: ``customer_id``, ``name`` and ``owner`` where known, ``net_sales``, ``margin``
        (money), ``margin_rate``, ``rank_sales``, ``rank_margin`` (1 is the largest) and ``beside_rate``: the
        margin less the net sales at the rate of all, in money.
    best, rate, currency
        How many are class A by net sales, margin ÷ net sales of all, the ISO 4217 code where it is known.
    """

    name: ClassVar[str] = "sales_ranking"
    frame: pd.DataFrame
    best: int
    rate: float
    currency: str | None = None

    @property
    def overrated(self) -> pd.DataFrame:
        """Class A by net sales, but not among as many by margin; those first whose margin lacks most."""
        apart = (self.frame["rank_sales"] <= self.best) & (self.frame["rank_margin"] > self.best)
        return self.frame[apart].sort_values("beside_rate", kind="stable")

    @property
    def underrated(self) -> pd.DataFrame:
        """Among as many by margin, but not class A by net sales; those first whose margin is most above."""
        apart = (self.frame["rank_margin"] <= self.best) & (self.frame["rank_sales"] > self.best)
        return self.frame[apart].sort_values("beside_rate", ascending=False, kind="stable")

    def title(self) -> str:
        """Return how many of the largest customers are not among the most profitable."""
        return _("{wrong} of the {best} largest customers are not among the {best} most profitable").format(
            wrong=number(len(self.overrated)), best=number(self.best)
        )

    def sentence(self) -> str:
        """Name the customers that the ranking by net sales makes look best and worst."""
        if self.overrated.empty:
            return _("The largest customers are the most profitable ones: the two rankings agree.")
        return _(
            "{title}, {names} above all: at the usual rate their margin would be {lacking} higher. By net "
            "sales alone {missed} would be missed."
        ).format(
            title=self.title(),
            names=listing([str(name) for name in called(self.overrated.head(NAMED))]),
            lacking=money(-float(self.overrated["beside_rate"].sum()), self.currency),
            missed=listing([str(name) for name in called(self.underrated.head(NAMED))]),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the customers that net sales make look better, and worse, than they are."""
        parts = {"overrated": self.overrated, "underrated": self.underrated}
        return {name: part.head(LISTED) for name, part in parts.items() if len(part)}

    def findings(self) -> list[Finding]:
        """Return who is overrated; the money is the margin they lack."""
        lacking, wrong = abs(float(self.overrated["beside_rate"].sum())), len(self.overrated)
        return [Finding("profitability.overrated", self.sentence(), wrong, "customers", lacking)]


@or_not_possible
def sales_ranking(result: Contribution) -> SalesRanking | NotPossible:
    """Compare the ranking of customers by net sales with the one by contribution margin."""
    if result.margins.source != "costs" and not result.served:
        return NotPossible(_("The cost of each line would tell whom a ranking by sales gets wrong."))
    classes = abc(result.frame)
    if isinstance(classes, NotPossible):
        return classes
    names = [name for name in ("customer_id", "name", "owner", "net_sales", "margin") if name in result.frame]
    frame, rate = result.frame[names], result.total / float(result.frame["net_sales"].sum())
    ranks = frame[["net_sales", "margin"]].rank(ascending=False, method="min").astype(int)
    frame = frame.assign(
        margin_rate=frame["margin"] / frame["net_sales"].where(frame["net_sales"] > 0),
        rank_sales=ranks["net_sales"],
        rank_margin=ranks["margin"],
        beside_rate=frame["margin"] - rate * frame["net_sales"],
    )
    return SalesRanking(frame, int((classes.customers["abc"] == "A").sum()), rate, result.currency)
