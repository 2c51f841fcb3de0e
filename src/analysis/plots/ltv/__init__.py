"""The charts of ``04_ltv``."""

from analysis.plots.ltv.alive import alive_history, p_alive, timeline
from analysis.plots.ltv.spend import spend_by_purchases, spend_distribution
from analysis.plots.ltv.validation import by_frequency, by_recency, distribution, tenths, tracking, weekly
from analysis.plots.ltv.value import equity, per_week

__all__ = [
    "alive_history",
    "by_frequency",
    "by_recency",
    "distribution",
    "equity",
    "p_alive",
    "per_week",
    "spend_by_purchases",
    "spend_distribution",
    "tenths",
    "timeline",
    "tracking",
    "weekly",
]
