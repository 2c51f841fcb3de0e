"""What is worked out and asked of a row of the sales, and what becomes of it."""

from __future__ import annotations

import datetime as dt

from analysis.dataset.config import DatasetConfig
from analysis.dataset.files.readers import literal
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.cell_sql import NUMERIC, in_currency, missing_day, says_nothing
from analysis.dataset.schema import TRANSACTIONS

CANCELLED = (
    "cancelled", "canceled", "cancelada", "cancelado", "anulada", "anulado", "void", "voided", "annulled",
    "refunded", "reembolsado", "reembolsada", "failed", "fallido", "fallida", "declined", "rechazado",
    "rechazada", "draft", "borrador", "expired", "caducado", "caducada",
)  # fmt: skip
"""States of an order or invoice that never came to be, or was wholly undone, in lower case."""


GIVEN = {name: f"given_{name}" for name in ("amount", "gross_amount", "discount")}
"""Columns that are worked out, and what they are called as the file gives them."""

OTHERWISE = "sale"
"""What a row is for which no case holds."""

FLAGS = (
    "is_no_customer", "is_cancelled", "is_negative_quantity", "is_negative_amount", "is_price_not_positive",
    "is_zero_amount", "is_test", "is_postage", "is_unread",
)  # fmt: skip


def asked(reading: Reading, config: DatasetConfig) -> str:
    """Return the step ``asked``: amounts worked out, and the answers to `FLAGS`."""
    return (
        f"valued as (select *, {_money(reading, config)} from typed), "  # noqa: S608
        f"asked as (select *, {_questions(reading, config)} from valued)"
    )


def answers(_reading: Reading) -> str:
    """Return the SQL of ``flags``: the answers to `FLAGS`, NULL where all are no."""
    return f"case when {' or '.join(FLAGS)} then [{', '.join(FLAGS)}] end as flags"


def worked_out(reading: Reading) -> set[str]:
    """Return the columns that others give."""
    made = {"amount"}
    if {"quantity", "unit_price"} <= reading.columns.keys():
        made.add("gross_amount")
    if "discount_pct" in reading.columns or {"gross_amount", "amount"} <= reading.columns.keys():
        made.add("discount")
    return made


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
    return [
        f"({GIVEN.get(name, name)} is null and not {says_nothing(name)})"
        for name in numbers
        if name not in needed
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


def cases(reading: Reading, config: DatasetConfig, today: dt.date) -> list[tuple[str, str]]:
    """Return under which condition a row becomes what; the first that holds decides."""
    policies = config.transactions.policies
    no_amount = " and ".join(says_nothing(name) for name in amount_columns(reading))
    held = [
        *missing_day("date", today),
        (f"amount is null and ({no_amount})", "rejected:no_amount"),
        ("amount is null", "rejected:amount"),
    ]
    if config.currency:
        held.append((f"not {in_currency(config.currency)}", "excluded:other_currency"))
    held.append(("is_no_customer", "excluded:no_customer"))
    optional = {
        "test": "is_test",
        "postage": "is_postage",
        "cancelled": "is_void and not is_negative",
        "zero_amount": "is_zero_amount",
        "returns": "is_negative",
    }
    held += [
        (condition, f"excluded:{rule}")
        for rule, condition in optional.items()
        if getattr(policies, rule) == "exclude"
    ]
    return [*held, ("is_negative and is_cancelled", "cancellation"), ("is_negative", "return")]


def amount_columns(reading: Reading) -> list[str]:
    """Return the columns from which the amount is taken."""
    for names in (["amount"], ["gross_amount"], ["quantity", "unit_price"]):
        if set(names) <= reading.columns.keys():
            return names
    return []
