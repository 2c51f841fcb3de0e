"""After how much silence a customer may be called lost: found in the gaps between purchases."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from analysis.language import _, number, percent
from analysis.not_possible import NotPossible

MIN_HORIZON_DAYS = 7
WINDOWS = 3  # the history must hold: before the first cut-off, between the two, after the second


@dataclass(frozen=True)
class Horizon:
    """How long a customer must stay silent to count as having left.

    Attributes
    ----------
    days
        The horizon.
    source
        ``"data"``: found in the gaps; ``"capped"``: shortened to what the history can hold;
        ``"given"``: set by the reader.
    wanted_days
        What the gaps asked for before any cap.
    share
        Share of the returns that the gaps had to cover.
    covered
        Share of all returns seen that come within ``days``.
    """

    days: int
    source: Literal["data", "capped", "given"]
    wanted_days: int
    share: float
    covered: float

    def title(self) -> str:
        """Return what a chart of the returns shows."""
        return _("{covered} of the customers who come back do so within {days} days").format(
            covered=percent(self.covered), days=number(self.days)
        )

    def describe(self) -> str:
        """Say how the horizon came about."""
        values = {
            "days": number(self.days),
            "wanted": number(self.wanted_days),
            "share": percent(self.share),
            "covered": percent(self.covered),
        }
        if self.source == "given":
            return _(
                "A customer silent for {days} days counts as having left, a horizon set by hand: {covered} "
                "of those who come back do so sooner."
            ).format(**values)
        if self.source == "capped":
            return _(
                "A customer silent for {days} days counts as having left: {covered} of those who come back "
                "do so sooner. To cover {share} would take {wanted} days, and the history is too short for "
                "that."
            ).format(**values)
        return _(
            "A customer silent for {days} days counts as having left: {covered} of those who come back do so "
            "sooner."
        ).format(**values)


def return_curve(gaps: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Estimate after how many days customers come back, counting those still silent for what they are.

    The Kaplan–Meier estimator: someone silent for 20 days so far says nothing about day 21, so each day's
    share is taken among those observed that long. Looking at completed gaps alone would make customers
    look faster than they are.

    Parameters
    ----------
    gaps
        The result of ``sql/purchase_gaps.sql``.
    as_of
        The last day that counts.

    Returns
    -------
    pandas.DataFrame
        One row per length seen, ascending: ``days``; ``at_risk`` purchases followed for at least that
        long; ``returned`` purchases followed by another after exactly that long; ``share`` of purchases
        followed by another within that many days.
    """
    end = pd.to_datetime(gaps["date"]).fillna(pd.Timestamp(as_of))
    counts = pd.DataFrame(
        {
            "days": (end - pd.to_datetime(gaps["previous"])).dt.days,
            "all": gaps["gaps"],
            "returned": gaps["gaps"].where(gaps["date"].notna(), 0),
        }
    )
    curve = counts.groupby("days").sum()
    curve["at_risk"] = curve["all"][::-1].cumsum()[::-1]
    curve["share"] = 1 - (1 - curve["returned"] / curve["at_risk"]).cumprod()
    return curve.reset_index()[["days", "at_risk", "returned", "share"]]


def choose_horizon(
    curve: pd.DataFrame, history_days: int, share: float = 0.8, given: int | None = None
) -> Horizon | NotPossible:
    """Choose the days of silence after which a customer counts as having left.

    A short horizon calls customers lost who were about to return; a long one tells the truth when it is
    too late. The default covers ``share`` of all returns the curve has seen, in whole weeks, but never
    more than a third of the history: to learn and to check takes three horizons.

    Parameters
    ----------
    curve
        The result of `return_curve`.
    history_days
        Days from the first purchase to as_of.
    share
        Share of the returns to cover, 0 to 1.
    given
        Days set by hand; None finds them.

    Returns
    -------
    Horizon or NotPossible
        ``NotPossible`` where nobody came back, or the history is shorter than three weeks.
    """
    seen = float(curve["share"].max()) if len(curve) else 0.0
    if seen == 0:
        return NotPossible(
            _("Too little data to say when a customer has left: nobody has bought on two different days.")
        )
    limit = history_days // WINDOWS
    if limit < MIN_HORIZON_DAYS:
        return NotPossible(
            _(
                "Too little data to say who leaves: it takes a history of at least {needed} days, and this "
                "one has {found}."
            ).format(needed=MIN_HORIZON_DAYS * WINDOWS, found=number(history_days))
        )
    reached = int(curve["days"][curve["share"] >= share * seen].iloc[0])
    wanted = max(-(-reached // 7) * 7, MIN_HORIZON_DAYS)
    days, source = (wanted, "data") if wanted <= limit else (limit, "capped")
    if given is not None:
        days, source = given, "given"
    within = curve["share"][curve["days"] <= days]
    covered = float(within.iloc[-1]) / seen if len(within) else 0.0
    return Horizon(days, source, wanted, share, covered)  # type: ignore[arg-type]
