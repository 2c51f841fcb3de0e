"""The charts of ``06_acquisition``."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.acquisition.funnel import Funnel
from analysis.acquisition.lead_scores import ConversionCurve
from analysis.acquisition.worth import GOOD_RATIO, LtvToCac, Payback
from analysis.language import _, number, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, band, beside, lines, lit, name_ends

_RATIOS = np.outer(10.0 ** np.arange(-3, 5), [1, 2, 5]).ravel()


@plot.register
def ltv_to_cac(result: LtvToCac, ax: Axes | None = None) -> Axes:
    """Draw the ratio of each channel, the best on top; those clearly below the usual stand out."""
    frame = result.frame[result.frame["ratio"] > 0].reset_index(drop=True)
    ax = ax or theme.axes(height=1.0 + 0.5 * len(frame))
    poor = np.flatnonzero(frame["channel"].isin(result.poor))
    label = _("{channel}\n{share} of the money, {n} customers")
    rows = frame[["channel", "share_spent", "customers"]].itertuples(index=False)
    labels = [label.format(channel=name, share=percent(share), n=number(n)) for name, share, n in rows]
    names = ("ratio", "ratio_low", "ratio_high")
    lines(ax, frame, names, labels, lit(len(frame), *poor, rest="model"))
    for place, value in zip(range(len(frame))[::-1], frame["ratio"], strict=True):
        beside(ax, number(value, 1), (value, place), (0, 7))
    ax.set_ylim(-0.6, len(frame) - 0.1)
    usual = _("usual: {ratio}").format(ratio=number(GOOD_RATIO))
    for at, words in ((1.0, _("cost covered")), (GOOD_RATIO, usual)):
        ax.axvline(at, color=COLOURS["muted"], linewidth=1, linestyle="--")
        beside(ax, words, (at, len(frame) - 0.2), (4, 0), colour="muted")
    ax.set_xscale("log")
    theme.count_axis(ax.xaxis, whole=False)
    low, high = ax.get_xlim()
    ticks = [tick for tick in _RATIOS if low <= tick <= high]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(ticks, [number(tick, 0 if tick >= 1 else 1) for tick in ticks])
    said = _("What customers bring for each unit of money spent to win them (LTV to CAC), with 95% intervals")
    return theme.finish(ax, result.title(), said)


@plot.register
def payback(result: Payback, ax: Axes | None = None) -> Axes:
    """Draw how the margin of new customers grew against what one cost to win."""
    cost, ax = result.cost.each, ax or theme.axes()
    months, margin = result.curve["months"].to_numpy(float), result.curve["margin"].to_numpy(float)
    ax.plot([0, months[-1]], [cost, cost], color=COLOURS["muted"], linewidth=1.4, linestyle="--")
    ax.plot(months, margin, color=COLOURS["actual"], linewidth=2.4)
    ax.fill_between(months, margin, cost, where=margin >= cost, color=COLOURS["good"], alpha=0.15)
    ax.fill_between(months, margin, cost, where=margin <= cost, color=COLOURS["bad"], alpha=0.15)
    if result.months is not None and margin[0] < cost:
        ax.plot(result.months, cost, "o", color=COLOURS["highlight"], markersize=8, zorder=3)
        text = _("{months} months").format(months=number(result.months, 1))
        beside(ax, text, (result.months, cost), (6, -8), colour="highlight", size=10)
    low, high = min(0.0, float(margin.min())), max(float(margin.max()), cost) * 1.12
    ends = [(_("cost to acquire"), cost, "muted"), (_("margin, added up"), float(margin[-1]), "muted")]
    name_ends(ax, months[-1], ends, 0.055 * (high - low), (low + 0.05 * (high - low), high))
    ax.set_xlim(0, months[-1])
    ax.set_ylim(low, high)
    theme.money_axis(ax.yaxis, result.cost.currency)
    theme.count_axis(ax.xaxis)
    said = theme.in_money(_("Margin of new customers, added up, per customer"), result.cost.currency)
    return theme.finish(ax, result.title(), said, _("Months since the first purchase"))


@plot.register
def funnel(result: Funnel, ax: Axes | None = None) -> Axes:
    """Draw how many leads reached each stage, and what became of them there; the won ones named."""
    ax, steps = ax or theme.axes(height=2.8), result.shown["funnel"]
    parts = steps.assign(went_on=steps["went_on"].fillna(steps["reached"]))
    parts = parts[["went_on", "in_stage", "dropped"]].fillna(0)
    parts = parts.set_axis([_("went on"), _("in it now"), _("dropped out")], axis="columns")
    left, rows = np.zeros(len(parts)), range(len(parts))
    for name, shade in zip(parts, (COLOURS["actual"], theme.ALTERNATIVES[0], COLOURS["before"]), strict=True):
        ax.barh(rows, parts[name], 0.7, left, color=shade, label=name)
        left += parts[name]
    theme.legend_above(ax, 3)
    ax.patches[len(parts) - 1].set_color(COLOURS["highlight"])
    for place, (n, share) in enumerate(zip(steps["reached"], steps["conversion"], strict=True)):
        said = _("{n}: {share} went on") if share >= 0 else "{n}"
        beside(ax, said.format(n=number(n), share=percent(share, 1)), (n, place), (5, 0))
    ax.set_yticks(range(len(steps)), steps["stage"], parse_math=False)
    ax.invert_yaxis()
    ax.grid(visible=False)
    ax.set_xlim(0, max(steps["reached"].max(), 1) * 1.3)
    theme.count_axis(ax.xaxis)
    return theme.finish(ax, result.title(), _("Leads that reached the stage; the share is of those decided"))


@plot.register
def conversion_curve(result: ConversionCurve, ax: Axes | None = None) -> Axes:
    """Draw the share of leads that are customers, with its interval, and that given up, by days."""
    curve, ax = result.curve, ax or theme.axes(height=3.6)
    days, last = curve.index.to_numpy(float), curve.iloc[-1]
    band(ax, days, curve["low"], curve["high"], step="post")
    for name, colour in (("lost", "actual"), ("won", "highlight")):
        ax.plot(days, curve[name], color=COLOURS[colour], linewidth=2.2, drawstyle="steps-post")
    label = _("{what}: {share}")
    ends = [
        (label.format(what=what, share=percent(last[name])), float(last[name]), colour)
        for what, name, colour in ((_("customers"), "won", "highlight"), (_("given up"), "lost", "muted"))
    ]
    name_ends(ax, days[-1], ends, 0.06)
    ax.set_xlim(0, max(days[-1], 1))
    ax.set_ylim(0, 1)
    theme.percent_axis(ax.yaxis)
    theme.count_axis(ax.xaxis)
    said = _("Share of all leads that were customers, or given up, by then; band: 95% interval")
    return theme.finish(ax, result.title(), said, _("Days since the lead came in"))
