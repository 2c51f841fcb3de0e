"""A frame as a reader sees it: in HTML, as plain text, and as a CSV file a spreadsheet opens safely."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.language import _, current_language, date, money, month, ngettext, number, percent
from analysis.report.atomic_write import written

ROWS_SHOWN = 20
COLUMNS_SHOWN = 8
"""Of a table on a page of the report or in a notebook: more are not read, and do not fit on paper."""
MISSING = "–"
WORDY, WORDS = 24, 12
"""Characters of a cell beyond which it may be broken into lines: anywhere, and on paper."""
_FORMAT = re.compile(r"(number|percent|money)(\d?)")
_EXACT = 15
"""Digits of a decimal number that a float holds whatever it is."""
_FORMULA = re.compile(r"[=+\-@\x00-\x1f\x7f]")

Labels = Mapping[Any, str]
Formats = Mapping[Any, str]


@dataclass(frozen=True)
class Shown:
    """The part of a frame that is shown, every cell already text in the reader's language.

    Attributes
    ----------
    headings
        One per column.
    numeric
        Whether the column lines up on the right.
    rows
        Cells, not yet escaped.
    total
        Number of rows of the whole frame.
    hidden
        Number of columns of the whole frame that are not shown.
    """

    headings: list[str]
    numeric: list[bool]
    rows: list[list[str]]
    total: int
    hidden: int = 0


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with a named index as its first columns; one without a name is dropped."""
    return frame.reset_index(drop=all(name is None for name in frame.index.names))


def shown(
    frame: pd.DataFrame, labels: Labels, formats: Formats, currency: str | None, columns: int | None = None
) -> Shown:
    """Return the first rows of ``frame`` as text.

    Parameters
    ----------
    frame
        Any frame; a named index counts as columns.
    labels
        Heading of a column; without one, the column's name.
    formats
        ``number``, ``percent`` or ``money``, with the number of decimals after it (``number1``);
        ``date``, ``month`` or ``text``. Without one, the value's type decides.
    currency
        ISO 4217 code for ``money``, or None.
    columns
        How many columns are shown, the first ones; None shows all.
    """
    table = flat(frame)
    unknown = [name for name in (*labels, *formats) if name not in table.columns]
    if unknown:
        raise ValueError(f"labels or formats for columns that are not there: {unknown}")
    first = table.iloc[:ROWS_SHOWN, :columns]
    cells = [[_cell(value, formats.get(name), currency) for value in first[name]] for name in first.columns]
    return Shown(
        headings=[labels.get(name, _cell(name, None, None)) for name in first.columns],
        numeric=[formats.get(name) != "text" and _is_number(table[name]) for name in first.columns],
        rows=[list(row) for row in zip(*cells, strict=True)],
        total=len(table),
        hidden=len(table.columns) - len(first.columns),
    )


def to_html(table: Shown, caption: str) -> str:
    """Return an HTML table in which everything that came from data is escaped."""
    sides = ["right" if numeric else "left" for numeric in table.numeric]
    head = _row("th", table.headings, sides, ' scope="col"')
    body = "\n".join(_row("td", row, sides) for row in table.rows)
    more = f'\n<p class="rows-shown">{escape(_more(table))}</p>' if _more(table) else ""
    return (
        f'<table class="table">\n<caption>{escape(caption)}</caption>\n'
        f"<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>{more}"
    )


def to_plain(table: Shown, caption: str) -> str:
    """Return the table as plain text, for terminals and screens that show no HTML."""
    lines = [table.headings, *table.rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(table.headings))]
    text = [
        "  ".join(
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(line, widths, table.numeric, strict=True)
        ).rstrip()
        for line in lines
    ]
    return "\n".join([caption, *text, *([_more(table)] if _more(table) else [])])


def to_csv(
    frame: pd.DataFrame,
    labels: Labels | None = None,
    formats: Formats | None = None,
    *,
    for_import: bool = False,
    header: bool = True,
) -> bytes:
    """Return ``frame`` as CSV for the reader's spreadsheet: UTF-8 with a mark, comma or semicolon.

    For another program (``for_import``) it is UTF-8 without a mark, with commas, in every language.

    Text that a spreadsheet would take for a formula (first character ``= + - @`` or a control
    character) gets a leading apostrophe. Numbers are rounded, as `_rounded` says.

    Parameters
    ----------
    frame, labels, formats
        As in `shown`; where two columns have the same heading, it is followed by their names.
    header
        Whether these are the first rows of the file.
    """
    spanish = current_language() == "es" and not for_import
    table = flat(frame)
    safe = [
        _rounded(_safe_column(table[name]), (formats or {}).get(name, "")).rename(_harmless(heading))
        for name, heading in zip(table.columns, _headings(table, labels or {}), strict=True)
    ]
    text = pd.concat(safe, axis="columns").to_csv(
        index=False,
        header=header,
        sep=";" if spanish else ",",
        decimal="," if spanish else ".",
        float_format=f"%.{_EXACT}g",
        lineterminator="\r\n",
    )
    return text.encode("utf-8-sig" if header and not for_import else "utf-8")


def write_csv(path: Path, parts: Iterable[pd.DataFrame], labels: Labels, formats: Formats) -> None:
    """Write what `to_csv` returns of a table that comes in parts, whole or not at all."""
    with written(path) as draft, draft.open("xb") as file:
        for place, part in enumerate(parts):
            file.write(to_csv(part, labels, formats, header=place == 0))


def write_parquet(path: Path, parts: Iterable[pd.DataFrame], schema: pa.Schema) -> None:
    """Write a table of these columns that comes in parts as Parquet, whole or not at all."""
    with written(path) as draft, pq.ParquetWriter(draft, schema) as writer:
        for part in parts:
            writer.write_table(pa.Table.from_pandas(storable(part), schema, preserve_index=False))


def to_parquet(frame: pd.DataFrame) -> bytes:
    """Return ``frame`` as Parquet: columns keep their types, periods and intervals become text."""
    buffer = io.BytesIO()
    storable(frame).to_parquet(buffer, index=False)
    return buffer.getvalue()


def storable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with columns of types that Parquet knows."""
    table = flat(frame).rename(columns=str)
    odd = [
        name for name in table.columns if isinstance(table[name].dtype, (pd.PeriodDtype, pd.IntervalDtype))
    ]
    return table.astype(dict.fromkeys(odd, "str"))


def _headings(table: pd.DataFrame, labels: Labels) -> list[str]:
    """Return a heading for each column, no two alike."""
    said = [labels.get(name, str(name)) for name in table.columns]
    return [
        heading if said.count(heading) == 1 else f"{heading} ({name})"
        for heading, name in zip(said, table.columns, strict=True)
    ]


def _rounded(column: pd.Series[Any], form: str) -> pd.Series[Any]:
    """Return amounts with two decimals, others with six digits that count, and two decimals or more.

    Six digits are more than any estimate here bears out, and keep a share exact to a millionth; the Parquet
    file beside it has them all.
    """
    if not pd.api.types.is_float_dtype(column):
        return column
    values = column.to_numpy("float64", na_value=np.nan)
    size = np.where(np.isfinite(values) & (values != 0), np.abs(values), 1)
    decimals = np.clip(5 - np.floor(np.log10(size)), 2, _EXACT)
    scale = 10.0 ** (2 if form.startswith("money") else decimals)
    return pd.Series(np.round(values * scale) / scale + 0.0, column.index)


def _row(tag: str, cells: list[str], sides: list[str], attributes: str = "") -> str:
    kinds = [
        _kind(cell) if (tag, side) == ("td", "left") else "" for cell, side in zip(cells, sides, strict=True)
    ]
    inner = "".join(
        f'<{tag}{attributes}{kind} style="text-align: {side}">{escape(cell)}</{tag}>'
        for cell, kind, side in zip(cells, kinds, sides, strict=True)
    )
    return f"<tr>{inner}</tr>"


def _kind(cell: str) -> str:
    """Return the class of a text by its length."""
    if len(cell) > WORDY:
        return ' class="wordy"'
    return ' class="words"' if len(cell) > WORDS else ""


def _more(table: Shown) -> str:
    """Say how much of the table is not shown; nothing where all is."""
    said = []
    if table.total > len(table.rows):
        rows = _("The first {shown} of {total} rows.")
        said.append(rows.format(shown=number(len(table.rows)), total=number(table.total)))
    if table.hidden:
        columns = ngettext(
            "{hidden} of {total} columns is in the file only.",
            "{hidden} of {total} columns are in the file only.",
            table.hidden,
        )
        total = number(table.hidden + len(table.headings))
        said.append(columns.format(hidden=number(table.hidden), total=total))
    return " ".join(said)


def _is_number(column: pd.Series[Any]) -> bool:
    if pd.api.types.is_bool_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        return True
    known = column.dropna()
    return bool(len(known)) and all(isinstance(value, (int, float, Decimal)) for value in known)


def _cell(value: Any, form: str | None, currency: str | None) -> str:  # noqa: ANN401 a cell holds anything
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return MISSING
    if form is None:
        return _by_type(value)
    simple: dict[str, Callable[[Any], str]] = {"date": date, "month": month, "text": str}
    if form in simple:
        return simple[form](value)
    parts = _FORMAT.fullmatch(form)
    if parts is None:
        raise ValueError(f"no format {form!r}")
    kind, decimals = parts[1], int(parts[2] or 0)
    if kind == "money":
        return money(float(value), currency, decimals)
    return (percent if kind == "percent" else number)(float(value), decimals)


def _by_type(value: Any) -> str:  # noqa: ANN401 a cell holds anything
    if pd.api.types.is_bool(value):
        return _("yes") if value else _("no")
    if isinstance(value, dt.date):
        return date(value)
    if pd.api.types.is_integer(value):
        return number(int(value))
    if pd.api.types.is_float(value) or isinstance(value, Decimal):
        return number(float(value), 2)
    return str(value)


def _harmless(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _safe_column(column: pd.Series[Any]) -> pd.Series[Any]:
    if pd.api.types.is_numeric_dtype(column):
        return column
    if _is_number(column):
        return column.astype("float64")
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.Series(column.dt.strftime("%Y-%m-%d"))
    return column.map(lambda value: _harmless(str(value)), na_action="ignore")
