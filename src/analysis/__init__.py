"""Cartera: understand a company's customer portfolio from its own sales file."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as in ``typing``, which takes a while to import
if TYPE_CHECKING:
    from analysis.counting import customer_counts
    from analysis.customers import customer_profile, customer_profiles
    from analysis.dataset import Dataset, open_dataset
    from analysis.errors import CarteraError
    from analysis.language import use_language

__all__ = [
    "CarteraError",
    "Dataset",
    "customer_counts",
    "customer_profile",
    "customer_profiles",
    "open_dataset",
    "use_language",
]
_HOME = {
    "CarteraError": "errors", "Dataset": "dataset", "customer_counts": "counting",
    "customer_profile": "customers", "customer_profiles": "customers",
    "open_dataset": "dataset", "use_language": "language",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Import each module when it is first used: ``cartera`` answers ``--help``, and Ctrl-C, at once."""
    if name in _HOME:
        return getattr(import_module(f"analysis.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
