"""Do classes tell what comes? Fixed at a cut-off, judged on what customers then did."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, date, duration, money, number, percent
from analysis.not_possible import NotPossible
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Result, currency_of
from analysis.segmentation.abc_classes import classified
from analysis.segmentation.clusters import Clusters, features, fit_clusters, placed
from analysis.segmentation.life_cycle import stages
from analysis.segmentation.migration import ThreeDates
from analysis.segmentation.rfm import Rfm
from analysis.statistics import Floats, lift

DRAWS, DRAWN = 200, 5_000
SEED = 20240229
FEWEST = 20


@dataclass(frozen=True)
class Prediction(Result):
    """What classes fixed at a cut-off told of the period after it.

    Attributes
    ----------
    methods
        By ``method`` (``rfm``, ``abc``, ``clusters``, ``life_cycle``; ``sales``: no classes, but the rank by
        net sales so far), the highest lift first: ``classes`` (how many), ``lift`` and ``rank_correlation``
        with the net sales that followed, and the ends ``…_low`` and ``…_high`` of their 95 % intervals.
    segments
        By RFM ``segment`` (its name), best first: ``customers``; ``expected``, what one brought in the period
        before; ``sales_after`` per customer, and ``still_active``, the share who bought.
    cut_off, months
        When the classes were fixed, and how long customers were then watched.
    """

    name: ClassVar[str] = "prediction"
    methods: pd.DataFrame
    segments: pd.DataFrame
    cut_off: dt.date
    months: int
    currency: str | None = None

    def title(self) -> str:
        """Return which found most of the money."""
        return _("The top decile by “{method}” made {share} of the net sales that followed").format(
            method=method_name(self.methods.index[0]), share=percent(self.methods["lift"].iloc[0] / 10)
        )

    def sentence(self) -> str:
        """Return which found most of the money, against plain sales or the next, and which ordered best."""
        message = _(
            "“{best}” found most of the money of the {time} after {day}: lift {lift} (95% {low} to {high}), "
            "against {other} ({other_low} to {other_high}) of “{rival}”. “{ordered}” put all customers best "
            "in order (rank correlation {correlation})."
        )
        lifts = self.methods[["lift", "lift_low", "lift_high"]].map(lambda value: number(value, 1))
        best, *others = lifts.index
        rival, order = "sales" if "sales" in others else others[0], self.methods["rank_correlation"]
        return message.format(
            best=method_name(best),
            time=duration(self.months, "month"),
            day=date(self.cut_off),
            **dict(zip(("lift", "low", "high"), lifts.loc[best], strict=True)),
            **dict(zip(("other", "other_low", "other_high"), lifts.loc[rival], strict=True)),
            rival=method_name(rival),
            ordered=method_name(str(order.idxmax())),
            correlation=number(order.max(), 2),
        )

    def segments_sentence(self) -> str:
        """Return the segments that brought most and least per customer."""
        order = self.segments.sort_values("sales_after", ascending=False).iloc[[0, -1]]
        (best, last), (many, few) = order.index, map(percent, order["still_active"])
        most, least = (money(value, self.currency) for value in order["sales_after"])
        return _(
            "Afterwards “{best}” brought most, {most} per customer ({many} bought), and “{last}” least, "
            "{least} ({few} bought)."
        ).format(best=best, most=most, many=many, last=last, least=least, few=few)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the methods, and what the segments did."""
        return {"prediction": self.methods.rename(index=method_name), "segments_after": self.segments}

    def findings(self) -> list[Finding]:
        """Return which told best, and what segments brought."""
        best = float(self.methods["lift"].iloc[0])
        after = Finding("segmentation.segments_after", self.segments_sentence())
        return [Finding("segmentation.prediction", self.sentence(), best, "lift"), after]


def method_name(method: str) -> str:
    """Return what a way to class or rank customers is called, in the reader's language."""
    names = {"rfm": _("RFM segments"), "abc": _("ABC classes"), "clusters": _("Clusters")}
    return (names | {"life_cycle": _("Life cycle"), "sales": _("Rank by net sales")})[method]


def prediction(
    dates: ThreeDates | NotPossible, window: ActivityWindow | NotPossible, found: Clusters | NotPossible
) -> Prediction | NotPossible:
    """Judge classes fixed at the second date by what customers bought from there to the last.

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
    learned, known = (_classes(dates, place, scored, window) for place, scored in enumerate((first, second)))
    if isinstance(found, Clusters):  # as many as today, fitted at the first date and applied at the second
        points = [features(dates.customers[place], dates.days[place]) for place in (0, 1)]
        pipeline = fit_clusters(points[0], len(found.centres))
        learned["clusters"], known["clusters"] = (placed(pipeline, one) for one in points)
    before, after = dates.bought(0).loc[learned.index], later.loc[known.index]
    scores = {"sales": dates.customers[1].set_index("customer_id")["net_sales"].reindex(known.index)}
    worth = {name: before["net_sales"].groupby(classes).mean() for name, classes in learned.items()}
    for name, classes in known.items():
        scores[str(name)] = classes.map(worth[name]).fillna(before["net_sales"].mean())
    methods = _compared(pd.DataFrame(scores).astype(float), after["net_sales"].to_numpy())
    methods.insert(0, "classes", known.nunique().reindex(methods.index))
    groups = after.assign(active=after["purchase_days"] > 0).groupby(known["rfm"].rename("segment"))
    segments = groups["net_sales"].agg(customers="size", sales_after="mean")
    segments = segments.assign(still_active=groups["active"].mean())
    segments.insert(1, "expected", worth["rfm"])
    segments = segments.reindex([key for key in second.names if key in segments.index])
    segments, currency = segments.rename(index=second.names), currency_of(dates.customers[2])
    return Prediction(methods, segments, dates.days[1], dates.months, currency)


def _classes(
    dates: ThreeDates, place: int, scored: Rfm, window: ActivityWindow | NotPossible
) -> pd.DataFrame:
    """Return by ``customer_id`` the classes at a date of who had bought, as far as there are any."""
    frame = scored.customers.set_index("customer_id")[["segment"]].set_axis(["rfm"], axis=1)
    table = dates.customers[place]
    if (classes := classified(table["net_sales"])) is not None:
        frame["abc"] = classes[table["last_purchase"].notna().to_numpy()]
    if isinstance(window, ActivityWindow) and dates.trends:
        known, day = dates.trends[place].set_index("customer_id"), dates.days[place]
        frame["life_cycle"] = stages(known, day, window.days)
    return frame


def _compared(scores: pd.DataFrame, outcome: Floats) -> pd.DataFrame:
    """Return the measures of each method with bootstrap intervals, of many from fewer, scaled."""
    random, count, values = np.random.default_rng(SEED), len(outcome), scores.to_numpy()
    rows = [random.integers(count, size=min(count, DRAWN)) for _draw in range(DRAWS)]
    draws = np.array([_measures(values[chosen], outcome[chosen]) for chosen in rows])
    draws = (draws - draws.mean(axis=0)) * np.sqrt(len(rows[0]) / count)  # as wide as if all were drawn
    found = _measures(values, outcome)
    ends = (found, *(found + np.percentile(draws, (2.5, 97.5), axis=0)))
    columns = [f"{measure}{end}" for measure in ("lift", "rank_correlation") for end in ("", "_low", "_high")]
    table = np.stack(ends, axis=-1).reshape(len(found), -1)
    methods = pd.DataFrame(table, pd.Index(scores.columns, name="method"), columns)
    return methods.sort_values("lift", ascending=False, kind="stable")


def _measures(scores: Floats, outcome: Floats) -> Floats:
    """Return lift and rank correlation of each column of scores; 0 where it tells nobody apart."""
    ranks = pd.DataFrame(np.column_stack([outcome, scores])).rank()
    lifts = [lift(outcome, one) for one in scores.T]
    found: Floats = np.nan_to_num(np.column_stack([lifts, ranks.corrwith(ranks[0])[1:]]))
    return found
