"""Run the queries of ``analysis/sql`` on DuckDB over the canonical tables."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pandas as pd

from analysis.engine.paths import duckdb_path
from analysis.engine.queries import Parameter, prepared, with_dollars
from analysis.errors import CarteraError
from analysis.language import _
from analysis.temporary import prefix

MEMORY = "1500MB"
"""What DuckDB may hold, when files are read and when queries run; beyond it, it spills to disk."""


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection that holds `MEMORY` at most, and shows no progress bar.

    Parameters
    ----------
    spill
        Where it goes on beyond that: a folder that DuckDB makes if it needs it, and removes.
    """
    connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(spill)})
    if connection.execute("select current_setting('enable_progress_bar')").fetchall() == [(True,)]:
        connection.execute("set enable_progress_bar=false")
    return connection


def _spill() -> Path:
    return Path(tempfile.gettempdir(), prefix() + uuid.uuid4().hex)


class DuckDBEngine:
    """An embedded database whose views are the canonical tables.

    Parameters
    ----------
    tables
        Name of each canonical table and the Parquet file that holds all its rows, seen as ``all_<name>``.
    views
        Portable queries of what is seen of a table under its name; all of it where there is none.
    """

    def __init__(self, tables: Mapping[str, Path], views: Mapping[str, str] | None = None) -> None:
        self._tables, self._views = tables, views
        self._connection = connect(_spill())
        for name, path in tables.items():
            rows = self._connection.read_parquet(duckdb_path(path), hive_partitioning=False)
            rows.create_view(f"all_{name}")
            seen = (views or {}).get(name, f"select * from all_{name}")  # noqa: S608
            self._connection.execute(f"create view {name} as {seen}")

    def over(self, tables: Mapping[str, Path]) -> DuckDBEngine:
        """Return an engine with the same views, some of whose tables are in other files."""
        return DuckDBEngine({**self._tables, **tables}, self._views)

    def query(self, name: str, columns: Sequence[str] = (), /, **parameters: Parameter) -> pd.DataFrame:
        """Run ``sql/<name>.sql`` and return its rows; see `Engine.query`."""
        text, values = prepared(name, columns, parameters)
        try:
            return self._connection.execute(with_dollars(text), values).df()
        except duckdb.OutOfMemoryException:
            raise CarteraError(
                _(
                    "The query {name} has too many rows to be answered within {memory}. Name the columns "
                    'that you need, as in dataset.query("{name}", ["customer_id"]), or ask part by part: '
                    "for part in dataset.batches()."
                ).format(name=name, memory=MEMORY)
            ) from None

    def head(self, table: str, rows: int) -> pd.DataFrame:
        """Return the first rows of a canonical table."""
        first: pd.DataFrame = self._connection.table(table).limit(rows).df()
        return first


def write_as_one(folder: Path, target: Path) -> None:
    """Write the rows of a folder of Parquet files as one file."""
    with connect(_spill()) as connection:
        rows = connection.read_parquet(duckdb_path(folder), hive_partitioning=False)
        rows.write_parquet(str(target))
