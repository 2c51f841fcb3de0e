"""The margin rate of each customer: from known costs, drawn towards that of all where little is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pandas as pd

from analysis.language import _, number, percent
from analysis.owners import looked_up
from analysis.result import Result
from analysis.statistics import Floats

if TYPE_CHECKING:
    from analysis.dataset import Dataset

ASSUMED_RATE = 0.3  # where neither a cost nor a rate is known
SUMS = ["days", "sales", "cost", "day_margins", "day_squares"]
"""Columns of ``sql/customer_margins.sql`` of which `common_margin` is made."""


@dataclass(frozen=True)
class Margins(Result):
    """Margin rates of customers, as shares of net sales.

    Attributes
    ----------
    rate
        That of all purchases whose cost is known, or of all customers.
    rates
        By ``customer_id``: ``own_rate``, from its own costs, and ``margin_rate``, the one to use, if known.
    source
        Whether the rate is from ``"costs"``, ``"set"`` by the reader, or ``"assumed"``.
    common
        What the costs of all customers say of each, where any are known.
    """

    name: ClassVar[str] = "margins"
    is_drawn: ClassVar[bool] = False
    rate: float
    rates: pd.DataFrame
    source: Literal["costs", "set", "assumed"] = "costs"
    common: CommonMargin | None = None

    def of(self, customer_ids: pd.Series) -> Floats:
        """Return the rate of each customer; the portfolio's where no cost is known."""
        return looked_up(customer_ids, self.rates["margin_rate"]).fillna(self.rate).to_numpy(np.float64)

    def within(self, part: Dataset) -> Margins:
        """Return those of the customers of a part of the data set, see `Dataset.batches`."""
        if part.whole is None:
            return self
        rate = self.rate if self.source == "set" else None
        return choose_margins(part.query("customer_margins"), rate, self.common)

    def assumed(self) -> str:
        """Say that the rate is assumed, for the sentences of what rests on it; empty where it is not."""
        if self.source != "assumed":
            return ""
        return _(" at an assumed margin of {rate}, no cost being known").format(rate=percent(self.rate))

    def sentence(self) -> str:
        """Say what the margins are, where from, and how far they differ."""
        message = {
            "set": _("The margin is {rate} of net sales for all customers, as set."),
            "assumed": _(
                "A margin of {rate} of net sales is assumed for all customers, since no cost is known: set "
                "margin_rate to your own, or give the cost of each line."
            ),
            "costs": _(
                "From the costs of {customers} customers the margin is {rate} of net sales. A forecast draws "
                "each customer's own towards that, the more the fewer its purchases."
            ),
        }[self.source]
        return message.format(rate=percent(self.rate, 1), customers=number(len(self.rates)))

    def notes(self) -> list[str]:
        """Return the sentence."""
        return [self.sentence()]


@dataclass(frozen=True)
class CommonMargin:
    """What the costs of all customers say of each: the ``rate`` of all, and the ``half_weight`` it has."""

    rate: float
    half_weight: float


def common_margin(costs: pd.DataFrame) -> CommonMargin | None:
    """Return what the result of ``sql/customer_margins.sql`` says of all customers; None without costs."""
    if costs.empty:
        return None
    known = costs[SUMS].astype("float64")
    common = 1 - float(known["cost"].sum() / known["sales"].sum())
    return CommonMargin(common, _half_weight(known["days"], known["day_margins"], known["day_squares"]))


def choose_margins(
    costs: pd.DataFrame, rate: float | None = None, common: CommonMargin | None = None
) -> Margins:
    """Take the margin rate that is set, or else those from costs, or else assume one.

    Few purchases say little about a customer's margin, so its own rate is drawn towards that of all: (days ×
    own rate + half weight × rate of all) ÷ (days + half weight). The half weight is Bühlmann's credibility:
    the variance of the margins of one customer's purchase days ÷ the variance between customers, both
    estimated from the data by analysis of variance.

    Parameters
    ----------
    costs
        The result of ``sql/customer_margins.sql``.
    rate
        The margin as a share of net sales, the same for all; None: from the costs.
    common
        What the costs of all customers say, where these are those of some; None: of these.
    """
    common = common or common_margin(costs)
    if rate is not None or common is None:
        nobody = pd.DataFrame(columns=["own_rate", "margin_rate"], dtype="float64")
        return Margins(ASSUMED_RATE, nobody, "assumed") if rate is None else Margins(rate, nobody, "set")
    known = costs.set_index("customer_id").astype("float64")
    days, own = known["days"], (1 - known["cost"] / known["sales"]).clip(-1, 1)
    weight = days / (days + common.half_weight)
    drawn = weight * own + (1 - weight) * common.rate
    return Margins(common.rate, pd.DataFrame({"own_rate": own, "margin_rate": drawn}), common=common)


def margins_of(dataset: Dataset, rate: float | None = None) -> Margins:
    """Return the margins of all customers of a data set, read in parts where these are many.

    Parameters
    ----------
    dataset
        The data set.
    rate
        See `choose_margins`.
    """
    some = dataset.sampled()
    if rate is not None or some is dataset:
        return choose_margins(some.query("customer_margins"), rate)
    common = common_margin(dataset.query("customer_margins", SUMS))
    parts = [choose_margins(part.query("customer_margins"), None, common) for part in dataset.batches()]
    return replace(parts[0], rates=pd.concat([part.rates for part in parts]))


def _half_weight(days: pd.Series, sums: pd.Series, squares: pd.Series) -> float:
    """Return the variance within customers ÷ the variance between them."""
    customers, total = len(days), days.sum()
    if customers < 2 or total <= customers:
        return float("inf")
    means = sums / days
    within = max((squares - days * means**2).sum(), 0) / (total - customers)
    around = (days * (means - sums.sum() / total) ** 2).sum()
    between = (around - (customers - 1) * within) / (total - (days**2).sum() / total)
    return float(within / between) if between > 0 else float("inf")
