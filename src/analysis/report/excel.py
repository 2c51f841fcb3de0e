"""The one writer of workbooks: tables as a reader of Excel wants them, each page on one sheet of paper."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from babel.numbers import get_currency_symbol

from analysis.display_names import words
from analysis.language import _, current_language, locale
from analysis.report.atomic_write import write_bytes
from analysis.report.tables import flat

_A4 = 9
_LONGEST_NAME = 31
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]|^'|'$")
_WIDEST = 34
_ROW = 15  # points
_SPACE = 10  # rows
_FORMAT = re.compile(r"(number|percent|money)(\d?)")


@dataclass(frozen=True)
class Page:
    """A page of a workbook.

    Attributes
    ----------
    name
        What its tab says; shortened, and freed of what Excel does not allow there.
    title
        Its first line.
    lines
        Text beneath.
    tables
        By their names in `analysis.display_names`, one below the other.
    headings
        Of columns whose heading depends on the data, in place of that in `analysis.display_names`.
    after
        Text at the end.
    space
        What a space to write in is for, below everything; empty: there is none.
    is_list
        Whether its one table is worked through: with filters, headings in sight, and as many pages as needed.
    """

    name: str
    title: str
    lines: Sequence[str] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    after: Sequence[str] = ()
    space: str = ""
    is_list: bool = False


def write_workbook(path: Path, pages: Iterable[Page], currency: str | None) -> None:
    """Write a `workbook` whole or not at all, at a path that ends in ``.xlsx``."""
    write_bytes(path, workbook(pages, currency))


def workbook(pages: Iterable[Page], currency: str | None) -> bytes:
    """Return a workbook: numbers stay numbers, and text is never a formula.

    Parameters
    ----------
    pages
        In the order of the tabs; each prints on one page of A4, a list on several.
    currency
        ISO 4217 code of the amounts, or None where it is not known.
    """
    import xlsxwriter  # noqa: PLC0415 needed only here

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        taken: set[str] = set()
        for page in pages:
            _write_page(book, book.add_worksheet(_tab(page.name, taken)), page, currency)
    return content.getvalue()


def _tab(name: str, taken: set[str]) -> str:
    """Return a name that Excel allows and no other tab has, whatever its case."""
    plain = _NOT_IN_A_NAME.sub(" ", name)[:_LONGEST_NAME].strip() or _("Page")
    found, i = plain, 1
    while found.casefold() in taken | {"history"}:
        i += 1
        found = f"{plain[: _LONGEST_NAME - len(str(i)) - 1]} {i}"
    taken.add(found.casefold())
    return found


def _write_page(book: Any, sheet: Any, page: Page, currency: str | None) -> None:  # noqa: ANN401 no types
    """Fill one worksheet from the top; its title stays in sight, and text is as wide as the tables."""
    bold = {"bold": True}
    sheet.set_paper(_A4)
    sheet.set_margins(0.5, 0.5, 0.5, 0.5)
    sheet.fit_to_pages(1, 1)
    sheet.hide_gridlines(2)
    sheet.freeze_panes(1, 0)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    sheet.write_string(0, 0, page.title, book.add_format(bold | {"font_size": 14}))
    row, widths = 1 + len(page.lines), [8, 8]
    for name, frame in page.tables.items():
        said, table = words(name, frame), flat(frame)
        sheet.write_string(row + 1, 0, said["caption"], book.add_format(bold))
        widths += [8] * (len(table.columns) - len(widths))
        for j, column in enumerate(table.columns):
            form = _excel_format(said["formats"].get(column, ""), table[column], currency)
            heading = page.headings.get(column, said["labels"].get(column, str(column)))
            head = bold | {"bottom": 1, "text_wrap": True, "align": "left" if form == "@" else "right"}
            sheet.write_string(row + 2, j, heading, book.add_format(head))
            wrap = {"text_wrap": True, "valign": "top"} if page.is_list else {}
            style = book.add_format({"num_format": form} | wrap)
            for i, value in enumerate(table[column]):
                _write_cell(sheet, (row + 3 + i, j), value, style)
            cells = [len(str(value)) for value in table[column] if form == "@"]
            widths[j] = min(max(widths[j], len(heading) // 2 + 3, *cells, 11), _WIDEST)
        if page.is_list:
            sheet.autofilter(row + 2, 0, row + 2 + len(table), len(table.columns) - 1)
            sheet.freeze_panes(row + 3, 0)
            sheet.repeat_rows(row + 2)
            sheet.fit_to_pages(1, 0)
            sheet.set_landscape()
        row += len(table) + 3
    last, wrapped = len(widths) - 1, book.add_format({"text_wrap": True, "valign": "top"})
    for place, line in [*enumerate(page.lines, 1), *enumerate(page.after, row + 1)]:
        sheet.merge_range(place, 0, place, last, line, wrapped)
        sheet.set_row(place, _ROW * -(-len(line) // sum(widths)))
    row += 1 + len(page.after)
    if page.space:
        box = book.add_format(bold | {"border": 1, "valign": "top"})
        sheet.merge_range(row + 1, 0, row + _SPACE, last, page.space, box)
        row += 1 + _SPACE
    sheet.print_area(0, 0, row - 1, last)
    for j, width in enumerate(widths):
        sheet.set_column(j, j, width)


def _write_cell(sheet: Any, place: tuple[int, int], value: Any, style: Any) -> None:  # noqa: ANN401
    """Write a value as what it is; nothing where it is missing."""
    if pd.isna(value):
        return
    if isinstance(value, pd.Timestamp):
        sheet.write_datetime(*place, value.to_pydatetime(), style)
    elif isinstance(value, bool):
        sheet.write_string(*place, _("yes") if value else _("no"), style)
    elif isinstance(value, str):
        sheet.write_string(*place, value, style)
    else:
        sheet.write_number(*place, float(value), style)


def _excel_format(form: str, column: pd.Series[Any], currency: str | None) -> str:
    """Return Excel's own format for one of `analysis.report.tables.shown`."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return "mmm yyyy" if form == "month" else "dd/mm/yyyy"
    parts = _FORMAT.fullmatch(form)
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return "@"
    kind, decimals = (parts[1], int(parts[2] or 0)) if parts else ("number", 0)
    plain = ("0" if kind == "percent" else "#,##0") + ("." + "0" * decimals if decimals else "")
    if kind == "percent":
        return plain + "%"
    if kind == "money" and currency:
        symbol = f'"{get_currency_symbol(currency, locale())}"'
        return f"{plain} {symbol}" if current_language() == "es" else symbol + plain
    return plain
