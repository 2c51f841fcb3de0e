"""Who of today's active customers is at risk of not buying within the horizon, and what is at stake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.churn.model import ChurnModel
from analysis.churn.snapshots import Snapshots
from analysis.language import _, money, ngettext, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result

Z_90 = 1.644854


@dataclass(frozen=True)
class Risks(Result):
    """The active customers with their risk of no purchase, most money at stake first.

    Attributes
    ----------
    customers
        ``customer_id, last_purchase, days_since_last, purchase_days, net_sales``; ``recent_net_sales`` in
        the last horizon; ``risk`` of no purchase within the next; ``at_stake`` = risk × recent net sales
        (0 where those are negative).
    horizon
        The horizon in days.
    calls
        How many customers there is time to call.
    currency
        ISO 4217 code, or None where it is not known.
    valued
        Whether what is at stake comes from the value of the next 12 months.
    """

    name: ClassVar[str] = "risk_bands"
    customers: pd.DataFrame
    horizon: int
    calls: int
    currency: str | None = None
    valued: bool = False

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
            Five rows: ``low`` and ``high`` end of the band of risk; ``customers``; ``recent_net_sales`` and
            ``at_stake`` in money.
        """
        band = (self.customers["risk"] * 5).astype(int).clip(upper=4)
        sums = self.customers.groupby(band)[["recent_net_sales", "at_stake"]].sum()
        counts = band.value_counts().reindex(range(5), fill_value=0)
        edges = np.arange(6) / 5
        return (
            sums.reindex(range(5), fill_value=0.0)
            .assign(low=edges[:-1], high=edges[1:], customers=counts)
            .reset_index(drop=True)[["low", "high", "customers", "recent_net_sales", "at_stake"]]
        )

    def title(self) -> str:
        """Return what a chart of the bands shows."""
        bands = self.bands()
        likely, total = bands[bands["low"] >= 0.6], float(bands["recent_net_sales"].sum())
        customers = int(likely["customers"].sum())
        return ngettext(
            "{customers} customer has a risk of {risk} or more, and {sales} of recent net sales",
            "{customers} customers have a risk of {risk} or more, and {sales} of recent net sales",
            customers,
        ).format(
            customers=number(customers),
            risk=percent(0.6),
            sales=percent(float(likely["recent_net_sales"].sum()) / total if total > 0 else 0.0),
        )

    def sentence(self) -> str:
        """Return how many active customers will not buy, and what they bought lately."""
        mean, low, high = self.expected
        return _(
            "Of {active} active customers, {mean} are expected not to buy in the next {days} days (90% "
            "interval by chance alone: {low} to {high}); {stake} of their net sales in the last {days} days "
            "are at stake."
        ).format(
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
def risks(model: ChurnModel, snapshots: Snapshots, calls: int = 50) -> Risks:
    """Return today's active customers with their risk of no purchase and the money at stake.

    Parameters
    ----------
    model
        The model, fitted on the newest outcomes (``on="check"``).
    snapshots
        The result of `analysis.churn.snapshots`.
    calls
        How many customers there is time to call.
    """
    columns = ["customer_id", "last_purchase", "days_since_last", "purchase_days", "net_sales"]
    listed = snapshots.today[[*columns, "recent_net_sales"]].copy()
    listed["risk"] = model.risk(snapshots.today)
    listed["at_stake"] = listed["risk"] * listed["recent_net_sales"].clip(lower=0)
    order = np.lexsort([listed["customer_id"], -listed["at_stake"]])
    ranked = listed.iloc[order].reset_index(drop=True)
    return Risks(ranked, snapshots.horizon, calls, snapshots.currency)


def profile(risks: Risks | NotPossible) -> pd.DataFrame:
    """Return what churn knows of each customer.

    Returns
    -------
    pandas.DataFrame
        By ``customer_id``, of those active today: ``risk`` of no purchase within the horizon, ``at_stake``.
    """
    columns = ["risk", "at_stake"]
    if isinstance(risks, Risks):
        return risks.customers.set_index("customer_id")[columns]
    return pd.DataFrame(columns=columns, index=pd.Index([], name="customer_id"), dtype="float64")
