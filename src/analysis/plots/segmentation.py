"""Charts of segments and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle

from analysis.dataset.segment_table import MIDDLE
from analysis.language import _, compact, number, percent
from analysis.plots import segmentation_check, theme  # noqa: F401 its charts are this topic's too
from analysis.plots.drawing import plot
from analysis.segmentation import CLASSES, Abc, Agreement, Rfm
from analysis.segmentation.abc_potential import STRATEGIES, AbcPotential
from analysis.segmentation.abc_views import AbcViews
from analysis.segmentation.life_cycle import NOT_YET, STAGES, LifeCycle, stage_name

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
    ax = ax or theme.axes(width=6.6, height=5.2)
    table, segments_ = result.table(), list(result.scored.scoring.table.items())
    _cells(ax, table, table.map(number).where(table > 0, ""))
    for row, (_key, segment) in enumerate(segments_):
        if segment.recency[1] <= MIDDLE:
            _framed(ax, row, CLASSES.index("A"), "bad")
        if segment.best:
            _framed(ax, row, CLASSES.index("C"), "accent")
    return theme.finish(ax, result.title(), _("Class by net sales"), "")


@plot.register
def abc_views(result: AbcViews, ax: Axes | None = None) -> Axes:
    """Draw the customers and net sales by class by net sales and by the other measure."""
    ax = ax or theme.axes(width=7, height=3.9)
    table = _crossed(ax, result.grid(), (CLASSES, CLASSES), result.currency)
    for row, column in np.ndindex(table.shape):
        if row != column:
            _framed(ax, row, column, "good" if column < row else "bad")
    other = _("Class by expected value") if result.other == "clv" else _("Class by margin")
    return theme.finish(ax, result.title(), other, _("Class by net sales (money: the same)"))


@plot.register
def abc_potential(result: AbcPotential, ax: Axes | None = None) -> Axes:
    """Draw the growth potential by class now and by potential, with the strategy in each cell."""
    ax = ax or theme.axes(width=7, height=4.4)
    _crossed(ax, result.grid(), (CLASSES, CLASSES), result.currency, STRATEGIES)
    _framed(ax, CLASSES.index("C"), CLASSES.index("A"), "highlight")
    now = _("Class by net sales of twelve months")
    return theme.finish(ax, result.title(), _("Class by growth potential (money: a year)"), now)


@plot.register
def life_cycle(result: LifeCycle, ax: Axes | None = None) -> Axes:
    """Draw the customers and their net sales by stage a year before and now."""
    ax = ax or theme.axes(width=7.4, height=5)
    rows, columns = (NOT_YET, *STAGES), tuple(STAGES)
    _crossed(ax, result.movement(), (rows, columns), result.currency)
    ax.set_xticklabels([stage_name(key) for key in columns])
    ax.set_yticklabels([stage_name(key) for key in rows])
    now = _("Stage now (money: net sales of twelve months)")
    return theme.finish(ax, result.title(), now, _("Stage a year before"))


def _crossed(
    ax: Axes,
    grid: pd.DataFrame,
    order: tuple[Sequence[str], Sequence[str]],
    currency: str | None,
    said: Mapping[tuple[str, str], str] | None = None,
) -> pd.DataFrame:
    """Draw customers and the last column of money by two classes, with a word each; return the customers."""
    index, columns = map(list, order)
    flat, (row_key, column_key) = grid.reset_index(), grid.index.names
    counts, amounts = (
        flat.pivot_table(value, row_key, column_key, aggfunc="sum")
        .reindex(index=index, columns=columns)
        .fillna(0)
        for value in ("customers", grid.columns[-1])
    )
    words = counts.astype("object")
    for (row, column), count in np.ndenumerate(counts.to_numpy()):
        amount = compact(float(amounts.to_numpy()[row, column]), currency)
        cell = order[0][row], order[1][column]
        lines = [_(said[cell]), f"{number(count)} · {amount}"] if said else [number(count), amount]
        words.iloc[row, column] = "\n".join(lines) if count else ""
    _cells(ax, counts, words)
    return counts


def _cells(ax: Axes, table: pd.DataFrame, words: pd.DataFrame) -> None:
    """Draw a table of amounts as cells, the darker the more on a scale of logarithms, with words in them."""
    amounts = table.to_numpy(dtype="float64")
    amounts = np.where(amounts > 0, amounts, np.nan)
    top = float(np.nanmax(amounts, initial=1.0))
    norm = LogNorm(max(top / 1e4, min(top / 2, float(np.nanmin(amounts, initial=top)))), top)
    ax.pcolormesh(amounts, cmap=theme.SEQUENTIAL, norm=norm, edgecolors="white", linewidth=1)
    rows, columns = table.shape
    ax.set(xlim=(0, columns), ylim=(rows, 0))
    ax.set_xticks(np.arange(columns) + 0.5, list(table.columns))
    ax.set_yticks(np.arange(rows) + 0.5, list(table.index))
    for (row, column), word in np.ndenumerate(words.to_numpy()):
        dark = amounts[row, column] > 0 and norm(amounts[row, column]) > _DARK
        ax.text(
            column + 0.5,
            row + 0.5,
            word,
            color="white" if dark else "0.15",
            fontsize=9,
            ha="center",
            va="center",
            parse_math=False,
        )
    theme.style(ax).grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(axis="y", rotation=0)


def _framed(ax: Axes, row: int, column: int, colour: str) -> None:
    corner, edge = (column + 0.04, row + 0.04), theme.COLOURS[colour]
    ax.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, edgecolor=edge, linewidth=2))
