"""Work of a database, done so that Ctrl-C ends it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

_TURN = 0.2
_T = TypeVar("_T")


def interruptible(work: Callable[[], _T], interrupt: Callable[[], object]) -> _T:
    """Do work that hears no signal in a thread of its own, while this one listens.

    SQLite does not look at signals at all; DuckDB 2.0 makes a `RuntimeError` of some and loses others.

    Parameters
    ----------
    work
        What to do.
    interrupt
        Makes the database give up what it is doing; called until it has.

    Raises
    ------
    KeyboardInterrupt
        If that came meanwhile; the work has ended by then.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(copy_context().run, work)
        try:
            while not future.done():
                wait([future], timeout=_TURN)  # in short turns, so that Ctrl-C is heard on every system
        finally:
            while not future.done():
                interrupt()
                wait([future], timeout=_TURN)
        return future.result()
