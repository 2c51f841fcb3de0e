"""How sure the plan is to earn more than it costs, and which assumption decides that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.actions.budget import ActionPlan
from analysis.actions.outcomes import VALUE_OFF, basis_of, drawn
from analysis.language import _, money, percent
from analysis.not_possible import NotPossible
from analysis.result import Finding, Listed


@dataclass(frozen=True, kw_only=True)
class HowSure(Listed):
    """How sure a plan is, and on what it depends most.

    Attributes
    ----------
    probability
        That it earns more than it costs.
    tornado
        What each assumption alone makes of the plan's gain, the most decisive first: ``assumption``,
        ``measured``, ``gain_low`` and ``gain_high``; ``break_even``, the share of the effect that pays.
    gain
        What the plan is expected to bring.
    """

    name: ClassVar[str] = "how_sure"
    is_drawn: ClassVar[bool] = True
    probability: float
    tornado: pd.DataFrame
    gain: float
    currency: str | None = None


def how_sure(plan: ActionPlan) -> HowSure | NotPossible:
    """Draw how the plan may end; see `drawn`."""
    chosen = plan.contacts
    if chosen.empty:
        return NotPossible(_("The plan has no contact, so there is nothing to be sure of."))
    totals, tornado = drawn(chosen), _tornado(chosen, basis_of(chosen))
    probability, gain = float((totals > 0).mean()), float(chosen["expected_gain"].sum())
    ends, first = np.quantile(totals, [0.05, 0.95]), tornado.iloc[0]
    amounts = {"low": ends[0], "high": ends[1], "worst": first["gain_low"], "best": first["gain_high"]}
    text = _(
        "In nine of ten cases the plan brings between {low} and {high}. Most depends on {assumption}: at the "
        "ends of its range the plan brings {worst} or {best}."
    ).format(
        assumption=first["assumption"],
        **{name: money(float(amount), plan.currency) for name, amount in amounts.items()},
    )
    return HowSure(
        shown={"plan_tornado": tornado},
        text=text,
        found=Finding("actions.how_sure", text, probability, "share"),
        claim=_("Most depends on {assumption}").format(assumption=first["assumption"]),
        probability=probability,
        tornado=tornado,
        gain=gain,
        currency=plan.currency,
    )


def _tornado(chosen: pd.DataFrame, basis: pd.Series) -> pd.DataFrame:
    """Return what each assumption alone makes of the plan's gain."""
    sums = chosen.groupby(basis, sort=True)[["expected_gain", "gain_low", "gain_high", "cost"]].sum()
    gain, cost = float(sums["expected_gain"].sum()), float(sums["cost"].sum())
    rows = pd.DataFrame(
        {
            "assumption": [_("the effect of “{name}”").format(name=name) for name in sums.index],
            "measured": chosen.groupby(basis, sort=True)["measured"].first(),
            "gain_low": gain - sums["expected_gain"] + sums["gain_low"],
            "gain_high": gain - sums["expected_gain"] + sums["gain_high"],
            "break_even": sums["cost"] / (sums["expected_gain"] + sums["cost"]),
        }
    )
    words = _("what a purchase is worth (± {share})"), _("what contacts cost (± {share})")
    for label, amount in zip(words, (gain + cost, cost), strict=True):
        ends = gain - VALUE_OFF * amount, gain + VALUE_OFF * amount
        one = (label.format(share=percent(VALUE_OFF)), False, *ends, np.nan)
        rows = pd.concat([rows, pd.DataFrame([one], columns=rows.columns)])
    rows = rows.reset_index(drop=True)
    wide = (rows["gain_high"] - rows["gain_low"]).sort_values(ascending=False, kind="stable")
    return rows.loc[wide.index].reset_index(drop=True)
