"""Where what is read is kept: canonical tables by content, and copies of databases while they are needed."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

import platformdirs

VARIABLE = "CARTERA_COPIES"
"""Environment variable that names to kernels the folder of the copies that their run has made."""

_copies: ContextVar[Path | None] = ContextVar("copies", default=None)


def cache_folder() -> Path:
    """Return the folder that keeps what was read, so that it is read once."""
    return Path(os.environ.get("CARTERA_CACHE") or platformdirs.user_cache_dir("cartera"))


@contextmanager
def read_once() -> Iterator[Path]:
    """Read no database twice, and forget the copies at the end; within another ``read_once``, at its end.

    What stands in a database may be another thing a minute later, and no content tells whether it is: all
    that is worked out together is worked out from the same copy.

    Yields
    ------
    Path
        Folder of the copies, made when there is one.
    """
    around = _around()
    if around is not None:
        yield around
        return
    folder = cache_folder() / f".copies-{uuid.uuid4().hex}"
    token = _copies.set(folder)
    try:
        yield folder
    finally:
        _copies.reset(token)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def shared_with_kernels() -> Iterator[None]:
    """Read no database twice, neither here nor in kernels that start meanwhile."""
    with read_once() as folder:
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = str(folder)
        try:
            yield
        finally:
            if before is None:
                del os.environ[VARIABLE]


def copied(key: str, name: str, make: Callable[[Path], None]) -> Path:
    """Return the copy that goes by ``key``, made now if there is none; only within `read_once`.

    Parameters
    ----------
    key
        What was read from where.
    name
        Name of the file, which the reader sees.
    make
        Writes the file.
    """
    around = _around()
    assert around is not None  # noqa: S101
    folder = around / hashlib.sha256(key.encode()).hexdigest()[:32]
    if not (folder / name).exists():
        fresh = around / f".{uuid.uuid4().hex}"
        fresh.mkdir(parents=True)
        try:
            make(fresh / name)
            with suppress(OSError):  # another notebook of the run was faster
                fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return folder / name


def _around() -> Path | None:
    given = os.environ.get(VARIABLE)
    return _copies.get() or (Path(given) if given else None)
