"""Charts of profitability: whale curve, discounts, receivables, expenses."""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, compact, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import beside, columns
from analysis.profitability import Contribution, Discounts, Receivables, SellingExpenses

COLOURS = theme.COLOURS
_NARROW = 14  # letters of a label below a column
_SHADES = ("main", "accent", "good", "highlight", "muted", "bad")


@plot.register
def whale_curve(result: Contribution, ax: Axes | None = None) -> Axes:
    """Draw the margin added up from the best customer on, and what those that lose money take off it."""
    ax = ax or theme.axes()
    x, y = result.curve().to_numpy().T
    top = int(y.argmax())
    ax.axhline(1, color=COLOURS["muted"], linewidth=1, linestyle="--")
    ax.plot(x[: top + 1], y[: top + 1], color=COLOURS["main"], linewidth=2.2)
    ax.plot(x[top:], y[top:], color=COLOURS["bad"], linewidth=2.2)
    if len(result.lost):
        beside(ax, percent(y[top], 1), (x[top], y[top]), (-2, 6), colour="highlight")
        lost = compact(float(result.lost.sum()), result.currency)
        beside(ax, _("lose money: {lost}").format(lost=lost), (1, 1), (-2, -5), colour="bad")
    theme.shares_axes(ax, max(float(y.max()), 1) * 1.15)
    share = _("Share of contribution margin, added up")
    return theme.finish(ax, result.title(), _("Share of customers, most profitable first"), share)


@plot.register
def discounts(result: Discounts, ax: Axes | None = None) -> Axes:
    """Draw the discount of each group beside what others give on like purchases."""
    table = result.first.iloc[::-1]
    ax = ax or theme.axes(height=1.6 + 0.4 * len(table))
    beyond = table["discount_rate"] > table["like_rate"]
    places = np.arange(len(table))
    ax.barh(places, table["discount_rate"], color=beyond.map({True: COLOURS["bad"], False: COLOURS["main"]}))
    ax.vlines(table["like_rate"], places - 0.4, places + 0.4, color="black", linewidth=1.8)
    for place, row in zip(places, table.to_dict("records"), strict=True):
        sign = "+" if row["excess"] > 0 else ""
        text = _("{rate} ({excess})").format(
            rate=percent(row["discount_rate"], 1), excess=sign + compact(row["excess"], result.currency)
        )
        beside(ax, text, (max(row["discount_rate"], row["like_rate"]), place), (5, 0))
    ax.set_yticks(places, table["group"])
    ax.grid(visible=False)
    theme.percent_axis(ax.xaxis)
    ax.set_xlim(0, table[["discount_rate", "like_rate"]].to_numpy(float).max() * 1.3)
    line = _("Discount on gross sales; the line: what others give on like purchases")
    return theme.finish(ax, result.title(), line)


@plot.register
def receivables(result: Receivables, ax: Axes | None = None) -> Axes:
    """Draw what is open by how late it is; in a new figure also the DSO at the end of each month."""
    if ax is None:
        ax, below = theme.grid(2, 1, 8, 6.4)
        _dso(result.by_month, below)
    amounts = result.ageing["amount"]
    colours = ["main", *["bad"] * (len(amounts) - 1)]
    columns(ax, amounts, colours, 0.6, [compact(one, result.currency) for one in amounts])
    ax.set_xticks(range(len(amounts)), [fill(name, _NARROW) for name in result.ageing["bucket"]])
    theme.money_axis(ax.yaxis, result.currency)
    ax.margins(y=0.15)
    return theme.finish(ax, result.title(), y=_("Open"))


def _dso(by_month: pd.DataFrame, ax: Axes) -> None:
    """Draw the DSO at the end of each month, by its definition and by count-back."""
    for column, name, colour in (
        ("dso", _("by definition"), "main"),
        ("count_back", _("by count-back"), "accent"),
    ):
        ax.plot(by_month[column], color=COLOURS[colour], linewidth=2, marker="o", markersize=3, label=name)
    theme.period_axis(ax.xaxis, [day.date() for day in by_month["month"]], "month")
    theme.count_axis(ax.yaxis)
    ax.set_ylim(0)
    theme.legend_above(ax, 2)
    theme.finish(ax, _("Days of sales that customers owe"), y=_("DSO in days"))


@plot.register
def selling_expenses(result: SellingExpenses, ax: Axes | None = None) -> Axes:
    """Draw each month's expenses as a share of its net sales, kind on kind."""
    ax = ax or theme.axes(height=4)
    frame, most = result.by_month.fillna(0.0).reset_index(drop=True), len(_SHADES) - 1
    if len(frame.columns) > len(_SHADES):
        frame = frame.iloc[:, :most].assign(**{_("(other)"): frame.iloc[:, most:].sum(axis="columns")})
    frame.plot.bar(stacked=True, ax=ax, width=0.75, color=[COLOURS[name] for name in _SHADES], rot=0)
    theme.period_axis(ax.xaxis, [day.date() for day in result.by_month.index], "month")
    theme.percent_axis(ax.yaxis)
    theme.legend_above(ax, 3)
    return theme.finish(ax, result.title(), y=_("Share of net sales"))
