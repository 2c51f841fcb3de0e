"""How far ahead to look: the activity window, or the longest horizon that the history holds three times."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio import ActivityWindow
from analysis.result import Finding, Listed

SHORTEST_DAYS = 30  # below which the activity window is not shortened to fit into the history
MIN_REPEATS = 30  # repeat purchases that it takes to learn who comes back
TIMES = 3  # the history must hold the horizon: before the first cut-off, between the two, and after


@dataclass(frozen=True, kw_only=True)
class Horizon(Listed):
    """For how many ``days`` ahead the question is asked whether a customer will buy.

    They are fewer than those of the activity ``window`` where the history is too short for it; ``curve`` is
    what `return_curve` gives.
    """

    name: ClassVar[str] = "return_curve"
    is_drawn: ClassVar[bool] = True
    days: int
    window: int
    curve: pd.DataFrame


def return_curve(pairs: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Estimate after how many days customers come back, counting those still silent for what they are.

    The Kaplan–Meier estimator: someone silent for 20 days so far says nothing about day 21, so each day's
    share is taken among those observed that long. ``pairs`` are the rows of ``sql/purchase_gaps.sql``.

    Returns
    -------
    pandas.DataFrame
        One row per length seen, ascending: ``days``; ``at_risk`` purchases followed for at least that
        long; ``returned`` purchases followed by another after exactly that long; ``share`` of purchases
        followed by another within that many days.

    Examples
    --------
    >>> import pandas as pd
    >>> first, again = pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-11")
    >>> pairs = pd.DataFrame({"previous": first, "date": [again, pd.NaT], "gaps": [3, 1]})
    >>> return_curve(pairs, pd.Timestamp("2026-01-31"))
       days  at_risk  returned  share
    0    10        4         3   0.75
    1    30        1         0   0.75
    """
    end = pd.to_datetime(pairs["date"]).fillna(pd.Timestamp(as_of))
    counts = pd.DataFrame(
        {
            "days": (end - pd.to_datetime(pairs["previous"])).dt.days,
            "all": pairs["gaps"],
            "returned": pairs["gaps"].where(pairs["date"].notna(), 0),
        }
    )
    curve = counts.groupby("days").sum()
    curve["at_risk"] = curve["all"][::-1].cumsum()[::-1]
    curve["share"] = 1 - (1 - curve["returned"] / curve["at_risk"]).cumprod()
    return curve.reset_index()[["days", "at_risk", "returned", "share"]]


@or_not_possible
def horizon(window: ActivityWindow, pairs: pd.DataFrame, as_of: dt.date) -> Horizon | NotPossible:
    """Return how far ahead to look: the activity window, shortened where the history does not hold it.

    To learn and to check takes a history of three horizons. Not possible where a third of it is below 30 days
    and shorter than the window, or with fewer than 30 repeat purchases.
    """
    repeats = int(pairs.loc[pairs["date"].notna(), "gaps"].sum())
    if repeats < MIN_REPEATS:
        return NotPossible(
            _(
                "Too little data to learn who buys again: it takes at least {needed} repeat purchases (here: "
                "{found})."
            ).format(needed=MIN_REPEATS, found=number(repeats))
        )
    history = (pd.Timestamp(as_of) - pairs["previous"].min()).days
    days = min(window.days, history // TIMES)
    if days < min(window.days, SHORTEST_DAYS):
        return NotPossible(
            _(
                "Too little data to forecast who will not buy: it takes a history of at least {needed} days, "
                "and this one has {found}."
            ).format(needed=number(TIMES * min(window.days, SHORTEST_DAYS)), found=number(history))
        )
    curve = return_curve(pairs, as_of)
    within = curve["share"][curve["days"] <= days]
    returned = float(within.iloc[-1]) if len(within) else 0.0
    claim = _("{share} of purchases are followed by another within {days} days")
    said = (
        _(
            "The forecast of churn looks {days} days ahead, as far as the history allows (activity window: "
            "{window} days). {claim}."
        )
        if days < window.days
        else _("The forecast of churn looks {days} days ahead, the activity window. {claim}.")
    )
    claim = claim.format(share=percent(returned), days=number(days))
    text = said.format(days=number(days), window=number(window.days), claim=claim)
    rare = _(
        "Most purchases are followed by no other within the horizon: no purchase within it is the rule here "
        "and no sign of trouble, and some of those who do not buy will come later."
    )
    found, notes = Finding("churn.horizon", text, days, "days"), (rare,) if returned < 0.5 else ()
    return Horizon({}, text, found, claim, notes, days=days, window=window.days, curve=curve)
