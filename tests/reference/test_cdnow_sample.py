"""The CDNOW 1/10 sample: published figures, calibration to 1997-09-30, weeks, purchases collapsed by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from analysis import Dataset, ltv, open_dataset
from analysis.ltv.backtest.accuracy import scores
from analysis.ltv.backtest.holdout import cutoff, half_weeks, holdout
from analysis.ltv.model_selection import Comparison

CUTOFF = dt.date(1997, 9, 30)
AS_OF = dt.date(1998, 6, 30)


@pytest.fixture(scope="module")
def sample() -> Iterator[Dataset]:
    yield open_dataset("cdnow-sample")


@pytest.fixture(scope="module")
def summary(sample: Dataset) -> ltv.Summary:
    return ltv.summarise(sample.query("customers", as_of=CUTOFF), CUTOFF, "week")


@pytest.fixture(scope="module")
def purchases(summary: ltv.Summary) -> ltv.PurchaseModel:
    model = ltv.fit_purchases(summary, "bg_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    return model


@pytest.fixture(scope="module")
def check(sample: Dataset) -> ltv.Holdout:
    known, later = (sample.query("customers", as_of=day) for day in (CUTOFF, AS_OF))
    result = holdout(known, later, AS_OF, 39, "week")
    assert isinstance(result, ltv.Holdout)
    return result


def test_summary(summary: ltv.Summary) -> None:
    # Fader, Hardie & Lee (2005): 2,357 customers; 2,457 repeat purchases; 946 repeat buyers;
    # Fader & Hardie (2013): mean z of repeat buyers 35.0778
    assert len(summary.frame) == 2357
    assert summary.frame["x"].sum() == 2457
    assert summary.repeat_buyers == 946
    assert summary.frame["z"].mean() == pytest.approx(35.0778, abs=5e-5)


def test_rows_and_days(sample: Dataset) -> None:
    # the file of Fader & Hardie: 6,919 rows on 6,696 customer-days, 4,814 of them up to the cutoff
    assert sample.quality.rows["rows"].sum() == 6919
    days = [sample.query("customers", as_of=day)["purchase_days"].sum() for day in (AS_OF, CUTOFF)]
    assert days == [6696, 4814]


def test_bg_nbd(purchases: ltv.PurchaseModel) -> None:
    # Fader, Hardie & Lee (2005), table 2; digits from the test suite of CLVTools
    assert purchases.r == pytest.approx(0.2425945, rel=1e-4)
    assert purchases.alpha == pytest.approx(4.4136019, rel=1e-4)
    assert purchases.a == pytest.approx(0.7929199, rel=1e-4)
    assert purchases.b == pytest.approx(2.4258881, rel=1e-4)
    assert purchases.log_likelihood == pytest.approx(-9582.429, abs=5e-3)


def test_bg_nbd_predictions(purchases: ltv.PurchaseModel) -> None:
    # BTYD walkthrough: a new customer in 52 weeks; x = 26, t_x = 30.857, T = 31
    history = [np.array([value]) for value in (26, 30.857, 31)]
    assert purchases.expected_new(np.array([52.0]))[0] == pytest.approx(1.444004, abs=1e-4)
    assert purchases.expected_purchases(52, *history)[0] == pytest.approx(25.75659, abs=1e-3)
    assert purchases.p_alive(*history)[0] == pytest.approx(0.9688523, abs=1e-5)
    # Fader, Hardie & Lee (2005): x = 2, t_x = 30.43, T = 38.86, 39 weeks
    other = [np.array([value]) for value in (2, 30.43, 38.86)]
    assert purchases.expected_purchases(39, *other)[0] == pytest.approx(1.226, abs=5e-4)


def test_pareto_nbd(summary: ltv.Summary) -> None:
    # Fader, Hardie & Lee (2005), table 2; digits and standard errors from the test suite of CLVTools
    model = ltv.fit_purchases(summary, "pareto_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    assert model.parameters == pytest.approx(
        {"r": 0.55315, "alpha": 10.57633, "s": 0.60625, "beta": 11.67150}, rel=3e-4
    )
    assert model.log_likelihood == pytest.approx(-9594.976, abs=5e-3)
    assert model.standard_errors == pytest.approx(
        {"r": 0.0476, "alpha": 0.8427, "s": 0.1873, "beta": 6.2105}, rel=1e-3
    )
    # BTYD walkthrough: a new customer in 52 weeks; x = 26, t_x = 30.857, T = 31
    history = [np.array([value]) for value in (26, 30.857, 31)]
    assert model.expected_new(np.array([52.0]))[0] == pytest.approx(1.473434, abs=1e-4)
    assert model.expected_purchases(52, *history)[0] == pytest.approx(25.45647, abs=2e-3)
    assert model.p_alive(*history)[0] == pytest.approx(0.997874, abs=1e-5)


def test_mbg_nbd(summary: ltv.Summary) -> None:
    # digits from the test suite of lifetimes
    model = ltv.fit_purchases(summary, "mbg_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    assert model.parameters == pytest.approx({"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}, abs=6e-4)


def test_holdout_by_frequency_of_the_pareto_nbd(summary: ltv.Summary, check: ltv.Holdout) -> None:
    # Fader, Hardie & Lee (2005), figure 3; digits from the BTYD walkthrough: total 1,665.5, MAE .7545, RMSE
    # 1.6028
    model = ltv.fit_purchases(summary, "pareto_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    expected = model.expected_purchases(39, *summary.history)
    actual = check.customers["actual"].to_numpy(float)
    assert expected.sum() == pytest.approx(1665.5, abs=0.1)
    assert np.abs(expected - actual).mean() == pytest.approx(0.7545, abs=5e-5)
    assert np.sqrt(((expected - actual) ** 2).mean()) == pytest.approx(1.6028, abs=5e-5)
    groups = pd.Series(expected).groupby(np.minimum(summary.history[0], 7)).mean()
    published = [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403]
    np.testing.assert_allclose(groups, published, atol=8e-4)


def test_models_are_compared_by_likelihood_and_holdout(summary: ltv.Summary, check: ltv.Holdout) -> None:
    compared = ltv.compare_models(summary, check)
    assert isinstance(compared, Comparison)
    table = compared.table.set_index("model")
    assert table["rmse"][["bg_nbd", "pareto_nbd"]].tolist() == pytest.approx([1.6080, 1.6028], abs=5e-5)
    assert table["log_likelihood"][["bg_nbd", "pareto_nbd"]].tolist() == pytest.approx(
        [-9582.429, -9594.976], abs=5e-3
    )
    assert compared.best.kind == table["log_likelihood"].idxmax()  # there are no earlier dates here
    assert "most likely (by 0.3 in log-likelihood)" in compared.best.reason


def test_gamma_gamma(summary: ltv.Summary) -> None:
    # Fader & Hardie (2013); log-likelihood from the test suite of CLVTools
    spend = ltv.fit_spend(summary)
    assert isinstance(spend, ltv.SpendModel)
    assert [spend.p, spend.q, spend.v] == pytest.approx([6.25, 3.74, 15.44], abs=6e-3)
    assert spend.log_likelihood == pytest.approx(-4055.92, abs=5e-3)
    assert spend.customers == 946


def test_the_unit_does_not_matter(sample: Dataset, purchases: ltv.PurchaseModel) -> None:
    by_day = ltv.fit_purchases(
        ltv.summarise(sample.query("customers", as_of=CUTOFF), CUTOFF, "day"), "bg_nbd"
    )
    assert isinstance(by_day, ltv.PurchaseModel)
    assert by_day.alpha / 7 == pytest.approx(purchases.alpha, rel=1e-4)


def test_weeks_with_a_purchase_would_be_another_model(sample: Dataset) -> None:
    """The trap: weeks counted instead of days; about r .291, α 6.852, a .665, b 2.320.

    The source does not say where its weeks begin; with weeks from 1 January on it is this within 6 %.
    """
    often, customers = (sample.query(name, as_of=CUTOFF) for name in ("purchase_days", "customers"))
    few = customers[customers["purchase_days"] <= 2]
    ends = few.melt("customer_id", ["first_purchase", "last_purchase"], value_name="date")
    days = pd.concat([often, ends[["customer_id", "date"]].drop_duplicates()])
    assert len(days) == 4814
    weeks = (pd.to_datetime(days["date"]) - pd.Timestamp("1997-01-01")).dt.days // 7
    seen = weeks.groupby(days["customer_id"].to_numpy()).agg(["min", "max", "nunique"])
    frame = pd.DataFrame(
        {
            "customer_id": seen.index,
            "x": seen["nunique"].to_numpy() - 1,
            "t_x": (seen["max"] - seen["min"]).to_numpy(float),
            "T": 38.0 - seen["min"].to_numpy(),
            "z": np.nan,
        }
    )
    model = ltv.fit_purchases(ltv.Summary(frame, "week", CUTOFF), "bg_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    trap = {"r": 0.291, "alpha": 6.852, "a": 0.665, "b": 2.320}
    assert model.parameters == pytest.approx(trap, rel=0.06)


def test_holdout(check: ltv.Holdout) -> None:
    # BTYD walkthrough: 1,882 purchases came, 70,976.39 in money; BG/NBD expects 1,653.4
    assert check.actual == 1882
    assert check.customers["actual_value"].sum() == pytest.approx(70_976.39)
    assert check.predicted == pytest.approx(1653.4, abs=0.05)
    assert check.newcomers == 0
    found = scores(check).set_index("model")
    rules = ["bg_nbd", "pareto_nbd", "same_rate", "zero"]
    assert found["mae"][rules].tolist() == pytest.approx([0.7855, 0.7545, 1.0237, 0.7985], abs=5e-5)
    assert found["rmse"][rules[:2]].tolist() == pytest.approx([1.6080, 1.6028], abs=5e-5)
    assert found["total"]["pareto_nbd"] == pytest.approx(1665.5, abs=0.05)


def test_holdout_by_frequency(check: ltv.Holdout) -> None:
    # Fader, Hardie & Lee (2005), figure 3; digits from the BTYD walkthrough
    groups = ltv.by_frequency(check).frame
    expected = pd.DataFrame(
        {
            "x": ["0", "1", "2", "3", "4", "5", "6", "7+"],
            "customers": [1411, 439, 214, 100, 62, 38, 29, 64],
            "actual": [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359],
            "bg_nbd": [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157],
            "pareto_nbd": [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403],
        }
    )
    assert groups["x"].tolist() == expected["x"].tolist()
    assert groups["customers"].tolist() == expected["customers"].tolist()
    for column in ("actual", "bg_nbd", "pareto_nbd"):
        np.testing.assert_allclose(groups[column], expected[column], atol=8e-4)


def test_tracking(sample: Dataset, check: ltv.Holdout) -> None:
    track = ltv.tracking(check, sample).frame
    assert len(track) == 78
    assert track["actual"].iloc[-1] == 2457 + 1882
    assert track.loc[~track["holdout"], "actual"].iloc[-1] == 2457
    assert track["low"].iloc[-1] < 2457 + check.predicted < track["high"].iloc[-1]


def test_default_holdout_is_the_published_one() -> None:
    weeks = half_weeks(pd.Timestamp("1997-01-01"), AS_OF)
    assert cutoff(AS_OF, weeks) == CUTOFF
