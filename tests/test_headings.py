"""Customers in rows of their own above their sales, and rows of totals: as reports are printed."""

import pytest
import xlsxwriter

from analysis import open_dataset
from analysis.dataset.questions import OpenQuestionError
from analysis.errors import CarteraError
from intake import account, opened, set_aside

REPORTS = {
    "es": """\
        Fecha;Factura;Artículo;Importe
        Cliente: 12 Ana;;;
        15/01/2024;1;A;10,00
        20/01/2024;2;B;20,50
        Total cliente;;;30,50
        Cliente: 13 Ben;;;
        16/02/2024;3;A;40,00
        Total cliente;;;40,00
        Total general;;;70,50
    """,
    "en": """\
        Date,Invoice,Item,Amount
        Customer:,12,Ana,
        2024-01-15,1,A,10.00
        2024-01-20,2,B,20.50
        Subtotal,,,30.50
        Customer:,13,Ben,
        2024-02-16,3,A,40.00
        Customer total,,,40.00
        Grand total,,,70.50
    """,
}


def _sold(dataset):
    customers = dataset.query("customers")
    return dict(zip(customers["customer_id"], customers["net_sales"].astype(float), strict=True))


@pytest.mark.parametrize("language", REPORTS)
def test_rows_belong_to_the_customer_in_the_heading_above(tmp_path, language):
    dataset = opened(tmp_path, REPORTS[language])
    assert _sold(dataset) == {"12 Ana": 30.5, "13 Ben": 40}
    assert account(dataset) == {"sale": (3, 70.5), "excluded:heading": (2, 0), "excluded:total": (3, 141)}
    assert [line for line, outcome, _raw in set_aside(dataset) if outcome == "excluded:heading"] == [2, 6]


def test_headings_in_a_workbook(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "sales.xlsx") as book:
        page, day = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
        page.write_row(0, 0, ["Ventas por cliente"])
        page.write_row(2, 0, ["Factura", "Fecha", "Importe"])
        page.merge_range(3, 0, 3, 2, "Cliente: Ana")
        page.write_row(6, 0, ["Cliente: Ben"])
        for row, code, serial, amount in ((4, "1", 45306, 10), (5, "2", 45311, 20.5), (7, "3", 45338, 40)):
            page.write_string(row, 0, code)
            page.write_number(row, 1, serial, day)
            page.write_number(row, 2, amount)
        page.write_row(8, 0, ["Suma", "", 70.5])
    assert _sold(open_dataset(str(tmp_path / "sales.xlsx"))) == {"Ana": 30.5, "Ben": 40}


def test_customers_alone_in_rows_of_their_own_column(tmp_path):
    """The other fields of an order may stand on its first line only."""
    text = """\
        Cliente;Fecha;Factura;Artículo;Importe
        Ana;;;;
        ;15/01/2024;1;A;10,00
        ;;1;B;20,50
        Total Ana;;;;30,50
        Ben;;;;
        ;16/02/2024;3;A;40,00
        Ben Total;;;;40,00
    """
    dataset = opened(tmp_path, text)
    assert _sold(dataset) == {"Ana": 30.5, "Ben": 40}
    assert account(dataset)["excluded:total"] == (2, 70.5)


def test_a_row_above_the_first_heading_belongs_to_nobody(tmp_path):
    text = REPORTS["en"].replace("Customer:,12,Ana,", "2024-01-14,0,A,5.00")
    with pytest.raises(CarteraError, match="no column for 'customer_id'"):
        opened(tmp_path, text)


TOTALS = """\
    customer,date,invoice,amount
    Ana,2024-01-15,1,10
    Ana,2024-01-20,2,20
    Total,2024-01-31,,30
    Ben,2024-02-20,2,21
    Total Energies,2024-02-21,5,5
    Total,2024-02-29,,26
    Grand total,2024-02-29,,56
"""


def test_totals_that_have_a_date_are_known_by_their_sums(tmp_path):
    dataset = opened(tmp_path, TOTALS)
    assert _sold(dataset) == {"Ana": 30, "Ben": 21, "Total Energies": 5}
    assert account(dataset)["excluded:total"] == (3, 112)


def test_rows_called_totals_that_are_no_sums_are_asked_for(tmp_path):
    """Sales are 10 + 20 + 21 + 5 = 56; the totals are 31 + 27 + 57 = 115, each one too much."""
    text = TOTALS.replace(",,30", ",,31").replace(",,56", ",,57").replace(",,26", ",,27")
    with pytest.raises(
        OpenQuestionError, match=r"net sales are 56\.00: write 'total_rows: leave_out'.*171\.00"
    ):
        opened(tmp_path, text)
    assert sum(_sold(opened(tmp_path, text, "total_rows: leave_out")).values()) == 56
    assert sum(_sold(opened(tmp_path, text, "total_rows: keep")).values()) == 171
