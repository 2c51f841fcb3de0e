"""What is known of each active customer on three cut-off dates, and whether it then bought."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Protocol

import pandas as pd

from analysis.churn.horizon import Horizon
from analysis.language import _, date, number, percent
from analysis.not_possible import or_not_possible
from analysis.result import Result

FEATURES = (
    "days_since_last",
    "relative_silence",
    "purchase_days",
    "recent_purchases",
    "age_days",
    "mean_purchase",
    "returned_share",
)


class Queried(Protocol):
    """What answers queries as of a day, as `analysis.Dataset` does."""

    @property
    def as_of(self) -> dt.date:
        """The last day that counts."""

    @property
    def currency(self) -> str | None:
        """ISO 4217 code, or None where it is not known."""

    def query(self, name: str, *, as_of: dt.date) -> pd.DataFrame:
        """Return the rows of a query."""


@dataclass(frozen=True)
class Snapshots(Result):
    """The customers active on three days one horizon apart.

    Attributes
    ----------
    learn, check, today
        What `snapshot` gives two horizons ago, one horizon ago, and now, when nobody knows who will buy.
    days
        The three days.
    horizon
        The horizon.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "snapshots"
    is_drawn: ClassVar[bool] = False
    learn: pd.DataFrame
    check: pd.DataFrame
    today: pd.DataFrame
    days: tuple[dt.date, dt.date, dt.date]
    horizon: int
    currency: str | None = None

    def table(self) -> pd.DataFrame:
        """Return one row per cut-off.

        Returns
        -------
        pandas.DataFrame
            ``snapshot`` (what it is for), ``features_until``, ``outcome_known`` (missing for today),
            ``customers`` active, ``no_purchase_share`` of them.
        """
        frames = (self.learn, self.check, self.today)
        return pd.DataFrame(
            {
                "snapshot": [_("learn"), _("check"), _("forecast")],
                "features_until": self.days,
                "outcome_known": [self.days[1], self.days[2], None],
                "customers": [len(frame) for frame in frames],
                "no_purchase_share": [frame["no_purchase"].astype("Float64").mean() for frame in frames],
            }
        ).astype({"no_purchase_share": "Float64"})

    def sentence(self) -> str:
        """Return how many were active at the check date, and how many of them did not buy."""
        share = self.check["no_purchase"].astype("Float64").mean()
        return _(
            "Of {customers} customers active on {day}, {share} did not buy in the {horizon} days after it."
        ).format(
            customers=number(len(self.check)),
            day=date(self.days[1]),
            share=percent(0.0 if pd.isna(share) else float(share), 1),
            horizon=number(self.horizon),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the three days."""
        return {"snapshots": self.table()}

    def notes(self) -> list[str]:
        """Return the sentence."""
        return [self.sentence()]


def feature_label(feature: str) -> str:
    """Return what a feature is called in tables and figures; its own name where a reader added it."""
    labels = {
        "days_since_last": _("Days since the last purchase"),
        "relative_silence": _("Days since last ÷ usual gap"),
        "purchase_days": _("Purchases, ever"),
        "recent_purchases": _("Purchases, lately"),
        "age_days": _("Days since the first purchase"),
        "mean_purchase": _("Value per purchase"),
        "returned_share": _("Share of sales returned"),
    }
    return labels.get(feature, feature)


@or_not_possible
def snapshots(dataset: Queried, horizon: Horizon) -> Snapshots:
    """Return the customers active on three days one horizon apart, with what was known on each.

    Parameters
    ----------
    dataset
        The data set.
    horizon
        The horizon.
    """
    dates = [dataset.as_of - dt.timedelta(days=horizon.days * back) for back in (3, 2, 1, 0)]
    customers = [dataset.query("customers", as_of=day) for day in dates]
    return Snapshots(
        learn=snapshot(dates[1], horizon, *customers[0:3]),
        check=snapshot(dates[2], horizon, *customers[1:4]),
        today=snapshot(dates[3], horizon, *customers[2:4]),
        days=(dates[1], dates[2], dates[3]),
        horizon=horizon.days,
        currency=dataset.currency,
    )


def snapshot(
    day: dt.date,
    horizon: Horizon,
    before: pd.DataFrame,
    now: pd.DataFrame,
    after: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Describe the customers active on ``day`` by what was known that day, and say who then did not buy.

    Parameters
    ----------
    day
        The cut-off: no row after it enters a feature.
    horizon
        The horizon. *Active* on ``day`` is who bought within the activity window.
    before, now
        ``sql/customers.sql`` one horizon before ``day``, and on ``day``.
    after
        The same one horizon after ``day``; None where that lies in the future.

    Returns
    -------
    pandas.DataFrame
        One row per active customer: ``customer_id``, ``last_purchase``; the features
        ``days_since_last``; ``relative_silence`` (``days_since_last`` ÷ the customer's usual gap, see
        `usual_gap`); ``purchase_days``; ``recent_purchases`` (those within the horizon up to ``day``);
        ``age_days``; ``mean_purchase`` in money; ``returned_share``; then ``net_sales`` and
        ``recent_net_sales`` in money, and ``no_purchase`` (within the horizon after ``day``), missing where
        ``after`` is None.
    """
    today = pd.Timestamp(day)
    active = now[now["last_purchase"] >= today - pd.Timedelta(days=horizon.window)].reset_index(drop=True)
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
    frame["no_purchase"] = _no_purchase(active, after)
    return frame


def _no_purchase(active: pd.DataFrame, after: pd.DataFrame | None) -> pd.Series:
    if after is None:
        return pd.Series(pd.NA, index=active.index, dtype="boolean")
    later = after.set_index("customer_id")["purchase_days"].reindex(active["customer_id"]).to_numpy()
    return pd.Series(later == active["purchase_days"].to_numpy(), index=active.index).astype("boolean")


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
