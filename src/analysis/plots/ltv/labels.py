"""Labels at the ends of curves, apart from each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def spread(heights: Sequence[float], step: float) -> npt.NDArray[np.float64]:
    """Return heights at least ``step`` apart, in the same order and as near to those given as may be.

    Parameters
    ----------
    heights
        Where the curves end.
    step
        Height of a label, in the same unit.
    """
    order = np.argsort(heights, kind="stable")
    wanted = np.asarray(heights, np.float64)[order]
    placed = wanted.copy()
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + step)
    placed -= (placed - wanted).mean()
    found = np.empty_like(placed)
    found[order] = placed
    return found
