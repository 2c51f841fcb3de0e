"""Do classes tell what comes? Fixed at a cut-off, judged on what customers then did."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.language import _, date, duration, money, number, percent
from analysis.not_possible import NotPossible
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Result, currency_of
from analysis.segmentation.abc_classes import Abc, abc
from analysis.segmentation.clusters import Clusters, features, fit_clusters, placed
from analysis.segmentation.earlier import ThreeDates
from analysis.segmentation.rfm import Rfm
from analysis.statistics import Z_95, lift, rank_correlation, wilson

Floats = npt.NDArray[np.float64]
DRAWS, DRAWN = 200, 10_000
SEED = 20240229
FEWEST = 20
MEASURES = ("lift", "rank_correlation")


@dataclass(frozen=True)
class Prediction(Result):
    """What classes fixed at a cut-off told of the period after it.

    Attributes
    ----------
    methods
        By ``method`` (``rfm``, ``abc``, ``clusters``; ``sales``: no classes, but the rank by net sales so
        far), the highest lift first: ``classes`` (how many), ``lift`` and ``rank_correlation`` with the net
        sales that followed, and the ends ``…_low`` and ``…_high`` of their 95 % intervals.
    segments
        By RFM ``segment`` (key): ``customers``; ``expected``, what one brought in the period before;
        ``sales_after`` per customer and ``still_active``, the share who bought, with 95 % intervals, missing
        where there are fewer than 20.
    rival, is_clear
        The other that the first is compared with: plain sales, or the best of the classes; and whether the
        95 % interval of the difference of their lifts leaves out 0.
    names
        The name of each segment, best first.
    cut_off, months
        When the classes were fixed, and how long customers were then watched.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "prediction"
    methods: pd.DataFrame
    segments: pd.DataFrame
    rival: str
    is_clear: bool
    names: dict[str, str]
    cut_off: dt.date
    months: int
    currency: str | None = None

    def title(self) -> str:
        """Return which found most of the money."""
        return _("The top decile by “{method}” made {share} of the net sales that followed").format(
            method=method_name(str(self.methods.index[0])), share=percent(self.methods["lift"].iloc[0] / 10)
        )

    def sentence(self) -> str:
        """Return which found most of the money, against its rival, and which put customers best in order."""
        message = _(
            "“{best}” found most of the money of the {time} after {day}: lift {lift} (95% {low} to "
            "{high}), against {other} of “{rival}”: {verdict}. “{ordered}” put all customers best in order "
            "(rank correlation {correlation})."
        )
        order = self.methods["rank_correlation"]
        lifts = self.methods[["lift", "lift_low", "lift_high"]].map(lambda value: number(value, 1))
        of_best, low, high = lifts.iloc[0]
        return message.format(
            best=method_name(str(self.methods.index[0])),
            time=duration(self.months, "month"),
            day=date(self.cut_off),
            lift=of_best,
            low=low,
            high=high,
            other=lifts["lift"][self.rival],
            rival=method_name(self.rival),
            verdict=_("a clear difference") if self.is_clear else _("no clear difference"),
            ordered=method_name(str(order.idxmax())),
            correlation=number(order.max(), 2),
        )

    def segments_sentence(self) -> str:
        """Return the segments that brought most and least per customer."""
        order = self.segments.sort_values("sales_after", ascending=False).iloc[[0, -1]]
        names = [self.names[str(key)] for key in order.index]
        sales = [money(value, self.currency) for value in order["sales_after"]]
        bought = [percent(share) for share in order["still_active"]]
        return _(
            "Afterwards “{best}” brought most, {most} per customer ({many} bought), and “{last}” least, "
            "{least} ({few} bought)."
        ).format(best=names[0], most=sales[0], many=bought[0], last=names[1], least=sales[1], few=bought[1])

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the methods, and what the segments did."""
        return {
            "prediction": self.methods.rename(index=method_name),
            "segments_after": self.segments.rename(index=self.names),
        }

    def findings(self) -> list[Finding]:
        """Return which told best, and what segments brought."""
        best = float(self.methods["lift"].iloc[0])
        return [
            Finding("segmentation.prediction", self.sentence(), best, "lift"),
            Finding("segmentation.segments_after", self.segments_sentence()),
        ]


def method_name(method: str) -> str:
    """Return what a way to class or rank customers is called, in the reader's language."""
    names = {"rfm": _("RFM segments"), "abc": _("ABC classes"), "clusters": _("Clusters")}
    return names.get(method, _("Rank by net sales"))


def prediction(
    dates: ThreeDates | NotPossible, window: ActivityWindow | NotPossible, found: Clusters | NotPossible
) -> Prediction | NotPossible:
    """Judge classes fixed at the second date by what customers bought from there to the last.

    Parameters
    ----------
    dates
        The customers at three dates.
    window
        The activity window.
    found
        The clusters of today: as many are fitted at the first date, and applied at the second.

    Notes
    -----
    A class is worth what its customers brought on average in the period before, from the first date to the
    second; customers are ranked by the worth of their class. So no class is given an order by its name, and
    nothing is learned from the period that judges. Plain net sales rank as they are.
    """
    if isinstance(dates, NotPossible):
        return dates
    first, second = (dates.scored(place, window) for place in (0, 1))
    later = dates.bought(1)
    if (
        not isinstance(first, Rfm)
        or not isinstance(second, Rfm)
        or len(first.customers) < FEWEST
        or later.loc[second.customers["customer_id"], "net_sales"].sum() <= 0
    ):
        message = _(
            "To judge classes, {n} customers or more must have bought by {day}, and some since {later}."
        )
        days = [date(day) for day in dates.days[:2]]
        return NotPossible(message.format(n=FEWEST, day=days[0], later=days[1]))
    learned, known = _classes(dates.customers[0], first), _classes(dates.customers[1], second)
    if isinstance(found, Clusters):
        points = [features(dates.customers[place], dates.days[place]) for place in (0, 1)]
        pipeline = fit_clusters(points[0], len(found.centres))
        learned["clusters"], known["clusters"] = (placed(pipeline, one) for one in points)
    before, after = dates.bought(0).loc[learned.index], later.loc[known.index]
    worth = {name: before["net_sales"].groupby(classes).mean() for name, classes in learned.items()}
    scores = {"sales": dates.customers[1].set_index("customer_id")["net_sales"].reindex(known.index)}
    for name, classes in known.items():
        scores[str(name)] = classes.map(worth[name]).fillna(before["net_sales"].mean())
    methods, rival, is_clear = _compared(pd.DataFrame(scores).astype(float), after["net_sales"].to_numpy())
    methods.insert(0, "classes", known.nunique().reindex(methods.index))
    segments = _segments(known["rfm"], after)
    segments.insert(1, "expected", worth["rfm"])
    return Prediction(
        methods,
        segments.reindex([key for key in second.names if key in segments.index]),
        rival,
        is_clear,
        second.names,
        dates.days[1],
        dates.months,
        currency_of(dates.customers[2]),
    )


def _classes(customers: pd.DataFrame, scored: Rfm) -> pd.DataFrame:
    """Return by ``customer_id`` the RFM segment and, where there is one, the ABC class of who had bought."""
    frame = scored.customers.set_index("customer_id")[["segment"]].set_axis(["rfm"], axis=1)
    classed = abc(customers)
    if isinstance(classed, Abc):
        frame["abc"] = classed.customers.set_index("customer_id")["abc"]
    return frame


def _compared(scores: pd.DataFrame, outcome: Floats) -> tuple[pd.DataFrame, str, bool]:
    """Return the measures of each method with bootstrap intervals, the rival, and whether it is behind."""
    random, count, values = np.random.default_rng(SEED), len(outcome), scores.to_numpy()
    rows = [random.integers(count, size=min(count, DRAWN)) for _draw in range(DRAWS)]
    draws = np.array([_measures(values[chosen], outcome[chosen]) for chosen in rows])
    draws = (draws - draws.mean(axis=0)) * np.sqrt(len(rows[0]) / count)  # as wide as if all were drawn
    found = _measures(values, outcome)
    low, high = found + np.percentile(draws, (2.5, 97.5), axis=0)
    columns = {
        f"{measure}{end}": ends[:, place]
        for place, measure in enumerate(MEASURES)
        for end, ends in (("", found), ("_low", low), ("_high", high))
    }
    methods = pd.DataFrame(columns, pd.Index(scores.columns, name="method"))
    order = methods.sort_values("lift", ascending=False, kind="stable")
    best, second = (str(method) for method in order.index[:2])
    rival = second if best == "sales" else "sales"
    one, other = methods.index.get_indexer(pd.Index([best, rival]))
    behind = found[one, 0] - found[other, 0] + np.percentile(draws[:, one, 0] - draws[:, other, 0], 2.5)
    return order, rival, bool(behind > 0)


def _measures(scores: Floats, outcome: Floats) -> Floats:
    """Return lift and rank correlation of each column of scores; 0 where it tells nobody apart."""
    return np.nan_to_num([(lift(outcome, one), rank_correlation(one, outcome)) for one in scores.T])


def _segments(segments: pd.Series[str], after: pd.DataFrame) -> pd.DataFrame:
    """Return what customers of each segment did after the cut-off."""
    groups = after.assign(active=after["purchase_days"] > 0).groupby(segments.rename("segment"))
    size, mean, active = groups.size(), groups["net_sales"].mean(), groups["active"].mean()
    half, enough = Z_95 * groups["net_sales"].sem(), size >= FEWEST
    low, high = wilson(active, size)
    frame = pd.DataFrame({"customers": size, "sales_after": mean, "sales_low": mean - half})
    frame = frame.assign(sales_high=mean + half, still_active=active, active_low=low, active_high=high)
    ends = ["sales_low", "sales_high", "active_low", "active_high"]
    frame[ends] = frame[ends].where(enough, axis=0)
    return frame
