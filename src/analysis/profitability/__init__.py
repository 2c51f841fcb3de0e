"""Profitability: what customers contribute, and what it costs to serve, supply and wait for them."""

from analysis.profitability.contribution import (
    Contribution,
    contribution,
    customer_roi,
    earned,
    earned_by,
    profile,
    profits,
)
from analysis.profitability.costly import costly
from analysis.profitability.discount_discipline import Discounts, discounts
from analysis.profitability.expenses import SellingExpenses, selling_expenses
from analysis.profitability.margins import (
    SUMS,
    CommonMargin,
    Margins,
    choose_margins,
    common_margin,
    margins_of,
)
from analysis.profitability.ranking import sales_ranking
from analysis.profitability.receivables import Receivables, invoices, late_payers, owed, receivables
from analysis.profitability.supply import deliveries, stock_cover

__all__ = [
    "SUMS",
    "CommonMargin",
    "Contribution",
    "Discounts",
    "Margins",
    "Receivables",
    "SellingExpenses",
    "choose_margins",
    "common_margin",
    "contribution",
    "costly",
    "customer_roi",
    "deliveries",
    "discounts",
    "earned",
    "earned_by",
    "invoices",
    "late_payers",
    "margins_of",
    "owed",
    "profile",
    "profits",
    "receivables",
    "sales_ranking",
    "selling_expenses",
    "stock_cover",
]
