"""Where sales come from: channels, categories, sectors, regions, types; our share against the market's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, listing, money, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio.compared import Compared
from analysis.result import Finding, Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset

OF_CUSTOMERS = ("type", "sector", "region", "size")
OF_SALES = ("channel", "category")


@dataclass(frozen=True)
class Mix(Result):
    """Net sales of twelve months by kinds of customers and of sales, and how they moved.

    Attributes
    ----------
    frame
        One row per ``dimension`` and ``part`` of it, the largest first: ``customers`` who bought,
        ``net_sales`` (money), its ``share``, and ``share_before`` of the twelve months before (missing
        without sales then).
    diversification
        By ``dimension``: ``parts``, ``herfindahl`` (Σ share²) and ``effective`` (1 ÷ it: so many parts of
        equal size would be as diverse), and ``effective_before``.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "mix"
    frame: pd.DataFrame
    diversification: pd.DataFrame
    currency: str | None = None

    def title(self) -> str:
        """Return the part whose share moved most, or the largest where none is known from before."""
        moved = (self.frame["share"] - self.frame["share_before"].fillna(self.frame["share"])).abs()
        row = self.frame.iloc[int(moved.to_numpy().argmax())]
        message = _("{part} makes {now} of net sales, {before} a year before ({dimension})")
        if not moved.any():
            row = self.frame.iloc[0]
            message = _("{part} makes {now} of net sales ({dimension})")
        return message.format(
            part=row["part"],
            now=percent(row["share"], 1),
            before=percent(row["share_before"], 1) if moved.any() else "",
            dimension=dimension_names()[row["dimension"]].lower(),
        )

    def sentence(self) -> str:
        """Return the same, and the dimension in which sales are least diverse."""
        least = self.diversification.iloc[int(self.diversification["effective"].to_numpy().argmin())]
        return _(
            "{title}. Sales are least diverse by {dimension}: as if over {effective} equal parts."
        ).format(
            title=self.title(),
            dimension=dimension_names()[least["dimension"]].lower(),
            effective=number(least["effective"], 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return how diverse sales are, and the parts of each dimension."""
        told = self.diversification.assign(dimension=self.diversification["dimension"].map(dimension_names()))
        parts = {
            f"mix_{dimension}": frame.drop(columns="dimension").reset_index(drop=True)
            for dimension, frame in self.frame.groupby("dimension", sort=False)
        }
        return {"diversification": told, **parts}

    def findings(self) -> list[Finding]:
        """Return what moved most."""
        return [Finding("portfolio.mix", self.sentence())]


def mix(dataset: Dataset, compared: Compared) -> Mix | NotPossible:
    """Return net sales by every column that tells kinds of customers or of sales apart.

    Parameters
    ----------
    dataset
        The data set.
    compared
        What each customer bought in the last twelve months and in the twelve before.
    """
    ends = (*compared.before, *compared.now)
    days = dict(zip(("before_from", "before_to", "now_from", "now_to"), ends, strict=True))
    found = {}
    for column in OF_SALES:
        if column in dataset.columns:
            found[column] = dataset.query("sales_mix", by=column, **days)
    known = [name for name in OF_CUSTOMERS if name in dataset.tables.get("customers", frozenset())]
    if known:
        records = dataset.query("customer_records").set_index("customer_id")[known]
        customers = compared.customers.drop(columns=known, errors="ignore").join(records, on="customer_id")
        for column in known:
            found[column] = _of_customers(customers, column)
    tables = [_shares(rows).assign(dimension=column) for column, rows in found.items()]
    tables = [table for table in tables if len(table) > 1]
    if not tables:
        return NotPossible(
            _(
                "Nothing tells kinds of customers or sales apart: columns such as channel or category in the "
                "sales, or sector, region, type or size of customers, would open the mix."
            )
        )
    frame = pd.concat(tables, ignore_index=True)
    rows = [_diversity(part).assign(dimension=name) for name, part in frame.groupby("dimension", sort=False)]
    names = ["dimension", "parts", "herfindahl", "effective", "effective_before"]
    columns = ["dimension", "part", "customers", "net_sales", "share", "share_before"]
    return Mix(frame[columns], pd.concat(rows, ignore_index=True)[names], dataset.currency)


def _of_customers(customers: pd.DataFrame, column: str) -> pd.DataFrame:
    told = customers.assign(
        customers_now=customers["purchases_now"] > 0, customers_before=customers["purchases_before"] > 0
    )
    names = ["customers_before", "customers_now", "net_before", "net_now"]
    sums = told.groupby(column, dropna=False)[names].sum()
    return sums.rename_axis("part").reset_index().sort_values("net_now", ascending=False, kind="stable")


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    now, before = rows["net_now"].sum(), rows["net_before"].sum()
    return pd.DataFrame(
        {
            "part": rows["part"].fillna(_("(not known)")),
            "customers": rows["customers_now"],
            "net_sales": rows["net_now"],
            "share": rows["net_now"] / (now if now > 0 else np.nan),
            "share_before": rows["net_before"] / (before if before > 0 else np.nan),
        }
    ).dropna(subset=["share"])


def _diversity(part: pd.DataFrame) -> pd.DataFrame:
    """Return how many parts there are, the Herfindahl index of their shares, and the effective number."""
    index, before = (herfindahl(part[name]) for name in ("share", "share_before"))
    return pd.DataFrame(
        {
            "parts": [int((part["share"] > 0).sum())],
            "herfindahl": index,
            "effective": 1 / index,
            "effective_before": 1 / before,
        }
    )


def herfindahl(shares: pd.Series) -> float:
    """Return Σ share² of the parts above zero, their shares taken to add up to 1; missing without any.

    Examples
    --------
    >>> herfindahl(pd.Series([0.5, 0.25, 0.25]))
    0.375
    """
    above = shares.clip(lower=0)
    return float(((above / above.sum()) ** 2).sum()) if above.sum() > 0 else float("nan")


@dataclass(frozen=True)
class SeveralChannels(Result):
    """Customers who bought through one channel, and through several.

    Attributes
    ----------
    frame
        By ``channels`` used: ``customers``, ``share_of_customers``, ``net_sales`` (money), and per customer
        ``purchases_per_customer`` and ``net_sales_per_customer``.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "several_channels"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    currency: str | None = None

    def sentence(self) -> str:
        """Compare those of one channel with those of several."""
        several = self.frame[self.frame["channels"] > 1]
        one = self.frame.iloc[0]
        count = several["customers"].sum()
        return _(
            "{share} of customers bought through several channels, {several} each in all; those of one "
            "channel {one}."
        ).format(
            share=percent(several["share_of_customers"].sum(), 1),
            several=money(several["net_sales"].sum() / max(count, 1), self.currency),
            one=money(one["net_sales_per_customer"], self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {"several_channels": self.frame}

    def findings(self) -> list[Finding]:
        """Return the comparison."""
        share = float(self.frame.loc[self.frame["channels"] > 1, "share_of_customers"].sum())
        return [Finding("portfolio.several_channels", self.sentence(), share, "share")]


def several_channels(dataset: Dataset, customers: pd.DataFrame) -> SeveralChannels | NotPossible:
    """Compare customers by how many channels they have bought through.

    Parameters
    ----------
    dataset
        The data set.
    customers
        The rows of ``sql/customers.sql``.
    """
    used = dataset.query("customer_channels") if "channel" in dataset.columns else pd.DataFrame()
    if used.empty or used["channels"].max() == 1:
        return NotPossible(
            _("No customer bought through several channels: a column channel in the sales tells them apart.")
        )
    groups = customers.merge(used, on="customer_id").groupby("channels")
    sums = groups[["purchase_days", "net_sales"]].sum()
    size = groups.size()
    frame = pd.DataFrame(
        {
            "customers": size,
            "share_of_customers": size / size.sum(),
            "net_sales": sums["net_sales"],
            "purchases_per_customer": sums["purchase_days"] / size,
            "net_sales_per_customer": sums["net_sales"] / size,
        }
    )
    return SeveralChannels(frame.reset_index(), dataset.currency)


@dataclass(frozen=True)
class MarketIndex(Result):
    """Our share of customers and of money in each part of the market ÷ the market's.

    Attributes
    ----------
    frame
        By ``part``, the best covered first: ``market_share``, ``customers``, ``share_of_customers``,
        ``customer_index`` (1 is as in the market), ``net_sales`` (money), ``share_of_sales`` and
        ``sales_index``.
    dimension
        What the market is divided by: a column of ``customers``.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "market_index"
    frame: pd.DataFrame
    dimension: str
    currency: str | None = None

    def title(self) -> str:
        """Return the part in which we are strongest for its size."""
        top = self.frame.iloc[0]
        return _("In {part} our share of customers is {index} times that of the market").format(
            part=top["part"], index=number(top["customer_index"], 1)
        )

    def sentence(self) -> str:
        """Return the same, and the parts we are missing."""
        absent = list(self.frame.loc[self.frame["customers"] == 0, "part"])
        last = self.frame.iloc[-1]
        if absent:
            return _("{title}; we have no customer in {parts}.").format(
                title=self.title(), parts=listing(absent)
            )
        return _("{title}, in {part} {index} times.").format(
            title=self.title(), part=last["part"], index=number(last["customer_index"], 2)
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the parts."""
        return {"market_index": self.frame}

    def findings(self) -> list[Finding]:
        """Return where we are strong, and weak."""
        index = float(self.frame["customer_index"].iloc[-1])
        return [Finding("portfolio.market", self.sentence(), index, "ratio")]


@or_not_possible
def market_index(dataset: Dataset, compared: Compared) -> MarketIndex | NotPossible:
    """Set our customers of the last twelve months against the market.

    Parameters
    ----------
    dataset
        The data set; the market is divided by the column of ``customers`` that knows most of its parts.
    compared
        What each customer bought in the last twelve months.

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
    known = [name for name in OF_CUSTOMERS if name in dataset.tables.get("customers", frozenset())]
    if "market" not in dataset.tables or not known:
        return nothing
    market = dataset.query("market_segments").set_index("segment")
    weight = market["size"] if market["size"].notna().all() else market["share"]
    records = dataset.query("customer_records").set_index("customer_id")[known]
    dimension = max(known, key=lambda name: len(set(market.index) & set(records[name])))
    bought = compared.customers[compared.customers["purchases_now"] > 0]
    part = bought["customer_id"].map(records[dimension])
    sums = bought.groupby(part)["net_now"].agg(["size", "sum"]).reindex(market.index, fill_value=0)
    if not sums["size"].sum() or not weight.sum() > 0 or sums["sum"].sum() <= 0:
        return nothing
    frame = pd.DataFrame(
        {
            "market_share": weight / weight.sum(),
            "customers": sums["size"],
            "share_of_customers": sums["size"] / sums["size"].sum(),
            "net_sales": sums["sum"],
            "share_of_sales": sums["sum"] / sums["sum"].sum(),
        }
    )
    market_share = frame["market_share"].where(frame["market_share"] > 0)
    frame.insert(3, "customer_index", frame["share_of_customers"] / market_share)
    frame["sales_index"] = frame["share_of_sales"] / market_share
    frame = frame.sort_values("customer_index", ascending=False, kind="stable").rename_axis("part")
    return MarketIndex(frame.reset_index(), dimension, dataset.currency)


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
