"""Segments and classes: RFM with named segments, ABC by value, potential, life cycle, and what to do."""

from analysis.segmentation.abc_classes import CLASSES, Abc, abc
from analysis.segmentation.agreement import Agreement, agreement
from analysis.segmentation.rfm import Rfm, profile, rfm, score, score_by_cuts, score_ranges

__all__ = [
    "CLASSES",
    "Abc",
    "Agreement",
    "Rfm",
    "abc",
    "agreement",
    "profile",
    "rfm",
    "score",
    "score_by_cuts",
    "score_ranges",
]
