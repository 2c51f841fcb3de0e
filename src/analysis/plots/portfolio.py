"""Charts of the customer portfolio: bridge, sales, concentration, activity, flow, cohorts."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.language import _, compact, date, listing, month, number, percent
from analysis.periods import MONTH_DAYS, MONTHS
from analysis.plots import portfolio_audit, theme  # noqa: F401 the charts of the audit are this topic's too
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, band, beside, columns, dots, hatch, lit, name_ends, stack, waterfall
from analysis.portfolio.activity import ActivityWindow
from analysis.portfolio.bridge import Waterfall
from analysis.portfolio.flow import CustomerFlow
from analysis.portfolio.growth import Growth, SalesByPeriod
from analysis.portfolio.lorenz import Concentration, ConcentrationTrend
from analysis.portfolio.projection import Projection
from analysis.portfolio.silence import Sleeping

_GAP_TICKS = (1, 7, 30, 90, 180, 365, 730, 1825, 3650)
_LABELS_FIT = 12
_MOST_PERIODS = 24


@plot.register
def steps(result: Waterfall, ax: Axes | None = None) -> Axes:
    """Draw the steps from a first total to a last one, each with its amount; none that is zero."""
    first, *_steps, last = result.bars
    bars = {name: amount for name, amount in result.bars.items() if amount or name in (first, last)}
    ax = ax or theme.axes()
    names = [textwrap.fill(name, 12, break_long_words=False) for name in bars]
    waterfall(ax, names, [*bars.values()], result.currency)
    said = _("From gross to net sales") if result.name == "bridge" else _("What the change is made of")
    said = theme.in_money(said, result.currency)
    compared = listing([first, last])
    return theme.finish(ax, result.title(), said, period=None if result.name == "bridge" else compared)


@plot.register
def sales(result: SalesByPeriod, ax: Axes | None = None) -> Axes:
    """Draw net sales of the last periods over those of a year before; what is not whole, hatched."""
    ax, back = ax or theme.axes(), 12 // MONTHS[result.unit]
    frame = result.frame.assign(before=result.frame["net_sales"].shift(back)).tail(_MOST_PERIODS)
    frame, starts = frame.reset_index(drop=True), [*frame[result.unit]]
    whole = frame.index[frame["complete"].astype(bool)]
    named = [int(whole[-1])] if len(whole) else []
    labelled = (
        frame.index
        if len(frame) <= _LABELS_FIT
        else [*named, *(place - back for place in named if place >= back)]
    )
    bars = columns(ax, frame["net_sales"], lit(len(frame), *named))
    for place in labelled:
        amount, top = frame["net_sales"][place], frame.loc[place, ["net_sales", "before"]].max()
        beside(ax, compact(amount, result.currency), (place, max(top, 0)), (0, 3))
    hatch(bars, frame["complete"])
    ax.plot(frame["before"], color=COLOURS["muted"], linewidth=1.6, drawstyle="steps-mid")
    if len(seen := frame["before"].dropna()):
        name_ends(ax, len(frame) - 0.5, [(_("a year\nbefore"), float(seen.iloc[-1]), "muted")], 1)
    theme.period_axis(ax.xaxis, starts, result.unit)
    theme.money_axis(ax.yaxis, result.currency)
    ax.margins(y=0.12)
    said = theme.in_money(_("Net sales of each period"), result.currency)
    days = theme.periods(starts, result.unit)
    return theme.finish(ax, result.title(), said, period=days)


@plot.register
def growth(result: Growth, ax: Axes | None = None) -> Axes:
    """Draw net sales of each year, and of the year before up to the same day where the last is not over."""
    ax, net, (before, now) = ax or theme.axes(), result.frame["net_sales"], result.value
    place = int((net - now).abs().to_numpy().argmin())
    named = [place] if place and np.isclose(net[place], now, rtol=0.005) else []
    labels = [compact(value, result.currency) for value in net] if len(net) <= _LABELS_FIT else []
    hatch(columns(ax, net, lit(len(net), *named), 0.6, labels), result.frame["complete"])
    if named and not np.isclose(net[place - 1], before, rtol=0.005):
        ax.hlines(before, place - 1.3, place - 0.7, color="black", linewidth=1.8)
        said = _("to the same day: {amount}").format(amount=compact(before, result.currency))
        beside(ax, said, (place - 1, before), (0, -6))
    starts = [*result.frame["year"]]
    theme.period_axis(ax.xaxis, starts, "year")
    theme.money_axis(ax.yaxis, result.currency)
    ax.margins(y=0.12)
    said = theme.in_money(_("Net sales of each year"), result.currency)
    return theme.finish(ax, result.title(), said)


@plot.register
def projection(result: Projection, ax: Axes | None = None) -> Axes:
    """Draw net sales so far through the year, those of the year before, and the projected end."""
    ax = ax or theme.axes()
    before, now, total = result.curve["before"].dropna(), result.curve["now"].dropna(), result.total
    ax.plot(before, color=COLOURS["before"], linewidth=2.2)
    if len(now):
        ax.plot(now, color=COLOURS["actual"], linewidth=2.2)
        ends = [now.iloc[-1], total["projected"]]
        ax.plot([now.index[-1], 366], ends, ":", color=COLOURS["model"], linewidth=1.4)
        beside(ax, str(result.year), (now.index[-1], now.iloc[-1]), (0, 8), colour="muted")
    dots(ax, [366], [total["projected"]], ([total["projected_low"]], [total["projected_high"]]))
    for name in ("projected_low", "projected", "projected_high"):
        colour = "model" if name == "projected" else "muted"
        beside(ax, compact(total[name], result.currency), (366, total[name]), (9, 0), colour=colour)
    beside(ax, str(result.year - 1), (before.index[-1], before.iloc[-1]), (-4, 8), colour="muted")
    months = pd.date_range(f"{result.year}-01-01", periods=6, freq="2MS")
    ax.set_xticks(months.day_of_year, [month(day) for day in months])
    ax.set_xlim(0, 372)
    ax.set_ylim(0)
    theme.money_axis(ax.yaxis, result.currency)
    said = theme.in_money(
        _("Net sales since 1 January; blue: projected, with its 80% interval"), result.currency
    )
    years = _("{year} against {before}").format(year=result.year, before=result.year - 1)
    return theme.finish(ax, result.title(), said, period=years)


@plot.register
def lorenz(result: Concentration, ax: Axes | None = None) -> Axes:
    """Draw the Lorenz curve, the line of equality, and the point from which 80 % is made."""
    ax = ax or theme.axes(height=4.2)
    curve, x = result.curve, 1 - result.share_for_80
    y = float(np.interp(x, curve["share_of_customers"], curve["share_of_sales"]))
    ax.plot([0, 1], [0, 1], color=COLOURS["before"], linewidth=1.2, linestyle="--")
    ax.plot(curve["share_of_customers"], curve["share_of_sales"], color=COLOURS["actual"], linewidth=2.4)
    later = curve[curve["share_of_customers"] >= x]
    ax.plot(later["share_of_customers"], later["share_of_sales"], color=COLOURS["highlight"], linewidth=2.8)
    ax.plot([x], [y], "o", color=COLOURS["highlight"], markersize=7)
    beside(ax, _("all buy the same"), (0.5, 0.5), (-6, 6), colour="muted")
    words = _("customers to the right of the point make 80%")
    beside(ax, words, (x, y), (-8 if x > 0.55 else 8, 6), colour="highlight")
    theme.shares_axes(ax)
    ax.set_ylim(min(float(curve["share_of_sales"].min()), 0), 1.02)
    said = _("Share of net sales of the smallest customers, added up")
    return theme.finish(ax, result.title(), said, _("Share of customers, smallest first"))


@plot.register
def concentration_trend(result: ConcentrationTrend, ax: Axes | None = None) -> Axes:
    """Draw the shares of the largest customers and the Gini coefficient, year by year."""
    ax = ax or theme.axes(height=3.6)
    frame, ends = result.shown["concentration_trend"], []
    end = len(frame) - 1
    for name, label, colour in [
        ("top_fifth", _("largest 20%"), "actual"),
        ("gini", _("Gini coefficient"), theme.ALTERNATIVES[0]),
        ("top_ten", _("ten largest"), "highlight"),
    ]:
        ax.plot(range(end + 1), frame[name], "o-", color=COLOURS.get(colour, colour), linewidth=2, ms=5)
        ends.append((label, float(frame[name].iloc[-1]), "muted" if colour == "actual" else colour))
    for place, share in enumerate(frame["top_ten"] if end < _LABELS_FIT else ()):
        beside(ax, percent(share, 1), (place, share), (0, 6), colour="highlight")
    name_ends(ax, end, ends, step=0.06)
    ax.set_xticks(range(end + 1), [date(day) for day in frame["until"]])
    ax.set_xlim(-0.2, end + 0.1)
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, 1)
    said = _("Share of the net sales of each year; Gini: 0 when all buy the same")
    return theme.finish(ax, result.title(), said, _("Year to"))


@plot.register
def reactivation(result: Sleeping, ax: Axes | None = None) -> Axes:
    """Draw the share that came back, with its interval, by months of silence."""
    ax = ax or theme.axes(height=3.6)
    rates, window = result.rates, result.window / MONTH_DAYS
    band(ax, rates["months"], rates["rate_low"], rates["rate_high"])
    ax.plot(rates["months"], rates["rate"], "o-", color=COLOURS["model"], linewidth=2, ms=3.5)
    reached = rates[rates["months"] >= window]
    named = reached.iloc[0] if len(reached) else rates.iloc[-1]
    ax.plot([named["months"]], [named["rate"]], "o", color=COLOURS["highlight"], ms=8)
    beside(ax, percent(named["rate"]), (named["months"], named["rate"]), (7, 7), colour="highlight", size=10)
    _cut(ax, window, _("inactive from here on"))
    ax.set_xlim(0, max(rates["months"].max(), window * 1.4) + 0.5)
    theme.count_axis(ax.xaxis)
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, min(1.02, rates["rate_high"].max() * 1.2 + 0.02))
    said = _(
        "Share of silent customers that bought again within the next twelve months, with its 95% interval"
    )
    return theme.finish(ax, result.title(), said, _("Months without a purchase"))


def _cut(ax: Axes, at: float, words: str, right: float = 5) -> None:
    ax.axvline(at, color=COLOURS["muted"], linewidth=1, linestyle="--")
    beside(ax, words, (at, 0.03), (right, 0), colour="muted")


@plot.register
def gaps(result: ActivityWindow, ax: Axes | None = None) -> Axes:
    """Draw the share of repeat purchases that come within so many days, and the activity window."""
    ax, found = ax or theme.axes(height=3.6), result.gaps
    ax.step(found["gap"], found["share_within"], where="post", color=COLOURS["actual"], linewidth=2.4)
    _cut(ax, result.days, _("activity window: {window} days").format(window=number(result.days)), -5)
    within = float(found.loc[found["gap"] <= result.days, "share_within"].max())
    ax.plot([result.days], [within], "o", color=COLOURS["highlight"], ms=8, zorder=3)
    beside(ax, percent(within, 1), (result.days, within), (-8, 4), colour="highlight", size=10)
    longest = max(found["gap"].max(), result.days, 9)
    ax.set_xscale("log")
    ax.set_xlim(0.9, longest * 1.1)
    theme.count_axis(ax.xaxis)
    ax.xaxis.set_major_locator(FixedLocator([tick for tick in _GAP_TICKS if tick <= longest * 1.1]))
    ax.xaxis.set_minor_locator(NullLocator())
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, 1.04)
    said = _("Share of repeat purchases that came within so many days")
    return theme.finish(ax, result.title(), said, _("Days since the purchase before (logarithmic)"))


@plot.register
def flow(result: CustomerFlow, ax: Axes | None = None) -> Axes:
    """Draw who bought in each period above the line, and who was lost below it."""
    ax = ax or theme.axes(height=4.4)
    names = {"retained": _("Retained"), "reactivated": _("Reactivated"), "new": _("New"), "lost": _("Lost")}
    frame = result.frame.tail(_MOST_PERIODS).reset_index(drop=True)
    shown = frame.assign(lost=-frame["lost"])[[*names]].rename(columns=names)
    for bars in stack(ax, shown, ["actual", *theme.ALTERNATIVES[:2], "highlight"], number):
        hatch(bars, frame["complete"])
    ax.axhline(0, color=COLOURS["muted"], linewidth=0.8)
    theme.period_axis(ax.xaxis, list(frame["period"]), result.unit)
    theme.count_axis(ax.yaxis)
    said = _("Customers who bought in each period; below the line, those of the period before who did not")
    return theme.finish(ax, result.title(), said, period=theme.periods(frame["period"], result.unit))
