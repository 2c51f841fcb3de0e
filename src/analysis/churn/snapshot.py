"""What is known of each active customer on a given day, and whether it then left."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from analysis.language import _

FEATURES = (
    "days_since_last",
    "relative_silence",
    "purchase_days",
    "recent_purchases",
    "age_days",
    "mean_purchase",
    "returned_share",
)


def feature_label(feature: str) -> str:
    """Return what a feature is called in tables and figures."""
    labels = {
        "days_since_last": _("Days since the last purchase"),
        "relative_silence": _("Silence against the usual gap"),
        "purchase_days": _("Days with a purchase, ever"),
        "recent_purchases": _("Days with a purchase, of late"),
        "age_days": _("Days since the first purchase"),
        "mean_purchase": _("Money per day with a purchase"),
        "returned_share": _("Share of sales returned"),
    }
    return labels[feature]


def cutoffs(as_of: dt.date, horizon_days: int) -> list[dt.date]:
    """Return the four days at which the customer table is taken: as_of − 3, 2, 1 and 0 horizons."""
    return [as_of - dt.timedelta(days=horizon_days * back) for back in (3, 2, 1, 0)]


def snapshot(
    before: pd.DataFrame, now: pd.DataFrame, after: pd.DataFrame | None, day: dt.date, horizon_days: int
) -> pd.DataFrame:
    """Describe the customers active on ``day`` by what was known that day, and say who left.

    Parameters
    ----------
    before, now
        ``sql/customers.sql`` one horizon before ``day``, and on ``day``.
    after
        The same one horizon after ``day``; None where that lies in the future.
    day
        The cut-off: no row after it enters a feature.
    horizon_days
        The horizon. *Active* on ``day`` is who bought within the horizon up to it.

    Returns
    -------
    pandas.DataFrame
        One row per active customer: ``customer_id``, ``last_purchase``; the features
        ``days_since_last``; ``relative_silence`` (``days_since_last`` ÷ the customer's usual gap, see
        `usual_gap`); ``purchase_days``; ``recent_purchases`` (those within the horizon up to ``day``);
        ``age_days``; ``mean_purchase`` in money; ``returned_share``; then ``net_sales`` and
        ``recent_net_sales`` in money, and ``left`` (no purchase within the horizon after ``day``), missing
        where ``after`` is None.
    """
    today = pd.Timestamp(day)
    active = now[now["last_purchase"] > today - pd.Timedelta(days=horizon_days)].reset_index(drop=True)
    past = before.set_index("customer_id").reindex(active["customer_id"])
    frame = active[["customer_id", "last_purchase"]].copy()
    frame["days_since_last"] = (today - active["last_purchase"]).dt.days.astype(float)
    frame["relative_silence"] = frame["days_since_last"] / usual_gap(active)
    frame["purchase_days"] = active["purchase_days"].astype(float)
    frame["recent_purchases"] = active["purchase_days"] - past["purchase_days"].fillna(0).to_numpy(float)
    frame["age_days"] = (today - active["first_purchase"]).dt.days.astype(float)
    frame["mean_purchase"] = active["sales"] / active["purchase_days"]
    frame["returned_share"] = (-active["returns"] / active["sales"].where(active["sales"] > 0)).fillna(0.0)
    frame["net_sales"] = active["net_sales"]
    frame["recent_net_sales"] = active["net_sales"] - past["net_sales"].fillna(0).to_numpy(float)
    frame["left"] = _left(active, after)
    return frame


def _left(active: pd.DataFrame, after: pd.DataFrame | None) -> pd.Series:
    if after is None:
        return pd.Series(pd.NA, index=active.index, dtype="boolean")
    later = after.set_index("customer_id")["purchase_days"].reindex(active["customer_id"]).to_numpy()
    return pd.Series(later == active["purchase_days"].to_numpy(), index=active.index).astype("boolean")


def snapshots_table(snapshots: list[pd.DataFrame], days: list[dt.date]) -> pd.DataFrame:
    """Put the three snapshots side by side.

    Parameters
    ----------
    snapshots
        Those to learn from, to check on, and of today.
    days
        The result of `cutoffs`.

    Returns
    -------
    pandas.DataFrame
        One row each: ``snapshot`` (what it is for), ``features_until``, ``left_known_until`` (missing for
        today), ``customers`` active, ``left_share`` of them.
    """
    known = [days[2], days[3], None]
    return pd.DataFrame(
        {
            "snapshot": [_("learn"), _("check"), _("forecast")],
            "features_until": days[1:],
            "left_known_until": known,
            "customers": [len(frame) for frame in snapshots],
            "left_share": [frame["left"].astype("Float64").mean() for frame in snapshots],
        }
    ).astype({"left_share": "Float64"})


def usual_gap(customers: pd.DataFrame) -> pd.Series:
    """Return each customer's usual days between purchases, drawn towards that of all where it bought little.

    (days between first and last purchase + the mean gap of all) ÷ (repeat purchases + 1): as if each
    customer had shown one more gap of average length. Who bought once has the mean gap of all. At least
    1 day.
    """
    span = (customers["last_purchase"] - customers["first_purchase"]).dt.days
    repeats = customers["x"].sum()
    mean_gap = span.sum() / repeats if repeats else 1.0
    return ((span + mean_gap) / (customers["x"] + 1)).clip(lower=1.0)
