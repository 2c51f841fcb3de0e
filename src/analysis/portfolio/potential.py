"""What customers could buy more, and where: declared, or seen in comparable customers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.dataset.parts import narrowed, together
from analysis.language import N_, _, money, number, percent
from analysis.not_possible import NotPossible
from analysis.owners import named
from analysis.result import LISTED, Finding, Listed, largest_first, only_first

if TYPE_CHECKING:
    from analysis.dataset import Dataset

QUANTILE, PEERS, ENOUGH_PEERS, LEAST_DAYS = 0.75, 25, 8, 90
_GROUP, _LEVEL, _OWN = 60, 0.5, 3
_CATEGORIES, _REFERENCE = 30, 1_000
_BASES = {
    "declared": N_("declared"),
    "peers": N_("comparable customers"),
    "new": N_("not known: first purchase too recent"),
    "few": N_("not known: too few comparable customers"),
}


@dataclass(frozen=True, kw_only=True)
class GrowthPotential(Listed):
    """What the customers of the last twelve months could buy more in a year.

    Attributes
    ----------
    customers
        The most to gain first: ``customer_id``, ``name`` and ``owner`` where known, ``net_sales`` (of twelve
        months), ``potential`` (what they could buy in a year, where declared), ``share_of_wallet`` (net sales
        ÷ that), ``growth_potential`` (at least 0; missing where it cannot be estimated), ``category`` (that
        most of it lies in), ``in_category`` (money) and ``basis`` (what it rests on, or why there is none).
    """

    name: ClassVar[str] = "growth_potential"
    customers: pd.DataFrame
    currency: str | None = None


def growth_potential(dataset: Dataset) -> GrowthPotential | NotPossible:
    """Return what each customer could buy more in a year, and in which category.

    Notes
    -----
    Growth potential = declared potential − net sales of the twelve months, or, without a declared one, the
    sum over categories of the upper quartile of the peers − own net sales of the twelve months, each at
    least 0.

    Peers are of the same sector and size (or the one that is known) where these have 60 customers or more,
    else of the same size, else any; of these the 25 nearest by what they buy: the square roots of the share
    of each category in all they ever bought (Hellinger distance) and half the logarithm of what they buy in
    a year. Customers of less than a year count with their pace of a year, those of less than 90 days not at
    all. Of more than 1,000 alike, every n-th stands for all: the others take what the nearest has.

    Where it lies: net sales and growth potential together are laid over the categories by the customer's own
    shares so far, drawn towards those of its peers (weight 3 ÷ (3 + purchase days)); what this leaves to buy
    in a category is its part. The gaps by category alone would point to what a customer has never wanted: on
    `demo` they are no better than chance (benchmarks/README.md).

    Of a large data set, peers are sought within the part that a customer is in.
    """
    frames: list[pd.DataFrame] = []
    places: list[pd.DataFrame] = []
    reasons: list[NotPossible] = []
    for part in dataset.batches():
        if isinstance(found := estimated(part), NotPossible):
            reasons.append(found)
        else:
            frames.append(narrowed(found[0]) if part.whole else found[0])
            places.append(_by_category(found[1]))
    if not frames:
        return reasons[0]
    customers = largest_first(together(frames), ["growth_potential", "net_sales"])
    where = pd.concat(places).groupby("category").sum()
    where = where.sort_values("growth_potential", ascending=False, kind="stable").reset_index()
    parts = len(frames) if dataset.in_parts else 0
    return _told(named(dataset, customers), where, dataset.currency, _within(len(customers), parts))


def estimated(dataset: Dataset) -> tuple[pd.DataFrame, pd.DataFrame] | NotPossible:
    """Return what each customer could buy more, as in `GrowthPotential`, and where.

    The second frame has the money by ``customer_id`` and category; a customer's add up to its own, where it
    is known in which it lies.
    """
    records = pd.DataFrame(columns=["sector", "size", "potential"], dtype="float64")
    if "customers" in dataset.tables:
        records = dataset.query("customer_records").set_index("customer_id")
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
    rows = dataset.query("customer_categories")
    largest = rows.groupby("category")["net_sales_ever"].sum().nlargest(_CATEGORIES).index
    rows["category"] = rows["category"].where(rows["category"].isin(largest), "")  # the rest, and not known
    now, ever = (
        rows.pivot_table(index="customer_id", columns="category", values=of, aggfunc="sum")
        .fillna(0.0)
        .reindex(buyers.index)
        for of in ("net_sales", "net_sales_ever")
    )
    ever = ever.clip(lower=0.0)
    usual, basis = _usual(now, ever, buyers, records[known].reindex(now.index), dataset.as_of)
    net, declared = now.sum(axis=1), records["potential"].reindex(now.index)
    gaps = (usual - now).clip(lower=0.0).sum(axis=1, min_count=1)
    more = (declared - net).clip(lower=0.0).fillna(gaps)
    if more.isna().all():
        return NotPossible(
            _("Growth potential cannot be told: too few customers of the last twelve months can be compared.")
        )
    weight = (_OWN / (_OWN + buyers["purchase_days"])).where(basis == "peers", 0.0)
    shares = _normed(ever).mul(1 - weight, axis=0) + _normed(usual.fillna(0.0)).mul(weight, axis=0)
    left = (_normed(shares).mul(net + more, axis=0) - now).clip(lower=0.0)
    where = _normed(left).mul(more, axis=0).assign(**{"": 0.0})
    most = where.max(axis=1)
    told = {
        "net_sales": net,
        "growth_potential": more,
        "category": where.idxmax(axis=1).where(most > 0),
        "in_category": most.where(most > 0),
        "basis": basis.mask(declared.notna(), "declared").map(lambda key: _(_BASES[key])),
        "potential": declared,
        "share_of_wallet": net / declared.where(declared > 0),
    }
    return pd.DataFrame(told, index=now.index).reset_index(), where


def _within(customers: int, parts: int) -> tuple[str, ...]:
    """Say among how many the peers were sought, where not among all."""
    if not parts:
        return ()
    said = _("Comparable customers of each were sought among about {n}, drawn at random.")
    return (said.format(n=number(customers / parts)),)


def _told(
    customers: pd.DataFrame, where: pd.DataFrame, currency: str | None, within: tuple[str, ...]
) -> GrowthPotential:
    """Return the result that says how much the customers could buy more, and where it lies."""
    total = float(customers["growth_potential"].sum())
    tenth = customers["growth_potential"].head(-(-len(customers) // 10))
    text = _(
        "By what they declare or comparable customers buy, those of the last twelve months could buy up to "
        "{more} a year more; {share} of it lies with {few} of them."
    ).format(more=money(total, currency), share=percent(tenth.sum() / (total or 1.0)), few=number(len(tenth)))
    some = min(int((customers["growth_potential"] > 0).sum()), LISTED)
    shown = {
        "growth_potential": customers[:some].dropna(axis="columns", how="all"),
        "potential_by_category": where,
        "potential_basis": _by("basis", customers),
    }
    if len(where):
        category, _customers, its = shown["potential_by_category"].iloc[0]
        lies = _("The largest part lies in {category} ({money}).")
        text = f"{text} {lies.format(category=category, money=money(its, currency))}"
    action = _("Offer it first to those whom the action plan says to develop.")
    found = Finding("portfolio.growth_potential", text, total, "money", action=action)
    notes = (*within, *only_first(len(customers)))
    return GrowthPotential(shown, text, found, notes_on=notes, customers=customers, currency=currency)


def _by_category(where: pd.DataFrame) -> pd.DataFrame:
    above = where.where(where > 0)
    sums = pd.DataFrame({"customers": above.count(), "growth_potential": above.sum()})
    return sums[sums["customers"] > 0].rename_axis(index="category")


def _by(column: str, rows: pd.DataFrame) -> pd.DataFrame:
    groups = rows.groupby(column)["growth_potential"]
    sums = pd.DataFrame({"customers": groups.size(), "growth_potential": groups.sum(min_count=1)})
    return sums.sort_values("growth_potential", ascending=False, kind="stable").reset_index()


def _usual(
    now: pd.DataFrame, ever: pd.DataFrame, buyers: pd.DataFrame, alike: pd.DataFrame, as_of: dt.date
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the upper quartile of each customer's peers by category, and ``peers``, ``new`` or ``few``."""
    days = ((pd.Timestamp(as_of) - buyers["first_purchase"]).dt.days + 1).clip(upper=365)
    known = days[days >= LEAST_DAYS].index
    yearly = now.loc[known].clip(lower=0.0).mul(365 / days[known], axis=0)
    features = _normed(ever.loc[known]).pow(0.5).assign(level=_LEVEL * np.log1p(yearly.sum(axis=1)))
    usual = pd.DataFrame(np.nan, now.index, now.columns)
    for _name, group in yearly.groupby(_groups(alike.loc[known])):
        if len(group) > ENOUGH_PEERS:
            usual.loc[group.index] = _quartile(group.to_numpy(), features.loc[group.index].to_numpy())
    basis = np.select([days < LEAST_DAYS, usual.notna().all(axis=1)], ["new", "peers"], "few")
    return usual, pd.Series(basis, now.index)


def _groups(alike: pd.DataFrame) -> pd.Series:
    """Return the group of comparable customers that each belongs to: the narrowest that is large enough."""
    found = pd.Series(0, alike.index)
    for columns in ([*alike.columns[-1:]], [*alike.columns]):
        if columns:
            places = alike.groupby(columns, dropna=False)
            large = places[columns[0]].transform("size") >= _GROUP
            found = found.mask(large, len(columns) * len(alike) + places.ngroup())
    return found


def _quartile(yearly: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return by customer and category the upper quartile of its peers; some stand for a large group."""
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415 slow, and needed only here

    some = np.arange(0, len(yearly), -(-len(yearly) // _REFERENCE))
    nearest = NearestNeighbors(n_neighbors=min(PEERS, len(some) - 1)).fit(features[some])
    usual: np.ndarray = np.quantile(yearly[some][nearest.kneighbors(return_distance=False)], QUANTILE, axis=1)
    if len(some) < len(yearly):
        usual = usual[nearest.kneighbors(features, 1, return_distance=False)[:, 0]]
    return usual


def _normed(amounts: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each column in its row; 0 where the row is."""
    total = amounts.sum(axis=1)
    return amounts.div(total.where(total > 0, 1.0), axis=0)
