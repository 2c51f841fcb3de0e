"""The customer profile of a large data set, made in parts: each customer as in the whole."""

import pandas as pd
import pytest

from analysis import customer_profile, open_dataset
from analysis.customers import customer_profiles
from analysis.dataset import parts

FITTED = [
    *("risk", "reasons", "value_if_active", "at_stake", "worth_contacting", "relative_silence", "p_alive"),
    *("expected_purchases", "clv", "clv_low", "clv_high", "potential", "potential_in"),
    *("action", "action_gain"),
]
"""What rests on models learned from a sample, or on peers within a part."""


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Return the demo portfolio, read as if its 4,000 customers were many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTERA_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(parts, "LARGE", 3_000)
        patch.setattr(parts, "PART", 1_000)
        return open_dataset("demo")


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
