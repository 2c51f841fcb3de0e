"""Who came, stayed, came back and left, from one period to the next, in customers and in money."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, number, percent, period
from analysis.not_possible import NotPossible
from analysis.periods import MONTHS, calendar
from analysis.result import Finding, Result, currency_of

STATUSES = ("new", "retained", "reactivated", "lost", "inactive")
_SUMS = ["customers", "net_before", "net_now", "kept"]
_MONEY = [
    *("period", "sales_before", "from_new", "from_reactivated", "growth", "shrinkage"),
    *("from_lost", "from_returned", "net_sales", "gross_retention", "net_retention"),
]


@dataclass(frozen=True)
class CustomerFlow(Result):
    """Customers of each period by what they did in it and in the one before.

    Attributes
    ----------
    frame
        One row per period of the calendar: ``period`` (first day), ``active_before`` (customers of the
        previous period), ``new``, ``retained``, ``reactivated``, ``lost``, ``inactive``, ``active``
        (customers of this one) and ``complete`` (see `calendar`).
    money
        The same periods in money: ``period``, ``sales_before``, then what adds up to the change
        (``from_new``, ``from_reactivated``, ``growth`` and ``shrinkage`` of retained customers,
        ``from_lost``, ``from_returned`` of those who only gave back), ``net_sales``, and the
        ``gross_retention`` and ``net_retention`` of the earlier net sales (missing where there were none).
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "flow"
    frame: pd.DataFrame
    money: pd.DataFrame
    unit: str
    currency: str | None = None

    @property
    def last(self) -> pd.Series | None:
        """The last complete period after another; None where there is none."""
        return None if self.closed.empty else self.closed.iloc[-1]

    @property
    def closed(self) -> pd.DataFrame:
        """The complete periods that follow a complete one: only they can be compared with it."""
        complete = self.frame["complete"]
        return self.frame[complete & complete.shift(fill_value=False)]

    @property
    def _kept(self) -> pd.Series:
        return self.money.loc[self.closed.index].iloc[-1]

    def title(self) -> str:
        """Return what a chart of the flow shows."""
        if self.last is None:
            return _("Nobody could stay or leave yet")
        return _("In {period}, {gained} customers were won or reactivated and {lost} lost").format(
            period=period(self.last["period"], self.unit),
            gained=number(self.last["new"] + self.last["reactivated"]),
            lost=number(self.last["lost"]),
        )

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        if self.last is None:
            return _("There are no two complete periods to compare.")
        values = {name: number(self.last[name]) for name in ("active", "active_before", *STATUSES)}
        return _(
            "In {period}, {active} customers bought: {new} new, {retained} retained and "
            "{reactivated} reactivated; {lost} of the {active_before} customers of the period before did not."
        ).format(period=period(self.last["period"], self.unit), **values)

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether there are two complete periods to compare."""
        return self.last is not None

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the customers of each period, and their money."""
        tables = {"flow": self.frame, "flow_money": self.money}
        return {name: table.rename(columns={"period": self.unit}) for name, table in tables.items()}

    def findings(self) -> list[Finding]:
        """Return who came and went in the last complete period."""
        if self.last is None:
            return []
        won, lost = int(self.last["new"] + self.last["reactivated"]), int(self.last["lost"])
        gone = -float(self._kept["from_lost"])
        return [Finding("portfolio.flow", self.sentence(), lost, "customers", max(gone, 0.0), won >= lost)]

    def notes(self) -> list[str]:
        """Return how much of the money was kept, or why there is nothing to compare."""
        if self.last is None:
            return [self.sentence()]
        kept = self._kept
        if pd.isna(kept["net_retention"]):
            return []
        message = _(
            "Of the net sales of the period before, {gross} were kept in {period} (gross revenue retention), "
            "{net} with what the same customers bought more (net revenue retention)."
        )
        gross, net = percent(kept["gross_retention"], 1), percent(kept["net_retention"], 1)
        return [message.format(period=period(kept["period"], self.unit), gross=gross, net=net)]


def customer_flow(rows: pd.DataFrame, as_of: dt.date, unit: str) -> CustomerFlow | NotPossible:
    """Return who is new, retained, reactivated, lost and inactive in each period, and what they bought.

    Parameters
    ----------
    rows
        The rows of ``sql/customer_flow.sql``.
    as_of
        The last day that counts.
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.

    Notes
    -----
    Active now = new + retained + reactivated; active before = retained + lost. Each
    customer seen so far is exactly one of the five. In money, net sales now − before = new + reactivated +
    growth − shrinkage of retained − lost + what was only returned.
    """
    if rows["first_day"].isna().all():
        return NotPossible(_("Nobody bought anything, so nobody came or left."))
    periods = calendar(rows["first_day"].min(), as_of, unit)
    table = rows.assign(number=rows["number"] // MONTHS[unit]).pivot_table(
        index="number", columns="status", values=_SUMS, aggfunc="sum", fill_value=0
    )
    every = pd.MultiIndex.from_product([_SUMS, [*STATUSES[:4], "returned"]])
    table = table.reindex(index=periods["number"], columns=every, fill_value=0).reset_index(drop=True)
    counts, before, now, kept = (pd.DataFrame(table[name]) for name in _SUMS)
    active_before = counts["retained"] + counts["lost"]
    frame = counts[list(STATUSES[:4])].assign(
        period=periods["period"],
        complete=periods["complete"],
        active_before=active_before,
        active=counts[["new", "retained", "reactivated"]].sum(axis=1),
        inactive=counts["new"].cumsum().shift(fill_value=0) - active_before - counts["reactivated"],
    )
    theirs = ["retained", "lost"]
    base = before[theirs].sum(axis=1)
    base = base.where(base > 0)
    change = (now - before).add_prefix("from_")
    money = change[["from_new", "from_reactivated", "from_lost", "from_returned"]].assign(
        period=periods["period"],
        sales_before=before.sum(axis=1),
        growth=now["retained"] - kept["retained"],
        shrinkage=kept["retained"] - before["retained"],
        net_sales=now.sum(axis=1),
        gross_retention=kept[theirs].sum(axis=1) / base,
        net_retention=now[theirs].sum(axis=1) / base,
    )
    frame = frame[["period", "active_before", *STATUSES, "active", "complete"]]
    return CustomerFlow(frame, money[_MONEY], unit, currency_of(rows))
