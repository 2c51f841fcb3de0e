"""The customer portfolio: what it sells, on whom it depends, who is active, who comes and goes."""

from analysis.portfolio.activity import (
    Activity,
    ActivityWindow,
    activity,
    activity_window,
    default_period,
    profile,
)
from analysis.portfolio.bridge import SalesBridge, sales_bridge
from analysis.portfolio.change import SalesChange, sales_change
from analysis.portfolio.cohort import Cohorts, CohortSales, cohort_sales, cohorts
from analysis.portfolio.compared import Compared, compare_customers
from analysis.portfolio.flow import CustomerFlow, customer_flow
from analysis.portfolio.growth import Growth, growth
from analysis.portfolio.lorenz import Concentration, concentration
from analysis.portfolio.potential import GrowthPotential, growth_potential
from analysis.portfolio.sales import SalesByPeriod, sales_by_period

__all__ = [
    "Activity",
    "ActivityWindow",
    "CohortSales",
    "Cohorts",
    "Compared",
    "Concentration",
    "CustomerFlow",
    "Growth",
    "GrowthPotential",
    "SalesBridge",
    "SalesByPeriod",
    "SalesChange",
    "activity",
    "activity_window",
    "cohort_sales",
    "cohorts",
    "compare_customers",
    "concentration",
    "customer_flow",
    "default_period",
    "growth",
    "growth_potential",
    "profile",
    "sales_bridge",
    "sales_by_period",
    "sales_change",
]
