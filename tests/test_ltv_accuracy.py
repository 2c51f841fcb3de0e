"""Measures of a forecast, on numbers small enough to check by hand, and on data that follow the model."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis import ltv
from portfolios import simulate

TRUTH = {"r": 0.9, "alpha": 8.0, "s": 0.8, "beta": 30.0}


def test_measures_by_hand() -> None:
    actual, predicted = np.array([0.0, 1, 2, 5]), np.array([1.0, 1, 2, 2])
    found = ltv.measures(actual, predicted)
    assert found["total_error"] == pytest.approx(6 / 8 - 1)
    assert found["mae"] == pytest.approx((1 + 0 + 0 + 3) / 4)
    assert found["rmse"] == pytest.approx(np.sqrt((1 + 9) / 4))
    # ranks 1, 2, 3, 4 and 1.5, 1.5, 3.5, 3.5: correlation 4 / sqrt(5 × 4)
    assert found["rank"] == pytest.approx(4 / np.sqrt(20))
    assert ltv.measures(actual, np.zeros(4))["rank"] == 0
    assert np.isnan(ltv.measures(np.zeros(4), predicted)["total_error"])


def test_lift_by_hand() -> None:
    value = np.array([100.0, 50, 30, 20, 0, 0, 0, 0, 0, 0])
    best_first = np.arange(10, 0, -1)
    assert ltv.lift(value, best_first) == pytest.approx(100 / 20)  # mean of the first tenth ÷ mean of all
    assert ltv.lift(value, best_first, share=0.2) == pytest.approx(75 / 20)
    assert ltv.lift(value, np.ones(10)) == pytest.approx(1)
    assert ltv.lift(value, -best_first) == 0
    two_alike = np.array([9, 9, 1, 1, 1, 1, 1, 1, 1, 1])
    assert ltv.lift(value, two_alike) == pytest.approx(75 / 20)  # either of the two may come first
    assert np.isnan(ltv.lift(np.zeros(3), np.ones(3)))


def test_last_period_by_hand() -> None:
    known = pd.DataFrame(
        {
            "customer_id": ["old", "new", "returned", "silent"],
            "first_purchase": pd.to_datetime(["2024-01-01", "2024-03-01", None, "2024-01-05"]),
            "purchase_days": [5, 2, 0, 1],
        }
    )
    before = pd.DataFrame({"customer_id": ["silent", "old"], "purchase_days": [1, 2]})
    assert ltv.last_period(before, known).tolist() == [3, 2, 0]


def test_groups_by_silence_hold_everybody() -> None:
    frame = pd.DataFrame({"x": [1, 1, 1, 0, 0, 0], "t_x": [9.0, 8, 8, 0, 0, 0], "T": [9.0, 9, 9, 5, 9, 9]})
    summary = ltv.Summary(frame, "week", dt.date(2024, 1, 1), 0)
    actual, predicted = np.array([4.0, 2, 1, 1, 0, 0]), np.array([3.0, 2, 2, 1, 1, 0])
    table = ltv.by_silence(summary, actual, predicted, groups=3)
    assert table["customers"].sum() == 6
    assert (table["customers"] * table["actual"]).sum() == actual.sum()
    assert (table["customers"] * table["predicted"]).sum() == predicted.sum()
    assert (table["from_weeks"].to_numpy()[1:] > table["to_weeks"].to_numpy()[:-1]).all()
    one = ltv.by_silence(summary, actual, predicted, groups=1)
    assert one[["from_weeks", "to_weeks", "customers"]].iloc[0].tolist() == [0, 9, 6]
    by_day = ltv.Summary(frame.assign(t_x=frame["t_x"] * 7, T=frame["T"] * 7), "day", summary.as_of, 0)
    pd.testing.assert_frame_equal(ltv.by_silence(by_day, actual, predicted, groups=3), table)


def test_all_alike_in_silence_are_one_group() -> None:
    frame = pd.DataFrame({"x": [0, 0], "t_x": [0.0, 0], "T": [4.0, 4]})
    summary = ltv.Summary(frame, "week", dt.date(2024, 1, 1), 0)
    assert len(ltv.by_silence(summary, np.ones(2), np.ones(2))) == 1


def test_distributions_follow_the_model_that_made_them() -> None:
    made = simulate("pareto_nbd", TRUTH, np.random.default_rng(1).integers(20, 79, 4000) * 1.0, 39, 1)
    model = ltv.fit_purchases(made.summary, "pareto_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    for table in (
        ltv.history_distribution(model, made.summary),
        ltv.purchases_distribution(model, made.summary, 39, made.bought),
    ):
        assert table["purchases"].tolist() == ["0", "1", "2", "3", "4", "5", "6", "7+"]
        assert table["actual"].sum() == 4000
        assert table["expected"].sum() == pytest.approx(4000)
        off = (table["actual"] - table["expected"]) / np.sqrt(table["expected"])
        assert off.abs().max() < 4


def test_weeks_of_a_track_by_hand() -> None:
    track = pd.DataFrame(
        {
            "date": pd.date_range("2024-01-07", periods=4, freq="7D"),
            "actual": [3.0, 5.0, 9.0, 10.0],
            "expected": [2.0, 6.0, 8.0, 12.0],  # from the third week on, ahead of the 5 that had come
            "holdout": [False, False, True, True],
        }
    )
    weeks = ltv.by_week(track)
    assert weeks["actual"].tolist() == [3, 2, 4, 1]
    assert weeks["expected"].tolist() == [2, 4, 3, 4]
