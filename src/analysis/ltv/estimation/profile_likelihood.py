"""How uncertain the parameters of an optimum are: normal around it, or along a ridge that has no end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.ltv.estimation.equal_histories import Floats


@dataclass(frozen=True)
class Ridge:
    """The way along the axis that the data leave most open: there the likelihood is anything but normal.

    Attributes
    ----------
    positions
        The best position for each place on the axis, one row each, in their order.
    spreads
        Asymptotic covariance of the other axes at each; 0 along this one.
    chances
        How likely each is, adding up to 1.
    """

    positions: Floats
    spreads: Floats
    chances: Floats

    def draws(self, random: np.random.Generator, size: int) -> Floats:
        """Draw positions: a place between two of the ridge, then the other axes around the best one there."""
        at = random.choice(len(self.chances), size, p=self.chances)
        to = np.clip(at + random.choice([-1, 1], size), 0, len(self.chances) - 1)
        share = random.random((size, 1)) / 2
        middle: Floats = (1 - share) * self.positions[at] + share * self.positions[to]
        roots = np.stack([root(spread) for spread in self.spreads])
        around: Floats = np.einsum("dij,dj->di", roots[at], random.standard_normal(middle.shape))
        return middle + around


def root(covariance: Floats) -> Floats:
    """Return a matrix that gives independent numbers this covariance."""
    values, vectors = np.linalg.eigh(covariance)
    found: Floats = vectors * np.sqrt(np.maximum(values, 0))
    return found


def asymptotic(hessian: Floats, free: npt.NDArray[np.bool_]) -> Floats:
    """Return the asymptotic covariance along the free axes; 0 along the others."""
    values, vectors = np.linalg.eigh(hessian[np.ix_(free, free)])
    inverse = 1 / np.maximum(values, 1 / 30)  # a flat direction is as uncertain as the bounds are wide
    covariance = np.zeros_like(hessian)
    covariance[np.ix_(free, free)] = (vectors * inverse) @ vectors.T
    return covariance
