"""Codes and words in bulk: a column of text without a loop over its rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd


def codes(prefix: str, numbers: np.ndarray, width: int) -> pd.Series:
    """Return codes such as C00012: a prefix and numbers with leading zeros."""
    return prefix + pd.Series(numbers).astype("str").str.zfill(width)


def words(positions: npt.ArrayLike, known: Sequence[str]) -> pd.Series:
    """Return the words at positions of a list; missing where the position is -1."""
    values = np.array([*known, None], dtype=object)  # -1 is the last place
    return pd.Series(values[np.asarray(positions)], dtype="str")


def picked(series: pd.Series, positions: npt.ArrayLike) -> pd.Series:
    """Return the values at positions of a column, numbered anew."""
    return series.take(np.asarray(positions)).reset_index(drop=True)
