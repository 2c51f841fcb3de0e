"""Receivables: what is open and how old it is, DSO, who owes most, and who pays late."""

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
from analysis.result import Finding, Listed, Result, currency_of

if TYPE_CHECKING:
    from analysis.dataset import Dataset

BUCKETS = (
    N_("Not due"),
    N_("1–30 days late"),
    N_("31–60 days late"),
    N_("61–90 days late"),
    N_("Over 90 days late"),
    N_("No due day"),
)
_EDGES = (-np.inf, 0.5, 30.5, 60.5, 90.5, 1e6, np.inf)
LARGEST = 10
_KNOWN_DAYS = 90  # so long before a day invoices must be known, for any to be overdue on it
_CENT = 0.005


def invoices(dataset: Dataset, months: int = 12) -> pd.DataFrame | NotPossible:
    """Return the rows of ``sql/invoices.sql`` for twice the months to ``as_of``, with names and owners."""
    if not dataset.tables.get("invoices", frozenset()) & {"paid", "paid_amount"}:
        missing = _(
            "A table 'invoices', or a file of nothing else, with customer_id, issued, due, paid and amount "
            "would show what is open, how old it is and who pays late."
        )
        return NotPossible(missing)
    rows = dataset.query("invoices", since=window_start(dataset.as_of, 2 * months))
    return named(dataset, rows).astype({"amount": "float64", "open": "float64"})


def _customers(rows: pd.DataFrame) -> list[str]:
    """Return the columns that tell customers apart and name them."""
    return [name for name in ("customer_id", "name", "owner") if name in rows]


@dataclass(frozen=True)
class Receivables(Result):
    """What customers owe at ``as_of``, how many days of sales that is, and who owes it.

    Attributes
    ----------
    ageing
        One row per bucket of `BUCKETS`, that without a due day only where there are such invoices:
        ``bucket``, ``invoices``, ``amount`` (open, in money; credit notes are taken off) and ``share``.
    by_month
        For the end of each of the months: ``month``, ``open``; ``dso``: open ÷ credit sales of the months to
        then (invoices less credit notes) × days in them; ``count_back``: days back over which credit sales
        add up to what is open. Missing where there are no such sales, or those do not reach that far.
    debtors
        One row per customer that owes anything, the largest debt first: ``customer_id``, ``name`` and
        ``owner`` where known; ``open`` and ``overdue`` (money), ``oldest`` (days that the oldest open invoice
        is late) and ``share_of_open``.
    as_of, months, currency
        The last day that counts, the months that are looked at, and the ISO 4217 code where it is known.
    overdue_before
        The share that was overdue a year before; None where that is not known.
    """

    name: ClassVar[str] = "receivables"
    ageing: pd.DataFrame
    by_month: pd.DataFrame
    debtors: pd.DataFrame
    as_of: dt.date
    months: int
    currency: str | None = None
    overdue_before: float | None = None

    @property
    def open(self) -> float:
        """All that is open."""
        return float(self.ageing["amount"].sum())

    @property
    def overdue(self) -> float:
        """What of it is past its due day."""
        return float(self.ageing["amount"].iloc[1:5].sum())

    def title(self) -> str:
        """Return the share that is overdue."""
        return _("{share} of receivables is overdue").format(share=percent(self.overdue / self.open, 1))

    def sentence(self) -> str:
        """Say what is open, and what of it is overdue."""
        return _(
            "On {day} customers owe {open}, of which {overdue} ({share}) is overdue and {very_late} for more "
            "than 90 days."
        ).format(
            day=date(self.as_of),
            open=money(self.open, self.currency),
            overdue=money(self.overdue, self.currency),
            share=percent(self.overdue / self.open, 1),
            very_late=money(float(self.ageing["amount"].iloc[4]), self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the buckets, the DSO at the end of each month, and the debtors."""
        return {"ageing": self.ageing, "dso": self.by_month, "debtors": self.debtors}

    def findings(self) -> list[Finding]:
        """Return the share overdue; what is overdue is what claiming it brings in."""
        share, overdue, usual = self.overdue / self.open, max(self.overdue, 0.0), self.overdue_before
        action = _("Claim what is overdue, the oldest first.") if overdue else ""
        text, good = self.sentence(), None
        if usual is not None:
            said = _("A year before {share} was overdue.").format(share=percent(usual, 1))
            text, good = f"{text} {said}", False if share > usual else None
        found = (text, share, "share", overdue, good, action, usual)
        return [Finding("profitability.overdue", *found)]

    def notes(self) -> list[str]:
        """Say how many days of sales are open, what the largest debtors owe, and what of it is overdue."""
        dso, back = self.by_month[["dso", "count_back"]].iloc[-1]
        days = _("DSO is {dso} days by its definition, over {months}, and {back} days by count-back.").format(
            dso="–" if pd.isna(dso) else number(dso, 1),
            months=duration(self.months, "month"),
            back="–" if pd.isna(back) else number(back, 1),
        )
        top, sums = self.debtors.head(LARGEST), self.debtors.head(LARGEST).sum(numeric_only=True)
        said = _("The {count} largest debtors owe {open}, {share} of all that is open; {overdue} is overdue.")
        owed, overdue = (money(sums[name], self.currency) for name in ("open", "overdue"))
        share = percent(sums["share_of_open"])
        return [days, said.format(count=number(len(top)), open=owed, share=share, overdue=overdue)]


def owed(dataset: Dataset) -> pd.DataFrame:
    """Return by customer_id ``open_amount`` and ``overdue_amount``, as `receivables` adds them up.

    They are 0 for who owes nothing; nobody's is known without invoices.
    """
    names = {"open": "open_amount", "overdue": "overdue_amount"}
    rows = invoices(dataset)
    if isinstance(rows, NotPossible):
        return pd.DataFrame(columns=list(names.values()), dtype="float64")
    rows = rows[rows["open"].abs() > _CENT]
    late = rows["due"] < pd.Timestamp(dataset.as_of)
    sums = rows.assign(overdue=rows["open"].where(late, 0.0)).groupby("customer_id")[list(names)].sum()
    everybody = dataset.query("customers", ["customer_id"])["customer_id"]
    return sums.reindex(everybody, fill_value=0.0).rename(columns=names)


@or_not_possible
def receivables(rows: pd.DataFrame, as_of: dt.date, months: int = 12) -> Receivables | NotPossible:
    """Work out ageing, DSO over the ``months`` to ``as_of`` and debtors from the rows of `invoices`."""
    day, since = pd.Timestamp(as_of), pd.Timestamp(window_start(as_of, months))
    owed = rows[rows["open"].abs() > _CENT]
    late, total = (day - owed["due"]).dt.days, float(owed["open"].sum())
    if not total > 0:
        return NotPossible(_("Customers owe nothing on {day}.").format(day=date(as_of)))
    bucket = pd.cut(late.fillna(np.inf), list(_EDGES), labels=[_(name) for name in BUCKETS])
    ageing = owed.groupby(bucket.rename("bucket"), observed=False)[["invoices", "open"]].sum()
    ageing = ageing.assign(share=ageing["open"] / total).rename(columns={"open": "amount"}).reset_index()
    ageing = ageing.drop(index=ageing.index[-1:] if not ageing["invoices"].iloc[-1] else [])
    ends = [*(end for end in pd.date_range(since, day, freq="ME") if since < end < day), day]
    parts = owed.assign(
        overdue=owed["open"].where(late > 0, 0.0),
        oldest=late.where(owed["open"] > 0).fillna(0).clip(lower=0),
    )
    by = parts.groupby(_customers(rows), dropna=False)
    debtors = by[["open", "overdue"]].sum().join(by["oldest"].max())
    debtors = debtors[debtors["open"] > _CENT].assign(share_of_open=debtors["open"] / total)
    debtors = debtors.sort_values("open", ascending=False, kind="stable").reset_index()
    by_month = pd.DataFrame([_at(rows, end, months) for end in ends])
    before = _overdue_on(rows, day - pd.DateOffset(years=1))
    return Receivables(ageing, by_month, debtors, as_of, months, currency_of(rows), before)


def _open_on(rows: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """Return what was open of each invoice issued by the end of a day."""
    known = rows[rows["issued"] <= day]
    return known["open"].mask(known["paid"] > day, known["amount"])


def _overdue_on(rows: pd.DataFrame, day: pd.Timestamp) -> float | None:
    """Return the share of what was open at the end of a day that was overdue; None where it is not known."""
    if not rows["issued"].min() < day - pd.Timedelta(days=_KNOWN_DAYS):
        return None
    left = _open_on(rows, day)
    late = left[rows["due"].reindex(left.index) < day]
    return float(late.sum() / left.sum()) if left.sum() > 0 else None


def _at(rows: pd.DataFrame, day: pd.Timestamp, months: int) -> dict[str, object]:
    """Return what was open at the end of a day, and its DSO by both methods.

    Count-back takes the sales of the last month from what is open, then those of the month before, and so on,
    counting the days of each; of the month in which it runs out, as large a part of the days as of its sales.
    A month with more credit notes than sales only adds to what is left.
    """
    known = rows[rows["issued"] <= day]
    owed = float(_open_on(rows, day).sum())
    start = pd.Timestamp(window_start(day.date(), months))
    sold = known.loc[known["issued"] > start].groupby("issued")["amount"].sum()
    dso = owed / sold.sum() * (day - start).days if sold.sum() > 0 else np.nan
    back, end, left = 0.0, day, owed
    while left > _CENT and end > start:
        begin = max(end.replace(day=1) - pd.Timedelta(days=1), start)
        sales, days = sold[(sold.index > begin) & (sold.index <= end)].sum(), (end - begin).days
        back += days * (left / sales if sales >= left else 1)
        left, end = left - sales, begin
    return {"month": day, "open": owed, "dso": dso, "count_back": back if left <= _CENT else np.nan}


@or_not_possible
def late_payers(
    rows: pd.DataFrame, as_of: dt.date, months: int = 12, capital_cost: float = 0.06
) -> Listed | NotPossible:
    """Work out from the rows of `invoices` how late each customer pays, and what waiting for it costs.

    ``capital_cost`` is what money costs in a year, as a share. Lists customers with an invoice that fell due
    in the months, those first whose lateness costs most: ``due_amount`` (money that fell due), ``paid_late``
    (share of that money), ``days_late`` (mean by money; early counts as 0, open as late so far),
    ``days_before`` (the same in as many months before; missing where nothing fell due), and in money
    ``tied_up`` (due × days late ÷ days of the months) and ``late_cost`` (what that costs).
    """
    day = pd.Timestamp(as_of)
    since, before = (pd.Timestamp(window_start(as_of, n * months)) for n in (1, 2))
    until = rows["paid"].mask(rows["paid"].isna() & (rows["open"].abs() > _CENT), day)
    late = (until - rows["due"]).dt.days.clip(lower=0)
    counted = late.notna() & (rows["amount"] > 0) & (rows["due"] > before) & (rows["due"] <= day)
    frame = rows.assign(money_days=rows["amount"] * late, late=rows["amount"] * (late > 0))[counted]
    now, earlier = frame[frame["due"] > since], frame[frame["due"] <= since]
    if now.empty:
        return NotPossible(_("No invoice fell due in these months, as far as due days ('due') are known."))
    sums = ["amount", "late", "money_days"]
    table = now.groupby(_customers(rows), dropna=False)[sums].sum().reset_index()
    past = earlier.groupby("customer_id")[sums].sum()
    table = table.assign(
        paid_late=table["late"] / table["amount"],
        days_late=table["money_days"] / table["amount"],
        days_before=table["customer_id"].map(past["money_days"] / past["amount"]),
        tied_up=table["money_days"] / (day - since).days,
    )
    table["late_cost"] = table["tied_up"] * capital_cost * months / 12
    total, was = table.sum(numeric_only=True), past.sum()
    text = _(
        "Customers pay {days} days late on average ({before} before), which ties up {tied} and costs {cost}."
    ).format(
        days=number(total["money_days"] / total["amount"], 1),
        before=number(was["money_days"] / was["amount"], 1) if len(past) else "–",
        tied=money(total["tied_up"], currency_of(rows)),
        cost=money(total["late_cost"], currency_of(rows)),
    )
    table = table.rename(columns={"amount": "due_amount"})
    first = ["due_amount", "days_late", "days_before", "late_cost", "paid_late", "tied_up"]
    table = table[[*_customers(rows), *first]]
    table = table.sort_values("late_cost", ascending=False, kind="stable", ignore_index=True)
    return Listed({"late_payers": table}, text)
