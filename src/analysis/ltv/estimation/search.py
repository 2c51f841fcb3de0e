"""The search for the parameters under which the data are most likely, and for how well they are determined.

All models are fitted on the logarithms of their parameters, along axes that mean something by themselves (a
mean rate; how alike customers are), and within bounds: data in which nobody seems to leave, or all buy at
one pace, have their optimum at the edge, where it can be named, instead of nowhere.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from analysis.ltv.estimation.equal_histories import Floats
from analysis.ltv.estimation.profile_likelihood import Ridge, asymptotic, root

FIRST_LOOK = 2_000  # distinct histories among which the search starts
SETTLED = 1e-8  # log-likelihood that a Newton step may still promise at the optimum
LONGEST_STEP = 1.5  # along an axis, in units of the logarithm
STEPS = 60
VAGUE = 0.4  # a standard error along an axis from which on its ends are tried too
INDIFFERENT = 1.92  # log-likelihood by which an end may be worse and still be as good (95 %)
STRIDE = 0.5  # along an axis that the data leave open, between two looks at the likelihood
UNLIKELY = 6.0  # log-likelihood below the optimum from which on nothing is looked at


@dataclass(frozen=True)
class Axes:
    """Where to search for the logarithms of the parameters.

    Attributes
    ----------
    names
        The parameters.
    matrix
        From their logarithms to the positions along the axes.
    low, high
        Bounds of the positions.
    starts
        Where to start, one row each.
    alike
        Axes that say how alike customers are: logarithms of the shape of a distribution between them, whose
        standard deviation is about 1 ÷ √shape of its mean.
    """

    names: tuple[str, ...]
    matrix: Floats
    low: Floats
    high: Floats
    starts: Floats
    alike: tuple[int, ...] = ()

    def parameters(self, position: Floats) -> dict[str, float]:
        """Return the parameters at a position, by name."""
        values = np.exp(np.linalg.solve(self.matrix, position))
        return {name: float(value) for name, value in zip(self.names, values, strict=True)}


class Likelihood(Protocol):
    """A log-likelihood of counted data."""

    customers: float

    @property
    def axes(self) -> Axes:
        """Where to search."""

    def thinned(self, most: int) -> Likelihood:
        """Return the likelihood of a part of the data."""

    def evaluate(self, parameters: Floats) -> tuple[float, Floats, Floats]:
        """Return the log-likelihood, its gradient and its Hessian."""


@dataclass(frozen=True)
class Fit:
    """A maximum of a likelihood.

    Attributes
    ----------
    axes
        Along which the search went.
    position
        Of the optimum along the axes.
    log_likelihood
        There.
    spread
        Asymptotic covariance of the position; 0 along axes on the edge.
    on_edge
        Axes at one of their bounds: −1 the lower, 1 the upper, 0 neither.
    loose
        Axes along which the data do not determine the position: on the edge, or not clearly away from it.
    ridge
        The way along the one most open of these; None where there are none.
    """

    axes: Axes
    position: Floats
    log_likelihood: float
    spread: Floats
    on_edge: tuple[int, ...]
    loose: tuple[bool, ...]
    ridge: Ridge | None = None

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by name, in the units of the likelihood."""
        return self.axes.parameters(self.position)

    @property
    def covariance(self) -> Floats:
        """Asymptotic covariance of the logarithms of the parameters."""
        back = np.linalg.inv(self.axes.matrix)
        return np.asarray(back @ self.spread @ back.T)

    def draws(self, random: np.random.Generator, size: int) -> list[dict[str, float]]:
        """Draw parameters as uncertain as they are, within the bounds.

        From their asymptotic distribution, normal along the axes. Where the data leave an axis open, by the
        likelihood along it, and normal along the others. Beforehand all places on it are as likely; on one
        of how alike customers are, all standard deviations between them (Gelman 2006, "Prior distributions
        for variance parameters in hierarchical models", Bayesian Analysis 1).
        """
        if self.ridge is not None:
            drawn = self.ridge.draws(random, size)
        else:
            chance = random.standard_normal((size, len(self.position)))
            drawn = self.position + chance @ root(self.spread).T
        return [self.axes.parameters(np.clip(one, self.axes.low, self.axes.high)) for one in drawn]


def fit_of(kept: Mapping[str, Any] | None) -> Fit | None:
    """Return a fit as it was, from the lists and mappings that JSON makes of it; see `computed`."""
    if kept is None:
        return None
    axes, ridge = kept["axes"], kept["ridge"]
    arrays = {name: np.array(axes[name]) for name in ("matrix", "low", "high", "starts")}
    return Fit(
        Axes(tuple(axes["names"]), **arrays, alike=tuple(axes["alike"])),
        np.array(kept["position"]),
        kept["log_likelihood"],
        np.array(kept["spread"]),
        tuple(kept["on_edge"]),
        tuple(kept["loose"]),
        ridge and Ridge(**{name: np.array(part) for name, part in ridge.items()}),
    )


@dataclass(frozen=True)
class _Point:
    """The mean log-likelihood per customer, negative, at a position along the axes."""

    position: Floats
    value: float
    gradient: Floats
    hessian: Floats
    settled: bool = False


class _Surface:
    """The negative mean log-likelihood as a function of the position along the axes."""

    def __init__(self, likelihood: Likelihood) -> None:
        self._likelihood = likelihood
        self.axes, self.customers = likelihood.axes, likelihood.customers
        self._back = np.linalg.inv(self.axes.matrix)

    def at(self, position: Floats) -> _Point:
        """Return value, gradient and Hessian at a position."""
        parameters = np.exp(self._back @ position)
        with np.errstate(all="ignore"):  # on the way to the optimum, values overflow; they are refused
            value, gradient, hessian = self._likelihood.evaluate(parameters)
        by_log = parameters * gradient  # chain rule: derivatives by the logarithms, then along the axes
        bent = parameters[:, None] * hessian * parameters + np.diag(by_log)
        scale = -1 / self._likelihood.customers
        gradient, hessian = self._back.T @ by_log * scale, self._back.T @ bent @ self._back * scale
        if not (np.isfinite(value) and np.isfinite(gradient).all() and np.isfinite(hessian).all()):
            return _Point(position, np.inf, np.zeros_like(position), np.eye(len(position)))
        return _Point(position, value * scale, gradient, hessian)

    def free(self, point: _Point) -> npt.NDArray[np.bool_]:
        """Return the axes along which the search may still go down, not held by a bound."""
        at_low = (point.position <= self.axes.low) & (point.gradient > 0)
        at_high = (point.position >= self.axes.high) & (point.gradient < 0)
        return ~(at_low | at_high)

    def between(self, low: Floats, high: Floats) -> _Surface:
        """Return the surface within other bounds."""
        narrower = copy.copy(self)
        narrower.axes = replace(self.axes, low=low, high=high)
        return narrower

    def inside(self, position: Floats) -> Floats:
        """Return the nearest position within the bounds."""
        return np.clip(position, self.axes.low, self.axes.high)


def maximise(likelihood: Likelihood) -> Fit | None:
    """Find the parameters under which the data are most likely.

    From several starts, Newton's method with exact second derivatives looks for optima on a part of the
    data, and goes on from there on all of them. Where it does not settle, L-BFGS-B takes over, and after it
    Nelder and Mead's method, which needs no derivatives.

    Parameters
    ----------
    likelihood
        What is to be as high as can be.

    Returns
    -------
    Fit or None
        None where no search settled on an optimum.
    """
    whole = _Surface(likelihood)
    starts = _candidates(_Surface(likelihood.thinned(FIRST_LOOK)))
    found = [_descend(whole, start, SETTLED) for start in starts]
    settled = [point for point in found if point.settled]
    if not settled:
        return None
    best = min(settled, key=lambda point: point.value)
    fit = _fit(whole, best)
    return replace(fit, ridge=_ridge(whole, best, fit)) if any(fit.loose) else fit


def _candidates(part: _Surface) -> list[Floats]:
    """Return where to go on from: the best optimum on part of the data, and others nearly as good."""
    found = [_descend(part, start, tolerance=1e-3) for start in part.axes.starts]
    found.sort(key=lambda point: point.value)
    kept: list[Floats] = []
    for point in found:
        near = any(np.abs(point.position - other).max() < 0.5 for other in kept)
        if np.isfinite(point.value) and not near and point.value < found[0].value + 1e-3:
            kept.append(point.position)
    return kept or list(part.axes.starts)


def _descend(surface: _Surface, start: Floats, tolerance: float) -> _Point:
    """Search by Newton's method; where it does not settle, by L-BFGS-B, and then by Nelder and Mead's."""
    point = newton(surface, start, tolerance)
    if point.settled:
        return point
    point = newton(surface, _quasi_newton(surface, start).position, tolerance)
    if point.settled:
        return point
    found = minimize(
        lambda position: min(surface.at(surface.inside(position)).value, 1e10),
        point.position,
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-12, "maxiter": 4_000, "maxfev": 4_000},
    )
    return newton(surface, surface.inside(found.x), tolerance)


def _quasi_newton(surface: _Surface, start: Floats) -> _Point:
    """Look for an optimum with L-BFGS-B, which is safe far from it."""

    def objective(position: Floats) -> tuple[float, Floats]:
        point = surface.at(position)
        return (point.value, point.gradient) if np.isfinite(point.value) else (1e10, point.gradient)

    found = minimize(
        objective,
        surface.inside(start),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(surface.axes.low, surface.axes.high, strict=True)),
        options={"ftol": 1e-9, "gtol": 1e-5, "maxiter": 500},
    )
    return surface.at(found.x)


def newton(surface: _Surface, start: Floats, tolerance: float) -> _Point:
    """Go down by Newton's method within the bounds, until a step promises nothing any more.

    The log-likelihood of all customers, not the size of a gradient, says when: a further step would gain
    less than ``tolerance``. Gradients have units and grow with the number of customers; a gain of 1e-8 in
    log-likelihood is nothing in every portfolio.
    """
    customers = surface.customers
    point = surface.at(surface.inside(start))
    for _step in range(STEPS):
        if not np.isfinite(point.value):
            return point
        free = surface.free(point)
        gradient = np.where(free, point.gradient, 0)
        direction, gain = _direction(point.hessian, gradient, free)
        enough = tolerance + 1e-13 * abs(point.value) * customers  # sums are not more exact than that
        if gain * customers < enough:
            lower = _off_the_saddle(surface, point, free, enough / customers)
        else:
            lower = _line_search(surface, point, direction, gradient)
        if lower is None:
            return replace(point, settled=gain * customers < 1e3 * enough)
        point = lower
    return point


def _direction(hessian: Floats, gradient: Floats, free: npt.NDArray[np.bool_]) -> tuple[Floats, float]:
    """Return Newton's step down and what it promises to gain, along directions that are not held."""
    direction = np.zeros_like(gradient)
    values, vectors = np.linalg.eigh(hessian[np.ix_(free, free)])
    bend = np.maximum(np.abs(values), 1e-9)
    along = vectors.T @ gradient[free]
    direction[free] = -vectors @ (along / bend)
    gain = float((along**2 / bend).sum() / 2)
    return direction / max(1.0, np.abs(direction).max() / LONGEST_STEP), gain


def _line_search(surface: _Surface, point: _Point, direction: Floats, gradient: Floats) -> _Point | None:
    """Return a point further down, or None where there is none to be found."""
    for halving in range(30):
        step = surface.inside(point.position + direction / 2**halving) - point.position
        ahead = surface.at(point.position + step)
        if ahead.value <= point.value + 1e-4 * min(float(gradient @ step), 0) and ahead.value < point.value:
            return ahead
    return None


def _off_the_saddle(
    surface: _Surface, point: _Point, free: npt.NDArray[np.bool_], enough: float
) -> _Point | None:
    """Return a point further down where the surface is level but bends down, or None: an optimum."""
    values, vectors = np.linalg.eigh(point.hessian[np.ix_(free, free)])
    if not len(values) or values[0] >= 0:
        return None
    direction = np.zeros_like(point.position)
    direction[free] = vectors[:, 0]
    for step in (1.0, -1.0, 0.1, -0.1):
        ahead = surface.at(surface.inside(point.position + step * direction))
        if ahead.value < point.value - enough:
            return ahead
    return None


def _fit(surface: _Surface, point: _Point) -> Fit:
    """Return the parameters at an optimum, and how well they are determined.

    By the inverse of the observed information (the Hessian); along an axis on which that is wide, the ends
    are tried too, since the likelihood there is anything but a parabola.
    """
    axes, customers = surface.axes, surface.customers
    margin = 1e-6
    at_edge = np.where(point.position >= axes.high - margin, 1, 0) - (point.position <= axes.low + margin)
    free = at_edge == 0
    covariance = asymptotic(point.hessian * customers, free)
    vague = np.sqrt(np.diag(covariance)) > VAGUE
    loose = [
        not inside or (wide and _reaches_an_end(surface, point, axis))
        for axis, (inside, wide) in enumerate(zip(free, vague, strict=True))
    ]
    return Fit(
        axes,
        point.position,
        -point.value * customers,
        covariance,
        tuple(int(edge) for edge in at_edge),
        tuple(bool(axis) for axis in loose),
    )


def _reaches_an_end(surface: _Surface, point: _Point, axis: int) -> bool:
    """Say whether the likelihood stays about as high up to an end of an axis, along the best of all ways."""
    for end in (surface.axes.high[axis], surface.axes.low[axis]):
        pinned = np.where(np.arange(len(point.position)) == axis, end, np.nan)
        low, high = (np.where(np.isnan(pinned), b, pinned) for b in (surface.axes.low, surface.axes.high))
        there = newton(surface.between(low, high), point.position, 1e-2)
        if there.settled and (there.value - point.value) * surface.customers < INDIFFERENT:
            return True
    return False


def _ridge(surface: _Surface, best: _Point, fit: Fit) -> Ridge:
    """Follow the likelihood along the most open axis both ways, until it is too low to matter."""
    wide = np.where(fit.on_edge, np.inf, np.diag(fit.spread))
    axis = int(np.argmax(np.where(fit.loose, wide, -1)))
    found = [best]
    for way in (1, -1):
        point = best
        while (point.value - best.value) * surface.customers < UNLIKELY:
            place = point.position[axis] + way * STRIDE
            if not surface.axes.low[axis] <= place <= surface.axes.high[axis]:
                break
            pinned = np.arange(len(point.position)) == axis
            low, high = (np.where(pinned, place, bound) for bound in (surface.axes.low, surface.axes.high))
            point = newton(surface.between(low, high), point.position, 1e-2)
            found.append(point)
    found.sort(key=lambda point: float(point.position[axis]))
    customers, spreads = surface.customers, []
    for point in found:
        free = surface.free(point) & (np.arange(len(point.position)) != axis)
        spreads.append(asymptotic(point.hessian * customers, free))
    positions = np.stack([point.position for point in found])
    chances = np.exp([(best.value - point.value) * customers for point in found])
    if axis in surface.axes.alike:
        chances *= np.exp(-positions[:, axis] / 2)  # flat in 1 ÷ √shape
    return Ridge(positions, np.stack(spreads), chances / chances.sum())
