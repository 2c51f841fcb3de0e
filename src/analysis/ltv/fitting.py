"""The one door to the ``lifetimes`` library: its fits, with success checked and its noise kept in.

``lifetimes`` is slow to import and turns warnings off globally, so it is imported when the first model
is fitted, and the state of the warnings is restored.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pandas.errors import Pandas4Warning

Floats = npt.NDArray[np.float64]

# Where each fit starts, as logarithms of the parameters; the library's own start comes first.
BG_NBD_STARTS: tuple[list[float] | None, ...] = (None, [0, 0, 0, 0], [-1, -1, -1, 1], [0.5, 0.5, -2, 0.5])
GAMMA_GAMMA_STARTS: tuple[list[float] | None, ...] = (None, [1, 1, 1], [2, 1, 3], [0, 1, 5])


@contextlib.contextmanager
def _contained() -> Iterator[None]:
    """Keep the library's prints, overflows on the way to the optimum and warning filters to itself."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        np.errstate(all="ignore"),
    ):
        yield


def _library() -> Any:  # noqa: ANN401 the library has no types
    with warnings.catch_warnings(action="ignore", category=Pandas4Warning):
        import lifetimes  # noqa: PLC0415 costs most of a second
        import lifetimes.utils  # noqa: PLC0415
    return lifetimes


def _first_success(fit: Callable[[list[float] | None], Any], starts: Sequence[list[float] | None]) -> Any:  # noqa: ANN401
    """Return the first fit that succeeded with finite parameters, or None where no start leads to one.

    A standard error that is not a number means a flat or saddle-shaped optimum: no success.
    """
    no_convergence: type[Exception] = _library().utils.ConvergenceError
    for start in starts:
        with _contained(), contextlib.suppress(no_convergence, np.linalg.LinAlgError):
            fitter = fit(start)
            if np.isfinite(fitter.params_).all() and np.isfinite(fitter.standard_errors_).all():
                return fitter
    return None


def bg_nbd(x: Floats, t_x: Floats, t: Floats, weights: Floats) -> Any:  # noqa: ANN401
    """Fit the BG/NBD model (Fader, Hardie & Lee 2005) by maximum likelihood.

    Parameters
    ----------
    x, t_x, t
        Repeat purchases, age at the last purchase and age, in one time unit.
    weights
        Customers that share the triple.

    Returns
    -------
    lifetimes.BetaGeoFitter or None
        None where the optimiser found no optimum from any start.
    """
    fitter = _library().BetaGeoFitter
    return _first_success(
        lambda start: fitter().fit(x, t_x, t, weights=weights, initial_params=start), BG_NBD_STARTS
    )


def bg_nbd_log_likelihood(fitter: Any) -> float:  # noqa: ANN401
    """Return the log-likelihood of a fitted BG/NBD model in the time unit it was given.

    The library works on a scaled time, which shifts the log-likelihood by log(scale) per repeat purchase.
    """
    purchases = float((fitter.data["frequency"] * fitter.data["weights"]).sum())
    scaled = -float(fitter._negative_log_likelihood_) * float(fitter.data["weights"].sum())
    return scaled + purchases * float(np.log(fitter._scale))


def gamma_gamma(x: Floats, z: Floats) -> Any:  # noqa: ANN401
    """Fit the Gamma-Gamma model of spend (Fader & Hardie 2013) by maximum likelihood.

    Parameters
    ----------
    x
        Repeat purchases, all above 0.
    z
        Mean money per repeat purchase, all above 0.

    Returns
    -------
    lifetimes.GammaGammaFitter or None
        None where the optimiser found no optimum from any start.
    """
    fitter = _library().GammaGammaFitter
    return _first_success(lambda start: fitter().fit(x, z, initial_params=start), GAMMA_GAMMA_STARTS)


def log_covariance(fitter: Any) -> Floats:  # noqa: ANN401
    """Return the asymptotic covariance of the logarithms of the parameters."""
    return np.asarray(np.linalg.inv(fitter._hessian_) / fitter.data["weights"].sum(), dtype=float)
