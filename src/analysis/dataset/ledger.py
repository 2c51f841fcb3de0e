"""The ledger: every raw row with its canonical values, the answers to what is asked of it, and its fate."""

from __future__ import annotations

import datetime as dt

from analysis.dataset.config import DatasetConfig
from analysis.dataset.formats import date_sql, number_sql, plainly_filled, trimmed
from analysis.dataset.readers import RawTable, literal, quoted
from analysis.dataset.reading import Reading
from analysis.dataset.schema import TRANSACTIONS

NOBODY = (
    "0", "anonymous", "anonimo", "anónimo", "guest", "invitado", "unknown", "desconocido", "no customer",
    "sin cliente", "cliente contado", "clientes contado", "clientes varios", "cliente varios",
    "cliente generico", "cliente genérico", "consumidor final", "publico general", "público general",
    "publico en general", "público en general", "walk-in customer",
)  # fmt: skip
"""Names under which shops book sales to nobody in particular, in lower case."""

CANCELLED = (
    "cancelled", "canceled", "cancelada", "cancelado", "anulada", "anulado", "void", "voided", "annulled",
    "refunded", "reembolsado", "reembolsada", "failed", "fallido", "fallida", "declined", "rechazado",
    "rechazada", "draft", "borrador", "expired", "caducado", "caducada",
)  # fmt: skip
"""States of an order or invoice that never came to be, or was wholly undone, in lower case."""

_TOTAL = r"(?im)^\s*(?:sub ?|gran )?(?:total(?:es)?|totals|suma|sumas)(?:[^\pL]|$)"
KEPT = ("sale", "return", "cancellation")
_CURRENCIES = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "US$": "USD", "¥": "JPY"}
_DOLLARS = ("USD", "MXN", "COP", "ARS", "CLP", "CAD", "AUD", "NZD", "SGD", "HKD")
"""Currencies written ``$`` where they are at home."""
_DECIMALS = {"unit_price": 8}


def ledger_sql(table: RawTable, reading: Reading, config: DatasetConfig, today: dt.date) -> str:
    """Return the query that turns one raw file into its part of the ledger.

    Parameters
    ----------
    table
        The raw file.
    reading
        How its cells are read.
    config
        What becomes of doubtful rows.
    today
        The day of reading: no sale can be later.

    Returns
    -------
    str
        SQL of one row per raw row, in the file's order: the canonical columns and ``currency`` where the
        data give them (see `absent`), ``row_hash``, ``fate`` (``sale``, ``return``, ``cancellation``,
        ``excluded:<rule>``, ``rejected:<reason>``), ``flags`` (the answers to ``FLAGS``, NULL where all are
        no) and, unless it is kept, ``raw`` (its cells as written).
    """
    written = {f"r_{i}": quoted(header) for i, header in enumerate(table.columns)}
    rows = ", ".join(f"{header} as {name}" for name, header in written.items())
    in_order = sorted(written, key=written.__getitem__)
    cells = ", ".join(f"{_cell(name, list(table.columns), reading)} as c_{name}" for name in reading.columns)
    texts = ", ".join(f"coalesce(cast({name} as varchar), '')" for name in written)
    keep_raw = "true" if config.transactions.policies.duplicates == "exclude" else f"fate not in {KEPT}"
    return f"""
    with raw as (select {rows} from {table.relation}),
    cells as (select *, {cells}, hash({", ".join(in_order)}) as row_hash from raw),
    typed as (select *, {_values(reading)} from cells),
    valued as (select *, {_money(reading, config)} from typed),
    asked as (select *, {_questions(reading, config)} from valued),
    judged as (select *, {_fate(table, reading, config, today)} as fate from asked)
    select {", ".join(_known(reading))}, row_hash, fate,
           case when {" or ".join(FLAGS)} then [{", ".join(FLAGS)}] end as flags,
           case when {keep_raw} then concat_ws(';', {texts}) end as raw
    from judged
    """  # noqa: S608


def _known(reading: Reading) -> list[str]:
    """Return the columns of the ledger that the data give: what is always empty is not worth writing."""
    given = {*reading.columns, "amount"}
    if {"quantity", "unit_price"} <= given:
        given.add("gross_amount")
    if "discount_pct" in given or {"gross_amount", "amount"} <= reading.columns.keys():
        given.add("discount")
    if reading.signs:
        given.add("currency")
    return [name for name in (*TRANSACTIONS.canonical, "currency") if name in given]


def absent(reading: Reading) -> str:
    """Return the SQL of the columns that the data do not give: NULL, in the type they would have."""
    names = [name for name in (*TRANSACTIONS.canonical, "currency") if name not in _known(reading)]
    missing = [TRANSACTIONS.column(name) for name in names]
    return ", ".join(f"cast(null as {_type(c.name, c.kind)}) as {c.name}" for c in missing)


FLAGS = (
    "is_no_customer", "is_cancelled", "is_negative_quantity", "is_negative_amount", "is_price_not_positive",
    "is_zero_amount", "is_test", "is_postage", "is_unread",
)  # fmt: skip


def _cell(name: str, headers: list[str], reading: Reading) -> str:
    """Return the SQL of a cell; identifiers and text lose the spaces around them, and what says nothing."""
    cell = f"r_{headers.index(reading.columns[name])}"
    is_text = TRANSACTIONS.column(name).kind in {"identifier", "text"} and name != "customer_id"
    is_text = is_text and reading.kinds[name] == "VARCHAR"
    return trimmed(cell) if is_text else cell


def _values(reading: Reading) -> str:
    """Return the SQL of each column's value, NULL where the cell does not fit its rule."""
    values = []
    for declared in TRANSACTIONS.columns:
        name = declared.name
        if name in reading.columns:
            value = _value(name, declared.kind, reading)
        else:
            value = f"cast(null as {_type(name, declared.kind)})"
        if name == "currency":
            value = currency_sql(reading)
        given = "given_" if name in {"amount", "gross_amount", "discount"} else ""
        values.append(f"{value} as {given}{name}")
    return ", ".join(values)


def _type(name: str, kind: str) -> str:
    if kind == "date":
        return "date"
    return f"decimal(18, {_DECIMALS.get(name, 4)})" if kind in {"money", "number", "percent"} else "varchar"


def _value(name: str, kind: str, reading: Reading) -> str:
    cell, written, wanted = f"c_{name}", reading.kinds[name], _type(name, kind)
    if name == "customer_id":
        return _customer(cell, written)
    if kind in {"identifier", "text"}:
        return _identifier(cell, written)
    if kind == "date" and not written.startswith(("DATE", "TIMESTAMP")):
        text = cell if written == "VARCHAR" else _identifier(cell, written)
        return date_sql(text, reading.date_order, reading.date_formats)
    if written != "VARCHAR":
        return f"try_cast({cell} as {wanted})"
    return number_sql(cell, reading.marks[name], _DECIMALS.get(name, 4))


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
    text = f"filled(trimmed({plain}))"
    nobody = ", ".join(map(literal, NOBODY))
    nothing = f"lower({text}) in ({nobody}) or ltrim({text}, '0') in ('', '.', '.0')"
    return f"case when {plainly_filled(plain)} then {plain} when {nothing} then null else {text} end"


def _money(reading: Reading, config: DatasetConfig) -> str:
    """Return the SQL of amount, gross amount and discount; a discount lowers the value whatever its sign."""
    rate = config.tax_rate("transactions")
    tax = f" / {1 + rate}" if rate else ""
    worked_out = "cast(quantity as double) * cast(unit_price as double)"
    if "gross_amount" in reading.columns:
        gross = "cast(given_gross_amount as double)"
    else:
        gross = worked_out if {"quantity", "unit_price"} <= reading.columns.keys() else "cast(null as double)"
    lowered = "0"
    if "discount" in reading.columns:
        lowered = "abs(coalesce(cast(given_discount as double), 0))"
    elif "discount_pct" in reading.columns:
        lowered = f"abs({gross}) * coalesce(cast(discount_pct as double), 0) / 100"
    net = f"{gross} - sign({gross}) * {lowered}"
    amount = "given_amount" if "amount" in reading.columns else net
    if "amount" in reading.columns and not tax:
        exact = "given_amount"
    else:
        exact = f"cast(round(({amount}){tax}, 4) as decimal(18, 4))"
    return (
        f"{exact} as amount, "
        f"try_cast(round(({gross}){tax}, 4) as decimal(18, 4)) as gross_amount, "
        f"try_cast(round(({_discount(reading, gross, lowered)}){tax}, 4) as decimal(18, 4)) as discount"
    )


def _discount(reading: Reading, gross: str, lowered: str) -> str:
    if "discount" in reading.columns or "discount_pct" in reading.columns:
        return lowered
    if "gross_amount" in reading.columns and "amount" in reading.columns:
        return f"{gross} - cast(given_amount as double)"
    return "cast(null as double)"


def _questions(reading: Reading, config: DatasetConfig) -> str:
    postage = ", ".join(literal(code.upper()) for code in config.transactions.postage_codes) or "''"
    cancelled = ", ".join(map(literal, CANCELLED))
    negative = "coalesce(quantity < 0, false) or coalesce(amount < 0, false)"
    flags = {
        "is_no_customer": "customer_id is null",
        "is_void": f"coalesce(lower(status) in ({cancelled}), false)",
        "is_negative_quantity": "coalesce(quantity < 0, false)",
        "is_negative_amount": "coalesce(amount < 0, false)",
        "is_price_not_positive": "coalesce(unit_price <= 0, false)",
        "is_zero_amount": "coalesce(amount = 0, false)",
        "is_test": _is_test(config.transactions.test_codes),
        "is_unread": " or ".join(_unread(reading)) or "false",
        "is_postage": f"coalesce(upper(product_id) in ({postage}), false) "
        f"or coalesce(upper(description) in ({postage}), false)",
    }
    listed = [f"{sql} as {name}" for name, sql in flags.items()]
    marked = f"case when {negative} then coalesce(regexp_matches(order_id, '^[Cc]\\d'), false) else false end"
    return ", ".join([*listed, f"(is_void or ({marked})) as is_cancelled", f"({negative}) as is_negative"])


def _unread(reading: Reading) -> list[str]:
    """Return the conditions under which a cell that is not needed was not empty and could not be read."""
    needed = {"date", *amount_columns(reading)}
    numbers = [
        name for name in reading.columns if TRANSACTIONS.column(name).kind in {"money", "number", "percent"}
    ]
    values = {name: f"given_{name}" if name in {"gross_amount", "discount"} else name for name in numbers}
    return [
        f"({values[name]} is null and not {_says_nothing(name)})" for name in numbers if name not in needed
    ]


def _is_test(codes: list[str]) -> str:
    """Return the SQL that holds for a product of these codes, followed at most by digits and signs."""
    if not codes:
        return "false"
    forms = dict.fromkeys(form for code in codes for form in (code, code.upper(), code.lower(), code.title()))
    begins = " or ".join(f"product_id between {literal(form)} and {literal(form + '~')}" for form in forms)
    pattern = "|".join(_escaped(code) for code in codes)
    return (
        f"case when {begins} then regexp_full_match(product_id, '(?i)(?:{pattern})[\\W_\\d]*') else false end"
    )


def _escaped(code: str) -> str:
    return "".join(c if c.isalnum() else "\\" + c for c in code).replace("'", "''")


def currency_sql(reading: Reading) -> str:
    """Return the SQL of a row's currency as an ISO 4217 code; NULL where the row does not say."""
    if "currency" in reading.columns:
        found = "upper(c_currency)"
    elif reading.signs:
        names = [
            name for name in ("amount", "unit_price", "gross_amount") if reading.kinds.get(name) == "VARCHAR"
        ]
        found = f"nullif(currency_of(coalesce({', '.join(f'c_{name}' for name in names)})), '')"
    else:
        return "cast(null as varchar)"
    cases = " ".join(f"when {literal(sign)} then {literal(code)}" for sign, code in _CURRENCIES.items())
    return f"case {found} {cases} else {found} end"


def _fate(table: RawTable, reading: Reading, config: DatasetConfig, today: dt.date) -> str:
    """Return the SQL of a row's fate; the first case that holds decides."""
    policies = config.transactions.policies
    no_amount = " and ".join(_says_nothing(name) for name in amount_columns(reading))
    cases = [
        *((f"date is null and {no_sale}", f"excluded:{rule}") for rule, no_sale in _no_sales(table, reading)),
        (f"date is null and {_says_nothing('date')}", "rejected:no_date"),
        ("date is null", "rejected:date"),
        (f"date <= date '1970-01-01' or date > date '{today}'", "rejected:impossible_date"),
        (f"amount is null and ({no_amount})", "rejected:no_amount"),
        ("amount is null", "rejected:amount"),
    ]
    if config.currency:
        same = [config.currency, *(["$"] if config.currency in _DOLLARS else [])]
        listed = ", ".join(map(literal, same))
        cases.append((f"currency not in ({listed})", "excluded:other_currency"))
    cases.append(("is_no_customer", "excluded:no_customer"))
    optional = {
        "test": ("is_test", "exclude"),
        "postage": ("is_postage", "exclude"),
        "cancelled": ("is_void and not is_negative", "exclude"),
        "zero_amount": ("is_zero_amount", "exclude"),
        "returns": ("is_negative", "exclude"),
    }
    cases += [
        (condition, f"excluded:{rule}")
        for rule, (condition, value) in optional.items()
        if getattr(policies, rule) == value
    ]
    cases += [("is_negative and is_cancelled", "cancellation"), ("is_negative", "return")]
    return (
        "case "
        + " ".join(f"when {condition} then '{fate}'" for condition, fate in cases)
        + " else 'sale' end"
    )


def _no_sales(table: RawTable, reading: Reading) -> list[tuple[str, str]]:
    """Return the conditions under which a row without a date is no sale but part of a listing's layout."""
    cells = ", ".join(f"cast(r_{i} as varchar)" for i in range(len(table.columns)))
    undated = f"{_says_nothing('date')} or regexp_matches(cast(c_date as varchar), '{_TOTAL}')"
    return [
        ("empty", f"trim(concat({cells})) = ''"),
        ("header", f"trim(cast(c_date as varchar)) = {literal(reading.columns['date'])}"),
        ("total", f"({undated}) and regexp_matches(concat_ws(chr(10), {cells}), '{_TOTAL}')"),
    ]


def _says_nothing(name: str) -> str:
    return f"({trimmed(f'cast(c_{name} as varchar)')} is null)"


def amount_columns(reading: Reading) -> list[str]:
    """Return the columns from which the amount is taken."""
    for names in (["amount"], ["gross_amount"], ["quantity", "unit_price"]):
        if set(names) <= reading.columns.keys():
            return names
    return []
