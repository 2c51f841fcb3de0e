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
from analysis.acquisition.lead_scores import ConversionCurve, LeadScores, conversion_curve, lead_scores
from analysis.acquisition.total_value import TotalValue, total_value

__all__ = [
    "CacByChannel",
    "ConversionCurve",
    "Funnel",
    "LeadScores",
    "LtvToCac",
    "Payback",
    "TotalValue",
    "acquisition_costs",
    "cac_by_channel",
    "conversion_curve",
    "funnel",
    "funnel_by",
    "lead_scores",
    "ltv_to_cac",
    "next_steps",
    "payback",
    "total_value",
]
