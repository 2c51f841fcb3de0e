"""What the customers are worth: each, all together, with what has come, and by group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd

from analysis.language import _, money, ngettext, number, percent, period
from analysis.ltv.backtest.holdout import Holdout, missed
from analysis.ltv.estimation.equal_histories import Codes
from analysis.ltv.intervals import (
    USUAL,
    Interval,
    Missed,
    intervals_of,
    simulate_groups,
    total_intervals,
    with_intervals,
    with_misses,
)
from analysis.ltv.margins import Margins
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.spend import SpendModel, estimate
from analysis.ltv.summary import Floats, Summary, name_units, weeks_in
from analysis.ltv.value import clv, equity_shares, worth_per_purchase
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result
from analysis.segmentation import rfm, segment_name

if TYPE_CHECKING:
    from analysis.dataset import Dataset

TOP = 0.2  # share of customers whose part of customer equity is named
MOST_LOST = 0.05  # losses ÷ gains up to which a share of customer equity says something
MOST_GROUPS = 12
Grouping = Literal["cohort", "segment", "channel", "acquisition_channel", "sector"]


class Ahead(NamedTuple):
    """How far ahead purchases count, and what money loses in value per year until then, as a share."""

    horizon_weeks: int
    annual_discount_rate: float


@dataclass(frozen=True)
class CustomerValue(Result):
    """What each customer is still worth, and all of them together.

    Attributes
    ----------
    frame
        One row per customer, see `clv`.
    summary, purchases, spend, horizon_weeks
        What it was made of.
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

    def shares(self) -> pd.DataFrame:
        """Return how much of customer equity hangs on the most valuable customers, see `equity_shares`."""
        return equity_shares(self.frame["clv"])

    def held_by_top(self) -> float:
        """Return the share of customer equity that the most valuable fifth of customers hold."""
        shares = self.shares()
        return float(np.interp(TOP, shares["customers_share"], shares["equity_share"]))

    def title(self) -> str:
        """Return on how many customers equity hangs."""
        return _("The most valuable {top} of customers hold {held} of customer equity").format(
            top=percent(TOP), held=percent(self.held_by_top())
        )

    def sentence(self) -> str:
        """Say what the customers are worth together, and how far off money was in the last check."""
        low, high = self.equity.rounded()
        worth = _(
            "Over the next {weeks} weeks the {customers} customers are worth {equity} in discounted "
            "margin{assumed} (customer equity; {level} interval {low} to {high}), from {purchases} expected "
            "purchases."
        ).format(
            assumed=self.assumed,
            weeks=number(self.horizon_weeks),
            customers=number(len(self.frame)),
            equity=money(self.total, self.currency),
            level=percent(self.equity.level),
            low=money(low, self.currency),
            high=money(high, self.currency),
            purchases=number(float(self.frame["expected_purchases"].sum())),
        )
        return " ".join(filter(None, [worth, self._covered(), self._last_check(), self._beyond_history()]))

    def _covered(self) -> str:
        """Say what the interval covers, in one sentence."""
        found = self.missed
        if found is None:
            return _(
                "The interval covers chance and the parameters of the models alone, since there are no "
                "earlier forecasts to learn from: the true one is at least as wide."
            )
        message = ngettext(
            "The interval covers chance, the parameters, and misses of such size as at one earlier date, "
            "drawn towards a usual one of {usual}: from one date it is the least to reckon with.",
            "The interval covers chance, the parameters, and misses of such size as at {dates} earlier "
            "dates, drawn towards a usual one of {usual}.",
            found.dates,
        )
        return message.format(dates=number(found.dates), usual=percent(USUAL))

    def _last_check(self) -> str:
        if isinstance(self.check, NotPossible) or np.isnan(error := self.check.value_error):
            return ""
        message = (
            _("In the last check, which had no part in this, the model's net sales were {error} too low.")
            if error < 0
            else _(
                "In the last check, which had no part in this, the model's net sales were {error} too high."
            )
        )
        held = (
            _("Its interval, made in the same way, contained the actual value.")
            if self.check.value_held
            else _(
                "Its interval, made in the same way, missed the actual value: this one may be too narrow too."
            )
        )
        return f"{message.format(error=percent(abs(error), 1))} {held}"

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
        each = self.frame["clv"].to_numpy(float)
        if shares_hold(self.frame):
            return ""
        if not each.any():
            return _("With a margin of 0 nothing has a value.")
        losing = int((each < 0).sum())
        message = (
            _(
                "All {customers} customers are expected to cost more than they bring ({loss}). Shares of a "
                "loss mean nothing and are not shown."
            )
            if losing == len(each)
            else ngettext(
                "{n} of {customers} customers is expected to cost more than it brings ({loss}); the others "
                "bring {gain}. Shares of a sum with negative parts mean nothing and are not shown.",
                "{n} of {customers} customers are expected to cost more than they bring ({loss}); the others "
                "bring {gain}. Shares of a sum with negative parts mean nothing and are not shown.",
                losing,
            )
        )
        return message.format(
            n=number(losing),
            customers=number(len(each)),
            loss=money(-float(each[each < 0].sum()), self.currency),
            gain=money(float(each[each > 0].sum()), self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the customers with intervals that hold 8 of 10 of them, the most valuable first."""
        known = (self.frame, self.purchases, self.spend, self.summary, self.horizon_weeks)
        best = with_intervals(*known).sort_values(["clv", "customer_id"], ascending=[False, True])
        return {"customer_value": name_units(best, self.summary.unit)}

    def findings(self) -> list[Finding]:
        """Return customer equity, and on whom it hangs, or why that is not said."""
        equity = Finding(
            "ltv.customer_equity", self.sentence(), self.total, "money", money=max(self.total, 0)
        )
        if text := self.losses_sentence():
            return [equity, Finding("ltv.losses", text)]
        said = _("The {top} of customers with the highest CLV hold {held} of customer equity.").format(
            top=percent(TOP), held=percent(self.held_by_top(), 1)
        )
        return [equity, Finding("ltv.top_fifth", said, self.held_by_top(), "share")]


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
    summary
        The customers.
    purchases, spend, margins
        The fitted models, and the margin of each customer.
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
    equity = total_intervals(purchases, summary, ahead.horizon_weeks, worth, spend=spend, missed=before)[1]
    assumed = margins.assumed()
    return CustomerValue(frame, summary, purchases, spend, ahead.horizon_weeks, equity, check, assumed)


def shares_hold(values: pd.DataFrame) -> bool:
    """Tell whether shares of customer equity say anything: losses are under 5 % of what the rest bring."""
    each = values["clv"].to_numpy(float)
    gain, loss = float(each[each > 0].sum()), -float(each[each < 0].sum())
    return gain > 0 and loss < MOST_LOST * gain


@dataclass(frozen=True)
class TotalValue(Result):
    """What each customer has brought so far, with what it is still expected to bring.

    Attributes
    ----------
    frame
        The customers with ``past_margin``, see `Margins.earned`, not discounted, and ``total_value``, that
        plus the ``clv``, which is the residual value; both in money.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "total_value"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    currency: str | None = None
    assumed: str = ""

    def title(self) -> str:
        """Return what it is about."""
        return _("What has come, and what is still to come")

    def sentence(self) -> str:
        """Say how much of the customers' whole value has come and how much is to come."""
        past, ahead = float(self.frame["past_margin"].sum()), float(self.frame["clv"].sum())
        if past < 0 or ahead < 0:
            return _(
                "The margin of these customers comes to {past} so far{assumed}, and to {ahead} expected "
                "within the horizon."
            ).format(assumed=self.assumed, past=money(past, self.currency), ahead=money(ahead, self.currency))
        return _(
            "So far these customers have brought {past} of margin{assumed}; {ahead} more is expected within "
            "the horizon, {share} of the whole."
        ).format(
            assumed=self.assumed,
            past=money(past, self.currency),
            ahead=money(ahead, self.currency),
            share=percent(ahead / (past + ahead) if past + ahead else 0.0),
        )

    def findings(self) -> list[Finding]:
        """Return both parts."""
        return [Finding("ltv.total", self.sentence(), float(self.frame["clv"].sum()), "money")]


@or_not_possible
def total_value(value: CustomerValue, customers: pd.DataFrame, margins: Margins) -> TotalValue:
    """Add what each customer has brought so far to what it is still expected to bring.

    Parameters
    ----------
    value
        The value to come.
    customers
        ``sql/customers.sql`` for the same day.
    margins
        The margin of each customer.
    """
    ids = value.frame["customer_id"]
    earned = pd.Series(margins.earned(customers), index=customers["customer_id"])
    past = ids.map(earned).fillna(0.0).to_numpy(float)
    frame = value.frame.assign(past_margin=past, total_value=past + value.frame["clv"])
    return TotalValue(frame, value.currency, margins.assumed())


@dataclass(frozen=True)
class EquityByGroup(Result):
    """Customer equity by group of customers.

    Attributes
    ----------
    frame
        One row per group: ``group``, ``customers``, ``share_of_customers``, ``alive`` (customers expected
        to be still there), ``expected_purchases`` within the horizon, ``clv`` of all of them in money,
        ``equity_low`` and ``equity_high``, its 90 % interval, as `total_intervals` gives it;
        ``share_of_equity``, missing where `shares_hold` says no or one were above 1, and
        ``clv_per_customer``. Groups do not all
        lie at the same end of their interval, so the ends do not add up to those of the portfolio.
    by
        What the groups are.
    currency
        ISO 4217 code, or None where it is not known.
    """

    frame: pd.DataFrame
    by: Grouping
    currency: str | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        """What its figure is called."""
        return f"equity_by_{self.by}"

    @property
    def top(self) -> pd.Series:
        """The group that is worth most."""
        return self.frame.iloc[int(self.frame["clv"].to_numpy().argmax())]

    def title(self) -> str:
        """Return what is worth most, or how many groups lose money."""
        top, losing = self.top, int((self.frame["clv"] < 0).sum())
        if not top["clv"] > 0:
            return _("No group is expected to bring any money")
        if losing and pd.isna(top["share_of_equity"]):
            message = ngettext(
                "{losing} of {groups} groups is expected to lose money; {group} does best",
                "{losing} of {groups} groups are expected to lose money; {group} does best",
                losing,
            )
            return message.format(losing=number(losing), groups=number(len(self.frame)), group=top["group"])
        if pd.isna(top["share_of_equity"]):
            return _("{group} is worth most").format(group=top["group"])
        return _("{group}: {equity} of customer equity with {customers} of the customers").format(
            group=top["group"],
            equity=percent(top["share_of_equity"]),
            customers=percent(top["share_of_customers"]),
        )

    def sentence(self) -> str:
        """Say which group is worth most, together and per customer."""
        by, top = _grouping_name(self.by), self.top
        if not self.frame["clv"].any():
            return _("{by}: no group is expected to bring anything.").format(by=by)
        dear = self.frame.iloc[int(self.frame["clv_per_customer"].to_numpy().argmax())]
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
            by=by,
            group=top["group"],
            equity=money(top["clv"], self.currency),
            share=percent(top["share_of_equity"]) if shares else "",
            dear=dear["group"],
            each=estimate(dear["clv_per_customer"], self.currency),
            customers=number(dear["customers"]),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {self.name: self.frame}

    def findings(self) -> list[Finding]:
        """Return which group is worth most."""
        share = float(self.frame["share_of_equity"].max())
        return [Finding(f"ltv.{self.name}", self.sentence(), share, "share")]


@or_not_possible
def equity_by(
    value: CustomerValue, groups: pd.Series, by: Grouping, most: int = MOST_GROUPS
) -> EquityByGroup:
    """Return customer equity by group of customers.

    Parameters
    ----------
    value
        What each customer is worth.
    groups
        The group of each customer by ``customer_id`` (the index); customers without one are a group of their
        own, the last. Categories keep their order; of others the group with the highest equity comes first.
    by
        What the groups are.
    most
        Groups to show; of any more, the smallest are taken together, of categories the first.
    """
    values = value.frame
    shown = _shown(values, groups, most)
    table = values.groupby(shown, observed=True).agg(
        customers=("clv", "size"),
        alive=("p_alive", "sum"),
        expected_purchases=("expected_purchases", "sum"),
        clv=("clv", "sum"),
    )
    table.insert(1, "share_of_customers", table["customers"] / table["customers"].sum())
    ends = _ends(value, table.index.get_indexer(pd.Index(shown)))
    table["equity_low"], table["equity_high"] = ends.T
    whole = table["clv"].sum()
    mean_something = shares_hold(values) and (table["clv"] <= whole).all()
    table["share_of_equity"] = table["clv"] / (whole if mean_something else np.nan)
    table["clv_per_customer"] = table["clv"] / table["customers"]
    table.index = pd.Index(table.index.astype("object"), name="group")
    return EquityByGroup(table.reset_index(), by, value.currency)


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


def _ends(value: CustomerValue, groups: Codes) -> Floats:
    """Return the ends of the 90 % interval of what each group is worth."""
    weeks, parts = value.horizon_weeks, value.summary
    totals = simulate_groups(
        value.purchases,
        weeks_in(parts.unit, weeks),
        parts.history,
        worth_per_purchase(value.frame),
        groups,
        spend=value.spend,
        z=parts.frame["z"].to_numpy(float),
    )
    found = [intervals_of(with_misses(each, value.missed, weeks))[1] for each in totals]
    return np.array([(each.low, each.high) for each in found])


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


def channels(dataset: Dataset) -> pd.Series | NotPossible:
    """Return the channel of most of each customer's money, by ``customer_id``."""
    if "channel" not in dataset.columns:
        return NotPossible(_("The channel of the sales is not known: the column channel would show it."))
    return dataset.query("customer_channels").set_index("customer_id")["main_channel"]


def recorded(dataset: Dataset, column: str) -> pd.Series | NotPossible:
    """Return a column of the table of customers, such as ``sector``, by ``customer_id``."""
    if column not in dataset.tables.get("customers", frozenset()):
        return NotPossible(
            _("This is not known: the column {column} of a table of customers would show it.").format(
                column=column
            )
        )
    return dataset.query("customer_records").set_index("customer_id")[column]
