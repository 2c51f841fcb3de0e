"""Whom it pays to contact: what a contact is expected to bring, less what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import pandas as pd

from analysis import ltv, owners
from analysis.churn import campaigns, contact_gain
from analysis.churn.risks import Risks, foremost, listed_first
from analysis.dataset import Dataset
from analysis.dataset.action_table import Action
from analysis.language import _, listing, money, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.portfolio import ActivityWindow
from analysis.result import Listed

STEPS = (0.5, 1.0, 2.0)  # times the uplift, and times the cost, in the table of sensitivity
GAINS = ["expected_gain", "gain_low", "gain_high"]
ORDER = {"expected_gain": False, "customer_id": True}
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
    pay
        With how many a contact pays.
    measured
        Whether a campaign measured the effect; otherwise it is assumed.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "contact_value"
    is_drawn: ClassVar[bool] = True
    curve: pd.DataFrame
    pay: int
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
    terms = _terms(dataset, measured, by_risk, days=days, uplift=uplift, cost=cost)
    models = risks.models or (ltv.fitted(dataset) if values is None else None)
    gains, tried, first, pay = [], [], pd.DataFrame(), 0
    for part, risk in zip(dataset.batches(), risks.risk, strict=True):
        own = ltv.values(part, models) if values is None else values
        customers = _contacted(part, risk, own, terms)
        ranked = contact_gain.expected(customers, terms.lifts, days).sort_values(
            [*ORDER], ascending=[*ORDER.values()], ignore_index=True
        )
        ranked["worth_contacting"] = ranked["expected_gain"] > 0
        pay += int(ranked["worth_contacting"].sum())
        gains.append(ranked[GAINS])
        tried.append(_tried(customers, terms))
        first = foremost(first, ranked[TABLE], ORDER) if part.whole else ranked[TABLE]
    curve = pd.concat(gains, ignore_index=True)
    if len(gains) > 1:
        curve = curve.sort_values("expected_gain", ascending=False)
    curve = pd.concat([pd.DataFrame(0.0, [0], GAINS), curve.cumsum()], ignore_index=True)
    curve = curve.rename_axis("contacted").reset_index()
    active, contacted = sum(map(len, risks.risk)), len(curve) - 1
    text, claim = _said(terms, curve, pay, active, risks.currency)
    notes = [text]
    if contacted < active:
        notes.append(_left_out(active - contacted, terms.alive_at_least))
    if len(first) < contacted:
        notes.append(listed_first(len(first), contacted))
    return ContactValue(
        shown={
            "contact_value": owners.named(dataset, first),
            "contact_sensitivity": _sensitivity(sum(tried[1:], tried[0]), terms),
        },
        text=text,
        claim=claim,
        notes_on=tuple(notes),
        curve=curve,
        pay=pay,
        measured=terms.measured,
        currency=risks.currency,
    )


@dataclass(frozen=True)
class ContactTerms:
    """What a contact changes, what it costs and whom it is for.

    Attributes
    ----------
    lifts
        As `analysis.churn.contact_gain.expected` takes it.
    days
        The days after a contact in which a purchase counts.
    alive_at_least
        Those whose P(alive) is below are left out.
    measured, cost_assumed
        Whether a campaign measured the uplift; whether the cost is an assumption.
    """

    lifts: pd.DataFrame
    days: int
    alive_at_least: float
    measured: bool
    cost_assumed: bool


def _terms(
    dataset: Dataset,
    measured: campaigns.CampaignEffects | NotPossible,
    by_risk: campaigns.RiskEffects | NotPossible,
    *,
    days: int = campaigns.RESPONSE_DAYS,
    uplift: float | None = None,
    cost: float | None = None,
) -> ContactTerms:
    """Return what a contact changes and costs; see `contact_value`."""
    rule = dataset.actions.get("retain", Action())
    lifts = contact_gain.on_active(measured, by_risk)
    is_measured = uplift is None and len(lifts) > 0
    if not is_measured:
        lifts = contact_gain.assumed(rule, uplift)
    used = cost if cost is not None else float(lifts["cost"].fillna(rule.cost).iloc[0])
    is_assumed = cost is None and not (is_measured and lifts["cost"].notna().all())
    return ContactTerms(lifts.assign(cost=used), days, rule.when.p_alive_at_least, is_measured, is_assumed)


def _contacted(part: Dataset, risk: pd.Series, values: pd.DataFrame, terms: ContactTerms) -> pd.DataFrame:
    """Return the rows that `contact_gain.expected` takes, of the active customers of a part."""
    customers = part.query("customers", ["customer_id", "purchase_days", "net_sales", "cost"])
    customers = customers.join(values, on="customer_id").merge(risk.reset_index(), on="customer_id")
    return customers[~(customers["p_alive"] < terms.alive_at_least)]


def _left_out(customers: int, alive_at_least: float) -> str:
    """Say how many active customers are not contacted, since they have probably left."""
    return ngettext(
        "{n} of them is left out, as probably lost: P(alive) is below {least}.",
        "{n} of them are left out, as probably lost: P(alive) is below {least}.",
        customers,
    ).format(n=number(customers), least=percent(alive_at_least))


def _said(
    terms: ContactTerms, curve: pd.DataFrame, pay: int, active: int, currency: str | None
) -> tuple[str, str]:
    """Return the sentence and the claim: with how many a contact pays, and what that brings."""
    lifts, cost = terms.lifts, terms.lifts["cost"].iloc[0]
    sums = {name: money(float(curve[name][pay]), currency) for name in GAINS}
    counts = {"customers": number(pay), "all": number(active), "days": number(terms.days)}
    paid = _("{cost}, an assumption,") if terms.cost_assumed else "{cost}"
    text = _(
        "A contact that costs {cost} pays with {customers} of {all} active customers and is expected to "
        "bring {expected_gain} more than it costs, if in the {days} days after it they buy {changes} as "
        "often as without it, {source}."
    ).format(
        cost=paid.format(cost=money(cost, currency, 2)),
        changes=listing([percent(1 + change) for change in lifts["uplift"]]),
        source=_source(lifts, sums) if terms.measured else _("which is an assumption"),
        **sums,
        **counts,
    )
    claim = _("Worth a contact: {customers} of {all}, {expected_gain} expected")
    return text, claim.format(**sums, **counts)


def _source(lifts: pd.DataFrame, sums: dict[str, str]) -> str:
    """Say which campaign measured the uplift, and between what ends the gain lies."""
    source = _("as {campaign} measured it")
    if len(lifts) > 1:
        source = _("from the lowest risk to the highest, as {campaign} measured it")
    source += _(" (90% interval of the gain: {low} to {high})")
    ends = {"low": sums["gain_low"], "high": sums["gain_high"]}
    return source.format(campaign=lifts["campaign"].iloc[0], **ends)


def _tried(customers: pd.DataFrame, terms: ContactTerms) -> pd.DataFrame:
    """Return sums over customers of what follows from half, the same and twice the effect and the cost."""
    rows = []
    for rate, times in product(STEPS, STEPS):
        lifts = terms.lifts.assign(uplift=terms.lifts["uplift"] * rate, cost=terms.lifts["cost"] * times)
        found = contact_gain.expected(customers, lifts, terms.days)
        gain = found["expected_gain"]
        rows.append((len(found), found["uplift"].sum(), (gain > 0).sum(), gain[gain > 0].sum()))
    return pd.DataFrame(rows, columns=["contacted", "uplift", "customers", "expected_gain"])


def _sensitivity(tried: pd.DataFrame, terms: ContactTerms) -> pd.DataFrame:
    """Return the table of sensitivity from the sums of all parts."""
    costs = [terms.lifts["cost"].iloc[0] * times for _rate, times in product(STEPS, STEPS)]
    table = tried.assign(uplift=tried["uplift"] / tried["contacted"], contact_cost=costs)
    return table[["uplift", "contact_cost", "customers", "expected_gain"]]


def contact_terms(
    dataset: Dataset, window: ActivityWindow | NotPossible, given: int | None = None
) -> ContactTerms:
    """Return what a contact changes and costs, as the campaigns of the data set measured, else as assumed.

    The ``window`` is the one ``given``, or that of the data set or its data.
    """
    measured = campaigns.campaign_effects(campaigns.campaign_contacts(dataset), window)
    return _terms(dataset, measured, campaigns.effects_by_risk(measured, dataset, given))


def worth_contacting(
    part: Dataset, scored: pd.DataFrame | NotPossible, values: pd.DataFrame, terms: ContactTerms
) -> pd.DataFrame:
    """Return for the customer profile, by customer_id, with whom a contact is expected to pay today.

    Of the customers that `analysis.churn.scored` gives of a part of the data set; ``values`` are those of
    `analysis.ltv.profile`.
    """
    if isinstance(scored, NotPossible):
        return pd.DataFrame({"worth_contacting": []}, pd.Index([], name="customer_id"), dtype="boolean")
    customers = _contacted(part, scored.set_index("customer_id")["risk"], values, terms)
    gains = contact_gain.expected(customers, terms.lifts, terms.days)
    pays = gains.loc[gains["expected_gain"] > 0, "customer_id"]
    ids = scored["customer_id"]
    return pd.DataFrame({"worth_contacting": ids.isin(pays).array}, pd.Index(ids), dtype="boolean")
