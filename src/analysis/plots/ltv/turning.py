"""The chart of turned parameters: one customer above, all of them below."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, brief
from analysis.ltv.turning import WhatIf
from analysis.plots import theme
from analysis.plots.ltv.alive import alive_axes
from analysis.plots.marks import name_ends

COLOURS = theme.COLOURS


def turned(found: WhatIf, title: str) -> Axes:
    """Draw P(alive) of one customer, and how pace and leaving are spread over all, fitted and turned.

    Parameters
    ----------
    found
        The result of `analysis.ltv.what_if`.
    title
        The chart's claim.

    Returns
    -------
    matplotlib.axes.Axes
        The upper one of three, of a new figure.
    """
    above, pace, leaving = theme.one_above_two()
    _history(above, found.history)
    _shares(pace, found.pace)
    pace.set_xlabel(_("Purchases per year while a customer"))
    pace.set_ylabel(_("Share of customers"))
    end = float(found.pace["high"].iloc[-1])
    theme.count_axis(pace.xaxis, whole=False)
    pace.set_xlim(0, end)
    pace.annotate(
        _("last bar: {low} and more").format(low=brief(found.pace["low"].iloc[-1])),
        (1, 1.02),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        color=COLOURS["muted"],
        fontsize=8.5,
    )
    _shares(leaving, found.leaving)
    theme.percent_axis(leaving.xaxis)
    leaving.set_xlim(0, 1)
    pareto = found.turned.fitted.kind == "pareto_nbd"
    leaving.set_xlabel(
        _("Probability of leaving within a year") if pareto else _("Probability of leaving after a purchase")
    )
    theme.title(above, title)
    return above


def _history(ax: Axes, history: pd.DataFrame) -> None:
    """Draw P(alive) day by day, fitted and turned, with the purchases above."""
    names = {"fitted": (_("fitted"), "main"), "turned": (_("turned"), "highlight")}
    last = history.iloc[-1]
    for name, (_label, colour) in names.items():
        ax.plot(history["date"], history[name], color=COLOURS[colour], linewidth=2)
    ends = [(label, float(last[name]), colour) for name, (label, colour) in names.items()]
    name_ends(ax, last["date"], ends, 0.08, (0.04, 1))
    alive_axes(ax, history)
    span = last["date"] - history["date"].iloc[0]
    ax.set_xlim(history["date"].iloc[0] - 0.02 * span, last["date"] + 0.12 * span)


def _shares(ax: Axes, table: pd.DataFrame) -> None:
    """Draw a distribution over the customers: as fitted filled, as turned in outline."""
    edges = np.append(table["low"], table["high"].iloc[-1])
    ax.stairs(table["fitted"], edges, fill=True, color=COLOURS["main"], alpha=0.35)
    ax.stairs(table["turned"], edges, color=COLOURS["highlight"], linewidth=1.8)
    ax.set_ylim(0, float(table[["fitted", "turned"]].to_numpy().max()) * 1.12)
    theme.percent_axis(ax.yaxis)
