"""The one door to ``lifetimes``, which fits the same models: for lessons, tests and benchmarks."""

from __future__ import annotations

import warnings
from types import ModuleType

from pandas.errors import Pandas4Warning


def import_lifetimes() -> ModuleType:
    """Import ``lifetimes``, quietly, and leave the warnings as they were.

    It takes most of a second, and of its own accord it warns of what pandas will change and turns other
    warnings off for good; so it is imported where it is asked for.
    """
    with warnings.catch_warnings(action="ignore", category=Pandas4Warning):
        import lifetimes  # noqa: PLC0415 costs most of a second
    module: ModuleType = lifetimes
    return module
