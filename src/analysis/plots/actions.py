"""Charts of the action plan: what more money brings, and which assumption decides."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.actions import ActionPlan, HowSure
from analysis.language import _, compact, money
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, beside, lit, points


@plot.register
def budget(result: ActionPlan, ax: Axes | None = None) -> Axes:
    """Draw what each budget brings, where the next euro stops paying, and the plan."""
    ax, plan = ax or theme.axes(), result.contacts
    curve = result.curve.iloc[points(len(result.curve))]
    ax.plot([0, *curve["budget"]], [0, *curve["gain"]], color=COLOURS["model"], linewidth=2.2)
    last = curve["budget"].iloc[-1], curve["gain"].iloc[-1]
    at = float(plan["cost"].sum()), float(plan["expected_gain"].sum())
    if last[0] - at[0] > last[0] / 100:
        ax.plot(*last, "o", color=COLOURS["muted"], markersize=6)
        text = _("from {cost} on no contact pays").format(cost=money(last[0], result.currency))
        beside(ax, text, last, (-6, 8), colour="muted")
    ax.plot(*at, "o", color=COLOURS["highlight"], markersize=8, zorder=3)
    beside(ax, _("the plan"), at, (-4, -9), colour="highlight", size=9.5)
    ax.set_ylim(0, max(1.15 * last[1], 1.0))
    ax.set_xlim(0, 1.05 * max(last[0], at[0], 1.0))
    theme.money_axis(ax.xaxis, result.currency)
    theme.money_axis(ax.yaxis, result.currency)
    said = theme.in_money(
        _("Expected gain after cost by what is spent, the best contacts first"), result.currency
    )
    return theme.finish(ax, result.title(), said, _("Spent on contacts"), period=theme.today())


@plot.register
def tornado(result: HowSure, ax: Axes | None = None) -> Axes:
    """Draw what each assumption alone makes of the plan, the most decisive on top."""
    frame = result.tornado
    ax = ax or theme.axes(height=0.9 + 0.45 * len(frame))
    places, room = np.arange(len(frame))[::-1], 0.2 * (frame["gain_high"].max() - frame["gain_low"].min())
    low, high = frame["gain_low"], frame["gain_high"]
    shades = [COLOURS[name] for name in lit(len(frame), 0, rest="interval")]
    ax.barh(places, high - low, 0.6, low, color=shades)
    ax.axvline(result.gain, color=COLOURS["model"], linewidth=2)
    for place, ends in zip(places, zip(low, high, strict=True), strict=True):
        for end, right in zip(ends, (-4, 4), strict=True):
            beside(ax, compact(end, result.currency), (end, place), (right, 0))
    ax.set_xlim(low.min() - room, high.max() + room)
    if low.min() < 0:
        ax.axvline(0, color=COLOURS["muted"], linewidth=1)
    ax.set_yticks(places, frame["assumption"].tolist(), parse_math=False)
    ax.grid(visible=False, axis="y")
    theme.money_axis(ax.xaxis, result.currency)
    said = _("Gain of the plan at both ends of each range; line: as expected")
    return theme.finish(ax, result.title(), theme.in_money(said, result.currency), period=theme.today())
