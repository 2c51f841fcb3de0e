"""Charts of segments and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from analysis.language import _, compact, number, percent
from analysis.plots import segmentation_check, theme  # noqa: F401 its charts are this topic's too
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, frame, lit, points
from analysis.segmentation import CLASSES, Abc, Agreement, Rfm
from analysis.segmentation.abc_potential import STRATEGIES, AbcPotential
from analysis.segmentation.abc_views import AbcViews
from analysis.segmentation.life_cycle import NOT_YET, STAGES, LifeCycle, stage_name


@plot.register
def segments(result: Rfm, ax: Axes | None = None) -> Axes:
    """Draw for each segment its share of customers beside its share of net sales."""
    sizes = result.sizes()
    ax = ax or theme.axes(height=4.6)
    shares = (
        ("share_of_customers", _("of customers"), "before", -0.1875),
        ("share_of_sales", _("of net sales"), "actual", 0.1875),
    )
    for column, name, colour, shift in shares:
        shades = [COLOURS[one] for one in lit(len(sizes), *([0] if colour == "actual" else []), rest=colour)]
        bars = ax.barh(sizes.index + shift, sizes[column].fillna(0), 0.375, color=shades)
        labels = [percent(share, 1) if pd.notna(share) else "" for share in sizes[column]]
        labels[0] = f"{labels[0]} {name}"
        ax.bar_label(bars, labels, padding=3, fontsize=9)
    ax.set_yticks(sizes.index, sizes["segment"])
    ax.set_ylim(len(sizes) - 0.5, -0.5)
    theme.percent_axis(ax.xaxis)
    ax.grid(visible=False)
    ax.set_xlim(0, 1.3 * np.nanmax(sizes[["share_of_customers", "share_of_sales"]]))
    return theme.finish(ax, result.title(), _("Share of each segment, of customers (pale) and of net sales"))


@plot.register
def abc_curve(result: Abc, ax: Axes | None = None) -> Axes:
    """Draw the cumulative share of net sales from the largest customer down, with the three classes."""
    ax = ax or theme.axes(height=4)
    count, amounts = len(result.customers), result.customers["net_sales"].sort_values(ascending=False)
    cumulative = np.concatenate([[0.0], amounts.cumsum() / amounts.sum()])
    drawn = points(count + 1)
    ax.plot(drawn / count, cumulative[drawn], color=COLOURS["muted"], linewidth=2.4)
    edge = 0.0
    sizes = result.sizes()[["abc", "share_of_customers"]].to_numpy()
    for (name, share), colour, strength in zip(
        sizes, ("highlight", "actual", "before"), (0.25, 0.3, 0.3), strict=True
    ):
        ax.axvspan(edge, edge + share, color=COLOURS[colour], alpha=strength, linewidth=0)
        if share:
            at, text = (edge + share / 2, 0.05), f"{name}\n{percent(share, 1)}"
            ax.annotate(text, at, xycoords=("data", "axes fraction"), ha="center", fontsize=10)
        edge += share
    for boundary in result.boundaries:
        ax.axhline(boundary, color=COLOURS["muted"], linewidth=0.8, linestyle="--")
    theme.shares_axes(ax, max(1.04, float(cumulative.max()) * 1.04))
    said = _(
        "Share of net sales of the largest customers, added up, and the share of customers in each class"
    )
    return theme.finish(ax, result.title(), said, _("Share of customers, largest first"))


@plot.register
def agreement(result: Agreement, ax: Axes | None = None) -> Axes:
    """Draw the customers of each segment and class; the cells where the two disagree are framed."""
    ax = ax or theme.axes(height=4.2)
    table, segments = result.table(), [*result.scored.scoring.table.values()]
    _cells(ax, table.where(table > 0), table.map(number))
    orange, labels = theme.ALTERNATIVES[0], (_("A, but not bought lately"), _("among the best, but C"))
    for there, column, colour, label in (
        ([segment.is_away for segment in segments], "A", "highlight", labels[0]),
        ([segment.best for segment in segments], "C", orange, labels[1]),
    ):
        _frames(ax, [(row, CLASSES.index(column)) for row, here in enumerate(there) if here], colour, label)
    theme.legend_above(ax, 2)
    said = _("Number of customers by RFM segment and class by net sales")
    return theme.finish(ax, result.title(), said, _("Class by net sales"))


@plot.register
def abc_views(result: AbcViews, ax: Axes | None = None) -> Axes:
    """Draw the customers and net sales by class by net sales and by the other measure."""
    ax = ax or theme.axes(height=3.2)
    grid = result.grid()
    _crossed(ax, grid, (CLASSES, CLASSES), result.currency)
    cells = [(CLASSES.index(before), CLASSES.index(after)) for before, after in grid.index]
    better, worse = _("in a better class"), _("in a worse one")
    _frames(ax, [(row, column) for row, column in cells if column < row], theme.ALTERNATIVES[0], better)
    _frames(ax, [(row, column) for row, column in cells if column > row], "highlight", worse)
    theme.legend_above(ax, 2)
    other = _("Class by expected value") if result.other == "clv" else _("Class by margin")
    said = theme.in_money(_("Customers, and their net sales"), result.currency)
    return theme.finish(ax, result.title(), said, other, _("Class by net sales"))


@plot.register
def abc_potential(result: AbcPotential, ax: Axes | None = None) -> Axes:
    """Draw the growth potential by class now and by potential, with the strategy in each cell."""
    ax = ax or theme.axes(height=3.6)
    _crossed(ax, result.grid(), (CLASSES, CLASSES), result.currency, STRATEGIES)
    _frames(ax, [(CLASSES.index("C"), CLASSES.index("A"))], "highlight")
    said = theme.in_money(_("Strategy, customers and growth potential a year"), result.currency)
    now, then = _("Class by net sales of twelve months"), _("Class by growth potential")
    return theme.finish(ax, result.title(), said, then, now, period=theme.lately())


@plot.register
def life_cycle(result: LifeCycle, ax: Axes | None = None) -> Axes:
    """Draw customers and net sales by stage a year before and now; who declines and grows is framed."""
    movement, stages = result.movement(), [*STAGES]
    rows = [key for key in (NOT_YET, *stages) if key in movement.index.get_level_values(0)]
    ax = ax or theme.axes(height=1.2 + 0.55 * len(rows))
    _crossed(ax, movement, (rows, stages), result.currency)
    for stage, colour in (("growing", "good"), ("declining", "bad")):
        place = stages.index(stage)
        cells = [(row, place) for row, key in enumerate(rows) if (key, stage) in movement.index]
        _frames(ax, cells, colour)
    ax.set_xticklabels([stage_name(key) for key in stages])
    ax.set_yticklabels([stage_name(key) for key in rows])
    said = theme.in_money(_("Customers, and their net sales of twelve months"), result.currency)
    return theme.finish(
        ax, result.title(), said, _("Stage now"), _("Stage a year before"), period=theme.lately()
    )


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
    """Draw numbers of customers as cells, the darker the more (logarithms), with words in them; none is 0."""
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
    for row, column in np.argwhere(counts.isna().to_numpy()):
        ax.text(column + 0.5, row + 0.5, "0", ha="center", va="center", fontsize=9, color=COLOURS["muted"])
    theme.style(ax).grid(visible=False)
    ax.tick_params(rotation=0)


def _frames(ax: Axes, cells: list[tuple[int, int]], colour: str, label: str | None = None) -> None:
    """Draw a frame around each cell in which there is anybody, and name it in the key."""
    nobody = np.ma.getmaskarray(np.ma.masked_invalid(np.ma.asarray(ax.collections[0].get_array(), float)))
    for row, column in cells:
        if not nobody[row, column]:
            frame(ax, row, column, colour, label=label)
            label = None
