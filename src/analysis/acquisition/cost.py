"""What customers cost to win, against what they bring: LTV : CAC, and when it is paid back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.acquisition.total_value import TotalValue
from analysis.language import _, amount, estimate, money, number
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel
from analysis.ltv.summary import DAYS, Floats, Summary, kept_share, weeks_in
from analysis.ltv.value import DAYS_PER_YEAR
from analysis.not_possible import NotPossible, or_not_possible
from analysis.profitability.margins import Margins
from analysis.result import Finding, Result, currency_of

if TYPE_CHECKING:
    from analysis.dataset import Dataset

GOOD_RATIO = 3.0  # the usual rule of thumb for LTV : CAC
WEEKS_AHEAD = 156  # of payback: three years
WEEKS_PER_MONTH = DAYS_PER_YEAR / DAYS["week"] / 12


def acquisition_costs(
    dataset: Dataset, summary: Summary, same: float | None = None
) -> pd.Series | NotPossible:
    """Return what each customer cost to win in money, by ``customer_id``, where that is known.

    Parameters
    ----------
    dataset
        The data set; its table of customers may have ``acquisition_cost``.
    summary
        The customers.
    same
        One cost for all, which goes before what is recorded.
    """
    ids = summary.frame["customer_id"]
    if same is not None:
        return pd.Series(same, index=ids, dtype="float64")
    known = pd.Series(dtype="float64")
    if "acquisition_cost" in dataset.tables.get("customers", frozenset()):
        recorded = dataset.query("customer_records").set_index("customer_id")["acquisition_cost"]
        known = recorded.astype("float64").reindex(ids).dropna()
    if known.empty:
        return NotPossible(
            _(
                "What customers cost to win is not known: the parameter acquisition_cost, or that column in "
                "the table of customers, would show LTV : CAC and payback."
            )
        )
    return known


@dataclass(frozen=True)
class LtvToCac(Result):
    """What customers bring against what they cost to win.

    Attributes
    ----------
    frame
        One row for all customers whose cost is known, then one per group, the best ratio first: ``group``,
        ``customers``; money per customer: ``acquisition_cost``, ``past_margin``, ``clv`` and
        ``total_value``; ``ratio``, total value ÷ acquisition cost (missing where it cost nothing).
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "ltv_to_cac"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    currency: str | None = None

    def sentence(self) -> str:
        """Say whether customers bring more than they cost to win."""
        row = self.frame.iloc[0]
        if pd.isna(row["ratio"]):
            message = _("Winning these {customers} customers cost nothing, so there is no ratio to it.")
        elif row["ratio"] < 1:
            message = _(
                "The {customers} customers with an acquisition cost bring {value} each, less than the "
                "{cost} they cost to win: LTV : CAC is {ratio}."
            )
        elif row["ratio"] < GOOD_RATIO:
            message = _(
                "The {customers} customers with an acquisition cost bring {value} each, against {cost} to "
                "win them: LTV : CAC is {ratio}, below the usual {good}."
            )
        else:
            message = _(
                "The {customers} customers with an acquisition cost bring {value} each, against {cost} to "
                "win them: LTV : CAC is {ratio}, at or above the usual {good}."
            )
        return message.format(
            customers=number(row["customers"]),
            value=estimate(row["total_value"], self.currency),
            cost=amount(row["acquisition_cost"], self.currency),
            ratio=number(row["ratio"], 1),
            good=number(GOOD_RATIO),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {"acquisition": self.frame}

    def findings(self) -> list[Finding]:
        """Return the ratio over all, good where it is at least 1."""
        ratio = float(self.frame["ratio"].iloc[0])
        return [Finding("acquisition.ratio", self.sentence(), ratio, "ratio", good=not ratio < 1)]


def ltv_to_cac(
    value: TotalValue | NotPossible, costs: pd.Series | NotPossible, groups: pd.Series | NotPossible
) -> LtvToCac | NotPossible:
    """Compare what customers bring with what they cost to win.

    Parameters
    ----------
    value
        The total value of each customer.
    costs
        The result of `acquisition_costs`; customers without one are left out.
    groups
        Group of each customer, by ``customer_id``, such as the channel; where that is not known, there is
        one row for all.
    """
    if isinstance(value, NotPossible):
        return value
    if isinstance(costs, NotPossible):
        return costs
    parts = [_compared(value, costs, None)]
    if not isinstance(groups, NotPossible):
        parts.append(_compared(value, costs, groups))
    return LtvToCac(pd.concat(parts, ignore_index=True), value.currency)


def _compared(value: TotalValue, costs: pd.Series, groups: pd.Series | None) -> pd.DataFrame:
    known = value.frame.assign(acquisition_cost=value.frame["customer_id"].map(costs.astype("float64")))
    known = known[known["acquisition_cost"].notna()]
    group = pd.Series(_("All customers"), index=known.index)
    if groups is not None:
        group = known["customer_id"].map(groups).fillna(_("(not known)"))
    names = ["acquisition_cost", "past_margin", "clv", "total_value"]
    table = known.groupby(group)[names].mean()
    table.insert(0, "customers", known.groupby(group).size())
    table["ratio"] = table["total_value"] / table["acquisition_cost"].where(table["acquisition_cost"] > 0)
    return table.sort_values("ratio", ascending=False, kind="stable").rename_axis("group").reset_index()


@dataclass(frozen=True)
class CacByChannel(Result):
    """What a customer cost to win, by channel, over the months in which spending is known.

    Attributes
    ----------
    frame
        One row per channel with spending, the largest first: ``channel``, ``spent`` in money, ``customers``
        whose first purchase through it fell into those months, ``acquisition_cost`` per customer (missing
        where nobody came). Spending and customers without a channel are one of their own.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "cac"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    currency: str | None = None

    def sentence(self) -> str:
        """Say what a customer cost to win in all, and through the dearest channel."""
        spent, customers = float(self.frame["spent"].sum()), int(self.frame["customers"].sum())
        known = self.frame[self.frame["acquisition_cost"].notna()]
        if known.empty:
            return _("{spent} were spent on acquisition, and nobody came.").format(
                spent=money(spent, self.currency)
            )
        dear = known.sort_values("acquisition_cost").iloc[-1]
        return _(
            "{spent} were spent to win {customers} customers, {cost} each; through “{channel}” a customer "
            "cost most, {dear}."
        ).format(
            spent=money(spent, self.currency),
            customers=number(customers),
            cost=amount(spent / customers, self.currency),
            channel=dear["channel"],
            dear=amount(dear["acquisition_cost"], self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the channels."""
        return {"cac": self.frame}

    def findings(self) -> list[Finding]:
        """Return what a customer cost."""
        spent = float(self.frame["spent"].sum())
        return [Finding("acquisition.cac", self.sentence(), spent, "money", money=spent)]


@or_not_possible
def cac_by_channel(dataset: Dataset, summary: Summary, channels: pd.Series) -> CacByChannel | NotPossible:
    """Work out what a customer cost to win, by channel; ``NotPossible`` without a table of spending.

    Parameters
    ----------
    dataset
        The data set; its table ``spend`` has ``month``, ``channel`` and ``amount``.
    summary
        The customers.
    channels
        The channel each customer came through, by ``customer_id``.
    """
    if "spend" not in dataset.tables:
        return NotPossible(
            _(
                "What was spent to win customers is not known: a table 'spend' with month, channel and "
                "amount would show what a customer cost by channel."
            )
        )
    acquired = summary.frame[["customer_id", "first_purchase"]]
    acquired = acquired.assign(channel=acquired["customer_id"].map(channels))
    return CacByChannel(cost_by_channel(dataset.query("acquisition_spend"), acquired), dataset.currency)


def cost_by_channel(spend: pd.DataFrame, acquired: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `CacByChannel`.

    Parameters
    ----------
    spend
        ``month`` (its first day), ``channel`` and ``amount`` in money.
    acquired
        ``customer_id``, ``first_purchase`` and ``channel`` of each customer.
    """
    unknown = _("(not known)")
    months = pd.to_datetime(spend["month"]).dt.to_period("M")
    won = acquired[pd.to_datetime(acquired["first_purchase"]).dt.to_period("M").isin(set(months))]
    spent = spend["amount"].astype("float64").groupby(spend["channel"].fillna(unknown)).sum()
    customers = won["channel"].fillna(unknown).value_counts().reindex(spent.index, fill_value=0)
    table = pd.DataFrame({"spent": spent, "customers": customers})
    table["acquisition_cost"] = table["spent"] / table["customers"].where(table["customers"] > 0)
    return table.sort_values("spent", ascending=False, kind="stable").rename_axis("channel").reset_index()


@dataclass(frozen=True)
class Payback(Result):
    """How the margin of a customer just won grows against its acquisition cost.

    Attributes
    ----------
    curve
        ``week`` (0, 1, …), ``months`` since the first purchase, ``margin``: expected so far per customer,
        the first purchase included, not discounted. Money.
    acquisition_cost
        Per customer, in money.
    months
        Until the margin covers the cost; None where it does not within the curve.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "payback"
    curve: pd.DataFrame
    acquisition_cost: float
    months: float | None
    currency: str | None = None

    def title(self) -> str:
        """Return when the cost is paid back."""
        cost = money(self.acquisition_cost, self.currency)
        if self.months is None:
            return _("{cost} to win a customer are not paid back within {months} months").format(
                cost=cost, months=number(self.curve["months"].iloc[-1])
            )
        return _("{cost} to win a customer are paid back after {months} months").format(
            cost=cost, months=number(self.months, 1)
        )

    def sentence(self) -> str:
        """Say when a customer has paid back what it cost to win."""
        last = self.curve.iloc[-1]
        if self.months is None:
            message = _(
                "A customer who cost {cost} to win is not expected to pay that back within {limit} months: "
                "its margin then stands at {reached}."
            )
        elif self.months == 0:
            message = _("A customer who cost {cost} to win pays it back with the first purchase ({first}).")
        else:
            message = _(
                "A customer who cost {cost} to win is expected to have paid it back after {months} months; "
                "the first purchase alone brings {first}."
            )
        return message.format(
            cost=amount(self.acquisition_cost, self.currency),
            first=estimate(self.curve["margin"].iloc[0], self.currency),
            limit=number(last["months"]),
            reached=estimate(last["margin"], self.currency),
            months=number(self.months or 0.0, 1),
        )

    def findings(self) -> list[Finding]:
        """Return the months, good where the cost is paid back at all."""
        good = self.months is not None
        return [Finding("acquisition.payback", self.sentence(), self.months, "months", good=good)]


@or_not_possible
def payback(
    purchases: PurchaseModel,
    spend: SpendModel,
    costs: pd.Series,
    customers: pd.DataFrame,
    margins: Margins,
) -> Payback | NotPossible:
    """Work out when the expected margin of a new customer covers what one cost to win on average.

    Parameters
    ----------
    purchases, spend
        The fitted models; a new customer makes their expected purchases, at their mean spend.
    costs
        The result of `acquisition_costs`.
    customers
        The result of ``sql/customers.sql``, for the money of a first purchase.
    margins
        Their rate over all is the share of net sales that is contribution margin.
    """
    cost = float(costs.mean())
    if not cost > 0:
        return NotPossible(_("Winning customers cost nothing, so there is nothing to pay back."))
    week: Floats = np.arange(WEEKS_AHEAD + 1, dtype=np.float64)
    expected = purchases.expected_new(week * weeks_in(purchases.unit, 1))
    margin = (first_purchase_value(customers) + expected * spend.mean) * margins.rate
    curve = pd.DataFrame({"week": week.astype(int), "months": week / WEEKS_PER_MONTH, "margin": margin})
    return Payback(curve, cost, _covered(curve, cost), currency_of(customers))


def first_purchase_value(customers: pd.DataFrame) -> float:
    """Return the mean money of a customer's first purchase day, net of returns.

    What was sold less the repeat purchases (x × their mean), times the share that stayed after returns.
    """
    bought = customers[customers["first_purchase"].notna()]
    repeated = bought["x"] * bought["repeat_value"].fillna(0.0)
    first = (bought["sales"].astype("float64") - repeated) * kept_share(bought)
    return float(first.mean()) if len(first) else 0.0


def _covered(curve: pd.DataFrame, cost: float) -> float | None:
    """Return the months until the margin covers the cost, on the line between two weeks."""
    margin, months = curve["margin"].to_numpy(float), curve["months"].to_numpy(float)
    if margin[0] >= cost:
        return 0.0
    if margin[-1] < cost:
        return None
    after = int(np.argmax(margin >= cost))
    part = (cost - margin[after - 1]) / (margin[after] - margin[after - 1])
    return float(months[after - 1] + part * (months[after] - months[after - 1]))
