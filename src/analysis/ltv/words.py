"""What the tables of ``04_ltv`` and their columns are called."""

from __future__ import annotations

from typing import TypedDict

import pandas as pd

from analysis.language import _
from analysis.ltv.summary import Unit, unit_name

_FORMATS = {
    "revenue_per_year": "money2",
    "years": "number2",
    "acquisition_cost": "money2",
    "ltv": "money2",
    "x": "number",
    "t_x": "number2",
    "T": "number2",
    "z": "money2",
    "by_hand": "number4",
    "helper": "number4",
    "value": "number4",
    "error": "number4",
    "total": "number",
    "total_error": "percent1",
    "mae": "number3",
    "rmse": "number3",
    "p_alive": "percent1",
    "expected_purchases": "number2",
    "expected_spend": "money2",
    "clv": "money2",
    "customers": "number",
    "actual": "number2",
    "rank": "number3",
    "lift": "number2",
    "expected": "number2",
    "same_rate": "number2",
}


class Words(TypedDict):
    """The arguments of ``Results.table`` that tell a reader what it shows."""

    caption: str
    labels: dict[str, str]
    formats: dict[str, str]


def words(name: str, frame: pd.DataFrame, unit: Unit = "week") -> Words:
    """Return caption, headings and formats of a table.

    Parameters
    ----------
    name
        Name of the table.
    frame
        What it shows; ``t_x_weeks`` counts as ``t_x``, and so on.
    unit
        Time unit, named in the headings.
    """
    labels = _labels(unit_name(unit))
    plain = {column: column.removesuffix(f"_{unit}s") for column in frame.columns}
    return {
        "caption": _captions()[name],
        "labels": {column: labels[key] for column, key in plain.items()},
        "formats": {
            column: _FORMATS[key]
            for column, key in plain.items()
            if key in _FORMATS and pd.api.types.is_numeric_dtype(frame[column])
        },
    }


def _captions() -> dict[str, str]:
    return {
        "simple_ltv": _("Simple lifetime value: revenue per year × years − cost to acquire"),
        "one_customer": _("One customer in four numbers, by hand and by the helper"),
        "parameters": _("Parameters of the purchase model"),
        "p_alive": _("P(alive) of three customers, by hand and by the helper"),
        "scores": _("The model against naive rules, on purchases it had not seen"),
        "by_frequency": _("Mean purchases in the holdout by what customers had done before"),
        "expected_spend": _("Expected spend of five customers, by hand and by the helper"),
        "one_clv": _("The value of one customer, by hand and by the helper"),
        "customer_value": _("Customers by lifetime value"),
    }


def _labels(unit: str) -> dict[str, str]:
    return {
        "what": _("What"),
        "revenue_per_year": _("Revenue per customer and year"),
        "years": _("Years it lasts"),
        "acquisition_cost": _("Cost to acquire"),
        "ltv": _("Simple LTV"),
        "customer_id": _("Customer"),
        "measure": _("Measure"),
        "x": _("x (repeat purchases)"),
        "t_x": _("t_x ({unit})").format(unit=unit),
        "T": _("T ({unit})").format(unit=unit),
        "z": _("z (mean per repeat purchase)"),
        "by_hand": _("By hand"),
        "helper": _("Helper"),
        "parameter": _("Parameter"),
        "value": _("Value"),
        "error": _("Standard error"),
        "model": _("Rule"),
        "total": _("Purchases in all"),
        "total_error": _("Error of the total"),
        "mae": _("Mean absolute error"),
        "rmse": _("RMSE"),
        "p_alive": _("P(alive)"),
        "expected_purchases": _("Expected purchases"),
        "expected_spend": _("Expected spend per purchase"),
        "clv": _("CLV"),
        "customers": _("Customers"),
        "actual": _("What came"),
        "rank": _("Rank correlation"),
        "lift": _("Top tenth's sales, × average"),
        "expected": _("The model"),
        "same_rate": _("Same rate as before"),
    }
