"""Charts of how long customers stay: the share still there by tenure, the rate of ends, group by group."""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib.axes import Axes

from analysis.churn.survival import Survival, SurvivalBy
from analysis.language import _, number
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import columns, sized_ticks

OBSERVED = 10  # customers observed that long, as far as a curve is drawn
MAIN = theme.COLOURS["main"]


@plot.register
def survival(result: Survival, ax: Axes | None = None) -> Axes:
    """Draw the share still there by tenure, and beside it the rate of ends; on ``ax``, the first alone."""
    drawn = [ax] if ax else theme.grid(1, 2, width=9.6, height=4.2)
    drawn[0].axhline(0.5, color=theme.COLOURS["muted"], linewidth=0.8)
    _curve(drawn[0], result.curve)
    y = _("Share still there")
    if result.lives.window:
        y = _("Never silent for {days} days").format(days=number(result.lives.window))
    x = _("Months since the start")
    theme.finish(drawn[0], result.title() if ax else "", f"{x}\n" + _("(band: 95% interval)"), y)
    if not ax:
        rows = result.shown["survival"].dropna(subset="hazard")
        columns(drawn[1], rows["hazard"])
        sized_ticks(drawn[1], rows["tenure"], rows["at_risk"])
        theme.percent_axis(drawn[1].yaxis)
        theme.finish(drawn[1], "", f"{x}\n" + _("(there at the beginning)"), _("End per month"))
        theme.title_above(drawn[0], result.title())
    return drawn[0]


@plot.register
def survival_by(result: SurvivalBy, ax: Axes | None = None) -> Axes:
    """Draw the share still there of each group among the others', in a chart each; on ``ax``, the first."""
    table = result.shown[result.name]
    rows = -(-len(table) // 3)
    drawn = [ax] if ax else theme.grid(rows, min(len(table), 3), width=9.2, height=1.2 + 2.3 * rows)
    for place, name, size in zip(drawn, table["group"], table["customers"], strict=False):
        for grey in result.curves.values():
            seen = _seen(grey)
            place.step(seen["months"], seen["share"], where="post", color="#C9CDD2", linewidth=1)
        _curve(place, result.curves[name])
        label = textwrap.shorten(name, 26, placeholder="…") + f" ({number(size)})"
        place.set_title(label, loc="left", fontsize=9.5, parse_math=False)
        place.set_xlabel(_("Months since the start"))
    for place in drawn[len(table) :]:
        place.set_visible(False)
    if not ax:
        theme.title_above(drawn[0], result.title())
    return drawn[0]


def _seen(curve: pd.DataFrame) -> pd.DataFrame:
    """Return a curve from 1 at the start on, as long as some are observed."""
    first = pd.DataFrame({"months": [0.0], "share": [1.0], "low": [1.0], "high": [1.0]})
    return pd.concat([first, curve.loc[curve["at_risk"] >= OBSERVED, first.columns]], ignore_index=True)


def _curve(ax: Axes, curve: pd.DataFrame) -> None:
    """Draw a curve with its 95 % band."""
    seen = _seen(curve)
    ax.fill_between(
        seen["months"], seen["low"], seen["high"], step="post", color=MAIN, alpha=0.18, linewidth=0
    )
    ax.step(seen["months"], seen["share"], where="post", color=MAIN, linewidth=2)
    ax.set_xlim(left=0)
    ax.set_ylim(0, 1.02)
    theme.percent_axis(ax.yaxis)
    theme.count_axis(ax.xaxis)
