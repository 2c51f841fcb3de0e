"""The named segments: a rule for each part of the grid of recency and loyalty scores."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.language import N_, _, number

SCORES = 5


@dataclass(frozen=True)
class Segment:
    """A named part of the RFM grid: a range of recency scores and a range of loyalty.

    Attributes
    ----------
    key
        Its name in code.
    name, meaning
        What the reader sees, in English; shown through ``_()``.
    recency
        Lowest and highest recency score.
    loyalty
        Lowest loyalty, included, and highest, excluded; loyalty is the mean of the scores for
        frequency and money.
    """

    key: str
    name: str
    meaning: str
    recency: tuple[int, int]
    loyalty: tuple[float, float]

    def holds(self, scores: pd.DataFrame) -> pd.Series[bool]:
        """Return which rows of ``scores`` (``r``, ``loyalty``) belong to the segment."""
        loyal = scores["loyalty"].between(*self.loyalty, inclusive="left")
        return scores["r"].between(*self.recency) & loyal


SEGMENTS = (
    Segment(
        "champions", N_("Champions"), N_("buy often or much, and more recently than most"), (4, 5), (4, 5.5)
    ),
    Segment("loyal", N_("Loyal"), N_("buy more than most, and more recently"), (4, 5), (3, 4)),
    Segment("promising", N_("Promising"), N_("bought more recently than most, but little"), (4, 5), (1, 3)),
    Segment("cooling", N_("Cooling off"), N_("bought more than most, last some time ago"), (3, 3), (3, 5.5)),
    Segment("occasional", N_("Occasional"), N_("bought little, last some time ago"), (3, 3), (1, 3)),
    Segment(
        "slipping",
        N_("Slipping away"),
        N_("bought often or much, but longer ago than most"),
        (1, 2),
        (4, 5.5),
    ),
    Segment("at_risk", N_("At risk"), N_("bought more than most, but longer ago"), (1, 2), (3, 4)),
    Segment("dormant", N_("Dormant"), N_("bought little, and longer ago than most"), (1, 2), (1, 3)),
)
KEYS = tuple(segment.key for segment in SEGMENTS)
KEEN = ("champions", "loyal")
AWAY = ("cooling", "occasional", "slipping", "at_risk", "dormant")


def segment_name(key: str) -> str:
    """Return the name of the segment ``key`` in the reader's language."""
    return next(_(segment.name) for segment in SEGMENTS if segment.key == key)


def rules() -> pd.DataFrame:
    """Return the rule of every segment: ``segment``, ``meaning``, ``recency``, ``loyalty_score``."""
    return pd.DataFrame(
        {
            "segment": [_(segment.name) for segment in SEGMENTS],
            "meaning": [_(segment.meaning) for segment in SEGMENTS],
            "recency": [_range(*segment.recency) for segment in SEGMENTS],
            "loyalty_score": [_loyalty_range(*segment.loyalty) for segment in SEGMENTS],
        }
    )


def _range(low: int, high: int) -> str:
    return number(low) if low == high else f"{number(low)}–{number(high)}"


def _loyalty_range(low: float, below: float) -> str:
    if below > SCORES:
        return _("{low} or more").format(low=number(low))
    return _("{low} to less than {below}").format(low=number(low), below=number(below))
