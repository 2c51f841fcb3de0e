"""What each customer contributes after cost of goods and service, the whale curve, the ROI of customers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import N_, _, date, duration, money, number, percent
from analysis.not_possible import NotPossible
from analysis.owners import named
from analysis.periods import begins_whole
from analysis.profitability.margins import CommonMargin, Margins, choose_margins
from analysis.result import Finding, Listed, Result, largest_first, led_by
from analysis.statistics import Floats

if TYPE_CHECKING:
    from analysis.dataset import Dataset

COSTS = {
    "discounts": N_("Discounts"),
    "returns": N_("Returns"),
    "goods": N_("Cost of goods"),
    "service_cost": N_("Cost to serve"),
}
"""What lies between gross sales and the contribution margin, in the order it is taken off."""


def window_start(as_of: dt.date, months: int) -> dt.date:
    """Return the last day before the ``months`` to ``as_of``."""
    return (pd.Timestamp(as_of) - pd.DateOffset(months=months)).date()


def profits(dataset: Dataset, months: int | None = None, until: dt.date | None = None) -> pd.DataFrame:
    """Return the rows of ``sql/customer_profit.sql`` for the months to a day; None: all, to ``as_of``."""
    until = until or dataset.as_of
    since = dt.date(1, 1, 1) if months is None else window_start(until, months)
    return dataset.query("customer_profit", since=since, as_of=until)


def goods(rows: pd.DataFrame, margins: Margins) -> tuple[Floats, Floats]:
    """Return the cost of goods sold and of goods that came back (0 or negative) of the rows of `profits`.

    Where a line's cost is not known, it is its money × (1 − margin rate): the rate of the customer's other
    lines, as it was and not drawn towards others, or else the portfolio's. A rate that is set or assumed
    holds for all lines.
    """
    rate = rows["customer_id"].map(margins.rates["own_rate"]).fillna(margins.rate).to_numpy(np.float64)
    columns = ["sales", "returns", "sales_with_cost", "returns_with_cost", "cost_sold", "cost_returned"]
    sales, returns, *known = rows[columns].to_numpy(np.float64).T
    priced, priced_back, cost, cost_back = (part * (margins.source == "costs") for part in known)
    return cost + (sales - priced) * (1 - rate), cost_back + (returns - priced_back) * (1 - rate)


def earned(rows: pd.DataFrame, margins: Margins) -> Floats:
    """Return net sales − cost of goods of each customer, in money; see `goods`."""
    return np.asarray(rows["net_sales"].to_numpy(np.float64) - sum(goods(rows, margins)))


def earned_by(dataset: Dataset, margins: Margins) -> pd.Series:
    """Return what `earned` says of all customers by ``customer_id``, read in parts where these are many."""
    parts = []
    for part in dataset.batches():
        rows = profits(part)
        parts.append(pd.Series(earned(rows, margins.within(part)), index=rows["customer_id"]))
    return pd.concat(parts)


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
    months, as_of, currency
        How many months are counted, the last day, and the ISO 4217 code where it is known.
    margins, served
        Where the cost of goods is from, and of how many customers the cost to serve is known.
    before
        The margin of as many months before, None where the sales do not reach so far back.
    """

    name: ClassVar[str] = "whale_curve"
    frame: pd.DataFrame
    months: int
    as_of: dt.date
    margins: Margins
    served: int = 0
    currency: str | None = None
    before: float | None = None

    @property
    def total(self) -> float:
        """The margin of all customers."""
        return float(self.frame["margin"].sum())

    @property
    def lost(self) -> pd.Series:
        """The margins below zero."""
        return self.frame["margin"][self.frame["margin"] < 0]

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether there is a margin to have a share of."""
        return self.total > 0

    def curve(self) -> pd.DataFrame:
        """Return the whale curve: ``share_of_customers``, best first, and ``share_of_margin``, added up."""
        added = np.concatenate([[0.0], self.frame["margin"].cumsum()]) / self.total
        shares = np.linspace(0, 1, len(added))
        return pd.DataFrame({"share_of_customers": shares, "share_of_margin": added})

    def steps(self) -> pd.DataFrame:
        """Return what leads from gross sales to the margin: ``step``, ``amount``, ``share_of_gross``."""
        sums = self.frame[["gross_sales", *COSTS, "margin"]].sum()
        sums[list(COSTS)] *= -1
        names = [_("Gross sales"), *(_(name) for name in COSTS.values()), _("Contribution margin")]
        frame = pd.DataFrame({"step": names, "amount": sums.to_numpy(np.float64)})
        return frame.assign(share_of_gross=frame["amount"] / (sums["gross_sales"] or float("nan")))

    def title(self) -> str:
        """Return how few customers make most of the margin, and how many take from it."""
        few = int(np.argmax(self.curve()["share_of_margin"] >= 0.8 - 1e-9))
        message = _("80% of the contribution margin comes from {few} of {customers} customers")
        if len(self.lost):
            message = _(
                "80% of the contribution margin comes from {few} of {customers} customers; customers who "
                "lose money: {losing} ({lost})"
            )
        return message.format(
            few=number(few),
            customers=number(len(self.frame)),
            losing=number(len(self.lost)),
            lost=money(-self.lost.sum(), self.currency),
        )

    def sentence(self) -> str:
        """Return the margin, and how few customers make most of it."""
        return f"{self.said()} {self.title()}." if self.is_drawn else self.said()

    def said(self) -> str:
        """Return the margin, its share of net sales, and what it was before."""
        net = float(self.frame["net_sales"].sum())
        return _(
            "The contribution margin of the {months} to {day} is {margin}, {rate} of net "
            "sales{assumed}{before}."
        ).format(
            before=self._before(),
            months=duration(self.months, "month"),
            day=date(self.as_of),
            margin=money(self.total, self.currency),
            rate=percent(self.total / net, 1) if net > 0 else "–",
            assumed=self.margins.assumed(),
        )

    def _before(self) -> str:
        if self.before is None:
            return ""
        return _(", after {before} in as many before").format(before=money(self.before, self.currency))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the steps to the margin, and the customers, what matters most first."""
        first = ("customer_id", "name", "owner", "net_sales", "margin", "discounts", "goods", "service_cost")
        return {"contribution": self.steps(), "customer_margins": led_by(self.frame, *first)}

    def findings(self) -> list[Finding]:
        """Return the margin, unless it is assumed; at stake is what it gained or lost since before."""
        if self.margins.source == "assumed":
            return []
        total, before = self.total, self.before
        stake, good = (None, None) if before is None else (abs(total - before), total >= before)
        return [Finding("profitability.margin", self.said(), total, "money", stake, good, usual=before)]

    def notes(self) -> list[str]:
        """Say what the margin rests on, and of whom the cost to serve is known."""
        served = _(
            "The cost to serve (service_cost in the table of customers, money a year) is known of {known} of "
            "{customers} customers; of the others it counts as 0."
        ).format(known=number(self.served), customers=number(len(self.frame)))
        return [self.margins.sentence(), served]


def contribution(dataset: Dataset, margins: Margins, months: int = 12) -> Contribution | NotPossible:
    """Work out the contribution margin of each customer over the months to ``as_of``.

    The cost to serve is that of a year, and is taken for as many twelfths.
    """
    frame = dataset.gathered(lambda part: _contributed(part, margins.within(part), months))
    if frame.empty:
        return NotPossible(_("Nothing was bought in these months, so there is no margin to tell of."))
    known = int(frame.pop("served").count())
    frame = named(dataset, largest_first(frame, ["margin"]))
    start = window_start(dataset.as_of, months)
    first, was = dataset.query("coverage")["first_date"].iloc[0].date(), None
    if begins_whole(window_start(start, months), first, "month"):
        parts = dataset.batches()
        was = sum(_margin(part, margins.within(part), months, start) for part in parts)
    return Contribution(frame, months, dataset.as_of, margins, known, dataset.currency, was)


def _contributed(dataset: Dataset, margins: Margins, months: int) -> pd.DataFrame:
    """Return the rows of `Contribution.frame`, and what serving costs as far as known (``served``)."""
    rows = profits(dataset, months)
    served = _served(dataset, rows, months)
    gross, sales, returns, net = rows[["gross_sales", "sales", "returns", "net_sales"]].to_numpy(np.float64).T
    sold, back = goods(rows, margins)
    frame = rows[["customer_id"]].assign(
        gross_sales=gross,
        discounts=gross - sales,
        returns=back - returns,
        goods=sold,
        service_cost=served.fillna(0.0),
        net_sales=net,
        served=served,
    )
    frame["margin"] = net - sold - back - frame["service_cost"]
    return frame[(rows["lines"] > 0) | (served > 0)].reset_index(drop=True)


def _margin(dataset: Dataset, margins: Margins, months: int, until: dt.date) -> float:
    """Return the margin of all customers over the months to a day."""
    rows = profits(dataset, months, until)
    return float((earned(rows, margins) - _served(dataset, rows, months).fillna(0.0)).sum())


def _served(dataset: Dataset, rows: pd.DataFrame, months: int) -> pd.Series:
    """Return what serving each customer costs in so many months, missing where it is not known."""
    return rows["customer_id"].map(recorded_cost(dataset, "service_cost")) * months / 12


def recorded_cost(dataset: Dataset, column: str) -> pd.Series:
    """Return a cost, or other money, of the table of customers by ``customer_id``, where it is known."""
    if column not in dataset.tables.get("customers", frozenset()):
        return pd.Series(dtype="float64")
    records = dataset.query("customer_records", ["customer_id", column])
    return records.set_index("customer_id")[column].astype("float64").dropna()


def profile(dataset: Dataset, common: CommonMargin | None = None) -> pd.DataFrame:
    """Return by ``customer_id`` the ``contribution_margin`` that ``05_profitability`` shows by default.

    It is of those who bought, gave back or were served in the last 12 months. ``common`` is what the costs of
    all customers say, where the data set has some of them; see `choose_margins`.
    """
    found = contribution(dataset, choose_margins(dataset.query("customer_margins"), common=common))
    if isinstance(found, NotPossible):
        return pd.DataFrame(columns=["contribution_margin"], dtype="float64")
    return found.frame.set_index("customer_id")["margin"].to_frame("contribution_margin")


def customer_roi(dataset: Dataset, margins: Margins) -> Listed | NotPossible:
    """Work out the ROI of each customer whose cost to acquire and to serve is known.

    Lists, the largest loss first, ``years`` since the first purchase, and money: ``earned`` (net sales − cost
    of goods since then), ``acquisition_cost`` and ``keeping_cost`` (cost to serve of a year × years); ``roi``
    is (earned − both) ÷ both. Where the data have only one of the two costs, the other counts as 0.
    """
    missing = NotPossible(
        _("Columns acquisition_cost and service_cost of the customers would show their ROI.")
    )
    if not {"acquisition_cost", "service_cost"} & dataset.tables.get("customers", frozenset()):
        return missing
    frame = dataset.gathered(lambda part: _returned(part, margins.within(part)))
    if frame.empty:
        return missing
    spent = frame["acquisition_cost"] + frame["keeping_cost"]
    text = _(
        "Of the {known} customers whose costs are known ({share} of all), what was spent to win and keep "
        "them has come back {back} times as margin; {behind} have not yet earned what they cost."
    ).format(
        known=number(len(frame)),
        share=percent(len(frame) / dataset.query("coverage")["customers"].iloc[0]),
        back=number(frame["earned"].sum() / spent.sum(), 2),
        behind=number((frame["roi"] < 0).sum()),
    )
    frame = frame.sort_values("left", kind="stable").drop(columns="left")
    return Listed({"roi": named(dataset, frame)}, text)


def _returned(dataset: Dataset, margins: Margins) -> pd.DataFrame:
    """Return the rows of `customer_roi`, and what is ``left`` when costs are taken off what was earned."""
    rows = profits(dataset)
    years = (pd.Timestamp(dataset.as_of) - rows["first_purchase"]).dt.days / 365.25
    frame = rows[["customer_id"]].assign(years=years, earned=earned(rows, margins))
    for name in ("acquisition_cost", "service_cost"):
        cost = recorded_cost(dataset, name)
        frame[name] = frame["customer_id"].map(cost) if len(cost) else 0.0
    frame["keeping_cost"] = frame.pop("service_cost") * years
    spent = frame["acquisition_cost"] + frame["keeping_cost"]
    return frame.assign(roi=frame["earned"] / spent - 1, left=frame["earned"] - spent)[spent > 0]
