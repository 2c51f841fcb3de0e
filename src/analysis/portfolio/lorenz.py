"""How much hangs on a few customers: Lorenz curve, Gini, the 80 % line, life without the largest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.result import Finding, Result, currency_of, never_bought, only_returned

TOP_PERCENT = (1, 5, 10, 20)
LARGEST = (1, 5, 10)
GOAL = 0.80
_CURVE_POINTS = 500
_ROUNDING = 1e-9
_KNOWN = ("customer_id", "name", "owner", "purchase_days", "last_purchase")


@dataclass(frozen=True)
class Concentration(Result):
    """How a total is spread over customers.

    Attributes
    ----------
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
        """Return the same in numbers of customers, with the Gini coefficient."""
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


def concentration(customers: pd.DataFrame, value: str = "net_sales") -> Concentration | NotPossible:
    """Return how ``value``, a column with money, is spread over customers, one per row.

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
    falling, ranks = np.cumsum(rising[::-1]), np.arange(1, count + 1)
    counts = np.array([-(-count * top // 100) for top in TOP_PERCENT])
    made = falling[counts - 1]
    largest = np.array([few for few in LARGEST if few < count] or [count])
    lost = falling[largest - 1]
    points = np.linspace(0, count, min(count, _CURVE_POINTS) + 1).round().astype(int)
    below = np.append(0, np.cumsum(rising))[points]
    known = [name for name in _KNOWN if name in customers]
    ranked = customers[[*known, value]].sort_values(known[:1]) if known else customers[[value]]
    return Concentration(
        customers=count,
        gini=float(((2 * ranks - count - 1) * rising).sum() / (count * total)),
        customers_for_80=1 + int(np.argmax(falling >= GOAL * total - _ROUNDING * total)),
        top=pd.DataFrame(
            {
                "top": np.array(TOP_PERCENT) / 100,
                "customers": counts,
                "net_sales": made,
                "share_of_sales": made / total,
            }
        ),
        without=pd.DataFrame(
            {"largest": largest, "sales_lost": lost, "left": total - lost, "share_lost": lost / total}
        ),
        curve=pd.DataFrame({"share_of_customers": points / count, "share_of_sales": below / total}),
        principal=ranked.assign(share_of_sales=ranked[value] / total).nlargest(10, value, keep="first"),
        currency=currency_of(customers),
        returned=never_bought(customers),
    )
