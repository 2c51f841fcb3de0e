"""Why this customer: in words, the two or three things known of it that raise its risk most."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.churn.model import ChurnModel, described
from analysis.churn.snapshots import ATTRIBUTES, FEATURES, feature_label
from analysis.language import _, ngettext, number, percent

SHOWN = ("days_since_last", "usual_gap", "purchase_days")
MOST = 2  # reasons given for one customer besides its silence
LEAST = 0.01  # by which no purchase is more likely, for something to be a reason
NO_REASON = (
    *("days_since_last", "relative_silence", "usual_gap", "irregularity", "due", "rhythm_risk", "p_alive"),
    *("expected_purchases", *ATTRIBUTES),
)
"""Features that say in other words how long it has been silent for one that buys as it does, or who it is."""
SHARES = ("returned_share", "discount_share", "late_share", "satisfaction")
HIGH = ("returned_share", "discount_share", "late_share", "waiting_days")
"""Numbers that are a reason where they are high; the others, but for those a reader added, where low."""


def reasons(model: ChurnModel, frame: pd.DataFrame, everybody: pd.DataFrame | None = None) -> pd.Series[str]:
    """Return in words what of each customer raises its risk most.

    First its silence, against what is usual for it; then what raises the risk most. What a feature adds is
    the risk less what it would be if the customer had the usual value of it: the median of all active
    customers, or the most frequent word. What is not known of a customer, or speaks for it, is no reason.
    What is usual is that of ``everybody``, where the customers of ``frame`` are some of them.
    """
    common = described(frame if everybody is None else everybody, model.features)
    told, risk = described(frame, model.features), model.risk(frame)
    names = [name for name in model.features if name not in NO_REASON]
    adds = [np.full(len(frame), -1.0)]
    for name in names:
        is_number = pd.api.types.is_numeric_dtype(told[name])
        usual = common[name].median() if is_number else common[name].mode().iloc[0]
        added = np.where(told[name].isna(), 0, risk - model.of(told.assign(**{name: usual})))
        if is_number and name in FEATURES:
            worse = told[name] > usual if name in HIGH else told[name] < usual
            added = np.where(worse, added, 0)
        adds.append(added)
    amounts = np.stack(adds)
    order = np.argsort(-amounts, axis=0, kind="stable")[:MOST]
    texts = []
    for place, row in enumerate(frame[list({*names, *SHOWN})].to_dict("records")):
        silent = int(row["days_since_last"]), row["usual_gap"], row["purchase_days"]
        strongest = [names[at - 1] for at in order[:, place] if amounts[at, place] >= LEAST]
        texts.append("; ".join([_silence(*silent), *(_said(name, row[name]) for name in strongest)]))
    return pd.Series(texts, frame.index, dtype="str")


def _silence(days: int, gap: float, purchases: float) -> str:
    if purchases == 1:
        return ngettext(
            "silent for {days} day after one purchase", "silent for {days} days after one purchase", days
        ).format(days=number(days))
    return ngettext(
        "silent for {days} day; usually buys every {gap}",
        "silent for {days} days; usually buys every {gap}",
        days,
    ).format(days=number(days), gap=number(gap))


def _said(name: str, value: float | str) -> str:
    """Say a feature as a fact, and not as a judgement."""
    label, written = feature_label(name), str(value)
    if not isinstance(value, str):
        written = percent(value) if name in SHARES else number(value, 0 if value % 1 == 0 else 1)
    return _("{feature}: {value}").format(feature=label[:1].lower() + label[1:], value=written)
