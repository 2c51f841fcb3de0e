"""What was known of each active customer on cut-offs one horizon apart, and whether it then bought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gamma

from analysis.churn.horizon import Horizon
from analysis.language import N_, _, date, number, percent
from analysis.ltv.model_selection import fit_purchases
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.summary import summarise
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset

FEATURES = {
    "days_since_last": N_("Days since the last purchase"),
    "usual_gap": N_("Usual gap in days"),
    "purchase_days": N_("Purchases, ever"),
    "recent_purchases": N_("Purchases, lately"),
    "trend": N_("Purchases, lately ÷ usual"),
    "irregularity": N_("Irregularity of the gaps"),
    "due": N_("Purchases due by its rhythm"),
    "rhythm_risk": N_("No purchase, by its rhythm"),
    "season_purchases": N_("Purchases a year before"),
    "age_days": N_("Days since the first purchase"),
    "mean_purchase": N_("Value per purchase"),
    "products": N_("Products in a year"),
    "categories": N_("Categories in a year"),
    "returned_share": N_("Share of sales returned"),
    "discount_share": N_("Share of sales given as discount"),
    "late_share": N_("Invoices paid late"),
    "waiting_days": N_("Days to delivery"),
    "satisfaction": N_("Satisfaction"),
    "channel": N_("Channel"),
    "type": N_("Customer type"),
    "sector": N_("Sector"),
    "region": N_("Region"),
    "size": N_("Size"),
    "acquisition_channel": N_("Acquisition channel"),
    "p_alive": N_("P(alive)"),
    "expected_purchases": N_("Expected purchases"),
}
"""What is made of the data, as far as they have it, and what it is called; see `snapshot`."""
ATTRIBUTES = ("type", "sector", "region", "size", "acquisition_channel")
MOST_TO_LEARN = 3  # cut-offs
YEAR = 365
More = Callable[[dt.date], pd.DataFrame]


@dataclass(frozen=True)
class Snapshots(Result):
    """The customers active on days one horizon apart, as they were known then.

    Attributes
    ----------
    past
        What `snapshot` gives at each cut-off whose outcome is known, the oldest first, beneath each other.
    today
        The same now, when nobody knows who will buy.
    days
        The cut-offs, the last of them today.
    features
        Columns that describe a customer, those that the data have.
    horizon
        The horizon in days.
    currency, content
        See `analysis.Dataset`.
    describe
        Describes the customers of any part of a large data set today, where these are of a sample of it.
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
    describe: Callable[[Dataset], pd.DataFrame] | None = field(default=None, repr=False)

    def today_in(self, part: Dataset | None) -> pd.DataFrame:
        """Return `today` for the customers of a part of the data set (see `Dataset.batches`)."""
        if self.describe is None or part is None:
            return self.today
        return self.describe(part).reindex(columns=self.today.columns).astype(self.today.dtypes)

    def on(self, first: int, last: int | None = None) -> pd.DataFrame:
        """Return the customers of some cut-offs, counted back from today: 1 is the last one, 2 before it."""
        wanted = [day for back, day in enumerate(reversed(self.days)) if (last or first) <= back <= first]
        return self.past[self.past["cut_off"].isin(pd.to_datetime(wanted))].reset_index(drop=True)

    def known(self, back: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the customers to learn from and to calibrate on, to forecast from so many cut-offs back.

        There are none to calibrate on where the history holds but one cut-off before the check.
        """
        if len(self.days) > 3:
            return self.on(back + 1 + MOST_TO_LEARN, back + 2), self.on(back + 1)
        return self.on(back + 1), self.past.iloc[:0]

    @property
    def learn(self) -> pd.DataFrame:
        """The customers to learn from before the check."""
        return self.known(1)[0]

    @property
    def check(self) -> pd.DataFrame:
        """The customers of the last cut-off whose outcome is known."""
        return self.on(1)

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
        """Return the cut-offs: what each is for, how many were active then, and who of them did not buy."""
        before = len(self.days) - 2
        uses = [_("learn")] * before if before == 1 else [_("learn")] * (before - 1) + [_("calibrate")]
        frames = [*(self.on(back) for back in range(before + 1, 0, -1)), self.today]
        shares = [frame["no_purchase"].astype("Float64").mean() for frame in frames]
        table = {
            "snapshot": [*uses, _("check"), _("forecast")],
            "features_until": self.days,
            "outcome_known": [*self.days[1:], None],
            "customers": [len(frame) for frame in frames],
            "no_purchase_share": pd.array(shares, "Float64"),
        }
        return {"snapshots": pd.DataFrame(table)}

    def notes(self) -> list[str]:
        """Return the sentence, and what describes a customer."""
        told = _("Each customer is described by: {features}.").format(
            features="; ".join(feature_label(name) for name in self.features)
        )
        if len(self.days) > 3:
            return [self.sentence(), told]
        alone = _("There is no cut-off to calibrate on: the probabilities are as the model gives them.")
        return [self.sentence(), alone, told]


def feature_label(feature: str) -> str:
    """Return what a feature is called in tables and figures; its own name where a reader added it."""
    return _(FEATURES[feature]) if feature in FEATURES else feature


@or_not_possible
def snapshots(dataset: Dataset, horizon: Horizon, more: More | None = None) -> Snapshots:
    """Return the customers active on cut-offs one horizon apart, with what was known on each.

    There are up to three cut-offs to learn from, one to calibrate on, the last one to check on, and today, as
    many as the history holds, one horizon before the first of them. ``more`` adds features of one's own: it
    returns for a day what was known on it, one row per ``customer_id``, each other column a feature. Queries
    know nothing after the day that they are given as ``as_of``.

    Of a large data set give `Dataset.sampled`: to learn and to check takes no more. What has been learned
    then tells all customers their risk, part by part (`Snapshots.today_in`).
    """
    customers = dataset.query("customers", ["first_purchase"])
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
    past, describe = pd.concat(frames[:-1], ignore_index=True), None
    if dataset.whole is not None:
        everybody = dataset.whole.query("customers", ["first_purchase", "last_purchase", "x"])
        model = pace_of(dataset.query("customers"), dataset.as_of).model
        pace = Pace(mean_gap(everybody), model)
        describe = partial(snapshot, day=dataset.as_of, horizon=horizon, more=more, common=pace)
    return Snapshots(past, frames[-1], days, told, horizon.days, dataset.currency, content, describe)


ALWAYS = (
    *("customer_id", "cut_off", "last_purchase", "net_sales", "recent_net_sales", "relative_silence"),
    "no_purchase",
)
"""Columns of a snapshot that are no features of the models."""


@dataclass(frozen=True)
class Pace:
    """At what pace all customers together had bought by a day.

    ``mean_gap`` is that between their purchases, in days; ``model`` the MBG/NBD model fitted to them, or to
    a sample of them.
    """

    mean_gap: float
    model: PurchaseModel | NotPossible


def pace_of(customers: pd.DataFrame, day: dt.date) -> Pace:
    """Return the pace of the rows of ``sql/customers.sql`` of a day."""
    return Pace(mean_gap(customers), fit_purchases(summarise(customers, day), "mbg_nbd"))


def snapshot(
    dataset: Dataset, day: dt.date, horizon: Horizon, more: More | None = None, common: Pace | None = None
) -> pd.DataFrame:
    """Describe the customers active on ``day``, who bought within the activity window, as known that day.

    Parameters
    ----------
    dataset, day, horizon, more
        See `snapshots`.
    common
        The pace of all customers on that day, where these are some of them; None: that of these.

    Returns
    -------
    pandas.DataFrame
        One row per active customer: ``customer_id``, ``cut_off``, ``last_purchase``; ``net_sales`` and
        ``recent_net_sales`` (within the horizon up to ``day``) in money; ``relative_silence``, the days since
        the last purchase ÷ the usual gap, which ``due`` tells the models; the columns of ``more``;
        ``no_purchase`` (within the horizon after ``day``), missing here; and the `FEATURES` that the data
        have, of which

        - ``recent_purchases`` are within the horizon up to ``day``, and ``trend`` is those ÷ what the
          customer's own mean pace since its first purchase makes of a horizon;
        - ``irregularity`` is the standard deviation ÷ mean of the gaps, drawn towards 1, as chance has it, as
          if two more varied so, and from ¼ to 1; with the usual gap it makes a Weibull rhythm, by which so
          many purchases are ``due`` since the last, and ``rhythm_risk`` is that of none in the horizon;
        - ``season_purchases`` are in the days of the horizon ahead a year earlier, of who was here then;
        - what is bought, paid late, waited for (what is under way too) and scored is of the last 365 days;
        - ``type``, ``sector``, ``region``, ``size`` and ``acquisition_channel`` are as the table of customers
          has them today;
        - ``p_alive``, where the data show who has left, and ``expected_purchases`` within the horizon are of
          the MBG/NBD model, fitted to all customers as they were known on ``day``.
    """
    everybody, today = dataset.query("customers", as_of=day), pd.Timestamp(day)
    bought = everybody[everybody["first_purchase"].notna()].reset_index(drop=True)
    common = common or pace_of(everybody, day)
    active = bought["last_purchase"] >= today - pd.Timedelta(days=horizon.window)
    frame = bought[["customer_id", "last_purchase", "purchase_days", "net_sales"]].assign(cut_off=today)
    frame["usual_gap"] = usual_gap(bought, common.mean_gap)
    frame["days_since_last"] = (today - bought["last_purchase"]).dt.days.astype(float)
    frame["relative_silence"] = frame["days_since_last"] / frame["usual_gap"]
    frame["age_days"] = (today - bought["first_purchase"]).dt.days.astype(float)
    frame["mean_purchase"] = bought["sales"] / bought["purchase_days"]
    sales = bought["sales"].where(bought["sales"] > 0)
    frame["returned_share"] = (-bought["returns"] / sales).fillna(0.0).clip(lower=0)
    model = common.model
    if isinstance(model, PurchaseModel):
        history = summarise(everybody, day).history
        frame["expected_purchases"] = model.expected_purchases(horizon.days / 7, *history)
        frame["p_alive"] = model.p_alive(*history) if model.leaving_seen else np.nan
    frame = frame[active].set_index("customer_id")
    for part in _parts(dataset, day, horizon):
        frame = frame.join(part.set_index("customer_id"))
    more_gaps = (frame["purchase_days"] - 2).clip(lower=0)
    variance = (frame["irregularity"].fillna(0) ** 2 * more_gaps + 2) / (more_gaps + 2)
    frame["irregularity"] = np.sqrt(variance).clip(1 / 4, 1)
    shape, pace = 1 / frame["irregularity"], gamma(1 + frame["irregularity"]) / frame["usual_gap"]
    frame["due"] = (frame["days_since_last"] * pace) ** shape
    ahead = ((frame["days_since_last"] + horizon.days) * pace) ** shape
    frame["rhythm_risk"] = np.exp(frame["due"] - ahead)
    part_of_life = np.minimum(horizon.days / (frame["age_days"] + 1), 1)
    frame["trend"] = frame["recent_purchases"] / (frame["purchase_days"] * part_of_life)
    frame["season_purchases"] = frame["season_purchases"].where(frame["age_days"] >= YEAR)
    gross = frame.pop("gross_sales")
    if dataset.tables["transactions"] & {"discount", "gross_amount"}:
        frame["discount_share"] = 1 - sales[active].fillna(0).to_numpy() / gross.where(gross > 0)
    told = [name for name in FEATURES if name in frame and frame[name].notna().any()]
    kept = frame[[*[name for name in ALWAYS if name in frame], *told]]
    kept = kept.astype(dict.fromkeys(kept.select_dtypes("number"), float))
    kept = kept.assign(no_purchase=pd.Series(pd.NA, kept.index, "boolean"))
    return kept.join(more(day).set_index("customer_id") if more else kept[[]]).reset_index()


def _parts(dataset: Dataset, day: dt.date, horizon: Horizon) -> list[pd.DataFrame]:
    """Return what single queries tell, the same at each cut-off; a table that is not there tells nothing."""
    windows = (horizon.days, YEAR, horizon.window)
    since, year_ago, active_since = (day - dt.timedelta(days=days) for days in windows)
    season_end = year_ago + dt.timedelta(days=min(horizon.days, YEAR))
    ahead = {"season_start": year_ago, "season_end": season_end}
    parts = [
        dataset.query("churn_features", as_of=day, since=since, active_since=active_since, **ahead),
        _irregularity(dataset.query("purchase_days", as_of=day)),
    ]
    if attributes := [name for name in ATTRIBUTES if name in dataset.tables.get("customers", ())]:
        parts.append(dataset.query("customer_records", ["customer_id", *attributes]))
    sold = dataset.tables["transactions"]
    if sold & {"product_id", "category"}:
        products = dataset.query("churn_products", as_of=day, year_ago=year_ago)
        known = {"products": "product_id", "categories": "category"}
        parts.append(products[["customer_id", *[name for name, column in known.items() if column in sold]]])
    if "channel" in sold:
        channels = dataset.query("customer_channels", as_of=day).rename(columns={"main_channel": "channel"})
        parts.append(channels[["customer_id", "channel"]])
    if {"due", "paid", "customer_id"} <= dataset.tables.get("invoices", frozenset()):
        parts.append(dataset.query("churn_invoices", as_of=day, year_ago=year_ago))
    if {"delivered", "customer_id"} <= dataset.tables.get("deliveries", frozenset()):
        parts.append(_waiting(dataset.query("churn_deliveries", as_of=day, year_ago=year_ago), day))
    if "surveys" in dataset.tables:
        parts.append(dataset.query("churn_surveys", as_of=day, year_ago=year_ago))
    return parts


def _irregularity(days: pd.DataFrame) -> pd.DataFrame:
    """Return the standard deviation of each customer's gaps ÷ their mean."""
    gaps = days.groupby("customer_id")["date"].diff().dt.days.groupby(days["customer_id"])
    told: pd.DataFrame = (gaps.std() / gaps.mean()).rename("irregularity").reset_index()
    return told


def _waiting(deliveries: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Return each customer's mean days from order to arrival, or so far."""
    days = (deliveries["delivered"].fillna(pd.Timestamp(day)) - deliveries["ordered"]).dt.days
    sums = deliveries.assign(waited=days * deliveries["deliveries"]).groupby("customer_id")
    means = sums["waited"].sum() / sums["deliveries"].sum()
    return means.clip(lower=0).rename("waiting_days").reset_index()


def mean_gap(customers: pd.DataFrame) -> float:
    """Return the mean of the days between purchases of the rows of ``sql/customers.sql``; 1 without any."""
    repeats = customers["x"].sum()
    span = (customers["last_purchase"] - customers["first_purchase"]).dt.days
    return float(span.sum() / repeats) if repeats else 1.0


def usual_gap(customers: pd.DataFrame, mean: float) -> npt.NDArray[np.float64]:
    """Return each customer's usual days between purchases, drawn towards that of all where it bought little.

    (days between first and last purchase + the ``mean`` gap of all) ÷ (repeat purchases + 1): as if each
    customer had shown one more gap of average length. Who bought once has the mean gap of all. At least
    1 day.
    """
    span = (customers["last_purchase"] - customers["first_purchase"]).dt.days
    return ((span + mean) / (customers["x"] + 1)).clip(lower=1.0).to_numpy(float)


def usual_gaps(customers: pd.DataFrame, mean: float | None = None) -> pd.Series:
    """Return ``usual_gap`` by customer_id, of all who ever bought.

    The ``mean`` gap is that of all customers, where these are some of them; None: that of these.
    """
    bought = customers.dropna(subset="first_purchase")
    gaps = usual_gap(bought, mean_gap(bought) if mean is None else mean)
    return pd.Series(gaps, pd.Index(bought["customer_id"]), name="usual_gap")
