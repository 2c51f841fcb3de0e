"""What today's customers will buy, in net sales: the forecast that a budget is held against."""

from __future__ import annotations

import pandas as pd

from analysis.language import _, money, number, percent
from analysis.ltv.equity import CustomerValue
from analysis.ltv.intervals import total_intervals
from analysis.not_possible import or_not_possible
from analysis.result import Listed


@or_not_possible
def sales_forecast(value: CustomerValue) -> Listed:
    """Return the net sales that today's customers are expected to make within the horizon, with its interval.

    They are the sum of expected purchases × expected spend, not discounted: what `value_accuracy` holds
    against what came. Lists ``horizon_weeks``, ``expected_sales`` and ends of the 90 % interval.
    """
    frame, weeks = value.frame, value.horizon_weeks
    spent = frame["expected_spend"].to_numpy(float)
    bought = frame["expected_purchases"].to_numpy(float)
    expected = float((frame["expected_purchases"] * spent).sum())
    known = (value.purchases, value.summary, weeks, spent)
    simulated = total_intervals(*known, spend=value.spend, missed=value.missed, of_each=bought)
    ends = simulated[1]
    low, high = ends.rounded()
    text = _(
        "In the next {weeks} weeks today's customers are expected to make net sales of {sales} ({level} "
        "interval {low} to {high}). What new customers buy comes on top."
    ).format(
        weeks=number(weeks),
        sales=money(expected, value.currency),
        level=percent(ends.level),
        low=money(low, value.currency),
        high=money(high, value.currency),
    )
    row = {"horizon_weeks": weeks, "expected_sales": expected, "sales_low": low, "sales_high": high}
    return Listed({"sales_forecast": pd.DataFrame([row])}, text)
