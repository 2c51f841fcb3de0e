"""The charts of ``04_ltv`` and ``04_ltv_check``."""

from analysis.plots.ltv import alive, backtest, spend, value  # noqa: F401 each registers its charts
