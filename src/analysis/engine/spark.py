"""Run the queries of ``analysis/sql`` on Spark over the canonical tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from analysis.engine.queries import Parameter, checked, sql_text

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class SparkEngine:
    """A Spark session whose temporary views are the canonical tables; an `analysis.engine.queries.Engine`.

    Parameters
    ----------
    session
        Where to work; its views are replaced.
    tables
        Name of each canonical table and all its rows, seen as ``all_<name>``.
    views
        Portable queries of what is seen of a table under its name; all of it where there is none.
    """

    def __init__(
        self, session: SparkSession, tables: Mapping[str, DataFrame], views: Mapping[str, str] | None = None
    ) -> None:
        self._session = session
        for name, rows in tables.items():
            rows.createOrReplaceTempView(f"all_{name}")
            seen = (views or {}).get(name, f"select * from all_{name}")  # noqa: S608
            session.sql(seen).createOrReplaceTempView(name)

    def query(self, name: str, **parameters: Parameter) -> pd.DataFrame:
        """Run ``sql/<name>.sql`` and return its rows."""
        return _to_pandas(self._session.sql(sql_text(name), args=checked(name, parameters)))

    def head(self, table: str, rows: int) -> pd.DataFrame:
        """Return the first rows of a canonical table."""
        return _to_pandas(self._session.table(table).limit(rows))


def _to_pandas(rows: DataFrame) -> pd.DataFrame:
    """Return rows as DuckDB does: by Arrow, decimals as ``float64``, dates as ``datetime64``."""
    table = rows.toArrow()
    types = [_plain(field.type) for field in table.schema]
    names = table.column_names
    frame: pd.DataFrame = table.cast(pa.schema(zip(names, types, strict=True))).to_pandas()
    return frame


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_decimal(kind):
        return pa.float64()
    if pa.types.is_date(kind):
        return pa.timestamp("us")
    return kind
