"""Does the spend model fit? Whether spend depends on frequency, and spend observed against fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.special import betainc

from analysis.language import _, brief, number, percent
from analysis.ltv.spend import SpendModel, with_money
from analysis.ltv.summary import Floats, Summary
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result
from analysis.statistics import Z_95, rank_correlation

WEAK = 0.1  # a rank correlation the spend model can live with
FEW = 4  # customers with which a correlation has no interval
EDGES, NAMES = (0, 1, 2, 3, 6, np.inf), ("1", "2", "3", "4–6", "7+")  # groups by repeat purchases
CLOSE = 0.05  # share of customers in another bar, below which the fit is close
NEAR_CHANCE = 1.3  # times what chance gives, up to which nothing speaks against the fit
BINS = 30
ALIKE = 1.01  # times as much as the least that the most spend, where all spend alike
CUT = 0.005  # share of customers at either end that share the outermost bars


@dataclass(frozen=True)
class SpendIndependence(Result):
    """Whether how much customers spend per purchase has to do with how often they buy.

    Attributes
    ----------
    groups
        One row per group of repeat buyers with money: ``x`` (``"1"``, …, ``"7+"``), ``customers``; money
        per repeat purchase: ``mean``, ``median``, ``low`` and ``high`` (the 95 % interval of the mean;
        missing for one customer), and ``fitted``, the mean that the model assumes for all groups alike.
    correlation
        Spearman's rank correlation between ``x`` and ``z``; missing where one of them never varies.
    low, high
        Its interval, 95 %.
    customers
        Repeat buyers with money.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "spend_by_purchases"
    groups: pd.DataFrame
    correlation: float
    low: float
    high: float
    customers: int
    currency: str | None = None

    def title(self) -> str:
        """Return what repeat purchases of those who bought least and most often are worth."""
        first, last = self.groups.iloc[0], self.groups.iloc[-1]
        return _(
            "A repeat purchase of those with fewest ({few}) is worth {first} on average, of those with most "
            "({many}) {last}"
        ).format(
            few=first["x"],
            many=last["x"],
            first=brief(first["mean"], self.currency),
            last=brief(last["mean"], self.currency),
        )

    def sentence(self) -> str:
        """Say whether the spend model may assume independence here, and what follows where not."""
        if max(abs(self.low), abs(self.high)) < WEAK:
            verdict = _(
                "How often and how much customers buy have little to do with each other, as the spend model "
                "assumes."
            )
        elif self.low * self.high <= 0:
            verdict = _(
                "Whether how much customers spend depends on how often they buy is not settled; the spend "
                "model assumes that it does not."
            )
        elif self.correlation > 0:
            verdict = _(
                "Customers who buy more often also spend more per purchase, so the model expects too little "
                "of the busiest and too much of those with few purchases."
            )
        else:
            verdict = _(
                "Customers who buy more often spend less per purchase, so the model expects too much of the "
                "busiest and too little of those with few purchases."
            )
        measured = _(
            "Rank correlation {correlation} (95% interval {low} to {high}; {customers} repeat buyers)."
        ).format(
            correlation=number(self.correlation, 2),
            low=number(self.low, 2),
            high=number(self.high, 2),
            customers=number(self.customers),
        )
        return f"{verdict} {measured}"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {"spend_by_purchases": self.groups}

    def findings(self) -> list[Finding]:
        """Return whether the assumption holds."""
        return [Finding("ltv.independence", self.sentence(), self.correlation, "correlation")]


@or_not_possible
def spend_independence(summary: Summary, spend: SpendModel) -> SpendIndependence | NotPossible:
    """Measure how spend per purchase and frequency go together.

    The interval is that of Fisher's transformation with the variance (1 + ρ² ÷ 2) ÷ (n − 3) for ranks
    (Bonett & Wright 2000).

    Parameters
    ----------
    summary
        The customers; those with repeat purchases for money count.
    spend
        The fitted model.
    """
    x, z = with_money(summary)
    rho = rank_correlation(x, z)
    if len(x) < FEW or np.isnan(rho):
        return NotPossible(
            _(
                "Spend or number of purchases do not differ between customers, so neither depends on the "
                "other."
            )
        )
    inner = min(max(rho, -1 + 1e-9), 1 - 1e-9)
    reach = Z_95 * np.sqrt((1 + rho**2 / 2) / (len(x) - 3))
    low, high = np.tanh(np.arctanh(inner) + np.array([-reach, reach]))
    table = pd.Series(z).groupby(pd.Series(pd.cut(x, EDGES, labels=NAMES)), observed=True)
    means = table.agg(customers="size", mean="mean", error="sem", median="median")
    groups = pd.DataFrame(means).rename_axis("x").reset_index().astype({"x": str})
    half = Z_95 * groups.pop("error")
    groups = groups.assign(low=groups["mean"] - half, high=groups["mean"] + half, fitted=spend.usual)
    return SpendIndependence(groups, rho, float(low), float(high), len(x), summary.currency)


def fitted_below(spend: SpendModel, x: Floats, value: Floats) -> Floats:
    """Return the probability that a customer's mean spend over ``x`` purchases is at most ``value``.

    Under the Gamma-Gamma model z̄ x ÷ v follows a beta prime distribution with parameters p x and q (from
    eq. 1a of Fader & Hardie 2013).
    """
    part = x * value / (spend.v + x * value)
    return np.asarray(betainc(spend.p * x, spend.q, part), dtype=float)


@dataclass(frozen=True)
class SpendFit(Result):
    """How mean spend is spread over the repeat buyers, observed and fitted.

    Attributes
    ----------
    bars
        Thirty rows of equal width in logarithms, which hold 99 % of customers, the rest in the outermost:
        ``low``, ``high`` (money per purchase), ``observed`` and ``fitted`` customers.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "spend_distribution"
    bars: pd.DataFrame
    currency: str | None = None

    def title(self) -> str:
        """Return how many customers the fit puts elsewhere."""
        return _("The spend model puts {share} of repeat buyers in another place than they are").format(
            share=percent(misfit(self.bars))
        )

    def sentence(self) -> str:
        """Say how far observed and fitted spends lie apart, and whether chance would put them as far."""
        share, chance = misfit(self.bars), misfit_by_chance(self.bars)
        message = (
            _(
                "The fitted spends follow those observed: {share} of customers would have to move, by chance "
                "alone {chance}."
            )
            if share < max(CLOSE, NEAR_CHANCE * chance)
            else _(
                "The fitted spends do not follow those observed well: {share} of customers would have to "
                "move, by chance alone {chance}, so values of single customers are rough."
            )
        )
        return message.format(share=percent(share), chance=percent(chance))

    def notes(self) -> list[str]:
        """Say how far they lie apart."""
        return [self.sentence()]


@or_not_possible
def spend_fit(summary: Summary, spend: SpendModel) -> SpendFit | NotPossible:
    """Compare how mean spend is spread over the repeat buyers with what the model says."""
    x, z = with_money(summary)
    low, high = np.quantile(z, [CUT, 1 - CUT])
    if high < ALIKE * low:
        return NotPossible(_("All repeat buyers spend alike, so there is no spread to compare."))
    edges = np.geomspace(low, high, BINS + 1)
    observed = np.histogram(np.clip(z, edges[0], edges[-1]), edges)[0]
    purchases, size = np.unique(x, return_counts=True)
    below = fitted_below(spend, purchases[:, None], edges[None, :]).T @ size / size.sum()
    below[0], below[-1] = 0.0, 1.0
    bars = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "observed": observed})
    bars["fitted"] = np.diff(below) * size.sum()
    return SpendFit(bars, summary.currency)


def misfit(bars: pd.DataFrame) -> float:
    """Return the share of customers whom the fitted distribution puts into another bar than their own."""
    observed, fitted = bars["observed"], bars["fitted"]
    return float((observed - fitted).abs().sum() / 2 / observed.sum())


def misfit_by_chance(bars: pd.DataFrame) -> float:
    """Return the `misfit` to expect of as many customers drawn from the fitted distribution itself.

    A count around an expected f of n deviates by √(2 f (1 − f ÷ n) ÷ π) on average (normal), by no more
    than 2 f.
    """
    fitted, size = bars["fitted"].to_numpy(float), float(bars["observed"].sum())
    spread = np.sqrt(2 * fitted * np.maximum(1 - fitted / size, 0) / np.pi)
    return float(np.minimum(spread, 2 * fitted).sum() / 2 / size)
