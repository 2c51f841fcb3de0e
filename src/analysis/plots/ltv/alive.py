"""Charts of single customers and of P(alive)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.language import _
from analysis.ltv.alive import Alive, AliveHistory
from analysis.ltv.summary import OneCustomer
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.ltv.days import day, days
from analysis.plots.marks import beside

COLOURS = theme.COLOURS


@plot.register
def timeline(result: OneCustomer, ax: Axes | None = None) -> Axes:
    """Draw one customer's purchases on a line of time, and the silence since."""
    ax = ax or theme.axes(height=2.1)
    places, end = days(result.purchases["date"]), day(result.as_of)
    last = float(places.max())
    ax.plot([places.min(), last], [0, 0], color=COLOURS["main"], linewidth=2)
    ax.plot([last, end], [0, 0], color=COLOURS["muted"], linewidth=2, linestyle=":")
    ax.plot(places, np.zeros(len(places)), "o", color=COLOURS["main"], markersize=8)
    ax.plot([end], [0], "|", color=COLOURS["muted"], markersize=18)
    if end > last:
        beside(ax, _("gone, or only quiet?"), ((last + end) / 2, 0), (0, 6), colour="highlight", size=10)
    span = end - float(places.min())
    ax.set_xlim(float(places.min()) - 0.03 * span, end + 0.08 * span + 1)
    ax.set_ylim(-1, 1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)
    theme.date_axis(ax.xaxis)
    theme.title(ax, result.title())
    return ax


@plot.register
def alive_history(result: AliveHistory, ax: Axes | None = None) -> Axes:
    """Draw one customer's P(alive) day by day, with its purchases."""
    history = result.frame
    ax = ax or theme.axes()
    ax.plot(history["date"], history["p_alive"], color=COLOURS["main"], linewidth=2)
    bought = history[history["purchase"]]
    above = np.full(len(bought), 1.05)
    ax.plot(bought["date"], above, "v", color=COLOURS["accent"], markersize=6, clip_on=False)
    beside(ax, _("purchases"), (bought["date"].iloc[-1], 1.05), (9, 0), colour="accent")
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, 1.09)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_ylabel(_("P(alive)"))
    theme.date_axis(ax.xaxis)
    theme.title(ax, result.title())
    return ax


@plot.register
def p_alive(result: Alive, ax: Axes | None = None) -> Axes:
    """Draw how P(alive) is spread over the repeat buyers."""
    ax = ax or theme.axes()
    counts, edges = np.histogram(result.repeat, bins=20, range=(0, 1))
    colours = [COLOURS["bad"] if edge < 0.5 else COLOURS["main"] for edge in edges[:-1]]
    ax.bar(edges[:-1], counts, width=0.047, align="edge", color=colours)
    ax.annotate(
        _("more likely gone"), (0.25, 0.95), xycoords="axes fraction", ha="center", color=COLOURS["bad"]
    )
    ax.annotate(
        _("more likely alive"), (0.75, 0.95), xycoords="axes fraction", ha="center", color=COLOURS["main"]
    )
    ax.set_xlim(0, 1)
    ax.set_ylim(0, max(counts.max() * 1.15, 1))
    theme.percent_axis(ax.xaxis)
    theme.count_axis(ax.yaxis)
    return theme.finish(
        ax, result.title(), _("P(alive) of customers with at least one repeat purchase"), _("Customers")
    )
