"""Charts of what classes hold: clusters, migration, what followed, what sets customers apart."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.display_names import words
from analysis.language import _, duration, number, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.segmentation import Apart, Clusters, Migration, Prediction
from analysis.segmentation.clusters import FEATURES
from analysis.segmentation.prediction import method_name

_SHOWN = 14
_SEEN = 0.005
_DARK = 1.6  # red, green and blue together, below which black letters are hard to read


@plot.register
def clusters(result: Clusters, ax: Axes | None = None) -> Axes:
    """Draw how clear and stable clusters are by their number, and beside it what sets each apart.

    On ``ax``, the first chart alone.
    """
    drawn = [ax] if ax else theme.grid(1, 2, width=9.6, height=4.0)
    curves = (("stability", "accent"), ("silhouette", "main"), ("without_structure", "muted"))
    labels = words("cluster_search", result.search)["labels"]
    numbers = result.search["number"]
    for column, colour in curves:
        shade = theme.COLOURS[colour]
        drawn[0].plot(numbers, result.search[column], "o-", color=shade, label=labels[column])
    drawn[0].axvline(len(result.centres), color=theme.COLOURS["highlight"], linewidth=1.2, linestyle="--")
    drawn[0].set_ylim(0, 1)
    theme.count_axis(drawn[0].yaxis, whole=False)
    theme.legend_above(drawn[0], 1)
    theme.finish(drawn[0], result.title() if ax else "", labels["number"])
    if not ax:
        names = words("clusters", result.profile())["labels"]
        columns = [textwrap.fill(names[column].split(",")[0], 13) for column in FEATURES]
        rows = [textwrap.fill(str(name), 20) for name in result.centres.index]
        _cells(
            drawn[1], result.centres.set_axis(rows).set_axis(columns, axis=1), lambda value: number(value, 1)
        )
        theme.finish(drawn[1], "", _("Centre, in interquartile ranges from the median"))
        theme.title_above(drawn[0], result.title())
    return drawn[0]


@plot.register
def prediction(result: Prediction, ax: Axes | None = None) -> Axes:
    """Draw the lift of each way to class customers, and beside it what each segment brought afterwards.

    On ``ax``, the first chart alone.
    """
    drawn = [ax] if ax else theme.grid(1, 2, width=9.6, height=4.2)
    methods, places = result.methods.iloc[::-1], np.arange(len(result.methods))
    first = methods.index == result.methods.index[0]
    colours = [theme.COLOURS["highlight" if best else "main"] for best in first]
    drawn[0].hlines(places, methods["lift_low"], methods["lift_high"], color=colours, linewidth=4, alpha=0.4)
    drawn[0].scatter(methods["lift"], places, color=colours, s=60)
    drawn[0].axvline(1, color=theme.COLOURS["muted"], linewidth=1)
    drawn[0].set_yticks(places, [textwrap.fill(method_name(name), 14) for name in methods.index])
    drawn[0].set(xlim=(0, 1.1 * methods["lift_high"].max()), ylim=(-0.6, len(places) - 0.4))
    theme.count_axis(drawn[0].xaxis, whole=False)
    lift = _("Lift of the top decile, with its 95% interval (1: chance)")
    theme.finish(drawn[0], result.title() if ax else "", lift)
    if not ax:
        after, names = result.segments.iloc[::-1], words("segments_after", result.segments)["labels"]
        rows, shades = np.arange(len(after)), theme.COLOURS
        drawn[1].barh(rows, after["sales_after"], 0.6, color=shades["main"], label=names["sales_after"])
        drawn[1].plot(after["expected"], rows, "D", color=shades["accent"], ms=5, label=names["expected"])
        shares = zip(after.index, after["still_active"], strict=True)
        labels = [f"{result.names[key]} ({percent(share)})" for key, share in shares]
        drawn[1].set_yticks(rows, labels, parse_math=False)
        theme.money_axis(drawn[1].xaxis, result.currency)
        drawn[1].legend(frameon=False, fontsize=8.5, loc="lower right")
        theme.finish(drawn[1], "", _("In brackets: the share who bought afterwards"))
        theme.title_above(drawn[0], result.title())
    return drawn[0]


@plot.register
def migration(result: Migration, ax: Axes | None = None) -> Axes:
    """Draw the share of each earlier segment that is now in each, and the change of its net sales.

    On ``ax``, the first chart alone.
    """
    drawn = [ax] if ax else theme.grid(1, 2, width=10, height=1.9 + 0.36 * len(result.names))
    sizes = result.matrix().sum(axis=1)
    kept = sizes.index[sizes > 0]
    shares = result.shares().loc[kept]
    shares.index = pd.Index([f"{result.names_before[key]} ({number(sizes[key])})" for key in kept])
    shares.columns = pd.Index([textwrap.fill(name, 12) for name in result.names.values()])
    _cells(drawn[0], shares, lambda share: percent(share) if share >= _SEEN else "")
    drawn[0].tick_params(axis="x", rotation=90)
    then = _("Segment {time} ago (customers)").format(time=duration(result.months, "month"))
    theme.finish(drawn[0], result.title() if ax else "", _("Segment now"), then)
    if not ax:
        change = result.matrix("difference").loc[kept].sum(axis=1)
        colours = [theme.COLOURS["good" if value > 0 else "bad"] for value in change]
        drawn[1].barh(np.arange(len(kept)) + 0.5, change, 0.6, color=colours)
        drawn[1].axvline(0, color=theme.COLOURS["muted"], linewidth=0.8)
        drawn[1].set(ylim=(len(kept), 0), yticks=[])
        drawn[1].xaxis.set_major_locator(MaxNLocator(4))
        theme.money_axis(drawn[1].xaxis, result.currency)
        theme.finish(drawn[1], "", _("Change of net sales of these customers"))
        theme.title_above(drawn[0], result.title())
    return drawn[0]


@plot.register
def apart(result: Apart, ax: Axes | None = None) -> Axes:
    """Draw the lift of the parts that stand out most, above and below the average."""
    shown = result.clear
    if len(shown) > _SHOWN:
        shown = pd.concat([shown.head(_SHOWN // 2), shown.tail(_SHOWN // 2)])
    shown = shown.iloc[::-1]
    ax = ax or theme.axes(height=1.6 + 0.3 * len(shown))
    places = np.arange(len(shown))
    shade = theme.COLOURS["main"]
    ax.hlines(places, shown["lift_low"], shown["lift_high"], color=shade, linewidth=4, alpha=0.4)
    ax.plot(shown["lift"], places, "o", color=shade, markersize=8)
    ax.axvline(1, color=theme.COLOURS["muted"], linewidth=1)
    told = result.tables()["apart"].loc[shown.index]
    parts = [textwrap.shorten(part, 26, placeholder="…") for part in told["part"]]
    rows = [f"{part} ({by})" for part, by in zip(parts, told["dimension"], strict=True)]
    ax.set_yticks(places, rows, parse_math=False)
    theme.count_axis(ax.xaxis, whole=False)
    return theme.finish(ax, result.title(), _("Lift, with its 95% interval (1: the average)"), beside=3)


def _cells(ax: Axes, table: pd.DataFrame, write: Callable[[float], str]) -> None:
    """Draw a table of coloured cells with a figure in each; where some are negative, evenly around 0."""
    values = table.to_numpy(float)
    high, is_signed = float(np.abs(values).max()), bool((values < 0).any())
    colours, low = ("PuOr_r", -high) if is_signed else (theme.SEQUENTIAL, 0.0)
    mesh = ax.pcolormesh(values, cmap=colours, vmin=low, vmax=high, edgecolors="white")
    inks = np.where(mesh.to_rgba(values.ravel())[:, :3].sum(axis=1) < _DARK, "white", "0.15")
    for ((row, column), value), ink in zip(np.ndenumerate(values), inks, strict=True):
        at = column + 0.5, row + 0.5
        ax.text(*at, write(value), color=ink, fontsize=8.5, ha="center", va="center", parse_math=False)
    rows, columns = values.shape
    ax.set(xlim=(0, columns), ylim=(rows, 0))
    ax.set_xticks(np.arange(columns) + 0.5, list(table.columns), parse_math=False)
    ax.set_yticks(np.arange(rows) + 0.5, list(table.index), parse_math=False)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
