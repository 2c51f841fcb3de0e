"""What is worked out and asked of a row of the sales, and what becomes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from analysis.dataset.config import DatasetConfig
from analysis.dataset.files.readers import literal
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.cell_sql import (
    GOODS,
    NUMERIC,
    begins_total,
    in_currency,
    missing_day,
    says_nothing,
)
from analysis.dataset.ledger.states import CREDIT_NOTE, VOID
from analysis.dataset.schema import TRANSACTIONS, same_name, without_accents

if TYPE_CHECKING:
    from analysis.dataset.ledger.meaning import Meaning

BLOCK = ("order_id", "customer_id", "date")
"""Columns that are all blank on the rows of a block but its first."""
GIVEN = {name: f"given_{name}" for name in ("amount", "gross_amount", "discount")}
"""Columns that are worked out, and what they are called as the file gives them."""

ANY_OTHER = "*"
"""What stands for any other state."""
NOT_CANCELLED = "'', '0', 'no', 'n', 'false', 'falso'"
"""What says that an order was not cancelled, in a column that may hold the day."""
OTHERWISE = "sale"
"""What a row is for which no case holds."""

FLAGS = (
    "is_no_customer", "is_void", "is_cancelled", "is_negative_quantity", "is_negative_amount",
    "is_price_not_positive", "is_zero_amount", "is_test", "is_postage", "is_extra", "is_unread",
    "is_refunded", "is_taken_back", "is_turned", "is_unknown",
)  # fmt: skip


def asked(reading: Reading, config: DatasetConfig, meaning: Meaning) -> str:
    """Return the steps up to ``asked``: blanks filled, amounts worked out, and the answers to `FLAGS`."""
    taken_back = _taken_back(reading, config)
    return (
        f"filled as (select * {_filled(reading, meaning)} from typed), "  # noqa: S608
        f"priced as (select *, {money(reading, config, meaning)} from filled), "
        f"kept_of as (select {_less_refund(reading, config, meaning)} from priced), "
        f"looked_at as (select *, {taken_back} as is_taken_back, "
        f"{taken_back} and coalesce(amount > 0, false) as is_turned from kept_of), "
        f"valued as (select * replace ({_signed(reading, meaning)}) from looked_at), "
        f"asked as (select *, {_questions(reading, config, meaning)} from valued)"
    )


def _filled(reading: Reading, meaning: Meaning) -> str:
    """Return the ``replace`` clause that fills blanks from the order's other lines, or from the row above."""
    order = "over (partition by order_id)"
    before = "rows between unbounded preceding and current row"
    above = f"over (order by row_id {before})"
    values = {
        name: f"case when not e_{name} or order_id is null then {name} "
        f"when min({name}) {order} = max({name}) {order} then min({name}) {order} "
        f"else last_value({name} ignore nulls) over (partition by order_id order by row_id {before}) end"
        for name in meaning.in_order
    }
    ends = _is_total(reading) if "date" in meaning.from_above else "false"
    block = [name for name in BLOCK if name in meaning.from_above]
    begins = " or ".join(f"not e_{name}" for name in block)
    values |= {  # a row that begins a block has what stands on it, blanks too
        name: f"case when {begins} or not e_{name} or {ends} then {name} "
        f"else (last_value(case when {begins} then {{'of': {name}}} end ignore nulls) {above}).of end"
        for name in meaning.from_above
    }
    listed = ", ".join(f"{value} as {name}" for name, value in values.items())
    return f"replace ({listed})" if listed else ""


def _is_total(reading: Reading) -> str:
    """Return the SQL that holds for a row of totals: a text says so, or no goods are on it."""
    texts = [name for name in reading.columns if reading.table.column(name).kind in {"identifier", "text"}]
    total = " or ".join(begins_total(f"cast(c_{name} as varchar)") for name in texts)
    named = {"product_id", "description"} & reading.columns.keys()
    goods = sorted(named or {"quantity"} & reading.columns.keys())
    without = " and ".join(map(says_nothing, goods)) or "false"
    return f"coalesce({total}, false) or ({without})"


_SAME_ORDER = (
    "partition by order_id, customer_id, date, coalesce(given_amount < 0, quantity < 0, false), "
    "case when order_id is null then row_id end"
)


def _spread(whole: str, weight: str) -> str:
    """Return the SQL of a line's part of what is of its whole order, to the cent: the parts add up to it."""
    weight = f"coalesce(cast({weight} as double), 0)"
    weighs = f"nullif(sum({weight}) over ({_SAME_ORDER}), 0)"
    until = f"sum({weight}) over ({_SAME_ORDER} order by row_id)"
    place = f"row_number() over ({_SAME_ORDER} order by row_id)"
    lines = f"count(*) over ({_SAME_ORDER})"
    upper = f"coalesce({until} / {weighs}, {place} / {lines})"
    lower = f"coalesce(({until} - {weight}) / {weighs}, ({place} - 1) / {lines})"
    return f"(round({whole} * {upper}, 2) - round({whole} * {lower}, 2))"


def answers(reading: Reading, config: DatasetConfig, meaning: Meaning) -> str:
    """Return the SQL of ``flags``: the answers to `FLAGS`, a bit for each, NULL where all are no.

    Where the amount is not as the file has it, but for its sign, ``written`` is what the file has.
    """
    bits = " + ".join(f"cast({flag} as integer) * {1 << i}" for i, flag in enumerate(FLAGS))
    flags = f"case when {' or '.join(FLAGS)} then {bits} end as flags"
    flags += ", given_back" if gives_back_later(reading) else ""
    if "amount" not in reading.columns:
        return f"{flags}, gross_amount as written"
    as_it_is = meaning.is_plain and not config.tax_rate("transactions") and "refunded" not in reading.columns
    return flags if as_it_is else f"{flags}, given_amount as written"


def answered(flag: str) -> str:
    """Return the SQL that holds for a row of the ledger of which the answer to one of `FLAGS` is yes."""
    return f"coalesce(flags & {1 << FLAGS.index(flag)} <> 0, false)"


def gives_back_later(reading: Reading) -> bool:
    """Tell whether what was given back has a day of its own."""
    return {"refunded", "refunded_on"} <= reading.columns.keys()


def worked_out(reading: Reading) -> set[str]:
    """Return the columns that others give."""
    made = {"amount"}
    if {"quantity", "unit_price"} <= reading.columns.keys():
        made.add("gross_amount")
    if "discount_pct" in reading.columns or {"gross_amount", "amount"} <= reading.columns.keys():
        made.add("discount")
    return made | ({"cost"} if _costs_by_unit(reading) else set())


def _costs_by_unit(reading: Reading) -> bool:
    """Tell whether the cost is that of the units bought."""
    return {"quantity", "unit_cost"} <= reading.columns.keys() and "cost" not in reading.columns


def money(reading: Reading, config: DatasetConfig, meaning: Meaning) -> str:
    """Return the SQL of amount, gross amount and discount; a discount lowers the value whatever its sign."""
    rate = config.tax_rate("transactions")
    tax = f" / {1 + rate}" if rate else ""
    worked_out = "cast(quantity as double) * cast(unit_price as double)"
    if "gross_amount" in reading.columns:
        gross = "cast(given_gross_amount as double)"
    else:
        gross = worked_out if {"quantity", "unit_price"} <= reading.columns.keys() else "cast(null as double)"
    lowered = "0"
    percent = f"coalesce(cast(discount_pct as double), 0) / {1 if meaning.parts_of_one else 100}"
    if "discount" in reading.columns:
        lowered = "abs(coalesce(cast(given_discount as double), 0))"
        if meaning.spread_discount:
            lowered = _spread(f"max({lowered}) over ({_SAME_ORDER})", f"abs({gross})")
        if meaning.after_discount == "gross" and not {"quantity", "unit_price"} <= reading.columns.keys():
            gross = "cast(given_amount as double)"
    elif "discount_pct" in reading.columns:
        if meaning.after_discount and not {"quantity", "unit_price"} <= reading.columns.keys():
            gross = (
                f"given_amount / nullif(1 - {percent}, 0)"
                if meaning.after_discount == "net"
                else "given_amount"
            )
            gross = f"cast({gross} as double)"
        lowered = f"abs({gross}) * {percent}"
    net = f"{gross} - sign({gross}) * {lowered}"
    given = "amount" in reading.columns and meaning.amount_is != "quantity_and_price"
    if given and meaning.after_discount != "gross":
        amount, exact = _given_amount(reading, meaning)
    else:
        amount, exact = net, False
        if meaning.less_tax and "tax" in reading.columns:
            amount = f"({net} - sign({net}) * abs(coalesce(cast(tax as double), 0)))"
    worth = amount if exact and not tax else f"try_cast(round(({amount}){tax}, 4) as decimal(18, 4))"
    return (
        f"{worth} as amount, "
        f"try_cast(round(({gross}){tax}, 4) as decimal(18, 4)) as gross_amount, "
        f"try_cast(round(({_discount(reading, gross, lowered)}){tax}, 4) as decimal(18, 4)) as discount"
    )


def _given_amount(reading: Reading, meaning: Meaning) -> tuple[str, bool]:
    """Return the SQL of the amount as it is given, and whether it needs no rounding."""
    amount = "given_amount"
    if meaning.less_tax and "tax" in reading.columns:
        part = "abs(coalesce(tax, 0))"
        if "total_with_all" in reading.columns and meaning.amount_is == "order":
            share = "abs(cast(given_amount as double)) / nullif(abs(total_with_all), 0)"
            part = f"coalesce({share} * abs(tax), {part})"  # the carriage bears the rest
        amount = f"(given_amount - sign(given_amount) * {part})"
    shipping = "abs(coalesce(shipping, 0))"
    if meaning.amount_is != "order":
        if meaning.less_shipping:
            amount = f"({amount} - if({amount} > 0, {shipping}, 0))"
        return amount, amount == "given_amount"
    priced = {"quantity", "unit_price"} <= reading.columns.keys()
    whole = f"max({amount}) over ({_SAME_ORDER})"
    if meaning.less_shipping:
        whole = f"{whole} - if({whole} > 0, max({shipping}) over ({_SAME_ORDER}), 0)"
    whole = f"cast({whole} as double)"
    weight = "abs(quantity * unit_price)" if priced else "1"
    if priced and "discount" in reading.columns and not meaning.spread_discount:
        weight = f"greatest({weight} - abs(coalesce(given_discount, 0)), 0)"
    return _spread(whole, weight), False


def _less_refund(reading: Reading, config: DatasetConfig, meaning: Meaning) -> str:
    """Return the SQL of the columns with what was given back taken off; what exceeds it is postage.

    A sale that was given back as a whole, ``is_undone``, is left out by its state, unless such are kept. What
    was given back on a later day is ``given_back``, and no part of this row.
    """
    if "refunded" not in reading.columns:
        return "*, false as is_undone"
    refund = "abs(coalesce(refunded, 0))"
    worth = "given_amount" if meaning.less_tax and meaning.amount_is == "line" else "amount"
    if meaning.spread_refunds:
        whole = f"max({refund}) over ({_SAME_ORDER}){_without_tax(reading, worth)}"
        whole = f"least({whole}, sum(abs({worth})) over ({_SAME_ORDER}))"
        refund = _spread(f"cast({whole} as double)", f"abs({worth})")
    if worth == "given_amount":  # what was given back includes the tax as well
        refund = f"({refund}) * coalesce(cast(amount as double) / nullif(cast(given_amount as double), 0), 1)"
    undone = f"coalesce(amount > 0 and ({refund}) > amount - 0.005, false)"
    if config.transactions.policies.cancelled == "keep":
        undone = "false"
    later = "coalesce(amount > 0 and refunded_on > date and refunded_on <= current_date, false)"
    left = f"sign(amount) * greatest(abs(amount) - ({refund}), 0)"
    return (
        f"* replace (cast(case when {later} or {undone} then amount else {left} end as decimal(18, 4)) "
        f"as amount), not {later} and {undone} as is_undone, "
        f"cast(case when {later} then least({refund}, amount) end as decimal(18, 4)) as given_back"
    )


def _without_tax(reading: Reading, worth: str) -> str:
    """Return the SQL of the factor that takes the tax out of a refund, where the total of orders tells it."""
    if "total_with_all" not in reading.columns:
        return ""
    total = f"nullif(max(abs(cast(total_with_all as double))) over ({_SAME_ORDER}), 0)"
    if "tax" in reading.columns:
        return f" * coalesce(1 - max(abs(tax)) over ({_SAME_ORDER}) / {total}, 1)"
    if "shipping" not in reading.columns:
        return ""
    goods = f"nullif({total} - max(abs(coalesce(shipping, 0))) over ({_SAME_ORDER}), 0)"
    return f" * coalesce(least(sum(abs({worth})) over ({_SAME_ORDER}) / {goods}, 1), 1)"


def _taken_back(reading: Reading, config: DatasetConfig) -> str:
    """Return the SQL that holds for a row that takes a sale back, by its quantity or its kind of document."""
    if config.transactions.returned_amounts == "as_written":
        return "false"
    signs = {
        "quantity": "quantity < 0",
        "total_with_all": "total_with_all < 0",
        "document_type": f"regexp_full_match(squeezed(document_type), '{CREDIT_NOTE}')",
    }
    return _any(signs[name] for name in signs if name in reading.columns)


def _signed(reading: Reading, meaning: Meaning) -> str:
    """Return the ``replace`` clause by which the amount of a row that takes a sale back is negative.

    An amount from which something that cannot be read would be taken off is unknown.
    """
    unknown = "".join(f"when {_cannot_be_read(name)} then null " for name in _taken_off(reading, meaning))
    quantity = "case when is_turned then -abs(quantity) else quantity end"
    cost = f", cast(round({quantity} * unit_cost, 4) as decimal(18, 4)) as cost"
    return (
        f"case {unknown}when is_turned then -amount else amount end as amount, "
        "case when is_turned then -abs(gross_amount) else gross_amount end as gross_amount, "
        f"{quantity} as quantity{cost if _costs_by_unit(reading) else ''}"
    )


def _discount(reading: Reading, gross: str, lowered: str) -> str:
    if "discount" in reading.columns or "discount_pct" in reading.columns:
        return lowered
    if "gross_amount" in reading.columns and "amount" in reading.columns:
        return f"{gross} - cast(given_amount as double)"
    return "cast(null as double)"


def _questions(reading: Reading, config: DatasetConfig, meaning: Meaning) -> str:
    said = {same_name(word): becomes for word, becomes in config.transactions.states.items()}
    void = (VOID - said.keys()) | {word for word, becomes in said.items() if becomes == "cancelled"}
    marked = "false"
    if "status" in reading.columns:
        if said.get(same_name(ANY_OTHER)) == "cancelled":
            sold = sorted(word for word, becomes in said.items() if becomes == "sale")
            marked = f"coalesce(squeezed(status) not in ({', '.join(map(literal, sold))}), true)"
        else:
            marked = f"coalesce(squeezed(status) in ({', '.join(map(literal, sorted(void)))}), false)"
        marked += " and given_back is null" if gives_back_later(reading) else ""
        marked += _own_row(reading, config, meaning)
    if "cancelled_on" in reading.columns:
        marked = f"({marked}) or coalesce(squeezed(cancelled_on) not in ({NOT_CANCELLED}), false)"
    negative = "coalesce(quantity < 0, false) or coalesce(amount < 0, false)"
    flags = {
        "is_no_customer": "customer_id is null",
        "is_unknown": _any(
            f"case when {name} is null then not e_{name} end" for name in ("customer_id", "date")
        ),
        "is_marked": marked,
        "is_negative_quantity": "coalesce(quantity < 0, false)",
        "is_negative_amount": "coalesce(amount < 0, false)",
        "is_price_not_positive": "coalesce(unit_price <= 0, false)",
        "is_zero_amount": "coalesce(amount = 0, false)",
        "is_test": _is_test(config.transactions.test_codes),
        "is_unread": " or ".join(_unread(reading, meaning)) or "false",
        "is_postage": _is_one_of(config.transactions.postage_codes, reading),
        "is_extra": _is_one_of(config.transactions.extra_codes, reading),
    }
    if "refunded" in reading.columns:
        flags["is_refunded"] = "coalesce(refunded <> 0, false)"
    else:
        flags["is_refunded"] = "false"
    listed = [f"{sql} as {name}" for name, sql in flags.items()]
    cancelled = "coalesce(regexp_matches(order_id, '^[Cc]\\d'), false)"
    return ", ".join(
        [
            *listed,
            f"({negative}) as is_negative",
            "((is_marked or is_undone) and not is_negative) as is_void",
            f"case when is_negative then is_marked or {cancelled} else false end as is_cancelled",
        ]
    )


def _any(conditions: Iterable[str]) -> str:
    """Return the SQL that holds where one of the conditions does."""
    return f"({' or '.join(f'coalesce({condition}, false)' for condition in conditions) or 'false'})"


def _own_row(reading: Reading, config: DatasetConfig, meaning: Meaning) -> str:
    """Return the condition under which a refunded sale has no negative row of its own; empty if none has."""
    if not meaning.once:
        return ""
    link = "coalesce(reference, order_id)" if "reference" in reading.columns else "order_id"
    taken = f"coalesce(bool_or(amount < 0) over (partition by {link}) and {link} is not null, false)"
    if config.transactions.refunded != "once":
        return f" and not {taken}"
    alike = "coalesce(bool_or(amount < 0) over (partition by customer_id, abs(amount)), false)"
    return f" and not ({taken} or {alike})"


def _taken_off(reading: Reading, meaning: Meaning) -> list[str]:
    """Return the columns of what is taken off for the amount."""
    given = "amount" in reading.columns and meaning.amount_is != "quantity_and_price"
    off = {"refunded": True, "tax": meaning.less_tax, "discount": not given}
    off["discount_pct"] = "discount" not in reading.columns and (
        not given or meaning.after_discount == "gross"
    )
    return [name for name, is_taken in off.items() if is_taken and name in reading.columns]


def _unread(reading: Reading, meaning: Meaning) -> list[str]:
    """Return the conditions under which a cell that is not needed was not empty and could not be read."""
    needed = {"date", *amount_columns(reading), *_taken_off(reading, meaning)}
    numbers = [name for name in reading.columns if TRANSACTIONS.column(name).kind in NUMERIC]
    return [_cannot_be_read(name) for name in numbers if name not in needed]


def _cannot_be_read(name: str) -> str:
    return f"case when {GIVEN.get(name, name)} is null then not {says_nothing(name)} else false end"


def _is_one_of(codes: list[str], reading: Reading) -> str:
    """Return the SQL that holds for a product or a description that is one of these codes, accents or not."""
    forms = {form for code in codes for form in (code.upper(), without_accents(code.upper()))}
    listed = ", ".join(map(literal, sorted(forms))) or "''"
    has_digit = any(set("123456789") & set(code) for code in codes)
    return _any(
        f"case when {'false' if has_digit else f'p_{name}'} then false else upper({name}) in ({listed}) end"
        for name in sorted(GOODS & reading.columns.keys())
    )


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


def cases(
    reading: Reading,
    config: DatasetConfig,
    today: dt.date,
    says_nothing: Callable[[str], str] = says_nothing,
) -> list[tuple[str, str]]:
    """Return under which condition a row becomes what; the first that holds decides.

    ``says_nothing`` gives the SQL that holds where the cell of a column is empty.
    """
    policies = config.transactions.policies
    no_amount = " or ".join(says_nothing(name) for name in amount_columns(reading))
    held = [
        *missing_day("date", today, says_nothing),
        (f"is_void and amount is null and ({no_amount})", "excluded:cancelled"),
        (f"amount is null and ({no_amount})", "rejected:no_amount"),
        ("amount is null", "rejected:amount"),
    ]
    if policies.cancelled != "exclude":
        held = [(condition, becomes) for condition, becomes in held if becomes != "excluded:cancelled"]
    if same_name(ANY_OTHER) in map(
        same_name, config.transactions.states
    ):  # an open deal may have no date yet
        held.insert(0, ("is_void", "excluded:cancelled"))
    if config.currency:
        held.append((f"not {in_currency(config.currency)}", "excluded:other_currency"))
    held.append(("is_no_customer", "excluded:no_customer"))
    optional = {
        "test": "is_test",
        "postage": "is_postage",
        "extras": "is_extra",
        "cancelled": "is_void",
        "zero_amount": "is_zero_amount",
        "returns": "is_negative",
    }
    held += [
        (condition, f"excluded:{rule}")
        for rule, condition in optional.items()
        if getattr(policies, rule) == "exclude"
    ]
    return [*held, ("is_cancelled", "cancellation"), ("is_negative", "return")]


def amount_columns(reading: Reading) -> list[str]:
    """Return the columns from which the amount is taken."""
    for names in (["amount"], ["gross_amount"], ["quantity", "unit_price"]):
        if set(names) <= reading.columns.keys():
            return names
    return []
