"""The churn rate: how many of the customers a period starts with are lost in it, and how much money stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis import segmentation
from analysis.churn.survival import known_groups
from analysis.dataset import Dataset
from analysis.dataset.segment_table import Scoring
from analysis.language import _, money, number, percent, period
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import MONTHS
from analysis.portfolio import ActivityWindow, CustomerFlow
from analysis.result import Finding, Listed
from analysis.statistics import wilson

COMPARED = ["customer_id", "purchases_before", "purchases_now", "net_before", "net_now"]
DAYS = (30, 60, 90, 180, 365)  # lengths of time that are set beside the activity window


@dataclass(frozen=True, kw_only=True)
class ChurnRates(Listed):
    """The churn rate of each complete period that has one before it.

    ``frame`` has for each ``period`` (first day) the customers ``active_before``, at its start, those of them
    ``lost``, and the ``rate``, missing where nobody was; and their money: see `CustomerFlow`.
    """

    name: ClassVar[str] = "churn_rate"
    is_drawn: ClassVar[bool] = True
    frame: pd.DataFrame
    unit: str


@or_not_possible
def rates(flow: CustomerFlow) -> ChurnRates | NotPossible:
    """Return the churn rate of each period: customers lost in it ÷ those active in the one before it."""
    if not flow.last["active_before"]:
        return NotPossible(
            _("Too little data for a churn rate: it takes two complete periods in a row with customers.")
        )
    names = ["period", "active_before", "lost", "sales_before", "gross_retention", "net_retention"]
    frame = flow.closed[names].reset_index(drop=True)
    frame.insert(3, "rate", (frame["lost"] / frame["active_before"].replace(0, np.nan)).astype(float))
    last, mean = frame.iloc[-1], float(frame["lost"].sum() / frame["active_before"].sum())
    text = _(
        "In {period} {lost} of the {active} customers active at its start were lost: a churn rate of {rate}, "
        "over all periods {mean}."
    ).format(
        period=period(last["period"], flow.unit),
        rate=percent(last["rate"], 1),
        lost=number(last["lost"]),
        active=number(last["active_before"]),
        mean=percent(mean, 1),
    )
    beyond, good = _beyond_usual(flow), bool(last["rate"] <= mean)
    if beyond is not None:
        more = _("They took {money} a year more of net sales with them than usual.")
        less = _("They took {money} a year less of net sales with them than usual.")
        text += " " + (more if beyond > 0 else less).format(money=money(abs(beyond), flow.currency))
    is_clear = beyond is None or good == (beyond <= 0)
    action = "" if good else _("See in the action plan whom it pays to win back.")
    stake = None if beyond is None else abs(beyond)
    found = Finding(
        "churn.rate", text, float(last["rate"]), "share", stake, good if is_clear else None, action, mean
    )
    shown = {"churn_rate": frame.rename(columns={"period": flow.unit})}
    claim = _("{rate} of customers were lost in {period}, over all periods {mean}").format(
        rate=percent(last["rate"], 1), period=period(last["period"], flow.unit), mean=percent(mean, 1)
    )
    return ChurnRates(shown, text, found, claim, flow.notes_on, frame=frame, unit=flow.unit)


def _beyond_usual(flow: CustomerFlow) -> float | None:
    """Return what the lost of the last period took with them beyond the usual share of net sales, a year."""
    before, gone = flow.closed["sales_before"], -flow.closed["from_lost"]
    if not before.sum() > 0:
        return None
    usual = float(before.iloc[-1] * gone.sum() / before.sum())
    return (float(gone.iloc[-1]) - usual) * MONTHS["year"] / MONTHS[flow.unit]


@or_not_possible
def rates_by(dataset: Dataset, rates: ChurnRates, window: ActivityWindow) -> Listed:
    """Return the churn rate of the last period by segment, channel, sector and cohort, as known at its start.

    Each table has a row per group, ``part``: see `ChurnRates`; the interval of a rate is Wilson's, of 95 %.
    """
    last = rates.frame.iloc[-1]
    start, length = last["period"], pd.DateOffset(months=MONTHS[rates.unit])
    eve, end = (start - pd.Timedelta(days=1)).date(), (start + length - pd.Timedelta(days=1)).date()
    every = dataset.query("customers", segmentation.MEASURED, as_of=eve)
    scoring = segmentation.as_cuts(every, eve, dataset.rfm)
    sums: dict[str, list[pd.DataFrame]] = {}
    for part in dataset.batches():
        rows = _compared(part, (start - length).date(), eve, end)
        groups = _groups(part, eve, window, scoring).reindex(rows.index)
        for name in groups.columns[groups.notna().any()]:
            named = rows.groupby(groups[name].fillna(_("(not known)")))
            sums.setdefault(str(name), []).append(pd.DataFrame({key: _sums(mine) for key, mine in named}).T)
    tables = {}
    for name, parts in sums.items():
        both = parts[0] if len(parts) == 1 else pd.concat(parts).groupby(level=0).sum()
        table = pd.DataFrame([{"part": part, **_kept(mine)} for part, mine in both.iterrows()])
        by = "part" if name == "cohort" else "active_before"
        tables[f"churn_by_{name}"] = table.sort_values(by, ascending=name == "cohort", ignore_index=True)
    said = _(
        "Groups are as they were before {period}. One whose whole interval is above {rate}, the rate of all, "
        "loses clearly more."
    ).format(period=period(start, rates.unit), rate=percent(last["rate"], 1))
    return Listed(tables, said)


@or_not_possible
def other_horizons(dataset: Dataset, window: ActivityWindow) -> Listed | NotPossible:
    """Return what the rate up to the last day would be if it looked at other lengths of time.

    Lengths that the history does not hold twice are left out.
    """
    last = pd.Timestamp(dataset.as_of)
    known = (last - pd.Timestamp(dataset.query("coverage")["first_date"].iloc[0])).days + 1
    rows = []
    for days in sorted({*DAYS, window.days}):
        first, eve = (last - pd.Timedelta(days=back) for back in (2 * days - 1, days))
        if 2 * days <= known:
            sums = [
                _sums(_compared(part, first.date(), eve.date(), dataset.as_of)) for part in dataset.batches()
            ]
            rows.append({"days": days, **_kept(sum(sums[1:], sums[0]))})
    if not rows:
        message = _("The history is too short for a churn rate of {days} days.")
        return NotPossible(message.format(days=DAYS[0]))
    said = _(
        "The rate depends on how long one waits: of those who bought within so many days, the share that did "
        "not buy within as many days after."
    )
    return Listed({"churn_horizons": pd.DataFrame(rows)}, said)


def _compared(dataset: Dataset, first: dt.date, eve: dt.date, end: dt.date) -> pd.DataFrame:
    """Return what each customer who bought from ``first`` to ``eve`` did then, and from then to ``end``."""
    now = eve + dt.timedelta(days=1)
    days = {"before_from": first, "before_to": eve, "now_from": now, "now_to": end}
    rows = dataset.query("customers_compared", COMPARED, **days)
    return rows[rows["purchases_before"] > 0].set_index("customer_id")


def _groups(dataset: Dataset, eve: dt.date, window: ActivityWindow, scoring: Scoring) -> pd.DataFrame:
    """Return by customer_id the segment, channel, sector and cohort of each on a day, as far as known."""
    customers = dataset.query("customers", as_of=eve)
    groups = known_groups(dataset, eve).reindex(pd.Index(customers["customer_id"]))
    groups["cohort"] = customers["first_purchase"].dt.year.map("{:.0f}".format).to_numpy()
    scored = segmentation.rfm(customers, eve, window, scoring)
    if isinstance(scored, segmentation.Rfm):
        groups.insert(0, "segment", scored.customers.set_index("customer_id")["segment"].map(scored.names))
    return groups


def _sums(rows: pd.DataFrame) -> pd.Series:
    """Return sums over customers of an earlier period: how many, lost, their money then, now, and kept."""
    return pd.Series(
        {
            "active_before": float(len(rows)),
            "lost": float((rows["purchases_now"] == 0).sum()),
            "net_before": rows["net_before"].sum(),
            "net_now": rows["net_now"].sum(),
            "net_kept": rows[["net_before", "net_now"]].min(axis=1).sum(),
        }
    )


def _kept(sums: pd.Series) -> dict[str, float]:
    """Return how many customers of an earlier period were lost, and how much of their money was kept."""
    count, before = int(sums["active_before"]), sums["net_before"]
    base = before if before > 0 else np.nan
    rate = sums["lost"] / count if count else np.nan
    low, high = wilson(rate, count)
    return {
        "active_before": count,
        "lost": int(sums["lost"]),
        "rate": rate,
        "rate_low": float(low),
        "rate_high": float(high),
        "gross_retention": sums["net_kept"] / base,
        "net_retention": sums["net_now"] / base,
        "sales_before": before,
    }
