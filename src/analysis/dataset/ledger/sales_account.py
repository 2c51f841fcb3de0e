"""The account of the sales beside their rows by outcome: what was found in them, and what to beware of."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.cell_sql import type_sql
from analysis.dataset.ledger.ledger import Account, Ledger
from analysis.dataset.ledger.plausibility import PRICE, doubts
from analysis.dataset.ledger.sales_sql import FLAGS, answered
from analysis.dataset.quality import FINDINGS, KEPT, Note
from analysis.dataset.schema import CUSTOMERS, TRANSACTIONS
from analysis.errors import CarteraError
from analysis.language import N_, _, number

_COPIES = N_("Exact copies of earlier rows: {n}; if they are mistakes, sales are too high.")
_ALL_TWICE = N_(
    "Every row stands at least twice in the data: it looks as if the same sales had been pasted again, and "
    "money counts double."
)
_NAMED = N_("Customers are told apart by '{header}', and called as in '{name}'.")
_BY_NAME = N_(
    "Customers are told apart by '{header}', on rows without one by '{name}' (rows: {n}), and called as "
    "there."
)
_HOW = N_("To leave the copies out: 'duplicates: exclude' under 'policies' in dataset.yml.")


def account(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> Account:
    """Return what is said of the sales beside their rows by outcome; `add_up` was called.

    Raises
    ------
    CarteraError
        If there are rows at which ``policies`` asks to stop.
    """
    columns = ["outcome as kind, amount" if name == "amount" else name for name in TRANSACTIONS.canonical]
    facts = _by_name(connection, ledger)
    return Account(columns, found(connection, ledger), facts, tuple(_alarms(connection, ledger)))


def _by_name(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> tuple[Note, ...]:
    """Return by what customers are told apart, where the sales give their names beside it."""
    headers = ledger.reading.columns
    if "customer_name" not in headers:
        return ()
    query = "select cast(sum(rows) as bigint) from customers where customer_id = one_spelling(name)"
    n = connection.execute(query).fetchall()[0][0]
    values = {"header": headers["customer_id"], "name": headers["customer_name"]}
    return (Note(_BY_NAME, values | {"n": n}) if n else Note(_NAMED, values),)


def add_up(connection: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Make the table ``days``, a row for each day, outcome and flags, so that the ledger is looked at once.

    Where sales give the names of customers, ``customers`` has a row for each one of the rows kept, with the
    name in use last.
    """
    is_written = "written" in connection.view("entries").columns
    written = "written" if is_written else f"if({answered('is_turned')}, -amount, amount)"
    price = PRICE if {"product_id", "quantity"} <= reading.columns.keys() else "cast(null as double)"
    connection.execute(
        "create temp table days as select date, outcome, flags, count(*) as rows, "  # noqa: S608
        f"sum({written}) as written, sum(amount) as amount, sum(coalesce(amount, {written})) as known, "
        "sum(abs(amount)) as size, max(abs(amount)) as largest, "
        f"min(nullif({price}, 0)) as cheapest, max({price}) as dearest "
        "from entries group by all"
    )
    if "customer_name" in reading.columns:
        connection.execute(
            "create temp table customers as select customer_id, count(*) as rows, "  # noqa: S608
            f"arg_max(customer_name, date) as name from entries where outcome in {KEPT} group by customer_id"
        )


def write_reconciliation(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Write what leads from the total of the file to net sales, month by month.

    Parameters
    ----------
    connection
        One for which `add_up` was called.
    target
        The Parquet file: ``month`` (its first day; NULL where a row has no date), ``outcome``, ``rule``,
        ``rows``, ``written`` (sum of the amounts as the file has them) and ``amount`` (as they count; of
        rows rejected for want of one, as the file has them).
    """
    connection.execute(
        "copy (select cast(date_trunc('month', date) as date) as month, "
        "split_part(outcome, ':', 1) as outcome, split_part(outcome, ':', 2) as rule, "
        "cast(sum(rows) as bigint) as rows, cast(sum(written) as double) as written, "
        "cast(sum(if(outcome like 'rejected:%', known, amount)) as double) as amount "
        "from days group by all order by all) to $1 (format parquet)",
        [str(target)],
    )


def write_names(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Write a table of customers with the names that the sales give them: the one in use last.

    Parameters
    ----------
    connection
        One for which `add_up` was called.
    target
        The Parquet file.
    """
    columns = ", ".join(
        column.name
        if column.name in {"customer_id", "name"}
        else f"cast(null as {type_sql(column)}) as {column.name}"
        for column in CUSTOMERS.columns
        if column.canonical
    )
    connection.execute(
        f"copy (select {columns} from customers order by customer_id) to $1 (format parquet)",  # noqa: S608
        [str(target)],
    )


def found(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> pd.DataFrame:
    """Return how many raw rows answer yes to each question, whatever their outcome."""
    counts = ", ".join(f"sum(rows) filter ({answered(flag)})" for flag in FLAGS)
    asked = dict(
        zip(
            (flag.removeprefix("is_") for flag in FLAGS),
            connection.execute(f"select {counts} from days where outcome <> 'refund'").fetchall()[0],  # noqa: S608
            strict=True,
        )
    )
    asked["duplicates"] = ledger.duplicates.rows
    policies = ledger.config.transactions.policies.model_dump()
    returns = policies["returns"]
    policies |= {"negative_quantity": returns, "negative_amount": returns, "turned": returns}
    policies |= {"void": policies["cancelled"], "refunded": "subtract", "extra": policies["extras"]}
    if "stop" not in {policies["cancelled"], returns}:
        policies["cancelled"] = returns
    rows = [(rule, policies.get(rule, ""), int(asked.get(rule) or 0)) for rule in FINDINGS]
    for rule, policy, n in rows:
        if policy == "stop" and n:
            raise CarteraError(
                _("Rows {which}: {n}. Stopped, as 'policies' in dataset.yml asks.").format(
                    n=number(n), which=_(FINDINGS[rule])
                )
            )
    return pd.DataFrame(rows, columns=["rule", "policy", "rows"])


def _alarms(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> list[Note]:
    """Return what the reader must know before trusting a figure."""
    kept = f"from entries where outcome in {KEPT}"
    another = f"select 1 {kept} and customer_id <> (select customer_id {kept} limit 1) limit 1"
    alone = not connection.execute(another).fetchall()
    return [*beware(connection, ledger, alone=alone), *doubts(connection, ledger)]


def beware(connection: duckdb.DuckDBPyConnection, ledger: Ledger, *, alone: bool) -> list[Note]:
    """Return what days and copies say that the reader must know.

    Parameters
    ----------
    connection
        One that has the table ``days``.
    ledger
        What was counted.
    alone
        Whether all sales kept are of one customer.
    """
    single_day, size = connection.execute(
        f"select min(date) = max(date), sum(size) from days where outcome in {KEPT}"  # noqa: S608
    ).fetchall()[0]
    notes = []
    if ledger.duplicates.all_repeated:
        notes += [Note(_ALL_TWICE), Note(_HOW)]
    elif ledger.duplicates.rows > 0.2 * ledger.rows:
        notes += [Note(_COPIES, {"n": ledger.duplicates.rows}), Note(_HOW)]
    if alone:
        notes.append(Note(N_("There is only one customer: a portfolio cannot be described with it.")))
    if single_day:
        notes.append(Note(N_("All sales are of one day: nothing can be said about time.")))
    if size == 0:
        notes.append(Note(N_("All amounts are zero: no figure in money means anything.")))
    return notes
