"""The models of purchases: likelihoods, search, predictions, what the data leave open, and the choice."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import islice, pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from analysis import ltv
from analysis.ltv.estimation.bg_nbd import Geometric
from analysis.ltv.estimation.equal_histories import count, distinct, distinct_pairs
from analysis.ltv.estimation.gamma_gamma import GammaGammaLikelihood, HeldMeanLikelihood
from analysis.ltv.estimation.pareto_nbd import ParetoNbd
from analysis.ltv.estimation.search import Likelihood
from analysis.ltv.model_selection import (
    Comparison,
    _choice,
    _scored,
    choose,
    compare_models,
    fit_purchases,
    log_scores,
)
from analysis.ltv.purchases import (
    KINDS,
    Kind,
    in_unit,
    likelihood,
    parameter_table,
    process,
    scaled_counts,
    share_gone,
    undetermined,
)
from peers import fitter
from portfolios import simulate
from promises import TRUTH, faults

AGES = np.random.default_rng(3).integers(30, 79, 1500).astype(float)


def summary_of(kind: Kind, ages: np.ndarray = AGES, **changed: float) -> ltv.Summary:
    return simulate(kind, TRUTH[kind] | changed, ages, 0, 11, days=7).summary


def one(*values: float) -> list[np.ndarray]:
    return [np.array([value], float) for value in values]


# --- counting ----------------------------------------------------------------------------------------


def test_equal_histories_are_counted() -> None:
    x, t_x, t = np.array([[2, 0, 2, 0, 2], [3, 0, 3, 0, 3], [9, 9, 9, 8, 8]], float)
    counted = count(x, t_x / 7, t / 7)
    rows = np.column_stack(
        [counted.purchases[counted.x], counted.times[counted.t_x] * 7, counted.times[counted.t] * 7]
    )
    assert rows.tolist() == [[0, 0, 8], [0, 0, 9], [2, 3, 8], [2, 3, 9]]
    assert counted.weights.tolist() == [1, 1, 1, 2]
    assert (counted.customers, counted.bought) == (5, 6)


def test_times_that_are_not_whole_days_are_counted_too() -> None:
    values = np.array([0.1, 3.25, 0.1, 0.0])
    found, codes = distinct(values)
    assert found.tolist() == [0, 0.1, 3.25]
    assert found[codes].tolist() == values.tolist()
    x, t, places = distinct_pairs(np.array([1.0, 2, 1]), np.array([0.3, 0.3, 0.3]))
    assert (x.tolist(), t.tolist(), places.tolist()) == ([1, 2], [0.3, 0.3], [0, 1, 0])


# --- likelihoods -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_likelihood_is_that_of_the_library(kind: Kind) -> None:
    summary = summary_of(kind)
    counts, longest = scaled_counts(summary)
    ours = likelihood(kind, counts)
    model = fit_purchases(summary, kind)
    assert isinstance(model, ltv.PurchaseModel)
    given = list(TRUTH[kind].values())
    scaled = np.array(list(in_unit(TRUTH[kind], 1 / longest).values()))
    value = ours.evaluate(scaled)[0] - counts.bought * np.log(longest)
    x, t_x, t = summary.history
    weights = np.ones(len(x))
    parameters = np.array(given) if kind == "pareto_nbd" else np.log(given)
    theirs = fitter(kind, model.parameters)._negative_log_likelihood(parameters, x, t_x, t, weights, 0.0)
    per_customer = 1 if kind == "pareto_nbd" else len(x)
    assert value == pytest.approx(-theirs * per_customer, rel=1e-10)


def likelihoods() -> list[tuple[str, Likelihood, np.ndarray]]:
    found = []
    for kind in KINDS:
        counts, _longest = scaled_counts(summary_of(kind, AGES[:300]))
        at = [1.3, 0.2, 0.7, 0.4] if kind == "pareto_nbd" else [1.3, 0.2, 0.7, 2.4]
        found.append((kind, likelihood(kind, counts), np.array(at)))
    random = np.random.default_rng(2)
    money = GammaGammaLikelihood.of(random.integers(1, 9, 200).astype(float), random.gamma(3, 1 / 3, 200))
    held = ("held_mean", HeldMeanLikelihood(money), np.array([2.2, 1.3]))
    return [*found, ("gamma_gamma", money, np.array([2.2, 3.1, 1.4])), held]


@pytest.mark.parametrize("case", likelihoods(), ids=lambda case: case[0])
def test_derivatives_are_those_of_the_likelihood(case: tuple[str, Likelihood, np.ndarray]) -> None:
    _name, surface, at = case
    __, gradient, hessian = surface.evaluate(at)
    for i, step in enumerate(1e-5 * at):
        up, down = (surface.evaluate(at + sign * step * np.eye(len(at))[i]) for sign in (1, -1))
        assert gradient[i] == pytest.approx((up[0] - down[0]) / (2 * step), rel=1e-6)
        np.testing.assert_allclose(hessian[i], (up[1] - down[1]) / (2 * step), rtol=1e-6)


@pytest.mark.parametrize("spread", [1e-3, 1.0, 1e3])
def test_integral_of_the_pareto_nbd_is_exact(spread: float) -> None:
    """Against adaptive quadrature, with α and β far apart both ways: where hypergeometric functions fail."""
    model = ParetoNbd(0.6, 5.0, 0.4, 5.0 * spread)
    for x, t_x, t in ((0, 0, 40), (1, 1 / 7, 50), (3, 20, 60), (60, 30, 31), (200, 38, 40)):
        at = (model.r + x, model.s + 1)

        def integrand(u: float, t_x: float = t_x, at: tuple[float, float] = at) -> float:
            # relative to the value at t_x, in logarithmic time
            return np.exp(
                u
                - at[0] * np.log1p(np.expm1(u) / (5.0 + t_x))
                - at[1] * np.log1p(np.expm1(u) / (5.0 * spread + t_x))
            )

        points = np.linspace(0, np.log1p(t - t_x), 30)
        area = sum(quad(integrand, *ends, epsrel=1e-12)[0] for ends in pairwise(points))
        gone = (
            np.log(model.s * area)
            - np.log(5.0 * spread + t_x)
            + at[0] * np.log((5.0 + t) / (5.0 + t_x))
            + model.s * np.log((5.0 * spread + t) / (5.0 * spread + t_x))
        )
        alive = model.p_alive(*one(x, t_x, t))[0]
        assert alive == pytest.approx(1 / (1 + np.exp(gone)), rel=1e-9)


# --- search ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_portfolios_of_every_kind_are_fitted() -> None:
    """No error, no silent failure: never a log-likelihood below that at the true parameters."""
    assert [fault for seed in range(30) for fault in faults(seed)] == []


@pytest.mark.slow
def test_hundreds_of_portfolios_are_fitted() -> None:
    """As above; a thousand are fitted by ``python -m benchmarks.promises``."""
    assert [fault for seed in range(30, 330) for fault in faults(seed)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_are_recovered(kind: Kind) -> None:
    model = fit_purchases(summary_of(kind), kind)
    assert isinstance(model, ltv.PurchaseModel)
    errors = np.log(list(model.parameters.values())) - np.log(list(TRUTH[kind].values()))
    assert (np.abs(errors) < 3 * np.sqrt(np.diag(model.covariance))).all()
    assert model.caution() == ""
    named = model.standard_errors
    assert named["r"] == pytest.approx(model.r * np.sqrt(model.covariance[0, 0]))


def test_nobody_leaves_is_named() -> None:
    summary = summary_of("pareto_nbd", s=1.0, beta=1e9)
    for kind in KINDS:
        model = fit_purchases(summary, kind)
        assert isinstance(model, ltv.PurchaseModel)
        assert "dropout is not identifiable" in model.caution(), kind
        assert not model.leaving_seen, kind
        assert model.p_alive(*summary.history).mean() > 0.97, kind


@pytest.mark.parametrize(
    ("kind", "purchases", "gone"),
    [("bg_nbd", 37, 37 / 286), ("mbg_nbd", 37, 38 / 287), ("bg_nbd", 1, 1 / 250), ("mbg_nbd", 1, 2 / 251)],
)
def test_few_leave_after_each_of_many_purchases_and_yet_many_are_gone(
    kind: Kind, purchases: float, gone: float
) -> None:
    """By hand: a = 1 and b = 249 make 0.4 % leave each time; B(1, 249 + m) ÷ B(1, 249) = 249 ÷ (249 + m)."""
    model = fit_purchases(summary_of(kind), kind)
    assert isinstance(model, ltv.PurchaseModel)
    assert model.leaving_seen
    parameters = np.log(list((model.fit.parameters | {"a": 1.0, "b": 249.0}).values()))
    fit = replace(model.fit, position=model.fit.axes.matrix @ parameters)
    busy = replace(model, fit=fit, mean_purchases=purchases)
    assert share_gone(busy) == pytest.approx(gone)
    assert ("hardly anyone seems to leave" in busy.caution()) == (gone < 0.01)
    assert busy.leaving_seen == (gone >= 0.01)


def test_customers_alike_in_leaving_are_named_and_their_mean_is_sound() -> None:
    alike = TRUTH["bg_nbd"] | {"a": 300.0, "b": 1200.0}
    summary = simulate("bg_nbd", alike, AGES, 0, 1, days=7).summary
    model = fit_purchases(summary, "bg_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    assert undetermined(model) == ("a", "b")
    assert "a and b mean nothing by themselves, only their ratio does" in model.caution()
    assert model.a / (model.a + model.b) == pytest.approx(0.2, abs=0.03)
    table = parameter_table(model).set_index("parameter")["error"]
    assert table[["a", "b"]].isna().all()
    assert table["r"] > 0
    pareto = fit_purchases(summary_of("pareto_nbd", s=200.0, beta=200 * 40.0), "pareto_nbd")
    assert isinstance(pareto, ltv.PurchaseModel)
    assert "s and β mean nothing" in pareto.caution()
    assert pareto.beta / pareto.s == pytest.approx(40, rel=0.25)


def test_customers_who_leave_at_once_or_never_are_named() -> None:
    frame = pd.DataFrame({"x": [0] * 200 + [25, 50, 75] * 60})
    frame["t_x"] = np.where(frame["x"] > 0, 51.5, 0.0)
    frame = frame.assign(T=52.0, z=np.nan, customer_id=[str(i) for i in range(380)])
    model = fit_purchases(ltv.Summary(frame, "week", dt.date(2024, 1, 1)), "mbg_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    assert "only their ratio does" in model.caution()
    alive = model.p_alive(np.array([0.0, 50]), np.array([0.0, 51.5]), np.array([52.0, 52]))
    assert alive == pytest.approx([0, 1], abs=0.01)


def test_customers_alike_in_pace_are_named() -> None:
    made = simulate("bg_nbd", TRUTH["bg_nbd"] | {"r": 500.0, "alpha": 4000.0}, AGES, 0, 1, days=7)
    model = fit_purchases(made.summary, "bg_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    assert undetermined(model) == ("r", "alpha")
    assert "hardly differ in their pace" in model.caution()
    assert model.alpha / model.r == pytest.approx(8, rel=0.1)


# --- predictions -------------------------------------------------------------------------------------

X, T_X, T = np.array([0.0, 1, 3, 20]), np.array([0.0, 2, 25, 38]), np.array([10.0, 60, 30, 39])


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_those_of_the_library(kind: Kind) -> None:
    model = fit_purchases(summary_of(kind), kind)
    assert isinstance(model, ltv.PurchaseModel)
    library = fitter(kind, model.parameters)
    expected = library.conditional_expected_number_of_purchases_up_to_time(26, X, T_X, T)
    np.testing.assert_allclose(model.expected_purchases(26, X, T_X, T), expected, rtol=1e-9)
    np.testing.assert_allclose(
        model.p_alive(X, T_X, T), library.conditional_probability_alive(X, T_X, T), rtol=1e-9
    )
    ages = np.array([1.0, 30, 300])
    np.testing.assert_allclose(
        model.expected_new(ages), library.expected_number_of_purchases_up_to_time(ages), rtol=1e-9
    )


@pytest.mark.parametrize("kind", KINDS)
def test_distribution_expectation_and_simulation_agree(kind: Kind) -> None:
    model = process(kind, TRUTH[kind])
    at_least = np.stack(list(islice(model.at_least(20.0, X, T), 300)))
    assert (np.diff(at_least, axis=0) <= 1e-12).all()
    expected = model.expected_if_alive(np.array(20.0), X, T)
    np.testing.assert_allclose(at_least.sum(axis=0), expected, rtol=1e-8)
    size = 20_000
    drawn = model.simulate(np.random.default_rng(4), 20.0, np.repeat(X, size), np.repeat(T, size))
    shares = np.stack([(drawn.reshape(4, size) >= k).mean(axis=1) for k in (1, 2, 5, 10)])
    np.testing.assert_allclose(shares, at_least[[0, 1, 4, 9]], atol=4 * 0.5 / np.sqrt(size))


def test_hard_cases_are_finite() -> None:
    # the cases of the CLVTools test suite for numerical stability
    hard = ParetoNbd(0.5143, 2.8845, 0.2856, 14.1087)
    x = np.array([221.0, 254, 161, 204])
    t_x = np.array([103.42857, 97.14286, 94.71429, 98.57143])
    t = np.array([103.57143, 97.28571, 98, 99.42857])
    alive = hard.p_alive(x, t_x, t)
    assert ((alive > 0.5) & (alive < 1)).all()
    assert np.isfinite(hard.expected_if_alive(np.array(52.0), x, t)).all()
    busy = one(200, 38, 40)
    for a in (1e-9, 1.0, 1.0 + 1e-12):
        model = Geometric(0.2425945, 4.4136019, a, 2.4258881, 0)
        expected = (model.p_alive(*busy) * model.expected_if_alive(np.array(39.0), busy[0], busy[2]))[0]
        assert 0 < expected < 39 * (200.25 / 44.4)
    nobody = Geometric(0.2425945, 4.4136019, 1e-9, 2.4258881, 0)  # hardly anyone leaves: rate × duration
    assert nobody.expected_if_alive(np.array([39.0]), busy[0], busy[2])[0] == pytest.approx(
        39 * 200.2425945 / 44.4136019, rel=1e-4
    )


# --- choice ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bg_nbd", "pareto_nbd"])
def test_the_model_that_made_the_data_is_chosen(kind: Kind) -> None:
    ages = np.random.default_rng(3).integers(30, 79, 6000).astype(float)
    made = simulate(kind, TRUTH[kind], ages, 0, 5, days=7)
    chosen = fit_purchases(made.summary, "auto")
    assert isinstance(chosen, ltv.PurchaseModel)
    assert chosen.kind == kind
    assert "most likely" in chosen.reason


@pytest.mark.parametrize(
    ("likelihoods", "behind", "kind", "words"),
    [
        pytest.param([-100], None, "bg_nbd", "no other model could be fitted", id="alone"),
        pytest.param(
            [-100, -105, -110], None, "bg_nbd", "under it the histories are most likely", id="likelihood"
        ),
        pytest.param([-100, -105, -110], [3, 2, 0], "pareto_nbd", "more probability than", id="foretold"),
        pytest.param(
            [-110, -105, -100], [0, 0.9, 1.1], "mbg_nbd", "MBG/NBD and BG/NBD foretold about", id="tie"
        ),
    ],
)
def test_the_choice_by_hand(
    likelihoods: list[float], behind: list[float] | None, kind: Kind, words: str
) -> None:
    """Who is behind by no more than a standard error, 1, is tied, and only then likelihood decides."""
    table = pd.DataFrame({"log_likelihood": likelihoods}, index=KINDS[: len(likelihoods)])
    if behind:
        table = table.assign(behind=behind, behind_error=[float(each > 0) for each in behind])
    chosen, reason = _choice(table, 3 if behind else 0)
    assert chosen == kind
    assert words in reason


def test_a_hair_does_not_choose() -> None:
    """Three models alike to the fourth digit of the score, as on Online Retail where nobody leaves."""
    table = pd.DataFrame({"log_likelihood": [-100.2, -100.1, -100.3]}, index=KINDS)
    table = table.assign(behind=[0, 4e-6, 5e-6], behind_error=[0, 1e-6, 1e-6])
    chosen, reason = _choice(table, 3)
    assert chosen == "mbg_nbd"
    assert "foretold about equally well" in reason


def test_the_error_of_a_score_counts_each_customer_once() -> None:
    """The same customers at two dates tell no more than at one: the error is that of 200, not of 400."""
    made = simulate("bg_nbd", TRUTH["bg_nbd"], AGES[:200], 26.0, 5)
    fitted = {kind: fit_purchases(made.summary, kind) for kind in KINDS}
    date = SimpleNamespace(
        models=fitted, summary=made.summary, customers=pd.DataFrame({"actual": made.bought}), weeks=26
    )
    once, twice = (_scored([date] * n, KINDS) for n in (1, 2))  # type: ignore[list-item]
    pd.testing.assert_frame_equal(once, twice)
    scores = pd.DataFrame({kind: log_scores(model.process, date) for kind, model in fitted.items()})
    best = scores.mean().idxmax()
    lost = scores[best] - scores["pareto_nbd"]
    assert once.loc["pareto_nbd", "behind"] == pytest.approx(lost.mean())
    assert once.loc["pareto_nbd", "behind_error"] == pytest.approx(lost.std(ddof=0) / np.sqrt(200))


def test_a_comparison_gives_the_model_that_is_asked_for() -> None:
    made = simulate("bg_nbd", TRUTH["bg_nbd"], AGES, 26.0, 5)
    compared = compare_models(made.summary)
    assert isinstance(compared, Comparison)
    assert compared.table["model"].tolist() == list(KINDS)
    assert choose(compared, "auto") is compared.best
    taken = choose(compared, "pareto_nbd")
    assert isinstance(taken, ltv.PurchaseModel)
    assert (taken.kind, taken.reason) == ("pareto_nbd", "Pareto/NBD is used, as set.")
    assert compared.tables()["models"]["model"].tolist() == ["BG/NBD", "MBG/NBD", "Pareto/NBD"]
    only = replace(compared, models={"bg_nbd": compared.best})
    assert "MBG/NBD could not be fitted" in choose(only, "mbg_nbd").reason


def test_scores_are_logarithms_of_probabilities() -> None:
    """A model that knows gives e^score; all outcomes of one customer add up to 1."""
    summary = summary_of("bg_nbd", AGES[:400])
    model = fit_purchases(summary, "bg_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    same = ltv.Summary(pd.concat([summary.frame.iloc[[7]]] * 80), "week", summary.as_of)
    check = SimpleNamespace(summary=same, customers=pd.DataFrame({"actual": range(80)}), weeks=26)
    scores = log_scores(model.process, check)  # type: ignore[arg-type]
    assert np.exp(scores).sum() == pytest.approx(1, abs=1e-6)


def test_too_few_is_said_whatever_the_model() -> None:
    summary = summary_of("bg_nbd", AGES[:15])
    for kind in (*KINDS, "auto"):
        assert "at least 20" in fit_purchases(summary, kind).reason
