"""Databases: what tables they hold, and a copy of each table or query that is asked for.

SQLite and DuckDB files are read directly, servers through SQLAlchemy: always read-only, and all tables
of a data set in one state of the database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Protocol

from analysis.dataset.cache import copied
from analysis.dataset.config import TableConfig
from analysis.dataset.databases.addresses import (
    check_address,
    file_kind,
    find_server,
    is_address,
    is_database_file,
    refuse_foreign,
    resolved,
)
from analysis.dataset.databases.reasons import Unreadable
from analysis.dataset.user_files import legible
from analysis.errors import CarteraError
from analysis.language import _
from analysis.suggestions import nearest

__all__ = [
    "check_address", "columns_of", "is_address", "is_database_file", "name_of", "refuse_foreign",
    "resolved", "shown", "stage",
]  # fmt: skip

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)
_READS = re.compile(r"[\s(]*(select|with|values|table|from)\b", re.IGNORECASE)
_NO_FILE_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\s]+')


class Opened(Protocol):
    """An open database; its statements all see the same state of it."""

    def tables(self, schema: str | None) -> dict[str, tuple[str, ...]]:
        """Return the columns of each table and view of a schema, by default the usual one; without blobs."""

    def schemas(self) -> list[str]:
        """Return the names of its schemas."""

    def copy_table(self, schema: str | None, table: str, columns: tuple[str, ...], target: Path) -> None:
        """Write columns of a table to a Parquet file."""

    def copy_query(self, query: str, name: str, target: Path) -> None:
        """Write what the query of the canonical table ``name`` returns to a Parquet file."""


def shown(database: str) -> str:
    """Return what a reader sees of a database: host and name, or the path of a file."""
    place = resolved(database, Path.cwd())
    return find_server(place).shown if is_address(place) else place


def name_of(database: str) -> str:
    """Return what a data set in this database is called."""
    place = resolved(database, Path.cwd())
    return find_server(place).name if is_address(place) else legible(Path(place).stem)


def columns_of(database: str) -> dict[str, tuple[str, ...]]:
    """Return the columns of each table and view in the usual schema of a database.

    Parameters
    ----------
    database
        An address or a file; see `resolved`.

    Raises
    ------
    CarteraError
        If it cannot be opened.
    """
    place = resolved(database, Path.cwd())

    def make(target: Path) -> None:
        with _opened(place) as source:
            target.write_text(json.dumps(source.tables(None)), "utf-8")

    found = json.loads(copied(f"{place}\ncolumns", "columns.json", make).read_text("utf-8"))
    return {table: tuple(columns) for table, columns in found.items()}


def stage(database: str, wanted: Mapping[str, TableConfig]) -> dict[str, Path | CarteraError]:
    """Copy tables and queries, each to a Parquet file; only within `copies.read_once`.

    Parameters
    ----------
    database
        An address or a file; see `resolved`.
    wanted
        Canonical table → what its section says: ``table`` (``ventas`` or, in another schema than the usual
        one, ``archivo.ventas``) or ``query``.

    Returns
    -------
    dict of str to Path or CarteraError
        Each canonical table's copy, whose name is for the reader, or why there is none.

    Raises
    ------
    CarteraError
        If the database cannot be opened.
    """
    place = resolved(database, Path.cwd())
    done: dict[str, Path | CarteraError] = {}
    with ExitStack() as stack:
        opened = cache(lambda: stack.enter_context(_opened(place)))
        for name, settings in wanted.items():
            key = f"{place}\n{settings.table or name}\n{settings.query}"
            label = f"{Path(_called(place)).name} [{settings.table or name}]"
            make = partial(_copy, opened, place, name, settings)
            try:
                done[name] = copied(key, _NO_FILE_NAME.sub(" ", label), make)
            except Unreadable as error:
                done[name] = error
    return done


@contextmanager
def _opened(place: str) -> Iterator[Opened]:
    """Open a database; what imports slowly is imported only now."""
    if not is_address(place):
        kind = file_kind(Path(place))
        if kind == "duckdb":
            from analysis.dataset.databases.duckdb_file import open_file  # noqa: PLC0415

            with open_file(Path(place)) as file:
                yield file
            return
        if kind is None:
            raise CarteraError(_no_database(Path(place)))
    from analysis.dataset.databases.server import open_server, open_sqlite  # noqa: PLC0415

    with open_server(find_server(place)) if is_address(place) else open_sqlite(Path(place)) as source:
        yield source


def _no_database(path: Path) -> str:
    if not path.exists():
        return _("There is no database {file}. Correct its path.").format(file=path)
    return _("{file} is no SQLite or DuckDB database.").format(file=path)


def _called(place: str) -> str:
    """Return what messages call a database."""
    return find_server(place).shown if is_address(place) else Path(place).name


def _copy(opened: Callable[[], Opened], place: str, name: str, settings: TableConfig, target: Path) -> None:
    """Write a table or a query to ``target``; ``name`` is the canonical table it becomes."""
    if settings.query is not None:
        query = _one_query(name, settings.query)
        opened().copy_query(query, name, target)
        return
    schema, table, columns = _found(opened(), place, settings.table or name)
    opened().copy_table(schema, table, columns, target)


def _found(source: Opened, place: str, written: str) -> tuple[str | None, str, tuple[str, ...]]:
    """Return the schema (None: the usual one), name and columns of a table of dataset.yml."""
    usual = source.tables(None)
    if written in usual:
        return None, written, usual[written]
    schema, dot, table = written.partition(".")
    others: dict[str, tuple[str, ...]] = {}
    if dot and schema in source.schemas():
        others = source.tables(schema)
        if table in others:
            return schema, table, others[table]
    known = [*usual, *(f"{schema}.{other}" for other in others)]
    hint = nearest(written, known) if known else _("It holds no table that can be read.")
    raise Unreadable(
        _("There is no table '{table}' in {database}. {hint}").format(
            table=written, database=_called(place), hint=hint
        )
    )


def _one_query(name: str, query: str) -> str:
    """Return a query without its semicolon.

    Raises
    ------
    Unreadable
        If it is anything but one query.
    """
    bare = _QUOTED.sub("''", query).strip().rstrip(";")
    if ";" in bare or not _READS.match(re.sub(r"^(\s|'')+", "", bare)):
        raise Unreadable(
            _(
                "The query of '{table}' in dataset.yml is not one SELECT. Cartera only reads databases."
            ).format(table=name)
        )
    return query.strip().rstrip(";")
