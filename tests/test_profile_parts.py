"""The customer profile of a large data set, made in parts: each customer as in the whole."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis import actions, customer_profile, customer_profiles, open_dataset
from analysis.actions import advice
from analysis.actions.budget import pays
from analysis.not_possible import NotPossible
from analysis.report.results import Results
from analysis.year_figures import year_figures

FITTED = [
    *("risk", "reasons", "value_if_active", "at_stake", "worth_contacting", "relative_silence", "p_alive"),
    *("expected_purchases", "clv", "clv_low", "clv_high", "potential", "potential_in"),
    *("action", "action_gain"),
]
"""What rests on models learned from a sample, or on peers within a part."""


@pytest.fixture(scope="module")
def profiles(large):
    return customer_profiles(large)


@pytest.fixture(scope="module")
def whole():
    return customer_profile(open_dataset("demo"))


def test_what_needs_no_model_is_the_same_to_the_last_digit(profiles, whole):
    together = profiles.table().sort_values("customer_id", ignore_index=True)
    assert [*together] == [*whole]
    assert profiles.attrs["currency"] == whole.attrs["currency"] == "EUR"
    exact = [column for column in whole if column not in FITTED]
    assert len(exact) == 39
    for column in exact:
        pd.testing.assert_series_equal(together[column], whole[column], check_exact=True, check_dtype=False)


def test_what_rests_on_models_is_known_of_as_many_and_comes_close(profiles, whole):
    together = profiles.table().sort_values("customer_id", ignore_index=True)
    for column in FITTED:
        assert together[column].notna().sum() == pytest.approx(whole[column].notna().sum(), rel=0.02), column
    for column in ("p_alive", "clv", "potential"):
        assert together[column].corr(whole[column]) > 0.9, column
    assert together["risk"].corr(whole["risk"]) > 0.7  # learned from 1,000 customers, not from 4,000


def test_only_the_columns_asked_for(large, whole):
    """As notebook 02 asks: nothing else is held."""
    asked = ["customer_id", "net_sales", "nobody knows this"]
    some = customer_profile(large, columns=asked)
    assert [*some] == ["customer_id", "net_sales"]
    assert some["net_sales"].sum() == pytest.approx(whole["net_sales"].sum())
    assert [*customer_profile(open_dataset("cdnow-sample"), columns=asked)] == ["customer_id", "net_sales"]


def test_parts_are_made_once(profiles, large):
    before = [path.stat().st_mtime_ns for path in profiles.pieces]
    assert [path.stat().st_mtime_ns for path in customer_profiles(large).pieces] == before
    assert [*customer_profiles(large, 30).pieces] != [*profiles.pieces]


def test_a_column_that_one_part_lacks_is_missing_there(profiles, tmp_path):
    files = []
    for name, part in zip("ab", profiles.parts(), strict=False):
        part.drop(columns=["region"] if name == "b" else []).to_parquet(tmp_path / name)
        files.append(tmp_path / name)
    both = type(profiles)(files, {})
    assert both.columns == profiles.columns
    assert "region" in both
    first, second = both.parts(["customer_id", "region"])
    assert first["region"].notna().any()
    assert second["region"].isna().all()
    assert len(both) == len(first) + len(second)


def test_files_in_parts_are_those_of_the_whole(profiles, tmp_path, capsys):
    """The same bytes of CSV, and the same cells of Parquet; the dictionary counts all customers."""
    together = replace(profiles, pieces=[profiles.table()])
    for name, some in {"parts": profiles, "whole": together}.items():
        Results("08_action_plan", folder=tmp_path / name).customers(some)
    split, whole = tmp_path / "parts", tmp_path / "whole"
    for name in ("customers.csv", "customers_dictionary.csv"):
        assert (split / name).read_bytes() == (whole / name).read_bytes()
    found, expected = (pd.read_parquet(folder / "customers.parquet") for folder in (split, whole))
    pd.testing.assert_frame_equal(found, expected, check_exact=True, check_dtype=False)
    assert "All 4,000 customers, with 54 columns each" in capsys.readouterr().out


@pytest.fixture(scope="module")
def advised(profiles, large):
    """Return the advice in parts, that for the same customers in one piece, and a lead to go with both."""
    effects = actions.effects(large)
    together = replace(profiles, pieces=[profiles.table()])
    return [actions.advise(some, NotPossible("no leads"), effects) for some in (profiles, together)]


def test_advice_in_parts_is_that_of_the_whole(advised):
    split, whole = advised
    listed = whole.contacts[pays(whole.contacts)].reset_index(drop=True)
    pd.testing.assert_frame_equal(split.contacts, listed, check_dtype=False)
    pd.testing.assert_frame_equal(split.counts, whole.counts, check_dtype=False)
    pd.testing.assert_frame_equal(split.profile.table(), whole.profile.table(), check_dtype=False)
    assert split.able == whole.able == len(listed) > 500


def test_a_plan_of_very_many_looks_at_those_with_the_highest_gain(advised, profiles, large, monkeypatch):
    monkeypatch.setattr(advice, "MOST_LISTED", 100)
    first = actions.advise(profiles, NotPossible("no leads"), actions.effects(large))
    pd.testing.assert_frame_equal(first.contacts, advised[0].contacts.head(100))
    assert first.able == advised[0].able
    (said,) = actions.budget_plan(first.contacts, of=first.able).notes_on
    looked_at = f"Looked at are the 100 with the highest expected gain of the {first.able:,} with whom"
    assert said == f"{looked_at} a contact pays."
    of_some = actions.budget_plan(first.contacts, budget=100.0, of=first.able).notes_on
    assert of_some[0] == said
    assert of_some[1].startswith("Of the 100 that pay, no other choice")


def test_the_figures_of_the_year_are_those_of_the_whole(large):
    for some, one in zip(year_figures(large), year_figures(open_dataset("demo")), strict=True):
        assert (some.name, some.now) == (one.name, pytest.approx(one.now))
        assert some.before == pytest.approx(one.before)
        pd.testing.assert_series_equal(some.quarters, one.quarters)
