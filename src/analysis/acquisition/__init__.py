"""Acquisition: what customers cost to win (``cost``), against what they bring (``total_value``)."""

from analysis.acquisition.cost import (
    CacByChannel,
    LtvToCac,
    Payback,
    acquisition_costs,
    cac_by_channel,
    ltv_to_cac,
    payback,
)
from analysis.acquisition.total_value import TotalValue, total_value

__all__ = [
    "CacByChannel",
    "LtvToCac",
    "Payback",
    "TotalValue",
    "acquisition_costs",
    "cac_by_channel",
    "ltv_to_cac",
    "payback",
    "total_value",
]
