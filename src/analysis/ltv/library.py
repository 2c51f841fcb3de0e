"""The one door to the ``lifetimes`` library, for those who know it: its fitters, with our parameters in them.

The library's own search gives up with an error wherever the optimum lies at the edge, starts from unseeded
random values, and takes minutes where ours takes a second; so it fits nothing here. Importing it is slow and
turns warnings off globally, so it is imported when it is asked for, and their state is restored.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd
from pandas.errors import Pandas4Warning

FITTERS = {
    "bg_nbd": "BetaGeoFitter",
    "mbg_nbd": "ModifiedBetaGeoFitter",
    "pareto_nbd": "ParetoNBDFitter",
    "gamma_gamma": "GammaGammaFitter",
}


def fitter(kind: str, parameters: Mapping[str, float]) -> Any:  # noqa: ANN401 the library has no types
    """Return the library's fitter of a kind of model, with ``params_`` set, ready to predict."""
    with warnings.catch_warnings(action="ignore", category=Pandas4Warning):
        import lifetimes  # noqa: PLC0415 costs most of a second
    found = getattr(lifetimes, FITTERS[kind])()
    found.params_ = pd.Series(dict(parameters))
    return found
