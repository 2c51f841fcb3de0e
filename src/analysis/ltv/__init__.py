"""Lifetime value: what each customer is still worth, and how far that forecast can be trusted.

From the customer table to ``x``, ``t_x``, ``T`` and ``z`` (``summary``); how often customers will buy
(``purchases``, by the models of ``geometric`` and ``pareto_nbd``, of which ``choice`` takes the best) and for
how much (``spend``); the money that makes (``value``); how wrong it may be, in all (``uncertainty``) and for
one customer (``per_customer``), and would have been (``validation``, ``accuracy``). Where customers have
contracts, ``contracts`` says how long they stay.
"""

from analysis.ltv.accuracy import (
    by_silence,
    by_week,
    history_distribution,
    last_period,
    lift,
    measures,
    purchases_distribution,
)
from analysis.ltv.alive import (
    alive_history,
    alive_history_title,
    alive_sentence,
    alive_title,
    one_time_sentence,
)
from analysis.ltv.choice import Comparison, Past, compare_models, fit_purchases
from analysis.ltv.contracts import RetentionModel, Tenures, cohort, fit_retention, tenures
from analysis.ltv.forecast import expected_total, forecast_sentence, per_week, per_week_title
from analysis.ltv.meaning import parameter_table
from analysis.ltv.per_customer import purchase_intervals, value_intervals
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel, fit_spend
from analysis.ltv.summary import (
    Summary,
    Unit,
    example_customer,
    kept_share,
    name_units,
    nobody_returned,
    returns_sentence,
    story,
    summarise,
    unit_name,
)
from analysis.ltv.uncertainty import Interval, bootstrap, total_interval, total_intervals
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
    "RetentionModel",
    "SpendModel",
    "Summary",
    "Tenures",
    "Unit",
    "alive_history",
    "alive_history_title",
    "alive_sentence",
    "alive_title",
    "bootstrap",
    "by_frequency",
    "by_frequency_title",
    "by_silence",
    "by_week",
    "clv",
    "cohort",
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
    "fit_retention",
    "fit_spend",
    "forecast_sentence",
    "history_distribution",
    "holdout",
    "interval_verdict",
    "kept_share",
    "last_period",
    "lift",
    "measures",
    "name_units",
    "nobody_returned",
    "one_time_sentence",
    "parameter_table",
    "per_week",
    "per_week_title",
    "purchase_intervals",
    "purchases_distribution",
    "returns_sentence",
    "scores",
    "scores_table",
    "simple_inputs",
    "simple_ltv",
    "simple_sentence",
    "simple_table",
    "story",
    "summarise",
    "tenures",
    "top_sentence",
    "total_interval",
    "total_intervals",
    "tracking",
    "tracking_title",
    "unit_name",
    "value_intervals",
    "verdict",
    "words",
    "worth_per_purchase",
]
