"""What the customers are worth: each, and all together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from analysis.language import _, money, number, percent
from analysis.ltv.backtest.accuracy import last_forecast
from analysis.ltv.backtest.holdout import Holdout, missed
from analysis.ltv.intervals import (
    Interval,
    Missed,
    purchase_intervals,
    total_intervals,
    value_intervals,
)
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel
from analysis.ltv.summary import Summary, name_units, weeks_in
from analysis.ltv.value import clv, equity_shares, worth_per_purchase
from analysis.not_possible import NotPossible
from analysis.profitability.margins import Margins
from analysis.result import LISTED, Finding, Result, most, only_first

FIRST = [
    *("customer_id", "x", "p_alive", "expected_purchases", "expected_spend"),
    *("clv", "clv_low", "clv_high"),
]
TOP = 0.2  # share of customers whose part of customer equity is named
MOST_LOST = 0.05  # losses ÷ gains up to which a share of customer equity says something


class Ahead(NamedTuple):
    """How far ahead purchases count, and what money loses in value per year until then, as a share."""

    horizon_weeks: int = 52
    annual_discount_rate: float = 0.1


@dataclass(frozen=True)
class CustomerValue(Result):
    """What each customer is still worth, and all of them together.

    Attributes
    ----------
    frame
        One row per customer, see `clv`; the next four are what it was made of.
    equity
        90 % interval of the value of all.
    check
        The last check, or why there is none.
    assumed
        That the margin is assumed, where it is (see `Margins.assumed`).
    """

    name: ClassVar[str] = "equity"
    frame: pd.DataFrame
    summary: Summary
    purchases: PurchaseModel
    spend: SpendModel
    horizon_weeks: int
    equity: Interval
    check: Holdout | NotPossible
    assumed: str = ""

    @property
    def missed(self) -> Missed | None:
        """By how much totals were missed before the last check; None where that is not known."""
        return None if isinstance(self.check, NotPossible) else missed(self.check.earlier)

    @property
    def currency(self) -> str | None:
        """ISO 4217 code, or None where it is not known."""
        return self.summary.currency

    @property
    def total(self) -> float:
        """Customer equity, in money."""
        return float(self.frame["clv"].sum())

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether shares of customer equity say anything."""
        return shares_hold(self.frame)

    def held_by_top(self) -> float:
        """Return the share of customer equity that the most valuable fifth of customers hold."""
        shares = equity_shares(self.frame["clv"])
        return float(np.interp(TOP, shares["customers_share"], shares["equity_share"]))

    def title(self) -> str:
        """Return on how many customers equity hangs."""
        return _("The most valuable {top} of customers hold {held} of customer equity").format(
            top=percent(TOP), held=percent(self.held_by_top())
        )

    def sentence(self) -> str:
        """Say what the customers are worth together."""
        low, high = self.equity.rounded()
        return _(
            "Over the next {weeks} weeks the {customers} customers are worth {equity} in discounted "
            "margin{assumed} (customer equity; {level} interval {low} to {high})."
        ).format(
            assumed=self.assumed,
            weeks=number(self.horizon_weeks),
            customers=number(len(self.frame)),
            equity=money(self.total, self.currency),
            level=percent(self.equity.level),
            low=money(low, self.currency),
            high=money(high, self.currency),
        )

    def notes(self) -> list[str]:
        """Say what the interval does not cover, and whether the horizon is longer than the history."""
        said = filter(None, [self._covered(), self._beyond_history()])
        return [*said, *only_first(len(self.frame))]

    def _covered(self) -> str:
        """Say that the interval is the least to reckon with, where there is little to learn misses from."""
        if self.missed is not None and self.missed.dates > 1:
            return ""
        return _("With so few earlier forecasts to learn from, the true interval is at least as wide.")

    def _beyond_history(self) -> str:
        """Say that the horizon is longer than the history."""
        longest = float(self.summary.frame["T"].max())
        history = int(longest / weeks_in(self.summary.unit, 1))
        if self.horizon_weeks <= history:
            return ""
        return _(
            "The history covers only {n} weeks: a forecast over {weeks} rests on the model, not on data."
        ).format(n=number(history), weeks=number(self.horizon_weeks))

    def losses_sentence(self) -> str:
        """Say why no shares of customer equity are shown; empty where they are."""
        if shares_hold(self.frame):
            return ""
        each = self.frame["clv"].to_numpy(float)
        return _(
            "Losses of {loss} are expected against gains of {gain}: shares of such a sum mean nothing and "
            "are not shown."
        ).format(
            loss=money(-float(each[each < 0].sum()), self.currency),
            gain=money(float(each[each > 0].sum()), self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the customers with intervals that hold 8 of 10 of them, the most valuable first.

        Of more than a million, these.
        """
        rows = most(self.frame["clv"], LISTED)
        some = replace(self.summary, frame=self.summary.frame.iloc[rows])
        each = with_intervals(self.frame.iloc[rows], some, self.purchases, self.spend, self.horizon_weeks)
        best = each.sort_values(["clv", "customer_id"], ascending=[False, True]).head(LISTED)
        others = [name for name in best if name not in FIRST]
        return {"customer_value": name_units(best[[*FIRST, *others]], self.summary.unit)}

    def findings(self) -> list[Finding]:
        """Return customer equity, how far off the last forecast was, and on whom it hangs, or why not."""
        told = [Finding("ltv.customer_equity", self.sentence(), self.total, "money")]
        told += last_forecast(self.check)
        if text := self.losses_sentence():
            return [*told, Finding("ltv.losses", text)]
        said = _("The {top} of customers with the highest CLV hold {held} of customer equity.").format(
            top=percent(TOP), held=percent(self.held_by_top(), 1)
        )
        action = _("See to these customers first.")
        return [*told, Finding("ltv.top_fifth", said, self.held_by_top(), "share", action=action)]


def customer_value(
    summary: Summary,
    purchases: PurchaseModel | NotPossible,
    spend: SpendModel | NotPossible,
    margins: Margins,
    ahead: Ahead,
    *,
    check: Holdout | NotPossible,
) -> CustomerValue | NotPossible:
    """Work out what each customer is worth, and the intervals of all of them together.

    Parameters
    ----------
    summary, purchases, spend, margins
        The customers, the fitted models, and the margin of each customer.
    ahead
        How far ahead, and what money loses in value until then.
    check
        The last check, to be said beside the value; or why there is none.
    """
    if isinstance(purchases, NotPossible):
        return purchases
    if isinstance(spend, NotPossible):
        return spend
    frame = clv(
        summary,
        purchases,
        spend,
        horizon_weeks=ahead.horizon_weeks,
        annual_discount_rate=ahead.annual_discount_rate,
        margin_rate=margins.of(summary.frame["customer_id"]),
    )
    worth = worth_per_purchase(frame)
    before = None if isinstance(check, NotPossible) else missed(check.earlier)
    bought, weeks = frame["expected_purchases"].to_numpy(float), ahead.horizon_weeks
    equity = total_intervals(purchases, summary, weeks, worth, spend=spend, missed=before, of_each=bought)[1]
    assumed = margins.assumed()
    return CustomerValue(frame, summary, purchases, spend, ahead.horizon_weeks, equity, check, assumed)


def with_intervals(
    frame: pd.DataFrame, summary: Summary, purchases: PurchaseModel, spend: SpendModel, horizon_weeks: int
) -> pd.DataFrame:
    """Add to the rows of `clv`, of the customers of a summary, intervals that hold 8 of 10 of them.

    ``purchases_low`` and ``purchases_high``; ``clv_low`` and ``clv_high``. ``p_alive`` is missing where the
    data do not show who has left.
    """
    value = value_intervals(purchases, spend, summary, horizon_weeks, worth_per_purchase(frame))
    bought = purchase_intervals(purchases, weeks_in(summary.unit, horizon_weeks), summary.history)
    return frame.assign(
        p_alive=frame["p_alive"] if purchases.leaving_seen else np.nan,
        purchases_low=bought["low"].array,
        purchases_high=bought["high"].array,
        clv_low=value["low"].array,
        clv_high=value["high"].array,
    )


def shares_hold(values: pd.DataFrame) -> bool:
    """Tell whether shares of customer equity say anything: losses are under 5 % of what the rest bring."""
    each = values["clv"].to_numpy(float)
    gain, loss = float(each[each > 0].sum()), -float(each[each < 0].sum())
    return gain > 0 and loss < MOST_LOST * gain
