"""The customer profile says of each customer what the notebooks say."""

import pandas as pd
import pytest

from analysis import churn, customer_profile, open_dataset, portfolio, segmentation


@pytest.fixture(scope="module")
def dataset():
    return open_dataset("cdnow-sample")


@pytest.fixture(scope="module")
def profile(dataset):
    return customer_profile(dataset).set_index("customer_id")


def test_one_row_per_customer(dataset, profile):
    customers = dataset.query("customers")
    assert profile.index.tolist() == customers["customer_id"].tolist()
    assert profile["net_sales"].sum() == pytest.approx(customers["net_sales"].sum())


def test_the_same_figures_as_the_topics_give(dataset, profile):
    customers, pairs = dataset.query("customers"), dataset.query("purchase_gaps")
    window = portfolio.activity_window(pairs)
    active = portfolio.activity(customers, dataset.as_of, window).customers.set_index("customer_id")["active"]
    scored = segmentation.rfm(customers, dataset.as_of, window).customers.set_index("customer_id")
    snapshots = churn.snapshots(dataset, churn.horizon(window, pairs, dataset.as_of))
    risks = churn.risks(churn.fit(snapshots, on="check"), snapshots).customers.set_index("customer_id")
    assert profile["active"].eq(active).all()
    pd.testing.assert_series_equal(profile["segment"], scored["segment"])
    pd.testing.assert_series_equal(profile["risk"].dropna().sort_index(), risks["risk"].sort_index())
    assert profile["risk"].notna().equals(profile["active"])  # who is active has a risk, and nobody else


def test_a_window_set_by_hand_and_too_little_data(dataset, tmp_path):
    assert customer_profile(dataset, 30)["active"].sum() < customer_profile(dataset)["active"].sum()
    (tmp_path / "sales.csv").write_text("customer,date,amount\nanna,2023-01-15,10.50\nben,2023-01-16,-1\n")
    short = customer_profile(open_dataset(str(tmp_path / "sales.csv")))
    assert short["days_since_last"].tolist()[0] == 1
    assert short[["segment", "risk"]].notna().sum().tolist() == [1, 0]
    assert "active" not in short  # nobody bought twice, so there is no window
