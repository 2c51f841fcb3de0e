"""Acquisition: how leads become customers (``funnel``), what that costs (``cost``) and brings (``worth``).

``first_year`` tells what customers bring by where they came from, ``persona`` what sets the best apart,
and ``lead_scores`` which open leads will become customers.
"""

from analysis.acquisition.cost import cac
from analysis.acquisition.first_year import first_year, referrals
from analysis.acquisition.funnel import funnel, funnel_by, next_steps
from analysis.acquisition.lead_scores import ConversionCurve, LeadScores, conversion_curve, lead_scores
from analysis.acquisition.persona import personas, under_served
from analysis.acquisition.worth import cac_rule, ltv_to_cac, payback, total_value

__all__ = [
    "ConversionCurve",
    "LeadScores",
    "cac",
    "cac_rule",
    "conversion_curve",
    "first_year",
    "funnel",
    "funnel_by",
    "lead_scores",
    "ltv_to_cac",
    "next_steps",
    "payback",
    "personas",
    "referrals",
    "total_value",
    "under_served",
]
