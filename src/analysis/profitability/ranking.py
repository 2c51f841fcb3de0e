"""Margin against sales: the customers that a ranking by sales gets wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, listing, money, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.profitability.contribution import Contribution
from analysis.result import Finding, Result
from analysis.segmentation.abc_classes import abc
from analysis.statistics import rank_correlation

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
    best
        How many customers are class A by net sales.
    rate
        Margin ÷ net sales of all.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "sales_ranking"
    frame: pd.DataFrame
    best: int
    rate: float
    currency: str | None = None

    @property
    def overrated(self) -> pd.DataFrame:
        """Class A by net sales, but not among as many by margin; those first whose margin lacks most."""
        return self._apart("rank_sales", "rank_margin").sort_values("beside_rate", kind="stable")

    @property
    def underrated(self) -> pd.DataFrame:
        """Among as many by margin, but not class A by net sales; those first whose margin is most above."""
        frame = self._apart("rank_margin", "rank_sales")
        return frame.sort_values("beside_rate", ascending=False, kind="stable")

    def _apart(self, within: str, beyond: str) -> pd.DataFrame:
        return self.frame[(self.frame[within] <= self.best) & (self.frame[beyond] > self.best)]

    def title(self) -> str:
        """Return how many of the largest customers are not among the most profitable."""
        return _("{wrong} of the {best} largest customers are not among the {best} most profitable").format(
            wrong=number(len(self.overrated)), best=number(self.best)
        )

    def sentence(self) -> str:
        """Name the customers that the ranking by net sales makes look best and worst."""
        if self.overrated.empty and self.underrated.empty:
            return _("The largest customers are the most profitable ones: the two rankings agree.")
        said = []
        if len(self.overrated):
            lacking = -float(self.overrated["beside_rate"].sum())
            said.append(
                _(
                    "{title}, {names} above all: at the usual rate their margin would be {lacking} higher."
                ).format(
                    title=self.title(), names=_names(self.overrated), lacking=money(lacking, self.currency)
                )
            )
        if len(self.underrated):
            said.append(
                _("By net sales alone {names} would be missed.").format(names=_names(self.underrated))
            )
        return " ".join(said)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the customers that net sales make look better, and worse, than they are."""
        parts = {"overrated": self.overrated, "underrated": self.underrated}
        return {name: part.head(LISTED) for name, part in parts.items() if len(part)}

    def findings(self) -> list[Finding]:
        """Return who is overrated; the money is the margin they lack."""
        lacking = abs(float(self.overrated["beside_rate"].sum()))
        wrong = len(self.overrated)
        return [Finding("profitability.overrated", self.sentence(), wrong, "customers", lacking)]

    def notes(self) -> list[str]:
        """Say how far the rankings agree."""
        agree = rank_correlation(self.frame["net_sales"], self.frame["margin"])
        return [_("The rank correlation of net sales and margin is {agree}.").format(agree=number(agree, 2))]


@or_not_possible
def sales_ranking(result: Contribution) -> SalesRanking | NotPossible:
    """Compare the ranking of customers by net sales with the one by contribution margin.

    Parameters
    ----------
    result
        The contribution margin of each customer.
    """
    if result.margins.source != "costs" and not result.served:
        return NotPossible(
            _(
                "With one margin rate for all, margin ranks customers just as net sales do: the cost of each "
                "line would tell whom a ranking by sales gets wrong."
            )
        )
    frame, net = result.frame, float(result.frame["net_sales"].sum())
    classes = abc(frame)
    if isinstance(classes, NotPossible):
        return classes
    columns = [name for name in ("customer_id", "name", "owner", "net_sales", "margin") if name in frame]
    ranked = frame[columns].assign(
        margin_rate=frame["margin"] / frame["net_sales"].where(frame["net_sales"] > 0),
        rank_sales=frame["net_sales"].rank(ascending=False, method="min").astype(int),
        rank_margin=frame["margin"].rank(ascending=False, method="min").astype(int),
        beside_rate=frame["margin"] - frame["net_sales"] * (result.total / net),
    )
    return SalesRanking(
        ranked, int((classes.customers["abc"] == "A").sum()), result.total / net, result.currency
    )


def _names(rows: pd.DataFrame) -> str:
    """Return the names of the first of them, or their codes where they have none."""
    first = rows.head(NAMED)
    names = first["name"].fillna(first["customer_id"]) if "name" in first else first["customer_id"]
    return listing([str(name) for name in names])
