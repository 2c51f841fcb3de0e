"""Where what is read is kept: canonical tables by content, and copies while they are needed."""

from __future__ import annotations

import atexit
import errno
import hashlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path

import platformdirs
from filelock import FileLock

from analysis.dataset.user_files import is_legible, legible, reason_of
from analysis.errors import CarteraError
from analysis.language import _
from analysis.temporary import clear, new, passing

VARIABLE = "CARTERA_COPIES"
"""Environment variable that names to kernels the folder of the copies that their run has made."""

MARKER = ".cartera"
"""File by which a folder is known as one that was made here: no other is ever removed."""

_UNUSED_DAYS = 30
_LENGTH = 200
"""Bytes of a name that fit into any folder, with something added."""

_copies: ContextVar[Path | None] = ContextVar("copies", default=None)


def cache_folder() -> Path:
    """Return the folder that keeps what was read, so that it is read once."""
    return Path(os.environ.get("CARTERA_CACHE") or platformdirs.user_cache_dir("cartera")).absolute()


def new_folder(place: Path) -> Path:
    """Return a new folder in ``place``, with the marker.

    Raises
    ------
    OSError
        If nothing can be written there.
    """
    if not is_legible(place):
        raise OSError(errno.EILSEQ, os.strerror(errno.EILSEQ), str(place))
    place.mkdir(parents=True, exist_ok=True)
    folder = new(place)
    try:
        (folder / MARKER).write_text("{}")
    except OSError:
        folder.rmdir()
        raise
    return folder


def forget_unused() -> None:
    """Remove what was made in the cache folder and not used for long."""
    for folder in cache_folder().iterdir():
        with suppress(OSError):  # another process was faster
            unused = time.time() - folder.stat().st_mtime > _UNUSED_DAYS * 86_400
            if unused and (folder / MARKER).is_file():
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def read_once() -> Iterator[Path]:
    """Read no database twice, and forget the copies at the end; within another ``read_once``, at its end.

    What stands in a database may be another thing a minute later, and no content tells whether it is: all
    that is worked out together is worked out from the same copy.

    Yields
    ------
    Path
        Folder of the copies, in the cache folder or, if that cannot be written to, with temporary files.
    """
    around = _around()
    if around is not None:
        yield around
        return
    for place in (cache_folder(), Path(tempfile.gettempdir())):
        clear(place)
    with passing(_folder_for_copies) as folder:
        token = _copies.set(folder)
        try:
            yield folder
        finally:
            _copies.reset(token)


def _folder_for_copies() -> Path:
    with suppress(OSError):
        return new_folder(cache_folder())
    try:
        return new_folder(Path(tempfile.gettempdir()))
    except OSError as error:
        raise CarteraError(
            _("Nothing can be written to {folder}, nor where temporary files go: {reason}.").format(
                folder=cache_folder(), reason=reason_of(error)
            )
        ) from None


def is_run() -> bool:
    """Tell whether this stands within `read_once`, as all of a run and its kernels does."""
    return _around() is not None


def lasting_folder() -> Path:
    """Return a new folder outside the cache folder that is there until the run, or else the process, ends."""
    run = os.environ.get(VARIABLE)
    if run:
        return new_folder(Path(run))
    folder = new_folder(Path(tempfile.gettempdir()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@contextmanager
def shared_with_kernels() -> Iterator[None]:
    """Read nothing twice, neither here nor in kernels that start meanwhile."""
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
        Name of the file, which the reader sees; of a long one, its beginning and its end.
    make
        Writes the file.
    """
    around = _around()
    assert around is not None  # noqa: S101
    folder = around / hashlib.sha256(os.fsencode(key)).hexdigest()[:32]
    name = _shortened(legible(name))
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


def made_once(key: str, make: Callable[[Path], None]) -> Path:
    """Return the folder that ``make`` fills, once for a run and its kernels, or else for this process.

    Parameters
    ----------
    key
        What tells its content from any other.
    make
        Writes files into the folder that it is given.
    """
    folder = (_around() or _of_process()) / hashlib.sha256(key.encode()).hexdigest()[:32]
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            fresh = folder.with_name(f".{uuid.uuid4().hex}")
            fresh.mkdir()
            try:
                make(fresh)
                fresh.rename(folder)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    return folder


@cache
def _of_process() -> Path:
    return lasting_folder()


def _shortened(name: str) -> str:
    whole = name.encode()
    if len(whole) <= _LENGTH:
        return name
    half = _LENGTH // 2
    return whole[:half].decode(errors="ignore") + "…" + whole[-half:].decode(errors="ignore")


def _around() -> Path | None:
    given = os.environ.get(VARIABLE)
    return _copies.get() or (Path(given) if given else None)
