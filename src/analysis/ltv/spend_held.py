"""Spend where the Gamma-Gamma model runs away: the same model with its mean held at the one observed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln

from analysis.language import _, money, number, percent
from analysis.ltv.fitting import Fit
from analysis.ltv.gamma_gamma import GammaGammaLikelihood
from analysis.ltv.purchases import MIN_REPEAT_BUYERS
from analysis.ltv.spend import SpendModel, fit_spend
from analysis.ltv.summary import Floats, Summary
from analysis.models import NotFitted

OFF = 0.1  # share by which a fitted mean may miss the one observed
BOUNDS = ((-7.0, 9.0), (-4.0, 9.0))  # of log p and log (q − 1)
STARTS = ((0.5, 0.0), (0.0, -1.0), (2.0, 1.0))


@dataclass(frozen=True)
class HeldSpendModel(SpendModel):
    """A Gamma-Gamma model whose mean is that of the repeat buyers, not what the fit makes of it.

    Where few customers spend very much, the likelihood is best with a mean that is infinite or far above
    anything seen: it looks at the shape of the spread, and the mean lies in the tail. Held at the mean
    observed, the model still says how far a customer's own mean is to be trusted.
    """

    def describe(self, currency: str | None = None) -> str:
        """Say what the parameters mean for this portfolio, and that the mean was held."""
        return _(
            "Over {customers} repeat buyers a purchase is worth {mean} on average. Money differs so wildly "
            "between customers that the spend model would make a quite different mean of it; it was held at "
            "the one observed (p = {p}, q = {q}, v = {v}): a customer's own mean counts half after {half} "
            "purchases."
        ).format(
            customers=number(self.customers),
            mean=money(self.mean, currency, 2),
            p=number(self.p, 2),
            q=number(self.q, 2),
            v=number(self.v, 2),
            half=number((self.q - 1) / self.p, 1),
        )


def choose_spend(summary: Summary) -> SpendModel | NotFitted:
    """Fit the Gamma-Gamma model, with its mean held at the one observed where the free fit misses it.

    Returns
    -------
    SpendModel or NotFitted
        The free fit where its mean lies within 10 % of the mean of the repeat buyers' mean spends, else a
        `HeldSpendModel`; ``NotFitted``, with the reason, with fewer than 20 repeat buyers who spent money.
    """
    free = fit_spend(summary)
    spent = summary.frame[(summary.frame["x"] > 0) & (summary.frame["z"] > 0)]
    if len(spent) < MIN_REPEAT_BUYERS:
        return free
    x, z = spent["x"].to_numpy(np.float64), spent["z"].to_numpy(np.float64)
    if not isinstance(free, NotFitted) and abs(free.mean / z.mean() - 1) <= OFF:
        return free
    held = _held(x, z / z.mean())
    if held is None:
        return free
    left_out = summary.repeat_buyers - len(spent)
    return _model(held, x, z, left_out)


def _held(x: Floats, z: Floats) -> tuple[float, float, float] | None:
    """Return p, q and v of the most likely model with mean 1; None where no search settles."""

    def unlikely(position: Floats) -> float:
        p, q = np.exp(position[0]), 1 + np.exp(position[1])
        v, shape = (q - 1) / p, p * x
        value = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
        value += (shape - 1) * np.log(z) + shape * np.log(x) - (shape + q) * np.log(v + x * z)
        return -float(value.mean())

    tried = [minimize(unlikely, np.array(start), method="L-BFGS-B", bounds=BOUNDS) for start in STARTS]
    settled = [one for one in tried if one.success and np.isfinite(one.fun)]
    if not settled:
        return None
    best = min(settled, key=lambda one: float(one.fun)).x
    p, q = float(np.exp(best[0])), float(1 + np.exp(best[1]))
    return p, q, (q - 1) / p


def _model(held: tuple[float, float, float], x: Floats, z: Floats, left_out: int) -> HeldSpendModel:
    scale, likelihood = float(z.mean()), GammaGammaLikelihood.of(x, z / z.mean())
    parameters = np.array(held)
    value = likelihood.evaluate(parameters)[0]
    axes = likelihood.axes
    certain = Fit(axes, axes.matrix @ np.log(parameters), value, np.zeros((3, 3)), (0, 0, 0), (False,) * 3)
    return HeldSpendModel(
        held[0],
        held[1],
        held[2] * scale,
        log_likelihood=value - len(z) * float(np.log(scale)),
        customers=len(z),
        left_out=left_out,
        fit=certain,
        scale=scale,
    )


def spend_mean_sentence(summary: Summary, spend: SpendModel, currency: str | None) -> str:
    """Say how the mean spend of the model compares with the one observed.

    Parameters
    ----------
    summary
        The customers.
    spend
        The model.
    currency
        ISO 4217 code, or None.
    """
    spent = summary.frame[(summary.frame["x"] > 0) & (summary.frame["z"] > 0)]
    observed = float(spent["z"].mean())
    values = {"observed": money(observed, currency, 2), "fitted": money(spend.mean, currency, 2)}
    if isinstance(spend, HeldSpendModel):
        return _(
            "Repeat buyers spend {observed} per purchase on average; the model was held at that."
        ).format(**values)
    return _(
        "Repeat buyers spend {observed} per purchase on average; the model says {fitted}, {off} off."
    ).format(off=percent(abs(spend.mean / observed - 1), 1), **values)
