"""Whom it pays to contact: what a contact is expected to bring, less what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.churn import campaigns
from analysis.churn.risks import Risks
from analysis.dataset import Dataset
from analysis.language import _, money, number, percent
from analysis.not_possible import NotPossible
from analysis.portfolio import ActivityWindow
from analysis.profitability.margins import Margins, choose_margins
from analysis.result import Finding, Listed

ASSUMED_SUCCESS, ASSUMED_COST = 0.1, 5.0  # where neither a campaign was measured nor anything is set
RATES = ["success", "low", "high"]
STEPS = (0.5, 1.0, 2.0)  # times the success rate, and times the cost, in the table of sensitivity


@dataclass(frozen=True, kw_only=True)
class ContactValue(Listed):
    """What contacting each active customer is expected to bring.

    Its table ``contact_value``, most first: ``customer_id``; ``risk``; ``margin_at_stake`` in money;
    ``success``, the chance that a contact makes buy who otherwise would not, with its 90 % interval ``low``
    to ``high`` (missing where not measured); ``expected_gain`` = margin at stake × success − cost;
    ``break_even``, the success from which on the contact pays; ``worth_contacting``, whether the gain is
    above 0. Its table ``contact_sensitivity``: half, the same and twice the ``success_rate`` and the
    ``contact_cost``; ``customers`` worth contacting then, and ``expected_gain`` of contacting them.

    Attributes
    ----------
    curve
        What the first ``contacted`` = 0, 1, 2, … bring in all: ``gain``, and ``low`` and ``high``, at the
        ends of the interval of success.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "contact_value"
    is_drawn: ClassVar[bool] = True
    curve: pd.DataFrame
    currency: str | None = None


def contact_value(
    risks: Risks | NotPossible,
    margins: Margins,
    measured: campaigns.CampaignEffects | NotPossible | None = None,
    by_risk: campaigns.RiskEffects | NotPossible | None = None,
    *,
    success: float | None = None,
    cost: float | None = None,
) -> ContactValue | NotPossible:
    """Work out with which customers a contact is expected to pay.

    Parameters
    ----------
    risks, margins, measured, by_risk
        What is at stake; how much of sales is margin; what `campaign_effects` and `effects_by_risk` give.
    success, cost
        The chance that a contact makes buy who would not have, and what it costs; None: as the latest
        campaign to active customers measured it (by risk where groups differ), else assumed.

    Notes
    -----
    Expected gain = value at stake × chance that the contact helps × margin − cost. At stake is the risk of
    no purchase within the horizon × what the customer is worth if it stays, which over 12 months is margin
    already: where nothing is threatened, nothing can be saved. Where a contact annoys, the chance is below 0.
    """
    if isinstance(risks, NotPossible):
        return risks
    campaign = measured.for_active if isinstance(measured, campaigns.CampaignEffects) else pd.DataFrame()
    is_measured = success is None and len(campaign) > 0
    known = campaign["cost"].dropna().tolist() if len(campaign) else []
    used = cost if cost is not None else [*known, ASSUMED_COST][0]
    if not is_measured:
        assumed = ASSUMED_SUCCESS if success is None else success
        groups = pd.DataFrame([[1.0, assumed, np.nan, np.nan]], columns=["risk_high", *RATES])
    elif isinstance(by_risk, campaigns.RiskEffects) and by_risk.differs:
        groups = by_risk.frame
    else:
        groups = campaign.assign(risk_high=1.0)
    ranked = _expected(risks, margins, groups, used)
    stake = ranked["margin_at_stake"]
    mean = float(np.average(ranked["success"], weights=stake)) if stake.sum() > 0 else 0.0
    best, first = int(ranked["worth_contacting"].sum()), stake.nlargest(risks.calls)
    sums = (ranked[RATES].mul(stake, axis=0) - used).cumsum()
    curve = pd.concat([pd.DataFrame(0.0, [0], RATES), sums], ignore_index=True)
    curve = curve.rename_axis("contacted").reset_index().rename(columns={"success": "gain"})
    amounts = {name: float(curve[name][best]) for name in ("gain", "low", "high")}
    said = {name: money(amount, risks.currency) for name, amount in amounts.items()} | {
        "customers": number(best),
        "all": number(len(ranked)),
        "rate": percent(mean, 1),
        "campaign": campaign["campaign"].iloc[0] if is_measured else "",
        "assumed": margins.assumed(),
        "days": number(risks.horizon),
        "calls": number(len(first)),
    }
    cost_is = "{cost}" if cost is not None or known else _("{cost}, which is an assumption,")
    source = (
        _("as {campaign} measured it (90% interval of the gain: {low} to {high})")
        if is_measured
        else _("which is an assumption")
    )
    text = _(
        "A contact that costs {cost} pays with {customers} of {all} active customers and is expected to "
        "bring {gain} in all{assumed}, if {rate} of those who would not have bought then do, {source}."
    ).format(cost=cost_is.format(cost=money(used, risks.currency, 2)), source=source.format(**said), **said)
    notes = [
        _("At stake is the risk × the margin of the next 12 months if the customer stays.")
        if risks.valued
        else _("At stake is the risk × the margin on the net sales of the last {days} days.")
    ]
    if best:
        said["threshold"] = money(stake[:best].min(), risks.currency)
        said["break_even"] = percent(len(first) * used / first.sum(), 1)
        notes.append(
            _(
                "Least at stake among those worth it is {threshold}; the {calls} contacts with most at stake "
                "pay from a success rate of {break_even} on."
            )
        )
    return ContactValue(
        shown={"contact_value": ranked, "contact_sensitivity": _sensitivity(ranked, mean, used)},
        text=text,
        found=Finding("churn.contact_value", text, best, "customers", amounts["gain"]),
        claim=_("Worth a contact: {customers} of {all} customers, {gain} expected").format(**said),
        notes_on=tuple(note.format(**said) for note in notes),
        curve=curve,
        currency=risks.currency,
    )


def _expected(risks: Risks, margins: Margins, groups: pd.DataFrame, cost: float) -> pd.DataFrame:
    """Return the table ``contact_value``, with the success of each group of risk, the lowest first."""
    frame = risks.customers[["customer_id", "risk"]].copy()
    rate = 1.0 if risks.valued else margins.of(frame["customer_id"])
    stake = frame["margin_at_stake"] = (risks.customers["at_stake"] * rate).clip(lower=0)
    place = np.searchsorted(groups["risk_high"].iloc[:-1], frame["risk"])
    frame[RATES] = groups[RATES].iloc[place].to_numpy()
    frame["expected_gain"] = stake * frame["success"] - cost
    frame["break_even"] = cost / stake.where(stake > 0)
    frame["worth_contacting"] = frame["expected_gain"] > 0
    return frame.sort_values(["expected_gain", "customer_id"], ascending=[False, True], ignore_index=True)


def _sensitivity(ranked: pd.DataFrame, success: float, cost: float) -> pd.DataFrame:
    """Return what would follow from half, the same and twice the success and the cost."""
    rows = []
    for rate, times in product(STEPS, STEPS):
        gain = ranked["margin_at_stake"] * ranked["success"] * rate - cost * times
        rows.append((success * rate, cost * times, (gain > 0).sum(), gain[gain > 0].sum()))
    return pd.DataFrame(rows, columns=["success_rate", "contact_cost", "customers", "expected_gain"])


def worth_contacting(
    dataset: Dataset, risks: Risks | NotPossible, window: ActivityWindow | NotPossible
) -> pd.DataFrame:
    """Return for the customer profile, by customer_id, with whom a contact is expected to pay today.

    ``worth_contacting`` rests on the data set's campaigns where they were measured, else on assumptions.
    """
    margins = choose_margins(dataset.query("customer_margins"))
    measured = campaigns.campaign_effects(campaigns.campaign_contacts(dataset), window)
    value = contact_value(risks, margins, measured, campaigns.effects_by_risk(measured, dataset))
    if isinstance(value, NotPossible):
        return pd.DataFrame({"worth_contacting": []}, pd.Index([], name="customer_id"), dtype="boolean")
    return value.shown["contact_value"].set_index("customer_id")[["worth_contacting"]].astype("boolean")
