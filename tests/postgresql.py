"""A PostgreSQL server of the tests' own, from the system's package."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

OWNER, READER, PASSWORD = "jefa_del_servidor", "lectora_de_ventas", "s3cr/to p@ss:word%20"
QUOTED = "s3cr%2Fto%20p%40ss%3Aword%2520"
"""The password as it stands in an address."""
_UNTIL_PARENT_ENDS = '"$@" & cat; kill -INT $!; wait $!'


@dataclass(frozen=True)
class PostgreSQL:
    """A running server with a database ``tienda`` and a role that may log in with a password."""

    port: int

    @property
    def address(self) -> str:
        """Return the address as a user writes it, with the names of the variables below."""
        return f"postgresql://${{TIENDA_USER}}:${{TIENDA_PASSWORD}}@127.0.0.1:{self.port}/tienda"

    @property
    def environment(self) -> dict[str, str]:
        return {"TIENDA_USER": READER, "TIENDA_PASSWORD": PASSWORD}

    def connect(self, database: str = "tienda") -> psycopg.Connection:
        """Connect as the owner, who may do everything."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=OWNER, password=PASSWORD, dbname=database, autocommit=True
        )


def programs() -> Path | None:
    """Return the folder of the server's programs; Debian keeps them out of the PATH."""
    folders = [Path(found).parent for found in [shutil.which("initdb")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """Start a server, or skip where there is none."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL server on this machine: on Debian and Ubuntu, apt install postgresql")
    with _running(folder) as server:
        with server.connect("postgres") as connection:
            connection.execute("create database tienda")
        with server.connect() as connection:
            connection.execute(f"create role {READER} login password '{PASSWORD}'")
            connection.execute(f"alter default privileges grant select on tables to {READER}")
        yield server


@contextmanager
def _running(folder: Path) -> Iterator[PostgreSQL]:
    """Run a server on a folder of its own; it ends with this process, however that ends."""
    user = _other_user()
    home = Path(tempfile.mkdtemp(prefix="cartera-postgresql-"))
    password = home / "password"
    password.write_text(PASSWORD)
    if user:
        for path in (home, password):
            shutil.chown(path, user)
    try:
        _make(folder, home, password, user)
        yield from _served(folder, home, user)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _other_user() -> str | None:
    """Return whom the server runs as; it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    import pwd  # not on every system

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _make(folder: Path, home: Path, password: Path, user: str | None) -> None:
    options = ["--auth=scram-sha-256", f"--username={OWNER}", f"--pwfile={password}"]
    options += ["--encoding=UTF8", "--locale=C", "--no-sync", f"--pgdata={home / 'data'}"]
    subprocess.run(
        [folder / "initdb", *options], user=user, cwd=home, check=True, capture_output=True, text=True
    )


def _served(folder: Path, home: Path, user: str | None) -> Iterator[PostgreSQL]:
    for _attempt in range(3):  # another process may take the port first
        port = _free_port()
        with (home / "log").open("ab") as log:
            shell = subprocess.Popen(
                ["sh", "-c", _UNTIL_PARENT_ENDS, "sh", *_command(folder, home, port)],
                user=user, cwd=home, stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            if _answers(PostgreSQL(port), home):
                yield PostgreSQL(port)
                return
        finally:
            shell.stdin.close()
            shell.wait(timeout=30)
    raise RuntimeError((home / "log").read_text(errors="replace"))


def _command(folder: Path, home: Path, port: int) -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "timezone": "Europe/Madrid",
        "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "16MB",
    }  # fmt: skip
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(folder / "postgres"), "-D", str(home / "data"), "-p", str(port), *options]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(server: PostgreSQL, home: Path) -> bool:
    """Wait until the server is up; False if its port was taken."""
    end = time.monotonic() + 60
    while time.monotonic() < end and "Address already in use" not in (home / "log").read_text(
        errors="replace"
    ):
        try:
            server.connect("postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False
