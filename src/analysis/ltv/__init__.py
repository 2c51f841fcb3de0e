"""Lifetime value: what each customer is still worth, and how far that forecast can be trusted.

From the customer table to ``x``, ``t_x``, ``T`` and ``z`` (``summary``); how often customers will buy
(``purchases``, chosen by ``model_selection``) and for how much (``spend``), both fitted by ``estimation``;
who is still there (``alive``) and when each is expected back (``next_purchase``); the money that makes
(``value``, ``equity``, with the margins of ``margins``); how wrong it may be (``intervals``) and would have
been (``backtest``). Where the models' story does not hold: ``regularity``, ``pooling``, ``spend_check``.
"""

from analysis.ltv.alive import Alive, alive, alive_history, one_time_buyers, profile
from analysis.ltv.backtest.accuracy import accuracy, scores, value_accuracy
from analysis.ltv.backtest.baselines import rule_name
from analysis.ltv.backtest.by_group import by_frequency, by_recency
from analysis.ltv.backtest.holdout import Holdout, cutoff, default_holdout_weeks, hold_out, holdout, led_by
from analysis.ltv.backtest.tracking import tracking
from analysis.ltv.equity import (
    Ahead,
    CustomerValue,
    channels,
    cohorts,
    customer_value,
    equity_by,
    recorded,
    segments,
    total_value,
)
from analysis.ltv.intervals import (
    Interval,
    purchase_intervals,
    total_intervals,
    value_intervals,
)
from analysis.ltv.margins import Margins, choose_margins
from analysis.ltv.model_selection import Comparison, Past, choose, compare_models, fit_purchases, log_scores
from analysis.ltv.next_purchase import next_purchase
from analysis.ltv.peer import fitted_by, import_lifetimes
from analysis.ltv.pooling import group_check
from analysis.ltv.purchases import KINDS, Kind, PurchaseModel
from analysis.ltv.regularity import regularity
from analysis.ltv.simple import simple_ltv
from analysis.ltv.spend import SpendModel, fit_free, fit_spend
from analysis.ltv.spend_check import spend_fit, spend_independence
from analysis.ltv.summary import Summary, Unit, example_customer, summarise
from analysis.ltv.value import clv, worth_per_purchase

__all__ = [
    "KINDS",
    "Ahead",
    "Alive",
    "Comparison",
    "CustomerValue",
    "Holdout",
    "Interval",
    "Kind",
    "Margins",
    "Past",
    "PurchaseModel",
    "SpendModel",
    "Summary",
    "Unit",
    "accuracy",
    "alive",
    "alive_history",
    "by_frequency",
    "by_recency",
    "channels",
    "choose",
    "choose_margins",
    "clv",
    "cohorts",
    "compare_models",
    "customer_value",
    "cutoff",
    "default_holdout_weeks",
    "equity_by",
    "example_customer",
    "fit_free",
    "fit_purchases",
    "fit_spend",
    "fitted_by",
    "group_check",
    "hold_out",
    "holdout",
    "import_lifetimes",
    "led_by",
    "log_scores",
    "next_purchase",
    "one_time_buyers",
    "profile",
    "purchase_intervals",
    "recorded",
    "regularity",
    "rule_name",
    "scores",
    "segments",
    "simple_ltv",
    "spend_fit",
    "spend_independence",
    "summarise",
    "total_intervals",
    "total_value",
    "tracking",
    "value_accuracy",
    "value_intervals",
    "worth_per_purchase",
]
