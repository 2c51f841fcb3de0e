"""Run the queries of ``analysis/sql`` on DuckDB over the canonical tables."""

from __future__ import annotations

import datetime as dt
import re
from importlib import resources
from pathlib import Path

import duckdb
import pandas as pd

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
        Name of each canonical table and the Parquet file that holds it.
    as_of
        The last day that counts; later rows of ``transactions`` are not seen. None: all rows are.
    """

    def __init__(self, tables: dict[str, Path], as_of: dt.date | None = None) -> None:
        self._connection = duckdb.connect()
        for name, path in tables.items():
            table = self._connection.read_parquet(str(path))
            if as_of and name == "transactions":
                table = table.filter(f"date <= date '{as_of.isoformat()}'")
            table.create_view(name)

    def query(self, name: str, **parameters: Parameter) -> pd.DataFrame:
        """Run ``sql/<name>.sql`` and return its rows.

        Parameters
        ----------
        name
            Name of the query, without ``.sql``.
        **parameters
            A value for each ``:parameter`` of the text, and no other.

        Returns
        -------
        pandas.DataFrame
            Decimals arrive as ``float64``, dates as ``datetime64``, text as ``str``.

        Raises
        ------
        ValueError
            If ``parameters`` are not exactly those the text names.
        """
        text = sql_text(name)
        named = set(_PARAMETER.findall(text))
        if named != set(parameters):
            raise ValueError(f"{name}.sql takes {sorted(named)}, not {sorted(parameters)}")
        return self._connection.execute(_PARAMETER.sub(r"$\1", text), parameters).df()
