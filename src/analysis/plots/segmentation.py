"""Charts of segments and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle

from analysis.language import _, compact, number, percent
from analysis.plots import segmentation_check, theme  # noqa: F401 its charts are this topic's too
from analysis.plots.drawing import plot
from analysis.segmentation import CLASSES, Abc, Agreement, Rfm
from analysis.segmentation.abc_potential import STRATEGIES, AbcPotential
from analysis.segmentation.abc_views import AbcViews
from analysis.segmentation.life_cycle import NOT_YET, STAGES, LifeCycle, stage_name


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
    count, amounts = len(result.customers), result.customers["net_sales"].sort_values(ascending=False)
    cumulative = np.concatenate([[0.0], amounts.cumsum() / amounts.sum()])
    ax.plot(np.arange(count + 1) / count, cumulative, color=theme.COLOURS["main"], linewidth=2.2)
    edge = 0.0
    sizes = result.sizes()[["abc", "share_of_customers"]].to_numpy()
    for (name, share), colour, foot in zip(
        sizes, ("main", "accent", "muted"), (0.26, 0.15, 0.04), strict=True
    ):
        ax.axvspan(edge, edge + share, color=theme.COLOURS[colour], alpha=0.13, linewidth=0)
        if share:
            at = (edge + share / 2, foot)
            text = f"{name}\n{percent(share, 1)}"
            ax.annotate(text, at, xycoords=("data", "axes fraction"), ha="center", fontsize=9.5)
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
    table = result.table()
    _cells(ax, table.where(table > 0), table.map(number))
    for row, segment in enumerate(result.scored.scoring.table.values()):
        if segment.is_away:
            _framed(ax, row, CLASSES.index("A"), "bad")
        if segment.best:
            _framed(ax, row, CLASSES.index("C"), "accent")
    return theme.finish(ax, result.title(), _("Class by net sales"), "", beside=2.4)


@plot.register
def abc_views(result: AbcViews, ax: Axes | None = None) -> Axes:
    """Draw the customers and net sales by class by net sales and by the other measure."""
    ax = ax or theme.axes(width=7, height=3.9)
    _crossed(ax, result.grid(), (CLASSES, CLASSES), result.currency)
    for row, column in result.grid().index.map(lambda cell: tuple(map(CLASSES.index, cell))):
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
    _crossed(ax, result.movement(), ((NOT_YET, *STAGES), tuple(STAGES)), result.currency)
    ax.set_xticklabels([stage_name(key) for key in STAGES])
    ax.set_yticklabels([stage_name(key) for key in (NOT_YET, *STAGES)])
    now = _("Stage now (money: net sales of twelve months)")
    return theme.finish(ax, result.title(), now, _("Stage a year before"))


def _crossed(
    ax: Axes,
    grid: pd.DataFrame,
    order: tuple[Sequence[str], Sequence[str]],
    currency: str | None,
    said: Mapping[tuple[str, str], str] | None = None,
) -> None:
    """Draw the customers and the last column of money by two classes, with a word for each cell."""
    told = pd.Series("", grid.index) if said is None else grid.index.map(lambda cell: f"{_(said[cell])}\n")
    amounts = grid.iloc[:, -1].map(lambda amount: compact(float(amount), currency))
    words = told + grid["customers"].map(number) + "\n" + amounts
    flat, (index, columns) = grid.assign(words=words).reset_index(), map(list, order)
    by = str(flat.columns[0]), str(flat.columns[1])
    counts, texts = (
        flat.pivot_table(each, *by, aggfunc="first").reindex(index, columns=columns)
        for each in ("customers", "words")
    )
    _cells(ax, counts, texts)


def _cells(ax: Axes, counts: pd.DataFrame, words: pd.DataFrame) -> None:
    """Draw numbers of customers as cells, the darker the more (logarithms), with words in them."""
    sns.heatmap(
        counts,
        ax=ax,
        cmap=theme.SEQUENTIAL,
        norm=LogNorm(),
        annot=words,
        fmt="",
        annot_kws={"fontsize": 9, "parse_math": False},
        linewidths=1,
        cbar=False,
    )
    theme.style(ax).grid(visible=False)
    ax.tick_params(rotation=0)


def _framed(ax: Axes, row: int, column: int, colour: str) -> None:
    corner, edge = (column + 0.04, row + 0.04), theme.COLOURS[colour]
    ax.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, edgecolor=edge, linewidth=2))
