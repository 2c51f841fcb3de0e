"""Folders that a process needs for a while.

Their names say which process of which machine made them, so that what a dead one left behind is known.
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from analysis.stopping import undisturbed

_NAME = re.compile(r"\.cartera-(?P<host>[0-9a-f]{4})-(?P<process>\d+)-(?P<started>\d+)-\w+")
_CLOCK_SET_SECONDS = 60
"""By how much the start of a living process may seem to change, since somebody sets the clock."""


def prefix() -> str:
    """Return how the names of this process's temporary folders begin; see `tempfile.mkdtemp`."""
    process = psutil.Process()
    return f".cartera-{_host()}-{process.pid}-{process.create_time():.0f}-"


def new(place: Path) -> Path:
    """Return a new temporary folder in ``place``."""
    return Path(tempfile.mkdtemp(prefix=prefix(), dir=place))


@contextmanager
def passing(make: Callable[[], Path]) -> Iterator[Path]:
    """Give the folder that ``make`` makes, and remove it afterwards, whenever Ctrl-C comes."""
    folder = None
    try:
        with undisturbed():
            folder = make()
        yield folder
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def is_temporary(path: Path) -> bool:
    """Tell whether some process of ours made ``path`` for a while."""
    return _NAME.fullmatch(path.name) is not None


def in_use(place: Path) -> list[Path]:
    """Return temporary folders in ``place`` whose processes live, or may live on another machine."""
    return [path for path in _all(place) if _may_live(path)]


def left_behind(place: Path) -> list[Path]:
    """Return temporary folders in ``place`` of processes of this machine that live no longer."""
    return [path for path in _all(place) if not _may_live(path)]


def clear(place: Path) -> None:
    """Remove the temporary folders in ``place`` that dead processes left behind."""
    for path in left_behind(place):
        shutil.rmtree(path, ignore_errors=True)


def _all(place: Path) -> list[Path]:
    try:
        named = [path for path in place.iterdir() if is_temporary(path)]
    except OSError:
        return []
    return [path for path in named if path.is_dir() and not path.is_symlink()]


def _may_live(path: Path) -> bool:
    made = _NAME.fullmatch(path.name)
    if made is None or made["host"] != _host():
        return True
    try:
        process = psutil.Process(int(made["process"]))
        same = abs(process.create_time() - int(made["started"])) < _CLOCK_SET_SECONDS
        return same and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:4]
