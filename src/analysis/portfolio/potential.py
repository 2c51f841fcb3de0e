"""What customers could buy more, and where: declared, or seen in comparable customers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from analysis.language import N_, _, money, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.owners import named
from analysis.result import Finding, Result, currency_of

if TYPE_CHECKING:
    from analysis.dataset import Dataset

QUANTILE = 0.75
PEERS = 25
ENOUGH_PEERS = 8
LEAST_DAYS = 90
_GROUP = 60
_LEVEL = 0.5
_OWN = 3
_CATEGORIES = 30
_REFERENCE = 1_000
_CELLS = 20_000_000
BASES = {
    "declared": N_("declared"),
    "peers": N_("comparable customers"),
    "new": N_("not known: first purchase too recent"),
    "few": N_("not known: too few comparable customers"),
}
"""Where the growth potential of a customer comes from, or why there is none."""


@dataclass(frozen=True)
class GrowthPotential(Result):
    """What the customers of the last twelve months could buy more in a year.

    Attributes
    ----------
    customers
        The most to gain first: ``customer_id``, ``name`` and ``owner`` where known, ``net_sales`` (money,
        twelve months), ``potential`` (money, all they could buy in a year, where declared),
        ``share_of_wallet`` (net sales ÷ that), ``growth_potential`` (money, at least 0; missing where it
        cannot be estimated), ``category`` (that the largest part of it lies in), ``in_category`` (money) and
        ``basis`` (a key of `BASES`).
    where
        ``customer_id``, ``category`` and ``growth_potential`` in it (money, above 0). A customer's categories
        add up to its growth potential, where it is known in which it lies.
    silent
        Customers who bought before, but not in the twelve months: what they could buy is not estimated.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "growth_potential"
    is_drawn: ClassVar[bool] = False
    customers: pd.DataFrame
    where: pd.DataFrame
    silent: int
    currency: str | None = None

    @property
    def total(self) -> float:
        """Growth potential of all customers, in money."""
        return float(self.customers["growth_potential"].sum())

    @property
    def top(self) -> pd.DataFrame:
        """The tenth of the customers with most."""
        return self.customers.head(-(-len(self.customers) // 10))

    def by_category(self) -> pd.DataFrame:
        """Return ``category``, ``customers`` with growth potential in it, and how much; the most first."""
        sums = self.where.groupby("category")["growth_potential"].agg(["size", "sum"])
        sums.columns = pd.Index(["customers", "growth_potential"])
        return sums.sort_values("growth_potential", ascending=False).reset_index()

    def by_basis(self) -> pd.DataFrame:
        """Return on what the estimates rest, in the reader's language: ``basis``, ``customers``, money."""
        sums = self.customers.groupby("basis")["growth_potential"].agg(["size", "sum"])
        sums = sums.reindex([key for key in BASES if key in sums.index])
        return pd.DataFrame(
            {
                "basis": [basis_name(key) for key in sums.index],
                "customers": sums["size"].to_numpy(),
                "growth_potential": sums["sum"].to_numpy(),
            }
        )

    def title(self) -> str:
        """Return how much there is."""
        return _("Growth potential: {more} a year").format(more=money(self.total, self.currency))

    def sentence(self) -> str:
        """Return how much there is, with whom, and where."""
        said = ngettext(
            "Customers of the last twelve months could buy {more} a year more; {share} of it lies with {few} "
            "customer.",
            "Customers of the last twelve months could buy {more} a year more; {share} of it lies with {few} "
            "customers.",
            len(self.top),
        ).format(
            more=money(self.total, self.currency),
            few=number(len(self.top)),
            share=percent(self.top["growth_potential"].sum() / self.total if self.total else 0),
        )
        if self.where.empty:
            return said
        best = self.by_category().iloc[0]
        most = _("The largest part lies in {category} ({money}).")
        there = money(best["growth_potential"], self.currency)
        return f"{said} {most.format(category=best['category'], money=there)}"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return whom it lies with, in which categories, and what it rests on."""
        shown = self.customers[self.customers["growth_potential"] > 0].dropna(axis="columns", how="all")
        return {
            "growth_potential": shown.assign(basis=shown["basis"].map(basis_name)),
            "potential_by_category": self.by_category(),
            "potential_basis": self.by_basis(),
        }

    def findings(self) -> list[Finding]:
        """Return how much there is."""
        return [Finding("portfolio.growth_potential", self.sentence(), self.total, "money", self.total)]

    def notes(self) -> list[str]:
        """Return what the estimate is, and of whom there is none."""
        said = [
            _(
                "Where no potential is declared, it is what one in four comparable customers buys already, "
                "less what the customer bought in the last twelve months: a place to look, no promise."
            )
        ]
        if self.silent:
            message = ngettext(
                "{count} customer who bought nothing in the twelve months is left out: that is a question "
                "of winning it back.",
                "{count} customers who bought nothing in the twelve months are left out: that is a question "
                "of winning them back.",
                self.silent,
            )
            said.append(message.format(count=number(self.silent)))
        return said


def basis_name(key: str) -> str:
    """Return in the reader's language where a growth potential comes from; see `BASES`."""
    return _(BASES[key])


def growth_potential(dataset: Dataset) -> GrowthPotential | NotPossible:
    """Return what each customer could buy more in a year, and in which category.

    Parameters
    ----------
    dataset
        The data set. The potential that `customers` declares comes first; for the others it takes
        categories, or the customers' sector or size, to know who is comparable.

    Notes
    -----
    Growth potential = declared potential − net sales of the twelve months, or, without a declared one, the
    sum over categories of the upper quartile of the peers − own net sales of the twelve months, each at
    least 0.

    Peers are of the same sector and size (or the one that is known) where these have 60 customers or more,
    else of the same size, else any; of these the 25 nearest by what they buy: the square roots of the share
    of each category in all they ever bought (Hellinger distance) and half the logarithm of what they buy in
    a year. Customers of less than a year count with their pace of a year, those of less than 90 days not at
    all.

    Where it lies: net sales and growth potential together are laid over the categories by the customer's own
    shares so far, drawn towards those of its peers (weight 3 ÷ (3 + purchase days)); what this leaves to buy
    in a category is its part. The gaps by category alone would point to what a customer has never wanted: on
    `demo` they are no better than chance (benchmarks/README.md).
    """
    records = _records(dataset)
    known = [name for name in ("sector", "size") if records[name].notna().any()]
    if not known and "category" not in dataset.columns and records["potential"].isna().all():
        return NotPossible(
            _(
                "Growth potential takes customers who can be compared: the category of each sale, the "
                "customers' sector or size, or a declared potential would open it."
            )
        )
    sales = dataset.query("customers").set_index("customer_id")
    buyers = sales[sales["last_purchase"] > pd.Timestamp(dataset.as_of) - pd.DateOffset(years=1)]
    if buyers.empty:
        return NotPossible(_("Nobody bought anything in the last twelve months."))
    rows = dataset.query("customer_categories")
    now, ever = (_by_category(rows, of).reindex(buyers.index) for of in ("net_sales", "net_sales_ever"))
    usual, basis = _usual(now, ever.clip(lower=0.0), buyers, records[known].reindex(now.index), dataset.as_of)
    declared = records["potential"].reindex(now.index)
    more = (declared - now.sum(axis=1)).clip(lower=0.0)
    more = more.fillna((usual - now).clip(lower=0.0).sum(axis=1, min_count=1))
    where = _laid_out(more, now, _shares(ever.clip(lower=0.0), usual, buyers["purchase_days"]))
    frame = _told(now.sum(axis=1), declared, more, where, basis.mask(declared.notna(), "declared"))
    silent = int(sales["last_purchase"].notna().sum()) - len(buyers)
    return GrowthPotential(named(dataset, frame), where, silent, currency_of(rows))


def _records(dataset: Dataset) -> pd.DataFrame:
    if "customers" in dataset.tables:
        return dataset.query("customer_records").set_index("customer_id")
    return pd.DataFrame(columns=["sector", "size", "potential"], dtype="float64")


def _by_category(rows: pd.DataFrame, of: str) -> pd.DataFrame:
    """Return net sales by customer and category; the smallest categories, and none, count together."""
    totals = rows.groupby("category")["net_sales_ever"].sum().sort_values(ascending=False)
    category = rows["category"].where(rows["category"].isin(totals.index[:_CATEGORIES]), "")
    table = rows.assign(category=category).pivot_table(
        index="customer_id", columns="category", values=of, aggfunc="sum"
    )
    return table.fillna(0.0)


def _usual(
    now: pd.DataFrame, ever: pd.DataFrame, buyers: pd.DataFrame, alike: pd.DataFrame, as_of: dt.date
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the upper quartile of each customer's peers by category, and ``peers``, ``new`` or ``few``."""
    days = ((pd.Timestamp(as_of) - buyers["first_purchase"]).dt.days + 1).clip(upper=365)
    known = days[days >= LEAST_DAYS].index
    yearly = now.loc[known].clip(lower=0.0).mul(365 / days[known], axis=0)
    level = _LEVEL * np.log1p(yearly.sum(axis=1))
    features = _normed(ever.loc[known]).pow(0.5).assign(level=level).to_numpy()
    usual = pd.DataFrame(np.nan, now.index, now.columns)
    for places in yearly.reset_index().groupby(_groups(alike.loc[known]).to_numpy()).indices.values():
        if len(places) > ENOUGH_PEERS:
            usual.loc[known[places]] = _quartile(yearly.to_numpy()[places], features[places])
    unknown = np.where(days < LEAST_DAYS, "new", "few")
    has_peers = usual.notna().all(axis=1)
    return usual, pd.Series(np.where(has_peers, "peers", unknown), now.index)


def _normed(amounts: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each column in its row; 0 where the row is."""
    total = amounts.sum(axis=1)
    return amounts.div(total.where(total > 0, 1.0), axis=0)


def _groups(alike: pd.DataFrame) -> pd.Series:
    """Return the group of comparable customers that each belongs to: the narrowest that is large enough."""
    found = pd.Series(0, alike.index)
    for columns in ([*alike.columns[-1:]], [*alike.columns]):
        if columns:
            places = alike.groupby(columns, dropna=False)
            large = places[columns[0]].transform("size") >= _GROUP
            found = found.mask(large, len(columns) * len(alike) + places.ngroup())
    return found


def _quartile(yearly: np.ndarray[Any, Any], features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return by customer and category the upper quartile of its peers; some stand for a large group."""
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415 slow, and needed only here

    some = np.arange(0, len(yearly), -(-len(yearly) // _REFERENCE))
    peers = min(PEERS, len(some) - 1)
    nearest = NearestNeighbors(n_neighbors=peers + 1).fit(features[some])
    step = max(1, _CELLS // (peers * yearly.shape[1]))
    found = []
    for start in range(0, len(yearly), step):
        part = np.arange(start, min(start + step, len(yearly)))
        near = some[nearest.kneighbors(features[part], return_distance=False)]
        others = np.argsort(near == part[:, None], axis=1, kind="stable")[:, :peers]  # itself comes last
        found.append(np.quantile(yearly[np.take_along_axis(near, others, axis=1)], QUANTILE, axis=1))
    return np.concatenate(found)


def _shares(ever: pd.DataFrame, usual: pd.DataFrame, purchase_days: pd.Series) -> pd.DataFrame:
    """Return the share of each category that a customer may be expected to buy; see `growth_potential`."""
    weight = (_OWN / (_OWN + purchase_days)).where(usual.notna().all(axis=1), 0.0)
    theirs = _normed(usual.fillna(0.0))
    return _normed(_normed(ever).mul(1 - weight, axis=0) + theirs.mul(weight, axis=0))


def _laid_out(more: pd.Series, now: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Return growth potential by customer and category, rows above 0 of known categories only."""
    left = (shares.mul(now.sum(axis=1) + more, axis=0) - now).clip(lower=0.0)
    parts = _normed(left).mul(more, axis=0).drop(columns="", errors="ignore")
    long = parts.reset_index().melt("customer_id", var_name="category", value_name="growth_potential")
    return long[long["growth_potential"] > 0].reset_index(drop=True)


def _told(
    net_sales: pd.Series, declared: pd.Series, more: pd.Series, where: pd.DataFrame, basis: pd.Series
) -> pd.DataFrame:
    """Return the customers of `GrowthPotential`."""
    most = where.sort_values(["growth_potential", "category"], ascending=[False, True])
    most = most.drop_duplicates("customer_id").set_index("customer_id")
    frame = pd.DataFrame(
        {
            "net_sales": net_sales,
            "potential": declared,
            "share_of_wallet": net_sales / declared.where(declared > 0),
            "growth_potential": more,
            "category": most["category"],
            "in_category": most["growth_potential"],
            "basis": basis,
        },
        index=net_sales.index.rename("customer_id"),
    ).reset_index()
    order = ["growth_potential", "net_sales", "customer_id"]
    return frame.sort_values(order, ascending=[False, False, True]).reset_index(drop=True)
