"""What all models have in common: sometimes there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NotFitted:
    """Stands where a model would: there was too little to fit, or the fit did not succeed. It is false.

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
