"""Churn: rates, horizon, snapshots, model and its check, on data small enough to verify by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

from analysis import churn, portfolio
from analysis.churn.evaluation import Scored, placements
from analysis.churn.risks import Risks
from analysis.churn.snapshots import usual_gap
from analysis.engine.duckdb import DuckDBEngine
from analysis.not_possible import NotPossible
from analysis.plots import plot, theme
from conftest import transactions

AS_OF = dt.date(2024, 4, 15)
Over = Callable[[pd.DataFrame], DuckDBEngine]


# --- rates -------------------------------------------------------------------------------------------


def rates_of(rows: list[tuple[object, ...]], as_of: dt.date) -> churn.ChurnRates | NotPossible:
    """Return the monthly rates of month of 2024, status and number of customers."""
    frame = pd.DataFrame(rows, columns=["number", "status", "customers"])
    days = pd.to_datetime(pd.DataFrame({"year": 2024, "month": frame["number"], "day": 1}))
    frame = frame.assign(number=frame["number"] + 2024 * 12 - 1, first_day=days)
    frame = frame.assign(net_before=0.0, net_now=0.0, kept=0.0)
    return churn.rates(portfolio.customer_flow(frame, as_of, "month"))


def test_churn_rate_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    rows = engine_over(six_customers).query("customer_flow", as_of=AS_OF, period="month")
    rates = churn.rates(portfolio.customer_flow(rows, AS_OF, "month"))
    # January: ana, bea, carl; February: ana, dora; March: ana, bea, fay; April is not over.
    assert rates.frame["active_before"].tolist() == [3, 2]
    assert rates.frame["lost"].tolist() == [2, 1]
    assert rates.frame["rate"].tolist() == pytest.approx([2 / 3, 1 / 2])
    assert rates.mean == pytest.approx(3 / 5)
    assert "50.0%" in rates.sentence()
    assert "1 of the 2 customers" in rates.sentence()
    assert rates.findings()[0].good  # 50 % is below the mean of 60 %


def test_churn_rate_of_the_definition() -> None:
    # by hand: 200 active at the start, 14 lost → 7.0 %
    rows = [(1, "new", 200), (2, "retained", 186), (2, "lost", 14), (2, "new", 50)]
    rates = rates_of(rows, dt.date(2024, 2, 29))
    assert rates.last["rate"] == pytest.approx(0.07)
    assert "7.0%" in rates.title()


def test_a_period_that_was_recorded_in_part_is_compared_with_none(engine_over: Over) -> None:
    # ana and bea buy in January, of which only the last days are known, and carl in February, ana in March
    bought = [("ana", "2024-01-20"), ("bea", "2024-01-25"), ("carl", "2024-02-10"), ("ana", "2024-03-05")]
    engine = engine_over(transactions([(customer, day, "sale", 10) for customer, day in bought]))
    as_of = dt.date(2024, 3, 31)
    rows = engine.query("customer_flow", as_of=as_of, period="month")
    rates = churn.rates(portfolio.customer_flow(rows, as_of, "month"))
    assert rates.frame[["active_before", "lost"]].values.tolist() == [[1, 1]]


def test_churn_rate_needs_two_complete_periods() -> None:
    refused = rates_of([(1, "new", 5)], dt.date(2024, 1, 31))
    assert not refused
    assert "Too little data" in refused.reason


def test_churn_rate_where_nobody_bought() -> None:
    assert "Nobody bought" in rates_of([], dt.date(2024, 5, 31)).reason


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


def horizon_of(history: int, window: int, repeats: int = 30) -> churn.Horizon | NotPossible:
    """Return the horizon after a history in which so many customers came back after 10 days."""
    start = pd.Timestamp("2024-01-01")
    pairs = pd.DataFrame({"previous": [start], "date": [start + pd.Timedelta(days=10)], "gaps": [repeats]})
    as_of = (start + pd.Timedelta(days=history)).date()
    return churn.horizon(portfolio.activity_window(pairs, window), pairs, as_of)


def test_horizon_is_the_activity_window() -> None:
    found = horizon_of(270, 90)
    assert (found.days, found.window) == (90, 90)
    assert found.sentence() == (
        "The forecast looks 90 days ahead, the length of the activity window: 100% of purchases are followed "
        "by another that soon."
    )


def test_horizon_is_the_longest_that_the_history_holds_three_times() -> None:
    found = horizon_of(269, 90)
    assert (found.days, found.window) == (89, 90)
    assert (
        "the longest that the history holds three times; the activity window is 90 days" in found.sentence()
    )


@pytest.mark.parametrize(
    ("history", "window", "repeats", "reason"),
    [
        (89, 90, 30, "a history of at least 90 days, and this one has 89"),  # a third of it is below 30 days
        (41, 14, 30, "a history of at least 42 days, and this one has 41"),  # shorter than a short window
        (270, 90, 29, "at least 30 repeat purchases (here: 29)"),
    ],
)
def test_no_horizon(history: int, window: int, repeats: int, reason: str) -> None:
    refused = horizon_of(history, window, repeats)
    assert not refused
    assert reason in refused.reason


def test_a_short_window_needs_no_long_history() -> None:
    assert horizon_of(42, 14).days == 14
    assert horizon_of(90, 90).days == 30


# --- snapshots ---------------------------------------------------------------------------------------


def snapshot_of(engine: DuckDBEngine, day: dt.date, days: int, known_after: bool) -> pd.DataFrame:
    step, horizon = dt.timedelta(days=days), churn.Horizon(days, days, pd.DataFrame())
    tables = [engine.query("customers", as_of=day + shift) for shift in (-step, dt.timedelta(0), step)]
    return churn.snapshot(day, horizon, tables[0], tables[1], tables[2] if known_after else None)


def test_snapshot_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    frame = snapshot_of(engine_over(six_customers), dt.date(2024, 3, 6), 40, known_after=True)
    frame = frame.set_index("customer_id")
    # active: bought since 26 January: ana (1 March), carl (31 January), dora (15 February)
    assert frame.index.tolist() == ["ana", "carl", "dora"]
    assert frame["days_since_last"].tolist() == [5, 35, 20]
    assert frame["purchase_days"].tolist() == [3, 1, 1]
    assert frame["recent_purchases"].tolist() == [2, 1, 1]
    assert frame["age_days"].tolist() == [61, 35, 20]
    assert frame["mean_purchase"].tolist() == pytest.approx([260 / 3, 0, 200])
    assert frame["returned_share"].tolist() == pytest.approx([0, 0, 60 / 200])
    assert frame["recent_net_sales"].tolist() == pytest.approx([140, 0, 140])
    # by 15 April only ana had bought again
    assert frame["no_purchase"].tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("window", "active"), [(59, ["ana", "bea", "fay"]), (60, ["ana", "bea", "dora", "fay"])]
)
def test_who_is_active_is_the_same_as_in_the_portfolio(
    six_customers: pd.DataFrame, engine_over: Over, window: int, active: list[str]
) -> None:
    """Dora bought exactly 60 days before."""
    engine = engine_over(six_customers)
    customers = engine.query("customers", as_of=AS_OF)
    told = portfolio.activity(customers, AS_OF, portfolio.ActivityWindow(window, pd.DataFrame())).customers
    assert told.loc[told["active"], "customer_id"].tolist() == active
    assert snapshot_of(engine, AS_OF, window, known_after=False)["customer_id"].tolist() == active


def test_the_future_changes_no_feature(six_customers: pd.DataFrame, engine_over: Over) -> None:
    day = dt.date(2024, 3, 6)
    features = ["customer_id", *churn.FEATURES, "net_sales", "recent_net_sales"]
    until = six_customers[pd.to_datetime(six_customers["date"]) <= pd.Timestamp(day)]
    blind = snapshot_of(engine_over(until), day, 40, known_after=False)
    seeing = snapshot_of(engine_over(six_customers), day, 40, known_after=True)
    pd.testing.assert_frame_equal(blind[features], seeing[features])
    assert blind["no_purchase"].isna().all()


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


def test_the_three_cut_offs_are_one_horizon_apart(six_customers: pd.DataFrame, engine_over: Over) -> None:
    class Data:
        as_of, currency = AS_OF, "EUR"
        query = engine_over(six_customers).query

    found = churn.snapshots(Data(), churn.Horizon(20, 40, pd.DataFrame()))
    assert found.days == (dt.date(2024, 3, 6), dt.date(2024, 3, 26), AS_OF)
    # active on 6 March with a window of 40 days; none of them bought by 26 March
    assert found.learn["customer_id"].tolist() == ["ana", "carl", "dora"]
    assert found.learn["no_purchase"].tolist() == [True, True, True]
    # on 26 March: ana (1 March), bea (20 March), dora (15 February, exactly 40 days); ana bought on 10 April
    assert found.check["customer_id"].tolist() == ["ana", "bea", "dora"]
    assert found.check["no_purchase"].tolist() == [False, True, True]
    assert found.table()["outcome_known"].tolist()[:2] == [dt.date(2024, 3, 26), AS_OF]


# --- model -------------------------------------------------------------------------------------------


def planted(n: int = 400, seed: int = 1) -> pd.DataFrame:
    """Return a snapshot in which silence, and nothing else, keeps customers from buying."""
    random = np.random.default_rng(seed)
    silence = random.exponential(30, n)
    frame = pd.DataFrame(dict.fromkeys(churn.FEATURES, 1.0), index=range(n))
    frame["customer_id"] = [f"c{i:04}" for i in range(n)]
    frame["last_purchase"] = pd.Timestamp("2024-01-01")
    frame["days_since_last"] = silence
    frame["mean_purchase"] = random.exponential(20, n)
    frame["net_sales"] = frame["recent_net_sales"] = 100.0
    odds = 1.5 * (np.log1p(silence) - 3)
    frame["no_purchase"] = pd.Series(random.random(n) < 1 / (1 + np.exp(-odds))).astype("boolean")
    return frame


def snapshots(**frames: pd.DataFrame) -> churn.Snapshots:
    parts = {name: frames.get(name, planted(seed=i)) for i, name in enumerate(("learn", "check", "today"), 1)}
    days = (dt.date(2024, 1, 1), dt.date(2024, 2, 1), dt.date(2024, 3, 1))
    return churn.Snapshots(**parts, days=days, horizon=30)


def bought(without: int, of: int = 400) -> pd.DataFrame:
    return planted().assign(
        no_purchase=pd.Series([True] * without + [False] * (of - without), dtype="boolean")
    )


def test_model_finds_the_planted_sign() -> None:
    effects = churn.effects(churn.fit(snapshots()))
    assert effects.frame["feature"].tolist() == ["days_since_last", "mean_purchase"]  # the others never vary
    assert effects.frame["odds_ratio"].iloc[0] > 2
    assert effects.frame["odds_ratio"].iloc[1] == pytest.approx(1, abs=0.3)
    assert "strongest sign of no purchase" in effects.sentence()


def test_model_is_the_same_at_every_fit_and_in_the_open() -> None:
    first, second = churn.fit(snapshots()), churn.fit(snapshots(), churn.default_pipeline())
    np.testing.assert_array_equal(first.risk(planted()), second.risk(planted()))
    side = churn.side_by_side(first, second, snapshots())
    assert (side["by_hand"] == side["helper"]).all()
    assert len(side) == 5


def test_any_classifier_and_any_feature_will_do() -> None:
    flat = churn.fit(snapshots(), make_pipeline(DummyClassifier()), features=["recent_net_sales"])
    assert len(set(flat.risk(planted()))) == 1
    assert "no coefficient" in churn.effects(flat).reason


def test_it_learns_from_the_cut_off_it_is_told() -> None:
    data = snapshots(check=bought(200))
    assert churn.fit(data, on="check").base_rate == 0.5
    assert churn.fit(data).base_rate == planted()["no_purchase"].mean()


def test_model_needs_customers_of_both_kinds() -> None:
    refused = churn.fit(snapshots(learn=bought(19)))
    assert not refused
    assert "here: 381 bought, 19 did not" in refused.reason
    assert not churn.fit(snapshots(learn=planted().iloc[:0]))
    assert churn.fit(snapshots(learn=bought(20)))


def test_check_needs_customers_of_both_kinds() -> None:
    refused = churn.score(churn.fit(snapshots()), snapshots(check=bought(0)))
    assert not refused
    assert "here: 400 bought, 0 did not" in refused.reason


def test_what_is_not_possible_is_passed_on() -> None:
    nothing = NotPossible("No data.")
    model = churn.fit(churn.snapshots(None, churn.horizon(nothing, pd.DataFrame(), AS_OF)))
    scored = churn.score(model, nothing)
    for result in (churn.effects(model), churn.ranking(scored), churn.calibration(scored)):
        assert result is nothing
    assert churn.risks(model, nothing, 10) is nothing


# --- risks -------------------------------------------------------------------------------------------


def test_the_list_puts_the_most_at_stake_first() -> None:
    today = planted(seed=2)
    today["recent_net_sales"] = np.linspace(-10, 500, len(today))
    data = snapshots(today=today)
    risks = churn.risks(churn.fit(data), data, calls=7)
    listed = risks.customers
    assert listed["at_stake"].is_monotonic_decreasing
    assert listed["at_stake"].min() == 0  # negative net sales are nothing to lose
    np.testing.assert_allclose(listed["at_stake"], listed["risk"] * listed["recent_net_sales"].clip(lower=0))
    assert risks.bands()["customers"].sum() == len(listed)
    assert risks.findings()[1].money == pytest.approx(listed["at_stake"].head(7).sum())


def test_expected_number() -> None:
    mean, low, high = Risks(pd.DataFrame({"risk": [0.5] * 100}), 30, 10).expected
    assert mean == 50
    assert (low, high) == (pytest.approx(50 - 1.644854 * 5), pytest.approx(50 + 1.644854 * 5))


# --- evaluation --------------------------------------------------------------------------------------


def scored(
    absent: list[int], model: list[float], rule: list[float] | None = None, base_rate: float = 0.5
) -> Scored:
    other = np.zeros(len(absent)) if rule is None else np.asarray(rule, float)
    frame = pd.DataFrame({"no_purchase": np.asarray(absent, bool), "model": model, "recency": other})
    return Scored(frame.assign(silence=0.0, frequency=0.0), base_rate)


def test_auc_by_hand() -> None:
    # without a purchase 0.9, 0.4; with 0.5, 0.4: pairs won 1 + 1, 0 + ½ → 2.5 of 4
    above, below = placements(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.5, 0.4]))
    assert above.tolist() == [1, 0.25]
    assert below.tolist() == [0.5, 0.75]
    assert above.mean() == below.mean() == 0.625


def test_ranking_of_a_perfect_model() -> None:
    ranking = churn.ranking(scored([1] * 20 + [0] * 80, [1.0] * 20 + [0.0] * 80))
    rules = ranking.frame.set_index("rule")
    assert rules.loc["model", ["auc", "average_precision", "lift"]].tolist() == [1, 1, 5]
    assert rules.loc["recency", "auc"] == 0.5
    model = ranking.gains[ranking.gains["rule"] == "model"].set_index("called")["found"]
    assert model.iloc[20] == pytest.approx(1)
    assert ranking.gains.groupby("rule")["found"].last().tolist() == pytest.approx([1] * 4)


def test_the_model_is_compared_with_the_best_rule_not_the_worst() -> None:
    """One rule ranks as the model does, two rank nobody: only against the former there is nothing to gain."""
    random = np.random.default_rng(3)
    absent = random.random(300) < 0.4
    score = absent + random.random(300)
    gain = churn.ranking(scored(absent.tolist(), score.tolist(), (score * 7).tolist())).gain
    assert gain.rule == "recency"
    assert gain.rule_auc == gain.auc > 0.9
    assert (gain.low, gain.high) == (0, 0)


def test_verdict_says_when_the_model_does_not_beat_the_rule() -> None:
    random = np.random.default_rng(3)
    absent = random.random(300) < 0.4
    noise = random.random(300)
    same = churn.ranking(scored(absent.tolist(), noise.tolist(), (noise * 7).tolist()))
    assert "does not beat the rule" in same.sentence()
    assert not same.findings()[0].good
    better = churn.ranking(scored(absent.tolist(), (absent + noise).tolist(), noise.tolist()))
    assert "The model adds" in better.sentence()
    assert better.gain.beats_rule


@pytest.mark.slow
def test_interval_of_the_auc_covers_the_truth() -> None:
    random = np.random.default_rng(4)
    truth, inside = 0.7602, 0  # of N(1, 1) against N(0, 1): Φ(1 ÷ √2)
    for _ in range(200):
        scores = np.concatenate([random.normal(1, 1, 40), random.normal(0, 1, 80)])
        row = churn.ranking(scored([1] * 40 + [0] * 80, scores.tolist())).frame.iloc[0]
        inside += row["auc_low"] <= truth <= row["auc_high"]
    assert 180 <= inside <= 199


def test_calibration_by_hand() -> None:
    truth = churn.calibration(scored([1, 0, 1, 0], [0.8, 0.2, 0.6, 0.4]))
    assert truth.brier == pytest.approx((0.04 + 0.04 + 0.16 + 0.16) / 4)
    assert truth.brier_base == 0.25
    assert truth.skill == pytest.approx(0.6)
    worse = churn.calibration(scored([1, 0], [0.1, 0.9]))
    assert "trust its order, not its probabilities" in worse.sentence()


def test_the_baseline_of_the_brier_score_is_the_share_at_the_learn_date() -> None:
    """Half of those checked did not buy, a tenth of those learned from: 0.1 is off by 0.9 or by 0.1."""
    truth = churn.calibration(scored([1, 0, 1, 0], [0.8, 0.2, 0.6, 0.4], base_rate=0.1))
    assert truth.brier_base == pytest.approx((0.81 + 0.01) / 2)


@pytest.mark.parametrize(
    ("shift", "said"), [(0.3, "groups lie above"), (-0.3, "groups lie below"), (0, "No group of 10 lies off")]
)
def test_it_says_on_which_side_of_the_line_the_groups_lie(shift: float, said: str) -> None:
    risk = np.repeat(np.linspace(0.35, 0.65, 10), 200) + np.tile(np.linspace(0, 0.01, 200), 10)
    absent = np.concatenate([np.arange(200) < 200 * (p + shift) for p in np.linspace(0.355, 0.655, 10)])
    truth = churn.calibration(scored(absent.tolist(), risk.tolist()))
    assert said in truth.off_line()


def test_reliability_groups_are_equal_and_their_intervals_hold_the_share() -> None:
    random = np.random.default_rng(5)
    risk = random.random(1000)
    bins = churn.calibration(scored((random.random(1000) < risk).tolist(), risk.tolist())).bins
    assert bins["customers"].tolist() == [100] * 10
    low, high = bins["observed_low"], bins["observed_high"]
    assert ((low <= bins["observed"]) & (bins["observed"] <= high)).all()
    assert (bins["observed"] - bins["predicted"]).abs().max() < 0.15


def test_plots_draw_on_the_axes_given_and_say_what_they_show() -> None:
    data = snapshots()
    model = churn.fit(data)
    checked = churn.score(model, data)
    results = [
        churn.effects(model),
        churn.ranking(checked),
        churn.calibration(checked),
        churn.risks(model, data),
    ]
    for result in [*results, horizon_of(270, 90)]:
        ax = theme.axes()
        assert plot(result, ax=ax) is ax
        ax.figure.canvas.draw()
        assert " ".join(ax.get_title(loc="left").split()) == result.title()
