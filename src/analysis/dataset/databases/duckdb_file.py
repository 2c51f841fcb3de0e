"""DuckDB files, which DuckDB itself copies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from analysis.dataset.copies import read_once
from analysis.dataset.databases.addresses import Place
from analysis.dataset.databases.batches import unique
from analysis.dataset.databases.reasons import Reason, not_opened, query_not_read, table_not_read
from analysis.dataset.files import is_legible, legible
from analysis.dataset.readers import literal, quoted
from analysis.errors import CarteraError
from analysis.language import _

_SIMPLE = (
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    "FLOAT", "DOUBLE", "DECIMAL", "DATE", "TIMESTAMP", "VARCHAR",
)  # fmt: skip


class DuckDBFile:
    """An open DuckDB file; see `Opened`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, place: Place) -> None:
        self._connection = connection
        self._place = place

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
            described = self._connection.execute(f"describe {query}").fetchall()
            columns = _columns([(name, kind) for name, kind, *_rest in described])
            places = ", ".join(f"c{i}" for i in range(len(described)))
            self._connection.execute(
                f"copy (select {columns} from ({query}\n) as given({places})) "  # noqa: S608
                f"to {literal(str(target))} (format parquet)"
            )
        except duckdb.Error as error:
            raise reason(self._place, error) from None


def _columns(described: Sequence[tuple[str, str]]) -> str:
    """Return the SQL of columns in types that a Parquet file has; others become text."""
    names = unique(name for name, _kind in described)
    cells = []
    for i, (_name, kind) in enumerate(described):
        whole = "decimal(38, 0)" if kind in {"HUGEINT", "UHUGEINT"} else "varchar"
        simple = kind.startswith(_SIMPLE) and not kind.endswith("]")
        cells.append(f"c{i}" if simple else f"cast(c{i} as {whole})")
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
        read_once() as work,
        TemporaryDirectory(prefix=".spill-", dir=work) as spill,
        duckdb.connect() as connection,
    ):
        connection.execute(f"set temp_directory={literal(spill)}")
        if connection.execute("select current_setting('enable_progress_bar')").fetchone() == (True,):
            connection.execute("set enable_progress_bar=false")
        try:
            connection.execute(f"attach {literal(str(path))} as source (read_only)")
            connection.execute("use source")
        except duckdb.Error as error:
            raise (_in_use(path) if "lock" in str(error) else not_opened(place, error)) from None
        yield DuckDBFile(connection, place)


def _in_use(path: Path) -> CarteraError:
    return CarteraError(
        _("{file} is open in another program. Close it there and try again.").format(file=path.name)
    )
