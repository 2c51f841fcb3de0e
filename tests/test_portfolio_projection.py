"""The projection to the end of the year, worked by hand on three accounts and on sales that repeat."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import portfolio
from analysis.plots import plot, theme
from analysis.portfolio.projection import _account, _found, _reach, _totals
from conftest import transactions

# ana bought 20 of 60 by this day last year and 30 this year, bea all her 10, cy is new
SIDES = pd.DataFrame(
    {"to_date": [30.0, 0, 6], "last_to_date": [20.0, 10, 0], "last_year": [60.0, 10, 0]},
    index=["ana", "bea", "cy"],
)


def test_three_accounts_by_hand():
    """k = (20 + 10) ÷ 2, the shape of the portfolio 70 ÷ 30: ana 30 · (60 + 35) ÷ 35, cy 6 · 35 ÷ 15."""
    ways = {"naive": [70, 0, 6], "scaled": [90, 0, 6], "shrunk": [30 * 95 / 35, 0, 14]}
    for way, projected in ways.items():
        assert _account(SIDES, way)["projected"].tolist() == pytest.approx(projected)


def test_the_total_by_hand():
    """Ten a month: by 30 June 2023 60, of which 120 would follow last year's 40 of 80 on the same days."""
    days = pd.date_range("2021-01-01", "2023-06-30")
    daily = pd.Series(np.where(days.day == 1, np.where(days.year == 2022, 20 / 3, 10), 0.0), index=days)
    found = _totals(daily, pd.Timestamp("2023-01-01"))
    assert found["naive"] == pytest.approx(60 + 40)
    assert found["scaled"] == pytest.approx(60 * 80 / 40)


@pytest.mark.parametrize(
    ("misses", "reach"),
    [([0.1, 0.3, 0.2, 0.4, 0.5], 0.5), ([n / 10 for n in range(1, 10)], 0.8)],
)
def test_the_reach_of_an_interval_of_eighty_per_cent(misses, reach):
    assert _reach(pd.Series(misses)) == reach  # ⌈0.8 · 6⌉ = 5th of five; ⌈0.8 · 10⌉ = 8th of nine


def steady(until):
    """Two customers who buy for 10 and for 2, 1 + month ÷ 12 times as much, every month from 2021 on."""
    months = pd.date_range("2021-01-01", until, freq="MS")
    rows = [
        (name, day, "sale", money * (12 + day.month))
        for day in months
        for name, money in (("a", 10), ("b", 2))
    ]
    return transactions(rows)


@pytest.fixture(scope="module")
def project(data_over):
    """Return a function that projects what is steady up to a day, each day once."""

    @cache
    def project(as_of):
        data = data_over(steady(as_of), as_of)
        return portfolio.projection(data)

    return project


def test_what_repeats_each_year_is_projected_without_a_miss(project):
    """A year is 12 · 12 + 78 = 222 times 12; by 30 June 72 + 21 = 93 times 12."""
    found = project(dt.date(2024, 6, 30))
    assert found.total[["last_year", "to_date", "projected"]].tolist() == [2664, 1116, 2664]
    assert found.total["projected_low"] == found.total["projected_high"] == 2664
    accounts = found.accounts.set_index("customer_id")
    assert accounts["projected"].to_dict() == {"a": 2220, "b": 444}
    assert accounts["to_date"].to_dict() == {"a": 930, "b": 186}
    assert accounts["projected_low"].tolist() == accounts["projected_high"].tolist() == [2220, 444]
    trials = found.shown["projection_trials"].set_index("method")
    assert trials.loc["Rest of the year as last year", "used"] == "accounts, total"
    assert trials.loc["Rest of the year as last year", ["account_error", "total_error"]].tolist() == [0, 0]


def test_on_the_last_day_of_a_year_it_is_the_next_one_that_is_projected(project):
    found = project(dt.date(2024, 12, 31))
    assert found.year == 2025
    assert found.total[["last_year", "to_date", "projected"]].tolist() == [2664, 0, 2664]
    assert found.sentence() == (
        "2025 is heading for 2,664, most likely between 2,664 and 2,664 (80% interval), after 2,664 in 2024. "
        "Earlier projections missed by 0.0% on average."
    )
    (told,) = found.findings()
    assert (told.usual, told.money, told.good) == (2664, None, None)  # no change beyond the interval


@pytest.mark.parametrize("day", [(2028, 2, 28), (2028, 2, 29), (2024, 12, 29), (2024, 12, 30)])
def test_up_to_the_last_days_of_a_month(project, day):
    """Ten months before 30 December is the last of February, when the year that ends then is over."""
    found = project(dt.date(*day))
    assert (found.year, found.total["projected"]) == (day[0], pytest.approx(2664))
    assert found.total["to_date"] == (324 if day[1] == 2 else 2664)  # 12 · (13 + 14)


def test_too_short_to_be_tested(project):
    assert "tested first" in project(dt.date(2023, 6, 30)).reason


@pytest.fixture(scope="module")
def last_month_again():
    """Let smoothing, slow on sales of no shape, tell the last month again: no account depends on it."""
    module = import_module("analysis.portfolio.projection")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_smoothed", lambda daily, _end: float(daily.iloc[-30:].sum()))
        yield


@pytest.mark.usefixtures("last_month_again")
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.dates(dt.date(2021, 1, 1), dt.date(2024, 9, 10)), st.integers(1, 99)
        ),
        max_size=30,
    )
)
@settings(max_examples=5, deadline=None)
def test_accounts_add_up_to_what_was_sold(data_over, lines):
    as_of = dt.date(2024, 9, 10)
    frame = pd.concat([steady(as_of), transactions([(who, day, "sale", cents) for who, day, cents in lines])])
    data = data_over(frame, as_of)
    found = portfolio.projection(data)
    days = pd.to_datetime(frame["date"])
    assert found.accounts["to_date"].sum() == pytest.approx(frame.loc[days.dt.year == 2024, "amount"].sum())
    assert found.accounts["last_year"].sum() == pytest.approx(frame.loc[days.dt.year == 2023, "amount"].sum())
    assert found.total["to_date"] == pytest.approx(found.accounts["to_date"].sum())
    assert found.total["last_year"] == pytest.approx(found.accounts["last_year"].sum())
    assert found.curve["now"].max() == pytest.approx(found.total["to_date"])


@pytest.mark.parametrize(
    ("last_year", "stake", "good"), [(90, 10, True), (95, None, None), (110, None, None), (120, 20, False)]
)
def test_at_stake_is_a_change_beyond_the_interval(last_year, stake, good):
    """Projected are 100, between 95 and 110."""
    total = pd.Series({"last_year": last_year, "projected": 100, "projected_low": 95, "projected_high": 110})
    found = _found("", total, "95")
    assert (found.value, found.usual, found.money, found.good) == (100, last_year, stake, good)
    assert found.action == "Set the budget of costs by the lower end, 95."


def test_draw(project):
    for as_of in (dt.date(2024, 6, 30), dt.date(2024, 12, 31)):
        found, ax = project(as_of), theme.axes()
        assert plot(found, ax=ax) is ax
        ax.figure.canvas.draw()
        assert " ".join(ax.figure.get_suptitle().split()) == found.title().removesuffix(".")
