"""Where sales come from: channels, categories, sectors, regions, types; our share against the market's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from analysis.language import _, listing, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio.compared import Compared
from analysis.result import Finding, Result, sizes_by

if TYPE_CHECKING:
    from analysis.dataset import Dataset

OF_CUSTOMERS = ("type", "sector", "region", "size")
OF_SALES = ("channel", "category")
_SHARES = ["share", "share_before"]


@dataclass(frozen=True)
class Mix(Result):
    """Net sales of twelve months by kinds of customers and of sales, and how they moved.

    Attributes
    ----------
    frame
        One row per ``dimension`` and ``part`` of it, the largest first: ``customers`` who bought,
        ``net_sales`` (money), its ``share``, and ``share_before`` of the twelve months before (missing
        without sales then).
    channels
        Customers of the twelve months by the number of ``channels`` they have used; see `sizes_by`.
    """

    name: ClassVar[str] = "mix"
    frame: pd.DataFrame
    channels: pd.DataFrame

    def diversification(self) -> pd.DataFrame:
        """Return the Herfindahl index of each dimension, and 1 ÷ it, the effective number of parts."""
        shares = self.frame.groupby("dimension", sort=False)[_SHARES].agg(herfindahl)
        return pd.DataFrame(
            {
                "parts": self.frame[self.frame["share"] > 0].groupby("dimension").size(),
                "herfindahl": shares["share"],
                "effective": 1 / shares["share"],
                "effective_before": 1 / shares["share_before"],
            },
            index=shares.index,
        ).reset_index()

    def moved(self) -> pd.DataFrame:
        """Return the parts, those whose share moved most first; as they are where none is known before."""
        change = (self.frame["share"] - self.frame["share_before"]).abs().fillna(0)
        return self.frame.loc[change.sort_values(ascending=False, kind="stable").index]

    def title(self) -> str:
        """Return the part whose share moved most, or the first where none is known from before."""
        row = self.moved().iloc[0]
        message, before = _("{part}: {now} of net sales ({dimension})"), ""
        if pd.notna(row["share_before"]):
            message = _("{part}: {now} of net sales, {before} a year before ({dimension})")
            before = percent(row["share_before"], 1)
        dimension, now = dimension_names()[row["dimension"]].lower(), percent(row["share"], 1)
        return message.format(part=row["part"], now=now, before=before, dimension=dimension)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return how diverse sales are, and what moved most."""
        tables, names = {"diversification": self.diversification(), "mix": self.moved()}, dimension_names()
        told = {name: frame.assign(dimension=frame["dimension"].map(names)) for name, frame in tables.items()}
        return {**told, "several_channels": self.channels} if len(self.channels) > 1 else told

    def findings(self) -> list[Finding]:
        """Return what moved most, and what customers of several channels make."""
        found, several = [Finding("portfolio.mix", f"{self.title()}.")], self.channels.iloc[1:]
        if len(several):
            share, sales = several[["share_of_customers", "share_of_sales"]].sum()
            said = _(
                "{share} of customers have bought through several channels; they make {sales} of net sales."
            )
            text = said.format(share=percent(share, 1), sales=percent(sales, 1))
            found.append(Finding("portfolio.several_channels", text, float(share), "share"))
        return found


def mix(dataset: Dataset, compared: Compared) -> Mix | NotPossible:
    """Return net sales of the last twelve months by every column that tells customers or sales apart."""
    ends = (*compared.before, *compared.now)
    days = dict(zip(("before_from", "before_to", "now_from", "now_to"), ends, strict=True))
    known = [column for column in OF_SALES if column in dataset.columns]
    found = {column: dataset.query("sales_mix", by=column, **days) for column in known}
    customers = compared.customers.assign(customers_now=compared.customers["purchases_now"] > 0)
    for column, part in _records(dataset).items():
        groups = customers.groupby(customers["customer_id"].map(part).rename("part"), dropna=False)
        sums = groups[["customers_now", "net_before", "net_now"]].sum()
        found[str(column)] = sums.sort_values("net_now", ascending=False, kind="stable").reset_index()
    tables = [_shares(rows, column) for column, rows in found.items()]
    tables = [table for table in tables if len(table) > 1]
    if not tables:
        return NotPossible(
            _(
                "Nothing tells kinds of customers or sales apart: columns such as channel or category in the "
                "sales, or sector, region, type or size of customers, would open the mix."
            )
        )
    channels = pd.DataFrame()
    if "channel" in known:
        used = dataset.query("customer_channels").set_index("customer_id")["channels"]
        bought = customers[customers["customers_now"]].rename(columns={"net_now": "net_sales"})
        bought["channels"] = bought["customer_id"].map(used)
        channels = sizes_by("channels", sorted(bought["channels"].dropna().unique()), bought)
    return Mix(pd.concat(tables, ignore_index=True), channels.rename_axis("channels").reset_index())


def _records(dataset: Dataset) -> pd.DataFrame:
    """Return what is known of each customer that tells kinds of customers apart."""
    known = [name for name in OF_CUSTOMERS if name in dataset.tables.get("customers", frozenset())]
    return dataset.query("customer_records").set_index("customer_id")[known] if known else pd.DataFrame()


def _shares(rows: pd.DataFrame, dimension: str) -> pd.DataFrame:
    totals = rows[["net_now", "net_before"]].sum()
    shares = (rows[["net_now", "net_before"]] / totals.where(totals > 0)).set_axis(_SHARES, axis=1)
    frame = rows.rename(columns={"customers_now": "customers", "net_now": "net_sales"}).join(shares)
    frame = frame.assign(dimension=dimension).fillna({"part": _("(not known)")}).dropna(subset="share")
    return frame[["dimension", "part", "customers", "net_sales", *_SHARES]]


def herfindahl(shares: pd.Series) -> float:
    """Return Σ share² of the parts above zero, their shares taken to add up to 1; missing without any."""
    above = shares.clip(lower=0)
    return float(((above / above.sum()) ** 2).sum()) if above.sum() > 0 else float("nan")


@dataclass(frozen=True)
class MarketIndex(Result):
    """Our share of customers and of money in each part of the market ÷ the market's.

    By ``part``, the best covered first; an index of 1 is as in the market.
    """

    name: ClassVar[str] = "market_index"
    frame: pd.DataFrame

    def title(self) -> str:
        """Return the part in which we are strongest for its size."""
        top = self.frame.iloc[0]
        return _("In {part} our share of customers is {index} times that of the market").format(
            part=top["part"], index=number(top["customer_index"], 1)
        )

    def sentence(self) -> str:
        """Return the same, and the parts we are missing, or the one in which we are weakest."""
        absent = list(self.frame.loc[self.frame["customers"] == 0, "part"])
        last = self.frame.iloc[-1]
        message = _("{title}, in {part} {index} times.")
        if absent:
            message = _("{title}; we have no customer in {parts}.")
        weakest = number(last["customer_index"], 2)
        return message.format(title=self.title(), parts=listing(absent), part=last["part"], index=weakest)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the parts."""
        return {"market_index": self.frame}

    def findings(self) -> list[Finding]:
        """Return where we are strong, and weak."""
        index = float(self.frame["customer_index"].iloc[-1])
        return [Finding("portfolio.market", self.sentence(), index, "ratio")]


@or_not_possible
def market_index(dataset: Dataset, compared: Compared) -> MarketIndex | NotPossible:
    """Set our customers of twelve months against the market, by the column that knows most of its parts.

    Notes
    -----
    Index of a part = its share of our customers (of our net sales) ÷ its share of the market. Customers in no
    part of it are left out of both.
    """
    nothing = NotPossible(
        _(
            "A table market with segment and size or share, and that segment as sector, region, type or size "
            "of customers, would compare us with the market."
        )
    )
    records = _records(dataset)
    if "market" not in dataset.tables or records.empty:
        return nothing
    market = dataset.query("market_segments").set_index("segment")
    weight = market["size"] if market["size"].notna().all() else market["share"]
    segment = max((records[name] for name in records), key=lambda part: len(set(market.index) & set(part)))
    bought = compared.customers[compared.customers["purchases_now"] > 0]
    ours = bought.assign(part=bought["customer_id"].map(segment), net_sales=bought["net_now"])
    ours = ours[ours["part"].isin(market.index)]
    if ours.empty or not weight.sum() > 0:
        return nothing
    frame = sizes_by("part", list(market.index), ours)
    frame.insert(0, "market_share", weight / weight.sum())
    share = frame["market_share"].where(frame["market_share"] > 0)
    frame.insert(3, "customer_index", frame["share_of_customers"] / share)
    frame["sales_index"] = frame["share_of_sales"] / share
    frame = frame.sort_values("customer_index", ascending=False, kind="stable")
    return MarketIndex(frame.rename_axis("part").reset_index())


def dimension_names() -> dict[str, str]:
    """Return what each dimension of the mix is called."""
    return {
        "channel": _("Channel"),
        "category": _("Category"),
        "type": _("Type of customer"),
        "sector": _("Sector"),
        "region": _("Region"),
        "size": _("Size of customer"),
    }
