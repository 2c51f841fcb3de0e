"""RFM: recency, frequency and monetary value in scores from 1 to 5, and the segment of each customer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, ngettext, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Result, sizes_by
from analysis.segmentation.segment_rules import KEYS, SCORES, SEGMENTS, segment_name

NEUTRAL = 3


@dataclass(frozen=True)
class Rfm(Result):
    """Customers scored by recency, frequency and monetary value, each in its named segment.

    Attributes
    ----------
    customers
        ``customer_id``; ``days_since_last`` (days from the last purchase to as_of), ``purchases``
        (purchase days), ``net_sales`` (money), ``usual_pause`` (mean days between purchases, missing where
        there was one); scores ``r``, ``f``, ``m`` (1–5, 5 is best); ``loyalty``
        (mean of ``f`` and ``m``); ``segment`` (a key of `SEGMENTS`).
    unscored
        Customers without a purchase, who have no recency and are left out.
    window
        Days of silence beyond which nobody scores more than 3 for recency; None where there is no window.
    """

    name: ClassVar[str] = "segments"
    customers: pd.DataFrame
    unscored: int
    window: int | None = None

    @property
    def names(self) -> dict[str, str]:
        """The name of each segment in the reader's language, best first."""
        return {key: segment_name(key) for key in KEYS}

    def sizes(self) -> pd.DataFrame:
        """Return one row per segment, best first, empty ones included.

        Returns
        -------
        pandas.DataFrame
            ``segment`` (in the reader's language), ``customers``, ``share_of_customers``, ``net_sales``
            (money), ``share_of_sales``, and the medians ``typical_days`` since the last purchase,
            ``typical_purchases`` and ``typical_sales`` (money), missing in an empty segment.
        """
        groups = self.customers.groupby("segment")
        medians = groups[["days_since_last", "purchases", "net_sales"]].median()
        medians.columns = pd.Index(["typical_days", "typical_purchases", "typical_sales"])
        sizes = sizes_by("segment", KEYS, self.customers).join(medians)
        sizes.insert(0, "segment", [segment_name(key) for key in KEYS])
        return sizes.reset_index(drop=True)

    @property
    def champions(self) -> int:
        """Number of customers in the best segment."""
        return int((self.customers["segment"] == KEYS[0]).sum())

    def title(self) -> str:
        """Return what a chart of the segments shows."""
        best, largest = self._extremes()
        message = (
            _("The largest segment is '{largest}' with {largest_share} of customers")
            if not self.champions or pd.isna(best["share_of_sales"])
            else _("Champions are {share} of customers and make {sales} of net sales")
        )
        return message.format(
            share=percent(best["share_of_customers"]),
            sales=percent(best["share_of_sales"]),
            largest=largest["segment"],
            largest_share=percent(largest["share_of_customers"]),
        )

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        best, largest = self._extremes()
        if not self.champions:
            message = _(
                "No customer is a champion; "
                "the largest segment is '{largest}' with {largest_share} of customers."
            )
        elif pd.isna(best["share_of_sales"]):
            message = _(
                "{champions} of {customers} customers ({share}) are champions; "
                "the largest segment is '{largest}' with {largest_share} of customers."
            )
        else:
            message = _(
                "{champions} of {customers} customers ({share}) are champions and make {sales} of net sales; "
                "the largest segment is '{largest}' with {largest_share} of customers."
            )
        return message.format(
            champions=number(self.champions),
            customers=number(len(self.customers)),
            share=percent(best["share_of_customers"], 1),
            sales=percent(best["share_of_sales"], 1),
            largest=largest["segment"],
            largest_share=percent(largest["share_of_customers"], 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the segments."""
        return {"segments": self.sizes()}

    def findings(self) -> list[Finding]:
        """Return how many are champions, and what they make."""
        best = float(self.sizes()["net_sales"].iloc[0])
        return [
            Finding("segmentation.champions", self.sentence(), self.champions, "customers", max(best, 0.0))
        ]

    def notes(self) -> list[str]:
        """Return who has no score, and what the window and few customers do to scores."""
        said = []
        if self.window is not None:
            message = _("Nobody silent for more than {window} days, the activity window, scores above 3.")
            said.append(message.format(window=number(self.window)))
        if self.unscored:
            message = ngettext(
                "{count} customer has returns but no purchase, so no recency: it has no segment.",
                "{count} customers have returns but no purchase, so no recency: they have no segment.",
                self.unscored,
            )
            said.append(message.format(count=number(self.unscored)))
        return said

    def _extremes(self) -> tuple[pd.Series, pd.Series]:
        """Return the best and the largest segment."""
        sizes = self.sizes()
        return sizes.iloc[0], sizes.iloc[int(sizes["customers"].to_numpy().argmax())]


def score(values: pd.Series, best: str = "high", equal: int = NEUTRAL) -> pd.Series[int]:
    """Return a score from 1 to 5 for each value, by quintiles of all values.

    Parameters
    ----------
    values
        Numbers without gaps, at least one.
    best
        ``high`` where large values are better, ``low`` where small ones are.
    equal
        Score where all values are equal and tell nobody apart.

    Returns
    -------
    pandas.Series
        1 + the whole quintiles of all values that are worse, an equal one counting half. The worst value
        always scores 1 and the best 5. Equal values always get equal scores, whatever the order of rows.

    Examples
    --------
    >>> import pandas as pd
    >>> score(pd.Series([1, 1, 1, 3, 9])).tolist()
    [1, 1, 1, 4, 5]
    """
    if values.min() == values.max():
        return pd.Series(equal, index=values.index)
    rank = values.rank(method="min", ascending=best == "high").astype(int)
    worse, same = rank - 1, values.groupby(values).transform("size")
    scores = 1 + SCORES * (2 * worse + same) // (2 * len(values))
    return scores.mask(rank == rank.min(), 1).mask(rank == rank.max(), SCORES)


def rfm(
    customers: pd.DataFrame, as_of: dt.date, window: ActivityWindow | NotPossible | None = None
) -> Rfm | NotPossible:
    """Return scores and segments of all customers who bought.

    Parameters
    ----------
    customers
        The rows of ``sql/customers.sql``.
    as_of
        The last day that counts.
    window
        The activity window: who has been silent for longer scores at most 3 for recency, so that nobody
        inactive is in one of the best segments.

    Notes
    -----
    Recency is the days since the last purchase, not the ``t_x`` of the models in ``04_ltv``. Where all
    last bought on the same day, all are equally recent and score 5.
    """
    bought = customers[customers["last_purchase"].notna()].reset_index(drop=True)
    if bought.empty:
        return NotPossible(_("Nobody bought anything, so there is nothing to score."))
    span = (bought["last_purchase"] - bought["first_purchase"]).dt.days
    frame = pd.DataFrame(
        {
            "customer_id": bought["customer_id"],
            "days_since_last": (pd.Timestamp(as_of) - bought["last_purchase"]).dt.days,
            "purchases": bought["purchase_days"],
            "net_sales": bought["net_sales"],
            "usual_pause": span / bought["x"].where(bought["x"] > 0),
        }
    )
    frame = frame.assign(
        r=score(frame["days_since_last"], best="low", equal=SCORES),
        f=score(frame["purchases"]),
        m=score(frame["net_sales"]),
    )
    days = window.days if isinstance(window, ActivityWindow) else None
    if days is not None:
        frame["r"] = frame["r"].where(frame["days_since_last"] <= days, frame["r"].clip(upper=NEUTRAL))
    frame = frame.assign(loyalty=(frame["f"] + frame["m"]) / 2)
    held = [segment.holds(frame) for segment in SEGMENTS]
    return Rfm(frame.assign(segment=np.select(held, KEYS, "")), len(customers) - len(bought), days)


@or_not_possible
def score_ranges(scored: Rfm) -> pd.DataFrame:
    """Return what each score stands for here.

    Returns
    -------
    pandas.DataFrame
        One row per score, best first: ``score`` and the lowest and highest ``days_since_last``,
        ``purchases`` and ``net_sales`` that got it (missing where no customer has the score).
    """
    columns = {"r": "days_since_last", "f": "purchases", "m": "net_sales"}
    parts = [
        scored.customers.groupby(letter)[measure].agg(["min", "max"]).add_prefix(f"{measure}_")
        for letter, measure in columns.items()
    ]
    index = pd.RangeIndex(SCORES, 0, -1, name="score")
    return pd.concat([part.reindex(index) for part in parts], axis=1).reset_index()


def profile(customers: pd.DataFrame, as_of: dt.date, window: ActivityWindow | NotPossible) -> pd.DataFrame:
    """Return what RFM knows of each customer.

    Returns
    -------
    pandas.DataFrame
        By ``customer_id``, of all who bought: ``r``, ``f``, ``m`` and ``segment`` (a key of `SEGMENTS`).
    """
    scored = rfm(customers, as_of, window)
    columns = ["r", "f", "m", "segment"]
    if isinstance(scored, Rfm):
        return scored.customers.set_index("customer_id")[columns]
    return pd.DataFrame(columns=columns, index=pd.Index([], name="customer_id"))
