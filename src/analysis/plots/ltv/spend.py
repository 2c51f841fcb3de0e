"""Charts of how much customers spend per purchase."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, brief
from analysis.ltv.spend_check import per_purchase
from analysis.plots import theme
from analysis.plots.marks import CAME, dots, sized_ticks

COLOURS = theme.COLOURS


def spend_by_purchases(table: pd.DataFrame, currency: str | None, title: str, ax: Axes | None = None) -> Axes:
    """Draw mean spend per purchase by how often customers bought, with its 95 % interval.

    Parameters
    ----------
    table
        The result of `analysis.ltv.spend_by_purchases`.
    currency
        ISO 4217 code, or None.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    places = np.arange(len(table))
    level = float(table["fitted"].iloc[0])
    label = _("The model: {mean} for all").format(mean=per_purchase(level, currency))
    ax.axhline(level, color=COLOURS["muted"], linewidth=1, linestyle="--", label=label)
    ends = (table["low"], table["high"])
    dots(ax, places, table["mean"], ends, colour="main", label=_("Mean, 95% interval"))
    ax.plot(places, table["median"], "_", color=COLOURS["accent"], markersize=16, mew=2.5, label=_("Median"))
    sized_ticks(ax, table["x"], table["customers"])
    top = float(np.nanmax(table[["mean", "median", "fitted"]].to_numpy()))
    reach = float(np.nanmax(table["high"].fillna(0)))
    ax.set_ylim(0, min(reach, 2.5 * top) * 1.08 if reach > 0 else top * 1.2)
    ax.set_xlim(-0.6, len(table) - 0.4)
    theme.money_axis(ax.yaxis, currency)
    theme.legend_above(ax, 3)
    return theme.finish(ax, title, _("Repeat purchases (customers)"), _("Money per repeat purchase"))


def spend_distribution(table: pd.DataFrame, currency: str | None, title: str, ax: Axes | None = None) -> Axes:
    """Draw how mean spend is spread over the repeat buyers, observed and fitted.

    Parameters
    ----------
    table
        The result of `analysis.ltv.spend_distribution`.
    currency
        ISO 4217 code, or None.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    width = float(table["low"].iloc[1] - table["low"].iloc[0])
    middles = table["low"].to_numpy(float) + width / 2
    ax.bar(middles, table["observed"], width=width * 0.92, color=CAME, label=_("Observed"))
    ax.plot(middles[:-1], table["fitted"].iloc[:-1], color=COLOURS["main"], linewidth=2, label=_("Fitted"))
    ax.plot(middles[-1:], table["fitted"].iloc[-1:], "o", color=COLOURS["main"], markersize=5)
    ax.annotate(
        _("above {end}").format(end=brief(float(table["low"].iloc[-1]), currency)),
        (middles[-1], float(table[["observed", "fitted"]].iloc[-1].max())),
        (0, 5),
        textcoords="offset points",
        ha="right",
        color=COLOURS["muted"],
        fontsize=9,
    )
    ax.set_xlim(0, float(table["low"].iloc[-1]) + width)
    theme.money_axis(ax.xaxis, currency)
    theme.count_axis(ax.yaxis)
    theme.legend_above(ax, 2)
    return theme.finish(ax, title, _("Mean money per repeat purchase"), _("Repeat buyers"))
