"""Whom to contact with the money and the time there is: the most gain per cost, with a proven bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.actions.recommend import NO_CONTACT
from analysis.language import _, money, ngettext, number, percent
from analysis.result import Finding, Listed

_STEPS, _POINTS, _FREE, _WORK_DAYS = 60, 40, 1e-9, 5


@dataclass(frozen=True, kw_only=True)
class ActionPlan(Listed):
    """The contacts that the budget and the capacity allow, the best first.

    Attributes
    ----------
    contacts
        Those of `recommend` that were chosen.
    curve
        What each ``budget`` brings at most, in ``gain`` after cost.
    price
        What the next unit of money would bring; 0 where more would bring nothing.
    short
        The plan brings at most this share less than the best possible one.
    """

    name: ClassVar[str] = "action_plan"
    is_drawn: ClassVar[bool] = True
    contacts: pd.DataFrame
    curve: pd.DataFrame
    price: float
    short: float
    currency: str | None = None


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
        Contacts that an owner has time for in a week; None: as many as pays. Contacts without an owner count
        as those of one.
    weeks
        How many weeks the plan is for.
    currency
        ISO 4217 code, or None where it is not known.

    Notes
    -----
    At a price λ of money, each owner takes those with most gain − λ × cost, as many as there is time for,
    while that is above 0. The lowest λ whose contacts the budget pays for gives the plan; what is left of the
    budget goes to those with most gain per cost that it still pays for. By weak duality no plan brings more
    than λ × budget + Σ (gain − λ × cost) of these, at any λ: the least of that is the bound, the optimum of
    the linear relaxation. Without a capacity this is the greedy rule of the knapsack problem.
    """
    worth = contacts["may_contact"] & ~contacts["action"].isin(NO_CONTACT) & (contacts["expected_gain"] > 0)
    able = contacts[worth].reset_index(drop=True)
    each = capacity * weeks if capacity is not None else len(able)
    gain, cost = able["expected_gain"].to_numpy(float), able["cost"].to_numpy(float)
    owner = able["owner"].fillna("").to_numpy()
    limit = float(cost.sum()) if budget is None else budget

    def taken(price: float) -> np.ndarray:
        net = gain - price * cost
        order = np.argsort(-net, kind="stable")
        place = pd.Series(owner[order]).groupby(owner[order]).cumcount().to_numpy()
        inside = np.zeros(len(net), bool)
        inside[order[(place < each) & (net[order] > 0)]] = True
        return inside

    def most(price: float) -> float:
        return price * limit + float((gain - price * cost)[taken(price)].sum())

    low, high = 0.0, float((gain / np.maximum(cost, _FREE)).max(initial=0.0)) + 1.0
    chosen = taken(low)
    if cost[chosen].sum() > limit:
        for _step in range(_STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if cost[taken(middle)].sum() > limit else (low, middle)
        chosen = _filled(taken(high), gain, cost, owner, (limit, each))
    else:
        high = 0.0
    bound = min(most(low), most(high))
    plan = _dated(able[chosen], capacity)
    total = float(gain[chosen].sum())
    short = max(1 - total / bound, 0.0) if bound > 0 else 0.0
    curve = _curve(gain, cost, taken)
    said = {
        "contacts": number(len(plan)),
        "able": number(len(able)),
        "cost": money(float(plan["cost"].sum()), currency),
        "gain": money(total, currency),
        "price": money(high, currency, 2),
        "short": percent(short, 1),
    }
    text, claim = _told(plan, able, high, said)
    return ActionPlan(
        shown={"action_plan": plan},
        text=text,
        found=Finding("actions.budget", text, total, "money", total, good=None),
        claim=claim,
        contacts=plan,
        curve=curve,
        price=high,
        short=short,
        currency=currency,
    )


def _filled(
    chosen: np.ndarray, gain: np.ndarray, cost: np.ndarray, owner: np.ndarray, limits: tuple[float, int]
) -> np.ndarray:
    """Return the choice with what is left of the budget spent on those with most gain per cost."""
    left, busy = limits[0] - float(cost[chosen].sum()), pd.Series(owner[chosen]).value_counts().to_dict()
    inside = chosen.copy()
    for place in np.argsort(-gain / np.maximum(cost, _FREE), kind="stable"):
        if not inside[place] and cost[place] <= left and busy.get(owner[place], 0) < limits[1]:
            inside[place], left = True, left - cost[place]
            busy[owner[place]] = busy.get(owner[place], 0) + 1
    return inside


def _curve(gain: np.ndarray, cost: np.ndarray, taken: Callable[[float], np.ndarray]) -> pd.DataFrame:
    """Return what more and more money brings: the choices at falling prices of money."""
    ratios = gain / np.maximum(cost, _FREE)
    prices = np.unique(np.quantile(ratios, np.linspace(0, 1, _POINTS))) if len(gain) else np.zeros(0)
    choices = [taken(price) for price in (*prices[::-1], 0.0)]
    rows = [(0.0, 0.0), *((cost[one].sum(), gain[one].sum()) for one in choices)]
    return pd.DataFrame(rows, columns=["budget", "gain"]).drop_duplicates(ignore_index=True)


def _dated(plan: pd.DataFrame, capacity: int | None) -> pd.DataFrame:
    """Give each contact its day: the most urgent first, as many a week as an owner has time for."""
    if capacity and len(plan):
        order = plan.sort_values(["contact_by", "expected_gain"], ascending=[True, False], kind="stable")
        place = order.groupby(order["owner"].fillna("")).cumcount().reindex(plan.index)
        first = plan["contact_by"].min().date()
        earliest = np.busday_offset(first, place * _WORK_DAYS // capacity, roll="forward")
        plan = plan.assign(
            contact_by=plan["contact_by"].clip(lower=pd.Series(pd.to_datetime(earliest), plan.index))
        )
    return plan.sort_values(["expected_gain", "contact_id"], ascending=[False, True], ignore_index=True)


def _told(plan: pd.DataFrame, able: pd.DataFrame, price: float, said: dict[str, str]) -> tuple[str, str]:
    """Return what the plan says, and in a few words."""
    if able.empty:
        text = _("Nobody is worth a contact: with none does what it is expected to bring exceed its cost.")
        return text, text
    if plan.empty:
        text = _("Neither budget nor capacity allow a contact; {able} would pay.").format(**said)
        return text, text
    text = ngettext(
        "The plan is {contacts} contact for {cost}, which is expected to bring {gain} more than it costs.",
        "The plan is {contacts} contacts for {cost}, which are expected to bring {gain} more than they cost.",
        len(plan),
    )
    if len(plan) == len(able):
        text += " " + _("These are all that pay: from there on the next contact costs more than it brings.")
    else:
        text += " " + _("Of {able} that would pay, no choice brings {short} more.")
        text += (
            " " + _("The next unit of money would still bring {price} more than it costs.") if price else ""
        )
    claim = _("{contacts} contacts for {cost} are expected to bring {gain}")
    return text.format(**said), claim.format(**said)
