"""Whom it pays to contact: what a contact is expected to bring, less what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import pandas as pd

from analysis import ltv, owners
from analysis.churn import campaigns, contact_gain
from analysis.churn.risks import Risks
from analysis.dataset import Dataset
from analysis.dataset.action_table import Action
from analysis.language import _, listing, money, number, percent
from analysis.not_possible import NotPossible
from analysis.portfolio import ActivityWindow
from analysis.result import Listed

STEPS = (0.5, 1.0, 2.0)  # times the uplift, and times the cost, in the table of sensitivity
GAINS = ["expected_gain", "gain_low", "gain_high"]
TABLE = [
    *("customer_id", "risk", "chance", "purchase_margin", "expected_gain", "worth_contacting"),
    *("base", "gain_low", "gain_high", "break_even"),
]


@dataclass(frozen=True, kw_only=True)
class ContactValue(Listed):
    """What contacting each active customer is expected to bring.

    Its table ``contact_value``, most first: ``customer_id``, ``name`` and ``owner`` where known; ``risk``;
    ``base``, the probability that the customer buys in the days without a contact; ``chance`` that a contact
    brings a purchase that would not have come; ``purchase_margin`` in money; ``expected_gain`` = chance ×
    margin of a purchase − cost, with ``gain_low`` and ``gain_high`` at the ends of the uplift's interval;
    ``break_even``, the chance from which on the contact pays; ``worth_contacting``, whether the gain is above
    0. Its table ``contact_sensitivity``: half, the same and twice the ``uplift`` and the ``contact_cost``;
    ``customers`` worth contacting then, and ``expected_gain`` of contacting them.

    Attributes
    ----------
    curve
        What the first ``contacted`` = 0, 1, 2, … bring in all: `GAINS`.
    measured
        Whether a campaign measured the effect; otherwise it is assumed.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "contact_value"
    is_drawn: ClassVar[bool] = True
    curve: pd.DataFrame
    measured: bool
    currency: str | None = None


def contact_value(
    dataset: Dataset,
    risks: Risks | NotPossible,
    measured: campaigns.CampaignEffects | NotPossible,
    by_risk: campaigns.RiskEffects | NotPossible,
    *,
    days: int = campaigns.RESPONSE_DAYS,
    uplift: float | None = None,
    cost: float | None = None,
    values: pd.DataFrame | None = None,
) -> ContactValue | NotPossible:
    """Work out with which customers a contact is expected to pay.

    Parameters
    ----------
    dataset, risks, measured, by_risk
        The data set; who is at risk; what `campaign_effects` and `effects_by_risk` give.
    days
        The days after a contact in which a purchase counts.
    uplift, cost
        How much more often customers buy because of a contact (0.2: a fifth), and what it costs; None: as the
        latest campaign to active customers measured it (by risk where groups differ), else as the action
        ``retain`` of the data set assumes.
    values
        What `analysis.ltv.profile` gives, where it is there already.

    Notes
    -----
    See `analysis.churn.contact_gain`, which ``08_action_plan`` calls too. Those whose P(alive) is below what
    the action ``retain`` asks for are left out.
    """
    if isinstance(risks, NotPossible):
        return risks
    rule = dataset.actions.get("retain", Action())
    lifts = contact_gain.on_active(measured, by_risk)
    is_measured = uplift is None and len(lifts) > 0
    if not is_measured:
        lifts = contact_gain.assumed(rule, uplift)
    used = cost if cost is not None else float(lifts["cost"].fillna(rule.cost).iloc[0])
    customers = dataset.query("customers").join(
        ltv.profile(dataset) if values is None else values, on="customer_id"
    )
    customers = customers.merge(risks.customers[["customer_id", "risk"]], on="customer_id")
    customers = customers[~(customers["p_alive"] < rule.when.p_alive_at_least)]
    expected = contact_gain.expected(customers, lifts.assign(cost=used), days)
    order = ["expected_gain", "customer_id"]
    ranked = expected.sort_values(order, ascending=[False, True], ignore_index=True)
    ranked["worth_contacting"] = ranked["expected_gain"] > 0
    best = int(ranked["worth_contacting"].sum())
    curve = pd.concat([pd.DataFrame(0.0, [0], GAINS), ranked[GAINS].cumsum()], ignore_index=True)
    curve = curve.rename_axis("contacted").reset_index()
    is_assumed = cost is None and not (is_measured and lifts["cost"].notna().all())
    sums = {name: money(float(curve[name][best]), risks.currency) for name in GAINS}
    counts = {"customers": number(best), "all": number(len(ranked)), "days": number(days)}
    paid = _("{cost}, an assumption,") if is_assumed else "{cost}"
    text = _(
        "A contact that costs {cost} pays with {customers} of {all} active customers and is expected to "
        "bring {expected_gain} more than it costs, if in the {days} days after it they buy {changes} as "
        "often as without it, {source}."
    ).format(
        cost=paid.format(cost=money(used, risks.currency, 2)),
        changes=listing([percent(1 + change) for change in lifts["uplift"]]),
        source=_source(lifts, sums) if is_measured else _("which is an assumption"),
        **sums,
        **counts,
    )
    claim = _("Worth a contact: {customers} of {all}, {expected_gain} expected")
    return ContactValue(
        shown={
            "contact_value": owners.named(dataset, ranked[TABLE]),
            "contact_sensitivity": _sensitivity(customers, lifts.assign(cost=used), days),
        },
        text=text,
        claim=claim.format(**sums, **counts),
        notes_on=(text,),
        curve=curve,
        measured=is_measured,
        currency=risks.currency,
    )


def _source(lifts: pd.DataFrame, sums: dict[str, str]) -> str:
    """Say which campaign measured the uplift, and between what ends the gain lies."""
    source = _("as {campaign} measured it")
    if len(lifts) > 1:
        source = _("from the lowest risk to the highest, as {campaign} measured it")
    source += _(" (90% interval of the gain: {low} to {high})")
    ends = {"low": sums["gain_low"], "high": sums["gain_high"]}
    return source.format(campaign=lifts["campaign"].iloc[0], **ends)


def _sensitivity(customers: pd.DataFrame, lifts: pd.DataFrame, days: int) -> pd.DataFrame:
    """Return what would follow from half, the same and twice the effect and the cost."""
    rows = []
    for rate, times in product(STEPS, STEPS):
        changed = lifts.assign(uplift=lifts["uplift"] * rate, cost=lifts["cost"] * times)
        found = contact_gain.expected(customers, changed, days)
        gain, uplift = found["expected_gain"], found["uplift"].mean()
        rows.append((uplift, changed["cost"].iloc[0], (gain > 0).sum(), gain[gain > 0].sum()))
    return pd.DataFrame(rows, columns=["uplift", "contact_cost", "customers", "expected_gain"])


def worth_contacting(
    dataset: Dataset,
    risks: Risks | NotPossible,
    values: pd.DataFrame,
    window: ActivityWindow | NotPossible,
    given: int | None = None,
) -> pd.DataFrame:
    """Return for the customer profile, by customer_id, with whom a contact is expected to pay today.

    ``worth_contacting`` rests on the data set's campaigns where they were measured, else on assumptions; the
    ``window`` is the one ``given``, or that of the data set or its data.
    """
    measured = campaigns.campaign_effects(campaigns.campaign_contacts(dataset), window)
    by_risk = campaigns.effects_by_risk(measured, dataset, given)
    value = contact_value(dataset, risks, measured, by_risk, values=values)
    if isinstance(value, NotPossible) or isinstance(risks, NotPossible):
        return pd.DataFrame({"worth_contacting": []}, pd.Index([], name="customer_id"), dtype="boolean")
    pays = value.shown["contact_value"].query("worth_contacting")["customer_id"]
    ids = risks.customers["customer_id"]
    return pd.DataFrame({"worth_contacting": ids.isin(pays).array}, pd.Index(ids), dtype="boolean")
