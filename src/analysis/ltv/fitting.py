"""The one door to the ``lifetimes`` library: its likelihoods and predictions, and our search around them.

The library's own search gives up with an error wherever the optimum lies at the edge, as it does when
nobody seems to leave, or all buy at one pace. Here the logarithms of the parameters are bounded, so that
such data have an optimum, on the edge, that can be named. Importing the library is slow and turns
warnings off globally, so it is imported when the first model is fitted, and their state is restored.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.errors import Pandas4Warning
from scipy.optimize import minimize

Floats = npt.NDArray[np.float64]

EDGE = 6.0  # of the logarithm of a parameter, with time in units of the longest age and money of the mean
BG_NBD_STARTS = ((0.1, 0.1, 0.1, 0.1), (-1.0, -1.0, -1.0, 1.0), (1.0, 1.0, -3.0, 2.0))
GAMMA_GAMMA_STARTS = ((0.1, 0.1, 0.1), (1.0, 1.0, 0.0), (2.0, 3.0, 1.0))
FLAT = 1e-6  # a direction in which the likelihood bends less than this is left as it is


@dataclass(frozen=True)
class Fit:
    """A maximum of a likelihood.

    Attributes
    ----------
    library
        The fitter of ``lifetimes``, with ``params_`` set; it predicts.
    log_likelihood
        At the maximum, in the units of the data.
    covariance
        Asymptotic covariance of the logarithms of the parameters; 0 for those on the edge.
    on_edge
        Names of the parameters that ran to the edge, where the data do not determine them.
    """

    library: Any
    log_likelihood: float
    covariance: Floats
    on_edge: tuple[str, ...]


@contextlib.contextmanager
def _contained() -> Iterator[None]:
    """Keep overflows on the way to the optimum, and the library's warning filters, to the search."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        yield


def _library() -> Any:  # noqa: ANN401 the library has no types
    with warnings.catch_warnings(action="ignore", category=Pandas4Warning):
        import lifetimes  # noqa: PLC0415 costs most of a second
    return lifetimes


def _maximum(
    likelihood: Callable[..., Any], data: tuple[Any, ...], starts: Sequence[Sequence[float]]
) -> tuple[Floats, Floats] | None:
    """Search for the maximum of a likelihood within bounds.

    Parameters
    ----------
    likelihood
        Negative mean log-likelihood of the logarithms of the parameters and ``data``.
    data
        Its further arguments.
    starts
        Where to start. The later ones are tried only where the first ends on the edge or fails.

    Returns
    -------
    tuple of numpy.ndarray, or None
        The logarithms of the parameters and the Hessian there; None where no start led to an optimum.
    """
    from autograd import hessian, value_and_grad  # noqa: PLC0415 comes with the library

    bounds = [(-EDGE - 2, EDGE)] * len(starts[0])
    best = None
    with _contained():
        for start in starts:
            found = minimize(
                value_and_grad(likelihood),
                np.asarray(start, float),
                args=data,
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
                options={"ftol": 1e-14, "gtol": 1e-8, "maxiter": 2_000},
            )
            if found.success and np.isfinite(found.fun) and (best is None or found.fun < best.fun - 1e-9):
                best = found
            if best is not None and np.abs(best.x).max() < EDGE:
                break
        if best is None:
            return None
        return best.x, np.asarray(hessian(likelihood)(best.x, *data), float)


def _covariance(bend: Floats, free: npt.NDArray[np.bool_], customers: float) -> Floats:
    """Return the inverse of the observed information of the free parameters, 0 elsewhere.

    There is no variance along flat directions either.
    """
    values, vectors = np.linalg.eigh(((bend + bend.T) / 2)[np.ix_(free, free)])
    inverse = np.divide(1, values, out=np.zeros_like(values), where=values > FLAT)
    covariance = np.zeros_like(bend)
    covariance[np.ix_(free, free)] = (vectors * inverse) @ vectors.T / customers
    return covariance


def _fitted(
    fitter: Any,  # noqa: ANN401
    names: list[str],
    data: tuple[Any, ...],
    scales: dict[str, float],
    found: tuple[Floats, Floats],
) -> Fit:
    """Put parameters into the library's fitter, in the units of ``data``."""
    logarithms, bend = found
    free = np.abs(logarithms) < EDGE
    parameters = np.exp(logarithms) * [scales.get(name, 1.0) for name in names]
    fitter.params_ = pd.Series(parameters, index=names)
    edge = tuple(name for name, inside in zip(names, free, strict=True) if not inside)
    customers = float(data[-2].sum())
    with _contained():
        mean = float(fitter._negative_log_likelihood(np.log(parameters), *data))
    return Fit(fitter, -mean * customers, _covariance(bend, free, customers), edge)


def bg_nbd(x: Floats, t_x: Floats, t: Floats, weights: Floats) -> Fit | None:
    """Fit the BG/NBD model (Fader, Hardie & Lee 2005) by maximum likelihood.

    Parameters
    ----------
    x, t_x, t
        Repeat purchases, age at the last purchase and age, in one time unit.
    weights
        Customers that share the triple.

    Returns
    -------
    Fit or None
        Parameters ``r, alpha, a, b``; None where the search found no optimum.
    """
    fitter = _library().BetaGeoFitter()
    longest = float(t.max())
    found = _maximum(
        fitter._negative_log_likelihood, (x, t_x / longest, t / longest, weights, 0.0), BG_NBD_STARTS
    )
    if found is None:
        return None
    names, data = ["r", "alpha", "a", "b"], (x, t_x, t, weights, 0.0)
    return _fitted(fitter, names, data, {"alpha": longest}, found)


def gamma_gamma(x: Floats, z: Floats) -> Fit | None:
    """Fit the Gamma-Gamma model of spend (Fader & Hardie 2013) by maximum likelihood.

    Parameters
    ----------
    x
        Repeat purchases, all above 0.
    z
        Mean money per repeat purchase, all above 0.

    Returns
    -------
    Fit or None
        Parameters ``p, q, v``; None where the search found no optimum.
    """
    fitter = _library().GammaGammaFitter()
    mean, weights = float(z.mean()), np.ones_like(x)
    found = _maximum(fitter._negative_log_likelihood, (x, z / mean, weights, 0.0), GAMMA_GAMMA_STARTS)
    if found is None:
        return None
    return _fitted(fitter, ["p", "q", "v"], (x, z, weights, 0.0), {"v": mean}, found)
