"""The customer-base audit, worked by hand on a handful of customers."""

from __future__ import annotations

import datetime as dt

import pytest

from analysis import portfolio
from analysis.plots import plot, theme
from conftest import transactions

AS_OF = dt.date(2023, 12, 31)
# Cohorts: 2021 (ana, bea), 2022 (carl, dora). In 2022: ana 100 in two purchases, carl 80, dora 20.
# In 2023: ana 60, bea 40 in two, carl 90 in three. Cost is half of everything in 2022, a quarter in 2023.
ROWS = [
    ("ana", "2021-01-02", "sale", 10, None, None, None, 5),
    ("bea", "2021-06-02", "sale", 10, None, None, None, 5),
    ("ana", "2022-01-02", "sale", 60, None, None, None, 30),
    ("ana", "2022-05-02", "sale", 40, None, None, None, 20),
    ("carl", "2022-02-02", "sale", 80, None, None, None, 40),
    ("dora", "2022-03-02", "sale", 20, None, None, None, 10),
    ("ana", "2023-01-05", "sale", 60, None, None, None, 15),
    ("bea", "2023-02-05", "sale", 20, None, None, None, 5),
    ("bea", "2023-02-06", "sale", 20, None, None, None, 5),
    ("carl", "2023-04-05", "sale", 30, None, None, None, 7.5),
    ("carl", "2023-05-05", "sale", 30, None, None, None, 7.5),
    ("carl", "2023-06-05", "sale", 30, None, None, None, 7.5),
]


@pytest.fixture
def data(data_over):
    return data_over(transactions(ROWS), AS_OF)


@pytest.fixture
def cohorts(data):
    return portfolio.cohorts(data.query("cohorts", period="year"), AS_OF, "year")


def test_deciles_of_three_customers_are_three(data):
    """Carl 90, Ana 60, Bea 40 of 190: the first third, the second and the last."""
    found = portfolio.deciles(portfolio.last_twelve_months(data))
    assert found.shown["deciles"]["decile"].tolist() == [4, 7, 10]
    assert found.shown["deciles"]["net_sales"].tolist() == [90, 60, 40]
    assert found.shown["deciles"]["purchases_per_customer"].tolist() == [3, 1, 2]
    assert found.shown["deciles"]["margin_rate"].tolist() == [0.75] * 3
    assert found.sentence() == (
        "The top decile made 47.4% of the net sales of the year to 31 Dec 2023: 3.0 purchases of 30 per "
        "customer there, 2.0 of 20 in the last one."
    )


def test_customers_who_bought_the_same_share_a_decile(data_over):
    rows = [(name, "2023-03-01", "sale", 5) for name in "abcdefghij"]
    found = portfolio.deciles(portfolio.last_twelve_months(data_over(transactions(rows), AS_OF)))
    assert found.shown["deciles"]["customers"].tolist() == [10]
    returned = data_over(transactions([("a", "2023-03-01", "return", -5)]), AS_OF)
    assert not portfolio.deciles(portfolio.last_twelve_months(returned))


def test_the_margin_by_its_four_factors(data):
    """2022: 3 × 4/3 × 50 × 50 % = 100; 2023: 3 × 2 × 31.67 × 75 % = 142.5."""
    found = portfolio.factor_change(portfolio.compare_customers(data, "year"))
    assert found.value == pytest.approx((100, 142.5))
    assert found.factors["before"].tolist() == pytest.approx([3, 4 / 3, 50, 0.5])
    assert found.factors["now"].tolist() == pytest.approx([3, 2, 190 / 6, 0.75])
    assert found.factors["effect"].sum() == pytest.approx(42.5)
    assert found.factors["effect"].iloc[0] == 0
    # L(142.5, 100) = 42.5 ÷ ln 1.425 = 119.99; × ln 1.5 = 48.65, × ln 0.6333 = −54.81, × ln 1.5
    assert found.factors["effect"].tolist()[1:] == pytest.approx([48.65, -54.81, 48.65], abs=0.01)
    shown = found.tables()["factor_change"]
    assert shown["before"].tolist() == ["3", "1.33", "50.00", "50.0%"]
    assert found.sentence() == (
        "Gross margin of 2023: 42.5% more than in 2022 (142 and 100): customers 0.0%, purchases per customer "
        "+50.0%, value per purchase -36.7%, margin rate +50.0%."
    )
    (told,) = found.findings()
    assert told.usual == pytest.approx(190 / 200 - 1)  # as net sales
    assert told.money == pytest.approx(42.5)


def test_without_cost_it_is_the_net_sales_that_are_split(data_over):
    compared = portfolio.compare_customers(data_over(transactions([row[:4] for row in ROWS]), AS_OF), "year")
    found = portfolio.factor_change(compared)
    assert found.value == pytest.approx((200, 190))
    assert found.title().startswith("Net sales of 2023")
    assert not found.findings()


def test_a_loss_cannot_be_split(data_over):
    dear = [(*row[:7], 99) for row in ROWS]
    found = portfolio.factor_change(portfolio.compare_customers(data_over(transactions(dear), AS_OF), "year"))
    assert found.reason == "The margin was not above zero in both periods, so its change cannot be split."


def test_two_cohorts_at_the_same_age(cohorts):
    """At age 1: of 2021 ana, half of two, bought twice for 50; of 2022 carl, three times for 30."""
    found = portfolio.two_cohorts(cohorts)
    assert [*found.bars][:: len(found.bars) - 1] == ["2021", "2022"]
    assert found.value == pytest.approx((100, 90))
    assert found.factors["before"].tolist() == [2, 0.5, 2, 50]
    assert found.factors["now"].tolist() == [2, 0.5, 3, 30]
    assert found.factors["effect"].sum() == pytest.approx(-10)
    assert found.sentence() == (
        "Customers won in 2022: 10.0% less net sales, 1 year on, than those won in 2021 (90 and 100): "
        "customers in the cohort 0.0%, share who bought 0.0%, purchases per customer +50.0%, value per "
        "purchase -40.0%."
    )
    assert found.frame["age"].tolist() == [0, 1, 2, 0, 1]


def test_a_cohort_not_seen_after_its_first_period_is_compared_with_none(data_over):
    data = data_over(transactions([*ROWS, ("zoe", "2023-09-01", "sale", 5, None, None, None, 1)]), AS_OF)
    cohorts = portfolio.cohorts(data.query("cohorts", period="year"), AS_OF, "year")
    assert portfolio.two_cohorts(cohorts).title().startswith("Customers won in 2022: 10.0% less")


def test_the_stack_adds_up_to_the_net_sales_of_each_period(cohorts):
    found = portfolio.cohort_stack(cohorts)
    assert found.shown["cohort_stack"].sum().tolist() == [20, 200, 190]
    assert found.title() == "Customers won earlier make 100.0% of the net sales of 2023"
    assert found.tables()["cohort_stack"].columns.tolist() == ["2021", "2022", "2023"]


def test_one_cohort_has_nothing_to_be_compared_with(data_over):
    data = data_over(transactions(ROWS[:3]), AS_OF)
    cohorts = portfolio.cohorts(data.query("cohorts", period="year"), AS_OF, "year")
    assert not portfolio.two_cohorts(cohorts)
    assert not portfolio.cohort_stack(cohorts)


def test_draw(data, cohorts):
    found = portfolio.two_cohorts(cohorts)
    compared = portfolio.compare_customers(data, "year")
    results = [
        portfolio.factor_change(compared),
        found,
        portfolio.cohort_stack(cohorts),
    ]
    for result in results:
        ax = theme.axes()
        assert plot(result, ax=ax) is ax
        ax.figure.canvas.draw()
        assert " ".join(ax.figure.get_suptitle().split()) == result.title().removesuffix(".")
    assert len(plot(found).figure.axes) == 3
