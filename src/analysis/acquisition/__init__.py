"""Acquisition: what customers cost to win, against what they bring (``cost``)."""

from analysis.acquisition.cost import (
    CacByChannel,
    LtvToCac,
    Payback,
    acquisition_costs,
    cac_by_channel,
    ltv_to_cac,
    payback,
)

__all__ = [
    "CacByChannel",
    "LtvToCac",
    "Payback",
    "acquisition_costs",
    "cac_by_channel",
    "ltv_to_cac",
    "payback",
]
