"""Marks that several charts draw: columns, steps, words beside a point, names at curves, intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.container import BarContainer
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from analysis.language import compact, number
from analysis.plots import theme

MOST_TICKS = 12
MOST_POINTS = 1000
"""Of a curve: as many as a figure is wide, in pixels."""
HATCH = "////"
_LIGHT = 1.6  # sum of red, green and blue above which letters on it are black
_SEEN = 0.055  # of the height of a chart: a part that has room for a number
COLOURS = theme.COLOURS


def lit(count: int, *named: int, rest: str = "actual") -> list[str]:
    """Return the colours of so many marks: the highlight for those that the title names."""
    places = {place % count for place in named if count}
    return ["highlight" if place in places else rest for place in range(count)]


def columns(
    ax: Axes,
    heights: npt.ArrayLike,
    colour: str | list[str] = "actual",
    width: float = 0.75,
    labels: Sequence[str] = (),
) -> BarContainer:
    """Draw a bar at each of the places 0, 1, 2 and so on, and write its label above it.

    ``colour`` is a name in `theme.COLOURS`, or one for each bar.
    """
    places = np.arange(len(np.asarray(heights)))
    names = [colour] * len(places) if isinstance(colour, str) else colour
    bars = ax.bar(places, heights, width, color=[COLOURS[name] for name in names])
    ax.set_xlim(-0.5, len(places) - 0.5)
    for place, (bar, label) in enumerate(zip(bars, labels, strict=False)):
        beside(ax, label, (place, max(bar.get_height(), 0)), (0, 3))
    return bars


def stack(
    ax: Axes, parts: pd.DataFrame, colours: Sequence[str], write: Callable[[float], str]
) -> list[BarContainer]:
    """Draw the columns of ``parts`` on top of each other, with numbers where they fit, and name them.

    What is below zero hangs under the line; each is named beside the last bar. Colours are as in `beside`.
    """
    (tops, feet), places, drawn, ends = np.zeros((2, len(parts))), np.arange(len(parts)), [], []
    room = _SEEN * float(parts.clip(lower=0).sum(axis=1).max() - parts.clip(upper=0).sum(axis=1).min())
    for name, colour in zip(parts, colours, strict=False):
        shade, values = COLOURS.get(colour, colour), parts[name].to_numpy(float)
        foot, light = np.where(values < 0, feet, tops), sum(to_rgb(shade)) > _LIGHT
        drawn.append(ax.bar(places, values, 0.75, foot, color=shade, edgecolor="white", linewidth=0.5))
        if len(parts) <= MOST_TICKS:
            texts = [write(abs(one)) if abs(one) >= room else "" for one in values]
            ax.bar_label(
                drawn[-1], texts, label_type="center", fontsize=9, color="black" if light else "white"
            )
        ends.append((str(name), float(foot[-1] + values[-1] / 2), "muted" if light else colour))
        tops, feet = tops + values.clip(min=0), feet + values.clip(max=0)
    ax.set_xlim(-0.5, len(parts) - 0.5)
    name_ends(ax, len(parts) - 0.55, ends, room)
    return drawn


def points(count: int) -> npt.NDArray[np.int_]:
    """Return which of ``count`` points a curve is drawn through: of many, as many as can be told apart.

    They lie at even steps, the first and the last among them; what else is marked is drawn where it is.
    """
    return np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int)


def frame(
    ax: Axes, row: int, column: int, colour: str = "highlight", *, rows: int = 1, label: str | None = None
) -> None:
    """Draw a frame around cells of a table, from a row and column on; ``label`` is its name in the key."""
    shade = COLOURS.get(colour, colour)
    ax.add_patch(Rectangle((column, row), 1, rows, fill=False, ec=shade, lw=3, clip_on=False, label=label))


def band(
    ax: Axes,
    x: npt.ArrayLike,
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    step: Literal["pre", "post", "mid"] | None = None,
) -> None:
    """Draw how sure a curve is."""
    ax.fill_between(x, low, high, color=COLOURS["interval"], alpha=0.6, linewidth=0, step=step)


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
        color=COLOURS.get(colour, colour),
        fontsize=size,
        parse_math=False,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
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
    colour: str = "model",
    label: str = "",
) -> None:
    """Draw values as dots, each on the bar between the lower and upper end of its interval."""
    ax.vlines(places, *ends, color=COLOURS["interval" if colour == "model" else "before"], linewidth=5)
    ax.plot(places, middle, "o", color=COLOURS[colour], markersize=8, label=label)


def lines(
    ax: Axes, table: pd.DataFrame, names: tuple[str, str, str], rows: Sequence[str], colours: Sequence[str]
) -> None:
    """Draw each row's value, low and high end, which are called ``names``, on a line, the first on top.

    ``rows`` are their labels and ``colours`` names in `theme.COLOURS`.
    """
    places = np.arange(len(table))[::-1]
    middle, low, high = (table[name] for name in names)
    light = {"model": "interval", "muted": "before"}
    shades = [COLOURS[light.get(name, name)] for name in colours]
    faint = [0.35 if name == "highlight" else 1.0 for name in colours]
    ax.hlines(places, low, high, color=shades, linewidth=5, alpha=faint)
    ax.scatter(middle, places, color=[COLOURS[name] for name in colours], s=60, zorder=3, clip_on=False)
    ax.set_yticks(places, rows, parse_math=False)
    ax.set_ylim(-0.6, len(table) - 0.3)
    ax.grid(visible=False, axis="y")


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
    colours = ["actual", *("good" if step > 0 else "bad" for step in steps[1:-1]), "actual"]
    places = np.arange(len(steps))
    ax.bar(places, steps, bottom=starts, color=[COLOURS[name] for name in colours], width=0.6)
    ax.hlines(ends, places[:-1] + 0.3, places[1:] - 0.3, color=COLOURS["muted"], linewidth=0.7)
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
