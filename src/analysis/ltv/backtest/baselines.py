"""The baselines a model must beat, and what each rule is called."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from analysis.language import _
from analysis.ltv.summary import Floats, Summary, weeks_in
from analysis.segmentation import Rfm, rfm

NAIVE = ("segments", "last_period", "same_rate", "zero")


def rule_name(rule: str) -> str:
    """Return what a forecast is called in tables and figures; a name of one's own stays as it is."""
    names = {
        "bg_nbd": _("BG/NBD"),
        "mbg_nbd": _("MBG/NBD"),
        "pareto_nbd": _("Pareto/NBD"),
        "segments": _("Mean of the RFM segment"),
        "last_period": _("Same as last period"),
        "same_rate": _("Same rate as before"),
        "zero": _("Nobody buys again"),
    }
    return names.get(rule, rule)


def naive(past: Summary, weeks: int) -> dict[str, Floats]:
    """Forecast purchases and net sales (``value_…``) of each customer without learning.

    Everybody goes on at the same rate and its own mean per repeat purchase; or nobody buys again.
    """
    x, _t_x, t = past.history
    same = np.divide(x * weeks_in(past.unit, weeks), t, out=np.zeros(len(x)), where=t > 0)
    none = np.zeros(len(x))
    return {"same_rate": same, "zero": none, "value_same_rate": same * _own(past), "value_zero": none}


def learned(
    before: pd.DataFrame, known: pd.DataFrame, past: Summary, before_weeks: int, weeks: int
) -> dict[str, Floats]:
    """Forecast what the last period showed, between ``before`` and ``known``, in proportion to its length.

    Of each customer the same again, without its first purchase, which cannot come again. Of each RFM segment
    the mean of what its customers, scored at the start of the last period, then bought in it; who is in a
    segment that was empty gets the mean of all.
    """
    start = past.as_of - dt.timedelta(weeks=before_weeks)
    scale = weeks / before_weeks
    ids = past.frame["customer_id"]
    numbers = ["x", "purchase_days", "net_sales"]
    was, now = (frame.set_index("customer_id")[numbers].astype("float64") for frame in (before, known))
    grown = (now - was.reindex(now.index, fill_value=0.0)).reindex(ids)
    repeated = grown["x"].to_numpy(float) * scale
    found = {"last_period": repeated, "value_last_period": repeated * _own(past)}
    learners, today = _segments(before, start), _segments(known, past.as_of)
    if learners is None or today is None:
        return found
    groups = grown.reindex(learners.index).groupby(learners)
    for name, column in (("segments", "purchase_days"), ("value_segments", "net_sales")):
        of_all = grown[column].reindex(learners.index).mean()
        found[name] = today.reindex(ids).map(groups[column].mean()).fillna(of_all).to_numpy(float) * scale
    return found


def _segments(customers: pd.DataFrame, as_of: dt.date) -> pd.Series | None:
    """Return the RFM segment of each customer; None where nobody had bought."""
    scored = rfm(customers, as_of)
    return scored.customers.set_index("customer_id")["segment"] if isinstance(scored, Rfm) else None


def _own(past: Summary) -> Floats:
    """Return each customer's own mean money per repeat purchase, 0 where it made none."""
    return past.frame["z"].fillna(0).to_numpy(float)
