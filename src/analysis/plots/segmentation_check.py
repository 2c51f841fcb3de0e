"""Charts of what classes hold: clusters, migration, what followed, what sets customers apart."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis.display_names import words
from analysis.language import _, duration, number, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
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
    ax, high = ax or theme.axes(height=1.6 + 0.5 * len(table)), float(np.abs(table.to_numpy()).max())
    _heat(ax, table, lambda value: number(value, 1), cmap="PuOr_r", vmin=-high, vmax=high)
    return theme.finish(ax, result.title(), _("Centre, in interquartile ranges from the median"), beside=3)


@plot.register
def prediction(result: Prediction, ax: Axes | None = None) -> Axes:
    """Draw the lift of each way to class customers."""
    methods = result.methods.iloc[::-1]
    rows = [textwrap.fill(method_name(name), 18) for name in methods.index]
    colours = ["highlight" if name == result.methods.index[0] else "main" for name in methods.index]
    _lifts(ax := ax or theme.axes(height=3.4), methods, rows, colours)
    return theme.finish(ax, result.title(), _("Lift of the top decile, with its 95% interval (1: chance)"))


@plot.register
def migration(result: Migration, ax: Axes | None = None) -> Axes:
    """Draw the share of each earlier segment that is now in each."""
    sizes = result.matrix().sum(axis=1)
    rows = {key: f"{name} ({number(sizes[key])})" for key, name in result.names.items()}
    shares = result.shares()[sizes > 0].rename(index=rows)
    shares = shares.set_axis([textwrap.fill(name, 12) for name in list(result.names.values())[:-1]], axis=1)
    ax = ax or theme.axes(height=1.9 + 0.36 * len(result.names))
    _heat(ax, shares, lambda share: percent(share) if share >= _SEEN else "", cmap=theme.SEQUENTIAL, vmin=0)
    ax.tick_params(axis="x", rotation=90)
    then = _("Segment {time} ago (customers)").format(time=duration(result.months, "month"))
    return theme.finish(ax, result.title(), _("Segment now"), then, beside=2)


@plot.register
def apart(result: Apart, ax: Axes | None = None) -> Axes:
    """Draw the highest and the lowest lifts; muted, where they do not stand out."""
    shown = result.frame.sort_values("lift")
    if len(shown) > _SHOWN:
        shown = pd.concat([shown.head(_SHOWN // 2), shown.tail(_SHOWN // 2)])
    ax = ax or theme.axes(height=1.6 + 0.3 * len(shown))
    parts = [textwrap.shorten(part, 26, placeholder="…") for part in shown["part"]]
    rows = [f"{part} ({by})" for part, by in zip(parts, shown["dimension"], strict=True)]
    label = _("Lift, with its 95% interval (1: average; grey: may be chance)")
    _lifts(ax, shown, rows, ["main" if stands_out else "muted" for stands_out in shown["stands_out"]])
    return theme.finish(ax, result.title(), label, beside=3)


def _lifts(ax: Axes, table: pd.DataFrame, rows: list[str], colours: list[str]) -> None:
    """Draw the lift of each row with its interval."""
    places, shades = np.arange(len(table)), [theme.COLOURS[colour] for colour in colours]
    ax.hlines(places, table["lift_low"], table["lift_high"], color=shades, linewidth=4, alpha=0.4)
    ax.scatter(table["lift"], places, color=shades, s=60, clip_on=False)
    ax.axvline(1, color=theme.COLOURS["muted"], linewidth=1)
    ax.set_yticks(places, rows, parse_math=False)
    ax.set(xlim=(0, None), ylim=(-0.6, len(places) - 0.4))
    theme.count_axis(ax.xaxis, whole=False)


def _heat(ax: Axes, table: pd.DataFrame, write: Callable[[float], str], **colours: str | float) -> None:
    """Draw a table of coloured cells with a figure in each."""
    sns.heatmap(table, ax=ax, annot=table.map(write), fmt="", cbar=False, linewidths=0.5, **colours)
    for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        label.set_parse_math(False)
    ax.tick_params(rotation=0)
    ax.grid(visible=False)
