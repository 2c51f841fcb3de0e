"""The user's files: which one is meant, whether it can be read, and what it holds."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
from pathlib import Path

from analysis.errors import CarteraError
from analysis.language import _

_NUMBER = re.compile(r'"errno":"(\d+)"')


def path_of(written: str) -> Path:
    """Return the path that was written; ``~name`` stays as it is where nobody is called that."""
    return Path(os.path.expanduser(written))  # noqa: PTH111 Path.expanduser fails then


def legible(name: str) -> str:
    """Return a name as it can be shown and kept: bytes that are not UTF-8 become the sign for that."""
    return os.fsencode(name).decode("utf-8", errors="replace")


def is_legible(path: Path) -> bool:
    """Tell whether a path is UTF-8, without which neither DuckDB nor ``dataset.yml`` can name it."""
    return legible(str(path)) == str(path)


def unreadable(path: Path) -> str | None:
    """Return why nothing can be read at a path, in one sentence; None if there is a file that can.

    A pipe, a socket or a device is never opened, since that may wait for ever.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return _(
                "{file} is not a file but a folder, a pipe, a socket or a device. Put a file in its place."
            ).format(file=legible(path.name))
        path.open("rb").close()
    except (OSError, ValueError) as error:
        return _not_read(path, error)
    return None


def _not_read(path: Path, error: OSError | ValueError) -> str:
    if os.path.islink(path) and not os.path.exists(path):  # noqa: PTH110, PTH114 those of Path can fail
        return _("{file} is a link that leads nowhere. Give the file itself.").format(file=legible(path.name))
    return _("{file} cannot be read: {reason}.").format(file=legible(path.name), reason=reason_of(error))


def reason_of(error: Exception) -> str:
    """Return why the system refused something, also where it refused it to DuckDB."""
    if number := _NUMBER.search(str(error)):
        return os.strerror(int(number[1]))
    return getattr(error, "strerror", None) or str(error).partition("\n")[0]


def remove(path: Path) -> None:
    """Remove a file or a folder, if there is one."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content.

    Raises
    ------
    CarteraError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CarteraError(_not_read(path, error)) from None
