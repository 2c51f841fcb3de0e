"""Net sales projected to the end of the year, per account and in total, by what foretold best before."""

from __future__ import annotations

import datetime as dt
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import N_, _, money, number, percent
from analysis.not_possible import NotPossible
from analysis.owners import named
from analysis.periods import begins_whole
from analysis.result import Finding, Listed, largest_first

if TYPE_CHECKING:
    from analysis.dataset import Dataset

LEVEL = 0.8
_FEWEST, _GROUPS, _SEASON = 4, 5, 12
_YEAR, _DAY = pd.DateOffset(years=1), pd.Timedelta(days=1)
_METHODS = {
    "naive": N_("Rest of the year as last year"),
    "scaled": N_("Year to date by last year's shape"),
    "shrunk": N_("The same, drawn towards the portfolio"),
    "smoothing": N_("Exponential smoothing"),
}


@dataclass(frozen=True, kw_only=True)
class Projection(Listed):
    """Net sales of the year under way, or of the next where that is over, projected to its end.

    Its second table says what each ``method`` missed by in earlier years, missing where it does not apply:
    ``account_error`` (sum of the misses ÷ net sales) and ``total_error`` (mean miss, as a share); of those
    ``used``, ``account_held`` and ``total_held`` are the shares of outcomes that fell into the interval, each
    left out of what made it.

    Attributes
    ----------
    accounts
        One row per customer, the largest first: ``customer_id``, ``name`` and ``owner`` where known, and in
        money ``last_year``, ``to_date``, ``projected``, ``projected_low`` and ``projected_high``.
    total
        The same five of all together.
    curve
        By day of the year, net sales so far of the year before (``before``) and of this one (``now``).
    """

    name: ClassVar[str] = "projection"
    is_drawn: ClassVar[bool] = True
    year: int
    accounts: pd.DataFrame
    total: pd.Series
    curve: pd.DataFrame
    currency: str | None = None


def projection(dataset: Dataset) -> Projection | NotPossible:
    """Project net sales to the end of the year, by the methods that missed least in earlier years.

    On the last day of a year it is the next one that is projected. Of a large data set, methods for accounts
    are tested on a part of the customers.

    Notes
    -----
    With y the year to date, l the same days of last year and L all of it, an account is projected as y + L −
    l (seasonal naive), as y · L ÷ l (last year's shape) or as y · (L + k · S) ÷ (l + k), the shape drawn
    towards S, that of the portfolio; k is the mean l. Which one is used is decided by the misses of all
    accounts in earlier calendar years. The total is projected by the first two, or by exponential
    smoothing of the months (additive season, damped trend), whichever missed least at the ends of earlier
    months, each as far from the end of a year of its own as ``as_of``. Intervals of 80 %: of the total by
    the ⌈0.8 · (n + 1)⌉-th smallest of n misses; of accounts by the 10 and 90 % quantiles of misses, as a
    share of y + L, among accounts of like size.
    """
    as_of, days = dataset.as_of, dataset.query("sales_by_day")
    over = (as_of.month, as_of.day) == (12, 31)
    year, methods = as_of.year + over, ("naive",) if over else ("naive", "scaled", "shrunk")
    every = pd.date_range(days["date"].min(), as_of)
    daily = days.set_index("date")["net_sales"].astype("float64").reindex(every, fill_value=0.0)
    first = every[0].year + (not begins_whole(dt.date(every[0].year, 1, 1), every[0].date(), "year"))
    of_total = _misses_of_total(daily, pd.Timestamp(as_of), year)
    if len(of_total) < _FEWEST or year < first + 2:
        return NotPossible(
            _(
                "A projection to the end of the year has to be tested first, which takes more than three "
                "years of sales."
            )
        )
    some = dataset.sampled()
    known = _years(some, over)
    past = {one: _sides(known, one) for one in range(first + 1, year)}
    tried = {way: pd.concat({one: _account(side, way) for one, side in past.items()}) for way in methods}
    off = pd.Series({way: (frame["actual"] - frame["projected"]).abs().sum() for way, frame in tried.items()})
    errors, misses = off / tried["naive"]["actual"].sum(), of_total.mean()
    way, way_of_total = str(errors.idxmin()), str(misses.idxmin())
    sides = _sides(known, year)
    if some.whole:
        parts = (_sides(_years(part, over), year) for part in dataset.batches())
        sides = pd.concat([part[part[["last_year", "to_date"]].any(axis=1)] for part in parts])
    accounts = _with_interval(_account(sides, way), tried[way])
    apart = of_total[way_of_total]
    trials = pd.DataFrame({"account_error": errors, "total_error": misses}, [*_METHODS])
    trials.loc[way, "account_held"] = _held(tried[way])
    within = [miss <= _reach(apart.drop(i)) for i, miss in apart.items()]
    trials.loc[way_of_total, "total_held"] = np.mean(within)
    total = accounts[["last_year", "to_date"]].sum()
    total["projected"] = _totals(daily, pd.Timestamp(year, 1, 1))[way_of_total]
    total["projected_low"] = total["projected"] * (1 - _reach(apart))
    total["projected_high"] = total["projected"] * (1 + _reach(apart))
    told = accounts[accounts[["last_year", "to_date"]].any(axis=1)].reset_index()
    told = largest_first(told.drop(columns=["last_to_date", "actual", "size"]), ["projected"])
    told = named(dataset, told)
    by_day = daily.groupby([every.year, every.day_of_year]).sum()
    curve = pd.DataFrame({side: by_day.get(one) for side, one in (("before", year - 1), ("now", year))})
    currency = dataset.currency
    middle, low, high = (money(amount, currency) for amount in total.iloc[2:])
    claim = _("{year} is heading for {middle}, most likely between {low} and {high}")
    text = _(
        "{year} is heading for {middle}, most likely between {low} and {high} (80% interval), after {before} "
        "in {last}. Earlier projections missed by {error} on average."
    ).format(
        year=year,
        middle=middle,
        low=low,
        high=high,
        before=money(total["last_year"], currency),
        last=year - 1,
        error=percent(misses.min(), 1),
    )
    return Projection(
        {"projection": told.head(10), "projection_trials": _named_trials(trials, way, way_of_total)},
        text,
        _found(text, total, low),
        claim.format(year=year, middle=middle, low=low, high=high),
        _tested_on(len(known)) if some.whole else (),
        year=year,
        accounts=told,
        total=total,
        curve=curve.astype("float64").cumsum(),
        currency=currency,
    )


def _named_trials(trials: pd.DataFrame, of_accounts: str, of_total: str) -> pd.DataFrame:
    """Return the trials of the methods that could be tried, by name, with what each is used for."""
    uses = {_("accounts"): of_accounts, _("total"): of_total}
    found = trials.dropna(how="all")
    used = [", ".join(use for use, one in uses.items() if one == name) for name in found.index]
    return found.assign(used=used).rename(lambda name: _(_METHODS[name])).rename_axis("method").reset_index()


def _tested_on(count: int) -> tuple[str, ...]:
    message = _("Which method foretells accounts best was tested on {n} customers, drawn at random.")
    return (message.format(n=number(count)),)


def _years(dataset: Dataset, over: bool) -> pd.DataFrame:
    """Return net sales by customer, calendar year and part of it; the year is ``over`` or has a rest."""
    rows = dataset.query("customer_years", ["customer_id", "year", "later", "net_sales"])
    return rows.assign(later=1 if over else rows["later"]).pivot_table(
        index="customer_id", columns=["year", "later"], values="net_sales", aggfunc="sum", fill_value=0.0
    )


def _found(text: str, total: pd.Series, low: str) -> Finding:
    """Return the finding: the change on last year is at stake where the interval leaves no doubt of it."""
    value, before = float(total["projected"]), float(total["last_year"])
    clear = not total["projected_low"] <= before <= total["projected_high"]
    action = _("Set the budget of costs by the lower end, {low}.").format(low=low)
    stake, good = (abs(value - before), value > before) if clear else (None, None)
    return Finding("portfolio.projection", text, value, "money", stake, good, action, before)


def _sides(known: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return by customer what is known of a year on the day, its ``actual`` end, and ``size``."""
    every = pd.MultiIndex.from_product([(year - 1, year), (0, 1)])
    then, rest, now, later = known.reindex(columns=every, fill_value=0.0).to_numpy(dtype="float64").T
    sides = {"last_year": then + rest, "to_date": now, "last_to_date": then, "actual": now + later}
    size = np.maximum(now, 0) + np.maximum(then + rest, 0)
    return pd.DataFrame({**sides, "size": size}, known.index)


def _account(sides: pd.DataFrame, way: str) -> pd.DataFrame:
    """Add what each account is ``projected`` to by a method."""
    so_far, then, whole = sides["to_date"], sides["last_to_date"].clip(0), sides["last_year"].clip(0)
    naive = found = so_far + sides["last_year"] - sides["last_to_date"]
    if way == "scaled":
        found = (so_far * whole / then.where(then > 0)).fillna(naive)
    elif way == "shrunk" and then.any():
        k = float(then[then > 0].mean())
        found = so_far * (whole + k * float(whole.sum() / then.sum())) / (then + k)
    return sides.assign(projected=found)


def _with_interval(sides: pd.DataFrame, tried: pd.DataFrame) -> pd.DataFrame:
    """Add the 80 % interval of each account, by what accounts of like size were missed by."""
    tried = tried[tried["size"] > 0]
    edges = tried["size"].quantile(np.linspace(0, 1, _GROUPS + 1)[1:-1]).unique()
    missed = (tried["actual"] - tried["projected"]) / tried["size"]
    groups = missed.groupby(np.searchsorted(edges, tried["size"]))
    place, tails = np.searchsorted(edges, sides["size"]), ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    ends = [groups.quantile(tail).reindex(range(_GROUPS)).ffill().to_numpy()[place] for tail in tails]
    low, high = (sides["projected"] + sides["size"] * end for end in ends)
    least = sides[["projected", "to_date"]].min(axis=1)
    return sides.assign(projected_low=np.maximum(low, least), projected_high=high)


def _held(tried: pd.DataFrame) -> float:
    """Return the share of accounts whose outcome fell into the interval made of the other years' misses."""
    years = tried.index.unique(0)
    if len(years) == 1:
        return math.nan
    ends = pd.concat([_with_interval(tried.loc[[one]], tried.drop(one)) for one in years])
    held = ends["actual"].between(ends["projected_low"] - 1e-9, ends["projected_high"] + 1e-9)
    return float(held[ends["size"] > 0].mean())


def _misses_of_total(daily: pd.Series, as_of: pd.Timestamp, year: int) -> pd.DataFrame:
    """Return what each method missed the total by, as a share, at the ends of earlier months."""
    rows = []
    for back in range(1, len(_months(daily)) - 2 * _SEASON + 1):
        step = pd.DateOffset(months=back)
        origin = as_of - step
        if as_of.is_month_end:
            origin += pd.offsets.MonthEnd(0)
        start = pd.Timestamp(year, 1, 1) - step
        if (end := start + _YEAR - _DAY) <= as_of:
            known = daily[: min(origin, end - _DAY)]  # a month too short for the day would end with its year
            totals = pd.Series(_totals(known, start))
            rows.append((daily[start:end].sum() / totals.where(totals > 0, 0.0) - 1).abs().fillna(0.0))
    return pd.DataFrame(rows).dropna(axis="columns")


def _reach(misses: pd.Series) -> float:
    """Return the miss that 80 % of the next ones do not exceed."""
    return float(misses.nsmallest(math.ceil(LEVEL * (len(misses) + 1))).iloc[-1])


def _totals(daily: pd.Series, start: pd.Timestamp) -> dict[str, float]:
    """Return the total of the year from ``start`` on by each method, from the days that are known."""
    so_far, then = float(daily[start:].sum()), float(daily[start - _YEAR : daily.index[-1] - _YEAR].sum())
    whole = float(daily[start - _YEAR : start - _DAY].sum())
    found = {"naive": so_far + whole - then, "smoothing": so_far + _smoothed(daily, start + _YEAR - _DAY)}
    return found | ({"scaled": so_far * whole / then} if then > 0 else {})


def _smoothed(daily: pd.Series, end: pd.Timestamp) -> float:
    """Return what exponential smoothing of the whole months foretells from the last day known to ``end``."""
    from statsmodels.tools.sm_exceptions import ConvergenceWarning  # noqa: PLC0415 slow
    from statsmodels.tsa.holtwinters import ExponentialSmoothing  # noqa: PLC0415

    after = daily.index[-1] + _DAY
    model = ExponentialSmoothing(
        _months(daily),
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=_SEASON,
        initialization_method="heuristic",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        foretold = model.fit().forecast((end.year - after.year) * 12 + end.month - after.month + 1)
    return float(foretold.sum() - (after.day - 1) / after.days_in_month * foretold.iloc[0])


def _months(daily: pd.Series) -> pd.Series:
    """Return net sales of the months that are known whole."""
    months: pd.Series = daily.resample("MS").sum()
    over = len(months) if (daily.index[-1] + _DAY).day == 1 else -1
    return months.iloc[int(daily.index[0].day > 7) : over]
