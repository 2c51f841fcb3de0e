"""Does the spend model fit? Whether spend depends on frequency, and spend observed against fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import betainc

from analysis.language import _, brief, money, number, percent
from analysis.ltv.spend import SpendModel
from analysis.ltv.summary import Floats, Summary
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result
from analysis.statistics import Z_95, rank_correlation

MOST = 7  # repeat purchases from which customers are one group
WEAK = 0.1  # a rank correlation the spend model can live with
FEW = 4  # customers with which a correlation has no interval
ENOUGH = 20  # customers of a group, where there are as many
LARGE = 10_000  # money, from which on cents say nothing
CLOSE = 0.05  # share of customers in another bar, below which the fit is close
NEAR_CHANCE = 1.3  # times what chance gives, up to which nothing speaks against the fit
BINS = 30
CUT = 0.005  # share of customers at either end that share the outermost bars


@dataclass(frozen=True)
class SpendIndependence(Result):
    """Whether how much customers spend per purchase has to do with how often they buy.

    Attributes
    ----------
    groups
        One row per group of repeat buyers with money: ``x`` (``"1"``, …, ``"7+"``; neighbours are taken
        together until there are 20 customers, as ``"2–4"``), ``customers``; money per repeat purchase:
        ``mean``, ``low`` and ``high`` (its 95 % interval; missing for one customer), ``median``, and
        ``fitted``, the mean that the model assumes for all groups alike.
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
            "A repeat purchase is worth {first} on average at x = {few}, and {last} at x = {many}"
        ).format(
            few=first["x"],
            many=last["x"],
            first=brief(first["mean"], self.currency),
            last=brief(last["mean"], self.currency),
        )

    def sentence(self) -> str:
        """Say whether the spend model may assume independence here, and what follows where not."""
        if max(abs(self.low), abs(self.high)) < WEAK:
            message = _(
                "How often and how much customers buy have little to do with each other: rank correlation "
                "{correlation} (95% interval {low} to {high}) over {customers} repeat buyers, so the spend "
                "model's assumption holds."
            )
        elif not self.low * self.high > 0:
            message = _(
                "Whether how much customers spend depends on how often they buy is not settled: rank "
                "correlation {correlation} (95% interval {low} to {high}) over {customers} repeat buyers. "
                "The spend model assumes 0."
            )
        elif self.correlation > 0:
            message = _(
                "Customers who buy more often also spend more per purchase: rank correlation {correlation} "
                "(95% interval {low} to {high}) over {customers} repeat buyers. The spend model assumes 0, "
                "so it pulls the busiest customers too far down and rates those with few purchases too high."
            )
        else:
            message = _(
                "Customers who buy more often spend less per purchase: rank correlation {correlation} (95% "
                "interval {low} to {high}) over {customers} repeat buyers. The spend model assumes 0, so it "
                "rates the busiest customers too high and those with few purchases too low."
            )
        return message.format(
            correlation=number(self.correlation, 2),
            low=number(self.low, 2),
            high=number(self.high, 2),
            customers=number(self.customers),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {"spend_by_purchases": self.groups}

    def findings(self) -> list[Finding]:
        """Return whether the assumption holds."""
        return [Finding("ltv.independence", self.sentence(), self.correlation, "correlation")]


@or_not_possible
def spend_independence(
    summary: Summary, spend: SpendModel, top: int = MOST
) -> SpendIndependence | NotPossible:
    """Measure how spend per purchase and frequency go together.

    The interval is that of Fisher's transformation with the variance (1 + ρ² ÷ 2) ÷ (n − 3) for ranks
    (Bonett & Wright 2000).

    Parameters
    ----------
    summary
        The customers; those with repeat purchases for money count.
    spend
        The fitted model.
    top
        Customers with so many repeat purchases or more are one group.
    """
    x, z = _spent(summary)
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
    counts = np.minimum(x, top).astype(int)
    lowest = _pooled(counts)
    table = pd.Series(z).groupby(lowest).agg(["size", "mean", "sem", "median"])
    most = pd.Series(counts).groupby(lowest).max()
    groups = pd.DataFrame(
        {
            "x": [_range(low, high, top) for low, high in zip(table.index, most, strict=True)],
            "customers": table["size"].to_numpy(),
            "mean": table["mean"].to_numpy(),
            "low": (table["mean"] - Z_95 * table["sem"]).to_numpy(),
            "high": (table["mean"] + Z_95 * table["sem"]).to_numpy(),
            "median": table["median"].to_numpy(),
            "fitted": spend.usual,
        }
    )
    return SpendIndependence(groups, rho, float(low), float(high), len(x), summary.currency)


def _pooled(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return for each customer the lowest count of its group; neighbours join until it is large enough."""
    values, sizes = np.unique(counts, return_counts=True)
    starts, held = [], ENOUGH
    for value, size in zip(values, sizes, strict=True):
        if held >= ENOUGH:
            starts.append(value)
            held = 0
        held += size
    if held < ENOUGH and len(starts) > 1:
        starts.pop()
    return np.asarray(starts)[np.searchsorted(starts, counts, side="right") - 1]


def _range(low: int, high: int, top: int) -> str:
    if high == top:
        return f"{low}+"
    return str(low) if low == high else f"{low}–{high}"


def per_purchase(value: float, currency: str | None) -> str:
    """Write money per purchase with two decimals; more where it is less than 1, fewer where it is large."""
    return money(value, currency, 2) if 1 <= value < LARGE else brief(value, currency)


def fitted_below(spend: SpendModel, x: Floats, value: Floats) -> Floats:
    """Return the probability that a customer's mean spend over ``x`` purchases is at most ``value``.

    Under the Gamma-Gamma model z̄ x ÷ v follows a beta prime distribution with parameters p x and q (from
    eq. 1a of Fader & Hardie 2013).

    Parameters
    ----------
    spend
        The fitted model.
    x
        Repeat purchases, above 0.
    value
        Money.
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
        if share < CLOSE:
            message = _(
                "The fitted spends follow those observed closely: {share} of customers would have to move."
            )
        elif share < NEAR_CHANCE * chance:
            message = _(
                "The fitted spends lie hardly further from those observed than chance puts so few customers: "
                "{share} of them would have to move, by chance alone {chance}."
            )
        else:
            message = _(
                "The fitted spends do not follow those observed well: {share} of customers would have to "
                "move, so values of single customers are rough."
            )
        return message.format(share=percent(share), chance=percent(chance))

    def notes(self) -> list[str]:
        """Say how far they lie apart."""
        return [self.sentence()]


@or_not_possible
def spend_fit(summary: Summary, spend: SpendModel) -> SpendFit:
    """Compare how mean spend is spread over the repeat buyers with what the model says."""
    x, z = _spent(summary)
    low, high = np.quantile(z, [CUT, 1 - CUT])
    edges = np.geomspace(low, max(high, low * 1.01), BINS + 1)
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


def _spent(summary: Summary) -> tuple[Floats, Floats]:
    """Return ``x`` and ``z`` of the repeat buyers with money."""
    frame = summary.frame[(summary.frame["x"] > 0) & (summary.frame["z"] > 0)]
    return frame["x"].to_numpy(np.float64), frame["z"].to_numpy(np.float64)
