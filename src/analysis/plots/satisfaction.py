"""Charts of satisfaction: its trend, and what customers did after their answer."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.language import _
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import dots, name_ends
from analysis.satisfaction import Afterwards, Nps

COLOURS = theme.COLOURS
_GROUPS = ("bad", "muted", "good")


@plot.register
def nps(result: Nps, ax: Axes | None = None) -> Axes:
    """Draw the measure of each quarter with its interval; the line: that of the last months."""
    ax, trend, measure = ax or theme.axes(), result.trend, result.measure
    ends = trend[f"{measure}_low"], trend[f"{measure}_high"]
    ax.axhline(result.now, color=COLOURS["muted"], linewidth=1, linestyle="--")
    dots(ax, np.arange(len(trend)), trend[measure], ends, colour="main", label="")
    theme.period_axis(ax.xaxis, [day.date() for day in trend["quarter"]], "quarter", most=8)
    (theme.count_axis if measure == "nps" else theme.percent_axis)(ax.yaxis)
    said = _("By quarter, with 95% intervals; dashed: the last months together")
    return theme.finish(ax, result.title(), said)


@plot.register
def afterwards(result: Afterwards, ax: Axes | None = None) -> Axes:
    """Draw the share of each group that had bought again by each day after the answer."""
    ax, curves = ax or theme.axes(), result.curves
    top, last = float(curves.to_numpy().max()) or 1.0, len(curves) - 1
    for name, colour in zip(curves, _GROUPS, strict=True):
        ax.plot(curves[name], color=COLOURS[colour], linewidth=2)
    ends = [(str(name), curves[name].iloc[-1], colour) for name, colour in zip(curves, _GROUPS, strict=True)]
    name_ends(ax, last, ends, 0.06 * top)
    ax.set_ylim(0, top * 1.12)
    ax.set_xlim(0, last * 1.3)
    theme.percent_axis(ax.yaxis)
    theme.count_axis(ax.xaxis)
    return theme.finish(ax, result.title(), _("Days after the answer"), _("Bought again by then"))
