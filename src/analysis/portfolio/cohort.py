"""Cohorts: customers who first bought in the same period, followed over time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, duration, percent
from analysis.not_possible import NotPossible
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
        ``net_sales`` (money), ``net_so_far`` (the same since the start) and ``complete``.
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
        """Return ``retention`` and ``sales_per_customer`` by ``age`` over all ``cohorts`` seen so long."""
        groups = self.frame[self.frame["complete"]].groupby("age")
        sums = groups[["customers", "size", "net_so_far"]].sum()
        shares = sums[["customers", "net_so_far"]].div(sums["size"], axis=0)
        shares.columns = pd.Index(["retention", "sales_per_customer"])
        return shares.assign(cohorts=groups.size()).reset_index()[["age", "cohorts", *shares.columns]]

    def title(self) -> str:
        """Return how many new customers buy again."""
        return _("{first} of new customers buy again in the period after their first one").format(
            first=percent(self.first_retention, 1)
        )

    def sentence(self) -> str:
        """Return the same, and how many do at the last age that at least half of the cohorts have reached."""
        average = self.average()
        last = average[average["cohorts"] >= average["cohorts"].max() / 2].iloc[-1]
        if last["age"] <= 1:
            return f"{self.title()}."
        return _("{title}; {time} after it, {later} do.").format(
            title=self.title(),
            time=duration(int(last["age"]), self.unit),
            later=percent(last["retention"], 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the average cohort."""
        return {"cohorts": self.average()}

    def findings(self) -> list[Finding]:
        """Return how many new customers buy again."""
        return [Finding("portfolio.retention", self.sentence(), self.first_retention, "share")]


def cohorts(rows: pd.DataFrame, as_of: dt.date, unit: str) -> Cohorts | NotPossible:
    """Return the rows of ``sql/cohorts.sql`` on a calendar without holes, up to the period of ``as_of``.

    A period in which nobody of a cohort bought has a row with zero customers. Not possible where no cohort
    has been seen for a whole period after its first one.
    """
    nothing = NotPossible(
        _("No cohort has been seen for a whole period after its first one: no retention yet.")
    )
    if rows.empty:
        return nothing
    starts = rows["cohort"].drop_duplicates()
    grid = pd.DataFrame({"cohort": starts, "since": ordinals(starts, unit)})
    grid = grid.merge(calendar(starts.min(), as_of, unit), how="cross")
    grid = grid.assign(age=grid["number"] - grid["since"]).query("age >= 0")
    frame = grid.merge(rows, on=["cohort", "period"], how="left").sort_values(["cohort", "age"])
    counts = frame[["customers", "purchases"]].fillna(0).astype(int)
    frame = frame.assign(**counts, net_sales=frame["net_sales"].fillna(0))
    groups = frame.groupby("cohort")
    size, net_so_far = groups["customers"].transform("first"), groups["net_sales"].cumsum()
    frame = frame.assign(size=size, retention=frame["customers"] / size, net_so_far=net_so_far)
    made = Cohorts(frame.reset_index(drop=True), unit, currency_of(rows))
    return made if len(made.average()) > 1 else nothing
