"""Segments and classes: RFM with named segments, ABC by value, potential, life cycle, and what to do."""

from analysis.segmentation.abc_classes import CLASSES, Abc, abc
from analysis.segmentation.abc_potential import abc_potential
from analysis.segmentation.abc_views import abc_views
from analysis.segmentation.abc_xyz import abc_xyz, regularity
from analysis.segmentation.agreement import Agreement, agreement
from analysis.segmentation.life_cycle import life_cycle
from analysis.segmentation.plan import plan
from analysis.segmentation.rfm import Rfm, profile, rfm, rules, score, score_by_cuts, score_ranges

__all__ = [
    "CLASSES",
    "Abc",
    "Agreement",
    "Rfm",
    "abc",
    "abc_potential",
    "abc_views",
    "abc_xyz",
    "agreement",
    "life_cycle",
    "plan",
    "profile",
    "regularity",
    "rfm",
    "rules",
    "score",
    "score_by_cuts",
    "score_ranges",
]
