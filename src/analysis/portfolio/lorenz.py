"""How much hangs on a few customers: Lorenz curve, Gini, the 80 % line, life without the largest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.language import _, money, ngettext, number, percent

TOP_PERCENT = (1, 5, 10, 20)
LARGEST = (1, 5, 10)
GOAL = 0.80
_CURVE_POINTS = 500
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Concentration:
    """How a total is spread over customers.

    Attributes
    ----------
    customers
        Number of customers.
    total
        Their value together: money, above zero.
    gini
        0 where all have the same value, near 1 where one has everything. Customers below zero can
        lift it above 1.
    customers_for_80
        The fewest customers who together make 80 % of the total.
    top
        ``top`` (share of customers: 1, 5, 10 and 20 %), ``customers`` (rounded up), ``value`` (money),
        ``share`` of the total.
    without
        ``largest`` (1, 5, 10 customers taken away), ``sales_lost`` and ``left`` (money), ``share_lost``.
    curve
        Lorenz curve: ``share_of_customers``, smallest first, and their ``share_of_value``.
    """

    customers: int
    total: float
    gini: float
    customers_for_80: int
    top: pd.DataFrame
    without: pd.DataFrame
    curve: pd.DataFrame

    @property
    def share_for_80(self) -> float:
        """Share of customers who make 80 % of the total."""
        return self.customers_for_80 / self.customers

    def title(self) -> str:
        """Return what the Lorenz curve shows."""
        return _("{share} of customers make 80% of net sales").format(share=percent(self.share_for_80, 1))

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        return ngettext(
            "{few} of {customers} customers ({share}) makes 80% of net sales; the Gini index is {gini}.",
            "{few} of {customers} customers ({share}) make 80% of net sales; the Gini index is {gini}.",
            self.customers_for_80,
        ).format(
            few=number(self.customers_for_80),
            customers=number(self.customers),
            share=percent(self.share_for_80, 1),
            gini=number(self.gini, 2),
        )

    def loss_sentence(self, currency: str | None) -> str:
        """Return what would be gone without the largest customers, in one sentence."""
        row = self.without.iloc[-1]
        return ngettext(
            "Without the largest customer net sales would be {lost} lower ({share}).",
            "Without the {largest} largest customers net sales would be {lost} lower ({share}).",
            int(row["largest"]),
        ).format(
            largest=number(row["largest"]),
            lost=money(row["sales_lost"], currency),
            share=percent(row["share_lost"], 1),
        )


def concentration(customers: pd.DataFrame, value: str = "net_sales") -> Concentration | None:
    """Return how ``value`` is spread over customers; None where it adds up to zero or less.

    Parameters
    ----------
    customers
        One row per customer.
    value
        Column with the money of each; it may be negative for some.

    Notes
    -----
    With values sorted upwards, Gini = Σ (2i − n − 1) · xᵢ ÷ (n · Σ xᵢ), which is 1 − 2 × the area
    under the Lorenz curve.
    """
    rising = np.sort(customers[value].to_numpy(dtype="float64"))
    count, total = len(rising), float(rising.sum())
    if total <= 0:
        return None
    falling = np.cumsum(rising[::-1])
    ranks = np.arange(1, count + 1)
    return Concentration(
        customers=count,
        total=total,
        gini=float(((2 * ranks - count - 1) * rising).sum() / (count * total)),
        customers_for_80=1 + int(np.argmax(falling >= GOAL * total - _ROUNDING * total)),
        top=_top(falling, total),
        without=_without(falling, total),
        curve=_curve(rising, total),
    )


def largest(customers: pd.DataFrame, count: int = 10) -> pd.DataFrame:
    """Return the ``count`` customers with the highest net sales, the largest first.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``purchase_days``, ``last_purchase``, ``net_sales`` (money) and ``share`` of all
        net sales.
    """
    ranked = customers.sort_values(["net_sales", "customer_id"], ascending=[False, True]).head(count)
    names = ["customer_id", "purchase_days", "last_purchase", "net_sales"]
    return (
        ranked[names].assign(share=ranked["net_sales"] / customers["net_sales"].sum()).reset_index(drop=True)
    )


def _top(falling: np.ndarray, total: float) -> pd.DataFrame:
    counts = [-(-len(falling) * percentage // 100) for percentage in TOP_PERCENT]
    value = falling[np.array(counts) - 1]
    return pd.DataFrame(
        {
            "top": [percentage / 100 for percentage in TOP_PERCENT],
            "customers": counts,
            "value": value,
            "share": value / total,
        }
    )


def _without(falling: np.ndarray, total: float) -> pd.DataFrame:
    """Return what is left without the largest customers, as long as somebody is left."""
    largest = [count for count in LARGEST if count < len(falling)] or [len(falling)]
    lost = falling[np.array(largest) - 1]
    return pd.DataFrame(
        {"largest": largest, "sales_lost": lost, "left": total - lost, "share_lost": lost / total}
    )


def _curve(rising: np.ndarray, total: float) -> pd.DataFrame:
    count = len(rising)
    points = np.unique(np.linspace(0, count, min(count, _CURVE_POINTS) + 1).round().astype(int))
    shares = np.concatenate([[0.0], np.cumsum(rising) / total])
    return pd.DataFrame({"share_of_customers": points / count, "share_of_value": shares[points]})
