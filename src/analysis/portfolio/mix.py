"""Where sales come from: channels, categories, sectors, regions, types; our share against the market's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from analysis.language import _, listing, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio.compared import Compared
from analysis.result import Finding, Listed, sizes_by

if TYPE_CHECKING:
    from analysis.dataset import Dataset

OF_CUSTOMERS = ("type", "sector", "region", "size")
OF_SALES = ("channel", "category")
_SHARES = ["share", "share_before"]
_SUMS = ["customers_now", "net_before", "net_now"]


@dataclass(frozen=True, kw_only=True)
class Mix(Listed):
    """Net sales of twelve months by kinds of customers and of sales, and how they moved.

    ``frame`` has one row per ``dimension``, by its name, and ``part``, the largest first: ``customers`` who
    bought, ``net_sales``, its ``share``, and ``share_before`` of the twelve months before (missing without).
    """

    name: ClassVar[str] = "mix"
    is_drawn: ClassVar[bool] = True
    frame: pd.DataFrame


def mix(dataset: Dataset, compared: Compared) -> Mix | NotPossible:
    """Return net sales of the last twelve months by every column that tells customers or sales apart."""
    ends = (*compared.before, *compared.now)
    days = dict(zip(("before_from", "before_to", "now_from", "now_to"), ends, strict=True))
    known = [column for column in OF_SALES if column in dataset.columns]
    found = {column: dataset.query("sales_mix", by=column, **days) for column in known}
    kinds = dataset.gathered(lambda part: _by_kind(part, days)).astype({"column": "str", "part": "str"})
    for column, rows in kinds.groupby("column", sort=False):
        sums = rows.groupby("part", dropna=False)[_SUMS].sum()
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
    frame = pd.concat(tables, ignore_index=True)
    change = (frame["share"] - frame["share_before"]).abs().fillna(0)
    moved = frame.loc[change.sort_values(ascending=False, kind="stable").index]
    row, claim = moved.iloc[0], _("{part} ({dimension}) makes {now} of net sales")
    if pd.notna(row["share_before"]):
        claim = _("{part} ({dimension}) makes {now} of net sales, after {before} a year before")
    now, before = (percent(share, 1) for share in row[_SHARES])
    claim = claim.format(part=row["part"], now=now, before=before, dimension=row["dimension"].lower())
    shown, text = {"diversification": diversification(frame), "mix": moved}, f"{claim}."
    if "channel" in known:
        used = dataset.gathered(lambda part: _channels(part, days))
        sizes = sizes_by("channels", sorted(used["channels"].dropna().unique()), used)
        if len(sizes) > 1:
            shown["several_channels"] = sizes.rename_axis("channels").reset_index()
            shares = sizes[["share_of_customers", "share_of_sales"]].iloc[1:].sum()
            share, sales = (percent(one, 1) for one in shares)
            said = _(
                "{share} of customers have bought through several channels; they make {sales} of net sales."
            )
            text = f"{text} {said.format(share=share, sales=sales)}"
    was = None if pd.isna(row["share_before"]) else float(row["share_before"])
    told = Finding("portfolio.mix", text, float(row["share"]), "share", usual=was)
    return Mix(shown, text, told, claim, frame=frame)


def diversification(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the Herfindahl index of each dimension, and 1 ÷ it, the effective number of parts."""
    shares = frame.groupby("dimension", sort=False)[_SHARES].agg(herfindahl)
    told = {
        "parts": frame[frame["share"] > 0].groupby("dimension").size(),
        "herfindahl": shares["share"],
        "effective": 1 / shares["share"],
        "effective_before": 1 / shares["share_before"],
    }
    return pd.DataFrame(told, shares.index).reset_index()


def _by_kind(dataset: Dataset, days: dict[str, dt.date]) -> pd.DataFrame:
    """Return by ``column`` that tells kinds of customers apart, and ``part``, who bought and net sales."""
    columns = ["customer_id", "purchases_now", "net_before", "net_now"]
    found = [pd.DataFrame(columns=["column", "part", *_SUMS])]
    if len(records := _records(dataset)):
        rows = dataset.query("customers_compared", columns, **days)
        rows["customers_now"] = rows["purchases_now"] > 0
        for column, part in records.items():
            groups = rows.groupby(rows["customer_id"].map(part).rename("part"), dropna=False)
            found.append(groups[_SUMS].sum().reset_index().assign(column=str(column)))
    return pd.concat(found[1:] or found, ignore_index=True)


def _channels(dataset: Dataset, days: dict[str, dt.date]) -> pd.DataFrame:
    """Return of each customer who bought in the later period its net sales and how many channels it used."""
    rows = dataset.query("customers_compared", ["customer_id", "purchases_now", "net_now"], **days)
    used = dataset.query("customer_channels", ["customer_id", "channels"]).set_index("customer_id")
    bought = rows[rows["purchases_now"] > 0]
    channels = bought["customer_id"].map(used["channels"])
    return pd.DataFrame({"net_sales": bought["net_now"], "channels": channels})


def _records(dataset: Dataset) -> pd.DataFrame:
    """Return what is known of each customer that tells kinds of customers apart."""
    known = [name for name in OF_CUSTOMERS if name in dataset.tables.get("customers", frozenset())]
    return dataset.query("customer_records").set_index("customer_id")[known] if known else pd.DataFrame()


def _shares(rows: pd.DataFrame, dimension: str) -> pd.DataFrame:
    totals = rows[["net_now", "net_before"]].sum()
    shares = (rows[["net_now", "net_before"]] / totals.where(totals > 0)).set_axis(_SHARES, axis=1)
    frame = rows.rename(columns={"customers_now": "customers", "net_now": "net_sales"}).join(shares)
    frame = frame.assign(dimension=dimension_names()[dimension]).dropna(subset="share")
    frame = frame.fillna({"part": _("(not known)")})
    return frame[["dimension", "part", "customers", "net_sales", *_SHARES]]


def herfindahl(shares: pd.Series) -> float:
    """Return Σ share² of the parts above zero, their shares taken to add up to 1; missing without any."""
    above = shares.clip(lower=0)
    return float(((above / above.sum()) ** 2).sum()) if above.sum() > 0 else float("nan")


@or_not_possible
def market_index(dataset: Dataset, compared: Compared) -> Listed | NotPossible:
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
    frame = frame.sort_values("customer_index", ascending=False, kind="stable").rename_axis("part")
    index, absent = frame["customer_index"], listing([*frame.index[frame["customers"] == 0]])
    title = _("In {part} our share of customers is {index} times that of the market")
    title = title.format(part=index.index[0], index=number(index.iloc[0], 1))
    text = _("{title}, in {part} {index} times.")
    if absent:
        text = _("{title}; we have no customer in {parts}.")
    less = number(index.iloc[-1], 2)
    text = text.format(title=title, parts=absent, part=index.index[-1], index=less)
    found = Finding("portfolio.market", text, float(index.iloc[-1]), "ratio", usual=1.0)
    return Listed({"market_index": frame.reset_index()}, text, found)


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
