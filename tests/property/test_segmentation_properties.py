"""What holds for scores and classes whatever the customers."""

from __future__ import annotations

import datetime as dt
import itertools
from fractions import Fraction
from random import Random

import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis import segmentation
from analysis.dataset.segment_table import Scoring
from analysis.portfolio import ActivityWindow

values = st.lists(st.integers(-20, 100), min_size=1, max_size=60)
shuffles = st.randoms(use_true_random=False)


def frame_of(values):
    return pd.DataFrame(
        {"customer_id": [f"c{i:03}" for i in range(len(values))], "net_sales": values}, dtype=None
    )


def classes(frame, factor=1.0):
    result = segmentation.abc(frame.assign(net_sales=frame["net_sales"] * factor))
    return None if not result else result.customers.set_index("customer_id")["abc"].sort_index()


@given(values)
@settings(max_examples=100, deadline=None)
def test_scores_rise_with_the_value_and_ties_stay_together(values):
    scores = segmentation.score(pd.Series(values))
    assert scores.between(1, 5).all()
    for a, score_a in zip(values, scores, strict=True):
        for b, score_b in zip(values, scores, strict=True):
            assert (score_a <= score_b) if a < b else (a != b or score_a == score_b)


@given(values, shuffles)
@settings(max_examples=50, deadline=None)
def test_scores_do_not_depend_on_order_or_scale(values, random):
    series = pd.Series(values)
    shuffled = series.sample(frac=1, random_state=random.randrange(1000))
    assert segmentation.score(shuffled).sort_index().equals(segmentation.score(series))
    assert segmentation.score(series * 2.5).equals(segmentation.score(series))
    assert segmentation.score(-series, best="low").equals(segmentation.score(series))


@given(values)
@settings(max_examples=100, deadline=None)
def test_classes_follow_the_definition(values):
    found, total = classes(frame_of(values)), sum(values)
    if total <= 0:
        assert found is None
        return
    for name, value in zip(found.index, values, strict=True):
        larger = sum(other for other in values if other > value)
        a, b = larger < Fraction(80, 100) * total, larger < Fraction(95, 100) * total
        assert found[name] == ("C" if value <= 0 else "A" if a else "B" if b else "C")


@given(values, st.sampled_from([0.001, 0.1, 3, 1e6]), shuffles)
@example([4, 6, 8, -18], 0.1, Random(0))  # cents that add up to nothing, but for rounding
@settings(max_examples=60, deadline=None)
def test_classes_do_not_depend_on_order_or_scale_or_twins(values, factor, random):
    frame = frame_of(values)
    shuffled = frame.sample(frac=1, random_state=random.randrange(1000))
    twins = pd.concat([frame, frame.assign(customer_id="z" + frame["customer_id"])])
    one, other, double = classes(frame), classes(shuffled, factor), classes(twins)
    if one is None:
        assert other is double is None
        return
    assert one.equals(other)
    assert double.tolist() == [*one, *one]


@given(values)
@settings(max_examples=60, deadline=None)
def test_the_better_class_is_worth_more(values):
    result = segmentation.abc(frame_of(values))
    if not result:
        return
    by_class = result.customers.groupby("abc")["net_sales"].agg(["min", "max"])
    assert "A" in by_class.index
    order = [name for name in "ABC" if name in by_class.index]
    for better, worse in itertools.pairwise(order):
        assert by_class.loc[better, "min"] > by_class.loc[worse, "max"]


histories = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 6), st.integers(-5, 60)), min_size=1, max_size=25
)


@given(histories, st.integers(1, 400), st.sampled_from([2, 3, 5, 10]), shuffles)
@settings(max_examples=40, deadline=None)
def test_segments_hold_each_customer_once_and_the_best_only_who_earn_it(histories, days, scores, random):
    day = dt.date(2024, 4, 15)
    frame = pd.DataFrame(histories, columns=["silent", "purchase_days", "net_sales"])
    frame["customer_id"] = [f"c{i:03}" for i in range(len(frame))]
    frame["last_purchase"] = pd.Timestamp(day) - pd.to_timedelta(frame["silent"], unit="D")
    frame["x"] = frame["purchase_days"] - 1
    frame["first_purchase"] = frame["last_purchase"] - pd.to_timedelta(10 * frame["x"], unit="D")

    def segments(rows):
        window = ActivityWindow(days, pd.DataFrame())
        scored = segmentation.rfm(rows, day, window, Scoring(scores=scores))
        found = scored.customers.set_index("customer_id")
        assert found["segment"].isin(list(scored.names)).all()
        best = found[found["segment"].isin(scored.best)]
        assert (best["days_since_last"] <= days).all()
        assert (best["purchases"] > 1).all()
        return found["segment"].sort_index()

    found = segments(frame)
    shuffled = frame.sample(frac=1, random_state=random.randrange(1000))
    assert segments(shuffled.assign(net_sales=shuffled["net_sales"] * 3)).equals(found)
    twins = segments(pd.concat([frame, frame.assign(customer_id="z" + frame["customer_id"])]))
    assert twins.iloc[: len(found)].equals(found)
    assert twins.iloc[len(found) :].tolist() == found.tolist()
