"""What a contact changes: as past campaigns with a control group measured it, else as assumed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis import churn, portfolio
from analysis.churn.campaigns import MIN_ARM, RESPONSE_DAYS, effect_of
from analysis.dataset import Dataset
from analysis.dataset.action_table import Action, ActionName
from analysis.language import N_, _, listing, percent
from analysis.result import Finding, Listed

LIFTS = ["effect", "low", "high"]
NAMES: dict[str, str] = {
    "retain": N_("retain"),
    "develop": N_("develop"),
    "reactivate": N_("reactivate"),
    "acquire": N_("acquire"),
    "referral": N_("ask for a referral"),
    "serve_cheaply": N_("serve at low cost"),
    "leave_alone": N_("leave alone"),
}
_SURE, _FEWEST = 1e-6, 1e-3


@dataclass(frozen=True, kw_only=True)
class Effects(Listed):
    """What a contact of each action changes, and on what that rests.

    Attributes
    ----------
    frame
        A row per action, several where the effect differs by risk: ``action``; up to which risk
        (``risk_high``) it holds; ``effect``, how much more often customers buy in the days after, with its
        90 % interval ``low`` to ``high``; ``cost`` of a contact; ``measured``; ``source``, the campaign.
    actions
        The rules.
    days
        The days after a contact that count.
    """

    name: ClassVar[str] = "action_effects"
    frame: pd.DataFrame
    actions: dict[ActionName, Action]
    days: int
    as_of: dt.date
    currency: str | None


def effects(
    dataset: Dataset,
    days: int = RESPONSE_DAYS,
    cost: float | None = None,
    window: int | None = None,
) -> Effects:
    """Return what a contact of each action changes, by the rules of the data set.

    Retain and develop take the latest campaign to active customers (by risk where groups differ), reactivate
    the one whose effect on inactive ones is surest; what nobody measured is assumed.

    Parameters
    ----------
    dataset, window
        The data set, and its activity window where it is not its own.
    days
        The days after a contact in which a purchase counts.
    cost
        What every contact costs; None: as the campaign or the rule says.

    Notes
    -----
    The effect compares how often customers buy: ln(1 − share that bought, contacted) ÷ ln(1 − share that
    bought, left alone) − 1, as if a contact multiplied the chance of every day. So it does little for those
    who come anyway, and nothing for those who have left.
    """
    active_within = portfolio.activity_window(
        dataset.query("purchase_gaps"), window or dataset.activity_window
    )
    measured = churn.campaign_effects(churn.campaign_contacts(dataset, days), active_within)
    by_risk = churn.effects_by_risk(measured, dataset, window)
    found: dict[str, pd.DataFrame] = {}
    if isinstance(measured, churn.CampaignEffects):
        found["active"] = measured.for_active
        found["away"] = _on_inactive(measured, active_within.days)
        if isinstance(by_risk, churn.RiskEffects) and by_risk.differs:
            one = found["active"].iloc[0]
            found["active"] = by_risk.frame.assign(campaign=one["campaign"], cost=one["cost"])
    places = {"retain": "active", "develop": "active", "reactivate": "away"}
    rows = [
        _rows(name, action, found.get(places.get(name, ""), pd.DataFrame()), cost)
        for name, action in dataset.actions.items()
        if name != "serve_cheaply"
    ]
    frame = pd.concat(rows, ignore_index=True)
    text, good = _told(frame, days)
    return Effects(
        shown={"action_effects": frame.assign(action=frame["action"].map(lambda key: _(NAMES[key])))},
        text=text,
        found=Finding("actions.effects", text, int(frame["measured"].sum()), "actions", good=good),
        frame=frame,
        actions=dataset.actions,
        days=days,
        as_of=dataset.as_of,
        currency=dataset.currency,
    )


def _on_inactive(measured: churn.CampaignEffects, days: int) -> pd.DataFrame:
    """Return what the campaign that did most for customers inactive on its day changed, if any did."""
    rows = []
    for _place, campaign in measured.frame[measured.frame["balanced"]].iterrows():
        sent = measured.contacts[measured.contacts["campaign"] == campaign["campaign"]]
        those = sent[sent["days_since_last"] > days]
        if MIN_ARM <= those["treated"].sum() <= len(those) - MIN_ARM:
            rows.append({"campaign": campaign["campaign"], "cost": campaign["cost"]} | effect_of(those))
    return pd.DataFrame(rows).sort_values("effect_low").tail(1) if rows else pd.DataFrame()


def _rows(name: ActionName, action: Action, campaign: pd.DataFrame, cost: float | None) -> pd.DataFrame:
    """Return what a contact of one action changes: as the campaign says, if there is one."""
    if campaign.empty:
        told = pd.DataFrame([action.model_dump(include=set(LIFTS))]).assign(risk_high=1.0, source="")
        told["cost"] = action.cost
    else:
        told = pd.DataFrame({"risk_high": campaign.get("risk_high", 1.0), "source": campaign["campaign"]})
        told["cost"] = campaign["cost"].fillna(action.cost)
        control = -np.log1p(-campaign["bought_control"].clip(_FEWEST, 1 - _FEWEST))
        for lift, by in zip(LIFTS, ("effect", "effect_low", "effect_high"), strict=True):
            bought = (campaign["bought_control"] + campaign[by]).clip(_SURE, 1 - _FEWEST)
            told[lift] = -np.log1p(-bought) / control - 1
    told["cost"] = told["cost"] if cost is None else cost
    told.iloc[-1, told.columns.get_loc("risk_high")] = 1.0
    columns = ["action", "risk_high", *LIFTS, "cost", "measured", "source"]
    return told.assign(action=name, measured=not campaign.empty)[columns]


def _told(frame: pd.DataFrame, days: int) -> tuple[str, bool | None]:
    """Say which effects were measured, and which are assumptions; and whether any is surely above nothing."""
    said = []
    for _place, row in frame[frame["measured"]].drop_duplicates(["source", *LIFTS]).iterrows():
        message = _("{source} made purchases {effect} as frequent ({low} to {high}){risk}")
        risk = _(" at a risk up to {risk}").format(risk=percent(row["risk_high"]))
        ends = {lift: percent(1 + row[lift]) for lift in LIFTS}
        several = (frame["action"] == row["action"]).sum() > 1
        said.append(message.format(source=row["source"], risk=risk if several else "", **ends))
    assumed = frame.loc[~frame["measured"], "action"].drop_duplicates()
    text = _("In the {days} days after a contact, against those left alone: {effects}.").format(
        days=days, effects=listing(said)
    )
    if not said:
        text = _("No past campaign with a control group tells what a contact changes.")
    if len(assumed):
        names = listing([_(NAMES[name]) for name in assumed])
        text += " " + _("What these change is an assumption: {actions}.").format(actions=names)
    return text, bool((frame.loc[frame["measured"], "low"] > 0).any()) if said else None
