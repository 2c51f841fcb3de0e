"""Cartera: understand a company's customer portfolio from its own sales file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.errors import CarteraError
from analysis.language import use_language

if TYPE_CHECKING:
    from analysis.dataset import Dataset, open_dataset

__all__ = ["CarteraError", "Dataset", "open_dataset", "use_language"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 whatever the data set package offers under that name
    """Import what needs pandas and DuckDB when it is first used: ``cartera --help`` answers at once."""
    if name in {"Dataset", "open_dataset"}:
        from analysis import dataset  # noqa: PLC0415

        return getattr(dataset, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
