"""Charts of segments and classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.container import BarContainer
from matplotlib.patches import Rectangle

from analysis.language import _, number, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.segmentation import CLASSES, Abc, Agreement, Rfm
from analysis.segmentation.segment_rules import AWAY, KEEN, KEYS


@plot.register
def segments(result: Rfm, ax: Axes | None = None) -> Axes:
    """Draw for each segment its share of customers beside its share of net sales."""
    sizes = result.sizes()
    ax = ax or theme.axes(height=4.8)
    names = {"share_of_customers": _("Share of customers"), "share_of_sales": _("Share of net sales")}
    tidy = sizes.melt("segment", list(names), "measure", "share").replace({"measure": names})
    drawn = tidy.assign(share=tidy["share"].fillna(0))
    palette = [theme.COLOURS["muted"], theme.COLOURS["main"]]
    sns.barplot(
        drawn,
        x="share",
        y="segment",
        hue="measure",
        palette=palette,
        saturation=1,
        width=0.75,
        errorbar=None,
        legend=False,
        ax=ax,
    )
    bars = [container for container in ax.containers if isinstance(container, BarContainer)]
    for container, name, colour in zip(bars, names.values(), palette, strict=True):
        shares = tidy.loc[tidy["measure"] == name, "share"]
        labels = [percent(share, 1) if pd.notna(share) else "" for share in shares]
        labels[0] = f"{labels[0]}  {name}"
        ax.bar_label(container, labels, padding=3, fontsize=8.5, color=colour)
    theme.percent_axis(ax.xaxis)
    ax.grid(visible=False)
    ax.set_xlim(right=float(drawn["share"].max()) * 1.35)
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
    counts = table.map(number)
    sns.heatmap(
        table.where(table > 0),
        ax=ax,
        cmap=theme.SEQUENTIAL,
        norm=LogNorm(1, max(2, int(table.to_numpy().max()))),
        annot=counts,
        fmt="",
        annot_kws={"fontsize": 9},
        linewidths=1,
        cbar=False,
    )
    for name, segments_, colour in (("A", AWAY, "bad"), ("C", KEEN, "accent")):
        for key in segments_:
            corner = (CLASSES.index(name) + 0.04, KEYS.index(key) + 0.04)
            frame = Rectangle(corner, 0.92, 0.92, fill=False, edgecolor=theme.COLOURS[colour], linewidth=2)
            ax.add_patch(frame)
    theme.style(ax).grid(visible=False)
    ax.tick_params(axis="y", rotation=0)
    return theme.finish(ax, result.title(), _("Class by net sales"), "")
