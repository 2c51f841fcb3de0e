"""Earlier dates: where they lie, how spend is followed by them, and what intervals make of their misses."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from analysis import ltv, open_dataset
from analysis.ltv.backtest.holdout import earlier_dates, missed
from analysis.ltv.intervals import PRIOR, USUAL, Missed, intervals_of, with_misses
from analysis.ltv.model_selection import Comparison, log_scores
from analysis.ltv.spend import level_of, spend_power
from analysis.ltv.value import equity_shares
from analysis.profitability import choose_margins

FIRST = pd.Timestamp("2022-01-01")


@pytest.fixture(scope="module")
def check() -> ltv.Holdout:
    found = ltv.hold_out(open_dataset("cdnow-sample"))
    assert isinstance(found, ltv.Holdout)
    return found


def test_earlier_dates_are_over_before_the_check_begins() -> None:
    start = dt.date(2025, 1, 4)  # 1,099 days: 157 weeks, of which a third are 52
    length, dates = earlier_dates(FIRST, start, 52)
    assert length == 52
    assert [(start - each).days // 7 for each in dates] == [52, 78, 104]
    assert earlier_dates(FIRST, start, 13)[0] == 13
    assert earlier_dates(FIRST, dt.date(2022, 3, 20), 26) == (0, [])  # 11 weeks: 3 each are too short
    assert earlier_dates(pd.NaT, start, 26) == (0, [])


def test_the_check_itself_chooses_nothing(check: ltv.Holdout) -> None:
    """Whatever came in its weeks, model, level of spend and intervals are the same."""
    assert [each.weeks for each in check.earlier] == [12, 12, 12]
    assert all(each.cutoff + dt.timedelta(weeks=12) <= check.cutoff for each in check.earlier)
    other = replace(check, customers=check.customers.assign(actual=0, actual_value=1.0))
    first, second = (ltv.compare_models(check.summary, each) for each in (check, other))
    assert isinstance(first, Comparison)
    assert isinstance(second, Comparison)
    assert first.best.reason == second.best.reason
    assert "at 3 earlier dates" in first.best.reason or "after 3 earlier dates" in first.best.reason
    assert check.intervals == other.intervals
    assert missed(check.earlier) == missed(other.earlier)


def test_the_chosen_model_is_within_a_standard_error_of_the_best_afterwards(check: ltv.Holdout) -> None:
    compared = ltv.compare_models(check.summary, check)
    assert isinstance(compared, Comparison)
    scores = {kind: log_scores(model.process, check) for kind, model in check.models.items()}
    best = max(scores, key=lambda kind: scores[kind].mean())
    behind = scores[best] - scores[compared.best.kind]
    assert behind.mean() <= behind.std() / np.sqrt(len(behind))


def test_the_level_of_spend_by_hand() -> None:
    """a bought 2 for 30 each, usually 20; b came in the period and bought 2 again at 50; c bought nothing.

    Money 60 + 100, at the usual mean 40 + 100: 160 ÷ 140.
    """
    frame = pd.DataFrame({"customer_id": list("abc"), "x": [4, 2, 1], "z": [20.0, 50.0, 7.0]})
    since = pd.DataFrame({"customer_id": ["a", "c"], "actual": [2, 0], "actual_value": [60.0, -5.0]})
    summary = ltv.Summary(frame, "week", dt.date(2025, 1, 1))
    assert level_of(since, summary) == pytest.approx(160 / 140)
    assert level_of(since.assign(actual=0), ltv.Summary(frame.iloc[[0, 2]], "week", summary.as_of)) == 1.0


@pytest.mark.parametrize(("off", "power"), [(0.0, 0), (0.04, 0), (0.1, 1), (0.2, 2), (0.5, 2)])
def test_spend_is_followed_as_it_foretold_best(off: float, power: int) -> None:
    told = [SimpleNamespace(spend_missed=off, level=1.1), SimpleNamespace(spend_missed=np.nan, level=9.0)]
    assert spend_power(told) == power  # type: ignore[arg-type]
    assert spend_power(()) == 0


def test_a_miss_that_the_trend_foretold_counts_for_none() -> None:
    """Spend rose by 10 % twice: by 21 % the forecast at the level of all time fell short."""
    once = SimpleNamespace(spend_missed=np.log(1.21), level=1.1, value_error=1 / 1.21 - 1, weeks=12)
    once.actual, once.predicted, once.own_variance = 100, 100.0, np.zeros(2)
    found = missed([once])  # type: ignore[list-item]
    assert found is not None
    usual = np.sqrt(PRIOR * USUAL**2 / (1 + PRIOR))  # one date without a miss beside what is usual
    assert (found.purchases, found.money) == pytest.approx((usual, usual))


def test_a_level_scales_all_money_alike(check: ltv.Holdout) -> None:
    spend = ltv.fit_spend(check.summary)
    assert isinstance(spend, ltv.SpendModel)
    risen, x, z = (
        replace(spend, level=1.25),
        check.summary.history[0],
        check.summary.frame["z"].to_numpy(float),
    )
    np.testing.assert_allclose(risen.expected_spend(x, z), 1.25 * spend.expected_spend(x, z))
    draws = [each.simulate(np.random.default_rng(1), x, x, z).sum() for each in (spend, risen)]
    assert draws[1] == pytest.approx(1.25 * draws[0])
    assert risen.mean == pytest.approx(1.25 * risen.usual)
    assert "worth +25.0% against those of all time" in risen.sentence()
    assert "those of all time" not in spend.sentence()
    assert risen.drawn(np.random.default_rng(1)).level == 1.25


def test_the_size_of_misses_by_hand() -> None:
    """Squares 0.05, 0.03 and −0.01 with three of 0.01: (0.07 + 0.03) ÷ 6; none told: the usual 0.1."""
    squares = np.array([[0.05, np.nan], [0.03, np.nan], [-0.01, np.nan]])
    found = Missed.of(squares, 26)
    assert found.purchases == pytest.approx(np.sqrt(0.1 / 6))
    assert found.money == pytest.approx(USUAL)
    assert Missed.of(np.full((2, 2), -1.0), 26).purchases == pytest.approx(np.sqrt(PRIOR * USUAL**2 / 5))


def test_misses_spread_totals_as_students_t_and_more_over_a_longer_time() -> None:
    known = Missed(0.1, 0.2, 26, 3)
    certain = np.full((400, 2), 100.0)
    for horizon, root in ((13, 1.0), (26, 1.0), (104, 2.0)):
        for interval, spread in zip(
            intervals_of(with_misses(certain, known, horizon)), (0.1, 0.2), strict=True
        ):
            ends = 100 * np.exp(student.ppf([0.05, 0.95], 6) * spread * root)
            assert (interval.low, interval.high) == pytest.approx(tuple(ends), rel=0.01)
    assert with_misses(certain, None, 52) is certain


def test_chance_is_no_miss(check: ltv.Holdout) -> None:
    """Where just what was expected came, the usual size is halved; it is not where all came in twice."""
    exact = [
        replace(each, customers=each.customers.assign(actual=each.customers["bg_nbd"]))
        for each in check.earlier
    ]
    found = missed(
        [
            replace(
                each,
                customers=each.customers.assign(
                    actual_value=each.customers["value_bg_nbd"] * each.level ** spend_power(check.earlier)
                ),
            )
            for each in exact
        ]
    )
    assert found is not None
    assert found.purchases == pytest.approx(USUAL * np.sqrt(0.5))
    double = [
        replace(each, customers=each.customers.assign(actual=2 * each.customers["bg_nbd"]))
        for each in check.earlier
    ]
    twice = missed(double)
    assert twice is not None
    assert twice.purchases > 0.4
    assert missed(()) is None


def test_an_assumed_margin_is_called_assumed() -> None:
    costs = pd.DataFrame(columns=["customer_id", "days", "sales", "cost", "day_margins", "day_squares"])
    assert choose_margins(costs).assumed() == " at an assumed margin of 30%, no cost being known"
    assert choose_margins(costs, 0.5).assumed() == ""


def test_no_share_of_equity_is_above_all_of_it() -> None:
    shares = equity_shares(pd.Series([60.0, 42.0, -1.0, -1.0]))
    assert shares["equity_share"].tolist() == pytest.approx([0, 0.6, 1, 1, 1])


def test_the_library_may_give_up_in_a_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    """Its search for the Gamma-Gamma ends in an error where customers spend all alike, and prints a page."""
    lifetimes = ltv.import_lifetimes()
    alike = pd.Series([10.0] * 40), pd.Series([5.0] * 40)
    assert "gives up" in ltv.fitted_by(lifetimes.GammaGammaFitter(), *alike)
    assert "gives up" in ltv.fitted_by(lifetimes.GammaGammaFitter(), alike[0].head(0), alike[1].head(0))
    assert capsys.readouterr().out == ""
    random = np.random.default_rng(1)
    x = pd.Series(random.geometric(0.3, 800).astype(float))
    z = pd.Series(random.gamma(4 * x) / random.gamma(4, 1 / 30, 800) / x)
    found = ltv.fitted_by(lifetimes.GammaGammaFitter(), x, z)
    frame = pd.DataFrame({"x": x, "z": z, "t_x": 1.0, "T": 2.0})
    free = ltv.fit_free(ltv.Summary(frame, "week", dt.date(2025, 1, 1)))
    assert isinstance(found, dict)
    assert isinstance(free, ltv.SpendModel)
    assert list(found.values()) == pytest.approx([free.p, free.q, free.v], rel=1e-3)
