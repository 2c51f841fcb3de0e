"""Charts of the check against the past: actual values in grey, each model always in its own colour."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _
from analysis.ltv.backtest.baselines import NAIVE, rule_name
from analysis.ltv.backtest.by_group import HoldoutByGroup
from analysis.ltv.backtest.tracking import Tracking
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.ltv.days import day
from analysis.plots.marks import ACTUAL, beside, sized_ticks

COLOURS = theme.COLOURS
FEWEST_PLACES = 4  # so that a group on its own is no wall
MODEL_COLOURS = {"bg_nbd": "main", "mbg_nbd": "accent", "pareto_nbd": "good"}


def colour(model: str) -> str:
    """Return the colour of a model, the same in every chart."""
    return COLOURS[MODEL_COLOURS.get(model, "highlight")]


@plot.register
def holdout_by_group(result: HoldoutByGroup, ax: Axes | None = None) -> Axes:
    """Draw mean purchases in the holdout by what customers had done before: actual, the model, a rule."""
    ax = ax or theme.axes()
    table = result.frame
    places = np.arange(len(table))
    ax.bar(places, table["actual"], width=0.62, color=ACTUAL, label=_("Actual"))
    shade = colour(result.model)
    ax.plot(places, table[result.model], "o-", color=shade, linewidth=1.8, label=rule_name(result.model))
    sized_ticks(ax, table[result.by], table["customers"])
    beside_groups = max(FEWEST_PLACES - len(table), 1.2) / 2
    ax.set_xlim(-beside_groups, len(table) - 1 + beside_groups)
    theme.count_axis(ax.yaxis, whole=False)
    theme.legend_above(ax, 2)
    below = (
        _("Repeat purchases before the holdout (customers)")
        if result.by == "x"
        else _("Weeks since the last purchase, at the start of the holdout (customers)")
    )
    return theme.finish(ax, result.title(), below, _("Purchases in the holdout, per customer"))


@plot.register
def tracking(result: Tracking, ax: Axes | None = None) -> Axes:
    """Draw cumulative repeat purchases, actual and expected, through calibration and holdout."""
    ax = ax or theme.axes()
    track = result.frame
    others = ("date", "holdout", "actual", "low", "high", *NAIVE)
    models = [name for name in track.columns if name not in others]
    ax.plot(track["date"], track["actual"], color=COLOURS["muted"], linewidth=3, label=_("Actual"))
    for name in models:
        width = 2 if name == models[0] else 1.2
        for label, part in ((None, track[~track["holdout"]]), (rule_name(name), track[track["holdout"]])):
            shade = colour(name)
            ax.plot(part["date"], part[name], "--", color=shade, linewidth=width, label=label)
    _mark_cutoff(ax, result.check.cutoff)
    last = track.iloc[-1]
    ax.plot([last["date"]] * 2, [last["low"], last["high"]], color=colour(models[0]), linewidth=6, alpha=0.35)
    ax.set_xlim(track["date"].iloc[0], last["date"] + pd.Timedelta(days=7))
    ax.set_ylim(0, max(float(track[["actual", *models, "high"]].max().max()) * 1.08, 1))
    theme.legend_above(ax, len(models) + 1)
    theme.count_axis(ax.yaxis)
    theme.date_axis(ax.xaxis)
    return theme.finish(ax, result.title(), y=_("Repeat purchases since the start"))


def _mark_cutoff(ax: Axes, cutoff: dt.date) -> None:
    ax.axvline(day(cutoff), color=COLOURS["muted"], linewidth=1)
    beside(ax, _("fitted on the left,\nforecast on the right"), (day(cutoff), 0), (6, 4), colour="muted")
