"""Two figures that a sentence sets against each other, with as many decimals as tell them apart."""

from __future__ import annotations

from collections.abc import Callable

from analysis.language import number

MOST_DECIMALS = 4


def told_apart(
    first: float, second: float, decimals: int = 2, write: Callable[[float, int], str] = number
) -> tuple[str, str]:
    """Write two figures with the fewest decimals with which they differ.

    Parameters
    ----------
    first, second
        The figures.
    decimals
        The fewest; also taken where four do not tell the figures apart.
    write
        How a figure is written, with so many decimals: `number` or `percent`.
    """
    for places in range(decimals, MOST_DECIMALS + 1):
        texts = write(first, places), write(second, places)
        if texts[0] != texts[1]:
            return texts
    return write(first, decimals), write(second, decimals)
