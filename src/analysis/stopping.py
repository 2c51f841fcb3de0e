"""Ctrl-C, and a request to end (SIGTERM), which is taken as Ctrl-C.

Little is imported here: it must be in force before anything is that takes time.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

    Handler = Callable[[int, FrameType | None], Any]

STOPPED = 130
"""Exit status after Ctrl-C, as shells have it."""


def stop_at_once() -> None:
    """End without a word on Ctrl-C, as long as there is nothing to clean up."""
    _handle(lambda _number, _frame: os._exit(STOPPED))


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise `KeyboardInterrupt` on Ctrl-C, also where a library makes another error of it or loses it."""
    asked: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        raise KeyboardInterrupt

    def ask_again(lost: sys.UnraisableHookArgs) -> None:
        if lost.exc_type is KeyboardInterrupt:
            threading.Timer(0.05, _thread.interrupt_main).start()
        else:
            hook(lost)

    before, hook = _handle(interrupt), sys.unraisablehook
    sys.unraisablehook = ask_again
    try:
        yield
    except Exception:
        if asked:
            raise KeyboardInterrupt from None
        raise
    finally:
        sys.unraisablehook = hook
        _restore(before)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait until what is within is done."""
    asked: list[int] = []
    before = _handle(lambda number, _frame: asked.append(number))
    try:
        yield
    finally:
        _restore(before)
    if asked:
        raise KeyboardInterrupt


def _handle(handler: Handler) -> dict[int, Any]:
    """Have ``handler`` called on each signal that is not ignored; return what was called before.

    Only the main thread hears signals, and only it may say what is called.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    numbers = [
        number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN
    ]
    return {number: signal.signal(number, handler) for number in numbers}


def _restore(before: dict[int, Any]) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)
