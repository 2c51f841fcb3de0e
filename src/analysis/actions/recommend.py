"""One action for each customer and open lead: the one with the highest expected gain."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from analysis.actions.effects import NO_CONTACT, Effects
from analysis.actions.words import reasons, talk_about
from analysis.churn import contact_gain
from analysis.dataset.action_table import Action
from analysis.language import _
from analysis.not_possible import NotPossible
from analysis.result import Listed

CHANCES = ["chance", "chance_low", "chance_high"]
GAINS = ["expected_gain", "gain_low", "gain_high"]
CONTACTS = [
    *("contact_id", "contact_type", "name", "owner", "segment", "action", "value_at_stake", "base"),
    *(*CHANCES, "measured", "cost", *GAINS, "reasons", "talk_about", "contact_by", "may_contact", "channel"),
    "source",
]
COMPLAINT_DAYS, SOON = 180, 2  # a low answer is an open complaint for so long; work days to settle it
DETRACTOR = 6
_NUMBERS = [
    *("risk", "p_alive", "expected_purchases", "clv", "cost", "purchase_days", "net_sales", "nps_score"),
    *("potential", "lapsed_sales", "usual_gap", "days_since_last", "overdue_amount"),
    *("chance", "value_if_won"),
]
_TEXTS = ["name", "owner", "segment", "abc", "potential_in", "lapsed_lines", "reasons", "active", "consent"]
_DAYS = ["last_purchase", "first_purchase", "nps_date", "next_action"]


def recommend(
    profile: pd.DataFrame,
    leads: Listed | NotPossible | pd.DataFrame | None,
    effects: Effects,
    comments: pd.Series | None = None,
    new_customer: float | None = None,
) -> pd.DataFrame:
    """Give each customer and each open lead the action with the highest expected gain, or none.

    Parameters
    ----------
    profile
        What `analysis.customer_profile` gives; what it lacks is not known.
    leads
        What `analysis.acquisition.lead_scores` gives, or its ``leads``; None: there are none.
    effects
        What a contact changes.
    comments
        By customer_id, what it wrote in its last survey; see `complaints`.
    new_customer
        What a new customer is worth in a year, where these are some of all; see `new_customer_value`.

    Returns
    -------
    pandas.DataFrame
        One row per customer and lead, the highest gain first: ``contact_id``, ``contact_type``, ``name``,
        ``owner``, ``segment``, ``action``; ``value_at_stake``, the margin that hangs on it; ``base``, the
        chance of it without a contact; ``chance`` that the contact changes the outcome, ``chance_low`` and
        ``chance_high`` at the ends of the uplift's interval, ``measured`` or not; ``cost``;
        ``expected_gain`` = chance × value at stake − cost, ``gain_low`` and ``gain_high``; ``reasons``;
        ``talk_about``; ``contact_by``; ``may_contact``, false where consent is recorded and was not given;
        ``channel``; ``source``, the campaign that measured the effect.

    Notes
    -----
    At stake is the margin of one purchase of a customer, that of the first twelve months of a lead, and that
    of a year of a new customer for a referral. See `analysis.churn.contact_gain` for chances.
    """
    rows, contacts = unworded(profile, leads, effects, new_customer)
    return in_order(worded(rows, contacts, effects, comments))


def unworded(
    profile: pd.DataFrame,
    leads: Listed | NotPossible | pd.DataFrame | None,
    effects: Effects,
    new_customer: float | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is known of customers and leads, and their contacts without words, both in their order."""
    scored = leads if isinstance(leads, pd.DataFrame) else getattr(leads, "leads", None)
    rows = _candidates(profile, scored, effects, new_customer)
    contacts = rows[["contact_id", "contact_type", "name", "owner", "segment"]].join(_best(rows, effects))
    contacts["may_contact"] = rows["consent"].eq(True) if "consent" in profile else True
    contacts["contact_by"] = _days(rows, contacts, effects)
    return rows, contacts


def worded(
    rows: pd.DataFrame, contacts: pd.DataFrame, effects: Effects, comments: pd.Series | None
) -> pd.DataFrame:
    """Return contacts with why, and what to talk about."""
    return contacts.assign(
        reasons=reasons(rows, contacts["action"], effects.currency),
        talk_about=talk_about(rows, contacts["action"], effects.currency, comments),
    )


def in_order(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return contacts as `recommend` gives them, the highest gain first."""
    order = ["expected_gain", "contact_type", "contact_id"]
    return contacts.sort_values(order, ascending=[False, True, True], ignore_index=True)[CONTACTS]


def advised(profile: pd.DataFrame, effects: Effects, new_customer: float | None = None) -> pd.DataFrame:
    """Return the ``action`` of each customer and its ``expected_gain``, in their order; see `recommend`."""
    rows = _candidates(profile, None, effects, new_customer)
    return _best(rows, effects)[["action", "expected_gain"]].set_axis(profile.index)


def new_customer_value(profile: pd.DataFrame, as_of: dt.date) -> float:
    """Return the mean ``clv`` of the customers whose ``first_purchase`` lies within a year of a day."""
    new = pd.to_datetime(profile["first_purchase"]) > pd.Timestamp(as_of) - pd.DateOffset(years=1)
    return float(profile["clv"].astype(float)[new].clip(lower=0).mean())


def _best(rows: pd.DataFrame, effects: Effects) -> pd.DataFrame:
    """Return for each of `_candidates` the action with the highest expected gain, and what it rests on."""
    best = pd.DataFrame(0.0, rows.index, [*GAINS, *CHANCES, "base", "cost", "value_at_stake"])
    best = best.assign(action="leave_alone", measured=False, source="", within=0, channel="")
    for name, action in effects.actions.items():
        meets = _meets(rows, action) & (rows["contact_type"].eq("lead") == (name == "acquire"))
        if name in NO_CONTACT:
            best["action"] = best["action"].mask(meets & best["action"].eq("leave_alone"), name)
            continue
        found = _expected(rows[meets], name, effects)
        better = found[found["expected_gain"] > best.loc[found.index, "expected_gain"]]
        channel = _(action.channel) if action.channel else ""
        told = better.assign(action=name, within=action.within, channel=channel)
        best.loc[told.index, told.columns] = told
    return best


def _candidates(
    profile: pd.DataFrame, leads: pd.DataFrame | None, effects: Effects, new_customer: float | None
) -> pd.DataFrame:
    """Return customers and leads with the columns that rules and gains look at, missing where not known."""
    found = [profile.assign(contact_type="customer").rename(columns={"customer_id": "contact_id"})]
    if leads is not None:
        named = leads.rename(columns={"lead_id": "contact_id"})
        found.append(named.assign(contact_type="lead", consent=True))  # whoever asks wants an answer
    every = [*_NUMBERS, *_TEXTS, *_DAYS]
    rows = pd.concat([one.reindex(columns=["contact_id", "contact_type", *every]) for one in found])
    rows = rows.astype(dict.fromkeys([*_TEXTS, "contact_id"], "object") | dict.fromkeys(_NUMBERS, float))
    rows = rows.astype(dict.fromkeys(_DAYS, "datetime64[ns]")).reset_index(drop=True)
    today = pd.Timestamp(effects.as_of)
    recently = rows["nps_date"] > today - pd.Timedelta(days=COMPLAINT_DAYS)
    if new_customer is None:
        new_customer = new_customer_value(rows, effects.as_of)
    return rows.assign(
        base=contact_gain.base(rows, effects.days).fillna(rows["chance"]),
        purchase=contact_gain.purchase_value(rows),
        new_customer=new_customer,
        complaint=recently & (rows["nps_score"] <= DETRACTOR),
    )


def _meets(rows: pd.DataFrame, action: Action) -> pd.Series:
    """Tell whom an action is for; what is not known does not hold, but for P(alive)."""
    when = action.when
    meets = ~(rows["p_alive"] < when.p_alive_at_least)
    room = rows["potential"].clip(lower=0).fillna(0) + rows["lapsed_sales"].fillna(0)
    for values, least, most in (
        (rows["risk"], when.risk_at_least, when.risk_at_most),
        (rows["clv"], None, when.value_at_most),
        (room, when.potential_at_least, None),
        (rows["nps_score"], when.score_at_least, None),
    ):
        if least is not None or most is not None:
            meets &= values.between(-np.inf if least is None else least, np.inf if most is None else most)
    if when.active is not None:
        meets &= rows["active"].eq(when.active)
    return meets & rows["abc"].isin(when.classes) if when.classes else meets


def _expected(rows: pd.DataFrame, name: str, effects: Effects) -> pd.DataFrame:
    """Return what one action is expected to bring with each of those it is for."""
    own = contact_gain.of_risk(effects.frame[effects.frame["action"] == name], rows["risk"])
    value = {"acquire": "value_if_won", "referral": "new_customer"}.get(name, "purchase")
    found = own[["cost", "measured", "source"]].assign(value_at_stake=rows[value], base=rows["base"])
    for lift, chance, gain in zip(contact_gain.LIFTS, CHANCES, GAINS, strict=True):
        found[chance] = own[lift] if name == "referral" else contact_gain.changed(rows["base"], own[lift])
        found[gain] = found[chance] * found["value_at_stake"] - found["cost"]
    return found


def _days(rows: pd.DataFrame, contacts: pd.DataFrame, effects: Effects) -> pd.Series:
    """Return the day to contact each by: the rule's work days, sooner for a complaint or as agreed."""
    within = contacts["within"].mask(rows["complaint"], contacts["within"].clip(upper=SOON))
    start = np.datetime64(effects.as_of)
    day = pd.Series(np.busday_offset(start, within.to_numpy(int), roll="backward"), rows.index)
    day = pd.to_datetime(day)
    agreed = rows["next_action"].where(rows["next_action"] > pd.Timestamp(effects.as_of))
    return day.mask(agreed < day, agreed).mask(contacts["action"].isin(NO_CONTACT))
