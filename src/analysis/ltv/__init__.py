"""Lifetime value: what each customer is still worth, and how far that forecast can be trusted.

From the customer table to ``x``, ``t_x``, ``T`` and ``z`` (``summary``); how often customers will buy
(``purchases``) and for how much (``spend``); the money that makes (``value``); how wrong it may be
(``uncertainty``) and would have been (``validation``).
"""

from analysis.ltv.alive import alive_history, alive_history_title, alive_sentence, alive_title
from analysis.ltv.choice import Comparison, Past, compare_models, fit_purchases
from analysis.ltv.forecast import expected_total, forecast_sentence, per_week, per_week_title
from analysis.ltv.purchases import PurchaseModel, parameter_table
from analysis.ltv.spend import SpendModel, fit_spend
from analysis.ltv.summary import (
    Summary,
    Unit,
    example_customer,
    kept_share,
    name_units,
    nobody_returned,
    one_time_sentence,
    returns_sentence,
    story,
    summarise,
    unit_name,
)
from analysis.ltv.uncertainty import Interval, total_interval, total_intervals
from analysis.ltv.validation import (
    Holdout,
    by_frequency,
    by_frequency_title,
    cutoff,
    default_holdout_weeks,
    holdout,
    interval_verdict,
    scores,
    scores_table,
    tracking,
    tracking_title,
    verdict,
)
from analysis.ltv.value import (
    clv,
    discount_factors,
    equity_sentence,
    equity_shares,
    equity_title,
    simple_inputs,
    simple_ltv,
    simple_sentence,
    simple_table,
    top_sentence,
    worth_per_purchase,
)
from analysis.ltv.words import words

__all__ = [
    "Comparison",
    "Holdout",
    "Interval",
    "Past",
    "PurchaseModel",
    "SpendModel",
    "Summary",
    "Unit",
    "alive_history",
    "alive_history_title",
    "alive_sentence",
    "alive_title",
    "by_frequency",
    "by_frequency_title",
    "clv",
    "compare_models",
    "cutoff",
    "default_holdout_weeks",
    "discount_factors",
    "equity_sentence",
    "equity_shares",
    "equity_title",
    "example_customer",
    "expected_total",
    "fit_purchases",
    "fit_spend",
    "forecast_sentence",
    "holdout",
    "interval_verdict",
    "kept_share",
    "name_units",
    "nobody_returned",
    "one_time_sentence",
    "parameter_table",
    "per_week",
    "per_week_title",
    "returns_sentence",
    "scores",
    "scores_table",
    "simple_inputs",
    "simple_ltv",
    "simple_sentence",
    "simple_table",
    "story",
    "summarise",
    "top_sentence",
    "total_interval",
    "total_intervals",
    "tracking",
    "tracking_title",
    "unit_name",
    "verdict",
    "words",
    "worth_per_purchase",
]
