"""Acquisition: how leads become customers (``funnel``), what that costs (``cost``), and what it brings."""

from analysis.acquisition.cost import (
    CacByChannel,
    LtvToCac,
    Payback,
    acquisition_costs,
    cac_by_channel,
    ltv_to_cac,
    payback,
)
from analysis.acquisition.funnel import Funnel, funnel, funnel_by, next_steps
from analysis.acquisition.total_value import TotalValue, total_value

__all__ = [
    "CacByChannel",
    "Funnel",
    "LtvToCac",
    "Payback",
    "TotalValue",
    "acquisition_costs",
    "cac_by_channel",
    "funnel",
    "funnel_by",
    "ltv_to_cac",
    "next_steps",
    "payback",
    "total_value",
]
