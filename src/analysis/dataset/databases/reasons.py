"""What went wrong in a database, in one sentence without secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from analysis.dataset.databases.addresses import Place, Server
from analysis.errors import CarteraError
from analysis.language import _

if TYPE_CHECKING:
    from sqlalchemy import URL

_PACKAGES = {
    "psycopg": '"psycopg[binary]"',
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
    "pymysql": "pymysql",
}
_PASSWORD = re.compile(
    r"authentication failed|no password supplied|access denied for user|login failed|role .* does not exist"
    r"|ORA-01017",
    re.IGNORECASE,
)
_NO_DATABASE = re.compile(r"database .* does not exist|unknown database|cannot open database", re.IGNORECASE)
_SILENT = re.compile(
    r"refused|could not translate|not known|resolve|timeout|timed out|no route|unreachable|can't connect"
    r"|no such file or directory",
    re.IGNORECASE,
)
_DENIED, _WRITES = "42501", "25006"
"""What SQL calls a lack of rights, and a change where only reading is allowed."""


_KIND = re.compile(r"^[\w ]+ Error: ")
"""What DuckDB begins its messages with."""


_CLOSED = re.compile(r"disabled (by|through) configuration")
"""What DuckDB says of a file that is not the database, and of extensions."""


Reason = Callable[[Place, BaseException], CarteraError]
"""What to say of an error in a place."""


class Unreadable(CarteraError):
    """A table or query cannot be read, though the database can be opened."""


def not_installed(server: Server, module: str) -> CarteraError:
    """Return the error for a driver that is not there."""
    package = _PACKAGES.get(module, module)
    return CarteraError(
        _("{database} needs a driver that is not installed. Install it: pip install {package}").format(
            database=server.shown, package=package
        )
    )


def unknown_kind(server: Server) -> CarteraError:
    """Return the error for a kind of database that SQLAlchemy does not know."""
    return CarteraError(
        _(
            "No driver is installed for databases '{kind}' ({database}). Install the package that brings "
            "it to SQLAlchemy, or correct the beginning of the address, such as postgresql:// or mysql+pymysql://."
        ).format(kind=server.url.drivername, database=server.shown)
    )


def not_opened(place: Place, error: BaseException) -> CarteraError:
    """Return the error for a database that does not let Cartera in."""
    if isinstance(place, Server):
        said = str(error)
        if _PASSWORD.search(said):
            return _no_entry(place)
        if _NO_DATABASE.search(said):
            return _no_such_database(place)
        if _SILENT.search(said):
            return _no_answer(place)
    return CarteraError(
        _("{database} cannot be opened: {reason}.").format(
            database=place.shown, reason=first_line(error, place)
        )
    )


def _no_entry(server: Server) -> CarteraError:
    return CarteraError(
        _(
            "{database} does not accept the user and the password. Check the environment variables that "
            "hold them."
        ).format(database=server.shown)
    )


def _no_such_database(server: Server) -> CarteraError:
    host, _slash, name = server.shown.rpartition("/")
    return CarteraError(
        _("There is no database '{name}' at {host}. Correct the address.").format(name=name, host=host)
    )


def _no_answer(server: Server) -> CarteraError:
    return CarteraError(
        _(
            "No database answers at {host}, port {port}. Check the address, that the server runs, and "
            "that this computer may reach it."
        ).format(host=server.shown.rpartition("/")[0] or server.shown, port=_port(server.url))
    )


def _port(url: URL) -> int | str:
    usual: dict[str, int | str] = {
        "postgresql": 5432,
        "mysql": 3306,
        "mariadb": 3306,
        "mssql": 1433,
        "oracle": 1521,
    }
    return url.port or os.environ.get("PGPORT") or usual.get(url.get_backend_name(), "?")


def not_listed(place: Place, error: BaseException) -> CarteraError:
    """Return the error for a database that does not say what it holds."""
    return CarteraError(
        _("{database} cannot be read: {reason}.").format(
            database=place.shown, reason=first_line(error, place)
        )
    )


def table_not_read(place: Place, error: BaseException, table: str) -> CarteraError:
    """Return the error for a table that cannot be read."""
    if _state(error) == _DENIED:
        return Unreadable(
            _(
                "Table '{table}' of {database} may not be read by this user. Ask whoever looks after the "
                "database for the right to read it."
            ).format(table=table, database=place.shown)
        )
    return Unreadable(
        _("Table '{table}' of {database} cannot be read: {reason}.").format(
            table=table, database=place.shown, reason=first_line(error, place)
        )
    )


def query_not_read(place: Place, error: BaseException, table: str) -> CarteraError:
    """Return the error for a query that fails; ``table`` is the canonical table in whose section it is."""
    if _state(error) == _DENIED:
        return Unreadable(
            _(
                "The query of '{table}' asks {database} for what this user may not read. Ask whoever looks "
                "after the database for the right to read it."
            ).format(table=table, database=place.shown)
        )
    if _state(error) == _WRITES or "data-modifying" in str(error):
        return Unreadable(
            _("The query of '{table}' changes data in {database}, and Cartera only reads.").format(
                table=table, database=place.shown
            )
        )
    return Unreadable(
        _("The query of '{table}' does not work in {database}: {reason}.").format(
            table=table, database=place.shown, reason=first_line(error, place)
        )
    )


def _state(error: BaseException) -> str | None:
    return getattr(error, "sqlstate", None)


def first_line(error: BaseException, place: Place) -> str:
    """Return the first line of what a driver says, without secrets."""
    if _CLOSED.search(str(error)):
        return _("it asks for files or extensions outside the database, and Cartera opens none of them")
    said = next((part for part in reversed(error.args) if isinstance(part, str) and part.strip()), str(error))
    line = said.strip().splitlines()[0] if said.strip() else type(error).__name__
    return place.scrubbed(_KIND.sub("", line).rstrip(". !"))
