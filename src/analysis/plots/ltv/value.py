"""Charts of what customers will buy and what they are worth."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, money, number, percent
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
        beside(ax, number(middle), (middle, place), (0, 8))
    ax.set_yticks(places, rows["what"])
    ax.set_ylim(-0.6, len(rows) - 0.3)
    ax.set_xlim(0, max(float(np.nanmax(values)) * 1.1, 1))
    ax.grid(visible=False)
    theme.count_axis(ax.xaxis)
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
    return theme.finish(ax, title, _("Customers, the most valuable first"), _("Share of customer equity"))


def by_group(table: pd.DataFrame, currency: str | None, title: str, ax: Axes | None = None) -> Axes:
    """Draw each group's share of customers beside its share of customer equity.

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
    ax = ax or theme.axes(height=1.3 + 0.42 * len(table))
    places = np.arange(len(table))[::-1]
    shares = table["share_of_equity"].fillna(0.0)
    ax.barh(places - 0.19, table["share_of_customers"], 0.36, color=COLOURS["muted"], label=_("Customers"))
    ax.barh(places + 0.19, shares, 0.36, color=COLOURS["main"], label=_("Customer equity"))
    tips = shares
    if "equity_low" in table and table["clv"].sum() > 0:
        lows, highs = (table[end] / table["clv"].sum() for end in ("equity_low", "equity_high"))
        level = _("{level} interval").format(level=percent(0.9))
        ax.hlines(places + 0.19, lows, highs, color=COLOURS["accent"], linewidth=3, label=level)
        tips = shares.clip(lower=highs)
    reach = float(max(tips.max(), table["share_of_customers"].max()))
    for place, share, tip, each in zip(places, shares, tips, table["clv_per_customer"], strict=True):
        text = _("{share}, {each} each").format(share=percent(share), each=money(each, currency))
        ax.annotate(
            text,
            (tip, place + 0.19),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=COLOURS["main"],
            parse_math=False,
        )
    names = [textwrap.fill(str(group), LONGEST_NAME).replace("$", r"\$") for group in table["group"]]
    ax.set_yticks(places, names)
    ax.set_xlim(0, reach * 1.32)
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.grid(visible=False)
    theme.percent_axis(ax.xaxis)
    ax.legend(frameon=False, loc="lower right", fontsize=9)
    ax.set_xlabel(_("Share of all"))
    theme.title(ax, title)
    return ax


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
    ends = [(_("cost to acquire"), cost, "bad"), (_("margin so far"), float(margin[-1]), "main")]
    name_ends(ax, months[-1], ends, 0.055 * (high - low))
    ax.set_xlim(0, months[-1] * 1.2)
    ax.set_ylim(low, high)
    theme.money_axis(ax.yaxis, currency)
    theme.count_axis(ax.xaxis)
    return theme.finish(ax, title, _("Months since the first purchase"), _("Money per customer"))
