"""Churn of a large data set: the forecast learns from a sample, all customers are scored part by part.

What needs no model is the same in parts as on the whole, and so is what is made of the same models.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis import churn, ltv, portfolio
from analysis.churn.contact_value import GAINS
from analysis.churn.snapshots import pace_of
from analysis.not_possible import NotPossible

CALLS = 20
NOTHING = NotPossible("no campaign")


@pytest.fixture(scope="module")
def both(demo, large):
    return demo, large


@pytest.fixture(scope="module")
def window(demo):
    return portfolio.activity_window(demo.query("purchase_gaps"))


@pytest.fixture(scope="module")
def horizon(demo, window):
    return churn.horizon(window, demo.query("purchase_gaps"), demo.as_of)


@pytest.fixture(scope="module")
def snapshots(large, horizon):
    return churn.snapshots(large.sampled(), horizon)


@pytest.fixture(scope="module")
def learned(snapshots):
    """Return the model and what it has learned from, as functions take them."""
    return churn.fit(snapshots, on="check"), snapshots


@pytest.fixture(scope="module")
def values(demo):
    return ltv.profile(demo)


@pytest.fixture(scope="module")
def risks(learned, large, values):
    return churn.risks(*learned, CALLS, dataset=large, values=values)


def _same(some, others):
    assert set(some.shown) == set(others.shown)
    for name, table in some.shown.items():
        expected = others.shown[name]  # of a large data set, words come as categories
        pd.testing.assert_frame_equal(table.astype(expected.dtypes), expected, rtol=1e-12)
    assert some.text == others.text


def test_rates_are_of_all_customers(demo, large, window):
    unit = portfolio.default_period(window)
    flow = portfolio.customer_flow(demo.query("customer_flow", period=unit), demo.as_of, unit)
    rates = churn.rates(flow)
    _same(churn.rates_by(large, rates, window), churn.rates_by(demo, rates, window))
    _same(churn.other_horizons(large, window), churn.other_horizons(demo, window))


def test_lapsed_lines_are_of_all_customers(demo, large, horizon):
    _same(churn.lapsed_lines(large, horizon), churn.lapsed_lines(demo, horizon))


def test_an_earlier_forecast_is_held_against_all_its_customers(demo, large, tmp_path):
    day = demo.as_of - pd.Timedelta(days=90)
    known = demo.query("customers", as_of=day).dropna(subset="last_purchase")
    since = (pd.Timestamp(day) - known["last_purchase"]).dt.days
    listed = known.assign(days_since_last=since, risk=np.linspace(0, 1, len(known)))
    (tmp_path / "tables" / "03_churn").mkdir(parents=True)
    listed.to_parquet(tmp_path / "tables" / "03_churn" / "watch_list.parquet")
    (tmp_path / "findings.json").write_text(json.dumps([{"id": "churn.horizon", "value": 60}]))
    _same(churn.earlier_forecast(tmp_path, large), churn.earlier_forecast(tmp_path, demo))


def test_the_model_learns_from_the_sample(large, snapshots):
    some = set(large.sampled().query("customers")["customer_id"])
    assert set(snapshots.past["customer_id"]) < some
    assert set(snapshots.today["customer_id"]) < some


def test_every_active_customer_has_its_risk_as_the_sample_taught(demo, large, horizon, learned, risks):
    """The whole, with the purchase model of the sample, gives the same as the parts together."""
    learned_pace = pace_of(large.sampled().query("customers"), demo.as_of)
    pace = replace(learned_pace, mean_gap=churn.mean_gap(demo.query("customers")))
    whole = churn.snapshot(demo, demo.as_of, horizon, common=pace)
    expected = pd.Series(learned[0].risk(whole), pd.Index(whole["customer_id"]))
    found = pd.concat(risks.risk)
    assert len(risks.risk) == 4
    assert found.index.is_unique
    pd.testing.assert_series_equal(found.sort_index(), expected, check_names=False, rtol=1e-9)
    today = churn.risk_today(*learned, large)
    pd.testing.assert_series_equal(today.sort_index(), found.sort_index())
    assert risks.expected[0] == pytest.approx(expected.sum())
    assert f"Of {len(expected):,} active customers" in risks.text


def test_the_usual_gap_of_a_customer_is_that_of_its_profile(demo, risks):
    listed = risks.customers.set_index("customer_id")["usual_gap"]
    profile = churn.usual_gaps(demo.query("customers"))
    pd.testing.assert_series_equal(listed, profile.reindex(listed.index))


def test_the_list_has_the_first_of_all_and_says_so(monkeypatch, learned, large, values, risks):
    monkeypatch.setattr(importlib.import_module("analysis.churn.risks"), "MOST_LISTED", 100)
    first = churn.risks(*learned, CALLS, dataset=large, values=values)
    pd.testing.assert_frame_equal(first.customers, risks.customers.head(100))
    assert first.text == risks.text
    assert first.notes()[1:] == [f"The list has the first 100 of {len(risks.customers):,} active customers."]
    assert len(risks.notes()) == 1  # nothing is left out there
    every = pd.concat([churn.scored(*learned, part, values) for part in large.batches()])
    late = every[every["relative_silence"] > 1].sort_values("at_stake", ascending=False).head(100)
    assert first.customers["customer_id"].tolist() == late["customer_id"].tolist()
    assert first.customers["reasons"].tolist() == late["reasons"].tolist()


def test_contacts_are_weighed_for_all(monkeypatch, both, learned, values, risks):
    """In parts as if all were in one, and the customer profile says yes to the same."""
    demo, large = both
    monkeypatch.setattr(importlib.import_module("analysis.churn.risks"), "MOST_LISTED", 100)
    together = replace(risks, risk=(pd.concat(risks.risk),))
    whole = churn.contact_value(demo, together, NOTHING, NOTHING, values=values)
    found = churn.contact_value(large, risks, NOTHING, NOTHING, values=values)
    assert 100 < found.pay == whole.pay
    pd.testing.assert_frame_equal(found.curve[GAINS], whole.curve[GAINS], rtol=1e-9)
    table = whole.shown["contact_value"]
    pd.testing.assert_frame_equal(found.shown["contact_value"], table.head(100))
    sensitivity = found.shown["contact_sensitivity"]
    pd.testing.assert_frame_equal(sensitivity, whole.shown["contact_sensitivity"], rtol=1e-9)
    assert found.notes()[:2] == whole.notes()
    assert found.notes()[2].startswith("The list has the first 100 of")

    terms = churn.contact_terms(large, NotPossible("no window"))
    pays = []
    for part in large.batches():
        own = values.reindex(part.query("customers")["customer_id"])
        pays.append(churn.worth_contacting(part, churn.scored(*learned, part, own), own, terms))
    said = pd.concat(pays)["worth_contacting"]
    assert len(said) == len(together.risk[0])
    assert set(said.index[said]) == set(table.loc[table["worth_contacting"], "customer_id"])
