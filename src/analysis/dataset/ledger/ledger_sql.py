"""The ledger: every raw row with its canonical values, what is asked of it, and what becomes of it."""

from __future__ import annotations

import datetime as dt

from analysis.dataset.config import DatasetConfig
from analysis.dataset.files.readers import RawTable, literal, quoted
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger import records_sql, sales_sql
from analysis.dataset.ledger.cell_sql import cells_sql, currency_sql, layout, row_text, type_sql, value_sql
from analysis.dataset.ledger.meaning import PLAIN, Meaning
from analysis.dataset.quality import KEPT
from analysis.dataset.schema import TRANSACTIONS, Column


def ledger_sql(
    raw: RawTable, reading: Reading, config: DatasetConfig, today: dt.date, meaning: Meaning = PLAIN
) -> str:
    """Return the query that turns one raw file into its part of the ledger.

    Parameters
    ----------
    raw
        The raw file.
    reading
        How its cells are read.
    config
        What becomes of doubtful rows, the currency, and the tax to take out of money.
    today
        The day of reading: no row can be dated later.
    meaning
        What the rows of the sales mean together.

    Returns
    -------
    str
        SQL of one row per raw row, in the file's order: the canonical columns and ``currency`` where the
        data give them (see `absent`), ``row_hash``, ``outcome`` (``sale``, ``return``, ``cancellation``, of
        other tables ``kept``; ``excluded:<rule>``, ``rejected:<reason>``), the answers of `sales_sql` or
        `records_sql` and, unless it is kept, ``raw`` (its cells as written).
    """
    is_sales = reading.table.name == "transactions"
    rules = sales_sql if is_sales else records_sql
    asked = sales_sql.asked(reading, config, meaning) if is_sales else records_sql.asked(reading, config)
    answers = sales_sql.answers(reading, config, meaning) if is_sales else records_sql.ANSWERS
    cases = [
        (condition, f"excluded:{rule}")
        for rule, condition in layout(raw, reading, meaning.totals, bare_totals=meaning.bare_totals)
    ]
    cases += rules.cases(reading, config, today)
    outcome = " ".join(f"when {condition} then '{becomes}'" for condition, becomes in cases)
    keep_raw = "true" if later_copies(reading, config)[0] else f"outcome not in {KEPT}"
    return f"""
    with {cells_sql(raw, reading, numbered=meaning.needs_order)},
    typed as (select *, {_values(reading, config, meaning)} from cells),
    {asked},
    judged as (select *, case {outcome} else '{rules.OTHERWISE}' end as outcome from asked)
    select {", ".join(map(quoted, _known(reading)))}, row_hash, outcome, {answers},
           case when {keep_raw} then {row_text(raw)} end as raw
    from judged{" order by row_id" if meaning.needs_order else ""}
    """  # noqa: S608


def later_copies(reading: Reading, config: DatasetConfig) -> tuple[tuple[str, ...], str]:
    """Return the columns that no two rows may share, and the rule by which later ones are left out."""
    if reading.table.name == "transactions":
        exclude = config.transactions.policies.duplicates == "exclude"
        return (("row_hash",) if exclude else ()), "duplicates"
    return reading.table.key, "same_key"


_TELLING = (
    "status", "tax", "refunded", "refunded_on", "discount_pct", "reference", "document_type", "shipping",
    "extra", "customer_name", "cancelled_on", "total_with_all",
)  # fmt: skip


def absent(reading: Reading) -> str:
    """Return the SQL of the columns that the data do not give: NULL, in the type they would have."""
    known = _known(reading)
    missing = [column for column in _columns(reading) if column.name not in known]
    return ", ".join(f"cast(null as {type_sql(column)}) as {quoted(column.name)}" for column in missing)


def _columns(reading: Reading) -> list[Column]:
    """Return the columns of the ledger: the canonical ones, the currency, and what tells what rows mean."""
    known = reading.table.columns
    kept = [column for column in known if column.canonical or column.name in _TELLING]
    return [*kept, TRANSACTIONS.column("currency")]


def _known(reading: Reading) -> list[str]:
    """Return the columns of the ledger that the data give: what is always empty is not worth writing."""
    given = {*reading.columns, *(["currency"] if reading.signs else [])}
    given |= sales_sql.worked_out(reading) if reading.table.name == "transactions" else set()
    given |= {"scale"} if reading.table.name == "surveys" else set()
    return [column.name for column in _columns(reading) if column.name in given]


def _values(reading: Reading, config: DatasetConfig, meaning: Meaning) -> str:
    """Return the SQL of each column's value, NULL where the cell does not fit its rule."""
    given = sales_sql.GIVEN if reading.table.name == "transactions" else {}
    columns = [column for column in reading.table.columns if column.name != "currency"]
    values = [
        f"{_merged(column, reading, config, meaning)} as {quoted(given.get(column.name, column.name))}"
        for column in columns
    ]
    return ", ".join([*values, f"{currency_sql(reading)} as currency"])


def _merged(column: Column, reading: Reading, config: DatasetConfig, meaning: Meaning) -> str:
    """Return the SQL of a value; of a customer, the first of those that are the same."""
    value = value_sql(column, reading)
    if column.name != "customer_id":
        return value
    first = {other: same[0] for same in config.same_customer for other in same[1:]} | dict(
        meaning.same_customer
    )
    cases = " ".join(f"when {literal(other)} then {literal(one)}" for other, one in first.items())
    return f"case {value} {cases} else {value} end" if first else value
