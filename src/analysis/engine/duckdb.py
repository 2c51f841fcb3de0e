"""Run the queries of ``analysis/sql`` on DuckDB over the canonical tables."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
import uuid
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import duckdb
import pandas as pd

from analysis.engine.paths import duckdb_path
from analysis.periods import MONTHS
from analysis.temporary import prefix

MEMORY = "1500MB"
"""What DuckDB may hold, when files are read and when queries run; beyond it, it spills to disk."""
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
        spill = Path(
            tempfile.gettempdir(), prefix() + uuid.uuid4().hex
        )  # DuckDB makes it if needed, and removes it
        self._connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(spill)})
        for name, path in tables.items():
            rows = self._connection.read_parquet(duckdb_path(path), hive_partitioning=False)
            rows.create_view(f"all_{name}")
            seen = (views or {}).get(name, f"select * from all_{name}")  # noqa: S608
            self._connection.execute(f"create view {name} as {seen}")

    def query(self, name: str, **parameters: Parameter) -> pd.DataFrame:
        """Run ``sql/<name>.sql`` and return its rows.

        Parameters
        ----------
        name
            Name of the query, without ``.sql``.
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
        return self._connection.execute(_PARAMETER.sub(r"$\1", text), parameters).df()

    def parameters(self, name: str) -> set[str]:
        """Return the names of the parameters of ``sql/<name>.sql``."""
        return set(_PARAMETER.findall(sql_text(name)))

    def head(self, table: str, rows: int) -> pd.DataFrame:
        """Return the first rows of a canonical table."""
        first: pd.DataFrame = self._connection.table(table).limit(rows).df()
        return first
