"""Is it growing or shrinking: a period against the same a year before, and which of three factors moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, date, money, signed_percent
from analysis.not_possible import or_not_possible
from analysis.periods import begins_whole
from analysis.portfolio.compared import Compared
from analysis.portfolio.factors import FACTORS, factor_effects, with_factors
from analysis.result import Finding, Result


@dataclass(frozen=True)
class Growth(Result):
    """Each year, and a period against the same one a year before.

    Attributes
    ----------
    years
        One row per calendar year: ``year`` (1 January), ``customers``, ``new_customers``, ``purchases``
        (purchase days), ``purchases_per_customer``, ``value_per_purchase`` (money, net of returns),
        ``net_sales`` (money), ``discount_rate`` (discounts ÷ gross sales; only where discounts are known) and
        ``complete``.
    compared
        The two periods.
    totals
        Two rows like those of ``years``: before and now.
    """

    name: ClassVar[str] = "growth"
    years: pd.DataFrame
    compared: Compared
    totals: pd.DataFrame

    @property
    def currency(self) -> str | None:
        """ISO 4217 code, or None where it is not known."""
        return self.compared.currency

    @property
    def difference(self) -> float:
        """Net sales gained (above 0) or lost."""
        before, now = self.totals["net_sales"]
        return float(now - before)

    @property
    def change(self) -> float:
        """Change of net sales, as a share of the earlier ones."""
        return float(self.difference / self.totals["net_sales"].iloc[0])

    def factors(self) -> pd.DataFrame:
        """Return ``factor`` (a column of ``years``), its ``change`` (a share) and its ``effect`` in money."""
        return factor_effects(self.totals.iloc[0], self.totals.iloc[1])

    def title(self) -> str:
        """Return whether net sales grew."""
        change = signed_percent(self.change, 1)
        if self.compared.is_to_date:
            message = _("Net sales up to {day}: {change} against the same days of {before}")
            start, end = self.compared.before[0], self.compared.now[1]
            return message.format(day=date(end), change=change, before=start.year)
        before, now = self.compared.names
        return _("Net sales of {now}: {change} against {before}").format(
            now=now, change=change, before=before
        )

    def sentence(self) -> str:
        """Return the change, and which factors moved."""
        changes = self.factors().set_index("factor")["change"]
        return _(
            "{title} ({net} and {net_before}). Customers {customers}, purchases per customer {frequency}, "
            "value per purchase {value}."
        ).format(
            title=self.title(),
            net=money(self.totals["net_sales"].iloc[1], self.currency),
            net_before=money(self.totals["net_sales"].iloc[0], self.currency),
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


@or_not_possible
def growth(years: pd.DataFrame, compared: Compared) -> Growth:
    """Return each year, and a period against the same one a year before.

    Parameters
    ----------
    years
        The rows of ``sql/sales_by_year.sql``.
    compared
        The two periods, and what each customer bought in them.

    Notes
    -----
    Net sales = customers × purchases per customer × value per purchase. A first year counts as whole if it
    is recorded from its beginning on (see `analysis.periods.begins_whole`).
    """
    starts_whole = begins_whole(years["year"].iloc[0], years["first_day"].iloc[0], "year")
    over = (compared.as_of.month, compared.as_of.day) == (12, 31)
    names = ["year", "customers", "new_customers", "purchases", *FACTORS[1:], "net_sales"]
    frame = with_factors(years)[names]
    if years["discounts"].any():
        frame["discount_rate"] = -years["discounts"] / years["gross_sales"].where(years["gross_sales"] > 0)
    frame["complete"] = [
        (i > 0 or starts_whole) and (start.year < compared.as_of.year or over)
        for i, start in enumerate(years["year"])
    ]
    return Growth(frame, compared, compared.totals())
