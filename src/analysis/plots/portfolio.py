"""Charts of the customer portfolio: bridge, sales, concentration, activity, flow, cohorts."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.language import _, compact, date, month, number
from analysis.periods import MONTH_DAYS
from analysis.plots import portfolio_audit, theme  # noqa: F401 the charts of the audit are this topic's too
from analysis.plots.drawing import plot
from analysis.plots.marks import beside, columns, dots, hatch, name_ends, waterfall
from analysis.portfolio.activity import ActivityWindow
from analysis.portfolio.bridge import Waterfall
from analysis.portfolio.flow import CustomerFlow
from analysis.portfolio.growth import Growth, SalesByPeriod
from analysis.portfolio.lorenz import Concentration, ConcentrationTrend
from analysis.portfolio.projection import Projection
from analysis.portfolio.silence import Sleeping

_GAP_TICKS = (1, 7, 30, 90, 180, 365, 730, 1825, 3650)
_LABELS_FIT = 12


@plot.register
def steps(result: Waterfall, ax: Axes | None = None) -> Axes:
    """Draw the steps from a first total to a last one, each with its amount."""
    ax = ax or theme.axes(width=9 if len(result.bars) > 6 else 8, height=4.2)
    names = [textwrap.fill(name, 12, break_long_words=False) for name in result.bars]
    waterfall(ax, names, [*result.bars.values()], result.currency)
    return theme.finish(ax, result.title())


@plot.register
def sales(result: SalesByPeriod | Growth, ax: Axes | None = None) -> Axes:
    """Draw net sales of each period; one that is not whole is hatched."""
    ax, net = ax or theme.axes(), result.frame["net_sales"]
    labels = [compact(value, result.currency) for value in net] if len(net) <= _LABELS_FIT else []
    hatch(columns(ax, net, labels=labels), result.frame["complete"])
    theme.period_axis(ax.xaxis, list(result.frame[result.unit]), result.unit)
    theme.money_axis(ax.yaxis, result.currency)
    ax.margins(y=0.12)
    return theme.finish(ax, result.title(), y=_("Net sales"))


@plot.register
def projection(result: Projection, ax: Axes | None = None) -> Axes:
    """Draw net sales so far through the year, those of the year before, and the projected end."""
    ax = ax or theme.axes(height=4)
    before, now, total = result.curve["before"].dropna(), result.curve["now"].dropna(), result.total
    last, end = (now.index[-1], now.iloc[-1]) if len(now) else (0, 0.0)
    ax.plot(before, color=theme.COLOURS["muted"], linewidth=1.4)
    ax.plot(now, color=theme.COLOURS["main"], linewidth=2.2)
    ax.plot([last, 366], [end, total["projected"]], ":", color=theme.COLOURS["main"], linewidth=1.4)
    ends = ([total["projected_low"]], [total["projected_high"]])
    dots(ax, [366], [total["projected"]], ends, colour="main", label="")
    beside(ax, compact(total["projected"], result.currency), (366, total["projected"]), (9, 0), colour="main")
    beside(ax, str(result.year - 1), (366, before.iloc[-1]), (9, 0), colour="muted")
    months = pd.date_range(f"{result.year}-01-01", periods=6, freq="2MS")
    ax.set_xticks(months.day_of_year, [month(day) for day in months])
    ax.set_xlim(0, 400)
    theme.money_axis(ax.yaxis, result.currency)
    return theme.finish(ax, result.title(), y=_("Net sales since 1 January"))


@plot.register
def lorenz(result: Concentration, ax: Axes | None = None) -> Axes:
    """Draw the Lorenz curve, the line of equality, and the point from which 80 % is made."""
    ax = ax or theme.axes(width=6.4, height=4.8)
    curve, x = result.curve, 1 - result.share_for_80
    y = float(np.interp(x, curve["share_of_customers"], curve["share_of_sales"]))
    ax.plot([0, 1], [0, 1], color=theme.COLOURS["muted"], linewidth=1, linestyle="--")
    ax.plot(curve["share_of_customers"], curve["share_of_sales"], color=theme.COLOURS["main"], linewidth=2.2)
    ax.plot([x, x, 1], [0, y, y], color=theme.COLOURS["highlight"], linewidth=1, linestyle=":")
    ax.plot([x], [y], "o", color=theme.COLOURS["highlight"], markersize=6)
    beside(ax, _("all buy the same"), (0.5, 0.5), (-6, 6), colour="muted")
    beside(ax, _("customers to the right of the point make 80%"), (0, 0.94), (1, 0), colour="highlight")
    theme.percent_axis(ax.xaxis)
    theme.percent_axis(ax.yaxis)
    return theme.finish(ax, result.title(), _("Share of customers, smallest first"), _("Share of net sales"))


@plot.register
def concentration_trend(result: ConcentrationTrend, ax: Axes | None = None) -> Axes:
    """Draw the shares of the largest customers and the Gini coefficient, year by year."""
    ax = ax or theme.axes(height=3.8)
    frame, ends = result.shown["concentration_trend"], []
    end = len(frame) - 1
    for name, label, colour in [
        ("top_fifth", _("largest 20%"), "main"),
        ("gini", _("Gini coefficient"), "muted"),
        ("top_ten", _("ten largest"), "highlight"),
    ]:
        ax.plot(range(end + 1), frame[name], "o-", color=theme.COLOURS[colour], linewidth=2, ms=4)
        ends.append((label, float(frame[name].iloc[-1]), colour))
    name_ends(ax, end, ends, step=0.06)
    ax.set_xticks(range(end + 1), [date(day) for day in frame["until"]])
    ax.set_xlim(-0.15, end + 0.45)
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, 1)
    return theme.finish(ax, result.title(), _("Year to"), _("Share of net sales; Gini"))


@plot.register
def reactivation(result: Sleeping, ax: Axes | None = None) -> Axes:
    """Draw the share that came back, with its interval, by months of silence."""
    ax = ax or theme.axes(height=3.8)
    rates, colour = result.rates, theme.COLOURS["main"]
    ax.fill_between(rates["months"], rates["rate_low"], rates["rate_high"], color=colour, alpha=0.2)
    ax.plot(rates["months"], rates["rate"], "o-", color=colour, linewidth=2, ms=3.5)
    window = result.window / MONTH_DAYS
    _cut(ax, window, _("inactive from here on"))
    ax.set_xlim(0, max(rates["months"].max(), window * 1.4) + 0.5)
    theme.count_axis(ax.xaxis)
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, min(1.02, rates["rate_high"].max() * 1.2 + 0.02))
    months, share = _("Months without a purchase"), _("Came back within the next twelve")
    return theme.finish(ax, result.title(), months, share)


def _cut(ax: Axes, at: float, words: str, right: float = 5) -> None:
    ax.axvline(at, color=theme.COLOURS["highlight"], linewidth=1.2, linestyle="--")
    beside(ax, words, (at, 0.03), (right, 0), colour="highlight")


@plot.register
def gaps(result: ActivityWindow, ax: Axes | None = None) -> Axes:
    """Draw the share of repeat purchases that come within so many days, and the activity window."""
    ax = ax or theme.axes(height=3.8)
    sns.ecdfplot(result.gaps, x="gap", weights="gaps", color=theme.COLOURS["main"], linewidth=2.2, ax=ax)
    _cut(ax, result.days, _("activity window: {window} days").format(window=number(result.days)), -5)
    longest = max(result.gaps["gap"].max(), result.days, 9)
    ax.set_xscale("log")
    ax.set_xlim(0.9, longest * 1.1)
    theme.count_axis(ax.xaxis)
    ax.xaxis.set_major_locator(FixedLocator([tick for tick in _GAP_TICKS if tick <= longest * 1.1]))
    ax.xaxis.set_minor_locator(NullLocator())
    theme.percent_axis(ax.yaxis)
    days, share = _("Days since the purchase before (logarithmic)"), _("Share of repeat purchases")
    return theme.finish(ax, result.title(), days, share)


@plot.register
def flow(result: CustomerFlow, ax: Axes | None = None) -> Axes:
    """Draw who bought in each period above the line, and who was lost below it."""
    ax = ax or theme.axes(height=4.6)
    names = {"retained": _("Retained"), "reactivated": _("Reactivated"), "new": _("New"), "lost": _("Lost")}
    heights = result.frame[[*names]].assign(lost=-result.frame["lost"])
    bottoms = heights.cumsum(axis=1).shift(axis=1, fill_value=0).assign(lost=0)
    drawn = []
    for status, colour in zip(names, ("main", "accent", "good", "bad"), strict=True):
        bars = ax.bar(heights.index, heights[status], 0.75, bottoms[status], color=theme.COLOURS[colour])
        bars.set_label(names[status])
        drawn.append(bars)
    ax.axhline(0, color=theme.COLOURS["muted"], linewidth=0.8)
    theme.period_axis(ax.xaxis, list(result.frame["period"]), result.unit)
    theme.count_axis(ax.yaxis)
    ax.figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    for bars in drawn:  # after the legend, whose colours are those of whole periods
        hatch(bars, result.frame["complete"])
    return theme.finish(ax, result.title(), y=_("Customers (lost ones below the line)"))
