"""What customers cost to win, against what they bring: LTV : CAC, and when it is paid back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.language import _, money, number
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel, amount
from analysis.ltv.summary import DAYS, Floats, kept_share, weeks_in
from analysis.ltv.value import DAYS_PER_YEAR

GOOD_RATIO = 3.0  # the usual rule of thumb for LTV : CAC
MONTHS_PER_YEAR = 12
WEEKS_PER_MONTH = DAYS_PER_YEAR / DAYS["week"] / MONTHS_PER_YEAR


@dataclass(frozen=True)
class Payback:
    """How the margin of a customer just won grows against its acquisition cost.

    Attributes
    ----------
    curve
        ``week`` (0, 1, …), ``months`` since the first purchase, ``margin``: expected so far per customer,
        the first purchase included, not discounted; ``acquisition_cost`` per customer. Money.
    months
        Until the margin covers the cost; None where it does not within the curve.
    """

    curve: pd.DataFrame
    months: float | None

    def title(self, currency: str | None) -> str:
        """Return what a chart of the curve shows."""
        cost = money(self.curve["acquisition_cost"].iloc[0], currency)
        if self.months is None:
            return _("{cost} to win a customer are not paid back within {months} months").format(
                cost=cost, months=number(self.curve["months"].iloc[-1])
            )
        return _("{cost} to win a customer are paid back after {months} months").format(
            cost=cost, months=number(self.months, 1)
        )

    def sentence(self, currency: str | None) -> str:
        """Say when a customer has paid back what it cost to win."""
        last = self.curve.iloc[-1]
        values = {
            "cost": amount(last["acquisition_cost"], currency),
            "first": amount(self.curve["margin"].iloc[0], currency),
            "limit": number(last["months"]),
            "reached": amount(last["margin"], currency),
        }
        if self.months is None:
            return _(
                "A customer who cost {cost} to win is not expected to pay that back within {limit} months: "
                "its margin then stands at {reached}."
            ).format(**values)
        if self.months == 0:
            return _(
                "A customer who cost {cost} to win pays it back with the first purchase ({first})."
            ).format(**values)
        return _(
            "A customer who cost {cost} to win is expected to have paid it back after {months} months; the "
            "first purchase alone brings {first}."
        ).format(months=number(self.months, 1), **values)


def first_purchase_value(customers: pd.DataFrame) -> float:
    """Return the mean money of a customer's first purchase day, net of returns.

    What was sold less the repeat purchases (x × their mean), times the share that stayed after returns.

    Parameters
    ----------
    customers
        The result of ``sql/customers.sql``.
    """
    bought = customers[customers["first_purchase"].notna()]
    repeated = bought["x"] * bought["repeat_value"].fillna(0.0)
    first = (bought["sales"].astype("float64") - repeated) * kept_share(bought)
    return float(first.mean()) if len(first) else 0.0


def payback(
    purchases: PurchaseModel,
    spend: SpendModel,
    *,
    first_value: float,
    acquisition_cost: float,
    margin_rate: float,
    weeks: int,
) -> Payback:
    """Work out when the expected margin of a new customer covers what it cost to win.

    Parameters
    ----------
    purchases, spend
        The fitted models; a new customer makes their expected purchases, at their mean spend.
    first_value
        Money of the first purchase, see `first_purchase_value`.
    acquisition_cost
        Per customer, in money.
    margin_rate
        Share of net sales that is contribution margin.
    weeks
        How far to look.
    """
    week: Floats = np.arange(weeks + 1, dtype=np.float64)
    expected = purchases.expected_new(week * weeks_in(purchases.unit, 1))
    margin = (first_value + expected * spend.mean) * margin_rate
    curve = pd.DataFrame({"week": week.astype(int), "months": week / WEEKS_PER_MONTH, "margin": margin})
    return Payback(curve.assign(acquisition_cost=acquisition_cost), _covered(curve, acquisition_cost))


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


def cac_by_channel(spend: pd.DataFrame, acquired: pd.DataFrame) -> pd.DataFrame:
    """Work out what a customer cost to win, by channel, over the months in which spending is known.

    Parameters
    ----------
    spend
        ``month`` (its first day), ``channel`` and ``amount`` in money.
    acquired
        ``customer_id``, ``first_purchase`` and ``channel`` of each customer.

    Returns
    -------
    pandas.DataFrame
        One row per channel with spending, the largest first: ``channel``, ``spent`` in money,
        ``customers`` whose first purchase through it fell into those months, ``acquisition_cost`` per
        customer (missing where nobody came). Spending and customers without a channel are one of their own.
    """
    unknown = _("(not known)")
    months = pd.to_datetime(spend["month"]).dt.to_period("M")
    came = acquired[pd.to_datetime(acquired["first_purchase"]).dt.to_period("M").isin(set(months))]
    spent = spend["amount"].astype("float64").groupby(spend["channel"].fillna(unknown)).sum()
    customers = came["channel"].fillna(unknown).value_counts().reindex(spent.index, fill_value=0)
    table = pd.DataFrame({"spent": spent, "customers": customers})
    table["acquisition_cost"] = table["spent"] / table["customers"].where(table["customers"] > 0)
    return table.sort_values("spent", ascending=False, kind="stable").rename_axis("channel").reset_index()


def acquisition_costs(
    values: pd.DataFrame, recorded: pd.Series | None, same: float | None = None
) -> pd.Series | None:
    """Return what each customer cost to win, by ``customer_id``; None where it is not known of any.

    Parameters
    ----------
    values
        The customers: the result of `total_value`.
    recorded
        Cost of each customer in money, by ``customer_id`` (the index), missing where not known; None where
        nothing is recorded.
    same
        One cost for all, in money, which goes before what is recorded.
    """
    ids = values["customer_id"]
    if same is not None:
        return pd.Series(same, index=ids, dtype="float64")
    if recorded is None:
        return None
    known = recorded.astype("float64").reindex(ids).dropna()
    return None if known.empty else known


def ltv_to_cac(values: pd.DataFrame, costs: pd.Series, groups: pd.Series | None = None) -> pd.DataFrame:
    """Compare what customers bring with what they cost to win.

    Parameters
    ----------
    values
        The result of `total_value`.
    costs
        Acquisition cost of each customer in money, by ``customer_id`` (the index); customers without one
        are left out.
    groups
        Group of each customer, by ``customer_id``, such as the channel; None: all are one.

    Returns
    -------
    pandas.DataFrame
        One row per group, the best ratio first: ``group``, ``customers``; money per customer:
        ``acquisition_cost``, ``past_margin``, ``clv`` and ``total_value``; ``ratio``, total value ÷
        acquisition cost (missing where it cost nothing).
    """
    known = values.assign(acquisition_cost=values["customer_id"].map(costs.astype("float64")))
    known = known[known["acquisition_cost"].notna()]
    group = pd.Series(_("All customers"), index=known.index)
    if groups is not None:
        group = known["customer_id"].map(groups).fillna(_("(not known)"))
    names = ["acquisition_cost", "past_margin", "clv", "total_value"]
    table = known.groupby(group)[names].mean()
    table.insert(0, "customers", known.groupby(group).size())
    table["ratio"] = table["total_value"] / table["acquisition_cost"].where(table["acquisition_cost"] > 0)
    return table.sort_values("ratio", ascending=False, kind="stable").rename_axis("group").reset_index()


def ratio_sentence(table: pd.DataFrame, currency: str | None) -> str:
    """Say whether customers bring more than they cost to win.

    Parameters
    ----------
    table
        The result of `ltv_to_cac` over all customers.
    currency
        ISO 4217 code, or None.
    """
    row = table.iloc[0]
    values = {
        "customers": number(row["customers"]),
        "value": amount(row["total_value"], currency),
        "cost": amount(row["acquisition_cost"], currency),
        "ratio": number(row["ratio"], 1) if pd.notna(row["ratio"]) else "",
        "good": number(GOOD_RATIO),
    }
    if pd.isna(row["ratio"]):
        return _("Winning these {customers} customers cost nothing, so there is no ratio to it.").format(
            **values
        )
    if row["ratio"] < 1:
        return _(
            "The {customers} customers with an acquisition cost bring {value} each, less than the "
            "{cost} they cost to win: LTV : CAC is {ratio}."
        ).format(**values)
    if row["ratio"] < GOOD_RATIO:
        return _(
            "The {customers} customers with an acquisition cost bring {value} each, against {cost} to "
            "win them: LTV : CAC is {ratio}, below the usual {good}."
        ).format(**values)
    return _(
        "The {customers} customers with an acquisition cost bring {value} each, against {cost} to win "
        "them: LTV : CAC is {ratio}, at or above the usual {good}."
    ).format(**values)


def no_acquisition_cost() -> str:
    """Say what would show whether customers pay back what they cost to win."""
    return _(
        "What customers cost to win is not known: the parameter acquisition_cost, or that column in the "
        "table of customers, would show LTV : CAC and payback."
    )
