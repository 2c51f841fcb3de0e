"""The chart of how regularly customers buy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, number, percent
from analysis.plots import theme

COLOURS = theme.COLOURS


def regularity(shares: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw how many customers are regular, random and in bursts, beside what chance alone would give.

    Parameters
    ----------
    shares
        The result of `analysis.ltv.Regularity.shares`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=3)
    places = np.arange(len(shares))[::-1]
    ax.barh(places, shares["share"], 0.55, color=COLOURS["main"], label=_("These customers"))
    ax.plot(
        shares["by_chance"], places, "|", color=COLOURS["accent"], markersize=30, mew=3, label=_("By chance")
    )
    for place, share in zip(places, shares["share"], strict=True):
        inside = (4, 0) if share < 0.1 else (-4, 0)
        ax.annotate(
            percent(share),
            (share, place),
            inside,
            textcoords="offset points",
            va="center",
            ha="left" if share < 0.1 else "right",
            fontsize=9,
            color=COLOURS["main"] if share < 0.1 else "white",
        )
    names = zip(shares["regularity"], shares["customers"], strict=True)
    ax.set_yticks(places, [f"{name} ({number(customers)})" for name, customers in names])
    ax.set_xlim(0, max(float(shares[["share", "by_chance"]].to_numpy().max()) * 1.12, 0.1))
    ax.grid(visible=False)
    theme.percent_axis(ax.xaxis)
    ax.legend(frameon=False, loc="lower right", fontsize=9, markerscale=0.4)
    return theme.finish(ax, title, _("Share of customers with three gaps or more"))
