"""Workbooks, read back with another library: numbers stay numbers, text stays text, a page is a page."""

from __future__ import annotations

import datetime as dt

import openpyxl
import pandas as pd
import pytest

from analysis.errors import CarteraError
from analysis.language import use_language
from analysis.report.excel import Page, tabs, write_large_workbook, write_workbook


@pytest.fixture
def written(tmp_path):
    """Return a function that writes pages and opens what was written."""

    def write(*pages, currency="EUR"):
        write_workbook(tmp_path / "book.xlsx", pages, currency)
        return openpyxl.load_workbook(tmp_path / "book.xlsx")

    return write


def rows():
    return pd.DataFrame(
        {
            "customer_id": ["=1+1", "00042", None],
            "net_sales": [1234.56, -5.0, float("nan")],
            "share": [0.25, 0.5, 0.25],
            "last_purchase": pd.to_datetime(["2024-02-29", None, "2025-01-01"]),
        }
    )


def test_a_page_prints_whole_and_its_text_is_no_wider_than_its_tables(written):
    """Four columns of 10, 11, 11 and 11 letters hold 43 of the 100 letters on each of three rows."""
    page = Page("Ana", "Portfolio", ["a" * 100], {"largest": rows()}, space="Notes")
    sheet = written(page)["Ana"]
    assert sheet.freeze_panes == "A2"
    assert sheet.print_area == "'Ana'!$A$1:$D$20"
    assert sorted(map(str, sheet.merged_cells.ranges)) == ["A11:D20", "A2:D2"]
    assert sheet.row_dimensions[2].height == 45
    assert sheet["A11"].value == "Notes"


def test_a_page_reads_from_top_to_bottom(written):
    sheet = written(Page("Ana", "Portfolio", ["As of today"], {"largest": rows()}, after=["Notes"]))["Ana"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["Portfolio", None, None, None],
        ["As of today", None, None, None],
        [None, None, None, None],
        ["The top 10 customers", None, None, None],
        ["Customer", "Net sales so far", "Share", "Last purchase"],
        ["=1+1", 1234.56, 0.25, dt.datetime(2024, 2, 29)],
        ["00042", -5, 0.5, None],
        [None, None, 0.25, dt.datetime(2025, 1, 1)],
        [None, None, None, None],
        ["Notes", None, None, None],
    ]
    assert sheet["A6"].data_type == "s"  # no formula
    assert sheet.page_setup.paperSize == 9  # A4
    assert sheet.sheet_properties.pageSetUpPr.fitToPage


@pytest.mark.parametrize(
    ("language", "currency", "form"),
    [("en", "EUR", '"€"#,##0'), ("es", "EUR", '#,##0 "€"'), ("en", None, "#,##0")],
)
def test_amounts_are_shown_as_the_reader_writes_them(written, language, currency, form):
    use_language(language)
    sheet = written(Page("Ana", "Portfolio", tables={"largest": rows()}), currency=currency)["Ana"]
    assert [cell.number_format for cell in sheet[5]] == ["@", form, "0.0%", "dd/mm/yyyy"]


def test_a_list_has_filters_and_prints_its_headings_on_every_page(written):
    """Title, one line, a blank, the caption: headings are in row 5, and three rows follow."""
    page = Page("Ana", "Plan", ["As of today"], {"largest": rows()}, is_list=True)
    sheet = written(page)["Ana"]
    assert (sheet.auto_filter.ref, sheet.freeze_panes) == ("A5:D8", "A6")
    assert sheet.print_title_rows == "$5:$5"
    assert sheet["A6"].alignment.wrap_text
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in {(1, 0), (None, 0)}
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_area == "'Ana'!$A$1:$D$9"


def test_tabs_have_names_that_excel_allows(written):
    long = "A very long name of a salesperson, of more than 31"
    names = ["V01/02", "v01 02", "History", long, long, "'", ""]
    book = written(*(Page(name, "Portfolio") for name in names))
    assert book.sheetnames == [
        "V01 02",
        "v01 02 2",
        "History 2",
        "A very long name of a salespers",
        "A very long name of a salespe 2",
        "Page",
        "Page 2",
    ]


def test_a_large_workbook_says_the_same(tmp_path, written):
    pages = [Page("Ana", "Plan", ["As of today"], {"largest": rows()}, is_list=True, space="Notes")]
    write_large_workbook(tmp_path / "large.xlsx", pages, "EUR")
    one, other = openpyxl.load_workbook(tmp_path / "large.xlsx")["Ana"], written(*pages)["Ana"]
    cells = [[[(cell.value, cell.number_format) for cell in row] for row in sheet] for sheet in (one, other)]
    assert cells[0] == cells[1]
    assert one.auto_filter.ref == other.auto_filter.ref == "A5:D8"
    with pytest.raises(CarteraError, match="cannot be written"):
        write_large_workbook(tmp_path / "no-folder" / "large.xlsx", pages, "EUR")


def test_a_cell_leads_to_the_page_it_names(written):
    (name,) = tabs(["Ana's 1/2"])
    contents = Page("Contents", "Contents", tables={"x": pd.DataFrame({"sheet": [name]})}, links="sheet")
    cell = written(contents, Page(name, "Ana"))["Contents"]["A5"]
    assert (cell.value, cell.hyperlink.location) == ("Ana's 1 2", "'Ana''s 1 2'!A1")


def test_odd_cells(written):
    """What no number of a workbook can be is text, long text is cut where Excel cuts it; 2.5 is not 3."""
    frame = pd.DataFrame({"new_column": [float("inf"), 2.5], "y": ["a" * 40_000, "=1+1"], "z": [True, None]})
    sheet = written(Page("Ana", "Ana", tables={"x": frame}))["Ana"]
    assert [cell.value for cell in sheet[5]] == ["∞", "a" * 32_767, "yes"]
    assert [cell.value for cell in sheet[6]] == [2.5, "=1+1", None]
    assert sheet["A6"].number_format == "#,##0.00"
    assert sheet["B6"].data_type == "s"
    assert sheet["B5"].alignment.wrap_text
