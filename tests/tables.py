"""Canonical tables of a few rows, written the way reading leaves them, and answers in their place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pandas as pd

from analysis.dataset.customer_days import CUSTOMER_DAYS, write_customer_days
from analysis.dataset.schema import TABLES
from analysis.engine.duckdb import DuckDBEngine

_TYPES = {"date": "date", "month": "date", "money": "decimal(18, 4)", "number": "decimal(18, 4)"}


def write_table(folder: Path, name: str, text: str) -> Path:
    """Write a canonical table from lines of cells, names first, ``-`` for NULL; return its path."""
    lines = [line.split() for line in text.strip().splitlines()]
    return write_rows(folder, name, pd.DataFrame(lines[1:], columns=lines[0]).replace("-", None))


def write_rows(folder: Path, name: str, given: pd.DataFrame) -> Path:
    """Write a canonical table from a frame that may lack columns; return its path."""
    columns = [
        f"cast({column.name if column.name in given else 'null'} as {_TYPES.get(column.kind, 'varchar')}) "
        f"as {column.name}"
        for column in TABLES[name].columns
        if column.canonical
    ]
    if name == "transactions":
        columns.append(f"{'kind' if 'kind' in given else repr('sale')} as kind")
    path = folder / f"{name}.parquet"
    with duckdb.connect() as connection:
        connection.register("given", given.astype("object"))
        connection.sql(f"select {', '.join(columns)} from given").write_parquet(str(path))
    return path


def answering(
    as_of: dt.date,
    tables: dict[str, set[str]],
    engine: DuckDBEngine | None = None,
    columns: set[str] = frozenset(),
    **answers: pd.DataFrame,
) -> SimpleNamespace:
    """Return what stands for a data set: its queries answer with these rows, or are put to ``engine``.

    Parameters
    ----------
    as_of
        The last day that counts.
    tables
        Columns that hold data, by table; those of the sales are ``columns``.
    engine
        Runs the queries that no rows are given for.
    columns
        Of the sales.
    **answers
        Rows by name of the query.
    """

    def query(name: str, columns: Sequence[str] = (), /, **parameters: object) -> pd.DataFrame:
        if name in answers:
            held = [column for column in columns if column in answers[name]]
            return answers[name][held or [*answers[name]]].copy()
        return engine.query(name, columns, **{"as_of": as_of} | parameters)

    given = {"as_of": as_of, "tables": tables, "columns": columns, "currency": None, "query": query}
    dataset = SimpleNamespace(**given, has_sales=True, whole=None)
    dataset.sampled = lambda: dataset
    dataset.batches = lambda: iter([dataset])
    dataset.gathered = lambda made: made(dataset)
    return dataset


def write_sales(folder: Path, text: str) -> dict[str, Path]:
    """Write sales from lines of cells, and what they come to by customer and day; return both paths."""
    sales, days = write_table(folder, "transactions", text), folder / f"{CUSTOMER_DAYS}.parquet"
    with duckdb.connect() as connection:
        write_customer_days(connection, sales, days)
    return {"transactions": sales, CUSTOMER_DAYS: days}
