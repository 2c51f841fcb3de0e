"""Cohorts: customers who first bought in the same period, followed over time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, duration, percent
from analysis.not_possible import NotPossible
from analysis.periods import calendar, ordinals
from analysis.result import Finding, Listed, currency_of


@dataclass(frozen=True, kw_only=True)
class Cohorts(Listed):
    """Each cohort in each period that has been observed.

    ``frame`` has one row per ``cohort`` and observed ``period`` (first days): ``age`` (periods since the
    first purchase, 0 in its own), ``size`` (its customers), ``customers`` (who bought), ``purchases`` (days),
    ``retention`` (their share of it), ``net_sales``, ``net_so_far`` (since the start) and ``complete``.
    ``average`` has ``retention`` and ``sales_per_customer`` by ``age`` over all ``cohorts`` seen so long.
    """

    name: ClassVar[str] = "retention"
    is_drawn: ClassVar[bool] = True
    frame: pd.DataFrame
    average: pd.DataFrame
    unit: str
    currency: str | None = None


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
    groups = frame[frame["complete"]].groupby("age")
    sums = groups[["customers", "size", "net_so_far"]].sum()
    average = pd.DataFrame(
        {
            "cohorts": groups.size(),
            "retention": sums["customers"] / sums["size"],
            "sales_per_customer": sums["net_so_far"] / sums["size"],
        }
    ).reset_index()
    if len(average) < 2:
        return nothing
    again = float(average["retention"].iloc[1])
    claim = _("{first} of new customers buy again in the period after their first one")
    claim, text = claim.format(first=percent(again, 1)), _("{title}; {time} after it, {later} do.")
    last = average[average["cohorts"] >= average["cohorts"].max() / 2].iloc[-1]
    time, later = duration(int(last["age"]), unit), percent(last["retention"], 1)
    text = text.format(title=claim, time=time, later=later) if last["age"] > 1 else f"{claim}."
    return Cohorts(
        {"cohorts": average},
        text,
        Finding("portfolio.retention", text, again, "share"),
        claim,
        frame=frame.reset_index(drop=True),
        average=average,
        unit=unit,
        currency=currency_of(rows),
    )
