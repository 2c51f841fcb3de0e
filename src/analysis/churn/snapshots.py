"""What was known of each active customer on cut-offs one horizon apart, and whether it then bought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.churn.horizon import Horizon
from analysis.language import _, date, ngettext, number, percent
from analysis.ltv.model_selection import fit_purchases
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.summary import summarise
from analysis.not_possible import or_not_possible
from analysis.result import Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset

FEATURES = (
    "days_since_last",
    "relative_silence",
    "usual_gap",
    "purchase_days",
    "recent_purchases",
    "trend",
    "irregularity",
    "season_purchases",
    "age_days",
    "mean_purchase",
    "products",
    "categories",
    "returned_share",
    "discount_share",
    "late_share",
    "waiting_days",
    "satisfaction",
    "channel",
    "p_alive",
    "expected_purchases",
)
"""What is made of the data, as far as they have it; see `snapshot`."""
MOST_TO_LEARN = 3
"""Cut-offs to learn from."""
YEAR = 365
More = Callable[[dt.date], pd.DataFrame]


@dataclass(frozen=True)
class Snapshots(Result):
    """The customers active on days one horizon apart, as they were known then.

    Attributes
    ----------
    past
        What `snapshot` gives at each cut-off whose outcome is known, the oldest first, beneath each other,
        with the day as ``cut_off``.
    today
        The same now, when nobody knows who will buy.
    days
        The cut-offs, the last of them today.
    features
        Columns that describe a customer, those that the data have.
    horizon
        The horizon.
    currency, content
        See `analysis.Dataset`.
    """

    name: ClassVar[str] = "snapshots"
    is_drawn: ClassVar[bool] = False
    past: pd.DataFrame
    today: pd.DataFrame
    days: tuple[dt.date, ...]
    features: tuple[str, ...]
    horizon: int
    currency: str | None = None
    content: str | None = None

    def on(self, first: int, end: int) -> pd.DataFrame:
        """Return the customers of some cut-offs, counted back from today: 1 is the last one, 2 before it."""
        wanted = [day for back, day in enumerate(reversed(self.days)) if end <= back <= first]
        return self.past[self.past["cut_off"].isin(pd.to_datetime(wanted))].reset_index(drop=True)

    @property
    def calibrates(self) -> bool:
        """Whether there is a cut-off on which to calibrate, between those to learn from and the check."""
        return len(self.days) > 3

    @property
    def learn(self) -> pd.DataFrame:
        """The customers to learn from before the check."""
        last = 2 + self.calibrates
        return self.on(last + MOST_TO_LEARN - 1, last)

    @property
    def calibrate(self) -> pd.DataFrame:
        """The customers to calibrate on before the check; none where there is no cut-off for it."""
        return self.on(2, 2) if self.calibrates else self.past.iloc[:0]

    @property
    def check(self) -> pd.DataFrame:
        """The customers of the last cut-off whose outcome is known."""
        return self.on(1, 1)

    def newest(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the customers to learn from and to calibrate on for a forecast from today."""
        if not self.calibrates:
            return self.check, self.past.iloc[:0]
        return self.on(1 + MOST_TO_LEARN, 2), self.check

    def table(self) -> pd.DataFrame:
        """Return one row per cut-off.

        Returns
        -------
        pandas.DataFrame
            ``snapshot`` (what it is for), ``features_until``, ``outcome_known`` (missing for today),
            ``customers`` active, ``no_purchase_share`` of them.
        """
        uses = [_("learn")] * (len(self.days) - 2 - self.calibrates) + [_("calibrate")] * self.calibrates
        frames = [self.on(back, back) for back in range(len(self.days) - 1, 0, -1)] + [self.today]
        return pd.DataFrame(
            {
                "snapshot": [*uses, _("check"), _("forecast")],
                "features_until": self.days,
                "outcome_known": [*self.days[1:], None],
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
            day=date(self.days[-2]),
            share=percent(0.0 if pd.isna(share) else float(share), 1),
            horizon=number(self.horizon),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the cut-offs."""
        return {"snapshots": self.table()}

    def notes(self) -> list[str]:
        """Return the sentence, how much history there is to learn from, and what describes a customer."""
        cut_offs = len(self.days) - 2 - self.calibrates
        learnt = ngettext(
            "There is history to learn from {n} cut-off.",
            "There is history to learn from {n} cut-offs.",
            cut_offs,
        ).format(n=number(cut_offs))
        if not self.calibrates:
            learnt += " " + _("There is none to calibrate on: the probabilities are as the model gives them.")
        told = _("Each customer is described by: {features}.").format(
            features="; ".join(feature_label(name) for name in self.features)
        )
        return [self.sentence(), learnt, told]


def feature_label(feature: str) -> str:
    """Return what a feature is called in tables and figures; its own name where a reader added it."""
    labels = {
        "days_since_last": _("Days since the last purchase"),
        "relative_silence": _("Days since last ÷ usual gap"),
        "usual_gap": _("Usual gap in days"),
        "purchase_days": _("Purchases, ever"),
        "recent_purchases": _("Purchases, lately"),
        "trend": _("Purchases, lately ÷ usual"),
        "irregularity": _("Irregularity of the gaps"),
        "season_purchases": _("Purchases a year before"),
        "age_days": _("Days since the first purchase"),
        "mean_purchase": _("Value per purchase"),
        "products": _("Products in a year"),
        "categories": _("Categories in a year"),
        "returned_share": _("Share of sales returned"),
        "discount_share": _("Share of sales given as discount"),
        "late_share": _("Invoices paid late"),
        "waiting_days": _("Days to delivery"),
        "satisfaction": _("Satisfaction"),
        "channel": _("Channel"),
        "p_alive": _("P(alive)"),
        "expected_purchases": _("Expected purchases"),
    }
    return labels.get(feature, feature)


@or_not_possible
def snapshots(dataset: Dataset, horizon: Horizon, more: More | None = None) -> Snapshots:
    """Return the customers active on cut-offs one horizon apart, with what was known on each.

    There are up to three cut-offs to learn from, one to calibrate on, the last one to check on, and today, as
    many as the history holds, one horizon before the first of them.

    Parameters
    ----------
    dataset
        The data set.
    horizon
        The horizon.
    more
        Features of one's own: returns for a day what was known on it, one row per ``customer_id``, each other
        column a feature. Queries know nothing after the day that they are given as ``as_of``.
    """
    customers = dataset.query("customers", as_of=dataset.as_of)
    history = (pd.Timestamp(dataset.as_of) - customers["first_purchase"].min()).days
    back = min(max(history // horizon.days - 1, 2), MOST_TO_LEARN + 2)
    days = tuple(dataset.as_of - dt.timedelta(days=horizon.days * n) for n in range(back, -1, -1))
    frames = [snapshot(dataset, day, horizon, more) for day in days]
    for now, later in pairwise(frames):
        came = later.set_index("customer_id")["last_purchase"].reindex(now["customer_id"]).to_numpy()
        now["no_purchase"] = pd.array(~(came > now["cut_off"].to_numpy()), dtype="boolean")
    added = [str(name) for name in frames[-1] if name not in ALWAYS]
    told = tuple(name for name in added if all(name in one and one[name].notna().any() for one in frames))
    content = customers.attrs.get("content") if more is None else None
    past = pd.concat(frames[:-1], ignore_index=True)
    return Snapshots(past, frames[-1], days, told, horizon.days, dataset.currency, content)


ALWAYS = ("customer_id", "cut_off", "last_purchase", "net_sales", "recent_net_sales", "no_purchase")
"""Columns of a snapshot that are no features."""


def snapshot(dataset: Dataset, day: dt.date, horizon: Horizon, more: More | None = None) -> pd.DataFrame:
    """Describe the customers active on ``day`` by what was known that day.

    *Active* is who bought within the activity window.

    Parameters
    ----------
    dataset, horizon, more
        See `snapshots`.
    day
        The cut-off: no row after it enters a feature.

    Returns
    -------
    pandas.DataFrame
        One row per active customer: ``customer_id``, ``cut_off``, ``last_purchase``; ``net_sales`` and
        ``recent_net_sales`` (within the horizon up to ``day``) in money; the features, as far as the data
        have them:

        - ``days_since_last``; ``usual_gap``, see `usual_gap`; ``relative_silence``, the first ÷ the second;
          ``purchase_days``, ``age_days`` and ``mean_purchase`` in money, since the first purchase;
          ``recent_purchases`` within the horizon up to
          ``day``; ``trend``, those ÷ what the customer's own mean pace since its first purchase makes of a
          horizon; ``irregularity``, standard deviation ÷ mean of the gaps of who bought three times;
          ``season_purchases``, in the days of the horizon ahead a year earlier, of who was a customer then;
        - ``returned_share`` and ``discount_share`` of sales; of the last 365 days ``products`` and
          ``categories`` bought, main ``channel``, ``late_share`` of the invoices due, mean ``waiting_days``
          of the deliveries, those under way included, and ``satisfaction`` from 0 to 1;
        - ``p_alive``, where the data show who has left, and ``expected_purchases`` within the horizon: of the
          MBG/NBD model, fitted to all customers as they were known on ``day``;

        the columns of ``more``; and ``no_purchase`` (within the horizon after ``day``), missing here.
    """
    everybody, today = dataset.query("customers", as_of=day), pd.Timestamp(day)
    bought = everybody[everybody["first_purchase"].notna()].reset_index(drop=True)
    active = bought["last_purchase"] >= today - pd.Timedelta(days=horizon.window)
    frame = bought[["customer_id", "last_purchase", "purchase_days", "net_sales"]].assign(cut_off=today)
    frame["usual_gap"] = usual_gap(bought)
    frame["days_since_last"] = (today - bought["last_purchase"]).dt.days.astype(float)
    frame["relative_silence"] = frame["days_since_last"] / frame["usual_gap"]
    frame["age_days"] = (today - bought["first_purchase"]).dt.days.astype(float)
    frame["mean_purchase"] = bought["sales"] / bought["purchase_days"]
    sales = bought["sales"].where(bought["sales"] > 0)
    frame["returned_share"] = (-bought["returns"] / sales).fillna(0.0).clip(lower=0)
    model = fit_purchases(summarise(everybody, day), "mbg_nbd")
    if isinstance(model, PurchaseModel):
        history = summarise(everybody, day).history
        frame["expected_purchases"] = model.expected_purchases(horizon.days / 7, *history)
        frame["p_alive"] = model.p_alive(*history) if model.leaving_seen else np.nan
    frame = frame[active].set_index("customer_id")
    for part in _parts(dataset, day, horizon):
        frame = frame.join(part.set_index("customer_id"))
    frame["trend"] = frame["recent_purchases"] / (
        frame["purchase_days"] * np.minimum(horizon.days / (frame["age_days"] + 1), 1)
    )
    a_year_ago = frame["age_days"] >= YEAR
    frame["season_purchases"] = frame["season_purchases"].where(a_year_ago)
    gross = frame.pop("gross_sales")
    if dataset.tables["transactions"] & {"discount", "gross_amount"}:
        frame["discount_share"] = 1 - sales[active].fillna(0).to_numpy() / gross.where(gross > 0)
    told = [name for name in FEATURES if name in frame and frame[name].notna().any()]
    kept = frame[[*[name for name in ALWAYS if name in frame], *told]]
    numbers = kept.select_dtypes("number").columns
    kept = kept.astype(dict.fromkeys(numbers, float)).assign(
        no_purchase=pd.Series(pd.NA, kept.index, "boolean")
    )
    return kept.join(more(day).set_index("customer_id") if more else kept[[]]).reset_index()


def _parts(dataset: Dataset, day: dt.date, horizon: Horizon) -> list[pd.DataFrame]:
    """Return what single queries tell, the same at each cut-off; a table that is not there tells nothing."""
    ago = {
        days: day - dt.timedelta(days=days) for days in (horizon.days, 2 * horizon.days, YEAR, horizon.window)
    }
    ahead = {"season_start": ago[YEAR], "season_end": ago[YEAR] + dt.timedelta(days=min(horizon.days, YEAR))}
    since = {"since": ago[horizon.days], "before": ago[2 * horizon.days], "active_since": ago[horizon.window]}
    parts = [
        dataset.query("churn_features", as_of=day, **ahead, **since),
        _irregularity(dataset.query("purchase_days", as_of=day)),
    ]
    sold = dataset.tables["transactions"]
    if sold & {"product_id", "category", "channel"}:
        products = dataset.query("churn_products", as_of=day, year_ago=ago[YEAR])
        known = {"products": "product_id", "categories": "category", "channel": "channel"}
        parts.append(products[["customer_id", *[name for name, column in known.items() if column in sold]]])
    if {"due", "paid", "customer_id"} <= dataset.tables.get("invoices", frozenset()):
        parts.append(dataset.query("churn_invoices", as_of=day, year_ago=ago[YEAR]))
    if {"delivered", "customer_id"} <= dataset.tables.get("deliveries", frozenset()):
        parts.append(_waiting(dataset.query("churn_deliveries", as_of=day, year_ago=ago[YEAR]), day))
    if "surveys" in dataset.tables:
        parts.append(dataset.query("churn_surveys", as_of=day, year_ago=ago[YEAR]))
    return parts


def _irregularity(days: pd.DataFrame) -> pd.DataFrame:
    """Return the standard deviation of each customer's gaps ÷ their mean."""
    gap = days.groupby("customer_id")["date"].diff().dt.days
    told: pd.DataFrame = gap.groupby(days["customer_id"]).agg(["mean", "std"])
    told["irregularity"] = told.pop("std") / told.pop("mean")
    return told.reset_index()


def _waiting(deliveries: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Return each customer's mean days from order to arrival, or so far."""
    days = (deliveries["delivered"].fillna(pd.Timestamp(day)) - deliveries["ordered"]).dt.days
    sums = deliveries.assign(waited=days * deliveries["deliveries"]).groupby("customer_id")
    means = sums["waited"].sum() / sums["deliveries"].sum()
    told: pd.DataFrame = means.clip(lower=0).rename("waiting_days").reset_index()
    return told


def usual_gap(customers: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return each customer's usual days between purchases, drawn towards that of all where it bought little.

    (days between first and last purchase + the mean gap of all) ÷ (repeat purchases + 1): as if each
    customer had shown one more gap of average length. Who bought once has the mean gap of all. At least
    1 day.
    """
    span = (customers["last_purchase"] - customers["first_purchase"]).dt.days
    repeats = customers["x"].sum()
    mean_gap = span.sum() / repeats if repeats else 1.0
    gaps: npt.NDArray[np.float64] = ((span + mean_gap) / (customers["x"] + 1)).clip(lower=1.0).to_numpy(float)
    return gaps
