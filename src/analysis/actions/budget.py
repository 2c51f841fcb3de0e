"""Whom to contact with the money and the time there is: the most gain per cost, with a proven bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import optimize, sparse

from analysis.actions.effects import NAMES, NO_CONTACT
from analysis.actions.outcomes import drawn
from analysis.language import _, money, ngettext, number, percent
from analysis.result import Finding, Listed
from analysis.statistics import Floats

LISTED = ["contact_id", "name", "owner", "action", "expected_gain", "reasons", "talk_about", "contact_by"]
_FREE, _WHOLE, _WORK_DAYS = 1e-9, 1e-6, 5


@dataclass(frozen=True, kw_only=True)
class ActionPlan(Listed):
    """The contacts that the budget and the capacity allow, the best first.

    Attributes
    ----------
    contacts
        Those of `recommend` that were chosen.
    curve
        What each ``budget`` brings, in ``gain`` after cost, if time is no limit, until no contact pays.
    short
        No choice brings more by a larger share of what the best one would.
    """

    name: ClassVar[str] = "action_plan"
    contacts: pd.DataFrame
    curve: pd.DataFrame
    short: float
    currency: str | None = None

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether any contact pays."""
        return len(self.curve) > 0


def pays(contacts: pd.DataFrame) -> pd.Series:
    """Tell with whom of `recommend` a contact is allowed and brings more than it costs."""
    called = contacts["may_contact"] & ~contacts["action"].isin(NO_CONTACT)
    return called & (contacts["expected_gain"] > 0)


def budget_plan(
    contacts: pd.DataFrame,
    budget: float | None = None,
    capacity: int | None = None,
    weeks: int = 4,
    currency: str | None = None,
    *,
    of: int | None = None,
) -> ActionPlan:
    """Choose whom to contact.

    Parameters
    ----------
    contacts
        What `recommend` gives.
    budget
        Money for the contacts; None: as much as pays.
    capacity
        Contacts that an owner has time for in a week; None: as many as pay. Contacts without an owner count
        as those of one.
    weeks
        How many weeks the plan is for.
    currency
        ISO 4217 code, or None where it is not known.
    of
        With how many a contact pays, where ``contacts`` are the first of many; None: these are all.

    Notes
    -----
    The linear relaxation, in which a contact may be made in part, bounds what any plan can bring. The plan
    has its whole contacts, and spends what is left on those with most gain per cost. Without a capacity this
    is the greedy rule of the knapsack problem: most gain per cost first.
    """
    found = contacts[pays(contacts)].reset_index(drop=True)
    gain, cost = found["expected_gain"].to_numpy(float), found["cost"].to_numpy(float)
    owner = pd.factorize(found["owner"].fillna("").astype("object"))[0]
    limit = float(cost.sum()) if budget is None else budget
    chosen, most = _chosen(gain, cost, owner, limit, len(found) if capacity is None else capacity * weeks)
    plan, total = _dated(found[chosen], capacity), float(gain[chosen].sum())
    short = max(1 - total / most, 0.0) if most > 0 else 0.0
    by_gain = found.assign(per_cost=gain / np.maximum(cost, _FREE)).sort_values("per_cost", ascending=False)
    curve = pd.DataFrame({"budget": by_gain["cost"].cumsum(), "gain": by_gain["expected_gain"].cumsum()})
    claim, text, basis = _said(plan, found, short, currency)
    if of is not None and of > len(found):
        first = _(
            "Looked at are the {n} with the highest expected gain of the {able} with whom a contact pays."
        )
        basis = [first.format(n=number(len(found)), able=number(of)), *basis[len(plan) == len(found) :]]
    found_as = Finding("actions.budget", text, total, "money", total)
    if len(plan):
        action = _("Work through plan.xlsx from the top.")
        if plan["owner"].notna().any():
            action = _("Work through plan.xlsx from the top: it has a sheet for each salesperson.")
        found_as = replace(found_as, action=action)
    listed = plan.assign(action=plan["action"].map(lambda key: _(NAMES[key])))[LISTED]
    return ActionPlan(
        shown={"contact_list": listed.dropna(axis="columns", how="all")} if len(plan) else {},
        text=text,
        found=found_as if len(found) else None,
        claim=claim,
        notes_on=tuple(basis),
        contacts=plan,
        curve=curve.reset_index(drop=True),
        short=short,
        currency=currency,
    )


def _said(
    plan: pd.DataFrame, found: pd.DataFrame, short: float, currency: str | None
) -> tuple[str, str, list[str]]:
    """Return what is planned, the same with how sure it is, and how it compares with what else would pay."""
    able = number(len(found))
    if plan.empty:
        text = _("With nobody does a contact bring more than it costs, as far as can be told.")
        if len(found):
            text = _("Neither budget nor capacity allow a contact; {able} would pay.").format(able=able)
        return text.removesuffix("."), text, []
    claim = ngettext(
        "The plan is {contacts} contact for {cost}, expected to bring {gain} more than it costs",
        "The plan is {contacts} contacts for {cost}, expected to bring {gain} more than they cost",
        len(plan),
    )
    sums = {name: money(float(plan[name].sum()), currency) for name in ("cost", "expected_gain")}
    claim = claim.format(contacts=number(len(plan)), cost=sums["cost"], gain=sums["expected_gain"])
    sure = percent(float((drawn(plan) > 0).mean()))
    text = _("{claim}. The probability that it pays is {sure}.").format(claim=claim, sure=sure)
    basis = _("These are all that pay: a further contact would cost more than it brings.")
    if len(plan) < len(found):
        basis = _("Of the {able} that pay, no other choice would bring over {short} more.")
        basis = basis.format(able=able, short=percent(max(np.ceil(1000 * short), 1) / 1000, 1))
    return claim, text, [basis]


def _chosen(
    gain: Floats, cost: Floats, owner: np.ndarray, budget: float, each: int
) -> tuple[np.ndarray, float]:
    """Return the contacts of the plan, and what no plan can exceed."""
    if not len(gain):
        return np.zeros(0, bool), 0.0
    places = np.arange(len(gain))
    teams = sparse.csr_array((np.ones(len(gain)), (owner, places)))
    limits = [budget, *np.full(teams.shape[0], each)]
    rows = sparse.vstack([sparse.csr_array(cost[None, :]), teams])
    found = optimize.linprog(-gain, rows, limits, bounds=(0, 1), method="highs-ds")
    chosen = found.x > 1 - _WHOLE
    left, free = (
        budget - float(cost[chosen].sum()),
        each - np.bincount(owner[chosen], minlength=owner.max() + 1),
    )
    for place in np.argsort(-gain / np.maximum(cost, _FREE), kind="stable"):
        if not chosen[place] and cost[place] <= left and free[owner[place]] > 0:
            chosen[place], left = True, left - cost[place]
            free[owner[place]] -= 1
    return chosen, float(-found.fun)


def _dated(plan: pd.DataFrame, capacity: int | None) -> pd.DataFrame:
    """Give each contact its day: the most urgent first, as many a week as an owner has time for."""
    if capacity and len(plan):
        urgent = plan.sort_values(["contact_by", "expected_gain"], ascending=[True, False], kind="stable")
        place = urgent.groupby(urgent["owner"].fillna("")).cumcount().reindex(plan.index)
        first = plan["contact_by"].min().date()
        days = np.busday_offset(first, (place * _WORK_DAYS // capacity).to_numpy(int), roll="forward")
        plan = plan.assign(contact_by=np.maximum(plan["contact_by"], pd.to_datetime(days)))
    return plan.reset_index(drop=True)
