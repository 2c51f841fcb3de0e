"""RFM: recency, frequency and monetary value in scores, and the segment of each customer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.dataset.segment_table import CUTS, MIDDLE, SCALE, Scoring, Segment
from analysis.language import _, listing, ngettext, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Result, sizes_by

LETTERS = dict(zip("rfm", CUTS, strict=True))


@dataclass(frozen=True)
class Rfm(Result):
    """Customers scored by recency, frequency and monetary value, each in its named segment.

    Attributes
    ----------
    customers
        ``customer_id``; ``days_since_last`` (days from the last purchase to as_of), ``purchases``
        (purchase days), ``net_sales`` (money), ``usual_pause`` (mean days between purchases, missing where
        there was one); scores ``r``, ``f``, ``m`` (the highest is best); ``loyalty`` (mean of ``f`` and
        ``m`` on a scale of five, rounded down); ``segment`` (a key of ``segments``).
    unscored
        Customers without a purchase, who have no recency and are left out.
    scoring
        Number of scores, cut points and segments.
    window
        Days of silence beyond which nobody scores more than the middle for recency; None where there is no
        window.
    """

    name: ClassVar[str] = "segments"
    customers: pd.DataFrame
    unscored: int
    scoring: Scoring
    window: int | None = None

    @property
    def names(self) -> dict[str, str]:
        """The name of each segment in the reader's language, best first."""
        segments = self.scoring.table.items()
        return {key: found.said("name") or key.replace("_", " ").capitalize() for key, found in segments}

    @property
    def best(self) -> list[str]:
        """The keys of the best segments."""
        return [key for key, segment in self.scoring.table.items() if segment.best]

    @property
    def middle(self) -> int:
        """The score for recency up to which a customer has not bought lately."""
        return middle(self.scoring.number)

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
        sizes = sizes_by("segment", list(self.names), self.customers).join(medians)
        sizes.insert(0, "segment", list(self.names.values()))
        return sizes.reset_index(drop=True)

    @property
    def champions(self) -> int:
        """Number of customers in the first segment, which is the best."""
        return int((self.customers["segment"] == next(iter(self.names))).sum())

    def title(self) -> str:
        """Return what the best segment is of all customers, and of net sales where there are any."""
        best = self.sizes().iloc[0]
        message = _("'{best}' are {share} of customers and make {sales} of net sales")
        if pd.isna(best["share_of_sales"]):
            message = _("'{best}' are {share} of customers")
        share, sales = percent(best["share_of_customers"]), percent(best["share_of_sales"])
        return message.format(best=best["segment"], share=share, sales=sales)

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        best = self.sizes().iloc[0]
        message = _(
            "{champions} of {customers} customers ({share}) are in the best segment, '{best}', and make "
            "{sales} of net sales."
        )
        if pd.isna(best["share_of_sales"]):
            message = _("{champions} of {customers} customers ({share}) are in the best segment, '{best}'.")
        return message.format(
            best=best["segment"],
            champions=number(self.champions),
            customers=number(len(self.customers)),
            share=percent(best["share_of_customers"], 1),
            sales=percent(best["share_of_sales"], 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the segments."""
        return {"segments": self.sizes()}

    def findings(self) -> list[Finding]:
        """Return how many are in the best segment, and what they make."""
        best = max(float(self.sizes()["net_sales"].iloc[0]), 0.0)
        return [Finding("segmentation.champions", self.sentence(), self.champions, "customers", best)]

    def notes(self) -> list[str]:
        """Return who has no score, and what the window and equal frequencies do to scores."""
        said = []
        if self.window is not None:
            message = _("Nobody silent for more than {window} days, the activity window, scores above {n}.")
            said.append(message.format(window=number(self.window), n=number(self.middle)))
        levels = sorted(set(self.customers["f"]))
        if len(levels) < self.scoring.number:
            message = _(
                "Frequency tells fewer than {n} levels apart, only the scores {levels}, since equal "
                "customers score alike: {share} of them bought once."
            )
            if len(levels) == 1:
                message = _("All customers bought equally often: frequency tells nobody apart.")
            once = (self.customers["purchases"] == 1).mean()
            shown = listing([number(level) for level in levels])
            said.append(message.format(n=number(self.scoring.number), levels=shown, share=percent(once)))
        if self.unscored:
            message = ngettext(
                "{count} customer has returns but no purchase, so no recency: it has no segment.",
                "{count} customers have returns but no purchase, so no recency: they have no segment.",
                self.unscored,
            )
            said.append(message.format(count=number(self.unscored)))
        return said


def middle(scores: int) -> int:
    """Return the middle of so many scores: that of who cannot be told apart, the highest of the inactive."""
    return (scores + 1) // 2


def score(
    values: pd.Series, best: str = "high", equal: int | None = None, scores: int = SCALE
) -> pd.Series[int]:
    """Return a score for each value, by quantiles of all values: quintiles, unless told otherwise.

    Parameters
    ----------
    values
        Numbers without gaps, at least one.
    best
        ``high`` where large values are better, ``low`` where small ones are.
    equal
        Score where all values are equal and tell nobody apart; None: the middle.
    scores
        How many there are: 1 is worst.

    Returns
    -------
    pandas.Series
        1 + the whole quantiles of all values that are worse, an equal one counting half. The worst value
        always scores 1 and the best most. Equal values always get equal scores, whatever the order of rows.

    Examples
    --------
    >>> import pandas as pd
    >>> score(pd.Series([1, 1, 1, 3, 9])).tolist()
    [1, 1, 1, 4, 5]
    """
    if values.min() == values.max():
        return pd.Series(equal or middle(scores), index=values.index)
    rank = values.rank(method="min", ascending=best == "high").astype(int)
    worse, same = rank - 1, rank.map(rank.value_counts())
    found = 1 + scores * (2 * worse + same) // (2 * len(values))
    return found.mask(rank == rank.min(), 1).mask(rank == rank.max(), scores)


def score_by_cuts(values: pd.Series, cuts: list[float], best: str = "high") -> pd.Series[int]:
    """Return a score for each value by rising cut points: one more than there are of these.

    Where large values are better, a score is reached at its cut point; where small ones are (``low``), it
    holds up to and including it.

    Examples
    --------
    >>> import pandas as pd
    >>> score_by_cuts(pd.Series([29, 30, 31, 400]), [30, 90], best="low").tolist()
    [3, 3, 2, 1]
    """
    low = best == "low"
    place = np.searchsorted(cuts, values.to_numpy(dtype="float64"), side="left" if low else "right")
    return pd.Series(1 + (len(cuts) - place if low else place), index=values.index)


def rfm(
    customers: pd.DataFrame,
    as_of: dt.date,
    window: ActivityWindow | NotPossible | None = None,
    scoring: Scoring | None = None,
) -> Rfm | NotPossible:
    """Return scores and segments of all customers who bought.

    Parameters
    ----------
    customers
        The rows of ``sql/customers.sql``.
    as_of
        The last day that counts.
    window
        The activity window: who has been silent for longer scores at most the middle for recency, so that
        nobody inactive is in one of the best segments.
    scoring
        Number of scores, cut points and segments, as ``dataset.yml`` sets them: ``dataset.rfm``. None: five
        scores by quintiles, and the standard segments.

    Notes
    -----
    Recency is the days since the last purchase, not the ``t_x`` of the models in ``04_ltv``. Where all
    last bought on the same day, all are equally recent and score best. The rules of the segments are
    written for five scores; another number of scores is laid over these evenly.
    """
    bought = customers[customers["last_purchase"].notna()].reset_index(drop=True)
    if bought.empty:
        return NotPossible(_("Nobody bought anything, so there is nothing to score."))
    scoring = scoring or Scoring()
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
    scores = scoring.number
    for letter, measure in LETTERS.items():
        best, equal = ("low", scores) if letter == "r" else ("high", None)
        cuts = getattr(scoring, measure)
        found = score_by_cuts(frame[measure], cuts, best) if cuts else None
        frame[letter] = score(frame[measure], best, equal, scores) if found is None else found
    days = window.days if isinstance(window, ActivityWindow) else None
    silent = frame["days_since_last"] > (np.inf if days is None else days)
    frame["r"] = frame["r"].mask(silent, frame["r"].clip(upper=middle(scores)))
    r, f, m = (_on_scale(frame[letter], scores) for letter in LETTERS)
    frame["loyalty"] = (f + m) // 2
    frame["segment"] = _segments(
        r.mask(silent, r.clip(upper=MIDDLE)), frame["loyalty"], frame["purchases"], scoring.table
    )
    return Rfm(frame, len(customers) - len(bought), scoring, days)


def _on_scale(scores: pd.Series[int], number: int) -> pd.Series[int]:
    """Return scores from 1 to ``number`` on the scale of five that rules are written on."""
    return ((scores - 1) * 2 * (SCALE - 1) + 3 * (number - 1)) // (2 * (number - 1))


def _segments(
    recency: pd.Series[int], loyalty: pd.Series[int], purchases: pd.Series[int], table: dict[str, Segment]
) -> pd.Series[str]:
    """Return the key of the segment that holds each customer."""
    holder = {cell: key for key, segment in table.items() for cell in segment.cells()}
    keys = np.full((SCALE + 1, SCALE + 1, 2), "", dtype=object)
    for (r, loyal, times), key in holder.items():
        keys[r, loyal, int(times == "several")] = key
    found = keys[recency.to_numpy(), loyalty.to_numpy(), (purchases > 1).to_numpy().astype(int)]
    return pd.Series(found, index=recency.index, dtype="str")


@or_not_possible
def rules(scored: Rfm) -> pd.DataFrame:
    """Return the rule of every segment, best first."""
    segments = scored.scoring.table.values()
    times = {None: "", "once": _("once"), "several": _("several times")}
    return pd.DataFrame(
        {
            "segment": list(scored.names.values()),
            "meaning": [found.said("meaning") for found in segments],
            "recency": [_range(*found.recency) for found in segments],
            "loyalty_score": [_range(*found.loyalty) for found in segments],
            "times": [times[found.purchases] for found in segments],
        }
    )


@or_not_possible
def score_ranges(scored: Rfm) -> pd.DataFrame:
    """Return what each score stands for here.

    Returns
    -------
    pandas.DataFrame
        One row per score, best first: ``score`` and the lowest and highest ``days_since_last``,
        ``purchases`` and ``net_sales`` that got it (missing where no customer has the score).
    """
    parts = [
        scored.customers.groupby(letter)[measure].agg(["min", "max"]).add_prefix(f"{measure}_")
        for letter, measure in LETTERS.items()
    ]
    index = pd.RangeIndex(scored.scoring.number, 0, -1, name="score")
    return pd.concat([part.reindex(index) for part in parts], axis=1).reset_index()


def profile(
    customers: pd.DataFrame, as_of: dt.date, window: ActivityWindow | NotPossible, scoring: Scoring
) -> pd.DataFrame:
    """Return what RFM knows of each customer.

    Returns
    -------
    pandas.DataFrame
        By ``customer_id``, of all who bought: ``r``, ``f``, ``m`` and ``segment`` (its key; see `Rfm`).
    """
    scored = rfm(customers, as_of, window, scoring)
    columns = ["r", "f", "m", "segment"]
    if isinstance(scored, Rfm):
        return scored.customers.set_index("customer_id")[columns]
    return pd.DataFrame(columns=columns, index=pd.Index([], name="customer_id"))


def _range(low: int, high: int) -> str:
    return number(low) if low == high else f"{number(low)}–{number(high)}"
