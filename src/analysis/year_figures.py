"""The figures of a year against those of the year before: what a report says first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import pandas as pd

from analysis import portfolio, satisfaction
from analysis.language import N_, _, money, number, percent, signed_percent
from analysis.periods import begins_whole
from analysis.portfolio import ActivityWindow
from analysis.profitability import CommonMargin, Margins, choose_margins, earned
from analysis.profitability.contribution import recorded_cost
from analysis.satisfaction import Answers

if TYPE_CHECKING:
    from analysis.dataset import Dataset

TITLES = {
    "net_sales": N_("Net sales"),
    "active_customers": N_("Active customers"),
    "new_customers": N_("New customers"),
    "contribution_margin": N_("Contribution margin"),
    "nps": "NPS",
    "satisfied_share": N_("Satisfied customers"),
}
_IN_POINTS = {"nps", "satisfied_share"}
_DAY = pd.Timedelta(days=1)
_Length = Literal["quarter", "year"]
_Period = tuple[pd.Timestamp, pd.Timestamp, _Length]
_MONTHS: dict[_Length, int] = {"quarter": 3, "year": 12}


@dataclass(frozen=True)
class YearFigure:
    """A figure of the twelve months to ``as_of``, or as it stands on that day.

    Attributes
    ----------
    name
        A key of `TITLES`.
    now, before
        The figure, and the same a year before; None where the data do not reach back so far.
    quarters
        The figure of three months, by the last day of each, the oldest first: at most eight to ``as_of``.
    currency
        ISO 4217 code of money, or None where it is not known.
    interval
        Its 95 % interval, where it has one.
    """

    name: str
    now: float
    before: float | None
    quarters: pd.Series
    currency: str | None = None
    interval: tuple[float, float] | None = None

    @property
    def title(self) -> str:
        """What it is called."""
        return _(TITLES[self.name])

    @property
    def form(self) -> str:
        """Its format, as in `analysis.display_names`."""
        if self.name in {"net_sales", "contribution_margin"}:
            return "money"
        return "percent1" if self.name == "satisfied_share" else "number"

    @property
    def change(self) -> float | None:
        """By how much it has changed: as a share of before, or in points of a figure that is in points."""
        if self.before is None:
            return None
        difference = self.now - self.before
        if self.name in _IN_POINTS:
            return difference
        return difference / self.before if self.before > 0 else None

    @property
    def may_be_chance(self) -> bool:
        """Whether what it was before lies within its interval."""
        low, high = self.interval or (self.now, self.now)
        return self.before is not None and low <= self.before <= high

    def shown(self, value: float) -> str:
        """Return a value of the figure as a reader sees it."""
        if self.name in {"net_sales", "contribution_margin"}:
            return money(value, self.currency)
        if self.name == "nps":
            return ("+" if value > 0 else "") + number(value)
        return percent(value) if self.name == "satisfied_share" else number(value)

    def changed(self) -> str:
        """Return the change in words; empty where it is not known."""
        if self.change is None or self.before is None:
            return ""
        said = {"change": signed_percent(self.change, 1), "before": self.shown(self.before)}
        message = _("{change} (a year before: {before})")
        if self.name in _IN_POINTS:
            points = self.change * (1 if self.name == "nps" else 100)
            said["change"] = ("+" if points > 0 else "") + number(points)
            message = _("{change} points (a year before: {before})")
        return message.format(**said)


def year_figures(
    dataset: Dataset, activity_window: int | None = None, margin_rate: float | None = None
) -> list[YearFigure]:
    """Return the figures that the data allow, each by the definition of its notebook.

    Net sales, new customers and the contribution margin are those of twelve months; active are those who
    bought within the activity window to the day. A customer is new if nothing is known of it before; so new
    ones are told only where the data begin at least a window before them. The margin is told where costs
    are known, or its rate is set.

    Parameters
    ----------
    dataset
        The data set.
    activity_window
        Days after which a customer counts as inactive; None: that of the data set, or from the data.
    margin_rate
        Margin as a share of net sales; None: from costs.
    """
    told = partial(_told, dataset.as_of)
    made: list[YearFigure | None] = []
    if dataset.has_sales:
        first: dt.date = dataset.query("coverage")["first_date"].iloc[0].date()
        whole = partial(_whole, first)
        days = dataset.query("sales_by_day").set_index("date")["net_sales"]
        made.append(told("net_sales", partial(_between, days), whole, dataset.currency))
        pairs = dataset.query("purchase_gaps")
        window = portfolio.activity_window(pairs, activity_window or dataset.activity_window)
        if isinstance(window, ActivityWindow):
            made += _customers(told, pairs, pd.Timestamp(first), window.days)
        if margins := _margins(dataset, margin_rate, whole):
            margin = partial(_of_period, margins)
            made.append(told("contribution_margin", margin, whole, dataset.currency))
    return [one for one in (*made, _satisfaction(told, dataset)) if one]


def _told(
    as_of: dt.date,
    name: str,
    figure: Callable[[pd.Timestamp, pd.Timestamp, _Length], float],
    is_known: Callable[[pd.Timestamp, pd.Timestamp, _Length], bool],
    currency: str | None = None,
) -> YearFigure:
    """Work a figure out for the year to a day, the one before and each quarter of both, where it is known."""
    ends = _ends(as_of)
    now, year_ago, before = ends[0], ends[4], ends[8]
    quarters = {
        until: figure(since, until, "quarter")
        for since, until in pairwise(reversed(ends))
        if is_known(since, until, "quarter")
    }
    earlier = figure(before, year_ago, "year") if is_known(before, year_ago, "year") else None
    line = pd.Series(quarters, dtype="float64")
    return YearFigure(name, figure(year_ago, now, "year"), earlier, line, currency)


def _ends(as_of: dt.date) -> list[pd.Timestamp]:
    """Return the ends of quarters, from ``as_of`` two years back."""
    return [pd.Timestamp(as_of) - pd.DateOffset(months=months) for months in range(0, 25, 3)]


def _whole(first: dt.date, since: pd.Timestamp, _until: pd.Timestamp, length: _Length) -> bool:
    """Tell whether data that begin on a day hold all of a period."""
    return begins_whole((since + _DAY).date(), first, length)


def _between(days: pd.Series, since: pd.Timestamp, until: pd.Timestamp, _length: _Length) -> float:
    """Add up after one day, up to another."""
    return float(days[(days.index > since) & (days.index <= until)].sum())


def _customers(
    told: Callable[..., YearFigure], pairs: pd.DataFrame, first: pd.Timestamp, window: int
) -> list[YearFigure | None]:
    """Count active and new customers from pairs of consecutive purchase days.

    Each purchase of a customer begins one pair, and each but the first ends one.
    """
    reach = pd.Timedelta(days=window)

    def active(_since: pd.Timestamp, until: pd.Timestamp, _length: _Length) -> float:
        lasts = (pairs["previous"] <= until) & ~(pairs["date"] <= until)
        return float(pairs.loc[lasts & (until - pairs["previous"] <= reach), "gaps"].sum())

    begun, ended = (pairs.groupby(side)["gaps"].sum() for side in ("previous", "date"))
    firsts = begun.sub(ended, fill_value=0)

    def known_before(day: pd.Timestamp) -> bool:
        return day - reach >= first - _DAY

    new = told("new_customers", partial(_between, firsts), lambda since, _until, _length: known_before(since))
    return [
        told("active_customers", active, lambda _since, until, _length: known_before(until)),
        new if len(new.quarters) >= _MONTHS["year"] // _MONTHS["quarter"] else None,
    ]


def _margins(
    dataset: Dataset,
    margin_rate: float | None,
    is_known: Callable[[pd.Timestamp, pd.Timestamp, _Length], bool],
) -> dict[_Period, float]:
    """Return the contribution margin of each period that is told; nothing where no cost is known."""
    ends = _ends(dataset.as_of)
    earlier: list[_Period] = [(since, until, "quarter") for since, until in pairwise(reversed(ends))]
    earlier.append((ends[8], ends[4], "year"))
    periods: list[_Period] = [(ends[4], ends[0], "year"), *(one for one in earlier if is_known(*one))]
    found = dict.fromkeys(periods, 0.0)
    common = _common(dataset)
    for part in dataset.batches():
        margins = choose_margins(part.query("customer_margins"), margin_rate, common)
        if margins.source == "assumed":
            return {}
        served = recorded_cost(part, "service_cost")
        for period in periods:
            found[period] += _margin(part, margins, served, period)
    return found


def _common(dataset: Dataset) -> CommonMargin | None:
    """Return the margin rate of all customers of a data set in parts; how it weighs is of no account here."""
    if not dataset.in_parts:
        return None
    cost, sales = dataset.gathered(
        lambda part: part.query("customer_margins", ["cost", "sales"]).sum().to_frame().T
    ).sum()
    return CommonMargin(1 - cost / sales, float("inf")) if sales > 0 else None


def _margin(dataset: Dataset, margins: Margins, served: pd.Series, period: _Period) -> float:
    """Return the contribution margin as `analysis.profitability.contribution` does, of any months."""
    since, until, length = period
    rows = dataset.query("customer_profit", since=since.date(), as_of=until.date())
    cost = rows["customer_id"].map(served).sum() * _MONTHS[length] / 12
    return float(earned(rows, margins).sum() - cost)


def _of_period(
    found: dict[_Period, float], since: pd.Timestamp, until: pd.Timestamp, length: _Length
) -> float:
    return found[since, until, length]


def _satisfaction(told: Callable[..., YearFigure], dataset: Dataset) -> YearFigure | None:
    """Return the measure of the answers; each customer counts once in a period, with its last."""
    found = satisfaction.answers(dataset)
    if not isinstance(found, Answers):
        return None

    def until(day: pd.Timestamp, length: _Length) -> Answers:
        known = found.frame[found.frame["date"] <= day]
        return replace(found, frame=known, as_of=day.date(), months=_MONTHS[length])

    def measured(_since: pd.Timestamp, day: pd.Timestamp, length: _Length) -> float:
        of = until(day, length)
        return float(of.overall(of.lately)[of.measure])

    def enough(_since: pd.Timestamp, day: pd.Timestamp, length: _Length) -> bool:
        return len(until(day, length).lately) >= found.least

    now = found.overall(found.lately)
    ends = float(now[f"{found.measure}_low"]), float(now[f"{found.measure}_high"])
    return replace(told(found.measure, measured, enough), interval=ends)
