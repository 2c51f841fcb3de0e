"""The customer portfolio: what it sells, on whom it depends, who is active, who comes and goes."""

from analysis.portfolio.activity import (
    Activity,
    ActivityWindow,
    activity,
    activity_window,
    default_period,
    profile,
)
from analysis.portfolio.audit import cohort_stack, deciles, spread, two_cohorts
from analysis.portfolio.bridge import sales_bridge
from analysis.portfolio.change import sales_change
from analysis.portfolio.cohort import cohorts
from analysis.portfolio.compared import compare_customers, last_twelve_months
from analysis.portfolio.flow import CustomerFlow, customer_flow
from analysis.portfolio.growth import factor_change, growth, sales_by_period
from analysis.portfolio.lorenz import concentration, concentration_trend
from analysis.portfolio.mix import market_index, mix
from analysis.portfolio.potential import GrowthPotential, growth_potential
from analysis.portfolio.projection import Projection, projection
from analysis.portfolio.silence import sleeping

__all__ = [
    "Activity",
    "ActivityWindow",
    "CustomerFlow",
    "GrowthPotential",
    "Projection",
    "activity",
    "activity_window",
    "cohort_stack",
    "cohorts",
    "compare_customers",
    "concentration",
    "concentration_trend",
    "customer_flow",
    "deciles",
    "default_period",
    "factor_change",
    "growth",
    "growth_potential",
    "last_twelve_months",
    "market_index",
    "mix",
    "profile",
    "projection",
    "sales_bridge",
    "sales_by_period",
    "sales_change",
    "sleeping",
    "spread",
    "two_cohorts",
]
