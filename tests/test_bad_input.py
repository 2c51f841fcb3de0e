"""Whatever cannot be read ends in one sentence that says what is wrong, where, and what to do."""

import datetime as dt
import gzip
import json
import os
import subprocess
import sys
import zipfile

import pytest

from analysis import open_dataset
from analysis.errors import CarteraError
from intake import account, opened, write

GOOD = "customer,date,amount\nA,2024-01-31,5\nB,2024-02-01,6\n"
CUT_SHORT = gzip.compress(GOOD.encode() * 99, mtime=0)[:-12]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def _sentence(path):
    with pytest.raises(CarteraError) as error:
        open_dataset(str(path))
    sentence = str(error.value)
    assert "Traceback" not in sentence
    assert "Error" not in sentence
    assert "\n" not in sentence
    return sentence


LETTER = """\
Dear Sir or Madam,

thank you for your order, which we have received and will send, as agreed, on Monday.

Kind regards,
A. Shop
"""
HTML = "<html><body><table><tr><td>Cliente</td><td>Fecha</td><td>Importe</td></tr></table></body></html>"


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("sales.csv", b"", ["sales.csv is empty", "Export it again"]),
        ("sales.csv", b" \n\n \n", ["sales.csv is empty"]),
        ("sales.csv", b"\xef\xbb\xbf", ["sales.csv is empty"]),
        ("sales.csv", b"customer,date,amount\n", ["sales.csv has column names but no rows"]),
        ("sales.csv", b"customer,date,amount", ["sales.csv has column names but no rows"]),
        ("sales.csv", bytes(range(256)) * 40, ["sales.csv is not a text table", "binary"]),
        ("sales.csv", b"%PDF-1.7\n\x00\x01\x02\x03" * 50, ["sales.csv is not a text table", "binary"]),
        ("letter.txt", LETTER.encode(), ["letter.txt is not a table", "column names"]),
        ("sales.json", json.dumps([{"customer": "A", "date": "2024-01-01", "amount": 5}] * 3).encode(),
         ["sales.json is not a table"]),
        ("sales.json", json.dumps({"rows": [{"customer": "A"}]}, indent=1).encode(),
         ["sales.json is not a table"]),
        ("sales.xls", HTML.encode(), ["sales.xls is a web page or XML", "save it as .xlsx or CSV"]),
        ("sales.xml", b'<?xml version="1.0"?><Workbook/>', ["sales.xml is a web page or XML"]),
        ("sales.csv.gz", CUT_SHORT, ["sales.csv.gz is damaged or cut short"]),
        ("sales.csv.gz", b"\x1f\x8bnot gzip at all", ["sales.csv.gz is damaged or cut short"]),
        ("sales.csv.zst", b"\x28\xb5\x2f\xfdrubbish", ["sales.csv.zst is damaged or cut short"]),
        ("sales.xlsx", b"PK\x03\x04rubbish", ["sales.xlsx is not an Excel or OpenDocument workbook"]),
        ("sales.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 99, ["sales.xls is not an Excel"]),
        ("sales.parquet", b"PAR1rubbishPAR1", ["sales.parquet begins like a Parquet file", "damaged"]),
        ("sales.csv", b"customer\nA\nB\n", ["sales.csv is not a table"]),
        ("sales.csv", b"1001;2024-01-31;5\n1002;2024-02-01;6\n",
         ["sales.csv has no line of column names", "'1001'", "'names: [customer_id, date, amount]'"]),
    ],
)  # fmt: skip
def test_what_is_no_table(tmp_path, cache, name, content, parts):
    (tmp_path / name).write_bytes(content)
    sentence = _sentence(tmp_path / name)
    for part in parts:
        assert part in sentence
    assert not cache.exists() or not list(cache.iterdir())


def test_a_zip_archive(tmp_path):
    with zipfile.ZipFile(tmp_path / "sales.zip", "w") as archive:
        archive.writestr("ventas 2024.csv", GOOD)
    assert _sentence(tmp_path / "sales.zip") == (
        "sales.zip is a zip archive. Unpack it and give the file inside: ventas 2024.csv."
    )


def test_a_file_that_is_not_there(tmp_path):
    write(tmp_path, "sales-2024.csv", GOOD)
    assert "Did you mean" in _sentence(tmp_path / "sales-2025.csv")
    assert "sales-2024.csv" in _sentence(tmp_path / "sales-2025.csv")
    assert "There is no file or folder nowhere" in _sentence("nowhere")
    assert "cdnow, cdnow-sample" in _sentence("cdnow2")
    assert "There is no file or folder" in _sentence("")
    assert "There is no file or folder" in _sentence("x" * 5000)


def test_a_folder_without_sales_files(tmp_path):
    (tmp_path / "photos").mkdir()
    assert "The folder photos holds no sales file" in _sentence(tmp_path / "photos")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text(GOOD)
    path.chmod(0)
    assert "sales.csv cannot be read" in _sentence(path)


def test_no_valid_row(tmp_path):
    sentence = _sentence(
        write(tmp_path, "sales.csv", "customer,date,amount\nA,never,5\nB,2024-01-01,x\n,x,\n")
    )
    assert "none of the 3 rows can be used" in sentence
    assert "Rejected: Date cannot be read: 2" in sentence
    assert "One of them is line 2: 'A;never;5'." in sentence
    assert "amount ← 'amount'" in sentence


def test_no_row_with_its_cells(tmp_path):
    text = "title\n\ncustomer,date,amount\nA,2024-01-01\nB,2024-01-01\n"
    sentence = _sentence(write(tmp_path, "sales.csv", text))
    assert "One of them is line 4: 'A,2024-01-01'." in sentence


def test_every_row_without_a_customer(tmp_path):
    text = "cliente,date,amount\n,2024-01-01,5\nNULL,2024-01-02,6\n0,2024-01-02,6\n"
    sentence = _sentence(write(tmp_path, "sales.csv", text))
    assert "none of the 3 rows names a customer (column 'cliente')" in sentence


@pytest.mark.parametrize(
    "text",
    [
        "customer,date,amount\nA,2024-01-01,5\nA,2024-02-01,6\n",
        "customer,date,amount\nA,2024-01-01,5\nB,2024-01-01,6\n",
        "customer,date,amount\nA,2024-01-01,0\nB,2024-02-01,0\n",
        GOOD + GOOD.split("\n", 1)[1],
    ],
)
def test_one_customer_one_day_only_zeros_and_a_file_pasted_twice_are_alarms(tmp_path, text):
    dataset = opened(tmp_path, text)
    assert account(dataset)["sale"][0] == text.count("\n") - 1
    assert dataset.quality.warnings


@pytest.mark.parametrize("day", ["1900-01-01", "1899-12-30", "2100-12-31", "1970-01-01"])
def test_dates_that_cannot_be(tmp_path, day):
    dataset = opened(tmp_path, GOOD + f"C,{day},7\n")
    assert account(dataset)["rejected:impossible_date"] == (1, 7)
    assert dataset.as_of == dt.date(2024, 2, 1)


def test_dates_that_could_be_either(tmp_path):
    sentence = _sentence(
        write(tmp_path, "sales.csv", "customer;date;amount\nA;04/03/2024;5\nB;05/06/2024;6\n")
    )
    assert "Column 'date' of sales.csv is ambiguous" in sentence
    assert "'04/03/2024'" in sentence
    assert "If it is 4 Mar 2024: write 'date_order: day-first'." in sentence
    assert "If it is 3 Apr 2024: write 'date_order: month-first'." in sentence
    assert "dataset.yml" in sentence


def test_dates_of_both_kinds(tmp_path):
    rows = "A;25/03/2024;5\nB;03/26/2024;6\n" * 3
    sentence = _sentence(write(tmp_path, "sales.csv", "customer;date;amount\n" + rows))
    assert "mixes dates with the day first (such as '25/03/2024', cells: 3)" in sentence


def test_numbers_that_could_be_either(tmp_path):
    sentence = _sentence(
        write(tmp_path, "sales.csv", "customer;date;amount\nA;2024-01-01;1,234\nB;2024-01-02;5\n")
    )
    assert "Column 'amount' of sales.csv is ambiguous: '1,234' could be" in sentence
    assert "If it is 1,234: write 'decimal: \".\"'. If it is 1.234: write 'decimal: \",\"'." in sentence


def test_numbers_of_both_kinds(tmp_path):
    rows = "A;2024-01-01;1.50\nB;2024-01-02;1,50\n" * 3
    sentence = _sentence(write(tmp_path, "sales.csv", "customer;date;amount\n" + rows))
    assert "mixes decimal points (such as '1.50', cells: 3) and decimal commas (such as '1,50'" in sentence


@pytest.mark.parametrize(
    "text",
    [
        "customer;date;amount;currency\nA;2024-01-01;5;EUR\nB;2024-01-02;6;USD\nB;2024-01-02;7;EUR\n",
        "customer;date;amount\nA;2024-01-01;5.00 €\nB;2024-01-02;US$ 6.00\nB;2024-01-02;7.00€\n",
    ],
)
def test_currencies_that_mix(tmp_path, text):
    sentence = _sentence(write(tmp_path, "sales.csv", text))
    assert "sales.csv mixes currencies: EUR (rows: 2) and USD (rows: 1)" in sentence
    assert "'currency: EUR' in dataset.yml" in sentence


def test_all_questions_are_asked_at_once(tmp_path):
    text = "cliente;fecha;base;neto\nA;04/03/2024;1,234;5\n"
    with pytest.raises(CarteraError) as error:
        open_dataset(write(tmp_path, "sales.csv", text))
    assert "'base' and 'neto' could each be 'amount'" in str(error.value)
    assert "date_order" in str(error.value)


def test_a_protected_workbook_and_a_sheet_without_rows(tmp_path):
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "sales.xlsx"))
    sheet = book.add_worksheet("Ventas")
    book.close()
    assert "sales.xlsx: sheet 'Ventas' is empty" in _sentence(tmp_path / "sales.xlsx")
    book = xlsxwriter.Workbook(str(tmp_path / "sales.xlsx"))
    sheet = book.add_worksheet("Ventas")
    sheet.write_row(0, 0, ["customer", "date", "amount"])
    book.close()
    assert "sales.xlsx has column names but no rows" in _sentence(tmp_path / "sales.xlsx")


# From outside


def _cartera(tmp_path, *arguments):
    environment = os.environ | {"LANG": "C", "LC_ALL": "C", "COLUMNS": "500"}
    return subprocess.run(
        [sys.executable, "-m", "analysis.cli", *arguments],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("customer,date,amount\nA,04/03/2024,5\n", "is ambiguous"),
        *(
            pytest.param(text, part, marks=pytest.mark.slow)
            for text, part in [
                (None, "There is no file or folder sales.csv"),
                ("", "sales.csv is empty"),
                ("customer,date\nA,2024-01-01\n", "no column for 'amount'"),
            ]
        ),
    ],
)
def test_from_outside(tmp_path, text, part):
    if text is not None:
        write(tmp_path, "sales.csv", text)
    command = ["run", "sales.csv"] if text is None or "date,amount" in text else ["check", "sales.csv"]
    done = _cartera(tmp_path, *command)
    assert done.returncode == 1
    assert done.stdout == ""
    assert part in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"sales.csv", "cache"}


def test_a_sound_file_from_outside(tmp_path):
    write(tmp_path, "sales.csv", GOOD)
    done = _cartera(tmp_path, "check", "sales.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Sales" in done.stdout
