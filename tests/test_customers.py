"""The customer profile says of each customer what the notebooks say."""

import re
from html import unescape
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
    segmentation,
)
from analysis.churn import Horizon, campaigns
from analysis.counting import counts
from analysis.customer_columns import MEANINGS, dictionary, in_order
from analysis.display_names import words
from analysis.language import money
from analysis.ltv.alive import Alive
from analysis.not_possible import NotPossible
from analysis.report import tables

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


def test_a_window_set_by_hand_and_too_little_data(dataset, profile, tmp_path, monkeypatch):
    """The window set is that of the day of a campaign, too."""
    windows: list[int | None] = []
    none = NotPossible("")
    monkeypatch.setattr(campaigns, "effects_by_risk", lambda _m, _d, window: windows.append(window) or none)
    assert customer_profile(dataset, 30)["active"].sum() < profile["active"].sum()
    assert windows == [30]
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


@pytest.fixture(scope="module")
def demo():
    return open_dataset("demo")


@pytest.fixture(scope="module")
def demo_profile(demo):
    return customer_profile(demo).set_index("customer_id")


SHOWN = {
    ("01_portfolio", "Customers with most growth potential"): "name owner potential potential_in",
    ("02_segmentation", "Every customer with scores"): "owner segment abc net_sales days_since_last",
    ("02_segmentation", "Customers in a better class"): "contribution_margin clv",
    ("03_churn", "Active customers: those silent"): "owner risk reasons usual_gap at_stake days_since_last",
    ("03_churn", "Active customers by what contacting"): "risk worth_contacting",
    ("04_ltv", "Customers by lifetime value"): "x p_alive expected_purchases clv clv_low clv_high",
    ("05_profitability", "Customers by contribution margin"): "contribution_margin",
    ("05_profitability", "The customers who owe most"): "open_amount overdue_amount",
    ("07_satisfaction", "Who is least content"): "nps_date",
}


def as_shown(notebook: str, caption: str) -> pd.DataFrame:
    """Return the cells of a table of a committed notebook, by customer."""
    outputs = [out for cell in nbformat.read(NOTEBOOKS / f"{notebook}.ipynb", 4).cells
               for out in cell.get("outputs", [])]  # fmt: skip
    html = [out["data"].get("text/html", "") for out in outputs if "data" in out]
    table = next(text for text in html if f"<caption>{caption}" in text)
    rows = [[unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in re.findall(r"<tr>(.*?)</tr>", table)]  # fmt: skip
    return pd.DataFrame(rows[1:], columns=rows[0]).set_index("Customer")


@pytest.mark.parametrize(("table", "columns"), SHOWN.items(), ids=lambda given: given[0])
def test_the_same_customer_has_the_same_figures_in_every_notebook(demo, demo_profile, table, columns):
    found = as_shown(*table)
    segments = {key: one.said("name") for key, one in demo.rfm.table.items()}
    mine = demo_profile.loc[found.index, columns.split()].replace(segments).reset_index(drop=True)
    said = words("customer_profile", mine)
    shown = tables.shown(mine, said["labels"], said["formats"], demo.currency)
    assert len(found) == len(mine) >= 9
    assert found[shown.headings].to_numpy().tolist() == shown.rows


def test_a_call_gains_what_the_churn_notebook_says(demo_profile):
    """The action of an active customer is worth at least the contact of 03, and the same if it is that."""
    found = as_shown("03_churn", "Active customers by what contacting")["Expected gain"]
    mine = demo_profile.loc[found.index]
    called = mine["action"].isin(["retain", "develop"])
    assert called.sum() >= 5
    gains = [money(gain, "EUR", 0) for gain in mine.loc[called, "action_gain"]]
    assert found[called].tolist() == gains


def test_life_cycle_and_margin_are_those_of_the_notebooks(demo_profile):
    declining = as_shown("02_segmentation", "Declining").index
    assert set(demo_profile.loc[declining, "life_cycle"]) == {"declining"}
    listed = result_of("05_profitability", "contribution", "demo").tables()["customer_margins"]
    margins = demo_profile["contribution_margin"].dropna()
    assert margins.to_dict() == listed.set_index("customer_id")["margin"].to_dict()


def test_every_column_says_what_it_is(demo_profile):
    told = dictionary(demo_profile.reset_index())
    assert told["column"].tolist() == ["customer_id", *demo_profile]
    assert (told[["heading", "meaning"]] != "").all(axis=None)
    assert told.set_index("column").loc["net_sales_2024", ["heading", "customers"]].tolist() == [
        "Net sales 2024", 4000
    ]  # fmt: skip
    declared = words("customer_profile", pd.DataFrame(columns=list(MEANINGS)))
    assert declared["labels"].keys() == MEANINGS.keys()
    with pytest.raises(ValueError, match="'strange' is not in list"):
        in_order(demo_profile.assign(strange=1))


def test_names_years_debts_and_consent_by_hand(tmp_path):
    """Anna owes 100 since February and 50 until May, and has paid 20; Ben has 30 to his credit."""
    files = {
        "ventas.csv": "cliente;fecha;importe;vendedor\nA;15/12/2023;10,50;Eva\nA;10/01/2024;100;Eva\n"
        "A;11/01/2024;150;Pau\nB;12/02/2024;80;Pau\nB;13/02/2024;-30;Pau\nC;30/04/2024;5;\n",
        "clientes.csv": "cliente;nombre;vendedor;consentimiento\nA;Anna;;sí\nB;Ben;Mar;no\nC;Carla;;\n",
        "facturas.csv": "cliente;factura;fecha factura;vencimiento;fecha cobro;importe\n"
        "A;1;10/01/2024;10/02/2024;;100\nA;2;11/01/2024;31/05/2024;;50\nA;3;12/01/2024;12/02/2024;"
        "01/02/2024;20\nB;4;13/02/2024;13/03/2024;;-30\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    found = customer_profile(open_dataset(str(tmp_path))).set_index("customer_id")
    assert found[["name", "owner"]].to_numpy().tolist()[:2] == [["Anna", "Pau"], ["Ben", "Mar"]]
    assert found["owner"].isna().tolist() == [False, False, True]
    assert found["consent"].tolist() == [True, False, pd.NA]
    assert found[["net_sales_2023", "net_sales_2024"]].to_numpy().tolist() == [[10.5, 250], [0, 50], [0, 5]]
    assert found[["open_amount", "overdue_amount"]].to_numpy().tolist() == [[150, 100], [-30, -30], [0, 0]]
    assert found["abc"].tolist() == ["A", "B", "C"]  # of 315.5: 83 %, 16 %, 2 %
    assert not {"sector", "region", "type"} & set(found)


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
    horizon = Horizon({}, "", days=60, window=60, curve=pd.DataFrame())
    risk = pd.Series([0.5, 0.25, 0.25])
    alive = Alive(pd.DataFrame({"x": 1, "p_alive": [0.9, 0.5, 0.51, 0.1]}), by_construction=False)
    found = counts(activity, none, horizon, risk, alive).frame["customers"]
    assert found.tolist() == [4, 3, 2, 2]  # ever; active; 3 − 1 expected not to buy; 0.9 and 0.51
    assert counts(activity, none, none, none, none).frame["customers"].tolist() == [4, 3]


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
