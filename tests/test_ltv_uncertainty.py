"""Intervals: do they hold what they promise? Portfolios with a known truth, and distributions by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import ltv
from analysis.ltv.intervals import purchase_intervals, simulate_totals, total_intervals, value_intervals
from promises import AHEAD, ALL_ALIKE, customers_held, fitted, portfolio, portfolio_of_wild_spend, totals_held

# --- totals ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_intervals_of_totals_hold_the_truth_as_often_as_they_say() -> None:
    """The 90 % intervals hold what came in 87 to 93 % of 300 portfolios, purchases and money."""
    shares = pd.DataFrame([totals_held(portfolio(seed)) for seed in range(300)]).mean()
    assert 0.87 <= shares["purchases"] <= 0.93
    assert 0.87 <= shares["value"] <= 0.93


@pytest.mark.slow
def test_intervals_hold_where_the_data_leave_open_how_alike_customers_leave() -> None:
    """All leave alike, which no portfolio can tell from a little different; purchases counted by day.

    With draws from the asymptotic normal distribution it was 86 %, at a width of 60 % of the total.
    """
    made = (portfolio(seed, truth=ALL_ALIKE, days=7) for seed in range(200))
    found = pd.DataFrame([totals_held(each) for each in made])
    assert found["purchases"].mean() >= 0.87
    assert found["width"].mean() < 0.45


@pytest.mark.slow
def test_intervals_of_value_hold_where_the_mean_spend_is_held() -> None:
    found = pd.DataFrame([totals_held(portfolio_of_wild_spend(seed)) for seed in range(60)])
    assert found["value"].mean() >= 0.87


@pytest.mark.slow
def test_large_portfolios_are_simulated_in_part() -> None:
    """A sixth of the customers stands for all: the interval is that of all of them simulated."""
    made = portfolio(0, 30_000)
    model, spend, worth = fitted(made)
    z = made.summary.frame["z"].to_numpy()
    part = simulate_totals(model, AHEAD, made.summary.history, worth, spend=spend, z=z)
    blocks = [slice(start, start + 10_000) for start in (0, 10_000, 20_000)]
    whole = sum(
        simulate_totals(
            model, AHEAD, tuple(part[rows] for part in made.summary.history), worth[rows], most=10_000
        )
        for rows in blocks
    )
    expected = model.expected_purchases(39, *made.summary.history).sum()
    assert part[:, 0].mean() == pytest.approx(expected, rel=0.005)
    assert part[:, 0].std() == pytest.approx(np.asarray(whole)[:, 0].std(), rel=0.25)
    assert part[:, 1].mean() == pytest.approx(
        (model.expected_purchases(AHEAD, *made.summary.history) * worth).sum(), rel=0.01
    )


def test_uncertain_money_widens_the_interval_of_the_value_only() -> None:
    made = portfolio(0)
    model, spend, worth = fitted(made)
    known = total_intervals(model, made.summary, AHEAD, worth)
    open_ = total_intervals(model, made.summary, AHEAD, worth, spend=spend)
    assert known[0].high - known[0].low == pytest.approx(open_[0].high - open_[0].low, rel=0.2)
    assert open_[1].high - open_[1].low > known[1].high - known[1].low


# --- single customers --------------------------------------------------------------------------------


@pytest.mark.slow
def test_intervals_of_customers_hold_the_truth_as_often_as_they_say() -> None:
    """What 80 % intervals cover, over 18,000 customers of 30 portfolios, of whole numbers and of money.

    Whole numbers seldom make an interval of just 80 %, and that of customers who almost surely buy nothing,
    0 to 0, holds more. So each says how much it holds, and that is tested over all customers; 80 % is over
    those of whom half a purchase is expected. That the distributions behind them are right for all, shows
    the place of what came, drawn within the step of its whole number: 80 % lie between 10 and 90 %.
    """
    made = (customers_held(portfolio(seed), seed) for seed in range(30))
    customers = pd.concat(made)
    assert customers["holds"].mean() == pytest.approx(customers["probability"].mean(), abs=0.015)
    assert customers["probability"].mean() >= 0.8
    assert ((customers["place"] >= 0.1) & (customers["place"] <= 0.9)).mean() == pytest.approx(0.8, abs=0.02)
    some = customers[customers["expected"] >= 0.5]
    assert len(some) > 5_000
    assert 0.75 <= some["holds"].mean() <= 0.85
    assert 0.75 <= some["value_holds"].mean() <= 0.85


def test_interval_of_one_customer_by_hand() -> None:
    """The numbers inside are those whose step of the distribution has its middle between 10 and 90 %."""
    made = portfolio(2)
    model, _spend, _worth = fitted(made)
    history = tuple(np.array([value]) for value in (30.0, 76.0, 77.0))
    tails = [np.ones(1)]
    for _k, tail in zip(range(400), model.process.at_least(AHEAD, history[0], history[2]), strict=False):
        tails.append(tail)
    more = np.concatenate(tails) * model.p_alive(*history)
    more[0] = 1
    chance = -np.diff(more)
    middle = np.cumsum(chance) - chance / 2
    inside = np.flatnonzero((middle >= 0.1) & (middle <= 0.9))
    found = purchase_intervals(model, AHEAD, history).iloc[0]
    assert (found["low"], found["high"]) == (inside[0], inside[-1])
    assert found["probability"] == pytest.approx(chance[inside].sum())


def test_one_who_is_surely_gone_gets_nothing() -> None:
    made = portfolio(0)
    model, spend, _worth = fitted(made)
    frame = pd.DataFrame({"customer_id": ["g"], "x": [40], "t_x": [20.0], "T": [78.0], "z": [30.0]})
    gone = ltv.Summary(frame, "week", made.summary.as_of)
    found = purchase_intervals(model, AHEAD, gone.history).iloc[0]
    assert (found["low"], found["high"]) == (0, 0)
    assert found["probability"] > 0.99
    value = value_intervals(model, spend, gone, AHEAD, np.array([30.0]))
    assert value.iloc[0].tolist() == [0, 0]


def test_value_intervals_scale_and_repeat() -> None:
    made = portfolio(1, 60)
    model, spend, worth = fitted(made)
    once, tenfold = (value_intervals(model, spend, made.summary, AHEAD, factor * worth) for factor in (1, 10))
    pd.testing.assert_frame_equal(once * 10, tenfold)
    assert (once["high"] >= once["low"]).all()
