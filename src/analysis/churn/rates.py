"""The churn rate: how many of the customers a period starts with are lost in it, and how much money stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis import segmentation
from analysis.churn.groups import known_groups
from analysis.dataset import Dataset
from analysis.display_names import COLUMNS
from analysis.language import _, listing, ngettext, number, percent, period
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import MONTHS
from analysis.portfolio import ActivityWindow, CustomerFlow
from analysis.portfolio.compared import kept
from analysis.result import Finding, Listed, Result
from analysis.statistics import wilson

DAYS = (30, 60, 90, 180, 365)
"""Lengths of time that are set beside the activity window."""
MIN_SIZE = 30
"""Customers of a group at the start, for it to be named."""
_MONEY = ["sales_before", "gross_retention", "net_retention"]


@dataclass(frozen=True)
class ChurnRates(Result):
    """The churn rate of each complete period that has one before it.

    Attributes
    ----------
    frame
        ``period`` (first day); ``active_before``, customers active at its start; ``lost`` of them;
        ``rate`` = lost ÷ active before, missing where nobody was; in money, ``sales_before``, and the
        ``gross_retention`` and ``net_retention`` of theirs: see `analysis.portfolio.customer_flow`.
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.
    """

    name: ClassVar[str] = "churn_rate"
    frame: pd.DataFrame
    unit: str

    @property
    def last(self) -> pd.Series:
        """The last period with a rate."""
        return self.frame[self.frame["rate"].notna()].iloc[-1]

    @property
    def mean(self) -> float:
        """All customers lost ÷ all customers active at a start."""
        return float(self.frame["lost"].sum() / self.frame["active_before"].sum())

    def title(self) -> str:
        """Return what a chart of the rates shows."""
        return _("{rate} of the customers active before {period} did not buy in it").format(
            rate=percent(self.last["rate"], 1), period=period(self.last["period"], self.unit)
        )

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        return ngettext(
            "The churn rate of {period} is {rate}: {lost} of the {active} customer active at its start did "
            "not buy in it; over all periods it is {mean}.",
            "The churn rate of {period} is {rate}: {lost} of the {active} customers active at its start did "
            "not buy in it; over all periods it is {mean}.",
            int(self.last["active_before"]),
        ).format(
            period=period(self.last["period"], self.unit),
            rate=percent(self.last["rate"], 1),
            lost=number(self.last["lost"]),
            active=number(self.last["active_before"]),
            mean=percent(self.mean, 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the periods."""
        return {"churn_rate": self.frame.rename(columns={"period": self.unit})}

    def findings(self) -> list[Finding]:
        """Return the last rate: good where it is not above the mean."""
        rate = float(self.last["rate"])
        return [Finding("churn.rate", self.sentence(), rate, "share", good=rate <= self.mean)]

    def notes(self) -> list[str]:
        """Say how much of the money was kept."""
        gross, net = self.last[["gross_retention", "net_retention"]]
        start = pd.Timestamp(self.last["period"])
        before = start - pd.DateOffset(months=MONTHS[self.unit])
        told = kept(period(before, self.unit), period(start, self.unit), gross, net)
        return [] if pd.isna(gross) else [told]


@or_not_possible
def rates(flow: CustomerFlow) -> ChurnRates | NotPossible:
    """Return the churn rate of each period.

    Parameters
    ----------
    flow
        The result of `analysis.portfolio.customer_flow`.

    Notes
    -----
    Churn rate of a period = customers lost in it ÷ customers active at its start. Active at the start is who
    bought in the period before. Both must be complete.
    """
    frame = flow.closed[["period", "active_before", "lost", *_MONEY]].reset_index(drop=True)
    rate = (frame["lost"] / frame["active_before"].where(frame["active_before"] > 0)).astype(float)
    if not rate.notna().any():
        return NotPossible(
            _("Too little data for a churn rate: it takes two complete periods in a row with customers.")
        )
    frame.insert(3, "rate", rate)
    return ChurnRates(frame, flow.unit)


@or_not_possible
def rates_by(dataset: Dataset, rates: ChurnRates, window: ActivityWindow) -> Listed:
    """Return the churn rate of the last period by segment, channel, sector and cohort, as known at its start.

    Each table has a row per group, the largest first: ``part``; ``active_before``, ``lost`` and ``rate`` with
    its 95 % interval ``rate_low``, ``rate_high``; ``sales_before``, ``gross_retention``, ``net_retention``.
    """
    start = pd.Timestamp(rates.last["period"])
    length = pd.DateOffset(months=MONTHS[rates.unit])
    eve, end = (start - pd.Timedelta(days=1)).date(), (start + length - pd.Timedelta(days=1)).date()
    rows = _compared(dataset, (start - length).date(), eve, end)
    customers = dataset.query("customers", as_of=eve)
    years = customers.set_index("customer_id")["first_purchase"].dt.year.rename("cohort")
    groups = rows[["customer_id"]].join(known_groups(dataset, eve), on="customer_id")
    groups["cohort"] = rows["customer_id"].map(years).map("{:.0f}".format)
    scored = segmentation.rfm(customers, eve, window, dataset.rfm)
    if isinstance(scored, segmentation.Rfm):
        segments = scored.customers.set_index("customer_id")["segment"].map(scored.names)
        groups.insert(1, "segment", rows["customer_id"].map(segments))
    tables = {}
    for name in groups.columns[1:]:
        parts = groups[name].fillna(_("(not known)"))
        table = pd.DataFrame([{"part": part, **_kept(mine)} for part, mine in rows.groupby(parts)])
        low, high = wilson(table["rate"], table["active_before"])
        table.insert(4, "rate_low", low)
        table.insert(5, "rate_high", high)
        by = ["part"] if name == "cohort" else ["active_before"]
        if groups[name].notna().any():
            tables[f"churn_by_{name}"] = table.sort_values(by, ascending=name == "cohort", ignore_index=True)
    return Listed(tables, _clearly_above(tables, float(rates.last["rate"])))


def _clearly_above(tables: dict[str, pd.DataFrame], overall: float) -> str:
    """Name the groups of some size whose whole interval is above the rate of all, by lost beyond it."""
    named = [table.assign(what=_(COLUMNS[name[9:]][0])) for name, table in tables.items()]
    every = pd.concat(named, ignore_index=True)
    found = every[(every["active_before"] >= MIN_SIZE) & (every["rate_low"] > overall)]
    beyond = (found["lost"] - overall * found["active_before"]).nlargest(4)
    if beyond.empty:
        return _("No group loses clearly more than the {overall} of all.").format(overall=percent(overall, 1))
    groups = [
        _("{what} {part} ({rate} of {active})").format(
            what=row["what"],
            part=row["part"],
            rate=percent(row["rate"], 1),
            active=number(row["active_before"]),
        )
        for _place, row in found.loc[beyond.index].iterrows()
    ]
    message = _("Clearly more than the {overall} of all are lost, most beyond it first: {groups}.")
    return message.format(overall=percent(overall, 1), groups=listing(groups))


@or_not_possible
def other_horizons(dataset: Dataset, window: ActivityWindow) -> Listed | NotPossible:
    """Return what the rate up to the last day would be if it looked at other lengths of time.

    Of who bought in so many days, lost is who did not in as many after them. Lengths that the history does
    not hold twice are left out.
    """
    last = pd.Timestamp(dataset.as_of)
    known = (last - pd.Timestamp(dataset.query("coverage")["first_date"].iloc[0])).days + 1
    rows = []
    for days in sorted({*DAYS, window.days}):
        first, eve = (last - pd.Timedelta(days=back) for back in (2 * days - 1, days))
        if 2 * days <= known:
            rows.append({"days": days, **_kept(_compared(dataset, first.date(), eve.date(), dataset.as_of))})
    table = pd.DataFrame(rows)
    if table.empty:
        return NotPossible(
            _("The history is too short for a churn rate of {days} days.").format(days=DAYS[0])
        )
    ends = table.iloc[[0, -1]]
    said = _(
        "The rate depends on how long is waited: {first} with {short} days, {last} with {long} days, up to "
        "the same day."
    ).format(
        first=percent(ends["rate"].iloc[0], 1),
        short=number(ends["days"].iloc[0]),
        last=percent(ends["rate"].iloc[1], 1),
        long=number(ends["days"].iloc[1]),
    )
    return Listed({"churn_horizons": table}, said)


def _compared(dataset: Dataset, first: dt.date, eve: dt.date, end: dt.date) -> pd.DataFrame:
    """Return what each customer who bought from ``first`` to ``eve`` did then, and from then to ``end``."""
    now = eve + dt.timedelta(days=1)
    rows = dataset.query("customers_compared", before_from=first, before_to=eve, now_from=now, now_to=end)
    return rows[rows["purchases_before"] > 0].reset_index(drop=True)


def _kept(rows: pd.DataFrame) -> dict[str, float]:
    """Return how many customers of an earlier period were lost, and how much of their money was kept."""
    sales, lost = float(rows["net_before"].sum()), int((rows["purchases_now"] == 0).sum())
    base = sales if sales > 0 else float("nan")
    return {
        "active_before": len(rows),
        "lost": lost,
        "rate": lost / len(rows) if len(rows) else float("nan"),
        "sales_before": sales,
        "gross_retention": float(np.minimum(rows["net_before"], rows["net_now"]).sum()) / base,
        "net_retention": float(rows["net_now"].sum()) / base,
    }
