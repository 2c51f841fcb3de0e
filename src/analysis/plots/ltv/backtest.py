"""Charts of the check against the past: actual values in grey, the model in blue."""

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
from analysis.plots.marks import COLOURS, beside, lit, sized_ticks

FEWEST_PLACES = 4  # so that a group on its own is no wall


@plot.register
def holdout_by_group(result: HoldoutByGroup, ax: Axes | None = None) -> Axes:
    """Draw mean purchases in the holdout by what customers had done before: actual, the model."""
    ax = ax or theme.axes(height=3.6)
    table = result.frame
    places = np.arange(len(table))
    off = ((table[result.model] - table["actual"]) * table["customers"]).abs().to_numpy()
    shades = [COLOURS[name] for name in lit(len(table), int(off.argmax()))]
    ax.bar(places, table["actual"], width=0.62, color=shades)
    ax.bar([], [], color=COLOURS["actual"], label=_("Actual"))
    ax.plot(
        places, table[result.model], "o-", color=COLOURS["model"], linewidth=2, label=rule_name(result.model)
    )
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
    return theme.finish(ax, result.title(), _("Purchases in the holdout, per customer"), below)


@plot.register
def tracking(result: Tracking, ax: Axes | None = None) -> Axes:
    """Draw cumulative repeat purchases, actual and expected, in the holdout and as long before it."""
    ax = ax or theme.axes()
    track = result.frame.tail(2 * result.check.weeks + 1)
    others = ("date", "holdout", "actual", "low", "high", *NAIVE)
    models = [name for name in track.columns if name not in others]
    ax.plot(track["date"], track["actual"], color=COLOURS["actual"], linewidth=5, label=_("Actual"))
    for name, shade in zip(models, (COLOURS["model"], *theme.ALTERNATIVES), strict=False):
        for label, mine in ((None, ~track["holdout"]), (rule_name(name), track["holdout"])):
            line = "-" if name == models[0] else "--"
            ax.plot(track["date"], track[name].where(mine), line, color=shade, linewidth=1.8, label=label)
    last = track.iloc[-1]
    ax.plot([last["date"]] * 2, [last["low"], last["high"]], color=COLOURS["interval"], linewidth=7, zorder=1)
    ax.set_xlim(track["date"].iloc[0], last["date"] + pd.Timedelta(days=7))
    values = track[["actual", *models, "low", "high"]]
    room = 0.08 * float(values.max().max() - values.min().min()) + 1
    ax.set_ylim(max(float(values.min().min()) - room, 0), float(values.max().max()) + room)
    _mark_cutoff(ax, result.check.cutoff)
    theme.legend_above(ax, len(models) + 1)
    theme.count_axis(ax.yaxis)
    theme.date_axis(ax.xaxis)
    said = _("Repeat purchases since the start, added up; at the end, the 90% interval of the model")
    return theme.finish(ax, result.title(), said, period=theme.span(track["date"].iloc[0], last["date"]))


def _mark_cutoff(ax: Axes, cutoff: dt.date) -> None:
    ax.axvline(day(cutoff), color=COLOURS["muted"], linewidth=1)
    beside(
        ax,
        _("fitted on the left,\nforecast on the right"),
        (day(cutoff), ax.get_ylim()[0]),
        (6, 4),
        colour="muted",
    )
