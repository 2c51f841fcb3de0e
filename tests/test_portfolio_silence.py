"""Inactive customers and what sleeps in them, how customers differ, and the trend of concentration."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from analysis import portfolio
from analysis.plots import plot, theme
from analysis.portfolio import Activity
from conftest import transactions
from tables import answering

START = pd.Timestamp("2020-01-01")
AS_OF = dt.date(2022, 1, 1)


def pairs(back: int, away: int, days: int = 100) -> pd.DataFrame:
    """Return purchases of one day: so many customers came back after so many days, so many did not."""
    dates = [START + pd.Timedelta(days=days), pd.NaT]
    return pd.DataFrame({"previous": START, "date": dates, "gaps": [back, away]})


def sleeping(pairs, as_of=AS_OF):
    """Return what sleeps: cy is active, ana silent for 7 months, bea for longer than is known."""
    lasts = pd.Timestamp(as_of) - pd.to_timedelta([214, 1200, 10], unit="D")
    years = pd.DataFrame({"customer_id": ["ana", "bea", "cy"], "last_year_sales": [100.0, 40.0, 7.0]})
    return slept(years.assign(last_purchase=lasts), pairs, as_of)


def slept(years, pairs, as_of=AS_OF):
    data = answering(as_of, {}, last_active_year=years)
    return portfolio.sleeping(data, pairs, Activity({}, "", customers=pd.DataFrame(), window=80))


def test_of_forty_silent_for_three_months_thirty_came_back():
    """After 100 days: silent for one to three months, not for four; Wilson by hand: 59.8 to 85.8 %."""
    found = sleeping(pairs(30, 10))
    assert found.rates["months"].tolist() == [1, 2, 3]
    assert found.rates["silent"].tolist() == [40] * 3
    assert found.rates["rate"].tolist() == [0.75] * 3
    assert found.rates["rate_low"].iloc[0] == pytest.approx(0.598, abs=5e-4)
    assert found.rates["rate_high"].iloc[0] == pytest.approx(0.858, abs=5e-4)
    assert found.title() == (
        "Of those silent for 3 months, 75% came back within the next twelve (between 60% and 86%)"
    )


def test_who_comes_back_after_more_than_a_year_of_waiting_has_not_come_back():
    found = sleeping(pairs(30, 30, days=420))  # 13.8 months
    assert found.rates.set_index("months")["rate"].loc[[1, 2]].tolist() == [0, 0.5]


def test_a_silence_counts_once_its_outcome_is_known():
    observed = sleeping(pairs(30, 10), (START + pd.Timedelta(days=396)).date())
    assert observed.rates["months"].tolist() == [1]  # thirteen months are 395.7 days, fourteen 426.1
    assert not sleeping(pairs(30, 10), (START + pd.Timedelta(days=395)).date()).is_drawn


def test_rates_of_fewer_than_thirty_are_not_told():
    found = sleeping(pairs(19, 10))
    assert "30 silences" in found.notes()[0]
    assert found.sentence() == "2 inactive customers bought for 140 in their last active years."
    assert found.findings()[0].money is None
    assert "rate" not in found.tables()["worth_a_call"]


def test_what_sleeps_and_what_comes_back():
    """After 220 days 20 of 40 came back: half of those silent for 7 months, as ana is, and 50 of 140."""
    found = sleeping(pairs(20, 20, days=220))
    assert found.shown["worth_a_call"]["customer_id"].tolist() == ["ana", "bea"]
    assert found.shown["sleeping"]["silence"].tolist() == ["6 to 12 months", "over 36 months"]
    assert found.shown["sleeping"]["last_year_sales"].tolist() == [100, 40]
    assert found.sentence() == (
        "2 customers are inactive. At the rates at which others came back, those return within twelve months "
        "who bought for 50 in their last active year, of 140 that all bought."
    )
    assert found.findings()[0].money == 50


def test_nobody_is_inactive():
    lately = pd.Timestamp(AS_OF) - pd.Timedelta(days=80)
    years = pd.DataFrame({"customer_id": ["cy"], "last_year_sales": 1.0, "last_purchase": [lately]})
    assert not slept(years, pairs(30, 10))


def test_the_last_active_year_ends_with_the_last_purchase(engine_over):
    rows = [
        ("ana", "2022-01-01", "sale", 99),
        ("ana", "2023-03-05", "sale", 5),  # a year before the last: not within it
        ("ana", "2023-03-06", "sale", 7),
        ("ana", "2024-03-05", "sale", 10),
        ("ana", "2024-04-01", "return", -2),
        ("eve", "2024-04-01", "return", -2),
    ]
    found = engine_over(transactions(rows)).query("last_active_year", as_of=dt.date(2024, 4, 15))
    assert found.to_numpy().tolist() == [["ana", 15, pd.Timestamp("2024-03-05")]]


def test_spread_of_six_customers(six_customers, engine_over):
    """Orders 5, 2, 1, 1, 1 of those who bought; ana and bea came back after 32 and 60 days."""
    as_of = dt.date(2024, 4, 15)
    found = portfolio.spread(engine_over(six_customers).query("customers", as_of=as_of), as_of)
    orders, value, days, _tenure = (found.values[name] for name in found.values)
    assert orders.tolist() == [5, 2, 1, 1, 1]
    assert value.tolist() == [60, 40, 0, 200, 500]
    assert days.dropna().tolist() == [32, 60]
    assert found.tables()["spread"]["median"].iloc[0] == 1
    assert found.title() == "Orders per customer: the median is 1, one in ten has 4 or more"


@pytest.fixture
def trend(data_over):
    """Eleven customers buy for 11, 10 … 1; a year later the first not at all, and the last for 20."""
    first = [(f"c{i:02}", "2022-07-01", "sale", 11 - i) for i in range(11)]
    later = [(f"c{i:02}", "2024-06-30", "sale", 20 if i == 10 else 11 - i) for i in range(1, 11)]
    data = data_over(transactions([*first, *later]), dt.date(2024, 6, 30))
    return portfolio.concentration_trend(data)


def test_the_trend_by_hand(trend):
    frame = trend.shown["concentration_trend"]
    assert frame["top_ten"].tolist() == pytest.approx([65 / 66, 1])
    assert frame["top_fifth"].tolist() == pytest.approx([30 / 66, 30 / 74])  # 3 of 11; 2 of 10
    assert frame["customers"].tolist() == [11, 10]
    assert frame[["entered", "left"]].iloc[1].tolist() == ["c10", "c00"]
    assert trend.title() == (
        "The ten largest made 100.0% of net sales in the year to 30 Jun 2024, 98.5% in that to 30 Jun 2023"
    )


def test_a_customer_of_a_tenth_or_more_is_a_finding(data_over):
    """Of the year to June 2024 ana made 10 of 100; of that before, 90 of 100."""
    rows = [("ana", "2022-07-01", "sale", 90), ("bea", "2022-07-01", "sale", 10)]
    rows += [("ana", "2024-06-30", "sale", 10), *((f"c{i}", "2024-06-30", "sale", 9.5) for i in range(9))]
    for more, expected in ((0, 1), (4.5, 1), (5, 0)):
        data = data_over(transactions([*rows, ("zoe", "2024-06-30", "sale", more)]), dt.date(2024, 6, 30))
        found = portfolio.concentration_trend(data).findings()
        assert len(found) == expected
        if found:
            assert found[0].text.startswith("ana alone makes 10")
            assert (found[0].money, found[0].usual, found[0].good) == (10, 0.1, False)


def test_one_year_is_no_trend(data_over):
    data = data_over(transactions([("a", "2023-02-01", "sale", 1)]), dt.date(2024, 6, 30))
    assert not portfolio.concentration_trend(data)


def test_draw(trend, six_customers, engine_over):
    customers = engine_over(six_customers).query("customers", as_of=dt.date(2024, 4, 15))
    spread = portfolio.spread(customers, dt.date(2024, 4, 15))
    for result in [sleeping(pairs(30, 10)), trend, spread]:
        ax = theme.axes()
        assert plot(result, ax=ax) is ax
        ax.figure.canvas.draw()
        assert " ".join(ax.figure.get_suptitle().split()) == result.title().removesuffix(".")
    figure = plot(spread).figure
    figure.canvas.draw()
    assert len(figure.axes) == 4
