"""Small files after the structure of real exports: the right money, or one question whose answer gives it.

What is right stands in ``data/cases/cases.tsv``; it was worked out by hand.
"""

import csv
import shutil
from pathlib import Path

import pytest
import yaml

from analysis import open_dataset
from analysis.errors import CarteraError
from analysis.portfolio import sales_bridge
from analysis.report.account import reconciliation
from intake import account, kept

CASES = Path(__file__).parent / "data" / "cases"
TABLE = list(csv.DictReader((CASES / "cases.tsv").read_text("utf-8").splitlines(), delimiter="\t"))
ASKED = {
    "edd.csv": ("net sales are 70.00: write 'refunded: once'", {"refunded": "once"}, 70),
    "pivot.csv": ("net sales are 710.00: write 'blank_customer: above'", {"blank_customer": "above"}, 710),
    "discount_fraction.csv": ("{discount_pct: Discount}", {"columns": {"discount_pct": "Discount"}}, 230),
    "amount_and_pct": (
        "net sales are 16,000.00: write 'amount_after_discount: true'",
        {"amount_after_discount": True},
        16_000,
    ),
    "bad_date_decides.csv": ("such as '02/03/2024'", {"date_order": "day-first"}, 100),
    "one_contrary.csv": ("such as '07/28/2024', cells: 2", {"date_order": "month-first"}, 130),
    "purchase_timestamp.csv": ("'columns: {amount: price}'", {"columns": {"amount": "price"}}, 70),
}
"""Cases that end in a question: what it says, an answer, and the net sales that the answer must give."""


def _read(path):
    """Return net sales, customers and last day of a sale as the customer table has them."""
    customers = open_dataset(str(path)).query("customers")
    return float(customers["net_sales"].sum()), len(customers), str(customers["last_purchase"].max())[:10]


@pytest.mark.parametrize("name", [case["input"] for case in TABLE if case["input"] not in ASKED])
def test_the_right_money_without_a_question(name):
    case = next(case for case in TABLE if case["input"] == name)
    net_sales, customers, last = _read(CASES / case["input"])
    if case["net_sales"] != "-":
        assert net_sales == pytest.approx(float(case["net_sales"]), abs=0.005)
    if case["customers"] != "-":
        assert customers == int(case["customers"])
    if case["last_sale"] != "-":
        assert last == case["last_sale"]


@pytest.mark.parametrize("name", ASKED)
def test_a_question_and_its_answer(name, tmp_path):
    said, answer, net_sales = ASKED[name]
    with pytest.raises(CarteraError) as refused:
        _read(CASES / name)
    assert said in str(refused.value)
    source = CASES / name
    file = next(source.iterdir()) if source.is_dir() else source
    shutil.copy(file, tmp_path)
    settings = {"transactions": {"file": file.name, **answer}}
    (tmp_path / "dataset.yml").write_text(yaml.safe_dump(settings))
    assert _read(tmp_path / "dataset.yml")[0] == pytest.approx(net_sales, abs=0.005)


def test_every_case_that_may_ask_and_no_other_asks():
    may = {case["input"] for case in TABLE if case["accept"] != "-"}
    assert ASKED.keys() <= may


OUTCOMES = {
    "woo5.csv": {"sale": (5, 100), "return": (1, -20)},
    "qtyneg.csv": {"sale": (2, 54), "return": (1, -24)},
    "abono.csv": {"sale": (3, 220), "return": (1, -100)},
    "statusfirst.csv": {"sale": (1, 40), "excluded:cancelled": (2, 130)},
    "shopify.csv": {"sale": (3, 60), "excluded:cancelled": (2, 130)},
    "magento.csv": {"sale": (2, 80), "excluded:cancelled": (2, 120)},
    "lost.csv": {"sale": (2, 70), "excluded:cancelled": (2, 0)},
    "empty_price.csv": {"sale": (1, 20), "rejected:no_amount": (3, None)},
    "quoted_refunds100.csv": {"sale": (96, 9600), "return": (4, -400)},
}
"""What becomes of the rows: what was undone is out once, and a lost deal is no sale."""
SAID = {
    "woo5.csv": "taken off once, by that row (rows: 1)",
    "order_total.csv": "'Order Total Amount' is the value of the whole order: it is taken once",
    "total_per_order.csv": "'Total' is the value of the whole order on each of its lines",
    "woo_lines.csv": "woo_lines.csv is an orders export of WooCommerce, with their lines. Lines count",
    "statusfirst.csv": "Blanks in 'status' are taken as on the other lines of the same order",
    "odoo_lines.csv": "columns not used: 'Untaxed Amount'",
    "iva.csv": "'Total con IVA' includes the tax in 'IVA', which is taken off",
    "vat_total.csv": "columns not used: '% Taxes', 'Total'",
    "discount_excel_percent.xlsx": "they were taken as parts of one",
    "swapped.xlsx": "in 'Date' a spreadsheet had swapped day and month",
    "issued_on.csv": "Issued on → date",
    "formula.xlsx": "'Amount' is empty on every row: quantity × unit price is used",
}
"""What is said of how rows were understood."""


@pytest.mark.parametrize("name", OUTCOMES)
def test_what_becomes_of_the_rows(name):
    assert account(open_dataset(str(CASES / name))) == OUTCOMES[name]


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_the_rows(name):
    assert SAID[name] in "\n".join(open_dataset(str(CASES / name)).quality.assumptions)


def test_an_order_given_back_by_its_own_row_comes_to_nothing():
    rows = kept(open_dataset(str(CASES / "woo5.csv")))
    assert rows[rows["order_id"] == "5"]["amount"].astype(float).tolist() == [20, -20]


def test_orders_given_back_are_no_alarm():
    assert not any("rejected" in one for one in open_dataset(str(CASES / "shopify.csv")).quality.warnings)


def test_a_cancelled_sale_has_one_name_and_one_treatment():
    dataset = open_dataset(str(CASES / "cancelled.csv"))
    assert "Left out: Sales marked as cancelled" in dataset.quality.table()["what"].tolist()
    found = dataset.quality.found_table().set_index("what").loc["Rows of sales marked as cancelled"]
    assert found.to_dict() == {"rows": 1, "policy": "left out"}
    steps = reconciliation(dataset).frame.set_index("what")["All"]
    assert steps["Left out: Sales marked as cancelled"] == -30
    said = sales_bridge(dataset.query("sales_bridge")).sentence()
    assert said.endswith("What was left out before, such as sales marked as cancelled, is in neither.")


def test_a_discount_beside_a_net_amount_stands_in_the_bridge(tmp_path):
    file = next((CASES / "amount_and_pct").iterdir())
    shutil.copy(file, tmp_path)
    settings = {"transactions": {"file": file.name, "amount_after_discount": True}}
    (tmp_path / "dataset.yml").write_text(yaml.safe_dump(settings))
    bridge = open_dataset(str(tmp_path / "dataset.yml")).query("sales_bridge").iloc[0]
    assert [float(bridge[name]) for name in ("gross_sales", "discounts")] == [20_000, -4_000]


def test_days_of_a_workbook_that_counts_from_1904():
    assert str(kept(open_dataset(str(CASES / "mac1904_nofmt.xlsx")))["date"].min())[:10] == "2024-01-05"


def test_an_empty_price_is_called_empty():
    table = open_dataset(str(CASES / "empty_price.csv")).quality.table()["what"].tolist()
    assert "Rejected: No amount" in table
    assert "Rejected: Amount cannot be read" not in table


def test_a_line_that_is_nearly_all_of_the_money():
    first, *_others = open_dataset(str(CASES / "outlier.csv")).quality.warnings
    assert first == "outlier.csv, line 302: 67,478,400.00 is 99.98 % of all money. Is it right?"
