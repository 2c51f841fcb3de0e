"""Who a customer is: a code or tax number before an e-mail address before a name, which lists show."""

import sqlite3

import pandas as pd
import pytest

from analysis import open_dataset
from analysis.dataset.write_config import write_config
from intake import few, opened, write

HEADERS = {
    "en": ("VAT number", "Customer", "Date", "Amount"),
    "en with a bare header": ("VAT", "Customer Name", "Date", "Amount"),
    "es": ("NIF/CIF", "Cliente", "Fecha", "Importe"),
    "es with a code": ("Cód. cliente", "Razón social", "Fecha", "Importe"),
    "es with an address": ("E-mail", "Cliente", "Fecha", "Importe"),
}
SALES = [
    ("B12345674", "Talleres Ana SL", "2024-01-15", 10),
    ("B12345674", "TALLERES ANA, S.L.", "2024-01-16", 20),
    ("12345678Z", "Luis Gil", "2024-02-16", 40),
    ("B58378431", "Luis Gil", "2024-02-17", 80),
]
"""One code with two spellings of a name, and one name with two codes: three customers, by hand."""
RIGHT = {"B12345674": 30, "12345678Z": 40, "B58378431": 80}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


def _customers(dataset):
    sold = dataset.query("customers").set_index("customer_id")["net_sales"]
    return sold.astype(float).to_dict()


def _names(dataset):
    return dataset.head("customers", 100).set_index("customer_id")["name"].to_dict()


def _text(header, rows, mark=";"):
    return "\n".join(mark.join(map(str, row)) for row in [header, *rows]) + "\n"


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet", "sqlite"])
@pytest.mark.parametrize("words", few(3, HEADERS))
def test_the_best_column_tells_customers_apart_and_the_name_is_what_they_are_called(tmp_path, words, suffix):
    rows, right = SALES, RIGHT
    if words.endswith("address"):
        rows = [(f"{row[0].lower()}@x.com", *row[1:]) for row in rows]
        right = {f"{code.lower()}@x.com": sold for code, sold in RIGHT.items()}
    frame, path = pd.DataFrame(rows, columns=HEADERS[words]), tmp_path / f"sales.{suffix}"
    if suffix == "csv":
        frame.to_csv(path, index=False)
    elif suffix == "xlsx":
        frame.to_excel(path, index=False)
    elif suffix == "parquet":
        frame.to_parquet(path)
    else:
        with sqlite3.connect(path) as connection:
            frame.to_sql("sales", connection, index=False)
        connection.close()
    dataset = open_dataset(str(path))
    assert _customers(dataset) == right
    assert list(_names(dataset).values()).count("Luis Gil") == 2
    assert "TALLERES ANA, S.L." in _names(dataset).values()  # as on its last sale


def test_a_row_without_a_tax_number_is_of_the_customer_of_that_name(tmp_path):
    """19 rows of 20 have one; the last is of nobody who has, and no money is lost."""
    rows = [(f"B{12345670 + i % 4}", f"Firma {'ABCD'[i % 4]}", "2024-01-15", 10) for i in range(19)]
    dataset = opened(tmp_path, _text(HEADERS["es"], [*rows, ("", "Eva Sanz", "2024-02-16", 7)]))
    customers = _customers(dataset)
    assert customers == {"B12345670": 50, "B12345671": 50, "B12345672": 50, "B12345673": 40, "Eva Sanz": 7}
    said = "by 'NIF/CIF', on rows without one by 'Cliente' (rows: 1)"
    assert any(said in sentence for sentence in dataset.quality.assumptions)


@pytest.mark.parametrize("own", ["NIF emisor", "NIF"])
def test_the_sellers_own_tax_number_is_nobodys(tmp_path, own):
    rows = [("B99999999", *row[1:]) for row in SALES]
    dataset = opened(tmp_path, _text((own, "Cliente", "Fecha", "Importe"), rows))
    assert _customers(dataset) == {"Talleres Ana SL": 10, "TALLERES ANA, S.L.": 20, "Luis Gil": 120}


def test_a_column_that_most_rows_leave_empty_tells_nobody_apart(tmp_path):
    """Half of the rows have a tax number; all have an address, which counts for any of its spellings."""
    rows = [
        ("B12345674", "a@x.com", "Ana Ruiz", "2024-01-15", 1), ("", "A@x.com", "Ana Ruiz", "2024-01-16", 2),
        ("12345678Z", "b@x.com", "Ben Gil", "2024-02-16", 4), ("", "b@x.com", "Ben Gil", "2024-02-17", 8),
    ]  # fmt: skip
    header = ("NIF", "Email", "Cliente", "Fecha", "Importe")
    assert _customers(opened(tmp_path, _text(header, rows))) == {"a@x.com": 3, "b@x.com": 12}


def test_the_address_of_the_shop_itself_is_no_customers(tmp_path):
    rows = [(f"till{i % 2}@shop.com", f"Firma {'ABCDEF'[i]}", "2024-01-15", i) for i in range(6)]
    assert len(_customers(opened(tmp_path, _text(HEADERS["es with an address"], rows)))) == 6


def test_codes_under_a_plain_header_stay_the_customer(tmp_path):
    """One firm has two accounts: C1 and C2 are two customers, as before."""
    rows = [("B1", "C1", "2024-01-15", 1), ("B1", "C2", "2024-01-16", 2), ("B2", "C3", "2024-01-17", 4)]
    assert _customers(opened(tmp_path, _text(HEADERS["es"], rows))) == {"C1": 1, "C2": 2, "C3": 4}


BESIDE = {
    "Cliente;NIF;Sector\nLuis Gil;12345678Z;X\nLuis Gil;B58378431;Y\n": RIGHT,
    "Código;Cliente;NIF;Sector\n1;Luis Gil;12345678Z;X\n2;Luis Gil;B58378431;Y\n": RIGHT,
    "Cliente;Sector\nLuis Gil;X\n": {"Talleres Ana SL": 10, "TALLERES ANA, S.L.": 20, "Luis Gil": 120},
}
"""A table of customers → the customers of the sales, so that both go by the same column."""


@pytest.mark.parametrize("customers", BESIDE)
def test_tables_go_by_the_same_column(tmp_path, customers):
    folder = tmp_path / "firma"
    folder.mkdir()
    write(folder, "ventas.csv", _text(("NIF", "Cliente", "Fecha", "Importe"), SALES))
    write(folder, "clientes.csv", customers)
    dataset = open_dataset(str(folder))
    assert _customers(dataset) == BESIDE[customers]
    without_sales = next(link for link in dataset.links if link.table == "customers")
    assert without_sales.rows == 0
    assert _customers(open_dataset(str(write_config(str(folder))))) == BESIDE[customers]
