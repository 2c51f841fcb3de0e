"""How customers differ: orders, value, pace and tenure; and how concentration moves over the years."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, date, listing, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.periods import MONTH_DAYS, begins_whole
from analysis.portfolio.lorenz import concentration
from analysis.result import Result, currency_of


@dataclass(frozen=True)
class Spread(Result):
    """Customers who bought, by four measures of what they are to the company.

    Attributes
    ----------
    values
        One row per customer: ``orders``, ``value_per_order`` (money), ``days_between`` purchases (missing
        with one purchase) and ``tenure`` (months since the first purchase).
    """

    name: ClassVar[str] = "spread"
    values: pd.DataFrame
    currency: str | None = None

    def measure_names(self) -> dict[str, str]:
        """Return what each measure is called."""
        return {
            "orders": _("Orders"),
            "value_per_order": _("Value per order"),
            "days_between": _("Days between purchases"),
            "tenure": _("Months since the first purchase"),
        }

    def title(self) -> str:
        """Return how often half of the customers ordered, and the tenth that orders most."""
        middle, most = self.values["orders"].quantile([0.5, 0.9])
        return ngettext(
            "Half of the customers placed one order at most, one in ten {most} or more",
            "Half of the customers placed {middle} orders at most, one in ten {most} or more",
            int(middle),
        ).format(middle=number(middle), most=number(most))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the deciles of each measure."""
        told = self.values.rename(columns=self.measure_names())
        deciles = told.quantile([0.1, 0.5, 0.9]).T.set_axis(["low", "median", "high"], axis=1)
        frame = deciles.assign(mean=told.mean()).rename_axis("measure").reset_index()
        frame.insert(1, "customers", told.count().to_numpy())
        return {"spread": frame}


def spread(customers: pd.DataFrame, as_of: dt.date) -> Spread | NotPossible:
    """Return how the customers of ``sql/customers.sql`` differ in orders, value, pace and tenure."""
    bought = customers[customers["purchase_days"] > 0]
    if bought.empty:
        return NotPossible(_("Nobody bought anything, so customers cannot be compared."))
    days = (bought["last_purchase"] - bought["first_purchase"]).dt.days
    values = pd.DataFrame(
        {
            "orders": bought["orders"],
            "value_per_order": bought["sales"] / bought["orders"],
            "days_between": days / bought["x"].where(bought["x"] > 0),
            "tenure": (pd.Timestamp(as_of) - bought["first_purchase"]).dt.days / MONTH_DAYS,
        }
    )
    return Spread(values, currency_of(customers))


@dataclass(frozen=True)
class ConcentrationTrend(Result):
    """How concentrated net sales were in each year.

    Attributes
    ----------
    frame
        One row per year that ends on the day of ``as_of``: ``until`` (its last day), ``customers``,
        ``top_ten`` and ``top_fifth`` (shares of net sales of the ten largest and of the largest 20 %),
        ``gini``, and who ``entered`` and ``left`` the ten largest since the year before, as text.
    """

    name: ClassVar[str] = "concentration_trend"
    frame: pd.DataFrame

    def title(self) -> str:
        """Return the share of the ten largest, now and in the first year."""
        first, last = self.frame.iloc[0], self.frame.iloc[-1]
        return _(
            "The ten largest made {now} of net sales in the year to {until}, {before} in that to {first}"
        ).format(
            now=percent(last["top_ten"], 1),
            before=percent(first["top_ten"], 1),
            until=date(last["until"]),
            first=date(first["until"]),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the years, with who entered and who left."""
        return {"concentration_trend": self.frame}


def concentration_trend(years: pd.DataFrame, as_of: dt.date) -> ConcentrationTrend | NotPossible:
    """Return how concentrated net sales were in each of the years that end on the day of ``as_of``.

    Parameters
    ----------
    years
        The rows of ``sql/customer_years.sql``, with ``name`` where known.
    as_of
        The last day that counts. A year whose beginning was not recorded is left out.
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
