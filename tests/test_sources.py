"""Which table a file, a sheet or a table of a database is, and what lies together."""

import gzip
import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from analysis.dataset import open_dataset
from analysis.dataset.cache import read_once
from analysis.dataset.files.peek import heads_of
from analysis.dataset.schema import TABLES
from analysis.dataset.sources.open_source import find_source
from analysis.dataset.sources.table_recognition import fits, identify, named
from analysis.errors import CarteraError
from intake import write

SALES = "cliente;fecha;importe\nA;2024-01-31;5\nB;2024-02-01;6\n"
CUSTOMERS = "cliente;nombre;sector\nA;Ana;Hogar\nB;Bea;Hogar\n"
INVOICES = "cliente;fecha;vencimiento;importe\nA;2024-01-31;2024-03-01;5\n"


# What a table is called


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("ventas", "transactions"),
        ("ventas_2024", "transactions"),
        ("ventas setiembre 2024", "transactions"),
        ("2024-03 Ventas", "transactions"),
        ("VentasEnero2024", "transactions"),
        ("Líneas de factura", "transactions"),
        ("export_pedidos_final (3)", "transactions"),
        ("sales", "transactions"),
        ("Clientes (2)", "customers"),
        ("dbo.Clientes", "customers"),
        ("customer", "customers"),
        ("Facturas emitidas 2023", "invoices"),
        ("cobro", "invoices"),
        ("NPS 2024", "surveys"),
        ("surveyAnswers", "surveys"),
        ("oportunidad", "leads"),
        ("Opportunity", "leads"),
        ("gastos_captacion", "spend"),
        ("Campañas", "campaigns"),
        ("acción comercial", "campaigns"),
        ("suscripción", "contracts"),
        ("Cuotas de mercado", "market"),
        ("stock 31-12-2024", "stock"),
        ("delivery", "deliveries"),
        ("Albaranes", "deliveries"),
        ("Hoja1", None),
        ("2024", None),
        ("", None),
        ("resumen de ventas por cliente", None),
        ("venta de entradas", None),
    ],
)
def test_names(name, table):
    assert named(name) == table


def test_no_name_is_that_of_two_tables():
    for table in TABLES.values():
        for name in (*table.names, table.name):
            assert named(name) == table.name, name


# What a table holds


@pytest.mark.parametrize(
    ("name", "headers", "table"),
    [
        # the name, where the columns fit
        ("clientes", "cliente, nombre, sector", "customers"),
        ("ventas", "cliente, fecha, importe, vencimiento", "transactions"),
        ("facturas", "cliente, fecha factura, vencimiento, importe, nº factura", "invoices"),
        ("leads", "id, fecha, etapa, importe, cliente", "leads"),
        ("gastos", "mes, canal, importe", "spend"),
        ("mercado", "sector, cuota", "market"),
        ("existencias", "cód. artículo, existencias", "stock"),
        # the columns, where the name says nothing or something else
        ("datos", "customer id, order date, net amount", "transactions"),
        ("facturas", "cliente, fecha, importe, artículo, cantidad", "transactions"),
        ("albaranes", "cliente, fecha, artículo, cantidad, precio unitario", "transactions"),
        ("clientes", "cliente, fecha, importe", "transactions"),
        ("maestro", "codigo cliente, razon social, provincia, fecha alta, sector", "customers"),
        ("export", "cliente, fecha, vencimiento, fecha cobro, importe, importe cobrado", "invoices"),
        ("form", "customer id, timestamp, would you recommend us?, comments", "surveys"),
        ("crm", "deal id, created at, stage, lead source, deal value, won at", "leads"),
        ("mailing", "campaign, customer id, sent on, group", "campaigns"),
        ("suscripciones web", "subscription id, customer id, start date, end date, plan", "contracts"),
        ("logistica", "n pedido, cliente, fecha pedido, fecha entrega", "deliveries"),
        # as many columns of the sales as of another table
        ("x", "cliente, fecha, importe, tarifa", "transactions"),
        # one header is one column: the customer is not its own name
        ("clientes", "cliente, codigo postal", None),
        # by columns alone: what other masters and listings have as well
        ("vendedores", "codigo, nombre, zona", None),
        ("productos", "codigo, nombre, tipo", None),
        ("empleados", "codigo, nombre, fecha alta, estado", None),
        ("proveedores", "codigo proveedor, razon social, provincia, tipo", None),
        ("incidencias", "id, cliente, fecha, estado", None),
        ("compras", "proveedor, fecha, importe", "transactions"),
        # a month, a channel and an amount may be anything
        ("resumen", "mes, canal, importe", None),
        ("tarifas", "articulo, cantidad, precio", None),
        ("provincias", "region, volumen", None),
        # a telling column of the table that it is named after: what is missing can be asked for
        ("clientes", "referencia interna, nombre, sector", "customers"),
        ("encuestas", "quién, cuándo, puntuación", "surveys"),
        ("calendario", "dia, festivo", None),
    ],
)
def test_columns(name, headers, table):
    assert identify([name], headers.split(", "), {}) == table


def test_columns_that_dataset_yml_gives():
    headers = ["kunde", "branche"]
    assert identify(["liste"], headers, {}) is None
    given = {"customers": {"customer_id": "Kunde", "sector": "branche"}}
    assert identify(["liste"], headers, given) == "customers"


def test_every_table_fits_its_own_canonical_names():
    for table in TABLES.values():
        assert fits(table, table.canonical, {}) == len(table.canonical)
        assert identify([table.name], table.canonical, {}) == table.name


# What can be seen of a file


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "Cód. cliente;Fecha;Importe\nA;1;2\n".encode("cp1252")),
        ("a.csv", "\ufeffCód. cliente,Fecha,Importe\nA,1,2\n".encode()),
        ("a.txt", "Cód. cliente\tFecha\tImporte\nA\t1\t2\n".encode("utf-16")),
        ("a.csv", "Cód. cliente|Fecha|Importe\nA|1|2\n".encode("utf-16-le")),
        ("a.csv", 'Mi empresa;;\nInforme del 1/2/2024\n\n"Cód. cliente";Fecha;Importe\nA;1;2\n'.encode()),
        ("a.csv.gz", gzip.compress("Cód. cliente;Fecha;Importe\nA;1;2\n".encode(), mtime=0)),
    ],
)
def test_headers_of_text(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    (head,) = heads_of(tmp_path / name)
    assert (head.names, head.headers) == (("a",), ("Cód. cliente", "Fecha", "Importe"))


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"PAR1rubbish", b"PK\x03\x04rubbish", b"\x1f\x8bno"]
)
def test_what_cannot_be_read_has_no_headers(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    assert [head.headers for head in heads_of(tmp_path / "a.csv")] == [()]


def test_headers_of_parquet(tmp_path):
    pq.write_table(pa.table({"cliente": ["A"], "nombre": ["Ana"]}), tmp_path / "c.parquet")
    assert heads_of(tmp_path / "c.parquet")[0].headers == ("cliente", "nombre")


# Folders


def _found(path):
    source = find_source(str(path))
    return {table: [file.name for file in given.files] for table, given in source.inputs.items()}


def test_a_folder_of_several_tables(tmp_path):
    for name, text in [
        ("ventas_2023.csv", SALES), ("ventas_2024.csv", SALES), ("Clientes (2).csv", CUSTOMERS),
        ("facturas.csv", INVOICES), ("productos.csv", "articulo;descripcion\nx;y\n"), ("leeme.txt", "Hola\n"),
    ]:  # fmt: skip
        write(tmp_path, name, text)
    source = find_source(str(tmp_path))
    assert _found(tmp_path) == {
        "transactions": ["ventas_2023.csv", "ventas_2024.csv"],
        "customers": ["Clientes (2).csv"],
        "invoices": ["facturas.csv"],
    }
    assert source.name == tmp_path.name
    (note,) = source.notes
    assert "leeme.txt, productos.csv" in str(note)
    assert not source.broken


def test_sales_alone_are_read_as_ever(tmp_path):
    for name in ("enero.csv", "febrero.csv"):
        write(tmp_path, name, SALES)
    write(tmp_path, "marzo.csv", "uno;dos\n1;2\n")
    assert _found(tmp_path) == {"transactions": ["enero.csv", "febrero.csv", "marzo.csv"]}
    assert not find_source(str(tmp_path)).notes


def test_a_file_beside_what_is_named_as_sales_is_left_out(tmp_path):
    write(tmp_path, "ventas.csv", SALES)
    write(tmp_path, "productos.csv", "articulo;descripcion\nx;y\n")
    assert _found(tmp_path) == {"transactions": ["ventas.csv"]}
    assert "productos.csv" in str(find_source(str(tmp_path)).notes[0])


def test_invoices_are_the_sales_where_nothing_else_is(tmp_path):
    write(tmp_path, "facturas.csv", INVOICES)
    write(tmp_path, "clientes.csv", CUSTOMERS)
    assert _found(tmp_path) == {
        "transactions": ["facturas.csv"],
        "customers": ["clientes.csv"],
        "invoices": ["facturas.csv"],
    }
    assert "facturas.csv: taken as the sales" in str(find_source(str(tmp_path)).notes[0])


def test_the_only_file_that_is_nothing_else_is_the_sales(tmp_path):
    write(tmp_path, "umsatz.csv", "kunde;datum;betrag\nA;2024-01-01;3\n")
    write(tmp_path, "clientes.csv", CUSTOMERS)
    assert _found(tmp_path)["transactions"] == ["umsatz.csv"]


def test_a_folder_without_sales(tmp_path):
    write(tmp_path, "clientes.csv", CUSTOMERS)
    write(tmp_path, "existencias.csv", "articulo;existencias\nP;3\n")
    with pytest.raises(
        CarteraError, match=r"nothing in it was recognised as the sales; it holds clientes\.csv, exi"
    ):
        find_source(str(tmp_path))


def test_invoices_beside_their_lines_are_not_summed_with_them(tmp_path):
    write(tmp_path, "facturas.csv", "cliente;fecha;total factura\nA;2024-01-31;5\n")
    write(tmp_path, "ventas.csv", SALES)
    with pytest.raises(
        CarteraError, match=r"money could count twice.*'file: ventas\.csv' under 'transactions'"
    ):
        find_source(str(tmp_path))


def test_orders_beside_their_lines_are_not_summed_with_them(tmp_path):
    write(tmp_path, "pedidos 2024.csv", "cliente;fecha;total\nA;2024-01-31;5\n")
    write(tmp_path, "detalle ventas.csv", SALES)
    with pytest.raises(CarteraError, match="money could count twice"):
        find_source(str(tmp_path))
    write(tmp_path, "detalle ventas.csv", "cliente;fecha;total\nB;2024-01-31;5\n")
    assert _found(tmp_path) == {"transactions": ["detalle ventas.csv", "pedidos 2024.csv"]}


def test_purchases_beside_sales_are_left_out(tmp_path):
    write(tmp_path, "ventas.csv", SALES)
    write(tmp_path, "compras.csv", "proveedor;fecha;importe\nX;2024-01-31;5\n")
    assert _found(tmp_path) == {"transactions": ["ventas.csv"]}
    assert "compras.csv" in str(find_source(str(tmp_path)).notes[0])


def test_a_year_of_sales_with_other_columns_is_not_left_out(tmp_path):
    write(tmp_path, "ventas_2023.csv", SALES)
    write(tmp_path, "ventas_2024.csv", SALES.replace("cliente", "comprador"))
    assert _found(tmp_path) == {"transactions": ["ventas_2023.csv", "ventas_2024.csv"]}


def test_what_only_resembles_a_table_that_is_there_is_left_out(tmp_path):
    write(tmp_path, "ventas.csv", SALES)
    write(tmp_path, "clientes.csv", CUSTOMERS)
    write(tmp_path, "prospectos_feria.csv", "cliente;nombre;sector;provincia\nX;Xavi;Hogar;Soria\n")
    write(tmp_path, "clientes web.csv", CUSTOMERS)
    assert _found(tmp_path)["customers"] == ["clientes web.csv", "clientes.csv"]
    facts = open_dataset(str(tmp_path)).accounts["customers"].facts
    assert any(str(fact).startswith("prospectos_feria.csv: left out") for fact in facts)


def test_a_table_is_a_guess_where_only_its_columns_say_it(tmp_path):
    write(tmp_path, "ventas.csv", SALES)
    write(tmp_path, "clientes.csv", CUSTOMERS)
    write(tmp_path, "notas.csv", "cliente;fecha;nota\nA;2024-01-31;llama por la tarde\n")
    inputs = find_source(str(tmp_path)).inputs
    assert {table for table, given in inputs.items() if given.guessed} == {"surveys"}
    write(tmp_path, "dataset.yml", "surveys: {date_order: day-first}\n")
    assert not find_source(str(tmp_path)).inputs["surveys"].guessed


def test_a_broken_file_goes_by_its_name(tmp_path):
    write(tmp_path, "ventas.csv", SALES)
    write(tmp_path, "encuestas.csv", "")
    write(tmp_path, "x.csv", "")
    assert _found(tmp_path) == {"transactions": ["ventas.csv"], "surveys": ["encuestas.csv"]}
    assert "x.csv cannot be read, and its name does not say" in find_source(str(tmp_path)).broken["x.csv"]


# Workbooks


def _workbook(path, sheets):
    book = xlsxwriter.Workbook(str(path))
    for name, text in sheets.items():
        sheet = book.add_worksheet(name)
        for i, line in enumerate(text.splitlines()):
            sheet.write_row(i, 0, line.split(";"))
    book.close()


def test_a_workbook_with_a_sheet_per_table(tmp_path):
    _workbook(
        tmp_path / "libro.xlsx",
        {"Ventas 2024": SALES, "Clientes": "Listado\n\n" + CUSTOMERS, "Notas": "no es nada\n"},
    )
    source = find_source(str(tmp_path / "libro.xlsx"))
    assert {table: given.settings.sheet for table, given in source.inputs.items()} == {
        "transactions": "Ventas 2024",
        "customers": "Clientes",
    }
    assert "libro.xlsx [Notas]" in str(source.notes[0])
    assert source.name == "libro"


def test_a_workbook_beside_files(tmp_path):
    _workbook(
        tmp_path / "libro.xlsx", {"Clientes": CUSTOMERS, "Encuestas": "cliente;fecha;nota\nA;2024-01-01;9\n"}
    )
    _workbook(tmp_path / "facturas.xlsx", {"Hoja1": INVOICES})
    write(tmp_path, "ventas.csv", SALES)
    source = find_source(str(tmp_path))
    assert {table: given.settings.sheet for table, given in source.inputs.items()} == {
        "transactions": None,
        "customers": "Clientes",
        "invoices": None,
        "surveys": "Encuestas",
    }


def test_of_two_sheets_of_sales_the_reader_asks(tmp_path):
    _workbook(tmp_path / "libro.xlsx", {"Ventas 2023": SALES, "Ventas 2024": SALES, "Clientes": CUSTOMERS})
    assert find_source(str(tmp_path / "libro.xlsx")).inputs["transactions"].settings.sheet is None


def test_a_workbook_of_sales_alone_is_read_as_ever(tmp_path):
    _workbook(tmp_path / "libro.xlsx", {"Ventas": SALES, "Notas": "uno;dos\n"})
    source = find_source(str(tmp_path / "libro.xlsx"))
    assert list(source.inputs) == ["transactions"]
    assert "libro.xlsx [Notas]" in str(source.notes[0])


# dataset.yml


def test_a_dataset_yml_that_names_no_file(tmp_path):
    write(tmp_path, "ventas.csv", SALES)
    write(tmp_path, "clientes.csv", CUSTOMERS)
    write(tmp_path, "dataset.yml", "broken_tables: leave_out\n")
    assert _found(tmp_path) == {"transactions": ["ventas.csv"], "customers": ["clientes.csv"]}


def test_a_dataset_yml_that_names_a_file_reads_what_has_a_section(tmp_path):
    write(tmp_path, "a.csv", SALES)
    write(tmp_path, "clientes.csv", CUSTOMERS)
    write(tmp_path, "encuestas.csv", "cliente;fecha;nota\nA;2024-01-01;9\n")
    write(tmp_path, "dataset.yml", "transactions: {file: a.csv}\n")
    assert _found(tmp_path) == {"transactions": ["a.csv"]}
    write(tmp_path, "dataset.yml", "transactions: {file: a.csv}\nsurveys: {date_order: day-first}\n")
    assert _found(tmp_path) == {"transactions": ["a.csv"], "surveys": ["encuestas.csv"]}
    write(tmp_path, "dataset.yml", "customers: {file: 'cl*.csv'}\n")
    assert _found(tmp_path) == {"transactions": ["a.csv"], "customers": ["clientes.csv"]}


def test_a_sheet_that_dataset_yml_leaves_open(tmp_path):
    _workbook(tmp_path / "libro.xlsx", {"Ventas": SALES, "Clientes": CUSTOMERS})
    write(tmp_path, "dataset.yml", "transactions: {file: libro.xlsx}\ncustomers: {file: libro.xlsx}\n")
    source = find_source(str(tmp_path))
    assert {table: given.settings.sheet for table, given in source.inputs.items()} == {
        "transactions": "Ventas",
        "customers": "Clientes",
    }


def test_a_table_that_has_a_section_and_is_not_there(tmp_path):
    write(tmp_path, "ventas.csv", SALES)
    write(tmp_path, "dataset.yml", "customers: {date_order: day-first}\nsurveys: {file: nps.csv}\n")
    broken = find_source(str(tmp_path)).broken
    assert "has a section 'customers', but nothing was found" in broken["customers"]
    assert "there is no file 'nps.csv' beside it. Correct 'file' under 'surveys'" in broken["surveys"]


# Databases


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("""
        create table ventas (cliente text, fecha text, importe real);
        insert into ventas values ('A', '2024-01-31', 5);
        create table maestro (cliente text, nombre text, sector text);
        create table clientes (cliente text, nombre text, sector text);
        create table usuarios (login text, clave text);
        create view encuestas_2023 as select cliente, fecha, importe as nota from ventas;
        create view encuestas_2024 as select cliente, fecha, importe as nota from ventas;
        """)
    connection.close()
    return path


def test_tables_of_a_database(shop):
    with read_once():
        source = find_source(str(shop))
        assert source.inputs["transactions"].files[0].exists()
    assert list(source.inputs) == ["transactions", "customers"]
    assert source.inputs["customers"].settings.table == "clientes"
    assert source.inputs["customers"].origin == f"{shop} [clientes]"
    assert "usuarios" in str(source.notes[0])
    assert "[encuestas_2023] and shop [encuestas_2024] could each be 'surveys'" in source.broken["surveys"]
    assert "'table: encuestas_2023' under 'surveys'" in source.broken["surveys"]


def test_a_dataset_yml_over_a_database_and_files(shop):
    write(shop.parent, "nps.csv", "cliente;fecha;nota\nA;2024-01-01;9\n")
    text = """\
        database: shop.sqlite
        transactions: {query: "select * from ventas where importe > 1"}
        customers: {table: maestro}
        surveys: {file: nps.csv}
        leads: {table: nowhere}
        """
    config = write(shop.parent, "dataset.yml", text)
    with read_once():
        source = find_source(config)
    assert list(source.inputs) == ["transactions", "customers", "surveys"]
    assert source.inputs["surveys"].files == (Path(shop.parent / "nps.csv"),)
    assert "nowhere" in source.broken["leads"]
