"""Charts of profitability: whale curve, losses, ranking, discounts, receivables, supply, expenses."""

from __future__ import annotations

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, brief, compact, number, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import beside, columns, name_ends, sized_ticks, spread
from analysis.profitability import (
    Contribution,
    Costly,
    Deliveries,
    Discounts,
    LatePayers,
    Losing,
    Receivables,
    SalesRanking,
    SellingExpenses,
    StockCover,
)
from analysis.profitability.costly import COSTS

COLOURS = theme.COLOURS
NAMED = 5
_LONGEST_NAME = 28
_CENT = 0.005
_NARROW = 14  # letters of a label below a column


@plot.register
def whale_curve(result: Contribution, ax: Axes | None = None) -> Axes:
    """Draw the margin added up from the best customer on, and what those that lose money take off it."""
    ax = ax or theme.axes()
    curve = result.curve()
    x, y = curve["share_of_customers"].to_numpy(), curve["share_of_margin"].to_numpy()
    top = int(y.argmax())
    ax.axhline(1, color=COLOURS["muted"], linewidth=1, linestyle="--")
    ax.plot(x[: top + 1], y[: top + 1], color=COLOURS["main"], linewidth=2.2)
    ax.plot(x[top:], y[top:], color=COLOURS["bad"], linewidth=2.2)
    if len(result.losing):
        ax.plot(x[top], y[top], "o", color=COLOURS["highlight"], markersize=6)
        beside(ax, percent(y[top], 1), (x[top], y[top]), (-2, 6), colour="highlight")
        lost = compact(float(result.losing["margin"].sum()), result.currency)
        beside(ax, _("lose money: {lost}").format(lost=lost), (1, 1), (-2, -5), colour="bad")
    theme.percent_axis(ax.xaxis)
    theme.percent_axis(ax.yaxis)
    ax.set_xlim(0, 1.01)
    ax.set_ylim(0, max(float(y.max()), 1) * 1.15)
    share = _("Share of contribution margin, added up")
    return theme.finish(ax, result.title(), _("Share of customers, most profitable first"), share)


@plot.register
def losing(result: Losing, ax: Axes | None = None) -> Axes:
    """Draw what customers that lose money take more, or less, than the average for each reason."""
    ax = ax or theme.axes(height=3)
    reasons = result.reasons().sort_values("excess")
    reasons = reasons[(reasons["customers"] > 0) | (reasons["excess"].abs() > _CENT)]
    colours = [COLOURS["bad" if excess > 0 else "muted"] for excess in reasons["excess"]]
    ax.barh(reasons["reason"], reasons["excess"], color=colours, height=0.6)
    for place, (excess, count) in enumerate(zip(reasons["excess"], reasons["customers"], strict=True)):
        text = _("{money} (main reason of {count})").format(
            money=compact(excess, result.currency), count=number(count)
        )
        beside(ax, text, (max(excess, 0), place), (5, 0))
    ax.axvline(0, color=COLOURS["muted"], linewidth=0.8)
    low, high = min(0.0, float(reasons["excess"].min())), max(0.0, float(reasons["excess"].max()))
    ax.set_xlim(low - 0.08 * (high - low), high + 0.5 * (high - low or 1))
    ax.grid(visible=False)
    theme.money_axis(ax.xaxis, result.currency)
    return theme.finish(ax, result.title(), _("Taken beyond the average of all customers"))


@plot.register
def sales_ranking(result: SalesRanking, ax: Axes | None = None) -> Axes:
    """Draw margin rate against net sales; those the ranking by sales gets wrong stand out, some by name."""
    ax = ax or theme.axes(height=4.6)
    frame = result.frame[result.frame["net_sales"] > 0]
    rate = frame["margin_rate"].clip(-1, 1)
    ax.scatter(frame["net_sales"], rate, s=7, color=COLOURS["muted"], alpha=0.35, linewidths=0)
    for rows, colour, label in (
        (result.overrated, "bad", _("among the largest, not the most profitable")),
        (result.underrated, "good", _("among the most profitable, not the largest")),
    ):
        place = rows["margin_rate"].clip(-1, 1)
        ax.scatter(rows["net_sales"], place, s=16, color=COLOURS[colour], label=label)
    named = result.overrated.head(NAMED)
    _name_points(ax, named, named["net_sales"], named["margin_rate"].clip(-1, 1), 0.07)
    ax.axhline(result.rate, color=COLOURS["main"], linewidth=1.2, linestyle="--")
    usual = _("all together: {rate}").format(rate=percent(result.rate, 1))
    beside(ax, usual, (frame["net_sales"].min(), result.rate), (2, 4), colour="main")
    ax.set_xscale("log")
    theme.money_axis(ax.xaxis, result.currency)
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(max(-1.05, float(rate.min()) - 0.05), min(1.05, float(rate.max()) + 0.05))
    ax.set_xlim(right=float(frame["net_sales"].max()) * 6)
    theme.legend_above(ax, 2)
    x, y = _("Net sales (logarithmic)"), _("Margin ÷ net sales (from −100% to 100%)")
    return theme.finish(ax, result.title(), x, y)


@plot.register
def discounts(result: Discounts, ax: Axes | None = None) -> Axes:
    """Draw the discount of each group beside what others give on like purchases."""
    table = result.first.iloc[::-1]
    ax = ax or theme.axes(height=1.6 + 0.4 * len(table))
    beyond = table["discount_rate"] > table["like_rate"]
    colours = [COLOURS["bad" if more else "main"] for more in beyond]
    places = np.arange(len(table))
    ax.barh(places, table["discount_rate"], color=colours, height=0.6)
    ax.vlines(table["like_rate"], places - 0.38, places + 0.38, color="black", linewidth=1.8)
    numbers = table[["discount_rate", "like_rate", "excess"]].to_numpy(float).tolist()
    for place, (rate, like, excess) in enumerate(numbers):
        text = _("{rate} ({excess})").format(
            rate=percent(rate, 1), excess=signed_compact(excess, result.currency)
        )
        beside(ax, text, (max(rate, like), place), (5, 0))
    ax.set_yticks(places, table["group"])
    ax.grid(visible=False)
    theme.percent_axis(ax.xaxis)
    ax.set_xlim(0, table[["discount_rate", "like_rate"]].to_numpy(float).max() * 1.3)
    line = _("Discount on gross sales; the line: what others give on like purchases")
    return theme.finish(ax, result.title(), line)


def signed_compact(value: float, currency: str | None) -> str:
    """Return money in few characters, with its sign."""
    return ("+" if value > 0 else "") + compact(value, currency)


@plot.register
def receivables(result: Receivables, ax: Axes | None = None) -> Axes:
    """Draw what is open by how late it is; in a new figure also the DSO at the end of each month.

    Parameters
    ----------
    result
        Ageing and DSO.
    ax
        Where to draw the ageing alone; by default a new figure with both charts.
    """
    if ax is None:
        ax, below = theme.grid(2, 1, 8, 6.4)
        _dso(result, below)
    colours = ["main", *["bad"] * (len(result.ageing) - 1)]
    labels = [compact(one, result.currency) for one in result.ageing["amount"]]
    columns(ax, result.ageing["amount"], colours, 0.6, labels)
    names = [fill(name, _NARROW) for name in result.ageing["bucket"]]
    ax.set_xticks(range(len(names)), names)
    theme.money_axis(ax.yaxis, result.currency)
    low, high = float(result.ageing["amount"].min()), float(result.ageing["amount"].max())
    ax.set_ylim(min(0, low * 1.15), max(high, 1) * 1.15)
    return theme.finish(ax, result.title(), y=_("Open"))


def _dso(result: Receivables, ax: Axes) -> None:
    """Draw the DSO at the end of each month, by its definition and by count-back."""
    places = np.arange(len(result.by_month))
    ends = []
    for column, name, colour in (
        ("dso", _("by definition"), "main"),
        ("count_back", _("by count-back"), "accent"),
    ):
        values = result.by_month[column].to_numpy(float)
        ax.plot(places, values, color=COLOURS[colour], linewidth=2, marker="o", markersize=3)
        if np.isfinite(values[-1]):
            ends.append((name, float(values[-1]), colour))
    high = float(np.nanmax(result.by_month[["dso", "count_back"]].to_numpy(float), initial=1.0)) * 1.2
    name_ends(ax, float(places[-1]), ends, 0.09 * high)
    starts = [day.date() for day in result.by_month["month"]]
    theme.period_axis(ax.xaxis, starts, "month")
    theme.count_axis(ax.yaxis)
    ax.set_xlim(-0.3, (len(places) - 1) * 1.16 + 0.3)
    ax.set_ylim(0, high)
    theme.finish(ax, _("Days of sales that customers owe"), y=_("DSO in days"))


@plot.register
def late_payers(result: LatePayers, ax: Axes | None = None) -> Axes:
    """Draw how many days late each customer pays against what fell due; the costliest by name."""
    ax = ax or theme.axes(height=4.4)
    frame = result.frame
    longest = max(float(frame["days_late"].quantile(0.99)), 1.0) * 1.15
    days = frame["days_late"].clip(upper=longest)
    ax.scatter(frame["due_amount"], days, s=9, color=COLOURS["main"], alpha=0.4, linewidths=0)
    named = frame.head(NAMED)
    places = days.head(NAMED)
    ax.plot(named["due_amount"], places, "o", color=COLOURS["highlight"], markersize=5)
    _name_points(ax, named, named["due_amount"], places, longest * 0.055)
    ax.axhline(result.days_late, color=COLOURS["muted"], linewidth=1.2, linestyle="--")
    mean = _("mean: {days} days").format(days=number(result.days_late, 1))
    beside(ax, mean, (frame["due_amount"].min(), result.days_late), (2, 4), colour="muted")
    ax.set_xscale("log")
    ax.set_xlim(right=float(frame["due_amount"].max()) * 30)
    theme.money_axis(ax.xaxis, result.currency)
    theme.count_axis(ax.yaxis)
    top = _("Days late (those above {days} at the top)").format(days=brief(longest))
    return theme.finish(ax, result.title(), _("Fell due in these months (logarithmic)"), top)


def _name_points(ax: Axes, rows: pd.DataFrame, x: pd.Series, y: pd.Series, step: float) -> None:
    """Write the names of customers to the right of their points, at least ``step`` apart."""
    names = rows["name"].fillna(rows["customer_id"]) if "name" in rows else rows["customer_id"]
    for name, at, height in zip(names, x, spread(list(y), step), strict=True):
        beside(ax, str(name)[:_LONGEST_NAME], (at, height), (6, 0), colour="highlight", size=8)


@plot.register
def costly(result: Costly, ax: Axes | None = None) -> Axes:
    """Draw of the ten costliest customers what each costs, and with a line what it brings."""
    table = result.frame.head(10).iloc[::-1]
    ax = ax or theme.axes(height=1.9 + 0.36 * len(table))
    places, left = np.arange(len(table)), np.zeros(len(table))
    for (cost, name), colour in zip(COSTS.items(), ("bad", "accent", "main", "muted"), strict=True):
        widths = table[cost].clip(lower=0).to_numpy(float)
        ax.barh(places, widths, 0.62, left, color=COLOURS[colour], label=_(name))
        left = left + widths
    brings = table["brings"].to_numpy(float)
    ax.vlines(brings, places - 0.42, places + 0.42, color="black", linewidth=2, label=_("what it brings"))
    names = table["name"].fillna(table["customer_id"]) if "name" in table else table["customer_id"]
    ax.set_yticks(places, [str(name)[:_LONGEST_NAME] for name in names])
    ax.grid(visible=False)
    theme.money_axis(ax.xaxis, result.currency)
    theme.legend_above(ax, 3)
    return theme.finish(ax, result.title(), _("The ten who cost most beyond what they bring"), beside=2.6)


@plot.register
def stock_cover(result: StockCover, ax: Axes | None = None) -> Axes:
    """Draw what class A buys by how long the stock of it lasts."""
    ax = ax or theme.axes(height=3.6)
    bands = result.bands()
    colours = ["bad", "bad", *["main"] * (len(bands) - 2)]
    columns(ax, bands["share"], colours, 0.65, [percent(share, 1) for share in bands["share"]])
    sized_ticks(ax, bands["cover"], bands["products"])
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, float(bands["share"].max()) * 1.18)
    cover = _("Days that the stock lasts (products)")
    return theme.finish(ax, result.title(), cover, _("Share of what A customers buy"))


@plot.register
def deliveries(result: Deliveries, ax: Axes | None = None) -> Axes:
    """Draw the share of deliveries that come late, with its interval, and that fall short, by month."""
    ax = ax or theme.axes(height=3.8)
    frame, places = result.by_month, np.arange(len(result.by_month))
    ax.fill_between(places, frame["late_low"], frame["late_high"], color=COLOURS["main"], alpha=0.18)
    ends = []
    for column, name, colour in (("late_share", _("late"), "main"), ("short_share", _("short"), "bad")):
        values = frame[column].to_numpy(float)
        ax.plot(places, values, color=COLOURS[colour], linewidth=2, marker="o", markersize=3)
        if np.isfinite(values[-1]):
            ends.append((name, float(values[-1]), colour))
    high = float(np.nanmax(frame[["late_high", "short_share"]].to_numpy(float))) * 1.12
    name_ends(ax, float(places[-1]), ends, 0.07 * high)
    theme.period_axis(ax.xaxis, [day.date() for day in frame["month"]], "month")
    theme.percent_axis(ax.yaxis)
    ax.set_xlim(-0.3, (len(places) - 1) * 1.08 + 0.3)
    ax.set_ylim(0, high)
    return theme.finish(ax, result.title(), x=_("Month of the order"), y=_("Share of deliveries"))


@plot.register
def selling_expenses(result: SellingExpenses, ax: Axes | None = None) -> Axes:
    """Draw each month's expenses as a share of its net sales, kind on kind."""
    ax = ax or theme.axes(height=4)
    frame, places = result.by_month, np.arange(len(result.by_month))
    net = frame["net_sales"].where(frame["net_sales"] > 0)
    base = np.zeros(len(frame))
    kinds = [name for name in frame if name not in ("month", "spent", "net_sales")]
    shades = ("main", "accent", "good", "highlight", "muted", "bad")
    for kind, colour in zip(kinds, shades, strict=False):
        heights = (frame[kind] / net).fillna(0).to_numpy(float)
        ax.bar(places, heights, 0.75, base, color=COLOURS[colour], label=str(kind))
        base = base + heights
    theme.period_axis(ax.xaxis, [day.date() for day in frame["month"]], "month")
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, max(float(base.max()), 1e-3) * 1.1)
    theme.legend_above(ax, 3)
    return theme.finish(ax, result.title(), y=_("Share of net sales"))
