"""The past split by date: models fitted before it, naive rules beside them, and what came after it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.language import _, number
from analysis.ltv.backtest import baselines
from analysis.ltv.intervals import Interval, total_interval
from analysis.ltv.model_selection import Past
from analysis.ltv.purchases import KINDS, PurchaseModel, fit_one
from analysis.ltv.spend import SpendModel, fit_spend
from analysis.ltv.summary import Floats, Summary, Unit, summarise, weeks_in
from analysis.not_possible import NotPossible, or_not_possible

if TYPE_CHECKING:
    from analysis.dataset import Dataset

MAX_HOLDOUT_WEEKS = 52
Fit = Callable[[Summary], PurchaseModel | NotPossible]
FITS: Mapping[str, Fit] = {kind: partial(fit_one, kind=kind) for kind in KINDS}


@dataclass(frozen=True)
class Holdout:
    """Models fitted on the past, and what happened afterwards.

    Attributes
    ----------
    cutoff
        Last day the models saw.
    weeks
        Length of the holdout after it.
    unit
        Time unit of ``t_x`` and ``T``.
    models
        The models fitted at ``cutoff``, by name; the first is the one that forecasts.
    failed
        Why the others could not be fitted, by name.
    summary
        The customers at ``cutoff``.
    spend
        The spend model fitted at ``cutoff``, or why there is none.
    customers
        One row per customer known at ``cutoff``: ``customer_id, x, t_x, T, z``; ``actual`` purchases in
        the holdout and ``actual_value``, net sales in money; for each rule (see `baselines`) its predicted
        purchases, in a column of its name, and with a spend model its predicted net sales, in
        ``value_<name>``.
    newcomers
        Customers left out because they arrived in the holdout.
    of_all
        Repeat purchases of the holdout by all customers, newcomers among them.
    """

    cutoff: dt.date
    weeks: int
    unit: Unit
    models: Mapping[str, PurchaseModel]
    failed: Mapping[str, str]
    summary: Summary
    spend: SpendModel | NotPossible
    customers: pd.DataFrame
    newcomers: int
    of_all: int

    @property
    def chosen(self) -> str:
        """Name of the model that forecasts."""
        return next(iter(self.models))

    @property
    def model(self) -> PurchaseModel:
        """The model that forecasts."""
        return self.models[self.chosen]

    @property
    def rules(self) -> list[str]:
        """Names of all that made a forecast: the models, then the naive rules."""
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
        """Net sales the first model expected ÷ those that came − 1; missing without spend model or sales."""
        came = float(self.customers["actual_value"].sum())
        if f"value_{self.chosen}" not in self.customers or came <= 0:
            return float("nan")
        return float(self.customers[f"value_{self.chosen}"].sum()) / came - 1

    @cached_property
    def interval(self) -> Interval:
        """90 % interval of the total of the first model; simulated when first asked for."""
        return total_interval(self.model, self.summary, self.weeks)

    @property
    def history(self) -> tuple[Floats, Floats, Floats]:
        """``x``, ``t_x`` and ``T`` of each customer at ``cutoff``."""
        return self.summary.history

    @property
    def past(self) -> Past:
        """What was known at ``cutoff`` and what came after it, to choose a model by."""
        return Past(self.summary, self.customers["actual"].to_numpy(np.float64), self.weeks)

    def led_by(self, name: str) -> Holdout:
        """Return the same check with another of its models as the one that forecasts."""
        if name == self.chosen or name not in self.models:
            return self
        return replace(self, models={name: self.models[name], **self.models})


def default_holdout_weeks(first: pd.Timestamp, as_of: dt.date) -> int:
    """Return half the history in whole weeks, at most a year; 0 where nobody ever bought."""
    days = (pd.Timestamp(as_of) - first) / pd.Timedelta(days=1)
    return min(round(days / 2 / 7), MAX_HOLDOUT_WEEKS) if days > 0 else 0


def cutoff(as_of: dt.date, weeks: int) -> dt.date:
    """Return the last day before a holdout of so many weeks up to ``as_of``."""
    return as_of - dt.timedelta(weeks=weeks)


def previous_weeks(first: pd.Timestamp, past_end: dt.date, weeks: int) -> int:
    """Return the length of the last period before a holdout, from which naive rules learn.

    As long as the holdout where the past is at least twice as long, otherwise half the past.

    Parameters
    ----------
    first
        First purchase of all.
    past_end
        Last day before the holdout.
    weeks
        Length of the holdout.
    """
    days = (pd.Timestamp(past_end) - first) / pd.Timedelta(days=1)
    return max(min(weeks, int(days / 2 / 7)), 0) if days > 0 else 0


def holdout(
    known: pd.DataFrame,
    later: pd.DataFrame,
    as_of: dt.date,
    weeks: int,
    unit: Unit,
    *,
    fits: Mapping[str, Fit] = FITS,
    before: pd.DataFrame | None = None,
    before_weeks: int = 0,
) -> Holdout | NotPossible:
    """Fit models on the customers known before the holdout and compare with what followed.

    Parameters
    ----------
    known
        ``sql/customers.sql`` as of ``as_of`` less ``weeks``.
    later
        The same as of ``as_of``.
    as_of
        Last day of the holdout.
    weeks
        Length of the holdout.
    unit
        Time unit of the models.
    fits
        How to fit each model, by name; the first that can be fitted forecasts (see `Holdout.led_by`).
    before
        The customers ``before_weeks`` earlier than ``known`` (see `previous_weeks`), from which the rules
        "same as last period" and "mean of the segment" learn; without it there are neither.
    before_weeks
        See ``before``.

    Returns
    -------
    Holdout or NotPossible
        ``NotPossible``, with the reason, where the past alone does not carry a single model.
    """
    if weeks < 1:
        return NotPossible(_("No check against the past is possible: the history is shorter than two weeks."))
    past_end = cutoff(as_of, weeks)
    past = summarise(known, past_end, unit)
    tried = {name: fit(past) for name, fit in fits.items()}
    models = {name: model for name, model in tried.items() if not isinstance(model, NotPossible)}
    failed = {name: model.reason for name, model in tried.items() if isinstance(model, NotPossible)}
    if not models:
        return NotPossible(
            _("No check against the past {weeks} weeks is possible. {reason}").format(
                weeks=number(weeks), reason=next(iter(failed.values()))
            )
        )
    spend = fit_spend(past)
    customers = past.frame[["customer_id", "x", "t_x", "T", "z"]].merge(
        _since(known, later), on="customer_id", how="left", validate="one_to_one"
    )
    naive = baselines.naive(past, weeks)
    if before is not None and before_weeks > 0:
        naive |= baselines.learned(before, known, past, before_weeks, weeks)
    customers = customers.assign(**_forecasts(past, models, spend, weeks), **naive)
    newcomers = int(later["first_purchase"].notna().sum()) - len(customers)
    of_all = int(later["x"].sum() - known["x"].sum())
    return Holdout(past_end, weeks, unit, models, failed, past, spend, customers, newcomers, of_all)


def _forecasts(
    past: Summary, models: Mapping[str, PurchaseModel], spend: SpendModel | NotPossible, weeks: int
) -> dict[str, Floats]:
    """Return purchases, and with a spend model net sales, that each model expects of each customer."""
    duration = weeks_in(past.unit, weeks)
    found = {name: model.expected_purchases(duration, *past.history) for name, model in models.items()}
    if not isinstance(spend, NotPossible):
        each = spend.expected_spend(past.history[0], past.frame["z"].to_numpy(float))
        found |= {f"value_{name}": found[name] * each for name in models}
    return found


def _since(known: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Return purchases and money between two customer tables, for the customers of the first."""
    both = known.merge(later, on="customer_id", suffixes=("", "_later"), validate="one_to_one")
    return pd.DataFrame(
        {
            "customer_id": both["customer_id"],
            "actual": both["purchase_days_later"] - both["purchase_days"],
            "actual_value": (both["net_sales_later"] - both["net_sales"]).astype("float64"),
        }
    )


def hold_out(dataset: Dataset, weeks: int | None = None, unit: Unit = "week") -> Holdout | NotPossible:
    """Hold the last weeks of a data set back from the models; see `holdout`.

    Parameters
    ----------
    dataset
        The data set.
    weeks
        Length of the holdout; None: half the history, at most 52.
    unit
        Time unit of the models.
    """
    later = dataset.query("customers")
    first = later["first_purchase"].min()
    weeks = weeks or default_holdout_weeks(first, dataset.as_of)
    start = cutoff(dataset.as_of, weeks)
    before_weeks = previous_weeks(first, start, weeks)
    before = dataset.query("customers", as_of=cutoff(start, before_weeks))
    known = dataset.query("customers", as_of=start)
    return holdout(known, later, dataset.as_of, weeks, unit, before=before, before_weeks=before_weeks)


@or_not_possible
def led_by(check: Holdout, purchases: PurchaseModel) -> Holdout:
    """Return the same check with the model of this kind as the one that forecasts."""
    return check.led_by(purchases.kind)
