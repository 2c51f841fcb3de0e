"""Contracts: the published example of the shifted beta-geometric model, and tenures counted by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.ltv.contracts.model import RetentionModel, Tenures, cohort, fit_retention, tenures

# Fader & Hardie (2007), "How to project customer retention": survivors of years 0 to 7, the years 8 to 12
# held out in the paper, and the estimates for 1,000 customers
HIGH_END = [1, 0.869, 0.743, 0.653, 0.593, 0.551, 0.517, 0.491]
HIGH_END_LATER = [0.468, 0.445, 0.427, 0.409, 0.394]
REGULAR = [1, 0.631, 0.468, 0.382, 0.326, 0.289, 0.262, 0.241]
REGULAR_LATER = [0.223, 0.207, 0.194, 0.183, 0.173]


def fitted(shares: list[float]) -> RetentionModel:
    model = fit_retention(cohort(np.array(shares), 1000))
    assert isinstance(model, RetentionModel)
    return model


@pytest.mark.parametrize(
    ("shares", "later", "published"),
    [
        pytest.param(HIGH_END, HIGH_END_LATER, (0.668, 3.806, -1611.16), id="high end"),
        pytest.param(REGULAR, REGULAR_LATER, (0.704, 1.182, -1680.27), id="regular"),
    ],
)
def test_published_example(
    shares: list[float], later: list[float], published: tuple[float, float, float]
) -> None:
    model = fitted(shares)
    assert (model.a, model.b) == pytest.approx(published[:2], abs=6e-4)
    assert model.log_likelihood == pytest.approx(published[2], abs=5e-3)
    seen = model.survival(np.arange(8))
    np.testing.assert_allclose(seen, shares, atol=0.02)  # two parameters for seven years
    ahead = model.survival(np.arange(8, 13))
    np.testing.assert_allclose(ahead, later, atol=0.02)  # the years the model had not seen


def test_survival_and_retention_agree() -> None:
    model = fitted(HIGH_END)
    assert model.survival(np.arange(6)) == pytest.approx(
        np.cumprod([1, *model.retention(np.arange(1, 6))]), rel=1e-12
    )
    # by hand: S(1) = b / (a + b), retention rises with tenure
    assert model.survival(np.array([1.0]))[0] == pytest.approx(model.b / (model.a + model.b))
    assert (np.diff(model.retention(np.arange(1, 20))) > 0).all()


def test_gradient_and_hessian_of_the_likelihood() -> None:
    from analysis.ltv.contracts.model import RetentionLikelihood

    likelihood = RetentionLikelihood(Tenures(np.array([5.0, 3, 2]), np.array([4.0, 0, 6, 1])))
    at, step = np.array([0.7, 1.9]), 1e-5
    __, gradient, hessian = likelihood.evaluate(at)
    for i in range(2):
        up, down = (likelihood.evaluate(at + sign * step * np.eye(2)[i]) for sign in (1, -1))
        assert gradient[i] == pytest.approx((up[0] - down[0]) / (2 * step), rel=1e-6)
        assert hessian[i] == pytest.approx((up[1] - down[1]) / (2 * step), rel=1e-6)


def test_residual_lifetime_is_the_sum_of_its_definition() -> None:
    model = fitted(REGULAR)
    for made in (0, 4):
        t = np.arange(made + 1, made + 4001)  # what is left out is below 1.1 ** -4000
        by_definition = (model.survival(t) / model.survival(np.array(made)) / 1.1 ** (t - made - 1)).sum()
        assert model.expected_residual(np.array(made), 0.1) == pytest.approx(by_definition, rel=1e-9)


def test_tenures_by_hand() -> None:
    contracts = pd.DataFrame(
        [
            ("2020-01-31", "2021-01-30"),  # did not renew after the first year
            ("2020-01-31", "2021-01-31"),  # nor this one, cancelled on the day itself
            ("2020-03-01", "2020-06-01"),  # left within its first year: not there at the first renewal
            ("2020-03-01", "2021-03-02"),  # renewed once, gone by the second renewal
            ("2020-02-29", None),  # three renewals by 28 February 2023
            ("2022-03-01", None),  # none yet
            ("2022-03-01", "2023-06-01"),  # cancelled, but later
            ("2023-03-01", None),  # started later
        ],
        columns=["started", "ended"],
    )
    known = tenures(contracts, dt.date(2023, 2, 28))
    assert known.lost.tolist() == [3, 1, 0]
    assert known.kept.tolist() == [2, 0, 0, 1]
    assert known.customers == 7
    monthly = tenures(contracts.iloc[[0, 4]], dt.date(2020, 4, 30), months=1)  # both go on by then
    assert (monthly.lost.tolist(), monthly.kept.tolist()) == ([0, 0, 0], [0, 0, 1, 1])


def test_too_few_cancellations_is_a_sentence() -> None:
    refused = fit_retention(Tenures(np.array([4.0, 5.0]), np.array([0.0, 100, 100])))
    assert "(here: 9)" in refused.describe()


def test_customers_all_alike_are_named() -> None:
    """Where all cancel with the same probability, only its mean can be told."""
    model = fit_retention(cohort(0.8 ** np.arange(6), 1000))
    assert isinstance(model, RetentionModel)
    assert "20.0%" in model.caution()
    assert model.survival(np.array([9.0]))[0] == pytest.approx(0.8**9, rel=0.01)
