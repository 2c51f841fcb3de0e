"""Tasks of reading: CSV to canonical Parquet, and the sums by customer and day that are made of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.clock import Clock

CUSTOMER_DAYS_BY_HAND = """
select
    customer_id, date, bool_or(kind = 'sale') as bought, count(*) as lines,
    count(distinct order_id) filter (kind = 'sale') as orders,
    sum(coalesce(gross_amount, amount + coalesce(discount, 0))) filter (kind = 'sale') as gross_sales,
    sum(amount) filter (kind = 'sale') as sales, sum(amount) as net_sales,
    sum(amount) filter (kind = 'sale' and cost is not null) as sales_with_cost,
    sum(amount) filter (cost is not null) as net_sales_with_cost,
    sum(cost) filter (kind = 'sale') as cost_sold, sum(cost) as cost
from transactions group by all order by customer_id, date
"""


def intake_cartera(rows: str) -> dict[str, float]:
    """CSV to canonical Parquet, every row accounted for, with nothing kept from before; adding up apart."""
    from analysis.dataset import open_dataset
    from analysis.dataset.ledger import table_intake

    path, apart, add_up = data.csv(int(rows)), Clock(), table_intake.write_customer_days

    def add_up_apart(*given: Any) -> None:
        with apart:
            add_up(*given)

    table_intake.write_customer_days = add_up_apart
    with tempfile.TemporaryDirectory(dir=data.FOLDER) as cache:
        os.environ["CARTERA_CACHE"] = cache
        with Clock() as clock:
            dataset = open_dataset(str(path))
        return clock.less(apart).found(rows=dataset.quality.rows["rows"].sum())


def intake_duckdb(rows: str) -> dict[str, float]:
    """CSV to Parquet, with DuckDB's own copy and the types it finds itself."""
    import duckdb

    path = data.csv(int(rows))
    with tempfile.TemporaryDirectory(dir=data.FOLDER) as folder:
        with Clock() as clock:
            connection = duckdb.connect()
            count = connection.execute(
                f"copy (from read_csv('{path}')) to '{folder}/sales.parquet' (format parquet)"
            )
        return clock.found(rows=count.fetchall()[0][0])


def adding_up_cartera(rows: str) -> dict[str, float]:
    """Canonical sales to their sums by customer and day, as when they are read."""
    from analysis.dataset.customer_days import write_customer_days
    from analysis.dataset.ledger.table_intake import connect

    path = data.canonical(int(rows))
    with tempfile.TemporaryDirectory(dir=data.FOLDER) as folder:
        days = Path(folder) / "customer_days.parquet"
        connection = connect(Path(folder))
        with Clock() as clock:
            write_customer_days(connection, path, days)
        found = connection.read_parquet(str(days)).sum("lines").fetchall()[0][0]
        connection.close()
    return clock.found(lines=found)


def adding_up_duckdb(rows: str) -> dict[str, float]:
    """The same with a query written by hand for DuckDB."""
    import duckdb

    path = data.canonical(int(rows))
    with tempfile.TemporaryDirectory(dir=data.FOLDER) as folder:
        days = Path(folder) / "customer_days.parquet"
        connection = duckdb.connect()
        connection.read_parquet(str(path)).create_view("transactions")
        with Clock() as clock:
            connection.execute(f"copy ({CUSTOMER_DAYS_BY_HAND}) to '{days}' (format parquet)")
        found = connection.read_parquet(str(days)).sum("lines").fetchall()[0][0]
        connection.close()
    return clock.found(lines=found)
