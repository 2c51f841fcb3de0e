"""The search for an optimum: on surfaces with one that is known, and on some that have none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from analysis.ltv.estimation.search import Axes, maximise

Surface = Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]


@dataclass
class Stub:
    """A log-likelihood that is what it is told to be, of the logarithms of two parameters."""

    surface: Surface
    starts: tuple[tuple[float, float], ...] = ((0.0, 0.0), (2.0, -2.0))
    low: float = -5.0
    customers: float = 1000.0
    alike: tuple[int, ...] = ()

    @property
    def axes(self) -> Axes:
        return Axes(
            ("one", "two"),
            np.eye(2),
            np.full(2, self.low),
            np.full(2, 5.0),
            np.array(self.starts, float),
            self.alike,
        )

    def thinned(self, most: int) -> Stub:
        return self

    def evaluate(self, parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Return what the surface says of the logarithms, as derivatives by the parameters."""
        value, slope, bend = self.surface(np.log(parameters))
        gradient = slope / parameters
        return value, gradient, bend / np.outer(parameters, parameters) - np.diag(gradient / parameters)


def hill(z: np.ndarray, top: tuple[float, float] = (0.5, -1.5)) -> tuple[float, np.ndarray, np.ndarray]:
    bend = -np.array([[3.0, 1.0], [1.0, 2.0]]) * 100
    away = z - top
    return float(away @ bend @ away / 2), bend @ away, bend


def test_top_of_a_hill_and_its_spread() -> None:
    fit = maximise(Stub(hill))
    assert fit is not None
    assert np.log(list(fit.parameters.values())) == pytest.approx([0.5, -1.5], abs=1e-6)
    assert fit.log_likelihood == pytest.approx(0, abs=1e-8)
    np.testing.assert_allclose(fit.covariance, np.linalg.inv([[300, 100], [100, 200]]), rtol=1e-6)
    assert fit.loose == (False, False)


def test_draws_follow_the_spread_and_stay_within_bounds() -> None:
    fit = maximise(Stub(lambda z: tuple(part / 200 for part in hill(z))))  # type: ignore[arg-type,return-value]
    assert fit is not None
    drawn = np.log([list(one.values()) for one in fit.draws(np.random.default_rng(1), 4000)])
    assert drawn.min() >= -5
    assert drawn.mean(axis=0) == pytest.approx([0.5, -1.5], abs=0.1)
    np.testing.assert_allclose(np.cov(drawn.T), fit.covariance, rtol=0.15)


def test_top_outside_the_bounds_is_found_at_the_edge() -> None:
    fit = maximise(Stub(lambda z: hill(z, (0.5, -9.0))))
    assert fit is not None
    assert fit.position[1] == -5
    # along the edge: 3 (z - 0.5) + (-5 + 9) = 0
    assert fit.position[0] == pytest.approx(0.5 - 4 / 3, abs=1e-6)
    assert fit.on_edge == (0, -1)
    assert fit.loose == (False, True)
    assert fit.spread[1].tolist() == [0, 0]


def test_flat_ridge_is_loose() -> None:
    """Only the first position matters: the second may be anything."""
    bend = np.diag([-100.0, 0.0])
    fit = maximise(Stub(lambda z: (-50 * (z[0] - 1) ** 2, bend @ (z - 1), bend)))
    assert fit is not None
    assert fit.position[0] == pytest.approx(1)
    assert fit.loose == (False, True)


def plateau(z: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Rise steeply along the second axis up to 0, and stay level from there; the ridge bends by 0.1."""
    below, away = min(z[1], 0), z[0] - 1 - 0.1 * z[1]
    by_one = -100 * away
    slope = np.array([by_one, -0.1 * by_one - 8 * below])
    bend = -np.array([[100, -10], [-10, 1 + 8 * (z[1] < 0)]])
    return -50 * away**2 - 4 * below**2, slope, bend


def test_draws_along_a_plateau_follow_the_likelihood() -> None:
    fit = maximise(Stub(plateau, starts=((0.0, 1.0),)))
    assert fit is not None
    assert fit.loose == (False, True)
    one, two = np.log([list(each.values()) for each in fit.draws(np.random.default_rng(1), 20_000)]).T
    # by hand: level over 5, then half a normal distribution with deviation 1 / √8, on 0.443
    assert (two < 0).mean() == pytest.approx(0.443 / 5.443, abs=0.02)
    assert two.min() > -2
    level = two[two > 0.5]
    assert np.histogram(level, 4, (0.5, 4.5))[0] / len(level) == pytest.approx([4 / 4.5 / 4] * 4, abs=0.02)
    assert (one - 1 - 0.1 * two).std() == pytest.approx(0.1, rel=0.05)


def test_deviations_between_customers_are_as_likely_beforehand() -> None:
    """On an axis of how alike they are, twice the shape is √2 times less likely."""
    fit = maximise(Stub(plateau, starts=((0.0, 1.0),), alike=(1,)))
    assert fit is not None
    two = np.log([each["two"] for each in fit.draws(np.random.default_rng(1), 20_000)])
    # by hand: between 1 and 2, and 3 and 4, e^(-1/2) - e^-1 and e^(-3/2) - e^-2
    counts = np.histogram(two, [1, 2, 3, 4])[0]
    assert counts[2] / counts[0] == pytest.approx(np.exp(-1), rel=0.1)


def test_the_higher_of_two_tops_is_taken() -> None:
    def two(z: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        # the product of two bowls, tilted: tops near -2 (lower) and 2 (higher)
        away, across = z[0] ** 2 - 4, z[1]
        value = -10 * away**2 + 20 * z[0] - 50 * across**2
        slope = np.array([-40 * away * z[0] + 20, -100 * across])
        return value, slope, np.diag([-120 * z[0] ** 2 + 160, -100.0])

    fit = maximise(Stub(two, starts=((-2.5, 0.5), (0.7, -0.5))))
    assert fit is not None
    assert fit.position[0] == pytest.approx(2, abs=0.1)


def test_a_saddle_is_not_an_optimum() -> None:
    """The search starts where the surface is level, between two tops."""

    def saddle(z: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        slope = np.array([-400 * z[0] * (z[0] ** 2 - 1), -100 * z[1]])
        bend = np.diag([-1200 * z[0] ** 2 + 400, -100.0])
        return -100 * (z[0] ** 2 - 1) ** 2 - 50 * z[1] ** 2, slope, bend

    fit = maximise(Stub(saddle, starts=((0.0, 0.0),)))
    assert fit is not None
    assert abs(fit.position[0]) == pytest.approx(1, abs=1e-4)


def test_where_newtons_method_fails_another_goes_on() -> None:
    """A curved valley, with second derivatives that are no help."""

    def valley(z: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        off = z[1] - z[0] ** 2
        value = -1e5 * off**2 - 1e3 * (1 - z[0]) ** 2
        return value, np.array([4e5 * off * z[0] + 2e3 * (1 - z[0]), -2e5 * off]), -1e6 * np.eye(2)

    fit = maximise(Stub(valley))
    assert fit is not None
    assert fit.position == pytest.approx([1, 1], abs=1e-3)


def test_no_optimum_is_none() -> None:
    assert maximise(Stub(lambda z: (np.nan, z, np.eye(2)))) is None
