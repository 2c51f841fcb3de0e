"""Why: which features the forecast rests on, and how the risk moves with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from sklearn.inspection import partial_dependence, permutation_importance
from threadpoolctl import threadpool_limits

from analysis.churn.evaluation import SEED, Contest
from analysis.churn.model import ChurnModel, described, thinned
from analysis.churn.snapshots import Snapshots, feature_label
from analysis.language import _, number, percent
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Listed
from analysis.statistics import Z_95

REPEATS = 5
MOST_ROWS = 5_000
MAIN = 4  # features whose dependence is drawn


@dataclass(frozen=True, kw_only=True)
class Importance(Listed):
    """What the forecast loses at the check when a feature is shuffled between customers.

    ``frame`` has one row per feature, the most important first: ``feature``; ``importance``, by how much the
    Brier score rises when it is shuffled, ``low`` to ``high`` (95 %, over the shuffles). ``dependence`` has,
    of the main numbers: ``value``, and ``risk``, the mean of all if each had that value.
    """

    name: ClassVar[str] = "dependence"
    frame: pd.DataFrame
    dependence: dict[str, pd.DataFrame]

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether a number matters."""
        return len(self.dependence) > 0


@or_not_possible
def importance(contest: Contest, snapshots: Snapshots) -> Importance | NotPossible:
    """Return which features the forecast rests on at the check, and how the risk moves with the main ones.

    Not possible where the forecast is no better than chance, or no feature matters by more than chance.
    """
    if contest.frame["auc_low"][contest.chosen] <= 0.5:
        return NotPossible(_("The forecast is no better than chance, so no feature is named as a sign."))
    model, test = contest.model, thinned(snapshots.check, MOST_ROWS)
    told, absent = described(test, model.features), test["no_purchase"].to_numpy(bool)
    with threadpool_limits(1):
        found = permutation_importance(
            model.pipeline, told, absent, scoring="neg_brier_score", n_repeats=REPEATS, random_state=SEED
        )
    frame = pd.DataFrame({"feature": model.features, "importance": found.importances_mean})
    half = Z_95 * found.importances_std
    frame = frame.assign(low=frame["importance"] - half, high=frame["importance"] + half)
    frame = frame.sort_values("importance", ascending=False, kind="stable").reset_index(drop=True)
    if frame["low"].iloc[0] <= 0:
        return NotPossible(_("No feature matters by more than chance, so none is named as a sign."))
    signs = frame.loc[frame["low"] > 0, "feature"]
    numbers = [name for name in signs if pd.api.types.is_numeric_dtype(told[name])]
    curves = {name: _dependence(model, told, name) for name in numbers[:MAIN]}
    first, label = signs.iloc[0], feature_label(signs.iloc[0])
    claim = _("“{feature}” tells most about who will not buy").format(feature=label)
    text = f"{claim}."
    if first in curves:
        low, high = curves[first].iloc[0], curves[first].iloc[-1]
        digits = 0 if high["value"] >= 10 else 1
        text = _(
            "The strongest sign is “{feature}”: at {low_value} the risk of no purchase is {low_risk}, at "
            "{high_value} it is {high_risk}."
        ).format(
            feature=label,
            low_value=number(low["value"], digits),
            low_risk=percent(low["risk"]),
            high_value=number(high["value"], digits),
            high_risk=percent(high["risk"]),
        )
    return Importance(
        shown={"importance": frame.assign(feature=frame["feature"].map(feature_label))},
        text=text,
        found=Finding("churn.strongest_sign", text, float(frame["importance"].iloc[0]), "brier"),
        claim=claim,
        frame=frame,
        dependence=curves,
    )


def _dependence(model: ChurnModel, told: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the mean risk over the middle 90 % of the values of a feature."""
    grid = np.unique(np.linspace(told[name].quantile(0.05), told[name].quantile(0.95), 20))
    with threadpool_limits(1):
        curve = partial_dependence(model.pipeline, told, [name], custom_values={name: grid}, kind="average")
    return pd.DataFrame({"value": grid, "risk": curve["average"][0]})
