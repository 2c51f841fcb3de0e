"""Acquisition: what customers cost to win (``cost``) against what they bring (``worth``), and whom to seek.

``first_year`` tells what they bring by where they came from, ``persona`` what sets the best apart.
"""

from analysis.acquisition.cost import cac
from analysis.acquisition.first_year import first_year, referrals
from analysis.acquisition.persona import personas, under_served
from analysis.acquisition.worth import cac_rule, ltv_to_cac, payback, total_value

__all__ = [
    "cac",
    "cac_rule",
    "first_year",
    "ltv_to_cac",
    "payback",
    "personas",
    "referrals",
    "total_value",
    "under_served",
]
