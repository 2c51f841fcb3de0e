"""Segments and classes: RFM with named segments, ABC by value, potential, life cycle, and what to do."""

from analysis.segmentation.abc_classes import CLASSES, Abc, abc, classified
from analysis.segmentation.abc_potential import AbcPotential, abc_potential
from analysis.segmentation.abc_views import AbcViews, abc_views
from analysis.segmentation.abc_xyz import AbcXyz, abc_xyz, regularity
from analysis.segmentation.agreement import Agreement, agreement
from analysis.segmentation.life_cycle import LifeCycle, life_cycle, stage_name, stages
from analysis.segmentation.plan import Plan, plan
from analysis.segmentation.rfm import Rfm, profile, rfm, rules, score, score_by_cuts, score_ranges

__all__ = [
    "CLASSES",
    "Abc",
    "AbcPotential",
    "AbcViews",
    "AbcXyz",
    "Agreement",
    "LifeCycle",
    "Plan",
    "Rfm",
    "abc",
    "abc_potential",
    "abc_views",
    "abc_xyz",
    "agreement",
    "classified",
    "life_cycle",
    "plan",
    "profile",
    "regularity",
    "rfm",
    "rules",
    "score",
    "score_by_cuts",
    "score_ranges",
    "stage_name",
    "stages",
]
