"""One cell beyond all sense costs its row, in whatever table and kind of file it stands, not the file."""

import duckdb
import pytest

from analysis import open_dataset
from intake import account, amounts, opened, set_aside, taken, write

FAR_DAYS = ["20240-01-05", "01/02/20240", "10000-01-01", "0044-03-15 (BC)", "infinity", "-infinity"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


def _parquet(folder, columns, *rows):
    """Write a Parquet file from SQL values."""
    path = folder / "table.parquet"
    values = ", ".join(f"({row})" for row in rows)
    duckdb.sql(f"select * from (values {values}) as t({columns})").write_parquet(str(path))
    return path


@pytest.mark.parametrize("usual", ["2024-01-31", "31/01/2024", "31.01.24 10:30"])
def test_a_year_of_five_digits_in_text(tmp_path, usual):
    days = [*FAR_DAYS, "20240", "99999999999999999999"]
    text = f"customer;date;amount\nA;{usual};5\n" + "".join(f"C;{day};7\n" for day in days) + f"B;{usual};6\n"
    dataset = open_dataset(write(tmp_path, "sales.csv", text))
    assert amounts(dataset) == [5, 6]
    aside = set_aside(dataset)
    assert [(line, raw) for line, _outcome, raw in aside] == [
        (i, f"C;{day};7") for i, day in enumerate(days, 3)
    ]
    assert {outcome for _line, outcome, _raw in aside} <= {"rejected:date", "rejected:impossible_date"}


@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamptz"])
def test_a_day_beyond_the_calendar_in_parquet(tmp_path, kind):
    days = ["2024-01-31", "20240-01-05", "10000-01-01", "0044-03-15 (BC)", "infinity", "-infinity"]
    path = _parquet(tmp_path, "customer, date, amount", *(f"'A', cast('{day}' as {kind}), 5" for day in days))
    dataset = open_dataset(str(path))
    assert amounts(dataset) == [5]
    assert [(line, outcome) for line, outcome, _raw in set_aside(dataset)] == [
        (line, "rejected:date") for line in range(2, 7)
    ]


@pytest.mark.parametrize("day", ["20240-01-05", "infinity"])
def test_days_beyond_the_calendar_in_other_tables(tmp_path, day):
    rows = [f"'{code}', date '2024-01-31', cast('{end}' as date)" for code, end in
            [("K1", "2024-06-30"), ("K2", day)]]  # fmt: skip
    path = _parquet(tmp_path, "customer_id, started, ended", *rows)
    read = taken(tmp_path, "contracts", path)
    assert read.rows["ended"].notna().tolist() == [True, False]
    assert f"left empty: 1, such as '{day}' in line 2" in read.warnings
    months = _parquet(tmp_path, "month, amount", "date '2024-01-05', 5", f"cast('{day}' as date), 6")
    assert taken(tmp_path, "spend", months).outcomes == {"kept": 1, "rejected:month": 1}


@pytest.mark.parametrize("tax", ["", "prices_include_tax: 0.21"])
@pytest.mark.parametrize(
    ("columns", "cells"),
    [
        ("quantity;price", ["8412345678905;99", "99999999999999;6", f"1;{'9' * 30}"]),
        ("gross_amount;discount_pct", ["1000000;1e13", "1e300;5"]),
        ("amount;quantity", [f"{'9' * 15};1", "1e300;1", "1e999999999;1"]),
    ],
)
def test_an_amount_beyond_all_sense(tmp_path, columns, cells, tax):
    text = f"customer;date;{columns}\nA;2024-01-31;2;3\n" + "".join(f"B;2024-01-31;{two}\n" for two in cells)
    dataset = opened(tmp_path, text, f"decimal: '.'\n{tax}")
    assert len(amounts(dataset)) == 1
    assert set_aside(dataset) == [
        (line, "rejected:amount", f"B;2024-01-31;{two}") for line, two in enumerate(cells, 3)
    ]


def test_infinite_money_in_another_table(tmp_path):
    rows = [f"'A', date '2024-01-31', cast('{amount}' as double)" for amount in ("5", "inf", "nan", "1e300")]
    path = _parquet(tmp_path, "customer_id, issued, amount", *rows)
    read = taken(tmp_path, "invoices", path, "prices_include_tax: 0.21")
    assert read.outcomes == {"kept": 1, "rejected:amount": 2, "rejected:no_amount": 1}


def test_infinity_in_parquet(tmp_path):
    rows = [f"'A', date '2024-01-31', cast('{amount}' as double)" for amount in ("5", "inf", "-inf", "1e15")]
    dataset = open_dataset(str(_parquet(tmp_path, "customer, date, amount", *rows)))
    assert amounts(dataset) == [5]
    assert account(dataset)["rejected:amount"] == (3, None)


def test_sums_beyond_a_single_amount(tmp_path):
    """Twenty of the largest amounts, the same row each time, are summed in the account and as duplicates."""
    text = "customer,date,amount\n" + "A,2024-01-31,99999999999999.99\n" * 20
    dataset = open_dataset(write(tmp_path, "sales.csv", text))
    assert float(account(dataset)["sale"][1]) == pytest.approx(20e14)
