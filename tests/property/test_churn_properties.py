"""What must hold for churn whatever the data."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf
from sklearn.metrics import roc_auc_score

from analysis import churn
from analysis.churn.evaluation import measures

AS_OF = dt.date(2024, 12, 31)
GAPS = st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=2, max_size=40)


def curve_of(gaps: list[tuple[int, bool]]) -> pd.DataFrame:
    """Return the curve of gaps of so many days, each followed by a purchase or still open."""
    end = pd.Timestamp(AS_OF)
    rows = [(end - pd.Timedelta(days=days), end if followed else pd.NaT, 1) for days, followed in gaps]
    frame = pd.DataFrame(rows, columns=["previous", "date", "gaps"])
    return churn.return_curve(frame.astype({"date": "datetime64[ns]"}), AS_OF)


@given(GAPS.filter(lambda gaps: any(followed for _, followed in gaps)))
@settings(max_examples=50, deadline=None)
def test_return_curve_is_kaplan_meier(gaps: list[tuple[int, bool]]) -> None:
    curve = curve_of(gaps)
    seen = CensoredData(
        uncensored=[days for days, followed in gaps if followed],
        right=[days for days, followed in gaps if not followed],
    )
    expected = ecdf(seen).cdf.evaluate(curve["days"].to_numpy(float))
    np.testing.assert_allclose(curve["share"], expected, atol=1e-12)


@given(GAPS)
@settings(max_examples=50, deadline=None)
def test_return_curve_rises_and_ignores_the_order(gaps: list[tuple[int, bool]]) -> None:
    curve = curve_of(gaps)
    assert curve["share"].is_monotonic_increasing
    assert curve["share"].between(0, 1).all()
    pd.testing.assert_frame_equal(curve, curve_of(gaps[::-1]))


PAIRS = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=4, max_size=60).filter(
    lambda pairs: 2 <= sum(absent for absent, _ in pairs) <= len(pairs) - 2
)


@given(PAIRS)
@settings(max_examples=60, deadline=None)
def test_area_agrees_with_scikit_learn_and_ignores_the_order_of_customers(
    pairs: list[tuple[bool, int]],
) -> None:
    absent, scores = (np.array(part) for part in zip(*pairs, strict=True))
    scores = scores / 8
    once = np.ones((1, len(pairs)))
    found = measures(absent, scores, once)[:, 0]
    assert np.isclose(found[3], roc_auc_score(absent, scores))
    np.testing.assert_allclose(found, measures(absent[::-1], scores[::-1], once)[:, 0])
