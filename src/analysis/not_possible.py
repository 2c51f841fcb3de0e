"""What stands in place of a result that the data do not allow."""

from __future__ import annotations

from dataclasses import dataclass


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

    def describe(self) -> str:
        """Return the reason."""
        return self.reason
