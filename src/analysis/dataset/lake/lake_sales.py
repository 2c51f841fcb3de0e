"""The sales of a lake → canonical Parquet and the account of their rows, by Spark.

What columns are, and whether rows mean something only together, is found from the first rows, as of any
file. Spark adds all rows up by day, outcome and flags, and from these sums the account is made as that of
files is.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from analysis.dataset.config import DatasetConfig
from analysis.dataset.customer_days import CUSTOMER_DAYS
from analysis.dataset.files.readers import RawTable
from analysis.dataset.inference.type_inference import Reading, find_reading
from analysis.dataset.lake import lake_sql
from analysis.dataset.lake.places import SAMPLE, rows_of
from analysis.dataset.ledger import row_account, sales_account, table_intake
from analysis.dataset.ledger.intake_result import Formats, Records
from analysis.dataset.ledger.ledger import Duplicates, Ledger
from analysis.dataset.ledger.meaning import PLAIN, understand
from analysis.dataset.quality import KEPT, Note, Quality
from analysis.dataset.questions import OpenQuestionError
from analysis.dataset.schema import TRANSACTIONS
from analysis.dataset.sources.inputs import Input
from analysis.engine.queries import sql_text
from analysis.engine.spark import read_files, reason_of, session, write_files
from analysis.errors import CarteraError
from analysis.language import N_, _, number

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_NOT_HERE = ("customer_name", "invoice_series", "refunded", "refunded_on", "total_with_all")
"""Columns that change what other cells mean, which only reading files works out."""
_MOST_WORDS = 1_000
"""Words beyond which a column holds no states."""
_BY_SPARK = N_("Read by Spark as typed rows; what columns are was settled on the first {n} of them.")
_NOT_JOINED = N_("Lists beside the sales were not joined to them: Spark reads sales as they are.")


def take_in(given: Input, config: DatasetConfig, formats: Formats, target: Path) -> Records:
    """Read the sales of a lake into canonical Parquet in the folder ``target``; see `table_intake.take_in`.

    Parameters
    ----------
    given
        What stands for them; see `places`.
    config
        What ``dataset.yml`` says.
    formats
        How other tables know customers.
    target
        A folder, left with the same files as by reading files; those of rows and of customer days are folders
        of Parquet files.

    Raises
    ------
    CarteraError
        If Spark cannot read them, their columns are not typed, their rows mean something only together, or no
        row can be used.
    """
    work = target / "work_lake"
    work.mkdir()
    connection = table_intake.connect(work)
    try:
        raw, reading = _known(connection, given, config, formats, work)
        spark = session(config.master, config.spark)
        try:
            return _recorded(connection, spark, raw, reading, given, config, target)
        except CarteraError:
            raise
        except Exception as error:
            raise CarteraError(
                _("{table} cannot be read by Spark: {reason}").format(
                    table=given.origin, reason=reason_of(error)
                )
            ) from None
    finally:
        connection.close()
        shutil.rmtree(work)


def _known(
    connection: duckdb.DuckDBPyConnection, given: Input, config: DatasetConfig, formats: Formats, work: Path
) -> tuple[RawTable, Reading]:
    """Return what columns are, from the first rows; refuse what typed rows by themselves do not tell."""
    raws = table_intake.open_all(connection, given, TRANSACTIONS, work).raws
    reading = find_reading(connection, raws, TRANSACTIONS, given.settings, formats)
    if reading.questions:
        raise OpenQuestionError(reading.questions, TRANSACTIONS.name)
    file = raws[0].file
    if config.transactions.join:
        raise _refused(file, _("'join' takes columns from lists."))
    for name, header in reading.columns.items():
        kind, written = TRANSACTIONS.column(name).kind, reading.kinds[name]
        if kind not in {"identifier", "text"} and written == "VARCHAR":
            raise _refused(file, _("'{header}' ({name}) holds text.").format(header=header, name=name))
        if name in _NOT_HERE or header not in raws[0].columns:
            reason = _("'{header}' ({name}) changes what other columns mean.")
            raise _refused(file, reason.format(header=header, name=name))
    table_intake.write_ledger(connection, raws, reading, config, work)
    understood = understand(connection, reading, config, PLAIN, file)
    if understood.questions:
        raise _refused(file, understood.questions[0].text)
    if understood.meaning != PLAIN:
        raise _refused(file, " ".join(map(str, understood.facts)))
    return raws[0], reading


def _refused(file: str, reason: str) -> CarteraError:
    return CarteraError(
        _(
            "{file} is not for Spark as it is, which takes clean, typed rows. {reason} Run 'cartera import' "
            "on it, and name the folder that it leaves; or leave the column aside by 'ignore'."
        ).format(file=file, reason=reason)
    )


def _recorded(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    spark: SparkSession,
    raw: RawTable,
    reading: Reading,
    given: Input,
    config: DatasetConfig,
    target: Path,
) -> Records:
    """Add the rows up, and write them; return the account."""
    lake, today = rows_of(spark, given.settings), dt.date.today()
    lake.createOrReplaceTempView("lake")
    words = {name: _words(spark, reading, name) for name in lake_sql.FEW_WORDS if name in reading.columns}
    query = lake_sql.ledger(lake.columns, reading, config, words, today)
    write_files(spark.sql(query), target / "work_lake" / "ledger")
    read_files(spark, target / "work_lake" / "ledger").createOrReplaceTempView("ledger")
    connection.register("sums", spark.sql(lake_sql.days(reading)).toArrow())
    connection.execute("create temp table days as from sums")
    outcomes = row_account.count_outcomes(connection, "days", 0, money=True)
    ledger = Ledger([raw], [[]], reading, config, outcomes, _duplicates(spark))
    currency = row_account.one_currency(_currencies(spark, reading), config.currency, raw.file)
    row_account.check_usable(connection, ledger)
    found = sales_account.found(connection, ledger)
    _write(connection, spark, given.origin, target)
    (target / f"{TRANSACTIONS.name}.sql").write_text(query, "utf-8")
    facts = (*reading.facts, Note(_BY_SPARK, {"n": SAMPLE}), *([Note(_NOT_JOINED)] if given.lists else []))
    alarms = (*_unknown_money(connection), *_alarms(connection, spark, ledger))
    quality = Quality(
        outcomes,
        found,
        (*facts, *row_account.tax_fact(reading, config.tax_rate(TRANSACTIONS.name))),
        (*row_account.rejected_alarm(ledger), *alarms),
    )
    columns, first, last = _summary(connection)
    again = connection.execute(
        "select min(date) from days where outcome = 'rejected:impossible_date' and date > ?", [today]
    ).fetchall()[0][0]
    return Records(quality, columns, first, last, again, currency, reading.shown)


def _words(spark: SparkSession, reading: Reading, name: str) -> list[str]:
    """Return what stands in a column of few words."""
    header = reading.columns[name].replace('"', '""')
    rows = spark.sql(f'select distinct cast("{header}" as string) as word from lake limit {_MOST_WORDS + 1}')  # noqa: S608
    words = [word for word in rows.toArrow()["word"].to_pylist() if word is not None]
    if len(words) > _MOST_WORDS:
        reason = _("'{header}' ({name}) holds more than {n} different texts.")
        raise _refused(name, reason.format(header=header, name=name, n=number(_MOST_WORDS)))
    return words


def _duplicates(spark: SparkSession) -> Duplicates:
    row = spark.sql(lake_sql.COPIES).toArrow().to_pylist()[0]
    rows = row["rows"] or 0
    return Duplicates(row["copies"] or 0, row["copied"] == rows and rows > 2)


def _currencies(spark: SparkSession, reading: Reading) -> list[tuple[str, int]]:
    if "currency" not in reading.columns:
        return []
    found = spark.sql(
        "select currency, count(*) as n from ledger where currency is not null group by currency "
        "order by n desc, currency limit 100"
    )
    return [(row["currency"], row["n"]) for row in found.toArrow().to_pylist()]


def _write(connection: duckdb.DuckDBPyConnection, spark: SparkSession, origin: str, target: Path) -> None:
    """Write the rows kept, those set aside, customer days, and what leads from the file to net sales."""
    kept = target / f"{TRANSACTIONS.name}.parquet"
    write_files(spark.sql(lake_sql.kept()), kept)
    write_files(spark.sql(lake_sql.set_aside(origin)), target / f"set_aside_{TRANSACTIONS.name}.parquet")
    read_files(spark, kept).createOrReplaceTempView(TRANSACTIONS.name)
    write_files(spark.sql(sql_text(CUSTOMER_DAYS)), target / f"{CUSTOMER_DAYS}.parquet")
    sales_account.write_reconciliation(connection, target / "reconciliation.parquet")


def _unknown_money(connection: duckdb.DuckDBPyConnection) -> tuple[Note, ...]:
    query = (
        "select cast(coalesce(sum(rows - n_amount), 0) as bigint) from days where outcome like 'rejected:%'"
    )
    return row_account.unknown_money(connection.execute(query).fetchall()[0][0])


def _alarms(connection: duckdb.DuckDBPyConnection, spark: SparkSession, ledger: Ledger) -> list[Note]:
    some = spark.sql("select distinct customer_id from transactions limit 2").toArrow()
    return sales_account.beware(connection, ledger, alone=some.num_rows == 1)


def _summary(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[frozenset[str], dt.date | None, dt.date | None]:
    """Return the columns that hold data among the rows kept, and their first and last day."""
    counts = ", ".join(f"sum(n_{name})" for name in TRANSACTIONS.canonical)
    first, last, *filled = connection.execute(
        f"select min(date), max(date), {counts} from days where outcome in {KEPT}"  # noqa: S608
    ).fetchall()[0]
    return frozenset(name for name, n in zip(TRANSACTIONS.canonical, filled, strict=True) if n), first, last
