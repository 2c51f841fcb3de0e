"""The customer-base audit: five lenses on who buys how often for how much, in one period and over time.

After Fader, P. S., Hardie, B. G. S. and Ross, M. (2022), "The Customer-Base Audit", Wharton School Press.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, date, money, number, percent, period, signed_percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio.cohort import Cohorts
from analysis.portfolio.compared import Compared
from analysis.portfolio.factors import FACTORS, factor_effects, with_factors
from analysis.result import Finding, Result

MARGIN_FACTORS = (*FACTORS, "margin_rate")
_COHORT_FACTORS = ("size", "retention", *FACTORS[1:])


@dataclass(frozen=True)
class Deciles(Result):
    """The customers of one period in ten groups by what they bought in it: the first lens.

    Attributes
    ----------
    frame
        By ``decile`` (1 bought most; equal customers share one): ``customers``, ``purchases_per_customer``,
        ``value_per_purchase`` and ``net_sales`` (money), ``share_of_sales``, and ``margin_rate`` where cost
        is known.
    as_of
        The last of the twelve months.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "deciles"
    frame: pd.DataFrame
    as_of: dt.date
    currency: str | None = None

    def title(self) -> str:
        """Return the share of the top decile."""
        return _("The top decile made {share} of the net sales of the year to {day}").format(
            share=percent(self.frame["share_of_sales"].iloc[0], 1), day=date(self.as_of)
        )

    def sentence(self) -> str:
        """Return the same, with how often and for how much the top and the bottom bought."""
        top, bottom = self.frame.iloc[0], self.frame.iloc[-1]
        return _(
            "{title}: {often} purchases of {value} per customer there, {seldom} of {little} in the last one."
        ).format(
            title=self.title(),
            often=number(top["purchases_per_customer"], 1),
            value=money(top["value_per_purchase"], self.currency),
            seldom=number(bottom["purchases_per_customer"], 1),
            little=money(bottom["value_per_purchase"], self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the deciles."""
        return {"deciles": self.frame}

    def findings(self) -> list[Finding]:
        """Return the share of the top decile."""
        share = float(self.frame["share_of_sales"].iloc[0])
        return [Finding("portfolio.deciles", self.sentence(), share, "share")]


def deciles(compared: Compared) -> Deciles | NotPossible:
    """Return the customers of the later of two periods in deciles by what they bought in it.

    Parameters
    ----------
    compared
        What each customer bought in it.
    """
    bought = compared.customers[compared.customers["purchases_now"] > 0]
    if bought["net_now"].sum() <= 0:
        return NotPossible(_("Net sales add up to zero or less: nobody can have a share of them."))
    rank = bought["net_now"].rank(ascending=False, pct=True)
    decile = pd.Series(np.ceil(10 * rank - 1e-9), index=bought.index, name="decile")
    groups = bought.groupby(decile.clip(1, 10).astype(int))
    sums = groups[["purchases_now", "net_now", "cost_now", "known_now"]].sum()
    frame = with_factors(
        pd.DataFrame(
            {
                "customers": groups.size(),
                "purchases": sums["purchases_now"],
                "net_sales": sums["net_now"],
                "share_of_sales": sums["net_now"] / sums["net_now"].sum(),
            }
        )
    )
    names = ["customers", *FACTORS[1:], "net_sales", "share_of_sales"]
    if bought["cost_now"].notna().any():
        names.insert(3, "margin_rate")
        known = sums["known_now"].where(sums["known_now"] > 0)
        frame["margin_rate"] = 1 - sums["cost_now"] / known
    return Deciles(frame[names].reset_index(), compared.as_of, compared.currency)


@dataclass(frozen=True)
class FactorChange(Result):
    """The change of the margin, or of net sales, split over its factors: the second lens.

    Attributes
    ----------
    factors
        ``factor``, ``before``, ``now``, ``change`` (as a share) and ``effect`` (money).
    value
        The product before and now, in money.
    compared
        The two periods.
    """

    name: ClassVar[str] = "factor_change"
    factors: pd.DataFrame
    value: tuple[float, float]
    compared: Compared

    @property
    def has_margin(self) -> bool:
        """Whether the value is a margin."""
        return len(self.factors) == len(MARGIN_FACTORS)

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether the change could be split."""
        return bool(self.factors["effect"].notna().all())

    def title(self) -> str:
        """Return how the value moved."""
        what = _("Margin of {now}: {change} against {before}")
        if not self.has_margin:
            what = _("Net sales of {now}: {change} against {before}")
        before, now = self.value
        first, second = self.compared.names
        return what.format(now=second, before=first, change=signed_percent(now / before - 1, 1))

    def sentence(self) -> str:
        """Return the same, and the factor that did most."""
        if not self.is_drawn:
            return _("The margin was not above zero in both periods, so its change cannot be split.")
        most = self.factors.iloc[int(self.factors["effect"].abs().to_numpy().argmax())]
        return _("{title}. The largest effect, {effect}, is that of: {factor}.").format(
            title=self.title(),
            effect=money(most["effect"], self.compared.currency),
            factor=factor_names()[most["factor"]],
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the factors."""
        return {"factor_change": told_factors(self.factors, self.compared.currency)}

    def findings(self) -> list[Finding]:
        """Return how the value moved, where it could be split."""
        before, now = self.value
        if not self.is_drawn:
            return []
        change, moved = now / before - 1, abs(now - before)
        return [Finding("portfolio.factors", self.sentence(), change, "share", moved, now >= before)]

    def notes(self) -> list[str]:
        """Say what is missing for the margin, or why the change cannot be split."""
        if not self.has_margin:
            return [_("No cost is known: a column with the cost of each line would open the margin rate.")]
        return [] if self.is_drawn else [self.sentence()]


@or_not_possible
def factor_change(compared: Compared) -> FactorChange:
    """Split the change of the margin between two periods exactly over its factors.

    Parameters
    ----------
    compared
        The periods, and what each customer bought in them.

    Notes
    -----
    Margin = customers × purchases per customer × value per purchase × margin rate, the rate being that of the
    lines whose cost is known; without cost, net sales = the first three. See `factor_effects`.
    """
    totals = compared.totals()
    factors: tuple[str, ...] = FACTORS
    if (totals["net_sales_with_cost"] > 0).all():
        factors = MARGIN_FACTORS
        totals["margin_rate"] = 1 - totals["cost"] / totals["net_sales_with_cost"]
    before, now = (totals[list(factors)].iloc[place] for place in (0, 1))
    split = factor_effects(before, now, factors)
    value = float(np.prod(split["before"].to_numpy())), float(np.prod(split["now"].to_numpy()))
    return FactorChange(split, value, compared)


@dataclass(frozen=True)
class TwoCohorts(Result):
    """One cohort over time, and the next one beside it at the same age: the third and the fourth lens.

    Attributes
    ----------
    frame
        One row per cohort and age: ``cohort`` (first day), ``age``, ``size``, ``retention``,
        ``purchases_per_customer``, ``value_per_purchase`` and ``net_sales`` (money). Only complete periods.
    factors
        What tells the younger from the older at the last age of both: ``factor``, ``before``, ``now``,
        ``change`` and ``effect`` (money).
    unit
        ``month``, ``quarter``, ``half_year`` or ``year``.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "two_cohorts"
    frame: pd.DataFrame
    factors: pd.DataFrame
    unit: str
    currency: str | None = None

    @property
    def names(self) -> tuple[str, str]:
        """What the older and the younger cohort are called."""
        older, younger = (period(start, self.unit) for start in self.frame["cohort"].unique())
        return older, younger

    @property
    def value(self) -> tuple[float, float]:
        """Net sales of the older and of the younger cohort at the last age of both."""
        older, younger = (float(np.prod(self.factors[side].to_numpy())) for side in ("before", "now"))
        return older, younger

    def title(self) -> str:
        """Return what the younger cohort brought against the older one."""
        older, younger = self.names
        before, now = self.value
        return _("Cohort of {younger}: {change} of net sales against that of {older} at the same age").format(
            younger=younger, older=older, change=signed_percent(now / before - 1 if before else 0.0, 1)
        )

    def sentence(self) -> str:
        """Return the same in money."""
        before, now = (money(value, self.currency) for value in self.value)
        age = int(self.frame.groupby("cohort")["age"].max().min())
        return _("{title} ({now} and {before} at age {age}).").format(
            title=self.title(), now=now, before=before, age=age
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return both cohorts by age, and the factors that tell them apart."""
        frame = self.frame.assign(cohort=[period(start, self.unit) for start in self.frame["cohort"]])
        return {"two_cohorts": frame, "cohort_factors": told_factors(self.factors, self.currency)}

    def findings(self) -> list[Finding]:
        """Return how the cohorts compare."""
        before, now = self.value
        text, apart = self.sentence(), abs(now - before)
        return [Finding("portfolio.two_cohorts", text, now - before, "money", apart, now >= before)]


@or_not_possible
def two_cohorts(cohorts: Cohorts) -> TwoCohorts | NotPossible:
    """Compare the last cohort that has been seen for a whole period after its own with the one before it.

    Parameters
    ----------
    cohorts
        The cohorts.

    Notes
    -----
    Net sales of a cohort in a period = its size × share who bought × purchases per customer × value per
    purchase; the difference is split by `factor_effects`.
    """
    closed = with_factors(cohorts.frame[cohorts.frame["complete"]])
    whole = closed.groupby("cohort")["age"].agg(["min", "max"])
    last = whole.index[(whole["min"] == 0) & (whole["max"] > 0)][-2:]
    if len(last) < 2:
        return NotPossible(_("Two cohorts, each seen for a whole period after its first, are not there yet."))
    names = ["cohort", "age", "size", "retention", *FACTORS[1:], "net_sales"]
    frame = closed[closed["cohort"].isin(last)][names].reset_index(drop=True)
    age = int(whole.loc[last, "max"].min())
    older, younger = (frame[(frame["cohort"] == one) & (frame["age"] == age)].iloc[0] for one in last)
    factors = factor_effects(older.fillna(0), younger.fillna(0), _COHORT_FACTORS)
    return TwoCohorts(frame, factors, cohorts.unit, cohorts.currency)


@dataclass(frozen=True)
class CohortStack(Result):
    """Net sales of each period by the cohort of the customers: the fifth lens.

    Attributes
    ----------
    cohorts
        The cohorts.
    """

    name: ClassVar[str] = "cohort_stack"
    cohorts: Cohorts

    def table(self) -> pd.DataFrame:
        """Return net sales (money), one row per cohort, one column per period."""
        return self.cohorts.frame.pivot_table(
            index="cohort", columns="period", values="net_sales", aggfunc="sum"
        )

    def title(self) -> str:
        """Return what customers of earlier cohorts made in the last period."""
        table = self.table()
        last = self.cohorts.frame["period"].max()
        if table[last].sum() <= 0:
            return _("Nothing was sold for money")
        older = table.loc[table.index < last, last].sum() / table[last].sum()
        return _("Customers won earlier make {share} of the net sales of {period}").format(
            share=percent(older, 1), period=period(last, self.cohorts.unit)
        )

    def sentence(self) -> str:
        """Return the title as a sentence."""
        return f"{self.title()}."

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the net sales of each cohort in each period."""
        table = self.table()
        for axis in ("index", "columns"):
            table = table.rename(lambda start: period(start, self.cohorts.unit), axis=axis)
        return {"cohort_stack": table.rename_axis(columns=None)}

    def notes(self) -> list[str]:
        """Return the sentence."""
        return [self.sentence()]


@or_not_possible
def cohort_stack(cohorts: Cohorts) -> CohortStack | NotPossible:
    """Return the net sales of each period by cohort; not possible with one cohort.

    Parameters
    ----------
    cohorts
        The cohorts. Customers who only ever returned have none.
    """
    if cohorts.frame["cohort"].nunique() < 2:
        return NotPossible(_("All customers are of one cohort, so there is nothing to tell apart by cohort."))
    return CohortStack(cohorts)


def factor_names() -> dict[str, str]:
    """Return what each factor is called."""
    return {
        "size": _("Customers in the cohort"),
        "retention": _("Share who bought"),
        "customers": _("Customers"),
        "purchases_per_customer": _("Purchases per customer"),
        "value_per_purchase": _("Value per purchase"),
        "margin_rate": _("Margin rate"),
    }


def told_factors(factors: pd.DataFrame, currency: str | None) -> pd.DataFrame:
    """Return factors and their effects as a table to show: each before and now in its own unit, as text."""
    told = factors.assign(factor=factors["factor"].map(factor_names()))
    for side in ("before", "now"):
        told[side] = [
            _told(name, value, currency) for name, value in zip(factors["factor"], factors[side], strict=True)
        ]
    return told


def _told(factor: str, value: float, currency: str | None) -> str:
    if factor in ("retention", "margin_rate"):
        return percent(value, 1)
    if factor == "value_per_purchase":
        return money(value, currency, 2)
    return number(value, 0 if factor in ("size", "customers") else 2)
