"""Leaving at a renewal: the shifted beta-geometric model of contracts (Fader & Hardie 2007).

At the end of each period a customer cancels with a probability of its own; these follow a beta distribution
with parameters a and b (α and β in the paper, "How to project customer retention"). Nobody's probability
changes, and yet the renewal rate of a cohort rises from year to year, since those who are quick to leave
leave first.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, polygamma, psi

from analysis.ltv.estimation.equal_histories import Floats
from analysis.ltv.estimation.search import Axes, Fit, maximise


@dataclass(frozen=True)
class Tenures:
    """How long the customers of a contract business have stayed, in periods.

    Attributes
    ----------
    lost
        Customers who cancelled at the end of period 1, 2, 3, …
    kept
        Customers still there who have been through 0, 1, 2, … renewals, as many entries and one more.
    """

    lost: Floats
    kept: Floats


class RetentionLikelihood:
    """The log-likelihood of tenures, with gradient and Hessian.

    With S(t) = B(a, b + t) ÷ B(a, b), the share still there after t renewals (eq. 6 of the paper's appendix):
    log (S(t − 1) − S(t)), that is log B(a + 1, b + t − 1) ÷ B(a, b), for those who cancelled at the end of
    period t; log S(t) for the rest. Logarithms of beta functions, since the functions themselves underflow.
    """

    def __init__(self, known: Tenures) -> None:
        self._lost, self._kept = known.lost, known.kept
        self.customers = float(known.lost.sum() + known.kept.sum())
        self._at = np.arange(len(known.lost), dtype=np.float64)
        self._after = np.arange(len(known.kept), dtype=np.float64)

    @property
    def axes(self) -> Axes:
        """Where to search: log odds of leaving, and how alike customers leave.

        Along a and b themselves the likelihood is a long bent ridge; along these it is nearly round. The
        starts: a quarter, a half and hardly any leaving.
        """
        matrix, starts = np.array([[1, -1], [0.5, 0.5]]), np.array([[-1.0, 0.0], [0.0, 1.0], [-3.0, 1.0]])
        return Axes(("a", "b"), matrix, np.array([-12.0, -7.0]), np.array([12.0, 7.0]), starts)

    def thinned(self, most: int) -> RetentionLikelihood:
        """Return the likelihood itself: it is quick enough."""
        return self

    def evaluate(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the log-likelihood at ``a, b``, its gradient and its Hessian."""
        a, b = parameters
        lost, kept, n = self._lost, self._kept, self.customers
        value = lost @ betaln(a + 1, b + self._at) + kept @ betaln(a, b + self._after) - n * betaln(a, b)
        lost_both, kept_both = a + 1 + b + self._at, a + b + self._after
        both = n * psi(a + b) - lost @ psi(lost_both) - kept @ psi(kept_both)
        by_a = lost.sum() * psi(a + 1) + kept.sum() * psi(a) - n * psi(a)
        by_b = lost @ psi(b + self._at) + kept @ psi(b + self._after) - n * psi(b)
        cross = n * polygamma(1, a + b) - lost @ polygamma(1, lost_both) - kept @ polygamma(1, kept_both)
        hessian = np.full((2, 2), cross)
        hessian[0, 0] += lost.sum() * (polygamma(1, a + 1) - polygamma(1, a))
        hessian[1, 1] += lost @ polygamma(1, b + self._at) + kept @ polygamma(1, b + self._after)
        hessian[1, 1] -= n * polygamma(1, b)
        return float(value), np.array([by_a + both, by_b + both]), hessian


@dataclass(frozen=True)
class RetentionModel:
    """A fitted shifted beta-geometric model.

    Attributes
    ----------
    a, b
        The parameters.
    fit
        The optimum.
    """

    a: float
    b: float
    fit: Fit = field(repr=False)

    def survival(self, periods: npt.ArrayLike) -> Floats:
        """Return the share of a cohort still there after so many renewals: B(a, b + t) ÷ B(a, b)."""
        t = np.asarray(periods, float)
        return np.asarray(np.exp(betaln(self.a, self.b + t) - betaln(self.a, self.b)), float)

    def retention(self, period: npt.ArrayLike) -> Floats:
        """Return the share that renews at the end of period 1, 2, 3, …: (b + t − 1) ÷ (a + b + t − 1)."""
        t = np.asarray(period, float)
        return np.asarray((self.b + t - 1) / (self.a + self.b + t - 1), float)

    def expected_residual(self, made: Floats, rate: float) -> Floats:
        """Return DERL, the discounted expected number of renewals to come, the next of them today.

        Σ over t ≥ n of S(t) ÷ S(n − 1) ÷ (1 + d)^(t − n), for a customer in its n-th period (Fader & Hardie
        2010, "Customer-base valuation in a contractual setting"). There it is a hypergeometric function;
        here the terms, all positive, are added up until the rest cannot matter.

        Parameters
        ----------
        made
            Renewals made so far, n − 1.
        rate
            Discount rate d per period, above 0.
        """
        factor: Floats = np.ones(np.shape(made))
        total, stays, steps = np.zeros_like(factor), self.b + made, 0
        while steps == 0 or (factor > 1e-12 * rate * total).any():
            factor = factor * stays / (self.a + stays)
            total = total + factor
            factor, stays, steps = factor / (1 + rate), stays + 1, steps + 1
        return total

    def draws(self, random: np.random.Generator, size: int) -> list[RetentionModel]:
        """Draw models from the asymptotic distribution of the parameters."""
        return [replace(self, a=one["a"], b=one["b"]) for one in self.fit.draws(random, size)]


def fit_retention(known: Tenures) -> RetentionModel | None:
    """Fit the model to tenures; None where the search found no optimum."""
    fit = maximise(RetentionLikelihood(known))
    return None if fit is None else RetentionModel(fit.parameters["a"], fit.parameters["b"], fit)
