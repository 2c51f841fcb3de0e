"""What customers bring against what they cost to win: LTV : CAC by channel, and when CAC is paid back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.acquisition.cost import Cac
from analysis.language import _, amount, estimate, listing, money, number, percent
from analysis.ltv.equity import CustomerValue
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import looked_up
from analysis.portfolio.cohort import Cohorts
from analysis.profitability.contribution import recorded_cost
from analysis.profitability.margins import Margins
from analysis.result import Finding, Listed

if TYPE_CHECKING:
    from analysis.dataset import Dataset

GOOD_RATIO = 3.0  # the usual rule of thumb for LTV : CAC
_LEAST, _MOST = 10, 2  # customers of a channel of which something is said; channels that are named
_DRAWS, _LARGEST = 1000, 2000  # of the bootstrap
_RATIOS = ["ratio", "ratio_low", "ratio_high"]
_SHOWN = [
    *("channel", "customers", "share_spent", "acquisition_cost", "total_value", *_RATIOS),
    *("past_margin", "clv"),
]
_WASTEFUL = "acquisition.wasteful_channel"


@dataclass(frozen=True, kw_only=True)
class TotalValue(Listed):
    """What each customer has brought so far, with what it is still expected to bring.

    ``frame`` is that of the value to come with ``past_margin``, see `analysis.profitability.earned`, not
    discounted, and ``total_value``, that plus the ``clv``, which is the residual value; both in money.
    """

    name: ClassVar[str] = "total_value"
    frame: pd.DataFrame
    currency: str | None = None


@or_not_possible
def total_value(value: CustomerValue, brought: pd.Series, margins: Margins) -> TotalValue:
    """Add what each customer has brought so far, see `earned_by`, to what is still to come."""
    past = looked_up(value.frame["customer_id"], brought).fillna(0.0).to_numpy(float)
    text = _("The margin of these customers is {past} so far{assumed}, and {ahead} more within the horizon.")
    past_all, ahead = (money(float(part.sum()), value.currency) for part in (past, value.frame["clv"]))
    text = text.format(assumed=margins.assumed(), past=past_all, ahead=ahead)
    frame = value.frame.assign(past_margin=past, total_value=past + value.frame["clv"])
    return TotalValue({}, text, frame=frame, currency=value.currency)


def mean_interval(values: pd.Series) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a mean, by bootstrap; of many values from fewer, scaled."""
    each, rng = values.to_numpy(np.float64), np.random.default_rng(0)
    if len(each) < 2:
        return float("nan"), float("nan")
    size = min(len(each), _LARGEST)
    drawn = each[rng.integers(0, len(each), (_DRAWS, size))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    middle, scale = float(each.mean()), np.sqrt(size / len(each))
    return middle + (low - middle) * scale, middle + (high - middle) * scale


@dataclass(frozen=True, kw_only=True)
class LtvToCac(Listed):
    """What customers bring against what they cost to win.

    ``frame`` has one row per channel with spending, the best first: ``channel``, ``spent`` and
    ``spent_lately`` (see `Cac`), ``share_spent``, ``customers``; money per customer: ``acquisition_cost``,
    ``past_margin``, ``clv`` and ``total_value``; ``ratio``, total value ÷ cost, with its 95 % interval.
    ``ratio`` and ``worth`` are of all; ``poor`` are the channels that clearly return less than
    `GOOD_RATIO`, of which ``wasteful`` tells.
    """

    name: ClassVar[str] = "ltv_to_cac"
    frame: pd.DataFrame
    ratio: float
    worth: float
    poor: tuple[str, ...]
    wasteful: Finding | None

    def findings(self) -> list[Finding]:
        """Return the ratio of all, and which channels waste money."""
        return [*super().findings(), *filter(None, [self.wasteful])]

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether there are channels to compare."""
        return int((self.frame["ratio"] > 0).sum()) > 1


@or_not_possible
def ltv_to_cac(value: TotalValue, cost: Cac) -> LtvToCac | NotPossible:
    """Set what the customers won bring against what they cost, in all and by channel.

    Ratios are those of sums: what all of them bring ÷ all that was spent; intervals are by `mean_interval`.
    """
    if not cost.each > 0:
        return NotPossible(_("Winning these customers cost nothing, so there is no ratio to it."))
    brought = value.frame.set_index("customer_id")[["past_margin", "clv", "total_value"]]
    won = pd.concat([cost.won, looked_up(cost.won["customer_id"], brought)], axis="columns")
    groups, frame = won.groupby("channel"), cost.by_channel.set_index("channel")
    frame = frame.join(groups[[*brought]].mean())
    ends = pd.DataFrame({name: mean_interval(each) for name, each in groups["total_value"]}, _RATIOS[1:])
    frame = frame.assign(ratio=frame["total_value"]).join(ends.T)
    frame[_RATIOS] = frame[_RATIOS].div(frame["acquisition_cost"].where(frame["spent"] > 0), axis=0)
    frame.loc[(frame["customers"] == 0) & (frame["spent"] > 0), _RATIOS] = 0.0
    frame = frame.sort_values("ratio", ascending=False, kind="stable").reset_index()
    worth = float(won["total_value"].mean())
    ratio = worth / cost.each
    message = _("Customers bring {worth} and cost {cac} each to win: LTV : CAC is {ratio} (usual: {good}).")
    if ratio < 1:
        message = _("LTV : CAC is {ratio}: customers bring {worth}, less than the {cac} they cost to win.")
    claim = text = message.format(
        ratio=number(ratio, 1),
        good=number(GOOD_RATIO),
        worth=estimate(worth, value.currency),
        cac=estimate(cost.each, value.currency),
    )
    found = Finding("acquisition.ratio", text, ratio, "ratio", good=ratio >= GOOD_RATIO, usual=GOOD_RATIO)
    wasteful: Finding | None = None
    poor: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if ((frame["channel"] != _("(not known)")) & (frame["spent"] > 0)).sum() > 1:
        poor, claim, wasteful = _wasteful(frame, value.currency)
        notes = (
            _("The intervals tell how much customers of a channel differ, not how sure each forecast is."),
        )
    return LtvToCac(
        {"acquisition": frame[_SHOWN]},
        text,
        found,
        claim,
        notes,
        frame=frame,
        ratio=ratio,
        worth=worth,
        poor=poor,
        wasteful=wasteful,
    )


def _wasteful(frame: pd.DataFrame, currency: str | None) -> tuple[tuple[str, ...], str, Finding]:
    """Say which channels on which money is spent now clearly return less than the usual rule asks.

    Those two on which most is spent; at stake is what was spent on them in the last twelve months. Before the
    finding come the channels, and its first part.
    """
    named = frame[(frame["channel"] != _("(not known)")) & (frame["spent"] > 0)]
    is_told = (named["customers"] == 0) | (named["customers"] >= _LEAST)
    poor = named[is_told & (named["ratio_high"] < GOOD_RATIO) & (named["spent_lately"] > 0)]
    poor = poor.sort_values("spent_lately", ascending=False, kind="stable").head(_MOST)
    if poor.empty:
        claim = _("No channel returns clearly less than the usual {good} times its cost")
        claim = claim.format(good=number(GOOD_RATIO))
        return (), claim, Finding(_WASTEFUL, f"{claim}.", 0, "channels", good=True)
    part = _("“{channel}” returns only {ratio} times its cost ({low} to {high})")
    bare = _("“{channel}” won nobody under that name")
    said = []
    for row in poor.to_dict("records"):
        each, low, high = (number(row[name], 1) for name in _RATIOS)
        message = part if row["customers"] else bare
        said.append(message.format(channel=row["channel"], ratio=each, low=low, high=high))
    claim = listing(said)
    spent = float(poor["spent_lately"].sum())
    text = _("{channels}, where {good} is usual: {spent} in the last twelve months, {share} of all spending.")
    text = text.format(
        channels=claim,
        good=number(GOOD_RATIO),
        spent=money(spent, currency),
        share=percent(spent / float(frame["spent_lately"].sum())),
    )
    action = _("Stop that spending until it is known what it brings.")
    better = named[(named["customers"] >= _LEAST) & (named["ratio_low"] >= GOOD_RATIO)]
    if len(better):
        action = _("Move that budget to “{channel}”, and see whether it still returns as much.")
        action = action.format(channel=better["channel"].iloc[0])
    found = Finding(_WASTEFUL, text, len(poor), "channels", spent, False, action)
    return tuple(poor["channel"]), claim, found


@or_not_possible
def cac_rule(dataset: Dataset, cost: Cac, compared: LtvToCac, customers: pd.DataFrame) -> Listed:
    """Say whether CAC lies below the average ticket and below LTV, and set it against the cost of keeping.

    Average ticket = money sold ÷ orders, of ``sql/customers.sql``. Cost of keeping a customer for a year =
    mean ``service_cost`` of those of whom it is known + cost of contacts of ``campaigns`` in twelve months ÷
    customers who bought in them.
    """
    ticket = float(customers["sales"].sum()) / float(customers["orders"].sum())
    since = pd.Timestamp(dataset.as_of) - pd.DateOffset(years=1)
    served, contacts = recorded_cost(dataset, "service_cost"), 0.0
    bought = int((customers["last_purchase"] > since).sum())
    if bought and "cost" in dataset.tables.get("campaigns", frozenset()):
        rows = dataset.query("campaign_contacts", days=1)
        contacts = float(rows.loc[rows["date"] > since, "cost"].sum()) / bought
    service = float(served.mean()) if len(served) else 0.0
    text = _(
        "The rule that CAC ({cac}) is below the average ticket ({ticket}) is {first}; that it is below what "
        "a customer brings ({worth}) is {second}."
    )
    keeping = _(
        "What keeping a customer costs is not known: service_cost of the customers, or campaigns with their "
        "cost, would set it against the cost of winning one."
    )
    if service + contacts > 0:
        keeping = _(
            "Winning a customer costs {times} times what keeping one costs in a year: {service} to serve "
            "(mean of the {n} of whom that is known), {contacts} for campaigns. Usual are 2 to 8 times."
        )
    rule, money_of = [_("not met"), _("met")], {"ticket": ticket, "worth": compared.worth, "cac": cost.each}
    told = {name: amount(value, cost.currency) for name, value in money_of.items()}
    told |= {"first": rule[cost.each < ticket], "second": rule[cost.each < compared.worth]}
    told |= {"service": amount(service, cost.currency), "contacts": amount(contacts, cost.currency)}
    told |= {"times": number(cost.each / ((service + contacts) or 1), 1), "n": number(len(served))}
    return Listed({}, f"{text} {keeping}".format(**told))


@dataclass(frozen=True, kw_only=True)
class Payback(Listed):
    """How the margin of new customers added up against what one cost to win.

    ``curve`` has ``months`` since the first purchase and ``margin``, so far per customer, not discounted;
    ``months`` is when it covered the cost, or None.
    """

    name: ClassVar[str] = "payback"
    is_drawn: ClassVar[bool] = True
    curve: pd.DataFrame
    cost: Cac
    months: float | None


@or_not_possible
def payback(found: Cohorts, cost: Cac, margins: Margins) -> Payback | NotPossible:
    """Work out when the margin of new customers covered what one cost to win, from their monthly cohorts.

    Adds up, month by month after that of the first purchase, net sales ÷ customers of all cohorts seen so
    long, at the margin rate over all, as far as a tenth of customers have been seen. The month of the first
    purchase ends half a month after it on average.
    """
    if not cost.each > 0:
        return NotPossible(_("Winning customers cost nothing, so there is nothing to pay back."))
    seen = found.frame[found.frame["complete"]].groupby("age")[["net_sales", "size"]].sum().astype("float64")
    seen = seen[seen["size"] >= seen["size"].max() / 10]
    margin = (seen["net_sales"] / seen["size"]).cumsum() * margins.rate
    curve = pd.DataFrame({"months": seen.index + 0.5, "margin": margin})
    first, reached, last = margin.iloc[0], margin.iloc[-1], curve["months"].iloc[-1]
    months = None
    text = _(
        "The {cost} that a customer cost to win had not come back as margin after {last} months: {reached}."
    )
    if margin.max() >= cost.each:
        months = float(np.interp(cost.each, margin.cummax(), curve["months"]))
        text = _("The {cost} that a customer cost to win came back as margin after {months} months.")
    if first >= cost.each:
        text = _("The {cost} that a customer cost to win came back in its first month.")
    values = {"cost": cost.each, "reached": reached}
    told = {name: estimate(value, cost.currency) for name, value in values.items()}
    text = text.format(months=number(months or 0.0, 1), last=number(last), **told)
    told_as = Finding("acquisition.payback", text, months, "months", good=months is not None)
    return Payback({}, text, told_as, curve=curve, cost=cost, months=months)
