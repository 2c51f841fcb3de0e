"""Who of today's active customers is at risk of not buying within the horizon, and what is at stake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis import ltv, owners
from analysis.churn.model import ChurnModel
from analysis.churn.risk_reasons import reasons
from analysis.churn.snapshots import Snapshots
from analysis.language import _, money, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Listed

if TYPE_CHECKING:
    from analysis.dataset import Dataset

Z_90 = 1.644854
COLUMNS = [
    *("customer_id", "risk", "at_stake", "reasons", "days_since_last", "usual_gap", "relative_silence"),
    *("p_alive", "value_if_active", "last_purchase", "purchase_days", "net_sales", "recent_net_sales"),
]
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
        the customer is worth if it stays; elsewhere recent net sales, if they are above 0.
    valued
        Whether it is the 12-month value.
    horizon, calls, expected
        The horizon in days; how many customers there is time to call; see `expected_number`.
    """

    name: ClassVar[str] = "risks"
    customers: pd.DataFrame
    horizon: int
    calls: int
    expected: tuple[float, float, float]
    currency: str | None = None
    valued: bool = False


def expected_number(risk: pd.Series) -> tuple[float, float, float]:
    """Return how many will not buy, and the 90 % interval of chance alone: Σ p ± 1.645 √Σ p (1 − p)."""
    mean, half = float(risk.sum()), Z_90 * float(np.sqrt((risk * (1 - risk)).sum()))
    return mean, max(mean - half, 0.0), min(mean + half, float(len(risk)))


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
    unless ``values`` are given, what customers are worth: ``clv`` and ``p_alive`` of `analysis.ltv.profile`.
    """
    if dataset is not None and values is None:
        values = ltv.profile(dataset)
    listed = snapshots.today.assign(risk=model.risk(snapshots.today), p_alive=np.nan)
    value = listed["recent_net_sales"].clip(lower=0)
    valued = values is not None and bool(values["clv"].notna().any())
    if values is not None and valued:
        known = values.reindex(listed["customer_id"]).reset_index(drop=True)
        value = (known["clv"] / known["p_alive"].clip(lower=0.01).fillna(1)).clip(lower=0).fillna(0.0)
        listed["p_alive"] = known["p_alive"]
    listed = listed.assign(
        reasons=reasons(model, snapshots.today),
        value_if_active=value,
        at_stake=listed["risk"] * value,
        in_time=listed["relative_silence"] <= 1,
    )
    ranked = listed.sort_values(["in_time", "at_stake", "customer_id"], ascending=[True, False, True])
    ranked = ranked[COLUMNS].reset_index(drop=True)
    if dataset is not None:
        ranked = owners.named(dataset, ranked)
    return _told(ranked.dropna(axis="columns", how="all"), snapshots, calls, valued=valued)


def _told(told: pd.DataFrame, snapshots: Snapshots, calls: int, *, valued: bool) -> Risks:
    """Return the list with what it says."""
    currency, days, stakes = snapshots.currency, number(snapshots.horizon), told["at_stake"]
    expected, stake, reached = expected_number(told["risk"]), stakes.sum(), stakes.head(calls).sum()
    what = _("of their net sales in the last {days} days").format(days=days)
    if valued:
        what = _("of the value of the next 12 months")
    mean, low, high = (number(value) for value in expected)
    text = _(
        "Of {active} active customers {mean} are expected not to buy in the next {days} days (90% interval "
        "{low} to {high}). At stake are {stake} {what}."
    ).format(
        active=number(len(told)),
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
    usual = float(snapshots.check["no_purchase"].mean()) * len(told)
    found = Finding(
        name, text, expected[0], "customers", float(stake), good=False, action=action, usual=usual
    )
    return Risks(
        shown={"watch_list": told},
        text=text,
        found=found,
        notes_on=(first,),
        customers=told,
        horizon=snapshots.horizon,
        calls=calls,
        expected=expected,
        currency=currency,
        valued=valued,
    )


def profile(risks: Risks | NotPossible) -> pd.DataFrame:
    """Return the columns `PROFILE` by ``customer_id``, of those active today; see `Risks`."""
    if isinstance(risks, Risks):
        return risks.customers.set_index("customer_id")[PROFILE]
    return pd.DataFrame(columns=PROFILE, index=pd.Index([], name="customer_id"), dtype="float64")
