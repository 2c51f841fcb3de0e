"""The one writer of workbooks: tables as a reader of Excel wants them, each page on one sheet of paper."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from babel.numbers import get_currency_symbol

from analysis.display_names import words
from analysis.errors import CarteraError
from analysis.language import _, current_language, locale
from analysis.report.atomic_write import write_bytes
from analysis.report.tables import flat

_A4 = 9
_EVER = dt.datetime(2000, 1, 1)
_LONGEST_NAME = 31
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]|^'|'$")
_WIDEST = 34
_ROW = 15  # points
_SPACE = 10  # rows
_AT_ONCE = 10_000
"""Rows that are held as single values while they are written."""
_LONGEST_TEXT = 32_767
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
    links
        The column of which each cell is a link to the page so named; empty: there is none.
    forms
        By table, the format of each row, for its columns of numbers that have none.
    """

    name: str
    title: str
    lines: Sequence[str] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    after: Sequence[str] = ()
    space: str = ""
    is_list: bool = False
    links: str = ""
    forms: Mapping[str, Sequence[str]] = field(default_factory=dict)


def write_workbook(path: Path, pages: Iterable[Page], currency: str | None) -> None:
    """Write a `workbook` whole or not at all, at a path that ends in ``.xlsx``."""
    write_bytes(path, workbook(pages, currency))


def write_large_workbook(path: Path, pages: Iterable[Page], currency: str | None) -> None:
    """Write a workbook of any size, page by page, into a folder that is not yet a reader's.

    Raises
    ------
    CarteraError
        If it cannot be written.
    """
    from xlsxwriter.exceptions import FileCreateError  # noqa: PLC0415 needed only here

    try:
        _write(str(path), {"constant_memory": True, "tmpdir": str(path.parent)}, pages, currency)
    except FileCreateError as error:
        message = _("{path} cannot be written: {reason}. Choose another folder.")
        raise CarteraError(message.format(path=path, reason=error)) from error


def workbook(pages: Iterable[Page], currency: str | None) -> bytes:
    """Return a workbook: numbers stay numbers, and text is never a formula.

    Parameters
    ----------
    pages
        In the order of the tabs; each prints on one page of A4, a list on several.
    currency
        ISO 4217 code of the amounts, or None where it is not known.
    """
    content = io.BytesIO()
    _write(content, {"in_memory": True}, pages, currency)
    return content.getvalue()


def tabs(names: Iterable[str]) -> list[str]:
    """Return what pages of these names are called in a workbook, in order."""
    taken: set[str] = set()
    return [_tab(name, taken) for name in names]


def _write(
    target: io.BytesIO | str, options: dict[str, Any], pages: Iterable[Page], currency: str | None
) -> None:
    import xlsxwriter  # noqa: PLC0415 needed only here

    with xlsxwriter.Workbook(
        target, options | {"strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties({"created": _EVER})
        taken: set[str] = set()
        for page in pages:
            _write_page(book, book.add_worksheet(_tab(page.name, taken)), page, currency)


def _tab(name: str, taken: set[str]) -> str:
    """Return a name that Excel allows and no other tab has, whatever its case."""
    plain = _NOT_IN_A_NAME.sub(" ", name)[:_LONGEST_NAME].strip() or _("Page")
    found, i = plain, 1
    while found.casefold() in taken | {"history"}:
        i += 1
        found = f"{plain[: _LONGEST_NAME - len(str(i)) - 1]} {i}"
    taken.add(found.casefold())
    return found


@dataclass(frozen=True)
class _Column:
    """A column of a table as it is written."""

    values: pd.Series[Any]
    heading: str
    form: str
    is_link: bool
    forms: Sequence[str] = ()

    @cached_property
    def longest(self) -> int:
        """Letters of its longest text; 0 where it holds none."""
        longest = self.values.dropna().astype(str).str.len().max() if self.form == "@" else 0
        return 0 if pd.isna(longest) else int(longest)

    @property
    def width(self) -> int:
        """Its width in letters: that of its text, and half that of its heading, which may be broken."""
        return min(max(len(self.heading) // 2 + 3, self.longest, 11), _WIDEST)


def _columns(page: Page, name: str, frame: pd.DataFrame, currency: str | None) -> list[_Column]:
    said, table = words(name, frame), flat(frame)
    return [
        _Column(
            table[column],
            page.headings.get(column, said["labels"].get(column, str(column))),
            _excel_format(said["formats"].get(column, ""), table[column], currency),
            column == page.links,
            [
                _excel_format(form, table[column], currency)
                for form in page.forms.get(name, [])
                if not said["formats"].get(column)
            ],
        )
        for column in table.columns
    ]


def _write_page(book: Any, sheet: Any, page: Page, currency: str | None) -> None:  # noqa: ANN401 no types
    """Fill one worksheet row by row; its title stays in sight, and text is as wide as the tables."""
    tables = {name: _columns(page, name, frame, currency) for name, frame in page.tables.items()}
    widths = [8, 8]
    for columns in tables.values():
        widths += [8] * (len(columns) - len(widths))
        for j, column in enumerate(columns):
            widths[j] = max(widths[j], column.width)
    for j, width in enumerate(widths):
        sheet.set_column(j, j, width)
    last = len(widths) - 1
    sheet.set_paper(_A4)
    sheet.set_margins(0.5, 0.5, 0.5, 0.5)
    sheet.fit_to_pages(1, 1)
    sheet.hide_gridlines(2)
    sheet.freeze_panes(1, 0)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    sheet.write_string(0, 0, page.title, book.add_format({"bold": True, "font_size": 14}))
    row = _write_lines(book, sheet, 1, page.lines, widths)
    for name, columns in tables.items():
        sheet.write_string(
            row + 1, 0, words(name, page.tables[name])["caption"], book.add_format({"bold": True})
        )
        end = _write_table(book, sheet, row + 2, columns, is_list=page.is_list)
        if page.is_list:
            sheet.autofilter(row + 2, 0, end - 1, len(columns) - 1)
            sheet.freeze_panes(row + 3, 0)
            sheet.repeat_rows(row + 2)
            sheet.fit_to_pages(1, 0)
            sheet.set_landscape()
        row = end
    row = _write_lines(book, sheet, row + 1, page.after, widths)
    if page.space:
        box = book.add_format({"bold": True, "border": 1, "valign": "top"})
        sheet.merge_range(row + 1, 0, row + _SPACE, last, page.space, box)
        row += 1 + _SPACE
    sheet.print_area(0, 0, row - 1, last)


def _write_lines(
    book: Any,  # noqa: ANN401 no types
    sheet: Any,  # noqa: ANN401
    row: int,
    lines: Sequence[str],
    widths: Sequence[int],
) -> int:
    """Write text across all columns; return the row after it."""
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for place, line in enumerate(lines, row):
        sheet.set_row(place, _ROW * -(-len(line) // sum(widths)))
        sheet.merge_range(place, 0, place, len(widths) - 1, line, wrapped)
    return row + len(lines)


def _write_table(book: Any, sheet: Any, row: int, columns: Sequence[_Column], *, is_list: bool) -> int:  # noqa: ANN401
    """Write headings and rows; return the row after them."""
    wrap = {"text_wrap": True, "valign": "top"}
    styles = [
        book.add_format({"num_format": column.form} | (wrap if is_list or column.longest > _WIDEST else {}))
        for column in columns
    ]
    for j, column in enumerate(columns):
        side = {"align": "left" if column.form == "@" else "right"}
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True} | side)
        sheet.write_string(row, j, column.heading, head)
    total = len(columns[0].values) if columns else 0
    by_form = {form: book.add_format({"num_format": form}) for column in columns for form in column.forms}
    for start in range(0, total, _AT_ONCE):
        parts = [column.values.iloc[start : start + _AT_ONCE] for column in columns]
        known = [part.astype(object).where(part.notna(), None) for part in parts]
        for i, values in enumerate(zip(*known, strict=True), row + 1 + start):
            for j, value in enumerate(values):
                if columns[j].is_link:
                    sheet.write_url(
                        i, j, f"internal:'{str(value).replace(chr(39), chr(39) * 2)}'!A1", string=value
                    )
                elif value is not None and value != "":
                    forms = columns[j].forms
                    style = by_form[forms[i - row - 1]] if forms else styles[j]
                    _write_cell(sheet, (i, j), value, style)
    return row + 1 + total


def _write_cell(sheet: Any, place: tuple[int, int], value: Any, style: Any) -> None:  # noqa: ANN401
    """Write a value as what it is."""
    if isinstance(value, str):
        sheet.write_string(*place, value[:_LONGEST_TEXT], style)
    elif isinstance(value, bool):
        sheet.write_string(*place, _("yes") if value else _("no"), style)
    elif isinstance(value, dt.date):
        sheet.write_datetime(*place, value, style)
    elif math.isinf(value):
        sheet.write_string(*place, "∞" if value > 0 else "-∞", style)
    else:
        sheet.write_number(*place, float(value), style)


def _excel_format(form: str, column: pd.Series[Any], currency: str | None) -> str:
    """Return Excel's own format for one of `analysis.report.tables.shown`."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return "mmm yyyy" if form == "month" else "dd/mm/yyyy"
    parts = _FORMAT.fullmatch(form)
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return "@"
    usual = 2 if pd.api.types.is_float_dtype(column) else 0
    kind, decimals = (parts[1], int(parts[2] or 0)) if parts else ("number", usual)
    plain = ("0" if kind == "percent" else "#,##0") + ("." + "0" * decimals if decimals else "")
    if kind == "percent":
        return plain + "%"
    if kind == "money" and currency:
        symbol = f'"{get_currency_symbol(currency, locale())}"'
        return f"{plain} {symbol}" if current_language() == "es" else symbol + plain
    return plain
