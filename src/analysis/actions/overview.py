"""How many get which action, and what those bring who may not be contacted."""

from __future__ import annotations

import pandas as pd

from analysis.actions.effects import NAMES, NO_CONTACT, Effects
from analysis.language import _, listing, money, number
from analysis.result import Listed


def counted(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return sums by ``action`` of contacts of `recommend`.

    ``customers``, ``leads``, ``cost`` and ``expected_gain``; of those who may not be contacted, ``silent``
    and ``silent_gain``.
    """
    lead, silent = contacts["contact_type"].eq("lead"), ~contacts["may_contact"].astype(bool)
    told = contacts[["action", "cost", "expected_gain"]].assign(customers=~lead, leads=lead, silent=silent)
    told["silent_gain"] = contacts["expected_gain"].where(silent, 0.0)
    order = ["customers", "leads", "cost", "expected_gain", "silent", "silent_gain"]
    return told.groupby("action")[order].sum()


def overview(counts: pd.DataFrame, effects: Effects, *, asked: bool) -> Listed:
    """Say whom each action is for, by what was `counted`; ``asked``: whether the data say who consents."""
    order = [name for name in NAMES if name in counts.index]
    frame = counts.loc[order, ["customers", "leads", "cost", "expected_gain"]].reset_index()
    frame["action"] = frame["action"].map(lambda key: _(NAMES[key]))
    worth = counts.loc[[name for name in order if name not in NO_CONTACT]]
    sizes, sums, everybody = worth["customers"] + worth["leads"], worth.sum(), counts.sum()
    text = _("With none of {people} is a contact expected to pay.")
    if len(worth):
        text = _(
            "Of {people}, a contact is expected to pay with {worth} ({parts}): {gain} more than they cost."
        )
    note = _("The data do not say who consents to being contacted, so nobody was left out.")
    if asked:
        note = _("{silent} of them have not consented: they are on no list, which leaves {left}.")
    people = (
        _("{customers} customers and {leads} open leads")
        if everybody["leads"]
        else _("{customers} customers")
    )
    said = {
        "people": people.format(customers=number(everybody["customers"]), leads=number(everybody["leads"])),
        "worth": number(sizes.sum()),
        "parts": listing([f"{_(NAMES[str(name)])} {number(size)}" for name, size in sizes.items()]),
        "gain": money(float(sums["expected_gain"]), effects.currency),
        "silent": number(sums["silent"]),
        "left": money(float(sums["silent_gain"]), effects.currency),
    }
    return Listed({"actions": frame}, text.format(**said), notes_on=(note.format(**said),))
