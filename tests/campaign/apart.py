"""Small sales with known totals, kept in tables apart: read right, or a question, never wrong.

The truth is worked out in ``orders.py`` before anything is put apart. Run it, or look at one folder, with

    PYTHONPATH=tests python -m campaign.apart --cases 500 --seed fresh
    PYTHONPATH=tests python -m campaign.apart --seed 1 --only 17 --keep /tmp/case
"""

from __future__ import annotations

import argparse
import csv
import os
import secrets
import sqlite3
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import xlsxwriter

from analysis import open_dataset
from analysis.errors import CarteraError
from campaign import orders as shop
from campaign.orders import Document

Tables = dict[str, list[list[object]]]
"""Name → the header, and the rows."""
_NAMES = {
    "en": {
        "orders": ["orders", "Acme_Orders_2024", "SalesOrders", "order headers", "data"],
        "lines": ["order_lines", "order_items", "OrderDetails", "Acme_Order_Lines", "details"],
        "products": ["products", "Acme_Products", "items_list", "product catalog"],
        "key": [("order_id", "order_id"), ("OrderNo", "Order Number"), ("order_id", "id"), ("OrderID",) * 2],
        "product": [("product_id", "id"), ("ProductKey", "ProductKey"), ("SKU", "sku"), ("product_id",) * 2],
        "fields": [
            "customer_id", "order_date", "status", "total", "quantity", "unit_price", "amount",
            "discount_pct",
        ],
        "listed": ["name", "category", "price", "cost"],
        "states": ("shipped", "cancelled"),
        "paid": ["payments", "payment_id", "order_id", "date", "amount"],
        "sent": ["shipments", "shipment_id", "order_id", "shipped_date", "carrier"],
    },
    "es": {
        "orders": ["pedidos", "2024 - pedidos (copia)", "Pedidos ACME", "cabeceras", "facturas"],
        "lines": ["lineas_pedido", "Líneas de pedido", "detalle pedidos", "lineas"],
        "products": ["productos", "artículos", "Acme productos"],
        "key": [("Nº pedido", "Nº pedido"), ("id_pedido", "id_pedido"), ("Pedido", "Número pedido")],
        "product": [("Cód. artículo", "Código"), ("id_producto", "id_producto"), ("Referencia",) * 2],
        "fields": [
            "Cód. cliente", "Fecha pedido", "Estado", "Total", "Cantidad", "Precio", "Importe", "% Dto",
        ],
        "listed": ["Descripción", "Familia", "PVP", "Precio coste"],
        "states": ("Servido", "Cancelado"),
        "paid": ["pagos", "id_pago", "id_pedido", "Fecha", "Importe"],
        "sent": ["envios", "id_envio", "id_pedido", "Fecha envío", "Agencia"],
    },
}  # fmt: skip


def make(rng: Random) -> tuple[Tables, shop.Truth, str]:
    """Return tables that belong together, what is right of them, and how the money is given."""
    language = rng.choice(["en", "es"])
    money = rng.choice(["price", "net", "list", "list"])
    percents = money in {"price", "net"} and rng.random() < 0.3
    documents = shop.orders(rng, language, lines=True, percents=percents, round_=rng.random() < 0.5)
    if rng.random() < 0.5:
        documents = shop.never_sold(rng, documents)
    said = _NAMES[language]
    names = [rng.choice(said[table]) for table in ("orders", "lines", "products")]
    tables = {
        names[0]: _orders(rng, documents, said),
        names[1]: _lines(rng, documents, said, money, percents),
    }
    if money == "list" or rng.random() < 0.5:
        tables[names[2]] = _products(documents, said)
    _beside(rng, documents, said, tables)
    order = rng.sample([*tables], len(tables))
    return {name: tables[name] for name in order}, shop.truth(documents), f"{language} {money} {names}"


def _orders(rng: Random, documents: list[Document], said: dict) -> list[list[object]]:
    customer, day, state, total, *_rest = said["fields"]
    said["chosen key"] = rng.choice(said["key"])
    said["chosen product"] = rng.choice(said["product"])
    with_total = rng.choice(["no", "net", "taxed"])
    header = [said["chosen key"][1], customer, day, state]
    states = said["states"]
    rows = [[one.code, f"C{one.customer:03}", one.day.isoformat(), states[not one.sold]] for one in documents]
    if with_total != "no":
        header.append(total)
        for row, one in zip(rows, documents, strict=True):
            tax = sum(line.tax for line in one.lines) if with_total == "taxed" else 0
            row.append((one.value + tax) / 100)
    return [header, *rows]


def _lines(
    rng: Random, documents: list[Document], said: dict, money: str, percents: bool
) -> list[list[object]]:
    *_order, quantity, price, amount, percent = said["fields"]
    columns = {"price": [price], "net": [amount], "list": []}[money]
    columns += [percent] if money == "price" and percents else []
    header = [said["chosen key"][0], said["chosen product"][0], quantity, *columns]
    rows = []
    for one in documents:
        for line in one.lines:
            values = {price: line.price / 100, amount: line.value / 100, percent: line.percent}
            rows.append([one.code, line.product, line.quantity, *(values[column] for column in columns)])
    orphan = max(int(one.code) for one in documents) + 1000
    for i in range(rng.choice([0, 0, 2])):
        rows.append([orphan + i, *rows[i][1:]])
    return [header, *rows]


def _products(documents: list[Document], said: dict) -> list[list[object]]:
    found = {line.product: line.price for one in documents for line in one.lines}
    header = [said["chosen product"][1], *said["listed"]]
    rows = [
        [code, f"Thing {code}", f"G{i % 3}", p / 100, p / 200] for i, (code, p) in enumerate(found.items())
    ]
    return [header, *rows]


def _beside(rng: Random, documents: list[Document], said: dict, tables: Tables) -> None:
    """Add what is no table of ours."""
    if rng.random() < 0.4:
        name, *header = said["paid"]
        rows = [[i, one.code, one.day.isoformat(), one.value / 100] for i, one in enumerate(documents)]
        tables[name] = [header, *rows]
    if rng.random() < 0.3:
        name, *header = said["sent"]
        rows = [[i, one.code, one.day.isoformat(), "SEUR"] for i, one in enumerate(documents)]
        tables[name] = [header, *rows]
    if rng.random() < 0.4:
        tables["Calendar"] = [["Date"], *([one.day.isoformat()] for one in documents)]
    if rng.random() < 0.3:
        tables["Returns"] = [["Returned", said["chosen key"][0]], ["Yes", documents[0].code]]


def write(rng: Random, tables: Tables, folder: Path) -> Path:
    """Write the tables as files, sheets or tables of a database; return what is to be read."""
    form = rng.choice(["comma", "semicolon", "folders", "workbook", "sqlite"])
    if form == "workbook":
        with xlsxwriter.Workbook(str(folder / "datos.xlsx")) as book:
            for name, rows in tables.items():
                sheet = book.add_worksheet(name[:31])
                for i, row in enumerate(rows):
                    sheet.write_row(i, 0, row)
        return folder / "datos.xlsx"
    if form == "sqlite":
        connection = sqlite3.connect(folder / "datos.sqlite")
        for name, (header, *rows) in tables.items():
            columns = ", ".join(f'"{column}"' for column in header)
            connection.execute(f'create table "{name}" ({columns})')
            connection.executemany(f'insert into "{name}" values ({", ".join("?" * len(header))})', rows)
        connection.commit()
        connection.close()
        return folder / "datos.sqlite"
    decimal = form == "semicolon"
    mark = ";" if decimal else ","
    for name, rows in tables.items():
        place = folder / name if form == "folders" else folder
        place.mkdir(exist_ok=True)
        with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=mark).writerows(
                [str(cell).replace(".", ",") if decimal and isinstance(cell, float) else cell for cell in row]
                for row in rows
            )
    return folder


def tried(seed: int, number: int, keep: Path | None = None) -> tuple[str, str]:
    """Return how reading one set of tables ended: ``right``, ``asked`` or ``wrong``, and what was said."""
    rng = Random(f"{seed}-{number}")
    tables, truth, plan = make(rng)
    with tempfile.TemporaryDirectory() as name:
        folder = keep or Path(name)
        folder.mkdir(exist_ok=True)
        place = write(rng, tables, folder)
        try:
            customers = open_dataset(str(place)).query("customers")
        except CarteraError as error:
            return "asked", f"{plan} {place.name}: {error}"
    last = customers["last_purchase"].max().date()
    got = round(100 * float(customers["net_sales"].sum())), len(customers), last
    right = truth.money, truth.customers, truth.last
    return ("right" if got == right else "wrong"), f"{plan} {place.name}: {got} for {right}"


def main() -> int:
    """Run the campaign and print what was not right; return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="campaign.apart", description=__doc__)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", default="fresh", help="a number, or 'fresh'")
    parser.add_argument("--only", type=int, help="number of the one folder to try")
    parser.add_argument("--keep", type=Path, help="folder to leave it in")
    given = parser.parse_args()
    seed = secrets.randbits(32) if given.seed == "fresh" else int(given.seed)
    counts = Counter[str]()
    for number in range(given.cases) if given.only is None else [given.only]:
        how, said = tried(seed, number, given.keep)
        counts[how] += 1
        if how != "right" or given.only is not None:
            print(f"{how} {number}: {said}", flush=True)
    print(f"seed {seed}: {dict(counts)}, asked {counts['asked'] / counts.total():.1%}")
    return bool(counts["wrong"])


if __name__ == "__main__":
    sys.exit(main())
