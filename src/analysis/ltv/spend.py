"""How much customers spend per purchase: the Gamma-Gamma model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.dataset.computed import computed
from analysis.language import _, estimate, number, percent, signed_percent
from analysis.ltv.estimation.equal_histories import Floats
from analysis.ltv.estimation.gamma_gamma import GammaGammaLikelihood, HeldMeanLikelihood
from analysis.ltv.estimation.search import Fit, fit_of, maximise
from analysis.ltv.purchases import MIN_REPEAT_BUYERS
from analysis.ltv.summary import Summary
from analysis.not_possible import NotPossible
from analysis.result import Result

if TYPE_CHECKING:
    from analysis.ltv.backtest.holdout import Holdout

SOME = 10  # purchases after which the weight of an own mean is named
SAME = 0.0005  # share by which spend may change and print as 0.0%
OFF = 0.1  # share by which a fitted mean may miss the one observed


@dataclass(frozen=True)
class SpendModel(Result):
    """A fitted Gamma-Gamma model of money per purchase (Fader & Hardie 2013).

    A customer's purchases vary around a mean of its own; the means vary between customers. The fewer
    purchases are known of a customer, the closer its expected spend is to the average of all.

    Where few customers spend very much, the likelihood is best with a mean of all that is infinite or far
    above anything seen: it looks at the shape of the spread, and the mean lies in the tail. Held at the mean
    observed, the model still says how far a customer's own mean is to be trusted.

    Attributes
    ----------
    p, q, v
        The parameters; ``v`` is in money.
    log_likelihood
        Log-likelihood at the optimum.
    customers
        Repeat buyers with money it was fitted on.
    fit
        The optimum, in units of ``scale``.
    scale
        Mean money per purchase of the repeat buyers.
    currency
        ISO 4217 code, or None where it is not known.
    mean_error
        Standard error of the mean observed, as a share of it, where the mean was held there; else None.
    level
        Money of the purchases to come ÷ that of those the model was fitted on; see `level_of`.
    """

    name: ClassVar[str] = "spend"
    is_drawn: ClassVar[bool] = False
    p: float
    q: float
    v: float
    log_likelihood: float
    customers: int
    fit: Fit = field(repr=False)
    scale: float
    currency: str | None = None
    mean_error: float | None = None
    level: float = 1.0

    def __str__(self) -> str:
        return str({name: round(getattr(self, name), 4) for name in "pqv"})

    @property
    def usual(self) -> float:
        """Mean money per purchase over all customers and all time: p v ÷ (q − 1)."""
        return self.p * self.v / (self.q - 1)

    @property
    def mean(self) -> float:
        """Mean money per purchase to come over all customers, at the level in use."""
        return self.level * self.usual

    def expected_spend(self, x: Floats, z: Floats) -> Floats:
        """Return the money expected per future purchase (eq. 5 of the paper).

        Parameters
        ----------
        x
            Repeat purchases.
        z
            Mean money per repeat purchase; ignored where ``x`` is 0.
        """
        x = np.asarray(x, float)
        weight = self.p * x / (self.p * x + self.q - 1)
        return (1 - weight) * self.mean + self.level * weight * np.where(x > 0, z, 0.0)

    def drawn(self, random: np.random.Generator) -> SpendModel:
        """Return the model with parameters drawn, as uncertain as they are: see `Fit.draws`.

        A mean that was held follows a lognormal distribution with its standard error.
        """
        one = self.fit.draws(random, 1)[0]
        if self.mean_error is None:
            return replace(self, p=one["p"], q=one["q"], v=one["v"] * self.scale)
        spread = float(np.log1p(self.mean_error**2))
        mean, p = self.scale * random.lognormal(-spread / 2, np.sqrt(spread)), one["p"]
        return replace(self, p=p, q=1 + one["excess"], v=one["excess"] / p * mean)

    def simulate(self, random: np.random.Generator, bought: Floats, x: Floats, z: Floats) -> Floats:
        """Draw the money that so many purchases of each customer bring.

        The rate of a customer's money follows, given its past, a gamma distribution with shape q + p x and
        rate v + x z; the money of n purchases one with shape p n and that rate.

        Parameters
        ----------
        bought
            Purchases to come.
        x, z
            Repeat purchases so far, and their mean money; the latter ignored where ``x`` is 0.
        """
        rate = random.standard_gamma(self.q + self.p * x) / (self.v + np.where(x > 0, x * z, 0.0))
        return self.level * random.standard_gamma(self.p * bought) / rate

    def sentence(self) -> str:
        """Say what the parameters mean for this portfolio."""
        mean = _(
            "A repeat purchase of the {customers} customers with money in theirs is worth {mean} on average."
        ).format(customers=number(self.customers), mean=estimate(self.usual, self.currency))
        held = _(
            "Money differs so wildly between customers that the spend model would make a quite different "
            "mean of it; it was held at the one observed."
        )
        shown = "" if self.mean_error is None else held
        return " ".join(filter(None, [mean, shown, self._own_mean(), self._level()]))

    def notes(self) -> list[str]:
        """Return what the parameters mean."""
        return [self.sentence()]

    def _own_mean(self) -> str:
        """Say how far a customer's own mean is trusted: p n ÷ (p n + q − 1) after n purchases."""
        once, often = (percent(self.p * n / (self.p * n + self.q - 1)) for n in (1, SOME))
        return _(
            "A customer's own mean counts for {once} after one purchase and for {often} after {some}."
        ).format(once=once, often=often, some=number(SOME))

    def _level(self) -> str:
        """Say that purchases to come are taken to be worth more, or less, than those of all time."""
        if abs(self.level - 1) < SAME:
            return ""
        return _(
            "Purchases to come are taken to be worth {change} against those of all time, as spend has "
            "changed: that foretold it best at earlier dates."
        ).format(change=signed_percent(self.level - 1, 1))


def fit_free(summary: Summary) -> SpendModel | NotPossible:
    """Fit the Gamma-Gamma model to the repeat buyers of a summary.

    Returns
    -------
    SpendModel or NotPossible
        At the optimum, wherever that lies: where q ≤ 1 its spend has no finite mean. ``NotPossible``, with
        the reason, where fewer than 20 repeat buyers spent money, or there is no optimum.
    """
    x, z = with_money(summary)
    if (reason := _too_few(z)) is not None:
        return reason
    scale = float(z.mean())
    free = GammaGammaLikelihood.of(x, z / scale)
    fit = computed(summary.content, lambda: maximise(free), fit_of, "spend", x, z)
    if fit is None:
        return _unfit()
    p, q, v = fit.parameters.values()
    log_likelihood = fit.log_likelihood - len(z) * float(np.log(scale))
    return SpendModel(p, q, v * scale, log_likelihood, len(z), fit, scale, summary.currency)


def fit_spend(summary: Summary, check: Holdout | NotPossible | None = None) -> SpendModel | NotPossible:
    """Fit the Gamma-Gamma model; where it runs away from the mean observed, with its mean held there.

    Parameters
    ----------
    summary
        The customers.
    check
        The last check: spend is followed over its weeks as foretold best at the dates before it (see
        `spend_power`); without it, it is taken at the level of all time.

    Returns
    -------
    SpendModel or NotPossible
        The free fit where its mean lies within 10 % of the mean of the repeat buyers' mean spends, else one
        with the mean held. ``NotPossible``, with the reason, where fewer than 20 repeat buyers spent money.
    """
    if power := spend_power(getattr(check, "earlier", ())):
        fitted, level = fit_spend(summary), check.latest  # type: ignore[union-attr]
        return fitted if isinstance(fitted, NotPossible) else replace(fitted, level=level**power)
    x, z = with_money(summary)
    if (reason := _too_few(z)) is not None:
        return reason
    free = fit_free(summary)
    if isinstance(free, SpendModel) and abs(free.mean / z.mean() - 1) <= OFF:
        return free
    held = _fit_held(summary, x, z)
    return held or (free if isinstance(free, SpendModel) and free.q > 1 else _unfit())


def _fit_held(summary: Summary, x: Floats, z: Floats) -> SpendModel | None:
    """Return the most likely model with the mean of ``z``; None where no search settles."""
    scale = float(z.mean())
    held = HeldMeanLikelihood(GammaGammaLikelihood.of(x, z / scale))
    fit = computed(summary.content, lambda: maximise(held), fit_of, "spend held", x, z)
    if fit is None:
        return None
    p, excess = fit.parameters.values()
    log_likelihood = fit.log_likelihood - len(z) * float(np.log(scale))
    error = float(z.std(ddof=1) / np.sqrt(len(z))) / scale
    v = excess / p * scale
    return SpendModel(p, 1 + excess, v, log_likelihood, len(z), fit, scale, summary.currency, error)


def with_money(summary: Summary) -> tuple[Floats, Floats]:
    """Return ``x`` and ``z`` of the repeat buyers with money in their repeat purchases."""
    x, z = (summary.frame[name].to_numpy(np.float64) for name in ("x", "z"))
    rows = (x > 0) & (z > 0)
    return x[rows], z[rows]


def _too_few(z: Floats) -> NotPossible | None:
    if len(z) >= MIN_REPEAT_BUYERS:
        return None
    return NotPossible(
        _(
            "Too little data for the spend model: it needs at least {needed} customers with money in "
            "their repeat purchases (here: {found})."
        ).format(needed=MIN_REPEAT_BUYERS, found=number(len(z)))
    )


def _unfit() -> NotPossible:
    return NotPossible(
        _(
            "The spend model could not be fitted: the money per purchase differs too little or too wildly "
            "between customers for it, so no value is shown."
        )
    )


def level_of(since: pd.DataFrame, summary: Summary) -> float:
    """Return money per purchase in the last period ÷ that of the same customers over all their time.

    Σ net sales of the period ÷ Σ purchases of the period × mean money per repeat purchase so far; of
    customers who are new in the period, repeat purchases count, for which both are the same. 1 where there
    were no purchases, or no money.

    Parameters
    ----------
    since
        ``customer_id``, ``actual`` purchases and ``actual_value``, net sales, in the period, of those who
        were customers when it began.
    summary
        All customers at its end.
    """
    names = ["customer_id", "actual", "actual_value"]
    frame = summary.frame[["customer_id", "x", "z"]].merge(since[names], "left", "customer_id")
    usual = frame["actual"].fillna(frame["x"]) * frame["z"]
    actual = float(frame["actual_value"].fillna(usual)[usual > 0].sum())
    return actual / float(usual.sum()) if usual.sum() > 0 and actual > 0 else 1.0


def spend_power(earlier: Sequence[Holdout]) -> int:
    """Say how spend is followed: 0 at the level of all time, 1 of the last period, 2 with its trend going on.

    Taken is what foretold money per purchase best at the earlier dates: with the least mean square of the
    logarithm of actual ÷ expected. The level of the last period lies as far above that of all time as, with
    a steady trend, the next period's lies above it, about.
    """
    told = [each for each in earlier if np.isfinite(each.spend_missed)]
    off = np.array([each.spend_missed for each in told])
    levels = np.log([each.level for each in told])
    return int(np.argmin([((off - power * levels) ** 2).sum() for power in range(3)]))
