"""How many get which action, and what those bring who may not be contacted."""

from __future__ import annotations

import pandas as pd

from analysis.actions.effects import NAMES, NO_CONTACT, Effects
from analysis.language import _, listing, money, number
from analysis.result import Listed


def overview(contacts: pd.DataFrame, effects: Effects, *, asked: bool) -> Listed:
    """Count whom each action of `recommend` is for; ``asked``: whether the data say who consents."""
    order = [name for name in NAMES if name in set(contacts["action"])]
    lead = contacts["contact_type"].eq("lead")
    by = contacts.assign(leads=lead, customers=~lead).groupby("action")
    frame = by[["customers", "leads", "cost", "expected_gain"]].sum().loc[order].reset_index()
    frame["action"] = frame["action"].map(lambda key: _(NAMES[key]))
    worth = contacts[~contacts["action"].isin(NO_CONTACT)]
    gain, silent = float(worth["expected_gain"].sum()), worth[~worth["may_contact"]]
    counts = worth["action"].value_counts().reindex([name for name in order if name not in NO_CONTACT])
    text = _("With none of {people} is a contact expected to pay.")
    if len(worth):
        text = _(
            "Of {people}, a contact is expected to pay with {worth} ({parts}): {gain} more than they cost."
        )
    note = _("The data do not say who consents to being contacted, so nobody was left out.")
    if asked:
        note = _("{silent} of them have not consented: they are on no list, which leaves {left}.")
    people = _("{customers} customers and {leads} open leads") if lead.any() else _("{customers} customers")
    said = {
        "people": people.format(customers=number((~lead).sum()), leads=number(lead.sum())),
        "worth": number(len(worth)),
        "parts": listing([f"{_(NAMES[str(name)])} {number(size)}" for name, size in counts.items()]),
        "gain": money(gain, effects.currency),
        "silent": number(len(silent)),
        "left": money(float(silent["expected_gain"].sum()), effects.currency),
    }
    return Listed({"actions": frame}, text.format(**said), notes_on=(note.format(**said),))
