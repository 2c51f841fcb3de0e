"""How much hangs on a few customers: Lorenz curve, Gini, life without the largest, and the trend."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, date, listing, number, percent
from analysis.not_possible import NotPossible
from analysis.periods import begins_whole
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
    top, without
        What the top 1, 5, 10 and 20 % make (their number rounded up); what is left without the ``largest``.
    curve
        Lorenz curve: ``share_of_customers``, smallest first, and their ``share_of_sales``.
    principal
        The ten customers with most, from the largest down, with what is known of them.
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
        found = _(
            "It takes {few} of {customers} customers ({share}) to make 80% of net sales; "
            "the Gini coefficient is {gini}."
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
    It takes 3 of 5 customers (60.0%) to make 80% of net sales; the Gini coefficient is 0.40.
    """
    rising = np.sort(customers[value].to_numpy(dtype="float64"))
    count, total = len(rising), float(rising.sum())
    if total <= _ROUNDING * np.abs(rising).sum():
        return NotPossible(_("Net sales add up to zero or less: nobody can have a share of them."))
    falling, ranks = np.cumsum(rising[::-1]), np.arange(1, count + 1)
    top = pd.DataFrame({"top": TOP_PERCENT, "customers": [-(-count * one // 100) for one in TOP_PERCENT]})
    top["net_sales"] = falling[top["customers"] - 1]
    without = pd.DataFrame({"largest": [few for few in LARGEST if few < count] or [count]})
    without["sales_lost"] = falling[without["largest"] - 1]
    points = np.linspace(0, count, min(count, _CURVE_POINTS) + 1).round().astype(int)
    below = np.append(0, np.cumsum(rising))[points]
    known = [name for name in _KNOWN if name in customers]
    ranked = customers[[*known, value]].sort_values(known[:1]) if known else customers[[value]]
    return Concentration(
        customers=count,
        gini=float(((2 * ranks - count - 1) * rising).sum() / (count * total)),
        customers_for_80=1 + int(np.argmax(falling >= GOAL * total - _ROUNDING * total)),
        top=top.assign(top=top["top"] / 100, share_of_sales=top["net_sales"] / total),
        without=without.assign(left=total - without["sales_lost"], share_lost=without["sales_lost"] / total),
        curve=pd.DataFrame({"share_of_customers": points / count, "share_of_sales": below / total}),
        principal=ranked.assign(share_of_sales=ranked[value] / total).nlargest(10, value),
        currency=currency_of(customers),
        returned=never_bought(customers),
    )


@dataclass(frozen=True)
class ConcentrationTrend(Result):
    """How concentrated net sales were in each year.

    Attributes
    ----------
    frame
        One row per year that ends on the day of ``as_of``: ``until`` (its last day), ``customers``,
        ``top_ten`` and ``top_fifth`` (shares of net sales of the ten largest and of the largest 20 %),
        ``gini``, and who ``entered`` and ``left`` the ten largest since the year before.
    """

    name: ClassVar[str] = "concentration_trend"
    frame: pd.DataFrame

    def title(self) -> str:
        """Return the share of the ten largest, now and in the first year."""
        (first, before), (until, now) = self.frame[["until", "top_ten"]].iloc[[0, -1]].to_numpy()
        return _(
            "The ten largest made {now} of net sales in the year to {until}, {before} in that to {first}"
        ).format(now=percent(now, 1), until=date(until), before=percent(before, 1), first=date(first))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the years, with who entered and who left."""
        return {"concentration_trend": self.frame}


def concentration_trend(years: pd.DataFrame, as_of: dt.date) -> ConcentrationTrend | NotPossible:
    """Return how concentrated net sales were in each of the years that end on the day of ``as_of``.

    They are the rows of ``sql/customer_years.sql``, with ``name`` where known; a year whose beginning was not
    recorded is left out.
    """
    known = [name for name in ("customer_id", "name") if name in years]
    rows: list[dict[str, object]] = []
    before: dict[str, str] = {}
    for year, part in years.groupby(years["year"] + years["later"]):
        until = pd.Timestamp(as_of) - pd.DateOffset(years=as_of.year - int(str(year)))
        start = until - pd.DateOffset(years=1) + pd.Timedelta(days=1)
        result = concentration(part.groupby(known, dropna=False)["net_sales"].sum().reset_index())
        if isinstance(result, NotPossible) or not begins_whole(start, years["first_day"].min(), "year"):
            continue
        largest = result.principal
        names = largest[known[-1]].fillna(largest["customer_id"])
        top = dict(zip(largest["customer_id"], names, strict=True))
        rows.append(
            {
                "until": until,
                "customers": result.customers,
                "top_ten": float(largest["share_of_sales"].sum()),
                "top_fifth": float(result.top["share_of_sales"].iloc[-1]),
                "gini": result.gini,
                "entered": listing([top[one] for one in top if before and one not in before]),
                "left": listing([before[one] for one in before if one not in top]),
            }
        )
        before = top
    if len(rows) < 2:
        return NotPossible(_("The trend of concentration takes two whole years of sales."))
    return ConcentrationTrend(pd.DataFrame(rows))
