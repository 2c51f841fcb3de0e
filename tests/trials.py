"""Data as newcomers bring them, invented, with totals worked out from the generators' own rows."""

from __future__ import annotations

import csv
import datetime as dt
import random
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import xlsxwriter

Row = Sequence[object]


@dataclass(frozen=True)
class Truth:
    """What must come out: net sales, number of customers and last sale, cost of goods where it is known."""

    net_sales: Decimal
    customers: int
    last: dt.date
    cost: Decimal | None = None


def write_csv(path: Path, header: Row, rows: Iterable[Row], delimiter: str = ",") -> None:
    """Write a table as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([header, *rows])


def _day(chance: random.Random, year: int) -> dt.date:
    return dt.date(year, 1, 1) + dt.timedelta(days=chance.randrange(365))


def superstore(path: Path, seed: int = 1) -> Truth:
    """Write a workbook of lines with discounts in percent, a sheet of returned orders, and one of people."""
    chance = random.Random(seed)
    rows, net, customers, last = [], Decimal(0), set(), dt.date.min
    for n in range(1, 121):
        day = _day(chance, 2016 + n % 3)
        customer = f"CG-{chance.randrange(30):05}"
        sales = Decimal(chance.randrange(500, 90_000)) / 100
        discount = chance.choice([0, 0.1, 0.2])
        rows.append(
            [
                n, f"CA-{2016 + n // 2}-{100000 + n // 2}", day, day + dt.timedelta(days=4), "Second Class",
                customer, f"Person {customer}", "Consumer", "US", "Troy", "New York", 12180, "East",
                f"OFF-{n % 20:04}", "Office Supplies", "Labels", f"Label {n % 20}", float(sales), 1 + n % 5,
                discount, float(sales) * 0.2,
            ]
        )  # fmt: skip
        net += sales
        customers.add(customer)
        last = max(last, day)
    header = [
        "Row ID",
        "Order ID",
        "Order Date",
        "Ship Date",
        "Ship Mode",
        "Customer ID",
        "Customer Name",
        "Segment",
        "Country",
        "City",
        "State",
        "Postal Code",
        "Region",
        "Product ID",
        "Category",
        "Sub-Category",
        "Product Name",
        "Sales",
        "Quantity",
        "Discount",
        "Profit",
    ]
    with xlsxwriter.Workbook(str(path)) as book:
        percent, days = book.add_format({"num_format": "0%"}), book.add_format({"num_format": "m/d/yyyy"})
        orders = book.add_worksheet("Orders")
        orders.write_row(0, 0, header)
        for i, row in enumerate(rows, 1):
            for j, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    orders.write_datetime(i, j, dt.datetime(cell.year, cell.month, cell.day), days)
                else:
                    orders.write(i, j, cell, percent if header[j] == "Discount" else None)
        for name, table in {
            "Returns": [["Returned", "Order ID"], ["Yes", rows[3][1]], ["Yes", rows[9][1]]],
            "People": [["Person", "Region"], ["Anna Andreadi", "West"], ["Chuck Magee", "East"]],
        }.items():
            sheet = book.add_worksheet(name)
            for i, cells in enumerate(table):
                sheet.write_row(i, 0, cells)
    return Truth(net, len(customers), last)


def bicycles(folder: Path, seed: int = 1) -> Truth:
    """Write sales of three years without prices, and the lists of products, customers and the rest."""
    chance = random.Random(seed)
    products = {
        n: (Decimal(chance.randrange(500, 90_000)) / 100, Decimal(chance.randrange(200, 40_000)) / 10_000)
        for n in range(201, 231)
    }
    net = cost = Decimal(0)
    customers, last = set(), dt.date.min
    for year in (2015, 2016, 2017):
        rows = []
        for n in range(90):
            day, product, customer = (
                _day(chance, year),
                chance.choice([*products]),
                11000 + chance.randrange(40),
            )
            units = 1 + chance.randrange(3)
            bought = f"{day.month}/{day.day}/{day.year}"
            rows.append(
                [bought, "9/21/2014", f"SO{year}{n:04}", product, customer, 1 + customer % 10, 1, units]
            )
            net += units * products[product][0]
            cost += units * products[product][1]
            customers.add(customer)
            last = max(last, day)
        header = (
            "OrderDate,StockDate,OrderNumber,ProductKey,CustomerKey,TerritoryKey,OrderLineItem,OrderQuantity"
        )
        write_csv(folder / f"AdventureBikes_Sales_{year}.csv", header.split(","), rows)
    write_csv(
        folder / "AdventureBikes_Products.csv",
        [
            "ProductKey",
            "ProductSubcategoryKey",
            "ProductSKU",
            "ProductName",
            "ProductColor",
            "ProductCost",
            "ProductPrice",
        ],
        [[n, 1 + n % 3, f"SK-{n}", f"Bike {n}", "Red", cost, price] for n, (price, cost) in products.items()],
    )
    write_csv(
        folder / "AdventureBikes_Product_Subcategories.csv",
        ["ProductSubcategoryKey", "SubcategoryName", "ProductCategoryKey"],
        [[1, "Mountain Bikes", 1], [2, "Road Bikes", 1], [3, "Helmets", 4]],
    )
    write_csv(
        folder / "AdventureBikes_Customers.csv",
        [
            "CustomerKey",
            "Prefix",
            "FirstName",
            "LastName",
            "BirthDate",
            "MaritalStatus",
            "Gender",
            "EmailAddress",
            "Occupation",
        ],
        [
            [11000 + n, "MR.", "JON", f"YANG {n}", "4/8/1966", "M", "M", f"jon{n}@x.com", "Clerk"]
            for n in range(45)
        ],
    )
    days = [[f"1/{day}/2015"] for day in range(1, 31)]
    write_csv(folder / "AdventureBikes_Calendar.csv", ["Date"], days)
    write_csv(
        folder / "AdventureBikes_Territories.csv",
        ["SalesTerritoryKey", "Region", "Country", "Continent"],
        [[n, f"Region {n}", "France", "Europe"] for n in range(1, 11)],
    )
    return Truth(net, len(customers), last, cost)


def shop(path: Path, seed: int = 1, *, orphans: int = 0) -> Truth:
    """Write a SQLite database of customers, orders, their lines, products and payments.

    ``orphans`` is the number of lines whose order is missing; they count for nothing.
    """
    chance = random.Random(seed)
    prices = {n: Decimal(chance.randrange(100, 20_000)) / 100 for n in range(1, 21)}
    orders, lines, payments = [], [], []
    net = cost = Decimal(0)
    customers, last = set(), dt.date.min
    for order in range(1, 101):
        day, customer = _day(chance, 2022 + order % 3), 1 + chance.randrange(25)
        status = "cancelled" if order % 20 == 0 else "shipped"
        total = Decimal(0)
        for _line in range(1 + chance.randrange(3)):
            product, units = chance.choice([*prices]), 1 + chance.randrange(4)
            lines.append([len(lines) + 1, order, product, units, float(prices[product])])
            total += units * prices[product]
        orders.append([order, customer, day.isoformat(), status, float(total)])
        payments.append([order, order, day.isoformat(), "card", float(total)])
        if status == "shipped":
            net += total
            cost += sum(
                (
                    line[3] * (prices[line[2]] / 2).quantize(Decimal("0.01"))
                    for line in lines
                    if line[1] == order
                ),
                Decimal(0),
            )
            customers.add(customer)
            last = max(last, day)
    lines += [[len(lines) + 1 + i, 9_000 + i, 1, 1, float(prices[1])] for i in range(orphans)]
    tables = {
        "customers (id integer, name text, city text, region text)": [
            [n, f"Customer {n}", "Lugo", "Norte" if n % 2 else "Sur"] for n in range(1, 27)
        ],
        "orders (id integer, customer_id integer, order_date text, status text, total real)": orders,
        "order_lines (id integer, order_id integer, product_id integer, quantity integer, unit_price real)": (
            lines
        ),
        "products (id integer, name text, category text, price real, cost real)": [
            [n, f"Product {n}", f"Group {n % 4}", float(price), float((price / 2).quantize(Decimal("0.01")))]
            for n, price in prices.items()
        ],
        "payments (id integer, order_id integer, paid_on text, method text, amount real)": payments,
    }
    connection = sqlite3.connect(path)
    for declared, rows in tables.items():
        connection.execute(f"create table {declared}")
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {declared.split()[0]} values ({marks})", rows)
    connection.commit()
    connection.close()
    return Truth(net, len(customers), last, cost)


def gym(folder: Path, seed: int = 1) -> Truth:
    """Write the two files of a gym: sales with and without VAT, and members with first and last day."""
    chance = random.Random(seed)
    rows, net, customers, last = [], Decimal(0), set(), dt.date.min
    for n in range(1, 151):
        day, member = _day(chance, 2023 + n % 2), f"S{1 + chance.randrange(40):03}"
        base = Decimal(chance.randrange(1_000, 9_000)) / 100
        tax = (base * Decimal("0.21")).quantize(Decimal("0.01"))
        written = [str(money).replace(".", ",") for money in (base, tax, base + tax)]
        rows.append([f"T{n:05}", f"{day:%d/%m/%Y}", member, "Cuota mensual", *written])
        net += base
        customers.add(member)
        last = max(last, day)
    header = ["Nº ticket", "Fecha", "Nº socio", "Concepto", "Importe sin IVA", "IVA", "Importe con IVA"]
    write_csv(folder / "cobros tienda y cuotas.csv", header, rows, ";")
    members = [
        [
            f"S{n:03}",
            f"Nombre {n}",
            f"{1 + n % 28:02}/03/2022",
            "" if n % 3 else f"{1 + n % 28:02}/06/2024",
            "Mañanas",
        ]
        for n in range(1, 41)
    ]
    write_csv(
        folder / "socios.csv", ["Nº socio", "Nombre", "Fecha alta", "Fecha baja", "Tarifa"], members, ";"
    )
    return Truth(net, len(customers), last)
