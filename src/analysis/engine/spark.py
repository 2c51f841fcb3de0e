"""Run the queries of ``analysis/sql`` on Spark over the canonical tables."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from analysis.engine.queries import Parameter, prepared
from analysis.errors import CarteraError
from analysis.language import _

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_OURS = {
    "spark.app.name": "cartera",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.codegen.hugeMethodLimit": "8000",  # Java leaves longer methods uncompiled
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
"""Settings of a session that ``dataset.yml`` may change."""
_NEEDED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
}
"""Settings without which queries would give something else, or fail."""
_SHOWN = ((pa.types.is_decimal, pa.float64()), (pa.types.is_temporal, pa.timestamp("us")))
"""Types that reach pandas as another, as they do from DuckDB."""
_WITH_GAPS = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype()}
_REASON = re.compile(r"\[[A-Z_.]+\] [^\n]*")


def session(master: str, settings: Mapping[str, str]) -> SparkSession:
    """Return a session of its own on the Spark of this process, which is started if there is none.

    Parameters
    ----------
    master
        Where Spark runs: ``local[*]``, ``spark://…`` or what else it knows; of no effect where it runs.
    settings
        What Spark is told beside it, by the names of its settings.

    Raises
    ------
    CarteraError
        If pyspark or Java is missing, or Spark does not start.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 an extra
    except ImportError:
        raise CarteraError(
            _("'engine: spark' needs pyspark, which is not installed: pip install 'cartera[spark]'.")
        ) from None
    if not (shutil.which("java") or "JAVA_HOME" in os.environ):
        raise CarteraError(
            _("'engine: spark' needs Java 17 or newer, which is not here: install it, or set JAVA_HOME.")
        )
    told: dict[str, bool | float | int | str | None] = {**_OURS, **settings, **_NEEDED}
    with _quiet() as said:
        try:
            running = SparkSession.builder.master(master).config(map=told).getOrCreate()
        except Exception as error:
            said.seek(0)
            reason = [*said.read().decode(errors="replace").splitlines(), reason_of(error)][-1]
            raise CarteraError(_("Spark does not start: {reason}").format(reason=reason)) from None
    running.sparkContext.setLogLevel("OFF")
    own = running.newSession()
    for key, value in told.items():
        if own.conf.isModifiable(key):
            own.conf.set(key, str(value))
    return own


@contextmanager
def _quiet() -> Iterator[IO[bytes]]:
    """Keep what Java says when it starts, and ever after, out of sight, and Ctrl-C as it was."""
    in_main = threading.current_thread() is threading.main_thread()
    handler, screen = signal.getsignal(signal.SIGINT), os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(screen, 2)
            os.close(screen)
            if in_main:
                signal.signal(signal.SIGINT, handler)


def reason_of(error: Exception) -> str:
    """Return what Spark says in an error, without what follows of it."""
    found = _REASON.search(str(error))
    return found[0] if found else str(error).partition("\n")[0]


def read_files(spark: SparkSession, *paths: Path) -> DataFrame:
    """Return the rows of Parquet files or folders of this machine, whatever signs their names hold."""
    reader = spark.read.option("__globPaths__", "false")
    return reader.parquet(*(f"file://{path.absolute()}" for path in paths))


def write_files(rows: DataFrame, folder: Path) -> None:
    """Write rows as Parquet files into a new folder, which every machine of a cluster must see."""
    rows.write.parquet(f"file://{folder.absolute()}")
    folder.mkdir(exist_ok=True)
    for path in folder.glob(".*.crc"):  # checksums, each of which names the file it is of
        path.unlink()
    for i, path in enumerate(sorted(folder.glob("*.parquet"))):
        path.rename(folder / f"{i:06}.parquet")


class SparkEngine:
    """A session of Spark whose views are the canonical tables.

    Parameters
    ----------
    spark
        A session that nothing else uses.
    tables
        Name of each canonical table and the Parquet file, or folder of such, that holds all its rows, seen as
        ``all_<name>``.
    views
        Portable queries of what is seen of a table under its name; all of it where there is none.
    """

    def __init__(
        self, spark: SparkSession, tables: Mapping[str, Path], views: Mapping[str, str] | None = None
    ) -> None:
        self._spark, self._tables, self._views = spark, tables, views
        for name, path in tables.items():
            read_files(spark, path).createOrReplaceTempView(f"all_{name}")
            seen = (views or {}).get(name, f"select * from all_{name}")  # noqa: S608
            spark.sql(seen).createOrReplaceTempView(name)

    def over(self, tables: Mapping[str, Path]) -> SparkEngine:
        """Return an engine with the same views, some of whose tables are in other files."""
        own = self._spark.newSession()
        for key, value in self._spark.conf.getAll.items():
            if own.conf.isModifiable(key):
                own.conf.set(key, value)
        return SparkEngine(own, {**self._tables, **tables}, self._views)

    def query(self, name: str, columns: Sequence[str] = (), /, **parameters: Parameter) -> pd.DataFrame:
        """Run ``sql/<name>.sql`` and return its rows; see `Engine.query`."""
        from pyspark.sql.functions import expr  # noqa: PLC0415 an extra

        text, values = prepared(name, columns, parameters)
        given = {  # pyspark loses the zeros of a year below 1000
            key: expr(f"date '{value.isoformat()[:10]}'") if isinstance(value, dt.date) else value
            for key, value in values.items()
        }
        return as_pandas(self._spark.sql(text, args=given))

    def head(self, table: str, rows: int) -> pd.DataFrame:
        """Return the first rows of a canonical table."""
        return as_pandas(self._spark.table(table).limit(rows))


def as_pandas(rows: DataFrame) -> pd.DataFrame:
    """Return rows with the types that they have from DuckDB: decimals as floats, days as times."""
    table = rows.toArrow()
    kinds = {
        field.name: next((kind for is_kind, kind in _SHOWN if is_kind(field.type)), field.type)
        for field in table.schema
    }
    columns = {
        name: cells.to_pandas(types_mapper=_WITH_GAPS.get if cells.null_count else None)
        for name, cells in zip(table.column_names, table.cast(pa.schema(kinds)).columns, strict=True)
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))
