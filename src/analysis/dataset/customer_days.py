"""Sales added up by customer and day, made once: what queries read that need no single lines."""

from __future__ import annotations

from pathlib import Path

import duckdb

from analysis.engine.paths import duckdb_path
from analysis.engine.queries import sql_text

CUSTOMER_DAYS = "customer_days"
"""Name of the query that makes them, of their file, and of the relation that queries read."""


def write_customer_days(connection: duckdb.DuckDBPyConnection, sales: Path, target: Path) -> None:
    """Add up canonical sales by customer and day.

    Parameters
    ----------
    connection
        Where to work; it is left with a view ``transactions``.
    sales
        The Parquet file of ``transactions``.
    target
        The Parquet file to write.
    """
    rows = connection.read_parquet(duckdb_path(sales), hive_partitioning=False)
    rows.create_view("transactions", replace=True)
    connection.execute(f"copy ({sql_text(CUSTOMER_DAYS)}) to $1 (format parquet)", [str(target)])
