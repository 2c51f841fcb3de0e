"""Exports of systems known by their columns: the right money, without a question or with one answer.

What is right is worked out in ``exports.py`` from the orders that were drawn, before they are written.
"""

import re
from pathlib import Path
from random import Random

import pytest
import xlsxwriter
import yaml

from analysis import open_dataset
from analysis.dataset.questions import OpenQuestionError
from analysis.dataset.systems.system import read_system, systems
from analysis.errors import CarteraError
from analysis.language import use_language
from campaign.dressed_files import write
from exports import EXPORTS
from intake import account, kept

SEEDS = range(4)


def _read(export, folder):
    """Open an export; where it asks, with the one answer that it needs."""
    path = write(export.sheet, folder)
    if not export.answer:
        return open_dataset(str(path))
    with pytest.raises(OpenQuestionError) as asked:
        open_dataset(str(path))
    assert export.answer in [choice.said for choice in asked.value.questions[0].choices]
    settings = {"transactions": {"file": path.name, **export.answer}}
    (folder / "dataset.yml").write_text(yaml.safe_dump(settings))
    return open_dataset(str(folder / "dataset.yml"))


def test_every_system_has_an_export():
    assert EXPORTS.keys() == systems().keys()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", EXPORTS)
def test_net_sales_customers_orders_and_rows_by_outcome(name, seed, tmp_path):
    export = EXPORTS[name](Random(f"{name}/{seed}"))
    assert 20 <= len(export.sheet.rows) <= 60
    dataset, truth = _read(export, tmp_path), export.truth
    sales = kept(dataset)
    assert float(sales["amount"].sum()) == pytest.approx(truth.net / 100, abs=0.005)
    assert sales["customer_id"].nunique() == len(truth.customers)
    assert sales["order_id"].nunique() == len(truth.orders)
    assert {outcome: rows for outcome, (rows, _money) in account(dataset).items()} == truth.outcomes
    assert systems()[name].name["en"] in "\n".join(map(str, dataset.quality.facts))


def _opened(folder, text, config=""):
    (folder / "export.csv").write_text(text, "utf-8")
    (folder / "dataset.yml").write_text(f"transactions: {{file: export.csv}}\n{config}", "utf-8")
    return open_dataset(str(folder / "dataset.yml"))


LIST = """\
Serie;Número;Fecha;NIF emisor;NIF receptor;Cliente;Base 21%;Cuota 21%;Base 10%;Cuota 10%;Total
A;1;03/01/2024;B99999999;B12345674;Ana;100,00;21,00;10,00;1,00;132,00
B;1;13/02/2024;B99999999;B12345682;Ben;;;20,00;2,00;22,00
"""


def test_series_and_number_are_the_invoice_and_bases_are_added_up(tmp_path):
    rows = kept(_opened(tmp_path, LIST))
    assert rows["order_id"].tolist() == ["A-1", "B-1"]
    assert rows["amount"].astype(float).tolist() == [110, 20]
    assert rows["customer_id"].tolist() == ["B12345674", "B12345682"]


def test_what_the_reader_says_comes_before_what_is_known(tmp_path):
    (tmp_path / "export.csv").write_text(LIST, "utf-8")
    settings = (
        "transactions: {file: export.csv, columns: {amount: Base 21%, order_id: Número}, ignore: [Serie]}"
    )
    (tmp_path / "dataset.yml").write_text(settings, "utf-8")
    rows = kept(open_dataset(str(tmp_path / "dataset.yml")))
    assert rows["amount"].astype(float).tolist() == [100]


def test_nothing_is_known_by_name_where_the_reader_says_so(tmp_path):
    dataset = _opened(tmp_path, LIST, "system: none")
    assert kept(dataset)["amount"].astype(float).tolist() == [132, 22]
    assert not any("as accountants keep it" in str(fact) for fact in dataset.quality.facts)


OWN = """\
name: {en: an export of our ERP, es: una exportación de nuestro ERP}
follows: {en: Booked documents count., es: Cuentan los contabilizados.}
headers: [DOCNO, [NETTO, NETWERT]]
transactions:
  columns: {order_id: DOCNO, customer_id: KUNNR, date: BUDAT, amount: [NETTO, NETWERT], status: ST}
  states: {booked: sale, "*": cancelled}
"""
ERP = "DOCNO,KUNNR,BUDAT,NETWERT,ST\n1,7,2024-01-31,10.00,booked\n2,8,2024-02-15,20.00,anything\n"


def test_a_system_of_ones_own(tmp_path):
    (tmp_path / "erp.yml").write_text(OWN, "utf-8")
    dataset = _opened(tmp_path, ERP, "system: erp.yml")
    assert kept(dataset)["amount"].astype(float).tolist() == [10]
    assert account(dataset)["excluded:cancelled"][0] == 1
    assert str(dataset.quality.facts[0]) == "export.csv is an export of our ERP. Booked documents count."
    use_language("es")
    assert str(dataset.quality.facts[0]).startswith("export.csv es una exportación de nuestro ERP")


@pytest.mark.parametrize(
    ("declared", "system", "said"),
    [
        (OWN, "other", "the system 'other' is not known. Known are: "),
        (OWN.replace("DOCNO, [", "BELNR, ["), "erp.yml", "export.csv has not the headers of erp.yml"),
        (
            OWN.replace("date:", "dat:"),
            "erp.yml",
            "'transactions.columns' names 'dat', which is no canonical",
        ),
        (OWN + "  amount_is: all\n", "erp.yml", "erp.yml: 'amount_is' is not as in the declaration"),
        (OWN.replace("headers:", "header:"), "erp.yml", "erp.yml: 'headers' is not as in the declaration"),
    ],
)
def test_what_is_wrong_with_a_system_of_ones_own(tmp_path, declared, system, said):
    (tmp_path / "erp.yml").write_text(declared, "utf-8")
    with pytest.raises(CarteraError, match=re.escape(said)):
        _opened(tmp_path, ERP, f"system: {system}")


def test_the_sheet_of_issued_invoices_among_others(tmp_path):
    export = EXPORTS["aeat_issued_invoices"](Random(5))
    groups, names = export.sheet.titles[-1], export.sheet.header
    received = [
        cell.replace("Destinatario", "Expedidor").replace("Repercutida", "Soportada") for cell in groups
    ]
    with xlsxwriter.Workbook(str(tmp_path / "libros.xlsx")) as book:
        for title, first in (("EXPEDIDAS_INGRESOS", groups), ("RECIBIDAS_GASTOS", received)):
            page = book.add_worksheet(title)
            for i, row in enumerate([first, names, *export.sheet.rows]):
                page.write_row(
                    i, 0, [cell.isoformat() if hasattr(cell, "isoformat") else cell for cell in row]
                )
    sales = kept(open_dataset(str(tmp_path / "libros.xlsx")))
    assert float(sales["amount"].astype(float).sum()) == pytest.approx(export.truth.net / 100)


@pytest.mark.parametrize(
    ("accounts", "customers"), [(("4300001", "4300002"), 2), (("7000001", "7000002"), None)]
)
def test_an_account_of_the_group_43_is_a_customer_and_one_of_sales_is_not(tmp_path, accounts, customers):
    text = "Fecha;Nº factura;Subcuenta;Importe neto\n" + "".join(
        f"1{i}/01/2024;F{i};{one};10,00\n" for i, one in enumerate(accounts, 3)
    )
    if customers is None:
        with pytest.raises(OpenQuestionError, match="no column for 'customer_id'"):
            _opened(tmp_path, text)
    else:
        assert kept(_opened(tmp_path, text))["customer_id"].nunique() == customers


@pytest.mark.parametrize(("form", "month"), [("dd/mm/yyyy", 4), ("MM/DD/YYYY", 3)])
def test_a_header_that_ends_in_a_format_states_it(tmp_path, form, month):
    dataset = _opened(
        tmp_path, f"Cliente,Fecha {form},Importe neto\nAna,03/04/2024,10.50\nBen,05/04/2024,1.50\n"
    )
    assert kept(dataset)["date"].iloc[0].month == month


def test_a_file_of_credit_notes_takes_sales_back(tmp_path):
    header = "DocNum,DocDate,CardCode,DocTotal,VatSum,CANCELED\n"
    (tmp_path / "OINV.csv").write_text(
        header + "1,2024-01-31,C1,121.00,21.00,N\n2,2024-02-15,C2,60.50,10.50,N\n"
    )
    (tmp_path / "ORIN.csv").write_text(header + "1,2024-03-01,C1,12.10,2.10,N\n")
    dataset = open_dataset(str(tmp_path))
    assert account(dataset) == {"sale": (2, 150), "return": (1, -10)}


def test_what_a_column_is_for_want_of_another_is_not_left_aside(tmp_path):
    text = (
        "id,Created (UTC),Amount,Amount Refunded,Currency,Fee,Status,Customer ID\n"
        "ch_1,2024-01-31 10:03,10.00,4.00,eur,0.30,Paid,cus_1\n"
    )
    assert kept(_opened(tmp_path, text))["amount"].astype(float).tolist() == [6]


def test_the_example_in_the_docs_is_a_declaration(tmp_path):
    docs = (Path(__file__).parents[1] / "docs" / "exports.md").read_text("utf-8")
    (tmp_path / "erp.yml").write_text(re.findall(r"```yaml\n(.*?)```", docs, re.DOTALL)[1], "utf-8")
    assert read_system(tmp_path / "erp.yml").tables == ["transactions"]


def test_the_docs_name_every_system():
    docs = (Path(__file__).parents[1] / "docs" / "exports.md").read_text("utf-8")
    rows = [line for line in docs.splitlines() if line.startswith("| **")]
    assert len(rows) == len(systems()) - 1, "invoices of Odoo with and without lines share one"
