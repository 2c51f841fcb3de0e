"""Charts of how much customers spend per purchase."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.language import _, estimate
from analysis.ltv.spend_check import SpendFit, SpendIndependence
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, dots, sized_ticks


@plot.register
def spend_by_purchases(result: SpendIndependence, ax: Axes | None = None) -> Axes:
    """Draw mean spend per purchase by how often customers bought, with its 95 % interval."""
    table = result.groups
    ax = ax or theme.axes()
    places = np.arange(len(table))
    level = float(table["fitted"].iloc[0])
    label = _("The model: {mean} for all").format(mean=estimate(level, result.currency))
    ax.axhline(level, color=COLOURS["model"], linewidth=1.8, label=label)
    ends = (table["low"], table["high"])
    dots(ax, places, table["mean"], ends, colour="actual", label=_("Mean, 95% interval"))
    ax.plot(
        places, table["median"], "_", color=theme.ALTERNATIVES[0], markersize=16, mew=2.5, label=_("Median")
    )
    sized_ticks(ax, table["x"], table["customers"])
    top = float(np.nanmax(table[["mean", "median", "fitted"]].to_numpy()))
    reach = float(np.nanmax(table["high"].fillna(0)))
    ax.set_ylim(0, min(reach, 2.5 * top) * 1.08 if reach > 0 else top * 1.2)
    ax.set_xlim(-0.6, len(table) - 0.4)
    theme.money_axis(ax.yaxis, result.currency)
    theme.legend_above(ax, 3)
    said = theme.in_money(_("Value of a repeat purchase by how many a customer has made"), result.currency)
    return theme.finish(ax, result.title(), said, _("Repeat purchases (customers)"))


@plot.register
def spend_distribution(result: SpendFit, ax: Axes | None = None) -> Axes:
    """Draw how mean spend is spread over the repeat buyers, observed and fitted, on a scale of ratios."""
    bars = result.bars
    ax = ax or theme.axes()
    edges = np.append(bars["low"], bars["high"].iloc[-1])
    ax.stairs(bars["observed"], edges, fill=True, color=COLOURS["actual"], label=_("Observed"))
    ax.stairs(bars["fitted"], edges, color=COLOURS["model"], linewidth=2, label=_("Fitted"))
    ax.set_xscale("log")
    ax.set_xlim(edges[0], edges[-1])
    steps = np.array([1, 2, 5])[None, :] * 10.0 ** np.arange(-3, 10)[:, None]
    ax.set_xticks(steps[(steps >= edges[0]) & (steps <= edges[-1])])
    ax.set_xticks([], minor=True)
    theme.money_axis(ax.xaxis, result.currency)
    theme.count_axis(ax.yaxis)
    theme.legend_above(ax, 2)
    said = theme.in_money(_("Repeat buyers by their mean value per repeat purchase"), result.currency)
    return theme.finish(ax, result.title(), said, _("Mean money per repeat purchase (log scale)"))
