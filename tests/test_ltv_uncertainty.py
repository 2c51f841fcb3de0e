"""Intervals: do they hold what they promise? Portfolios with a known truth, and distributions by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import ltv
from analysis.ltv.per_customer import purchase_intervals, value_intervals
from analysis.ltv.purchases import KINDS, Kind, fit_one
from analysis.ltv.uncertainty import bootstrap, simulate_totals
from portfolios import Portfolio, simulate

TRUTH: dict[Kind, dict[str, float]] = {
    "bg_nbd": {"r": 0.9, "alpha": 8.0, "a": 0.8, "b": 3.0},
    "mbg_nbd": {"r": 0.9, "alpha": 8.0, "a": 0.6, "b": 3.0},
    "pareto_nbd": {"r": 0.9, "alpha": 8.0, "s": 0.8, "beta": 30.0},
}
AHEAD = 39.0


def portfolio(seed: int, customers: int = 600) -> Portfolio:
    kind = KINDS[seed % 3]
    ages = 78 - np.random.default_rng(seed).integers(0, 39 * 7, customers) / 7
    return simulate(kind, TRUTH[kind], ages, AHEAD, seed)


def fitted(made: Portfolio) -> tuple[ltv.PurchaseModel, ltv.SpendModel, np.ndarray]:
    """Return the models, and what a purchase of each customer is worth: its expected spend."""
    model, spend = fit_one(made.summary, made.kind), ltv.fit_spend(made.summary)
    assert isinstance(model, ltv.PurchaseModel)
    assert isinstance(spend, ltv.SpendModel)
    return model, spend, spend.expected_spend(made.summary.history[0], made.summary.frame["z"].to_numpy())


# --- totals ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_intervals_of_totals_hold_the_truth_as_often_as_they_say() -> None:
    held = []
    for seed in range(300):
        made = portfolio(seed)
        model, spend, worth = fitted(made)
        purchases, value = ltv.total_intervals(model, made.summary, AHEAD, worth, spend=spend)
        held.append((purchases.contains(made.bought.sum()), value.contains(made.spent.sum())))
    shares = np.mean(held, axis=0)
    assert (shares >= 0.87).all()
    assert (shares <= 0.93).all()


@pytest.mark.parametrize("kind", KINDS)
def test_bootstrap_and_asymptotic_intervals_agree(kind: Kind) -> None:
    made = portfolio(KINDS.index(kind), 300)
    model, _spend, worth = fitted(made)
    history = made.summary.history
    usual = simulate_totals(model, AHEAD, history, worth)[:, 0]
    drawn = simulate_totals(model, AHEAD, history, worth, drawn=bootstrap(model, made.summary, 200))[:, 0]
    assert drawn.mean() == pytest.approx(usual.mean(), rel=0.05)
    assert drawn.std() == pytest.approx(usual.std(), rel=0.3)  # 200 draws know it to 5 %


@pytest.mark.slow
def test_large_portfolios_are_simulated_in_part() -> None:
    """A tenth of the customers stands for all: the interval is that of all of them simulated."""
    made = portfolio(0, 30_000)
    model, spend, worth = fitted(made)
    z = made.summary.frame["z"].to_numpy()
    part = simulate_totals(model, AHEAD, made.summary.history, worth, spend=spend, z=z)
    blocks = [slice(start, start + 10_000) for start in (0, 10_000, 20_000)]
    whole = sum(
        simulate_totals(model, AHEAD, tuple(column[rows] for column in made.summary.history), worth[rows])
        for rows in blocks
    )
    expected = ltv.expected_total(model, made.summary, 39)
    assert part[:, 0].mean() == pytest.approx(expected, rel=0.005)
    assert part[:, 0].std() == pytest.approx(np.asarray(whole)[:, 0].std(), rel=0.25)
    assert part[:, 1].mean() == pytest.approx(
        (model.expected_purchases(AHEAD, *made.summary.history) * worth).sum(), rel=0.01
    )


def test_uncertain_money_widens_the_interval_of_the_value_only() -> None:
    made = portfolio(0)
    model, spend, worth = fitted(made)
    known = ltv.total_intervals(model, made.summary, AHEAD, worth)
    open_ = ltv.total_intervals(model, made.summary, AHEAD, worth, spend=spend)
    assert known[0].high - known[0].low == pytest.approx(open_[0].high - open_[0].low, rel=0.2)
    assert open_[1].high - open_[1].low > known[1].high - known[1].low


# --- single customers --------------------------------------------------------------------------------


@pytest.mark.slow
def test_intervals_of_customers_hold_the_truth_as_often_as_they_say() -> None:
    """Over all customers as often as each interval says; 80 % where purchases are not almost surely none."""
    frames = []
    for seed in range(30):
        made = portfolio(seed)
        model, spend, worth = fitted(made)
        found = purchase_intervals(model, AHEAD, made.summary.history)
        found["expected"] = model.expected_purchases(AHEAD, *made.summary.history)
        found["holds"] = (made.bought >= found["low"]) & (made.bought <= found["high"])
        value = value_intervals(model, spend, made.summary, AHEAD, worth)
        found["value_holds"] = (made.spent >= value["low"]) & (made.spent <= value["high"])
        frames.append(found)
    customers = pd.concat(frames)
    assert customers["holds"].mean() == pytest.approx(customers["probability"].mean(), abs=0.015)
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
    gone = ltv.Summary(frame, "week", made.summary.as_of, 0)
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
