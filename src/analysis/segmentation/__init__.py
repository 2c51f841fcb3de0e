"""Segments and classes: RFM, ABC, potential, life cycle, what to do; do they hold and tell what comes."""

from analysis.segmentation.abc_classes import CLASSES, Abc, abc, limits, placed_by
from analysis.segmentation.abc_potential import abc_potential
from analysis.segmentation.abc_views import VIEWS, abc_views
from analysis.segmentation.abc_xyz import abc_xyz, regularity
from analysis.segmentation.agreement import Agreement, agreement
from analysis.segmentation.clusters import Clusters, clusters, features, fit_clusters, placed
from analysis.segmentation.life_cycle import life_cycle
from analysis.segmentation.migration import (
    Migration,
    ThreeDates,
    migration,
    past_scorings,
    segment_history,
    three_dates,
)
from analysis.segmentation.plan import plan
from analysis.segmentation.prediction import Prediction, prediction
from analysis.segmentation.profiles import Apart, segment_profiles, sets_apart
from analysis.segmentation.rfm import (
    MEASURED,
    SCORED,
    Rfm,
    as_cuts,
    profile,
    rfm,
    rules,
    score,
    score_by_cuts,
    score_ranges,
)

__all__ = [
    "CLASSES",
    "MEASURED",
    "SCORED",
    "VIEWS",
    "Abc",
    "Agreement",
    "Apart",
    "Clusters",
    "Migration",
    "Prediction",
    "Rfm",
    "ThreeDates",
    "abc",
    "abc_potential",
    "abc_views",
    "abc_xyz",
    "agreement",
    "as_cuts",
    "clusters",
    "features",
    "fit_clusters",
    "life_cycle",
    "limits",
    "migration",
    "past_scorings",
    "placed",
    "placed_by",
    "plan",
    "prediction",
    "profile",
    "regularity",
    "rfm",
    "rules",
    "score",
    "score_by_cuts",
    "score_ranges",
    "segment_history",
    "segment_profiles",
    "sets_apart",
    "three_dates",
]
