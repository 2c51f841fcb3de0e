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
    rule_name,
    score,
    verdict,
)
from analysis.churn.horizon import Horizon, choose_horizon, return_curve
from analysis.churn.model import (
    ChurnModel,
    bands_title,
    calls_sentence,
    effects,
    effects_sentence,
    effects_title,
    expected_leavers,
    fit,
    risk_bands,
    risk_sentence,
    watch_list,
)
from analysis.churn.rates import ChurnRates, rates
from analysis.churn.snapshot import FEATURES, cutoffs, feature_label, snapshot, snapshots_table
from analysis.churn.words import words

__all__ = [
    "FEATURES",
    "ChurnModel",
    "ChurnRates",
    "Horizon",
    "bands_title",
    "calibration",
    "calls_sentence",
    "choose_horizon",
    "cutoffs",
    "effects",
    "effects_sentence",
    "effects_title",
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
    "rule_name",
    "score",
    "snapshot",
    "snapshots_table",
    "verdict",
    "watch_list",
    "words",
]
