"""Lifetime value: what each customer is still worth, and how far that forecast can be trusted.

From the customer table to ``x``, ``t_x``, ``T`` and ``z`` (``summary``); how often customers will buy
(``purchases``) and for how much (``spend``); the money that makes (``value``); how wrong it may be
(``uncertainty``) and would have been (``validation``).
"""

from analysis.ltv.purchases import (
    PurchaseModel,
    alive_history,
    alive_history_title,
    alive_title,
    fit_purchases,
)
from analysis.ltv.spend import SpendModel, fit_spend, kept_share
from analysis.ltv.summary import Summary, Unit, example_customer, story, summarise, unit_name
from analysis.ltv.uncertainty import Interval, total_interval
from analysis.ltv.validation import (
    Holdout,
    by_frequency,
    by_frequency_title,
    default_holdout_weeks,
    holdout,
    interval_verdict,
    per_week,
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
)

__all__ = [
    "Holdout",
    "Interval",
    "PurchaseModel",
    "SpendModel",
    "Summary",
    "Unit",
    "alive_history",
    "alive_history_title",
    "alive_title",
    "by_frequency",
    "by_frequency_title",
    "clv",
    "default_holdout_weeks",
    "discount_factors",
    "equity_sentence",
    "equity_shares",
    "equity_title",
    "example_customer",
    "fit_purchases",
    "fit_spend",
    "holdout",
    "interval_verdict",
    "kept_share",
    "per_week",
    "scores",
    "scores_table",
    "simple_inputs",
    "simple_ltv",
    "story",
    "summarise",
    "total_interval",
    "tracking",
    "tracking_title",
    "unit_name",
    "verdict",
]
