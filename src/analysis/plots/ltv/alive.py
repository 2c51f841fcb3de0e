"""Charts of single customers and of P(alive)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.language import _, percent
from analysis.ltv.alive import Alive, AliveHistory
from analysis.ltv.summary import OneCustomer
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.ltv.days import day, days
from analysis.plots.marks import COLOURS, beside, name_ends


@plot.register
def timeline(result: OneCustomer, ax: Axes | None = None) -> Axes:
    """Draw one customer's purchases on a line of time, and the silence since."""
    ax = ax or theme.axes(height=1.3)
    places, end = days(result.purchases["date"]), day(result.as_of)
    last = float(places.max())
    ax.plot([places.min(), last], [0, 0], color=COLOURS["actual"], linewidth=2)
    ax.plot([last, end], [0, 0], color=COLOURS["muted"], linewidth=2, linestyle=":")
    ax.plot(places, np.zeros(len(places)), "o", color=COLOURS["actual"], markersize=9)
    ax.plot([end], [0], "|", color=COLOURS["muted"], markersize=18)
    if end > last:
        beside(ax, _("gone, or only quiet?"), ((last + end) / 2, 0), (0, 6), colour="highlight", size=10)
    length = end - float(places.min())
    ax.set_xlim(float(places.min()) - 0.03 * length, end + 0.08 * length + 1)
    ax.set_ylim(-1, 1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)
    theme.date_axis(ax.xaxis)
    first = result.purchases["date"].min()
    return theme.finish(
        ax, result.title(), _("Each point: a purchase"), period=theme.span(first, result.as_of)
    )


@plot.register
def alive_history(result: AliveHistory, ax: Axes | None = None) -> Axes:
    """Draw one customer's P(alive) day by day, with its purchases."""
    history = result.frame
    ax = ax or theme.axes(height=3.2)
    ax.plot(history["date"], history["p_alive"], color=COLOURS["model"], linewidth=2.2)
    bought = history[history["purchase"]]
    above = np.full(len(bought), 1.05)
    ax.plot(bought["date"], above, "v", color=COLOURS["actual"], markersize=7, clip_on=False)
    beside(ax, _("purchases"), (bought["date"].iloc[-1], 1.05), (9, 0), colour="muted")
    now = history.iloc[-1]
    ax.plot([now["date"]], [now["p_alive"]], "o", color=COLOURS["highlight"], markersize=8, clip_on=False)
    name_ends(ax, now["date"], [(percent(now["p_alive"], 1), float(now["p_alive"]), "highlight")], 1)
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, 1.09)
    ax.set_xlim(history["date"].iloc[0], now["date"])
    ax.set_yticks(np.linspace(0, 1, 6))
    theme.date_axis(ax.xaxis)
    ends = theme.span(history["date"].iloc[0], now["date"])
    return theme.finish(ax, result.title(), _("Probability of being a customer still, P(alive)"), period=ends)


@plot.register
def p_alive(result: Alive, ax: Axes | None = None) -> Axes:
    """Draw how P(alive) is spread over the repeat buyers; those more likely gone stand out."""
    ax = ax or theme.axes(height=3.4)
    counts, edges = np.histogram(result.repeat, bins=20, range=(0, 1))
    colours = [COLOURS["highlight" if edge < 0.5 else "model"] for edge in edges[:-1]]
    ax.bar(edges[:-1], counts, width=0.047, align="edge", color=colours)
    gone, top = float((result.repeat < 0.5).mean()), max(counts.max() * 1.18, 1)
    for at, text, share, colour in (
        (0.25, _("more likely gone: {share}"), gone, "highlight"),
        (0.75, _("more likely alive: {share}"), 1 - gone, "model"),
    ):
        beside(ax, text.format(share=percent(share)), (at, 0.95 * top), (0, 0), colour=colour, size=10)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, top)
    theme.percent_axis(ax.xaxis)
    theme.count_axis(ax.yaxis)
    said, below = _("Number of customers with at least one repeat purchase, by P(alive)"), _("P(alive)")
    return theme.finish(ax, result.title(), said, below, period=theme.today())
