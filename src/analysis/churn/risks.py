"""Who of today's active customers is at risk of not buying within the horizon, and what is at stake."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis import ltv, owners
from analysis.churn.model import ChurnModel
from analysis.churn.risk_reasons import reasons
from analysis.churn.snapshots import Snapshots
from analysis.language import _, money, number, percent
from analysis.ltv.profile import Fitted
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Listed

if TYPE_CHECKING:
    from analysis.dataset import Dataset

Z_90 = 1.644854
MOST_LISTED = 100_000  # customers in a list of a data set in parts, which has more than a million of them
LISTED = [
    *("customer_id", "risk", "at_stake", "reasons", "days_since_last", "usual_gap", "relative_silence"),
    *("p_alive", "value_if_active", "last_purchase", "purchase_days", "net_sales", "recent_net_sales"),
]
ORDER = {"in_time": True, "at_stake": False, "customer_id": True}
PROFILE = ["risk", "value_if_active", "at_stake", "relative_silence", "reasons"]
"""What the customer profile knows of churn."""


@dataclass(frozen=True, kw_only=True)
class Risks(Listed):
    """The active customers with their risk of no purchase, in the order in which to call them.

    First come those who have been silent for longer than they usually are, then the others; in each part
    those with most money at stake. So nobody who has just bought heads the list for being large.

    Attributes
    ----------
    customers
        ``customer_id``, and where known ``name`` and ``owner``; ``risk`` of no purchase within the horizon
        and the ``reasons`` for it; ``days_since_last``, ``usual_gap`` and ``relative_silence``, the first ÷
        the second; ``p_alive``, where known; ``value_if_active``; ``at_stake`` = risk × value if active;
        ``last_purchase``, ``purchase_days``, ``net_sales`` and ``recent_net_sales`` in the last horizon.
        Value if active is the 12-month value of `analysis.ltv.profile` ÷ P(alive), where that is known: what
        the customer is worth if it stays; elsewhere recent net sales, if they are above 0. Of a data set in
        parts these are the first `MOST_LISTED`.
    risk
        ``risk`` of all active customers by ``customer_id``, one for each part of the data set.
    valued, models
        Whether it is the 12-month value, and what that was worked out from, if it was not given.
    horizon, calls, expected
        The horizon in days; how many customers there is time to call; see `expected_number`.
    """

    name: ClassVar[str] = "risks"
    customers: pd.DataFrame
    risk: tuple[pd.Series, ...] = field(repr=False)
    horizon: int
    calls: int
    expected: tuple[float, float, float]
    currency: str | None = None
    valued: bool = False
    models: Fitted | None = field(default=None, repr=False)


def expected_number(*risks: pd.Series) -> tuple[float, float, float]:
    """Return how many will not buy, and the 90 % interval of chance alone: Σ p ± 1.645 √Σ p (1 − p)."""
    mean = float(sum(p.sum() for p in risks))
    half = Z_90 * float(np.sqrt(sum((p * (1 - p)).sum() for p in risks)))
    return mean, max(mean - half, 0.0), min(mean + half, float(sum(len(p) for p in risks)))


@or_not_possible
def risks(
    model: ChurnModel,
    snapshots: Snapshots,
    calls: int = 50,
    *,
    dataset: Dataset | None = None,
    values: pd.DataFrame | None = None,
) -> Risks:
    """Return today's active customers with their risk of no purchase and the money at stake.

    The ``model`` is fitted on the newest outcomes (``on="check"``). The ``dataset`` knows names, owners and,
    unless ``values`` are given, what customers are worth: ``clv`` and ``p_alive`` of `analysis.ltv.values`.
    """
    fitted = ltv.fitted(dataset) if dataset is not None and values is None else None
    first, risk, stake, valued = pd.DataFrame(), [], 0.0, False
    for part in dataset.batches() if dataset is not None else [None]:
        own = ltv.values(part, fitted) if part is not None and fitted is not None else values
        ranked = _ranked(model, snapshots, part, own)
        risk.append(ranked.set_index("customer_id")["risk"])
        stake += float(ranked["at_stake"].sum())
        valued = valued or _is_valued(own)
        first = foremost(first, ranked, ORDER) if part is not None and part.whole else ranked
    listed = _with_reasons(model, snapshots, first)
    if dataset is not None:
        listed = owners.named(dataset, listed)
    listed = listed.dropna(axis="columns", how="all")
    told = _told(listed, tuple(risk), stake, snapshots, calls, valued=valued)
    return replace(told, models=fitted)


@or_not_possible
def scored(
    model: ChurnModel, snapshots: Snapshots, part: Dataset, values: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return all active customers of a part of the data set, with the columns that `Risks` names."""
    return _with_reasons(model, snapshots, _ranked(model, snapshots, part, values))


@or_not_possible
def risk_today(model: ChurnModel, snapshots: Snapshots, dataset: Dataset) -> pd.Series:
    """Return the risk of no purchase of all active customers of a data set by ``customer_id``."""
    frames = [snapshots.today_in(part) for part in dataset.batches()]
    ids = pd.Index(pd.concat([frame["customer_id"] for frame in frames]), name="customer_id")
    return pd.Series(np.concatenate([model.risk(frame) for frame in frames]), ids, name="risk")


def foremost(first: pd.DataFrame, more: pd.DataFrame, order: dict[str, bool]) -> pd.DataFrame:
    """Return the first `MOST_LISTED` of the rows of both; ``order`` says by what, and whether ascending."""
    both = pd.concat([first, more]) if len(first) else more
    return both.sort_values([*order], ascending=[*order.values()], ignore_index=True).head(MOST_LISTED)


def _ranked(
    model: ChurnModel, snapshots: Snapshots, part: Dataset | None, values: pd.DataFrame | None
) -> pd.DataFrame:
    """Return what is known of the active customers of a part today, with risk and stake, in the `ORDER`.

    P(alive) of the ``values`` is ``still``: ``p_alive`` is a feature of the model.
    """
    today = snapshots.today_in(part)
    ranked = today.assign(risk=model.risk(today), still=np.nan)
    value = ranked["recent_net_sales"].clip(lower=0)
    if values is not None and _is_valued(values):
        known = values.reindex(ranked["customer_id"]).reset_index(drop=True)
        value = (known["clv"] / known["p_alive"].clip(lower=0.01).fillna(1)).clip(lower=0).fillna(0.0)
        ranked["still"] = known["p_alive"]
    ranked = ranked.assign(
        value_if_active=value,
        at_stake=ranked["risk"] * value,
        in_time=ranked["relative_silence"] <= 1,
    )
    return ranked.sort_values([*ORDER], ascending=[*ORDER.values()], ignore_index=True)


def _with_reasons(model: ChurnModel, snapshots: Snapshots, ranked: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a list, of what `_ranked` gives."""
    why = reasons(model, ranked, snapshots.today)
    return ranked.assign(reasons=why, p_alive=ranked["still"])[LISTED]


def _is_valued(values: pd.DataFrame | None) -> bool:
    return values is not None and bool(values["clv"].notna().any())


def _told(
    told: pd.DataFrame,
    risk: tuple[pd.Series, ...],
    stake: float,
    snapshots: Snapshots,
    calls: int,
    *,
    valued: bool,
) -> Risks:
    """Return the list with what it says, and what all active customers have at stake."""
    currency, days, active = snapshots.currency, number(snapshots.horizon), sum(len(p) for p in risk)
    expected, reached = expected_number(*risk), told["at_stake"].head(calls).sum()
    what = _("of their net sales in the last {days} days").format(days=days)
    if valued:
        what = _("of the value of the next 12 months")
    mean, low, high = (number(value) for value in expected)
    text = _(
        "Of {active} active customers {mean} are expected not to buy in the next {days} days (90% interval "
        "{low} to {high}). At stake are {stake} {what}."
    ).format(
        active=number(active),
        mean=mean,
        days=days,
        low=low,
        high=high,
        stake=money(stake, currency),
        what=what,
    )
    first = _("The first {calls} of the list have {reached} at stake, {share} of it all.").format(
        calls=number(min(calls, len(told))),
        reached=money(reached, currency),
        share=percent(reached / stake if stake else 0.0),
    )
    name = "churn.expected_without_purchase"
    action = _("See in the action plan whom of them it pays to contact.")
    usual = float(snapshots.check["no_purchase"].mean()) * active
    found = Finding(name, text, expected[0], "customers", stake, good=False, action=action, usual=usual)
    return Risks(
        shown={"watch_list": told},
        text=text,
        found=found,
        notes_on=(first,) if len(told) == active else (first, listed_first(len(told), active)),
        customers=told,
        risk=risk,
        horizon=snapshots.horizon,
        calls=calls,
        expected=expected,
        currency=currency,
        valued=valued,
    )


def listed_first(listed: int, active: int) -> str:
    """Say how many customers of a data set in parts a list has."""
    said = _("The list has the first {listed} of {active} active customers.")
    return said.format(listed=number(listed), active=number(active))


def profile(scored: pd.DataFrame | NotPossible) -> pd.DataFrame:
    """Return the columns `PROFILE` by ``customer_id``, of those active today; see `Risks`."""
    if isinstance(scored, NotPossible):
        return pd.DataFrame(columns=PROFILE, index=pd.Index([], name="customer_id"), dtype="float64")
    return scored.set_index("customer_id")[PROFILE]
