"""Charts of what customers will buy and what they are worth."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, brief, percent
from analysis.ltv.value import TOP, held_by_top
from analysis.plots import theme
from analysis.plots.marks import beside, name_ends

COLOURS = theme.COLOURS
LONGEST_NAME = 18  # letters of a group on one line


def per_week(rows: pd.DataFrame, level: float, title: str, ax: Axes | None = None) -> Axes:
    """Draw purchases per week that came, had been expected and are expected, with their intervals.

    Parameters
    ----------
    rows
        The result of `analysis.ltv.per_week`.
    level
        Level of the intervals.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=3.1)
    colours = [COLOURS["accent"] if forecast else COLOURS["main"] for forecast in rows["forecast"]]
    places = np.arange(len(rows))[::-1]
    values = rows[["purchases", "low", "high"]].to_numpy(float)
    for place, colour, (middle, low, high) in zip(places, colours, values, strict=True):
        ax.plot([low, high], [place, place], color=colour, linewidth=4, alpha=0.5)
        ax.plot(middle, place, "o", color=colour, markersize=8)
        beside(ax, brief(round(middle, 2)), (middle, place), (0, 8))
    ax.set_yticks(places, rows["what"])
    ax.set_ylim(-0.6, len(rows) - 0.3)
    ax.set_xlim(0, float(np.nanmax(values)) * 1.1 or 1)
    ax.grid(visible=False)
    theme.count_axis(ax.xaxis, whole=False)
    return theme.finish(
        ax, title, _("Repeat purchases per week (bar: {level} interval)").format(level=percent(level))
    )


def equity(shares: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw the share of customer equity held by the most valuable customers.

    Parameters
    ----------
    shares
        The result of `analysis.ltv.equity_shares`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    ax.plot([0, 1], [0, 1], color=COLOURS["muted"], linewidth=1)
    ax.plot(shares["customers_share"], shares["equity_share"], color=COLOURS["main"], linewidth=2.2)
    at = held_by_top(shares)
    ax.plot([TOP, TOP, 0], [0, at, at], color=COLOURS["highlight"], linewidth=1, linestyle=":")
    ax.plot(TOP, at, "o", color=COLOURS["highlight"])
    beside(ax, percent(at), (TOP, at), (8, -4), colour="highlight", size=10)
    beside(ax, _("if all were worth the same"), (0.72, 0.7), (6, -1), colour="muted")
    theme.shares_axes(ax)
    ax.set_ylim(
        min(float(shares["equity_share"].min()), 0), max(float(shares["equity_share"].max()), 1) * 1.02
    )
    return theme.finish(ax, title, _("Customers, the most valuable first"), _("Share of customer equity"))


def by_group(table: pd.DataFrame, currency: str | None, title: str, ax: Axes | None = None) -> Axes:
    """Draw each group's share of customers beside its share of customer equity.

    Where a group loses money, shares of the sum mean nothing: its customer equity is drawn in money instead.

    Parameters
    ----------
    table
        The result of `analysis.ltv.by_group`; intervals are drawn where it has them, as shares of what all
        groups together are expected to be worth.
    currency
        ISO 4217 code, or None.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=1.5 + 0.42 * len(table))
    places = np.arange(len(table))[::-1]
    in_shares = bool(table["share_of_equity"].notna().all() and (table["clv"] >= 0).all())
    whole = float(table["clv"].sum()) if in_shares else 1.0
    values = table["clv"] / whole
    middles = places + (0.19 if in_shares else 0)
    ax.barh(middles, values, 0.36 if in_shares else 0.6, color=COLOURS["main"], label=_("Customer equity"))
    if in_shares:
        shares = table["share_of_customers"]
        ax.barh(places - 0.19, shares, 0.36, color=COLOURS["muted"], label=_("Customers"))
    else:
        shares = pd.Series(0.0, table.index)
        ax.axvline(0, color=COLOURS["muted"], linewidth=1)
    lows, tips = values.clip(upper=0), values.clip(lower=0)
    if "equity_low" in table:
        ends = table["equity_low"] / whole, table["equity_high"] / whole
        level = _("{level} interval").format(level=percent(0.9))
        ax.hlines(middles, *ends, color=COLOURS["accent"], linewidth=3, label=level)
        lows, tips = lows.clip(upper=ends[0]), tips.clip(lower=ends[1])
    for place, value, tip, each in zip(middles, values, tips, table["clv_per_customer"], strict=True):
        share = percent(value) if in_shares else brief(value, currency)
        text = _("{share}, {each} each").format(share=share, each=brief(each, currency))
        beside(ax, text, (tip, place), (4, 0), colour="main", size=8.5)
    names = [textwrap.fill(str(group), LONGEST_NAME).replace("$", r"\$") for group in table["group"]]
    ax.set_yticks(places, names)
    low, high = min(float(lows.min()), 0.0), max(float(tips.max()), float(shares.max()))
    ax.set_xlim(low * 1.05, high + 0.34 * (high - low or 1.0))
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.grid(visible=False)
    theme.legend_above(ax, 3)
    if in_shares:
        theme.percent_axis(ax.xaxis)
        return theme.finish(ax, title, _("Share of all"))
    theme.money_axis(ax.xaxis, currency)
    return theme.finish(ax, title, _("Customer equity"))


def due(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw how many customers are expected to buy again in each of the next weeks.

    Parameters
    ----------
    table
        The result of `analysis.ltv.due_by_week`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=3.4)
    ax.bar(table["until"], table["customers"], width=5.6, color=COLOURS["main"])
    theme.date_axis(ax.xaxis)
    theme.count_axis(ax.yaxis)
    return theme.finish(ax, title, _("Week until"), _("Customers expected to buy again"))


def payback(curve: pd.DataFrame, currency: str | None, title: str, ax: Axes | None = None) -> Axes:
    """Draw how the margin expected of a new customer grows against what it cost to win.

    Parameters
    ----------
    curve
        The curve of `analysis.ltv.Payback`.
    currency
        ISO 4217 code, or None.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    cost = float(curve["acquisition_cost"].iloc[0])
    margin, months = curve["margin"].to_numpy(float), curve["months"].to_numpy(float)
    ax.plot([0, months[-1]], [cost, cost], color=COLOURS["bad"], linewidth=1.4, linestyle="--")
    ax.plot(months, margin, color=COLOURS["main"], linewidth=2.2)
    ax.fill_between(months, margin, cost, where=margin >= cost, color=COLOURS["good"], alpha=0.15)
    ax.fill_between(months, margin, cost, where=margin <= cost, color=COLOURS["bad"], alpha=0.1)
    low, high = min(0.0, float(margin.min())), max(float(margin.max()), cost) * 1.12
    ends = [(_("cost to acquire"), cost, "bad"), (_("expected margin, added up"), float(margin[-1]), "main")]
    name_ends(ax, months[-1], ends, 0.055 * (high - low), (low + 0.05 * (high - low), high))
    ax.set_xlim(0, months[-1] * 1.2)
    ax.set_ylim(low, high)
    theme.money_axis(ax.yaxis, currency)
    theme.count_axis(ax.xaxis)
    return theme.finish(ax, title, _("Months since the first purchase"), _("Money per customer"))
