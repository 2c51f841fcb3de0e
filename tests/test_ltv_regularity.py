"""Whether customers buy at random or regularly: by hand, and on simulated customers of either kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from analysis import ltv
from analysis.engine.duckdb import DuckDBEngine
from analysis.ltv.regularity import Regularity, variances
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
    found = variances(days)
    # gaps 36, 20, 40 of 96: squares 3,296; at random of whole days 3 × (93 × 2 × 96 ÷ (9 × 4)) + 96² ÷ 3
    over = 3296 - 96**2 / 3
    assert found.tolist() == pytest.approx([over / (3 * 93 * 2 * 96 / 36)])


def test_chance_spreads_gaps_by_one_even_where_days_are_few() -> None:
    """Three days drawn from the next few: the mean of all possible ways is 1, exactly."""
    whole, rows = 7, []
    for place, middle in enumerate(range(1, whole)):
        rows += [(f"c{place}", 0), (f"c{place}", middle), (f"c{place}", whole)]
    frame = pd.DataFrame(rows, columns=["customer_id", "day"])
    days = frame.assign(date=START + pd.to_timedelta(frame["day"], unit="D"))
    assert variances(days).mean() == pytest.approx(1)


@pytest.mark.parametrize(
    ("shape", "said"),
    [(0.5, "in bursts"), (1.0, "as random as"), (2.0, "more regular"), (4.0, "more regular")],
)
def test_gaps_of_a_gamma_distribution_vary_as_much_as_they_must(shape: float, said: str) -> None:
    """Of n gaps of shape k the squares have the mean (k + 1) ÷ (n k + 1) (Greenwood 1946); chance is 1."""
    days = simulated(shape)
    found = ltv.regularity(days)
    assert isinstance(found, Regularity)
    n = days.groupby("customer_id").size() - 1
    expected = (((shape + 1) / (n * shape + 1) - 1 / n) / ((n - 1) / (n * (n + 1))))[n > 1].mean()
    assert found.variance == pytest.approx(expected, rel=0.1)  # purchases of one day count once
    assert found.low < found.variance < found.high
    assert said in found.sentence()


def test_random_buyers_are_not_called_regular_whatever_their_pace() -> None:
    """Purchases every three days, where whole days would make gaps look alike: at most 5 % too regular."""
    found = ltv.regularity(simulated(1.0, mean_gap=3.0, seed=5))
    assert isinstance(found, Regularity)
    assert "as random as" in found.sentence()
    assert found.variance == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("variance", "low", "high", "said"),
    [
        pytest.param(0.7, 0.6, 0.8, "more regular", id="regular"),
        pytest.param(0.7, 0.4, 1.1, "as random", id="may be chance"),
        pytest.param(0.9, 0.85, 0.95, "as random", id="too little to mislead"),
        pytest.param(1.4, 1.1, 1.7, "in bursts", id="bursts"),
        pytest.param(1.4, 0.9, 1.9, "as random", id="bursts by chance"),
        pytest.param(1.2, 1.1, 1.3, "as random", id="hardly in bursts"),
    ],
)
def test_what_customers_are_as_a_whole(variance: float, low: float, high: float, said: str) -> None:
    assert said in Regularity(variance, low, high, 40).sentence()


def test_interval_covers_the_truth() -> None:
    """At random the variance is that of chance, 1."""
    inside = 0
    for seed in range(40):
        found = ltv.regularity(simulated(1.0, customers=150, seed=100 + seed, mean_gap=60.0))
        assert isinstance(found, Regularity)
        inside += found.low <= 1 <= found.high
    assert inside >= 35  # 95 % intervals: fewer than 35 of 40 would come up once in a hundred times


def test_clockwork_does_not_vary() -> None:
    rows = [(f"c{name:02}", 30 * step + name) for name in range(40) for step in range(6)]
    frame = pd.DataFrame(rows, columns=["customer_id", "day"])
    found = ltv.regularity(frame.assign(date=START + pd.to_timedelta(frame["day"], unit="D")))
    assert isinstance(found, Regularity)
    assert "is 0.00 times that of chance (95% interval 0.00 to 0.00; 40 customers" in found.sentence()


def test_too_few_customers_are_a_sentence() -> None:
    few = ltv.regularity(simulated(1.0, customers=20))
    assert isinstance(few, NotPossible)
    assert "at least 30" in few.reason
    assert isinstance(ltv.regularity(simulated(1.0).head(0)), NotPossible)
