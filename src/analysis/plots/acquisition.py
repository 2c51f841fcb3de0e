"""The chart of ``06_acquisition``."""

from __future__ import annotations

from matplotlib.axes import Axes

from analysis.acquisition import Payback
from analysis.language import _
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import name_ends

COLOURS = theme.COLOURS


@plot.register
def payback(result: Payback, ax: Axes | None = None) -> Axes:
    """Draw how the margin expected of a new customer grows against what it cost to win."""
    curve, cost = result.curve, result.acquisition_cost
    ax = ax or theme.axes()
    margin, months = curve["margin"].to_numpy(float), curve["months"].to_numpy(float)
    ax.plot([0, months[-1]], [cost, cost], color=COLOURS["bad"], linewidth=1.4, linestyle="--")
    ax.plot(months, margin, color=COLOURS["main"], linewidth=2.2)
    ax.fill_between(months, margin, cost, where=margin >= cost, color=COLOURS["good"], alpha=0.15)
    ax.fill_between(months, margin, cost, where=margin <= cost, color=COLOURS["bad"], alpha=0.1)
    low, high = min(0.0, float(margin.min())), max(float(margin.max()), cost) * 1.12
    ends = [(_("cost to acquire"), cost, "bad"), (_("expected margin, added up"), float(margin[-1]), "main")]
    name_ends(ax, months[-1], ends, 0.055 * (high - low), (low + 0.05 * (high - low), high))
    ax.set_xlim(0, months[-1] * 1.2)
    ax.set_ylim(low, high)
    theme.money_axis(ax.yaxis, result.currency)
    theme.count_axis(ax.xaxis)
    return theme.finish(ax, result.title(), _("Months since the first purchase"), _("Money per customer"))
