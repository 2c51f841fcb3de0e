"""Cohorts: customers who first bought in the same period, followed over time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, duration, money, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import calendar, ordinals
from analysis.result import Finding, Result, currency_of


@dataclass(frozen=True)
class Cohorts(Result):
    """Each cohort in each period that has been observed.

    Attributes
    ----------
    frame
        One row per cohort and observed period: ``cohort`` and ``period`` (first days), ``age`` (periods
        since the first purchase, 0 in the cohort's own), ``size`` (customers of the cohort),
        ``customers`` (who bought), ``purchases`` (days), ``retention`` (their share of ``size``),
        ``net_sales`` (money), ``sales_per_customer`` (money per customer of the cohort since the start,
        cumulative) and ``complete``.
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "retention"
    frame: pd.DataFrame
    unit: str
    currency: str | None = None

    @property
    def first_retention(self) -> float:
        """Share of new customers who bought again in the period after their first one."""
        return float(self.average()["retention"].iloc[1])

    def average(self) -> pd.DataFrame:
        """Return retention and sales by ``age`` over the cohorts observed for that long, by size.

        Returns
        -------
        pandas.DataFrame
            ``age``, ``cohorts``, ``retention``, ``sales_per_customer``. Incomplete periods do not count.
        """
        closed = self.frame[self.frame["complete"]]
        sums = closed.assign(brought=closed["sales_per_customer"] * closed["size"])
        sums = sums.groupby("age")[["customers", "size", "brought"]].sum()
        return pd.DataFrame(
            {
                "cohorts": closed.groupby("age").size(),
                "retention": sums["customers"] / sums["size"],
                "sales_per_customer": sums["brought"] / sums["size"],
            }
        ).reset_index()

    def usual(self) -> pd.DataFrame:
        """Return `average` at ages that at least half of the cohorts have reached."""
        average = self.average()
        reached = average["cohorts"].ge(average["cohorts"].max() / 2)
        return average[reached]

    def title(self) -> str:
        """Return what the retention map shows."""
        return _("Of every 100 new customers, {share} buy again {time} later").format(
            share=number(100 * self.first_retention), time=duration(1, self.unit)
        )

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        first, last = percent(self.first_retention, 1), self.usual().iloc[-1]
        message = _("{first} of new customers buy again in the period after their first one.")
        if last["age"] > 1:
            message = _(
                "{first} of new customers buy again in the period after their first one; "
                "{time} after it, {later} do."
            )
        time = duration(int(last["age"]), self.unit)
        return message.format(first=first, later=percent(last["retention"], 1), time=time)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the average cohort."""
        return {"cohorts": self.average()}

    def findings(self) -> list[Finding]:
        """Return how many new customers buy again."""
        return [Finding("portfolio.retention", self.sentence(), self.first_retention, "share")]


@dataclass(frozen=True)
class CohortSales(Result):
    """What a customer of each cohort has brought by each age.

    Attributes
    ----------
    cohorts
        The cohorts.
    """

    name: ClassVar[str] = "cohort_sales"
    cohorts: Cohorts

    def title(self) -> str:
        """Return what a chart of the sales per customer shows."""
        usual = self.cohorts.usual()
        first, last = usual["sales_per_customer"].iloc[[0, -1]]
        return _("A new customer brings {first} in the first period, {later} after {time} more").format(
            first=money(first, self.cohorts.currency),
            later=money(last, self.cohorts.currency),
            time=duration(int(usual["age"].iloc[-1]), self.cohorts.unit),
        )

    def sentence(self) -> str:
        """Return the same as a sentence."""
        return f"{self.title()}."


def cohorts(rows: pd.DataFrame, as_of: dt.date, unit: str) -> Cohorts | NotPossible:
    """Return retention and sales of each cohort in each observed period.

    Not possible where no cohort has been seen for a whole period after its first one.

    Parameters
    ----------
    rows
        The rows of ``sql/cohorts.sql``.
    as_of
        The last day that counts. A period after it is not observed: it has no row; an observed period
        in which nobody of the cohort bought has a row with zero customers.
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.
    """
    nothing = NotPossible(
        _("No cohort has been seen for a whole period after its first one: no retention yet.")
    )
    if rows.empty:
        return nothing
    starts = rows["cohort"].drop_duplicates()
    periods = calendar(starts.min(), as_of, unit)
    grid = pd.DataFrame({"cohort": starts, "since": ordinals(starts, unit)}).merge(periods, how="cross")
    grid = grid.assign(age=grid["number"] - grid["since"]).query("age >= 0")
    columns = ["cohort", "period", "customers", "purchases", "net_sales"]
    frame = grid.merge(rows[columns], on=["cohort", "period"], how="left").sort_values(["cohort", "age"])
    frame = frame.assign(
        customers=frame["customers"].fillna(0).astype(int),
        purchases=frame["purchases"].fillna(0).astype(int),
        net_sales=frame["net_sales"].fillna(0),
    )
    groups = frame.groupby("cohort")
    size = groups["customers"].transform("first")
    frame = frame.assign(
        size=size,
        retention=frame["customers"] / size,
        sales_per_customer=groups["net_sales"].cumsum() / size,
    )
    names = ["cohort", "period", "age", "size", "customers", "purchases", "retention", "net_sales"]
    frame = frame[[*names, "sales_per_customer", "complete"]].reset_index(drop=True)
    made = Cohorts(frame, unit, currency_of(rows))
    return made if len(made.average()) > 1 else nothing


@or_not_possible
def cohort_sales(cohorts: Cohorts) -> CohortSales:
    """Return what a customer of each cohort has brought by each age."""
    return CohortSales(cohorts)
