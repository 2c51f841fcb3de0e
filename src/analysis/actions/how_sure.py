"""How sure the plan is to earn more than it costs, and which assumption decides that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.actions.budget import ActionPlan
from analysis.actions.effects import NAMES
from analysis.churn.risks import Z_90
from analysis.language import _, listing, money, percent
from analysis.not_possible import NotPossible
from analysis.result import Finding, Listed

DRAWS, SEED = 2_000, 1
VALUE_OFF = 0.2  # all values and all costs may be off by so much, in nine cases of ten: an assumption


@dataclass(frozen=True, kw_only=True)
class HowSure(Listed):
    """How sure a plan is.

    Attributes
    ----------
    probability
        That it earns more than it costs.
    tornado
        What each assumption alone makes of the plan's ``gain_low`` and ``gain_high``, the most decisive first:
        ``assumption``; ``measured``; ``break_even``, the share of it from which on the contacts pay.
    gain
        What the plan is expected to bring.
    """

    name: ClassVar[str] = "how_sure"
    is_drawn: ClassVar[bool] = True
    probability: float
    tornado: pd.DataFrame
    gain: float
    currency: str | None = None


def how_sure(plan: ActionPlan, draws: int = DRAWS, seed: int = SEED) -> HowSure | NotPossible:
    """Draw how the plan may end.

    In each draw all contacts that rest on the same campaign or assumption share one error of the effect, all
    values share another, and each customer buys because of the contact or does not.
    """
    chosen = plan.contacts
    if chosen.empty:
        return NotPossible(_("The plan has no contact, so there is nothing to be sure of."))
    names = chosen["action"].map(lambda key: _(NAMES[key]))
    basis = chosen["source"].where(chosen["measured"], names)
    totals = _drawn(chosen, basis, draws, seed)
    low, high = np.quantile(totals, [0.05, 0.95])
    probability, gain = float((totals > 0).mean()), float(chosen["expected_gain"].sum())
    tornado = _tornado(chosen, basis)
    first = tornado.iloc[0]
    text = _(
        "The plan earns more than it costs with a probability of {probability}; in nine of ten cases between "
        "{low} and {high}. Most depends on {assumption}: at the ends of its range the plan brings {worst} or "
        "{best}."
    ).format(
        probability=percent(probability),
        assumption=first["assumption"],
        **{
            name: money(float(value), plan.currency)
            for name, value in zip(
                ["low", "high", "worst", "best"],
                [low, high, first["gain_low"], first["gain_high"]],
                strict=True,
            )
        },
    )
    notes = []
    assumed = tornado[tornado["measured"].eq(False) & tornado["break_even"].notna()]  # noqa: FBT003
    if len(assumed):
        message = _("{assumption} from {share} of it on")
        said = [
            message.format(assumption=name, share=percent(share))
            for name, share in zip(assumed["assumption"], assumed["break_even"], strict=True)
        ]
        notes.append(_("What is an assumption pays: {said}.").format(said=listing(said)))
    return HowSure(
        shown={"plan_tornado": tornado},
        text=text,
        found=Finding("actions.how_sure", text, probability, "share", gain, good=probability > VALUE_OFF),
        claim=_("{assumption} decides most").format(assumption=first["assumption"]),
        notes_on=tuple(notes),
        probability=probability,
        tornado=tornado,
        gain=gain,
        currency=plan.currency,
    )


def _drawn(chosen: pd.DataFrame, basis: pd.Series, draws: int, seed: int) -> np.ndarray:
    """Return what the plan brings in each draw."""
    rng = np.random.default_rng(seed)
    group, groups = pd.factorize(basis)
    chance, low, high = (chosen[name].to_numpy(float) for name in ("chance", "chance_low", "chance_high"))
    value, cost = chosen["value_at_stake"].to_numpy(float), float(chosen["cost"].sum())
    totals = np.empty(draws)
    for draw in range(draws):
        off = (rng.standard_normal(len(groups)) / Z_90)[group]
        at = chance + np.where(off > 0, off * (high - chance), off * (chance - low))
        changed = np.sign(at) * (rng.random(len(at)) < np.abs(at))
        factor = 1 + VALUE_OFF * rng.standard_normal() / Z_90
        totals[draw] = factor * float(changed @ value) - cost
    return totals


def _tornado(chosen: pd.DataFrame, basis: pd.Series) -> pd.DataFrame:
    """Return what each assumption alone makes of the plan's gain."""
    gain, cost = float(chosen["expected_gain"].sum()), float(chosen["cost"].sum())
    rows = []
    for name, those in chosen.groupby(basis, sort=True):
        others, brings = (
            gain - those["expected_gain"].sum(),
            those["expected_gain"].sum() + those["cost"].sum(),
        )
        ends = others + those["gain_low"].sum(), others + those["gain_high"].sum()
        label = _("the effect of {name}").format(name=name)
        share = those["cost"].sum() / brings if brings > 0 else np.nan
        rows.append((label, bool(those["measured"].iloc[0]), *ends, share))
    off, value = VALUE_OFF, gain + cost
    said = percent(off)
    rows += [
        (
            _("what a success is worth, ± {share}").format(share=said),
            False,
            gain - off * value,
            gain + off * value,
            np.nan,
        ),
        (
            _("what contacts cost, ± {share}").format(share=said),
            False,
            gain - off * cost,
            gain + off * cost,
            np.nan,
        ),
    ]
    columns = ["assumption", "measured", "gain_low", "gain_high", "break_even"]
    found = pd.DataFrame(rows, columns=columns)
    wide = (found["gain_high"] - found["gain_low"]).sort_values(ascending=False, kind="stable")
    return found.loc[wide.index].reset_index(drop=True)
