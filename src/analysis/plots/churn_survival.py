"""Charts of how long customers stay: the share still there by tenure, the rate of ends, group by group."""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib.axes import Axes

from analysis.churn.survival import BY_CHANCE, Survival, SurvivalBy
from analysis.language import _, number, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, band, beside, columns, sized_ticks

OBSERVED = 10  # customers observed that long, as far as a curve is drawn


@plot.register
def survival(result: Survival, ax: Axes | None = None) -> Axes:
    """Draw the share still there by tenure, and beside it the rate of ends; on ``ax``, the first alone."""
    drawn = [ax] if ax else theme.grid(1, 2, height=3.4)
    _curve(drawn[0], result.curve)
    half = result.curve.loc[result.curve["share"] <= 0.5 + 1e-12, "months"].head(1)
    drawn[0].axhline(0.5, color=COLOURS["muted"], linewidth=0.8)
    drawn[0].plot(half, [0.5] * len(half), "o", color=COLOURS["highlight"], markersize=8, zorder=3)
    for months in half:
        text = _("{months} months").format(months=number(months, 1))
        beside(drawn[0], text, (months, 0.5), (7, 7), colour="highlight", size=10)
    drawn[0].set_xlabel(_("Months since the start"))
    said = _("Left: share still there, with its 95% interval; right: share that ends in a month")
    if result.lives.window:
        said = _(
            "Left: share never silent for {days} days, with its 95% interval; right: share of these that "
            "fall silent in a month"
        ).format(days=number(result.lives.window))
    if not ax:
        rows = result.shown["survival"].dropna(subset="hazard")
        columns(drawn[1], rows["hazard"], labels=[percent(rate, 1) for rate in rows["hazard"]])
        sized_ticks(drawn[1], rows["tenure"], rows["at_risk"])
        theme.percent_axis(drawn[1].yaxis)
        drawn[1].set_xlabel(_("Months since the start (there at the beginning)"))
    theme.head(drawn[0], result.title(), said)
    return drawn[0]


@plot.register
def survival_by(result: SurvivalBy, ax: Axes | None = None) -> Axes:
    """Draw the share still there of each group among the others', in a chart each; on ``ax``, the first.

    Groups that differ beyond chance, which the title names, are highlighted.
    """
    table = result.shown[result.name]
    rows = -(-len(table) // 3)
    drawn = [ax] if ax else theme.grid(rows, min(len(table), 3), height=0.1 + 2.1 * rows)
    said = table[["group", "customers", "p_value"]].itertuples(index=False)
    for place, (name, size, chance) in zip(drawn, said, strict=False):
        for other in result.curves.values():
            seen = _seen(other)
            place.step(seen["months"], seen["share"], where="post", color=COLOURS["before"], linewidth=1)
        _curve(place, result.curves[name], "highlight" if chance < BY_CHANCE else "model")
        label = textwrap.shorten(name, 24, placeholder="…") + f" ({number(size)})"
        place.set_title(label, loc="left", fontsize=10, parse_math=False)
        place.set_xlabel(_("Months since the start"))
    for place in drawn[len(table) :]:
        place.set_visible(False)
    theme.head(
        drawn[0],
        result.title(),
        _("Share still there by group (size), with its 95% interval; grey: the others"),
    )
    return drawn[0]


def _seen(curve: pd.DataFrame) -> pd.DataFrame:
    """Return a curve from 1 at the start on, as long as some are observed."""
    first = pd.DataFrame({"months": [0.0], "share": [1.0], "low": [1.0], "high": [1.0]})
    return pd.concat([first, curve.loc[curve["at_risk"] >= OBSERVED, first.columns]], ignore_index=True)


def _curve(ax: Axes, curve: pd.DataFrame, colour: str = "model") -> None:
    """Draw a curve with its 95 % band."""
    seen = _seen(curve)
    band(ax, seen["months"], seen["low"], seen["high"], step="post")
    ax.step(seen["months"], seen["share"], where="post", color=COLOURS[colour], linewidth=2.2)
    ax.set_xlim(left=0)
    ax.set_ylim(0, 1.02)
    theme.percent_axis(ax.yaxis)
    theme.count_axis(ax.xaxis)
