"""The holdout by groups of customers: those who bought often, or long ago."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from analysis.language import _, number, told_apart
from analysis.ltv.backtest.holdout import Holdout
from analysis.ltv.summary import DAYS
from analysis.not_possible import or_not_possible
from analysis.result import Result

SILENCES = (4, 8, 13, 26, 39, 52, 104)  # weeks at which groups by time since the last purchase end
MOST = 7  # purchases from which customers are one group
By = Literal["x", "weeks_since_last"]


@dataclass(frozen=True)
class HoldoutByGroup(Result):
    """Mean purchases in the holdout, actual and forecast, by what customers had done before.

    Attributes
    ----------
    frame
        One row per group with customers: its name; ``customers``; mean purchases per customer: ``actual`` and
        one column per rule that expects any.
    by
        The first of these columns: repeat purchases before, or weeks of silence (the upper end included).
    model
        The model that forecasts.
    """

    frame: pd.DataFrame
    by: By
    model: str

    @property
    def name(self) -> str:  # type: ignore[override]
        """What its figure is called."""
        return "by_frequency" if self.by == "x" else "by_recency"

    def title(self) -> str:
        """Return which group the model was off by most purchases."""
        off = ((self.frame[self.model] - self.frame["actual"]) * self.frame["customers"]).abs()
        worst = self.frame.iloc[int(off.to_numpy().argmax())]
        message = (
            _("Off by most with {group} repeat purchases: {actual} per customer, {expected} expected")
            if self.by == "x"
            else _("Off by most after {group} weeks of silence: {actual} per customer, {expected} expected")
        )
        actual, expected = told_apart(worst["actual"], worst[self.model])
        return message.format(group=worst[self.by], actual=actual, expected=expected)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {self.name: self.frame}


@or_not_possible
def by_frequency(check: Holdout) -> HoldoutByGroup:
    """Compare actual and predicted purchases by repeat purchases before; 7 or more are one group."""
    labels = [*map(str, range(MOST)), f"{MOST}+"]
    return _by(check, "x", check.customers["x"].clip(upper=MOST).to_numpy(), labels)


@or_not_possible
def by_recency(check: Holdout) -> HoldoutByGroup:
    """Compare actual and predicted purchases by the time since the last purchase."""
    _x, t_x, t = check.summary.history
    silence = (t - t_x) * DAYS[check.unit] / DAYS["week"]
    spans = [f"{number(low)}–{number(high)}" for low, high in pairwise((0, *SILENCES))]
    labels = [*spans, _("over {weeks}").format(weeks=number(SILENCES[-1]))]
    return _by(check, "weeks_since_last", np.searchsorted(SILENCES, silence), labels)


def _by(check: Holdout, name: By, group: np.ndarray, labels: list[str]) -> HoldoutByGroup:
    """Return the means of groups, given by their place among the labels."""
    rules = [rule for rule in check.rules if rule != "zero"]
    groups = check.customers.groupby(group)
    table = groups[["actual", *rules]].mean()
    table.insert(0, "customers", groups.size())
    table.insert(0, name, [labels[place] for place in table.index])
    return HoldoutByGroup(table.reset_index(drop=True), name, check.chosen)
