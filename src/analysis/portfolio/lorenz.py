"""How much hangs on a few customers: Lorenz curve, Gini, the 80 % line, life without the largest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, money, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.result import Finding, Result, currency_of, never_bought, only_returned

TOP_PERCENT = (1, 5, 10, 20)
LARGEST = (1, 5, 10)
GOAL = 0.80
_CURVE_POINTS = 500
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Concentration(Result):
    """How a total is spread over customers.

    Attributes
    ----------
    customers
        Number of customers.
    gini
        0 where all have the same value, near 1 where one has everything. Customers below zero can
        lift it above 1.
    customers_for_80
        The fewest customers who together make 80 % of the total.
    top
        ``top`` (share of customers: 1, 5, 10 and 20 %), ``customers`` (rounded up), ``net_sales`` (money),
        ``share_of_sales``.
    without
        ``largest`` (1, 5, 10 customers taken away), ``sales_lost`` and ``left`` (money), ``share_lost``.
    curve
        Lorenz curve: ``share_of_customers``, smallest first, and their ``share_of_sales``.
    principal
        The ten customers with most, from the largest down: of ``customer_id``, ``name``, ``owner``,
        ``purchase_days`` and ``last_purchase`` those that are known, the value (money) and
        ``share_of_sales``.
    currency
        ISO 4217 code, or None where it is not known.
    returned
        How many of the customers only ever returned.
    """

    name: ClassVar[str] = "lorenz"

    customers: int
    gini: float
    customers_for_80: int
    top: pd.DataFrame
    without: pd.DataFrame
    curve: pd.DataFrame
    principal: pd.DataFrame
    currency: str | None = None
    returned: int = 0

    @property
    def share_for_80(self) -> float:
        """Share of customers who make 80 % of the total."""
        return self.customers_for_80 / self.customers

    def title(self) -> str:
        """Return what the Lorenz curve shows."""
        return _("{share} of customers make 80% of net sales").format(share=percent(self.share_for_80, 1))

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        found = ngettext(
            "{few} of {customers} customers ({share}) makes 80% of net sales; the Gini coefficient "
            "is {gini}.",
            "{few} of {customers} customers ({share}) make 80% of net sales; the Gini coefficient is {gini}.",
            self.customers_for_80,
        ).format(
            few=number(self.customers_for_80),
            customers=number(self.customers),
            share=percent(self.share_for_80, 1),
            gini=number(self.gini, 2),
        )
        return f"{found} {only_returned(self.returned)}".strip()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return what the top 1 to 20 % make, what is left without the largest, and who they are."""
        return {"top": self.top, "without": self.without, "largest": self.principal}

    def findings(self) -> list[Finding]:
        """Return how many make 80 %."""
        lost = float(self.without["sales_lost"].iloc[-1])
        return [Finding("portfolio.customers_for_80", self.sentence(), self.share_for_80, "share", lost)]

    def notes(self) -> list[str]:
        """Return what would be gone without the largest."""
        row = self.without.iloc[-1]
        message = ngettext(
            "Without the largest customer net sales would be {lost} lower ({share}).",
            "Without the {largest} largest customers net sales would be {lost} lower ({share}).",
            int(row["largest"]),
        )
        lost, share = money(row["sales_lost"], self.currency), percent(row["share_lost"], 1)
        return [message.format(largest=number(row["largest"]), lost=lost, share=share)]


def concentration(customers: pd.DataFrame, value: str = "net_sales") -> Concentration | NotPossible:
    """Return how ``value`` is spread over customers; not possible where it adds up to zero or less.

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

    Examples
    --------
    >>> import pandas as pd
    >>> print(concentration(pd.DataFrame({"net_sales": [10, 20, 30, 40, 100]})))
    3 of 5 customers (60.0%) make 80% of net sales; the Gini coefficient is 0.40.
    """
    rising = np.sort(customers[value].to_numpy(dtype="float64"))
    count, total = len(rising), float(rising.sum())
    if total <= _ROUNDING * np.abs(rising).sum():
        return NotPossible(_("Net sales add up to zero or less: nobody can have a share of them."))
    falling = np.cumsum(rising[::-1])
    ranks = np.arange(1, count + 1)
    return Concentration(
        customers=count,
        gini=float(((2 * ranks - count - 1) * rising).sum() / (count * total)),
        customers_for_80=1 + int(np.argmax(falling >= GOAL * total - _ROUNDING * total)),
        top=_top(falling, total),
        without=_without(falling, total),
        curve=_curve(rising, total),
        principal=_principal(customers, value),
        currency=currency_of(customers),
        returned=never_bought(customers),
    )


def _principal(customers: pd.DataFrame, value: str) -> pd.DataFrame:
    names = [
        name
        for name in ("customer_id", "name", "owner", "purchase_days", "last_purchase")
        if name in customers
    ]
    by = [value, *(name for name in names if name == "customer_id")]
    ranked = customers[[*names, value]].sort_values(by, ascending=[False, True][: len(by)])
    shares = ranked[value] / ranked[value].sum()
    return ranked.assign(share_of_sales=shares).head(10).reset_index(drop=True)


def _top(falling: np.ndarray, total: float) -> pd.DataFrame:
    counts = [-(-len(falling) * percentage // 100) for percentage in TOP_PERCENT]
    value = falling[np.array(counts) - 1]
    return pd.DataFrame(
        {
            "top": [percentage / 100 for percentage in TOP_PERCENT],
            "customers": counts,
            "net_sales": value,
            "share_of_sales": value / total,
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
    return pd.DataFrame({"share_of_customers": points / count, "share_of_sales": shares[points]})
