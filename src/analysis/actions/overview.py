"""How many get which action, and what those bring who may not be contacted."""

from __future__ import annotations

import pandas as pd

from analysis.actions.effects import NAMES, Effects
from analysis.actions.words import NO_CONTACT
from analysis.language import _, listing, money, number
from analysis.result import Finding, Listed


def overview(contacts: pd.DataFrame, effects: Effects, *, asked: bool) -> Listed:
    """Count whom each action is recommended for.

    Parameters
    ----------
    contacts, effects
        What `recommend` gives, and what it was given.
    asked
        Whether the data say who consents.
    """
    order = [name for name in NAMES if name in set(contacts["action"])]
    by = contacts.groupby("action")
    frame = pd.DataFrame(
        {
            "customers": contacts["contact_type"].eq("customer").groupby(contacts["action"]).sum(),
            "leads": contacts["contact_type"].eq("lead").groupby(contacts["action"]).sum(),
            "contact_cost": by["cost"].sum(),
            "expected_gain": by["expected_gain"].sum(),
        }
    ).loc[order]
    frame.insert(0, "action", [_(NAMES[name]) for name in order])
    worth = contacts[~contacts["action"].isin(NO_CONTACT)]
    gain = float(worth["expected_gain"].sum())
    parts = frame[~frame.index.isin(NO_CONTACT)]
    sizes = (parts["customers"] + parts["leads"]).map(number)
    said = listing([f"{name} {size}" for name, size in zip(parts["action"], sizes, strict=True)])
    counts = contacts["contact_type"].value_counts()
    text = _("With none of {customers} customers and {leads} open leads is a contact expected to pay.")
    if len(worth):
        text = _(
            "Of {customers} customers and {leads} open leads, a contact is expected to pay with {worth} "
            "({said}): {gain} more than they cost."
        )
    text = text.format(
        customers=number(counts.get("customer", 0)),
        leads=number(counts.get("lead", 0)),
        worth=number(len(worth)),
        said=said,
        gain=money(gain, effects.currency),
    )
    note = _("The data do not say who consents to being contacted, so nobody was left out: see who may be.")
    if asked:
        silent = worth[~worth["may_contact"]]
        note = _(
            "{n} of these have not consented to being contacted and are on no list: {gain} is left there."
        )
        left = money(float(silent["expected_gain"].sum()), effects.currency)
        note = note.format(n=number(len(silent)), gain=left)
    found = Finding("actions.overview", text, len(worth), "contacts", gain)
    return Listed({"actions": frame.reset_index(drop=True)}, text, found, notes_on=(note,))
