"""SQLite files, and databases that SQLAlchemy reaches by an address."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.engine.reflection import ObjectKind

from analysis.dataset.databases.addresses import Place, Server
from analysis.dataset.databases.batches import unique, write_batches
from analysis.dataset.databases.reasons import (
    Reason,
    not_installed,
    not_listed,
    not_opened,
    query_not_read,
    table_not_read,
    unknown_kind,
)
from analysis.engine.interruptible import interruptible

BATCH_ROWS = 50_000
_SECONDS_TO_ANSWER = 15
_BEGIN = {
    "sqlite": "begin",
    "postgresql": "set transaction isolation level repeatable read, read only",
    "mysql": "start transaction with consistent snapshot, read only",
    "mariadb": "start transaction with consistent snapshot, read only",
}
"""First statement, by which all others see the same state of the database and none can change it."""


class SqlDatabase:
    """An open database; see `Opened`.

    Parameters
    ----------
    connection
        A connection in a transaction that only reads.
    place
        Which database it is.
    """

    def __init__(self, connection: sa.Connection, place: Place) -> None:
        self._connection = connection
        self._place = place
        self._known: dict[str | None, dict[str, tuple[str, ...]]] = {}

    def tables(self, schema: str | None) -> dict[str, tuple[str, ...]]:
        """Return the columns of each table and view of a schema; see `Opened`."""
        if schema not in self._known:
            with self._explained(not_listed), _quiet():
                parts = self._partitions() if schema is None else set()
                self._known[schema] = {
                    table: tuple(c["name"] for c in columns if not isinstance(c["type"], sa.LargeBinary))
                    for table, columns in self._columns(schema).items()
                    if table not in parts
                }
        return self._known[schema]

    def _columns(self, schema: str | None) -> dict[str, list[ReflectedColumn]]:
        """Return what is known of the columns; nothing of those of a view that no longer works."""
        inspector = sa.inspect(self._connection)
        try:
            with self._one_step():
                found = inspector.get_multi_columns(schema=schema, kind=ObjectKind.ANY)
            return {table: columns for (_schema, table), columns in found.items()}
        except sa.exc.SQLAlchemyError:
            names = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
            return {name: self._columns_of(name, schema) for name in names}

    def _columns_of(self, table: str, schema: str | None) -> list[ReflectedColumn]:
        try:
            with self._one_step():
                return sa.inspect(self._connection).get_columns(table, schema)
        except sa.exc.SQLAlchemyError:
            return []

    def _partitions(self) -> set[str]:
        """Return the names of tables whose rows are in another, too; only PostgreSQL lists such."""
        if self._connection.dialect.name != "postgresql":
            return set()
        rows = self._connection.exec_driver_sql("select relname from pg_class where relispartition")
        return set(rows.scalars())

    def schemas(self) -> list[str]:
        """Return the names of its schemas."""
        with self._explained(not_listed):
            return sa.inspect(self._connection).get_schema_names()

    def copy_table(self, schema: str | None, table: str, columns: tuple[str, ...], target: Path) -> None:
        """Write columns of a table to a Parquet file."""
        listed: list[sa.ColumnElement[object]] = [sa.column(name) for name in columns]
        statement = sa.select(*listed or [sa.literal_column("*")]).select_from(sa.table(table, schema=schema))
        name = f"{schema}.{table}" if schema else table
        with self._explained(partial(table_not_read, table=name)):
            self._write(partial(self._connection.execute, statement, execution_options=_streamed()), target)

    def copy_query(self, query: str, name: str, target: Path) -> None:
        """Write what a query returns to a Parquet file."""
        with self._explained(partial(query_not_read, table=name)):
            options = _streamed() | {"no_parameters": True}
            self._write(partial(self._connection.exec_driver_sql, query, execution_options=options), target)

    def _write(self, execute: Callable[[], sa.CursorResult[Any]], target: Path) -> None:
        def work() -> None:
            result = execute()
            write_batches(unique(result.keys()), result.partitions(BATCH_ROWS), target)

        driver: Any = self._connection.connection.dbapi_connection
        if self._connection.dialect.name == "sqlite":
            interruptible(work, driver.interrupt)
        else:  # while it waits for a server, a driver listens to signals itself
            work()

    @contextmanager
    def _explained(self, reason: Reason) -> Iterator[None]:
        """Say in one sentence what went wrong, and let the next statement go on."""
        try:
            with self._one_step():
                yield
        except Exception as error:  # whatever a driver raises may hold the password
            raise reason(self._place, getattr(error, "orig", None) or error) from None

    def _one_step(self) -> AbstractContextManager[object]:
        """Return a step of the transaction; PostgreSQL ends the whole of it with an error in none."""
        postgresql = self._connection.dialect.name == "postgresql"
        return self._connection.begin_nested() if postgresql else nullcontext()


def _streamed() -> dict[str, object]:
    return {"stream_results": True, "max_row_buffer": BATCH_ROWS}


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep quiet about types of columns that SQLAlchemy does not know: their values are read all the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        yield


@contextmanager
def open_server(server: Server) -> Iterator[SqlDatabase]:
    """Open a database by its address.

    Raises
    ------
    CarteraError
        If there is no driver, no answer, or no entry.
    """
    try:
        engine = sa.create_engine(
            server.url,
            poolclass=sa.NullPool,
            hide_parameters=True,
            connect_args=_patience(server.url),
        )
    except ImportError as error:
        raise not_installed(
            server, (error.name or "").partition(".")[0] or server.url.get_driver_name()
        ) from None
    except sa.exc.ArgumentError:
        raise unknown_kind(server) from None
    with _connected(engine, server) as database:
        yield database


@contextmanager
def open_sqlite(path: Path) -> Iterator[SqlDatabase]:
    """Open a SQLite file.

    Raises
    ------
    CarteraError
        If it cannot be read.
    """

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False)
        connection.text_factory = _decoded
        return connection

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)
    with _connected(engine, Place(path.name)) as database:
        yield database


def _decoded(text: bytes) -> str:
    """Return text of SQLite, in Windows-1252 where a program wrote it so."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("cp1252", errors="replace")


@contextmanager
def _connected(engine: sa.Engine, place: Place) -> Iterator[SqlDatabase]:
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(engine.connect())
            begin = _BEGIN.get(connection.dialect.name)
            if begin:
                connection.exec_driver_sql(begin)
        except Exception as error:  # whatever a driver raises may hold the password
            raise not_opened(place, getattr(error, "orig", None) or error) from None
        yield SqlDatabase(connection, place)


def _patience(url: sa.URL) -> dict[str, int]:
    """Return how long to wait for an answer, where the address does not say and the driver would not end."""
    known = (
        url.get_backend_name() in {"postgresql", "mysql", "mariadb"} and "connect_timeout" not in url.query
    )
    return {"connect_timeout": _SECONDS_TO_ANSWER} if known else {}
