"""Charts of single customers and of P(alive)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _
from analysis.ltv.backtest import rule_name
from analysis.ltv.summary import Unit, unit_name
from analysis.plots import theme
from analysis.plots.ltv.backtest import colour
from analysis.plots.ltv.days import day, days
from analysis.plots.marks import beside, name_ends

COLOURS = theme.COLOURS
MOST_DOTS = 300
FEW_ROWS = 5  # of a map, each with a tick


def timeline(dates: pd.Series, as_of: dt.date, title: str, ax: Axes | None = None) -> Axes:
    """Draw one customer's purchases on a line of time, and the silence since.

    Parameters
    ----------
    dates
        Days on which the customer bought.
    as_of
        The last day that counts.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=2.1)
    places, end = days(dates), day(as_of)
    last = float(places.max())
    ax.plot([places.min(), last], [0, 0], color=COLOURS["main"], linewidth=2)
    ax.plot([last, end], [0, 0], color=COLOURS["muted"], linewidth=2, linestyle=":")
    ax.plot(places, np.zeros(len(places)), "o", color=COLOURS["main"], markersize=8)
    ax.plot([end], [0], "|", color=COLOURS["muted"], markersize=18)
    beside(ax, _("gone, or only quiet?"), ((last + end) / 2, 0), (0, 6), colour="highlight", size=10)
    span = end - float(places.min())
    ax.set_xlim(float(places.min()) - 0.03 * span, end + 0.08 * span + 1)
    ax.set_ylim(-1, 1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)
    theme.date_axis(ax.xaxis)
    theme.title(ax, title)
    return ax


def alive_history(history: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw one customer's P(alive) day by day, with its purchases.

    Parameters
    ----------
    history
        The result of `analysis.ltv.alive_history`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    ax.plot(history["date"], history["p_alive"], color=COLOURS["main"], linewidth=2)
    alive_axes(ax, history)
    theme.title(ax, title)
    return ax


def alive_axes(ax: Axes, history: pd.DataFrame) -> None:
    """Mark a customer's purchases above its P(alive), and dress both axes.

    Parameters
    ----------
    ax
        Where P(alive) is drawn day by day.
    history
        ``date`` and ``purchase`` of each day.
    """
    bought = history[history["purchase"]]
    ax.plot(
        bought["date"], np.full(len(bought), 1.05), "v", color=COLOURS["accent"], markersize=6, clip_on=False
    )
    beside(ax, _("purchases"), (bought["date"].iloc[-1], 1.05), (9, 0), colour="accent")
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, 1.09)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_ylabel(_("P(alive)"))
    theme.date_axis(ax.xaxis)


def p_alive(values: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw how P(alive) is spread over the repeat buyers.

    Parameters
    ----------
    values
        ``x`` and ``p_alive`` of each customer; those with ``x`` = 0 are left out.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    counts, edges = np.histogram(values.loc[values["x"] > 0, "p_alive"], bins=20, range=(0, 1))
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
        ax, title, _("P(alive) of customers with at least one repeat purchase"), _("Customers")
    )


def alive_map(
    table: pd.DataFrame, customers: pd.DataFrame, unit: Unit, title: str, ax: Axes | None = None
) -> Axes:
    """Draw P(alive) by repeat purchases and silence; where the portfolio's customers are, as dots.

    Parameters
    ----------
    table
        The result of `analysis.ltv.alive_map`.
    customers
        ``x``, ``t_x`` and ``T`` of each customer; those silent no longer than the map is wide are shown,
        300 of them at most.
    unit
        Time unit of both.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=4.8)
    since = table.columns.to_numpy(float)
    step = since[1] - since[0]
    drawn = ax.pcolormesh(
        np.append(since - step / 2, since[-1] + step / 2),
        np.arange(len(table) + 1) + 0.5,
        table.to_numpy(float),
        cmap=theme.SEQUENTIAL,
        vmin=0,
        vmax=1,
    )
    shown = customers.assign(since=customers["T"] - customers["t_x"])
    shown = shown[(shown["x"] > 0) & (shown["x"] <= len(table)) & (shown["since"] <= since[-1])]
    shown = shown.iloc[:: max(-(-len(shown) // MOST_DOTS), 1)]
    random = np.random.default_rng(0)
    jitter = random.uniform(-0.3, 0.3, len(shown))
    ax.plot(
        shown["since"], shown["x"] + jitter, "o", color=COLOURS["accent"], markersize=2.5, alpha=0.7, mew=0
    )
    cells = table.to_numpy(float)
    if len(table) > 1 and cells.min() < 0.5 < cells.max():
        half = [COLOURS["highlight"]]
        ax.contour(since, table.index, cells, levels=[0.5], colors=half, linewidths=1.5, linestyles="--")
    figure = ax.get_figure(root=True)
    if figure is not None:
        bar = figure.colorbar(drawn, ax=ax, pad=0.02)
        theme.percent_axis(bar.ax.yaxis)
        bar.set_label(_("P(alive); dashed: one half"))
        bar.outline.set_visible(False)
    ax.grid(visible=False)
    theme.count_axis(ax.xaxis)
    theme.count_axis(ax.yaxis)
    if len(table) <= FEW_ROWS:
        ax.set_yticks(table.index)
    return theme.finish(
        ax,
        title,
        _("Time since the last purchase ({unit}); dots: customers").format(unit=unit_name(unit)),
        _("Repeat purchases"),
    )


def one_time(table: pd.DataFrame, unit: Unit, title: str, ax: Axes | None = None) -> Axes:
    """Draw P(alive) of a customer who bought once, by how long ago, under each model.

    Parameters
    ----------
    table
        The result of `analysis.ltv.one_time_alive`.
    unit
        Its time unit.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    names = list(table.columns[1:])
    last = table.iloc[-1]
    for name in names:
        ax.plot(table["age"], table[name], color=colour(name), linewidth=2)
    ends = [(rule_name(name), float(last[name]), colour(name)) for name in names]
    name_ends(ax, last["age"], ends, 0.055, (0.05, 1))
    ax.set_xlim(0, float(last["age"]) * 1.16)
    ax.set_ylim(0, 1.05)
    theme.percent_axis(ax.yaxis)
    theme.count_axis(ax.xaxis)
    return theme.finish(
        ax, title, _("Time since the only purchase ({unit})").format(unit=unit_name(unit)), _("P(alive)")
    )
