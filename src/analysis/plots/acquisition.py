"""The charts of ``06_acquisition``."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis.acquisition import ConversionCurve, Funnel, Payback
from analysis.language import _, number, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import beside, name_ends

COLOURS = theme.COLOURS
_SHADES = ("main", "accent", "muted")


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


@plot.register
def funnel(result: Funnel, ax: Axes | None = None) -> Axes:
    """Draw how many leads reached each stage, and what became of them there."""
    ax, steps = ax or theme.axes(height=3.4), result.steps
    parts = steps.assign(went_on=steps["went_on"].fillna(steps["reached"]))
    parts = parts[["went_on", "in_stage", "dropped"]].fillna(0)
    parts.columns = pd.Index([_("went on"), _("in it now"), _("dropped out")])
    parts.plot.barh(stacked=True, ax=ax, width=0.7, color=[COLOURS[name] for name in _SHADES])
    for place, (n, share) in enumerate(zip(steps["reached"], steps["conversion"], strict=True)):
        said = _("{n}: {share} went on") if share >= 0 else "{n}"
        beside(ax, said.format(n=number(n), share=percent(share, 1)), (n, place), (5, 0))
    ax.set_yticks(range(len(steps)), steps["stage"], parse_math=False)
    ax.invert_yaxis()
    ax.grid(visible=False)
    ax.set_xlim(0, max(steps["reached"].max(), 1) * 1.3)
    theme.count_axis(ax.xaxis)
    theme.legend_above(ax, 3)
    return theme.finish(ax, result.title(), _("Leads that reached the stage; the share is of those decided"))


@plot.register
def conversion_curve(result: ConversionCurve, ax: Axes | None = None) -> Axes:
    """Draw the share of leads that are customers, with its interval, and that given up, by days."""
    curve, ax = result.curve, ax or theme.axes()
    days, last = curve.index.to_numpy(float), curve.iloc[-1]
    for name, colour in (("won", "main"), ("lost", "muted")):
        ax.plot(days, curve[name], color=COLOURS[colour], linewidth=2, drawstyle="steps-post")
    ax.fill_between(days, curve["low"], curve["high"], color=COLOURS["main"], alpha=0.2, step="post")
    ends = [(_("customers"), float(last["won"]), "main"), (_("given up"), float(last["lost"]), "muted")]
    name_ends(ax, days[-1], ends, 0.06)
    ax.set_xlim(0, max(days[-1], 1) * 1.2)
    ax.set_ylim(0, 1)
    theme.percent_axis(ax.yaxis)
    theme.count_axis(ax.xaxis)
    return theme.finish(ax, result.title(), _("Days since the lead came in"), _("Share of all leads by then"))
