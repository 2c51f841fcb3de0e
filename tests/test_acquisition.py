"""Acquisition: LTV : CAC, payback and the cost by channel, by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis import Dataset, acquisition, ltv, open_dataset
from analysis.acquisition import TotalValue
from analysis.acquisition.cost import cost_by_channel, first_purchase_value
from analysis.display_names import words
from analysis.engine.duckdb import DuckDBEngine
from analysis.not_possible import NotPossible
from analysis.plots import plot
from analysis.profitability.margins import choose_margins

AS_OF = dt.date(2024, 4, 15)
Over = Callable[[pd.DataFrame], DuckDBEngine]
NOT_KNOWN = NotPossible("not known")
COSTS = ["customer_id", "days", "sales", "cost", "day_margins", "day_squares"]


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return open_dataset("cdnow-sample")


@pytest.fixture(scope="module")
def summary(sample: Dataset) -> ltv.Summary:
    return ltv.summarise(sample.query("customers"), sample.as_of)


def test_payback_is_where_the_curve_crosses_the_cost(sample: Dataset, summary: ltv.Summary) -> None:
    customers, margins = sample.query("customers"), choose_margins(pd.DataFrame(columns=COSTS), 0.4)
    model, spend = ltv.fit_purchases(summary, "bg_nbd"), ltv.fit_spend(summary)
    first = first_purchase_value(customers)

    def paid(cost: float) -> acquisition.Payback:
        found = acquisition.payback(model, spend, pd.Series([cost]), customers, margins)
        assert isinstance(found, acquisition.Payback)
        ax = plot(found)
        assert ax.get_ylim()[1] > max(cost, found.curve["margin"].max())
        return found

    some = paid(20.0)
    assert some.curve["margin"].iloc[0] == pytest.approx(0.4 * first)
    assert some.months is not None
    weeks = some.months * 365.25 / 7 / 12
    margin = 0.4 * (first + model.expected_new(np.array([weeks]))[0] * spend.mean)
    assert margin == pytest.approx(20, abs=0.01)
    assert f"after {some.months:.1f} months" in some.sentence()
    at_once = paid(0.4 * first)
    assert at_once.months == 0
    assert "with the first purchase" in at_once.sentence()
    never = paid(1000.0)
    assert never.months is None
    assert "not expected to pay that back within 36 months" in never.sentence()
    assert "not paid back" in never.title()
    free = acquisition.payback(model, spend, pd.Series([0.0]), customers, margins)
    assert "nothing to pay back" in str(free)


def test_first_purchase_value_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    customers = engine_over(six_customers).query("customers", as_of=AS_OF)
    # first days: ana 120, bea 50, carl 0, dora 200 × 140 ÷ 200, fay 500; eve never bought
    assert first_purchase_value(customers) == pytest.approx((120 + 50 + 0 + 140 + 500) / 5)


def test_acquisition_cost_by_channel_by_hand() -> None:
    spent = pd.DataFrame(
        {
            "month": pd.to_datetime(["2024-01-01", *["2024-02-01"] * 4]),
            "channel": ["web", "web", "fair", "radio", None],
            "amount": [100.0, 50.0, 400.0, 10.0, 30.0],
        }
    )
    acquired = pd.DataFrame(
        {
            "customer_id": list("abcdef"),
            "first_purchase": pd.to_datetime(
                ["2024-01-31", "2024-02-01", "2024-02-29", "2024-02-10", "2024-03-01", "2024-02-10"]
            ),
            "channel": ["web", "web", "fair", "web", "web", None],
        }
    )
    frame = cost_by_channel(spent, acquired)
    table = frame.set_index("channel")
    assert table.index.tolist() == ["fair", "web", "(not known)", "radio"]
    assert table["spent"].sum() == spent["amount"].sum()
    assert table["customers"].tolist() == [1, 3, 1, 0]
    assert table["acquisition_cost"].tolist()[:3] == [400, 50, 30]
    assert np.isnan(table.loc["radio", "acquisition_cost"])
    said = acquisition.CacByChannel(frame).sentence()
    assert said.startswith("590 were spent to win 5 customers, 118.00 each; through “fair”")
    nobody = acquisition.CacByChannel(frame.assign(customers=0, acquisition_cost=np.nan))
    assert "nobody came" in nobody.sentence()


def test_one_cost_for_all_goes_before_what_is_recorded(sample: Dataset, summary: ltv.Summary) -> None:
    refused = acquisition.acquisition_costs(sample, summary)
    assert "the parameter acquisition_cost" in str(refused)
    same = acquisition.acquisition_costs(sample, summary, 0.0)
    assert isinstance(same, pd.Series)
    assert same.eq(0).sum() == 2357
    demo = open_dataset("demo")
    known = acquisition.acquisition_costs(demo, ltv.summarise(demo.query("customers"), demo.as_of))
    assert isinstance(known, pd.Series)
    recorded = demo.query("customer_records").set_index("customer_id")["acquisition_cost"].dropna()
    assert known.sum() == pytest.approx(recorded.reindex(known.index).sum())
    assert "a table 'spend'" in str(acquisition.cac_by_channel(sample, summary, pd.Series(dtype=str)))


def test_ltv_to_cac_by_hand() -> None:
    values = pd.DataFrame(
        {"customer_id": list("abc"), "past_margin": [10.0, 20, 5], "clv": [20.0, 40, 5]}
    ).assign(total_value=lambda frame: frame["past_margin"] + frame["clv"])
    costs = pd.Series({"a": 10.0, "b": 20.0, "z": 5.0})

    def compared(costs: pd.Series, groups: pd.Series | NotPossible = NOT_KNOWN) -> acquisition.LtvToCac:
        found = acquisition.ltv_to_cac(TotalValue(values), costs, groups)
        assert isinstance(found, acquisition.LtvToCac)
        assert set(words("acquisition", found.frame)["labels"]) == set(found.frame.columns)
        return found

    all_of_them = compared(costs)
    row = all_of_them.frame.iloc[0]
    assert row[["customers", "acquisition_cost", "total_value"]].tolist() == [2, 15, 45]
    assert row["ratio"] == 3
    assert "at or above the usual 3" in all_of_them.sentence()
    channels = compared(costs, pd.Series({"a": "web"})).frame
    assert set(channels["group"]) == {"All customers", "web", "(not known)"}
    assert channels["ratio"].tolist() == [3, 3, 3]
    one_for_all = compared(pd.Series(25.0, index=list("abc")))  # total values of 30, 60 and 10: 100 ÷ 75
    assert one_for_all.frame["ratio"].iloc[0] == pytest.approx(100 / 75)
    assert "LTV : CAC is 1.5, below the usual 3" in compared(costs * 2).sentence()
    assert "less than the 50.00" in compared(costs.replace(10.0, 80.0)).sentence()
    assert "cost nothing" in compared(costs * 0).sentence()
    assert acquisition.ltv_to_cac(NOT_KNOWN, costs, NOT_KNOWN) is NOT_KNOWN
    assert acquisition.ltv_to_cac(TotalValue(values), NOT_KNOWN, NOT_KNOWN) is NOT_KNOWN


def test_total_value_is_past_and_residual() -> None:
    customers = pd.DataFrame(
        {
            "customer_id": ["a", "b"],
            "sales": [100.0, 20.0],
            "returns": [-10.0, 0.0],
            "net_sales": [90.0, 20.0],
        }
        | dict.fromkeys(("sales_with_cost", "returns_with_cost", "cost_sold", "cost_returned"), 0.0)
    )
    values = SimpleNamespace(
        frame=pd.DataFrame({"customer_id": ["b", "a"], "clv": [5.0, -2.0]}), currency="EUR"
    )
    costs = pd.DataFrame(columns=COSTS)
    found = acquisition.total_value(values, customers, choose_margins(costs))
    assert isinstance(found, TotalValue)
    assert found.frame["total_value"].tolist() == pytest.approx([6 + 5, 27 - 2])
    said = "comes to €33 so far at an assumed margin of 30%, no cost being known, and to €3 expected"
    assert said in found.sentence()
