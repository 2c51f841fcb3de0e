"""Acquisition: CAC, LTV : CAC, payback, the first twelve months, personas and the market, by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis import Dataset, acquisition, ltv, open_dataset, portfolio
from analysis.acquisition.cost import Cac
from analysis.acquisition.worth import TotalValue, mean_interval
from analysis.demo import world
from analysis.display_names import words
from analysis.engine.duckdb import DuckDBEngine
from analysis.not_possible import NotPossible
from analysis.plots import plot
from analysis.profitability.margins import choose_margins
from analysis.result import Listed

AS_OF = dt.date(2024, 4, 15)
Over = Callable[[pd.DataFrame], DuckDBEngine]
NOT_KNOWN = NotPossible("not known")
COSTS = ["customer_id", "days", "sales", "cost", "day_margins", "day_squares"]
SPENT = pd.DataFrame(
    {
        "month": pd.to_datetime(["2024-01-01", *["2024-02-01"] * 4, "2024-04-01"]),
        "channel": ["web", "web", "fair", "radio", None, "fair"],
        "amount": [100.0, 50.0, 400.0, 10.0, 30.0, 5000.0],
    }
)
WON = {  # customer: first purchase, channel
    "a": ("2024-01-31", "web"),
    "b": ("2024-02-01", "web"),
    "c": ("2024-02-29", "fair"),
    "d": ("2024-02-10", "web"),
    "e": ("2024-03-01", "web"),
    "f": ("2024-02-10", None),
    "old": ("2023-12-31", "web"),
}


def answering(
    as_of: dt.date = AS_OF, tables: dict[str, set[str]] | None = None, **queries: pd.DataFrame
) -> SimpleNamespace:
    """Return a data set that answers such queries."""
    return SimpleNamespace(
        as_of=as_of,
        currency=None,
        columns=frozenset(),
        tables={name: frozenset(columns) for name, columns in (tables or {}).items()},
        query=lambda name, **_parameters: queries[name],
    )


def bought(days: dict[str, tuple[str, str | None]], as_of: dt.date = AS_OF) -> SimpleNamespace:
    """Return the summary of customers with such first purchases."""
    first = pd.to_datetime([day for day, _channel in days.values()])
    frame = pd.DataFrame({"customer_id": list(days), "first_purchase": first})
    return SimpleNamespace(frame=frame, as_of=as_of, currency=None)


def records(**columns: dict[str, object]) -> pd.DataFrame:
    channels = {name: channel for name, (_day, channel) in WON.items()}
    table = pd.DataFrame({"acquisition_channel": channels} | {name: pd.Series(of) for name, of in columns.items()})
    return table.rename_axis("customer_id").reset_index()


def full_cost(spend: pd.DataFrame = SPENT, lag_months: int = 0, won: dict[str, tuple[str, str | None]] = WON) -> Cac | NotPossible:
    tables = {"spend": {"month", "channel", "amount"}, "customers": {"acquisition_channel"}}
    data = answering(tables=tables, acquisition_spend=spend, customer_records=records())
    return acquisition.cac(data, bought(won), lag_months=lag_months)


def valued(**worth: float) -> TotalValue:
    values = pd.Series(worth)
    frame = pd.DataFrame({"customer_id": values.index, "past_margin": values.to_numpy() / 2})
    frame = frame.assign(clv=frame["past_margin"], total_value=values.to_numpy())
    return TotalValue({}, "", frame=frame)


def test_cac_is_all_spending_over_all_customers_won_in_its_months() -> None:
    # January to March, of which April is not over: 100 + 50 + 400 + 10 + 30 = 590 over a, b, c, d, f
    found = full_cost()
    assert isinstance(found, Cac)
    assert found.each == pytest.approx(590 / 5)
    assert "From Jan 2024 to Feb 2024 590 were spent and 5 customers acquired: CAC is 118.00" in str(found)
    table = found.shown["cac"].set_index("channel")
    assert table.index.tolist() == ["fair", "web", "(not known)", "radio"]
    assert table["customers"].tolist() == [1, 3, 1, 0]
    assert table["acquisition_cost"].tolist()[:3] == [400, 50, 30]
    assert np.isnan(table.loc["radio", "acquisition_cost"])
    assert table.loc["fair", "share_spent"] == pytest.approx(400 / 590)
    assert "known of 80% of these customers and of 95%" in found.notes()[1]  # 4 of 5; 560 of 590
    assert found.shown["cac_by_year"]["acquisition_cost"].tolist() == [118]
    for name, frame in found.tables().items():
        assert set(words(name, frame)["labels"]) == set(frame.columns)


def test_lag_sets_spending_against_later_customers() -> None:
    # one month later: January's 100 won b, c, d, f; February's 490 won e, as March is over
    found = full_cost(lag_months=1)
    assert isinstance(found, Cac)
    assert sorted(found.won["customer_id"]) == ["b", "c", "d", "e", "f"]
    assert "spent 1 months before" in str(found)
    # two months later February's would win April's, which is not over: 100 ÷ e
    later = full_cost(lag_months=2)
    assert isinstance(later, Cac)
    assert later.each == 100
    assert "nobody came" in str(full_cost(lag_months=3))


def test_spending_without_customers_and_without_channels() -> None:
    assert "590 were spent on acquisition, and nobody came" in str(full_cost(won={"old": WON["old"]}))
    whole = full_cost(SPENT.assign(channel=None))
    assert isinstance(whole, Cac)
    assert list(whole.shown) == ["cac_by_year"]
    assert whole.by_channel["customers"].tolist() == [5]
    ratio = acquisition.ltv_to_cac(valued(a=590, b=0, c=0, d=0, f=0), whole)
    assert ratio.ratio == 1
    assert not ratio.is_drawn


def test_recorded_costs_say_of_how_many_customers_they_are() -> None:
    data = answering(
        tables={"customers": {"acquisition_channel", "acquisition_cost"}},
        customer_records=records(acquisition_cost={"a": 10.0, "c": 50.0}),
    )
    found = acquisition.cac(data, bought(WON))
    assert isinstance(found, Cac)
    assert found.each == 30
    assert "recorded of 2 of 7 customers: CAC is 30.00" in str(found)
    same = acquisition.cac(data, bought(WON), 12.5)
    assert isinstance(same, Cac)
    assert same.each == 12.5
    assert len(same.won) == 7
    nothing = answering(customer_records=records())
    assert "a table 'spend'" in str(acquisition.cac(nothing, bought(WON)))


def test_ltv_to_cac_is_the_ratio_of_sums() -> None:
    # 900 + 300 + 60 + 0 + 0 = 1260 for 590; web: (900 + 300 + 60) ÷ 150, fair: 0 ÷ 400, radio: nobody for 10
    found = acquisition.ltv_to_cac(valued(a=900, b=300, d=60, c=0, f=0), full_cost())
    assert found.ratio == pytest.approx(1260 / 590)
    assert found.worth == 252
    table = found.frame.set_index("channel")
    assert table.loc["web", ["acquisition_cost", "total_value"]].tolist() == [50, 420]
    assert table["ratio"].to_dict() == pytest.approx({"web": 8.4, "fair": 0, "(not known)": 0, "radio": 0})
    assert table.loc["web", "ratio_low"] == pytest.approx(60 / 50, abs=0.01)  # three times the least
    assert table.loc["web", "ratio_high"] == pytest.approx(900 / 50, abs=0.01)
    assert "LTV : CAC is 2.1, below the usual 3: customers bring 252 for 118.00 each" in str(found)
    assert "“radio” took 2% of the money, and nobody came" in str(found)
    assert set(words("acquisition", found.frame)["labels"]) == set(found.frame.columns)
    few = acquisition.ltv_to_cac(valued(a=59, b=0, c=0, d=0, f=0), full_cost())
    assert "LTV : CAC is 0.1: customers bring 12, less than the 118.00" in str(few)
    assert few.findings()[0].good is False
    free = full_cost(SPENT.assign(amount=0.0))
    assert "cost nothing" in str(acquisition.ltv_to_cac(valued(a=1), free))
    assert acquisition.ltv_to_cac(NOT_KNOWN, free) is NOT_KNOWN


def test_interval_of_a_mean_is_that_of_the_central_limit() -> None:
    # of 5000 values with standard deviation 1: ± 1.96 ÷ √5000, though each draw holds only 2000 of them
    values = pd.Series(np.random.default_rng(1).normal(3, 1, 5000))
    low, high = mean_interval(values)
    assert [low, high] == pytest.approx(values.mean() + 1.96 / 5000**0.5 * np.array([-1, 1]), abs=0.003)
    assert np.isnan(mean_interval(pd.Series([1.0]))).all()


def test_payback_adds_up_the_margin_of_cohorts() -> None:
    # January: 2 customers, 100 + 60 + 20; February: 2, 60 + 20, seen one month less; rate 0.5
    frame = pd.DataFrame(
        {
            "age": [0, 1, 2, 0, 1],
            "size": 2,
            "net_sales": [100.0, 60.0, 20.0, 60.0, 20.0],
            "complete": True,
        }
    )
    found = SimpleNamespace(frame=frame)
    margins = choose_margins(pd.DataFrame(columns=COSTS), 0.5)

    def paid(amount: float) -> acquisition.worth.Payback:
        cost = full_cost(SPENT.assign(amount=amount * 5 / 5).head(5))  # five rows, five customers
        back = acquisition.payback(found, cost, margins)
        assert plot(back).get_ylim()[1] > amount
        return back

    # 160 ÷ 4 × 0.5 = 20, then 80 ÷ 4 × 0.5 = 10 more, then 20 ÷ 2 × 0.5 = 5 more
    assert paid(1.0).curve["margin"].tolist() == [20, 30, 35]
    assert paid(1.0).curve["months"].tolist() == [0.5, 1.5, 2.5]
    assert paid(25.0).months == 1
    assert "after 1.0 months; the month of the first purchase brought 20" in str(paid(25.0))
    assert "came back in its first month, which brought 20" in str(paid(20.0))
    never = paid(50.0)
    assert never.months is None
    assert "had not come back as margin after 2 months: 35" in str(never)
    free = acquisition.payback(found, full_cost(SPENT.assign(amount=0.0)), margins)
    assert "nothing to pay back" in str(free)


def test_rule_and_cost_of_keeping() -> None:
    # ticket 600 ÷ 5 = 120; kept: (40 + 60) ÷ 2 to serve and 30 ÷ 2 who bought in a year: 118 ÷ 65
    customers = pd.DataFrame({"sales": [500.0, 100], "orders": [4, 1], "last_purchase": [pd.Timestamp(AS_OF)] * 2})
    contacts = pd.DataFrame({"date": pd.to_datetime(["2024-01-01", "2022-01-01"]), "cost": [30.0, 999]})
    data = answering(
        tables={"customers": {"service_cost"}, "campaigns": {"cost"}},
        customer_records=records(service_cost={"a": 40.0, "b": 60.0}),
        campaign_contacts=contacts,
    )
    cost = full_cost()
    ratio = acquisition.ltv_to_cac(valued(a=100, b=100, c=100, d=100, f=100), cost)
    said = str(acquisition.cac_rule(data, cost, ratio, customers))
    assert "(118.00) is below the average ticket (120.00) is met; " in said
    assert "below what a customer brings (100.00) is not met" in said
    assert "costs 1.8 times" in said
    assert "50.00 to serve (mean of the 2 of whom that is known), 15.00 for campaigns" in said
    alone = acquisition.cac_rule(answering(), cost, ratio, customers)
    assert "What keeping a customer costs is not known" in str(alone)


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
    found = acquisition.total_value(values, customers, choose_margins(pd.DataFrame(columns=COSTS)))
    assert isinstance(found, TotalValue)
    assert found.frame["total_value"].tolist() == pytest.approx([6 + 5, 27 - 2])
    assert "is €33 so far at an assumed margin of 30%, no cost being known, and €3 more" in str(found)


def test_first_purchases(six_customers: pd.DataFrame, engine_over: Over) -> None:
    rows = engine_over(six_customers).query("first_purchases", as_of=AS_OF).set_index("customer_id")
    assert rows.index.tolist() == ["ana", "bea", "carl", "dora", "fay"]  # eve only returned
    assert rows["net_sales"].astype(float).to_dict() == {"ana": 300, "bea": 80, "carl": 0, "dora": 140, "fay": 500}
    assert rows["again"].tolist() == [1, 1, 0, 0, 0]
    early = engine_over(six_customers).query("first_purchases", as_of=dt.date(2024, 2, 10)).set_index("customer_id")
    assert early["net_sales"].astype(float).to_dict() == {"ana": 200, "bea": 50, "carl": 0}
