"""The holdout by groups of customers: those who bought often, or long ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.language import _, brief, ngettext, number
from analysis.ltv.backtest.holdout import Holdout
from analysis.ltv.summary import DAYS
from analysis.not_possible import or_not_possible
from analysis.result import Result

TITLE_CUSTOMERS = 20  # a title speaks of a group no smaller, where there is one
SILENCES = (4, 8, 13, 26, 39, 52, 104)  # weeks at which groups by time since the last purchase end
MOST = 7  # purchases from which customers are one group


@dataclass(frozen=True)
class HoldoutByGroup(Result):
    """Mean purchases in the holdout, actual and forecast, by what customers had done before.

    Attributes
    ----------
    frame
        One row per group with customers: ``x`` (``"0"``, …, ``"7+"``) or ``weeks_since_last`` (``"0–4"``, …,
        the upper end included); ``customers``; mean purchases per customer: ``actual`` and one column per
        rule that expects any.
    by
        The first of these columns.
    model
        The model that forecasts.
    """

    frame: pd.DataFrame
    by: Literal["x", "weeks_since_last"]
    model: str

    @property
    def name(self) -> str:  # type: ignore[override]
        """What its figure is called."""
        return "by_frequency" if self.by == "x" else "by_recency"

    def title(self) -> str:
        """Return what a chart shows: those who had bought most often, or the group off by most purchases."""
        table = self.frame
        if self.by == "x":
            large = table[table["customers"] >= min(TITLE_CUSTOMERS, int(table["customers"].max()))]
            top = large.iloc[-1]
            return ngettext(
                "After {x} repeat purchase {actual} more came on average; the model expected {model}",
                "After {x} repeat purchases {actual} more came on average; the model expected {model}",
                1 if top["x"] == "1" else 2,
            ).format(x=top["x"], actual=_mean(top["actual"], 1), model=_mean(top[self.model], 1))
        off = ((table[self.model] - table["actual"]) * table["customers"]).abs()
        worst = table.iloc[int(off.to_numpy().argmax())]
        return _(
            "Off by most: after {weeks} weeks of silence {actual} came per customer, {expected} were expected"
        ).format(
            weeks=worst["weeks_since_last"],
            actual=_mean(worst["actual"], 2),
            expected=_mean(worst[self.model], 2),
        )

    def sentence(self) -> str:
        """Return the title."""
        return self.title()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the groups."""
        return {self.name: self.frame}


@or_not_possible
def by_frequency(check: Holdout, top: int = MOST) -> HoldoutByGroup:
    """Compare actual and predicted purchases by repeat purchases before; ``top`` or more are one group."""
    table = _means(check, check.customers["x"].clip(upper=top).to_numpy())
    labels = [f"{top}+" if value == top else str(value) for value in table.index]
    return HoldoutByGroup(_labelled(table, "x", labels), "x", check.chosen)


@or_not_possible
def by_recency(check: Holdout) -> HoldoutByGroup:
    """Compare actual and predicted purchases by the time since the last purchase."""
    _x, t_x, t = check.history
    silence = (t - t_x) * DAYS[check.unit] / DAYS["week"]
    table = _means(check, np.searchsorted(SILENCES, silence))
    edges = (0, *SILENCES)
    labels = [
        _("over {weeks}").format(weeks=number(edges[-1]))
        if at == len(SILENCES)
        else f"{number(edges[at])}–{number(edges[at + 1])}"
        for at in table.index
    ]
    frame = _labelled(table, "weeks_since_last", labels)
    return HoldoutByGroup(frame, "weeks_since_last", check.chosen)


def _means(check: Holdout, group: np.ndarray) -> pd.DataFrame:
    rules = [rule for rule in check.rules if rule != "zero"]
    groups = check.customers.groupby(group)
    return pd.concat([groups.size().rename("customers"), groups[["actual", *rules]].mean()], axis=1)


def _labelled(table: pd.DataFrame, name: str, labels: list[str]) -> pd.DataFrame:
    return table.assign(**{name: labels})[[name, *table.columns]].reset_index(drop=True)


def _mean(value: float, decimals: int) -> str:
    """Write purchases per customer, with the digits that small ones need."""
    return number(value, decimals) if value >= 1 else brief(round(value, 3))
