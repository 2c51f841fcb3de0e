"""Charts of what classes hold: clusters, migration, what followed, what sets customers apart."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis.display_names import words
from analysis.language import _, number, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, frame, lines, lit
from analysis.segmentation import Apart, Clusters, Migration, Prediction
from analysis.segmentation.clusters import FEATURES
from analysis.segmentation.prediction import method_name

_SHOWN = 14
_SEEN = 0.005


@plot.register
def clusters(result: Clusters, ax: Axes | None = None) -> Axes:
    """Draw what sets each cluster apart."""
    profile = result.profile()
    labels = words("clusters", profile)["labels"]
    columns = [textwrap.fill(labels[name].split(",")[0], 16) for name in FEATURES]
    table = result.centres.set_axis(columns, axis=1)
    sizes = zip(profile.index, profile["share_of_customers"], strict=True)
    table.index = pd.Index([textwrap.fill(f"{name} ({percent(share)})", 30) for name, share in sizes])
    ax, high = ax or theme.axes(height=0.7 + 0.5 * len(table)), float(np.abs(table.to_numpy()).max())
    _heat(ax, table, lambda value: number(value, 1), cmap="PuOr_r", vmin=-high, vmax=high)
    said = _("Centre of each cluster (share of customers), in interquartile ranges from the median")
    return theme.finish(ax, result.title(), said)


@plot.register
def prediction(result: Prediction, ax: Axes | None = None) -> Axes:
    """Draw the lift of each way to class customers."""
    methods = result.methods
    rows = [textwrap.fill(method_name(name), 24) for name in methods.index]
    ax = ax or theme.axes(height=2.6)
    _lifts(ax, methods, rows, lit(len(methods), 0, rest="model"))
    said = _("Lift of the top decile, with its 95% interval (1: no better than chance)")
    return theme.finish(ax, result.title(), said, period=theme.ahead(result.months, "month", result.cut_off))


@plot.register
def migration(result: Migration, ax: Axes | None = None) -> Axes:
    """Draw the share of each earlier segment that is now in each."""
    sizes = result.matrix().sum(axis=1)
    rows = {key: f"{name} ({number(sizes[key])})" for key, name in result.names.items()}
    shares = result.shares()[sizes > 0].rename(index=rows)
    shares = shares.set_axis([textwrap.fill(name, 12) for name in list(result.names.values())[:-1]], axis=1)
    ax = ax or theme.axes(height=1.2 + 0.34 * len(shares))
    _heat(ax, shares, lambda share: percent(share) if share >= _SEEN else "", cmap=theme.SEQUENTIAL, vmin=0)
    ax.tick_params(axis="x", rotation=90)
    place = list(result.names).index(str(sizes.gt(0).idxmax()))
    frame(ax, 0, place)
    said = _("Share of each segment of then (customers) that is in each segment now")
    return theme.finish(ax, result.title(), said, period=theme.lately(result.months))


@plot.register
def apart(result: Apart, ax: Axes | None = None) -> Axes:
    """Draw the highest and the lowest lifts; muted, where they do not stand out."""
    shown = result.frame.sort_values("lift", ascending=False)
    if len(shown) > _SHOWN:
        shown = pd.concat([shown.head(_SHOWN // 2), shown.tail(_SHOWN // 2)])
    ax = ax or theme.axes(height=0.8 + 0.28 * len(shown))
    parts = [textwrap.shorten(part, 26, placeholder="…") for part in shown["part"]]
    rows = [f"{part} ({by})" for part, by in zip(parts, shown["dimension"], strict=True)]
    colours = np.where(shown["stands_out"], "model", "muted").tolist()
    named = np.flatnonzero(shown["stands_out"] & (shown["lift"] > 1))[:1]
    for place in named:
        colours[place] = "highlight"
    _lifts(ax, shown, rows, colours)
    said = _("Lift of the best customers, with its 95% interval (1: average; grey: may be chance)")
    return theme.finish(ax, result.title(), said)


def _lifts(ax: Axes, table: pd.DataFrame, rows: list[str], colours: list[str]) -> None:
    """Draw the lift of each row with its interval."""
    lines(ax, table, ("lift", "lift_low", "lift_high"), rows, colours)
    ax.axvline(1, color=COLOURS["muted"], linewidth=1)
    ax.set_xlim(0, None)
    theme.count_axis(ax.xaxis, whole=False)


def _heat(ax: Axes, table: pd.DataFrame, write: Callable[[float], str], **colours: str | float) -> None:
    """Draw a table of coloured cells with a figure in each."""
    cells = {"annot": table.map(write), "annot_kws": {"fontsize": 9}, "cbar": False}
    sns.heatmap(table, ax=ax, fmt="", linewidths=0.5, **cells, **colours)
    for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        label.set_parse_math(False)
    ax.tick_params(rotation=0)
    ax.grid(visible=False)
