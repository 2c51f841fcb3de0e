"""Lifetime value: what each customer is still worth, and how far that forecast can be trusted.

From the customer table to ``x``, ``t_x``, ``T`` and ``z`` (``summary``); how often customers will buy
(``purchases``) and for how much (``spend``); the money that makes (``value``); how wrong it may be
(``uncertainty``) and would have been (``validation``).
"""

from analysis.ltv.fitting import NotFitted
from analysis.ltv.purchases import PurchaseModel, alive_history, fit_purchases
from analysis.ltv.spend import SpendModel, fit_spend, kept_share
from analysis.ltv.summary import Summary, Unit, example_customer, summarise
from analysis.ltv.uncertainty import Interval, total_interval
from analysis.ltv.validation import (
    Holdout,
    by_frequency,
    default_holdout_weeks,
    holdout,
    scores,
    tracking,
    verdict,
)
from analysis.ltv.value import clv, equity_shares, simple_inputs, simple_ltv

__all__ = [
    "Holdout",
    "Interval",
    "NotFitted",
    "PurchaseModel",
    "SpendModel",
    "Summary",
    "Unit",
    "alive_history",
    "by_frequency",
    "clv",
    "default_holdout_weeks",
    "equity_shares",
    "example_customer",
    "fit_purchases",
    "fit_spend",
    "holdout",
    "kept_share",
    "scores",
    "simple_inputs",
    "simple_ltv",
    "summarise",
    "total_interval",
    "tracking",
    "verdict",
]
