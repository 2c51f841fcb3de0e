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

_SHARES = {"low": 0.1, "median": 0.5, "high": 0.9}


@dataclass(frozen=True)
class Spread(Result):
    """Customers who bought, by four measures of what they are to the company.

    Attributes
    ----------
    values
        One row per customer: ``orders``, ``value_per_order`` (money), ``days_between`` purchases (missing
        with one purchase) and ``tenure`` (months since the first purchase).
    currency
        ISO 4217 code, or None where it is not known.
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

    def sentence(self) -> str:
        """Return the title as a sentence."""
        return f"{self.title()}."

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the deciles of each measure."""
        rows = [
            {"measure": called, "customers": int(self.values[name].count()), "mean": self.values[name].mean()}
            | {word: self.values[name].quantile(share) for word, share in _SHARES.items()}
            for name, called in self.measure_names().items()
        ]
        return {"spread": pd.DataFrame(rows)[["measure", "customers", *_SHARES, "mean"]]}

    def notes(self) -> list[str]:
        """Return the sentence."""
        return [self.sentence()]


def spread(customers: pd.DataFrame, as_of: dt.date) -> Spread | NotPossible:
    """Return how customers differ in orders, value per order, pace and tenure.

    Parameters
    ----------
    customers
        The rows of ``sql/customers.sql``.
    as_of
        The last day that counts.
    """
    bought = customers[customers["purchase_days"] > 0]
    if bought.empty:
        return NotPossible(_("Nobody bought anything, so customers cannot be compared."))
    between = (bought["last_purchase"] - bought["first_purchase"]).dt.days / bought["x"].where(
        bought["x"] > 0
    )
    values = pd.DataFrame(
        {
            "orders": bought["orders"],
            "value_per_order": bought["sales"] / bought["orders"],
            "days_between": between,
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
        message = _(
            "The ten largest made {now} of net sales in the year to {until}, {before} in that to {first}"
        )
        return message.format(
            now=percent(last["top_ten"], 1),
            before=percent(first["top_ten"], 1),
            until=date(last["until"]),
            first=date(first["until"]),
        )

    def sentence(self) -> str:
        """Return the same, and who is new among the ten largest."""
        last = self.frame.iloc[-1]
        message = _("{title}. New among the ten largest: {entered}; no longer: {left}.")
        nobody = _("nobody")
        return message.format(
            title=self.title(), entered=last["entered"] or nobody, left=(last["left"] or nobody).rstrip(".")
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the years."""
        return {"concentration_trend": self.frame}

    def notes(self) -> list[str]:
        """Return the sentence."""
        return [self.sentence()]


def concentration_trend(years: pd.DataFrame, as_of: dt.date) -> ConcentrationTrend | NotPossible:
    """Return how concentrated net sales were in each of the years that end on the day of ``as_of``.

    Parameters
    ----------
    years
        The rows of ``sql/customer_years.sql``, with ``name`` where known.
    as_of
        The last day that counts. A year whose beginning was not recorded is left out.
    """
    known = years.drop_duplicates("customer_id").set_index("customer_id")
    names = known.get("name", pd.Series(index=known.index, dtype="str")).fillna(known.index.to_series())
    first, rows, before = years["first_day"].min(), [], None
    for year, part in years.groupby(years["year"] + years["later"]):
        until = pd.Timestamp(as_of) - pd.DateOffset(years=as_of.year - int(str(year)))
        result = concentration(part.groupby("customer_id")["net_sales"].sum().reset_index())
        start = until - pd.DateOffset(years=1) + pd.Timedelta(days=1)
        if isinstance(result, NotPossible) or not begins_whole(start, first, "year"):
            continue
        top = list(result.principal["customer_id"])
        rows.append(
            {
                "until": until,
                "customers": result.customers,
                "top_ten": float(result.principal["share_of_sales"].sum()),
                "top_fifth": float(result.top["share_of_sales"].iloc[-1]),
                "gini": result.gini,
                "entered": ""
                if before is None
                else listing([names[one] for one in top if one not in before]),
                "left": "" if before is None else listing([names[one] for one in before if one not in top]),
            }
        )
        before = top
    if len(rows) < 2:
        return NotPossible(_("The trend of concentration takes two whole years of sales."))
    return ConcentrationTrend(pd.DataFrame(rows))
