"""The library ``lifetimes`` as a peer: its fitters, with parameters in them, ready to predict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.ltv import import_lifetimes

FITTERS = {
    "bg_nbd": "BetaGeoFitter",
    "mbg_nbd": "ModifiedBetaGeoFitter",
    "pareto_nbd": "ParetoNBDFitter",
    "gamma_gamma": "GammaGammaFitter",
}


def fitter(kind: str, parameters: Mapping[str, float]) -> Any:
    """Return the library's fitter of a kind of model, with these parameters."""
    found = getattr(import_lifetimes(), FITTERS[kind])()
    found.params_ = pd.Series(dict(parameters))
    return found
