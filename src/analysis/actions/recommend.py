"""One action for each customer and open lead: the one with the highest expected gain."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.actions.effects import LIFTS, Effects
from analysis.actions.words import reasons, talk_about
from analysis.dataset.action_table import LEAST_ALIVE, Action
from analysis.profitability.margins import ASSUMED_RATE

CONTACTS = [
    *("contact_id", "contact_type", "name", "owner", "segment", "action", "value_at_stake", "chance"),
    *("chance_low", "chance_high", "measured", "cost", "expected_gain", "gain_low", "gain_high", "reasons"),
    *("talk_about", "contact_by", "may_contact", "channel", "source"),
]
CHANCES = ["chance", "chance_low", "chance_high"]
GAINS = ["expected_gain", "gain_low", "gain_high"]
NO_CONTACT = ("serve_cheaply", "leave_alone")
COMPLAINT_DAYS, SOON = 180, 2  # a low answer is an open complaint for so long; work days to settle it
DETRACTOR = 6
_YEAR = 364  # days that the expected purchases of the profile look ahead
_NUMBERS = [
    *("risk", "p_alive", "expected_purchases", "clv", "repeat_value", "sales", "cost", "purchase_days"),
    *("net_sales", "nps_score", "potential", "lapsed_sales", "contribution_margin", "relative_silence"),
    *("usual_gap", "days_since_last", "overdue_amount", "chance", "expected_value"),
]
_TEXTS = ["name", "owner", "segment", "abc", "potential_in", "lapsed_lines", "reasons", "stage"]
_DAYS = ["last_purchase", "first_purchase", "nps_date", "next_action"]


def recommend(
    profile: pd.DataFrame,
    leads: pd.DataFrame | None,
    effects: Effects,
    comments: pd.Series | None = None,
) -> pd.DataFrame:
    """Give each customer and each open lead the action with the highest expected gain, or none.

    Parameters
    ----------
    profile
        What `analysis.customer_profile` gives; what it lacks is not known.
    leads
        The frame ``leads`` of `analysis.acquisition.lead_scores`; None: there are none.
    effects
        What a contact changes.
    comments
        By customer_id, what it wrote in its last survey; see `complaints`.

    Returns
    -------
    pandas.DataFrame
        One row per customer and lead, the highest gain first: ``contact_id``, ``contact_type``, ``name``,
        ``owner``, ``segment``, ``action``; ``value_at_stake``, the margin that hangs on it; ``chance`` that
        the contact changes the outcome, ``chance_low`` and ``chance_high`` at the ends of the effect's
        interval, ``measured`` or not; ``cost``; ``expected_gain`` = chance × value at stake − cost, and
        ``gain_low`` and ``gain_high``; ``reasons``; ``talk_about``; ``contact_by``; ``may_contact``, false
        where consent is recorded and was not given; ``channel``; ``source`` of the effect.

    Notes
    -----
    At stake is the margin of one purchase: what a contact is known to change is whether a customer buys in
    the days after it. Of a lead, that of its first twelve months; of a referral, that of a new customer.

    With p the probability that a customer buys in these days on its own, and an effect e, the contact changes
    that by (1 − p) − (1 − p)^(1 + e). Expected purchases of the year that come at random, if the customer is
    still there, make p = P(alive) × (1 − exp(−expected purchases ÷ P(alive) × days ÷ 364)).
    """
    rows = _candidates(profile, leads, effects)
    best = pd.DataFrame(0.0, rows.index, [*GAINS, *CHANCES, "cost", "value_at_stake"])
    best = best.assign(action="leave_alone", measured=False, source="", within=0, channel="")
    for name, action in effects.actions.items():
        meets = _meets(rows, action) & ((rows["contact_type"] == "lead") == (name == "acquire"))
        if name == "serve_cheaply":
            best["action"] = best["action"].mask(meets & (best["action"] == "leave_alone"), name)
            continue
        found = _expected(rows[meets], name, effects)
        better = found[found["expected_gain"] > best.loc[found.index, "expected_gain"]]
        told = better.assign(action=name, within=action.within, channel=action.channel)
        best.loc[told.index, told.columns] = told
    contacts = rows[["contact_id", "contact_type", "name", "owner", "segment"]].join(best)
    asked = "consent" in rows
    contacts["may_contact"] = rows["consent"].fillna(value=False).astype(bool) if asked else True
    rows["complaint"] = (rows["nps_score"] <= DETRACTOR) & (
        rows["nps_date"] > pd.Timestamp(effects.as_of) - pd.Timedelta(days=COMPLAINT_DAYS)
    )
    days = contacts["within"].mask(rows["complaint"], contacts["within"].clip(upper=SOON)).astype(int)
    by = pd.Series(pd.to_datetime(np.busday_offset(effects.as_of, days, roll="backward")), rows.index)
    agreed = rows["next_action"].where(rows["next_action"] > pd.Timestamp(effects.as_of))
    contacts["contact_by"] = by.mask(agreed < by, agreed).mask(contacts["action"].isin(NO_CONTACT))
    contacts["reasons"] = reasons(rows, contacts["action"], effects)
    contacts["talk_about"] = talk_about(rows, contacts["action"], effects, comments)
    order = ["expected_gain", "contact_type", "contact_id"]
    return contacts.sort_values(order, ascending=[False, True, True], ignore_index=True)[CONTACTS]


def _candidates(profile: pd.DataFrame, leads: pd.DataFrame | None, effects: Effects) -> pd.DataFrame:
    """Return customers and leads with the columns that rules and gains look at, missing where not known."""
    found = [profile.assign(contact_type="customer").rename(columns={"customer_id": "contact_id"})]
    if leads is not None and len(leads):
        open_ = leads.assign(contact_type="lead").rename(columns={"lead_id": "contact_id"})
        found.append(open_ if "consent" not in profile else open_.assign(consent=True))
    rows = pd.concat([one.astype({"contact_id": "object"}) for one in found], ignore_index=True)
    missing = {name: np.nan for name in [*_NUMBERS, *_TEXTS, "active"] if name not in rows}
    rows = rows.assign(**missing, **{name: pd.NaT for name in _DAYS if name not in rows})
    rows[_NUMBERS] = rows[_NUMBERS].astype(float)
    rows[_DAYS] = rows[_DAYS].apply(pd.to_datetime)
    margin = (1 - rows["cost"] / rows["net_sales"].where(rows["net_sales"] > 0)).clip(-1, 1)
    spent = rows["net_sales"] / rows["purchase_days"].where(rows["purchase_days"] > 0)
    plain = spent * margin.where(rows["cost"] > 0, ASSUMED_RATE).fillna(ASSUMED_RATE)
    expected = rows["expected_purchases"].where(rows["expected_purchases"] > 1e-6)  # noqa: PLR2004
    rows["purchase"] = (rows["clv"] / expected).fillna(plain).clip(lower=0)
    rows["year"] = rows["clv"].fillna(rows["contribution_margin"])
    alive = rows["p_alive"].fillna(1.0).clip(lower=LEAST_ALIVE)
    buys = -np.expm1(-rows["expected_purchases"] / alive * effects.days / _YEAR) * alive
    rows["base"] = buys.fillna(1 - rows["risk"]).mask(rows["contact_type"] == "lead", rows["chance"])
    new = rows["first_purchase"] > pd.Timestamp(effects.as_of) - pd.DateOffset(years=1)
    rows["new_customer"] = rows.loc[new, "year"].clip(lower=0).mean()
    return rows


def _meets(rows: pd.DataFrame, action: Action) -> pd.Series:
    """Tell whom an action is for; what is not known does not hold, but for P(alive)."""
    when, meets = action.when, pd.Series(True, rows.index)  # noqa: FBT003
    if when.active is not None:
        meets &= rows["active"].eq(when.active)
    meets &= ~(rows["p_alive"] < when.p_alive_at_least)
    room = rows["potential"].clip(lower=0).fillna(0) + rows["lapsed_sales"].fillna(0)
    for values, least, most in (
        (rows["risk"], when.risk_at_least, when.risk_at_most),
        (rows["year"], when.value_at_least, when.value_at_most),
        (room, when.potential_at_least, None),
        (rows["nps_score"], when.score_at_least, None),
    ):
        meets &= (values >= least) if least is not None else True
        meets &= (values <= most) if most is not None else True
    if when.classes is not None:
        meets &= rows["abc"].isin(when.classes)
    return meets


def _expected(rows: pd.DataFrame, name: str, effects: Effects) -> pd.DataFrame:
    """Return what one action is expected to bring with each of those it is for."""
    table = effects.frame[effects.frame["action"] == name]
    place = np.searchsorted(table["risk_high"].iloc[:-1], rows["risk"].fillna(1.0))
    own = table.iloc[place].set_index(rows.index)
    value = {"acquire": "expected_value", "referral": "new_customer"}.get(name, "purchase")
    found = own[["cost", "measured", "source"]].assign(value_at_stake=rows[value])
    for lift, chance, gain in zip(LIFTS, CHANCES, GAINS, strict=True):
        stays = 1 - rows["base"].clip(0, 1)
        found[chance] = own[lift] if name == "referral" else stays - stays ** (1 + own[lift])
        found[gain] = found[chance] * found["value_at_stake"] - found["cost"]
    return found
