"""Segments and classes: RFM scores with named segments, ABC by value, and where the two disagree."""

from analysis.segmentation.classes import CLASSES, Abc, abc
from analysis.segmentation.comparison import Agreement, agreement
from analysis.segmentation.grid import SCORES, SEGMENTS, Segment, rules, segment_name
from analysis.segmentation.scores import Rfm, rfm, score

__all__ = [
    "CLASSES",
    "SCORES",
    "SEGMENTS",
    "Abc",
    "Agreement",
    "Rfm",
    "Segment",
    "abc",
    "agreement",
    "rfm",
    "rules",
    "score",
    "segment_name",
]
