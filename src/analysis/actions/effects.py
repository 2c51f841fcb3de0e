"""What a contact changes: as past campaigns with a control group measured it, else as assumed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from analysis import churn, portfolio
from analysis.churn import contact_gain
from analysis.churn.campaigns import RESPONSE_DAYS
from analysis.dataset import Dataset
from analysis.dataset.action_table import Action, ActionName
from analysis.language import N_, _, listing
from analysis.result import Finding, Listed

NAMES: dict[str, str] = {
    "retain": N_("retain"),
    "develop": N_("develop"),
    "reactivate": N_("reactivate"),
    "acquire": N_("acquire"),
    "referral": N_("ask for a referral"),
    "serve_cheaply": N_("serve at low cost"),
    "leave_alone": N_("leave alone"),
}
SHOWN = ["action", "source", "measured", "uplift", "low", "high", "cost", "risk_high"]
NO_CONTACT = ("serve_cheaply", "leave_alone")


@dataclass(frozen=True, kw_only=True)
class Effects(Listed):
    """What a contact of each action changes, and on what that rests.

    Attributes
    ----------
    frame
        A row per action, several where the effect differs by risk: ``action``; ``risk_high``, up to which
        risk it holds; ``uplift``, how much more often they buy because of it, with its 90 % interval ``low``
        to ``high``; ``cost`` of a contact; ``measured``; ``source``, the campaign.
    actions
        The rules.
    days
        The days after a contact that count.
    """

    frame: pd.DataFrame
    actions: dict[ActionName, Action]
    days: int
    as_of: dt.date
    currency: str | None


def effects(
    dataset: Dataset, days: int = RESPONSE_DAYS, cost: float | None = None, window: int | None = None
) -> Effects:
    """Return what a contact of each action changes, by the rules of the data set.

    Retain and develop take what was measured on active customers, reactivate that on inactive ones; what
    nobody measured is assumed.

    Parameters
    ----------
    dataset, window
        The data set, and its activity window where it is not its own.
    days
        The days after a contact in which a purchase counts.
    cost
        What every contact costs; None: as the campaign or the rule says.
    """
    found = portfolio.activity_window(dataset.query("purchase_gaps"), window or dataset.activity_window)
    measured = churn.campaign_effects(churn.campaign_contacts(dataset, days), found)
    active = contact_gain.on_active(measured, churn.effects_by_risk(measured, dataset, window))
    away = contact_gain.on_inactive(measured, found)
    seen = {"retain": active, "develop": active, "reactivate": away}
    rows = [
        _rows(name, action, seen.get(name, pd.DataFrame()))
        for name, action in dataset.actions.items()
        if name not in NO_CONTACT
    ]
    frame = pd.concat(rows, ignore_index=True).assign(**({} if cost is None else {"cost": cost}))
    text = _told(frame)
    good = bool((frame.loc[frame["measured"], "low"] > 0).any()) or None
    return Effects(
        shown={"action_effects": frame[SHOWN].assign(action=frame["action"].map(lambda key: _(NAMES[key])))},
        text=text,
        found=Finding("actions.effects", text, int(frame["measured"].sum()), "actions", good=good),
        frame=frame,
        actions=dataset.actions,
        days=days,
        as_of=dataset.as_of,
        currency=dataset.currency,
    )


def _rows(name: ActionName, action: Action, campaign: pd.DataFrame) -> pd.DataFrame:
    """Return what a contact of one action changes: as the campaign says, if there is one."""
    lifts = contact_gain.LIFTS
    told = pd.DataFrame([{"risk_high": 1.0, "campaign": "", **action.model_dump(include={"cost", *lifts})}])
    if len(campaign):
        told = campaign.fillna({"cost": action.cost})
    told = told.rename(columns={"campaign": "source"})[["risk_high", *lifts, "cost", "source"]]
    return told.assign(action=name, measured=len(campaign) > 0)


def _told(frame: pd.DataFrame) -> str:
    """Say which effects were measured, whether clearly, and which are assumptions."""
    measured = frame[frame["measured"]]
    text = _("No past campaign with a control group tells what a contact changes.")
    clear = measured.loc[measured["low"] > 0, "source"].unique().tolist()
    if len(measured):
        text = _(
            "Past campaigns measure what a contact changes for {actions}: with these customers not "
            "clearly anything."
        )
        if clear:
            text = _(
                "Past campaigns measure what a contact changes for {actions}: {clear} clearly more purchases."
            )
        text = text.format(actions=_names(measured), clear=listing(clear))
    if not frame["measured"].all():
        assumed = _names(frame[~frame["measured"]])
        text += " " + _("What these change is an assumption: {actions}.").format(actions=assumed)
    return text


def _names(rows: pd.DataFrame) -> str:
    """Return the actions of some rows in words."""
    return listing([_(NAMES[name]) for name in rows["action"].unique()])
