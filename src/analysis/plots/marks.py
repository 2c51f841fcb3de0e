"""Marks that several charts draw: columns, steps, words beside a point, names at curves, intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import BarContainer

from analysis.language import compact, number
from analysis.plots import theme

MOST_TICKS = 12
HATCH = "////"
ACTUAL = "#D5D8DC"  # actual values, beside which forecasts are drawn


def columns(
    ax: Axes,
    heights: npt.ArrayLike,
    colour: str | list[str] = "main",
    width: float = 0.75,
    labels: Sequence[str] = (),
) -> BarContainer:
    """Draw a bar at each of the places 0, 1, 2 and so on, and write its label above it.

    ``colour`` is a name in `theme.COLOURS`, or one for each bar.
    """
    names = [colour] if isinstance(colour, str) else colour
    places = np.arange(len(np.asarray(heights)))
    bars = ax.bar(places, heights, width, color=theme.COLOURS[names[0]])
    ax.set_xlim(-0.5, len(places) - 0.5)
    for bar, name in zip(bars, names, strict=len(names) > 1):
        bar.set_color(theme.COLOURS[name])
    for place, (bar, label) in enumerate(zip(bars, labels, strict=False)):
        beside(ax, label, (place, max(bar.get_height(), 0)), (0, 3))
    return bars


def beside(
    ax: Axes,
    text: str,
    at: tuple[object, object],
    offset: tuple[float, float],
    *,
    colour: str = "black",
    size: float = 9,
) -> None:
    """Write a few words beside a point, on the side to which the offset points; a ``$`` stays a ``$``.

    The offset from the point, to the right and up, and the size of the letters are in points; the colour is a
    name in `theme.COLOURS`, or any other.
    """
    right, up = offset
    ax.annotate(
        text,
        at,
        offset,
        textcoords="offset points",
        ha="left" if right > 0 else "right" if right < 0 else "center",
        va="bottom" if up > 0 else "top" if up < 0 else "center",
        color=theme.COLOURS.get(colour, colour),
        fontsize=size,
        parse_math=False,
    )


def name_ends(
    ax: Axes,
    at: object,
    ends: Sequence[tuple[str, float, str]],
    step: float,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> None:
    """Name each curve at its right end, in its colour, names apart from each other.

    Parameters
    ----------
    ax, at
        Where the curves are, and where they end, to the right.
    ends
        Name, height at the end and colour of each curve; a name in `theme.COLOURS`, or a colour.
    step
        Height of a name, in the units of the axes.
    within
        The lowest and the highest place for a name; the highest counts where both do not fit.
    """
    low, high = within
    heights = spread([min(max(height, low), high) for _name, height, _colour in ends], step)
    heights += max(low - float(heights.min()), 0)
    heights -= max(float(heights.max()) - high, 0)
    for (name, _height, colour), height in zip(ends, heights, strict=True):
        beside(ax, name, (at, height), (7, 0), colour=colour, size=9.5)


def spread(heights: Sequence[float], step: float) -> npt.NDArray[np.float64]:
    """Return heights at least ``step`` apart, in the same order and as near to those given as may be."""
    order = np.argsort(heights, kind="stable")
    wanted = np.asarray(heights, np.float64)[order]
    placed = wanted.copy()
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + step)
    placed -= (placed - wanted).mean()
    found = np.empty_like(placed)
    found[order] = placed
    return found


def dots(
    ax: Axes,
    places: npt.ArrayLike,
    middle: npt.ArrayLike,
    ends: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    colour: str,
    label: str,
) -> None:
    """Draw values as dots, each on the bar between the lower and upper end of its interval."""
    shade = theme.COLOURS[colour]
    ax.vlines(places, *ends, color=shade, linewidth=4, alpha=0.4)
    ax.plot(places, middle, "o", color=shade, markersize=8, label=label)


def sized_ticks(ax: Axes, names: Iterable[object], sizes: Iterable[float]) -> None:
    """Write below the places 0, 1, 2, … the name and size of each group; of many groups, every n-th."""
    labels = [f"{name}\n({number(size)})" for name, size in zip(names, sizes, strict=True)]
    step = -(-len(labels) // MOST_TICKS)
    ax.set_xticks(np.arange(len(labels))[::step], labels[::step])


def waterfall(ax: Axes, names: list[str], amounts: list[float], currency: str | None) -> None:
    """Draw a first total, the steps that follow, and the last total, each with its amount."""
    steps = np.asarray(amounts, float)
    ends = np.cumsum(steps[:-1])
    starts = np.concatenate([[0.0], ends[:-1], [0.0]])
    tops = np.maximum(starts, starts + steps)
    colours = ["muted", *("good" if step > 0 else "bad" for step in steps[1:-1]), "main"]
    places = np.arange(len(steps))
    ax.bar(places, steps, bottom=starts, color=[theme.COLOURS[name] for name in colours], width=0.6)
    ax.hlines(ends, places[:-1] + 0.3, places[1:] - 0.3, color=theme.COLOURS["muted"], linewidth=0.7)
    for place, (top, step) in enumerate(zip(tops, steps, strict=True)):
        beside(ax, compact(step, currency), (place, max(top, 0)), (0, 3))
    ax.set_xticks(places, names, parse_math=False)
    theme.money_axis(ax.yaxis, currency)
    ax.set_ylim(top=max(tops.max(), 0) * 1.12 or 1)


def hatch(bars: BarContainer, complete: pd.Series[bool]) -> None:
    """Hatch the bars of periods that are not over."""
    for bar, done in zip(bars, complete, strict=True):
        if not done:
            bar.set(hatch=HATCH, alpha=0.45, edgecolor="white")
