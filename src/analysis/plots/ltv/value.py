"""Charts of what customers are worth, and when they are expected back."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, brief, estimate, number, percent
from analysis.ltv.equity import TOP, CustomerValue
from analysis.ltv.equity_by_group import EquityByGroup
from analysis.ltv.next_purchase import NextPurchase
from analysis.ltv.value import equity_shares
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, beside, columns, lit

LONGEST_NAME = 18  # letters of a group on one line


@plot.register
def equity(result: CustomerValue, ax: Axes | None = None) -> Axes:
    """Draw the share of customer equity held by the most valuable customers."""
    shares = equity_shares(result.frame["clv"])
    ax = ax or theme.axes()
    ax.plot([0, 1], [0, 1], color=COLOURS["before"], linewidth=1.2, linestyle="--")
    ax.plot(shares["customers_share"], shares["equity_share"], color=COLOURS["model"], linewidth=2.4)
    at = result.held_by_top()
    ax.plot([TOP, TOP, 0], [0, at, at], color=COLOURS["highlight"], linewidth=1, linestyle=":")
    ax.plot(TOP, at, "o", color=COLOURS["highlight"], markersize=8)
    beside(ax, percent(at), (TOP, at), (8, -4), colour="highlight", size=10)
    beside(ax, _("if all were worth the same"), (0.72, 0.7), (6, -1), colour="muted")
    theme.shares_axes(ax)
    ax.set_ylim(
        min(float(shares["equity_share"].min()), 0), max(float(shares["equity_share"].max()), 1) * 1.02
    )
    said, below = _("Share of customer equity, added up"), _("Customers, the most valuable first")
    return theme.finish(ax, result.title(), said, below, period=theme.ahead(result.horizon_weeks, "week"))


@plot.register
def by_group(result: EquityByGroup, ax: Axes | None = None) -> Axes:
    """Draw each group's share of customers beside its share of customer equity, with its interval.

    Where a group loses money, shares of the sum mean nothing: its customer equity is drawn in money instead.
    """
    table, currency = result.frame, result.currency
    ax = ax or theme.axes(height=0.8 + 0.45 * len(table))
    places = np.arange(len(table))[::-1]
    in_shares = bool(table["share_of_equity"].notna().all() and (table["clv"] >= 0).all())
    whole = float(table["clv"].sum()) if in_shares else 1.0
    values = table["clv"] / whole
    named = [int(table["clv"].to_numpy().argmax())] if in_shares else []
    middles = places + (0.19 if in_shares else 0)
    shades = [COLOURS[name] for name in lit(len(table), *named, rest="model")]
    ax.barh(middles, values, 0.36 if in_shares else 0.6, color=shades)
    if in_shares:
        shares = table["share_of_customers"]
        ax.barh(places - 0.19, shares, 0.36, color=COLOURS["actual"])
    else:
        shares = pd.Series(0.0, table.index)
        ax.axvline(0, color=COLOURS["muted"], linewidth=1)
    lows, tips = values.clip(upper=0), values.clip(lower=0)
    low, high = table["equity_low"], table["equity_high"]
    others = whole - table["clv"]  # a share is of what all would be worth, the others as expected
    ends = (low / (low + others), high / (high + others)) if in_shares else (low, high)
    ax.hlines(middles, *ends, color=COLOURS["interval"], linewidth=4)
    lows, tips = lows.clip(upper=ends[0]), tips.clip(lower=ends[1])
    for place, value, tip, each in zip(middles, values, tips, table["clv_per_customer"], strict=True):
        share = percent(value) if in_shares else brief(value, currency)
        text = _("{share}, {each} each").format(share=share, each=estimate(each, currency))
        beside(ax, text, (tip, place), (4, 0))
    names = [textwrap.fill(str(group), LONGEST_NAME).replace("$", r"\$") for group in table["group"]]
    ax.set_yticks(places, names)
    left, right = min(float(lows.min()), 0.0), max(float(tips.max()), float(shares.max()))
    ax.set_xlim(left * 1.05, right + 0.34 * (right - left or 1.0))
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.grid(visible=False)
    said = theme.in_money(_("Customer equity, with its 90% interval, and per customer"), currency)
    if in_shares:
        theme.percent_axis(ax.xaxis)
        said = _("Share of customer equity, with its 90% interval; grey: share of customers")
    else:
        theme.money_axis(ax.xaxis, currency)
    return theme.finish(ax, result.title(), said, period=theme.today())


@plot.register
def due(result: NextPurchase, ax: Axes | None = None) -> Axes:
    """Draw how many customers are expected to buy again in each of the next weeks."""
    table, ax = result.by_week(), ax or theme.axes(height=3)
    columns(
        ax, table["customers"], lit(len(table), 0, rest="model"), labels=[*map(number, table["customers"])]
    )
    ax.set_xticks(range(len(table)), [theme.day_and_month(until) for until in table["until"]])
    theme.count_axis(ax.yaxis)
    ax.margins(y=0.12)
    said, below = (
        _("Customers expected to buy again, by the week in which that becomes likely"),
        _("Week until"),
    )
    ends = theme.span(result.as_of, table["until"].iloc[-1])
    return theme.finish(ax, result.title(), said, below, period=ends)
