"""Churn: rates, horizon, snapshots, model and its check, on data small enough to verify by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from analysis import churn
from analysis.churn.evaluation import Scored, placements, top_share
from analysis.churn.snapshot import usual_gap
from analysis.engine.duckdb import DuckDBEngine

AS_OF = dt.date(2024, 4, 15)
Over = Callable[[pd.DataFrame], DuckDBEngine]


# --- rates -------------------------------------------------------------------------------------------


def flow_of(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """Return rows like those of ``sql/customer_flow.sql``."""
    frame = pd.DataFrame(rows, columns=["previous", "period", "customers"])
    return frame.astype({"previous": "datetime64[us]", "period": "datetime64[us]", "customers": "int64"})


def test_churn_rate_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    rows = engine_over(six_customers).query("customer_flow", as_of=AS_OF, period="month")
    rates = churn.rates(rows, AS_OF, "month")
    # January: ana, bea, carl; February: ana, dora; March: ana, bea, fay; April is not over.
    assert rates.frame["active_before"].tolist() == [3, 2]
    assert rates.frame["lost"].tolist() == [2, 1]
    assert rates.frame["rate"].tolist() == pytest.approx([2 / 3, 1 / 2])
    assert rates.mean == pytest.approx(3 / 5)
    assert "50.0%" in rates.sentence()
    assert "1 of the 2 customers" in rates.sentence()


def test_churn_rate_of_the_definition() -> None:
    # by hand: 200 active at the start, 14 lost → 7.0 %
    january, february = pd.to_datetime(["2024-01-01", "2024-02-01"])
    rows = flow_of([(pd.NaT, january, 200), (january, february, 186), (pd.NaT, february, 50)])
    rates = churn.rates(rows, dt.date(2024, 2, 29), "month")
    assert rates.last is not None
    assert rates.last["rate"] == pytest.approx(0.07)
    assert "7.0%" in rates.title()


def test_churn_rate_needs_two_complete_periods() -> None:
    rows = flow_of([(pd.NaT, pd.Timestamp("2024-01-01"), 5)])
    rates = churn.rates(rows, dt.date(2024, 1, 31), "month")
    assert rates.last is None
    assert "Too little data" in rates.sentence()


def test_churn_rate_where_nobody_bought() -> None:
    assert churn.rates(flow_of([]), dt.date(2024, 5, 31), "month").last is None


# --- horizon -----------------------------------------------------------------------------------------


def test_return_curve_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    curve = churn.return_curve(engine_over(six_customers).query("purchase_gaps", as_of=AS_OF), AS_OF)
    share = curve.set_index("days")["share"]
    # followed after 20, 36, 40, 60 days; still silent after 5, 15, 26, 60 and 75
    assert share.index.tolist() == [5, 15, 20, 26, 36, 40, 60, 75]
    assert share[15] == 0
    assert share[20] == pytest.approx(1 - 6 / 7)
    assert share[36] == pytest.approx(1 - 6 / 7 * 4 / 5)
    assert share[40] == pytest.approx(1 - 6 / 7 * 4 / 5 * 3 / 4)
    assert share[75] == pytest.approx(1 - 6 / 7 * 4 / 5 * 3 / 4 * 2 / 3)


def curve_of(days: list[int]) -> pd.DataFrame:
    """Return the curve of purchases all followed by another after these days."""
    start = pd.Timestamp("2024-01-01")
    dates = [start + pd.Timedelta(days=day) for day in days]
    gaps = pd.DataFrame({"previous": start, "date": dates, "gaps": 1})
    return churn.return_curve(gaps, dt.date(2025, 1, 1))


def test_horizon_covers_the_share_in_whole_weeks() -> None:
    horizon = churn.choose_horizon(curve_of(list(range(1, 101))), 1000, share=0.8)
    assert horizon
    assert (horizon.days, horizon.source) == (84, "data")  # 80 days, in whole weeks
    assert horizon.covered == pytest.approx(0.84)


def test_horizon_is_capped_at_a_third_of_the_history() -> None:
    horizon = churn.choose_horizon(curve_of(list(range(1, 101))), 90, share=0.8)
    assert horizon
    assert (horizon.days, horizon.source, horizon.wanted_days) == (30, "capped", 84)
    assert "too short" in horizon.describe()


def test_horizon_set_by_hand() -> None:
    horizon = churn.choose_horizon(curve_of(list(range(1, 101))), 1000, given=50)
    assert horizon
    assert (horizon.days, horizon.source) == (50, "given")
    assert "50%" in horizon.title()


def test_no_horizon_without_returns_or_history() -> None:
    start = pd.Timestamp("2024-01-01")
    silent = pd.DataFrame({"previous": [start], "date": [pd.NaT], "gaps": [10]})
    nobody = churn.choose_horizon(churn.return_curve(silent, dt.date(2024, 6, 1)), 150)
    assert not nobody
    assert "two different days" in nobody.describe()
    assert "at least 21 days" in churn.choose_horizon(curve_of([1, 2, 3]), 15).describe()


def test_no_horizon_where_nobody_ever_bought(engine_over: Over, six_customers: pd.DataFrame) -> None:
    returns = six_customers[six_customers["kind"] == "return"]
    gaps = engine_over(returns).query("purchase_gaps", as_of=AS_OF)
    assert not churn.choose_horizon(churn.return_curve(gaps, AS_OF), 0)


# --- snapshots ---------------------------------------------------------------------------------------


def snapshot_of(engine: DuckDBEngine, day: dt.date, horizon: int, known_after: bool) -> pd.DataFrame:
    step = dt.timedelta(days=horizon)
    tables = [engine.query("customers", as_of=day + shift) for shift in (-step, dt.timedelta(0), step)]
    return churn.snapshot(tables[0], tables[1], tables[2] if known_after else None, day, horizon)


def test_snapshot_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    frame = snapshot_of(engine_over(six_customers), dt.date(2024, 3, 6), 40, known_after=True)
    frame = frame.set_index("customer_id")
    # active: bought after 26 January: ana (1 March), carl (31 January), dora (15 February)
    assert frame.index.tolist() == ["ana", "carl", "dora"]
    assert frame["days_since_last"].tolist() == [5, 35, 20]
    assert frame["purchase_days"].tolist() == [3, 1, 1]
    assert frame["recent_purchases"].tolist() == [2, 1, 1]
    assert frame["age_days"].tolist() == [61, 35, 20]
    assert frame["mean_purchase"].tolist() == pytest.approx([260 / 3, 0, 200])
    assert frame["returned_share"].tolist() == pytest.approx([0, 0, 60 / 200])
    assert frame["recent_net_sales"].tolist() == pytest.approx([140, 0, 140])
    # by 15 April only ana had bought again
    assert frame["left"].tolist() == [False, True, True]


def test_the_future_changes_no_feature(six_customers: pd.DataFrame, engine_over: Over) -> None:
    day = dt.date(2024, 3, 6)
    features = ["customer_id", *churn.FEATURES, "net_sales", "recent_net_sales"]
    until = six_customers[pd.to_datetime(six_customers["date"]) <= pd.Timestamp(day)]
    blind = snapshot_of(engine_over(until), day, 40, known_after=False)
    seeing = snapshot_of(engine_over(six_customers), day, 40, known_after=True)
    pd.testing.assert_frame_equal(blind[features], seeing[features])
    assert blind["left"].isna().all()


def test_usual_gap_is_drawn_towards_all() -> None:
    customers = pd.DataFrame(
        {
            "first_purchase": pd.to_datetime(["2024-01-01"] * 2),
            "last_purchase": pd.to_datetime(["2024-01-31", "2024-01-01"]),
            "x": [2, 0],
        }
    )
    # mean gap of all 30 ÷ 2 = 15; the first: (30 + 15) ÷ 3; the second has bought once
    assert usual_gap(customers).tolist() == pytest.approx([15, 15])


def test_cutoffs_are_one_horizon_apart() -> None:
    days = churn.cutoffs(dt.date(2024, 4, 15), 30)
    assert days == [dt.date(2024, 1, 16), dt.date(2024, 2, 15), dt.date(2024, 3, 16), dt.date(2024, 4, 15)]


# --- model -------------------------------------------------------------------------------------------


def planted(n: int = 400, seed: int = 1) -> pd.DataFrame:
    """Return a snapshot in which silence, and nothing else, makes customers leave."""
    random = np.random.default_rng(seed)
    silence = random.exponential(30, n)
    frame = pd.DataFrame(dict.fromkeys(churn.FEATURES, 1.0), index=range(n))
    frame["customer_id"] = [f"c{i:04}" for i in range(n)]
    frame["last_purchase"] = pd.Timestamp("2024-01-01")
    frame["days_since_last"] = silence
    frame["mean_purchase"] = random.exponential(20, n)
    frame["net_sales"] = frame["recent_net_sales"] = 100.0
    odds = 1.5 * (np.log1p(silence) - 3)
    frame["left"] = pd.Series(random.random(n) < 1 / (1 + np.exp(-odds))).astype("boolean")
    return frame


def test_model_finds_the_planted_sign() -> None:
    train = planted()
    model = churn.fit(train)
    assert model
    effects = churn.effects(model, train)
    assert effects["feature"].tolist() == ["days_since_last", "mean_purchase"]  # the others never vary
    assert effects["odds_ratio"].iloc[0] > 2
    assert effects["odds_ratio"].iloc[1] == pytest.approx(1, abs=0.3)
    assert "strongest sign of leaving" in churn.effects_sentence(effects)


def test_model_is_the_same_at_every_fit() -> None:
    first, second = churn.fit(planted()), churn.fit(planted())
    assert first
    assert second
    np.testing.assert_array_equal(first.risk(planted()), second.risk(planted()))


def test_model_needs_leavers_and_stayers() -> None:
    few = planted().assign(left=pd.Series([True] * 19 + [False] * 381, dtype="boolean"))
    refused = churn.fit(few)
    assert not refused
    assert "here: 19 left, 381 stayed" in refused.describe()
    assert not churn.fit(planted().iloc[:0])


def test_check_needs_leavers_and_stayers() -> None:
    model = churn.fit(planted())
    assert model
    refused = churn.score(model, planted().assign(left=pd.Series([False] * 400, dtype="boolean")))
    assert not refused
    assert "here: 0 left, 400 stayed" in refused.describe()


def test_watch_list_puts_the_most_at_stake_first() -> None:
    model = churn.fit(planted())
    assert model
    today = planted(seed=2)
    today["recent_net_sales"] = np.linspace(-10, 500, len(today))
    listed = churn.watch_list(model, today)
    assert listed["at_stake"].is_monotonic_decreasing
    assert listed["at_stake"].min() == 0  # negative net sales are nothing to lose
    np.testing.assert_allclose(listed["at_stake"], listed["risk"] * listed["recent_net_sales"].clip(lower=0))
    assert churn.risk_bands(listed)["customers"].sum() == len(listed)


def test_expected_leavers() -> None:
    mean, low, high = churn.expected_leavers(pd.Series([0.5] * 100))
    assert mean == 50
    assert (low, high) == (pytest.approx(50 - 1.644854 * 5), pytest.approx(50 + 1.644854 * 5))


# --- evaluation --------------------------------------------------------------------------------------


def scored(left: list[int], model: list[float], rule: list[float] | None = None) -> Scored:
    other = np.zeros(len(left)) if rule is None else np.asarray(rule, float)
    frame = pd.DataFrame({"left": np.asarray(left, bool), "model": model, "recency": other})
    return Scored(frame.assign(silence=0.0, frequency=0.0), base_rate=0.5)


def test_auc_by_hand() -> None:
    # leavers 0.9, 0.4; stayers 0.5, 0.4: pairs won 1 + 1, 0 + ½ → 2.5 of 4
    above, below = placements(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.5, 0.4]))
    assert above.tolist() == [1, 0.25]
    assert below.tolist() == [0.5, 0.75]
    assert above.mean() == below.mean() == 0.625


def test_top_share_does_not_depend_on_the_order_of_ties() -> None:
    left = np.array([True, False, False, False])
    assert top_share(left, np.zeros(4), 0.5) == top_share(left[::-1], np.zeros(4), 0.5) == 0.25


def test_ranking_of_a_perfect_model() -> None:
    perfect = scored([1] * 20 + [0] * 80, [1.0] * 20 + [0.0] * 80)
    ranking = churn.ranking(perfect).set_index("rule")
    assert ranking.loc["model", ["auc", "average_precision", "lift"]].tolist() == [1, 1, 5]
    assert ranking.loc["recency", "auc"] == 0.5
    gains = churn.gains(perfect)
    model = gains[gains["rule"] == "model"].set_index("called")["found"]
    assert model.iloc[20] == pytest.approx(1)
    assert gains.groupby("rule")["found"].last().tolist() == pytest.approx([1] * 4)


def test_verdict_says_when_the_model_does_not_beat_the_rule() -> None:
    random = np.random.default_rng(3)
    left = random.random(300) < 0.4
    noise = random.random(300)
    same = scored(left.tolist(), noise.tolist(), (noise * 7).tolist())
    assert "does not beat the rule" in churn.verdict(same)
    better = scored(left.tolist(), (left + noise).tolist(), noise.tolist())
    assert "The model adds" in churn.verdict(better)
    assert churn.gain_over_rules(better).beats_rule


def test_interval_of_the_auc_covers_the_truth() -> None:
    random = np.random.default_rng(4)
    truth, inside = 0.7602, 0  # of N(1, 1) against N(0, 1): Φ(1 ÷ √2)
    for _ in range(200):
        scores = np.concatenate([random.normal(1, 1, 40), random.normal(0, 1, 80)])
        row = churn.ranking(scored([1] * 40 + [0] * 80, scores.tolist())).iloc[0]
        inside += row["auc_low"] <= truth <= row["auc_high"]
    assert 180 <= inside <= 199


def test_calibration_by_hand() -> None:
    truth = churn.calibration(scored([1, 0, 1, 0], [0.8, 0.2, 0.6, 0.4]))
    assert truth.brier == pytest.approx((0.04 + 0.04 + 0.16 + 0.16) / 4)
    assert truth.brier_base == 0.25
    assert truth.skill == pytest.approx(0.6)
    worse = churn.calibration(scored([1, 0], [0.1, 0.9]))
    assert "further from the truth" in worse.sentence()


def test_reliability_groups_are_equal_and_their_intervals_hold_the_share() -> None:
    random = np.random.default_rng(5)
    risk = random.random(1000)
    bins = churn.reliability(scored((random.random(1000) < risk).tolist(), risk.tolist()))
    assert bins["customers"].tolist() == [100] * 10
    assert ((bins["low"] <= bins["observed"]) & (bins["observed"] <= bins["high"])).all()
    assert (bins["observed"] - bins["predicted"]).abs().max() < 0.15
