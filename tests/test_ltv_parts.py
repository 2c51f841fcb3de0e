"""Lifetime value of many customers: the same of each in parts, models of all, checks on a sample."""

import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis import acquisition, ltv, portfolio, profitability
from analysis.not_possible import NotPossible
from analysis.owners import looked_up

VALUES = ["p_alive", "expected_purchases", "clv"]
INTERVALS = ["clv_low", "clv_high"]


@pytest.fixture(scope="module")
def fitted(demo):
    return ltv.fitted(demo)


def valued(dataset, fitted):
    """Return the value of all customers by the same models."""
    found = ltv.customer_value(
        ltv.summary_of(dataset),
        fitted.purchases,
        fitted.spend,
        profitability.margins_of(dataset),
        ltv.Ahead(),
        check=NotPossible(""),
    )
    assert found
    return found


def by_id(frame):
    return frame.set_index("customer_id").sort_index()


@pytest.mark.parametrize("unit", ["day", "week"])
def test_histories_counted_by_the_engine_are_those_of_the_customers(demo, large, unit):
    expected = ltv.summarise(demo.query("customers"), demo.as_of, unit)
    for dataset in (demo, large):
        found = ltv.histories(dataset, unit)
        assert found.repeat_buyers == expected.repeat_buyers
        for name, array in vars(expected.counts).items():
            np.testing.assert_array_equal(getattr(found.counts, name), array)


def test_models_fitted_to_histories_are_those_fitted_to_customers(demo):
    known, summary = (
        replace(ltv.histories(demo), content=None),
        ltv.summarise(demo.query("customers"), demo.as_of),
    )
    for kind in ("bg_nbd", "pareto_nbd"):
        alone, counted = (ltv.fit_purchases(one, kind) for one in (replace(summary, content=None), known))
        assert alone.parameters == counted.parameters  # to the last digit
        assert (alone.log_likelihood, alone.customers) == (counted.log_likelihood, counted.customers)
        np.testing.assert_array_equal(alone.covariance, counted.covariance)


def test_the_summary_of_all_parts_is_that_of_the_whole(demo, large):
    pd.testing.assert_frame_equal(by_id(ltv.summary_of(large).frame), by_id(ltv.summary_of(demo).frame))


def test_what_lifetime_value_tells_the_profile_is_the_same_in_parts(large, demo, fitted):
    whole = ltv.profile(demo, fitted).sort_index()
    together = pd.concat([ltv.profile(part, fitted) for part in large.batches()]).sort_index()
    pd.testing.assert_frame_equal(together[VALUES], whole[VALUES], rtol=1e-9)
    # futures of each customer are simulated: other ones in parts, so that ends agree as draws of 500 do
    off = (together[INTERVALS].sum() / whole[INTERVALS].sum() - 1).abs()
    assert (off < 0.02).all()


def test_all_customers_of_parts_are_worth_the_same(large, demo, fitted):
    many, few = valued(large, fitted), valued(demo, fitted)
    assert many.total == pytest.approx(few.total, rel=1e-9)
    assert many.equity.low == pytest.approx(
        few.equity.low, rel=0.02
    )  # the same futures, of customers in another order
    pd.testing.assert_frame_equal(by_id(many.frame), by_id(few.frame), rtol=1e-9)
    window = portfolio.activity_window(demo.query("purchase_gaps"))
    for by, of in {
        "channel": ltv.channels,
        "sector": lambda dataset: ltv.recorded(dataset, "sector"),
        "segment": lambda dataset: ltv.segments_of(dataset, window),
    }.items():
        parts_, whole = (
            ltv.equity_by(each, of(data), by).frame for each, data in ((many, large), (few, demo))
        )
        ends = ["equity_low", "equity_high"]  # of futures that are simulated for other customers
        pd.testing.assert_frame_equal(parts_.drop(columns=ends), whole.drop(columns=ends), rtol=1e-9)


def test_margins_and_what_was_earned_are_the_same_in_parts(large, demo):
    many, few = profitability.margins_of(large), profitability.margins_of(demo)
    assert many.rate == few.rate
    pd.testing.assert_frame_equal(many.rates.sort_index(), few.rates)
    some = large.sampled()
    own = many.within(some).rates
    pd.testing.assert_frame_equal(own, few.rates.loc[own.index])
    assert few.within(demo) is few
    earned = [profitability.earned_by(*each).sort_index() for each in ((large, many), (demo, few))]
    pd.testing.assert_series_equal(*earned)


def test_a_margin_that_is_set_holds_in_every_part(large):
    margins = profitability.margins_of(large, 0.4)
    assert (margins.rate, margins.source, len(margins.rates)) == (0.4, "set", 0)
    assert margins.within(large.sampled()).rate == 0.4


def test_a_check_on_a_sample_says_so_and_puts_no_money_at_stake(large, demo, fitted):
    check = ltv.hold_out(large.sampled())
    n, total = (one.query("coverage")["customers"].iloc[0] for one in (large.sampled(), demo))
    said = f"The check against the past is on {n:,} of {total:,} customers, drawn at random."
    assert said in ltv.compare_models(ltv.histories(large), check).notes()
    told = {found.id: found for found in replace(valued(large, fitted), check=check).findings()}
    assert told["ltv.holdout_value"].text.endswith(said)
    assert told["ltv.holdout_value"].money is None
    assert not [
        note
        for note in ltv.compare_models(ltv.histories(demo), ltv.hold_out(demo)).notes()
        if "drawn" in note
    ]


def test_a_list_of_very_many_has_the_first_and_says_so(demo, fitted, monkeypatch):
    value = valued(demo, fitted)
    due = ltv.next_purchase(value.summary, fitted.purchases, 52)
    before = value.tables()["customer_value"], due.tables()["next_purchase"]
    for name in ("analysis.result", "analysis.ltv.equity", "analysis.ltv.next_purchase"):
        monkeypatch.setattr(sys.modules[name], "LISTED", 100)
    for all_of_them, found in zip(before, (value, due), strict=True):
        (first,) = found.tables().values()
        simulated = [name for name in INTERVALS if name in first]
        pd.testing.assert_frame_equal(
            first.drop(columns=simulated), all_of_them.head(100).drop(columns=simulated)
        )
        assert f"The table lists the first 100 of {len(all_of_them):,} customers." in found.notes()


def test_customers_are_looked_up_as_a_map_does():
    ids = pd.Series(["b", "a", "z"], index=[5, 6, 7], name="customer_id")
    for known in (
        pd.Series([1, 2], index=["a", "b"]),
        pd.Series(["x", None], index=["a", "b"]),
        pd.Series(["x", "y"], index=["a", "b"], dtype="category"),
        pd.Series(index=pd.Index([], dtype="str"), dtype="float64"),
    ):
        pd.testing.assert_series_equal(looked_up(ids, known), ids.map(known), check_names=False)


def test_who_the_best_customers_are_is_asked_of_those_given(large, demo, fitted):
    value = valued(large, fitted)
    margins = profitability.margins_of(large)
    total = acquisition.total_value(value, profitability.earned_by(large, margins), margins)
    some = large.sampled()
    customers = some.query("customers")
    found = acquisition.personas(some, total, customers)
    assert found.apart["customers"].max() <= len(customers)
    whole = acquisition.total_value(
        valued(demo, fitted), profitability.earned_by(demo, margins), profitability.margins_of(demo)
    )
    assert str(total) == str(whole)
    costs = [
        acquisition.ltv_to_cac(each, acquisition.cac(data, each_value.summary))
        for each, data, each_value in ((total, large, value), (whole, demo, valued(demo, fitted)))
    ]
    assert costs[0].ratio == pytest.approx(costs[1].ratio)
