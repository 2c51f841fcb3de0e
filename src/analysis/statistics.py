"""Small measures that several topics need: the interval of a share, a correlation of ranks, gains."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Z_95 = 1.959964  # standard deviations on either side of the mean that hold 95 % of a normal distribution
CLEAR = 1.645  # standard errors within which 9 of 10 chance differences lie


def wilson(share: npt.ArrayLike, of: npt.ArrayLike, z: float = Z_95) -> tuple[Floats, Floats]:
    """Return the ends of the interval of a share (Wilson 1927), always between 0 and 1.

    Parameters
    ----------
    share
        Observed shares.
    of
        How many each is a share of; the interval is missing where that is none.
    z
        Standard deviations on either side; 1.96 for an interval of 95 %.

    Examples
    --------
    >>> [round(float(end), 3) for end in wilson(0.5, 10)]
    [0.237, 0.763]
    """
    p, n = np.asarray(share, np.float64), np.asarray(of, np.float64)
    n = np.where(n > 0, n, np.nan)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return np.maximum(middle - half, 0), np.minimum(middle + half, 1)


def share_difference(
    first: tuple[float, int], second: tuple[float, int], z: float = Z_95
) -> tuple[float, float]:
    """Return the ends of the interval of the first share less the second, each with what it is a share of.

    From the intervals of `wilson` of both (Newcombe 1998, "Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17, method 10).

    Examples
    --------
    >>> [round(end, 4) for end in share_difference((56 / 70, 70), (48 / 80, 80))]
    [0.0524, 0.3339]
    """
    (one, other), (low, high) = (first[0], second[0]), wilson([first[0], second[0]], [first[1], second[1]], z)
    below = np.hypot(one - low[0], high[1] - other)
    above = np.hypot(high[0] - one, other - low[1])
    return float(one - other - below), float(one - other + above)


def rank_correlation(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return Spearman's rank correlation; missing where one of the two never varies.

    Examples
    --------
    >>> rank_correlation([1, 2, 3], [10, 30, 90])
    1.0
    """
    one, other = pd.Series(np.asarray(first)), pd.Series(np.asarray(second))
    if one.nunique() < 2 or other.nunique() < 2:
        return float("nan")
    return float(round(np.corrcoef(one.rank(), other.rank())[0, 1], 15))


def cumulative_gains(outcome: npt.ArrayLike, scores: npt.ArrayLike) -> Floats:
    """Return what the 0, 1, 2, … with the highest scores brought; in a tie, the mean over all orders.

    Examples
    --------
    >>> cumulative_gains([4, 0, 2], [9, 5, 5]).tolist()
    [0.0, 4.0, 5.0, 6.0]
    """
    brought, rank = np.asarray(outcome, np.float64), np.asarray(scores)
    mean = pd.Series(brought).groupby(rank).transform("mean")
    ordered = mean.to_numpy()[np.argsort(-rank, kind="stable")]
    return np.concatenate([[0.0], np.cumsum(ordered)])


def lift(outcome: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Return the share of the outcome that the decile with the highest scores brought, ÷ 0.1.

    Scores that tell nobody apart get 1. Missing where there was no outcome.

    Examples
    --------
    >>> lift([3, 1, 1, 1, 0, 0, 0, 0, 0, 0], range(10, 0, -1))
    5.0
    """
    brought = cumulative_gains(outcome, scores)
    decile = float(np.interp((len(brought) - 1) / 10, np.arange(len(brought)), brought))
    return float(10 * decile / brought[-1]) if brought[-1] > 0 else float("nan")


def clear_gain(gain: Floats) -> float:
    """Return how clearly one forecast beats another, by its gain with each customer: mean ÷ standard error.

    Below −1.64 or above 1.64 the difference is more than chance would give in 9 of 10 cases; infinite where
    the same gain is made with every customer, 0 where there is none.
    """
    mean, error = float(gain.mean()), float(gain.std() / np.sqrt(len(gain)))
    if error > abs(mean) * 1e-9:
        return mean / error
    return float(np.sign(mean) * np.inf) if mean else 0.0
