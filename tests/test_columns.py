"""Columns are recognised by the names that shop systems, ERPs and invoicing programs give them."""

import pytest

from analysis import open_dataset
from analysis.dataset.schema import TABLES, normalised, same_name
from analysis.errors import CarteraError
from intake import account, kept, opened, write


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("header", ["Importe (IVA)", "Importe (con IVA)", "Dto (%)"])
def test_what_stands_in_brackets_and_is_no_unit_counts(header):
    assert same_name(header) not in {same_name("importe"), same_name("dto")}


@pytest.mark.parametrize(
    ("header", "same"),
    [
        ("Cód. Cliente", "codcliente"),
        ("InvoiceNo", "invoice no"),
        ("% Dto.", "pct dto"),
        ("Nº Factura", "no factura"),
        ("CUSTOMER_ID", "customer id"),
        ("  Fecha   factura ", "fecha factura"),
        ("Año", "ano"),
        ("Importe (€)", "importe"),
        ("Importe EUR", "importe"),
        ("Cantidad [uds.]", "cantidad"),
        ("EUR", "eur"),
    ],
)
def test_names_are_compared_without_case_accents_and_punctuation(header, same):
    assert same_name(header) == same_name(same)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_name_of_two_columns_is_one_that_a_needed_column_takes_first(table):
    owners = {}
    for column in table.columns:
        for name in column.all_names:
            assert normalised(name) == name.replace("_", " "), "names are declared as they are compared"
            first = owners.setdefault(same_name(name), column.name)
            assert first == column.name or first in table.required


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_word_is_one_choice(table):
    for column in table.columns:
        owners = {}
        for choice, names in column.choices.items():
            for name in (choice, *names):
                assert owners.setdefault(same_name(name), choice) == choice


# Headers and a row or two as real programs export them (contents invented): what each column is taken for.
EXPORTS = {
    "an invoice list": (
        "Fra. nº;Fecha;Cód. Cliente;Cliente;Base imponible;IVA;Total\n"
        "A/1;02/01/2024;00123;Núñez e Hijos, S.L.;1.234,50;259,25;1.493,75\n"
        "A/2;15/01/2024;00124;Peña S.A.;100,00;21,00;121,00\n",
        {
            "customer_id": "Cód. Cliente", "date": "Fecha", "amount": "Base imponible", "order_id": "Fra. nº",
            "tax": "IVA", "customer_name": "Cliente",
        },
    ),
    "lines of an ERP": (
        "CodigoCliente;RazonSocial;SerieFactura;NumeroFactura;FechaFactura;CodigoArticulo;Unidades;ImporteNeto;"
        "ImporteCoste;CodigoComisionista\n"
        "001;Uno SL;A;1;15/01/2024 0:00:00;X1;3;100,5;60;7\n",
        {
            "customer_id": "CodigoCliente", "date": "FechaFactura", "amount": "ImporteNeto",
            "order_id": "NumeroFactura", "product_id": "CodigoArticulo", "quantity": "Unidades",
            "cost": "ImporteCoste", "customer_name": "RazonSocial",
            "invoice_series": "SerieFactura",
        },
    ),
    "an open ERP": (
        '"Number","Invoice Partner Display Name","Invoice/Bill Date","Due Date","Untaxed Amount Signed",'
        '"Total Signed","Payment Status"\n'
        '"INV/2024/1","Azure Interior","2024-01-31","2024-03-01","1250.00","1512.50","Paid"\n',
        {
            "customer_id": "Invoice Partner Display Name", "date": "Invoice/Bill Date",
            "amount": "Untaxed Amount Signed", "order_id": "Number",
        },
    ),
    "a web shop": (
        'ID;"Nuevo cliente";Envío;Cliente;Total;Pago;Estado;Fecha\n'
        '1;1;España;"J. García";61,80 €;Cheque;"Pago aceptado";"2024-05-17 11:24:39"\n',
        {"customer_id": "Cliente", "date": "Fecha", "amount": "Total", "status": "Estado"},
    ),
    "order lines of a web shop": (
        "Order Number,Order Status,Order Date,Customer User Id,Email (Billing),SKU,Quantity,Item Price\n"
        "101,completed,2024-01-31 10:15,12,a@example.com,S1,2,10.00\n",
        {
            "customer_id": "Customer User Id", "date": "Order Date", "order_id": "Order Number",
            "product_id": "SKU", "quantity": "Quantity", "unit_price": "Item Price", "status": "Order Status",
        },
    ),
    "a big ERP": (
        "Sold-to party|Billing Date|Billing Document|Material|Billed Quantity|Net value|Curr.\n"
        "0000100023|31.01.2024|90001234|MAT-1|10|1.000,00 |EUR\n",
        {
            "customer_id": "Sold-to party", "date": "Billing Date", "amount": "Net value",
            "order_id": "Billing Document", "product_id": "Material", "quantity": "Billed Quantity",
            "currency": "Curr.",
        },
    ),
    "a till": (
        "sep=;\nTicket;Fecha;Hora;Cód. Artículo;Artículo;Uds.;Precio;Importe;Socio;Vendedor;Tienda\n"
        "T1;01/02/2024;10:00;001;Pan;2;1,10;2,20;15;Eva;Centro\nT2;21/02/2024;9:00;001;Pan;2;1,10;2,20;16;Eva;Centro\n",
        {
            "customer_id": "Socio", "date": "Fecha", "amount": "Importe", "order_id": "Ticket",
            "product_id": "Cód. Artículo", "quantity": "Uds.", "unit_price": "Precio",
            "salesperson": "Vendedor", "channel": "Tienda",
        },
    ),
    "a listing with titles, groups and totals": (
        "DEMO S.L.;;;;\n;;;;\nVentas por cliente;;;;\nDesde: 01/01/2024 Hasta: 31/12/2024;;;;\n;;;;\n"
        "Cliente;Nombre;Fecha;Nº Factura;Importe\n"
        "430000001;GARCÍA;15/01/2024;24/0001;1.234,56\n430000001;GARCÍA;20/02/2024;24/0002;99,00-\n"
        ";;;Total cliente;1.135,56\n;;;TOTAL GENERAL;1.135,56\n",
        {
            "customer_id": "Cliente", "date": "Fecha", "amount": "Importe", "order_id": "Nº Factura",
            "customer_name": "Nombre",
        },
    ),
    "a classic of courses": (
        "Row ID,Order ID,Order Date,Ship Date,Customer ID,Customer Name,State,Product ID,Category,Sales,"
        "Quantity\n"
        "1,CA-1,11/8/2016,11/11/2016,CG-1,Claire,Kentucky,FUR-1,Furniture,261.96,2\n"
        "2,CA-2,11/18/2016,11/19/2016,CG-2,Dan,Ohio,FUR-2,Furniture,731.94,3\n",
        {
            "customer_id": "Customer ID", "date": "Order Date", "amount": "Sales", "order_id": "Order ID",
            "product_id": "Product ID", "category": "Category", "quantity": "Quantity",
            "customer_name": "Customer Name",
        },
    ),
    "Online Retail": (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n",
        {
            "customer_id": "CustomerID", "date": "InvoiceDate", "order_id": "InvoiceNo",
            "product_id": "StockCode", "quantity": "Quantity", "unit_price": "UnitPrice",
            "description": "Description",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", EXPORTS)
def test_exports_of_real_programs(tmp_path, program):
    text, expected = EXPORTS[program]
    dataset = open_dataset(write(tmp_path, "ventas.csv", text))
    recognised = next(note for note in dataset.quality.facts if "recognised" in note.message)
    pairs = dict(reversed(pair.split(" → ")) for pair in recognised.values["pairs"].split(", "))
    assert pairs == expected
    assert dataset.quality.rows.loc[0, "outcome"] == "sale"
    assert not (dataset.quality.rows["outcome"] == "rejected").any()


def test_a_listing_adds_up_to_its_own_total(tmp_path):
    text, _expected = EXPORTS["a listing with titles, groups and totals"]
    net = float(kept(opened(tmp_path, text))["amount"].sum())
    assert net == 1135.56


def test_a_missing_column_names_those_found_and_the_nearest(tmp_path):
    with pytest.raises(CarteraError) as error:
        opened(tmp_path, "Clinte;Fecha;Importe\n1;2024-01-01;5\n")
    sentence = str(error.value)
    assert "sales.csv: no column for 'customer_id' (who bought) was recognised." in sentence
    assert "Columns found: 'Clinte', 'Fecha', 'Importe'." in sentence
    assert "If it is 'Clinte': write 'columns: {customer_id: Clinte}'." in sentence


def test_two_candidates_are_asked(tmp_path):
    with pytest.raises(CarteraError) as error:
        opened(tmp_path, "Cliente;Fecha pedido;Fecha factura;Importe\n1;2024-01-01;2024-01-02;5\n")
    assert "'Fecha pedido' and 'Fecha factura' could each be 'date' (day of the sale)" in str(error.value)
    assert "If it is 'Fecha pedido': write 'columns: {date: Fecha pedido}'." in str(error.value)


def test_two_candidates_for_what_is_not_needed_are_left_out(tmp_path):
    dataset = opened(tmp_path, "Cliente;Fecha;Importe;Familia;Categoría\n1;2024-01-01;5;a;b\n")
    assert "category" not in dataset.columns
    assert any("'category' was left out" in sentence for sentence in dataset.quality.assumptions)


def test_a_column_twice(tmp_path):
    with pytest.raises(CarteraError, match=r"has the column 'Importe' twice, and it is needed \('amount'\)"):
        opened(tmp_path, "Cliente;Fecha;Importe;Importe\n1;2024-01-01;5;6\n")


def test_a_column_twice_that_is_not_needed(tmp_path):
    dataset = opened(tmp_path, "Cliente;Fecha;Importe;Nota;Nota\n1;2024-01-01;5;x;y\n2;never;5;x;y\n")
    assert account(dataset) == {"sale": (1, 5), "rejected:date": (1, 5)}


def test_a_discount_in_money_or_percent_is_asked_where_the_amount_hangs_on_it(tmp_path):
    text = "Cliente;Fecha;Cantidad;Precio;Dto.\n1;2024-01-01;2;5,00;10\n"
    with pytest.raises(CarteraError, match=r"'Dto\.' could be a discount in money or in percent"):
        opened(tmp_path, text)
    assert float(kept(opened(tmp_path, text, "columns: {discount_pct: Dto.}"))["amount"][0]) == 9
    assert float(kept(opened(tmp_path, text, "columns: {discount: Dto.}"))["amount"][0]) == 0
    dataset = opened(tmp_path, text.replace("Dto.", "Dto.;Importe").replace(";10\n", ";10;9,00\n"))
    assert float(kept(dataset)["amount"][0]) == 9
    assert any("money or percent" in sentence for sentence in dataset.quality.assumptions)
