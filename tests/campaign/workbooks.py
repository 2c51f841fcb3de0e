"""Workbooks: cells of every type, sheets of every name, stray cells, and archives that are damaged."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import xlsxwriter

from campaign.oracle import KEPT, Expected
from campaign.sales import Case

HEADER = ["customer", "date", "amount", "note"]
DAY = dt.datetime(2024, 5, 31)
CELLS = [
    (["", "", "", ""], None),
    (["", DAY, 5.5, ""], "excluded:no_customer"),
    (["guest", DAY, 5.5, ""], "excluded:no_customer"),
    ([7, DAY, 5.25, 1], "sale"),
    ([12345678901234, DAY, 5, ""], "sale"),
    (["A", DAY, -5.25, ""], "return"),
    (["A", "", 5, "n"], "rejected:no_date"),
    (["A", "soon", 5, ""], "rejected:date"),
    (["A", dt.datetime(1900, 3, 1), 5, ""], "rejected:impossible_date"),
    (["A", dt.datetime(9999, 12, 31), 5, ""], "rejected:impossible_date"),
    (["A", 45292, 5, ""], "sale"),
    (["A", dt.time(12, 30), 5, ""], "rejected"),
    (["A", DAY, True, ""], "rejected:amount"),
    (["A", DAY, "", ""], "rejected:no_amount"),
    (["A", DAY, "five", ""], "rejected:amount"),
    (["A", DAY, "=1/0", ""], "rejected"),
    (["A", DAY, "=2+3", ""], "sale"),
    (["A", DAY, 1e300, ""], "rejected:amount"),
    (["A", DAY, 8.4e14, ""], "rejected:amount"),
    (["Total", "", 99, ""], "excluded:total"),
    (["two\nlines", DAY, 5, "a\r\nb"], "sale"),
    (["A", DAY, 5, "\x01\x0b_x0000_"], "sale"),
    (["客😀\u202e", DAY, 5, "=HYPERLINK(1)"], "sale"),
    (["A", DAY, 5, "z" * 32_000], "sale"),
]
FORMULAS = {"=1/0": "#DIV/0!", "=2+3": 5}
SHEETS = ("Sheet1", "Sales", "it's", "客", "x" * 31, "<&>", "%s {n}", "Hoja 1", "-")
Rows = list[list[Any]]


def make(rng: Random, folder: Path) -> Case:
    """Make a workbook, sound or not."""
    kinds = {"cells": _cells, "far": _far, "sheets": _sheets, "damaged": _damaged, "handmade": _handmade}
    return kinds[rng.choice(["cells", "cells", "cells", *kinds])](rng, folder)


def _rows(rng: Random, first: int = 2) -> tuple[Rows, Expected]:
    """Return rows, some hostile, the first on this line, and what must become of them."""
    written: Rows = []
    found = Expected(names=("sales.xlsx",))
    for line in range(first, first + rng.randrange(3, 30)):
        cells, fate = rng.choice(CELLS) if rng.random() < 0.3 else ([f"C{line}", DAY, line / 4, "n"], "sale")
        written.append(cells)
        if fate is not None:
            amount = FORMULAS.get(str(cells[2]), cells[2])
            found.add("", line, fate, Decimal(str(amount)) if fate in KEPT else Decimal(0), None)
    written.append(["C1", DAY, 1.25, "n"])
    found.add("", first + len(written) - 1, "sale", Decimal("1.25"), None)
    return written, found


def _book(folder: Path, sheets: dict[str, Rows], far: tuple[int, int] | None = None) -> Path:
    """Write sales.xlsx with these sheets; the last gets a stray cell at the row and column ``far``."""
    path = folder / "sales.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        written = {dt.datetime: "yyyy-mm-dd", dt.time: "hh:mm:ss"}
        formats = {kind: workbook.add_format({"num_format": how}) for kind, how in written.items()}
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for i, cells in enumerate(rows):
                for j, cell in enumerate(cells):
                    if type(cell) in formats:
                        sheet.write_datetime(i, j, cell, formats[type(cell)])
                    elif cell in FORMULAS:
                        sheet.write_formula(i, j, cell, None, FORMULAS[cell])
                    elif isinstance(cell, str):
                        sheet.write_string(i, j, cell)
                    else:
                        sheet.write(i, j, cell)
        if far:
            sheet.write(*far, "stray")
    return path


def _cells(rng: Random, folder: Path) -> Case:
    titles: Rows = rng.choice([[], [], [["A title"], []], [["A title"], *[[]] * 8]])
    written, found = _rows(rng, len(titles) + 2)
    path = _book(folder, {rng.choice(SHEETS): [*titles, HEADER, *written]})
    if rng.random() < 0.1:
        path = path.rename(folder / "sales.csv")
        found.names = ("sales.csv",)
    return Case("cells", str(path), found.settled())


def _far(rng: Random, folder: Path) -> Case:
    written, found = _rows(rng)
    place = rng.choice([(2, 16_383), (1_048_575, 16_383), (1_048_575, 0), (5000, 200), (0, 16_383)])
    found.outcome, found.counted = "either", False
    return Case(f"stray cell at {place}", str(_book(folder, {"Sales": [HEADER, *written]}, place)), found)


def _sheets(rng: Random, folder: Path) -> Case:
    written, found = _rows(rng)
    sales = [HEADER, *written]
    books: dict[str, dict[str, Rows]] = {
        "two of sales": {"a": sales, "b": sales},
        "empty": {"a": []},
        "header only": {"a": [HEADER]},
        "notes beside": {"Sales": sales, "Notes": [["Dear reader,"], ["nothing here"]]},
        "empty beside": {"Sales": sales, "Sheet2": []},
        "many": {"Sales": sales} | {f"s{n}": [["x"]] for n in range(50)},
    }
    what = rng.choice(list(books))
    if what in {"two of sales", "empty", "header only"}:
        found.outcome = "sentence"
    return Case(what, str(_book(folder, books[what])), found)


def _damaged(rng: Random, folder: Path) -> Case:
    written, found = _rows(rng)
    path = _book(folder, {"Sales": [HEADER, *written]})
    content = path.read_bytes()
    place, cut = rng.randrange(4, len(content)), rng.random() < 0.5
    path.write_bytes(content[:place] + (b"" if cut else rng.randbytes(3) + content[place + 3 :]))
    found.outcome, found.counted = "either", False
    return Case("cut short" if cut else "changed bytes", str(path), found)


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData>'
    "</worksheet>"
)
ROW = '<row r="{0}"><c r="{1}{0}" t="inlineStr"><is><t>{2}</t></is></c></row>'
ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="Sales">{}</table:table></office:spreadsheet></office:body>'
    "</office:document-content>"
)
ODS_CELL = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
ENDLESS = (
    '<table:table-row table:number-rows-repeated="1048576">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)
MANIFEST = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"


def _ods(rows: Iterable[list[str]], after: str = "") -> dict[str, str]:
    listed = ("".join(map(ODS_CELL.format, cells)) for cells in rows)
    content = "".join(f"<table:table-row>{cells}</table:table-row>" for cells in listed)
    return {
        "mimetype": MIMETYPE,
        "META-INF/manifest.xml": MANIFEST,
        "content.xml": ODS.format(content + after),
    }


def _handmade(rng: Random, folder: Path) -> Case:
    """Make a workbook as no program writes it: it may be refused, but must not end badly."""
    path = _book(folder, {"Sales": [HEADER, *_rows(rng)[0]]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    first, rows = "xl/worksheets/sheet1.xml", [HEADER, ["A", "2024-05-31", "5", "n"]]
    sheets = {
        "not a cell": ROW.format(1, "ZZZZ", "x"),
        "row 0": ROW.format(0, "A", "x"),
        "row of 10 digits": ROW.format(9999999999, "A", "x"),
        "long text": ROW.format(1, "A", "LONG"),
        "many rows": "".join(ROW.format(n, "A", "z") for n in range(1, 99_999)),
        "no XML": "<" * 99,
    }
    no_sheet = parts["xl/workbook.xml"].replace('<sheet name="Sales" sheetId="1" r:id="rId1"/>', "")
    changed = {name: parts | {first: SHEET.format(sheet)} for name, sheet in sheets.items()} | {
        "no sheet": parts | {"xl/workbook.xml": no_sheet},
        "sheet that is not there": {name: parts[name] for name in parts if name != first},
        "empty archive": {},
        "ods": _ods(rows),
        "endless ods": _ods(rows, ENDLESS),
        "ods of two ends": _ods(rows, ENDLESS + f"<table:table-row>{ODS_CELL}</table:table-row>"),
    }
    what = rng.choice(list(changed))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in changed[what].items():
            archive.writestr(name, content.replace("LONG", "z" * 150_000_000))
    if "ods" in what:
        path = path.rename(folder / "sales.ods")
    outcome = "account" if what == "ods" else "either"
    return Case(what, str(path), Expected(outcome, counted=False, names=(path.name,)))
