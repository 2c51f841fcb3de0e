"""Addresses of databases, whose credentials come from the environment and go nowhere else."""

from __future__ import annotations

import getpass
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from analysis.dataset.user_files import path_of, unreadable
from analysis.errors import CarteraError
from analysis.language import _

if TYPE_CHECKING:
    from sqlalchemy import URL

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SECRET_KEY = re.compile(r"user|uid|pass(?!file)|pwd|secret|token", re.IGNORECASE)
_SECRET = re.compile(rf"({_SECRET_KEY.pattern})[\w ]*=\s*[^\s&;]", re.IGNORECASE)
_FOREIGN = re.compile(rf"@|://|^\s*(//|\w\w+:)|{_SECRET.pattern}", re.IGNORECASE)
"""What shows that something may be an address, with a password perhaps, though none that is known here."""
_EXAMPLE = "postgresql://${DB_USER}:${DB_PASSWORD}@host:5432/database"
_FROM_ENVIRONMENT = ("PGUSER", "PGPASSWORD", "MYSQL_PWD")
_MAGIC = {b"SQLite format 3\0": (0, "sqlite"), b"DUCK": (8, "duckdb")}


@dataclass(frozen=True)
class Place:
    """Which database it is, for the reader.

    Parameters
    ----------
    shown
        Host and database, or the name of a file: all that a reader ever sees of it.
    """

    shown: str

    def scrubbed(self, text: str) -> str:
        """Return a driver's message without secrets; a file has none."""
        return text


@dataclass(frozen=True)
class Server(Place):
    """A database behind an address.

    Parameters
    ----------
    name
        What a data set in it is called.
    url
        The address with its credentials.
    secrets
        What must not be seen: user names, passwords.
    """

    name: str
    url: URL = field(repr=False)
    secrets: frozenset[str] = field(repr=False)

    def scrubbed(self, text: str) -> str:
        """Return a driver's message without secrets."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "…", text)
        return text


def is_address(data: str) -> bool:
    """Tell whether this is the address of a database, or a variable that holds one."""
    return bool(_SCHEME.match(data.strip()) or _VARIABLE.fullmatch(data.strip()))


def is_database_file(path: Path) -> bool:
    """Tell whether this is a SQLite or DuckDB file, whatever its name."""
    return file_kind(path) is not None


def file_kind(path: Path) -> str | None:
    """Return ``sqlite`` or ``duckdb`` by the first bytes of a file; None if it is neither."""
    if unreadable(path):
        return None
    with path.open("rb") as file:
        head = file.read(16)
    return next((kind for magic, (at, kind) in _MAGIC.items() if head[at:].startswith(magic)), None)


def resolved(database: str, folder: Path) -> str:
    """Return an address as it is written, or the whole path of a file.

    Parameters
    ----------
    database
        An address, ``sqlite:///`` or ``duckdb:///`` and a path, or a path; names of environment variables
        stand in it as ``${NAME}``.
    folder
        Where relative paths begin.

    Raises
    ------
    CarteraError
        If credentials are written in the address, or a variable is not set.
    """
    database = database.strip()
    check_address(database)
    if unreadable(folder / database) is None:  # whatever signs its name holds
        return str((folder / database).resolve())
    filled = _filled(database)
    scheme = _SCHEME.match(filled)
    if scheme and scheme[1].partition("+")[0] not in {"sqlite", "duckdb"}:
        return database
    place = filled[scheme.end() :].partition("?")[0].removeprefix("/") if scheme else filled
    path = (folder / path_of(place)).resolve()
    if not path.exists():
        if filled != database:  # the value of a variable is not repeated
            raise _not_understood()
        refuse_foreign(place)
    return str(path)


def refuse_foreign(written: str) -> None:
    """Refuse what is no file, and may be an address with a password that is not known as one.

    Raises
    ------
    CarteraError
        If it may be; it is not repeated.
    """
    if _FOREIGN.search(written):
        raise CarteraError(
            _(
                "There is no such file, and as the address of a database it cannot be understood; it is not "
                "repeated here, since it may hold a password. An address is written like '{example}'."
            ).format(example=_EXAMPLE)
        )


def check_address(written: str) -> None:
    """Refuse an address in which a user name or a password is written.

    Raises
    ------
    CarteraError
        If one is; it is not repeated.
    """
    scheme = _SCHEME.match(written)
    if scheme is None:
        return
    bare = _VARIABLE.sub("", written[scheme.end() :])
    if bare.rpartition("@")[0].strip(":") or _SECRET.search(unquote(bare)):
        raise CarteraError(
            _(
                "A user name or a password is written in the address of the database, where others may read "
                "it. Put them into environment variables and write their names instead: '{example}' (on the "
                "command line in single quotes, as here)."
            ).format(example=f"{scheme[1]}://${{DB_USER}}:${{DB_PASSWORD}}@host/database")
        )


def find_server(database: str) -> Server:
    """Return the database behind an address whose credentials are names of environment variables.

    Raises
    ------
    CarteraError
        If credentials are written in the address, a variable is not set, or it is no address.
    """
    from sqlalchemy import make_url  # noqa: PLC0415 slow to import
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    check_address(database)
    try:
        url = make_url(_filled(database))
    except (ArgumentError, ValueError):
        raise _not_understood() from None
    if re.search(rf"@|{_SECRET.pattern}", f"{url.host}{url.database}", re.IGNORECASE):  # is not repeated
        raise _not_understood()
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    host = url.host or _text(url.query.get("host")) or os.environ.get("PGHOST") or "localhost"
    name = url.database or os.environ.get("PGDATABASE") or ""
    return Server(f"{host}/{name}" if name else host, Path(name or host).name, url, _secrets(url))


def _not_understood() -> CarteraError:
    return CarteraError(
        _(
            "The address of the database cannot be understood. It is written like '{example}'; a port is a "
            "number, and an @ within a password is written as %40."
        ).format(example=_EXAMPLE)
    )


def _text(value: str | tuple[str, ...] | None) -> str:
    return ",".join(value) if isinstance(value, tuple) else value or ""


def _secrets(url: URL) -> frozenset[str]:
    held = {url.username, _text(url.password) if isinstance(url.password, str) else url.password}
    held |= {_text(value) for key, value in url.query.items() if _SECRET_KEY.search(key)}
    held |= {os.environ.get(name) for name in _FROM_ENVIRONMENT}
    held |= {_user()}
    plain = {str(secret) for secret in held if secret}
    return frozenset(plain | {quote(secret, safe="") for secret in plain})


def _user() -> str:
    """Return the name of whoever runs this: drivers use it where no user is given."""
    try:
        return getpass.getuser()
    except OSError:
        return ""


def _filled(written: str) -> str:
    """Return the address with the values of its variables, so written that no sign in them misleads."""
    if whole := _VARIABLE.fullmatch(written):
        return _value(whole)
    credentials, at, place = written.rpartition("@")
    host, mark, options = place.partition("?")
    return (
        _VARIABLE.sub(_quoted_value, credentials)
        + at
        + _VARIABLE.sub(_value, host)
        + mark
        + _VARIABLE.sub(_quoted_value, options)
    )


def _quoted_value(variable: re.Match[str]) -> str:
    return quote(_value(variable), safe="")


def _value(variable: re.Match[str]) -> str:
    value = os.environ.get(variable[1])
    if value is None:
        raise CarteraError(
            _(
                "The address of the database names the environment variable {name}, which is not set. "
                "Set it where Cartera is started."
            ).format(name=variable[1])
        )
    return value
