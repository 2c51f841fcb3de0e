"""The ledger: every raw row with its canonical values, the answers to what is asked of it, and its fate."""

from __future__ import annotations

import datetime as dt

from analysis.dataset.config import DatasetConfig
from analysis.dataset.files.readers import RawTable, literal
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.cell_sql import (
    NUMERIC,
    cells_sql,
    currency_sql,
    in_currency,
    layout,
    row_text,
    says_nothing,
    type_sql,
    value_sql,
)
from analysis.dataset.quality import KEPT
from analysis.dataset.schema import TRANSACTIONS

CANCELLED = (
    "cancelled", "canceled", "cancelada", "cancelado", "anulada", "anulado", "void", "voided", "annulled",
    "refunded", "reembolsado", "reembolsada", "failed", "fallido", "fallida", "declined", "rechazado",
    "rechazada", "draft", "borrador", "expired", "caducado", "caducada",
)  # fmt: skip
"""States of an order or invoice that never came to be, or was wholly undone, in lower case."""


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
    keep_raw = "true" if config.transactions.policies.duplicates == "exclude" else f"fate not in {KEPT}"
    return f"""
    with {cells_sql(table, reading)},
    typed as (select *, {_values(reading)} from cells),
    valued as (select *, {_money(reading, config)} from typed),
    asked as (select *, {_questions(reading, config)} from valued),
    judged as (select *, {_fate(table, reading, config, today)} as fate from asked)
    select {", ".join(_known(reading))}, row_hash, fate,
           case when {" or ".join(FLAGS)} then [{", ".join(FLAGS)}] end as flags,
           case when {keep_raw} then {row_text(table)} end as raw
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
    return ", ".join(f"cast(null as {type_sql(column)}) as {column.name}" for column in missing)


FLAGS = (
    "is_no_customer", "is_cancelled", "is_negative_quantity", "is_negative_amount", "is_price_not_positive",
    "is_zero_amount", "is_test", "is_postage", "is_unread",
)  # fmt: skip


def _values(reading: Reading) -> str:
    """Return the SQL of each column's value, NULL where the cell does not fit its rule."""
    values = []
    for declared in TRANSACTIONS.columns:
        name = declared.name
        value = currency_sql(reading) if name == "currency" else value_sql(declared, reading)
        given = "given_" if name in {"amount", "gross_amount", "discount"} else ""
        values.append(f"{value} as {given}{name}")
    return ", ".join(values)


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
        exact = f"try_cast(round(({amount}){tax}, 4) as decimal(18, 4))"
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
    numbers = [name for name in reading.columns if TRANSACTIONS.column(name).kind in NUMERIC]
    values = {name: f"given_{name}" if name in {"gross_amount", "discount"} else name for name in numbers}
    return [
        f"({values[name]} is null and not {says_nothing(name)})" for name in numbers if name not in needed
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


def _fate(table: RawTable, reading: Reading, config: DatasetConfig, today: dt.date) -> str:
    """Return the SQL of a row's fate; the first case that holds decides."""
    policies = config.transactions.policies
    no_amount = " and ".join(says_nothing(name) for name in amount_columns(reading))
    cases = [
        *((no_sale, f"excluded:{rule}") for rule, no_sale in layout(table, reading)),
        (f"date is null and {says_nothing('date')}", "rejected:no_date"),
        ("date is null", "rejected:date"),
        (f"date <= date '1970-01-01' or date > date '{today}'", "rejected:impossible_date"),
        (f"amount is null and ({no_amount})", "rejected:no_amount"),
        ("amount is null", "rejected:amount"),
    ]
    if config.currency:
        cases.append((f"not {in_currency(config.currency)}", "excluded:other_currency"))
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


def amount_columns(reading: Reading) -> list[str]:
    """Return the columns from which the amount is taken."""
    for names in (["amount"], ["gross_amount"], ["quantity", "unit_price"]):
        if set(names) <= reading.columns.keys():
            return names
    return []
