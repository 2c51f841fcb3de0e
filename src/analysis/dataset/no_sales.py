"""A data set of contracts alone, such as a list of members, or of surveys: it says nothing of any sales."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pandas as pd

from analysis.dataset.customer_days import CUSTOMER_DAYS, write_customer_days
from analysis.dataset.ledger.cell_sql import type_sql
from analysis.dataset.ledger.intake_result import Records
from analysis.dataset.quality import Quality
from analysis.dataset.schema import TRANSACTIONS
from analysis.engine.paths import duckdb_path

_DAYS = {"contracts": "min(started), max(greatest(started, ended))", "surveys": "min(date), max(date)"}


def without_sales(tables: dict[str, Records], target: Path) -> Records:
    """Write sales without a row, and all that is made of them; return their account.

    Parameters
    ----------
    tables
        What reading the other tables gave, contracts or surveys among them. Their days are those of the data
        set: it ends on the last day on which a contract began or ended, or a survey was answered, or today,
        if there is none, or a later one.
    target
        Folder of the Parquet files.
    """
    columns = [(column.name, type_sql(column)) for column in TRANSACTIONS.columns if column.canonical]
    empty = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in [*columns, ("kind", "varchar")])
    sales = target / f"{TRANSACTIONS.name}.parquet"
    sums = "null::date as month, '' as outcome, '' as rule, 0 as rows, 0.0 as written, 0.0 as amount"
    with duckdb.connect() as connection:
        for query, path in ((empty, sales), (sums, target / "reconciliation.parquet")):
            connection.execute(f"copy (select {query} limit 0) to $1 (format parquet)", [str(path)])
        write_customer_days(connection, sales, target / f"{CUSTOMER_DAYS}.parquet")
        known: list[dt.date | None] = []
        for name in _DAYS.keys() & tables.keys():
            held = duckdb_path(target / f"{name}.parquet")
            given = connection.read_parquet(held, hive_partitioning=False)
            known += given.aggregate(_DAYS[name]).fetchall()[0]
    today = dt.date.today()
    days = [min(day, today) for day in known if day] or [today]
    rows = pd.DataFrame(columns=["outcome", "rule", "rows", "amount"]).astype({"rows": int, "amount": float})
    quality = Quality(rows, pd.DataFrame(columns=["rule", "policy", "rows"]).astype({"rows": int}))
    currency = tables["contracts"].currency if "contracts" in tables else None
    return Records(quality, frozenset(), min(days), max(days), currency=currency)
