"""Raw files → canonical Parquet, with every row accounted for.

The steps, each a pass of DuckDB that does not hold the file in memory: the raw files become the ledger (every
row with its fate); the ledger is counted; kept rows become ``transactions.parquet``, the others
``set_aside.parquet`` with file, line, reason and raw text.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import duckdb
import pandas as pd

from analysis.dataset.account import Intake
from analysis.dataset.config import DatasetConfig
from analysis.dataset.formats import MACROS
from analysis.dataset.inputs import Input
from analysis.dataset.ledger import FLAGS, KEPT, absent, ledger_sql
from analysis.dataset.quality import FINDINGS, Note, Quality
from analysis.dataset.readers import RawTable, alike, literal, open_raw
from analysis.dataset.reading import Reading, ask, find_reading
from analysis.dataset.schema import TRANSACTIONS
from analysis.dataset.set_aside import example, refused_records, without_unclosed, write_set_aside
from analysis.errors import CarteraError
from analysis.language import N_, _, listing, number

MEMORY = "1500MB"
"""What DuckDB may hold; beyond it, it spills to disk."""
_FAST = "format parquet, compression uncompressed, dictionary_size_limit 1"  # the ledger is read back once


def take_in(given: Input, config: DatasetConfig, target: Path) -> Intake:
    """Read raw files into canonical Parquet in the folder ``target``.

    Parameters
    ----------
    given
        Raw files with the same columns.
    config
        What ``dataset.yml`` says.
    target
        An empty folder, left with ``transactions.parquet`` and ``set_aside.parquet``.

    Raises
    ------
    CarteraError
        If the files cannot be read, leave a question open, or hold no row that can be used.
    """
    work = target / "work"
    work.mkdir()
    connection = connect(work)
    try:
        tables = alike(
            [open_raw(path, given.settings, work, f"refused_{i}") for i, path in enumerate(given.files)]
        )
        reading = find_reading(connection, tables, config)
        if reading.questions:
            raise ask(reading.questions)
        tables = [
            _write_ledger(connection, i, table, reading, config, work) for i, table in enumerate(tables)
        ]
        columns = ", ".join(filter(None, ["*", absent(reading)]))
        connection.execute(f"create view ledger as select {columns} {_FROM_LEDGER.format(work=work)}")
        currency = _one_currency(connection, config, tables)
        duplicates = _mark_duplicates(connection, config)
        refused = [refused_records(connection, table) for table in tables]
        account = _account(connection, sum(map(len, refused)))
        _check_usable(connection, account, tables, refused, reading)
        found = _found(connection, config, duplicates)
        _check_policies(found, config)
        _write_transactions(connection, target)
        write_set_aside(connection, tables, refused, target)
        facts = (*reading.facts, *_rules_applied(config))
        return _summary(connection, target, account, found, facts, duplicates, currency)
    finally:
        connection.close()
        shutil.rmtree(work)


_FROM_LEDGER = "from read_parquet('{work}/ledger-*.parquet', file_row_number=true, filename=true)"


def connect(work: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection that spills to ``work`` and has the conversion macros."""
    connection = duckdb.connect()
    connection.execute(f"set memory_limit={literal(MEMORY)}")
    connection.execute(f"set temp_directory={literal(str(work / 'spill'))}")
    if connection.execute("select current_setting('enable_progress_bar')").fetchone() == (True,):
        connection.execute("set enable_progress_bar=false")
    # as joins, the lists of names would be looked up for every row, even where CASE rules it out
    connection.execute("set disabled_optimizers = 'in_clause'")
    connection.execute(MACROS)
    return connection


def _write_ledger(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    i: int,
    table: RawTable,
    reading: Reading,
    config: DatasetConfig,
    work: Path,
) -> RawTable:
    """Write one file's part of the ledger; return the table as it was read in the end."""
    path = literal(str(work / f"ledger-{i:06}.parquet"))
    for readings in count(1):
        sql = ledger_sql(table, reading, config, dt.date.today())
        connection.execute(f"copy ({sql}) to {path} ({_FAST})")
        rest = without_unclosed(connection, table, readings)
        if rest is None:
            break
        table = rest
    return table


def _one_currency(
    connection: duckdb.DuckDBPyConnection, config: DatasetConfig, tables: list[RawTable]
) -> str | None:
    """Return the currency; two without a word from the user are an error, since their sum means nothing."""
    found = connection.execute(
        "select currency, count(*) from ledger where currency is not null "
        "group by all order by count(*) desc, currency"
    ).fetchall()
    if config.currency:
        return config.currency
    if len(found) > 1:
        raise CarteraError(
            _(
                "{file} mixes currencies: {currencies}. Convert the amounts to one, or keep the rows of one "
                "only: 'currency: {first}' in dataset.yml; the others are left out and counted."
            ).format(
                file=tables[0].file,
                currencies=listing(
                    [_("{currency} ({rows} rows)").format(currency=c, rows=number(n)) for c, n in found]
                ),
                first=next((code for code, _rows in found if len(code) == 3), "USD"),
            )
        )
    code = found[0][0] if found else None
    return code if code and len(code) == 3 else None


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


def _account(connection: duckdb.DuckDBPyConnection, refused: int) -> pd.DataFrame:
    """Return rows and readable money by fate; records that could not be split into cells come with them."""
    fates = connection.execute(
        "select fate, count(*), coalesce(sum(amount), 0) from settled group by fate"
    ).fetchall()
    rows = [(*fate.partition(":")[::2], n, float(amount)) for fate, n, amount in fates]
    if refused:
        rows.append(("rejected", "cells", refused, 0.0))
    order = {fate: i for i, fate in enumerate((*KEPT, "excluded", "rejected"))}
    rows.sort(key=lambda row: (order[row[0]], -row[2], row[1]))
    return pd.DataFrame(rows, columns=["fate", "rule", "rows", "amount"])


def _check_usable(
    connection: duckdb.DuckDBPyConnection,
    account: pd.DataFrame,
    tables: list[RawTable],
    refused: list[list[tuple[int, str]]],
    reading: Reading,
) -> None:
    if account["fate"].isin(KEPT).any():
        return
    file, total = tables[0].file, int(account["rows"].sum())
    if total == 0:
        raise CarteraError(
            _("{file} has column names but no rows. Export the sales again.").format(file=file)
        )
    if set(account["rule"]) == {"no_customer"}:
        raise CarteraError(
            _(
                "{file}: none of the {n} rows names a customer (column '{header}'). "
                "Export the sales with the customer's code."
            ).format(file=file, n=number(total), header=reading.columns["customer_id"])
        )
    line, raw = example(connection, tables[0], refused[0])
    quality = Quality(account, pd.DataFrame())
    reasons = [f"{row.what}: {number(int(str(row.rows)))}" for row in quality.table().iloc[:-1].itertuples()]
    raise CarteraError(
        _(
            "{file}: none of the {n} rows can be used. {reasons}. One of them is line {line}: '{raw}'. "
            "Check which columns were taken: {columns}."
        ).format(
            file=file,
            n=number(total),
            reasons="; ".join(reasons),
            line=line,
            raw=raw,
            columns=", ".join(f"{name} ← '{header}'" for name, header in reading.columns.items()),
        )
    )


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
                _("{n} rows {which}: stopped, as 'policies' in dataset.yml asks.").format(
                    n=number(int(str(row.rows))), which=_(FINDINGS[str(row.rule)])
                )
            )


def _write_transactions(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    columns = ["fate as kind" if name == "amount" else name for name in TRANSACTIONS.canonical]
    columns.insert(columns.index("fate as kind") + 1, "amount")
    path = literal(str(target / "transactions.parquet"))
    connection.execute(
        f"copy (select {', '.join(columns)} from settled where fate in {KEPT}) "  # noqa: S608
        f"to {path} (format parquet, dictionary_size_limit 5000)"
    )


def _rules_applied(config: DatasetConfig) -> tuple[Note, ...]:
    rate = config.tax_rate("transactions")
    if not rate:
        return ()
    return (Note(N_("Amounts include tax of {rate}, which was taken out."), {"rate": f"{100 * rate:g} %"}),)


def _summary(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    target: Path,
    account: pd.DataFrame,
    found: pd.DataFrame,
    facts: tuple[Note, ...],
    duplicates: _Duplicates,
    currency: str | None,
) -> Intake:
    names = TRANSACTIONS.canonical
    counts = ", ".join(f"count({name})" for name in names)
    path = literal(str(target / "transactions.parquet"))
    first, last, single, size, *filled = connection.execute(
        f"select min(date), max(date), min(customer_id) = max(customer_id), sum(abs(amount)), {counts} "  # noqa: S608
        f"from read_parquet({path})"
    ).fetchall()[0]
    wakes = connection.execute(
        "select min(date) from settled where fate = 'rejected:impossible_date' and date > ?",
        [dt.date.today()],
    ).fetchall()[0][0]
    alarms = _alarms(account, duplicates, single, (last - first).days + 1, float(size))
    return Intake(
        Quality(account, found, facts, alarms),
        first,
        last,
        frozenset(name for name, n in zip(names, filled, strict=True) if n),
        currency,
        wakes,
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
                N_("{n} rows are exact copies of earlier ones; if they are mistakes, sales are too high."),
                {"n": duplicates.rows},
            )
        )
        alarms.append(Note(how))
    rejected = int(account.loc[account["fate"] == "rejected", "rows"].sum())
    if rejected > 0.05 * total:
        share = f"{100 * rejected / total:.0f}"
        alarms.append(
            Note(
                N_("{share} % of the rows ({n}) were rejected: see why before trusting the figures."),
                {"share": share, "n": rejected},
            )
        )
    if single_customer:
        alarms.append(Note(N_("There is only one customer: a portfolio cannot be described with it.")))
    if days == 1:
        alarms.append(Note(N_("All sales are of one day: nothing can be said about time.")))
    if size == 0:
        alarms.append(Note(N_("All amounts are zero: no figure in money means anything.")))
    return tuple(alarms)
