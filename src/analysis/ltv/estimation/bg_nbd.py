"""Leaving after a purchase: the likelihoods of BG/NBD and MBG/NBD, and what they predict.

While alive, a customer buys at random at a rate λ of its own; the rates follow a gamma distribution with
shape r and rate α. It can leave only at certain moments, each time with a probability p of its own; these
follow a beta distribution with parameters a and b. In the BG/NBD (Fader, Hardie & Lee 2005) the moments are
the repeat purchases; in the MBG/NBD (Batislam, Denizel & Filiztekin 2007) the first purchase is one too, so
that one-time buyers may be gone. With ``k`` such moments so far, the likelihood of a history is

    Γ(r + x) α^r ÷ (Γ(r) (α + T)^(r + x)) × B(a, b + k) ÷ B(a, b)
        × (1 + [k > 0] a ÷ (b + k − 1) × ((α + T) ÷ (α + t_x))^(r + x)),

and one over the last factor is P(alive).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, polygamma, psi

from analysis.ltv.estimation.equal_histories import Counts, Floats
from analysis.ltv.estimation.negative_binomial import Tails
from analysis.ltv.estimation.search import Axes

NAMES = ("r", "alpha", "a", "b")
MATRIX = np.array([[1, 0, 0, 0], [1, -1, 0, 0], [0, 0, 1, -1], [0, 0, 0.5, 0.5]])
"""The axes of the search: log r; log of the mean rate; log odds of leaving; how alike customers leave."""
TAIL = 1e-13  # share of the expected purchases that may be left out of a sum
STRIDE = 16  # terms of the sum between two looks at who still needs more


class GeometricLikelihood:
    """The log-likelihood of counted histories, with gradient and Hessian.

    Parameters
    ----------
    counts
        The histories, times in units of the longest age.
    chances
        Moments to leave before the first repeat purchase: 0 in the BG/NBD, 1 in the MBG/NBD.
    """

    def __init__(self, counts: Counts, chances: int) -> None:
        self._counts, self._chances = counts, chances
        self.customers = counts.customers
        width, high = len(counts.times), len(counts.purchases)
        x = counts.purchases[counts.x]
        self._weight_by_x = np.bincount(counts.x, counts.weights, high)
        self._weight_by_t = np.bincount(counts.t, counts.weights, width)
        self._bought_by_t = np.bincount(counts.t, counts.weights * x, width)
        could = slice(int(np.searchsorted(x, 1 - chances)), None)  # rows are sorted by x
        self._x, self._weights = counts.x[could], counts.weights[could]
        self._t_x, self._t = counts.t_x[could], counts.t[could]

    @property
    def axes(self) -> Axes:
        """Where to search, and from where.

        ``r`` and ``α``, and ``a`` and ``b``, are tied together in all data: their ratio, a mean, is known far
        better than either. Along the mean and the shape the likelihood is nearly round, so that Newton's
        steps go straight. The mean rate is searched around purchases ÷ time lived, which it cannot exceed by
        much; within ±9 in logarithms lies whatever data can tell. The starts: customers who differ much and
        of whom a quarter leaves each time; who differ in pace but hardly leave; who are alike and leave at
        once or never.
        """
        counts = self._counts
        rate = np.log(counts.bought / (counts.weights @ counts.times[counts.t]))
        starts = ((-0.5, 0.3, -1.0, 0.0), (0.0, 0.0, -4.0, 0.5), (0.5, 2.0, 0.5, 1.0))
        return Axes(
            NAMES,
            MATRIX,
            np.array([-7.0, rate - 9, -12.0, -7.0]),
            np.array([7.0, rate + 9, 12.0, 7.0]),
            np.array([np.array(start) + np.array([0, rate, 0, 0]) for start in starts]),
            alike=(0, 3),
        )

    def thinned(self, most: int) -> GeometricLikelihood:
        """Return the likelihood of at most so many of the histories."""
        return GeometricLikelihood(self._counts.thinned(most), self._chances)

    def evaluate(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the log-likelihood at ``r, alpha, a, b``, its gradient and its Hessian.

        Eq. 6 of Fader, Hardie & Lee (2005), taken apart into a factor as if all were alive, whose terms
        depend on ``x`` or ``T`` alone and are summed once for each distinct value, and one for those who may
        have left. Logarithms throughout: Γ(r + x) alone overflows at 170 purchases.
        """
        first, second = self._as_if_alive(parameters), self._may_have_left(parameters)
        return first[0] + second[0], first[1] + second[1], first[2] + second[2]

    def _as_if_alive(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the terms of all factors but the last, which need no more than ``x`` or ``T`` each."""
        r, alpha, a, b = parameters
        x, by_x = self._counts.purchases, self._weight_by_x
        moments = x + self._chances
        ages = alpha + self._counts.times
        by_t, bought = self._weight_by_t, self._bought_by_t
        sums = r * by_t + bought
        value = (
            by_x @ (gammaln(r + x) + gammaln(b + moments) - gammaln(a + b + moments))
            - self.customers * (gammaln(r) - r * np.log(alpha) + gammaln(b) - gammaln(a + b))
            - sums @ np.log(ages)
        )
        both = by_x @ (psi(a + b) - psi(a + b + moments))
        gradient = np.array(
            [
                by_x @ (psi(r + x) - psi(r)) + self.customers * np.log(alpha) - by_t @ np.log(ages),
                self.customers * r / alpha - sums @ (1 / ages),
                both,
                both + by_x @ (psi(b + moments) - psi(b)),
            ]
        )
        hessian = np.zeros((4, 4))
        hessian[0, 0] = by_x @ (polygamma(1, r + x) - polygamma(1, r))
        hessian[0, 1] = hessian[1, 0] = self.customers / alpha - by_t @ (1 / ages)
        hessian[1, 1] = -self.customers * r / alpha**2 + sums @ ages**-2
        hessian[2:, 2:] = by_x @ (polygamma(1, a + b) - polygamma(1, a + b + moments))
        hessian[3, 3] += by_x @ (polygamma(1, b + moments) - polygamma(1, b))
        return float(value), gradient, hessian

    def _may_have_left(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the terms of the last factor, log(1 + exp u), u the log odds of having left."""
        r, alpha, a, b = parameters
        ages = alpha + self._counts.times
        logs, inverse = np.log(ages), 1 / ages
        base = 1 / (b + np.maximum(self._counts.purchases + self._chances - 1, 0))
        power = (r + self._counts.purchases)[self._x]
        last = base[self._x]
        by_r = logs[self._t] - logs[self._t_x]
        shift = inverse[self._t] - inverse[self._t_x]
        by_alpha = power * shift
        odds = power * by_r + np.log(a * base)[self._x]
        decay = np.exp(-np.abs(odds))
        value = self._weights @ (np.maximum(odds, 0) + np.log1p(decay))
        left = self._weights * np.where(odds > 0, 1, decay) / (1 + decay)
        spread = left * np.where(odds > 0, decay, 1) / (1 + decay)
        slopes = np.stack([by_r, by_alpha, np.broadcast_to(1 / a, by_r.shape), -last])
        gradient = slopes @ left
        hessian = (slopes * spread) @ slopes.T
        hessian[0, 1] += (bent := shift @ left)
        hessian[1, 0] += bent
        hessian[1, 1] -= (by_alpha * (inverse[self._t] + inverse[self._t_x])) @ left
        hessian[2, 2] -= left.sum() / a**2
        hessian[3, 3] += last**2 @ left
        return float(value), gradient, hessian


@dataclass(frozen=True)
class Geometric:
    """The BG/NBD (``chances`` 0) or MBG/NBD model (``chances`` 1) with known parameters.

    Attributes
    ----------
    r, alpha, a, b
        The parameters, ``alpha`` in the unit of all times; columns of them for `expected_if_alive` by many
        models at once, one row each.
    chances
        Moments to leave before the first repeat purchase.
    """

    r: float
    alpha: float
    a: float
    b: float
    chances: int

    def p_alive(self, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return the probability that each customer is still one at age ``t``."""
        moments = x + self.chances
        odds = np.log(self.a / (self.b + np.maximum(moments - 1, 0)))
        odds = odds + (self.r + x) * np.log((self.alpha + t) / (self.alpha + t_x))
        return np.where(moments > 0, expit(-odds), 1.0)

    def expected_if_alive(self, duration: Floats, x: Floats, t: Floats) -> Floats:
        """Return the purchases expected within ``duration`` of a customer alive at ``t``.

        The sum over k of the probability of at least k purchases (see `at_least`): all its terms are
        positive, so that it is exact where the closed form of the papers cancels or overflows (a = 1,
        hundreds of purchases).
        """
        share = duration / (self.alpha + t + duration)
        whole = np.broadcast_arrays(self.a, self.r + x, self.b + x + self.chances, share)
        a, power, stays, share = (part.ravel() for part in whole)
        room, still, total = Tails(power, share), np.ones_like(power), np.zeros_like(power)
        active = np.arange(len(power))
        while len(active):
            part = np.zeros_like(still)
            for _step in range(STRIDE):
                part += room.for_one_more() * still
                still = still * stays / (a + stays)
                stays = stays + 1
            total[active] += part
            more = room.left_out() * still > TAIL * total[active]
            active, still, stays, a, room = active[more], still[more], stays[more], a[more], room.of(more)
        return total.reshape(whole[0].shape)

    def at_least(self, duration: float | Floats, x: Floats, t: Floats) -> Iterator[Floats]:
        """Give the probability of at least 1, 2, 3, … purchases within ``duration``, if alive at ``t``.

        To buy so often, a customer must have time for it (see `Tails`), and not leave at one of the
        purchases before.
        """
        room = Tails(self.r + x, duration / (self.alpha + t + duration))
        stays, still = self.b + x + self.chances, np.ones_like(x)
        while True:
            yield room.for_one_more() * still
            still = still * stays / (self.a + stays)
            stays = stays + 1

    def simulate(self, random: np.random.Generator, duration: float, x: Floats, t: Floats) -> Floats:
        """Draw the purchases within ``duration`` of customers alive at ``t``."""
        rate = random.standard_gamma(self.r + x) / (self.alpha + t)
        bought = random.poisson(rate * duration)
        again = np.flatnonzero(bought > 1)  # of one purchase, it does not matter whether it is the last
        leaving = np.clip(random.beta(self.a, self.b + x[again] + self.chances), 1e-12, 1.0)
        bought[again] = np.minimum(bought[again], random.geometric(leaving))
        return bought.astype(np.float64)
