"""The charts of ``04_ltv`` and ``04_ltv_check``."""

from analysis.plots.ltv.alive import alive_history, alive_map, one_time, p_alive, timeline
from analysis.plots.ltv.backtest import by_frequency, by_recency, deciles, distribution, tracking, weekly
from analysis.plots.ltv.regularity import regularity
from analysis.plots.ltv.spend import spend_by_purchases, spend_distribution
from analysis.plots.ltv.value import by_group, due, equity, payback, per_week

__all__ = [
    "alive_history",
    "alive_map",
    "by_frequency",
    "by_group",
    "by_recency",
    "deciles",
    "distribution",
    "due",
    "equity",
    "one_time",
    "p_alive",
    "payback",
    "per_week",
    "regularity",
    "spend_by_purchases",
    "spend_distribution",
    "timeline",
    "tracking",
    "weekly",
]
