"""Sheets that somebody works with: one page for each salesperson, sector or region."""

from analysis.sheets.portfolio_sheet import PortfolioSheet, SheetData, portfolio_sheet, sheet_data

__all__ = ["PortfolioSheet", "SheetData", "portfolio_sheet", "sheet_data"]
