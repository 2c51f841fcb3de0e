"""Customer equity taken apart: what came and what is to come, by group of customers, and on whom it hangs."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from analysis.language import _, money, ngettext, number, percent, period
from analysis.ltv.intervals import MOST_SIMULATED, simulate_totals
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel, amount
from analysis.ltv.summary import Floats, Summary, weeks_in
from analysis.ltv.value import shares_hold, worth_per_purchase
from analysis.not_possible import NotPossible
from analysis.portfolio.lorenz import Concentration
from analysis.segmentation import rfm, segment_name

MOST_GROUPS = 12
Grouping = Literal["cohort", "segment", "channel", "acquisition_channel", "sector"]
LEAST_SIMULATED = 1_000  # customers of a group, where it has as many


def total_value(values: pd.DataFrame, customers: pd.DataFrame, margin_rate: float | Floats) -> pd.DataFrame:
    """Add what each customer has brought so far to what it is still expected to bring.

    Parameters
    ----------
    values
        The result of `clv`.
    customers
        ``sql/customers.sql`` for the same day.
    margin_rate
        As in `clv`: one for all, or one per customer in the order of ``values``.

    Returns
    -------
    pandas.DataFrame
        ``values`` with ``past_margin``, net sales so far × margin rate, not discounted, and
        ``total_value``, that plus the ``clv``, which is the residual value; both in money.
    """
    net = customers.set_index("customer_id")["net_sales"].astype("float64")
    past = values["customer_id"].map(net).fillna(0.0).to_numpy(float) * margin_rate
    return values.assign(past_margin=past, total_value=past + values["clv"])


def total_sentence(values: pd.DataFrame, currency: str | None) -> str:
    """Say how much of the customers' whole value has come and how much is to come.

    Parameters
    ----------
    values
        The result of `total_value`.
    currency
        ISO 4217 code, or None.
    """
    past, ahead = float(values["past_margin"].sum()), float(values["clv"].sum())
    if past < 0 and ahead < 0:
        message = _(
            "So far these customers have cost {past} more than they brought, and within the horizon they are "
            "expected to cost {ahead} more than they bring."
        )
    elif past < 0:
        message = _(
            "So far these customers have cost {past} more than they brought; within the horizon a margin of "
            "{ahead} is expected of them."
        )
    elif ahead < 0:
        message = _(
            "So far these customers have brought {past} of margin; within the horizon they are expected to "
            "cost {ahead} more than they bring."
        )
    elif ahead == 0:
        message = _(
            "So far these customers have brought {past} of margin; none is expected within the horizon."
        )
    else:
        message = _(
            "So far these customers have brought {past} of margin; {ahead} more is expected within the "
            "horizon, {share} of the whole."
        )
    return message.format(
        past=money(abs(past), currency),
        ahead=money(abs(ahead), currency),
        share=percent(ahead / (past + ahead) if past + ahead > 0 else 0.0),
    )


def by_group(
    values: pd.DataFrame,
    groups: pd.Series,
    most: int = MOST_GROUPS,
    *,
    purchases: PurchaseModel | None = None,
    spend: SpendModel | None = None,
    horizon_weeks: float = 52,
) -> pd.DataFrame:
    """Return customer equity by group of customers.

    Parameters
    ----------
    values
        The result of `clv`.
    groups
        The group of each customer by ``customer_id`` (the index): a cohort, segment, class, channel,
        sector …; customers without one are a group of their own, the last. Categories keep their order;
        of others the group with the highest equity comes first.
    most
        Groups to show; of any more, the smallest are taken together, of categories the first.
    purchases, spend, horizon_weeks
        The models and the horizon of ``values``, for an interval of each group's equity.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``group``, ``customers``, ``share_of_customers``, ``alive`` (customers expected
        to be still there), ``expected_purchases`` within the horizon, ``clv`` of all of them in money;
        with the models ``equity_low`` and ``equity_high``, the 90 % interval of the group's ``clv``, as
        `total_intervals` gives it; ``share_of_equity``, missing where `shares_hold` says no, and
        ``clv_per_customer``. Groups do not all lie at the same end of their interval, so the ends do not add
        up to those of the portfolio.
    """
    shown = _shown(values, groups, most)
    table = values.groupby(shown, observed=True).agg(
        customers=("clv", "size"),
        alive=("p_alive", "sum"),
        expected_purchases=("expected_purchases", "sum"),
        clv=("clv", "sum"),
    )
    table.insert(1, "share_of_customers", table["customers"] / table["customers"].sum())
    if purchases is not None:
        shares = table["share_of_customers"].items()
        parts = [(values[(shown == name).to_numpy()], share) for name, share in shares]
        ends = [_ends(part, share, purchases, spend, horizon_weeks) for part, share in parts]
        table["equity_low"], table["equity_high"] = np.array(ends).T
    table["share_of_equity"] = table["clv"] / (table["clv"].sum() if shares_hold(values) else np.nan)
    table["clv_per_customer"] = table["clv"] / table["customers"]
    table.index = pd.Index(table.index.astype("object"), name="group")
    return table.reset_index()


def _shown(values: pd.DataFrame, groups: pd.Series, most: int) -> pd.Series:
    """Return the group under which each customer is shown, as categories in their order."""
    named = values["customer_id"].map(groups.astype("object"))
    present = set(named.dropna())
    if isinstance(groups.dtype, pd.CategoricalDtype):
        order = [name for name in groups.cat.categories if name in present]
        if len(order) > most:
            rest, order = order[: -(most - 1)], order[-(most - 1) :]
            others = _("before {group}").format(group=order[0])
            named, order = named.mask(named.isin(rest), others), [others, *order]
    else:
        sums = values.groupby(named)["clv"].agg(["sum", "size"])
        order = list(sums.sort_values(["sum", "size"], ascending=False, kind="stable").index)
        if len(order) > most:
            rest, others = order[most - 1 :], _("(all others)")
            named, order = named.mask(named.isin(rest), others), [*order[: most - 1], others]
    unknown = _("(not known)")
    return named.fillna(unknown).astype(pd.CategoricalDtype(list(dict.fromkeys([*order, unknown]))))


def _ends(
    part: pd.DataFrame, share: float, purchases: PurchaseModel, spend: SpendModel | None, weeks: float
) -> Floats:
    """Return the ends of the 90 % interval of what a group is worth, which is this share of the customers."""
    x, t_x, t, z = (part[name].to_numpy(float) for name in ("x", "t_x", "T", "z"))
    totals = simulate_totals(
        purchases,
        weeks_in(purchases.unit, weeks),
        (x, t_x, t),
        worth_per_purchase(part),
        spend=spend,
        z=z,
        most=max(int(MOST_SIMULATED * share), LEAST_SIMULATED),
    )
    return np.quantile(totals[:, 1], [0.05, 0.95])


def by_group_title(table: pd.DataFrame) -> str:
    """Return what a chart of `by_group` shows: what is worth most, or how many lose money."""
    top = table.iloc[int(table["clv"].to_numpy().argmax())]
    losing = int((table["clv"] < 0).sum())
    if losing and pd.isna(top["share_of_equity"]):
        message = (
            _("All {groups} groups are expected to lose money; {group} loses least")
            if losing == len(table)
            else ngettext(
                "{losing} of {groups} groups is expected to lose money; {group} does best",
                "{losing} of {groups} groups are expected to lose money; {group} does best",
                losing,
            )
        )
        return message.format(losing=number(losing), groups=number(len(table)), group=top["group"])
    if not top["clv"] > 0:
        return _("No group is expected to bring any money")
    if pd.isna(top["share_of_equity"]):
        return _("{group} is worth most").format(group=top["group"])
    return _("{group}: {equity} of customer equity with {customers} of the customers").format(
        group=top["group"],
        equity=percent(top["share_of_equity"]),
        customers=percent(top["share_of_customers"]),
    )


def by_group_sentence(table: pd.DataFrame, currency: str | None, by: Grouping) -> str:
    """Say which group is worth most, together and per customer.

    Parameters
    ----------
    table
        The result of `by_group`.
    currency
        ISO 4217 code, or None.
    by
        What the groups are.
    """
    if not table["clv"].any():
        return _("{by}: no group is expected to bring anything.").format(by=_grouping_name(by))
    top = table.iloc[int(table["clv"].to_numpy().argmax())]
    dear = table.iloc[int(table["clv_per_customer"].to_numpy().argmax())]
    shares = bool(pd.notna(top["share_of_equity"]))
    message = (
        _(
            "{by}: “{group}” holds the largest share of customer equity: {equity}, {share} of all; per "
            "customer “{dear}” is worth most ({each} each, {customers} customers)."
        )
        if shares
        else _(
            "{by}: taken together “{group}” comes to most, {equity}; per customer “{dear}” does ({each} "
            "each, {customers} customers)."
        )
    )
    return message.format(
        by=_grouping_name(by),
        group=top["group"],
        equity=money(top["clv"], currency),
        share=percent(top["share_of_equity"]) if shares else "",
        dear=dear["group"],
        each=amount(dear["clv_per_customer"], currency),
        customers=number(dear["customers"]),
    )


def _grouping_name(by: Grouping) -> str:
    names: dict[Grouping, str] = {
        "cohort": _("By cohort"),
        "segment": _("By segment"),
        "channel": _("By channel"),
        "acquisition_channel": _("By acquisition channel"),
        "sector": _("By sector"),
    }
    return names[by]


def cohorts(summary: Summary, unit: str | None = None) -> pd.Series:
    """Return the period of each customer's first purchase, by ``customer_id``, as ordered categories.

    Parameters
    ----------
    summary
        The customers.
    unit
        ``month``, ``quarter`` or ``year``; by default the shortest that makes no more than twelve cohorts.
    """
    first = pd.to_datetime(summary.frame["first_purchase"])
    lengths = {"month": "M", "quarter": "Q", "year": "Y"}
    if unit is None:
        few = [name for name, one in lengths.items() if first.dt.to_period(one).nunique() <= MOST_GROUPS]
        unit = next(iter(few), "year")
    starts = first.dt.to_period(lengths[unit]).dt.start_time
    days = sorted(starts.unique())
    names = {day: period(day.date(), unit) for day in days}
    labels = pd.Categorical(starts.map(names), categories=[names[day] for day in days], ordered=True)
    return pd.Series(labels, index=summary.frame["customer_id"], name="cohort")


def segments(customers: pd.DataFrame, summary: Summary) -> pd.Series:
    """Return the name of each customer's RFM segment, by ``customer_id``.

    Parameters
    ----------
    customers
        ``sql/customers.sql`` for the day of the summary.
    summary
        The customers.
    """
    scored = rfm(customers, summary.as_of)
    if isinstance(scored, NotPossible):
        return pd.Series(dtype=str)
    return scored.customers.set_index("customer_id")["segment"].map(segment_name)


def equity_concentration_sentence(found: Concentration) -> str:
    """Say on how few customers customer equity hangs.

    Parameters
    ----------
    found
        ``portfolio.concentration`` of the result of `clv`, with ``value="clv"``.
    """
    row = found.without.iloc[-1]
    return ngettext(
        "{few} of {customers} customers ({share}) holds 80% of customer equity; without the {largest} most "
        "valuable it would be {lost} lower.",
        "{few} of {customers} customers ({share}) hold 80% of customer equity; without the {largest} most "
        "valuable it would be {lost} lower.",
        found.customers_for_80,
    ).format(
        few=number(found.customers_for_80),
        customers=number(found.customers),
        share=percent(found.share_for_80, 1),
        largest=number(row["largest"]),
        lost=percent(row["share_lost"], 1),
    )


def no_groups() -> str:
    """Say what would show customer equity by more groups."""
    return _(
        "Neither channel nor sector of the customers is known: the column channel of the sales, or a table "
        "of customers with acquisition_channel or sector, would show customer equity by them."
    )
