"""What lifetime value tells the customer profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.ltv.backtest.holdout import Holdout, hold_out, led_by
from analysis.ltv.equity import Ahead, CustomerValue, customer_value
from analysis.ltv.model_selection import choose, compare_models
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel, fit_spend
from analysis.ltv.summary import summarise, weeks_in
from analysis.not_possible import NotPossible
from analysis.profitability.margins import choose_margins

if TYPE_CHECKING:
    from analysis.dataset import Dataset

COLUMNS = ["p_alive", "expected_purchases", "clv", "clv_low", "clv_high"]


@dataclass(frozen=True)
class Fitted:
    """What lifetime value learned of all customers: models of purchases and of spend, and their check."""

    purchases: PurchaseModel | NotPossible
    spend: SpendModel | NotPossible
    check: Holdout | NotPossible


def fitted(dataset: Dataset) -> Fitted:
    """Fit what `profile` takes, its parameters left as they are."""
    summary = summarise(dataset.query("customers"), dataset.as_of)
    check = hold_out(dataset)
    purchases = choose(compare_models(summary, check), "auto")
    check = led_by(check, purchases)
    return Fitted(purchases, fit_spend(summary, check), check)


def profile(dataset: Dataset, models: Fitted | None = None) -> pd.DataFrame:
    """Return what ``04_ltv`` says of each customer over the next 52 weeks.

    Parameters
    ----------
    dataset
        The data set, or a part of it.
    models
        What was `fitted` to all customers; None: it is fitted to these.

    Returns
    -------
    pandas.DataFrame
        By ``customer_id``, of those who ever bought: ``p_alive``, where the data show who has left;
        ``expected_purchases``; ``clv`` in money, with the 80 % interval ``clv_low`` to ``clv_high``. Missing
        where no model fits.
    """
    summary, ahead = summarise(dataset.query("customers"), dataset.as_of), Ahead()
    models = models or fitted(dataset)
    purchases, margins = models.purchases, choose_margins(dataset.query("customer_margins"))
    value = customer_value(summary, purchases, models.spend, margins, ahead, check=models.check)
    if isinstance(value, CustomerValue):
        return value.tables()["customer_value"].set_index("customer_id")[COLUMNS]
    found = pd.DataFrame(index=pd.Index(summary.frame["customer_id"]), columns=COLUMNS, dtype="float64")
    if isinstance(purchases, PurchaseModel):
        duration = weeks_in(summary.unit, ahead.horizon_weeks)
        found["expected_purchases"] = purchases.expected_purchases(duration, *summary.history)
        if purchases.leaving_seen:
            found["p_alive"] = purchases.p_alive(*summary.history)
    return found
