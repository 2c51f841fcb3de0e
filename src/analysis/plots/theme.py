"""How every chart looks: one palette with fixed meanings, one kind of figure, the reader's numbers."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from babel import dates
from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis
from matplotlib.dates import AutoDateLocator, num2date
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from analysis import language

COLOURS: dict[str, str] = {
    "actual": "#8A929C",  # what was counted
    "before": "#C6CBD1",  # the same of the year before, and the rest of which a group is a part
    "model": "#0072B2",  # what is estimated or foretold
    "interval": "#A6CDE6",  # how sure that is
    "highlight": "#AA4499",  # the one thing the title names
    "good": "#009E73",  # money gained
    "bad": "#D55E00",  # money lost
    "muted": "#656C76",  # words and lines that explain
}
ALTERNATIVES = ("#E69F00", "#332288", "#999933", "#8C564B")
"""What is drawn beside the model, or where groups are told apart, in this order."""
SEQUENTIAL = "Blues"
WIDTH = 8.0
"""Inches of every figure: letters are as large on the page as in the figure."""
_INK = "#30343B"
_OURS = "cartera"
_EDGE = 0.08  # inches
_HEAD = {"claim": (12.0, 9.3, 0.215), "said": (9.5, 13.6, 0.17)}  # points, letters and lines per inch
_MANY = 100_000
_SMALL_AMOUNT = 10
_MOST_DECIMALS = 9
_LONG_SPAN_DAYS = 6 * 366
_MONTH_DAYS = 28
_covered: tuple[dt.date | None, dt.date] | None = None


@contextmanager
def covering(days: tuple[dt.date | None, dt.date] | None) -> Iterator[None]:
    """Let charts drawn meanwhile say that they are of these days, the first and the last, where known."""
    global _covered  # noqa: PLW0603 drawn one after the other
    before, _covered = _covered, days
    try:
        yield
    finally:
        _covered = before


def span(first: dt.date, last: dt.date) -> str:
    """Name the days from the first to the last."""
    return f"{language.date(first)} – {language.date(last)}"


def whole() -> str:
    """Name all days that the data cover, where they are known."""
    first, last = _covered or (None, None)
    if last is None:
        return ""
    return span(first, last) if first else today()


def today() -> str:
    """Name the last day that counts, where it is known."""
    return language._("on {day}").format(day=language.date(_covered[1])) if _covered else ""


def lately(months: int = 12) -> str:
    """Name the last months, with their end where it is known."""
    time = language.duration(months, "month")
    if not _covered:
        return language._("the last {time}").format(time=time)
    return language._("{time} to {day}").format(time=time, day=language.date(_covered[1]))


def ahead(length: int, unit: str, day: dt.date | None = None) -> str:
    """Name the time that begins on a day, by default the last that counts, where it is known."""
    day = day or (_covered[1] if _covered else None)
    time = language.duration(length, unit)
    if day is None:
        return language._("the next {time}").format(time=time)
    return language._("{time} from {day}").format(time=time, day=language.date(day))


def periods(starts: Iterable[dt.date], unit: str) -> str:
    """Name the first and the last of periods that begin on these days; nothing where there is none."""
    names = [language.period(start, unit) for start in starts]
    return " – ".join(dict.fromkeys([names[0], names[-1]])) if names else ""


def in_money(what: str, currency: str | None) -> str:
    """Add to the name of an amount the unit it is in."""
    return language._("{what}, in {unit}").format(what=what, unit=language.currency_name(currency))


def axes(height: float = 3.8) -> Axes:
    """Return the axes of a new figure in the workbook's style; its height without the head is in inches."""
    return grid(1, 1, height)[0]


def grid(rows: int, columns: int, height: float) -> list[Axes]:
    """Return the axes of a new figure with small charts side by side, row by row; see `axes`."""
    figure = Figure(figsize=(WIDTH, height), dpi=110, layout="constrained", label=_OURS)
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


def head(ax: Axes, claim: str, said: str, period: str | None = None) -> None:
    """Write a figure's claim above it and, below that, what is drawn, its unit and its period.

    The period is that of all data by default. On a figure of somebody else's, the claim is the axes' title.
    """
    figure = ax.get_figure(root=True)
    claim = claim.removesuffix(".")
    if figure is None or figure.get_label() != _OURS:
        ax.set_title(textwrap.fill(claim, 60), loc="left", color=_INK, parse_math=False)
        return
    days = (whole() if period is None else period).replace(" ", "\N{NO-BREAK SPACE}")  # on one line
    said = " · ".join(filter(None, [said, days]))
    lines = [_wrapped(claim, "claim"), _wrapped(said, "said")]
    tall = [len(part) * _HEAD[name][2] for part, name in zip(lines, _HEAD, strict=True)]
    room = _EDGE + sum(tall) + 0.06
    height = float(figure.get_figheight()) + room
    figure.set_figheight(height)
    place: dict[str, Any] = {"x": _EDGE / WIDTH, "ha": "left", "va": "top", "parse_math": False}
    figure.suptitle(
        "\n".join(lines[0]), y=1 - _EDGE / height, fontsize=12, weight="bold", color=_INK, **place
    )
    below = 1 - (_EDGE + tall[0]) / height
    figure.text(y=below, s="\n".join(lines[1]), fontsize=9.5, color=COLOURS["muted"], **place)
    figure.set_layout_engine("constrained", rect=(0, 0, 1, 1 - room / height))


def _wrapped(text: str, kind: str) -> list[str]:
    """Return the lines of a part of the head; those of a claim are of about the same length."""
    width = int((WIDTH - 2 * _EDGE) * _HEAD[kind][1])
    lines = textwrap.wrap(text, width)
    return (
        textwrap.wrap(text, min(len(text) // len(lines) + 10, width))
        if len(lines) > 1 and kind == "claim"
        else lines
    )


def finish(ax: Axes, claim: str, said: str, x: str = "", y: str = "", *, period: str | None = None) -> Axes:
    """Name both axes where the line below the claim does not, and write the figure's head; see `head`."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    head(ax, claim, said, period)
    return ax


def legend_above(ax: Axes, columns: int) -> None:
    """Name what is drawn, above the chart, where anything drawn has a name."""
    if not ax.get_legend_handles_labels()[1]:
        return
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        frameon=False,
        fontsize=9,
        ncols=columns,
        columnspacing=1.4,
        borderpad=0.2,
        borderaxespad=0.2,
    )


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
    return day_and_month(day)


def day_and_month(day: dt.date) -> str:
    """Return a day without its year: ``8 Jan``."""
    return str(dates.format_skeleton("MMMd", day, locale=language.locale()))


def period_axis(axis: Axis, starts: list[dt.date], unit: str, most: int = 12) -> None:
    """Label the positions 0, 1, 2 … of ``axis`` with periods, thinned to at most ``most`` labels."""
    step = -(-len(starts) // most)
    shown = range((len(starts) - 1) % max(step, 1), len(starts), max(step, 1))  # the last one too
    axis.set_major_locator(FixedLocator(list(shown)))
    name = _stacked if isinstance(axis, XAxis) else language.period
    axis.set_ticklabels([name(starts[i], unit) for i in shown])


def _stacked(start: dt.date, unit: str) -> str:
    """Return the name of a period for a narrow place: the month over its year."""
    if unit != "month":
        return language.period(start, unit)
    return str(dates.format_skeleton("MMM", start, locale=language.locale())) + f"\n{start.year}"
