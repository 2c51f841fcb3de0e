"""Raw files → canonical Parquet, with every row accounted for.

The steps, each a pass of DuckDB that does not hold the file in memory: the raw files become the ledger (every
row with its fate); the ledger is counted; kept rows become ``transactions.parquet``, the others
``set_aside_transactions.parquet`` with file, line, reason and raw text.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pandas as pd

from analysis.dataset.config import DatasetConfig
from analysis.dataset.inference.type_inference import ask, find_reading
from analysis.dataset.ledger.intake_result import Formats, Intake
from analysis.dataset.ledger.ledger_steps import (
    check_usable,
    connect,
    count_fates,
    one_currency,
    open_all,
    rejected_alarm,
    tax_fact,
    write_ledger,
)
from analysis.dataset.ledger.rejects import refused_records, write_set_aside
from analysis.dataset.ledger.sales_ledger import FLAGS, absent, ledger_sql
from analysis.dataset.quality import FINDINGS, KEPT, Note, Quality
from analysis.dataset.schema import TRANSACTIONS
from analysis.dataset.sources.inputs import Input
from analysis.engine.paths import duckdb_path
from analysis.errors import CarteraError
from analysis.language import N_, _, number


def take_in(given: Input, config: DatasetConfig, target: Path) -> Intake:
    """Read raw files into canonical Parquet in the folder ``target``.

    Parameters
    ----------
    given
        Raw files with the same columns.
    config
        What ``dataset.yml`` says.
    target
        An empty folder, left with ``transactions.parquet`` and ``set_aside_transactions.parquet``.

    Raises
    ------
    CarteraError
        If the files cannot be read, leave a question open, or hold no row that can be used.
    """
    work = target / "work"
    work.mkdir()
    connection = connect(work)
    try:
        raws = open_all(connection, given, TRANSACTIONS, work)
        reading = find_reading(connection, raws, TRANSACTIONS, given.settings)
        if reading.questions:
            raise ask(reading.questions, TRANSACTIONS)
        today = dt.date.today()
        raws = write_ledger(
            connection, raws, lambda raw: ledger_sql(raw, reading, config, today), absent(reading), work
        )
        currency = one_currency(connection, config.currency, raws[0].file)
        duplicates = _mark_duplicates(connection, config)
        refused = [refused_records(connection, raw) for raw in raws]
        account = count_fates(connection, sum(map(len, refused)), money=True)
        check_usable(connection, Quality(account, pd.DataFrame()), raws[0], refused[0], reading)
        found = _found(connection, config, duplicates)
        _check_policies(found, config)
        _write_transactions(connection, target)
        write_set_aside(connection, raws, refused, target / "set_aside_transactions.parquet")
        facts = (*reading.facts, *tax_fact(config.tax_rate("transactions")))
        quality = Quality(account, found, facts)
        return _summary(connection, target, quality, duplicates, currency, reading.shown)
    finally:
        connection.close()
        shutil.rmtree(work)


@dataclass(frozen=True)
class _Duplicates:
    """Later copies of the same row: how many, what kept money they bring, and whether no row is single."""

    rows: int
    amount: float
    all_repeated: bool


def _mark_duplicates(connection: duckdb.DuckDBPyConnection, config: DatasetConfig) -> _Duplicates:
    """Count rows equal in every cell; where they are to be left out, note the later copies of each."""
    connection.execute(
        "create temp table repeated as "
        "select row_hash, count(*) as times from ledger group by row_hash having count(*) > 1"
    )
    rows, copied = connection.execute(
        "select coalesce(sum(times - 1), 0), coalesce(sum(times), 0) from repeated"
    ).fetchall()[0]
    amount = 0.0
    if rows:
        amount = connection.execute(
            "select coalesce(sum(amount * (times - 1) / times), 0) "  # noqa: S608
            f"from ledger join repeated using (row_hash) where fate in {KEPT}"
        ).fetchall()[0][0]
    total = connection.execute("select count(*) from ledger").fetchall()[0][0]
    connection.execute("create temp table later_copy (filename varchar, file_row_number bigint)")
    if config.transactions.policies.duplicates == "exclude" and rows:
        connection.execute(
            "insert into later_copy "
            "select filename, file_row_number from ledger join repeated using (row_hash) "
            "qualify row_number() over (partition by row_hash order by filename, file_row_number) > 1"
        )
    connection.execute(
        f"create view settled as select ledger.* exclude (fate), "  # noqa: S608
        f"case when later_copy.filename is not null and fate in {KEPT} "
        "then 'excluded:duplicates' else fate end as fate "
        "from ledger left join later_copy using (filename, file_row_number)"
        if config.transactions.policies.duplicates == "exclude"
        else "create view settled as from ledger"
    )
    return _Duplicates(int(rows), float(amount), copied == total and total > 2)


def _found(
    connection: duckdb.DuckDBPyConnection, config: DatasetConfig, duplicates: _Duplicates
) -> pd.DataFrame:
    """Return how many raw rows answer yes to each question, whatever their fate."""
    counts = ", ".join(f"count(*) filter (where flags[{i}])" for i, _flag in enumerate(FLAGS, 1))
    asked = dict(
        zip(
            (flag.removeprefix("is_") for flag in FLAGS),
            connection.execute(f"select {counts} from ledger where flags is not null").fetchall()[0],  # noqa: S608
            strict=True,
        )
    )
    asked["duplicates"] = duplicates.rows
    policies = config.transactions.policies.model_dump()
    returns = policies["returns"]
    policies |= {"negative_quantity": returns, "negative_amount": returns}
    if "stop" not in {policies["cancelled"], returns}:
        policies["cancelled"] = returns
    rows = [(rule, policies.get(rule, ""), int(asked.get(rule, 0))) for rule in FINDINGS]
    return pd.DataFrame(rows, columns=["rule", "policy", "rows"])


def _check_policies(found: pd.DataFrame, config: DatasetConfig) -> None:
    for row in found.itertuples():
        if row.policy == "stop" and row.rows:
            raise CarteraError(
                _("Rows {which}: {n}. Stopped, as 'policies' in dataset.yml asks.").format(
                    n=number(int(str(row.rows))), which=_(FINDINGS[str(row.rule)])
                )
            )


def _write_transactions(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    columns = ["fate as kind" if name == "amount" else name for name in TRANSACTIONS.canonical]
    columns.insert(columns.index("fate as kind") + 1, "amount")
    connection.execute(
        f"copy (select {', '.join(columns)} from settled where fate in {KEPT}) "  # noqa: S608
        "to $1 (format parquet, dictionary_size_limit 5000)",
        [str(target / "transactions.parquet")],
    )


def _summary(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    quality: Quality,
    duplicates: _Duplicates,
    currency: str | None,
    formats: Formats,
) -> Intake:
    names = TRANSACTIONS.canonical
    counts = ", ".join(f"count({name})" for name in names)
    first, last, single, size, *filled = connection.execute(
        f"select min(date), max(date), min(customer_id) = max(customer_id), sum(abs(amount)), {counts} "  # noqa: S608
        "from read_parquet(?, hive_partitioning=false)",
        [duckdb_path(target / "transactions.parquet")],
    ).fetchall()[0]
    read_again_on = connection.execute(
        "select min(date) from settled where fate = 'rejected:impossible_date' and date > ?",
        [dt.date.today()],
    ).fetchall()[0][0]
    alarms = _alarms(quality.rows, duplicates, single, (last - first).days + 1, float(size))
    return Intake(
        replace(quality, alarms=alarms),
        first,
        last,
        frozenset(name for name, n in zip(names, filled, strict=True) if n),
        currency,
        read_again_on,
        formats,
    )


def _alarms(
    account: pd.DataFrame, duplicates: _Duplicates, single_customer: bool, days: int, size: float
) -> tuple[Note, ...]:
    """Return what the reader must know before trusting a figure."""
    alarms = []
    total = int(account["rows"].sum())
    how = N_("To leave the copies out: 'duplicates: exclude' under 'policies' in dataset.yml.")
    if duplicates.all_repeated:
        alarms.append(
            Note(
                N_(
                    "Every row stands at least twice in the data: it looks as if the same sales had been "
                    "pasted again, and money counts double."
                )
            )
        )
        alarms.append(Note(how))
    elif duplicates.rows > 0.2 * total:
        alarms.append(
            Note(
                N_("Exact copies of earlier rows: {n}; if they are mistakes, sales are too high."),
                {"n": duplicates.rows},
            )
        )
        alarms.append(Note(how))
    alarms += rejected_alarm(account)
    if single_customer:
        alarms.append(Note(N_("There is only one customer: a portfolio cannot be described with it.")))
    if days == 1:
        alarms.append(Note(N_("All sales are of one day: nothing can be said about time.")))
    if size == 0:
        alarms.append(Note(N_("All amounts are zero: no figure in money means anything.")))
    return tuple(alarms)
