"""Cells → values: the SQL that reading any table shares."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Literal

from analysis.dataset.files.readers import RawTable, literal, quoted
from analysis.dataset.inference.formats import (
    choice_sql,
    date_sql,
    month_sql,
    number_sql,
    once,
    plain_name,
    plainly_filled,
    trimmed,
)
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.headings import names_customer
from analysis.dataset.schema import Column, Table, same_name
from analysis.dataset.schema.transactions import TAX_NUMBERS

Totals = Literal["", "begin", "only"]
"""Which rows with a date are totals: none, those that begin with the word, or that have no other."""
NOBODY = (
    "0", "anonymous", "anonimo", "anónimo", "guest", "invitado", "unknown", "desconocido", "no customer",
    "sin cliente", "cliente contado", "clientes contado", "clientes varios", "cliente varios",
    "cliente generico", "cliente genérico", "consumidor final", "publico general", "público general",
    "publico en general", "público en general", "walk-in customer", "walk-in", "cash customer", "cash sale",
    "counter sale", "mostrador", "venta mostrador", "cliente mostrador", "contado", "varios",
)  # fmt: skip
"""Names under which shops book sales to nobody in particular, in lower case."""

OF_ORDER = {
    "order_id", "customer_id", "date", "status", "currency", "document_type", "reference", "cancelled_on",
    "total_with_all",
}  # fmt: skip
"""Columns that many programs write on the first line of an order or block only."""
GOODS = {"product_id", "description"}
"""Columns that say what was sold."""
NUMERIC = ("money", "number", "percent")
"""Kinds of columns that hold a number."""

_TAX_NUMBERS = {same_name(name) for name in (*TAX_NUMBERS, "vat")}
_ENDS_TOTAL = r"(?i)\S\s+(?:sub)?totals?\s*:?\s*$"
"""What spreadsheets write below the rows of a customer."""
_ONLY_TOTAL = (
    r"(?im)^\s*(?:sub ?|gran |grand )?(?:total(?:es)?|totals|sumas?)"
    r"(?: (?:general|cliente|customer|factura|pedido|mes))?:?\s*$"
)
LABELLED = ("customer_id", "order_id", "product_id", "category")
"""Columns in which a row of totals with a date says that it is one."""

_TOTAL = r"(?im)^\s*(?:sub ?|gran |grand |customer |client )?(?:total(?:es)?|totals|suma|sumas)(?:[^\pL]|$)"
_CURRENCIES = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "US$": "USD", "¥": "JPY"}
_DOLLARS = ("USD", "MXN", "COP", "ARS", "CLP", "CAD", "AUD", "NZD", "SGD", "HKD")
"""Currencies written ``$`` where they are at home."""
_DECIMALS = {"unit_price": 8, "unit_cost": 8}
NO_DAY = "date '1970-01-01'"
"""Days up to this one are what programs write where there is none."""


def cells_sql(raw: RawTable, reading: Reading, *, numbered: bool = False) -> str:
    """Return the first steps of a ledger, ``raw`` and ``cells``.

    They have every cell as ``r_<place>``, those of known columns also as ``c_<name>`` (identifiers and text
    without the spaces around them, and without what says nothing), ``row_hash`` of the whole row and, where
    ``numbered``, ``row_id``, its place in the file. ``e_<name>`` tells whether a cell of the first lines of
    orders and blocks is empty: one that says NULL is not. ``p_<name>`` holds for goods with a digit but 0.
    """
    written = {f"r_{i}": quoted(header) for i, header in enumerate(raw.columns)}
    rows = ", ".join(f"{header} as {name}" for name, header in written.items())
    in_order = sorted(written, key=written.__getitem__)
    headers = list(raw.columns)
    cells = ", ".join(f"{_cell(name, headers, reading)} as c_{name}" for name in reading.columns)
    for name in sorted(GOODS & reading.columns.keys()):
        cell = f"r_{headers.index(reading.columns[name])}"
        cells += f", {plainly_filled(cell) if reading.kinds[name] == 'VARCHAR' else 'false'} as p_{name}"
    for name in sorted(OF_ORDER & reading.columns.keys()):
        also = "customer_name" if name == "customer_id" else name
        places = {headers.index(reading.columns[one]) for one in (name, also) if one in reading.columns}
        texts = [f"cast(r_{i} as varchar)" for i in sorted(places)]
        filled = " or ".join(f"{text} > '!'" for text in texts)  # it begins with a sign that shows
        empty = f"coalesce(trim(concat({', '.join(texts)})), '') = ''"
        cells += f", case when {filled} then false else {empty} end as e_{name}"
    rows += ", row_number() over () as row_id" if numbered else ""
    return (
        f"raw as (select {rows} from {raw.relation}), "  # noqa: S608
        f"cells as (select *, {cells}, hash({', '.join(in_order)}) as row_hash from raw)"
    )


def row_text(raw: RawTable) -> str:
    """Return the SQL of a row as it was written, its cells divided by semicolons."""
    texts = ", ".join(f"coalesce(cast(r_{i} as varchar), '')" for i in range(len(raw.columns)))
    return f"concat_ws(';', {texts})"


def _cell(name: str, headers: list[str], reading: Reading) -> str:
    cell = f"r_{headers.index(reading.columns[name])}"
    if name == "order_id" and "invoice_series" in reading.columns:
        series = f"r_{headers.index(reading.columns['invoice_series'])}"
        return _numbered(
            _identifier(cell, reading.kinds[name]), _identifier(series, reading.kinds["invoice_series"])
        )
    is_text = reading.table.column(name).kind in {"identifier", "text"} and name != "customer_id"
    is_text = is_text and reading.kinds[name] == "VARCHAR"
    if name == "customer_id" and "customer_name" in reading.columns:
        written = reading.kinds[name]
        named = trimmed(f"cast(r_{headers.index(reading.columns['customer_name'])} as varchar)")
        code = _identifier(cell, written)
        return (
            f"case when ({_customer(cell, written)}) is null then coalesce({named}, {code}) else {code} end"
        )
    return trimmed(cell) if is_text else cell


def _numbered(number: str, series: str) -> str:
    """Return the SQL of an invoice's number with its series before it, unless it begins with that already."""
    number, series = trimmed(number), trimmed(series)
    told = f"starts_with({number}, {series}) and regexp_matches({series}, '[[:alpha:]]')"
    both = f"case when {number} is not null then concat_ws('-', {series}, {number}) end"
    return f"case when {told} then {number} else {both} end"


def type_sql(column: Column) -> str:
    """Return the DuckDB type of a column's values."""
    if column.kind in {"date", "month"}:
        return "date"
    return f"decimal(18, {_DECIMALS.get(column.name, 4)})" if column.kind in NUMERIC else "varchar"


def value_sql(column: Column, reading: Reading) -> str:
    """Return the SQL of a column's value: NULL where the cell does not fit its rule or is not there."""
    name, wanted = column.name, type_sql(column)
    if name not in reading.columns:
        return f"cast(null as {wanted})"
    cell, written = f"c_{name}", reading.kinds[name]
    if name == "customer_id":
        written = "VARCHAR" if "customer_name" in reading.columns else written
        customer = _customer(cell, written)
        return f"tax_number({customer})" if is_tax_number(reading.columns[name]) else customer
    if column.kind in {"identifier", "text"}:
        return _identifier(
            cell, "VARCHAR" if name == "order_id" and "invoice_series" in reading.columns else written
        )
    if column.kind == "choice":
        return choice_sql(_identifier(cell, written), column.choices)
    if column.kind in {"date", "month"}:
        return _day(column, cell, reading)
    decimals = _DECIMALS.get(name, 4)
    typed = f"try_cast({cell} as {wanted})"
    return number_sql(cell, reading.marks[name], decimals) if written == "VARCHAR" else typed


def _day(column: Column, cell: str, reading: Reading) -> str:
    """Return the SQL of a day of the years 1 to 9999: there are no others in Python, nor in sales."""
    return f"calendar_day({_day_of_any_year(column, cell, reading)})"


def _day_of_any_year(column: Column, cell: str, reading: Reading) -> str:
    written = reading.kinds[column.name]
    if written.startswith(("DATE", "TIMESTAMP")):
        day = f"try_cast({cell} as date)"
        return f"try_cast(date_trunc('month', {day}) as date)" if column.kind == "month" else day
    text = _identifier(cell, written)
    if column.kind == "month":
        return month_sql(text, reading.date_order)
    return date_sql(text, reading.date_order, reading.date_formats.get(column.name, ()))


def _identifier(cell: str, written: str) -> str:
    """Return the SQL of an identifier as text; a whole number stored as a float loses its ``.0``."""
    if written in {"DOUBLE", "FLOAT"} or written.startswith("DECIMAL"):
        return (
            f"case when {cell} = floor({cell}) then cast(try_cast({cell} as hugeint) as varchar) "
            f"else cast({cell} as varchar) end"
        )
    return cell if written == "VARCHAR" else f"cast({cell} as varchar)"


def _customer(cell: str, written: str) -> str:
    """Return the SQL of the customer: NULL where the cell names nobody (a digit but 0 rules it out)."""
    plain = _identifier(cell, written)
    nobody = ", ".join(map(literal, NOBODY))
    nothing = f"lower(name) in ({nobody}) or ltrim(name, '0') in ('', '.', '.0')"
    named = once(
        f"one_spelling(filled(trimmed({plain})))", "name", f"case when {nothing} then null else name end"
    )
    return f"case when {plain_name(plain)} then {plain} else {named} end"


def currency_sql(reading: Reading) -> str:
    """Return the SQL of a row's currency as an ISO 4217 code; NULL where the row does not say."""
    if "currency" in reading.columns:
        found = f"upper({_identifier('c_currency', reading.kinds['currency'])})"
    elif reading.signs:
        cells = [f"c_{name}" for name in _amounts(reading.table) if reading.kinds.get(name) == "VARCHAR"]
        found = f"nullif(currency_of(coalesce({', '.join(cells)})), '')"
    else:
        return "cast(null as varchar)"
    cases = " ".join(f"when {literal(sign)} then {literal(code)}" for sign, code in _CURRENCIES.items())
    return f"case {found} {cases} else {found} end"


def _amounts(table: Table) -> list[str]:
    """Return the columns that may show a row's currency, the surest first."""
    money = [column.name for column in table.columns if column.kind == "money"]
    return sorted(money, key=lambda name: name != "amount")


def is_tax_number(header: str) -> bool:
    """Tell whether a column of this header holds tax numbers."""
    return same_name(header) in _TAX_NUMBERS


def has_currency(reading: Reading) -> bool:
    """Tell whether rows say their currency."""
    return reading.signs or "currency" in reading.columns


def in_currency(currency: str) -> str:
    """Return the SQL that holds for a row in this currency; NULL where the row does not say its own."""
    same = [currency, *(["$"] if currency in _DOLLARS else [])]
    return f"currency in ({', '.join(map(literal, same))})"


def says_nothing(name: str) -> str:
    """Return the SQL that holds where the cell of a column is empty, or looks so."""
    return f"({trimmed(f'cast(c_{name} as varchar)')} is null)"


def missing(name: str, says_nothing: Callable[[str], str] = says_nothing) -> list[tuple[str, str]]:
    """Return the cases in which a row lacks a column that it needs: the cell is empty, or cannot be read."""
    value = quoted(name)
    return [
        (f"{value} is null and {says_nothing(name)}", f"rejected:no_{name}"),
        (f"{value} is null", f"rejected:{name}"),
    ]


def missing_day(
    name: str, today: dt.date | None, says_nothing: Callable[[str], str] = says_nothing
) -> list[tuple[str, str]]:
    """Return the cases in which a row lacks a day that it needs; one after ``today`` is none."""
    late = f" or {quoted(name)} > date '{today}'" if today else ""
    return [*missing(name, says_nothing), (f"{quoted(name)} <= {NO_DAY}{late}", "rejected:impossible_date")]


def layout(raw: RawTable, reading: Reading, totals: Totals, *, bare_totals: bool) -> list[tuple[str, str]]:
    """Return the conditions under which a row is part of a listing's layout, by the rule that leaves it out.

    Such a row has no date where the table needs one; else the texts it needs are empty or begin with 'Total'.
    With ``totals`` so do rows with a date that begin with 'Total', or have that word only; with
    ``bare_totals``, those without one that hold nothing but numbers.
    """
    cells = ", ".join(f"cast(r_{i} as varchar)" for i in range(len(raw.columns)))
    table, needed = reading.table, [name for name in reading.table.required if name in reading.columns]
    days = [name for name in needed if table.column(name).kind in {"date", "month"}][:1]
    names = days or needed
    headers = [f"trim(cast(c_{name} as varchar)) = {literal(reading.columns[name])}" for name in names]
    if days:
        outside = f"{quoted(days[0])} is null"
        bare = days
    else:
        outside = "true"
        bare = [name for name in reading.columns if table.column(name).kind not in NUMERIC]
    total = [f"({says_nothing(name)} or {begins_total(f'cast(c_{name} as varchar)')})" for name in bare]
    rules = [
        ("empty", f"{outside} and trim(concat({cells})) = ''"),
        ("header", f"{outside} and {' and '.join(headers)}"),
        ("total", f"{outside} and {' and '.join(total)} and {begins_total(f'concat_ws(chr(10), {cells})')}"),
    ]
    if table.name == "transactions":
        ends = f"regexp_matches(cast(c_customer_id as varchar), '{_ENDS_TOTAL}')"
        rules.append(("total", f"{outside} and coalesce({ends}, false)"))
        alone = f"trim(concat({cells})) = trim(cast(c_customer_id as varchar))"
        named = names_customer(f"concat_ws(' ', {cells})")
        rules.append(("heading", f"{outside} and coalesce({alone} or {named}, false)"))
    if bare_totals:
        worded = [name for name in reading.columns if table.column(name).kind not in NUMERIC]
        numbers = [*map(says_nothing, worded), f"not regexp_matches(concat({cells}), '[[:alpha:]]')"]
        rules.append(("total", " and ".join([*numbers, "amount is not null"])))
    labels = [f"cast(c_{name} as varchar)" for name in LABELLED if totals and name in reading.columns]
    texts = f"concat_ws(chr(10), {', '.join(labels)})"
    return [*rules, ("total", begins_total(texts, only=totals == "only"))] if labels else rules


def begins_total(text: str, *, only: bool = False) -> str:
    """Return the SQL that holds where a line begins with 'Total' or a word like it, or has it ``only``."""
    return f"regexp_matches({text}, '{_ONLY_TOTAL if only else _TOTAL}')"
