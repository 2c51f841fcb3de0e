"""Receivables: what is open and how old it is, DSO, who pays late, and where the cash is at risk."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import N_, _, date, duration, money, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import named
from analysis.profitability.contribution import window_start
from analysis.result import Finding, Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset

BUCKETS = {
    "not_due": N_("Not due"),
    "late_30": N_("1–30 days late"),
    "late_60": N_("31–60 days late"),
    "late_90": N_("61–90 days late"),
    "late_more": N_("Over 90 days late"),
}
_EDGES = (-np.inf, 0.5, 30.5, 60.5, 90.5, np.inf)
LARGEST = 10
_CENT = 0.005


@dataclass(frozen=True)
class Invoices:
    """The invoices that the measures of receivables are worked out from.

    Attributes
    ----------
    frame
        The rows of ``sql/invoices.sql``, with ``name`` and ``owner`` of the customers where known, and
        ``late``: days from the due day to the day of payment, or to ``as_of`` while it is open; below zero
        before it is due, missing where one of these days is not known.
    as_of, months
        The last day that counts, and the months to it over which sales and payments are looked at.
    currency
        ISO 4217 code, or None where it is not known.
    """

    frame: pd.DataFrame
    as_of: dt.date
    months: int
    currency: str | None = None

    @property
    def since(self) -> pd.Timestamp:
        """The last day before the months."""
        return pd.Timestamp(window_start(self.as_of, self.months))


def invoices(dataset: Dataset, months: int = 12) -> Invoices | NotPossible:
    """Take the invoices of twice the months to ``as_of``, and all that is open.

    Parameters
    ----------
    dataset
        The data set; its table ``invoices`` must say when each was paid.
    months
        Over which sales and payments are looked at.
    """
    columns = dataset.tables.get("invoices", frozenset())
    if not columns & {"paid", "paid_amount"}:
        return NotPossible(
            _(
                "What is open is not known: a table 'invoices' (or a file of nothing else) with customer_id, "
                "issued, due, paid and amount would show DSO, ageing and who pays late."
            )
        )
    rows = dataset.query("invoices", since=window_start(dataset.as_of, 2 * months))
    return invoices_of(named(dataset, rows), dataset.as_of, months, dataset.currency)


def invoices_of(
    rows: pd.DataFrame, as_of: dt.date, months: int = 12, currency: str | None = None
) -> Invoices:
    """Return invoices with the days each is late; see `Invoices`."""
    rows = rows.assign(amount=rows["amount"].astype("float64"), open=rows["open"].astype("float64"))
    is_open = rows["open"].abs() > _CENT
    until = rows["paid"].mask(rows["paid"].isna() & is_open, pd.Timestamp(as_of))
    return Invoices(rows.assign(late=(until - rows["due"]).dt.days), as_of, months, currency)


@dataclass(frozen=True)
class Receivables(Result):
    """What customers owe at ``as_of``, and how many days of sales that is.

    Attributes
    ----------
    ageing
        One row per bucket of `BUCKETS`, and one more for invoices without a due day where there are some:
        ``bucket``, ``invoices``, ``amount`` (open, in money; credit notes are taken off) and ``share``.
    invoiced
        Credit sales of the months: all that was invoiced less credit notes, in money.
    dso
        Open ÷ credit sales of the months × days in them; None where there are no such sales.
    count_back
        Days back from ``as_of`` over which credit sales add up to what is open, month by month; None where
        those of the months do not reach that far.
    by_month
        For the end of each of the months: ``month``, ``open``, ``dso`` and ``count_back``.
    as_of, months
        The last day that counts, and the months that are looked at.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "receivables"
    ageing: pd.DataFrame
    invoiced: float
    dso: float | None
    count_back: float | None
    by_month: pd.DataFrame
    as_of: dt.date
    months: int
    currency: str | None = None

    @property
    def open(self) -> float:
        """All that is open."""
        return float(self.ageing["amount"].sum())

    @property
    def overdue(self) -> float:
        """What of it is past its due day."""
        return float(self.ageing["amount"].iloc[1 : len(BUCKETS)].sum())

    def title(self) -> str:
        """Return the share that is overdue."""
        if not self.open > 0:
            return _("Nothing is owed")
        return _("{share} of receivables is overdue").format(share=percent(self.overdue / self.open, 1))

    def sentence(self) -> str:
        """Say what is open, what of it is overdue, and how many days of sales it is."""
        if not self.open > 0:
            return _("Customers owe nothing on {day}.").format(day=date(self.as_of))
        very_late = float(self.ageing["amount"].iloc[len(BUCKETS) - 1])
        said = _(
            "On {day} customers owe {open}, of which {overdue} ({share}) is overdue and {very_late} for more "
            "than 90 days."
        ).format(
            day=date(self.as_of),
            open=money(self.open, self.currency),
            overdue=money(self.overdue, self.currency),
            share=percent(self.overdue / self.open, 1),
            very_late=money(very_late, self.currency),
        )
        return f"{said} {self.dso_sentence()}"

    def dso_sentence(self) -> str:
        """Say the DSO by both methods."""
        if self.dso is None:
            return _("Nothing was invoiced in these months, so there is no DSO.")
        said = _("DSO is {dso} days by its definition, over {months}").format(
            dso=number(self.dso, 1), months=duration(self.months, "month")
        )
        if self.count_back is None:
            return _("{said}; by count-back it reaches further back than that.").format(said=said)
        return _("{said}, and {back} days by count-back.").format(said=said, back=number(self.count_back, 1))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the buckets, and the DSO at the end of each month."""
        return {"ageing": self.ageing, "dso": self.by_month}

    def findings(self) -> list[Finding]:
        """Return the share overdue."""
        share = self.overdue / self.open if self.open > 0 else 0.0
        good = None if self.overdue > 0 else True
        overdue = max(self.overdue, 0.0)
        return [Finding("profitability.overdue", self.sentence(), share, "share", overdue, good)]


@or_not_possible
def receivables(given: Invoices) -> Receivables:
    """Work out ageing and DSO; see `Receivables`.

    Parameters
    ----------
    given
        The invoices.

    Notes
    -----
    Count-back takes the sales of the last month from what is open, then those of the month before, and so on,
    counting the days of each; of the month in which it runs out, as large a part of the days as of its sales.
    A month with more credit notes than sales only adds to what is left.
    """
    frame = given.frame
    since, as_of = given.since, pd.Timestamp(given.as_of)
    owed = frame[frame["open"].abs() > _CENT]
    days = (as_of - owed["due"]).dt.days
    bucket = pd.cut(days, list(_EDGES), labels=list(BUCKETS)).cat.add_categories("no_due").fillna("no_due")
    ageing = owed.groupby(bucket, observed=False)[["invoices", "open"]].sum()
    names = [*BUCKETS, *(["no_due"] if ageing.loc["no_due", "invoices"] else [])]
    ageing = ageing.loc[names].rename(columns={"open": "amount"})
    total = float(ageing["amount"].sum())
    ageing.insert(0, "bucket", [_(BUCKETS[name]) if name in BUCKETS else _("No due day") for name in names])
    ageing["share"] = ageing["amount"] / (total if total > 0 else np.nan)
    ends = [as_of, *(end for end in pd.date_range(since, as_of, freq="ME") if since < end < as_of)]
    rows = [_at(given, end) for end in sorted(ends)]
    by_month = pd.DataFrame(rows)
    last, invoiced = by_month.iloc[-1], _invoiced(frame, since, as_of)
    known = [None if pd.isna(last[name]) else float(last[name]) for name in ("dso", "count_back")]
    return Receivables(
        ageing.reset_index(drop=True),
        invoiced,
        known[0],
        known[1],
        by_month,
        given.as_of,
        given.months,
        given.currency,
    )


def _invoiced(frame: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp) -> float:
    return float(frame.loc[(frame["issued"] > since) & (frame["issued"] <= until), "amount"].sum())


def _at(given: Invoices, day: pd.Timestamp) -> dict[str, object]:
    """Return what was open at the end of a day, and its DSO by both methods."""
    frame = given.frame[given.frame["issued"] <= day]
    owed = frame["open"].mask(frame["paid"] > day, frame["amount"])
    total = float(owed.sum())
    start = pd.Timestamp(window_start(day.date(), given.months))
    sales = _invoiced(frame, start, day)
    dso = total / sales * (day - start).days if sales > 0 else np.nan
    return {"month": day, "open": total, "dso": dso, "count_back": _count_back(frame, total, day, start)}


def _count_back(frame: pd.DataFrame, owed: float, day: pd.Timestamp, start: pd.Timestamp) -> float:
    """Return the days by count-back from ``day``, but not beyond ``start``; missing where it goes further."""
    days, end, left = 0.0, day, owed
    while left > _CENT and end > start:
        begin = max(end.replace(day=1) - pd.Timedelta(days=1), start)
        sales = _invoiced(frame, begin, end)
        if sales >= left:
            return days + (end - begin).days * left / sales
        days, left, end = days + (end - begin).days, left - sales, begin
    return days if left <= _CENT else float("nan")


@dataclass(frozen=True)
class LatePayers(Result):
    """How many days late each customer pays, what that ties up, and whether it gets worse.

    Attributes
    ----------
    frame
        One row per customer with an invoice that fell due in the months, those first whose lateness costs
        most: ``customer_id``, ``name`` and ``owner`` where known; ``due_amount`` (money that fell due),
        ``paid_late`` (share of that money), ``days_late`` (mean by money; early counts as 0, open as late so
        far), ``days_before`` (the same in as many months before; missing where nothing fell due),
        ``tied_up`` (money × days late ÷ days of the months) and ``late_cost`` (what that costs), in money.
    days_late, days_before
        The same of all customers together.
    capital_cost
        What money costs in a year, as a share.
    months
        How many are looked at.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "late_payers"
    frame: pd.DataFrame
    days_late: float
    days_before: float
    capital_cost: float
    months: int
    currency: str | None = None

    def title(self) -> str:
        """Return how late customers pay."""
        return _("Customers pay {days} days late on average").format(days=number(self.days_late, 1))

    def sentence(self) -> str:
        """Say how late customers pay, whether that grows, and what it costs."""
        due = float(self.frame["due_amount"].sum())
        late = float((self.frame["due_amount"] * self.frame["paid_late"]).sum())
        said = _(
            "{title}: {share} of the money that fell due in {months} came late, which ties up {tied} "
            "and costs {cost} at {rate} a year."
        )
        said = said.format(
            title=self.title(),
            share=percent(late / due, 1) if due else "–",
            months=duration(self.months, "month"),
            tied=money(float(self.frame["tied_up"].sum()), self.currency),
            cost=money(float(self.frame["late_cost"].sum()), self.currency),
            rate=percent(self.capital_cost, 1),
        )
        if np.isnan(self.days_before):
            return said
        before = _("Before that it was {days} days.").format(days=number(self.days_before, 1))
        return f"{said} {before}"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the customers."""
        return {"late_payers": self.frame}

    def notes(self) -> list[str]:
        """Return the sentence, and who pays ever later."""
        large = self.frame[self.frame["due_amount"] >= self.frame["due_amount"].median()]
        worse = (large["days_late"] - large["days_before"]).dropna()
        slower = _(
            "Of the {count} larger customers that paid in both spans, {slower} pay at least five days later "
            "than before, and {faster} five days sooner."
        ).format(
            count=number(len(worse)), slower=number((worse >= 5).sum()), faster=number((worse <= -5).sum())
        )
        return [self.sentence(), slower]


@or_not_possible
def late_payers(given: Invoices, capital_cost: float = 0.06) -> LatePayers | NotPossible:
    """Work out how late each customer pays, and what waiting for it costs.

    Parameters
    ----------
    given
        The invoices.
    capital_cost
        What money costs in a year, as a share.
    """
    frame = given.frame[given.frame["late"].notna() & (given.frame["amount"] > 0)]
    if frame.empty:
        return NotPossible(
            _("No due day is known: the column 'due' of the invoices would show who pays late.")
        )
    before = pd.Timestamp(window_start(given.as_of, 2 * given.months))
    as_of = pd.Timestamp(given.as_of)
    now = frame[(frame["due"] > given.since) & (frame["due"] <= as_of)]
    earlier = frame[(frame["due"] > before) & (frame["due"] <= given.since)]
    if now.empty:
        return NotPossible(_("No invoice fell due in these months, so nobody can have paid late."))
    table = _lateness(now)
    table["days_before"] = _lateness(earlier)["days_late"].reindex(table.index)
    table["tied_up"] = table["due_amount"] * table["days_late"] / (as_of - given.since).days
    table["late_cost"] = table["tied_up"] * capital_cost * given.months / 12
    names = [name for name in ("name", "owner") if name in frame]
    known = frame.drop_duplicates("customer_id").set_index("customer_id")[names]
    table = known.join(table, how="right").sort_values("late_cost", ascending=False, kind="stable")
    mean = [_mean_late(rows) for rows in (now, earlier)]
    return LatePayers(table.reset_index(), mean[0], mean[1], capital_cost, given.months, given.currency)


def _lateness(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by customer ``due_amount``, ``paid_late`` and ``days_late``; see `LatePayers`."""
    late = rows["late"].clip(lower=0)
    parts = rows.assign(late_money=rows["amount"] * (late > 0), money_days=rows["amount"] * late)
    sums = parts.groupby("customer_id")[["amount", "late_money", "money_days"]].sum()
    return pd.DataFrame(
        {
            "due_amount": sums["amount"],
            "paid_late": sums["late_money"] / sums["amount"],
            "days_late": sums["money_days"] / sums["amount"],
        }
    )


def _mean_late(rows: pd.DataFrame) -> float:
    total = float(rows["amount"].sum())
    return float((rows["amount"] * rows["late"].clip(lower=0)).sum()) / total if total else float("nan")


@dataclass(frozen=True)
class Debtors(Result):
    """The customers that owe most, and how much of it is at risk.

    Attributes
    ----------
    frame
        One row per customer that owes anything, the largest debt first: ``customer_id``, ``name`` and
        ``owner`` where known; ``open``, ``overdue`` and ``over_90`` (late for more than 90 days), in money;
        ``oldest`` (days that the oldest open invoice is late; 0 where none is) and ``share_of_open``.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "debtors"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    currency: str | None = None

    def sentence(self) -> str:
        """Say what the largest debtors owe, and what of it is overdue."""
        top = self.frame.head(LARGEST)
        return _(
            "The {count} largest debtors owe {open}, {share} of all that is open; {overdue} of it is "
            "overdue, {very_late} for more than 90 days."
        ).format(
            count=number(len(top)),
            open=money(top["open"].sum(), self.currency),
            share=percent(top["share_of_open"].sum()),
            overdue=money(top["overdue"].sum(), self.currency),
            very_late=money(top["over_90"].sum(), self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the debtors."""
        return {"debtors": self.frame}

    def notes(self) -> list[str]:
        """Return the sentence."""
        return [self.sentence()]


@or_not_possible
def debtors(given: Invoices) -> Debtors | NotPossible:
    """Add up what each customer owes; not possible where nobody owes anything."""
    frame = given.frame[given.frame["open"].abs() > _CENT]
    days = (pd.Timestamp(given.as_of) - frame["due"]).dt.days.fillna(0).clip(lower=0)
    parts = frame.assign(
        overdue=frame["open"].where(days > 0, 0.0),
        over_90=frame["open"].where(days > 90, 0.0),
        oldest=days.where(frame["open"] > 0, 0),
    )
    names = {name: "first" for name in ("name", "owner") if name in parts}
    sums = dict.fromkeys(("open", "overdue", "over_90"), "sum")
    table = parts.groupby("customer_id", as_index=False).agg({**names, **sums, "oldest": "max"})
    total = float(table["open"].sum())
    table = table[table["open"] > _CENT]
    if table.empty or not total > 0:
        return NotPossible(_("Nobody owes anything on the last day."))
    table = table.assign(share_of_open=table["open"] / total)
    return Debtors(
        table.sort_values("open", ascending=False, kind="stable", ignore_index=True), given.currency
    )
