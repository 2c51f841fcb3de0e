"""Raw files of a table → canonical Parquet, with every row accounted for.

The steps, each a pass of DuckDB that does not hold the file in memory: the raw files become the ledger (every
row with its outcome); the ledger is counted; kept rows become ``<table>.parquet``, the others
``set_aside_<table>.parquet`` with file, line, reason and raw text.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np

from analysis.dataset.config import DatasetConfig
from analysis.dataset.customer_days import CUSTOMER_DAYS, write_customer_days
from analysis.dataset.files.readers import RawTable, alike, open_raw, quoted, whole
from analysis.dataset.inference.formats import MACROS
from analysis.dataset.inference.type_inference import Reading, find_reading
from analysis.dataset.joins import Joined, check_totals, with_full_names, with_lists
from analysis.dataset.ledger import records_account, sales_account
from analysis.dataset.ledger.added_columns import with_added
from analysis.dataset.ledger.headings import with_customers
from analysis.dataset.ledger.intake_result import Formats, Records
from analysis.dataset.ledger.ledger import Ledger, count_duplicates, list_entries, settle
from analysis.dataset.ledger.ledger_sql import absent, later_copies, ledger_sql
from analysis.dataset.ledger.meaning import PLAIN, Meaning, understand
from analysis.dataset.ledger.rejects import refused_lines, refused_records, write_set_aside
from analysis.dataset.ledger.row_account import (
    check_usable,
    count_outcomes,
    one_currency,
    rejected_alarm,
    tax_fact,
    unknown_money,
)
from analysis.dataset.ledger.sales_sql import gives_back_later
from analysis.dataset.quality import KEPT, Note, Quality
from analysis.dataset.questions import NET, OpenQuestionError, Question
from analysis.dataset.schema import CUSTOMERS, TRANSACTIONS, Table
from analysis.dataset.sources.inputs import Input
from analysis.engine import duckdb as duckdb_engine
from analysis.engine.paths import duckdb_path
from analysis.language import number

_SQL = "ledger.sql"
"""The queries by which a table was read, as they are shown."""
_CURRENCIES = (
    "select currency, count(*) from ledger where currency is not null "
    "group by all order by count(*) desc, currency"
)
_FAST = "format parquet, compression uncompressed, dictionary_size_limit 200"  # looked at a few times


def connect(work: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection that spills to ``work`` and has the conversion macros."""
    connection = duckdb_engine.connect(work / "spill")
    connection.execute("set TimeZone = 'UTC'")  # the day of a moment is the same on every machine
    # as joins, the lists of names would be looked up for every row, even where CASE rules it out
    connection.execute("set disabled_optimizers = 'in_clause'")
    connection.execute(MACROS)
    return connection


def open_all(connection: duckdb.DuckDBPyConnection, given: Input, table: Table, work: Path) -> Joined:
    """Open the raw files of a table, with columns of one type in all of them and those taken from lists.

    Raises
    ------
    CarteraError
        If a file is empty or not a table.
    """
    raws = [
        with_added(open_raw(connection, path, table, given.settings, work / f"raw_{i}"), path, given)
        for i, path in enumerate(given.files)
    ]
    if table is TRANSACTIONS:
        raws = [
            with_customers(connection, raw, given.settings, work / f"raw_{i}") for i, raw in enumerate(raws)
        ]
    if table is CUSTOMERS:
        raws = [with_full_names(raw, given.settings.columns) for raw in raws]
    return with_lists(connection, alike(raws), given, table, work)


def take_in(table: Table, given: Input, config: DatasetConfig, formats: Formats, target: Path) -> Records:
    """Read the raw files of a table into canonical Parquet in the folder ``target``.

    Parameters
    ----------
    table
        Any canonical table.
    given
        Its raw files, which have the same columns, and how they are read.
    config
        What ``dataset.yml`` says of all tables.
    formats
        How the sales are written; it settles what another table leaves open.
    target
        A folder, left with ``<table>.parquet`` (the canonical columns of the rows kept, in the files' order)
        ``set_aside_<table>.parquet`` (the other rows) and ``<table>.sql`` (the queries that read them).

    Raises
    ------
    CarteraError
        If the files cannot be read, leave a question open, or hold no row that can be used.
    """
    work = target / f"work_{table.name}"
    work.mkdir()
    connection = connect(work)
    try:
        joined = open_all(connection, given, table, work)
        raws = joined.raws
        reading = find_reading(connection, raws, table, given.settings, formats)
        if reading.questions:
            raise OpenQuestionError(reading.questions, table.name)
        facts: list[Note] = []
        if table is TRANSACTIONS:
            raws, facts = _understood(connection, raws, reading, config, work)
        else:
            raws = write_ledger(connection, raws, reading, config, work)
        checked, alarms = check_totals(connection, joined, reading, config)
        records = _recorded(connection, raws, reading, config, target, (*facts, *checked))
        (target / f"{table.name}.sql").write_text(joined.sql + (work / _SQL).read_text("utf-8"), "utf-8")
        return records.noted(alarms=tuple(alarms))
    finally:
        connection.close()
        shutil.rmtree(work)


def open_questions(
    connection: duckdb.DuckDBPyConnection,
    raws: list[RawTable],
    reading: Reading,
    config: DatasetConfig,
    work: Path,
) -> tuple[Question, ...]:
    """Return what the rows of the sales leave open; nothing of another table is."""
    if reading.table is not TRANSACTIONS:
        return ()
    try:
        _understood(connection, raws, reading, config, work)
    except OpenQuestionError as error:
        return error.questions
    return ()


def _understood(
    connection: duckdb.DuckDBPyConnection,
    raws: list[RawTable],
    reading: Reading,
    config: DatasetConfig,
    work: Path,
) -> tuple[list[RawTable], list[Note]]:
    """Write the ledger of the sales with what their rows mean together.

    Return the files as they were read in the end, and what was found.

    Raises
    ------
    OpenQuestionError
        If the rows leave something open; net sales after each answer are those that it would give.
    """
    raws, facts, questions = _followed(connection, raws, reading, config, work)
    if not questions:
        return raws, facts
    tried = tuple(_tried(connection, raws, reading, config, work, question) for question in questions)
    raise OpenQuestionError(tried, reading.table.name)


def _tried(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    raws: list[RawTable],
    reading: Reading,
    config: DatasetConfig,
    work: Path,
    question: Question,
) -> Question:
    """Return a question with the net sales that each answer gives, found by reading the sales with it."""
    choices = []
    for choice in question.choices:
        told = choice.consequence
        if NET in told:
            sales = config.transactions.answered(choice.said)
            with_it = config.model_copy(update={"transactions": sales})
            _followed(connection, raws, reading, with_it, work)
            told = told.replace(NET, number(_net_sales(connection, reading, with_it), 2))
        choices.append(replace(choice, consequence=told))
    return replace(question, choices=tuple(choices))


def _net_sales(connection: duckdb.DuckDBPyConnection, reading: Reading, config: DatasetConfig) -> float:
    """Return net sales by the view ``ledger``; it makes the views ``settled`` and ``entries``."""
    settle(connection, *later_copies(reading, config))
    list_entries(connection, later_refunds=gives_back_later(reading))
    query = f"select cast(coalesce(sum(amount), 0) as double) from entries where outcome in {KEPT}"  # noqa: S608
    return float(connection.execute(query).fetchall()[0][0])


def _followed(
    connection: duckdb.DuckDBPyConnection,
    raws: list[RawTable],
    reading: Reading,
    config: DatasetConfig,
    work: Path,
) -> tuple[list[RawTable], list[Note], tuple[Question, ...]]:
    """Write the ledger of the sales, and anew where what its rows mean together changes it.

    Return the files as they were read in the end, what was found, and what is open.
    """
    meaning, facts = PLAIN, list[Note]()
    raws = write_ledger(connection, raws, reading, config, work)
    while True:
        found = understand(connection, reading, config, meaning, raws[0].file)
        facts += found.facts
        if found.questions or found.meaning == meaning:
            return raws, facts, found.questions
        meaning = found.meaning
        raws = write_ledger(connection, raws, reading, config, work, meaning)


def _recorded(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    raws: list[RawTable],
    reading: Reading,
    config: DatasetConfig,
    target: Path,
    found: tuple[Note, ...],
) -> Records:
    """Count the ledger, and write from it the two files; return the account."""
    table, money = reading.table, "amount" in reading.table.canonical
    currencies = connection.execute(_CURRENCIES).fetchall()
    currency = one_currency(currencies, config.currency, raws[0].file)
    settle(connection, *later_copies(reading, config))
    list_entries(connection, later_refunds=gives_back_later(reading))
    refused = [refused_records(connection, raw) for raw in raws]
    if table is TRANSACTIONS:
        sales_account.add_up(connection, reading)
    counted = "days" if table is TRANSACTIONS else "(select *, 1 as rows from entries)"
    outcomes = count_outcomes(connection, counted, sum(map(len, refused)), money=money)
    ledger = Ledger(raws, refused, reading, config, outcomes, count_duplicates(connection))
    check_usable(connection, ledger)
    rules = sales_account if table is TRANSACTIONS else records_account
    account = rules.account(connection, ledger)
    kept = target / f"{table.name}.parquet"
    connection.execute(
        f"copy (select {', '.join(account.columns)} from entries where outcome in {KEPT}) "  # noqa: S608
        "to $1 (format parquet, dictionary_size_limit 5000)",
        [str(kept)],
    )
    if table is TRANSACTIONS:
        write_customer_days(connection, kept, target / f"{CUSTOMER_DAYS}.parquet")
        sales_account.write_reconciliation(connection, target / "reconciliation.parquet")
        if "customer_name" in reading.columns:
            sales_account.write_names(connection, target / f"{CUSTOMERS.name}.parquet")
    write_set_aside(connection, raws, refused, target / f"set_aside_{table.name}.parquet", money=money)
    quality = Quality(
        outcomes,
        account.found,
        (*reading.facts, *found, *tax_fact(reading, config.tax_rate(table.name)), *account.facts),
        (
            *rejected_alarm(ledger),
            *(unknown_money(_without_money(connection, ledger)) if money else ()),
            *account.alarms,
        ),
        table.name,
    )
    columns, first, last = _summary(connection, table, kept)
    again = _read_again_on(connection, table)
    return Records(quality, columns, first, last, again, currency, reading.shown)


def write_ledger(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    raws: list[RawTable],
    reading: Reading,
    config: DatasetConfig,
    work: Path,
    meaning: Meaning = PLAIN,
) -> list[RawTable]:
    """Write the ledger, a part per file, and put it into the view ``ledger``.

    Return the files as they were read in the end: those that DuckDB did not read whole are split without it.
    """
    today = dt.date.today()
    parts = [work / f"ledger-{i:06}.parquet" for i in range(len(raws))]

    def write(raw: RawTable, part: Path) -> RawTable:
        accepted = _copy(connection, ledger_sql(raw, reading, config, today, meaning), part)
        if raw.text is None:
            return raw
        refused = np.asarray(refused_lines(connection, raw.text), np.int64)
        if accepted + len(np.unique(refused)) == raw.text.records and raw.text.begin_on(refused):
            return raw
        raw = raw.text.split()
        _copy(connection, ledger_sql(raw, reading, config, today, meaning), part)
        return raw

    with whole(connection, raws):
        read = [write(raw, part) for raw, part in zip(raws, parts, strict=True)]
    columns = ", ".join(filter(None, ["*", absent(reading)]))
    queries = [f"-- {raw.file}\n{ledger_sql(raw, reading, config, today, meaning)};" for raw in read]
    (work / _SQL).write_text("\n".join(queries).replace(f"date '{today}'", "current_date"), "utf-8")
    connection.execute("set variable ledger_parts = ?", [list(map(duckdb_path, parts))])
    connection.execute(
        f"create or replace view ledger as select {columns} from read_parquet(getvariable('ledger_parts'), "  # noqa: S608
        "file_row_number=true, filename=true, hive_partitioning=false)"
    )
    return read


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write what a query gives to a part of the ledger; return how many rows."""
    return int(connection.execute(f"copy ({query}) to $1 ({_FAST})", [str(path)]).fetchall()[0][0])


def _without_money(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> int:
    """Return how many rows were rejected and have no amount that can be read."""
    if not ledger.outcomes["outcome"].eq("rejected").any():
        return 0
    unread = "select count(*) from ledger where outcome like 'rejected:%' and amount is null"
    return int(connection.execute(unread).fetchall()[0][0]) + sum(map(len, ledger.refused))


def _summary(
    connection: duckdb.DuckDBPyConnection, table: Table, kept: Path
) -> tuple[frozenset[str], dt.date | None, dt.date | None]:
    """Return the columns that hold data among the rows kept, and their first and last day."""
    counts = ", ".join(f"count({quoted(name)})" for name in table.canonical)
    day = quoted(table.dated) if table.dated else "null"
    first, last, *filled = connection.execute(
        f"select min({day}), max({day}), {counts} from read_parquet(?, hive_partitioning=false)",  # noqa: S608
        [duckdb_path(kept)],
    ).fetchall()[0]
    return frozenset(name for name, n in zip(table.canonical, filled, strict=True) if n), first, last


def _read_again_on(connection: duckdb.DuckDBPyConnection, table: Table) -> dt.date | None:
    """Return the first day on which a row that now lies in the future would count."""
    if table.dated not in table.required:
        return None
    day: dt.date | None = connection.execute(
        f"select min({quoted(table.dated)}) from settled "  # noqa: S608
        f"where outcome = 'rejected:impossible_date' and {quoted(table.dated)} > ?",
        [dt.date.today()],
    ).fetchall()[0][0]
    return day
