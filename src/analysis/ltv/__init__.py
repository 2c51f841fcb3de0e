"""Lifetime value: what each customer is still worth, and how far that forecast can be trusted."""

from analysis.ltv.alive import alive, alive_history
from analysis.ltv.backtest.accuracy import accuracy, value_accuracy
from analysis.ltv.backtest.by_group import by_frequency, by_recency
from analysis.ltv.backtest.holdout import Holdout, hold_out, led_by
from analysis.ltv.backtest.tracking import tracking
from analysis.ltv.equity import Ahead, customer_value
from analysis.ltv.equity_by_group import channels, cohorts, equity_by, recorded, segments, segments_of
from analysis.ltv.model_selection import choose, compare_models, fit_purchases
from analysis.ltv.next_purchase import next_purchase
from analysis.ltv.peer import fitted_by, import_lifetimes
from analysis.ltv.pooling import group_check
from analysis.ltv.profile import Fitted, fitted, profile, values
from analysis.ltv.purchases import PurchaseModel, process
from analysis.ltv.regularity import regularity
from analysis.ltv.sales_forecast import sales_forecast
from analysis.ltv.spend import SpendModel, fit_free, fit_spend
from analysis.ltv.spend_check import spend_fit, spend_independence
from analysis.ltv.summary import Histories, Summary, example_customer, histories, summarise, summary_of

__all__ = [
    "Ahead",
    "Fitted",
    "Histories",
    "Holdout",
    "PurchaseModel",
    "SpendModel",
    "Summary",
    "accuracy",
    "alive",
    "alive_history",
    "by_frequency",
    "by_recency",
    "channels",
    "choose",
    "cohorts",
    "compare_models",
    "customer_value",
    "equity_by",
    "example_customer",
    "fit_free",
    "fit_purchases",
    "fit_spend",
    "fitted",
    "fitted_by",
    "group_check",
    "histories",
    "hold_out",
    "import_lifetimes",
    "led_by",
    "next_purchase",
    "process",
    "profile",
    "recorded",
    "regularity",
    "sales_forecast",
    "segments",
    "segments_of",
    "spend_fit",
    "spend_independence",
    "summarise",
    "summary_of",
    "tracking",
    "value_accuracy",
    "values",
]
