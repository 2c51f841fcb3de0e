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
from analysis.plots.marks import beside, columns, hatch, name_ends, waterfall
from analysis.portfolio import (
    Activity,
    ActivityWindow,
    Concentration,
    ConcentrationTrend,
    CustomerFlow,
    Growth,
    Projection,
    Reactivation,
    SalesBridge,
    SalesChange,
)

_SEEN = 0.001
_GAP_TICKS = (1, 7, 30, 90, 180, 365, 730, 1825, 3650)


@plot.register
def bridge(result: SalesBridge, ax: Axes | None = None) -> Axes:
    """Draw the steps from gross sales down to net sales, each with its amount."""
    ax = ax or theme.axes(height=3.6)
    steps = result.steps()
    waterfall(ax, list(steps["step"]), steps["amount"].tolist(), result.currency)
    return theme.finish(ax, result.title())


@plot.register
def change(result: SalesChange, ax: Axes | None = None) -> Axes:
    """Draw the steps from the earlier net sales to the later ones, gains green and losses red.

    Steps of less than a thousandth of the earlier net sales are left out.
    """
    ax = ax or theme.axes(width=9, height=4.6)
    before, now = result.ends
    steps = result.steps[result.steps["share"].abs() >= _SEEN]
    names = [textwrap.fill(result.step_names()[step], 12) for step in steps["step"]]
    first, second = (textwrap.fill(name, 14) for name in result.compared.names)
    amounts = [before, *steps["amount"], now]
    waterfall(ax, [first, *names, second], amounts, result.compared.currency)
    return theme.finish(ax, result.title(), y=_("Net sales"))


@plot.register
def growth(result: Growth, ax: Axes | None = None) -> Axes:
    """Draw net sales of each year; one that is not whole is hatched."""
    ax = ax or theme.axes(height=3.6)
    net = result.years["net_sales"]
    bars = columns(ax, net, width=0.6, labels=[compact(value, result.currency) for value in net])
    hatch(bars, result.years["complete"])
    theme.period_axis(ax.xaxis, list(result.years["year"]), "year")
    theme.money_axis(ax.yaxis, result.currency)
    ax.set_ylim(min(0, net.min() * 1.1), net.max() * 1.12)
    return theme.finish(ax, result.title(), y=_("Net sales"))


@plot.register
def projection(result: Projection, ax: Axes | None = None) -> Axes:
    """Draw net sales so far through the year, those of the year before, and the projected end."""
    ax = ax or theme.axes(height=4)
    curve, total = result.curve, result.total
    ax.plot(curve["day"], curve["before"], color=theme.COLOURS["muted"], linewidth=1.4)
    ax.plot(curve["day"], curve["now"], color=theme.COLOURS["main"], linewidth=2.2)
    ends = np.array(
        [[total["projected"] - total["projected_low"]], [total["projected_high"] - total["projected"]]]
    )
    ax.errorbar(
        [366], [total["projected"]], yerr=ends, fmt="o", color=theme.COLOURS["main"], capsize=4, linewidth=2
    )
    beside(ax, compact(total["projected"], result.currency), (366, total["projected"]), (9, 0), colour="main")
    beside(ax, str(result.year - 1), (366, curve["before"].iloc[-1]), (9, 0), colour="muted")
    so_far = curve["now"].last_valid_index()
    done = (0, 0.0) if so_far is None else (int(curve["day"][so_far]), float(curve["now"][so_far]))
    ax.plot(
        [done[0], 366],
        [done[1], total["projected"]],
        color=theme.COLOURS["main"],
        linestyle=":",
        linewidth=1.4,
    )
    months = pd.date_range(f"{result.year}-01-01", periods=12, freq="MS")
    ax.set_xticks(months.day_of_year[::2], [month(day) for day in months[::2]])
    ax.set_xlim(0, 400)
    theme.money_axis(ax.yaxis, result.currency)
    ax.set_ylim(
        min(0, curve[["before", "now"]].min().min()), max(total["projected_high"], total["last_year"]) * 1.08
    )
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
    frame, end, ends = result.frame, len(result.frame) - 1, []
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
def reactivation(result: Reactivation, ax: Axes | None = None) -> Axes:
    """Draw the share that came back, with its interval, by months of silence."""
    ax = ax or theme.axes(height=3.8)
    frame = result.frame
    ax.fill_between(
        frame["months"], frame["rate_low"], frame["rate_high"], color=theme.COLOURS["main"], alpha=0.2
    )
    ax.plot(frame["months"], frame["rate"], "o-", color=theme.COLOURS["main"], linewidth=2, ms=3.5)
    window = result.window / MONTH_DAYS
    ax.axvline(window, color=theme.COLOURS["highlight"], linewidth=1.2, linestyle="--")
    beside(ax, _("inactive from here on"), (window, 0.03), (5, 0), colour="highlight")
    theme.count_axis(ax.xaxis)
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, min(1.02, frame["rate_high"].max() * 1.2 + 0.02))
    months, share = _("Months without a purchase"), _("Came back within the next twelve")
    return theme.finish(ax, result.title(), months, share)


@plot.register
def gaps(result: ActivityWindow, ax: Axes | None = None) -> Axes:
    """Draw the share of repeat purchases that come within so many days, and the activity window."""
    ax = ax or theme.axes(height=3.8)
    frame, window = result.gaps, result.days
    sns.ecdfplot(frame, x="gap", weights="gaps", color=theme.COLOURS["main"], linewidth=2.2, ax=ax)
    ax.axvline(window, color=theme.COLOURS["highlight"], linewidth=1.2, linestyle="--")
    text = _("activity window: {window} days").format(window=number(window))
    beside(ax, text, (window, 0.04), (-5, 0), colour="highlight")
    ax.set_xscale("log")
    theme.count_axis(ax.xaxis)
    longest = max(frame["gap"].max(), window)
    ax.xaxis.set_major_locator(FixedLocator([tick for tick in _GAP_TICKS if tick <= longest * 1.2]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(0.9, max(longest * 1.1, 10))
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, 1.02)
    days, share = _("Days since the purchase before (logarithmic)"), _("Share of repeat purchases")
    return theme.finish(ax, result.title(), days, share)


@plot.register
def activity(result: Activity, ax: Axes | None = None) -> Axes:
    """Draw how long ago customers last bought: active ones coloured, inactive ones grey."""
    ax = ax or theme.axes(height=3.6)
    longest = int(result.customers["days_since_last"].max())
    width = max(1, -(-longest // 40))
    parts = max(1, round((result.window + 1) / width))
    step = (result.window + 1) / parts if result.window + 1 >= width else width
    sns.histplot(
        data=result.customers,
        x="days_since_last",
        hue="active",
        hue_order=[False, True],
        palette=[theme.COLOURS["muted"], theme.COLOURS["main"]],
        multiple="stack",
        bins=np.arange(0, longest + 1 + step, step).tolist(),
        legend=False,
        alpha=1,
        linewidth=0.4,
        edgecolor="white",
        ax=ax,
    )
    ax.axvline(result.window, color=theme.COLOURS["highlight"], linewidth=1.2, linestyle="--")
    theme.count_axis(ax.xaxis)
    theme.count_axis(ax.yaxis)
    top = ax.get_ylim()[1]
    ax.set_ylim(top=top * 1.12)
    beside(ax, _("active"), (result.window, top * 1.08), (-6, 0), colour="main", size=10)
    beside(ax, _("inactive"), (result.window, top * 1.08), (6, 0), colour="muted", size=10)
    return theme.finish(ax, result.title(), _("Days since the last purchase"), _("Customers"))


@plot.register
def flow(result: CustomerFlow, ax: Axes | None = None) -> Axes:
    """Draw who bought in each period above the line, and who was lost below it."""
    ax = ax or theme.axes(height=4.6)
    names = {"retained": _("Retained"), "reactivated": _("Reactivated"), "new": _("New"), "lost": _("Lost")}
    colours = {"retained": "main", "reactivated": "accent", "new": "good", "lost": "bad"}
    places, base = range(len(result.frame)), np.zeros(len(result.frame))
    for status, name in names.items():
        heights = result.frame[status] * (-1 if status == "lost" else 1)
        bottom = 0 if status == "lost" else base
        bars = ax.bar(places, heights, 0.75, bottom, color=theme.COLOURS[colours[status]], label=name)
        hatch(bars, result.frame["complete"])
        base = base + heights
    ax.axhline(0, color=theme.COLOURS["muted"], linewidth=0.8)
    theme.period_axis(ax.xaxis, list(result.frame["period"]), result.unit)
    theme.count_axis(ax.yaxis)
    ax.figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return theme.finish(ax, result.title(), y=_("Customers (lost ones below the line)"))
