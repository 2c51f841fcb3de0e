"""Lifetime value: from histories to x, t_x, T, z; models, value, uncertainty and the check on the past."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis import ltv
from analysis.engine.duckdb import DuckDBEngine
from analysis.ltv.alive import Alive, alive, follow
from analysis.ltv.backtest.accuracy import Accuracy
from analysis.ltv.backtest.baselines import naive
from analysis.ltv.backtest.holdout import half_weeks, holdout
from analysis.ltv.backtest.tracking import track
from analysis.ltv.intervals import Interval, simulate_totals, total_intervals
from analysis.ltv.purchases import undetermined
from analysis.ltv.summary import OneCustomer, Unit, kept_share, name_units, silent_after_a_pace
from analysis.ltv.value import clv, discount_factors

AS_OF = dt.date(2024, 4, 15)
TRUTH = (0.9, 8.0, 0.8, 3.0)  # r, α in weeks, a, b
Over = Callable[[pd.DataFrame], DuckDBEngine]


def histories(n: int = 1500, weeks: int = 78, seed: int = 7) -> list[np.ndarray]:
    """Simulate purchase weeks by the model's own story; each history starts with 0."""
    random = np.random.default_rng(seed)
    r, alpha, a, b = TRUTH
    found = []
    for rate, leave in zip(random.gamma(r, 1 / alpha, n), random.beta(a, b, n), strict=True):
        days, now = [0.0], 0.0
        while True:
            now += random.exponential(1 / max(rate, 1e-12))
            if now > weeks:
                break
            days.append(now)
            if random.random() < leave:
                break
        found.append(np.asarray(days))
    return found


def summary_of(
    found: list[np.ndarray], weeks: int = 78, money: float = 1.0, unit: str = "week"
) -> ltv.Summary:
    random = np.random.default_rng(11)
    scale = 1 if unit == "week" else 7
    x = np.array([len(days) - 1 for days in found])
    z = np.where(x > 0, random.gamma(4, 10, len(found)), np.nan)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{i:04}" for i in range(len(found))],
            "x": x,
            "t_x": [days[-1] * scale for days in found],
            "T": float(weeks) * scale,
            "z": z,
        }
    )
    return ltv.Summary(frame, unit, dt.date(2025, 6, 30))


@pytest.fixture(scope="module")
def simulated() -> list[np.ndarray]:
    return histories()


@pytest.fixture(scope="module")
def summary(simulated: list[np.ndarray]) -> ltv.Summary:
    return summary_of(simulated)


@pytest.fixture(scope="module")
def model(summary: ltv.Summary) -> ltv.PurchaseModel:
    fitted = ltv.fit_purchases(summary, "bg_nbd")
    assert isinstance(fitted, ltv.PurchaseModel)
    return fitted


@pytest.fixture(scope="module")
def spend(summary: ltv.Summary) -> ltv.SpendModel:
    fitted = ltv.fit_spend(summary)
    assert isinstance(fitted, ltv.SpendModel)
    return fitted


# --- summary -----------------------------------------------------------------------------------------


def test_summary_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    customers = engine_over(six_customers).query("customers", as_of=AS_OF)
    weeks = ltv.summarise(customers, AS_OF, "week")
    frame = weeks.frame.set_index("customer_id")
    assert weeks.repeat_buyers == 2
    assert frame.loc["ana", ["x", "t_x", "T", "z"]].tolist() == pytest.approx([3, 96 / 7, 101 / 7, 60])
    assert frame.loc["fay", ["x", "t_x", "T"]].tolist() == pytest.approx([0, 0, 15 / 7])
    assert np.isnan(frame.loc["fay", "z"])
    days = ltv.summarise(customers, AS_OF, "day").frame.set_index("customer_id")
    assert days.loc["ana", ["x", "t_x", "T"]].tolist() == [3, 96, 101]
    assert name_units(frame, "day").columns.tolist()[-3:] == ["t_x_days", "T_days", "z"]


def test_example_customer_is_silent_after_a_pace() -> None:
    frame = pd.DataFrame(
        {
            "customer_id": ["busy", "silent", "once"],
            "x": [10, 9, 0],
            "t_x": [50.0, 20.0, 0.0],
            "T": [51.0, 50.0, 60.0],
            "z": [1.0, 1.0, np.nan],
        }
    )
    someone = silent_after_a_pace(frame)
    assert someone is not None
    assert someone["customer_id"] == "silent"
    assert "30.0 weeks of silence" in OneCustomer(someone, frame, "week", AS_OF).title()
    assert silent_after_a_pace(frame.iloc[2:]) is None


# --- models ------------------------------------------------------------------------------------------


def test_three_times_a_makes_the_odds_of_having_left_three_times_as_high(
    model: ltv.PurchaseModel, summary: ltv.Summary
) -> None:
    """By the formula of P(alive): its odds are a ÷ (b + x − 1) × …, and nothing else holds a."""
    again = summary.frame["x"] > 0
    history = [part[again] for part in summary.history]
    odds = [1 / one.p_alive(*history) - 1 for one in (model, model.with_parameters(a=3 * model.a))]
    assert odds[1] / odds[0] == pytest.approx(3)
    with pytest.raises(TypeError, match="BG/NBD has no parameter beta"):
        model.with_parameters(beta=1.0)


def test_p_alive_is_the_formula_and_1_for_one_time_buyers(model: ltv.PurchaseModel) -> None:
    x, t_x, t = np.array([0.0, 2, 9]), np.array([0.0, 10, 20]), np.array([70.0, 40, 60])
    odds = model.a / (model.b + x - 1) * ((model.alpha + t) / (model.alpha + t_x)) ** (model.r + x)
    alive = model.p_alive(x, t_x, t)
    assert alive[0] == 1
    assert alive[1:] == pytest.approx((1 / (1 + odds))[1:])


def test_nobody_leaves_is_named_and_not_an_error() -> None:
    """Where the library's own search fails: all buy at one pace, and nobody ever leaves."""
    random = np.random.default_rng(1)
    found = [np.sort(np.append(0, random.uniform(0, 78, random.poisson(9)))) for _ in range(300)]
    summary = summary_of(found)
    model = ltv.fit_purchases(summary, "bg_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    assert "a" in undetermined(model)
    assert "hardly anyone seems to leave" in model.caution()
    assert model.p_alive(*summary.history).min() > 0.95
    rate = summary.frame["x"].sum() / summary.frame["T"].sum()
    expected = model.expected_purchases(26, *summary.history).sum()
    assert expected == pytest.approx(rate * 26 * len(summary.frame), rel=0.05)
    assert intervals(model, summary, 26)[0].contains(expected)


def test_too_few_repeat_buyers_is_a_sentence(summary: ltv.Summary) -> None:
    few = ltv.Summary(summary.frame[summary.frame["x"] > 0].head(19), "week", summary.as_of)
    assert "(here: 19)" in ltv.fit_purchases(few, "bg_nbd").reason
    assert "(here: 19)" in ltv.fit_spend(few).reason
    assert not ltv.fit_purchases(few, "bg_nbd")


def test_spend_without_money_is_a_sentence(summary: ltv.Summary) -> None:
    free = ltv.Summary(summary.frame.assign(z=0.0), "week", summary.as_of)
    assert "(here: 0)" in ltv.fit_spend(free).reason


def test_expected_spend_is_a_weighted_mean(spend: ltv.SpendModel) -> None:
    weight = spend.p * 3 / (spend.p * 3 + spend.q - 1)
    expected = spend.expected_spend(np.array([3.0, 0.0]), np.array([90.0, np.nan]))
    assert expected.tolist() == pytest.approx([(1 - weight) * spend.mean + weight * 90, spend.mean])


def test_kept_share_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    customers = engine_over(six_customers).query("customers", as_of=AS_OF)
    kept = dict(zip(customers["customer_id"], kept_share(customers), strict=True))
    assert kept == pytest.approx({"ana": 1, "bea": 1, "carl": 1, "dora": 140 / 200, "eve": 1, "fay": 1})
    odd = pd.DataFrame({"sales": [100.0, 100, 0], "net_sales": [-20.0, 120, -5]})  # more back than was sold
    assert kept_share(odd).tolist() == [0, 1, 1]


def test_money_per_purchase_is_net_of_own_returns(six_customers: pd.DataFrame, engine_over: Over) -> None:
    mine = six_customers[six_customers["customer_id"] == "ana"]
    returned = mine.tail(1).assign(kind="return", amount=-150.0)  # half of the 300 sold to her
    customers = engine_over(pd.concat([mine, returned])).query("customers", as_of=AS_OF)
    assert ltv.summarise(customers, AS_OF).frame["z"].tolist() == pytest.approx([60 / 2])


def test_history_of_p_alive_ends_where_the_model_stands(model: ltv.PurchaseModel) -> None:
    dates = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-15", "2024-02-12"]))
    history = follow(model, dates, dt.date(2024, 5, 6))
    assert history["purchase"].sum() == 3
    assert history["p_alive"].iloc[0] == 1
    now = model.p_alive(np.array([2.0]), np.array([6.0]), np.array([18.0]))
    assert history["p_alive"].iloc[-1] == pytest.approx(now[0])


# --- value -------------------------------------------------------------------------------------------


def test_clv_by_hand(summary: ltv.Summary, model: ltv.PurchaseModel, spend: ltv.SpendModel) -> None:
    values = clv(summary, model, spend, horizon_weeks=30, annual_discount_rate=0.12, margin_rate=0.4)
    one = values.iloc[[5]]
    history = [one[name].to_numpy(float) for name in ("x", "t_x", "T")]
    cumulative = [model.expected_purchases(float(week), *history)[0] for week in range(31)]
    by_week = np.diff(cumulative) / 1.12 ** (np.arange(1, 31) * 7 / 365.25)
    worth = spend.expected_spend(history[0], one["z"].to_numpy())[0] * 0.4
    assert one["clv"].iloc[0] == pytest.approx(by_week.sum() * worth)
    assert one["expected_purchases"].iloc[0] == pytest.approx(cumulative[-1])


def test_discount_is_exact_over_a_year() -> None:
    assert discount_factors(1461, 0.1)[-1] == pytest.approx(1.1 ** -(1461 * 7 / 365.25))
    assert discount_factors(3, 0.0).tolist() == [1, 1, 1]


def test_clv_does_not_depend_on_the_time_unit(simulated: list[np.ndarray]) -> None:
    totals = []
    units: list[Unit] = ["week", "day"]
    for unit in units:
        summary = summary_of(simulated, unit=unit)
        purchases, spend = ltv.fit_purchases(summary, "bg_nbd"), ltv.fit_spend(summary)
        assert isinstance(purchases, ltv.PurchaseModel)
        assert isinstance(spend, ltv.SpendModel)
        values = clv(summary, purchases, spend, horizon_weeks=52, annual_discount_rate=0.1, margin_rate=0.3)
        totals.append(values["clv"].sum())
    assert totals[0] == pytest.approx(totals[1], rel=1e-5)


# --- uncertainty -------------------------------------------------------------------------------------


def test_simulated_futures_agree_with_the_expectation(summary: ltv.Summary, model: ltv.PurchaseModel) -> None:
    worth = np.full(len(summary.frame), 10.0)
    bought, earned = simulate_totals(model, 39.0, summary.history, worth).T
    error = bought.std(ddof=1) / np.sqrt(len(bought))
    assert bought.mean() == pytest.approx(model.expected_purchases(39, *summary.history).sum(), abs=4 * error)
    np.testing.assert_allclose(earned, 10 * bought)


def test_interval_is_the_same_at_every_call_and_scales(
    summary: ltv.Summary, model: ltv.PurchaseModel
) -> None:
    once = intervals(model, summary, 20)[0]
    assert once == intervals(model, summary, 20)[0]
    same, tenfold = total_intervals(model, summary, 20, np.full(len(summary.frame), 10.0))
    assert same == once
    assert (tenfold.low, tenfold.high) == pytest.approx((10 * once.low, 10 * once.high))


# --- validation --------------------------------------------------------------------------------------


def intervals(model: ltv.PurchaseModel, summary: ltv.Summary, weeks: int) -> tuple[Interval, Interval]:
    return total_intervals(model, summary, weeks, np.zeros(len(summary.frame)))


def customers_at(found: list[np.ndarray], weeks: int, born: int) -> pd.DataFrame:
    """Return the customer table of the first ``born`` histories after ``weeks``."""
    start = pd.Timestamp("2024-01-01")
    rows = []
    for number, days in enumerate(found[:born]):
        seen = np.unique(np.floor(days[days <= weeks] * 7))
        first, last = (start + pd.Timedelta(days=int(day)) for day in seen[[0, -1]])
        rows.append((f"c{number:04}", first, last, len(seen), len(seen) - 1, 20.0 * len(seen)))
    names = ["customer_id", "first_purchase", "last_purchase", "purchase_days", "x", "sales"]
    return pd.DataFrame(rows, columns=names).assign(repeat_value=20.0, net_sales=lambda table: table["sales"])


@pytest.fixture(scope="module")
def check(simulated: list[np.ndarray]) -> ltv.Holdout:
    known, later = customers_at(simulated, 52, 1400), customers_at(simulated, 78, 1500)
    as_of = dt.date(2024, 1, 1) + dt.timedelta(weeks=78)
    result = holdout(known, later, as_of, 26, "week")
    assert isinstance(result, ltv.Holdout)
    return result


def test_holdout_counts_purchases_and_who_is_left_out(
    check: ltv.Holdout, simulated: list[np.ndarray]
) -> None:
    known, later = customers_at(simulated, 52, 1400), customers_at(simulated, 78, 1400)
    assert check.cutoff == dt.date(2024, 1, 1) + dt.timedelta(weeks=52)
    assert check.newcomers == 100
    assert check.actual == later["purchase_days"].sum() - known["purchase_days"].sum()
    assert check.customers["actual_value"].sum() == pytest.approx(20 * check.actual)
    assert check.intervals[0].contains(check.actual)  # the data follow the model
    assert "the model adds something" in judged(check).notes()[1]


def judged(check: ltv.Holdout) -> Accuracy:
    found = ltv.accuracy(check)
    assert isinstance(found, Accuracy)
    return found


def test_what_is_said_of_one_time_buyers(summary: ltv.Summary, model: ltv.PurchaseModel) -> None:
    found = alive(summary, model)
    assert "by construction" in found.once_sentence()
    other = ltv.fit_purchases(summary, "mbg_nbd")
    assert isinstance(other, ltv.PurchaseModel)
    once = summary.frame["x"] == 0
    expected = other.p_alive(*summary.history)[once].sum()
    assert f"expects {expected:.0f} of them" in alive(summary, other).once_sentence()


def test_one_who_is_gone_is_one() -> None:
    values = pd.DataFrame({"x": [0, 3, 2, 1], "p_alive": [0.1, 0.2, 0.9, 0.7]})
    assert Alive(values, False).sentence().startswith("1 of the 3 repeat buyers (33%) is more likely gone")
    two = values.assign(p_alive=[0.1, 0.2, 0.4, 0.9])
    assert Alive(two, False).sentence().startswith("2 of the 3 repeat buyers (67%) are more likely gone")


def test_same_rate_by_hand() -> None:
    two = pd.DataFrame({"x": [2, 5], "t_x": 0.0, "T": [10.0, 0.0], "z": 3.0})
    found = naive(ltv.Summary(two, "week", AS_OF), 5)
    assert found["same_rate"].tolist() == [1, 0]  # 2 in 10 weeks are 1 in 5
    assert found["value_same_rate"].tolist() == [3, 0]


def test_no_holdout_without_history(simulated: list[np.ndarray]) -> None:
    customers = customers_at(simulated, 52, 100)
    refused = holdout(customers, customers, AS_OF, 0, "week")
    assert "shorter than two weeks" in refused.reason if not refused else False
    assert half_weeks(pd.Timestamp("2024-04-10"), AS_OF) == 0
    assert half_weeks(pd.NaT, AS_OF) == 0
    assert half_weeks(pd.Timestamp("1997-01-01"), dt.date(1998, 6, 30)) == 39
    assert half_weeks(pd.Timestamp("2010-01-01"), AS_OF) == 52


def test_tracking_ends_at_the_forecast(check: ltv.Holdout) -> None:
    """1,400 customers came on the first day, and had bought 100 times again when the forecast begins."""
    starts = pd.to_datetime(["2024-01-01", "2024-02-01"])
    days = pd.DataFrame({"date": starts, "purchases": [1400, 100], "first_purchases": [1400, 0]})
    found = track(check, days, dt.date(2024, 1, 1) + dt.timedelta(weeks=78))
    assert found["holdout"].sum() == check.weeks
    assert found["bg_nbd"].iloc[-1] == pytest.approx(100 + check.predicted)
    ends = (found["low"].iloc[-1], found["high"].iloc[-1])
    assert ends == (100 + check.intervals[0].low, 100 + check.intervals[0].high)
    fitted = found.loc[~found["holdout"], "bg_nbd"]
    assert fitted.iloc[-1] == pytest.approx(1400 * check.model.expected_new(np.array([52.0]))[0])
    assert fitted.is_monotonic_increasing


def test_repeat_purchases_by_day(six_customers: pd.DataFrame, engine_over: Over) -> None:
    cutoff = dt.date(2024, 3, 4)
    daily = engine_over(six_customers).query("repeat_purchases_by_day", cutoff=cutoff, as_of=AS_OF)
    assert daily["first_purchases"].sum() == 4  # ana, bea, carl, dora; fay came later
    assert daily["purchases"].sum() - daily["first_purchases"].sum() == 4


# --- the library behind one door ---------------------------------------------------------------------


def test_one_module_imports_the_library() -> None:
    package = Path(analysis.__file__).parent
    importers = [
        path.relative_to(package).as_posix()
        for path in sorted(package.rglob("*.py"))
        if "import lifetimes" in path.read_text("utf-8") or "from lifetimes" in path.read_text("utf-8")
    ]
    assert importers == ["ltv/peer.py"]


def test_the_library_is_imported_late_and_leaves_the_warnings_alone() -> None:
    code = (
        "import warnings, sys\n"
        "warnings.simplefilter('error')\n"
        "from analysis import ltv\n"
        "before = list(warnings.filters)\n"
        "assert 'lifetimes' not in sys.modules\n"
        "ltv.import_lifetimes()\n"
        "assert 'lifetimes' in sys.modules and warnings.filters == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_interval_is_shown_to_three_digits() -> None:
    assert Interval(1508.6, 179_949.0, 0.9).rounded() == (1510, 180_000)
    assert Interval(0.0, 7.0, 0.9).rounded() == (0, 7)
