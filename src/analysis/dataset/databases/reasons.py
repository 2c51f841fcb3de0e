"""What went wrong in a database, in one sentence without secrets."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from analysis.dataset.databases.addresses import Place, Server
from analysis.errors import CarteraError
from analysis.language import _

if TYPE_CHECKING:
    from sqlalchemy import URL

_PACKAGES = {
    "psycopg": '"cartera[postgres]"',
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
_DENIED = {"42501"}
_WRITES = {"25006"}


_KIND = re.compile(r"^\w+ Error: ")
"""What DuckDB begins its messages with."""


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


def not_read(place: Place, what: str, error: BaseException) -> Unreadable:
    """Return the error for a table or a query that fails.

    Parameters
    ----------
    place
        Where it is.
    what
        The table or the query, for the reader.
    error
        What the driver says.
    """
    state = getattr(error, "sqlstate", None)
    if state in _DENIED:
        return Unreadable(
            _(
                "{what} of {database} may not be read by this user. Ask whoever looks after the database for "
                "the right to read it."
            ).format(what=what, database=place.shown)
        )
    if state in _WRITES or "data-modifying" in str(error):
        return Unreadable(
            _("{what} of {database} changes data, and Cartera only reads.").format(
                what=what, database=place.shown
            )
        )
    return Unreadable(
        _("{what} of {database} cannot be read: {reason}.").format(
            what=what, database=place.shown, reason=first_line(error, place)
        )
    )


def first_line(error: BaseException, place: Place) -> str:
    """Return the first line of what a driver says, without secrets."""
    said = next((part for part in reversed(error.args) if isinstance(part, str) and part.strip()), str(error))
    line = said.strip().splitlines()[0] if said.strip() else type(error).__name__
    return place.scrubbed(_KIND.sub("", line).rstrip(". !"))
