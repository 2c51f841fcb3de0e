"""The check against the past: the split, the naive rules, the scores and the groups."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.stats import betaprime, spearmanr

from analysis import Dataset, ltv, open_dataset
from analysis.display_names import words
from analysis.language import percent
from analysis.ltv.backtest import baselines as rules
from analysis.ltv.backtest.accuracy import _places, clear_gain, spend_change
from analysis.ltv.rounding import told_apart
from analysis.ltv.spend_check import misfit, misfit_by_chance
from analysis.not_possible import NotPossible
from portfolios import simulate
from promises import TRUTH

CUTOFF = dt.date(1997, 9, 30)
AS_OF = dt.date(1998, 6, 30)


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return open_dataset("cdnow-sample")


@pytest.fixture(scope="module")
def tables(sample: Dataset) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, int]:
    known, later = (sample.query("customers", as_of=day) for day in (CUTOFF, AS_OF))
    weeks = ltv.previous_weeks(later["first_purchase"].min(), CUTOFF, 39)
    return sample.query("customers", as_of=ltv.cutoff(CUTOFF, weeks)), known, later, weeks


@pytest.fixture(scope="module")
def check(tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, int]) -> ltv.Holdout:
    before, known, later, weeks = tables
    bg = partial(ltv.fit_one, kind="bg_nbd")
    fits = {"own": bg, "hopeless": lambda _past: NotPossible("Nothing here."), "bg": bg}
    found = ltv.holdout(known, later, AS_OF, 39, "week", fits=fits, before=before, before_weeks=weeks)
    assert isinstance(found, ltv.Holdout)
    return found


def test_several_models_are_compared_by_name(check: ltv.Holdout) -> None:
    assert list(check.models) == ["own", "bg"]
    assert check.chosen == "own"
    assert check.failed == {"hopeless": "Nothing here."}
    assert ltv.failed_sentences(check) == ["hopeless is not in the check. Nothing here."]
    assert check.rules == ["own", "bg", "segments", "last_period", "same_rate", "zero"]
    np.testing.assert_array_equal(check.customers["own"], check.customers["bg"])
    assert ltv.scores(check)["model"].tolist() == check.rules


def test_the_last_period_is_half_a_short_past() -> None:
    first = pd.Timestamp("1997-01-01")
    assert ltv.previous_weeks(first, CUTOFF, 39) == 19  # 272 days before it: half are 19.4 weeks
    assert ltv.previous_weeks(first, CUTOFF, 8) == 8
    assert ltv.previous_weeks(pd.Timestamp("1997-09-25"), CUTOFF, 8) == 0
    assert ltv.previous_weeks(pd.NaT, CUTOFF, 8) == 0


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


def test_a_segment_is_forecast_its_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of one segment bought 3 and 1 times: 2 each, 4 in twice the time; 2, of all, where it was empty."""
    segments = pd.Series(["loyal", "loyal", "new"], index=["c0", "c1", "c2"])
    monkeypatch.setattr(rules, "_segments", lambda customers, _as_of: segments.head(len(customers)))
    before = six(14, [4, 0], [50.0, 10.0], [0, 0])
    known = six(28, [7, 1, 2], [80.0, 20.0, 30.0], [0, 0, 14])
    past = ltv.summarise(known, dt.date(2024, 1, 29), "week")
    found = rules.learned(before, known, past, 2, 4)
    assert found["segments"].tolist() == [4, 4, 4]
    assert found["value_segments"].tolist() == [40, 40, 40]


def test_scores_agree_with_an_independent_computation(check: ltv.Holdout) -> None:
    rows = ltv.scores(check).set_index("model")
    customers = check.customers
    assert rows.loc["own", "rank_correlation"] == pytest.approx(
        spearmanr(customers["own"], customers["actual"]).statistic
    )
    # constant rate: mean absolute error 1.0237 (BTYD walkthrough, as in the reference test)
    assert rows.loc["same_rate", "mae"] == pytest.approx(1.0237, abs=5e-5)
    assert np.isnan(rows.loc["zero", "rank_correlation"])
    assert rows.loc["zero", "lift"] == pytest.approx(1)
    top = customers.nlargest(236, "own")["actual_value"].sum() / customers["actual_value"].sum()
    assert rows.loc["own", "lift"] == pytest.approx(10 * top, rel=0.01)  # 235.7 customers are a tenth


def test_tenths_by_hand() -> None:
    predicted = np.array([5.0, 1, 1, 1, 1, 1, 1, 1, 1, 0])
    outcome = np.array([30.0, 16, 0, 0, 0, 0, 0, 0, 0, 4])
    table = ltv.deciles(predicted, outcome)
    assert table["share"].tolist() == pytest.approx([0.6, *[0.04] * 8, 0.08])  # ties share the 16
    assert table["predicted"].tolist() == pytest.approx(predicted.tolist())
    backwards = ltv.deciles(predicted[::-1], outcome[::-1])
    pd.testing.assert_frame_equal(table, backwards)


def test_value_is_purchases_times_spend(check: ltv.Holdout) -> None:
    assert isinstance(check.spend, ltv.SpendModel)
    customers = check.customers
    # holdout sales of the sample: 70,976.39 (reference figures of the CDNOW papers)
    assert customers["actual_value"].sum() == pytest.approx(70_976.39)
    each = check.spend.expected_spend(customers["x"].to_numpy(float), customers["z"].to_numpy(float))
    np.testing.assert_allclose(customers["value_own"], customers["own"] * each)
    own = (customers["same_rate"] * customers["z"].fillna(0)).to_numpy()
    np.testing.assert_allclose(customers["value_same_rate"], own)
    deciles = ltv.value_deciles(check)
    assert deciles["outcome"].sum() * len(customers) / 10 == pytest.approx(70_976.39)


def test_errors_in_money_are_taken_apart(check: ltv.Holdout) -> None:
    # 1,653.4 purchases for 1,882 (BTYD walkthrough); 59,931 ÷ 1,653.4 = 36.25 for 70,976.39 ÷ 1,882 = 37.71
    text = ltv.value_parts_sentence(check, None)
    assert "off by -12.1%, the money per purchase by -3.9%" in text
    assert "36.25 was expected of each, and 37.71 came" in text


def test_a_loser_is_called_one(check: ltv.Holdout) -> None:
    assert ltv.models_sentence(check) == (
        "Of the models own missed by least per customer (RMSE). "
        "Beaten by a naive rule: own and bg on the rank correlation (“Same rate as before”)."
    )
    assert "the mean absolute error" in ltv.value_verdict(check, None)  # nobody buys again: 30.1 against 30.4
    worse = check.customers.assign(own=check.customers["own"] + 30, value_own=0.0)
    lost = replace(check, customers=worse)
    assert "the model fails this check" in ltv.verdict(lost)
    assert clear_gain(lost, "zero") < -1.645
    said = ltv.models_sentence(lost)
    assert "Of the models bg missed by least" in said
    assert "Beaten by a naive rule: own on the total (“Same as last period”), on the mean" in said
    assert said.endswith("; bg on the rank correlation (“Same rate as before”).")
    assert "came closer" in ltv.value_verdict(lost, None)


def test_a_naive_rule_is_named_once_for_all_that_it_wins() -> None:
    losses = {"total_error": "zero", "mae": "same_rate", "rmse": "zero"}
    assert _places(losses, "on {measure}") == (
        "on the total and on the RMSE (“Nobody buys again”) and on the mean absolute error (“Same rate as "
        "before”)"
    )


def test_no_clear_difference_is_no_win(check: ltv.Holdout) -> None:
    random = np.random.default_rng(3)
    sign = random.choice([-0.5, 0.5], len(check.customers))
    even = check.customers.assign(own=check.customers["actual"] + sign, zero=check.customers["actual"] - sign)
    table = replace(check, customers=even)
    assert clear_gain(table, "zero") == 0
    assert "does no better than that rule" in ltv.verdict(table)
    assert ltv.verdict(replace(table, weeks=1)).startswith(
        "In the last week the model, which had not seen it"
    )
    # squared errors 0, 0, 1, 0 against 1 each: gains 1, 1, 0, 1, mean 3 ÷ 4, deviation √3 ÷ 4
    four = pd.DataFrame({"actual": [1.0, 1, 1, 1], "own": [1.0, 1, 0, 1], "zero": 0.0})
    assert clear_gain(replace(check, customers=four), "zero") == pytest.approx(3 / np.sqrt(3) * 2)


def test_figures_set_against_each_other_differ_in_print() -> None:
    assert told_apart(0.0413, 0.0442) == ("0.041", "0.044")
    assert told_apart(0.5, 0.4) == ("0.50", "0.40")
    assert told_apart(0.04131, 0.04129) == ("0.04", "0.04")  # not with four decimals either
    assert told_apart(0.4821, 0.4819, 0, percent) == ("48.21%", "48.19%")


def test_groups_by_silence_add_up(check: ltv.Holdout) -> None:
    groups = ltv.by_recency(check)
    assert groups["weeks_since_last"].tolist() == ["0–4", "4–8", "8–13", "13–26", "26–39"]
    assert groups["customers"].sum() == 2357
    assert (groups["customers"] * groups["actual"]).sum() == pytest.approx(1882)
    assert (groups["customers"] * groups["own"]).sum() == pytest.approx(1653.4, abs=0.05)  # BTYD walkthrough
    silence = check.customers["T"] - check.customers["t_x"]
    assert groups["customers"].iloc[0] == (silence <= 4).sum()


def test_titles_speak_of_the_group_that_matters() -> None:
    """Off by most in purchases, not per customer; and no group of three where there are larger ones."""
    silent = pd.DataFrame({"weeks_since_last": ["0–4", "4–8", "8–13"], "customers": [10, 10, 1]})
    silent = silent.assign(actual=[1.0, 3.0, 0.0], bg_nbd=[1.5, 1.0, 6.0])
    assert "after 4–8 weeks of silence 3.00 came per customer, 1.00 were" in ltv.by_recency_title(silent)
    often = pd.DataFrame({"x": ["0", "1", "2+"], "actual": [0.1, 1.0, 3.0], "bg_nbd": [0.1, 2.0, 3.0]})
    title = ltv.by_frequency_title(often.assign(customers=[100, 30, 3]))
    assert title == "After 1 repeat purchase 1.0 more came on average; the model expected 2.0"
    assert ltv.by_frequency_title(often.assign(customers=[5, 3, 5])).startswith("After 2+ repeat")


def test_another_model_may_lead(check: ltv.Holdout) -> None:
    fits = {kind: partial(ltv.fit_one, kind=kind) for kind in ("bg_nbd", "pareto_nbd")}
    both = replace(check, models={name: fit(check.summary) for name, fit in fits.items()})
    other = both.led_by("pareto_nbd")
    assert other.chosen == "pareto_nbd"
    assert set(other.models) == set(both.models)
    expected = other.model.expected_purchases(39.0, *check.history).sum()
    assert other.interval != both.interval
    assert other.interval.contains(expected)
    assert both.led_by("unknown") is both


def test_distribution_agrees_with_simulated_futures(check: ltv.Holdout) -> None:
    table = ltv.distribution(check, top=4)
    assert table["purchases"].tolist() == ["0", "1", "2", "3", "4+"]
    assert table["actual"].sum() == 2357
    assert table["own"].sum() == pytest.approx(2357)
    random, model = np.random.default_rng(1), check.model
    x, t_x, t = (np.tile(part, 40) for part in check.history)
    alive = random.random(len(x)) < model.p_alive(x, t_x, t)
    bought = np.where(alive, model.process.simulate(random, 39.0, x, t), 0)
    drawn = np.bincount(np.minimum(bought, 4).astype(int), minlength=5) / 40
    np.testing.assert_allclose(table["own"], drawn, rtol=0.05)
    assert "1,673 of 2,357 customers bought nothing" in ltv.distribution_title(check, table)


def test_spend_that_changed_by_hand(check: ltv.Holdout) -> None:
    """Two purchases at 10 before and 15 each now, one at 20 and 20: 50 ÷ (2 × 10 + 20) − 1 = 25 %.

    Who was new, and who only returned something, tells nothing of it.
    """
    rows = pd.DataFrame(
        {"x": [3, 1, 0, 2], "z": [10.0, 20.0, np.nan, 99.0], "actual": [2, 1, 4, 0]}
        | {"actual_value": [30.0, 20.0, 500.0, -7.0]}
    )
    assert spend_change(replace(check, customers=rows)) == pytest.approx(0.25)
    assert np.isnan(spend_change(replace(check, customers=rows.tail(1))))
    for factor, said in ((2.0, "more each time than before"), (0.5, "less each time than before")):
        other = check.customers.assign(actual_value=check.customers["actual_value"] * factor)
        assert said in ltv.value_parts_sentence(replace(check, customers=other), None)


@pytest.mark.parametrize(
    ("expected", "actual", "said"),
    [
        (1.0, [10.0, 20.0], "It was the customers with larger purchases who came."),  # 10, and 15 came
        (2.0, [10.0, 20.0], "It was the customers with smaller purchases who came."),  # 20, and 15 came
        (1.0, [9.0, 18.0], "It was the customers with larger purchases who came."),  # spending 10 % less
        (2.0, [11.0, 22.0], "It was the customers with smaller purchases who came."),  # spending 10 % more
        (1.0, [11.0, 22.0], "The same customers spent 10.0% more each time than before"),
        (2.0, [9.0, 18.0], "The same customers spent 10.0% less each time than before"),
        (1.5, [10.2, 20.4], "and 15.30 came."),  # 2 % off: nothing to explain
    ],
)
def test_money_per_purchase_is_explained_by_what_explains_it(
    check: ltv.Holdout, expected: float, actual: list[float], said: str
) -> None:
    rows = pd.DataFrame({"x": 1, "z": [10.0, 20.0], "actual": 1, "actual_value": actual})
    world = replace(check, customers=rows.assign(own=1.0, value_own=10.0 * expected))
    assert said in ltv.value_parts_sentence(world, None)
    assert ltv.value_parts_sentence(world, None).endswith((said, "which the spend model cannot know."))


def test_small_money_keeps_two_digits(check: ltv.Holdout) -> None:
    rows = pd.DataFrame({"x": 1, "z": [0.004], "actual": 1, "actual_value": [0.0041]})
    world = replace(check, customers=rows.assign(own=1.0, value_own=0.00402))
    assert "0.0040 was expected of each, and 0.0041 came" in ltv.value_parts_sentence(world, None)


def test_the_error_in_money(check: ltv.Holdout) -> None:
    came, expected = check.customers["actual_value"].sum(), check.customers["value_own"].sum()
    assert check.value_error == pytest.approx(expected / came - 1)
    nothing = replace(check, customers=check.customers.assign(actual_value=0.0))
    assert np.isnan(nothing.value_error)
    assert ltv.value_parts_sentence(nothing, None) == ""
    lift = 10 * ltv.deciles(check.customers["own"].to_numpy(), check.customers["actual"].to_numpy(float))
    assert ltv.scores(nothing).set_index("model")["lift"]["own"] == pytest.approx(lift["share"].iloc[0])


def test_equity_is_said_with_the_error_of_the_last_check(check: ltv.Holdout) -> None:
    values = pd.DataFrame({"clv": [1.0], "expected_purchases": [2.0]})
    arguments = (values, ltv.Interval(1.0, 2.0, 0.9), 39, None)
    assert "last check" not in ltv.equity_sentence(*arguments, NotPossible("no check"))
    said = ltv.equity_sentence(*arguments, check)
    assert (
        f"net sales were {abs(check.value_error):.1%} too {'low' if check.value_error < 0 else 'high'}"
        in said
    )


@pytest.mark.parametrize("unit", ["week", "day"])
def test_a_horizon_longer_than_the_history_is_said(
    check: ltv.Holdout, sample: Dataset, unit: ltv.Unit
) -> None:
    """The first customers of CDNOW came on 1 January 1997: 545 days before 30 June 1998 are 77 weeks."""
    summary = ltv.summarise(sample.query("customers", as_of=AS_OF), AS_OF, unit)
    values, interval = pd.DataFrame({"clv": [1.0], "expected_purchases": [2.0]}), ltv.Interval(1.0, 2.0, 0.9)
    for weeks, warns in ((77, False), (78, True)):
        said = [
            ltv.equity_sentence(values, interval, weeks, None, NotPossible("no check"), summary=summary),
            ltv.equity_sentence(values, interval, weeks, None, check),
            ltv.forecast_sentence(2.0, interval, weeks, check),
        ]
        assert ["history covers only 77 weeks: a forecast over 78" in text for text in said] == [warns] * 3


def test_the_past_of_a_check_chooses_a_model(check: ltv.Holdout) -> None:
    compared = ltv.compare_models(check.summary, check.past)
    assert isinstance(compared, ltv.Comparison)
    rmse = compared.table.set_index("model")["rmse"]
    assert rmse["bg_nbd"] == pytest.approx(ltv.scores(check).set_index("model")["rmse"]["own"])


def test_weeks_add_up_to_the_track(sample: Dataset, check: ltv.Holdout) -> None:
    daily = sample.query("repeat_purchases_by_day", cutoff=CUTOFF, as_of=AS_OF)
    track = ltv.tracking(check, daily, AS_OF)
    weeks = ltv.weekly(check, daily, AS_OF)
    early = track.iloc[5]  # while customers still arrive: only those count who have
    born = daily[(daily["first_purchases"] > 0) & (daily["date"] < early["date"])]
    ages = (early["date"] - born["date"]).dt.days.to_numpy() / 7
    assert early["own"] == pytest.approx(check.model.expected_new(ages) @ born["first_purchases"])
    after = weeks[weeks["holdout"]]
    assert len(after) == 39
    assert after["actual"].sum() == 1882
    assert after["own"].sum() == pytest.approx(1653.4, abs=0.05)
    assert weeks["actual"].sum() == 2457 + 1882 - track["actual"].iloc[0]
    assert f"{after['actual'].max():,.0f} came" in ltv.weekly_title(check, weeks)


def test_newcomers_are_counted(sample: Dataset) -> None:
    early = dt.date(1997, 2, 28)
    later = sample.query("customers", as_of=CUTOFF)
    weeks = (CUTOFF - early).days // 7
    known = sample.query("customers", as_of=ltv.cutoff(CUTOFF, weeks))
    found = ltv.holdout(known, later, CUTOFF, weeks, "week")
    assert isinstance(found, ltv.Holdout)
    assert found.newcomers == 2357 - len(known)
    assert found.of_all == 2457 - known["x"].sum()
    born_later = later[~later["customer_id"].isin(known["customer_id"])]
    assert found.of_all - found.actual == born_later["x"].sum()
    assert f"{found.newcomers:,} customers arrived" in ltv.newcomers_sentence(found)


# --- spend -------------------------------------------------------------------------------------------


def spending(x: np.ndarray, z: np.ndarray) -> ltv.Summary:
    frame = pd.DataFrame({"customer_id": [f"c{i}" for i in range(len(x))], "x": x, "z": z})
    return ltv.Summary(frame.assign(t_x=1.0, T=2.0), "week", AS_OF, 0)


def test_independence_agrees_with_scipy_and_says_what_follows() -> None:
    random = np.random.default_rng(2)
    x, z = random.geometric(0.3, 3000), random.gamma(4, 10, 3000)
    for tilt, said in (
        (0.0, "assumption holds"),
        (0.5, "also spend more"),
        (-0.5, "spend less per purchase"),
    ):
        summary = spending(np.append(x, 0), np.append(z * x**tilt, np.nan))
        found = ltv.spend_independence(summary)
        assert found is not None
        assert found.correlation == pytest.approx(spearmanr(x, z * x**tilt).statistic)
        assert found.customers == 3000
        assert found.low < found.correlation < found.high
        assert said in found.sentence()
    few = ltv.spend_independence(spending(x[:8], z[:8]))
    assert few is not None
    assert "not settled" in few.sentence()
    assert ltv.spend_independence(spending(np.ones(9), z[:9])) is None


def test_the_interval_of_the_correlation_covers() -> None:
    """Nineteen of twenty 95 % intervals hold the true one: 6 ÷ π × asin(ρ ÷ 2) for a normal pair."""
    random = np.random.default_rng(8)
    truth, inside = 6 / np.pi * np.arcsin(0.25), 0
    for _round in range(400):
        pair = random.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 60)
        found = ltv.spend_independence(spending(pair[:, 0] + 10, pair[:, 1] + 10))
        assert found is not None
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
    table = ltv.spend_fit(summary, model)
    np.testing.assert_allclose(table["fitted"], table["observed"], rtol=0.04)
    bars = ltv.spend_distribution(summary, model)
    assert bars["observed"].sum() == 6000
    assert bars["fitted"].sum() == pytest.approx(6000)
    assert "closely" in ltv.misfit_sentence(bars)
    doubled = spending(summary.frame["x"].to_numpy(), 2 * summary.frame["z"].to_numpy())
    assert "not follow" in ltv.misfit_sentence(ltv.spend_distribution(doubled, model))


def test_misfit_of_a_perfect_model_is_that_of_chance(
    gamma_gamma: tuple[ltv.Summary, ltv.SpendModel],
) -> None:
    """Few customers fill the bars unevenly even where the model is true, which is no fault of it."""
    summary, model = gamma_gamma
    fitted = ltv.spend_distribution(summary, model)["fitted"].to_numpy()
    random = np.random.default_rng(8)
    drawn = [random.multinomial(200, fitted / fitted.sum()) for _repeat in range(300)]
    bars = [pd.DataFrame({"observed": one, "fitted": fitted / fitted.sum() * 200}) for one in drawn]
    mean = np.mean([misfit(one) for one in bars])
    assert misfit_by_chance(bars[0]) == pytest.approx(mean, rel=0.05)
    assert "than chance puts so few" in ltv.misfit_sentence(bars[0])


def test_fitted_quartiles_agree_with_simulation(gamma_gamma: tuple[ltv.Summary, ltv.SpendModel]) -> None:
    summary, model = gamma_gamma
    random = np.random.default_rng(5)
    x = np.tile(summary.frame["x"].to_numpy(), 20)
    drawn = random.gamma(model.p * x, 1) / x / random.gamma(model.q, 1 / model.v, len(x))
    np.testing.assert_allclose(
        ltv.spend_fit(summary, model)["fitted"].iloc[1:], np.quantile(drawn, [0.25, 0.5, 0.75]), rtol=0.02
    )


def test_spend_by_purchases_by_hand(gamma_gamma: tuple[ltv.Summary, ltv.SpendModel]) -> None:
    x = np.concatenate([[0], np.tile([1, 1, 2, 9], 10)])
    z = np.concatenate([[np.nan], np.tile([10, 20, 5, 40.0], 10)])
    table = ltv.spend_by_purchases(spending(x, z), gamma_gamma[1], top=2)
    assert table["x"].tolist() == ["1", "2+"]
    assert table["mean"].tolist() == [15, 22.5]
    # 20 spends 5 away from their mean: standard deviation 5.13, standard error 1.147
    assert table["high"].iloc[0] == pytest.approx(15 + 1.959964 * 5 / 19**0.5)
    assert "A repeat purchase is worth 15 on average at x = 1" in ltv.spend_by_purchases_title(table, None)


def test_few_customers_are_no_group_of_their_own(gamma_gamma: tuple[ltv.Summary, ltv.SpendModel]) -> None:
    x = np.repeat([1, 2, 3, 4, 5, 9], [25, 1, 18, 3, 20, 4])
    table = ltv.spend_by_purchases(spending(x, np.full(len(x), 3.0)), gamma_gamma[1])
    assert table["x"].tolist() == ["1", "2–4", "5+"]
    assert table["customers"].tolist() == [25, 22, 24]
    alone = ltv.spend_by_purchases(spending(x[-24:], np.full(24, 3.0)), gamma_gamma[1])
    assert alone["x"].tolist() == ["5+"]
    assert "is worth 3.00 on average; the model says" in ltv.spend_by_purchases_title(alone, None)


def test_a_mean_that_runs_away_is_held() -> None:
    """Spends of a lognormal with a long tail: the free fit makes a mean of its own, or none (q ≤ 1)."""
    random = np.random.default_rng(12)
    x = random.geometric(0.3, 2000)
    z = np.exp(random.normal(4, 1.6, 2000) + random.normal(0, 0.4, 2000) / np.sqrt(x))
    summary = spending(x, z)
    free, held = ltv.fit_spend(summary), ltv.choose_spend(summary)
    assert isinstance(free, NotPossible) or abs(free.mean / z.mean() - 1) > 0.1
    assert isinstance(held, ltv.HeldSpendModel)
    assert held.mean == pytest.approx(z.mean())
    assert held.q > 1
    # near the optimum along the line on which the mean is the same
    for factor in (0.9, 1.1):
        other = (held.p * factor, held.q, held.v / factor)
        assert likelihood_of(other, x, z) < likelihood_of((held.p, held.q, held.v), x, z)
    assert likelihood_of((held.p, held.q, held.v), x, z) == pytest.approx(held.log_likelihood)
    assert "held at the one observed" in held.describe()
    assert "held at that" in ltv.spend_mean_sentence(summary, held, None)


def test_a_held_mean_is_as_uncertain_as_one_observed() -> None:
    random = np.random.default_rng(12)
    z = np.exp(random.normal(4, 1.6, 2000))
    held = ltv.choose_spend(spending(random.geometric(0.3, 2000), z))
    assert isinstance(held, ltv.HeldSpendModel)
    drawn = [held.drawn(random) for _future in range(1000)]
    means = np.array([one.mean for one in drawn])
    error = z.std(ddof=1) / np.sqrt(2000)
    assert means.mean() == pytest.approx(z.mean(), abs=4 * error / np.sqrt(1000))
    assert means.std() == pytest.approx(error, rel=0.1)  # 1,000 draws know it to 2 %
    logs = np.log([[one.p, one.q - 1] for one in drawn])
    np.testing.assert_allclose(np.cov(logs.T), held.fit.covariance, rtol=0.2)


@pytest.mark.parametrize(
    ("q", "said"),
    [
        (4.0, "Already after one purchase a customer's own mean counts for 67%."),  # p ÷ (p + q − 1)
        (22.0, "A customer's own mean counts half after 3.5 purchases."),
        (
            400.0,
            "Customers differ no more than single purchases do, so all get nearly the same.",
        ),  # half: 66.5
    ],
)
def test_how_far_an_own_mean_is_trusted(
    gamma_gamma: tuple[ltv.Summary, ltv.SpendModel], q: float, said: str
) -> None:
    model = replace(gamma_gamma[1], p=6.0, q=q, v=15 * (q - 1) / 3)
    assert model.describe() == f"Over 6,000 repeat buyers a purchase is worth 30.00 on average. {said}"
    cheap = replace(model, v=model.v / 3000)
    assert "worth 0.010 on average" in cheap.describe()


def likelihood_of(parameters: tuple[float, float, float], x: np.ndarray, z: np.ndarray) -> float:
    """Return the log-likelihood of the Gamma-Gamma model, as the density of z x ÷ v: a beta prime."""
    p, q, v = parameters
    return float((betaprime.logpdf(z * x / v, p * x, q) + np.log(x / v)).sum())


def test_a_mean_that_fits_is_left_alone(gamma_gamma: tuple[ltv.Summary, ltv.SpendModel]) -> None:
    summary, model = gamma_gamma
    chosen = ltv.choose_spend(summary)
    assert type(chosen) is ltv.SpendModel
    assert (chosen.p, chosen.q, chosen.v) == (model.p, model.q, model.v)
    assert "% off" in ltv.spend_mean_sentence(summary, model, None)
    few = ltv.Summary(summary.frame.head(10), "week", AS_OF, 0)
    assert isinstance(ltv.choose_spend(few), NotPossible)


def test_every_table_of_the_check_has_words(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, int],
) -> None:
    before, known, later, weeks = tables
    check = ltv.holdout(known, later, AS_OF, 39, "week", before=before, before_weeks=weeks)
    assert isinstance(check, ltv.Holdout)
    assert list(check.models) == list(ltv.KINDS)
    shown = {
        "scores": ltv.scores_table(check),
        "value_scores": ltv.value_scores_table(check),
        "by_frequency": ltv.by_frequency(check),
        "by_recency": ltv.by_recency(check),
        "distribution": ltv.distribution(check),
        "value_deciles": ltv.value_deciles(check),
    }
    for name, table in shown.items():
        said = words(name, table)
        assert set(said["labels"]) == set(table.columns), name
        numbers = {column for column in table if pd.api.types.is_numeric_dtype(table[column])}
        assert set(said["formats"]) >= numbers, name


@pytest.mark.parametrize("kind", ["mbg_nbd", "pareto_nbd"])
def test_distributions_follow_the_model_that_made_them(check: ltv.Holdout, kind: ltv.Kind) -> None:
    made = simulate(kind, TRUTH[kind], np.random.default_rng(1).integers(20, 79, 4000) * 1.0, 39, 1)
    model = ltv.fit_one(made.summary, kind)
    assert isinstance(model, ltv.PurchaseModel)
    models = {kind: model}
    later = made.summary.frame[["customer_id"]].assign(actual=made.bought.astype(int))
    world = replace(check, models=models, summary=made.summary, customers=later)
    history = ltv.history_distribution(models, made.summary)
    for table in (history, ltv.distribution(world)):
        assert table["actual"].sum() == 4000
        assert table[kind].sum() == pytest.approx(4000)
        off = (table["actual"] - table[kind]) / np.sqrt(table[kind])
        assert off.abs().max() < 4
    assert "customers have not bought again" in ltv.history_distribution_title(history, kind)
