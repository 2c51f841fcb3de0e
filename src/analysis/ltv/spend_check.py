"""Does the spend model fit? Whether spend depends on frequency, and spend observed against fitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import betainc, ndtri

from analysis.language import _, brief, money, number, percent
from analysis.ltv.spend import SpendModel
from analysis.ltv.summary import Floats, Summary
from analysis.statistics import rank_correlation

MOST = 7  # repeat purchases from which customers are one group
WEAK = 0.1  # a rank correlation the spend model can live with
FEW = 4  # customers with which a correlation has no interval
ENOUGH = 20  # customers of a group, where there are as many
LARGE = 10_000  # money, from which on cents say nothing
CLOSE = 0.05  # share of customers in another bar, below which the fit is close
NEAR_CHANCE = 1.3  # times what chance gives, up to which nothing speaks against the fit
BINS = 30
CUT = 0.99  # share of customers in the histogram; the rest is its last bar


@dataclass(frozen=True)
class Independence:
    """Whether how much customers spend per purchase has to do with how often they buy.

    Attributes
    ----------
    correlation
        Spearman's rank correlation between ``x`` and ``z`` among repeat buyers with money.
    low, high
        Its interval, 95 %.
    customers
        How many they are.
    """

    correlation: float
    low: float
    high: float
    customers: int

    @property
    def holds(self) -> bool:
        """Whether it is near enough to 0 for the spend model: the whole interval within ±0.1."""
        return max(abs(self.low), abs(self.high)) < WEAK

    def sentence(self) -> str:
        """Say whether the spend model may assume independence here, and what follows where not."""
        values = {
            "correlation": number(self.correlation, 2),
            "low": number(self.low, 2),
            "high": number(self.high, 2),
            "customers": number(self.customers),
        }
        if self.holds:
            return _(
                "How often and how much customers buy have little to do with each other: rank correlation "
                "{correlation} (95% interval {low} to {high}) over {customers} repeat buyers, so the spend "
                "model's assumption holds."
            ).format(**values)
        if self.low * self.high < 0:
            return _(
                "Whether how much customers spend depends on how often they buy is not settled: rank "
                "correlation {correlation} (95% interval {low} to {high}) over {customers} repeat buyers. "
                "The spend model assumes 0."
            ).format(**values)
        if self.correlation > 0:
            return _(
                "Customers who buy more often also spend more per purchase: rank correlation {correlation} "
                "(95% interval {low} to {high}) over {customers} repeat buyers. The spend model assumes 0, "
                "so it pulls the busiest customers too far down and rates those with few purchases too high."
            ).format(**values)
        return _(
            "Customers who buy more often spend less per purchase: rank correlation {correlation} (95% "
            "interval {low} to {high}) over {customers} repeat buyers. The spend model assumes 0, so it "
            "rates the busiest customers too high and those with few purchases too low."
        ).format(**values)


def spend_independence(summary: Summary) -> Independence | None:
    """Measure how spend per purchase and frequency go together; None where too little varies.

    The interval is that of Fisher's transformation with the variance (1 + ρ² ÷ 2) ÷ (n − 3) for ranks
    (Bonett & Wright 2000).

    Parameters
    ----------
    summary
        The customers; those with repeat purchases for money count.
    """
    x, z = _spent(summary)
    if len(x) < FEW or np.ptp(x) == 0 or np.ptp(z) == 0:
        return None
    rho = rank_correlation(x, z)
    inner = min(max(rho, -1 + 1e-9), 1 - 1e-9)
    reach = ndtri(0.975) * np.sqrt((1 + rho**2 / 2) / (len(x) - 3))
    low, high = np.tanh(np.arctanh(inner) + np.array([-reach, reach]))
    return Independence(rho, float(low), float(high), len(x))


def spend_by_purchases(summary: Summary, spend: SpendModel, top: int = MOST) -> pd.DataFrame:
    """Compare spend per purchase between customers who bought rarely and often.

    Parameters
    ----------
    summary
        The customers.
    spend
        The fitted model.
    top
        Customers with so many repeat purchases or more are one group.

    Returns
    -------
    pandas.DataFrame
        One row per group of repeat buyers with money: ``x`` (``"1"``, …, ``"7+"``; neighbours are taken
        together until there are 20 customers, as ``"2–4"``), ``customers``; money per repeat
        purchase: ``mean``, ``low`` and ``high`` (its 95 % interval; missing for one customer),
        ``median``, and ``fitted``, the mean that the model assumes for all groups alike.
    """
    x, z = _spent(summary)
    counts = np.minimum(x, top).astype(int)
    groups = pd.Series(z).groupby(_pooled(counts))
    table = groups.agg(["size", "mean", "sem", "median"])
    most = pd.Series(counts).groupby(_pooled(counts)).max()
    reach = ndtri(0.975) * table["sem"]
    return pd.DataFrame(
        {
            "x": [_range(low, high, top) for low, high in zip(table.index, most, strict=True)],
            "customers": table["size"].to_numpy(),
            "mean": table["mean"].to_numpy(),
            "low": (table["mean"] - reach).to_numpy(),
            "high": (table["mean"] + reach).to_numpy(),
            "median": table["median"].to_numpy(),
            "fitted": spend.mean,
        }
    )


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


def spend_by_purchases_title(table: pd.DataFrame, currency: str | None) -> str:
    """Return what a chart of `spend_by_purchases` shows."""
    first, last = table.iloc[0], table.iloc[-1]
    if len(table) == 1:
        return _("A repeat purchase is worth {mean} on average; the model says {fitted}").format(
            mean=per_purchase(first["mean"], currency), fitted=per_purchase(first["fitted"], currency)
        )
    message = _("A repeat purchase is worth {first} on average at x = {few}, and {last} at x = {many}")
    return message.format(
        few=first["x"],
        many=last["x"],
        first=brief(first["mean"], currency),
        last=brief(last["mean"], currency),
    )


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


def spend_distribution(summary: Summary, spend: SpendModel) -> pd.DataFrame:
    """Compare how mean spend is spread over the repeat buyers with what the model says.

    Returns
    -------
    pandas.DataFrame
        Thirty rows of equal width up to the spend that 99 % of customers do not exceed, and one for the
        rest: ``low``, ``high`` (money per purchase; infinite at the end), ``observed`` and ``fitted``
        customers.
    """
    x, z = _spent(summary)
    edges = np.append(np.linspace(0, np.quantile(z, CUT), BINS + 1), np.inf)
    observed = np.histogram(z, edges)[0]
    purchases, size = np.unique(x, return_counts=True)
    below = np.ones(len(edges))
    below[:-1] = fitted_below(spend, purchases[:, None], edges[None, :-1]).T @ size / size.sum()
    fitted = np.diff(below) * size.sum()
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "observed": observed, "fitted": fitted})


def spend_fit(summary: Summary, spend: SpendModel) -> pd.DataFrame:
    """Put mean and quartiles of the spend per purchase, observed and fitted, side by side.

    Returns
    -------
    pandas.DataFrame
        ``what`` (label), ``observed`` and ``fitted`` money per repeat purchase of repeat buyers. The
        fitted ones are those of mean spends over as many purchases as the customers made.
    """
    x, z = _spent(summary)
    purchases, size = np.unique(x, return_counts=True)
    shares = [0.25, 0.5, 0.75]
    names = [_("Mean"), _("A quarter of customers spend less than"), _("Half spend less than")]
    names.append(_("Three quarters spend less than"))
    quartiles = [_fitted_quantile(spend, purchases, size / size.sum(), share) for share in shares]
    observed = [float(z.mean()), *np.quantile(z, shares).tolist()]
    return pd.DataFrame({"what": names, "observed": observed, "fitted": [spend.mean, *quartiles]})


def _fitted_quantile(spend: SpendModel, x: Floats, shares: Floats, share: float) -> float:
    """Return the mean spend that this share of customers does not exceed, by halving an interval."""
    low, high = 0.0, spend.mean
    while _share_below(spend, x, shares, high) < share:
        high *= 2
    for _halving in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _share_below(spend, x, shares, middle) < share else (low, middle)
    return (low + high) / 2


def _share_below(spend: SpendModel, x: Floats, shares: Floats, value: float) -> float:
    return float(shares @ fitted_below(spend, x, np.full(len(x), value)))


def spend_distribution_title(table: pd.DataFrame, currency: str | None) -> str:
    """Return what a chart of `spend_fit` and `spend_distribution` shows.

    Parameters
    ----------
    table
        The result of `spend_fit`.
    currency
        ISO 4217 code, or None.
    """
    median = table.iloc[2]
    message = _("Half the repeat buyers spend less than {observed} per purchase; the model says {fitted}")
    return message.format(
        observed=per_purchase(median["observed"], currency), fitted=per_purchase(median["fitted"], currency)
    )


def misfit(distribution: pd.DataFrame) -> float:
    """Return the share of customers whom the fitted distribution puts into another bar than their own."""
    observed, fitted = distribution["observed"], distribution["fitted"]
    return float((observed - fitted).abs().sum() / 2 / observed.sum())


def misfit_by_chance(distribution: pd.DataFrame) -> float:
    """Return the `misfit` to expect of as many customers drawn from the fitted distribution itself.

    A count around an expected f of n deviates by √(2 f (1 − f ÷ n) ÷ π) on average (normal), by no more
    than 2 f.
    """
    fitted, size = distribution["fitted"].to_numpy(float), float(distribution["observed"].sum())
    spread = np.sqrt(2 * fitted * np.maximum(1 - fitted / size, 0) / np.pi)
    return float(np.minimum(spread, 2 * fitted).sum() / 2 / size)


def misfit_sentence(distribution: pd.DataFrame) -> str:
    """Say how far observed and fitted spends lie apart, and whether chance would put them as far.

    Parameters
    ----------
    distribution
        The result of `spend_distribution`.
    """
    share, chance = misfit(distribution), misfit_by_chance(distribution)
    if CLOSE <= share < NEAR_CHANCE * chance:
        return _(
            "The fitted spends lie hardly further from those observed than chance puts so few customers: "
            "{share} of them would have to move, by chance alone {chance}."
        ).format(share=percent(share), chance=percent(chance))
    message = (
        _("The fitted spends follow those observed closely: {share} of customers would have to move.")
        if share < CLOSE
        else _(
            "The fitted spends do not follow those observed well: {share} of customers would have to move, "
            "so values of single customers are rough."
        )
    )
    return message.format(share=percent(share))


def _spent(summary: Summary) -> tuple[Floats, Floats]:
    """Return ``x`` and ``z`` of the repeat buyers with money."""
    frame = summary.frame[(summary.frame["x"] > 0) & (summary.frame["z"] > 0)]
    return frame["x"].to_numpy(np.float64), frame["z"].to_numpy(np.float64)
