"""Whom it pays to contact: what a contact is expected to bring, less what it costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from analysis.churn.campaigns import (
    CampaignEffects,
    RiskEffects,
    campaign_contacts,
    campaign_effects,
    effects_by_risk,
    success_of,
)
from analysis.churn.risks import Risks
from analysis.dataset import Dataset
from analysis.language import _, money, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.portfolio import ActivityWindow
from analysis.profitability.margins import Margins, choose_margins
from analysis.result import Finding, Result

ASSUMED_SUCCESS, ASSUMED_COST = 0.1, 5.0  # where neither a campaign was measured nor anything is set
STEPS = (0.5, 1.0, 2.0)  # times the success rate, and times the cost, in the table of sensitivity
Source = Literal["measured", "set", "assumed"]


@dataclass(frozen=True)
class ContactValue(Result):
    """What contacting each active customer is expected to bring, most first.

    Attributes
    ----------
    customers
        ``customer_id``; ``risk``; ``margin_at_stake`` in money; ``success``, the chance that a contact makes
        buy who otherwise would not, with its interval ``low`` to ``high`` (missing where not measured);
        ``expected_gain`` = margin at stake × success − cost; ``break_even``, the success rate from which on
        the contact pays; ``worth_contacting``, whether the expected gain is above 0.
    cost
        Of a contact, in money.
    source, cost_source
        Whether success and cost were ``"measured"`` by a campaign, ``"set"`` by the reader, or ``"assumed"``.
    campaign
        What was measured; None where nothing was.
    risks, margins
        What it was made of.
    """

    name: ClassVar[str] = "contact_value"
    customers: pd.DataFrame
    cost: float
    source: Source
    cost_source: Source
    campaign: str | None
    risks: Risks = field(repr=False)
    margins: Margins = field(repr=False)

    @property
    def best(self) -> int:
        """How many customers are worth contacting."""
        return int(self.customers["worth_contacting"].sum())

    @property
    def gain(self) -> float:
        """What contacting them is expected to bring in all."""
        return float(self.customers["expected_gain"].clip(lower=0).sum())

    @property
    def threshold(self) -> float:
        """Smallest margin at stake among them; missing where there is nobody."""
        return float(self.customers.loc[self.customers["worth_contacting"], "margin_at_stake"].min())

    @property
    def success(self) -> float:
        """Mean success, weighted by what is at stake."""
        stake = self.customers["margin_at_stake"]
        return float((stake * self.customers["success"]).sum() / stake.sum()) if stake.sum() > 0 else 0.0

    @property
    def break_even(self) -> float:
        """From which success rate on as many calls as there is time for pay, where most is at stake."""
        first = self.customers["margin_at_stake"].nlargest(self.risks.calls)
        return float(len(first) * self.cost / first.sum()) if first.sum() > 0 else float("nan")

    def curve(self) -> pd.DataFrame:
        """Return what the first n contacts bring in all.

        Returns
        -------
        pandas.DataFrame
            ``contacted`` = 0, 1, 2, …; ``gain``, and ``low`` and ``high``, at the ends of the interval of
            success; missing where it was not measured.
        """
        rates = {"gain": "success", "low": "low", "high": "high"}
        each = pd.DataFrame({name: self.customers[rate] for name, rate in rates.items()})
        sums = each.mul(self.customers["margin_at_stake"], axis=0).sub(self.cost).cumsum()
        nobody = pd.DataFrame(0.0, [0], sums.columns)
        return pd.concat([nobody, sums], ignore_index=True).rename_axis("contacted").reset_index()

    def sensitivity(self) -> pd.DataFrame:
        """Return what would follow from half, the same and twice the success and the cost.

        Returns
        -------
        pandas.DataFrame
            One row each: ``success_rate``, ``contact_cost``, ``customers`` worth contacting then, and
            ``expected_gain`` of contacting them.
        """
        rows = []
        for rate, times in product(STEPS, STEPS):
            gain = self.customers["margin_at_stake"] * self.customers["success"] * rate - self.cost * times
            rows.append((self.success * rate, self.cost * times, (gain > 0).sum(), gain[gain > 0].sum()))
        return pd.DataFrame(rows, columns=["success_rate", "contact_cost", "customers", "expected_gain"])

    def title(self) -> str:
        """Return how many customers are worth a contact, and what contacting them brings."""
        return ngettext(
            "{customers} of {all} customers is worth a contact: {gain} expected",
            "{customers} of {all} customers are worth a contact: {gain} expected",
            self.best,
        ).format(customers=number(self.best), all=number(len(self.customers)), gain=self._money(self.gain))

    def sentence(self) -> str:
        """Return with how many a contact pays, and what that rests on."""
        rests = {
            "measured": _("by what {campaign} changed: of those who would not have bought, {rate} did"),
            "set": _("at a success rate of {rate}, as set"),
            "assumed": _("if {rate} of those who would not have bought then buy, which is an assumption"),
        }[self.source].format(campaign=self.campaign, rate=percent(self.success, 1))
        return _(
            "A contact that costs {cost} pays with {customers} of {all} active customers and is expected to "
            "bring {gain} in all{assumed}, {rests}."
        ).format(
            cost=self._money(self.cost, 2),
            customers=number(self.best),
            all=number(len(self.customers)),
            gain=self._money(self.gain),
            assumed=self.margins.assumed(),
            rests=rests,
        )

    def _money(self, value: float, decimals: int = 0) -> str:
        return money(value, self.risks.currency, decimals)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the customers, and what other assumptions would give."""
        return {"contact_value": self.customers, "contact_sensitivity": self.sensitivity()}

    def findings(self) -> list[Finding]:
        """Return with how many a contact pays."""
        return [Finding("churn.contact_value", self.sentence(), self.best, "customers", self.gain)]

    def notes(self) -> list[str]:
        """Say what is at stake, from where on a contact pays, and how sure that is."""
        said = [
            _("At stake is the risk × the margin of the next 12 months if the customer stays.")
            if self.risks.valued
            else _(
                "At stake is the risk × the net sales of the last {days} days × the margin, since what the "
                "next 12 months are worth is not known."
            ).format(days=number(self.risks.horizon))
        ]
        if self.best:
            message = _(
                "Least at stake among those worth it is {threshold}; the {calls} contacts with most at "
                "stake pay from a success rate of {rate} on."
            )
            calls, rate = min(self.risks.calls, len(self.customers)), percent(self.break_even, 1)
            threshold = self._money(self.threshold)
            said.append(message.format(threshold=threshold, calls=number(calls), rate=rate))
        if self.cost_source == "assumed":
            message = _("What a contact costs, {cost}, is an assumption: set contact_cost to your own.")
            said.append(message.format(cost=self._money(self.cost, 2)))
        low, high = self.curve()[["low", "high"]].to_numpy()[self.best]
        if self.best and np.isfinite(low):
            message = _(
                "At the ends of the 90% interval of what the campaign changed, the same contacts would bring "
                "{low} and {high}. Whether purchases were only brought forward it cannot say."
            )
            said.append(message.format(low=self._money(low), high=self._money(high)))
        return said


def contact_value(
    risks: Risks | NotPossible,
    margins: Margins,
    measured: CampaignEffects | NotPossible | None = None,
    by_risk: RiskEffects | NotPossible | None = None,
    *,
    success: float | None = None,
    cost: float | None = None,
) -> ContactValue | NotPossible:
    """Work out with which customers a contact is expected to pay.

    Parameters
    ----------
    risks
        The result of `analysis.churn.risks`.
    margins
        Margin rates, to take from sales what is margin; what the next 12 months are worth is margin already.
    measured, by_risk
        The results of `campaign_effects` and `effects_by_risk`, where they are possible.
    success, cost
        The chance that a contact makes buy who would not have, and what it costs; None: as the latest
        campaign to active customers measured it (by risk where groups differ), else assumed.

    Notes
    -----
    Expected gain = value at stake × chance that the contact helps × margin − cost. At stake is the risk of
    no purchase within the horizon × what the customer is worth if it stays: where nothing is threatened,
    nothing can be saved. The chance that a contact helps is of those who would not have bought: the effect
    measured ÷ the share of the control group that did not buy. It is below 0 where a contact annoys.
    """
    if isinstance(risks, NotPossible):
        return risks
    campaign = measured.for_active if isinstance(measured, CampaignEffects) else pd.DataFrame()
    frame = risks.customers[["customer_id", "risk"]].copy()
    rate = 1.0 if risks.valued else margins.of(frame["customer_id"])
    frame["margin_at_stake"] = (risks.customers["at_stake"] * rate).clip(lower=0)
    if success is None and isinstance(by_risk, RiskEffects) and by_risk.differs:
        frame = frame.join(by_risk.success(frame["risk"]))
    elif success is None and len(campaign):
        frame = frame.assign(**success_of(campaign).iloc[0])
    else:
        frame = frame.assign(success=ASSUMED_SUCCESS if success is None else success, low=np.nan, high=np.nan)
    known = campaign["cost"].dropna().tolist() if len(campaign) else []
    used = cost if cost is not None else [*known, ASSUMED_COST][0]
    frame["expected_gain"] = frame["margin_at_stake"] * frame["success"] - used
    frame["break_even"] = used / frame["margin_at_stake"].where(frame["margin_at_stake"] > 0)
    frame["worth_contacting"] = frame["expected_gain"] > 0
    ranked = frame.sort_values(["expected_gain", "customer_id"], ascending=[False, True], ignore_index=True)
    return ContactValue(
        ranked,
        used,
        _source(success, measured=len(campaign) > 0),
        _source(cost, measured=len(known) > 0),
        str(campaign["campaign"].iloc[0]) if len(campaign) else None,
        risks,
        margins,
    )


def _source(given: float | None, *, measured: bool) -> Source:
    return "set" if given is not None else "measured" if measured else "assumed"


def worth_contacting(
    dataset: Dataset, risks: Risks | NotPossible, window: ActivityWindow | NotPossible
) -> pd.DataFrame:
    """Return for the customer profile, by customer_id, with whom a contact is expected to pay today.

    ``worth_contacting`` rests on the data set's campaigns where they were measured, else on assumptions.
    """
    margins = choose_margins(dataset.query("customer_margins"))
    measured = campaign_effects(campaign_contacts(dataset), window)
    value = contact_value(risks, margins, measured, effects_by_risk(measured, dataset))
    if isinstance(value, NotPossible):
        return pd.DataFrame({"worth_contacting": []}, pd.Index([], name="customer_id"), dtype="boolean")
    return value.customers.set_index("customer_id")[["worth_contacting"]].astype("boolean")
