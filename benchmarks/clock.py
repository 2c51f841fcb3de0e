"""The clock of the tasks."""

from __future__ import annotations

import os
import time


class Clock:
    """Measure a block: seconds by the clock, and seconds of processors, those of its own processes too."""

    def __enter__(self) -> Clock:
        self._start, self._worked = time.perf_counter(), sum(os.times()[:4])
        return self

    def __exit__(self, *_: object) -> None:
        self._seconds, self._worked = self.so_far(), sum(os.times()[:4]) - self._worked

    def so_far(self) -> float:
        """Return the seconds by the clock since the block began."""
        return time.perf_counter() - self._start

    def less(self, other: Clock) -> Clock:
        """Take off what another block took within this one."""
        self._seconds, self._worked = self._seconds - other._seconds, self._worked - other._worked
        return self

    def found(self, **answer: float) -> dict[str, float]:
        """Return the times of the block, and what was found in it."""
        measured = {"seconds": self._seconds, "processors": self._worked}
        return measured | {name: float(value) for name, value in answer.items()}
