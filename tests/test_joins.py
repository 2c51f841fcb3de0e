"""Tables that belong together: orders with their lines, lists of products, customers in two lists."""

from __future__ import annotations

import sqlite3
from decimal import Decimal

import duckdb
import pandas as pd
import pytest

import trials
from analysis.dataset import Dataset, open_dataset
from analysis.dataset.explain import explain
from analysis.dataset.questions import OpenQuestionError
from analysis.dataset.sources.open_source import find_source
from analysis.dataset.sources.table_recognition import named_within
from analysis.dataset.write_config import write_config
from analysis.errors import CarteraError
from intake import write
from postgresql import postgresql  # noqa: F401 a fixture

ORDERS = "order_id,customer_id,order_date,status\n1,A1,2024-01-31,shipped\n2,A2,2024-02-15,shipped\n"
LINES = "order_id,product_id,quantity,unit_price\n1,P1,2,10\n1,P2,1,5\n2,P1,1,10\n"
PRODUCTS = "product_id,name,category,price,cost\nP1,Bolt,Metal,10,4\nP2,Nut,Metal,5,1.5\n"
"""Sales are 2 × 10 + 5 + 10 = 35, and their costs 2 × 4 + 1.5 + 4 = 13.5."""


def _net(dataset: Dataset) -> float:
    return round(float(dataset.query("customers")["net_sales"].sum()), 2)


def _rows(dataset: Dataset, table: str = "transactions") -> pd.DataFrame:
    return pd.read_parquet(dataset.folder / f"{table}.parquet")


def _said(dataset: Dataset, table: str = "transactions") -> str:
    account = dataset.accounts[table]
    return " ".join(map(str, (*account.facts, *account.alarms)))


def _accounted(dataset: Dataset) -> int:
    return int(dataset.quality.rows["rows"].sum())


# As newcomers bring them


@pytest.mark.parametrize(
    ("make", "place", "raw_rows"),
    [
        (trials.superstore, "superstore.xlsx", 120),
        (trials.bicycles, "bicycles", 270),
        (trials.shop, "shop.sqlite", None),
        (trials.gym, "gym", 150),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_newcomers_bring_is_read_without_a_question(tmp_path, make, place, raw_rows, seed):
    truth = make(tmp_path / place, seed)
    dataset = open_dataset(str(tmp_path / place))
    customers = dataset.query("customers")
    assert (_net(dataset), len(customers)) == (float(truth.net_sales), truth.customers)
    assert customers["last_purchase"].max().date() == truth.last
    if truth.cost is not None:
        assert Decimal(str(_rows(dataset)["cost"].sum())) == truth.cost
    assert raw_rows is None or _accounted(dataset) == raw_rows


def test_what_is_no_table_is_named(tmp_path):
    trials.bicycles(tmp_path)
    trials.superstore(tmp_path / "superstore.xlsx")
    assert "superstore.xlsx [Returns], superstore.xlsx [People]" in _said(
        open_dataset(str(tmp_path / "superstore.xlsx"))
    )
    (tmp_path / "superstore.xlsx").unlink()
    dataset = open_dataset(str(tmp_path))
    assert "AdventureBikes_Calendar.csv" in _said(dataset)
    customers = _rows(dataset, "customers").set_index("customer_id")
    assert list(customers.loc["11003", ["name", "region"]]) == ["JON YANG 3", "Region 4"]  # 1 + 11003 % 10
    assert set(_rows(dataset)["category"]) == {"Mountain Bikes", "Road Bikes", "Helmets"}


def test_members_of_a_gym_are_its_contracts(tmp_path):
    trials.gym(tmp_path)
    contracts = _rows(open_dataset(str(tmp_path)), "contracts")
    assert (len(contracts), int(contracts["ended"].notna().sum())) == (40, 13)  # 3, 6 … 39


# Orders and their lines


def test_lines_take_customer_date_and_state_from_their_order(tmp_path):
    write(tmp_path, "orders.csv", ORDERS.replace("2,A2,2024-02-15,shipped", "2,A2,2024-02-15,cancelled"))
    write(tmp_path, "order_lines.csv", LINES)
    dataset = open_dataset(str(tmp_path))
    assert _net(dataset) == 25
    assert "takes customer_id, order_date, status from orders.csv by 'order_id': 3 of 3" in _said(dataset)


def test_lines_take_cost_and_group_from_the_list_of_products(tmp_path):
    write(tmp_path, "orders.csv", ORDERS)
    write(tmp_path, "order_lines.csv", LINES)
    write(tmp_path, "products.csv", PRODUCTS)
    rows = _rows(open_dataset(str(tmp_path)))
    assert (float(rows["amount"].sum()), float(rows["cost"].sum())) == (35, 13.5)
    assert set(rows["category"]) == {"Metal"}


def test_prices_are_those_of_the_list_where_lines_have_none(tmp_path):
    write(tmp_path, "orders.csv", ORDERS)
    write(tmp_path, "lines.csv", "order_id,product_id,quantity\n1,P1,2\n1,P2,1\n2,P1,1\n")
    write(tmp_path, "products.csv", PRODUCTS)
    assert _net(open_dataset(str(tmp_path))) == 35


def test_lines_without_an_order_are_counted_and_kept(tmp_path):
    write(tmp_path, "orders.csv", ORDERS)
    write(tmp_path, "order_lines.csv", f"{LINES}3,P1,1,10\n")
    dataset = open_dataset(str(tmp_path))
    assert (_net(dataset), _accounted(dataset)) == (35, 4)
    assert "3 of 4 match" in _said(dataset)
    aside = _rows(dataset, "set_aside_transactions")
    assert aside[["file", "line", "rule"]].to_numpy().tolist() == [["order_lines.csv", 5, "no_date"]]


def test_lines_of_a_text_that_cannot_be_split_keep_their_place(tmp_path):
    write(tmp_path, "orders.csv", ORDERS)
    write(tmp_path, "order_lines.csv", LINES.replace("1,P2,1,5\n", "1,P2,1,5,6,7\n") + "9,P1,1,1\n")
    dataset = open_dataset(str(tmp_path))
    assert (_net(dataset), _accounted(dataset)) == (30, 4)
    aside = _rows(dataset, "set_aside_transactions")
    assert aside[["line", "rule"]].to_numpy().tolist() == [[3, "cells"], [5, "no_date"]]


def test_the_order_of_rows_is_that_of_the_file(tmp_path):
    lines = [f"{1 + n % 2},P{n},1,{n}\n" for n in range(1, 3000)]
    write(tmp_path, "orders.csv", ORDERS)
    write(tmp_path, "order_lines.csv", LINES.splitlines(keepends=True)[0] + "".join(lines))
    assert list(_rows(open_dataset(str(tmp_path)))["product_id"]) == [f"P{n}" for n in range(1, 3000)]


def test_an_order_that_stands_twice_is_no_order_of_a_line(tmp_path):
    write(tmp_path, "orders.csv", f"{ORDERS}2,A3,2024-02-16,shipped\n")
    write(tmp_path, "order_lines.csv", LINES)
    with pytest.raises(CarteraError, match="'order_id' should stand once"):
        open_dataset(str(tmp_path))


def test_a_row_copied_whole_is_the_same_order(tmp_path):
    write(tmp_path, "orders.csv", f"{ORDERS}2,A2,2024-02-15,shipped\n")
    write(tmp_path, "order_lines.csv", LINES)
    assert _net(open_dataset(str(tmp_path))) == 35


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ((25, 10), "The totals in orders.csv are those of their lines, and were not added to them (2 of 2"),
        (
            (30.25, 12.1),
            "The lines of 2 orders add up to 35.00, but 'total' in orders.csv to 42.35; 0 orders",
        ),
    ],
)
def test_totals_of_orders_are_checked_and_never_added(tmp_path, totals, said):
    rows = ORDERS.replace("status", "status,total").splitlines()
    written = [rows[0], *(f"{row},{total}" for row, total in zip(rows[1:], totals, strict=True))]
    write(tmp_path, "orders.csv", "\n".join(written) + "\n")
    write(tmp_path, "order_lines.csv", LINES)
    dataset = open_dataset(str(tmp_path))
    assert _net(dataset) == 35
    assert said in _said(dataset)


def test_totals_with_tax_in_a_column_of_its_own_are_those_of_the_lines(tmp_path):
    head, *rows = ORDERS.splitlines()
    written = [f"{head},tax,total", f"{rows[0]},5.25,30.25", f"{rows[1]},2.1,12.1"]
    write(tmp_path, "orders.csv", "\n".join(written) + "\n")
    write(tmp_path, "order_lines.csv", LINES)
    assert "(2 of 2 orders)" in _said(open_dataset(str(tmp_path)))


def test_spanish_invoices_and_their_lines_are_sales_and_receivables(tmp_path):
    write(
        tmp_path,
        "facturas.csv",
        "Nº factura;Fecha factura;Cliente;Total factura;Vencimiento;Fecha de cobro\n"
        "F1;31/01/2024;A1;25,00;01/03/2024;20/02/2024\nF2;15/02/2024;A2;10,00;17/03/2024;\n",
    )
    write(
        tmp_path,
        "lineas_factura.csv",
        "Nº factura;Artículo;Cantidad;Precio;Importe\nF1;P1;2;10,00;20,00\nF1;P2;1;5,00;5,00\n"
        "F2;P1;1;10,00;10,00\n",
    )
    dataset = open_dataset(str(tmp_path))
    assert (_net(dataset), sorted(dataset.tables)) == (35, ["invoices", "transactions"])
    assert str(_rows(dataset, "invoices")["paid"].iloc[0])[:10] == "2024-02-20"


# Folders


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("Acme_Sales_2024", ["transactions"]),
        ("2024 - ventas (copia)", []),
        ("customer orders", ["transactions", "customers"]),
        ("precios", []),
    ],
)
def test_words_inside_a_name(name, tables):
    assert named_within(name) == tables


def test_tables_in_folders_of_a_folder_are_found_and_copies_are_not_counted_twice(tmp_path):
    write(tmp_path, "orders/2024.csv", ORDERS)
    write(tmp_path, "order_lines/2024.csv", LINES)
    write(tmp_path, "backup/order_lines/2024.csv", LINES)
    assert _net(open_dataset(str(tmp_path))) == 35


def test_folders_beside_sales_are_not_looked_into(tmp_path):
    write(tmp_path, "ventas.csv", "cliente;fecha;importe\nA;2024-01-31;5\n")
    write(tmp_path, "antiguas/ventas.csv", "cliente;fecha;importe\nA;2023-01-31;7\n")
    assert _net(open_dataset(str(tmp_path))) == 5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("febrero.csv", "comprador;cuando;cuanto\nA;2024-02-01;5\n"),
        ("ventas_2024.csv", "comprador\nA\nB\n"),
        ("tienda.csv", "cliente;fecha;valorx\nA;2024-02-01;5\n"),
    ],
)
def test_what_may_be_sales_is_never_left_out(tmp_path, name, text):
    first = "ventas_2023.csv" if name.startswith("ventas") else "enero.csv"
    write(tmp_path, first, "cliente;fecha;importe\nA;2024-01-31;5\n")
    write(tmp_path, name, text)
    with pytest.raises(CarteraError):
        open_dataset(str(tmp_path))


def test_a_second_list_of_customers_tells_more_of_them(tmp_path):
    write(tmp_path, "ventas.csv", "cliente;fecha;importe\nA;2024-01-31;5\nB;2024-02-01;6\n")
    write(tmp_path, "clientes.csv", "cliente;nombre\nA;Ana\nB;Bea\n")
    write(tmp_path, "zonas.csv", "cliente;provincia;sector\nB;Lugo;Hogar\nA;Soria;Campo\n")
    customers = _rows(open_dataset(str(tmp_path)), "customers")
    assert customers[["name", "region", "sector"]].to_numpy().tolist() == [
        ["Ana", "Soria", "Campo"],
        ["Bea", "Lugo", "Hogar"],
    ]


@pytest.mark.parametrize(
    ("text", "columns", "name"),
    [
        ("cliente;Nombre;Apellidos\nA;Ana;Ruiz\n", "", "Ana Ruiz"),
        ("cliente;Nombre;Apellidos\nA;Ana;Ruiz\n", "  columns: {name: Nombre}\n", "Ana"),
    ],
)
def test_first_and_last_name_are_one(tmp_path, text, columns, name):
    write(tmp_path, "ventas.csv", "cliente;fecha;importe\nA;2024-01-31;5\n")
    write(tmp_path, "clientes.csv", text)
    if columns:
        write(tmp_path, "dataset.yml", f"customers:\n{columns}")
    assert list(_rows(open_dataset(str(tmp_path)), "customers")["name"]) == [name]


def test_a_state_is_a_region_only_where_it_is_filled(tmp_path):
    write(tmp_path, "sales.csv", "customer_id,date,amount\nA,2024-01-31,5\nB,2024-02-01,6\n")
    write(tmp_path, "customers.csv", "customer_id,name,State,Country\nA,Ana,,Spain\nB,Bea,,France\n")
    assert list(_rows(open_dataset(str(tmp_path)), "customers")["region"]) == ["Spain", "France"]


@pytest.mark.parametrize("header", ["SettledDate", "Fecha de cobro", "Payment date"])
def test_the_day_an_invoice_was_settled(tmp_path, header):
    write(tmp_path, "sales.csv", "customer_id,date,amount\nA,2024-01-31,5\n")
    write(
        tmp_path,
        "invoices.csv",
        f"customer_id,invoice_date,due_date,amount,{header}\nA,2024-01-31,2024-03-01,5,2024-02-20\n",
    )
    assert "paid" in open_dataset(str(tmp_path)).tables["invoices"]


# Databases, and dataset.yml


def test_lines_without_an_order_in_a_database(tmp_path):
    truth = trials.shop(tmp_path / "shop.sqlite", 3, orphans=4)
    dataset = open_dataset(str(tmp_path / "shop.sqlite"))
    assert _net(dataset) == float(truth.net_sales)
    assert int(dataset.quality.rows.set_index("rule").loc["no_date", "rows"]) == 4


def test_tables_of_a_server_are_joined_too(tmp_path, postgresql, monkeypatch):  # noqa: F811
    truth = trials.shop(tmp_path / "shop.sqlite")
    with sqlite3.connect(tmp_path / "shop.sqlite") as shop, postgresql.connect() as server:
        for (name,) in shop.execute("select name from sqlite_master where type = 'table'").fetchall():
            found = shop.execute(f'select * from "{name}"')
            headers = [column for column, *_rest in found.description]
            server.execute(f'create table "{name}" ({", ".join(f"{header} text" for header in headers)})')
            insert = f'insert into "{name}" values ({", ".join(["%s"] * len(headers))})'
            server.cursor().executemany(insert, found.fetchall())
    for name, value in postgresql.environment.items():
        monkeypatch.setenv(name, value)
    dataset = open_dataset(postgresql.address)
    assert _net(dataset) == float(truth.net_sales)


@pytest.mark.parametrize(("make", "place"), [(trials.shop, "shop.sqlite"), (trials.bicycles, "bicycles")])
def test_the_written_dataset_yml_gives_the_same(tmp_path, make, place):
    truth = make(tmp_path / place)
    before = open_dataset(str(tmp_path / place))
    written = write_config(str(tmp_path / place))
    assert "join:" in written.read_text("utf-8")
    after = open_dataset(str(written))
    assert _net(after) == float(truth.net_sales)
    for table in before.tables:
        pd.testing.assert_frame_equal(_rows(before, table), _rows(after, table))


def test_what_dataset_yml_joins_wins(tmp_path):
    write(tmp_path, "orders.csv", ORDERS)
    write(tmp_path, "others.csv", ORDERS.replace("2,A2", "2,A9"))
    write(tmp_path, "order_lines.csv", LINES)
    settings = (
        "transactions:\n  file: order_lines.csv\n  join:\n    - file: others.csv\n"
        "      by: {order_id: order_id}\n      take: {who: customer_id, when: order_date}\n"
        "  columns: {customer_id: who, date: when}\n"
    )
    write(tmp_path, "dataset.yml", settings)
    assert set(_rows(open_dataset(str(tmp_path)))["customer_id"]) == {"A1", "A9"}
    write(tmp_path, "dataset.yml", "transactions:\n  file: order_lines.csv\n  join: []\n")
    with pytest.raises(CarteraError, match="no column for 'customer_id'"):
        open_dataset(str(tmp_path))


@pytest.mark.parametrize(
    ("join", "said"),
    [
        ("{file: orders.csv, by: {order_id: order_id}}", "'transactions.join.0.take: "),
        (
            "{file: none.csv, by: {order_id: order_id}, take: {date: order_date}}",
            "there is no file 'none.csv'",
        ),
        ("{file: orders.csv, by: {order_id: order_id}, take: {date: day}}", "has no column 'day'"),
        ("{file: orders.csv, by: {order_id: order_id}, take: {quantity: status}}", "'quantity' already"),
        ("{file: orders.csv, by: {quantity: order_date}, take: {date: status}}", "should stand once"),
        ("{fil: orders.csv, by: {order_id: order_id}, take: {date: order_date}}", "unknown key"),
    ],
)
def test_what_is_wrong_with_a_join_is_said(tmp_path, join, said):
    write(tmp_path, "orders.csv", ORDERS)
    write(tmp_path, "order_lines.csv", LINES)
    write(tmp_path, "dataset.yml", f"transactions:\n  file: order_lines.csv\n  join: [{join}]\n")
    with pytest.raises(CarteraError, match=said):
        open_dataset(str(tmp_path))


def test_a_changed_list_is_read_anew(tmp_path):
    write(tmp_path, "orders.csv", ORDERS)
    write(tmp_path, "order_lines.csv", LINES)
    open_dataset(str(tmp_path))
    write(tmp_path, "orders.csv", ORDERS.replace("2,A2", "2,A5"))
    assert set(_rows(open_dataset(str(tmp_path)))["customer_id"]) == {"A1", "A5"}
    assert any("orders.csv" in name for name in find_source(str(tmp_path)).content())


def test_an_answer_is_written_beside_what_is_joined(tmp_path):
    database = sqlite3.connect(tmp_path / "northwind.sqlite")
    database.executescript(
        """
        create table Categories (CategoryID integer, CategoryName text);
        insert into Categories values (1, 'Beverages'), (2, 'Condiments');
        create table Orders (OrderID integer, CustomerID text, OrderDate text, Freight real);
        insert into Orders values (1, 'ALFKI', '2016-07-04', 32.38);
        create table "Order Details"
            (OrderID integer, ProductID integer, UnitPrice real, Quantity integer, Discount real);
        insert into "Order Details" values (1, 11, 14, 12, 0), (1, 42, 9.8, 10, 0.05);
        create table Products
            (ProductID integer, ProductName text, SupplierID integer, CategoryID integer, UnitPrice real);
        insert into Products values (11, 'Queso', 5, 1, 21), (42, 'Mee', 20, 2, 14);
        """
    )
    database.close()
    data = str(tmp_path / "northwind.sqlite")
    with pytest.raises(
        OpenQuestionError, match="'Discount' could be a discount in money or in percent"
    ) as asked:
        open_dataset(data)
    said = asked.value.questions[0].choices[1].said
    dataset = open_dataset(str(write_config(data, {"transactions": said})))
    assert _net(dataset) == 261.1  # 14 × 12 + 9.8 × 10 × 0.95
    assert list(_rows(dataset)["category"]) == ["Beverages", "Condiments"]


def test_a_list_that_only_tells_more_stops_nothing(tmp_path):
    write(tmp_path, "orders.csv", ORDERS)
    write(tmp_path, "order_lines.csv", LINES)
    write(tmp_path, "products.csv", PRODUCTS.replace("P2,Nut", "P1,Nut"))  # P1 stands twice
    dataset = open_dataset(str(tmp_path))
    assert _net(dataset) == 35
    assert "products.csv: left out" in _said(dataset)


# The SQL


def test_the_sql_is_whole(tmp_path):
    path = write(
        tmp_path, "sales.csv", "customer_id,date,quantity,unit_price\nA,2024-01-31,2,3.5\nB,2024-02-01,1,x\n"
    )
    macros, query = explain(path).split("-- transactions\n")
    with duckdb.connect() as connection:
        connection.execute(macros)
        connection.execute("set variable raw_0 = ?", [path])
        connection.execute(f"create table ledger as {query.rstrip().rstrip(';')}")
        found = connection.execute("select outcome, amount from ledger").fetchall()
    assert found == [("sale", Decimal("7.0000")), ("rejected:amount", None)]


def test_the_sql_shows_what_is_joined(tmp_path):
    write(tmp_path, "orders.csv", ORDERS)
    write(tmp_path, "order_lines.csv", LINES)
    told = explain(str(tmp_path))
    assert "-- orders.csv\ncreate or replace temp table list_0_by_0 as select distinct" in told
    assert str(tmp_path) not in told
