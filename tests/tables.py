"""Canonical tables of a few rows, written as Parquet the way reading leaves them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from analysis.dataset.customer_days import CUSTOMER_DAYS, write_customer_days
from analysis.dataset.schema import TABLES

_TYPES = {"date": "date", "month": "date", "money": "decimal(18, 4)", "number": "decimal(18, 4)"}


def write_table(folder: Path, name: str, text: str) -> Path:
    """Write a canonical table from lines of cells, names first, ``-`` for NULL; return its path."""
    lines = [line.split() for line in text.strip().splitlines()]
    given = pd.DataFrame(lines[1:], columns=lines[0]).replace("-", None)
    columns = [
        f"cast({column.name if column.name in given else 'null'} as {_TYPES.get(column.kind, 'varchar')}) "
        f"as {column.name}"
        for column in TABLES[name].columns
        if column.canonical
    ]
    if name == "transactions":
        columns.append("'sale' as kind")
    path = folder / f"{name}.parquet"
    with duckdb.connect() as connection:
        connection.register("given", given.astype("object"))
        connection.sql(f"select {', '.join(columns)} from given").write_parquet(str(path))
    return path


def write_sales(folder: Path, text: str) -> dict[str, Path]:
    """Write sales from lines of cells, and what they come to by customer and day; return both paths."""
    sales, days = write_table(folder, "transactions", text), folder / f"{CUSTOMER_DAYS}.parquet"
    with duckdb.connect() as connection:
        write_customer_days(connection, sales, days)
    return {"transactions": sales, CUSTOMER_DAYS: days}
