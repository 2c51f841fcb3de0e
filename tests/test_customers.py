"""The customer profile says of each customer what the notebooks say."""

from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from analysis import (
    churn,
    customer_counts,
    customer_profile,
    ltv,
    open_dataset,
    portfolio,
    profitability,
    segmentation,
)
from analysis.churn import Risks
from analysis.counting import counts
from analysis.ltv.alive import Alive
from analysis.not_possible import NotPossible

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


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
    rfm = segmentation.rfm(customers, dataset.as_of, window)
    scored = rfm.customers.set_index("customer_id")
    snapshots = churn.snapshots(dataset, churn.horizon(window, pairs, dataset.as_of))
    risks = churn.risks(churn.latest(churn.contest(snapshots), snapshots), snapshots).customers.set_index(
        "customer_id"
    )
    assert profile["active"].eq(active).all()
    pd.testing.assert_series_equal(profile["segment"], scored["segment"])
    valued = ltv.segments(customers, dataset.as_of, window)  # whose equity 04_ltv adds up
    assert valued.equals(scored["segment"].map(rfm.names))
    pd.testing.assert_series_equal(profile["risk"].dropna().sort_index(), risks["risk"].sort_index())
    assert profile["risk"].notna().equals(profile["active"])  # who is active has a risk, and nobody else


def test_a_window_set_by_hand_and_too_little_data(dataset, tmp_path):
    assert customer_profile(dataset, 30)["active"].sum() < customer_profile(dataset)["active"].sum()
    (tmp_path / "sales.csv").write_text("customer,date,amount\nanna,2023-01-15,10.50\nben,2023-01-16,-1\n")
    short = customer_profile(open_dataset(str(tmp_path / "sales.csv")))
    assert short["days_since_last"].tolist()[0] == 1
    assert short[["segment", "risk"]].notna().sum().tolist() == [1, 0]
    assert "active" not in short  # nobody bought twice, so there is no window


def result_of(notebook: str, name: str, data: str = "cdnow-sample") -> Any:
    """Return what the cells of a notebook call ``name``, with the parameters that stand there."""
    book = nbformat.read(NOTEBOOKS / f"{notebook}.ipynb", 4)
    names: dict = {}
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    for cell in (cell for cell in code if "lesson" not in cell.metadata.get("tags", ())):
        exec(cell.source.replace('data: str = "demo"', f'data: str = "{data}"'), names)
        if name in names:
            break
    return names[name]


def test_lifetime_value_is_that_of_the_notebook(dataset, profile) -> None:
    value = result_of("04_ltv", "value")
    shown = value.tables()["customer_value"].set_index("customer_id")
    columns = ["p_alive", "expected_purchases", "clv", "clv_low", "clv_high"]
    pd.testing.assert_frame_equal(profile[columns], shown[columns].reindex(profile.index))
    assert profile["clv"].sum() == pytest.approx(value.total)


def test_contribution_margin_is_that_of_the_notebook(profile) -> None:
    """Of all whom ``05_profitability`` lists, and nobody else: with all of demo, and in the profile."""
    demo = profitability.profile(open_dataset("demo"))["contribution_margin"].dropna()
    shown = result_of("05_profitability", "contribution", "demo")
    listed = shown.tables()["customer_margins"].set_index("customer_id")["margin"]
    assert demo.to_dict() == listed.to_dict()
    assert demo.sum() == pytest.approx(shown.total)
    assert demo.min() < 0
    here = profitability.profile(open_dataset("cdnow-sample"))["contribution_margin"]
    assert profile["contribution_margin"].dropna().to_dict() == here.dropna().to_dict()


def test_without_a_model_of_spend_purchases_are_expected_all_the_same(tmp_path) -> None:
    """All spend nothing in their repeat purchases, so there is no value to tell, but who is still there."""
    rows = [
        f"c{who:02},2024-{month:02}-{1 + who % 28:02},{10 if month == 1 else 0}"
        for who in range(60)
        for month in range(1, 2 + who % 9)
    ]
    (tmp_path / "sales.csv").write_text("customer,date,amount\n" + "\n".join(rows))
    found = customer_profile(open_dataset(str(tmp_path / "sales.csv")))
    assert found["expected_purchases"].notna().all()
    assert found["clv"].isna().all()


def test_counts_stand_side_by_side() -> None:
    customers = pd.DataFrame({"active": [True] * 3 + [False], "net_sales": 1.0})
    activity = portfolio.Activity({}, "", customers=customers, window=60)
    none = NotPossible("")
    listed = pd.DataFrame({"risk": [0.5, 0.25, 0.25]})
    risks = Risks({}, "", customers=listed, horizon=60, calls=10, expected=(1.0, 0.0, 2.0))
    alive = Alive(pd.DataFrame({"x": 1, "p_alive": [0.9, 0.5, 0.51, 0.1]}), by_construction=False)
    found = counts(activity, none, risks, alive).frame["customers"]
    assert found.tolist() == [4, 3, 2, 2]  # ever; active; 3 − 1 expected not to buy; 0.9 and 0.51
    assert counts(activity, none, none, none).frame["customers"].tolist() == [4, 3]


def test_the_count_of_p_alive_is_that_of_the_profile(dataset, profile) -> None:
    summary = ltv.summarise(dataset.query("customers"), dataset.as_of)
    purchases = ltv.choose(ltv.compare_models(summary, ltv.hold_out(dataset)), "auto")
    alive = ltv.alive(summary, purchases)
    each = pd.Series(alive.frame["p_alive"].to_numpy(), summary.frame["customer_id"])
    assert profile["p_alive"].dropna().eq(each).all()
    found = customer_counts(dataset, alive).frame["customers"].tolist()
    assert found[-1] == (profile["p_alive"] > 0.5).sum() > 0
    assert found[:2] == [len(profile), profile["active"].sum()]


def test_who_only_returned_is_named_among_the_customers() -> None:
    """Two bought for 90 and 10; a third only returned for 5: 3 rows of the customer table, 2 customers."""
    customers = pd.DataFrame(
        {
            "customer_id": list("abc"),
            "first_purchase": pd.to_datetime(["2024-01-01", "2024-02-01", None]),
            "net_sales": [90.0, 10.0, -5.0],
        }
    )
    said = "Of all customers, 1 only ever returned."
    for found in (portfolio.concentration, segmentation.abc):
        assert str(found(customers)).endswith(said)
        assert "returned" not in str(found(customers.head(2)))
