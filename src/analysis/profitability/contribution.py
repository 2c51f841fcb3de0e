"""What each customer contributes after cost of goods and service, the whale curve, who loses money."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import N_, _, date, duration, money, ngettext, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import named
from analysis.periods import months_later
from analysis.profitability.margins import Margins
from analysis.result import Finding, Result, currency_of
from analysis.statistics import Floats

if TYPE_CHECKING:
    from analysis.dataset import Dataset

MONEY = ("sales", "returns", "sales_with_cost", "returns_with_cost", "cost_sold", "cost_returned")
COSTS = {
    "discounts": N_("Discounts"),
    "returns": N_("Returns"),
    "goods": N_("Cost of goods"),
    "service_cost": N_("Cost to serve"),
}
"""What lies between gross sales and the contribution margin, in the order it is taken off."""


def window_start(as_of: dt.date, months: int) -> dt.date:
    """Return the last day before the ``months`` to ``as_of``.

    Examples
    --------
    >>> window_start(dt.date(2025, 12, 31), 12)
    datetime.date(2024, 12, 31)
    """
    day = months_later(pd.Series([pd.Timestamp(as_of)]), pd.Series([-months])).iloc[0]
    return dt.date(day.year, day.month, day.day)


def profits(dataset: Dataset, months: int | None = None) -> pd.DataFrame:
    """Return the rows of ``sql/customer_profit.sql`` for the months to ``as_of``; None: all there are."""
    since = dt.date(1, 1, 1) if months is None else window_start(dataset.as_of, months)
    return dataset.query("customer_profit", since=since)


def goods(rows: pd.DataFrame, margins: Margins) -> tuple[Floats, Floats]:
    """Return the cost of goods sold and of goods that came back (0 or negative), by customer, in money.

    Where a line's cost is not known, it is its money × (1 − margin rate): the rate of the customer's other
    lines, as it was and not drawn towards others, or else the portfolio's. Where the rate is set or assumed,
    it holds for all lines.

    Parameters
    ----------
    rows
        The result of `profits`.
    margins
        The margins of the customers.
    """
    by_id = margins.rates.set_index("customer_id")["own_rate"].astype("float64")
    rate = rows["customer_id"].map(by_id).fillna(margins.rate).to_numpy(np.float64)
    known = rows[list(MONEY)].astype("float64")
    if margins.source != "costs":
        return (known["sales"] * (1 - rate)).to_numpy(), (known["returns"] * (1 - rate)).to_numpy()
    sold = known["cost_sold"] + (known["sales"] - known["sales_with_cost"]) * (1 - rate)
    back = known["cost_returned"] + (known["returns"] - known["returns_with_cost"]) * (1 - rate)
    return sold.to_numpy(), back.to_numpy()


def earned(rows: pd.DataFrame, margins: Margins) -> Floats:
    """Return net sales − cost of goods of each customer, in money; see `goods`."""
    sold, back = goods(rows, margins)
    return np.asarray(rows["net_sales"].to_numpy(np.float64) - sold - back)


@dataclass(frozen=True)
class Contribution(Result):
    """The contribution margin of each customer over the months to ``as_of``.

    Attributes
    ----------
    frame
        One row per customer that bought, gave back or was served in that time, the largest margin first:
        ``customer_id``, ``name`` and ``owner`` where known, and money: ``gross_sales``, ``discounts``,
        ``returns`` (what came back less the cost of its goods), ``goods`` (cost of what was sold),
        ``service_cost``, which are taken off; ``net_sales`` and ``margin``.
    months, as_of
        How many months are counted, and the last day.
    margins
        Where the cost of goods is from.
    served
        Customers whose cost to serve is known; None where it is of none.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "whale_curve"
    frame: pd.DataFrame
    months: int
    as_of: dt.date
    margins: Margins
    served: int | None = None
    currency: str | None = None

    @property
    def total(self) -> float:
        """The margin of all customers."""
        return float(self.frame["margin"].sum())

    @property
    def losing(self) -> pd.DataFrame:
        """The customers with a margin below zero, the largest loss first."""
        return self.frame[self.frame["margin"] < 0].iloc[::-1]

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether there is a margin to have a share of."""
        return self.total > 0

    def curve(self) -> pd.DataFrame:
        """Return the whale curve: ``share_of_customers``, best first, and ``share_of_margin``, added up."""
        count = len(self.frame)
        added = np.concatenate([[0.0], self.frame["margin"].cumsum()]) / self.total
        return pd.DataFrame({"share_of_customers": np.arange(count + 1) / count, "share_of_margin": added})

    def steps(self) -> pd.DataFrame:
        """Return what leads from gross sales to the margin: ``step``, ``amount``, ``share_of_gross``."""
        sums = self.frame[["gross_sales", *COSTS, "margin"]].sum()
        sums[list(COSTS)] *= -1
        names = [_("Gross sales"), *(_(name) for name in COSTS.values()), _("Contribution margin")]
        frame = pd.DataFrame({"step": names, "amount": sums.to_numpy(np.float64)})
        return frame.assign(share_of_gross=frame["amount"] / (sums["gross_sales"] or float("nan")))

    def title(self) -> str:
        """Return how far the curve rises above the total."""
        peak = float(self.curve()["share_of_margin"].max())
        if self.losing.empty:
            return _("No customer takes anything off the contribution margin")
        return _(
            "At its height the curve stands at {peak} of the margin: what comes after takes it off"
        ).format(peak=percent(peak, 1))

    def sentence(self) -> str:
        """Return the margin, and its share of net sales."""
        net = float(self.frame["net_sales"].sum())
        said = _(
            "The contribution margin of the {months} to {day} is {margin}, {rate} of net sales{assumed}."
        ).format(
            months=duration(self.months, "month"),
            day=date(self.as_of),
            margin=money(self.total, self.currency),
            rate=percent(self.total / net, 1) if net > 0 else "–",
            assumed=self.margins.assumed(),
        )
        if not self.total > 0:
            return said
        best = 1 + int(np.argmax(self.curve()["share_of_margin"].to_numpy()[1:] >= 0.8 - 1e-9))
        few = ngettext(
            "{few} of {customers} customers makes 80% of it.",
            "{few} of {customers} customers make 80% of it.",
            best,
        ).format(few=number(best), customers=number(len(self.frame)))
        return f"{said} {few}"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the steps to the margin, and the customers."""
        return {"contribution": self.steps(), "customer_margins": self.frame}

    def findings(self) -> list[Finding]:
        """Return the margin."""
        total = self.total
        return [Finding("profitability.margin", self.sentence(), total, "money", abs(total), total > 0)]

    def notes(self) -> list[str]:
        """Say what the margin rests on, and of whom the cost to serve is known."""
        served = _(
            "The cost to serve is not known: a column service_cost (money a year) in the table of customers "
            "would show it."
        )
        if self.served is not None:
            served = _(
                "The cost to serve is known of {known} of {customers} customers; of the others it is 0."
            )
            served = served.format(known=number(self.served), customers=number(len(self.frame)))
        return [self.margins.sentence(), served]


def contribution(dataset: Dataset, margins: Margins, months: int = 12) -> Contribution | NotPossible:
    """Work out the contribution margin of each customer over the months to ``as_of``.

    Parameters
    ----------
    dataset
        The data set; its table of customers may have ``service_cost``.
    margins
        The margins of the customers, for lines whose cost is not known.
    months
        How many are counted; of ``service_cost``, which is that of a year, as many twelfths.
    """
    rows = profits(dataset, months)
    cost = recorded_cost(dataset, "service_cost")
    served = rows["customer_id"].map(cost).astype("float64") * months / 12
    found = contribution_of(rows.assign(service_cost=served.fillna(0.0)), margins)
    if found.empty:
        return NotPossible(_("Nothing was bought in these months, so there is no margin to tell of."))
    known = int(found["customer_id"].isin(cost.index).sum()) or None
    frame = named(dataset, found)
    return Contribution(frame, months, dataset.as_of, margins, known, dataset.currency)


def contribution_of(rows: pd.DataFrame, margins: Margins) -> pd.DataFrame:
    """Return the rows of `Contribution`, without names.

    Parameters
    ----------
    rows
        The result of `profits`, with ``service_cost`` in money.
    margins
        The margins of the customers.
    """
    sold, back = goods(rows, margins)
    gross, sales, returns, net = (
        rows[name].to_numpy(np.float64) for name in ("gross_sales", "sales", "returns", "net_sales")
    )
    served = rows["service_cost"].to_numpy(np.float64)
    frame = pd.DataFrame(
        {
            "customer_id": rows["customer_id"].to_numpy(),
            "gross_sales": gross,
            "discounts": gross - sales,
            "returns": back - returns,
            "goods": sold,
            "service_cost": served,
            "net_sales": net,
            "margin": net - sold - back - served,
        }
    )
    frame = frame[(rows["lines"].to_numpy() > 0) | (served > 0)]
    return frame.sort_values(["margin", "customer_id"], ascending=[False, True], ignore_index=True)


def recorded_cost(dataset: Dataset, column: str) -> pd.Series:
    """Return a cost from the table of customers by ``customer_id``, where it is known."""
    if column not in dataset.tables.get("customers", frozenset()):
        return pd.Series(dtype="float64")
    return dataset.query("customer_records").set_index("customer_id")[column].astype("float64").dropna()


@dataclass(frozen=True)
class Losing(Result):
    """The customers that lose money, and what sets them apart from all others.

    Attributes
    ----------
    frame
        One row per customer with a margin below zero, the largest loss first: the columns of
        `Contribution.frame`, ``reason`` (a key of `COSTS`), and for each of these ``<reason>_excess``: what
        it takes more than from the portfolio's average euro of gross sales, in money. These and the average
        margin on the customer's gross sales add up to its margin.
    total
        The margin of all customers.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "losing"
    frame: pd.DataFrame
    total: float
    currency: str | None = None

    def reasons(self) -> pd.DataFrame:
        """Return for each reason ``customers`` of which it is the main one, their ``loss``, and ``excess``.

        The excess, in money, is over all customers that lose money; a reason that takes less than usual is
        below zero.
        """
        by = self.frame.groupby("reason")["margin"].agg(["size", "sum"]).reindex(list(COSTS), fill_value=0)
        excess = [float(self.frame[f"{reason}_excess"].sum()) for reason in COSTS]
        names = [_(name) for name in COSTS.values()]
        return pd.DataFrame(
            {"reason": names, "customers": by["size"].to_numpy(), "loss": -by["sum"].to_numpy()}
        ).assign(excess=excess)

    def title(self) -> str:
        """Return what costs most."""
        worst = self.reasons().sort_values("excess").iloc[-1]
        return _("{reason}: what most sets customers that lose money apart").format(reason=worst["reason"])

    def sentence(self) -> str:
        """Return how many lose how much, and why."""
        lost, worst = -float(self.frame["margin"].sum()), self.reasons().sort_values("excess").iloc[-1]
        return ngettext(
            "{customers} customer loses money, {lost}; what it takes more than others is above all "
            "“{reason}” ({excess}).",
            "{customers} customers lose money, {lost} in all; what they take more than others is above all "
            "“{reason}” ({excess}).",
            len(self.frame),
        ).format(
            customers=number(len(self.frame)),
            lost=money(lost, self.currency),
            reason=worst["reason"],
            excess=money(worst["excess"], self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the reasons, and the customers that lose most."""
        frame = self.frame.drop(columns=[f"{reason}_excess" for reason in COSTS])
        shown = frame.assign(reason=[_(COSTS[reason]) for reason in frame["reason"]])
        return {"reasons": self.reasons(), "losing": shown}

    def findings(self) -> list[Finding]:
        """Return how many lose money."""
        lost = -float(self.frame["margin"].sum())
        customers = len(self.frame)
        return [Finding("profitability.losing", self.sentence(), customers, "customers", lost, good=False)]


@or_not_possible
def losing(result: Contribution) -> Losing | NotPossible:
    """Find the customers that lose money, and for each what it takes more than the average of all.

    Parameters
    ----------
    result
        The contribution margin of each customer.

    Notes
    -----
    With G the gross sales of all and C those of one cost, a customer with gross sales g and cost c exceeds by
    c − g × C ÷ G. Its margin is g × (margin of all ÷ G) less its four excesses, exactly.
    """
    frame, gross = result.losing.reset_index(drop=True), float(result.frame["gross_sales"].sum())
    if frame.empty:
        return NotPossible(_("No customer loses money in these months."))
    usual = result.frame[list(COSTS)].sum() / gross if gross > 0 else dict.fromkeys(COSTS, 0.0)
    excess = pd.DataFrame({name: frame[name] - frame["gross_sales"] * usual[name] for name in COSTS})
    frame = frame.assign(reason=excess.idxmax(axis=1)).join(excess.add_suffix("_excess"))
    return Losing(frame, result.total, result.currency)


@dataclass(frozen=True)
class CustomerRoi(Result):
    """What customers have earned against what it cost to win and keep them.

    Attributes
    ----------
    frame
        One row per customer whose costs are known, the largest loss first: ``customer_id``, ``name`` and
        ``owner`` where known, ``years`` since the first purchase, and money: ``earned`` (net sales − cost of
        goods since then), ``acquisition_cost`` and ``keeping_cost`` (cost to serve of a year × years);
        ``roi``, (earned − both) ÷ both.
    customers
        How many have bought at all.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "roi"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    customers: int
    currency: str | None = None

    @property
    def roi(self) -> float:
        """That of all together."""
        cost = float(self.frame[["acquisition_cost", "keeping_cost"]].sum().sum())
        return float(self.frame["earned"].sum()) / cost - 1

    def sentence(self) -> str:
        """Return the ROI of all, and who has not paid back yet."""
        behind = int((self.frame["roi"] < 0).sum())
        return _(
            "Of the {known} customers whose costs are known ({share} of all), what was spent to win and keep "
            "them has come back {back} times as margin; {behind} have not yet earned what they cost."
        ).format(
            known=number(len(self.frame)),
            share=percent(len(self.frame) / self.customers),
            back=number(self.roi + 1, 2),
            behind=number(behind),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the customers."""
        return {"roi": self.frame}

    def notes(self) -> list[str]:
        """Return the sentence."""
        return [self.sentence()]


def customer_roi(dataset: Dataset, margins: Margins) -> CustomerRoi | NotPossible:
    """Work out the ROI of each customer whose cost to acquire and to serve is known.

    Where the data have only one of the two costs, the other counts as 0. The cost to serve is that of a year
    and is taken for each year since the first purchase.

    Parameters
    ----------
    dataset
        The data set.
    margins
        The margins of the customers.
    """
    rows = profits(dataset)
    rows = rows[rows["first_purchase"].notna()]
    costs = {name: recorded_cost(dataset, name) for name in ("acquisition_cost", "service_cost")}
    known = {name: cost for name, cost in costs.items() if len(cost)}
    if not known:
        return NotPossible(
            _(
                "What customers cost to win and to serve is not known: the columns acquisition_cost and "
                "service_cost in the table of customers would show their ROI."
            )
        )
    years = (pd.Timestamp(dataset.as_of) - rows["first_purchase"]).dt.days / 365.25
    frame = pd.DataFrame(
        {"customer_id": rows["customer_id"], "years": years, "earned": earned(rows, margins)}
    )
    for name in costs:
        frame[name] = frame["customer_id"].map(known[name]) if name in known else 0.0
    frame["keeping_cost"] = frame.pop("service_cost") * frame["years"]
    spent = frame["acquisition_cost"] + frame["keeping_cost"]
    frame = frame.assign(roi=frame["earned"] / spent - 1)[spent > 0]
    if frame.empty:
        return NotPossible(_("Of no customer all these costs are known."))
    lost = frame["earned"] - spent[spent > 0]
    frame = frame.loc[lost.sort_values(kind="stable").index]
    return CustomerRoi(named(dataset, frame), len(rows), currency_of(rows))
