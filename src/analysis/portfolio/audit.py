"""The customer-base audit: how customers differ, in one period and over time, through five lenses.

After Fader, P. S., Hardie, B. G. S. and Ross, M. (2022), "The Customer-Base Audit", Wharton School Press.
The second lens, two periods compared, is `analysis.portfolio.growth.factor_change`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, date, duration, money, number, percent, period
from analysis.not_possible import NotPossible, or_not_possible
from analysis.periods import MONTH_DAYS
from analysis.portfolio.cohort import Cohorts
from analysis.portfolio.compared import Compared
from analysis.portfolio.factors import FACTORS, factor_effects, with_factors
from analysis.portfolio.growth import FactorChange
from analysis.result import Listed, currency_of


@dataclass(frozen=True, kw_only=True)
class Spread(Listed):
    """Customers who bought, by what they are to the company.

    ``values`` has a row per customer and a column per measure, by its name, the last one tenure.
    """

    name: ClassVar[str] = "spread"
    is_drawn: ClassVar[bool] = True
    values: pd.DataFrame
    currency: str | None = None


def spread(customers: pd.DataFrame, as_of: dt.date) -> Spread | NotPossible:
    """Return how the customers of ``sql/customers.sql`` differ in orders, value, pace and tenure."""
    bought = customers[customers["purchase_days"] > 0]
    if bought.empty:
        return NotPossible(_("Nobody bought anything, so customers cannot be compared."))
    first, last = bought["first_purchase"], bought["last_purchase"]
    days, age = (last - first).dt.days, (pd.Timestamp(as_of) - first).dt.days
    measures = {
        _("Orders"): bought["orders"],
        _("Value per order"): bought["sales"] / bought["orders"],
        _("Days between purchases"): days / bought["x"].where(bought["x"] > 0),
        _("Months since the first purchase"): age / MONTH_DAYS,
    }
    values = pd.DataFrame(measures)
    frame = values.quantile([0.1, 0.5, 0.9]).T.set_axis(["low", "median", "high"], axis=1)
    frame.insert(0, "customers", values.count())
    frame = frame.assign(mean=values.mean()).rename_axis("measure").reset_index()
    text = _("Orders per customer: the median is {middle}, one in ten has {most} or more")
    text = text.format(middle=number(frame["median"].iloc[0]), most=number(frame["high"].iloc[0]))
    return Spread(shown={"spread": frame}, text=text, values=values, currency=currency_of(customers))


def deciles(compared: Compared) -> Listed | NotPossible:
    """Return the customers of twelve months in ten groups by what they bought in them: the first lens.

    The first bought most; equal customers share one.
    """
    bought = compared.customers[compared.customers["purchases_now"] > 0]
    total = bought["net_now"].sum()
    if total <= 0:
        return NotPossible(_("Net sales add up to zero or less: nobody can have a share of them."))
    rank = bought["net_now"].rank(ascending=False, pct=True)
    decile = pd.Series(np.ceil(10 * rank - 1e-9), bought.index, name="decile").clip(1, 10).astype(int)
    summed = ["customers", "purchases_now", "net_now", "cost_now", "known_now"]
    sums = bought.assign(customers=1)[summed].groupby(decile).sum()
    sums = sums.rename(columns={"purchases_now": "purchases", "net_now": "net_sales"})
    frame = with_factors(sums).assign(
        margin_rate=1 - sums["cost_now"] / sums["known_now"].where(sums["known_now"] > 0),
        share_of_sales=sums["net_sales"] / total,
    )
    shown = frame[[*FACTORS, "margin_rate", "net_sales", "share_of_sales"]].dropna(axis=1, how="all")
    top, bottom = frame.iloc[0], frame.iloc[-1]
    text = _(
        "The top decile made {share} of the net sales of the year to {day}: {often} purchases of {value} "
        "per customer there, {seldom} of {little} in the last one."
    ).format(
        share=percent(top["share_of_sales"], 1),
        day=date(compared.as_of),
        often=number(top["purchases_per_customer"], 1),
        value=money(top["value_per_purchase"], compared.currency),
        seldom=number(bottom["purchases_per_customer"], 1),
        little=money(bottom["value_per_purchase"], compared.currency),
    )
    return Listed({"deciles": shown.reset_index()}, text)


@dataclass(frozen=True, kw_only=True)
class TwoCohorts(FactorChange):
    """One cohort over time, and the next one beside it at the same age: the third and the fourth lens.

    The factors tell the younger cohort (``now``) from the older (``before``) at the last age of both;
    ``frame`` has all complete periods of both, as in `Cohorts`.
    """

    name: ClassVar[str] = "two_cohorts"
    frame: pd.DataFrame
    unit: str


@or_not_possible
def two_cohorts(cohorts: Cohorts) -> TwoCohorts | NotPossible:
    """Compare the last cohort that has been seen for a whole period after its own with the one before it.

    Notes
    -----
    Net sales of a cohort in a period = its size × share who bought × purchases per customer × value per
    purchase; the difference is split by `factor_effects`.
    """
    closed = with_factors(cohorts.frame[cohorts.frame["complete"]])
    whole = closed.groupby("cohort")["age"].agg(["min", "max"])
    last = whole[(whole["min"] == 0) & (whole["max"] > 0)].tail(2)
    both = closed[closed["cohort"].isin(last.index)]
    same_age = both[both["age"] == last["max"].min()]
    if len(last) < 2 or (same_age["net_sales"] <= 0).any():
        return NotPossible(
            _("Two cohorts that bought in a whole period after their first are not there yet.")
        )
    factors = factor_effects(same_age.iloc[0], same_age.iloc[1], ("size", "retention", *FACTORS[1:]))
    older, younger = (period(start, cohorts.unit) for start in last.index)
    return TwoCohorts.of(
        factors,
        (older, younger),
        cohorts.currency,
        _("Customers won in {now}: {change} net sales, {age} on, than those won in {before}"),
        age=duration(int(last["max"].min()), cohorts.unit),
        frame=both,
        unit=cohorts.unit,
    )


@dataclass(frozen=True, kw_only=True)
class CohortStack(Listed):
    """Net sales of each period by the cohort of the customers: the fifth lens."""

    name: ClassVar[str] = "cohort_stack"
    is_drawn: ClassVar[bool] = True
    cohorts: Cohorts


@or_not_possible
def cohort_stack(cohorts: Cohorts) -> CohortStack | NotPossible:
    """Return the net sales of each period by cohort, if there are two; who only returned is in none."""
    sold = cohorts.frame.query("complete and net_sales > 0")
    if sold["cohort"].nunique() < 2:
        return NotPossible(_("All sales are of one cohort, so there is nothing to tell apart by cohort."))
    table = cohorts.frame.pivot_table(index="cohort", columns="period", values="net_sales")
    for axis in ("index", "columns"):
        table = table.rename(lambda start: period(start, cohorts.unit), axis=axis)
    last = sold[sold["period"] == sold["period"].max()]
    older = last.loc[last["age"] > 0, "net_sales"].sum() / last["net_sales"].sum()
    text = _("Customers won earlier make {share} of the net sales of {period}").format(
        share=percent(older, 1), period=period(last["period"].iloc[0], cohorts.unit)
    )
    table = table.rename_axis(columns=None).round().astype("Int64")
    return CohortStack(shown={"cohort_stack": table}, text=text, cohorts=cohorts)
