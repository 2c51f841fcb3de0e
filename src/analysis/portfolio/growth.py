"""Is it growing or shrinking: sales by period, a period against a year before, and which factors moved."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, money, number, percent, period, signed_percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import MONTHS, begins_whole, calendar
from analysis.portfolio.compared import Compared
from analysis.portfolio.factors import FACTORS, factor_effects, with_factors
from analysis.result import Finding, Result, currency_of


@dataclass(frozen=True)
class SalesByPeriod(Result):
    """Net sales of each period and the three factors they are made of.

    Attributes
    ----------
    frame
        One row per period of the calendar: ``period`` (first day), ``customers``, ``purchases``
        (purchase days), ``purchases_per_customer``, ``value_per_purchase`` (money, net of returns; both
        missing where nobody bought), ``net_sales`` (money) and ``complete``: whole and over.
    """

    name: ClassVar[str] = "sales"
    frame: pd.DataFrame
    unit: str
    currency: str | None = None

    def title(self) -> str:
        """Return net sales of the last complete period, against a year before where they are known."""
        closed = self.frame[self.frame["complete"]]
        if closed.empty:
            return _("No period is complete yet")
        message, last = _("Net sales of {period}: {net}"), closed.iloc[-1]
        above_zero = closed["net_sales"].where(closed["net_sales"] > 0)
        change = above_zero.pct_change(12 // MONTHS[self.unit], fill_method=None).iloc[-1]
        if pd.notna(change):
            message = _("Net sales of {period}: {net}, {change} against {before}")
        return message.format(
            period=period(last["period"], self.unit),
            net=money(last["net_sales"], self.currency),
            change=signed_percent(change, 1),
            before=period(last["period"] - pd.DateOffset(years=1), self.unit),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the periods, the last one first."""
        return {"sales_by_period": self.frame[::-1].rename(columns={"period": self.unit})}


def sales_by_period(rows: pd.DataFrame, as_of: dt.date, unit: str) -> SalesByPeriod:
    """Return the rows of ``sql/sales_by_period.sql``, at least one, on a calendar without holes."""
    frame = calendar(rows["first_day"].min(), as_of, unit).merge(rows, on="period", how="left")
    counts = frame[["customers", "purchases"]].fillna(0).astype(int)
    frame = with_factors(frame.assign(**counts, net_sales=frame["net_sales"].fillna(0)))
    names = ["period", "customers", "purchases", *FACTORS[1:], "net_sales", "complete"]
    return SalesByPeriod(frame[names], unit, currency_of(rows))


@dataclass(frozen=True)
class FactorChange(Result):
    """The change of the margin, or of net sales, between two periods, split over its factors.

    Attributes
    ----------
    factors
        What `factor_effects` returns.
    names
        What is compared, the earlier first.
    """

    name: ClassVar[str] = "factor_change"
    factors: pd.DataFrame
    names: tuple[str, str]
    currency: str | None

    @property
    def value(self) -> tuple[float, float]:
        """The product of the factors, before and now."""
        before, now = self.factors[["before", "now"]].prod()
        return float(before), float(now)

    @property
    def change(self) -> float:
        """The change, as a share of the earlier value."""
        before, now = self.value
        return now / before - 1

    @property
    def has_margin(self) -> bool:
        """Whether it is the margin that is split."""
        return bool(self.factors["factor"].eq("margin_rate").any())

    def title(self) -> str:
        """Return how the value moved."""
        message = _("Net sales of {now}: {change} against {before}")
        if self.has_margin:
            message = _("Margin of {now}: {change} against {before}")
        before, now = self.names
        return message.format(now=now, before=before, change=signed_percent(self.change, 1))

    def sentence(self) -> str:
        """Return the same in money, and how each factor moved."""
        before, now = (money(value, self.currency) for value in self.value)
        names = self.factors["factor"].map(factor_names()).str.lower()
        changes = (signed_percent(change, 1) for change in self.factors["change"])
        moved = (f"{name} {change}" for name, change in zip(names, changes, strict=True))
        return _("{title} ({now} and {before}): {changes}.").format(
            title=self.title(), now=now, before=before, changes=", ".join(moved)
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the factors, each before and now as text in its own unit."""
        told = self.factors.assign(factor=self.factors["factor"].map(factor_names()))
        for side in ("before", "now"):
            values = zip(self.factors["factor"], self.factors[side], strict=True)
            told[side] = [_told(factor, value, self.currency) for factor, value in values]
        return {self.name: told}

    def findings(self) -> list[Finding]:
        """Return how the value moved."""
        before, now = self.value
        found, text = f"portfolio.{self.name}", self.sentence()
        return [Finding(found, text, self.change, "share", abs(now - before), now >= before)]


@or_not_possible
def factor_change(compared: Compared) -> FactorChange | NotPossible:
    """Split the change of the margin between two periods exactly over its factors.

    Notes
    -----
    Margin = customers × purchases per customer × value per purchase × margin rate, the rate being that of the
    lines whose cost is known; without cost, net sales = the first three. See `factor_effects`.
    """
    totals = compared.totals()
    factors: tuple[str, ...] = FACTORS
    if (totals["net_sales_with_cost"] > 0).all():
        totals["margin_rate"] = 1 - totals["cost"] / totals["net_sales_with_cost"]
        factors = (*FACTORS, "margin_rate")
    split = factor_effects(totals.iloc[0], totals.iloc[1], factors)
    if split["effect"].isna().any():
        return NotPossible(_("The margin was not above zero in both periods, so its change cannot be split."))
    return FactorChange(split, compared.names, compared.currency)


@dataclass(frozen=True)
class Growth(FactorChange):
    """Each year, and the change of net sales between two periods.

    Attributes
    ----------
    years
        One row per calendar year: ``year`` (1 January), ``new_customers``, the columns of `SalesByPeriod`
        and ``discount_rate`` (discounts ÷ gross sales; only where discounts are known).
    """

    name: ClassVar[str] = "growth"
    years: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the years, and the factors."""
        return {"sales_by_year": self.years, **super().tables()}


@or_not_possible
def growth(years: pd.DataFrame, compared: Compared) -> Growth:
    """Return each year (the rows of ``sql/sales_by_year.sql``), and what moved between the two periods.

    A first year counts as whole if it is recorded from its beginning on; see `analysis.periods.begins_whole`.
    """
    names = ["year", "customers", "new_customers", "purchases", *FACTORS[1:], "net_sales"]
    frame = with_factors(years)[names]
    if years["discounts"].any():
        frame["discount_rate"] = -years["discounts"] / years["gross_sales"].where(years["gross_sales"] > 0)
    over = frame["year"] + pd.DateOffset(years=1) <= pd.Timestamp(compared.as_of) + pd.DateOffset(days=1)
    starts_whole = begins_whole(years["year"].iloc[0], years["first_day"].iloc[0], "year")
    frame["complete"] = over & (starts_whole | (np.arange(len(frame)) > 0))
    before, now = (row for _place, row in compared.totals().iterrows())
    return Growth(factor_effects(before, now), compared.names, compared.currency, frame)


def factor_names() -> dict[str, str]:
    """Return what each factor is called."""
    return {
        "size": _("Customers in the cohort"),
        "retention": _("Share who bought"),
        "customers": _("Customers"),
        "purchases_per_customer": _("Purchases per customer"),
        "value_per_purchase": _("Value per purchase"),
        "margin_rate": _("Margin rate"),
    }


def _told(factor: str, value: float, currency: str | None) -> str:
    if factor in ("retention", "margin_rate"):
        return percent(value, 1)
    if factor == "value_per_purchase":
        return money(value, currency, 2)
    return number(value, 0 if factor in ("size", "customers") else 2)
