"""Spend where the Gamma-Gamma model runs away: its mean held at the one observed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.language import _, number, percent
from analysis.ltv.fitting import maximise
from analysis.ltv.gamma_gamma import GammaGammaLikelihood, HeldMeanLikelihood
from analysis.ltv.purchases import MIN_REPEAT_BUYERS
from analysis.ltv.spend import SpendModel, amount, fit_spend
from analysis.ltv.summary import Floats, Summary
from analysis.not_possible import NotPossible

OFF = 0.1  # share by which a fitted mean may miss the one observed


@dataclass(frozen=True)
class HeldSpendModel(SpendModel):
    """A Gamma-Gamma model whose mean is that of the repeat buyers, not what the fit makes of it.

    Where few customers spend very much, the likelihood is best with a mean that is infinite or far above
    anything seen: it looks at the shape of the spread, and the mean lies in the tail. Held at the mean
    observed, the model still says how far a customer's own mean is to be trusted.

    Attributes
    ----------
    mean_error
        Standard error of the mean, as a share of it.
    """

    mean_error: float

    @property
    def standard_errors(self) -> dict[str, float]:
        """Asymptotic standard errors of the parameters; ``v``, in money, is mean × excess ÷ p."""
        spread = self.fit.covariance
        of_v = spread[0, 0] + spread[1, 1] - 2 * spread[0, 1] + self.mean_error**2
        return {
            "p": self.p * float(np.sqrt(spread[0, 0])),
            "q": (self.q - 1) * float(np.sqrt(spread[1, 1])),
            "v": self.v * float(np.sqrt(of_v)),
        }

    def drawn(self, random: np.random.Generator) -> HeldSpendModel:
        """Return the model with parameters drawn: the mean as one observed is, the rest as in the fit.

        The mean follows a lognormal distribution with its standard error.
        """
        one, spread = self.fit.draws(random, 1)[0], float(np.log1p(self.mean_error**2))
        mean, p = self.scale * random.lognormal(-spread / 2, np.sqrt(spread)), one["p"]
        return replace(self, p=p, q=1 + one["excess"], v=one["excess"] / p * mean)

    def describe(self, currency: str | None = None) -> str:
        """Say what the parameters mean for this portfolio, and that the mean was held."""
        mean = _(
            "Over {customers} repeat buyers a purchase is worth {mean} on average. Money differs so wildly "
            "between customers that the spend model would make a quite different mean of it; it was held at "
            "the one observed."
        ).format(customers=number(self.customers), mean=amount(self.mean, currency))
        return f"{mean} {self._own_mean()}"


def choose_spend(summary: Summary) -> SpendModel | NotPossible:
    """Fit the Gamma-Gamma model; where it runs away from the mean observed, with its mean held there.

    Parameters
    ----------
    summary
        The customers.

    Returns
    -------
    SpendModel or NotPossible
        The free fit where its mean lies within 10 % of the mean of the repeat buyers' mean spends, else a
        `HeldSpendModel`. ``NotPossible``, with the reason, with fewer than 20 repeat buyers who spent money.
    """
    free = fit_spend(summary)
    spent = summary.frame[(summary.frame["x"] > 0) & (summary.frame["z"] > 0)]
    if len(spent) < MIN_REPEAT_BUYERS:
        return free
    x, z = spent["x"].to_numpy(np.float64), spent["z"].to_numpy(np.float64)
    if not isinstance(free, NotPossible) and abs(free.mean / z.mean() - 1) <= OFF:
        return free
    return _held(x, z, summary.repeat_buyers - len(spent)) or free


def _held(x: Floats, z: Floats, left_out: int) -> HeldSpendModel | None:
    """Return the most likely model with the mean of ``z``; None where no search settles."""
    scale = float(z.mean())
    fit = maximise(HeldMeanLikelihood(GammaGammaLikelihood.of(x, z / scale)))
    if fit is None:
        return None
    p, excess = fit.parameters["p"], fit.parameters["excess"]
    return HeldSpendModel(
        p,
        1 + excess,
        excess / p * scale,
        log_likelihood=fit.log_likelihood - len(z) * float(np.log(scale)),
        customers=len(z),
        left_out=left_out,
        fit=fit,
        scale=scale,
        mean_error=float(z.std(ddof=1)) / scale / float(np.sqrt(len(z))),
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
    values = {"observed": amount(observed, currency), "fitted": amount(spend.mean, currency)}
    if isinstance(spend, HeldSpendModel):
        return _(
            "Repeat buyers spend {observed} per purchase on average; the model was held at that."
        ).format(**values)
    return _(
        "Repeat buyers spend {observed} per purchase on average; the model says {fitted}, {off} off."
    ).format(off=percent(abs(spend.mean / observed - 1), 1), **values)
