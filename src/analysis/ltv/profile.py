"""What lifetime value tells the customer profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.ltv.backtest.holdout import hold_out, led_by
from analysis.ltv.equity import Ahead, with_intervals
from analysis.ltv.model_selection import choose, compare_models
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel, fit_spend
from analysis.ltv.summary import COLUMNS, Summary, histories, summarise, summary_of, weeks_in
from analysis.ltv.value import clv
from analysis.not_possible import NotPossible
from analysis.profitability.margins import SUMS, CommonMargin, choose_margins, common_margin

if TYPE_CHECKING:
    from analysis.dataset import Dataset

VALUES = ["p_alive", "expected_purchases", "clv"]
INTERVAL = ["clv_low", "clv_high"]


@dataclass(frozen=True)
class Fitted:
    """What all customers tell of each: the models, or why there are none, and the margin."""

    purchases: PurchaseModel | NotPossible
    spend: SpendModel | NotPossible
    margin: CommonMargin | None


def fitted(dataset: Dataset) -> Fitted:
    """Fit what `profile` needs to all customers of a data set, as ``04_ltv`` does by default."""
    check = hold_out(dataset.sampled())
    purchases = choose(compare_models(histories(dataset), check), "auto")
    spend = fit_spend(summary_of(dataset), led_by(check, purchases))
    return Fitted(purchases, spend, common_margin(dataset.query("customer_margins", SUMS)))


def values(dataset: Dataset, known: Fitted | None = None) -> pd.DataFrame:
    """Return what `profile` says of each customer, but for the interval, which takes the most time."""
    return _valued(dataset, known or fitted(dataset))[0].set_index("customer_id")[VALUES]


def profile(dataset: Dataset, known: Fitted | None = None) -> pd.DataFrame:
    """Return what ``04_ltv`` says of each customer over the next 52 weeks, its parameters left as they are.

    Parameters
    ----------
    dataset
        The data set, or a part of it.
    known
        What `fitted` gives for all customers, where the data set has some of them; None: of these.

    Returns
    -------
    pandas.DataFrame
        By ``customer_id``, of those who ever bought: ``p_alive``, where the data show who has left;
        ``expected_purchases``; ``clv`` in money, with the 80 % interval ``clv_low`` to ``clv_high``. Missing
        where no model fits.
    """
    known = known or fitted(dataset)
    found, summary = _valued(dataset, known)
    if isinstance(known.purchases, PurchaseModel) and isinstance(known.spend, SpendModel):
        found = with_intervals(found, summary, known.purchases, known.spend, Ahead().horizon_weeks)
    return found.set_index("customer_id").reindex(columns=[*VALUES, *INTERVAL])


def _valued(dataset: Dataset, known: Fitted) -> tuple[pd.DataFrame, Summary]:
    """Return the customers with their values, and what `with_intervals` takes beside."""
    summary, ahead = summarise(dataset.query("customers", COLUMNS), dataset.as_of), Ahead()
    purchases, spend = known.purchases, known.spend
    if isinstance(purchases, PurchaseModel) and isinstance(spend, SpendModel):
        rates = choose_margins(dataset.query("customer_margins"), common=known.margin)
        found = clv(
            summary,
            purchases,
            spend,
            horizon_weeks=ahead.horizon_weeks,
            annual_discount_rate=ahead.annual_discount_rate,
            margin_rate=rates.of(summary.frame["customer_id"]),
        )
        return found if purchases.leaving_seen else found.assign(p_alive=np.nan), summary
    found = summary.frame[["customer_id"]].assign(**dict.fromkeys(VALUES, np.nan))
    if isinstance(purchases, PurchaseModel):
        duration = weeks_in(summary.unit, ahead.horizon_weeks)
        found["expected_purchases"] = purchases.expected_purchases(duration, *summary.history)
        if purchases.leaving_seen:
            found["p_alive"] = purchases.p_alive(*summary.history)
    return found, summary
