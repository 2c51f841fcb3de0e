"""Segments and classes: RFM scores with named segments, ABC by value, and where the two disagree."""

from analysis.segmentation.abc_classes import CLASSES, Abc, abc
from analysis.segmentation.agreement import Agreement, agreement
from analysis.segmentation.rfm import Rfm, profile, rfm, score, score_ranges
from analysis.segmentation.segment_rules import SCORES, SEGMENTS, Segment, rules, segment_name

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
    "profile",
    "rfm",
    "rules",
    "score",
    "score_ranges",
    "segment_name",
]
