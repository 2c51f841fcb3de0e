"""The charts of ``06_acquisition``."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.acquisition.funnel import Funnel
from analysis.acquisition.lead_scores import ConversionCurve
from analysis.acquisition.worth import LtvToCac, Payback
from analysis.language import _, number, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import beside, name_ends

COLOURS = theme.COLOURS
_SHADES = ("main", "accent", "muted")


@plot.register
def ltv_to_cac(result: LtvToCac, ax: Axes | None = None) -> Axes:
    """Draw the ratio of each channel on a log scale, the best on top."""
    frame = result.frame[result.frame["ratio"] > 0][::-1]
    ax, places = ax or theme.axes(height=1.7 + 0.5 * len(frame)), np.arange(len(frame))
    shades = [COLOURS["highlight" if high < result.ratio else "main"] for high in frame["ratio_high"]]
    ax.hlines(places, frame["ratio_low"], frame["ratio_high"], color=shades, linewidth=4, alpha=0.4)
    ax.scatter(frame["ratio"], places, color=shades, s=60, zorder=3)
    for place, value in zip(places, frame["ratio"], strict=True):
        beside(ax, number(value, 1), (value, place), (0, 7))
    for at, shade in ((1.0, "bad"), (result.ratio, "muted")):
        ax.axvline(at, color=COLOURS[shade], linewidth=1, linestyle="--")
    label = _("{channel}\n{share} of the money, {n} customers")
    rows = frame[["channel", "share_spent", "customers"]].itertuples(index=False)
    labels = [label.format(channel=name, share=percent(share), n=number(n)) for name, share, n in rows]
    ax.set_yticks(places, labels, parse_math=False)
    ax.set_xscale("log")
    theme.count_axis(ax.xaxis, whole=False)
    below = _(
        "LTV : CAC with 95% intervals, log scale; dashed: 1 and all channels\npurple: clearly below all"
    )
    return theme.finish(ax, result.title().rstrip("."), below, beside=2.8)


@plot.register
def payback(result: Payback, ax: Axes | None = None) -> Axes:
    """Draw how the margin of new customers grew against what one cost to win."""
    cost, ax = result.cost.each, ax or theme.axes()
    months, margin = result.curve["months"].to_numpy(float), result.curve["margin"].to_numpy(float)
    ax.plot([0, months[-1]], [cost, cost], color=COLOURS["bad"], linewidth=1.4, linestyle="--")
    ax.plot(months, margin, color=COLOURS["main"], linewidth=2.2)
    ax.fill_between(months, margin, cost, where=margin >= cost, color=COLOURS["good"], alpha=0.15)
    ax.fill_between(months, margin, cost, where=margin <= cost, color=COLOURS["bad"], alpha=0.1)
    low, high = min(0.0, float(margin.min())), max(float(margin.max()), cost) * 1.12
    ends = [(_("cost to acquire"), cost, "bad"), (_("margin, added up"), float(margin[-1]), "main")]
    name_ends(ax, months[-1], ends, 0.055 * (high - low), (low + 0.05 * (high - low), high))
    ax.set_xlim(0, months[-1] * 1.2)
    ax.set_ylim(low, high)
    theme.money_axis(ax.yaxis, result.cost.currency)
    theme.count_axis(ax.xaxis)
    claim = result.title().rstrip(".")
    return theme.finish(ax, claim, _("Months since the first purchase"), _("Money per customer"))


@plot.register
def funnel(result: Funnel, ax: Axes | None = None) -> Axes:
    """Draw how many leads reached each stage, and what became of them there."""
    ax, steps = ax or theme.axes(height=3.4), result.shown["funnel"]
    parts = steps.assign(went_on=steps["went_on"].fillna(steps["reached"]))
    parts = parts[["went_on", "in_stage", "dropped"]].fillna(0)
    parts = parts.set_axis([_("went on"), _("in it now"), _("dropped out")], axis="columns")
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
