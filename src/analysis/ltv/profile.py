"""What lifetime value tells the customer profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.ltv.backtest.holdout import hold_out, led_by
from analysis.ltv.equity import Ahead, with_intervals
from analysis.ltv.model_selection import choose, compare_models
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel, fit_spend
from analysis.ltv.summary import COLUMNS, histories, summarise, summary_of, weeks_in
from analysis.ltv.value import clv
from analysis.not_possible import NotPossible
from analysis.profitability.margins import SUMS, CommonMargin, choose_margins, common_margin

if TYPE_CHECKING:
    from analysis.dataset import Dataset

VALUES = ["p_alive", "expected_purchases", "clv", "clv_low", "clv_high"]


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
    summary, ahead = summarise(dataset.query("customers", COLUMNS), dataset.as_of), Ahead()
    purchases, spend = known.purchases, known.spend
    if isinstance(purchases, PurchaseModel) and isinstance(spend, SpendModel):
        rates = choose_margins(dataset.query("customer_margins"), common=known.margin)
        each = clv(
            summary,
            purchases,
            spend,
            horizon_weeks=ahead.horizon_weeks,
            annual_discount_rate=ahead.annual_discount_rate,
            margin_rate=rates.of(summary.frame["customer_id"]),
        )
        valued = with_intervals(each, summary, purchases, spend, ahead.horizon_weeks)
        return valued.set_index("customer_id")[VALUES]
    found = pd.DataFrame(index=pd.Index(summary.frame["customer_id"]), columns=VALUES, dtype="float64")
    if isinstance(purchases, PurchaseModel):
        duration = weeks_in(summary.unit, ahead.horizon_weeks)
        found["expected_purchases"] = purchases.expected_purchases(duration, *summary.history)
        if purchases.leaving_seen:
            found["p_alive"] = purchases.p_alive(*summary.history)
    return found
