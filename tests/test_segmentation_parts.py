"""Segments and classes of many customers: in parts the same as of all at once."""

from __future__ import annotations

from importlib import import_module

import pandas as pd
import pytest

from analysis import portfolio, segmentation
from analysis.dataset import parts


def of(dataset, made):
    """Return what is made of a data set, its activity window, RFM and ABC."""
    customers = dataset.query("customers")
    window = portfolio.activity_window(dataset.query("purchase_gaps"))
    rfm = segmentation.rfm(customers, dataset.as_of, window, dataset.rfm)
    return made(dataset, window, rfm, segmentation.abc(customers))


def both(large, demo, made):
    """Return what is made of the data set in parts, RFM held narrow, and of it as a whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "LARGE", 3_000)
        found = of(large, made)
    return found, of(demo, made)


def same(found, expected):
    """Hold a result in parts against that of all: what it says, and its tables but for the order of rows."""
    assert found.sentence() == expected.sentence()
    assert found.notes() == expected.notes()
    assert [one.text for one in found.findings()] == [one.text for one in expected.findings()]
    assert found.tables().keys() == expected.tables().keys()
    for name, table in expected.tables().items():
        told = found.tables()[name]
        words = ["customer_id"] if "customer_id" in table else [*table.select_dtypes(exclude="float")]
        rows = [one.sort_values(words, ignore_index=True) for one in (told, table)]
        pd.testing.assert_frame_equal(*rows, check_dtype=False, check_categorical=False)


def test_rfm_held_narrow(large, demo):
    found, expected = both(large, demo, lambda _dataset, _window, rfm, _abc: rfm)
    assert (found.customers["segment"].dtype, found.customers["r"].dtype) == ("category", "int32")
    same(found, expected)
    ranges = (segmentation.score_ranges(one) for one in (found, expected))
    pd.testing.assert_frame_equal(*ranges, check_dtype=False)


def test_views_that_disagree(large, demo):
    same(*both(large, demo, lambda dataset, _window, rfm, abc: segmentation.agreement(rfm, abc, dataset)))


def test_rhythms(large, demo):
    same(*both(large, demo, lambda dataset, window, _rfm, abc: segmentation.abc_xyz(abc, dataset, window)))


def test_stages(large, demo):
    same(*both(large, demo, lambda dataset, window, _rfm, _abc: segmentation.life_cycle(dataset, window)))


def test_plan(large, demo):
    same(*both(large, demo, lambda dataset, _window, rfm, _abc: segmentation.plan(rfm, dataset)))


def test_the_plan_goes_by_owner_segment_and_net_sales(demo):
    plan = of(demo, lambda dataset, _window, rfm, _abc: segmentation.plan(rfm, dataset))
    listed = plan.tables()["plan_list"]
    names = [*demo.rfm.names.values()]
    places = listed.assign(place=listed["segment"].map(names.index))
    order = places.sort_values(
        ["owner", "place", "net_sales", "customer_id"], ascending=[True, True, False, True]
    )
    assert listed["customer_id"].tolist() == order["customer_id"].tolist()


def test_potential(large):
    potential = portfolio.growth_potential(large)
    found = segmentation.abc_potential(potential)
    assert found.grid()["customers"].sum() + found.unknown == len(potential.customers)
    assert found.tables()["large_tomorrow"]["growth_potential"].sum() == pytest.approx(
        found.large_tomorrow()["growth_potential"].sum()
    )


def test_a_list_ends_with_the_first_customers_and_says_so(demo, monkeypatch):
    """The largest five of all, by net sales."""
    for module in ("agreement", "plan"):
        monkeypatch.setattr(import_module(f"analysis.segmentation.{module}"), "LISTED", 5)
    monkeypatch.setattr("analysis.result.LISTED", 5)
    agreement = of(demo, lambda dataset, _window, rfm, abc: segmentation.agreement(rfm, abc, dataset))
    plan = of(demo, lambda dataset, _window, rfm, _abc: segmentation.plan(rfm, dataset))
    listed = agreement.tables()["customers"]
    assert listed["net_sales"].tolist() == sorted(agreement.customers["net_sales"])[:-6:-1]
    assert len(plan.tables()["plan_list"]) == 5
    said = f"The table lists the first 5 of {len(agreement.customers):,} customers."
    assert said in agreement.notes()
    assert said in plan.notes()
