"""Net sales projected to the end of the year, per account and in total, by what foretold best before."""

from __future__ import annotations

import datetime as dt
import math
import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.language import _, date, money, percent
from analysis.not_possible import NotPossible
from analysis.periods import begins_whole
from analysis.result import Finding, Result, currency_of

LEVEL = 0.8
_FEWEST, _GROUPS, _TOP, _SEASON = 4, 5, 10, 12
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Projection(Result):
    """Net sales of the year under way, or of the next where that is over, projected to its end.

    Attributes
    ----------
    year
        The year.
    as_of
        The last day that counts.
    accounts
        One row per customer, the largest first: ``customer_id``, ``name`` and ``owner`` where known,
        ``last_year`` (the whole one), ``to_date``, ``projected`` and its 80 % interval ``projected_low`` and
        ``projected_high``, in money.
    total
        ``last_year``, ``to_date``, ``projected``, ``projected_low`` and ``projected_high``, in money.
    trials
        What each ``method`` missed by in earlier years: ``account_error`` (sum of the misses of all accounts
        ÷ net sales) and ``total_error`` (mean miss of the total, as a share), missing where it does not
        apply; ``used`` says for what. Of those used, ``account_held`` and ``total_held`` are the shares of
        outcomes that fell into the interval, each outcome left out of what made it.
    curve
        By ``day`` of the year, net sales so far of the year before (``before``) and of this one (``now``;
        missing after ``as_of``).
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "projection"
    year: int
    as_of: dt.date
    accounts: pd.DataFrame
    total: pd.Series
    trials: pd.DataFrame
    curve: pd.DataFrame
    currency: str | None = None

    @property
    def change(self) -> float:
        """Projected net sales against those of the year before, as a share."""
        return float(self.total["projected"] / self.total["last_year"] - 1)

    def title(self) -> str:
        """Return the projected total and its interval."""
        names = ("projected", "projected_low", "projected_high")
        middle, low, high = (money(self.total[name], self.currency) for name in names)
        return _("{year} is heading for {middle}, most likely between {low} and {high}").format(
            year=self.year, middle=middle, low=low, high=high
        )

    def sentence(self) -> str:
        """Return the same, with what stands on the last day and how far earlier projections missed."""
        total = self.trials[self.trials["total_error"].notna()].sort_values("total_error").iloc[0]
        message = _(
            "{title} (80% interval); {done} stood on {day}. Made in the same way, earlier projections of the "
            "total missed by {error} on average."
        )
        if self.year > self.as_of.year:
            message = _(
                "{title} (80% interval). Made in the same way, earlier projections of the total missed by "
                "{error} on average."
            )
        return message.format(
            title=self.title(),
            done=money(self.total["to_date"], self.currency),
            day=date(self.as_of),
            error=percent(total["total_error"], 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the ten largest accounts, and what each method missed by."""
        return {"projection": self.accounts.head(_TOP), "projection_trials": self.trials}

    def findings(self) -> list[Finding]:
        """Return the projected total."""
        value, apart = float(self.total["projected"]), self.total["projected"] - self.total["last_year"]
        good = bool(apart >= 0)
        return [Finding("portfolio.projection", self.sentence(), value, "money", abs(float(apart)), good)]


def projection(years: pd.DataFrame, days: pd.DataFrame, as_of: dt.date) -> Projection | NotPossible:
    """Project net sales to the end of the year, by the methods that missed least in earlier years.

    Parameters
    ----------
    years
        The rows of ``sql/customer_years.sql``, with names where known.
    days
        The rows of ``sql/sales_by_day.sql``.
    as_of
        The last day that counts. On the last day of a year it is the next one that is projected.

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
    over = (as_of.month, as_of.day) == (12, 31)
    year = as_of.year + over
    daily = (
        days.set_index(pd.DatetimeIndex(days["date"]))["net_sales"]
        .astype("float64")
        .asfreq("D", fill_value=0)
    )
    total = _total(daily, pd.Timestamp(as_of), year)
    first = int(years["first_day"].dt.year.min())
    first += not begins_whole(dt.date(first, 1, 1), years["first_day"].min(), "year")
    known = _by_year(years, to_date_is_nothing=over)
    past = [_sides(known, earlier) for earlier in range(first + 1, year)]
    if total is None or not past:
        return NotPossible(
            _(
                "A projection to the end of the year has to be tested first, which takes more than three "
                "years of sales."
            )
        )
    errors = {
        method: sum(float(np.abs(_account(side, method) - side["actual"]).sum()) for side in past)
        / sum(float(side["actual"].sum()) for side in past)
        for method in (["naive"] if over else ["naive", "scaled", "shrunk"])
    }
    best = min(errors, key=lambda method: errors[method])
    misses = [_miss(side, best) for side in past]
    sides = _sides(known, year)
    low, high = _account_interval(sides, best, pd.concat(misses))
    names = years.drop_duplicates("customer_id").set_index("customer_id").filter(["name", "owner"])
    accounts = names.join(
        pd.DataFrame(
            {
                "last_year": sides["last_year"],
                "to_date": sides["to_date"],
                "projected": _account(sides, best),
                "projected_low": low,
                "projected_high": high,
            }
        ),
        how="right",
    )
    accounts = (
        accounts[accounts[["last_year", "to_date"]].ne(0).any(axis=1)]
        .rename_axis("customer_id")
        .reset_index()
    )
    accounts = accounts.sort_values(["projected", "customer_id"], ascending=[False, True]).reset_index(
        drop=True
    )
    held = _accounts_held(past, misses, best)
    trials = _trials(errors, best, held, total)
    curve = _curve(daily, year)
    return Projection(year, as_of, accounts, total.outcome, trials, curve, currency_of(days))


# --- accounts ----------------------------------------------------------------------------------------


def _by_year(years: pd.DataFrame, *, to_date_is_nothing: bool) -> pd.DataFrame:
    """Return net sales by customer, with a column for each year and part of it (0 to date, 1 later)."""
    part = years["later"] if not to_date_is_nothing else 1
    table = years.assign(part=part).pivot_table(
        index="customer_id", columns=["year", "part"], values="net_sales", aggfunc="sum", fill_value=0.0
    )
    return table.astype("float64")


def _sides(known: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return ``to_date``, ``last_to_date``, ``last_year`` and ``actual`` of each customer in a year."""

    def part(of: int, number: int) -> Floats:
        missing = np.zeros(len(known))
        return known[of, number].to_numpy(dtype="float64") if (of, number) in known else missing

    return pd.DataFrame(
        {
            "to_date": part(year, 0),
            "last_to_date": part(year - 1, 0),
            "last_year": part(year - 1, 0) + part(year - 1, 1),
            "actual": part(year, 0) + part(year, 1),
        },
        index=known.index,
    )


def _account(sides: pd.DataFrame, method: str) -> pd.Series:
    """Return the projection of each account by a method."""
    so_far, then, whole = (
        sides["to_date"],
        sides["last_to_date"].clip(lower=0),
        sides["last_year"].clip(lower=0),
    )
    naive = so_far + sides["last_year"] - sides["last_to_date"]
    if method == "naive":
        return naive
    if method == "scaled":
        return (so_far * whole / then.where(then > 0)).fillna(naive)
    k = float(then[then > 0].mean()) if (then > 0).any() else 1.0
    shape = float(whole.sum() / max(then.sum(), 1e-9)) if (then > 0).any() else 1.0
    return so_far * (whole + k * shape) / (then + k)


def _size(sides: pd.DataFrame) -> pd.Series:
    return sides["to_date"].clip(lower=0) + sides["last_year"].clip(lower=0)


def _miss(sides: pd.DataFrame, method: str) -> pd.DataFrame:
    """Return ``size`` and ``miss`` (as a share of it) of the accounts that had one."""
    size = _size(sides)
    frame = pd.DataFrame(
        {"size": size, "miss": (sides["actual"] - _account(sides, method)) / size.where(size > 0)}
    )
    return frame.dropna()


def _account_interval(sides: pd.DataFrame, method: str, misses: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the ends of the 80 % interval of each account, by the misses of accounts of like size."""
    size, projected = _size(sides), _account(sides, method)
    edges = np.unique(misses["size"].quantile(np.linspace(0, 1, _GROUPS + 1)[1:-1]))
    of_misses, of_sides = (np.searchsorted(edges, values) for values in (misses["size"], size))
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    groups, every = misses["miss"].groupby(of_misses), range(len(edges) + 1)
    low, high = (
        projected + size * groups.quantile(tail).reindex(every).ffill().to_numpy()[of_sides] for tail in tails
    )
    floor = np.minimum(projected, sides["to_date"])
    return np.maximum(low, floor), high


def _accounts_held(past: list[pd.DataFrame], misses: list[pd.DataFrame], method: str) -> float:
    """Return the share of accounts whose outcome fell into the interval made of the other years' misses."""
    if len(past) < 2:
        return math.nan
    held = []
    for i, sides in enumerate(past):
        others = pd.concat([miss for j, miss in enumerate(misses) if j != i])
        low, high = _account_interval(sides, method, others)
        had = _size(sides) > 0
        held.append(sides["actual"].between(low - 1e-9, high + 1e-9)[had])
    return float(pd.concat(held).mean())


# --- total -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Total:
    outcome: pd.Series
    errors: dict[str, float]
    best: str
    held: float


def _total(daily: pd.Series, as_of: pd.Timestamp, year: int) -> _Total | None:
    """Project the total by the method that missed least from earlier months; None where too few are known."""
    start, end = pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31)
    tried: dict[str, list[float]] = {}
    for back in range(1, len(daily) // 28):
        step = pd.DateOffset(months=back)
        origin, begin = as_of - step, start - step
        if as_of == as_of + pd.offsets.MonthEnd(0):
            origin += pd.offsets.MonthEnd(0)
        finish = begin + pd.DateOffset(years=1) - pd.Timedelta(days=1)
        if begin - pd.DateOffset(years=1) < daily.index[0] - pd.Timedelta(days=31):
            break
        if finish > as_of or len(_months(daily[:origin])) < 2 * _SEASON:
            continue
        actual = float(daily[begin:finish].sum())
        for method, value in _totals(daily[:origin], begin, finish).items():
            tried.setdefault(method, []).append(actual / value - 1 if value > 0 else math.inf)
    if len(tried.get("naive", [])) < _FEWEST:
        return None
    errors = {method: float(np.abs(misses).mean()) for method, misses in tried.items()}
    best = min(errors, key=lambda method: errors[method])
    misses = np.abs(tried[best])
    projected = _totals(daily, start, end)[best]
    reach = _reach(misses)
    outcome = {
        "last_year": float(daily[str(year - 1)].sum()),
        "to_date": float(daily[start:as_of].sum()),
        "projected": projected,
        "projected_low": projected * (1 - reach),
        "projected_high": projected * (1 + reach),
    }
    held = np.mean([miss <= _reach(np.delete(misses, i)) for i, miss in enumerate(misses)])
    return _Total(pd.Series(outcome), errors, best, float(held))


def _reach(misses: Floats) -> float:
    """Return the miss that 80 % of the next ones do not exceed."""
    place = min(math.ceil(LEVEL * (len(misses) + 1)), len(misses))
    return float(np.sort(misses)[place - 1])


def _totals(daily: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> dict[str, float]:
    """Return the total of a year by each method, from the days that are known."""
    year, origin = pd.DateOffset(years=1), daily.index[-1]
    so_far = float(daily[start:origin].sum())
    then, whole = daily[start - year : origin - year].sum(), daily[start - year : end - year].sum()
    if start > origin:
        then = 0.0
    found = {"naive": so_far + float(whole - then), "smoothing": so_far + _smoothed(daily, start, end)}
    if then > 0:
        found["scaled"] = so_far * float(whole / then)
    return found


def _smoothed(daily: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Return what exponential smoothing of the whole months foretells from the last day known to ``end``."""
    from statsmodels.tools.sm_exceptions import ConvergenceWarning  # noqa: PLC0415 slow
    from statsmodels.tsa.holtwinters import ExponentialSmoothing  # noqa: PLC0415

    after = daily.index[-1] + pd.Timedelta(days=1)
    months = _months(daily)
    ahead = (end.year - after.year) * 12 + end.month - after.month + 1
    model = ExponentialSmoothing(
        months,
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=_SEASON,
        initialization_method="heuristic",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        foretold = model.fit().forecast(ahead)
    done = (after.day - 1) / after.days_in_month
    return float(foretold.sum() - done * foretold.iloc[0])


def _months(daily: pd.Series) -> pd.Series:
    """Return net sales of the months that are known whole."""
    months: pd.Series = daily.resample("MS").sum()
    over = len(months) if (daily.index[-1] + pd.Timedelta(days=1)).day == 1 else -1
    return months.iloc[int(daily.index[0].day > 7) : over]


def _trials(errors: dict[str, float], best: str, held: float, total: _Total) -> pd.DataFrame:
    """Return what each method missed by, for accounts and for the total."""
    names = {
        "naive": _("Rest of the year as last year"),
        "scaled": _("Year to date by last year's shape"),
        "shrunk": _("The same, drawn towards the portfolio"),
        "smoothing": _("Exponential smoothing"),
    }
    rows = []
    for method, name in names.items():
        if method not in errors and method not in total.errors:
            continue
        used = [word for word, one in ((_("accounts"), best), (_("total"), total.best)) if one == method]
        rows.append(
            {
                "method": name,
                "account_error": errors.get(method, math.nan),
                "account_held": held if method == best else math.nan,
                "total_error": total.errors.get(method, math.nan),
                "total_held": total.held if method == total.best else math.nan,
                "used": ", ".join(used),
            }
        )
    return pd.DataFrame(rows)


def _curve(daily: pd.Series, year: int) -> pd.DataFrame:
    """Return net sales so far by day of the year, of the year and of the one before."""
    days = pd.DatetimeIndex(daily.index)
    sums = daily.groupby([days.year, days.day_of_year]).sum()
    before, now = (
        sums[sums.index.get_level_values(0) == one].droplevel(0).reindex(range(1, 367)).cumsum()
        for one in (year - 1, year)
    )
    return pd.DataFrame({"day": range(1, 367), "before": before.ffill().to_numpy(), "now": now.to_numpy()})
