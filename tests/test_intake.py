"""What becomes of every row: outcomes, policies, amounts worked out, folders of files, the whole account."""

from decimal import Decimal

import duckdb
import pandas as pd
import pytest

from analysis import open_dataset
from analysis.errors import CarteraError
from analysis.language import use_language
from intake import account, amounts, kept, opened, set_aside, write

# Ten rows, by hand: sales 10 + 0 + 3 + 6 + 6 = 25; a return of 4; a cancelled invoice of 5; left out: 7
# without a customer, 8 of a test product, 9 on a cancelled order. 25 − 4 − 5 + 7 + 8 + 9 = 40.
TEN = """\
    customer,date,amount,invoice,product,status,quantity
    A,2024-01-01,10,1,P1,paid,1
    A,2024-01-02,-4,2,P1,paid,-1
    B,2024-01-03,0,3,P1,paid,1
    ,2024-01-04,7,4,P1,paid,1
    C,2024-01-05,8,5,TEST001,paid,1
    C,2024-01-06,3,6,POST,paid,1
    D,2024-01-07,9,7,P2,Cancelled,1
    D,2024-01-08,6,8,P2,paid,1
    D,2024-01-08,6,8,P2,paid,1
    E,2024-01-09,-5,C9,P2,paid,-1
"""
FATES = {
    "sale": (5, 25),
    "return": (1, -4),
    "cancellation": (1, -5),
    "excluded:no_customer": (1, 7),
    "excluded:test": (1, 8),
    "excluded:cancelled": (1, 9),
}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


def test_ten_rows_by_hand(tmp_path):
    dataset = opened(tmp_path, TEN)
    assert account(dataset) == FATES
    assert set_aside(dataset) == [
        (5, "excluded:no_customer", ";2024-01-04;7;4;P1;paid;1"),
        (6, "excluded:test", "C;2024-01-05;8;5;TEST001;paid;1"),
        (8, "excluded:cancelled", "D;2024-01-07;9;7;P2;Cancelled;1"),
    ]
    found = dataset.quality.found.set_index("rule")["rows"]
    assert found.to_dict() == {
        "no_customer": 1, "void": 1, "cancelled": 1, "refunded": 0, "turned": 0,
         "negative_quantity": 2, "negative_amount": 2,
        "price_not_positive": 0, "zero_amount": 1, "duplicates": 1, "after_as_of": 0, "test": 1,
        "postage": 1, "extra": 0, "unread": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "changes"),
    [
        ("returns: subtract", {}),
        ("returns: exclude", {"return": None, "cancellation": None, "excluded:returns": (2, -9)}),
        ("cancelled: exclude", {}),
        ("cancelled: keep", {"excluded:cancelled": None, "sale": (6, 34)}),
        ("no_customer: exclude", {}),
        ("zero_amount: keep", {}),
        ("zero_amount: exclude", {"sale": (4, 25), "excluded:zero_amount": (1, 0)}),
        ("duplicates: keep", {}),
        ("duplicates: exclude", {"sale": (4, 19), "excluded:duplicates": (1, 6)}),
        ("test: exclude", {}),
        ("test: keep", {"excluded:test": None, "sale": (6, 33)}),
        ("postage: keep", {}),
        ("postage: exclude", {"sale": (4, 22), "excluded:postage": (1, 3)}),
    ],
)
def test_policies(tmp_path, policy, changes):
    dataset = opened(tmp_path, TEN, f"policies: {{{policy}}}")
    expected = {outcome: value for outcome, value in (FATES | changes).items() if value}
    assert account(dataset) == expected


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("returns", "Rows with a negative quantity: 2"),
        ("cancelled", "Rows of sales marked as cancelled: 1"),
        ("no_customer", "Rows without a customer: 1"),
        ("zero_amount", "Rows with an amount of zero: 1"),
        ("duplicates", "Rows exact duplicates of an earlier row: 1"),
        ("test", "Rows of test products: 1"),
        ("postage", "Rows of postage and carriage: 1"),
    ],
)
def test_policies_that_stop(tmp_path, policy, message):
    with pytest.raises(CarteraError, match=f"{message}.*'policies' in dataset.yml"):
        opened(tmp_path, TEN, f"policies: {{{policy}: stop}}")


def test_the_last_day_that_counts(tmp_path):
    path = write(tmp_path, "sales.csv", TEN)
    assert str(open_dataset(path).as_of) == "2024-01-09"
    dataset = open_dataset(path, as_of="2024-01-03")
    assert str(dataset.as_of) == "2024-01-03"
    assert account(dataset) == {
        "sale": (2, 10),
        "return": (1, -4),
        "excluded:after_as_of": (4, 10),
        "excluded:no_customer": (1, 7),
        "excluded:test": (1, 8),
        "excluded:cancelled": (1, 9),
    }
    assert dataset.query("customers", as_of=dataset.as_of)["customer_id"].tolist() == ["A", "B"]
    opened(tmp_path, TEN, "policies: {after_as_of: stop}")
    with pytest.raises(CarteraError, match="4 rows are dated after 2024-01-03: stopped"):
        open_dataset(str(tmp_path / "dataset.yml"), as_of="2024-01-03")


def test_a_last_day_in_dataset_yml(tmp_path):
    write(tmp_path, "sales.csv", TEN)
    config = write(tmp_path, "dataset.yml", "as_of: 2024-01-03\ntransactions: {file: sales.csv}")
    assert str(open_dataset(config).as_of) == "2024-01-03"
    assert str(open_dataset(config, as_of="2024-01-05").as_of) == "2024-01-05"


@pytest.mark.parametrize(
    ("as_of", "message"),
    [("2023-12-31", "first sale in sales is of 2024-01-01"), ("31/12/2024", "a day such as 2024-12-31")],
)
def test_last_days_that_cannot_be(tmp_path, as_of, message):
    with pytest.raises(CarteraError, match=message):
        open_dataset(write(tmp_path, "sales.csv", TEN), as_of=as_of)


@pytest.mark.parametrize(
    ("header", "cells", "amount", "gross", "discount"),
    [
        ("amount", "10.50", "10.5", None, None),
        ("quantity;unit_price", "3;2.50", "7.5", "7.5", None),
        ("quantity;unit_price;discount amount", "3;2.50;0.75", "6.75", "7.5", "0.75"),
        ("quantity;unit_price;discount amount", "3;2.50;-0.75", "6.75", "7.5", "0.75"),
        ("quantity;unit_price;discount %", "3;2.50;10", "6.75", "7.5", "0.75"),
        ("quantity;unit_price;discount %", "3;2.50;10 %", "6.75", "7.5", "0.75"),
        ("quantity;unit_price;discount %", "3;2.50;", "7.5", "7.5", "0"),
        ("quantity;unit_price;discount amount", "-3;2.50;0.75", "-6.75", "-7.5", "0.75"),
        ("gross_amount;discount amount", "7.50;0.75", "6.75", "7.5", "0.75"),
        ("gross_amount;amount", "7.50;6.75", "6.75", "7.5", "0.75"),
        ("quantity;unit_price", "1000;0.1234", "123.4", "123.4", None),
    ],
)
def test_amounts_given_and_worked_out(tmp_path, header, cells, amount, gross, discount):  # noqa: PLR0917
    dataset = opened(tmp_path, f"customer;date;{header}\nA;2024-01-01;{cells}\n", 'decimal: "."')
    row = kept(dataset).iloc[0]
    assert row["amount"] == Decimal(amount)
    for name, expected in (("gross_amount", gross), ("discount", discount)):
        assert row[name] == Decimal(expected) if expected else pd.isna(row[name])


def test_prices_that_include_tax(tmp_path):
    text = "customer;date;quantity;unit_price;discount amount\nA;2024-01-01;2;12.10;2.42\n"
    dataset = opened(tmp_path, text, "prices_include_tax: 0.21")
    row = kept(dataset).iloc[0]
    assert (row["amount"], row["gross_amount"], row["discount"]) == (18, 20, 2)
    assert "Amounts include tax of 21 %, which was taken out." in dataset.quality.assumptions


@pytest.mark.parametrize(
    "nobody", ["", "  ", "NULL", "null", "nan", "NaN", "0", "000", "0.0", "N/A", "#N/A", "-", "None",
               "Clientes varios", "cliente contado", "Guest"],
)  # fmt: skip
def test_rows_without_a_customer(tmp_path, nobody):
    dataset = opened(
        tmp_path, f"customer;date;amount\n{nobody};2024-01-01;5\n00;2024-01-01;5\nA0;2024-01-02;6\n"
    )
    assert list(kept(dataset)["customer_id"]) == ["A0"]
    assert account(dataset)["excluded:no_customer"] == (2, 10)


@pytest.mark.parametrize("state", ["Cancelled", "ANULADA", "voided", "Refunded", "Reembolsado", "borrador"])
def test_states_in_which_a_sale_never_came_to_be(tmp_path, state):
    text = f"customer;date;amount;status\nA;2024-01-01;5;{state}\nA;2024-01-02;6;partially refunded\n"
    assert account(opened(tmp_path, text)) == {"sale": (1, 6), "excluded:cancelled": (1, 5)}
    kept_all = account(opened(tmp_path, text, "policies: {cancelled: keep}"))
    assert kept_all == {"sale": (2, 11)}


def test_identifiers_stay_as_they_are_written(tmp_path):
    text = "customer;date;amount;invoice;sku\n 00123 ;2024-01-01;5;0007;1e5\n123;2024-01-02;6;7;0x1F\n"
    rows = kept(opened(tmp_path, text))
    assert list(rows["customer_id"]) == ["00123", "123"]
    assert list(rows["order_id"]) == ["0007", "7"]
    assert list(rows["product_id"]) == ["1e5", "0x1F"]


def test_what_a_listing_holds_beside_sales(tmp_path):
    text = """\
        cliente;fecha;importe;nota
        A;20/01/2024;1,50;total
        ;;;
        Total cliente;;1,50;
        cliente;fecha;importe;nota
        B;21/01/2024;2,50;
        Totalán SL;;2,50;
        ;Suma y sigue;4,00;
    """
    dataset = opened(tmp_path, text)
    assert account(dataset) == {
        "sale": (2, 4),
        "excluded:total": (2, Decimal("5.5")),
        "excluded:empty": (1, 0),
        "excluded:header": (1, 0),
        "rejected:no_date": (1, Decimal("2.5")),
    }


def test_impossible_dates_and_amounts_that_are_missing(tmp_path):
    text = """\
        customer,date,amount
        A,1900-01-01,1
        A,2100-01-01,2
        A,2024-02-30,3
        A,,4
        A,2024-02-28,
        A,2024-02-28,x
        A,2024-02-28,7
    """
    assert account(opened(tmp_path, text)) == {
        "sale": (1, 7),
        "rejected:impossible_date": (2, 3),
        "rejected:date": (1, 3),
        "rejected:no_date": (1, 4),
        "rejected:no_amount": (1, None),
        "rejected:amount": (1, None),
    }


def test_a_number_that_is_not_needed_and_cannot_be_read_costs_no_row(tmp_path):
    dataset = opened(tmp_path, "customer,date,amount,cost\nA,2024-01-01,5,?\nA,2024-01-02,5,3\n")
    assert account(dataset) == {"sale": (2, 10)}
    assert kept(dataset)["cost"].isna().tolist() == [True, False]
    found = dataset.quality.found.set_index("rule")["rows"]
    assert found["unread"] == 1


def test_one_currency_in_a_column_or_beside_the_amounts(tmp_path):
    text = "customer;date;amount;currency\nA;2024-01-01;5;EUR\nB;2024-01-01;6;usd\nC;2024-01-01;7;\n"
    write(tmp_path, "sales.csv", text)
    config = write(tmp_path, "dataset.yml", "currency: EUR\ntransactions: {file: sales.csv}")
    dataset = open_dataset(config)
    assert account(dataset) == {"sale": (2, 12), "excluded:other_currency": (1, 6)}
    assert dataset.currency == "EUR"
    assert opened(tmp_path, "customer;date;amount\nA;2024-01-01;£5.50\n", name="b.csv").currency == "GBP"


@pytest.mark.parametrize(
    ("rows", "alarm"),
    [
        (["A,2024-01-01,1", "B,2024-01-02,2"] * 2, "Every row stands at least twice"),
        (["A,2024-01-01,1"] * 4 + ["B,2024-01-02,2"], "Exact copies of earlier rows: 3"),
        (["A,2024-01-01,1", "B,2024-01-02,x"], "50 % of the rows"),
        (["A,2024-01-01,1", "A,2024-01-02,2"], "only one customer"),
        (["A,2024-01-01,1", "B,2024-01-01,2"], "All sales are of one day"),
        (["A,2024-01-01,0", "B,2024-01-02,0"], "All amounts are zero"),
    ],
)
def test_alarms(tmp_path, rows, alarm):
    text = "customer,date,amount\n" + "\n".join(rows) + "\n"
    warnings = opened(tmp_path, text).quality.warnings
    assert any(sentence.startswith(alarm) or alarm in sentence for sentence in warnings)
    fine = opened(tmp_path, "customer,date,amount\nA,2024-01-01,1\nB,2024-01-02,2\n", name="fine.csv")
    assert fine.quality.warnings == []


def test_copies_are_counted_part_by_part_where_rows_are_many(tmp_path, monkeypatch):
    """By hand: 3 + 1 of A and of B are copies; C stands there once."""
    monkeypatch.setattr("analysis.dataset.ledger.ledger._AT_ONCE", 2)
    rows = ["A,2024-01-01,1"] * 4 + ["B,2024-01-02,2"] * 2 + ["C,2024-01-03,3"]
    quality = opened(tmp_path, "customer,date,amount\n" + "\n".join(rows) + "\n").quality
    assert quality.found.set_index("rule")["rows"]["duplicates"] == 4
    assert "Exact copies of earlier rows: 4" in quality.warnings[0]


def test_sentences_are_kept_with_their_values_and_said_in_the_readers_language(tmp_path):
    text = "customer,date,amount\n" + "A,2024-01-01,1\n" * 1300 + "B,2024-01-02,2\n"
    first = opened(tmp_path, text)
    again = open_dataset(str(tmp_path / "sales.csv"))
    assert again.quality.warnings == first.quality.warnings
    assert "Exact copies of earlier rows: 1,299" in again.quality.warnings[0]
    use_language("es")
    assert "1299" in again.quality.warnings[0] or "1.299" in again.quality.warnings[0]


# Folders


def test_a_folder_of_files_typed_differently(tmp_path):
    folder = tmp_path / "months"
    folder.mkdir()
    write(folder, "2024-01.csv", "customer,date,amount\nA,2024-01-01,1.50\nB,2024-01-02,2.25\n")
    write(folder, "2024-02.csv", "amount;customer;note;date\n3.5;A;x;2024-02-01\n4;C;y;never\n")
    frame = pd.DataFrame({"date": pd.to_datetime(["2024-03-01"]), "customer": [7], "amount": [1.234]})
    frame.to_parquet(folder / "2024-03.parquet")
    dataset = open_dataset(str(folder))
    assert dataset.name == "months"
    assert amounts(dataset) == [1.5, 2.25, 3.5, 1.234]
    assert list(kept(dataset)["customer_id"]) == ["A", "B", "A", "7"]
    aside = pd.read_parquet(dataset.folder / "set_aside_transactions.parquet")
    assert aside[["file", "line"]].values.tolist() == [["2024-02.csv", 3]]


def test_the_same_rows_in_two_files_of_a_folder_are_duplicates(tmp_path):
    folder = tmp_path / "months"
    folder.mkdir()
    write(folder, "a.csv", "customer,date,amount\nA,2024-01-01,1\nB,2024-01-02,2\n")
    write(folder, "b.csv", "date;amount;customer\n2024-01-01;1;A\n2024-01-03;2;B\n")
    found = open_dataset(str(folder)).quality.found.set_index("rule")["rows"]
    assert found["duplicates"] == 1


def test_a_folder_with_a_file_that_lacks_a_column(tmp_path):
    folder = tmp_path / "months"
    folder.mkdir()
    write(folder, "a.csv", "customer,date,amount\nA,2024-01-01,1\n")
    write(folder, "b.csv", "customer,date\nA,2024-01-01\n")
    with pytest.raises(CarteraError, match=r"b\.csv has no column 'amount', which a\.csv has"):
        open_dataset(str(folder))


def test_files_named_one_by_one_and_by_pattern(tmp_path):
    write(tmp_path, "a-2024.csv", "customer,date,amount\nA,2024-01-01,1\n")
    write(tmp_path, "b-2024.csv", "customer,date,amount\nB,2024-01-02,2\n")
    write(tmp_path, "c-2025.csv", "customer,date,amount\nC,2025-01-02,4\n")
    both = write(tmp_path, "dataset.yml", "name: Two\ntransactions: {file: [a-2024.csv, b-2024.csv]}")
    assert amounts(open_dataset(both)) == [1, 2]
    assert open_dataset(both).name == "Two"
    pattern = write(tmp_path, "dataset.yml", 'transactions: {file: "*-2024.csv"}')
    assert amounts(open_dataset(pattern)) == [1, 2]


# Built-in data sets: figures counted in Fader and Hardie's own file


def test_cdnow():
    dataset = open_dataset("cdnow")
    assert account(dataset) == {"sale": (69_659, Decimal("2500315.63"))}
    found = dataset.quality.found.set_index("rule")["rows"]
    assert (found["zero_amount"], found["duplicates"]) == (80, 255)
    rows = duckdb.sql(
        "select count(distinct customer_id), min(date), max(date), count(distinct (customer_id, date)) "
        f"from read_parquet('{dataset.folder / 'transactions.parquet'}')"
    ).fetchall()
    assert str(rows) == (
        "[(23570, datetime.date(1997, 1, 1), datetime.date(1998, 6, 30), 67591)]"  # 69659 − 2068
    )
    assert dataset.currency == "USD"


def test_cdnow_sample():
    dataset = open_dataset("cdnow-sample")
    assert account(dataset)["sale"][0] == 6_919
    assert kept(dataset)["customer_id"].nunique() == 2_357
