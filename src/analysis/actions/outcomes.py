"""How a plan may end: its gain, drawn again and again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.actions.effects import NAMES
from analysis.churn.risks import Z_90
from analysis.language import _
from analysis.statistics import Floats

DRAWS = 2_000
VALUE_OFF = 0.2  # all values, and all costs, may be off by so much in nine cases of ten: an assumption


def basis_of(chosen: pd.DataFrame) -> pd.Series:
    """Return on what the effect of each contact rests: a campaign, or the assumption for an action."""
    return chosen["source"].where(chosen["measured"], chosen["action"].map(lambda key: _(NAMES[key])))


def drawn(chosen: pd.DataFrame, draws: int = DRAWS, seed: int = 1) -> Floats:
    """Return what the plan brings after cost in each draw.

    In each all contacts that rest on the same campaign or assumption share one error of the effect, all
    values share another, and each customer buys because of the contact or does not.
    """
    rng, (group, groups) = np.random.default_rng(seed), pd.factorize(basis_of(chosen))
    chance, low, high = (chosen[name].to_numpy(float) for name in ("chance", "chance_low", "chance_high"))
    value, cost = chosen["value_at_stake"].to_numpy(float), float(chosen["cost"].sum())
    totals = np.empty(draws)
    for draw in range(draws):
        off = (rng.standard_normal(len(groups)) / Z_90)[group]
        at = chance + off * np.where(off > 0, high - chance, chance - low)
        changed = np.sign(at) * (rng.random(len(at)) < np.abs(at))
        totals[draw] = (1 + VALUE_OFF * rng.standard_normal() / Z_90) * float(changed @ value) - cost
    return totals
