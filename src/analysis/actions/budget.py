"""Whom to contact with the money and the time there is: the most gain per cost, with a proven bound."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.actions.effects import NO_CONTACT
from analysis.language import _, money, ngettext, number, percent
from analysis.result import Finding, Listed
from analysis.statistics import Floats

_STEPS, _POINTS, _FREE, _WORK_DAYS = 60, 40, 1e-9, 5


@dataclass(frozen=True, kw_only=True)
class ActionPlan(Listed):
    """The contacts that the budget and the capacity allow, the best first.

    Attributes
    ----------
    contacts
        Those of `recommend` that were chosen.
    curve
        What each ``budget`` brings, in ``gain`` after cost, until no contact pays.
    short
        No choice brings more by a larger share of what the best one would.
    """

    name: ClassVar[str] = "action_plan"
    is_drawn: ClassVar[bool] = True
    contacts: pd.DataFrame
    curve: pd.DataFrame
    short: float
    currency: str | None = None


@dataclass(frozen=True)
class _Able:
    """The contacts that pay, and how many of them each owner has time for."""

    gain: Floats
    cost: Floats
    owner: pd.Series = field(repr=False)
    each: int

    def at(self, price: float) -> np.ndarray:
        """Choose for each owner those with most gain − price × cost, while that is above 0."""
        net = pd.Series(self.gain - price * self.cost)
        best = net[net > 0].sort_values(ascending=False, kind="stable").index
        place = self.owner[best].groupby(self.owner[best]).cumcount()
        return np.isin(net.index, best[place < self.each])

    def most(self, price: float, budget: float) -> float:
        """Return what no plan exceeds."""
        return price * budget + float((self.gain - price * self.cost)[self.at(price)].sum())

    def within(self, budget: float) -> tuple[np.ndarray, float]:
        """Return the plan that a budget pays for, and what no plan exceeds."""
        low, high = 0.0, float((self.gain / np.maximum(self.cost, _FREE)).max(initial=0.0)) + 1.0
        if self.cost[self.at(low)].sum() <= budget:
            return self.at(low), self.most(low, budget)
        for _step in range(_STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.cost[self.at(middle)].sum() > budget else (low, middle)
        chosen = self.at(high)
        left, busy = budget - self.cost[chosen].sum(), self.owner[chosen].value_counts().to_dict()
        for place in np.argsort(-self.gain / np.maximum(self.cost, _FREE), kind="stable"):
            owner = self.owner[place]
            if not chosen[place] and self.cost[place] <= left and busy.get(owner, 0) < self.each:
                chosen[place], left, busy[owner] = True, left - self.cost[place], busy.get(owner, 0) + 1
        return chosen, min(self.most(low, budget), self.most(high, budget))


def budget_plan(
    contacts: pd.DataFrame,
    budget: float | None = None,
    capacity: int | None = None,
    weeks: int = 4,
    currency: str | None = None,
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

    Notes
    -----
    At a price λ of money, each owner takes those with most gain − λ × cost, as many as there is time for. The
    lowest λ whose contacts the budget pays for gives the plan; what is left of the budget goes to those with
    most gain per cost that it still pays for. By weak duality no plan brings more than λ × budget + the sum
    of gain − λ × cost, at any λ; the least of that is the optimum of the linear relaxation. Without a
    capacity this is the greedy rule of the knapsack problem.
    """
    pays = contacts["may_contact"] & ~contacts["action"].isin(NO_CONTACT) & (contacts["expected_gain"] > 0)
    found = contacts[pays].reset_index(drop=True)
    each = len(found) if capacity is None else capacity * weeks
    gain, cost = found["expected_gain"].to_numpy(float), found["cost"].to_numpy(float)
    able = _Able(gain, cost, found["owner"].fillna("").astype("object"), each)
    chosen, most = able.within(float(cost.sum()) if budget is None else budget)
    plan, total = _dated(found[chosen], capacity), float(gain[chosen].sum())
    short = max(1 - total / most, 0.0) if most > 0 else 0.0
    prices = np.quantile(gain / np.maximum(cost, _FREE), np.linspace(1, 0, _POINTS)) if len(found) else []
    steps = [able.at(price) for price in (*prices, 0.0)]
    points = [(0.0, 0.0), *((cost[step].sum(), gain[step].sum()) for step in steps)]
    text = _("With nobody does a contact bring more than it costs, as far as can be told.")
    if len(found):
        text = _("Neither budget nor capacity allow a contact; {able} would pay.")
    if len(plan):
        text = ngettext(
            "The plan is {contacts} contact for {cost}, expected to bring {gain} more than it costs.",
            "The plan is {contacts} contacts for {cost}, expected to bring {gain} more than they cost.",
            len(plan),
        )
        all_ = _("These are all that pay: a further contact would cost more than it brings.")
        some = _("Of the {able} that pay, no other choice brings more by over {short}.")
        text = f"{text} {all_ if len(plan) == len(found) else some}"
    text = text.format(
        contacts=number(len(plan)),
        able=number(len(found)),
        cost=money(float(plan["cost"].sum()), currency),
        gain=money(total, currency),
        short=percent(np.ceil(1000 * short - _FREE) / 1000, 1),
    )
    return ActionPlan(
        shown={"chosen": plan},
        text=text,
        found=Finding("actions.budget", text, total, "money", total),
        claim=text.partition(". ")[0].removesuffix("."),
        contacts=plan,
        curve=pd.DataFrame(points, columns=["budget", "gain"]).drop_duplicates(ignore_index=True),
        short=short,
        currency=currency,
    )


def _dated(plan: pd.DataFrame, capacity: int | None) -> pd.DataFrame:
    """Give each contact its day: the most urgent first, as many a week as an owner has time for."""
    if capacity and len(plan):
        urgent = plan.sort_values(["contact_by", "expected_gain"], ascending=[True, False], kind="stable")
        place = urgent.groupby(urgent["owner"].fillna("")).cumcount().reindex(plan.index)
        first = plan["contact_by"].min().date()
        days = np.busday_offset(first, (place * _WORK_DAYS // capacity).to_numpy(int), roll="forward")
        plan = plan.assign(contact_by=np.maximum(plan["contact_by"], pd.to_datetime(days)))
    return plan.reset_index(drop=True)
