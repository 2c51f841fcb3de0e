"""What becomes of each row of sales in a lake, as portable SQL over typed columns.

The order of the rules and the arithmetic of money are those of ``ledger.sales_sql``; what only text needs
(formats, blanks, what rows mean together) is not here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from analysis.dataset.config import DatasetConfig
from analysis.dataset.inference.formats import BLANKS
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger import sales_sql
from analysis.dataset.ledger.cell_sql import GOODS, NOBODY, NUMERIC, currency_sql, type_sql
from analysis.dataset.ledger.meaning import PLAIN
from analysis.dataset.ledger.states import CREDIT_NOTE, VOID
from analysis.dataset.quality import KEPT
from analysis.dataset.schema import TRANSACTIONS, Column, same_name, without_accents

FEW_WORDS = ("status", "document_type")
"""Columns of few words, which are told by what each of them means."""
_SPACES = "".join(rf"\u{sign:04X}" for sign in (*range(0x21), 0x7F, 0xA0, 0x2009, 0x202F, 0xFEFF))
_GUARD = r"^\x27([-−+=@(0-9.,€$£])"
_PLAIN = r"^[!-&(--/-?A-~]*[1-9][!--/-?A-~]*$"
"""Customers of one spelling, as nearly all are."""
_BEGIN = ", ".join(
    sorted({str(ord(sign)) for blank in BLANKS for sign in blank[:1] + blank[:1].upper()} | {"0"})
)
"""Codes of the signs with which what says nothing begins; 0 where there is none."""
_APOSTROPHE = ord("'")
_GOODS = sorted(GOODS)
_TEXTS = ("identifier", "text")


def ledger(
    headers: list[str], reading: Reading, config: DatasetConfig, words: dict[str, list[str]], today: dt.date
) -> str:
    """Return the query that gives every row of the view ``lake`` its canonical values and its outcome.

    Parameters
    ----------
    headers
        All columns of the view.
    reading
        Which of them are which; none that is not text holds text.
    config
        What becomes of doubtful rows, the currency, and the tax to take out of money.
    words
        What stands in each of `FEW_WORDS` that there are.
    today
        The day of reading: no row can be dated later.

    Returns
    -------
    str
        SQL of one row per row: the canonical columns and ``currency``, ``flags`` and ``written`` as in the
        ledger of files, ``row_hash``, ``outcome`` and, unless it is kept, ``raw`` (its cells as text).
    """
    cells = ", ".join(f"{_quoted(header)} as r_{i}" for i, header in enumerate(headers))
    empty = " and ".join(f"r_{i} is null" for i in range(len(headers)))
    texts = ", ".join(f"coalesce(cast(r_{i} as string), '')" for i in range(len(headers)))
    cases = [
        (f"date is null and {empty}", "excluded:empty"),
        *sales_sql.cases(reading, config, today, lambda name: f"c_{name} is null"),
    ]
    outcome = " ".join(f"when {condition} then '{becomes}'" for condition, becomes in cases)
    bits = " + ".join(f"cast({flag} as int) * {1 << i}" for i, flag in enumerate(sales_sql.FLAGS))
    return f"""
    with raw as (select {cells}, {_row_hash(headers)} as row_hash from lake),
    cells as (select *, {_cells(headers, reading)} from raw),
    filled as (select *, {_filled(reading)} from cells),
    named as (select *, {_customer(reading)} as spelling from filled),
    typed as (select *, {_values(reading, config)} from named),
    priced as (select *, {sales_sql.money(reading, config, PLAIN)} from typed),
    looked_at as (select *, {_takes_back(config, words)} as is_taken_back from priced),
    turned as (select *, is_taken_back and coalesce(amount > 0, false) as is_turned from looked_at),
    valued as ({_signed(reading)}),
    asked as (select *, {_answers(reading, config, words)} from valued),
    flagged as (select *, (is_marked and not is_negative) as is_void,
                is_negative and (is_marked or coalesce(order_id rlike '^[Cc][0-9]', false)) as is_cancelled
                from asked),
    judged as (select *, {bits} as flags, case {outcome} else '{sales_sql.OTHERWISE}' end as judgement
               from flagged),
    settled as (select *, {_outcome(config)} as outcome from judged)
    select {", ".join(TRANSACTIONS.canonical)}, currency, flags, outcome, row_hash,
           {_written(reading, config)} as written,
           case when outcome not in {KEPT} then concat_ws(';', {texts}) end as raw
    from settled
    """  # noqa: S608


def days(reading: Reading) -> str:
    """Return the query that adds up the view ``ledger`` by day, outcome and flags, as that of files is."""
    price = "cast(null as double)"
    if {"product_id", "quantity"} <= reading.columns.keys():
        price = "abs(cast(amount as double) / nullif(cast(quantity as double), 0))"
    counts = ", ".join(f"count({name}) as n_{name}" for name in TRANSACTIONS.canonical)
    return (
        "select date, outcome, flags, count(*) as rows, sum(written) as written, sum(amount) as amount, "  # noqa: S608
        "sum(coalesce(amount, written)) as known, sum(abs(amount)) as size, max(abs(amount)) as largest, "
        f"min(nullif({price}, 0)) as cheapest, max({price}) as dearest, {counts} "
        "from ledger group by date, outcome, flags"
    )


def kept() -> str:
    """Return the query of the canonical sales."""
    columns = ["outcome as kind, amount" if name == "amount" else name for name in TRANSACTIONS.canonical]
    return f"select {', '.join(columns)} from ledger where outcome in {KEPT}"  # noqa: S608


def set_aside(place: str) -> str:
    """Return the query of the rows that are not kept, with their cells as text."""
    return (
        f"select {_literal(place)} as file, cast(null as bigint) as line, "  # noqa: S608
        "split_part(outcome, ':', 1) as outcome, split_part(outcome, ':', 2) as rule, amount, raw "
        f"from ledger where outcome not in {KEPT}"
    )


COPIES = (
    "select sum(n) as rows, sum(n - 1) as copies, sum(case when n > 1 then n end) as copied "
    "from (select count(*) as n from ledger group by row_hash)"
)
"""Rows, those equal to an earlier one in every cell, and those equal to any other."""


def _row_hash(headers: Iterable[str]) -> str:
    """Return the SQL of a number that rows share if all their cells are equal; NULL alone changes none."""
    return f"xxhash64({', '.join(f'{_quoted(h)}, {_quoted(h)} is null' for h in headers)})"


def _outcome(config: DatasetConfig) -> str:
    """Return the SQL of the outcome: later copies of a row kept are left out where the policy says so."""
    if config.transactions.policies.duplicates != "exclude":
        return "judgement"
    place = "row_number() over (partition by row_hash order by row_hash)"
    return f"case when judgement in {KEPT} and {place} > 1 then 'excluded:duplicates' else judgement end"


def _written(reading: Reading, config: DatasetConfig) -> str:
    """Return the SQL of what the table has as the amount."""
    if "amount" not in reading.columns:
        return "gross_amount"
    return "given_amount" if config.tax_rate("transactions") else "if(is_turned, -amount, amount)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(map(_literal, sorted(texts))) or "''"


def _cells(headers: list[str], reading: Reading) -> str:
    """Return the SQL of the cells of known columns, ``c_<name>``: texts without spaces around."""
    found = []
    for name, header in reading.columns.items():
        cell = f"r_{headers.index(header)}"
        if TRANSACTIONS.column(name).kind in _TEXTS:
            cell = _text(cell, reading.kinds[name])
        found.append(f"{cell} as c_{name}")
    return ", ".join(found)


def _text(cell: str, kind: str) -> str:
    """Return the SQL of a cell as text; a whole number stored as another loses its decimals."""
    if kind in {"DOUBLE", "FLOAT"} or kind.startswith("DECIMAL"):
        whole = f"cast(try_cast({cell} as decimal(38, 0)) as string)"
        return f"case when {cell} = floor({cell}) then {whole} else cast({cell} as string) end"
    return f"btrim({cell}, '{_SPACES}')" if kind == "VARCHAR" else f"cast({cell} as string)"


def _filled(reading: Reading) -> str:
    """Return the SQL of the texts, ``t_<name>``, NULL where one says nothing, and goods in capitals."""
    found = []
    for name in reading.columns:
        if TRANSACTIONS.column(name).kind in _TEXTS:
            cell = f"c_{name}"
            blank = f"ascii({cell}) in ({_BEGIN}) and lower({cell}) in ({_listed(BLANKS)})"
            unguarded = f"regexp_replace({cell}, r'{_GUARD}', '$1')"
            bare = f"case when ascii({cell}) = {_APOSTROPHE} then {unguarded} else {cell} end"
            found.append(f"case when {blank} then null else {bare} end as t_{name}")
    capitals = [f"{f'upper(c_{name})' if name in reading.columns else 'null'} as u_{name}" for name in _GOODS]
    return ", ".join([*found, *capitals])


def _customer(reading: Reading) -> str:
    """Return the SQL of the customer in its one spelling."""
    if reading.kinds["customer_id"] != "VARCHAR":
        return "t_customer_id"
    return (
        f"case when t_customer_id rlike r'{_PLAIN}' then t_customer_id "
        r"when t_customer_id rlike r'^[^@\s]+@[^@\s]+$' then lower(t_customer_id) "
        r"when t_customer_id rlike r'^\d+\.0+$' then split_part(t_customer_id, '.', 1) "
        r"else regexp_replace(t_customer_id, r'[ \t\x{00A0}\x{2009}\x{202F}]+', ' ') end"
    )


def _values(reading: Reading, config: DatasetConfig) -> str:
    """Return the SQL of each column's value, NULL where the cell is none."""
    values = [
        f"{_value(column, reading, config)} as {sales_sql.GIVEN.get(column.name, column.name)}"
        for column in TRANSACTIONS.columns
        if column.name != "currency"
    ]
    return ", ".join([*values, f"{_portable(currency_sql(reading))} as currency"])


def _portable(sql: str) -> str:
    """Return SQL of the ledger of files with the names of types and cells that it has here."""
    return sql.replace("varchar", "string").replace("c_currency", "t_currency")


def _value(column: Column, reading: Reading, config: DatasetConfig) -> str:
    name, kind = column.name, _portable(type_sql(column))
    if name not in reading.columns:
        return f"cast(null as {kind})"
    if name == "customer_id":
        nobody = "trim(leading '0' from spelling) in ('', '.', '.0')"
        nobody = f"lower(spelling) in ({_listed(NOBODY)}) or {nobody}"
        first = {other: same[0] for same in config.same_customer for other in same[1:]}
        cases = " ".join(f"when {_literal(other)} then {_literal(one)}" for other, one in first.items())
        same = f"case spelling {cases} else spelling end" if first else "spelling"
        return f"case when {nobody} then null else {same} end"
    if column.kind in _TEXTS:
        return f"t_{name}"
    if column.kind == "date":
        day = f"try_cast(c_{name} as date)"
        return f"case when {day} between date '0001-01-01' and date '9999-12-31' then {day} end"
    return f"try_cast(c_{name} as {kind})"


def _takes_back(config: DatasetConfig, words: dict[str, list[str]]) -> str:
    """Return the SQL that holds for a row that takes a sale back, by its quantity or its kind of document."""
    if config.transactions.returned_amounts == "as_written":
        return "false"
    kinds = [word for word in words.get("document_type", ()) if re.fullmatch(CREDIT_NOTE, same_name(word))]
    return f"(coalesce(quantity < 0, false) or coalesce(document_type in ({_listed(kinds)}), false))"


def _signed(reading: Reading) -> str:
    """Return the step in which what takes a sale back is negative, and the cost that of the units."""
    quantity = "case when is_turned then -abs(quantity) else quantity end"
    made = {
        "amount": "case when is_turned then -amount else amount end",
        "gross_amount": "case when is_turned then -abs(gross_amount) else gross_amount end",
        "quantity": quantity,
    }
    if {"quantity", "unit_cost"} <= reading.columns.keys() and "cost" not in reading.columns:
        made["cost"] = f"cast(round({quantity} * unit_cost, 4) as decimal(18, 4))"
    listed = ", ".join(f"{sql} as {name}" for name, sql in made.items())
    return f"select * except ({', '.join(made)}), {listed} from turned"  # noqa: S608


def _answers(reading: Reading, config: DatasetConfig, words: dict[str, list[str]]) -> str:
    """Return the SQL of the answers that are asked of each row, by the names that the rules call them."""
    sales = config.transactions
    numbers = [name for name in reading.columns if TRANSACTIONS.column(name).kind in NUMERIC]
    unread = [f"({sales_sql.GIVEN.get(n, n)} is null and c_{n} is not null)" for n in numbers]
    flags = {
        "is_no_customer": "customer_id is null",
        "is_marked": _is_marked(reading, config, words),
        "is_negative_quantity": "coalesce(quantity < 0, false)",
        "is_negative_amount": "coalesce(amount < 0, false)",
        "is_price_not_positive": "coalesce(unit_price <= 0, false)",
        "is_zero_amount": "coalesce(amount = 0, false)",
        "is_test": _is_test(sales.test_codes),
        "is_unread": " or ".join(unread) or "false",
        "is_postage": _is_one_of(sales.postage_codes),
        "is_extra": _is_one_of(sales.extra_codes),
        "is_refunded": "false",
        "is_unknown": "false",
        "is_negative": "(coalesce(quantity < 0, false) or coalesce(amount < 0, false))",
    }
    return ", ".join(f"{sql} as {name}" for name, sql in flags.items())


def _is_marked(reading: Reading, config: DatasetConfig, words: dict[str, list[str]]) -> str:
    """Return the SQL that holds for a row whose state says that it never came to be."""
    said = {same_name(word): becomes for word, becomes in config.transactions.states.items()}
    others = said.get(same_name(sales_sql.ANY_OTHER)) == "cancelled"
    void = [
        word
        for word in words.get("status", ())
        if said.get(same_name(word), "cancelled" if others or same_name(word) in VOID else "") == "cancelled"
    ]
    marked = f"coalesce(status in ({_listed(void)}), {str(others and 'status' in reading.columns).lower()})"
    if "cancelled_on" in reading.columns:
        marked += f" or coalesce(lower(cancelled_on) not in ({sales_sql.NOT_CANCELLED}), false)"
    return f"({marked})"


def _is_one_of(codes: list[str]) -> str:
    """Return the SQL that holds for a product or a description that is one of these codes, accents or not."""
    forms = _listed({form for code in codes for form in (code.upper(), without_accents(code.upper()))})
    held = [f"coalesce(u_{name} in ({forms}), false)" for name in _GOODS]
    return f"({' or '.join(held)})"


def _is_test(codes: list[str]) -> str:
    """Return the SQL that holds for a product of these codes, followed at most by digits and signs."""
    begins = " or ".join(f"startswith(u_product_id, {_literal(code.upper())})" for code in codes)
    pattern = "|".join(re.escape(code).replace("'", r"\x27") for code in codes)
    matches = rf"product_id rlike r'(?is)^(?:{pattern})[\W_\d]*$'"
    return f"coalesce(({begins}) and {matches}, false)" if codes else "false"
