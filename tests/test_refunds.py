"""What was given back in a column of its own is taken off on its own day, where there is one."""

import pandas as pd
import pytest

from analysis import open_dataset
from analysis.dataset.quality import label
from analysis.report.account import reconciliation
from intake import account, kept, opened, write

TEXTS = {
    "en": """\
        order,customer,date,status,amount,refunded amount,refund date
        1,Ana,2024-01-15,paid,100,30,2024-03-05
        2,Ben,2024-01-16,refunded,50,50,2024-02-01
        3,Ben,2024-02-16,paid,40,40,
        4,Ana,2024-02-17,paid,20,0,
    """,
    "es": """\
        Factura;Cliente;Fecha;Estado;Importe;Importe devuelto;Fecha de devolución
        1;Ana;15/01/2024;pagada;100,00;30,00;05/03/2024
        2;Ben;16/01/2024;devuelta;50,00;50,00;01/02/2024
        3;Ben;16/02/2024;pagada;40,00;40,00;
        4;Ana;17/02/2024;pagada;20,00;0,00;
    """,
}


@pytest.mark.parametrize("language", TEXTS)
def test_refunds_count_on_their_own_day(tmp_path, language):
    """By hand: January 150, February 20 − 50, March − 30; order 3 has no day, and is out on its own."""
    dataset = opened(tmp_path, TEXTS[language])
    by_month = reconciliation(dataset, "month").frame.set_index("what")["Net sales"]
    assert by_month.to_dict() == {"2024-01": 150, "2024-02": -30, "2024-03": -30, "All": 90}
    assert account(dataset) == {"sale": (3, 170), "refund": (0, -80), "excluded:cancelled": (1, 40)}
    refunds = kept(dataset).query("kind == 'refund'")
    assert refunds["order_id"].tolist() == ["1", "2"]
    assert refunds["date"].astype(str).tolist() == ["2024-03-05", "2024-02-01"]


def test_refunds_are_returns_in_the_bridge(tmp_path):
    bridge = opened(tmp_path, TEXTS["en"]).query("sales_bridge").iloc[0]
    assert [float(bridge[name]) for name in ("gross_sales", "returns", "net_sales")] == [170, -80, 90]


def test_a_refund_after_the_last_day_that_counts_is_not_seen(tmp_path):
    dataset = open_dataset(write(tmp_path, "sales.csv", TEXTS["en"]), as_of="2024-02-20")
    assert account(dataset) == {
        "sale": (3, 170),
        "refund": (0, -50),
        "excluded:cancelled": (1, 40),
        "excluded:after_as_of": (0, -30),
    }


def test_a_refund_of_an_order_is_spread_over_its_lines_on_its_day(tmp_path):
    """20 of an order of 60 + 40 are 12 of the one line and 8 of the other."""
    text = (
        "order,customer,date,product,amount,refunded amount,refund date\n"
        "1,Ana,2024-01-15,A,60,20,2024-03-05\n1,Ana,2024-01-15,B,40,20,2024-03-05\n"
        "2,Ben,2024-01-16,A,7,0,\n"
    )
    refunds = kept(opened(tmp_path, text)).query("kind == 'refund'")
    assert pd.to_numeric(refunds["amount"]).tolist() == [-12, -8]
    assert label("refund", "") == "Given back on a later day, of rows above"


@pytest.mark.parametrize("refund", ["?", "about 30"])
def test_a_sale_of_which_an_unknown_part_was_given_back_is_unknown(tmp_path, refund):
    """Money that cannot be read is not 0: 100 less what nobody knows is in no total."""
    rows = f"A,2024-01-01,100,{refund}\nA,2024-02-02,5,3\nB,2024-02-02,7,\n"
    text = f"customer,date,amount,refunded amount\n{rows}"
    dataset = opened(tmp_path, text)
    assert account(dataset) == {"sale": (2, 9), "rejected:amount": (1, None)}
    assert any("no total (rows: 1)" in one for one in dataset.quality.warnings)
    steps = reconciliation(dataset).frame.set_index("what")["All"]
    assert steps["Total of the file"] == 112
    assert steps["Rejected: Amount cannot be read"] == -100


@pytest.mark.parametrize(("discount", "quantity", "net"), [("?", "2", 10), ("1", "?", 10), ("1", "2", 19)])
def test_a_price_without_a_known_discount_is_unknown(tmp_path, discount, quantity, net):
    rows = f"A,2024-01-01,{quantity},5,{discount}\nB,2024-02-02,5,2,\n"
    text = f"customer,date,quantity,price,discount amount\n{rows}"
    dataset = opened(tmp_path, text)
    assert float(dataset.query("customers")["net_sales"].sum()) == net
    unknown = net == 10
    assert reconciliation(dataset).frame.set_index("what")["All"].isna().any() == (
        unknown and quantity == "?"
    )
    assert any("Money is unknown" in one for one in dataset.quality.warnings) == unknown


def test_a_refund_on_the_first_line_of_an_order_is_of_the_whole_order_though_rows_of_totals_differ(tmp_path):
    """35 come back of order 1, which is 10 + 30, and 5 of order 2, which is 20 + 20: 80 less 40."""
    text = """\
        order,customer,date,product,qty,price,Refunded
        1,Ana,2024-01-15,A,1,10,35
        1,Ana,2024-01-15,B,1,30,0
        Total customer,,,,,,35
        2,Ben,2024-02-16,A,1,20,5
        2,Ben,2024-02-16,B,1,20,0
        Total customer,,,,,,5
    """
    assert float(opened(tmp_path, text).query("customers")["net_sales"].sum()) == 40
