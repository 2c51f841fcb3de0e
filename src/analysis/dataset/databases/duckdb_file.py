"""DuckDB files, which DuckDB itself copies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from analysis.dataset.cache import read_once
from analysis.dataset.databases.addresses import Place
from analysis.dataset.databases.batches import unique
from analysis.dataset.databases.reasons import Reason, not_opened, query_not_read, table_not_read
from analysis.dataset.files.readers import quoted
from analysis.dataset.user_files import is_legible, legible
from analysis.engine.interruptible import interruptible
from analysis.errors import CarteraError
from analysis.language import _

_SIMPLE = (
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    "FLOAT", "DOUBLE", "DECIMAL", "DATE", "TIMESTAMP", "VARCHAR",
)  # fmt: skip
_TAKEN = re.compile(r"could not set lock|used by another process|already attached", re.IGNORECASE)
_ALONE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
}
"""Settings by which a database reaches for nothing beside itself: neither extensions nor our variables."""


class DuckDBFile:
    """An open DuckDB file; see `Opened`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, place: Place, work: Path) -> None:
        self._connection = connection
        self._place = place
        self._work = work

    def tables(self, schema: str | None) -> dict[str, tuple[str, ...]]:
        """Return the columns of each table and view of a schema; see `Opened`."""
        rows = self._connection.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns() "
            "where database_name = 'source' and schema_name = ? and not internal and data_type <> 'BLOB' "
            "group by table_name order by table_name",
            [schema or "main"],
        ).fetchall()
        return {table: tuple(columns) for table, columns in rows}

    def schemas(self) -> list[str]:
        """Return the names of its schemas."""
        rows = self._connection.execute(
            "select schema_name from duckdb_schemas() where database_name = 'source' and not internal"
        ).fetchall()
        return [name for (name,) in rows]

    def copy_table(self, schema: str | None, table: str, columns: tuple[str, ...], target: Path) -> None:
        """Write columns of a table to a Parquet file."""
        listed = ", ".join(map(quoted, columns))
        query = f"select {listed} from {quoted(schema or 'main')}.{quoted(table)}"  # noqa: S608
        name = f"{schema}.{table}" if schema else table
        self._write(query, partial(table_not_read, table=name), target)

    def copy_query(self, query: str, name: str, target: Path) -> None:
        """Write what a query returns to a Parquet file."""
        self._write(query, partial(query_not_read, table=name), target)

    def _write(self, query: str, reason: Reason, target: Path) -> None:
        try:
            interruptible(partial(self._copy, query, target), self._connection.interrupt)
        except duckdb.Error as error:
            raise reason(self._place, error) from None

    def _copy(self, query: str, target: Path) -> None:
        """Write what a query returns, by way of the only folder that the connection may write to."""
        described = [row[:2] for row in self._connection.execute(f"describe {query}").fetchall()]
        places = ", ".join(f"c{i}" for i in range(len(described)))
        written = self._work / "copy.parquet"

        def write(whole: str) -> None:
            self._connection.execute(
                f"copy (select {_columns(described, whole)} from ({query}\n) as given({places})) "  # noqa: S608
                "to $written (format parquet)",
                {"written": str(written)},
            )

        try:
            write("decimal(38, 0)")
        except duckdb.ConversionException:  # there may be a number of 39 digits
            write("varchar")
        written.replace(target)


def _columns(described: Sequence[tuple[str, str]], whole: str) -> str:
    """Return the SQL of columns in types that a Parquet file has.

    Whole numbers of more than 64 bits become ``whole``, and what has no such type becomes text.
    """
    names = unique(name for name, _kind in described)
    cells = []
    for i, (_name, kind) in enumerate(described):
        simple = kind.startswith(_SIMPLE) and not kind.endswith("]")
        cast = f"cast(c{i} as {whole if kind in {'HUGEINT', 'UHUGEINT'} else 'varchar'})"
        cells.append(f"c{i}" if simple else cast)
    return ", ".join(f"{cell} as {quoted(name)}" for cell, name in zip(cells, names, strict=True))


@contextmanager
def open_file(path: Path) -> Iterator[DuckDBFile]:
    """Open a DuckDB file.

    Raises
    ------
    CarteraError
        If it is open elsewhere, damaged, of a newer DuckDB, or has a name that DuckDB cannot be given.
    """
    if not is_legible(path):
        raise CarteraError(
            _("{file} cannot be opened by DuckDB, since its name is not UTF-8. Rename it.").format(
                file=legible(path.name)
            )
        )
    place = Place(path.name)
    with (
        read_once() as run,
        TemporaryDirectory(prefix=".spill-", dir=run) as work,
        duckdb.connect(config=_ALONE | {"temp_directory": work}) as connection,
    ):
        if connection.execute("select current_setting('enable_progress_bar')").fetchone() == (True,):
            connection.execute("set enable_progress_bar=false")
        try:
            connection.execute("attach $path as source (read_only)", {"path": str(path)})
            connection.execute("use source")
        except duckdb.Error as error:
            raise (_in_use(path) if _TAKEN.search(str(error)) else not_opened(place, error)) from None
        connection.execute("set enable_external_access=false")  # leaves the file itself and the work folder
        connection.execute("set lock_configuration=true")
        yield DuckDBFile(connection, place, Path(work))


def _in_use(path: Path) -> CarteraError:
    return CarteraError(
        _("{file} is open in another program. Close it there and try again.").format(file=path.name)
    )
