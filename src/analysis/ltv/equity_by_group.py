"""What groups of customers are worth: cohorts, segments, channels, sectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from analysis.language import _, estimate, money, percent, period
from analysis.ltv.equity import CustomerValue, shares_hold
from analysis.ltv.estimation.equal_histories import Codes
from analysis.ltv.intervals import intervals_of, simulate_groups, with_misses
from analysis.ltv.summary import Floats, Summary, weeks_in
from analysis.ltv.value import worth_per_purchase
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import looked_up
from analysis.result import Finding, Result
from analysis.segmentation import as_cuts, rfm
from analysis.segmentation.rfm import MEASURED

if TYPE_CHECKING:
    import datetime as dt

    from analysis.dataset import Dataset
    from analysis.dataset.segment_table import Scoring
    from analysis.portfolio import ActivityWindow

BY_GROUP = [
    *("group", "customers", "share_of_customers", "clv", "equity_low", "equity_high", "share_of_equity"),
    *("clv_per_customer", "alive", "expected_purchases"),
]
MOST_GROUPS = 12
Grouping = Literal["cohort", "segment", "channel", "sector"]


@dataclass(frozen=True)
class EquityByGroup(Result):
    """Customer equity by group of customers.

    Attributes
    ----------
    frame
        One row per group: ``group``, ``customers``, ``share_of_customers``; ``alive``, customers expected to
        be still there, where the data show who has left; ``expected_purchases``; ``clv`` of all of them, its
        90 % interval ``equity_low`` to ``equity_high`` (the ends of groups do not add up);
        ``share_of_equity``, missing where `shares_hold` says no or one were above 1; ``clv_per_customer``.
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
        """Return what is worth most, where shares say anything."""
        top = self.top
        if pd.isna(top["share_of_equity"]):
            return _("Customer equity by group of customers")
        return _("{group}: {equity} of customer equity with {customers} of the customers").format(
            group=top["group"],
            equity=percent(top["share_of_equity"]),
            customers=percent(top["share_of_customers"]),
        )

    def sentence(self) -> str:
        """Say which group is worth most, together and per customer."""
        top, dear = self.top, self.frame.iloc[int(self.frame["clv_per_customer"].to_numpy().argmax())]
        message = (
            _("{by}: taken together “{group}” comes to most, {equity}; per customer “{dear}” does, {each}.")
            if pd.isna(top["share_of_equity"])
            else _(
                "{by}: “{group}” holds {share} of customer equity ({equity}); per customer “{dear}” is worth "
                "most, {each}."
            )
        )
        return message.format(
            by=_grouping_name(self.by),
            group=top["group"],
            equity=money(top["clv"], self.currency),
            share=percent(top["share_of_equity"]),
            dear=dear["group"],
            each=estimate(dear["clv_per_customer"], self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {self.name: self.frame[BY_GROUP]}

    def findings(self) -> list[Finding]:
        """Return which of several groups is worth most; of cohorts the chart is enough."""
        if self.by == "cohort":
            return []
        share = float(self.frame["share_of_equity"].max())
        return [Finding(f"ltv.{self.name}", self.sentence(), share, "share")]


@or_not_possible
def equity_by(value: CustomerValue, groups: pd.Series, by: Grouping) -> EquityByGroup | NotPossible:
    """Return customer equity by group of customers; ``NotPossible`` where there is nothing to compare.

    Parameters
    ----------
    value
        What each customer is worth.
    groups
        The group of each customer by ``customer_id`` (the index); customers without one are a group of their
        own, the last. Ordered categories keep their order; of others the group with the highest equity comes
        first, and of more than twelve the smallest are taken together.
    by
        What the groups are.
    """
    values = value.frame
    if not values["clv"].any():
        return NotPossible(_("No customer is expected to bring anything, so no group is either."))
    shown = _shown(values, groups.astype("category"))
    table = values.groupby(shown, observed=True).agg(
        customers=("clv", "size"),
        alive=("p_alive", "sum"),
        expected_purchases=("expected_purchases", "sum"),
        clv=("clv", "sum"),
    )
    if len(table) == 1:
        return NotPossible(_("All customers are in one group: {group}.").format(group=table.index[0]))
    table.insert(1, "share_of_customers", table["customers"] / table["customers"].sum())
    ends = _ends(value, table.index.get_indexer(shown.cat.categories)[shown.cat.codes])
    table["equity_low"], table["equity_high"] = ends.T
    whole = table["clv"].sum()
    mean_something = shares_hold(values) and (table["clv"] <= whole).all()
    table["share_of_equity"] = table["clv"] / (whole if mean_something else np.nan)
    table["clv_per_customer"] = table["clv"] / table["customers"]
    if not value.purchases.leaving_seen:
        table["alive"] = np.nan
    table.index = pd.Index(table.index.astype("object"), name="group")
    return EquityByGroup(table.reset_index(), by, value.currency)


def _shown(values: pd.DataFrame, groups: pd.Series) -> pd.Series:
    """Return the group under which each customer is shown, as categories in their order."""
    named, others = looked_up(values["customer_id"], groups).cat.remove_unused_categories(), {}
    names = list(named.cat.categories)
    if not named.cat.ordered:
        sums = values.groupby(named, observed=True)["clv"].agg(["sum", "size"])
        names = list(sums.sort_values(["sum", "size"], ascending=False, kind="stable").index)
        if len(names) > MOST_GROUPS:
            others = dict.fromkeys(names[MOST_GROUPS - 1 :], _("(all others)"))
    unknown = _("(not known)")
    shown = list(dict.fromkeys([*(others.get(name, name) for name in names), unknown]))
    places = [shown.index(others.get(name, name)) for name in named.cat.categories]
    codes = np.array([*places, shown.index(unknown)])[named.cat.codes]
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(shown)), index=values.index)


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
        of_each=value.frame["expected_purchases"].to_numpy(float),
    )
    found = [intervals_of(with_misses(each, value.missed, weeks))[1] for each in totals]
    return np.array([(each.low, each.high) for each in found])


def _grouping_name(by: Grouping) -> str:
    names: dict[Grouping, str] = {
        "cohort": _("By cohort"),
        "segment": _("By segment"),
        "channel": _("By channel"),
        "sector": _("By sector"),
    }
    return names[by]


def cohorts(summary: Summary) -> pd.Series:
    """Return the period of each customer's first purchase, by ``customer_id``, as ordered categories.

    Months, quarters or years: the shortest that makes no more than twelve cohorts.
    """
    first = pd.to_datetime(summary.frame["first_purchase"])
    lengths = {"month": "M", "quarter": "Q", "year": "Y"}
    few = [name for name, one in lengths.items() if first.dt.to_period(one).nunique() <= MOST_GROUPS]
    unit = next(iter(few), "year")
    starts = first.dt.to_period(lengths[unit]).dt.start_time
    names = {day: period(day.date(), unit) for day in sorted(starts.unique())}
    labels = pd.Categorical(starts.map(names), categories=list(names.values()), ordered=True)
    return pd.Series(labels, index=summary.frame["customer_id"], name="cohort")


def segments(
    customers: pd.DataFrame,
    as_of: dt.date,
    window: ActivityWindow | NotPossible,
    scoring: Scoring | None = None,
) -> pd.Series:
    """Return the name of each customer's RFM segment, by ``customer_id``; see `analysis.segmentation.rfm`."""
    scored = rfm(customers, as_of, window, scoring)
    if isinstance(scored, NotPossible):
        return pd.Series(dtype=str)
    return scored.customers.set_index("customer_id")["segment"].map(scored.names)


def segments_of(dataset: Dataset, window: ActivityWindow | NotPossible) -> pd.Series:
    """Return the name of the RFM segment of all customers of a data set, by ``customer_id``."""
    as_of, scoring, columns = dataset.as_of, dataset.rfm, ["customer_id", "first_purchase", "x", *MEASURED]
    if dataset.sampled() is not dataset:
        scoring = as_cuts(dataset.query("customers", MEASURED), as_of, scoring)
    return _of_all(dataset, lambda part: segments(part.query("customers", columns), as_of, window, scoring))


def channels(dataset: Dataset) -> pd.Series | NotPossible:
    """Return the channel of most of each customer's money, by ``customer_id``."""
    if "channel" not in dataset.columns:
        return NotPossible(_("The channel of the sales is not known: the column channel would show it."))
    columns = ["customer_id", "main_channel"]
    return _of_all(
        dataset,
        lambda part: part.query("customer_channels", columns).set_index("customer_id")["main_channel"],
    )


def _of_all(dataset: Dataset, known: Callable[[Dataset], pd.Series]) -> pd.Series:
    """Return what is known of the customers of all parts of a data set, by ``customer_id``."""
    if dataset.sampled() is dataset:
        return known(dataset)
    parts = [known(part).astype("category") for part in dataset.batches()]
    index = parts[0].index.append([part.index for part in parts[1:]])
    found = pd.api.types.union_categoricals([part.array for part in parts])
    return pd.Series(found, index)


def recorded(dataset: Dataset, column: str) -> pd.Series | NotPossible:
    """Return a column of the table of customers, such as ``sector``, by ``customer_id``."""
    if column not in dataset.tables.get("customers", frozenset()):
        return NotPossible(
            _("This is not known: the column {column} of a table of customers would show it.").format(
                column=column
            )
        )
    return dataset.query("customer_records", ["customer_id", column]).set_index("customer_id")[column]
