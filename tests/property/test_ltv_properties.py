"""What must hold for lifetime value whatever the data."""

from __future__ import annotations

import datetime as dt
from functools import cache
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import ltv
from analysis.ltv import intervals
from analysis.ltv.intervals import purchase_intervals
from analysis.ltv.purchases import KINDS, Kind
from analysis.ltv.regularity import variances
from analysis.statistics import lift


@cache
def fitted(kind: Kind = "bg_nbd") -> tuple[ltv.Summary, ltv.PurchaseModel]:
    """Return a summary of made-up customers and the model fitted to it."""
    random = np.random.default_rng(5)
    x = random.geometric(0.4, 400) - 1
    ages = random.uniform(20, 60, 400).round(1)
    frame = pd.DataFrame(
        {"x": x, "t_x": np.where(x > 0, ages * random.beta(2, 1, 400), 0).round(1), "T": ages}
    )
    frame.insert(0, "customer_id", [f"c{i:03}" for i in range(400)])
    frame["z"] = np.where(x > 0, random.gamma(3, 10, 400), np.nan)
    summary = ltv.Summary(frame, "week", dt.date(2024, 1, 1))
    model = ltv.fit_purchases(summary, kind)
    assert isinstance(model, ltv.PurchaseModel)
    return summary, model


HISTORY = st.tuples(st.integers(0, 40), st.floats(0.1, 1.0), st.floats(1.0, 200.0))


@given(st.sampled_from(KINDS), HISTORY, st.floats(0.5, 100.0))
@settings(max_examples=150, deadline=None)
def test_p_alive_is_a_probability_and_sinks_in_silence(
    kind: Kind, history: tuple[int, float, float], silence: float
) -> None:
    model = fitted(kind)[1]
    x, share, age = history
    t_x = share * age if x else 0.0
    now, later = (
        model.p_alive(np.array([x]), np.array([t_x]), np.array([t]))[0] for t in (age, age + silence)
    )
    assert 0 <= later <= now <= 1
    if x == 0:
        assert (later == 1) == (kind == "bg_nbd")


@given(st.sampled_from(KINDS), HISTORY, st.floats(1.0, 60.0), st.floats(1.0, 60.0))
@settings(max_examples=150, deadline=None)
def test_expected_purchases_grow_with_the_horizon(
    kind: Kind, history: tuple[int, float, float], first: float, more: float
) -> None:
    model = fitted(kind)[1]
    x, share, age = history
    past = [np.array([value]) for value in (x, share * age if x else 0.0, age)]
    near, far = (model.expected_purchases(weeks, *past)[0] for weeks in (first, first + more))
    assert 0 <= near <= far + 1e-9


@given(st.sampled_from(KINDS), HISTORY, st.floats(0.5, 0.95), st.floats(0.1, 80.0))
@settings(max_examples=100, deadline=None)
def test_wider_intervals_of_customers_hold_the_narrower_ones(
    kind: Kind, history: tuple[int, float, float], level: float, duration: float
) -> None:
    model = fitted(kind)[1]
    x, share, age = history
    past = tuple(np.array([value], float) for value in (x, share * age if x else 0.0, age))
    with mock.patch.object(intervals, "CUSTOMER_LEVEL", level):
        found = purchase_intervals(model, duration, past).iloc[0]
    assert 0 <= found["low"] <= found["high"]
    assert 0 < found["probability"] <= 1 + 1e-9
    with mock.patch.object(intervals, "CUSTOMER_LEVEL", (1 + level) / 2):
        wider = purchase_intervals(model, duration, past).iloc[0]
    assert wider["low"] <= found["low"]
    assert wider["high"] >= found["high"]


@given(st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None)
def test_the_order_of_customers_does_not_matter(random: object) -> None:
    summary, model = fitted()
    order = list(range(len(summary.frame)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = ltv.Summary(summary.frame.iloc[order].reset_index(drop=True), "week", summary.as_of)
    again = ltv.fit_purchases(shuffled, "bg_nbd")
    assert isinstance(again, ltv.PurchaseModel)
    assert [again.r, again.alpha, again.a, again.b] == pytest.approx([model.r, model.alpha, model.a, model.b])


NUMBERS = st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1e6)), min_size=1, max_size=60)


@given(NUMBERS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_top_decile_does_not_depend_on_the_order(rows: list[tuple[int, float]], random: object) -> None:
    predicted, outcome = (np.array(part, float) for part in zip(*rows, strict=True))
    found = lift(outcome, predicted)
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert lift(outcome[order], predicted[order]) == pytest.approx(found, nan_ok=True)
    assert np.isnan(found) or 0 <= found <= 10 + 1e-8


@given(st.lists(st.integers(1, 30), min_size=3, max_size=12), st.integers(0, 2000))
@settings(max_examples=60, deadline=None)
def test_regularity_does_not_depend_on_when_a_customer_came(gaps: list[int], shift: int) -> None:
    found = []
    for start in (0, shift):
        days = pd.Timestamp("2000-01-01") + pd.to_timedelta(start + np.cumsum([0, *gaps]), unit="D")
        found.append(variances(pd.DataFrame({"customer_id": "c", "date": days})).tolist())
    assert found[0] == pytest.approx(found[1])
    if found[0]:
        assert found[0][0] >= 0
        assert (found[0][0] == pytest.approx(0, abs=1e-9)) == (len(set(gaps)) == 1)
