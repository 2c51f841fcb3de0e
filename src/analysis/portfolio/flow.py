"""Who came, stayed, came back and left, from one period to the next, in customers and in money."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, number, percent, period
from analysis.not_possible import NotPossible
from analysis.periods import MONTHS, calendar
from analysis.portfolio.compared import kept
from analysis.result import Finding, Listed, currency_of

STATUSES = ("new", "retained", "reactivated", "lost", "inactive")
_SUMS = ["customers", "net_before", "net_now", "kept"]
_COUNTS = ["active_before", *STATUSES[:4], "active", "complete", "inactive"]
_MONEY = [
    *("sales_before", "from_new", "from_reactivated", "growth", "shrinkage", "from_lost", "net_sales"),
    *("from_returned", "gross_retention", "net_retention"),
]


@dataclass(frozen=True, kw_only=True)
class CustomerFlow(Listed):
    """Customers of each period by what they did in it and in the one before, and their money.

    Attributes
    ----------
    frame
        One row per period of the calendar: ``period`` (first day); in customers, ``active_before`` (of the
        previous period), ``new``, ``retained``, ``reactivated``, ``lost``, ``inactive`` and ``active`` (of
        this one); ``complete`` (see `calendar`); in money, ``sales_before``, what adds up to the change
        (``growth`` and ``shrinkage`` are of retained customers), ``net_sales``, and the ``gross_retention``
        and ``net_retention`` of the earlier net sales (missing where there were none).
    closed
        The complete periods that follow a complete one: only they can be compared with it.
    """

    name: ClassVar[str] = "flow"
    is_drawn: ClassVar[bool] = True
    frame: pd.DataFrame
    closed: pd.DataFrame
    unit: str
    currency: str | None = None

    @property
    def last(self) -> pd.Series:
        """The last of those that can be compared."""
        return self.closed.iloc[-1]


def customer_flow(rows: pd.DataFrame, as_of: dt.date, unit: str) -> CustomerFlow | NotPossible:
    """Return who came, stayed, came back and left in each period, from ``sql/customer_flow.sql``.

    Notes
    -----
    Active now = new + retained + reactivated; active before = retained + lost. Each customer seen so far is
    exactly one of the five. In money, net sales now − before = new + reactivated + growth − shrinkage of
    retained − lost + what was only returned.
    """
    if rows["first_day"].isna().all():
        return NotPossible(_("Nobody bought anything, so nobody came or left."))
    periods = calendar(rows["first_day"].min(), as_of, unit)
    table = rows.assign(number=rows["number"] // MONTHS[unit]).pivot_table(
        index="number", columns="status", values=_SUMS, aggfunc="sum", fill_value=0
    )
    every = pd.MultiIndex.from_product([_SUMS, [*STATUSES[:4], "returned"]])
    table = table.reindex(index=periods["number"], columns=every, fill_value=0).reset_index(drop=True)
    counts, before, now, capped = (pd.DataFrame(table[name]) for name in _SUMS)
    theirs = before["retained"] + before["lost"]
    frame = periods.join(counts).join((now - before).add_prefix("from_"))
    frame = frame.assign(
        active_before=counts["retained"] + counts["lost"],
        active=counts[["new", "retained", "reactivated"]].sum(axis=1),
        sales_before=before.sum(axis=1),
        growth=now["retained"] - capped["retained"],
        shrinkage=capped["retained"] - before["retained"],
        net_sales=now.sum(axis=1),
        gross_retention=(capped["retained"] + capped["lost"]) / theirs.where(theirs > 0),
        net_retention=(now["retained"] + now["lost"]) / theirs.where(theirs > 0),
    )
    seen = counts["new"].cumsum().shift(fill_value=0)
    frame["inactive"] = seen - frame["active_before"] - frame["reactivated"]
    frame = frame[["period", *_COUNTS, *_MONEY]]
    closed = frame[frame["complete"] & frame["complete"].shift(fill_value=False)]
    if closed.empty:
        return NotPossible(
            _("Too little data: it takes two complete periods in a row; `period` sets shorter ones.")
        )
    last, earlier = closed.iloc[-1], frame.loc[closed.index[-1] - 1, "period"]
    name = period(last["period"], unit)
    claim = _("{lost} of {active_before} customers did not come back in {period}; {new} new ones came")
    claim = claim.format(period=name, **{one: number(last[one]) for one in ("lost", "active_before", "new")})
    text = _(
        "{lost} of the {active_before} customers of {before} ({share}) did not buy in {period}; {active} "
        "customers did: {retained} retained, {new} new and {reactivated} reactivated."
    ).format(
        period=name,
        before=period(earlier, unit),
        share=percent(last["lost"] / (last["active_before"] or math.nan), 1),
        **{one: number(last[one]) for one in ("active", "active_before", *STATUSES)},
    )
    gross, net = last[["gross_retention", "net_retention"]]
    notes = () if pd.isna(gross) else (kept(period(earlier, unit), name, gross, net),)
    told = frame.rename(columns={"period": unit})
    shown = {"flow": told[[unit, *_COUNTS]], "flow_money": told[[unit, *_MONEY]]}
    return CustomerFlow(
        shown,
        text,
        _found(text, closed),
        claim,
        notes,
        frame=frame,
        closed=closed,
        unit=unit,
        currency=currency_of(rows),
    )


def _found(text: str, closed: pd.DataFrame) -> Finding:
    """Return the finding: at stake is what those bought who were lost beyond the share of a year ago."""
    last = closed.iloc[-1]
    shares = dict(zip(closed["period"], (closed["lost"] / closed["active_before"]).tolist(), strict=True))
    share, usual = (shares.get(last["period"] - pd.DateOffset(years=back), math.nan) for back in (0, 1))
    known = not math.isnan(usual) and last["lost"] > 0
    action = _("Contact those whom the action plan says to retain, before they are missing too.")
    if not known:
        return Finding("portfolio.flow", text, share, "share", action=action)
    stake = abs(share - usual) * last["active_before"] * max(-last["from_lost"], 0.0) / last["lost"]
    text = " ".join([text, _("A year before {share} did not buy.").format(share=percent(usual, 1))])
    return Finding("portfolio.flow", text, share, "share", float(stake), share < usual, action, usual)
