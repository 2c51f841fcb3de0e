"""Workbooks are measured before they are read: a cell astray, or gigabytes when unpacked, is a sentence."""

import re
import tracemalloc
import zipfile

import pytest
import xlsxwriter

from analysis import open_dataset
from analysis.dataset.files.peek import has_sheets, heads_of
from analysis.errors import CarteraError
from intake import amounts

TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


def _xlsx(folder, *astray, blank=(), sheets=("Ventas",)):
    path = folder / "sales.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name in sheets:
            sheet = book.add_worksheet(name)
            for row, cells in enumerate([["customer", "date", "amount"], ["A", "2024-01-31", 5.5]]):
                sheet.write_row(row, 0, cells)
            for cell in astray:
                sheet.write(cell, "x")
            for cell in blank:
                sheet.write_blank(cell, None, book.add_format({"bold": True}))
    return path


def _edited(path, part, edit):
    """Change the bytes of one part of a workbook."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, edit(content) if name == part else content)
    return path


def _ods(folder, *rows):
    """Write a workbook from rows of (times, cells), a cell being (times, text)."""
    cells = "".join(
        f'<table:table-row table:number-rows-repeated="{times}">'
        + "".join(
            f'<table:table-cell table:number-columns-repeated="{n}"'
            + (f' office:value-type="string"><text:p>{text}</text:p></table:table-cell>' if text else "/>")
            for n, text in row
        )
        + "</table:table-row>"
        for times, row in rows
    )
    path = folder / "sales.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", "<manifest/>")
        book.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{OFFICE}" xmlns:table="{TABLE}" xmlns:text="{TEXT}">'
            f'<office:body><office:spreadsheet><table:table table:name="Ventas">{cells}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def _sentence(path):
    with pytest.raises(CarteraError) as error:
        open_dataset(str(path))
    assert "\n" not in str(error.value)
    return str(error.value)


HEADER, ROW = (
    (1, [(1, "customer"), (1, "date"), (1, "amount")]),
    (1, [(1, "A"), (1, "2024-01-31"), (1, "5.5")]),
)


@pytest.mark.parametrize(
    ("astray", "sheets"),
    [
        (("XFD1048576",), ("Ventas",)),
        (("XFD3", "A1048576"), ("Ventas",)),
        (("Z1048576",), ("Ventas", "Notas")),
    ],
)
def test_a_cell_astray_is_named(tmp_path, astray, sheets):
    path = _xlsx(tmp_path, *astray, sheets=sheets)
    column = re.match("[A-Z]+", astray[0])[0]
    assert f"sales.xlsx has a sheet whose cells reach as far as {column}1048576" in _sentence(path)
    assert [head.headers for head in heads_of(path)] == [()]


@pytest.mark.parametrize("astray", [["XFD3"], pytest.param(["A1000000"], marks=pytest.mark.slow), []])
def test_a_cell_not_too_far_away_and_cells_that_are_only_formatted(tmp_path, astray):
    dataset = open_dataset(str(_xlsx(tmp_path, *astray, blank=["XFD1048576", "XFD5"])))
    assert amounts(dataset) == [5.5]
    notes = [note for note in dataset.quality.assumptions if "not used" in note]
    assert notes == ([f"{'sales.xlsx'}: columns not used: 'column 16384'."] if astray == ["XFD3"] else [])


def test_a_cell_astray_in_opendocument(tmp_path):
    path = _ods(tmp_path, HEADER, ROW, (1048570, [(16384, "")]), (1, [(16383, ""), (1, "x")]))
    assert "sales.ods has a sheet whose cells reach as far as XFD1048573" in _sentence(path)
    assert "as far as XFD1048571" in _sentence(_ods(tmp_path, HEADER, (1048570, [(16384, "1")])))
    path = _ods(tmp_path, HEADER, ROW, (1, [(1, "B"), (1, "2024-01-31"), (1, "7"), (16000, ""), (1, "x")]))
    assert amounts(open_dataset(str(path))) == [5.5, 7]


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"])
def test_a_text_of_many_millions_is_not_held_in_memory(tmp_path, part):
    end = b"</t>" if "Strings" in part else b"</sheetData>"
    path = _edited(_xlsx(tmp_path), part, lambda content: content.replace(end, b"x" * 30_000_000 + end, 1))
    tracemalloc.start()
    assert "sales.xlsx holds a text of more than a million characters" in _sentence(path)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_workbook_that_unpacks_to_gigabytes(tmp_path):
    path = _xlsx(tmp_path)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as book:
        directory = book.start_dir
    content[directory + 24 : directory + 28] = (3 << 30).to_bytes(4, "little")
    path.write_bytes(content)
    assert "sales.xlsx unpacks to more than 2 GB" in _sentence(path)
    assert not has_sheets(path)


def test_a_workbook_without_sheets_and_damaged_ones(tmp_path):
    none = _edited(
        _xlsx(tmp_path), "xl/workbook.xml", lambda c: re.sub(b"<sheets>.*</sheets>", b"<sheets/>", c)
    )
    assert "sales.xlsx has no sheet with cells" in _sentence(none)
    half = _edited(_xlsx(tmp_path), "xl/worksheets/sheet1.xml", lambda c: c[: c.find(b"</row>") + 6])
    assert "sales.xlsx is not an Excel or OpenDocument workbook that can be read" in _sentence(half)
    path = _xlsx(tmp_path)
    content = path.read_bytes()
    at = content.find(b"xl/worksheets/sheet1.xml") + 60
    path.write_bytes(content[:at] + b"\xff" * 20 + content[at + 20 :])
    assert "sales.xlsx is not an Excel or OpenDocument workbook that can be read" in _sentence(path)
