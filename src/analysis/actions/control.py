"""A control group: whom of a plan to leave alone, by lot, and the smallest effect that would be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm

from analysis.churn.campaigns import MIN_ARM, RESPONSE_DAYS
from analysis.language import _, money, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Listed

if TYPE_CHECKING:
    from analysis.dataset import Dataset

LEVEL, POWER = 0.05, 0.8
SHARES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
CONTACT, CONTROL = "contact", "control"
NOT_MEASURED = "referral"  # what it brings is not bought by those asked


def smallest_effect(contacted: int, alone: int, usual: float) -> float:
    """Return the smallest rise of a share that two groups would show in 8 of 10 cases, at most 1.

    It is the difference for which a two-sided test at 5 % has a power of 80 %: d = z(0.975) × √(p̄ (1 − p̄)
    (1/n₁ + 1/n₂)) + z(0.8) × √(p₁ (1 − p₁)/n₁ + p₂ (1 − p₂)/n₂), with p₂ = ``usual`` the share of those left
    alone, p₁ = p₂ + d, and p̄ the share of both together (Fleiss, Levin & Paik, Statistical Methods for Rates
    and Proportions, 3rd ed. 2003, ch. 4).

    Examples
    --------
    >>> round(smallest_effect(152, 152, 0.25), 3)
    0.15
    """

    def seen(effect: float) -> float:
        raised = usual + effect
        both = (contacted * raised + alone * usual) / (contacted + alone)
        pooled = both * (1 - both) * (1 / contacted + 1 / alone)
        apart = max(raised * (1 - raised), 0) / contacted + usual * (1 - usual) / alone
        needed = norm.ppf(1 - LEVEL / 2) * np.sqrt(pooled) + norm.ppf(POWER) * np.sqrt(apart)
        return float(effect - needed)

    return float(brentq(seen, 0, 1 - usual)) if seen(0) < 0 < seen(1 - usual) else 1.0


@dataclass(frozen=True, kw_only=True)
class ControlGroup(Listed):
    """A plan with those whom a lot leaves alone: ``arm`` of its ``contacts`` is `CONTACT` or `CONTROL`."""

    contacts: pd.DataFrame


@or_not_possible
def control_group(
    contacts: pd.DataFrame, dataset: Dataset, share: float | None = None, days: int = RESPONSE_DAYS
) -> ControlGroup | NotPossible:
    """Leave some of the ``contacts`` chosen alone, by lot, so that the next run can tell what they earned.

    Left alone is this ``share``; None: the fewest of `SHARES` with which the rise of the share that buys
    within ``days`` on which the plan counts would be seen, or nobody. The last day of the data set decides
    the lot, and becomes ``planned_on``. Who is to be asked for a referral is not in it.

    Its table ``control_sizes`` has, where both groups have 30, for each ``share`` the contacts ``left_alone``
    and ``contacted``, the ``smallest_effect`` and the ``gain_forgone``, money.
    """
    those = contacts[contacts["action"] != NOT_MEASURED]
    if those.empty:
        drawn = contacts.assign(arm=CONTACT, planned_on=pd.Timestamp(dataset.as_of))
        text = _("Nobody is on the list who could be left alone.")
        return ControlGroup(shown={}, text=text, contacts=drawn)
    total, usual, counted_on = len(those), float(those["base"].mean()), float(those["chance"].mean())
    sizes = pd.DataFrame({"share": SHARES, "left_alone": [round(share * total) for share in SHARES]})
    sizes["contacted"] = total - sizes["left_alone"]
    sizes = sizes[sizes[["left_alone", "contacted"]].min(axis=1) >= MIN_ARM].reset_index(drop=True)
    pairs = zip(sizes["contacted"], sizes["left_alone"], strict=True)
    sizes["smallest_effect"] = [smallest_effect(contacted, alone, usual) for contacted, alone in pairs]
    sizes["gain_forgone"] = sizes["left_alone"] * those["expected_gain"].mean()
    enough = sizes.loc[sizes["smallest_effect"] <= counted_on, "left_alone"].min()
    alone = round(share * total) if share is not None else int(enough) if enough > 0 else 0
    arm = _lot(those, alone, dataset.as_of.toordinal()).reindex(contacts.index, fill_value=CONTACT)
    forgone = float(contacts.loc[arm == CONTROL, "expected_gain"].sum())
    half = alone or max(total // 2, 1)
    message = _(
        "Nobody is left alone as a control group: even {half} of {all} (referrals aside) would only show a "
        "rise from {effect} percentage points on, and the plan counts on {expected}."
    )
    if sizes.empty:
        message = _(
            "Nobody is left alone as a control group: {all} on the list (referrals aside) are too few to "
            "show what the plan changes."
        )
    if alone:
        message = _(
            "{alone} of the {all} on the list (referrals aside) are left alone by lot for {days} days, which "
            "costs {cost} of the gain: a rise from {effect} percentage points on will then be seen in 8 of "
            "10 cases, and the plan counts on {expected}."
        )
    text = message.format(
        all=number(total),
        alone=number(alone),
        half=number(half),
        days=number(days),
        cost=money(forgone, dataset.currency),
        effect=number(100 * smallest_effect(max(total - half, 1), half, usual), 1),
        expected=number(100 * counted_on, 1),
    )
    drawn = contacts.assign(arm=arm, planned_on=pd.Timestamp(dataset.as_of))
    stake, action = None, ""
    if alone:
        stake, action = abs(forgone), _("Do not contact the control group: it has a sheet of its own.")
    found = Finding("actions.control_group", text, alone, "customers", stake, action=action)
    shown = {"control_sizes": sizes} if len(sizes) else {}
    return ControlGroup(shown=shown, text=text, found=found, contacts=drawn)


def _lot(contacts: pd.DataFrame, alone: int, seed: int) -> pd.Series:
    """Return the arm of each: of as many runs of like contacts as are left alone, one each by lot."""
    order = contacts.sort_values(["action", "owner", "value_at_stake", "contact_id"]).index.to_numpy()
    chance, lengths = np.random.default_rng(seed), np.full(alone, len(order) // max(alone, 1))
    lengths[chance.permutation(alone)[: len(order) - lengths.sum()]] += 1
    drawn = order[np.cumsum(lengths) - 1 - chance.integers(0, lengths)]
    return pd.Series(np.where(contacts.index.isin(drawn), CONTROL, CONTACT), contacts.index)
