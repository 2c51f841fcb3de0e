"""Run the queries of ``analysis/sql`` on DuckDB over the canonical tables."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import duckdb
import pandas as pd

from analysis.engine.paths import duckdb_path
from analysis.periods import MONTHS

Parameter = str | int | float | dt.date | None
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")


def sql_text(name: str) -> str:
    """Return the text of ``sql/<name>.sql``; ``:name`` marks its parameters."""
    return (resources.files("analysis") / "sql" / f"{name}.sql").read_text("utf-8")


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
        self._connection = duckdb.connect()
        for name, path in tables.items():
            rows = self._connection.read_parquet(duckdb_path(path), hive_partitioning=False)
            rows.create_view(f"all_{name}")
            seen = (views or {}).get(name, f"select * from all_{name}")  # noqa: S608
            self._connection.execute(f"create view {name} as {seen}")

    def over(self, tables: Mapping[str, Path]) -> DuckDBEngine:
        """Return an engine with the same views, some of whose tables are in other files."""
        return DuckDBEngine({**self._tables, **tables}, self._views)

    def query(self, name: str, columns: Sequence[str] = (), /, **parameters: Parameter) -> pd.DataFrame:
        """Run ``sql/<name>.sql`` and return its rows.

        Parameters
        ----------
        name
            Name of the query, without ``.sql``.
        columns
            Those that are needed, where the rows are many; none: all.
        **parameters
            A value for each ``:parameter`` of the text, and no other; for ``:months``, the length of a period
            in months, ``period`` may be given by its name: ``month``, ``quarter``, ``half_year``, ``year``.

        Returns
        -------
        pandas.DataFrame
            Decimals arrive as ``float64``, dates as ``datetime64``, text as ``str``.

        Raises
        ------
        ValueError
            If ``parameters`` are not exactly those the text names.
        """
        if "period" in parameters:
            parameters["months"] = MONTHS[str(parameters.pop("period"))]
        text, named = sql_text(name), self.parameters(name)
        if named != set(parameters):
            raise ValueError(f"{name}.sql takes {sorted(named)}, not {sorted(parameters)}")
        if columns:
            text = f"with answer as ({text}) select {', '.join(columns)} from answer"  # noqa: S608
        return self._connection.execute(_PARAMETER.sub(r"$\1", text), parameters).df()

    def parameters(self, name: str) -> set[str]:
        """Return the names of the parameters of ``sql/<name>.sql``."""
        return set(_PARAMETER.findall(sql_text(name)))

    def head(self, table: str, rows: int) -> pd.DataFrame:
        """Return the first rows of a canonical table."""
        first: pd.DataFrame = self._connection.table(table).limit(rows).df()
        return first
