"""What the tables of ``03_churn`` and their columns are called."""

from __future__ import annotations

from typing import TypedDict

import pandas as pd

from analysis.language import _

_FORMATS = {
    "period": "date",
    "active_before": "number",
    "lost": "number",
    "rate": "percent1",
    "days": "number",
    "at_risk": "number",
    "returned": "number",
    "share": "percent1",
    "by_hand": "percent1",
    "features_until": "date",
    "left_known_until": "date",
    "customers": "number",
    "left_share": "percent1",
    "auc": "number3",
    "auc_low": "number3",
    "auc_high": "number3",
    "average_precision": "number3",
    "lift": "number2",
    "odds_ratio": "number2",
    "predicted": "percent1",
    "observed": "percent1",
    "low": "percent1",
    "high": "percent1",
    "last_purchase": "date",
    "days_since_last": "number",
    "purchase_days": "number",
    "net_sales": "money",
    "recent_net_sales": "money",
    "risk": "percent",
    "at_stake": "money",
}


class Words(TypedDict):
    """The arguments of ``Results.table`` that tell a reader what it shows."""

    caption: str
    labels: dict[str, str]
    formats: dict[str, str]


def words(name: str, frame: pd.DataFrame) -> Words:
    """Return caption, headings and formats of a table.

    Parameters
    ----------
    name
        Name of the table.
    frame
        What it shows.
    """
    labels, columns = _labels(), list(frame.columns)
    return {
        "caption": _captions()[name],
        "labels": {column: labels[column] for column in columns},
        "formats": {column: _FORMATS[column] for column in columns if column in _FORMATS},
    }


def _captions() -> dict[str, str]:
    return {
        "churn_rate": _("Churn rate by period"),
        "five_gaps": _("Five purchases: three were followed by another, two are not yet"),
        "snapshots": _("Three days on which the same things are asked of the customers then active"),
        "ranking": _("How well each rule ranks customers by who then left"),
        "reliability": _("What the model said and what happened, in groups of equal size"),
        "effects": _("What moves the odds of leaving"),
        "watch_list": _("Active customers, most money at stake first"),
        "risk_bands": _("Active customers by risk of leaving"),
    }


def _labels() -> dict[str, str]:
    return {
        "period": _("Period from"),
        "active_before": _("Active at the start"),
        "lost": _("Lost"),
        "rate": _("Churn rate"),
        "days": _("Days"),
        "by_hand": _("The same by hand"),
        "at_risk": _("Watched that long"),
        "returned": _("Followed by a purchase that day"),
        "share": _("Followed within so many days"),
        "snapshot": _("Used to"),
        "features_until": _("What was known on"),
        "left_known_until": _("Who left is known on"),
        "customers": _("Customers"),
        "left_share": _("Left"),
        "rule": _("Rule"),
        "auc": _("AUC"),
        "auc_low": _("from"),
        "auc_high": _("to"),
        "average_precision": _("Average precision"),
        "lift": _("Lift in the top tenth"),
        "predicted": _("Probability given"),
        "observed": _("Left"),
        "low": _("from"),
        "high": _("to"),
        "feature": _("What is known of the customer"),
        "odds_ratio": _("Odds multiplied by"),
        "customer_id": _("Customer"),
        "last_purchase": _("Last purchase"),
        "days_since_last": _("Days since"),
        "purchase_days": _("Days with a purchase"),
        "net_sales": _("Net sales"),
        "recent_net_sales": _("Net sales in the last horizon"),
        "risk": _("Risk of leaving"),
        "at_stake": _("At stake"),
    }
