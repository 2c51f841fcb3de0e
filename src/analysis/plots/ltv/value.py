"""Charts of what customers will buy and what they are worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, number, percent
from analysis.plots import theme

COLOURS = theme.COLOURS


def per_week(rows: pd.DataFrame, level: float, title: str, ax: Axes | None = None) -> Axes:
    """Draw purchases per week that came, had been expected and are expected, with their intervals.

    Parameters
    ----------
    rows
        The result of `analysis.ltv.per_week`.
    level
        Level of the intervals.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=3.1)
    colours = [COLOURS["accent"] if forecast else COLOURS["main"] for forecast in rows["forecast"]]
    places = np.arange(len(rows))[::-1]
    values = rows[["purchases", "low", "high"]].to_numpy(float)
    for place, colour, (middle, low, high) in zip(places, colours, values, strict=True):
        ax.plot([low, high], [place, place], color=colour, linewidth=4, alpha=0.5)
        ax.plot(middle, place, "o", color=colour, markersize=8)
        ax.annotate(
            number(middle),
            (middle, place),
            (0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    ax.set_yticks(places, rows["what"])
    ax.set_ylim(-0.6, len(rows) - 0.3)
    ax.set_xlim(0, max(float(np.nanmax(values)) * 1.1, 1))
    ax.grid(visible=False)
    theme.count_axis(ax.xaxis)
    ax.set_xlabel(_("Repeat purchases per week (bar: {level} interval)").format(level=percent(level)))
    theme.title(ax, title)
    return ax


def equity(shares: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw the share of customer equity held by the most valuable customers.

    Parameters
    ----------
    shares
        The result of `analysis.ltv.equity_shares`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    ax.plot([0, 1], [0, 1], color=COLOURS["muted"], linewidth=1)
    ax.plot(shares["customers_share"], shares["equity_share"], color=COLOURS["main"], linewidth=2.2)
    at = float(np.interp(0.2, shares["customers_share"], shares["equity_share"]))
    ax.plot([0.2, 0.2, 0], [0, at, at], color=COLOURS["highlight"], linewidth=1, linestyle=":")
    ax.plot(0.2, at, "o", color=COLOURS["highlight"])
    ax.annotate(
        percent(at), (0.2, at), (8, -4), textcoords="offset points", va="top", color=COLOURS["highlight"]
    )
    ax.annotate(
        _("if all were worth the same"),
        (0.72, 0.7),
        (6, -8),
        textcoords="offset points",
        color=COLOURS["muted"],
        fontsize=9,
    )
    theme.percent_axis(ax.xaxis)
    theme.percent_axis(ax.yaxis)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    ax.set_xlabel(_("Customers, the most valuable first"))
    ax.set_ylabel(_("Share of customer equity"))
    theme.title(ax, title)
    return ax
