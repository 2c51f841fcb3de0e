"""What lifetime value tells the customer profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.ltv.backtest.holdout import hold_out, led_by
from analysis.ltv.equity import Ahead, CustomerValue, customer_value
from analysis.ltv.model_selection import choose, compare_models
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import fit_spend
from analysis.ltv.summary import summarise, weeks_in
from analysis.profitability.margins import choose_margins

if TYPE_CHECKING:
    from analysis.dataset import Dataset

COLUMNS = ["p_alive", "expected_purchases", "clv", "clv_low", "clv_high"]


def profile(dataset: Dataset) -> pd.DataFrame:
    """Return what ``04_ltv`` says of each customer over the next 52 weeks, its parameters left as they are.

    Returns
    -------
    pandas.DataFrame
        By ``customer_id``, of those who ever bought: ``p_alive``, where the data show who has left;
        ``expected_purchases``; ``clv`` in money, with the 80 % interval ``clv_low`` to ``clv_high``. Missing
        where no model fits.
    """
    summary, ahead = summarise(dataset.query("customers"), dataset.as_of), Ahead()
    check = hold_out(dataset)
    purchases = choose(compare_models(summary, check), "auto")
    check = led_by(check, purchases)
    spend, margins = fit_spend(summary, check), choose_margins(dataset.query("customer_margins"))
    value = customer_value(summary, purchases, spend, margins, ahead, check=check)
    if isinstance(value, CustomerValue):
        return value.tables()["customer_value"].set_index("customer_id")[COLUMNS]
    found = pd.DataFrame(index=pd.Index(summary.frame["customer_id"]), columns=COLUMNS, dtype="float64")
    if isinstance(purchases, PurchaseModel):
        duration = weeks_in(summary.unit, ahead.horizon_weeks)
        found["expected_purchases"] = purchases.expected_purchases(duration, *summary.history)
        if purchases.leaving_seen:
            found["p_alive"] = purchases.p_alive(*summary.history)
    return found
