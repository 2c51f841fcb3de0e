"""Whether customers buy at random or regularly: by hand, and on simulated customers of either kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from analysis import ltv, open_dataset
from analysis.engine.duckdb import DuckDBEngine
from analysis.ltv.regularity import _gaps
from analysis.not_possible import NotPossible

AS_OF = dt.date(2024, 4, 15)
START = pd.Timestamp("2022-01-01")
Over = Callable[[pd.DataFrame], DuckDBEngine]


def simulated(shape: float, customers: int = 1500, seed: int = 1, mean_gap: float = 30.0) -> pd.DataFrame:
    """Simulate days of purchase over two years: gaps of this shape, paces that differ, one in ten leaves."""
    random = np.random.default_rng(seed)
    rows: list[tuple[str, int]] = []
    for name in range(customers):
        rate = random.gamma(2, 1 / (2 * mean_gap))
        now, days = random.uniform(0, 100), set()
        while now < 730:
            days.add(int(now))
            now += random.gamma(shape, 1 / (shape * rate)) if random.random() > 0.1 else np.inf
        if len(days) >= 3:
            rows += [(f"c{name:05}", day) for day in sorted(days)]
    frame = pd.DataFrame(rows, columns=["customer_id", "day"])
    return frame.assign(date=START + pd.to_timedelta(frame["day"], unit="D"))


def test_days_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    days = engine_over(six_customers).query("purchase_days", as_of=AS_OF)
    assert days["customer_id"].tolist() == ["ana"] * 4  # only she bought on three days or more
    assert days["date"].dt.strftime("%m-%d").tolist() == ["01-05", "02-10", "03-01", "04-10"]
    found = _gaps(days)
    # gaps 36, 20, 40 of 96: squares 3,296; at random of whole days 3 × (93 × 2 × 96 ÷ (9 × 4)) + 96² ÷ 3
    over = 3296 - 96**2 / 3
    assert found["spread"].tolist() == pytest.approx([over / (3 * 93 * 2 * 96 / 36)])
    assert found["mean_gap"].tolist() == [32]
    assert found["gaps"].tolist() == [3]


def test_chance_spreads_gaps_by_one_even_where_days_are_few() -> None:
    """Three days drawn from the next few: the mean spread of all possible ways is 1, exactly."""
    whole, rows = 7, []
    for place, middle in enumerate(range(1, whole)):
        rows += [(f"c{place}", 0), (f"c{place}", middle), (f"c{place}", whole)]
    frame = pd.DataFrame(rows, columns=["customer_id", "day"])
    days = frame.assign(date=START + pd.to_timedelta(frame["day"], unit="D"))
    assert _gaps(days)["spread"].mean() == pytest.approx(1)


@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0, 4.0])
def test_the_shape_of_simulated_gaps_is_found(shape: float) -> None:
    found = ltv.how_regular(simulated(shape))
    assert isinstance(found, ltv.Regularity)
    assert found.shape == pytest.approx(shape, rel=0.15)  # purchases of one day count once: bursts lose some
    assert found.low < found.shape < found.high
    assert found.kind == {0.5: "bursts", 1.0: "random"}.get(shape, "regular")
    words = {"bursts": "in bursts", "random": "as randomly as", "regular": "more regular intervals"}
    assert words[found.kind] in found.sentence()


def test_random_buyers_are_not_called_regular_whatever_their_pace() -> None:
    """Purchases every three days, where whole days would make gaps look alike: at most 5 % too regular."""
    found = ltv.how_regular(simulated(1.0, mean_gap=3.0, seed=5))
    assert isinstance(found, ltv.Regularity)
    assert found.kind == "random"
    assert found.shape == pytest.approx(1, abs=0.05)
    shares = found.shares()
    np.testing.assert_allclose(shares["share"], shares["by_chance"], atol=0.03)
    assert shares["by_chance"].sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("shape", "low", "high", "kind"),
    [
        pytest.param(1.4, 1.1, 1.7, "regular", id="regular"),
        pytest.param(1.4, 0.9, 1.9, "random", id="may be chance"),
        pytest.param(1.2, 1.1, 1.3, "random", id="too little to mislead"),
        pytest.param(0.7, 0.6, 0.8, "bursts", id="bursts"),
        pytest.param(0.7, 0.4, 1.1, "random", id="bursts by chance"),
        pytest.param(0.9, 0.85, 0.95, "random", id="hardly in bursts"),
    ],
)
def test_what_customers_are_as_a_whole(shape: float, low: float, high: float, kind: str) -> None:
    assert ltv.Regularity(shape, low, high, pd.DataFrame()).kind == kind


def test_interval_covers_the_truth() -> None:
    inside = 0
    for seed in range(40):
        found = ltv.how_regular(simulated(2.0, customers=150, seed=100 + seed, mean_gap=60.0))
        assert isinstance(found, ltv.Regularity)
        inside += found.low <= 2 <= found.high
    assert inside >= 35  # 95 % intervals: fewer than 35 of 40 would come up once in a hundred times


def test_clockwork_has_no_end_of_its_shape() -> None:
    """Who buys every thirty days is as regular as the search can tell: no figure, no interval."""
    rows = [(f"c{name:02}", 30 * step + name) for name in range(40) for step in range(6)]
    frame = pd.DataFrame(rows, columns=["customer_id", "day"])
    found = ltv.how_regular(frame.assign(date=START + pd.to_timedelta(frame["day"], unit="D")))
    assert isinstance(found, ltv.Regularity)
    assert "shape 50 or more (1 is random) over 40 customers" in found.sentence()
    assert "interval 50" not in found.sentence()


def test_too_few_customers_are_a_sentence() -> None:
    few = ltv.how_regular(simulated(1.0, customers=20))
    assert isinstance(few, NotPossible)
    assert "at least 30" in few.reason
    assert isinstance(ltv.how_regular(simulated(1.0).head(0)), NotPossible)


def test_effect_on_forecasts_adds_up() -> None:
    dataset = open_dataset("cdnow-sample")
    cutoff, end = dt.date(1997, 9, 30), dt.date(1998, 6, 30)
    known, later = (dataset.query("customers", as_of=day) for day in (cutoff, end))
    fits = {"bg_nbd": partial(ltv.fit_one, kind="bg_nbd")}
    check = ltv.holdout(known, later, end, 39, "week", fits=fits)
    found = ltv.how_regular(dataset.query("purchase_days", as_of=cutoff))
    assert isinstance(check, ltv.Holdout)
    assert isinstance(found, ltv.Regularity)
    table = ltv.regularity_effect(check, found)
    with_three = check.customers[check.customers["x"] >= 3]
    assert abs(table["customers"].sum() - len(with_three)) <= 2  # but for those who bought every single day
    came = (table["actual"] * table["customers"]).sum()
    assert came == pytest.approx(with_three["actual"].sum(), abs=20)
    assert table["model_error"].tolist() == pytest.approx((table["bg_nbd"] / table["actual"] - 1).tolist())
    regular = table[table["regularity"] == "Regular"]
    expected, actual = ((regular[name] * regular["customers"]).sum() for name in ("bg_nbd", "actual"))
    assert f"{expected / actual - 1:+.1%}" in ltv.regularity_effect_sentence(check, table)
    # a gap every 14 days: silent for more than four weeks is late; who has no kind is left out
    few = pd.DataFrame({"customer_id": list("abc"), "t_x": 10.0, "T": [14.0, 14.5, 50.0]})
    few = few.assign(actual=[2, 1, 9], bg_nbd=[1.0, 3.0, 9.0])
    kinds = pd.DataFrame({"customer_id": list("abc"), "mean_gap": 14.0, "kind": ["random", "random", None]})
    table = ltv.regularity_effect(replace(check, customers=few), replace(found, customers=kinds))
    assert table["silence"].tolist() == ["not late", "late"]
    assert table["model_error"].tolist() == [-0.5, 2.0]
