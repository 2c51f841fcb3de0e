"""The margin rate of each customer: from known costs, drawn towards that of all where little is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from analysis.language import _, number, percent
from analysis.result import Result
from analysis.statistics import Floats

MANY = 50  # purchase days: who needs more before its own rate counts half is hardly told from the rest
ASSUMED_RATE = 0.3  # where neither a cost nor a rate is known


@dataclass(frozen=True)
class Margins(Result):
    """Margin rates of customers.

    Attributes
    ----------
    rate
        Margin ÷ net sales of all purchases whose cost is known: the portfolio's rate.
    rates
        ``customer_id``; ``days``, purchase days with known cost; ``sales`` on these; ``own_rate``, from the
        customer's own costs; ``margin_rate``, the one to use: (days × own rate + half_weight × portfolio's
        rate) ÷ (days + half_weight).
    half_weight
        Purchase days from which a customer's own rate counts half; infinite where customers do not differ
        by more than their own purchases do.
    source
        Where they are from: ``"costs"``, ``"set"`` by the reader, or ``"assumed"``; in the last two cases the
        rate is the same for all and ``rates`` has no rows.
    """

    name: ClassVar[str] = "margins"
    is_drawn: ClassVar[bool] = False
    rate: float
    rates: pd.DataFrame
    half_weight: float
    source: Literal["costs", "set", "assumed"] = "costs"

    def of(self, customer_ids: pd.Series) -> Floats:
        """Return the rate of each customer; the portfolio's where no cost is known."""
        known = self.rates.set_index("customer_id")["margin_rate"]
        return customer_ids.map(known).fillna(self.rate).to_numpy(np.float64)

    def assumed(self) -> str:
        """Say that the rate is assumed, for the sentences of what rests on it; empty where it is not."""
        if self.source != "assumed":
            return ""
        return _(" at an assumed margin of {rate}, no cost being known").format(rate=percent(self.rate))

    def sentence(self) -> str:
        """Say what the margins are, where from, and how far they differ."""
        if self.source == "set":
            message = _("The margin is {rate} of net sales for all customers, as set.")
        elif self.source == "assumed":
            message = _(
                "A margin of {rate} of net sales is assumed for all customers, since no cost is known: set "
                "margin_rate to your own, or give the cost of each line."
            )
        elif self.half_weight > MANY:
            message = _(
                "From the costs of {customers} customers the margin is {rate} of net sales. Between "
                "customers it differs no more than between purchases of the same one, so all get nearly that "
                "rate."
            )
        else:
            message = _(
                "From the costs of {customers} customers the margin is {rate} of net sales. Each customer's "
                "own is drawn towards that, the more the fewer its purchases: for 8 of 10 it then lies "
                "between {low} and {high}."
            )
        rates = self.rates["margin_rate"].to_numpy(np.float64)
        low, high = np.quantile(rates, [0.1, 0.9]) if len(rates) else (self.rate, self.rate)
        return message.format(
            rate=percent(self.rate, 1),
            customers=number(len(rates)),
            low=percent(low, 1),
            high=percent(high, 1),
        )

    def notes(self) -> list[str]:
        """Say what the margins are."""
        return [self.sentence()]


def choose_margins(costs: pd.DataFrame, rate: float | None = None) -> Margins:
    """Take the margin rate that is set, or else those from costs, or else assume one.

    Parameters
    ----------
    costs
        The result of ``sql/customer_margins.sql``.
    rate
        The margin as a share of net sales, the same for all; None: from the costs.
    """
    if rate is None and (found := customer_margins(costs)) is not None:
        return found
    nobody = pd.DataFrame(columns=["customer_id", "days", "sales", "own_rate", "margin_rate"])
    if rate is not None:
        return Margins(rate, nobody, float("inf"), "set")
    return Margins(ASSUMED_RATE, nobody, float("inf"), "assumed")


def customer_margins(costs: pd.DataFrame) -> Margins | None:
    """Work out a margin rate for each customer with known costs; None where there is none.

    Few purchases say little about a customer's margin, so its own rate is drawn towards that of all. How far
    is Bühlmann's credibility: the half weight is the variance of the margins of one customer's purchase days
    ÷ the variance between customers, both estimated from the data by analysis of variance.

    Parameters
    ----------
    costs
        The result of ``sql/customer_margins.sql``.
    """
    if costs.empty:
        return None
    numbers = costs[["days", "sales", "cost", "day_margins", "day_squares"]].astype("float64")
    days, sales, cost, sums, squares = (numbers[name].to_numpy() for name in numbers)
    rate = 1 - float(cost.sum() / sales.sum())
    own = np.clip(1 - cost / sales, -1, 1)
    half = _half_weight(days, sums, squares)
    weight = days / (days + half) if np.isfinite(half) else np.zeros(len(days))
    rates = pd.DataFrame(
        {
            "customer_id": costs["customer_id"],
            "days": costs["days"],
            "sales": sales,
            "own_rate": own,
            "margin_rate": weight * own + (1 - weight) * rate,
        }
    )
    return Margins(rate, rates, half)


def _half_weight(days: Floats, sums: Floats, squares: Floats) -> float:
    """Return the variance within customers ÷ the variance between them."""
    customers, total = len(days), days.sum()
    if customers < 2 or total <= customers:
        return float("inf")
    means = sums / days
    within = max(float((squares - days * means**2).sum()), 0) / (total - customers)
    around = float((days * (means - sums.sum() / total) ** 2).sum())
    between = (around - (customers - 1) * within) / (total - float((days**2).sum()) / total)
    return within / between if between > 0 else float("inf")
