"""Is it growing or shrinking: a year against the year before, and which of three factors moved."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, date, money, signed_percent
from analysis.not_possible import NotPossible
from analysis.periods import begins_whole
from analysis.portfolio.sales import with_factors
from analysis.result import Finding, Result, currency_of

FACTORS = ("customers", "purchases_per_customer", "value_per_purchase")


@dataclass(frozen=True)
class Growth(Result):
    """Each year, and the last one against the same days of the year before.

    Attributes
    ----------
    years
        One row per calendar year: ``year`` (1 January), ``customers``, ``new_customers``, ``purchases``
        (purchase days), ``purchases_per_customer``, ``value_per_purchase`` (money, net of returns),
        ``net_sales`` (money), ``discount_rate`` (discounts ÷ gross sales; only where discounts are known) and
        ``complete``.
    compared
        Two rows like those of ``years``: the same days of the year before, and of the last year.
    as_of
        Last day of the comparison.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "growth"
    years: pd.DataFrame
    compared: pd.DataFrame
    as_of: dt.date
    currency: str | None = None

    @property
    def difference(self) -> float:
        """Net sales gained (above 0) or lost."""
        before, now = self.compared["net_sales"]
        return float(now - before)

    @property
    def change(self) -> float:
        """Change of net sales, as a share of those of the year before."""
        return float(self.difference / self.compared["net_sales"].iloc[0])

    def factors(self) -> pd.DataFrame:
        """Return ``factor`` (a column of ``years``) and its ``change`` as a share."""
        before, now = (self.compared.iloc[i] for i in (0, 1))
        return pd.DataFrame({"factor": FACTORS, "change": [now[name] / before[name] - 1 for name in FACTORS]})

    def title(self) -> str:
        """Return whether net sales grew."""
        before, now = self.compared["year"].dt.year
        values = {"change": signed_percent(self.change, 1), "before": before}
        if (self.as_of.month, self.as_of.day) != (12, 31):
            message = _("Net sales up to {day}: {change} against the same days of {before}")
            return message.format(day=date(self.as_of), **values)
        return _("Net sales of {now}: {change} against {before}").format(now=now, **values)

    def sentence(self) -> str:
        """Return the change, and which factors moved."""
        changes = self.factors().set_index("factor")["change"]
        return _(
            "{title} ({net} and {net_before}). Customers {customers}, purchases per customer {frequency}, "
            "value per purchase {value}."
        ).format(
            title=self.title(),
            net=money(self.compared["net_sales"].iloc[1], self.currency),
            net_before=money(self.compared["net_sales"].iloc[0], self.currency),
            customers=signed_percent(changes["customers"], 1),
            frequency=signed_percent(changes["purchases_per_customer"], 1),
            value=signed_percent(changes["value_per_purchase"], 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the years."""
        return {"sales_by_year": self.years}

    def findings(self) -> list[Finding]:
        """Return the change."""
        text, difference = self.sentence(), self.difference
        return [Finding("portfolio.growth", text, self.change, "share", abs(difference), difference >= 0)]


def growth(whole: pd.DataFrame, to_date: pd.DataFrame, as_of: dt.date) -> Growth | NotPossible:
    """Return each year, and the last one against the same days of the year before.

    Parameters
    ----------
    whole, to_date
        The rows of ``sql/sales_by_year.sql`` with ``month_day`` 1231, and with that of ``as_of``.
    as_of
        The last day that counts.

    Notes
    -----
    Net sales = customers × purchases per customer × value per purchase. A first year of which only a
    part was recorded (see `analysis.periods.begins_whole`) is compared with none.
    """
    first = whole["first_day"].iloc[0]
    starts_whole = begins_whole(whole["year"].iloc[0], first, "year")
    years = _columns(whole)
    ends_whole = as_of == dt.date(as_of.year, 12, 31)
    years["complete"] = [
        (i > 0 or starts_whole) and (start.year < as_of.year or ends_whole)
        for i, start in enumerate(years["year"])
    ]
    compared = _columns(to_date)
    compared = compared[compared["year"].dt.year.isin([as_of.year - 1, as_of.year])]
    partly = as_of.year - 1 == first.year and not starts_whole
    sold = len(compared) == 2 and (compared[["purchases", "net_sales"]] > 0).all(axis=None)
    if partly or not sold:
        return NotPossible(_("There is no earlier year with the same days, so growth cannot be told yet."))
    return Growth(years, compared.reset_index(drop=True), as_of, currency_of(whole))


def _columns(rows: pd.DataFrame) -> pd.DataFrame:
    columns = ["year", "customers", "new_customers", "purchases", *FACTORS[1:], "net_sales"]
    frame = with_factors(rows)[columns]
    if rows["discounts"].any():
        frame["discount_rate"] = -rows["discounts"] / rows["gross_sales"].where(rows["gross_sales"] > 0)
    return frame
