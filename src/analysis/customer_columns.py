"""What each column of the customer profile means: its order, and the data dictionary, are made from this."""

from __future__ import annotations

import pandas as pd

from analysis.display_names import words
from analysis.language import N_, _

MEANINGS: dict[str, str] = {
    "customer_id": N_("Code of the customer, as in the sales"),
    "name": N_("Name, as in the table of customers"),
    "owner": N_("Salesperson of the table of customers, else the one with most net sales in twelve months"),
    "sector": N_("Sector, as in the table of customers"),
    "region": N_("Region, as in the table of customers"),
    "type": N_("Type, as in the table of customers"),
    "consent": N_("Whether the customer agreed to be contacted; empty where nobody knows"),
    "first_purchase": N_("Day of the first purchase; empty for who only ever returned"),
    "last_purchase": N_("Day of the last purchase"),
    "purchase_days": N_("Days with a purchase"),
    "x": N_("Days with a purchase after the first one"),
    "orders": N_("Orders; a purchase day counts as one where the order is not known"),
    "sales": N_("Sold so far, net of discounts"),
    "returns": N_("Returned and cancelled so far, 0 or less"),
    "net_sales": N_("Sold so far, less returns and cancellations"),
    "net_sales_": N_("Net sales of that calendar year, up to the last day that counts"),
    "cost": N_("Cost of the goods sold so far, where known"),
    "repeat_value": N_("Mean of a purchase day after the first one"),
    "contribution_margin": N_("What the customer contributed in twelve months, after discounts and service"),
    "days_since_last": N_("Days since the last purchase: the silence until now"),
    "usual_gap": N_("Usual days between purchases, drawn towards those of all where there are few"),
    "relative_silence": N_("Silence until now ÷ usual days between purchases; of active customers"),
    "active": N_("Whether the last purchase lies within the activity window"),
    "r": N_("Score of recency, the highest is best"),
    "f": N_("Score of frequency"),
    "m": N_("Score of monetary value"),
    "segment": N_("Key of the RFM segment; 02_segmentation says what it is called"),
    "segment_before": N_("Key of the segment twelve months ago"),
    "segment_since": N_("Since when in the segment of today, as far as twelve months show"),
    "abc": N_("Class by cumulative share of net sales so far: A, B or C"),
    "life_cycle": N_("Stage of the life cycle: new, growing, mature, declining or inactive"),
    "risk": N_("Probability of no purchase within the horizon of 03_churn; of active customers"),
    "reasons": N_("What raises that risk most"),
    "value_if_active": N_("Value of twelve months if the customer stays"),
    "at_stake": N_("Risk × value if the customer stays"),
    "worth_contacting": N_("Whether a contact now is expected to bring more than it costs; see action"),
    "lapsed_lines": N_("Product groups no longer bought, most money first"),
    "lapsed_sales": N_("Net sales of these in the year before"),
    "p_alive": N_("Probability of still being a customer"),
    "expected_purchases": N_("Purchases expected in the next twelve months"),
    "clv": N_("Value of the next twelve months: expected purchases × expected margin, discounted"),
    "clv_low": N_("Lower end of its 80% interval"),
    "clv_high": N_("Upper end of its 80% interval"),
    "potential": N_("What the customer could buy more in a year; of customers of the last twelve months"),
    "potential_in": N_("Category in which most of it lies"),
    "nps_score": N_("Last answer to a survey, from 0 to 10"),
    "nps_date": N_("Day of that answer"),
    "open_amount": N_("Not yet paid of its invoices"),
    "overdue_amount": N_("What of it is past its due day"),
    "action": N_("Recommended action, see 08_action_plan"),
    "action_gain": N_("What the action is expected to bring, less what it costs"),
}
"""By column, in this order; a name that ends in ``_`` is followed by a year."""


def entry(column: str) -> str:
    """Return what a column is declared as."""
    stem = column.rstrip("0123456789")
    return stem if stem.endswith("_") else column


def in_order(profile: pd.DataFrame) -> pd.DataFrame:
    """Return the customer profile with its columns in the order of `MEANINGS`."""
    order = list(MEANINGS)
    places = {(order.index(entry(column)), column) for column in map(str, profile.columns)}
    return profile[[column for _place, column in sorted(places)]]


def dictionary(profile: pd.DataFrame, known: pd.Series | None = None) -> pd.DataFrame:
    """Return the data dictionary of a customer profile, in the reader's language.

    It has by ``column`` its ``heading``, its ``meaning``, and of how many ``customers`` it is known: that
    many as ``known`` says, or of those in the profile.
    """
    labels, rows = words("customer_profile", profile)["labels"], []
    for column, customers in (profile.notna().sum() if known is None else known).items():
        rows.append((column, labels[str(column)], _(MEANINGS[entry(str(column))]), customers))
    return pd.DataFrame(rows, columns=["column", "heading", "meaning", "customers"])
