"""Charts of segments and classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle

from analysis.language import _, number, percent
from analysis.plots import segmentation_check, theme  # noqa: F401 its charts are this topic's too
from analysis.plots.drawing import plot
from analysis.segmentation import CLASSES, Abc, Agreement, Rfm
from analysis.segmentation.segment_rules import AWAY, KEEN, KEYS

_DARK = 0.48
"""Place on the scale of colours above which a cell is too dark for black letters."""


@plot.register
def segments(result: Rfm, ax: Axes | None = None) -> Axes:
    """Draw for each segment its share of customers beside its share of net sales."""
    sizes = result.sizes()
    ax = ax or theme.axes(height=4.8)
    shares = (
        ("share_of_customers", _("Share of customers"), "muted", -0.1875),
        ("share_of_sales", _("Share of net sales"), "main", 0.1875),
    )
    for column, name, colour, shift in shares:
        bars = ax.barh(sizes.index + shift, sizes[column].fillna(0), 0.375, color=theme.COLOURS[colour])
        labels = [percent(share, 1) if pd.notna(share) else "" for share in sizes[column]]
        labels[0] = f"{labels[0]}  {name}"
        ax.bar_label(bars, labels, padding=3, fontsize=8.5, color=theme.COLOURS[colour])
    ax.set_yticks(sizes.index, sizes["segment"])
    ax.set_ylim(len(sizes) - 0.5, -0.5)
    theme.percent_axis(ax.xaxis)
    ax.grid(visible=False)
    ax.set_xlim(0, 1.35 * np.nanmax(sizes[["share_of_customers", "share_of_sales"]]))
    return theme.finish(ax, result.title())


@plot.register
def abc_curve(result: Abc, ax: Axes | None = None) -> Axes:
    """Draw the cumulative share of net sales from the largest customer down, with the three classes."""
    ax = ax or theme.axes(height=4.4)
    count = len(result.customers)
    cumulative = np.concatenate([[0.0], result.customers["cumulative_share"]])
    ax.plot(np.arange(count + 1) / count, cumulative, color=theme.COLOURS["main"], linewidth=2.2)
    edge = 0.0
    shares = result.sizes()["share_of_customers"].tolist()
    for name, share, colour in zip(CLASSES, shares, ("main", "accent", "muted"), strict=True):
        ax.axvspan(edge, edge + share, color=theme.COLOURS[colour], alpha=0.13, linewidth=0)
        if share:
            foot = 0.04 + 0.11 * (len(CLASSES) - 1 - CLASSES.index(name))
            text = f"{name}\n{percent(share, 1)}"
            middle = (edge + share / 2, foot)
            ax.annotate(text, middle, xycoords=("data", "axes fraction"), ha="center", fontsize=9.5)
        edge += share
    for boundary in result.boundaries:
        ax.axhline(boundary, color=theme.COLOURS["muted"], linewidth=0.8, linestyle="--")
    theme.percent_axis(ax.xaxis)
    theme.percent_axis(ax.yaxis)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, max(1.04, float(cumulative.max()) * 1.04))
    return theme.finish(
        ax, result.title(), _("Share of customers, largest first"), _("Share of net sales so far")
    )


@plot.register
def agreement(result: Agreement, ax: Axes | None = None) -> Axes:
    """Draw the customers of each segment and class; the cells where the two disagree are framed."""
    ax = ax or theme.axes(width=6.6, height=4.9)
    table = result.table()
    norm = LogNorm(1, max(2, int(table.to_numpy().max())))
    ax.pcolormesh(
        table.where(table > 0).to_numpy(float),
        cmap=theme.SEQUENTIAL,
        norm=norm,
        edgecolors="white",
        linewidth=1,
    )
    rows, columns = table.shape
    ax.set(xlim=(0, columns), ylim=(rows, 0))
    ax.set_xticks(np.arange(columns) + 0.5, list(table.columns))
    ax.set_yticks(np.arange(rows) + 0.5, list(table.index))
    for (row, column), n in np.ndenumerate(table.to_numpy()):
        if n:
            ink = "white" if norm(n) > _DARK else "0.15"
            ax.text(column + 0.5, row + 0.5, number(n), color=ink, fontsize=9, ha="center", va="center")
    for name, segments_, colour in (("A", AWAY, "bad"), ("C", KEEN, "accent")):
        for key in segments_:
            corner = (CLASSES.index(name) + 0.04, KEYS.index(key) + 0.04)
            frame = Rectangle(corner, 0.92, 0.92, fill=False, edgecolor=theme.COLOURS[colour], linewidth=2)
            ax.add_patch(frame)
    theme.style(ax).grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(axis="y", rotation=0)
    return theme.finish(ax, result.title(), _("Class by net sales"), "")
