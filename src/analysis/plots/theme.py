"""How every chart looks: one palette with fixed meanings, one kind of figure, the reader's numbers."""

from __future__ import annotations

import datetime as dt
import textwrap

import numpy as np
from babel import dates
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.dates import AutoDateLocator, num2date
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from analysis import language

COLOURS: dict[str, str] = {
    "main": "#0072B2",  # the measure the chart is about
    "accent": "#E69F00",  # what it is compared with
    "good": "#009E73",  # gained, better
    "bad": "#D55E00",  # lost, worse
    "muted": "#737982",  # context: a baseline, the rest, what is not counted
    "highlight": "#AA4499",  # the one thing the title points at
}
SEQUENTIAL = "Blues"
_INK = "#30343B"
_ABOVE = "above"
_LETTERS_PER_INCH = 10.2
_BESIDE_TITLE = 1.2  # inches left of the axes, where the title does not reach
_MANY = 100_000
_SMALL_AMOUNT = 10
_MOST_DECIMALS = 9
_LONG_SPAN_DAYS = 6 * 366
_MONTH_DAYS = 28


def axes(width: float = 8, height: float = 4.2) -> Axes:
    """Return the axes of a new figure in the workbook's style; its size is in inches."""
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    return style(figure.subplots())


def grid(rows: int, columns: int, width: float = 8.6, height: float = 6.2) -> list[Axes]:
    """Return the axes of a new figure with small charts side by side, row by row; its size is in inches."""
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    return [style(ax) for ax in figure.subplots(rows, columns, squeeze=False).flat]


def style(ax: Axes) -> Axes:
    """Dress ``ax`` in the workbook's style: two spines, a light horizontal grid, quiet labels."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(COLOURS["muted"])
    ax.tick_params(colors=_INK, labelsize=9, length=3, width=0.6)
    ax.xaxis.label.set(color=_INK, fontsize=9.5)
    ax.yaxis.label.set(color=_INK, fontsize=9.5)
    ax.grid(axis="y", color="#E3E6EA", linewidth=0.7)
    ax.set_axisbelow(True)
    return ax


def title(ax: Axes, text: str, beside: float = _BESIDE_TITLE) -> None:
    """Write the chart's claim above it, at the left, on as many lines as it needs; a ``$`` stays a ``$``.

    ``beside`` are the inches at the left of the axes, for labels, above which no title stands.
    """
    figure = ax.get_figure(root=True)
    width = figure.get_figwidth() if figure is not None else 8.0
    lines = textwrap.wrap(text, int((width - beside) * _LETTERS_PER_INCH))
    if len(lines) > 1:  # lines of about the same length, no single word on the last
        lines = textwrap.wrap(text, len(text) // len(lines) + 8)
    text, pad = "\n".join(lines), 10 + _height_above(ax)
    ax.set_title(text, loc="left", fontsize=11.5, fontweight="bold", color=_INK, pad=pad, parse_math=False)


def title_above(ax: Axes, text: str) -> None:
    """Write the claim of a figure of small charts above them all, at the left."""
    figure = ax.get_figure(root=True)
    assert figure is not None  # noqa: S101
    lines = textwrap.wrap(text, int(figure.get_figwidth() * _LETTERS_PER_INCH))
    figure.suptitle(
        "\n".join(lines), x=0.01, ha="left", fontsize=11.5, fontweight="bold", color=_INK, parse_math=False
    )


def _height_above(ax: Axes) -> float:
    """Return the height in points of the legend that `legend_above` placed; 0 without one."""
    legend = ax.get_legend()
    if legend is None or legend.get_gid() != _ABOVE:
        return 0.0
    return float(legend.get_window_extent().height) * 72 / legend.figure.dpi


def finish(ax: Axes, claim: str, x: str = "", y: str = "", beside: float = _BESIDE_TITLE) -> Axes:
    """Name both axes, with units where the ticks do not say it, and write the chart's claim; see `title`."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    title(ax, claim, beside)
    return ax


def legend_above(ax: Axes, columns: int) -> None:
    """Name what is drawn between the chart and its title, which is to be written after this."""
    drawn = ax.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        frameon=False,
        fontsize=9,
        ncols=columns,
        columnspacing=1.4,
        borderpad=0.2,
        borderaxespad=0.2,
    )
    drawn.set_gid(_ABOVE)


def shares_axes(ax: Axes, top: float = 1.02) -> None:
    """Let both axes run from 0 to 1, as percentages, with room up to ``top``."""
    percent_axis(ax.xaxis)
    percent_axis(ax.yaxis)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, top)


def money_axis(axis: Axis, currency: str | None) -> None:
    """Write the ticks of ``axis`` as money, compactly: ``US$1.2M``; small ones with all digits."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: _money(value, axis, currency)))


def _money(value: float, axis: Axis, currency: str | None) -> str:
    if max(map(abs, axis.get_view_interval())) < _SMALL_AMOUNT:
        return language.money(value, currency, _decimals(axis))
    return language.compact(value, currency)


def _decimals(axis: Axis) -> int:
    """Return how many decimals tell the ticks of ``axis`` apart and write them in full."""
    ticks = np.asarray(axis.get_majorticklocs(), float)
    step = np.diff(ticks).min(initial=1.0)
    return next(
        (n for n in range(_MOST_DECIMALS) if np.abs(ticks - ticks.round(n)).max(initial=0) < step / 50), 8
    )


def percent_axis(axis: Axis) -> None:
    """Write the ticks of ``axis``, which are shares, as percentages."""
    axis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _percent(value, axis)))


def _percent(value: float, axis: Axis) -> str:
    low, high = axis.get_view_interval()
    return language.percent(value, 0 if abs(high - low) > 0.045 else 1)


def count_axis(axis: Axis, *, whole: bool = True) -> None:
    """Write the ticks of ``axis`` as numbers, compactly if large; on a linear scale, at whole steps.

    What is not ``whole`` counts nothing: means, with decimals where they are small.
    """
    if axis.get_scale() == "linear":
        axis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10], integer=whole))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _count(value, axis)))


def _count(value: float, axis: Axis) -> str:
    if max(map(abs, axis.get_view_interval())) >= _MANY:
        return language.compact(value)
    return language.number(value, _decimals(axis) if axis.get_scale() == "linear" else 0)


def date_axis(axis: Axis) -> None:
    """Write the ticks of ``axis`` as days, months or years, whichever the span asks for."""
    axis.set_major_locator(AutoDateLocator(minticks=3, maxticks=8, interval_multiples=True))  # type: ignore[no-untyped-call]
    axis.set_major_formatter(FuncFormatter(lambda value, _: _date(value, axis)))


def _date(value: float, axis: Axis) -> str:
    day = num2date(value).date()  # type: ignore[no-untyped-call]
    low, high = axis.get_view_interval()
    if high - low > _LONG_SPAN_DAYS:
        return str(day.year)
    if np.diff(axis.get_majorticklocs()).min(initial=np.inf) >= _MONTH_DAYS:
        return language.month(day)
    return str(dates.format_skeleton("MMMd", day, locale=language.locale()))


def period_axis(axis: Axis, starts: list[dt.date], unit: str, most: int = 12) -> None:
    """Label the positions 0, 1, 2 … of ``axis`` with periods, thinned to at most ``most`` labels."""
    step = -(-len(starts) // most)
    shown = range(0, len(starts), max(step, 1))
    axis.set_major_locator(FixedLocator(list(shown)))
    name = _stacked if isinstance(axis, XAxis) else language.period
    axis.set_ticklabels([name(starts[i], unit) for i in shown])


def _stacked(start: dt.date, unit: str) -> str:
    """Return the name of a period for a narrow place: the month over its year."""
    if unit != "month":
        return language.period(start, unit)
    return str(dates.format_skeleton("MMM", start, locale=language.locale())) + f"\n{start.year}"
