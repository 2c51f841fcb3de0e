"""Profitability: what customers contribute, and what it costs to serve, supply and wait for them."""

from analysis.profitability.contribution import (
    Contribution,
    CustomerRoi,
    Losing,
    contribution,
    customer_roi,
    earned,
    losing,
    profits,
)
from analysis.profitability.costly import Costly, costly
from analysis.profitability.discounts import Discounts, discounts
from analysis.profitability.expenses import SellingExpenses, selling_expenses
from analysis.profitability.margins import Margins, choose_margins
from analysis.profitability.ranking import SalesRanking, sales_ranking
from analysis.profitability.receivables import (
    Debtors,
    Invoices,
    LatePayers,
    Receivables,
    debtors,
    invoices,
    late_payers,
    receivables,
)
from analysis.profitability.supply import Deliveries, StockCover, deliveries, stock_cover

__all__ = [
    "Contribution",
    "Costly",
    "CustomerRoi",
    "Debtors",
    "Deliveries",
    "Discounts",
    "Invoices",
    "LatePayers",
    "Losing",
    "Margins",
    "Receivables",
    "SalesRanking",
    "SellingExpenses",
    "StockCover",
    "choose_margins",
    "contribution",
    "costly",
    "customer_roi",
    "debtors",
    "deliveries",
    "discounts",
    "earned",
    "invoices",
    "late_payers",
    "losing",
    "profits",
    "receivables",
    "sales_ranking",
    "selling_expenses",
    "stock_cover",
]
