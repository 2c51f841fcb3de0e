"""The portfolio and its margins, of many customers: in parts the same as of all at once."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import portfolio, profitability
from analysis.not_possible import NotPossible


def same(found, expected):
    """Hold a result in parts against that of all: what it says, and its tables but for the order of rows."""
    assert found.sentence() == expected.sentence()
    assert found.tables().keys() == expected.tables().keys()
    for name, table in expected.tables().items():
        words = [*table.select_dtypes(exclude="float")]
        rows = [one.sort_values(words, ignore_index=True) for one in (found.tables()[name], table)]
        pd.testing.assert_frame_equal(*rows, check_dtype=False, check_categorical=False)


def test_change_and_growth_of_all(large, demo):
    for compare in ("year_to_date", "quarter"):
        found, expected = (portfolio.compare_customers(one, compare) for one in (large, demo))
        assert (found.totals().round(6) == expected.totals().round(6)).all(axis=None)
        same(portfolio.sales_change(found), portfolio.sales_change(expected))


def test_deciles_and_mix_of_all(large, demo):
    found, expected = (portfolio.last_twelve_months(one) for one in (large, demo))
    same(portfolio.deciles(found), portfolio.deciles(expected))
    same(portfolio.mix(large, found), portfolio.mix(demo, expected))
    same(portfolio.market_index(large, found), portfolio.market_index(demo, expected))


def test_trend_of_concentration_of_all(large, demo):
    same(portfolio.concentration_trend(large), portfolio.concentration_trend(demo))


def test_what_sleeps_of_all(large, demo):
    found, expected = (
        portfolio.sleeping(
            one,
            pairs := one.query("purchase_gaps"),
            portfolio.activity(one.query("customers"), one.as_of, portfolio.activity_window(pairs)),
        )
        for one in (large, demo)
    )
    same(found, expected)


def test_projected_are_all_accounts_by_what_foretold_best_of_a_part(large, demo):
    found, expected = portfolio.projection(large), portfolio.projection(demo)
    assert len(found.accounts) == len(expected.accounts)
    pd.testing.assert_series_equal(found.total[:3], expected.total[:3])
    assert found.notes() == [
        f"Which method foretells accounts best was tested on {len(large.sampled().query('customers')):,} "
        "customers, drawn at random."
    ]
    assert expected.notes() == []


def test_potential_of_each_part_is_that_of_all(large):
    found = portfolio.growth_potential(large)
    each = pd.concat([portfolio.growth_potential(part).customers for part in large.batches()])
    expected = each.sort_values("customer_id", ignore_index=True)
    pd.testing.assert_frame_equal(
        found.customers.sort_values("customer_id", ignore_index=True), expected, check_like=True
    )
    assert found.found.value == pytest.approx(each["growth_potential"].sum())
    assert found.notes() == [
        f"Comparable customers of each were sought among about {len(each) / 4:,.0f}, drawn at random."
    ]
    assert found.tables()["potential_by_category"]["growth_potential"].sum() == pytest.approx(
        found.found.value
    )


@pytest.mark.parametrize("rate", [None, 0.4])
def test_margins_of_all(large, demo, rate):
    found, expected = (
        profitability.contribution(one, profitability.margins_of(one, rate)) for one in (large, demo)
    )
    same(found, expected)
    assert found.before == pytest.approx(expected.before)
    same(profitability.sales_ranking(found), profitability.sales_ranking(expected))
    nobody = NotPossible("")
    same(profitability.costly(found, nobody), profitability.costly(expected, nobody))
    same(profitability.customer_roi(large, found.margins), profitability.customer_roi(demo, expected.margins))


def test_discounts_of_all(large, demo):
    found, expected = profitability.discounts(large), profitability.discounts(demo)
    assert found.spread == pytest.approx(expected.spread)
    same(found, expected)
