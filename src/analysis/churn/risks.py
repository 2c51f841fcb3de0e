"""Who of today's active customers is at risk of not buying within the horizon, and what is at stake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis import ltv, owners
from analysis.churn.model import ChurnModel
from analysis.churn.reasons import reasons
from analysis.churn.snapshots import Snapshots
from analysis.language import _, money, ngettext, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset

Z_90 = 1.644854
PROFILE = ["risk", "value_if_active", "at_stake", "relative_silence", "reasons"]
"""What the customer profile knows of churn."""


@dataclass(frozen=True)
class Risks(Result):
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
    horizon
        The horizon in days.
    calls
        How many customers there is time to call.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "risk_bands"
    customers: pd.DataFrame
    horizon: int
    calls: int
    currency: str | None = None
    valued: bool = False

    @property
    def overdue(self) -> int:
        """How many have been silent for longer than they usually are."""
        return int((self.customers["relative_silence"] > 1).sum())

    @property
    def expected(self) -> tuple[float, float, float]:
        """How many will not buy: the expectation and its 90 % interval.

        The interval covers chance alone, given that the probabilities are right: Σ p ± 1.645 √Σ p (1 − p).
        """
        risk = self.customers["risk"]
        mean = float(risk.sum())
        half = Z_90 * float(np.sqrt((risk * (1 - risk)).sum()))
        return mean, max(mean - half, 0.0), min(mean + half, float(len(risk)))

    def bands(self) -> pd.DataFrame:
        """Return the customers by band of risk.

        Returns
        -------
        pandas.DataFrame
            Five rows: ``low`` and ``high`` end of the band of risk; ``customers``; their ``value`` if active
            and ``at_stake`` in money.
        """
        band = (self.customers["risk"] * 5).astype(int).clip(upper=4)
        sums = self.customers.groupby(band)[["value_if_active", "at_stake"]].sum()
        counts = band.value_counts().reindex(range(5), fill_value=0)
        edges = np.arange(6) / 5
        return (
            sums.reindex(range(5), fill_value=0.0)
            .rename(columns={"value_if_active": "value"})
            .assign(low=edges[:-1], high=edges[1:], customers=counts)
            .reset_index(drop=True)[["low", "high", "customers", "value", "at_stake"]]
        )

    def title(self) -> str:
        """Return what a chart of the bands shows."""
        bands = self.bands()
        likely, total = bands[bands["low"] >= 0.6], float(bands["value"].sum())
        customers = int(likely["customers"].sum())
        message = ngettext(
            "{customers} customer has a risk of {risk} or more, and {share} of the value",
            "{customers} customers have a risk of {risk} or more, and {share} of the value",
            customers,
        )
        return message.format(
            customers=number(customers),
            risk=percent(0.6),
            share=percent(float(likely["value"].sum()) / total if total > 0 else 0.0),
        )

    def sentence(self) -> str:
        """Return how many active customers will not buy, and what that puts at stake."""
        mean, low, high = self.expected
        message = (
            _(
                "Of {active} active customers, {mean} are expected not to buy in the next {days} days (90% "
                "interval by chance alone: {low} to {high}); {stake} of the value of the next 12 months are "
                "at stake."
            )
            if self.valued
            else _(
                "Of {active} active customers, {mean} are expected not to buy in the next {days} days (90% "
                "interval by chance alone: {low} to {high}); {stake} of their net sales in the last {days} "
                "days are at stake."
            )
        )
        return message.format(
            active=number(len(self.customers)),
            mean=number(mean),
            days=number(self.horizon),
            low=number(low),
            high=number(high),
            stake=money(float(self.customers["at_stake"].sum()), self.currency),
        )

    def calls_sentence(self) -> str:
        """Return how much of the money at stake the first calls would reach."""
        first, total = self.customers.head(self.calls), float(self.customers["at_stake"].sum())
        reached = float(first["at_stake"].sum())
        return ngettext(
            "The {calls} customer at the top of the list has {reached} at stake, {share} of it all.",
            "The {calls} customers at the top of the list have {reached} at stake, {share} of it all.",
            len(first),
        ).format(
            calls=number(len(first)),
            reached=money(reached, self.currency),
            share=percent(reached / total if total else 0.0),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the list."""
        return {"watch_list": self.customers}

    def findings(self) -> list[Finding]:
        """Return how many will not buy, and what the first calls reach."""
        stake = float(self.customers["at_stake"].sum())
        first = float(self.customers["at_stake"].head(self.calls).sum())
        return [
            Finding(
                "churn.expected_without_purchase",
                self.sentence(),
                self.expected[0],
                "customers",
                stake,
                good=False,
            ),
            Finding("churn.calls", self.calls_sentence(), first, "money", first),
        ]


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

    Parameters
    ----------
    model
        The model, fitted on the newest outcomes (``on="check"``).
    snapshots
        The result of `analysis.churn.snapshots`.
    calls
        How many customers there is time to call.
    dataset
        Knows names, owners and, unless ``values`` are given, what customers are worth.
    values
        What `analysis.ltv.profile` gives: ``clv`` and ``p_alive`` by customer_id.
    """
    if dataset is not None and values is None:
        values = ltv.profile(dataset)
    columns = [
        "days_since_last",
        "usual_gap",
        "relative_silence",
        "last_purchase",
        "purchase_days",
        "net_sales",
    ]
    today = snapshots.today
    listed = today[["customer_id", *columns, "recent_net_sales"]].copy()
    listed.insert(1, "risk", model.risk(today))
    listed.insert(2, "reasons", reasons(model, today))
    value = listed["recent_net_sales"].clip(lower=0)
    valued = values is not None and values["clv"].notna().any()
    if values is not None and valued:
        known = values.reindex(listed["customer_id"]).reset_index(drop=True)
        value = (known["clv"] / known["p_alive"].clip(lower=0.01).fillna(1)).clip(lower=0).fillna(0.0)
        listed.insert(6, "p_alive", known["p_alive"])
    place = list(listed).index("last_purchase")
    listed.insert(place, "value_if_active", value)
    listed.insert(place + 1, "at_stake", listed["risk"] * value)
    in_time = listed["relative_silence"] <= 1
    order = np.lexsort([listed["customer_id"], -listed["at_stake"], in_time])
    ranked = listed.iloc[order].reset_index(drop=True)
    if dataset is not None:
        ranked = owners.named(dataset, ranked)
    return Risks(
        ranked.dropna(axis="columns", how="all"), snapshots.horizon, calls, snapshots.currency, bool(valued)
    )


def profile(risks: Risks | NotPossible) -> pd.DataFrame:
    """Return what churn knows of each customer.

    Returns
    -------
    pandas.DataFrame
        By ``customer_id``, of those active today: ``risk`` of no purchase within the horizon, ``reasons``,
        ``relative_silence``, ``value_if_active`` and ``at_stake``.
    """
    if isinstance(risks, Risks):
        return risks.customers.set_index("customer_id")[PROFILE]
    return pd.DataFrame(columns=PROFILE, index=pd.Index([], name="customer_id"), dtype="float64")
