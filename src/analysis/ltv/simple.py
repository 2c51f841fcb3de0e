"""Simple LTV: one number for every customer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, money, number
from analysis.ltv.value import DAYS_PER_YEAR
from analysis.not_possible import NotPossible
from analysis.result import Result, currency_of


@dataclass(frozen=True)
class SimpleLtv(Result):
    """The simple formula: revenue per year × years the relation lasts, before the cost to acquire.

    Attributes
    ----------
    revenue_per_year
        Mean net sales per customer and year, over the time from each first purchase to the last day.
    years
        Mean of that time; times ``revenue_per_year`` it is what the average customer has bought so far.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "simple_ltv"
    is_drawn: ClassVar[bool] = False
    revenue_per_year: float
    years: float
    currency: str | None = None

    @property
    def ltv(self) -> float:
        """The simple lifetime value, before the cost to acquire."""
        return self.revenue_per_year * self.years

    def title(self) -> str:
        """Return what the table is about."""
        return _("Simple lifetime value: revenue per year × years − cost to acquire")

    def sentence(self) -> str:
        """Say what the simple formula gives for this portfolio."""
        return _(
            "By the simple formula a customer is worth {ltv} in net sales, before what it costs to win: "
            "{revenue} a year for {years} years."
        ).format(
            ltv=money(self.ltv, self.currency),
            revenue=money(self.revenue_per_year, self.currency),
            years=number(self.years, 2),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the textbook's example and this portfolio."""
        rows = [
            (_("Textbook example"), 5_000.0, 10.0, 3_000.0, 47_000.0),
            (_("This portfolio"), self.revenue_per_year, self.years, float("nan"), self.ltv),
        ]
        columns = ["what", "revenue_per_year", "years", "acquisition_cost", "ltv"]
        return {"simple_ltv": pd.DataFrame(rows, columns=columns)}

    def notes(self) -> list[str]:
        """Return what it gives: a lesson, and no finding."""
        return [self.sentence()]


def simple_ltv(customers: pd.DataFrame, as_of: dt.date) -> SimpleLtv | NotPossible:
    """Work out the simple formula from the customer table.

    Parameters
    ----------
    customers
        The result of ``sql/customers.sql``.
    as_of
        The last day that counts.
    """
    bought = customers[customers["first_purchase"].notna()]
    age = (pd.Timestamp(as_of) - bought["first_purchase"]).dt.days.sum() / DAYS_PER_YEAR
    if bought.empty or age == 0:
        return NotPossible(
            _("The simple formula cannot be used: nobody has been a customer for a day or more.")
        )
    revenue, years = float(bought["net_sales"].sum() / age), float(age / len(bought))
    return SimpleLtv(revenue, years, currency_of(customers))
