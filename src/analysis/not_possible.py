"""What stands in place of a result that the data do not allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class NotPossible:
    """Stands where a result would: there is too little data, or a model cannot be fitted. It is false.

    Attributes
    ----------
    reason
        What is missing, as a sentence in the reader's language.
    """

    reason: str

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return self.reason

    def describe(self) -> str:
        """Return the reason."""
        return self.reason


def or_not_possible(function: Callable[_Given, _Made]) -> Callable[..., _Made | NotPossible]:
    """Let a function that works on earlier results return the reason why one of them is not possible.

    A notebook can so go from result to result without asking whether there is one.
    """

    @wraps(function)
    def made(*args: _Given.args, **kwargs: _Given.kwargs) -> _Made | NotPossible:
        for given in (*args, *kwargs.values()):
            if isinstance(given, NotPossible):
                return given
        return function(*args, **kwargs)

    return made
