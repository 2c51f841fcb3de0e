"""Buyer persona: what sets the best customers apart, and where the market holds more like them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.acquisition.funnel import lead_steps
from analysis.acquisition.worth import TotalValue
from analysis.language import _, listing, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import belongs_to
from analysis.portfolio.mix import OF_CUSTOMERS, dimension_names
from analysis.result import Finding, Listed
from analysis.segmentation import sets_apart

if TYPE_CHECKING:
    from analysis.dataset import Dataset

UNDER_SERVED = [
    *("part", "market_share", "share_of_customers", "customers", "lift", "lift_low", "lift_high", "missing"),
    "customer_index",
]
TOP, MOST = 0.2, 4  # share of customers who are the best; personas


@dataclass(frozen=True, kw_only=True)
class Personas(Listed):
    """Cards of the best customers; ``apart`` is what sets them apart, part by part."""

    name: ClassVar[str] = "personas"
    apart: pd.DataFrame


@or_not_possible
def personas(dataset: Dataset, value: TotalValue, customers: pd.DataFrame) -> Personas | NotPossible:
    """Describe the fifth of these customers with the highest total value, one card for each kind of them.

    A kind is a sector, type, region or size in which they are clearly more frequent than on average: all of
    the dimension with the highest lift, four at most. Lists of each its ``best`` customers, all its
    ``customers`` and the ``lift``; of the best what is ``typical``, ``ticket`` (money sold ÷ orders),
    ``rhythm`` (median of the days from purchase to purchase) and ``total_value``; and ``open_leads`` like it.
    """
    there = value.frame[value.frame["customer_id"].isin(customers["customer_id"])]
    worth = there.set_index("customer_id")["total_value"]
    best = worth.rank(ascending=False, method="first") <= TOP * len(worth)
    found = sets_apart(dataset, best)
    if isinstance(found, NotPossible):
        return found
    names = {name: column for column, name in dimension_names().items() if column in OF_CUSTOMERS}
    clear = found.frame[found.frame["stands_out"] & (found.frame["lift"] > 1)]
    clear = clear[clear["dimension"].isin(names)]
    if clear.empty:
        return NotPossible(
            _("In no sector, region, type or size are the best customers clearly more frequent.")
        )
    kind = names[clear["dimension"].iloc[0]]
    traits = {column: name for name, column in names.items()}
    traits |= {"acquisition_channel": _("Acquisition channel"), "category": _("First category")}
    known = pd.DataFrame({column: belongs_to(dataset, column) for column in traits if column != "category"})
    known = known.join(dataset.query("first_purchases").set_index("customer_id")["category"])
    known = customers.set_index("customer_id").join(known).join(worth).loc[best.index[best]]
    days = (known["last_purchase"] - known["first_purchase"]).dt.days
    of_kind = known.assign(gap=days / known["x"].replace(0, np.nan)).groupby(kind)
    cards = clear.loc[clear["dimension"] == clear["dimension"].iloc[0], ["part", "best", "customers", "lift"]]
    cards = cards.head(MOST).set_index("part")
    del traits[kind]
    cards["typical"] = [_typical(of_kind.get_group(part), traits) for part in cards.index]
    cards["ticket"] = of_kind["sales"].sum().astype("float64") / of_kind["orders"].sum()
    cards = cards.join(of_kind.agg(rhythm=("gap", "median"), total_value=("total_value", "mean")))
    leads = lead_steps(dataset)
    if isinstance(leads, pd.DataFrame) and kind in dataset.tables["leads"]:
        of_lead = leads.loc[leads["outcome"] == "open", kind].value_counts()
        cards["open_leads"] = of_lead.reindex(cards.index).fillna(0).astype(int)
    text = _("The best fifth of customers by total value are clearly more frequent in {parts}.")
    text = text.format(parts=listing([str(part) for part in cards.index]))
    action = _("Look for new customers of this kind first.")
    told = Finding("acquisition.persona", text, len(cards), "personas", action=action)
    cards["best"] = cards.pop("best")
    return Personas({"personas": cards.reset_index()}, text, told, apart=found.frame)


def _typical(rows: pd.DataFrame, traits: dict[str, str]) -> str:
    """Return the most frequent value of each column, with its share of those known."""
    shares = [(label, rows[column].value_counts(normalize=True)) for column, label in traits.items()]
    return ", ".join(
        f"{label.lower()} {of.index[0]} ({percent(of.iloc[0])})" for label, of in shares if len(of)
    )


@or_not_possible
def under_served(market: Listed, found: Personas) -> Listed | NotPossible:
    """Tell in which parts of the market the best customers are frequent, and we have few customers.

    Takes from `analysis.portfolio.market_index` our share of customers ÷ that of the market. Where the lift
    is clearly above 1, ``missing`` are the customers that would make our share of that part as large as that
    of all such parts together, or of the whole market where that is larger.
    """
    columns = ["part", "market_share", "customers", "share_of_customers", "customer_index"]
    frame, lifts = market.shown["market_index"][columns], ["lift", "lift_low", "lift_high"]
    known = found.apart[found.apart["part"].isin(frame["part"])]
    known = known[known["dimension"].isin(known["dimension"].mode()[:1])].set_index("part")
    frame = frame.join(known[lifts], on="part").sort_values("lift", ascending=False, ignore_index=True)
    fitting = frame["lift_low"] > 1
    if not fitting.any():
        return NotPossible(_("In no part of the market are the best customers clearly more frequent."))
    sums = frame.loc[fitting, ["customers", "market_share"]].sum()
    even = max(frame["customers"].sum(), sums["customers"] / sums["market_share"]) * frame["market_share"]
    frame["missing"] = (even - frame["customers"]).clip(lower=0).where(fitting, 0).round().astype(int)
    gaps = frame[frame["missing"] > 0].sort_values("missing", ascending=False)
    text = _("Where the best customers are more frequent, our share of the market is nowhere behind.")
    action = ""
    if len(gaps):
        message = _(
            "In {parts} the best customers are more frequent and our share of the market is behind; in "
            "{part} {n} customers are missing."
        )
        part, n = gaps[["part", "missing"]].iloc[0]
        text = message.format(parts=listing([str(part) for part in gaps["part"]]), part=part, n=number(n))
        action = _("Look for new customers there.")
    told = Finding("acquisition.market", text, len(gaps), "parts", action=action)
    return Listed({"under_served": frame[UNDER_SERVED]}, text, told)
