"""Charts of how long customers stay: the share still there by tenure, the rate of ends, group by group."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.churn import Survival, SurvivalBy
from analysis.churn.survival import bands
from analysis.language import _, number
from analysis.plots import theme
from analysis.plots.drawing import plot

OBSERVED = 10  # customers observed that long, as far as a curve is drawn


@plot.register
def survival(result: Survival, ax: Axes | None = None) -> Axes:
    """Draw the share still there by tenure, and beside it the rate of ends; on ``ax``, the first alone."""
    drawn = [ax] if ax else theme.grid(1, 2, width=9.6, height=4.2)
    last = _curve(drawn[0], result.curve)
    middle, low, high = result.median
    if middle > 0:
        drawn[0].hlines(
            0.5, low, np.nanmin([high, last]), color=theme.COLOURS["accent"], linewidth=4, alpha=0.5
        )
        drawn[0].plot([middle], [0.5], "o", color=theme.COLOURS["accent"], markersize=7)
    x = (
        _("Months since the start")
        if result.lives.event == "contract"
        else _("Months since the first purchase")
    )
    y = (
        _("Share still there")
        if result.lives.event == "contract"
        else _("Never silent for {days} days").format(days=number(result.lives.window or 0))
    )
    theme.finish(drawn[0], result.title() if ax else "", f"{x}\n" + _("band and bar: 95% intervals"), y)
    if not ax:
        rows = bands(result.lives.frame, result.curve).dropna(subset="hazard").reset_index(drop=True)
        drawn[1].vlines(
            rows.index, rows["hazard_low"], rows["hazard_high"], theme.COLOURS["main"], linewidth=4, alpha=0.4
        )
        drawn[1].plot(rows.index, rows["hazard"], "o", color=theme.COLOURS["main"], markersize=7)
        names = [f"{row.tenure}\n({number(float(str(row.at_risk)))})" for row in rows.itertuples()]
        drawn[1].set_xticks(rows.index, names, fontsize=8)
        drawn[1].set_xlim(-0.6, len(rows) - 0.4)
        drawn[1].set_ylim(0, min(float(rows["hazard_high"].max()), 3 * float(rows["hazard"].max())) * 1.08)
        theme.percent_axis(drawn[1].yaxis)
        theme.finish(
            drawn[1], "", f"{x}\n" + _("(there at the beginning)"), _("End per month, of those still there")
        )
        theme.title_above(drawn[0], result.title())
    return drawn[0]


@plot.register
def survival_by(result: SurvivalBy, ax: Axes | None = None) -> Axes:
    """Draw the share still there of each group among the others', in a chart each; on ``ax``, the first."""
    curves, sizes = (
        list(result.curves.items()),
        dict(zip(result.frame["group"], result.frame["customers"], strict=True)),
    )
    columns = 2 if len(curves) in {2, 4} else 3
    rows = -(-len(curves) // columns)
    drawn = [ax] if ax else theme.grid(rows, columns, width=9.2, height=1.2 + 2.3 * rows)
    last = max(_seen(curve)["months"].iloc[-1] for _name, curve in curves)
    for place, (name, curve) in zip(drawn, curves, strict=False):
        for _other, grey in curves:
            seen = _seen(grey)
            place.step(seen["months"], seen["share"], where="post", color="#C9CDD2", linewidth=1)
        _curve(place, curve)
        place.set_xlim(0, last)
        label = textwrap.shorten(name, 26, placeholder="…") + f" ({number(sizes[name])})"
        place.set_title(label, loc="left", fontsize=9.5, parse_math=False)
    for place in drawn[len(curves) :]:
        place.set_visible(False)
    for place in drawn[max(len(curves) - columns, 0) : len(curves)]:
        place.set_xlabel(_("Months since the start"))
    if not ax:
        theme.title_above(drawn[0], result.title())
    return drawn[0]


def _seen(curve: pd.DataFrame) -> pd.DataFrame:
    """Return a curve from 1 at the start on, as long as some are observed."""
    first = pd.DataFrame({"months": [0.0], "share": [1.0], "low": [1.0], "high": [1.0]})
    most = min(OBSERVED, int(curve["at_risk"].iloc[0]))
    return pd.concat([first, curve.loc[curve["at_risk"] >= most, first.columns]], ignore_index=True)


def _curve(ax: Axes, curve: pd.DataFrame) -> float:
    """Draw a curve with its band; return how far it goes."""
    seen, last = _seen(curve), float(_seen(curve)["months"].iloc[-1])
    ax.fill_between(
        seen["months"],
        seen["low"],
        seen["high"],
        step="post",
        color=theme.COLOURS["main"],
        alpha=0.18,
        linewidth=0,
    )
    ax.step(seen["months"], seen["share"], where="post", color=theme.COLOURS["main"], linewidth=2)
    ax.set_xlim(0, max(last, 1))
    ax.set_ylim(0, 1.02)
    theme.percent_axis(ax.yaxis)
    theme.count_axis(ax.xaxis)
    return last
