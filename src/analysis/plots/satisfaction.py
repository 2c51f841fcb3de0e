"""Charts of satisfaction: its trend, and what customers did after their answer."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.language import _, number, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, dots, name_ends
from analysis.satisfaction import Afterwards, Nps

_GROUPS = (theme.ALTERNATIVES[0], "actual", theme.ALTERNATIVES[1])


@plot.register
def nps(result: Nps, ax: Axes | None = None) -> Axes:
    """Draw the measure of each quarter with its interval; the line: that of the last months."""
    ax, trend, measure = ax or theme.axes(height=3.6), result.trend, result.measure
    ends = trend[f"{measure}_low"], trend[f"{measure}_high"]
    ax.axhline(result.now, color=COLOURS["highlight"], linewidth=1.6)
    dots(ax, np.arange(len(trend)), trend[measure], ends)
    ax.set_xlim(-0.5, len(trend) - 0.5)
    now = number(result.now, 1) if measure == "nps" else percent(result.now, 1)
    name_ends(ax, len(trend) - 0.5, [(_("last months\n{now}").format(now=now), result.now, "highlight")], 1)
    theme.period_axis(ax.xaxis, [day.date() for day in trend["quarter"]], "quarter", most=8)
    (theme.count_axis if measure == "nps" else theme.percent_axis)(ax.yaxis)
    said = _("Share of satisfied customers by quarter, with its 95% interval")
    if measure == "nps":
        said = _("NPS (promoters less detractors, in points) by quarter, with its 95% interval")
    return theme.finish(ax, result.title(), said, period=theme.periods(trend["quarter"], "quarter"))


@plot.register
def afterwards(result: Afterwards, ax: Axes | None = None) -> Axes:
    """Draw the share of each group that had bought again by each day after the answer."""
    ax, curves = ax or theme.axes(), result.curves
    top, last, ends = float(curves.to_numpy().max()) or 1.0, len(curves) - 1, []
    for name, colour in zip(curves, _GROUPS, strict=True):
        ax.plot(curves[name], color=COLOURS.get(colour, colour), linewidth=2)
        share = float(curves[name].iloc[-1])
        ends.append((f"{name}: {percent(share)}", share, "muted" if colour == "actual" else colour))
    name_ends(ax, last, ends, 0.06 * top)
    ax.set_ylim(0, top * 1.12)
    ax.set_xlim(0, last)
    theme.percent_axis(ax.yaxis)
    theme.count_axis(ax.xaxis)
    said = _("Share of those who answered that had bought again by so many days later")
    return theme.finish(ax, result.title(), said, _("Days after the answer"))
