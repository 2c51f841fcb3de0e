"""Churn: how many customers leave, after how much silence one may say so, and who is next.

The rate by period (``rates``); the horizon found in the gaps between purchases (``horizon``); what is
known of each customer on a day (``snapshot``); a model for who leaves (``model``); and whether it beats a
simple rule (``evaluation``).
"""

from analysis.churn.evaluation import (
    calibration,
    gain_over_rules,
    gains,
    gains_title,
    ranking,
    reliability,
    score,
    verdict,
)
from analysis.churn.horizon import Horizon, choose_horizon, return_curve
from analysis.churn.model import (
    ChurnModel,
    effects,
    effects_sentence,
    expected_leavers,
    fit,
    risk_bands,
    risk_sentence,
    watch_list,
)
from analysis.churn.rates import ChurnRates, rates
from analysis.churn.snapshot import FEATURES, cutoffs, feature_label, snapshot

__all__ = [
    "FEATURES",
    "ChurnModel",
    "ChurnRates",
    "Horizon",
    "calibration",
    "choose_horizon",
    "cutoffs",
    "effects",
    "effects_sentence",
    "expected_leavers",
    "feature_label",
    "fit",
    "gain_over_rules",
    "gains",
    "gains_title",
    "ranking",
    "rates",
    "reliability",
    "return_curve",
    "risk_bands",
    "risk_sentence",
    "score",
    "snapshot",
    "verdict",
    "watch_list",
]
