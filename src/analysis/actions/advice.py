"""The action of every customer, also of more than can be held at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from analysis.actions.budget import pays
from analysis.actions.effects import Effects
from analysis.actions.overview import counted
from analysis.actions.recommend import in_order, new_customer_value, recommend, unworded, worded
from analysis.churn.risks import MOST_LISTED
from analysis.dataset.cache import lasting_folder
from analysis.not_possible import NotPossible
from analysis.profile_parts import Profiles
from analysis.result import Listed


@dataclass(frozen=True)
class Advice:
    """What to do with everybody.

    Attributes
    ----------
    contacts
        What `analysis.actions.recommend` gives; of a data set in parts, of those who may be contacted and
        with whom it pays, the `MOST_LISTED` with the highest expected gain.
    able
        With how many a contact is allowed and pays.
    counts
        Sums over all by action; see `analysis.actions.overview`.
    profile
        The customer profile, with these actions and gains.
    """

    contacts: pd.DataFrame
    able: int
    counts: pd.DataFrame
    profile: Profiles


def advise(
    profile: Profiles, leads: Listed | NotPossible, effects: Effects, comments: pd.Series | None = None
) -> Advice:
    """Give each customer and each open lead the action with the highest expected gain, or none.

    The arguments are those of `analysis.actions.recommend`, which says how it is done.
    """
    if not profile.in_parts:
        whole = profile.table()
        contacts = recommend(whole, leads, effects, comments)
        told = contacts[contacts["contact_type"] == "customer"].set_index("contact_id")
        advised = told.loc[whole["customer_id"], ["action", "expected_gain"]]
        pieces = [_with(whole, advised)]
        return Advice(contacts, int(pays(contacts).sum()), counted(contacts), replace(profile, pieces=pieces))
    new_customer = new_customer_value(profile.table(["first_purchase", "clv"]), effects.as_of)
    counts, best, least, able = [], pd.DataFrame(), 0.0, 0
    folder = lasting_folder()
    files = [folder / f"{part:05}.parquet" for part, _piece in enumerate(profile.pieces)]
    for file, part in zip(files, profile.parts(), strict=True):
        first = leads if file == files[0] else None
        rows, contacts = unworded(part, first, effects, new_customer)
        counts.append(counted(contacts))
        _with(part, contacts.head(len(part))).to_parquet(file, index=False)
        paying = pays(contacts)
        able += int(paying.sum())
        kept = paying & (contacts["expected_gain"] >= least)
        found = worded(rows[kept], contacts[kept], effects, comments)
        best = in_order(pd.concat([best, found]) if len(best) else found).head(MOST_LISTED)
        least = best["expected_gain"].iloc[-1] if len(best) == MOST_LISTED else 0.0
    counted_all = pd.concat(counts).groupby(level=0).sum()
    return Advice(best, able, counted_all, replace(profile, pieces=files))


def _with(profile: pd.DataFrame, advised: pd.DataFrame) -> pd.DataFrame:
    """Return a profile with the actions of its customers, which are in its order."""
    actions = {"action": advised["action"].array, "action_gain": advised["expected_gain"].array}
    return profile.assign(**actions)
