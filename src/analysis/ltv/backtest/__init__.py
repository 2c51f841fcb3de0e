"""Would the models have predicted the recent past? Fit before a date, compare with what came after.

The split by date and the forecasts (``split``), the naive rules to beat (``rules``), how far each was off
(``scores``), by groups of customers (``groups``) and week by week (``tracking``).
"""

from analysis.ltv.backtest.accuracy import (
    beaten,
    deciles,
    interval_verdict,
    models_sentence,
    scores,
    scores_table,
    value_deciles,
    value_deciles_title,
    value_parts_sentence,
    value_scores,
    value_scores_table,
    value_verdict,
    verdict,
)
from analysis.ltv.backtest.baselines import rule_name
from analysis.ltv.backtest.by_group import (
    by_frequency,
    by_frequency_title,
    by_recency,
    by_recency_title,
    distribution,
    distribution_title,
    history_distribution,
    history_distribution_title,
)
from analysis.ltv.backtest.holdout import (
    Fit,
    Holdout,
    cutoff,
    default_holdout_weeks,
    failed_sentences,
    holdout,
    newcomers_sentence,
    previous_weeks,
)
from analysis.ltv.backtest.tracking import tracking, tracking_title, weekly, weekly_title

__all__ = [
    "Fit",
    "Holdout",
    "beaten",
    "by_frequency",
    "by_frequency_title",
    "by_recency",
    "by_recency_title",
    "cutoff",
    "deciles",
    "default_holdout_weeks",
    "distribution",
    "distribution_title",
    "failed_sentences",
    "history_distribution",
    "history_distribution_title",
    "holdout",
    "interval_verdict",
    "models_sentence",
    "newcomers_sentence",
    "previous_weeks",
    "rule_name",
    "scores",
    "scores_table",
    "tracking",
    "tracking_title",
    "value_deciles",
    "value_deciles_title",
    "value_parts_sentence",
    "value_scores",
    "value_scores_table",
    "value_verdict",
    "verdict",
    "weekly",
    "weekly_title",
]
