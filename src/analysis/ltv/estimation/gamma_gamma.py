"""The likelihood of the Gamma-Gamma model of money per purchase (Fader & Hardie 2013).

The money of one purchase follows a gamma distribution with shape p and a rate ν of the customer's own; the
rates follow a gamma distribution with shape q and rate v. With z the mean over x purchases, the likelihood
is (eq. 1a)

    Γ(p x + q) ÷ (Γ(p x) Γ(q)) × v^q z^(p x − 1) x^(p x) ÷ (v + x z)^(p x + q).
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, polygamma, psi

from analysis.ltv.estimation.equal_histories import Codes, Floats, distinct
from analysis.ltv.estimation.search import Axes

NAMES = ("p", "q", "v")
MATRIX = np.array([[1, 0, 0], [0, 1, 0], [1, -1, 1]])
"""The axes of the search: log p; log q; log of p v ÷ q, which is close to the mean."""


class GammaGammaLikelihood:
    """The log-likelihood of mean spends, with gradient and Hessian.

    Parameters
    ----------
    purchases, codes
        The distinct numbers of repeat purchases, and the place of each customer's among them.
    z
        Mean money per repeat purchase of each customer, in units of the mean of all.
    weights
        How often each customer counts.
    """

    def __init__(self, purchases: Floats, codes: Codes, z: Floats, weights: Floats) -> None:
        self._purchases, self._codes, self._z, self._weights = purchases, codes, z, weights
        self.customers = float(weights.sum())
        self._by_x = np.bincount(codes, weights, len(purchases))
        self._spent = purchases[codes] * z
        log_x, log_z = np.log(purchases), np.log(z)
        self._log_z = float(weights @ log_z)
        self._logs = float((weights * purchases[codes]) @ (log_z + log_x[codes]))

    @classmethod
    def of(cls, x: Floats, z: Floats) -> GammaGammaLikelihood:
        """Return the likelihood of one spend per customer."""
        purchases, codes = distinct(x)
        return cls(purchases, codes, z, np.ones_like(z))

    @property
    def axes(self) -> Axes:
        """Where to search, and from where.

        Spends are given in units of their mean, so that p v ÷ q, close to the mean, is searched around 1
        whatever the currency. The starts: purchases that vary by 70 % of their mean; by a third, among
        customers much alike; and a tail so long that the mean hardly exists (q near 1).
        """
        starts = np.array([[0.7, 1.0, 0.0], [2.0, 2.5, 0.0], [0.0, 0.3, -1.0]])
        return Axes(NAMES, MATRIX, np.array([-7.0, -5.0, -9.0]), np.array([9.0, 9.0, 9.0]), starts)

    def thinned(self, most: int) -> GammaGammaLikelihood:
        """Return the likelihood of at most so many of the customers."""
        rows = slice(None, None, -(-len(self._z) // most))
        return GammaGammaLikelihood(self._purchases, self._codes[rows], self._z[rows], self._weights[rows])

    def evaluate(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the log-likelihood at ``p, q, v``, its gradient and its Hessian."""
        p, q, v = parameters
        x, by_x, n, w = self._purchases, self._by_x, self.customers, self._weights
        shape = p * x
        both = self._spent + v
        each = x[self._codes]
        power, log_both, less = (shape + q)[self._codes], np.log(both), w / both
        value = (
            by_x @ (gammaln(shape + q) - gammaln(shape))
            + n * (q * np.log(v) - gammaln(q))
            + p * self._logs
            - self._log_z
            - (w * power) @ log_both
        )
        gradient = np.array(
            [
                (by_x * x) @ (psi(shape + q) - psi(shape)) + self._logs - (w * each) @ log_both,
                by_x @ psi(shape + q) + n * (np.log(v) - psi(q)) - w @ log_both,
                n * q / v - less @ power,
            ]
        )
        bend = polygamma(1, shape + q)
        hessian = np.array(
            [
                [(by_x * x**2) @ (bend - polygamma(1, shape)), (by_x * x) @ bend, -(less @ each)],
                [(by_x * x) @ bend, by_x @ bend - n * polygamma(1, q), n / v - less.sum()],
                [-(less @ each), n / v - less.sum(), (less / both) @ power - n * q / v**2],
            ]
        )
        return float(value), gradient, hessian


class HeldMeanLikelihood:
    """The same log-likelihood where the mean of all customers, p v ÷ (q − 1), is 1: that of the spends given.

    Its parameters are p and the excess of q over 1; v is then excess ÷ p.

    Parameters
    ----------
    free
        The likelihood of all three parameters.
    """

    def __init__(self, free: GammaGammaLikelihood) -> None:
        self._free, self.customers = free, free.customers

    @property
    def axes(self) -> Axes:
        """Where to search, and from where: a middling, a long and a short tail."""
        starts = np.array([[0.5, 0.0], [0.0, -1.0], [2.0, 1.0]])
        return Axes(("p", "excess"), np.eye(2), np.array([-7.0, -4.0]), np.array([9.0, 9.0]), starts)

    def thinned(self, most: int) -> HeldMeanLikelihood:
        """Return the likelihood of at most so many of the customers."""
        return HeldMeanLikelihood(self._free.thinned(most))

    def evaluate(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the log-likelihood at ``p, excess``, its gradient and its Hessian, by the chain rule."""
        p, excess = parameters
        value, slope, bend = self._free.evaluate(np.array([p, 1 + excess, excess / p]))
        change = np.array([[1, 0], [0, 1], [-excess / p**2, 1 / p]])
        of_v = np.array([[2 * excess / p**3, -1 / p**2], [-1 / p**2, 0]])
        return value, change.T @ slope, change.T @ bend @ change + slope[2] * of_v
