"""Leaving at any time: the likelihood of the Pareto/NBD, and what it predicts.

While alive, a customer buys at random at a rate λ of its own, and may leave at any moment at a rate μ of its
own; the rates follow gamma distributions with shapes r and s and rates α and β (Schmittlein, Morrison &
Colombo 1987). The likelihood of a history is (Fader & Hardie 2005, "A note on deriving the Pareto/NBD model")

    Γ(r + x) α^r β^s ÷ Γ(r) × (P + ∫ from t_x to T of s (α + τ)^−(r + x) (β + τ)^−(s + 1) dτ),
    P = (α + T)^−(r + x) (β + T)^−s,

and P over the bracket is P(alive). The literature writes the integral as a difference of two Gaussian
hypergeometric functions, which overflow for busy customers and have no simple derivatives by their
parameters. Here the integral itself is computed by Gaussian quadrature (see `_integrals`), its logarithm with
gradient and Hessian in one go. It is the difference of two integrals up to one time after all ages, so that
it is needed for each distinct ``(x, time)`` only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit, exprel, gammaln, polygamma, psi, roots_legendre

from analysis.ltv.estimation.equal_histories import Counts, Floats, distinct, distinct_pairs
from analysis.ltv.estimation.negative_binomial import Tails
from analysis.ltv.estimation.search import Axes

NAMES = ("r", "alpha", "s", "beta")
MATRIX = np.array([[1, 0, 0, 0], [1, -1, 0, 0], [0, 0, 1, 0], [0, 0, 1, -1]])
"""The axes of the search: log r; log of the mean rate of purchases; log s; log of that of leaving."""
UPPER = np.triu_indices(4)
FEW, MANY = (
    24,
    64,
)  # nodes, for repeat buyers and for one-time buyers, of whom there are few distinct histories
DEPTH = 38.0  # logarithm of the factor by which the integrand has sunk where it is cut off
LARGEST = 600.0  # logarithm of about the largest number there is
BEYOND = 1.02  # a time after all ages, in units of the longest
BLOCK = 1_024  # integrals computed at a time, so that their nodes stay in the processor's cache


@cache
def _legendre(size: int) -> tuple[Floats, Floats]:
    """Return nodes and weights for ∫ f(y) dy from 0 to 1."""
    nodes, weights = roots_legendre(size)
    return (nodes + 1) / 2, weights / 2


@dataclass(frozen=True)
class _Integrals:
    """Integrals of s (α + τ)^−m (β + τ)^−(s + 1), one per row.

    Attributes
    ----------
    log
        Their logarithms.
    slope
        Gradient of the logarithm by r, α, s, β; four columns. Empty where not asked for.
    bend
        Hessian of the integral ÷ the integral; the ten columns of its upper triangle. Empty likewise.
    """

    log: Floats
    slope: Floats
    bend: Floats


def _integrals(
    parameters: Floats, x: Floats, start: Floats, end: Floats, size: int, *, slopes: bool = True
) -> _Integrals:
    """Integrate from ``start`` to ``end`` by Gauss and Legendre's rule, in the logarithm of the time passed.

    How fast the integrand sinks changes over times of very different lengths, from the shortest there is to
    the whole range; so the time u since ``start`` is substituted by y = log(1 + u ÷ shortest), in which all
    of them have a width of about 1, and what lies beyond a factor of exp(−38) is cut off.

    Parameters
    ----------
    parameters
        r, α, s, β.
    x, start, end
        Repeat purchases and limits of each integral.
    size
        Nodes.
    slopes
        Whether derivatives are wanted.
    """
    parts = [
        _block(parameters, x[rows], start[rows], end[rows], size, slopes=slopes)
        for rows in (slice(at, at + BLOCK) for at in range(0, max(len(x), 1), BLOCK))
    ]
    return _Integrals(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _block(
    parameters: Floats, x: Floats, start: Floats, end: Floats, size: int, *, slopes: bool
) -> tuple[Floats, Floats, Floats]:
    r, alpha, s, beta = parameters
    power, buying, leaving = r + x, alpha + start, beta + start
    shortest = np.minimum(np.minimum(buying, leaving), 1 / (power / buying + (s + 1) / leaving))
    sunk = np.expm1(np.minimum(DEPTH / power, LARGEST))
    over = np.minimum(buying * sunk, leaving * np.expm1(DEPTH / (s + 1)))
    width = np.log1p(np.minimum(end - start, over) / shortest)
    nodes, weights = _legendre(size)
    y = width[:, None] * nodes
    passed = shortest[:, None] * np.expm1(y)
    log_a, log_b = np.log1p(passed / buying[:, None]), np.log1p(passed / leaving[:, None])
    terms = weights * np.exp(y - power[:, None] * log_a - (s + 1) * log_b)
    total = terms.sum(axis=1)
    first = np.log(s * shortest * width) - power * np.log(buying) - (s + 1) * np.log(leaving)
    log = first + np.log(total)
    if not slopes:
        return log, np.empty((len(x), 0)), np.empty((len(x), 0))
    terms /= total[:, None]
    a, b = 1 / (buying[:, None] + passed), 1 / (leaving[:, None] + passed)
    # slopes of the integrand's logarithm: -log(α + τ), -(r + x) a, 1 / s - log(β + τ), -(s + 1) b
    log_a += np.log(buying)[:, None]
    log_b += np.log(leaving)[:, None] - 1 / s
    base = (log_a, a, log_b, b)
    weighted = [terms * each for each in base]
    factor = -np.stack([np.ones_like(x), power, np.ones_like(x), np.full_like(x, s + 1)], axis=1)
    slope = np.stack([each.sum(axis=1) for each in weighted], axis=1)
    bend = np.stack(
        [np.einsum("ij,ij->i", weighted[i], base[j]) for i, j in zip(*UPPER, strict=True)], axis=1
    )
    bend *= factor[:, UPPER[0]] * factor[:, UPPER[1]]
    bend[:, 1] -= slope[:, 1]
    bend[:, 4] *= 1 + 1 / power
    bend[:, 7] -= 1 / s**2
    bend[:, 8] -= slope[:, 3]
    bend[:, 9] *= 1 + 1 / (s + 1)
    return log, slope * factor, bend


class ParetoLikelihood:
    """The log-likelihood of counted histories, with gradient and Hessian.

    Parameters
    ----------
    counts
        The histories, times in units of the longest age.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self.customers = counts.customers
        x = counts.purchases[counts.x]
        repeat = slice(int(np.searchsorted(x, 1)), None)  # rows are sorted by x
        last, age = counts.times[counts.t_x[repeat]], counts.times[counts.t[repeat]]
        both = np.concatenate([x[repeat], x[repeat]])
        self._x, self._time, places = distinct_pairs(both, np.concatenate([last, age]))
        self._from, self._to = np.split(places, 2)
        self._bought, self._repeat_age = x[repeat], age
        self._weights = counts.weights[repeat]
        self._once_age = counts.times[counts.t[: repeat.start]]
        self._once_weights = counts.weights[: repeat.start]
        self._weight_by_x = np.bincount(counts.x, counts.weights, len(counts.purchases))

    @property
    def axes(self) -> Axes:
        """Where to search, and from where.

        As in the BG/NBD along shapes and means, the mean rate of leaving around one leaver per time lived.
        The starts: customers who differ much in both; who hardly leave; who are all alike.
        """
        counts = self._counts
        lived = counts.weights @ counts.times[counts.t]
        rate, leaving = np.log(counts.bought / lived), np.log(counts.customers / lived)
        starts = ((-0.5, 0.3, -0.5, 0.0), (0.0, 0.0, -1.0, -3.0), (0.0, 2.0, 0.0, 2.0))
        return Axes(
            NAMES,
            MATRIX,
            np.array([-7.0, rate - 9, -7.0, -12.0]),
            np.array([7.0, rate + 9, 7.0, 12.0]),
            np.array([np.array(start) + np.array([0, rate, 0, leaving]) for start in starts]),
            alike=(0, 2),
        )

    def thinned(self, most: int) -> ParetoLikelihood:
        """Return the likelihood of at most so many of the histories."""
        return ParetoLikelihood(self._counts.thinned(most))

    def evaluate(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the log-likelihood at ``r, alpha, s, beta``, its gradient and its Hessian."""
        parts = (self._of_all(parameters), self._of_one_time(parameters), self._of_repeat(parameters))
        return tuple(sum(part[i] for part in parts) for i in range(3))  # type: ignore[return-value]

    def _of_all(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the terms before the bracket."""
        r, alpha, s, beta = parameters
        x, by_x, n = self._counts.purchases, self._weight_by_x, self.customers
        value = by_x @ (gammaln(r + x) - gammaln(r)) + n * (r * np.log(alpha) + s * np.log(beta))
        gradient = np.array(
            [by_x @ (psi(r + x) - psi(r)) + n * np.log(alpha), n * r / alpha, n * np.log(beta), n * s / beta]
        )
        hessian = np.diag(
            [by_x @ (polygamma(1, r + x) - polygamma(1, r)), -n * r / alpha**2, 0, -n * s / beta**2]
        )
        hessian[0, 1] = hessian[1, 0] = n / alpha
        hessian[2, 3] = hessian[3, 2] = n / beta
        return float(value), gradient, hessian

    def _of_one_time(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the logarithm of the bracket of those who bought once."""
        zero = np.zeros_like(self._once_age)
        gone = _integrals(parameters, zero, zero, self._once_age, MANY)
        alive = _alive(parameters, zero, self._once_age)
        log, share = _log_sum(alive.log, gone.log)
        still = 1 - share
        slope = still[:, None] * alive.slope + share[:, None] * gone.slope
        weights = self._once_weights
        second = (weights * still) @ alive.bend + (weights * share) @ gone.bend
        return float(weights @ log), weights @ slope, _symmetric(second) - (slope.T * weights) @ slope

    def _of_repeat(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the logarithm of the bracket of those who bought again."""
        end = np.full_like(self._time, BEYOND * self._counts.times[-1])
        rest = _integrals(parameters, self._x, self._time, end, FEW)
        alive = _alive(parameters, self._bought, self._repeat_age)
        less = -np.exp(rest.log[self._to] - alive.log)
        odds = rest.log[self._from] - alive.log
        log = np.logaddexp(np.log1p(less), odds)
        still, added = np.exp(-log), np.exp(odds - log)
        taken = less * still
        slope = (
            still[:, None] * alive.slope
            + added[:, None] * rest.slope[self._from]
            + taken[:, None] * rest.slope[self._to]
        )
        weights = self._weights
        pairs = np.bincount(self._from, weights * added, len(end)) + np.bincount(
            self._to, weights * taken, len(end)
        )
        second = (weights * still) @ alive.bend + pairs @ rest.bend
        value = weights @ (alive.log + log)
        return float(value), weights @ slope, _symmetric(second) - (slope.T * weights) @ slope


@dataclass(frozen=True)
class ParetoNbd:
    """The Pareto/NBD model with known parameters.

    Attributes
    ----------
    r, alpha, s, beta
        The parameters, ``alpha`` and ``beta`` in the unit of all times.
    """

    r: float
    alpha: float
    s: float
    beta: float

    def p_alive(self, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return the probability that each customer is still one at age ``t``."""
        x, t_x, t = (part.ravel() for part in np.broadcast_arrays(x, t_x, t))
        log_odds = np.empty(len(x))
        again = x > 0
        with np.errstate(divide="ignore"):  # where no time has passed, the logarithm is that of 0
            log_odds[~again] = self._gone_once(t[~again])
            log_odds[again] = self._gone_repeat(x[again], t_x[again], t[again])
        return np.asarray(expit(-log_odds))

    def _gone_once(self, t: Floats) -> Floats:
        """Return the log odds of having left, of those who bought once."""
        ages, places = distinct(t)
        zero = np.zeros_like(ages)
        gone = _integrals(self._parameters, zero, zero, ages, MANY, slopes=False)
        return (gone.log - _alive(self._parameters, zero, ages).log)[places]

    def _gone_repeat(self, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return the log odds of having left, of those who bought again."""
        pair_x, time, places = distinct_pairs(np.concatenate([x, x]), np.concatenate([t_x, t]))
        end = np.full_like(time, BEYOND * time.max(initial=0))
        rest = _integrals(self._parameters, pair_x, time, end, FEW, slopes=False)
        alive = _alive(self._parameters, x, t).log
        start, stop = rest.log[places[: len(x)]], rest.log[places[len(x) :]]
        share = np.maximum(-np.expm1(np.minimum(stop - start, 0)), 0)
        return np.asarray(np.log(share) + start - alive, np.float64)

    @property
    def _parameters(self) -> Floats:
        return np.array([self.r, self.alpha, self.s, self.beta])

    def expected_if_alive(self, duration: Floats, x: Floats, t: Floats) -> Floats:
        """Return the purchases expected within ``duration`` of a customer alive at ``t``.

        The mean rate (r + x) ÷ (α + T) times the time it is expected to stay (eq. 41 of the note by Fader
        and Hardie), written so that s = 1 is no exception.
        """
        return (self.r + x) / (self.alpha + t) * self._stay(duration, t)

    def _stay(self, duration: Floats, t: Floats) -> Floats:
        """Return ∫ from 0 to ``duration`` of the probability of still being there, if alive at ``t``."""
        passed = np.log1p(duration / (self.beta + t))
        return np.asarray((self.beta + t) * passed * exprel((1 - self.s) * passed), np.float64)

    def at_least(self, duration: float | Floats, x: Floats, t: Floats) -> Iterator[Floats]:
        """Give the probability of at least 1, 2, 3, … purchases within ``duration``, if alive at ``t``.

        What there is time for (see `Tails`) up to the moment the customer leaves, averaged over that moment
        by Gauss and Legendre's rule.
        """
        nodes, weights = _legendre(FEW)
        longest = np.log1p(duration / (self.beta + t))
        y = longest * nodes[:, None]
        stays = (self.beta + t) * np.expm1(y)
        chances = weights[:, None] * longest * self.s * np.exp(-self.s * y)
        power = np.broadcast_to(self.r + x, stays.shape)
        leaves, remains = Tails(power, stays / (self.alpha + t + stays)), np.exp(-self.s * longest)
        whole = Tails(self.r + x, duration / (self.alpha + t + duration))
        while True:
            yield (chances * leaves.for_one_more()).sum(axis=0) + remains * whole.for_one_more()

    def simulate(self, random: np.random.Generator, duration: float, x: Floats, t: Floats) -> Floats:
        """Draw the purchases within ``duration`` of customers alive at ``t``."""
        rate = random.standard_gamma(self.r + x) / (self.alpha + t)
        leaving = random.standard_gamma(self.s, len(x)) / (self.beta + t)
        with np.errstate(divide="ignore", over="ignore"):
            stays = np.minimum(random.standard_exponential(len(x)) / leaving, duration)
        return random.poisson(rate * stays).astype(np.float64)


def _alive(parameters: Floats, x: Floats, t: Floats) -> _Integrals:
    """Return P with its derivatives, in the form of the integrals."""
    r, alpha, s, beta = parameters
    power, a, b = r + x, 1 / (alpha + t), 1 / (beta + t)
    log_a, log_b = np.log(alpha + t), np.log(beta + t)
    slope = np.stack([-log_a, -power * a, -log_b, -s * b], axis=1)
    bend = slope[:, UPPER[0]] * slope[:, UPPER[1]]
    bend[:, 1] -= a
    bend[:, 4] += power * a**2
    bend[:, 8] -= b
    bend[:, 9] += s * b**2
    return _Integrals(-power * log_a - s * log_b, slope, bend)


def _log_sum(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return the logarithm of a sum, of two logarithms, and the share of the second in it."""
    log = np.logaddexp(first, second)
    return log, np.exp(second - log)


def _symmetric(upper: Floats) -> Floats:
    """Return the matrix of which the upper triangle is given."""
    matrix = np.zeros((4, 4))
    matrix[UPPER] = upper
    return matrix + np.triu(matrix, 1).T
