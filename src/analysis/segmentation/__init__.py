"""Segments and classes: RFM and ABC, where they disagree, and whether they hold and tell what comes."""

from analysis.segmentation.abc_classes import CLASSES, Abc, abc
from analysis.segmentation.agreement import Agreement, agreement
from analysis.segmentation.clusters import Clusters, clusters, features, fit_clusters, placed
from analysis.segmentation.earlier import ThreeDates, three_dates
from analysis.segmentation.migration import Migration, migration, segment_before
from analysis.segmentation.prediction import Prediction, prediction
from analysis.segmentation.profiles import Apart, segment_profiles, sets_apart
from analysis.segmentation.rfm import Rfm, profile, rfm, score, score_ranges
from analysis.segmentation.segment_rules import SCORES, SEGMENTS, Segment, rules, segment_name

__all__ = [
    "CLASSES",
    "SCORES",
    "SEGMENTS",
    "Abc",
    "Agreement",
    "Apart",
    "Clusters",
    "Migration",
    "Prediction",
    "Rfm",
    "Segment",
    "ThreeDates",
    "abc",
    "agreement",
    "clusters",
    "features",
    "fit_clusters",
    "migration",
    "placed",
    "prediction",
    "profile",
    "rfm",
    "rules",
    "score",
    "score_ranges",
    "segment_before",
    "segment_name",
    "segment_profiles",
    "sets_apart",
    "three_dates",
]
