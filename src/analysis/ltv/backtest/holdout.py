"""The past split by date: models fitted before it, baselines beside them, and what customers then did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.language import _, number
from analysis.ltv.backtest import baselines
from analysis.ltv.intervals import (
    MOST_SIMULATED,
    Interval,
    Missed,
    intervals_of,
    simulate_totals,
    with_misses,
)
from analysis.ltv.model_selection import fit_purchases
from analysis.ltv.purchases import KINDS, Kind, PurchaseModel
from analysis.ltv.spend import SpendModel, fit_spend, level_of, spend_power
from analysis.ltv.summary import COLUMNS, Floats, Summary, Unit, summarise, weeks_in
from analysis.not_possible import NotPossible, or_not_possible

if TYPE_CHECKING:
    from analysis.dataset import Dataset

MAX_HOLDOUT_WEEKS = 52
ORIGINS = 3  # earlier dates at which models are tried
SHORTEST = 4  # weeks of such a trial
ENOUGH = 1_000  # customers to simulate for a variance


@dataclass(frozen=True)
class Holdout:
    """Models fitted on the past, and what happened afterwards.

    Attributes
    ----------
    cutoff, weeks
        Last day the models saw, and length of the holdout after it.
    models
        The models fitted at ``cutoff``, by kind; the first is the one that forecasts.
    summary
        The customers at ``cutoff``.
    spend
        The spend model fitted at ``cutoff``, or why there is none.
    customers
        One row per customer of the summary: ``customer_id, x, t_x, T, z``; ``actual`` purchases in the
        holdout and ``actual_value``, net sales; for each rule (see `baselines`) its predicted purchases, in a
        column of its name, and with a spend model its predicted net sales, in ``value_<name>``.
    newcomers
        Customers left out because they arrived in the holdout.
    level
        Of spend in the last period before ``cutoff``, see `level_of`; 1 where it is not known.
    latest
        Of spend in the holdout itself; 1 where it is not known.
    drawn
        Customers of the data set of whom these were drawn by lot; None: all are here.
    earlier
        The same at earlier dates, the latest first, each over before this one begins; none where the history
        is too short.
    """

    cutoff: dt.date
    weeks: int
    models: Mapping[Kind, PurchaseModel]
    summary: Summary
    spend: SpendModel | NotPossible
    customers: pd.DataFrame
    newcomers: int
    level: float = 1.0
    latest: float = 1.0
    drawn: int | None = None
    earlier: tuple[Holdout, ...] = ()

    def of_whom(self) -> str:
        """Say that the check is on a sample, where it is."""
        if self.drawn is None:
            return ""
        return _("The check against the past is on {n} of {total} customers, drawn at random.").format(
            n=number(len(self.customers) + self.newcomers), total=number(self.drawn)
        )

    @property
    def unit(self) -> Unit:
        """Time unit of ``t_x`` and ``T``."""
        return self.summary.unit

    @property
    def chosen(self) -> Kind:
        """Name of the model that forecasts."""
        return next(iter(self.models))

    @property
    def model(self) -> PurchaseModel:
        """The model that forecasts."""
        return self.models[self.chosen]

    @property
    def rules(self) -> list[str]:
        """Names of all that made a forecast: the models, then the baselines."""
        return [*self.models, *(name for name in baselines.NAIVE if name in self.customers)]

    @property
    def actual(self) -> int:
        """Purchases of the holdout."""
        return int(self.customers["actual"].sum())

    @property
    def predicted(self) -> float:
        """Purchases the first model expected."""
        return float(self.customers[self.chosen].sum())

    @property
    def value_error(self) -> float:
        """Net sales the first model expected ÷ actual − 1; missing without spend model or sales."""
        actual = float(self.customers["actual_value"].sum())
        if f"value_{self.chosen}" not in self.customers or actual <= 0:
            return float("nan")
        return float(self.customers[f"value_{self.chosen}"].sum()) / actual - 1

    @property
    def spend_missed(self) -> float:
        """Logarithm of money per purchase, actual ÷ expected; missing where there is none."""
        total = (1 + self.value_error) * self.actual / self.predicted if self.actual else np.nan
        return -float(np.log(total)) if total > 0 else float("nan")

    @cached_property
    def totals(self) -> Floats:
        """Purchases and net sales that the first model simulates, see `simulate_totals`."""
        return self._simulated(MOST_SIMULATED)

    @cached_property
    def own_variance(self) -> Floats:
        """Variance of simulated purchases and net sales, ÷ the square of their mean; from fewer customers."""
        totals = self._simulated(ENOUGH)
        mean = totals.mean(axis=0)
        return np.asarray(totals.var(axis=0) / np.where(mean > 0, mean**2, np.inf), np.float64)

    def _simulated(self, most: int) -> Floats:
        x, spend = self.summary.history[0], None if isinstance(self.spend, NotPossible) else self.spend
        z = self.summary.frame["z"].to_numpy(np.float64)
        worth = np.zeros(len(x)) if spend is None else spend.expected_spend(x, z)
        duration = weeks_in(self.unit, self.weeks)
        model, history, content = self.model, self.summary.history, self.summary.content
        return simulate_totals(model, duration, history, worth, spend=spend, z=z, most=most, content=content)

    @property
    def intervals(self) -> tuple[Interval, Interval]:
        """90 % intervals of purchases and of net sales, as those of the future are made."""
        return intervals_of(with_misses(self.totals, missed(self.earlier), self.weeks))

    @property
    def value_held(self) -> bool:
        """Whether the interval of net sales holds the actual ones."""
        return self.intervals[1].contains(float(self.customers["actual_value"].sum()))


def missed(earlier: Sequence[Holdout]) -> Missed | None:
    """Return by how much earlier totals were missed, spend followed as it is now; None where there are none.

    Of the square of each error, the logarithm of actual ÷ expected, the variance is taken off
    which the models themselves expect (`Holdout.own_variance`): what is left they did not know.
    """
    if not earlier:
        return None
    power, squares = spend_power(earlier), np.full((len(earlier), 2), np.nan)
    for row, each in enumerate(earlier):
        if each.actual:
            squares[row, 0] = np.log(each.actual / each.predicted) ** 2 - each.own_variance[0]
        if each.value_error > -1:
            off = np.log1p(each.value_error) + power * np.log(each.level)
            squares[row, 1] = off**2 - each.own_variance[1]
    return Missed.of(squares, earlier[0].weeks)


def half_weeks(first: pd.Timestamp, last: dt.date, most: int = MAX_HOLDOUT_WEEKS) -> int:
    """Return half the time since the first purchase in whole weeks; 0 where nobody ever bought."""
    days = (pd.Timestamp(last) - first) / pd.Timedelta(days=1)
    return min(round(days / 2 / 7), most) if days > 0 else 0


def cutoff(as_of: dt.date, weeks: int) -> dt.date:
    """Return the last day before a holdout of so many weeks up to ``as_of``."""
    return as_of - dt.timedelta(weeks=weeks)


def holdout(
    known: pd.DataFrame,
    later: pd.DataFrame,
    as_of: dt.date,
    weeks: int,
    unit: Unit,
    *,
    before: pd.DataFrame | None = None,
    before_weeks: int = 0,
    earlier: tuple[Holdout, ...] | None = (),
) -> Holdout | NotPossible:
    """Fit models on the customers known before the holdout and compare with what followed; see `hold_out`.

    ``known`` and ``later`` are ``sql/customers.sql`` at its start and its end, ``before`` is that so many
    weeks before it starts: from it two of the baselines learn, and the level of spend. ``earlier`` are the
    trials at earlier dates; None where this is one of them, which needs no baselines.
    """
    if weeks < 1:
        return NotPossible(_("No check against the past is possible: the history is shorter than two weeks."))
    past_end = cutoff(as_of, weeks)
    past = summarise(known, past_end, unit)
    tried = {kind: fit_purchases(past, kind) for kind in KINDS}
    models = {kind: model for kind, model in tried.items() if not isinstance(model, NotPossible)}
    if not models:
        return NotPossible(
            _("No check against the past {weeks} weeks is possible. {reason}").format(
                weeks=number(weeks), reason=next(iter(tried.values())).reason
            )
        )
    is_trial, level = earlier is None, 1.0
    forecasts = {} if is_trial else baselines.naive(past, weeks)
    if before is not None and before_weeks > 0:
        level = level_of(_since(before, known), past)
        if not is_trial:
            forecasts |= baselines.learned(before, known, past, before_weeks, weeks)
    duration, spend = weeks_in(past.unit, weeks), fit_spend(past)
    forecasts |= {name: model.expected_purchases(duration, *past.history) for name, model in models.items()}
    if not isinstance(spend, NotPossible):
        spend = replace(spend, level=level ** spend_power(earlier or ()))
        each = spend.expected_spend(past.history[0], past.frame["z"].to_numpy(float))
        forecasts |= {f"value_{name}": forecasts[name] * each for name in models}
    customers = past.frame[["customer_id", "x", "t_x", "T", "z"]].merge(
        _since(known, later), on="customer_id", how="left"
    )
    newcomers = int(later["first_purchase"].notna().sum()) - len(customers)
    customers = customers.assign(**forecasts)
    latest = 1.0 if is_trial else level_of(customers, summarise(later, as_of, unit))
    return Holdout(
        past_end, weeks, models, past, spend, customers, newcomers, level, latest, earlier=earlier or ()
    )


def _since(known: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Return purchases and money between two customer tables, for the customers of the first."""
    both = known.merge(later, on="customer_id", suffixes=("", "_later"))
    return pd.DataFrame(
        {
            "customer_id": both["customer_id"],
            "actual": both["purchase_days_later"] - both["purchase_days"],
            "actual_value": (both["net_sales_later"] - both["net_sales"]).astype("float64"),
        }
    )


def hold_out(dataset: Dataset, weeks: int | None = None, unit: Unit = "week") -> Holdout | NotPossible:
    """Hold the last weeks back from the models, having tried them at earlier dates (see `earlier_dates`).

    Parameters
    ----------
    dataset
        The data set, or a sample of it, which the check says.
    weeks
        Length of the holdout; None: half the history, at most 52.
    unit
        Time unit of the models.
    """
    customers = cache(lambda day: dataset.query("customers", [*COLUMNS, "purchase_days"], as_of=day))
    first = customers(dataset.as_of)["first_purchase"].min()
    weeks = weeks or half_weeks(first, dataset.as_of)

    def at(start: dt.date, length: int, earlier: tuple[Holdout, ...] | None) -> Holdout | NotPossible:
        end, back = start + dt.timedelta(weeks=length), half_weeks(first, start, length)
        known, later, before = (customers(day) for day in (start, end, cutoff(start, back)))
        return holdout(known, later, end, length, unit, before=before, before_weeks=back, earlier=earlier)

    start = cutoff(dataset.as_of, weeks)
    length, dates = earlier_dates(first, start, weeks)
    trials = [at(date, length, None) for date in dates]
    found = at(start, weeks, tuple(trial for trial in trials if isinstance(trial, Holdout)))
    if dataset.whole is None or isinstance(found, NotPossible):
        return found
    return replace(found, drawn=int(dataset.whole.query("coverage")["customers"].iloc[0]))


def earlier_dates(first: pd.Timestamp, start: dt.date, weeks: int) -> tuple[int, list[dt.date]]:
    """Return how long, and at which earlier dates, models are tried before a holdout begins.

    At three dates half a trial apart, the last trial over when the holdout begins; each as long as the
    holdout, or a third of the history before it, so that the first has as much history as it is long. None
    where that is less than four weeks.
    """
    known = int((pd.Timestamp(start) - first) / pd.Timedelta(weeks=1)) if pd.Timestamp(start) > first else 0
    length = min(weeks, known // ORIGINS)
    if length < SHORTEST:
        return 0, []
    return length, [cutoff(start, length + step * length // 2) for step in range(ORIGINS)]


@or_not_possible
def led_by(check: Holdout, purchases: PurchaseModel) -> Holdout:
    """Return the same check with the model of this kind, where it has one, as the one that forecasts."""

    def led(each: Holdout) -> Holdout:
        own = {kind: model for kind, model in each.models.items() if kind == purchases.kind}
        earlier = tuple(led(one) for one in each.earlier)
        return replace(each, models={**own, **each.models}, earlier=earlier)

    return led(check) if purchases.kind in check.models else check
