"""What rows of the sales mean together, on small files worked out by hand; others are in `test_cases.py`."""

import pytest

from analysis.errors import CarteraError
from intake import account, amounts, few, opened


def _net_sales(dataset):
    return float(dataset.query("customers")["net_sales"].sum())


def test_customers_that_stand_once_per_block_are_asked_for_though_orders_have_several_lines(tmp_path):
    """Within the first order of a block blanks are as on its other lines; the next orders have nobody."""
    text = """\
        Cliente;Factura;Fecha;Artículo;Cantidad;Precio
        Ana;1;2024-01-15;A;1;10,00
        ;1;2024-01-15;B;1;20,00
        ;2;2024-02-15;A;1;40,00
        ;3;2024-03-15;A;2;40,00
        Ben;4;2024-01-20;A;1;70,00
        ;5;2024-02-20;A;1;5,00
        ;5;2024-02-20;B;1;5,00
    """
    with pytest.raises(CarteraError, match="blank_customer"):
        opened(tmp_path, text)
    assert _net_sales(opened(tmp_path, text, "blank_customer: above")) == 230
    assert _net_sales(opened(tmp_path, text, "blank_customer: nobody")) == 100


def test_the_kind_of_document_on_its_first_line_is_that_of_all(tmp_path):
    text = """\
        Invoice;Document type;Customer;Date;Product;Amount
        1;Invoice;Ana;2024-01-15;A;10.00
        1;;;;B;20.50
        2;Credit note;Ana;2024-01-20;A;10.00
        2;;;;B;20.50
        3;Invoice;Ben;2024-02-15;A;40.00
    """
    assert _net_sales(opened(tmp_path, text)) == 40


@pytest.mark.parametrize("label", ["Total", "Grand total", "Suma"])
@pytest.mark.parametrize("place", ["order", "address"])
def test_a_row_of_totals_is_no_line_of_the_order_above(tmp_path, label, place):
    order, address = (label, "") if place == "order" else ("", label)
    text = f"""\
        Invoice;Address;Customer;Date;Product;Qty;Amount
        1;High St;Ana;2024-01-15;A;1;10.00
        ;;;;B;1;20.50
        2;Low St;Ben;2024-02-15;A;1;40.00
        {order};{address};;;;;70.50
    """
    dataset = opened(tmp_path, text)
    assert _net_sales(dataset) == 70.5
    assert account(dataset)["excluded:total"][0] == 1


def test_the_word_of_a_row_of_totals_is_no_state(tmp_path):
    text = """\
        Status;Invoice;Customer;Date;Amount
        paid;1;Ana;2024-01-15;10.00
        draft;2;Ben;2024-02-15;40.00
        Total;;;;50.00
    """
    assert _net_sales(opened(tmp_path, text)) == 10


def test_what_was_given_back_of_an_amount_with_tax_includes_the_tax(tmp_path):
    text = """\
        Invoice;Customer;Date;Total;VAT;Refunded amount
        1;Ana;2024-01-15;121.00;21.00;0.00
        2;Ana;2024-01-20;242.00;42.00;121.00
        3;Ben;2024-02-15;60.50;10.50;60.50
    """
    assert _net_sales(opened(tmp_path, text)) == 200


_WITH_CARRIAGE = """\
    Order;Customer;Date;Product;Quantity;Price;{carriage};Order total
    1;Ana;2024-01-15;A;1;10.00;5.00;35.00
    1;Ana;2024-01-15;B;1;20.00;5.00;35.00
    2;Ben;2024-02-15;A;1;10.00;4.00;54.00
    2;Ben;2024-02-15;B;2;20.00;4.00;54.00
"""


@pytest.mark.parametrize("carriage", ["Shipping", "Gastos de envío"])
def test_an_order_total_with_the_carriage_beside_it(tmp_path, carriage):
    """Order 1 is 30 of goods with 5 of carriage, order 2 is 50 with 4."""
    assert _net_sales(opened(tmp_path, _WITH_CARRIAGE.format(carriage=carriage))) == 80


def test_an_order_total_that_lines_do_not_add_up_to_is_asked_for(tmp_path):
    text = _WITH_CARRIAGE.format(carriage="Points")
    with pytest.raises(CarteraError, match=r"89\.00: write 'amount_is: order'.*80\.00"):
        opened(tmp_path, text)
    assert _net_sales(opened(tmp_path, text, "amount_is: quantity_and_price")) == 80


def test_orders_of_which_something_was_given_back_do_not_hide_what_lines_add_up_to(tmp_path):
    text = """\
        Order;Customer;Date;Product;Quantity;Price;Order total;Refunded amount
        1;Ana;2024-01-15;A;1;10.00;30.00;0.00
        1;Ana;2024-01-15;B;1;20.00;30.00;0.00
        2;Ben;2024-02-15;A;1;10.00;50.00;50.00
        2;Ben;2024-02-15;B;2;20.00;50.00;50.00
    """
    assert _net_sales(opened(tmp_path, text)) == 30


def test_a_refund_is_weighed_once_against_the_sales_it_could_be_of(tmp_path):
    """Of three refunded lines of the same amount, money in the question is counted once in the question."""
    text = """\
        Order;Status;Customer;Date;Product;Amount
        1;refunded;Ana;2024-01-15;A;10.00
        1;refunded;Ana;2024-01-15;B;10.00
        1;refunded;Ana;2024-01-15;C;12.00
        2;paid;Ana;2024-01-16;C;50.00
        3;refunded;Ana;2024-01-17;A;-10.00
        3;refunded;Ana;2024-01-17;B;-10.00
        3;refunded;Ana;2024-01-17;C;-12.00
    """
    with pytest.raises(
        CarteraError, match=r"^sales.csv: sales .* \(rows: 3\).* net sales are 50\.00: write 'refunded: o"
    ):
        opened(tmp_path, text)


def test_blanks_of_an_order_that_was_taken_back_under_its_number_are_as_on_the_line_above(tmp_path):
    text = """\
        Order;Status;Customer;Date;Product;Amount
        1;refunded;Ana;2024-01-15;A;10.00
        1;;;;B;20.00
        1;refunded;Ana;2024-01-20;A;-10.00
        1;;;;B;-20.00
        2;paid;Ben;2024-01-16;C;50.00
        2;;;;D;60.00
    """
    dataset = opened(tmp_path, text)
    assert _net_sales(dataset) == 110
    assert account(dataset)["return"][0] == 2


@pytest.mark.parametrize("note", ["121.00;21.00", "-121.00;-21.00", "-121.00;21.00"])
def test_tax_is_taken_off_a_credit_note_whatever_its_sign(tmp_path, note):
    text = f"""\
        Invoice;Type;Customer;Date;Total;VAT
        1;Invoice;Ana;2024-01-15;121.00;21.00
        2;Credit note;Ana;2024-01-20;{note}
        3;Invoice;Ben;2024-02-15;60.50;10.50
        4;Invoice;Ben;2024-02-16;242.00;42.00
    """
    assert _net_sales(opened(tmp_path, text)) == 250


def test_a_draft_of_the_amount_of_a_refund_stays_a_draft(tmp_path):
    text = """\
        Order;Status;Customer;Date;Amount
        1;refunded;Ana;2024-01-15;10.00
        1;refunded;Ana;2024-01-20;-10.00
        2;draft;Ana;2024-01-25;10.00
        3;paid;Ben;2024-02-15;40.00
    """
    assert _net_sales(opened(tmp_path, text)) == 40


def test_orders_taken_back_on_the_same_day_do_not_hide_what_lines_add_up_to(tmp_path):
    text = """\
        Order;Customer;Date;Product;Quantity;Price;Total
        1;Ana;2024-01-15;A;1;10.00;30.00
        1;Ana;2024-01-15;B;1;20.00;30.00
        1;Ana;2024-01-15;A;-1;10.00;-30.00
        1;Ana;2024-01-15;B;-1;20.00;-30.00
        2;Ben;2024-02-15;A;1;10.00;50.00
        2;Ben;2024-02-15;B;2;20.00;50.00
    """
    assert _net_sales(opened(tmp_path, text)) == 50


def test_an_order_and_its_return_of_the_same_day_are_two_values(tmp_path):
    text = (
        "order,customer,date,item name,Order Total\n"
        "1,Ana,2024-01-15,A,30\n1,Ana,2024-01-15,B,30\n1,Ana,2024-01-15,A,-30\n1,Ana,2024-01-15,B,-30\n"
        "2,Ana,2024-01-16,A,7\n2,Ana,2024-01-16,B,7\n"
    )
    assert float(opened(tmp_path, text, "amount_is: order").query("customers")["net_sales"].sum()) == 7


def test_prices_that_include_tax_are_never_net_in_silence(tmp_path):
    """24.20 = 20 + 21 %, of which the tax is 4.20; 12.10 = 10 + 2.10."""
    text = "customer,date,quantity,price,tax\nA,2024-01-15,1,24.20,4.20\nB,2024-01-16,2,6.05,2.10\n"
    with pytest.raises(CarteraError, match=r"'price' includes tax.*'prices_include_tax: 0\.21'"):
        opened(tmp_path, text)
    net = opened(tmp_path, text, "prices_include_tax: 0.21").query("customers")["net_sales"]
    assert net.astype(float).tolist() == [20, 10]
    upon = text.replace("24.20,4.20", "20,4.20").replace("6.05,2.10", "5,2.10")
    assert float(opened(tmp_path, upon).query("customers")["net_sales"].sum()) == 30


@pytest.mark.parametrize("header", ["Importe (IVA incl.)", "Total IVA incluido", "Amount incl. VAT"])
def test_an_amount_whose_header_says_that_it_has_tax_loses_it(tmp_path, header):
    """121 = 100 + 21 and 60.50 = 50 + 10.50."""
    text = f"Cliente;Fecha;{header};Cuota IVA\nAna;15/01/2024;121,00;21,00\nBen;16/02/2024;60,50;10,50\n"
    assert _net_sales(opened(tmp_path, text)) == 150


def test_refunds_by_number_do_not_hide_those_that_are_only_alike(tmp_path):
    text = (
        "order,customer,date,status,amount\n"
        "1,A,2024-01-15,refunded,20\n1,A,2024-01-16,refunded,-20\n"
        "2,B,2024-01-15,refunded,9\n7,B,2024-01-20,paid,-9\n3,B,2024-02-15,paid,50\n"
    )
    with pytest.raises(CarteraError, match=r"net sales are 50\.00: write 'refunded: once'"):
        opened(tmp_path, text)
    assert float(opened(tmp_path, text, "refunded: once").query("customers")["net_sales"].sum()) == 50


def test_a_total_on_one_line_of_an_order_is_asked_for_as_it_stands(tmp_path):
    """Goods are 10 + 20 and 20 + 30, which neither 35 nor 54 are."""
    text = """\
        order,customer,date,product,price,qty,Total
        1,Ana,2024-01-15,A,10,1,35
        1,Ana,2024-01-15,B,20,1,
        2,Ben,2024-02-16,A,10,2,54
        2,Ben,2024-02-16,B,30,1,
    """
    said = r"is 35\.00 on one of the 2 lines of order '1'.*net sales are 80\.00: write 'amount_is: q"
    with pytest.raises(CarteraError, match=said):
        opened(tmp_path, text)
    assert _net_sales(opened(tmp_path, text, "amount_is: order")) == 89
    assert _net_sales(opened(tmp_path, text, "amount_is: quantity_and_price")) == 80


def test_totals_with_tax_of_several_rates_or_carriage_are_of_orders(tmp_path):
    """Five orders of 10 + 20; 21 % on the first and 10 % on the second line, or 5 of carriage, upon them."""
    totals = [34.10, 34.10, 35, 35, 30]
    rows = [
        f"{order},Ana,2024-0{order}-15,{product},{price},1,{total}"
        for order, total in enumerate(totals, 1)
        for product, price in (("A", 10), ("B", 20))
    ]
    text = "\n".join(["order,customer,date,product,price,qty,Total", *rows, "6,Ana,2024-06-15,A,10,1,12.10"])
    assert _net_sales(opened(tmp_path, text)) == 160
    with pytest.raises(CarteraError, match="of the whole order, or of each line"):
        opened(tmp_path, text.replace("34.1,", "44.1,").replace(",34.1", ",44.1"))


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("qty,price,Amount,Order Total", ["1,10,10,30", "2,10,20,30", "4,10,40,45", "1,5,5,45"]),
        ("Importe,Total factura", ["10,30", "20,30", "40,45", "5,45"]),
        ("Total pedido,Importe", ["30,10", "30,20", "45,40", "45,5"]),
    ],
)
def test_values_of_lines_beside_the_total_of_their_order(tmp_path, header, cells):
    """By quantity × price, or by their sum: 10 + 20 = 30, 40 + 5 = 45."""
    keys = ["1,Ana,2024-01-15", "1,Ana,2024-01-15", "2,Ben,2024-02-16", "2,Ben,2024-02-16"]
    rows = "\n".join(f"{key},{one}" for key, one in zip(keys, cells, strict=True))
    assert _net_sales(opened(tmp_path, f"order,customer,date,{header}\n{rows}\n")) == 75


def test_the_subtotal_of_an_order_is_proved_by_its_prices(tmp_path):
    """2 × 10 + 15 = 35 and 1 × 15 = 15 are the subtotals, on all lines of their order; 42.35 is with tax."""
    text = """\
        Order;Customer;Date;Product;Quantity;Price;Subtotal;Total
        1;Ana;2024-01-15;Cup;2;10.00;35.00;42.35
        1;Ana;2024-01-15;Plate;1;15.00;35.00;42.35
        2;Ben;2024-02-15;Plate;1;15.00;15.00;18.15
    """
    assert _net_sales(opened(tmp_path, text)) == 50


@pytest.mark.parametrize(
    "line", ["1;Ana;2024-01-15;Plate;1;18.15;35.00;42.35", "3;Eva;2024-01-15;Cup;1;18.15;15.00;18.15"]
)
def test_prices_with_tax_do_not_make_the_total_net(tmp_path, line):
    """2 × 12.10 + 18.15 = 42.35 is the total, or 18.15 that of a line, but the smaller subtotal is net."""
    total = ("42.35", "35.00") if line.startswith("1") else ("24.20", "20.00")
    text = f"""\
        Order;Customer;Date;Product;Quantity;Price;Subtotal;Total
        1;Ana;2024-01-15;Cup;2;12.10;{total[1]};{total[0]}
        {line}
        2;Ben;2024-02-15;Plate;1;18.15;15.00;18.15
    """
    with pytest.raises(CarteraError, match="'Subtotal' and 'Total' could each be 'amount'"):
        opened(tmp_path, text)


def test_two_amounts_that_prove_nothing_are_asked_for(tmp_path):
    text = "order,customer,date,Importe,Total factura\n1,Ana,2024-01-15,10,30\n1,Ana,2024-01-15,21,30\n"
    with pytest.raises(CarteraError, match=r"'columns: \{amount: Importe\}'"):
        opened(tmp_path, text)


def test_a_tax_base_beside_a_discount_in_percent(tmp_path):
    """90 = 100 less 10 %, 20 = 40 less 50 %: proved by prices, asked without them."""
    priced = """\
        Factura;Cliente;Fecha;Cantidad;P.V.P.;Dto. (%);Base imponible
        1;Ana;15/01/2024;1;100;10%;90
        1;Ana;15/01/2024;2;10;0%;20
        2;Ben;16/02/2024;4;10;50%;20
    """
    assert _net_sales(opened(tmp_path, priced)) == 130
    bare = "Cliente;Fecha;Dto. (%);Base imponible\nAna;15/01/2024;10%;90\nBen;16/02/2024;50%;20\n"
    with pytest.raises(CarteraError, match=r"110\.00: write 'amount_after_discount: true'.*91\.00"):
        opened(tmp_path, bare)


def test_tax_numbers_with_and_without_the_code_of_their_country(tmp_path):
    """136695976 is a valid number of Germany and 136695977 is not, by their last digit (ISO 7064, 11, 10)."""
    text = """\
        VAT number,date,amount
        DE136695976,2024-01-15,100
        136.695.976,2024-01-16,10
        ES B-58378431,2024-02-16,40
        b58378431,2024-02-16,20
        DE136695977,2024-02-16,1
        136695977,2024-02-16,2
        PT501964843,2024-02-16,3
    """
    customers = opened(tmp_path, text).query("customers").set_index("customer_id")["net_sales"]
    assert customers.astype(float).to_dict() == {
        "136695976": 110, "B58378431": 60, "DE136695977": 1, "136695977": 2, "PT501964843": 3,
    }  # fmt: skip


def test_numbers_of_two_countries_are_never_one_customer(tmp_path):
    """Germany and Portugal both have numbers of nine digits, and 501964843 could be either's."""
    text = (
        "VAT number,date,amount\nDE136695976,2024-01-15,1\nPT136695976,2024-01-15,2\n136695976,2024-01-16,4\n"
    )
    assert len(opened(tmp_path, text).query("customers")) == 3


def test_a_blank_where_a_block_begins_is_not_that_of_the_block_before(tmp_path):
    """Order 3 takes order 1 back; the draft below it takes nothing back, and was never sold."""
    text = """\
        Order;Status;Customer;Date;Product;Amount;Refund of
        1;refunded;Ana;2024-01-15;A;10.00;
        ;;;;B;20.00;
        3;paid;Ana;2024-01-20;A;-10.00;1
        ;;;;B;-20.00;
        4;draft;Ben;2024-02-15;A;40.00;
        5;paid;Ben;2024-02-16;A;50.00;
    """
    dataset = opened(tmp_path, text)
    assert _net_sales(dataset) == 50
    assert account(dataset)["excluded:cancelled"] == (1, 40)


@pytest.mark.parametrize("word", few(3, ["NULL", "(en blanco)", "-", "N/A", "nan", "s/d"]))
def test_a_word_for_nothing_does_not_mean_as_above(tmp_path, word):
    """Four rows of nobody are left out without a question; a blank in an order is as on its first line."""
    blocks = f"""\
        Cliente;Fecha;Importe
        Ana;2024-01-15;10
        {word};2024-01-16;7
        {word};2024-01-17;8
        Ben;2024-02-16;20
        {word};2024-02-17;9
        {word};2024-02-18;9
        Eva;2024-03-17;1
    """
    dataset = opened(tmp_path, blocks)
    assert account(dataset) == {"sale": (3, 31), "excluded:no_customer": (4, 33)}
    orders = f"""\
        order,customer,date,product,amount
        1,Ana,2024-01-15,A,10
        1,,,B,20
        1,{word},,C,40
        2,Ben,2024-02-16,A,80
    """
    assert account(opened(tmp_path, orders)) == {"sale": (3, 110), "excluded:no_customer": (1, 40)}


@pytest.mark.parametrize(
    "word", few(2, ["Reembolso", "Refund", "Devolución", "Abono", "Chargeback", "REFUND"])
)
@pytest.mark.parametrize("sale", ["Reembolsado", "Completado"])
def test_a_refund_named_on_its_own_negative_row_is_taken_off_once(tmp_path, word, sale):
    """50 + 40 − 40 + 30, whatever the word on the sale that was undone; a positive row is asked for."""
    text = f"""\
        Pedido;Fecha;Cliente;Importe;Estado
        1;2024-01-15;Ana;50;Completado
        2;2024-01-16;Ben;40;{sale}
        2;2024-01-20;Ben;-40;{word}
        3;2024-02-16;Ben;30;Completado
    """
    assert _net_sales(opened(tmp_path, text)) == 80
    with pytest.raises(CarteraError, match=rf"'{word}' \(rows: 1"):
        opened(tmp_path, text.replace("-40", "40"))


@pytest.mark.parametrize(
    ("header", "bare", "last"),
    [
        ("Fecha;Cliente;Factura;Importe", ";;;{}", ";;;100,00"),
        ("Date;Customer;Invoice;Amount", ";;;{}", ""),
        ("Fecha;Cliente;Factura;Importe;Cantidad", ";;;{};7", ";;;100,00;14"),
    ],
)
def test_rows_of_numbers_alone_that_are_the_sum_of_those_above(tmp_path, header, bare, last):
    """Ana's are 20 + 30, Ben's 10 + 40; rows that are no sums of others may be lines, and are asked for."""
    more = ";1" * header.endswith("Cantidad")
    sold = [f"{day}/2024;{who};{n};{amount},00{more}" for day, who, n, amount in [
        ("15/01", "Ana", 1, 20), ("15/02", "Ana", 2, 30), ("20/01", "Ben", 3, 10), ("30/03", "Ben", 4, 40),
    ]]  # fmt: skip
    rows = [*sold[:2], bare.format("50,00"), *sold[2:], bare.format("50,00"), *([last] if last else [])]
    dataset = opened(tmp_path, "\n".join([header, *rows]) + "\n")
    assert account(dataset)["excluded:total"][0] == (3 if last else 2)
    assert _net_sales(dataset) == 100
    rows[2] = bare.format("49,00")
    with pytest.raises(CarteraError, match="blank_customer"):
        opened(tmp_path, "\n".join([header, *rows]) + "\n")


def test_a_discount_of_the_whole_order_is_spread_over_its_lines(tmp_path):
    """5 of an order of 20 + 30 are 2 and 3; elsewhere discounts differ, or lines have one price."""
    text = """\
        Pedido;Cliente;Fecha;Artículo;Cantidad;Precio;Importe dto.
        1;Ana;2024-01-15;A;2;10,00;5,00
        1;Ana;2024-01-15;B;1;30,00;5,00
        2;Ben;2024-02-16;A;1;10,00;0,00
        2;Ben;2024-02-16;C;3;20,00;0,00
    """
    with pytest.raises(CarteraError, match=r"5\.00 on all 2 lines of order '1'"):
        opened(tmp_path, text)
    assert amounts(opened(tmp_path, text, "discount_is: order")) == [18, 27, 10, 60]
    assert amounts(opened(tmp_path, text.replace("30,00;5,00", "30,00;4,00"))) == [15, 26, 10, 60]
    assert amounts(opened(tmp_path, text.replace("30,00", "20,00"))) == [15, 15, 10, 60]
