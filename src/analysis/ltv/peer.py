"""The one door to ``lifetimes``, which fits the same models: for lessons, tests and benchmarks."""

from __future__ import annotations

import warnings
from contextlib import redirect_stdout
from types import ModuleType
from typing import Protocol

import numpy.typing as npt
import pandas as pd
from pandas.errors import Pandas4Warning

from analysis.language import _


class Fitter(Protocol):
    """A model of the library."""

    params_: pd.Series

    def fit(self, *data: npt.ArrayLike) -> object:
        """Fit it."""


def import_lifetimes() -> ModuleType:
    """Import ``lifetimes``, quietly, and leave the warnings as they were.

    It takes most of a second, and of its own accord it warns of what pandas will change and turns other
    warnings off for good; so it is imported where it is asked for.
    """
    with warnings.catch_warnings(action="ignore", category=Pandas4Warning):
        import lifetimes  # noqa: PLC0415 costs most of a second
    module: ModuleType = lifetimes
    return module


def fitted_by(fitter: Fitter, *data: npt.ArrayLike) -> dict[str, float] | str:
    """Return the parameters that a fitter of lifetimes finds, to four decimals, or that it finds none.

    Parameters
    ----------
    fitter
        Such as ``BetaGeoFitter()``.
    *data
        What its ``fit`` takes.
    """
    try:
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning), redirect_stdout(None):
            fitter.fit(*data)
    except (import_lifetimes().utils.ConvergenceError, ValueError):  # the latter of data that are too few
        return _("the search of the library gives up on these data")
    return {str(name): round(float(value), 4) for name, value in fitter.params_.items()}
