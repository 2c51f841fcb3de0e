"""The check against the past: the split, the baselines, the scores and the groups."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import betaprime, spearmanr

from analysis import Dataset, ltv, open_dataset
from analysis.display_names import words
from analysis.ltv.backtest import baselines as rules
from analysis.ltv.backtest.accuracy import (
    Accuracy,
    ValueAccuracy,
    last_forecast,
    scores,
)
from analysis.ltv.backtest.by_group import HoldoutByGroup
from analysis.ltv.backtest.holdout import cutoff, half_weeks, holdout
from analysis.ltv.spend import fit_free
from analysis.ltv.spend_check import SpendFit, SpendIndependence, misfit, misfit_by_chance
from analysis.not_possible import NotPossible
from analysis.statistics import clear_gain, lift

CUTOFF = dt.date(1997, 9, 30)
AS_OF = dt.date(1998, 6, 30)


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return open_dataset("cdnow-sample")


@pytest.fixture(scope="module")
def tables(sample: Dataset) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, int]:
    known, later = (sample.query("customers", as_of=day) for day in (CUTOFF, AS_OF))
    weeks = half_weeks(later["first_purchase"].min(), CUTOFF, 39)
    return sample.query("customers", as_of=cutoff(CUTOFF, weeks)), known, later, weeks


@pytest.fixture(scope="module")
def check(tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, int]) -> ltv.Holdout:
    before, known, later, weeks = tables
    found = holdout(known, later, AS_OF, 39, "week", before=before, before_weeks=weeks)
    assert isinstance(found, ltv.Holdout)
    return found


def judged(check: ltv.Holdout) -> Accuracy:
    found = ltv.accuracy(check)
    assert isinstance(found, Accuracy)
    return found


def gain(check: ltv.Holdout, rule: str) -> float:
    own, other = (check.customers[name] - check.customers["actual"] for name in ("bg_nbd", rule))
    return clear_gain((other**2 - own**2).to_numpy(float))


def in_money(check: ltv.Holdout) -> ValueAccuracy:
    return ValueAccuracy(pd.DataFrame(), check)


def test_the_last_period_is_half_a_short_past() -> None:
    first = pd.Timestamp("1997-01-01")
    assert half_weeks(first, CUTOFF, 39) == 19  # 272 days before it: half are 19.4 weeks
    assert half_weeks(first, CUTOFF, 8) == 8
    assert half_weeks(pd.Timestamp("1997-09-25"), CUTOFF, 8) == 0
    assert half_weeks(pd.NaT, CUTOFF, 8) == 0


def six(days: int, x: list[int], spent: list[float], first: list[int]) -> pd.DataFrame:
    """Return a customer table ``days`` after 1 January 2024, of customers first seen on these days."""
    start = pd.Timestamp("2024-01-01")
    bought = [born for born in first if born <= days]
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(len(bought))],
            "first_purchase": [start + pd.Timedelta(days=born) for born in bought],
            "last_purchase": [start + pd.Timedelta(days=days - i) for i in range(len(bought))],
            "purchase_days": np.array(x) + 1,
            "x": x,
            "sales": spent,
            "net_sales": spent,
            "repeat_value": [10.0 if n else np.nan for n in x],
        }
    )


def test_rules_that_learn_by_hand() -> None:
    """Two customers at the start of the last period, and a third who came in it."""
    first = [0, 0, 14]
    before = six(14, [4, 0], [50.0, 10.0], first[:2])
    known = six(28, [7, 1, 2], [80.0, 20.0, 30.0], first)
    past = ltv.summarise(known, dt.date(2024, 1, 29), "week")
    found = rules.learned(before, known, past, 2, 4)
    # repeat purchases in the last two weeks: 3, 1, 2; the holdout is twice as long
    assert found["last_period"].tolist() == [6, 2, 4]
    assert found["value_last_period"].tolist() == [60, 20, 40]
    was, now = (rules._segments(*each) for each in ((before, dt.date(2024, 1, 15)), (known, past.as_of)))
    assert was is not None and now is not None
    came, money = {"c0": 3.0, "c1": 1.0}, {"c0": 30.0, "c1": 10.0}
    for i, customer in enumerate(["c0", "c1", "c2"]):
        same = [other for other in came if was[other] == now[customer]] or list(came)
        assert found["segments"][i] == pytest.approx(2 * np.mean([came[other] for other in same]))
        assert found["value_segments"][i] == pytest.approx(2 * np.mean([money[other] for other in same]))


def test_scores_agree_with_an_independent_computation(check: ltv.Holdout) -> None:
    rows = scores(check).set_index("model")
    customers = check.customers
    assert rows.loc["bg_nbd", "rank_correlation"] == pytest.approx(
        spearmanr(customers["bg_nbd"], customers["actual"]).statistic
    )
    # constant rate: mean absolute error 1.0237 (BTYD walkthrough, as in the reference test)
    assert rows.loc["same_rate", "mae"] == pytest.approx(1.0237, abs=5e-5)
    assert np.isnan(rows.loc["zero", "rank_correlation"])
    assert rows.loc["zero", "lift"] == pytest.approx(1)
    top = customers.nlargest(236, "bg_nbd")["actual_value"].sum() / customers["actual_value"].sum()
    assert rows.loc["bg_nbd", "lift"] == pytest.approx(10 * top, rel=0.01)  # 235.7 customers are a tenth


def test_the_top_decile_by_hand() -> None:
    predicted = np.array([5.0, 1, 1, 1, 1, 1, 1, 1, 1, 0])
    outcome = np.array([30.0, 16, 0, 0, 0, 0, 0, 0, 0, 4])
    assert lift(outcome, predicted) == pytest.approx(6)  # 30 of 50 ÷ 0.1
    assert lift(outcome, np.ones(10)) == pytest.approx(1)  # tells nobody apart
    assert lift(outcome[::-1], predicted[::-1]) == pytest.approx(6)


def test_a_model_that_loses_fails_the_check(check: ltv.Holdout) -> None:
    lost = replace(check, customers=check.customers.assign(bg_nbd=check.customers["bg_nbd"] + 30))
    assert "the model fails this check" in judged(lost).notes()[1]
    assert gain(lost, "zero") < -1.645


def test_the_same_gain_with_every_customer_is_clear(check: ltv.Holdout) -> None:
    """Off by 0.11 against 1.03 with each of equal customers is no draw, whatever the spread."""
    equal = pd.DataFrame({"actual": [1.0] * 40, "bg_nbd": 1.11, "zero": 2.03})
    assert gain(replace(check, customers=equal), "zero") == np.inf


def test_value_is_purchases_times_spend(check: ltv.Holdout) -> None:
    assert isinstance(check.spend, ltv.SpendModel)
    customers = check.customers
    # holdout sales of the sample: 70,976.39 (reference figures of the CDNOW papers)
    assert customers["actual_value"].sum() == pytest.approx(70_976.39)
    each = check.spend.expected_spend(customers["x"].to_numpy(float), customers["z"].to_numpy(float))
    np.testing.assert_allclose(customers["value_bg_nbd"], customers["bg_nbd"] * each)
    own = (customers["same_rate"] * customers["z"].fillna(0)).to_numpy()
    np.testing.assert_allclose(customers["value_same_rate"], own)


def test_the_value_that_came_is_said(check: ltv.Holdout) -> None:
    found = ltv.value_accuracy(check)
    assert isinstance(found, ValueAccuracy)
    assert (
        "of net sales in those 39 weeks; there were US$70,976. Per customer it was off by" in found.sentence()
    )
    assert "the model adds something" in found.sentence()
    own = check.customers["value_bg_nbd"]
    lost = replace(check, customers=check.customers.assign(value_bg_nbd=own + 900.0))
    assert "the model fails this check" in ltv.value_accuracy(lost).sentence()
    assert not ltv.value_accuracy(replace(check, spend=NotPossible("none")))
    shown = {**judged(check).tables(), **found.tables()}
    for group in (ltv.by_frequency(check), ltv.by_recency(check)):
        shown |= dict(group.tables().items())
    for name, table in shown.items():
        said = words(name, table)
        assert set(said["labels"]) == set(table.columns), name
        numbers = {column for column in table if pd.api.types.is_numeric_dtype(table[column])}
        assert set(said["formats"]) >= numbers, name


def test_a_hair_is_no_win(check: ltv.Holdout) -> None:
    """RMSE 1.91 against 1.92 with every customer is certain, and worth nothing."""
    close = check.customers.assign(actual=5.0, bg_nbd=6.91, zero=6.92, same_rate=9.0)
    close = close.drop(columns=["segments", "last_period"])
    assert gain(replace(check, customers=close), "zero") == np.inf
    said = judged(replace(check, customers=close)).notes()[1]
    assert "off by 1.91 (RMSE)" in said
    assert "the model does no better" in said
    far = close.assign(bg_nbd=6.8)
    assert "adds something" in judged(replace(check, customers=far)).notes()[1]


def test_no_clear_difference_is_no_win(check: ltv.Holdout) -> None:
    random = np.random.default_rng(3)
    sign = random.choice([-0.5, 0.5], len(check.customers))
    even = check.customers.assign(
        bg_nbd=check.customers["actual"] + sign, zero=check.customers["actual"] - sign
    )
    table = replace(check, customers=even)
    assert gain(table, "zero") == 0
    assert "the model does no better" in judged(table).notes()[1]
    assert (
        judged(replace(table, weeks=1))
        .sentence()
        .startswith("In the last week the model, which had not seen it")
    )
    # squared errors 0, 0, 1, 0 against 1 each: gains 1, 1, 0, 1, mean 3 ÷ 4, deviation √3 ÷ 4
    four = pd.DataFrame({"actual": [1.0, 1, 1, 1], "bg_nbd": [1.0, 1, 0, 1], "zero": 0.0})
    assert gain(replace(check, customers=four), "zero") == pytest.approx(3 / np.sqrt(3) * 2)


def test_groups_by_silence_add_up(check: ltv.Holdout) -> None:
    groups = ltv.by_recency(check).frame
    assert groups["weeks_since_last"].tolist() == ["0–4", "4–8", "8–13", "13–26", "26–39"]
    assert groups["customers"].sum() == 2357
    assert (groups["customers"] * groups["actual"]).sum() == pytest.approx(1882)
    assert (groups["customers"] * groups["bg_nbd"]).sum() == pytest.approx(
        1653.4, abs=0.05
    )  # BTYD walkthrough
    silence = check.customers["T"] - check.customers["t_x"]
    assert groups["customers"].iloc[0] == (silence <= 4).sum()


def test_titles_speak_of_the_group_that_matters() -> None:
    """Off by most in purchases, not per customer: 20 of the second group, 6 of the last."""
    silent = pd.DataFrame({"weeks_since_last": ["0–4", "4–8", "8–13"], "customers": [10, 10, 1]})
    silent = silent.assign(actual=[1.0, 3.0, 0.0], bg_nbd=[1.5, 1.0, 6.0])
    said = HoldoutByGroup(silent, "weeks_since_last", "bg_nbd").title()
    assert said == "Off by most after 4–8 weeks of silence: 3.00 per customer, 1.00 expected"


def test_another_model_may_lead(check: ltv.Holdout) -> None:
    other = ltv.led_by(check, SimpleNamespace(kind="pareto_nbd"))
    assert other.chosen == "pareto_nbd"
    assert set(other.models) == set(check.models)
    expected = other.model.expected_purchases(39.0, *check.summary.history).sum()
    assert other.intervals[0] != check.intervals[0]
    assert other.intervals[0].contains(expected)
    assert ltv.led_by(check, SimpleNamespace(kind="unknown")) is check


def test_the_error_in_money(check: ltv.Holdout) -> None:
    came, expected = check.customers["actual_value"].sum(), check.customers["value_bg_nbd"].sum()
    assert check.value_error == pytest.approx(expected / came - 1)
    nothing = replace(check, customers=check.customers.assign(actual_value=0.0))
    assert np.isnan(nothing.value_error)
    assert last_forecast(nothing) == []
    assert last_forecast(NotPossible("why")) == []
    (told,) = last_forecast(check)
    assert told.value == check.value_error
    assert told.money == pytest.approx(abs(expected - came))
    assert told.money < 0.2 * came
    assert told.good == check.value_held
    assert "too low" in told.text
    assert told.text.endswith(f"US$70,976 came, {'within' if told.good else 'outside'} its interval.")
    doubled = check.customers.assign(value_bg_nbd=3 * check.customers["value_bg_nbd"])
    assert "too high" in last_forecast(replace(check, customers=doubled))[0].text
    by_purchases = lift(check.customers["actual"], check.customers["bg_nbd"])
    assert scores(nothing).set_index("model")["lift"]["bg_nbd"] == pytest.approx(by_purchases)


def test_newcomers_are_counted(sample: Dataset) -> None:
    early = dt.date(1997, 2, 28)
    later = sample.query("customers", as_of=CUTOFF)
    weeks = (CUTOFF - early).days // 7
    known = sample.query("customers", as_of=cutoff(CUTOFF, weeks))
    found = holdout(known, later, CUTOFF, weeks, "week")
    assert isinstance(found, ltv.Holdout)
    assert found.newcomers == 2357 - len(known)
    assert f"{found.newcomers:,} customers arrived" in judged(found).notes()[2]


# --- spend -------------------------------------------------------------------------------------------


def spending(x: np.ndarray, z: np.ndarray) -> ltv.Summary:
    frame = pd.DataFrame({"customer_id": [f"c{i}" for i in range(len(x))], "x": x, "z": z})
    return ltv.Summary(frame.assign(t_x=1.0, T=2.0), "week", AS_OF)


MODEL = SimpleNamespace(usual=30.0)  # as far as independence is concerned


def independence_of(summary: ltv.Summary) -> SpendIndependence:
    found = ltv.spend_independence(summary, MODEL)
    assert isinstance(found, SpendIndependence)
    return found


def test_independence_agrees_with_scipy_and_says_what_follows() -> None:
    random = np.random.default_rng(2)
    x, z = random.geometric(0.3, 3000), random.gamma(4, 10, 3000)
    for tilt, said in (
        (0.0, "as the spend model assumes"),
        (0.5, "also spend more"),
        (-0.5, "spend less per purchase"),
    ):
        summary = spending(np.append(x, 0), np.append(z * x**tilt, np.nan))
        found = independence_of(summary)
        assert found.correlation == pytest.approx(spearmanr(x, z * x**tilt).statistic)
        assert found.customers == 3000
        assert found.low < found.correlation < found.high
        assert said in found.sentence()
    few = independence_of(spending(x[:8], z[:8]))
    assert "not settled" in few.sentence()
    assert not ltv.spend_independence(spending(np.ones(9), z[:9]), MODEL)


@pytest.mark.slow
def test_the_interval_of_the_correlation_covers() -> None:
    """Nineteen of twenty 95 % intervals hold the true one: 6 ÷ π × asin(ρ ÷ 2) for a normal pair."""
    random = np.random.default_rng(8)
    truth, inside = 6 / np.pi * np.arcsin(0.25), 0
    for _round in range(400):
        pair = random.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 60)
        found = independence_of(spending(pair[:, 0] + 10, pair[:, 1] + 10))
        inside += found.low <= truth <= found.high
    assert 0.92 <= inside / 400 <= 0.98


@pytest.fixture(scope="module")
def gamma_gamma() -> tuple[ltv.Summary, ltv.SpendModel]:
    """A portfolio whose spends follow the Gamma-Gamma model, p 6, q 4, v 15."""
    random = np.random.default_rng(4)
    x = random.geometric(0.35, 6000)
    z = random.gamma(6 * x, 1) / x / random.gamma(4, 1 / 15, 6000)
    summary = spending(x, z)
    model = ltv.fit_spend(summary)
    assert isinstance(model, ltv.SpendModel)
    return summary, model


def test_fitted_spends_follow_those_drawn_from_the_model(
    gamma_gamma: tuple[ltv.Summary, ltv.SpendModel],
) -> None:
    summary, model = gamma_gamma
    found = ltv.spend_fit(summary, model)
    assert found.bars["observed"].sum() == 6000
    assert found.bars["fitted"].sum() == pytest.approx(6000)
    assert "follow those observed:" in found.sentence()
    doubled = spending(summary.frame["x"].to_numpy(), 2 * summary.frame["z"].to_numpy())
    assert "not follow" in ltv.spend_fit(doubled, model).sentence()
    equal = ltv.spend_fit(spending(np.full(40, 3), np.full(40, 50.0)), model)
    assert isinstance(equal, NotPossible)  # and not "half of the customers would have to move"


def test_misfit_of_a_perfect_model_is_that_of_chance(
    gamma_gamma: tuple[ltv.Summary, ltv.SpendModel],
) -> None:
    """Few customers fill the bars unevenly even where the model is true, which is no fault of it."""
    summary, model = gamma_gamma
    fitted = ltv.spend_fit(summary, model).bars["fitted"].to_numpy()
    random = np.random.default_rng(8)
    drawn = [random.multinomial(200, fitted / fitted.sum()) for _repeat in range(300)]
    bars = [pd.DataFrame({"observed": one, "fitted": fitted / fitted.sum() * 200}) for one in drawn]
    mean = np.mean([misfit(one) for one in bars])
    assert misfit_by_chance(bars[0]) == pytest.approx(mean, rel=0.05)
    assert "follow those observed:" in SpendFit(bars[0]).sentence()


def test_spend_by_purchases_by_hand(gamma_gamma: tuple[ltv.Summary, ltv.SpendModel]) -> None:
    x = np.concatenate([[0, 4], np.tile([1, 1, 2, 9], 10)])
    z = np.concatenate([[np.nan, 7], np.tile([10, 20, 5, 40.0], 10)])
    found = ltv.spend_independence(spending(x, z), gamma_gamma[1])
    table = found.groups
    assert table["x"].tolist() == ["1", "2", "4–6", "7+"]
    assert table["customers"].tolist() == [20, 10, 1, 10]
    assert table["mean"].tolist() == [15, 5, 7, 40]
    # 20 spends 5 away from their mean: standard deviation 5.13, standard error 1.147
    assert table["high"].iloc[0] == pytest.approx(15 + 1.959964 * 5 / 19**0.5)
    assert table["high"].isna().tolist() == [False, False, True, False]
    assert "of those with fewest (1) is worth 15 on average, of those with most (7+) 40" in found.title()


def test_a_mean_that_runs_away_is_held() -> None:
    """Spends of a lognormal with a long tail: the free fit makes a mean of its own, or none (q ≤ 1)."""
    random = np.random.default_rng(12)
    x = random.geometric(0.3, 2000)
    z = np.exp(random.normal(4, 1.6, 2000) + random.normal(0, 0.4, 2000) / np.sqrt(x))
    summary = spending(x, z)
    free, held = fit_free(summary), ltv.fit_spend(summary)
    assert isinstance(free, NotPossible) or abs(free.mean / z.mean() - 1) > 0.1
    assert held.mean_error is not None
    assert held.mean == pytest.approx(z.mean())
    assert held.q > 1
    # near the optimum along the line on which the mean is the same
    for factor in (0.9, 1.1):
        other = (held.p * factor, held.q, held.v / factor)
        assert likelihood_of(other, x, z) < likelihood_of((held.p, held.q, held.v), x, z)
    assert likelihood_of((held.p, held.q, held.v), x, z) == pytest.approx(held.log_likelihood)
    assert "held at the one observed" in held.sentence()


def test_a_held_mean_is_as_uncertain_as_one_observed() -> None:
    random = np.random.default_rng(12)
    z = np.exp(random.normal(4, 1.6, 2000))
    held = ltv.fit_spend(spending(random.geometric(0.3, 2000), z))
    assert held.mean_error is not None
    drawn = [held.drawn(random) for _future in range(1000)]
    means = np.array([one.mean for one in drawn])
    error = z.std(ddof=1) / np.sqrt(2000)
    assert means.mean() == pytest.approx(z.mean(), abs=4 * error / np.sqrt(1000))
    assert means.std() == pytest.approx(error, rel=0.1)  # 1,000 draws know it to 2 %
    logs = np.log([[one.p, one.q - 1] for one in drawn])
    np.testing.assert_allclose(np.cov(logs.T), held.fit.covariance, rtol=0.2)


def test_how_far_an_own_mean_is_trusted(gamma_gamma: tuple[ltv.Summary, ltv.SpendModel]) -> None:
    # 6 ÷ (6 + 21), 60 ÷ (60 + 21)
    model = replace(gamma_gamma[1], p=6.0, q=22.0, v=15 * 21 / 3)
    assert model.sentence() == (
        "A repeat purchase of the 6,000 customers with money in theirs is worth 30 on average. "
        "A customer's own mean counts for 22% after one purchase and for 74% after 10."
    )
    assert "worth 0.010 on average" in replace(model, v=model.v / 3000).sentence()
    assert str(model) == "{'p': 6.0, 'q': 22.0, 'v': 105.0}"


def likelihood_of(parameters: tuple[float, float, float], x: np.ndarray, z: np.ndarray) -> float:
    """Return the log-likelihood of the Gamma-Gamma model, as the density of z x ÷ v: a beta prime."""
    p, q, v = parameters
    return float((betaprime.logpdf(z * x / v, p * x, q) + np.log(x / v)).sum())


def test_a_mean_that_fits_is_left_alone(gamma_gamma: tuple[ltv.Summary, ltv.SpendModel]) -> None:
    summary, model = gamma_gamma
    chosen = ltv.fit_spend(summary)
    assert isinstance(chosen, ltv.SpendModel)
    assert chosen.mean_error is None
    assert (chosen.p, chosen.q, chosen.v) == (model.p, model.q, model.v)
    few = ltv.Summary(summary.frame.head(10), "week", AS_OF)
    assert isinstance(ltv.fit_spend(few), NotPossible)
