"""What the columns of results are called and how they are shown: one concept, one name, one format."""

from __future__ import annotations

from typing import TypedDict

import pandas as pd

from analysis.language import N_, _

COLUMNS: dict[str, tuple[str, str]] = {
    "abc": (N_("Class"), "text"),
    "active": (N_("Active"), "number"),
    "active_before": (N_("Active before"), "number"),
    "age": (N_("Age"), "number"),
    "amount": (N_("Amount"), "money"),
    "by_hand": (N_("By hand"), "number"),
    "cohorts": (N_("Cohorts observed"), "number"),
    "complete": (N_("Complete"), ""),
    "customer_id": (N_("Customer"), "text"),
    "customers": (N_("Customers"), "number"),
    "days_since_last": (N_("Days since the last purchase"), "number"),
    "days_since_last_max": (N_("Days since last, most"), "number"),
    "days_since_last_min": (N_("Days since last, least"), "number"),
    "equal": (N_("Customers who are equal"), "number"),
    "f": (N_("Frequency"), "number"),
    "largest": (N_("Largest customers taken away"), "number"),
    "last_purchase": (N_("Last purchase"), "date"),
    "left": (N_("Net sales left"), "money"),
    "lost": (N_("Lost"), "number"),
    "loyalty": (N_("Loyalty"), "number1"),
    "loyalty_score": (N_("Mean of frequency and money"), "text"),
    "m": (N_("Money"), "number"),
    "meaning": (N_("Customers who"), "text"),
    "net_sales": (N_("Net sales"), "money"),
    "net_sales_max": (N_("Net sales, most"), "money"),
    "net_sales_min": (N_("Net sales, least"), "money"),
    "new": (N_("New"), "number"),
    "passive": (N_("Passive"), "number"),
    "purchase_days": (N_("Purchase days"), "number"),
    "purchases": (N_("Purchases"), "number"),
    "purchases_max": (N_("Purchases, most"), "number"),
    "purchases_min": (N_("Purchases, least"), "number"),
    "purchases_per_customer": (N_("Purchases per customer"), "number2"),
    "r": (N_("Recency"), "number"),
    "recency": (N_("Recency score"), "text"),
    "recovered": (N_("Recovered"), "number"),
    "retained": (N_("Retained"), "number"),
    "retention": (N_("Retention"), "percent1"),
    "sales_lost": (N_("Net sales lost"), "money"),
    "sales_per_customer": (N_("Net sales so far per customer"), "money2"),
    "score": (N_("Score"), "number"),
    "segment": (N_("Segment"), "text"),
    "share": (N_("Share of net sales"), "percent1"),
    "share_lost": (N_("Share lost"), "percent1"),
    "share_of_customers": (N_("Share of customers"), "percent1"),
    "share_of_gross": (N_("Share of gross sales"), "percent1"),
    "share_of_sales": (N_("Share of net sales"), "percent1"),
    "share_of_value": (N_("Share of net sales"), "percent1"),
    "smallest": (N_("Smallest in the class"), "money2"),
    "status": (N_("Status"), "text"),
    "step": (N_("Step"), "text"),
    "top": (N_("Top"), "percent"),
    "typical_days": (N_("Days since last, median"), "number"),
    "typical_purchases": (N_("Purchases, median"), "number"),
    "typical_sales": (N_("Net sales, median"), "money"),
    "usual_pause": (N_("Usual pause in days"), "number"),
    "value": (N_("Net sales"), "money"),
    "value_per_purchase": (N_("Value per purchase"), "money2"),
    "weight": (N_("Weight"), "number"),
    "worse": (N_("Customers who are worse"), "number"),
}
_PERIODS = {
    "month": (N_("Month"), "month"),
    "quarter": (N_("Quarter from"), "date"),
    "year": (N_("Year from"), "date"),
}


class Columns(TypedDict):
    """The two arguments of ``Results.table`` that say how columns are shown."""

    labels: dict[str, str]
    formats: dict[str, str]


def columns(frame: pd.DataFrame, unit: str = "month") -> Columns:
    """Return heading and format of every column of ``frame`` that has a name of the workbook.

    Parameters
    ----------
    frame
        What will be shown.
    unit
        ``month``, ``quarter`` or ``year``: what the column ``period`` counts in.
    """
    known = COLUMNS | {"period": _PERIODS[unit]}
    names = [name for name in (*frame.index.names, *frame.columns) if name in known]
    return {
        "labels": {name: _(known[name][0]) for name in names},
        "formats": {name: known[name][1] for name in names if known[name][1]},
    }
