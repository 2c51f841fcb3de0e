"""Clusters: groups of customers that the data suggest, if there are any."""

from __future__ import annotations

import datetime as dt
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
STABLE, CLEARER, ABOUT = 0.8, 0.05, 0.02
SEARCHED, RESAMPLES, FITTED = 3_000, 10, 1_000_000
SEED = 20240229
_FEWEST = 50
_APART = 0.25  # interquartile ranges from the median from which a feature names a cluster


def features(customers: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return `FEATURES` by ``customer_id`` of all who bought, none so small that it has no logarithm.

    Days are 1 at least, and value per purchase a hundredth of the median of those above 0.
    """
    bought = customers[customers["last_purchase"].notna()].set_index("customer_id").sort_index()
    ends = (bought["last_purchase"], bought["first_purchase"])
    silent, known = ((pd.Timestamp(as_of) - day).dt.days.clip(lower=1) for day in ends)
    purchases = bought["purchase_days"].astype(float)
    value = bought["net_sales"].astype(float) / purchases
    value = value.clip(lower=value[value > 0].median() / 100 if (value > 0).any() else 1)
    return pd.DataFrame(dict(zip(FEATURES, (silent, purchases, value, known), strict=True)), dtype=float)


@dataclass(frozen=True)
class Clusters(Result):
    """Customers in clusters, numbered by net sales per customer from the highest down.

    Attributes
    ----------
    search
        By ``number`` of clusters: ``silhouette``; ``without_structure``, the silhouette in one cloud with the
        same means and covariances; ``stability``, the mean adjusted Rand index with clusters of resamples.
    customers
        By ``customer_id``: the columns of `features`, ``net_sales`` (money) and ``cluster`` (1, 2, …).
    centres
        The centre of each cluster, in interquartile ranges from the median of all; its name is made, in the
        reader's language, from what sets it apart most.
    by_segment
        The customers in each RFM segment, best first, and cluster.
    """

    name: ClassVar[str] = "clusters"
    search: pd.DataFrame
    customers: pd.DataFrame
    centres: pd.DataFrame
    by_segment: pd.DataFrame

    def profile(self) -> pd.DataFrame:
        """Return one row per cluster: its name, size, money, and the median of each feature."""
        told = sizes_by("cluster", range(1, len(self.centres) + 1), self.customers)
        told = told.join(self.customers.groupby("cluster")[list(FEATURES)].median())
        last = told.pop("net_sales")  # more than eight columns do not stand on a page
        return told.assign(net_sales=last).set_index(self.centres.index)

    def title(self) -> str:
        """Return the cluster with most net sales per customer."""
        best = self.profile().iloc[0]
        share, sales = percent(best["share_of_customers"]), percent(best["share_of_sales"])
        message = _("The cluster “{name}” is {customers} of customers and makes {sales} of net sales")
        return message.format(name=best.name, customers=share, sales=sales)

    def sentence(self) -> str:
        """Return the number of clusters, how clear and how stable they are, and the best of them."""
        message = _(
            "{n} clusters: silhouette {silhouette}, against {without_structure} in a cloud without clusters; "
            "adjusted Rand index under resampling {stability}. {title}."
        )
        told = self.search.set_index("number").loc[len(self.centres)].map(lambda value: number(value, 2))
        return message.format(n=len(self.centres), title=self.title(), **told)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the measures by number, the profile of each cluster, and clusters against segments."""
        found = {"cluster_search": self.search, "clusters": self.profile()}
        return found | {"clusters_by_segment": self.by_segment}

    def findings(self) -> list[Finding]:
        """Return the clusters."""
        return [Finding("segmentation.clusters", self.sentence(), len(self.centres), "clusters")]

    def notes(self) -> list[str]:
        """Return what was done on a sample."""
        if (count := len(self.customers)) <= SEARCHED:
            return []
        message = _("Measured on {n} customers drawn at random, fitted to {fitted} of {all}.")
        values = {"n": SEARCHED, "fitted": min(count, FITTED), "all": count}
        return [message.format(**{name: number(value) for name, value in values.items()})]


def clusters(
    customers: pd.DataFrame, as_of: dt.date, scored: Rfm | NotPossible, count: int | None = None
) -> Clusters | NotPossible:
    """Return so many clusters; by default the lowest number that is stable, and about as clear as any such.

    Not possible where none is stable and clearer than one cloud.
    """
    frame = features(customers, as_of)
    points = frame.sample(min(SEARCHED, len(frame)), random_state=SEED).to_numpy()
    if isinstance(scored, NotPossible) or len(np.unique(points, axis=0)) < _FEWEST:
        message = _("Clusters need at least {n} customers who differ in how they buy.")
        return NotPossible(message.format(n=_FEWEST))
    search = _search(points, sorted({*NUMBERS, count or NUMBERS[0]}))
    clear = search["silhouette"] >= search["without_structure"] + CLEARER
    good = search[clear & (search["stability"] >= STABLE)]
    if count is None and good.empty:
        message = _(
            "Customers form no clusters: no number from {low} to {high} is both stable under resampling "
            "(adjusted Rand index {stable} or more; the highest is {found}) and clearer than in a cloud "
            "without clusters."
        )
        stable, found = number(STABLE, 1), number(search["stability"].max(), 2)
        return NotPossible(message.format(low=NUMBERS[0], high=NUMBERS[-1], stable=stable, found=found))
    about_best = good["silhouette"] >= good["silhouette"].max() - ABOUT
    pipeline = fit_clusters(frame, count or int(good["number"][about_best].min()))
    labels = placed(pipeline, frame)
    frame["net_sales"] = customers.set_index("customer_id")["net_sales"].astype(float)
    order = frame["net_sales"].groupby(labels).mean().sort_values(ascending=False, kind="stable").index
    frame["cluster"] = 1 + order.get_indexer(pd.Index(labels))
    centres = pipeline[-1].cluster_centers_[order]
    named = pd.DataFrame(centres, pd.Index(_names(centres), name="cluster"), columns=list(FEATURES))
    segments = scored.customers.set_index("customer_id")["segment"].reindex(frame.index)
    compared = pd.crosstab(segments, frame["cluster"]).reindex(list(scored.names), fill_value=0)
    compared = compared.rename(index=scored.names).set_axis(list(named.index), axis=1)
    return Clusters(search, frame, named, compared)


def fit_clusters(frame: pd.DataFrame, count: int) -> Pipeline:
    """Return logarithm, robust scale and k-means, fitted to `features`: to a million drawn, if of more."""
    drawn = frame.sample(min(FITTED, len(frame)), random_state=SEED)
    means = KMeans(count, n_init=4, random_state=SEED)
    with threadpool_limits(1):
        return make_pipeline(FunctionTransformer(np.log), RobustScaler(), means).fit(drawn.to_numpy())


def placed(pipeline: Pipeline, frame: pd.DataFrame) -> pd.Series[int]:
    """Return the label that a fitted pipeline gives to each row of `features`."""
    with threadpool_limits(1):
        return pd.Series(pipeline.predict(frame.to_numpy()), frame.index)


def _search(points: Floats, counts: list[int]) -> pd.DataFrame:
    """Return how clear and how stable so many clusters are."""
    random = np.random.default_rng(SEED)
    scaled = RobustScaler().fit_transform(np.log(points))
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
    apart = [place for place in np.argsort(-np.abs(centre))[:words] if abs(centre[place]) >= _APART]
    name = ", ".join(low_and_high[place][int(centre[place] > 0)] for place in sorted(apart))
    name = name or _("like most customers")
    return name[0].upper() + name[1:]
