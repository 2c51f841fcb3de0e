"""Charts of profitability: whale curve, ranking, discounts, receivables, expenses."""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, brief, compact, number, percent
from analysis.owners import called
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import beside, columns, name_ends, spread
from analysis.profitability import (
    Contribution,
    Discounts,
    LatePayers,
    Receivables,
    SalesRanking,
    SellingExpenses,
)

COLOURS = theme.COLOURS
NAMED = 5
_LONGEST_NAME = 28
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
def sales_ranking(result: SalesRanking, ax: Axes | None = None) -> Axes:
    """Draw margin rate against net sales; those the ranking by sales gets wrong stand out, some by name."""
    ax = ax or theme.axes(height=4.6)
    frame = result.frame[result.frame["net_sales"] > 0]
    usual = _("all together: {rate}").format(rate=percent(result.rate, 1))
    y = frame["margin_rate"].clip(-1, 1)
    _scatter(ax, frame["net_sales"], y, (result.rate, usual), result.currency)
    for rows, colour, label in (
        (result.overrated, "bad", _("among the largest, not the most profitable")),
        (result.underrated, "good", _("among the most profitable, not the largest")),
    ):
        ax.scatter(rows["net_sales"], y.reindex(rows.index), s=16, color=COLOURS[colour], label=label)
    _name_points(ax, result.overrated, "net_sales", y, 0.07)
    theme.percent_axis(ax.yaxis)
    theme.legend_above(ax, 2)
    label = _("Margin ÷ net sales (from −100% to 100%)")
    return theme.finish(ax, result.title(), _("Net sales (logarithmic)"), label)


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
    last, high = len(by_month) - 1, by_month[["dso", "count_back"]].max().max() * 1.2
    ends = []
    for column, name, colour in (
        ("dso", _("by definition"), "main"),
        ("count_back", _("by count-back"), "accent"),
    ):
        ax.plot(by_month[column], color=COLOURS[colour], linewidth=2, marker="o", markersize=3)
        if pd.notna(by_month[column].iloc[-1]):
            ends.append((name, float(by_month[column].iloc[-1]), colour))
    name_ends(ax, last, ends, 0.09 * high)
    theme.period_axis(ax.xaxis, [day.date() for day in by_month["month"]], "month")
    theme.count_axis(ax.yaxis)
    ax.set_xlim(-0.3, last * 1.16 + 0.3)
    ax.set_ylim(0, high)
    theme.finish(ax, _("Days of sales that customers owe"), y=_("DSO in days"))


@plot.register
def late_payers(result: LatePayers, ax: Axes | None = None) -> Axes:
    """Draw how many days late each customer pays against what fell due; the costliest by name."""
    ax = ax or theme.axes(height=4.4)
    frame = result.frame
    longest = max(float(frame["days_late"].quantile(0.99)), 1.0) * 1.15
    days = frame["days_late"].clip(upper=longest)
    mean = _("mean: {days} days").format(days=number(result.days_late, 1))
    _scatter(ax, frame["due_amount"], days, (result.days_late, mean), result.currency)
    _name_points(ax, frame, "due_amount", days, longest * 0.055)
    theme.count_axis(ax.yaxis)
    top = _("Days late (those above {days} at the top)").format(days=brief(longest))
    return theme.finish(ax, result.title(), _("Fell due in these months (logarithmic)"), top)


def _scatter(ax: Axes, x: pd.Series, y: pd.Series, usual: tuple[float, str], currency: str | None) -> None:
    """Draw all customers against money, on a logarithmic scale with room for names, and what is usual."""
    ax.scatter(x, y, s=8, color=COLOURS["muted"], alpha=0.4, linewidths=0)
    ax.axhline(usual[0], color=COLOURS["main"], linewidth=1.2, linestyle="--")
    beside(ax, usual[1], (x.min(), usual[0]), (2, 4), colour="main")
    ax.set_xscale("log")
    ax.set_xlim(right=float(x.max()) * 30)
    theme.money_axis(ax.xaxis, currency)


def _name_points(ax: Axes, rows: pd.DataFrame, x: str, y: pd.Series, step: float) -> None:
    """Mark the first customers, and write their names beside, at least ``step`` apart."""
    rows = rows.head(NAMED)
    ax.plot(rows[x], y[rows.index], "o", color=COLOURS["highlight"], markersize=5)
    for name, at, height in zip(called(rows), rows[x], spread(list(y[rows.index]), step), strict=True):
        beside(ax, str(name)[:_LONGEST_NAME], (at, height), (6, 0), colour="highlight", size=8)


@plot.register
def selling_expenses(result: SellingExpenses, ax: Axes | None = None) -> Axes:
    """Draw each month's expenses as a share of its net sales, kind on kind."""
    ax = ax or theme.axes(height=4)
    frame, most = result.by_month.fillna(0.0), len(_SHADES) - 1
    if len(frame.columns) > len(_SHADES):
        frame = frame.iloc[:, :most].assign(**{_("(other)"): frame.iloc[:, most:].sum(axis="columns")})
    for place, (kind, colour) in enumerate(zip(frame, _SHADES, strict=False)):
        base = frame.iloc[:, :place].sum(axis="columns")
        ax.bar(range(len(frame)), frame[kind], 0.75, base, color=COLOURS[colour], label=str(kind))
    theme.period_axis(ax.xaxis, [day.date() for day in frame.index], "month")
    theme.percent_axis(ax.yaxis)
    theme.legend_above(ax, 3)
    return theme.finish(ax, result.title(), y=_("Share of net sales"))
