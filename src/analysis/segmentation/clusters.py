"""Clusters: groups of customers that the data suggest, if there are any."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, RobustScaler
from threadpoolctl import threadpool_limits

from analysis.language import _, number, percent
from analysis.not_possible import NotPossible
from analysis.result import Finding, Result, sizes_by
from analysis.segmentation.rfm import Rfm

Floats = npt.NDArray[np.float64]
FEATURES = ("days_since_last", "purchases", "value_per_purchase", "days_as_customer")
NUMBERS = range(3, 9)
STABLE, CLEARER = 0.8, 0.05
SEARCHED, RESAMPLES, FITTED = 3_000, 10, 1_000_000
SEED = 20240229
_FEWEST = 50
_APART = 0.25  # interquartile ranges from the median from which a feature names a cluster


def cluster_pipeline(count: int) -> Pipeline:
    """Return the steps from `features` to clusters: logarithm of 1 + each, robust scale, k-means."""
    means = KMeans(count, n_init=4, random_state=SEED)
    return make_pipeline(FunctionTransformer(np.log1p), RobustScaler(), means)


def features(customers: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return `FEATURES` by ``customer_id`` of all who bought; value per purchase is 0 at least."""
    bought = customers[customers["last_purchase"].notna()].set_index("customer_id").sort_index()
    day, purchases = pd.Timestamp(as_of), bought["purchase_days"].astype(float)
    columns = [
        (day - bought["last_purchase"]).dt.days,
        purchases,
        bought["net_sales"].astype(float).clip(lower=0) / purchases,
        (day - bought["first_purchase"]).dt.days,
    ]
    return pd.DataFrame(dict(zip(FEATURES, columns, strict=True)), dtype=float)


@dataclass(frozen=True)
class Clusters(Result):
    """Customers in clusters, numbered by net sales per customer from the highest down.

    Attributes
    ----------
    search
        By ``number`` of clusters: ``silhouette``; ``without_structure``, the silhouette in one cloud with the
        same means and covariances; ``stability``, the mean adjusted Rand index with clusters of resamples.
    customers
        By ``customer_id``: the columns of `features`, ``net_sales`` (money), ``cluster`` (1, 2, …) and
        ``segment`` (key of the RFM segment).
    centres
        The centre of each cluster, in interquartile ranges from the median of all; its name is made, in the
        reader's language, from what sets it apart most.
    segments
        The name of each RFM segment, best first.
    """

    name: ClassVar[str] = "clusters"
    search: pd.DataFrame
    customers: pd.DataFrame
    centres: pd.DataFrame
    segments: dict[str, str]

    def profile(self) -> pd.DataFrame:
        """Return one row per cluster: its name, size, money, and the median of each feature."""
        told = sizes_by("cluster", range(1, len(self.centres) + 1), self.customers)
        told = told.join(self.customers.groupby("cluster")[list(FEATURES)].median())
        return told.set_index(self.centres.index)

    def by_segment(self) -> pd.DataFrame:
        """Return the customers in each RFM segment and cluster."""
        table = pd.crosstab(self.customers["segment"], self.customers["cluster"])
        table = table.reindex(list(self.segments), fill_value=0).rename(index=self.segments)
        return table.set_axis(list(self.centres.index), axis=1)

    def title(self) -> str:
        """Return the cluster with most net sales per customer."""
        best = self.profile().iloc[0]
        return _("The cluster “{name}” is {customers} of customers and makes {sales} of net sales").format(
            name=best.name,
            customers=percent(best["share_of_customers"]),
            sales=percent(best["share_of_sales"]) if pd.notna(best["share_of_sales"]) else "–",
        )

    def sentence(self) -> str:
        """Return the number of clusters, how clear and how stable they are, and the best of them."""
        row = dict(self.search.set_index("number").loc[len(self.centres)])
        message = _(
            "{n} clusters: silhouette {clear}, against {cloud} in a cloud without clusters; adjusted Rand "
            "index under resampling {stable}. {title}."
        )
        figures = {"clear": "silhouette", "cloud": "without_structure", "stable": "stability"}
        told = {name: number(row[column], 2) for name, column in figures.items()}
        return message.format(n=len(self.centres), title=self.title(), **told)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the measures by number, the profile of each cluster, and clusters against segments."""
        return {
            "cluster_search": self.search,
            "clusters": self.profile(),
            "clusters_by_segment": self.by_segment(),
        }

    def findings(self) -> list[Finding]:
        """Return the clusters."""
        return [Finding("segmentation.clusters", self.sentence(), len(self.centres), "clusters")]

    def notes(self) -> list[str]:
        """Return how far clusters and segments divide customers alike, and what was done on a sample."""
        alike = adjusted_rand_score(self.customers["segment"], self.customers["cluster"])
        message = _("Clusters against RFM segments: adjusted Rand index {index} (1: the same; 0: by chance).")
        said = [message.format(index=number(alike, 2))]
        if (count := len(self.customers)) > SEARCHED:
            message = _("Measured on {n} customers drawn at random, fitted to {fitted} of {all}.")
            values = {"n": SEARCHED, "fitted": min(count, FITTED), "all": count}
            said.append(message.format(**{name: number(value) for name, value in values.items()}))
        return said


def clusters(
    customers: pd.DataFrame, as_of: dt.date, scored: Rfm | NotPossible, count: int | None = None
) -> Clusters | NotPossible:
    """Return the clusters of customers; not possible where none are stable and no number is given.

    Parameters
    ----------
    customers
        The rows of ``sql/customers.sql``.
    as_of
        The last day that counts.
    scored
        The RFM segments of the same customers, to compare with.
    count
        Number of clusters; None: of those that are stable and clearer than a cloud without clusters, the
        number with the highest silhouette.
    """
    frame = features(customers, as_of)
    points = frame.sample(min(SEARCHED, len(frame)), random_state=SEED).to_numpy()
    if isinstance(scored, NotPossible) or len(np.unique(points, axis=0)) < _FEWEST:
        message = _("Clusters need at least {n} customers who differ in how they buy.")
        return NotPossible(message.format(n=_FEWEST))
    search = _search(points, sorted({*NUMBERS, count or NUMBERS[0]}))
    clear = search["silhouette"] >= search["without_structure"] + CLEARER
    good = search[clear & (search["stability"] >= STABLE)].sort_values("silhouette")
    if count is None and good.empty:
        message = _(
            "Customers form no clusters: no number from {low} to {high} is both stable under resampling "
            "(adjusted Rand index {stable} or more; the highest is {found}) and clearer than in a cloud "
            "without clusters."
        )
        stable, found = number(STABLE, 1), number(search["stability"].max(), 2)
        return NotPossible(message.format(low=NUMBERS[0], high=NUMBERS[-1], stable=stable, found=found))
    pipeline = fit_clusters(frame, count or int(good["number"].to_numpy()[-1]))
    labels = placed(pipeline, frame)
    frame["net_sales"] = customers.set_index("customer_id")["net_sales"].astype(float)
    order = frame["net_sales"].groupby(labels).mean().sort_values(ascending=False, kind="stable").index
    frame["cluster"] = 1 + order.get_indexer(pd.Index(labels))
    frame["segment"] = scored.customers.set_index("customer_id")["segment"]
    centres = pipeline[-1].cluster_centers_[order]
    named = pd.DataFrame(centres, pd.Index(_names(centres), name="cluster"), columns=list(FEATURES))
    return Clusters(search, frame, named, scored.names)


def fit_clusters(frame: pd.DataFrame, count: int) -> Pipeline:
    """Return the pipeline fitted to `features`, of more than a million to a million drawn at random."""
    drawn = frame.sample(min(FITTED, len(frame)), random_state=SEED)
    with threadpool_limits(1):
        return cluster_pipeline(count).fit(drawn.to_numpy())


def placed(pipeline: Pipeline, frame: pd.DataFrame) -> pd.Series[int]:
    """Return the label that a fitted pipeline gives to each row of `features`."""
    with threadpool_limits(1):
        return pd.Series(pipeline.predict(frame.to_numpy()), frame.index)


def _search(points: Floats, counts: Iterable[int]) -> pd.DataFrame:
    """Return how clear and how stable so many clusters are."""
    random = np.random.default_rng(SEED)
    scaled = cluster_pipeline(2)[:-1].fit_transform(points)
    cloud = random.multivariate_normal(scaled.mean(0), np.cov(scaled.T), len(scaled))
    draws = random.integers(len(scaled), size=(RESAMPLES, len(scaled)))
    rows = []
    with threadpool_limits(1):  # so few customers take longer on several
        for count in counts:
            means = KMeans(count, n_init=2, random_state=SEED)
            found, none = means.fit_predict(scaled), means.fit_predict(cloud)
            again = [adjusted_rand_score(found, means.fit(scaled[drawn]).predict(scaled)) for drawn in draws]
            silhouettes = silhouette_score(scaled, found), silhouette_score(cloud, none)
            rows.append((count, *silhouettes, float(np.mean(again))))
    return pd.DataFrame(rows, columns=["number", "silhouette", "without_structure", "stability"])


def _names(centres: Floats) -> list[str]:
    """Return a name for each cluster: what sets it apart most, in as many words as tell all apart."""
    for words in (2, 3, 4):
        names = [_name(centre, words) for centre in centres]
        if len(set(names)) == len(names):
            return names
    return [f"{place}. {name}" for place, name in enumerate(names, 1)]


def _name(centre: Floats, words: int) -> str:
    low_and_high = (
        (_("seen lately"), _("long silence")),
        (_("few purchases"), _("many purchases")),
        (_("small amounts"), _("large amounts")),
        (_("short history"), _("long history")),
    )
    order = np.argsort(-np.abs(centre), kind="stable")[:words]
    told = sorted(place for place in order if abs(centre[place]) >= _APART)
    name = ", ".join(low_and_high[place][int(centre[place] > 0)] for place in told)
    name = name or _("like most customers")
    return name[0].upper() + name[1:]
