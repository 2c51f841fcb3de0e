"""Carriage, tips, gift cards and fees are no sales of goods: named, counted, with a policy."""

import pytest

from analysis.dataset.questions import OpenQuestionError
from intake import account, opened

LINES = """\
    order,customer,date,product,amount
    1,Ana,2024-01-15,A,100
    1,Ana,2024-01-15,{postage},5
    1,Ana,2024-01-15,{tip},7
    2,Ben,2024-02-16,{card},40
    2,Ben,2024-02-16,B,20
"""
WORDS = [
    {"postage": "Shipping", "tip": "Tip", "card": "Gift card"},
    {"postage": "Portes", "tip": "Propina", "card": "Tarjeta regalo"},
]


def _net_sales(dataset):
    return float(dataset.query("customers")["net_sales"].sum())


@pytest.mark.parametrize("words", WORDS)
def test_lines_that_are_no_goods(tmp_path, words):
    dataset = opened(tmp_path, LINES.format(**words))
    assert account(dataset) == {"sale": (3, 125), "excluded:extras": (2, 47)}
    found = dataset.quality.found.set_index("rule")["rows"]
    assert (found["postage"], found["extra"]) == (1, 2)


def test_what_becomes_of_them_is_for_the_user_to_say(tmp_path):
    text = LINES.format(**WORDS[0])
    assert _net_sales(opened(tmp_path, text, "policies: {extras: keep, postage: exclude}")) == 167
    assert _net_sales(opened(tmp_path, text, "extra_codes: [B]")) == 152


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("Concepto", "Portes"), ("Descripción", "Gastos de envío"), ("Detalle", "GASTOS DE ENVIO"),
        ("Description", "Shipping costs"), ("Article", "Envío"),
    ],
)  # fmt: skip
def test_lines_of_carriage_are_known_under_any_header_of_goods(tmp_path, header, word):
    rows = f"1;Ana;2024-01-15;Camisa;20\n1;Ana;2024-01-15;{word};4\n2;Ben;2024-02-16;Shipping box;30\n"
    text = f"Pedido;Cliente;Fecha;{header};Importe\n{rows}"
    dataset = opened(tmp_path, text, "policies: {postage: exclude}")
    assert account(dataset) == {"sale": (2, 50), "excluded:postage": (1, 4)}


CARRIAGE = """\
    order,customer,date,{total},{shipping}
    1,Ana,2024-01-15,105,5
    2,Ben,2024-02-16,44,4
    3,Ben,2024-02-17,-44,0
"""


@pytest.mark.parametrize(("total", "shipping"), [("Total", "Shipping"), ("Total pedido", "Gastos de envío")])
def test_carriage_in_a_total_is_asked_for(tmp_path, total, shipping):
    text = CARRIAGE.format(total=total, shipping=shipping)
    with pytest.raises(OpenQuestionError, match=r"96\.00: write 'amount_has_shipping: true'.*105\.00: write"):
        opened(tmp_path, text)
    assert _net_sales(opened(tmp_path, text, "amount_has_shipping: true")) == 96
    assert _net_sales(opened(tmp_path, text, "amount_has_shipping: false")) == 105


def test_a_net_amount_has_no_carriage(tmp_path):
    assert _net_sales(opened(tmp_path, CARRIAGE.format(total="Net total", shipping="Shipping"))) == 105


def test_carriage_of_an_order_is_taken_off_once(tmp_path):
    text = (
        "order,customer,date,product,Order Total,Shipping\n"
        "1,Ana,2024-01-15,A,105,5\n1,Ana,2024-01-15,B,105,\n2,Ben,2024-02-16,A,44,4\n2,Ben,2024-02-16,C,44,\n"
    )
    assert _net_sales(opened(tmp_path, text, "amount_has_shipping: true")) == 140


def test_a_total_with_carriage_tax_and_tip_beside_the_goods_alone(tmp_path):
    """100 + 5 + 21 = 126; 40 + 4 + 8.40 + 2 of a tip = 54.40."""
    text = """\
        Order,Email,Date,Subtotal,Shipping,Taxes,Tip,Total
        1,a@x.com,2024-01-15,100,5,21,0,126
        2,b@x.com,2024-02-16,40,4,8.4,2,54.4
    """
    assert _net_sales(opened(tmp_path, text)) == 140


def test_an_order_total_with_a_tip_is_known_by_its_column(tmp_path):
    """Order 1 is 30 of goods with a tip of 3, order 2 is 50 with 4."""
    text = """\
        Order;Customer;Date;Product;Quantity;Price;Tip;Order total
        1;Ana;2024-01-15;A;1;10.00;3.00;33.00
        1;Ana;2024-01-15;B;1;20.00;3.00;33.00
        2;Ben;2024-02-15;A;1;10.00;4.00;54.00
        2;Ben;2024-02-15;B;2;20.00;4.00;54.00
    """
    assert _net_sales(opened(tmp_path, text)) == 80
