"""What customers cost to win, by channel and year: the one CAC that everything here is measured by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from analysis.language import _, amount, duration, money, month, number, percent
from analysis.ltv.summary import Summary
from analysis.not_possible import NotPossible
from analysis.owners import belongs_to, looked_up
from analysis.profitability.contribution import recorded_cost
from analysis.result import Listed

if TYPE_CHECKING:
    from analysis.dataset import Dataset

_YEAR = 12  # months


@dataclass(frozen=True, kw_only=True)
class Cac(Listed):
    """What customers cost to win.

    ``won`` has ``customer_id`` and ``channel`` of each customer counted; ``by_channel`` has ``channel``,
    ``spent`` in money, and ``spent_lately`` in the last twelve of these months, ``share_spent``,
    ``customers`` and ``acquisition_cost`` (missing where nobody came).
    """

    name: ClassVar[str] = "cac"
    won: pd.DataFrame
    by_channel: pd.DataFrame
    currency: str | None = None

    @property
    def each(self) -> float:
        """CAC: all that was spent ÷ all customers won."""
        return float(self.by_channel["spent"].sum()) / len(self.won)


def cac(
    dataset: Dataset, summary: Summary, same: float | None = None, lag_months: int = 0
) -> Cac | NotPossible:
    """Work out what customers cost to win.

    The ``same`` for all goes before what the data say, and the table ``spend`` before ``acquisition_cost`` of
    customers. With spending all customers count who first bought from its first month to its last one that is
    over, each ``lag_months`` later; with recorded costs only those who have one.
    """
    won = summary.frame[["customer_id", "first_purchase"]].reset_index(drop=True)
    won["channel"] = looked_up(won["customer_id"], belongs_to(dataset, "acquisition_channel"))
    won["month"] = won.pop("first_purchase").dt.to_period("M")
    if same is not None:
        text = _("The parameter acquisition_cost sets what each customer cost to win: {cac}.")
        return _told(won.assign(amount=float(same)), won, text, summary.currency)
    if "spend" in dataset.tables:
        return _full_cost(dataset.query("acquisition_spend"), won, summary, lag_months)
    recorded = looked_up(won["customer_id"], recorded_cost(dataset, "acquisition_cost"))
    known = won.assign(amount=recorded).dropna(subset="amount")
    if known.empty:
        unknown = _(
            "What customers cost to win is not known: a table 'spend' (month, channel, amount), or "
            "acquisition_cost of the customers or as a parameter, would show CAC, LTV : CAC and payback."
        )
        return NotPossible(unknown)
    text = _(
        "The cost to win them is recorded of {customers} of {all} customers: CAC is {cac}. What was spent on "
        "the others is not known, there being no table 'spend'."
    )
    return _told(known, known, text, summary.currency, all=number(len(won)))


def _full_cost(spend: pd.DataFrame, won: pd.DataFrame, summary: Summary, lag: int) -> Cac | NotPossible:
    """Set all spending against all customers won in the same months, the lag later."""
    spend = spend.assign(month=pd.to_datetime(spend["month"]).dt.to_period("M"))
    over = (pd.Timestamp(summary.as_of) + pd.Timedelta(days=1)).to_period("M") - 1 - lag
    spend, won = spend[spend["month"] <= over], won.assign(month=won["month"] - lag)
    won = won[won["month"].between(spend["month"].min(), spend["month"].max())]
    if won.empty:
        spent = money(float(spend["amount"].sum()), summary.currency)
        text = _("{spent} were spent on acquisition, and nobody came: there is no CAC.")
        return NotPossible(text.format(spent=spent))
    text = _("From {first} to {last} {spent} were spent and {customers} customers acquired: CAC is {cac}.")
    if lag:
        later = _("Customers count as won by what was spent {lag} before their first purchase.")
        text = f"{text} {later}"
    ends = {"first": spend["month"].min(), "last": spend["month"].max()}
    told = {name: month(day.to_timestamp()) for name, day in ends.items()}
    return _told(spend, won, text, summary.currency, lag=duration(lag, "month"), **told)


def _told(spend: pd.DataFrame, won: pd.DataFrame, text: str, currency: str | None, **told: str) -> Cac:
    """Return the result from rows of spending and customers, each with ``month`` and ``channel``."""
    if spend["channel"].isna().all() or won["channel"].isna().all():
        spend, won = spend.assign(channel=None), won.assign(channel=None)
    spend, won = (frame.fillna({"channel": _("(not known)")}) for frame in (spend, won))
    spent = spend["amount"].astype("float64")
    by_channel = _divided(spent.groupby(spend["channel"]).sum(), won.groupby("channel").size())
    by_channel.insert(1, "share_spent", by_channel["spent"] / (spent.sum() or float("nan")))
    lately = spent[spend["month"] > spend["month"].max() - _YEAR]
    by_channel["spent_lately"] = lately.groupby(spend["channel"]).sum().reindex(by_channel.index).fillna(0.0)
    by_channel = by_channel.sort_values("spent", ascending=False, kind="stable").reset_index(names="channel")
    years = [frame["month"].dt.to_timestamp().dt.to_period("Y").dt.start_time for frame in (spend, won)]
    by_year = _divided(spent.groupby(years[0]).sum(), won.groupby(years[1]).size())
    told |= {
        "spent": money(float(spent.sum()), currency),
        "customers": number(len(won)),
        "cac": amount(float(spent.sum()) / len(won), currency),
    }
    tables = {"cac_by_year": by_year.reset_index(names="year")}
    notes: tuple[str, ...] = ()
    if len(by_channel) > 1:
        known = by_channel[by_channel["channel"] != _("(not known)")]
        note = _("The channel is known of {customers} of these customers and of {spent} of what was spent.")
        shares = {"customers": known["customers"].sum() / len(won), "spent": known["share_spent"].sum()}
        notes = (note.format(**{name: percent(share) for name, share in shares.items()}),)
        tables = {"cac": by_channel.drop(columns="spent_lately")} | tables
    text = text.format(**told)
    return Cac(tables, text, notes_on=notes, won=won, by_channel=by_channel, currency=currency)


def _divided(spent: pd.Series, customers: pd.Series) -> pd.DataFrame:
    """Return each group's spending, customers and CAC; a group may have only one of the two."""
    table = pd.DataFrame({"spent": spent, "customers": customers}).fillna(0.0).astype({"customers": int})
    return table.assign(acquisition_cost=table["spent"] / table["customers"].where(table["customers"] > 0))
