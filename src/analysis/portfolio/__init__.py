"""The customer portfolio: what it sells, on whom it depends, who is active, who comes and goes."""

from analysis.portfolio.bridge import SalesBridge, sales_bridge
from analysis.portfolio.cohort import Cohorts, cohorts
from analysis.portfolio.flow import CustomerFlow, customer_flow
from analysis.portfolio.lorenz import Concentration, concentration, largest
from analysis.portfolio.sales import SalesByPeriod, sales_by_period
from analysis.portfolio.status import Activity, activity, activity_window, gap_distribution, window_sentence

__all__ = [
    "Activity",
    "Cohorts",
    "Concentration",
    "CustomerFlow",
    "SalesBridge",
    "SalesByPeriod",
    "activity",
    "activity_window",
    "cohorts",
    "concentration",
    "customer_flow",
    "gap_distribution",
    "largest",
    "sales_bridge",
    "sales_by_period",
    "window_sentence",
]
