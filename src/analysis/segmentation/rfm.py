"""RFM: recency, frequency and monetary value in scores, and the segment of each customer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.dataset import parts
from analysis.dataset.segment_table import CUTS, MIDDLE, SCALE, Scoring
from analysis.language import _, listing, ngettext, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Result, sizes_by

LETTERS = dict(zip("rfm", CUTS, strict=True))
MEASURED = ["last_purchase", "purchase_days", "net_sales"]
"""Columns of ``sql/customers.sql`` that scores are of."""
SCORED = ["customer_id", "first_purchase", "x", *MEASURED]
"""Those that `rfm` takes."""


@dataclass(frozen=True)
class Rfm(Result):
    """Customers scored by recency, frequency and monetary value, each in its named segment.

    Attributes
    ----------
    customers
        ``customer_id``; ``days_since_last`` (from the last purchase to as_of), ``purchases`` (purchase days),
        ``net_sales`` (money), ``usual_pause`` (mean days between purchases, missing where there was one);
        scores ``r``, ``f``, ``m`` (the highest is best); ``loyalty`` (mean of ``f`` and ``m`` on a scale of
        five, rounded down); ``segment`` (a key of ``names``).
    unscored
        Customers without a purchase, who have no recency and are left out.
    scoring
        Number of scores, cut points and segments.
    window
        Days of silence beyond which nobody scores more than the middle for recency, where there is one.
    """

    name: ClassVar[str] = "segments"
    customers: pd.DataFrame
    unscored: int
    scoring: Scoring
    window: int | None = None

    @property
    def names(self) -> dict[str, str]:
        """The name of each segment in the reader's language, best first."""
        return self.scoring.names

    @property
    def best(self) -> list[str]:
        """The keys of the best segments."""
        return [key for key, segment in self.scoring.table.items() if segment.best]

    @property
    def middle(self) -> int:
        """The score for recency up to which a customer has not bought lately."""
        return middle(self.scoring.number)

    def sizes(self) -> pd.DataFrame:
        """Return customers, money and medians of each segment, best first, empty ones included."""
        medians = self.customers.groupby("segment")[["days_since_last", "purchases", "net_sales"]].median()
        medians.columns = pd.Index(["typical_days", "typical_purchases", "typical_sales"])
        sizes = sizes_by("segment", list(self.names), self.customers).join(medians)
        sizes.insert(0, "segment", list(self.names.values()))
        return sizes.reset_index(drop=True)

    def title(self) -> str:
        """Return how many customers are in the first segment, the best, and what they make of net sales."""
        best = self.sizes().iloc[0]
        message = _("{n} of {customers} customers ({share}) are '{best}' and make {sales} of net sales.")
        if pd.isna(best["share_of_sales"]):
            message = _("{n} of {customers} customers ({share}) are '{best}'.")
        return message.format(
            n=number(best["customers"]),
            customers=number(len(self.customers)),
            share=percent(best["share_of_customers"], 1),
            best=best["segment"],
            sales=percent(best["share_of_sales"], 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the segments."""
        return {"segments": self.sizes()}

    def findings(self) -> list[Finding]:
        """Return how many are in the best segment, and what they make."""
        count = int(self.sizes()["customers"].iloc[0])
        action = _("See to it that each of them has somebody who looks after it and a next date.")
        return [Finding("segmentation.champions", self.title(), count, "customers", action=action)]

    def notes(self) -> list[str]:
        """Return who has no score, and what the window and equal frequencies do to scores."""
        said = []
        if self.window is not None:
            message = _("Nobody silent for more than {window} days, the activity window, scores above {n}.")
            said.append(message.format(window=number(self.window), n=number(self.middle)))
        levels = sorted(set(self.customers["f"]))
        if len(levels) < self.scoring.number:
            message = _(
                "Equal customers score alike, so frequency has only the scores {levels}: {share} of "
                "customers bought once."
            )
            once = percent((self.customers["purchases"] == 1).mean())
            said.append(message.format(levels=listing([number(level) for level in levels]), share=once))
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

    It is 1 + the whole quantiles of all values that are worse, an equal one counting half; the worst value
    always scores 1 and the best most. So equal values always get equal scores, whatever the order of rows.

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

    Examples
    --------
    >>> import pandas as pd
    >>> score(pd.Series([1, 1, 1, 3, 9])).tolist()
    [1, 1, 1, 4, 5]
    """
    places, levels = pd.factorize(values, sort=True)
    if len(levels) <= 1:
        return pd.Series(equal or middle(scores), index=values.index)
    if best == "low":
        places = len(levels) - 1 - places
    same = np.bincount(places)
    worse = same.cumsum() - same
    found = 1 + scores * (2 * worse + same) // (2 * len(values))
    found[[0, -1]] = 1, scores
    return pd.Series(found[places], index=values.index)


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


def as_cuts(customers: pd.DataFrame, as_of: dt.date, scoring: Scoring) -> Scoring:
    """Return a scoring whose cut points give these customers the scores that quantiles of all of them do.

    So some of them can be scored as if all were there.

    Parameters
    ----------
    customers
        All rows of ``sql/customers.sql``, of which `MEASURED` is enough.
    as_of
        The last day that counts.
    scoring
        Number of scores, and the cut points that are set, which stay.
    """
    bought = customers[customers["last_purchase"].notna()]
    if bought.empty:
        return scoring
    found = {}
    for letter, measure in LETTERS.items():
        if getattr(scoring, measure):
            continue
        values, best = _measured(bought, as_of, measure), _better(letter, scoring.number)
        levels = values.groupby(score(values, *best, scoring.number)).agg(
            "min" if best[0] == "high" else "max"
        )
        above = levels.reindex(range(2, scoring.number + 1)).bfill()
        cuts = above.fillna(np.inf if best[0] == "high" else -np.inf).astype(float).tolist()
        found[measure] = cuts if best[0] == "high" else cuts[::-1]
    return scoring.model_copy(update=found)


def _better(letter: str, scores: int) -> tuple[str, int | None]:
    """Return which values of a measure are better, and the score where all are equal."""
    return ("low", scores) if letter == "r" else ("high", None)


def _measured(bought: pd.DataFrame, as_of: dt.date, measure: str) -> pd.Series:
    found: pd.Series = bought[dict(zip(CUTS, MEASURED, strict=True))[measure]]
    return (pd.Timestamp(as_of) - found).dt.days if measure == "days_since_last" else found


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
        The rows of ``sql/customers.sql``, of which `SCORED` is enough.
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
            **{measure: _measured(bought, as_of, measure) for measure in CUTS},
            "usual_pause": span / bought["x"].where(bought["x"] > 0),
        }
    )
    scores = scoring.number
    for letter, measure in LETTERS.items():
        (best, equal), cuts, values = _better(letter, scores), getattr(scoring, measure), frame[measure]
        frame[letter] = score_by_cuts(values, cuts, best) if cuts else score(values, best, equal, scores)
    days = window.days if isinstance(window, ActivityWindow) else None
    silent = frame["days_since_last"] > (np.inf if days is None else days)
    frame["r"] = frame["r"].mask(silent, frame["r"].clip(upper=middle(scores)))
    r, f, m = (_on_scale(frame[letter], scores) for letter in LETTERS)
    r, frame["loyalty"] = r.mask(silent, r.clip(upper=MIDDLE)), (f + m) // 2
    place = 2 * (SCALE * r + frame["loyalty"] - SCALE - 1) + (frame["purchases"] > 1)
    frame["segment"] = pd.Series(scoring.keys(), dtype="str").take(place.to_numpy()).array
    if len(frame) > parts.LARGE:
        frame = parts.narrowed(frame)
    return Rfm(frame, len(customers) - len(bought), scoring, days)


def _on_scale(scores: pd.Series[int], number: int) -> pd.Series[int]:
    """Return scores from 1 to ``number`` on the scale of five that rules are written on."""
    return ((scores - 1) * 2 * (SCALE - 1) + 3 * (number - 1)) // (2 * (number - 1))


@or_not_possible
def rules(scored: Rfm) -> pd.DataFrame:
    """Return the rule of every segment, best first."""
    segments = scored.scoring.table.values()
    times = {None: "", "once": _("once"), "several": _("several times")}
    return pd.DataFrame(
        {
            "segment": list(scored.names.values()),
            "meaning": [found.said("meaning") for found in segments],
            "recency": [found.recency.replace("-", "–") for found in segments],
            "loyalty_score": [found.loyalty.replace("-", "–") for found in segments],
            "times": [times[found.purchases] for found in segments],
        }
    )


@or_not_possible
def score_ranges(scored: Rfm) -> pd.DataFrame:
    """Return the lowest and highest recency, frequency and net sales of each score, the best first."""
    parts = [
        scored.customers.groupby(letter)[measure].agg(["min", "max"]).add_prefix(f"{measure}_")
        for letter, measure in LETTERS.items()
    ]
    index = pd.RangeIndex(scored.scoring.number, 0, -1, name="score")
    return pd.concat([part.reindex(index) for part in parts], axis=1).reset_index()


def profile(
    customers: pd.DataFrame, as_of: dt.date, window: ActivityWindow | NotPossible, scoring: Scoring
) -> pd.DataFrame:
    """Return scores and segment (its key) by ``customer_id``, of all who bought; see `Rfm`."""
    columns = ["r", "f", "m", "segment"]
    scored = rfm(customers, as_of, window, scoring)
    empty = pd.DataFrame(columns=["customer_id", *columns])
    found = scored.customers if isinstance(scored, Rfm) else empty
    return found.set_index("customer_id")[columns]
