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
