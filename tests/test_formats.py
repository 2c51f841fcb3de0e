"""However a sales file is written, the same sales come out of it."""

import gzip
import json
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
import zstandard

from analysis import open_dataset
from analysis.errors import CarteraError
from intake import amounts, kept, opened, set_aside, write

PLAIN = "customer,date,amount\n00123,2024-01-31,1234.50\nñandú,2024-02-01,-7\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


def _is_plain(dataset):
    rows = kept(dataset)
    assert list(rows["customer_id"]) == ["00123", "ñandú"]
    assert [str(day) for day in rows["date"]] == ["2024-01-31", "2024-02-01"]
    assert amounts(dataset) == [1234.5, -7]
    assert list(rows["kind"]) == ["sale", "return"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path, delimiter):
    _is_plain(open_dataset(write(tmp_path, "sales.csv", PLAIN.replace(",", delimiter))))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings(tmp_path, encoding):
    _is_plain(open_dataset(write(tmp_path, "sales.csv", PLAIN.replace(",", ";"), encoding)))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path, end):
    dataset = open_dataset(write(tmp_path, "sales.csv", (PLAIN + "X,never,5\n").replace("\n", end)))
    _is_plain(dataset)
    assert set_aside(dataset) == [(4, "rejected:date", "X;never;5")]


def test_line_ends_of_all_kinds_in_one_file(tmp_path):
    text = 'customer,date,amount\r\n00123,2024-01-31,1234.50\rX,never,5\n"Y\ny",no,6\r\nñandú,2024-02-01,-7\n'
    dataset = open_dataset(write(tmp_path, "sales.csv", text))
    _is_plain(dataset)
    assert [line for line, _outcome, _raw in set_aside(dataset)] == [3, 4]


def test_a_line_feed_in_a_cell_of_a_file_with_windows_line_ends(tmp_path):
    text = 'customer,date,amount\r\n"two\nlines",2024-01-31,5\r\nX,never,5\r\n'
    dataset = open_dataset(write(tmp_path, "sales.csv", text))
    assert amounts(dataset) == [5]
    assert set_aside(dataset) == [(4, "rejected:date", "X;never;5")]


@pytest.mark.parametrize(
    ("name", "compress"),
    [("sales.csv.gz", gzip.compress), ("sales.csv.zst", zstandard.ZstdCompressor().compress)],
)
def test_compressed(tmp_path, name, compress):
    (tmp_path / name).write_bytes(compress(PLAIN.encode()))
    dataset = open_dataset(str(tmp_path / name))
    _is_plain(dataset)
    assert dataset.name == "sales"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,234.56", "(99.5)", "5.00-", "$ 7.25", "-$8.5", "9 $", "1e3"],
         [1234.56, -99.5, -5, 7.25, -8.5, 9, 1000]),
        (["1.234,56", "(99,5)", "5,00-", "7,25 €", "-8,5€", "1.234.567"],
         [1234.56, -99.5, -5, 7.25, -8.5, 1234567]),
        (["1 234,56", "1\u00a0234", "1\u202f234,5", "−12,5"], [1234.56, 1234, 1234.5, -12.5]),
        (["1'234.56", "1’000", ".5", "5.", "+3"], [1234.56, 1000, 0.5, 5, 3]),
        (["1,234,567", "12.5"], [1234567, 12.5]),
    ],
)  # fmt: skip
def test_numbers(tmp_path, cells, expected):
    rows = "".join(f"A;2024-01-{day:02};{cell}\n" for day, cell in enumerate(cells, 1))
    dataset = opened(tmp_path, "customer;date;amount\n" + rows, 'decimal: "' + _mark(cells) + '"')
    assert amounts(dataset) == expected
    assert amounts(open_dataset(str(tmp_path / "sales.csv"))) == expected


def _mark(cells):
    return "," if cells[0].endswith(",56") else "."


def test_what_is_no_number_costs_its_row(tmp_path):
    wrong = ["12.34.5", "1,23,4.0", "abc", "12 apples", "1..2", "--5", "-5-", "(5", "5)"]
    rows = "".join(f"A;2024-01-01;{cell}\n" for cell in wrong)
    dataset = opened(tmp_path, "customer;date;amount\nA;2024-01-01;1.25\n" + rows)
    assert amounts(dataset) == [1.25]
    assert [outcome for _line, outcome, _raw in set_aside(dataset)] == ["rejected:amount"] * len(wrong)


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-03-31", "2024-04-01"],
        ["2024/3/31", "2024/4/1"],
        ["31/03/2024", "01/04/2024"],
        ["31-3-2024", "1-4-2024"],
        ["31.03.2024", "01.04.2024"],
        ["31/03/24", "01/04/24"],
        ["03/31/2024", "04/01/2024"],
        ["3/31/24 9:05", "4/1/24 17:30"],
        ["20240331", "20240401"],
        ["2024-03-31T23:59:59", "2024-04-01T00:00:00Z"],
        ["2024-03-31 23:59:59.123+02:00", "2024-04-01 00:00:00+02:00"],
        ["31/03/2024 0:00:00", "01/04/2024 23:59"],
        ["03/31/2024 11:59:59 PM", "04/01/2024 12:00:00 AM"],
        [" 2024-03-31 ", "2024-04-01"],
        ["31-Mar-2024", "1-Apr-24"],
        ["31 mar 2024", "1 de abril de 2024"],
        ["Mar 31, 2024", "April 1, 2024 10:00:00 PM PDT"],
        ["31/03/2024 10:30 a. m.", "1/4/2024 4:30 p.m."],
        ["45382", "45383,75"],
    ],
)
def test_dates(tmp_path, cells):
    rows = "".join(f"A;{cell};1\n" for cell in cells)
    days = kept(opened(tmp_path, "customer;date;amount\n" + rows))["date"]
    assert [str(day) for day in days] == ["2024-03-31", "2024-04-01"]


def test_days_counted_as_in_excel_are_noted(tmp_path):
    dataset = opened(tmp_path, "customer;date;amount\nA;45382;1\nB;99999;1\nC;12345;1\n")
    assert len(kept(dataset)) == 1
    assert any("counted as in Excel" in sentence for sentence in dataset.quality.assumptions)


def test_months_that_are_none(tmp_path):
    dataset = opened(tmp_path, "customer;date;amount\nA;31-Mar-2024;1\nB;31 Xyz 2024;1\nC;31-Feb-2024;1\n")
    assert len(kept(dataset)) == 1


def test_two_digit_years_end_in_1970(tmp_path):
    dataset = opened(tmp_path, "customer;date;amount\nA;31/12/71;1\nA;31/12/69;1\nA;01/01/00;1\n")
    assert [str(day) for day in kept(dataset)["date"]] == ["1971-12-31", "2000-01-01"]
    assert set_aside(dataset)[0][:2] == (3, "rejected:impossible_date")


def test_quotes_and_line_breaks_keep_the_lines_right(tmp_path):
    text = '''\
        customer,date,amount
        "Smith, John",2024-01-01,5
        "says ""no""",never,6

        "two
        lines",2024-01-02,x
        B,2024-01-03
        C,2024-01-03,1,2
        D,2024-01-04,8
        "E",also never,9
        '''
    dataset = opened(tmp_path, text)
    assert list(kept(dataset)["customer_id"]) == ["Smith, John", "D"]
    assert set_aside(dataset) == [
        (3, "rejected:date", 'says "no";never;6'),
        (5, "rejected:amount", "two\nlines;2024-01-02;x"),
        (7, "rejected:cells", "B,2024-01-03"),
        (8, "rejected:cells", "C,2024-01-03,1,2"),
        (10, "rejected:date", "E;also never;9"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_after_blank_ones(tmp_path, end):
    text = "customer,date,amount\n\nA,2024-01-01,5\n\n\nB,2024-01-01\nC,never,6\n\nD\n\nE,2024-01-01,7\n"
    dataset = open_dataset(write(tmp_path, "sales.csv", text.replace("\n", end)))
    assert [line for line, _outcome, _raw in set_aside(dataset)] == [6, 7, 9]
    assert amounts(dataset) == [5, 7]


def test_lines_of_records_of_one_character(tmp_path):
    dataset = opened(tmp_path, "customer,date,amount\nx\ny\n,\n,\n\nz\nA,2024-01-01,5\n")
    assert [(line, raw) for line, _outcome, raw in set_aside(dataset)] == [
        (2, "x"), (3, "y"), (4, ","), (5, ","), (7, "z"),
    ]  # fmt: skip


def test_lines_below_a_title_of_several_lines(tmp_path):
    text = "Shop\n\nSales of 2024\ncustomer,date,amount\nA,2024-01-01,5\nB,2024-01-01\nC,never,6\n"
    dataset = open_dataset(write(tmp_path, "sales.csv", text.replace("\n", "\r\n")))
    assert [line for line, _outcome, _raw in set_aside(dataset)] == [6, 7]
    assert any("in line 4" in sentence for sentence in dataset.quality.assumptions)


@pytest.mark.parametrize("rows", [3, 200_000])
def test_a_quote_that_is_never_closed_costs_only_its_line(tmp_path, rows):
    lines = ["customer,date,amount", *(f"C{i},2024-01-02,1" for i in range(rows))]
    lines[2] = '"C1,2024-01-02,1'
    lines[-1] = 'C9,2024-01-02,"1'
    dataset = opened(tmp_path, "\n".join(lines) + "\n")
    assert sum(amounts(dataset)) == rows - 2
    assert set_aside(dataset) == [
        (3, "rejected:cells", lines[2]),
        (rows + 1, "rejected:cells", lines[-1]),
    ]


def test_too_many_quotes_that_are_never_closed(tmp_path):
    lines = [f'"C{i},2024-01-02,{i}\nD,2024-01-02,"5"' for i in range(200)]
    dataset = opened(tmp_path, "customer,date,amount\n" + "\n".join(lines) + "\n")
    assert len(kept(dataset)) == 200
    assert [line for line, _outcome, _raw in set_aside(dataset)] == list(range(2, 402, 2))


def test_a_quote_within_a_cell_is_a_mark_of_inches(tmp_path):
    dataset = opened(tmp_path, 'customer,date,amount,product\nA,2024-01-01,5,disk 5"\nB,2024-01-02,6,x\n')
    assert amounts(dataset) == [5, 6]


def test_delimiter_given_in_the_first_line_as_excel_has_it(tmp_path):
    dataset = open_dataset(write(tmp_path, "sales.csv", "sep=;\n" + PLAIN.replace(",", ";")))
    _is_plain(dataset)


def test_delimiters_at_the_end_of_lines(tmp_path):
    _is_plain(open_dataset(write(tmp_path, "a.csv", PLAIN.replace("\n", ",\n"))))
    header, rest = PLAIN.split("\n", 1)
    _is_plain(open_dataset(write(tmp_path, "b.csv", header + "\n" + rest.replace("\n", ",\n"))))
    _is_plain(open_dataset(write(tmp_path, "c.csv", header + ",\n" + rest)))


def test_cells_beyond_the_header_are_rejected_and_shift_nothing(tmp_path):
    text = "customer,date,amount\nA,2024-01-01,5,x\nB,2024-01-02,6,y\nC,2024-01-03,7\n"
    dataset = opened(tmp_path, text)
    assert amounts(dataset) == [7]
    assert [line for line, _outcome, _raw in set_aside(dataset)] == [2, 3]


def test_a_file_without_column_names(tmp_path):
    text = PLAIN.split("\n", 1)[1] + "X,never,5\n"
    dataset = opened(tmp_path, text, "names: [customer_id, date, amount]")
    _is_plain(dataset)
    assert set_aside(dataset)[0][0] == 3


def test_a_header_line_that_is_given(tmp_path):
    text = "customer,date,amount\nold,2020-01-01,1\nclient,day,sales\nA,2024-01-01,5\nB,never,6\n"
    dataset = opened(tmp_path, text, "header_line: 3")
    assert list(kept(dataset)["customer_id"]) == ["A"]
    assert set_aside(dataset)[0][0] == 5


@pytest.mark.parametrize("line", [6, 10**30])
def test_a_header_line_beyond_the_end_of_the_file(tmp_path, line):
    with pytest.raises(CarteraError, match=r"sales\.csv has no column names in line \d+: its first 3 rows"):
        opened(tmp_path, PLAIN, f"header_line: {line}")


@pytest.mark.parametrize("name", ["a,b", 'the "note"', "two\nlines", "ñ; é"])
def test_names_that_are_given_may_hold_any_sign(tmp_path, name):
    text = "A,2024-01-31,5,x\nB,2024-02-01,6,y\n"
    names = json.dumps(["customer", "date", "amount", name])
    dataset = opened(tmp_path, text, f"names: {names}")
    assert amounts(dataset) == [5, 6]
    assert any(f"not used: '{' '.join(name.split())}'" in note for note in dataset.quality.assumptions)


def test_more_columns_than_can_be_read(tmp_path):
    names = ["customer", "date", "amount", *(f"day {i}" for i in range(3000))]
    text = ",".join(names) + "\nA,2024-01-31,5" + ",1" * 3000 + "\n"
    with pytest.raises(CarteraError, match=r"sales\.csv has 3,003 columns; up to 2,000 can be read"):
        opened(tmp_path, text)


def test_an_encoding_that_is_given(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_bytes(PLAIN.encode("cp850"))
    write(tmp_path, "dataset.yml", "transactions: {file: sales.csv, encoding: cp850}")
    _is_plain(open_dataset(str(tmp_path)))


def test_the_dollar_sign_is_the_dollar_the_user_names(tmp_path):
    text = "customer;date;amount\nA;2024-01-01;$5.50\nB;2024-01-02;$6.50\n"
    path = write(tmp_path, "sales.csv", text)
    assert open_dataset(path).currency is None
    config = write(tmp_path, "dataset.yml", "currency: MXN\ntransactions: {file: sales.csv}")
    assert amounts(open_dataset(config)) == [5.5, 6.5]
    config = write(tmp_path, "dataset.yml", "currency: EUR\ntransactions: {file: sales.csv}")
    with pytest.raises(CarteraError, match="none of the 2 rows can be used"):
        open_dataset(config)


# Workbooks


def _xlsx(path, rows, sheets=("Sales",)):
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    for name in sheets:
        sheet = book.add_worksheet(name)
        for i, row in enumerate(rows if name == sheets[0] else [["notes"], ["nothing here"]]):
            sheet.write_row(i, 0, row)
    book.close()
    return str(path)


ROWS = [
    ["customer", "date", "amount"],
    ["00123", pd.Timestamp("2024-01-31"), 1234.5],
    ["ñandú", pd.Timestamp("2024-02-01"), -7],
]


def test_xlsx(tmp_path):
    _is_plain(open_dataset(_xlsx(tmp_path / "sales.xlsx", ROWS)))


def test_a_workbook_whatever_its_name_says(tmp_path):
    _is_plain(open_dataset(_xlsx(tmp_path / "sales.csv", ROWS)))


def test_xlsx_with_a_title_blank_rows_and_mixed_cells(tmp_path):
    rows = [
        ["Sales of the year"],
        [],
        ["customer", "date", "amount"],
        ["00123", pd.Timestamp("2024-01-31"), "1.234,50 €"],
        [],
        [17, "01/02/2024", 1.125],
        ["", "", ""],
        [18.0, "never", "x"],
        [19, "25/02/2024", 12],
    ]
    dataset = open_dataset(_xlsx(tmp_path / "sales.xlsx", rows))
    assert list(kept(dataset)["customer_id"]) == ["00123", "17", "19"]
    assert [str(day) for day in kept(dataset)["date"]] == ["2024-01-31", "2024-02-01", "2024-02-25"]
    assert amounts(dataset) == [1234.5, 1.125, 12]
    assert [line for line, _outcome, _raw in set_aside(dataset)] == [8]


def test_numbers_in_a_workbook_are_not_read_as_text(tmp_path):
    rows = [["customer", "date", "amount"], [123, pd.Timestamp("2024-01-31"), 1.234]]
    dataset = open_dataset(_xlsx(tmp_path / "sales.xlsx", rows))
    assert list(kept(dataset)["customer_id"]) == ["123"]
    assert amounts(dataset) == [1.234]


def test_the_sheet_that_looks_like_sales_is_taken(tmp_path):
    dataset = open_dataset(_xlsx(tmp_path / "sales.xlsx", ROWS, ("Sales", "Notes")))
    _is_plain(dataset)


def test_two_sheets_that_look_like_sales_are_asked(tmp_path):
    book = openpyxl.Workbook()
    for name in ("2023", "2024"):
        sheet = book.create_sheet(name)
        for row in ROWS:
            sheet.append(row)
    del book["Sheet"]
    book.save(tmp_path / "sales.xlsx")
    with pytest.raises(CarteraError, match=r"sales\.xlsx has the sheets 2023 and 2024.*'sheet: 2023'"):
        open_dataset(str(tmp_path / "sales.xlsx"))
    write(tmp_path, "dataset.yml", "transactions: {file: sales.xlsx, sheet: 2024}")
    _is_plain(open_dataset(str(tmp_path / "dataset.yml")))
    write(tmp_path, "dataset.yml", 'transactions: {file: sales.xlsx, sheet: "2042"}')
    with pytest.raises(CarteraError, match=r"no sheet '2042'\. Did you mean '2024'"):
        open_dataset(str(tmp_path / "dataset.yml"))


def test_xls():
    """The file was written by xlwt 1.3; no writer of the old format is among the dependencies."""
    dataset = open_dataset(str(Path(__file__).parent / "data" / "sales.xls"))
    _is_plain(dataset)
    assert "sales.xls: the column names are in line 3; what stands above them was left out." in (
        dataset.quality.assumptions
    )


def test_ods(tmp_path):
    _is_plain(open_dataset(_ods(tmp_path / "sales.ods")))


def _ods(path):
    """Write a workbook of one sheet by hand."""
    cells = [
        ["customer", "date", "amount"],
        ["00123", ("date", "date-value", "2024-01-31"), ("float", "value", "1234.5")],
        ["ñandú", ("date", "date-value", "2024-02-01"), ("float", "value", "-7")],
    ]
    rows = "".join("<table:table-row>" + "".join(map(_ods_cell, row)) + "</table:table-row>" for row in cells)
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}><office:body>'
            f'<office:spreadsheet><table:table table:name="Sales">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return str(path)


def _ods_cell(cell):
    if isinstance(cell, str):
        return f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
    kind, attribute, value = cell
    return (
        f'<table:table-cell office:value-type="{kind}" office:{attribute}="{value}">'
        f"<text:p>{value}</text:p></table:table-cell>"
    )


def test_parquet_with_types(tmp_path):
    frame = pd.DataFrame(
        {
            "customer": [123, 124, None],
            "date": pd.to_datetime(["2024-01-31 23:59", "2024-02-01 00:00", "2024-02-02 00:00"]),
            "amount": [1234.5, -7.0, 1.0],
        }
    )
    frame.to_parquet(tmp_path / "sales.parquet")
    dataset = open_dataset(str(tmp_path / "sales.parquet"))
    assert list(kept(dataset)["customer_id"]) == ["123", "124"]
    assert amounts(dataset) == [1234.5, -7]
    assert [str(day) for day in kept(dataset)["date"]] == ["2024-01-31", "2024-02-01"]
    assert set_aside(dataset)[0][:2] == (3, "excluded:no_customer")


def test_parquet_with_text(tmp_path):
    pd.DataFrame(
        {
            "customer": ["00123", "ñandú", "X"],
            "date": ["31/01/2024", "01/02/2024", "never"],
            "amount": ["1.234,50", "-7,00", "5,00"],
        }
    ).to_parquet(tmp_path / "sales.parquet")
    dataset = open_dataset(str(tmp_path / "sales.parquet"))
    _is_plain(dataset)
    assert set_aside(dataset) == [(3, "rejected:date", "X;never;5,00")]
