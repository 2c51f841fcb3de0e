"""The charts of ``04_ltv``."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num

from analysis.language import _, number, percent
from analysis.ltv.validation import rule_name
from analysis.plots import theme

COLOURS = theme.COLOURS


def _day(value: dt.date) -> float:
    """Return where a date stands on an axis of dates."""
    return float(date2num(value))  # type: ignore[no-untyped-call]


def _days(values: pd.Series) -> npt.NDArray[np.float64]:
    """Return where dates stand on an axis of dates."""
    return np.asarray(date2num(values.to_numpy()), np.float64)  # type: ignore[no-untyped-call]


def timeline(dates: pd.Series, as_of: dt.date, title: str, ax: Axes | None = None) -> Axes:
    """Draw one customer's purchases on a line of time, and the silence since.

    Parameters
    ----------
    dates
        Days on which the customer bought.
    as_of
        The last day that counts.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=2.1)
    days, end = _days(dates), _day(as_of)
    last = float(days.max())
    ax.plot([days.min(), last], [0, 0], color=COLOURS["main"], linewidth=2)
    ax.plot([last, end], [0, 0], color=COLOURS["muted"], linewidth=2, linestyle=":")
    ax.plot(days, np.zeros(len(days)), "o", color=COLOURS["main"], markersize=8)
    ax.plot([end], [0], "|", color=COLOURS["muted"], markersize=18)
    ax.annotate(
        _("gone, or only quiet?"),
        ((last + end) / 2, 0),
        (0, 8),
        textcoords="offset points",
        ha="center",
        color=COLOURS["highlight"],
    )
    span = end - float(days.min())
    ax.set_xlim(float(days.min()) - 0.03 * span, end + 0.08 * span + 1)
    ax.set_ylim(-1, 1)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)
    theme.date_axis(ax.xaxis)
    theme.title(ax, title)
    return ax


def alive_history(history: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw one customer's P(alive) day by day, with its purchases.

    Parameters
    ----------
    history
        The result of `analysis.ltv.alive_history`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    ax.plot(history["date"], history["p_alive"], color=COLOURS["main"], linewidth=2)
    bought = history[history["purchase"]]
    ax.plot(
        bought["date"], np.full(len(bought), 1.05), "v", color=COLOURS["accent"], markersize=6, clip_on=False
    )
    ax.annotate(
        _("purchases"),
        (bought["date"].iloc[-1], 1.05),
        (9, 0),
        textcoords="offset points",
        va="center",
        color=COLOURS["accent"],
        fontsize=9,
    )
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, 1.09)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.set_ylabel(_("P(alive)"))
    theme.date_axis(ax.xaxis)
    theme.title(ax, title)
    return ax


def p_alive(values: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw how P(alive) is spread over the repeat buyers.

    Parameters
    ----------
    values
        ``x`` and ``p_alive`` of each customer; those with ``x`` = 0 are left out.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    counts, edges = np.histogram(values.loc[values["x"] > 0, "p_alive"], bins=20, range=(0, 1))
    colours = [COLOURS["bad"] if edge < 0.5 else COLOURS["main"] for edge in edges[:-1]]
    ax.bar(edges[:-1], counts, width=0.047, align="edge", color=colours)
    ax.annotate(
        _("more likely gone"), (0.25, 0.95), xycoords="axes fraction", ha="center", color=COLOURS["bad"]
    )
    ax.annotate(
        _("more likely alive"), (0.75, 0.95), xycoords="axes fraction", ha="center", color=COLOURS["main"]
    )
    ax.set_xlim(0, 1)
    ax.set_ylim(0, max(counts.max() * 1.15, 1))
    theme.percent_axis(ax.xaxis)
    theme.count_axis(ax.yaxis)
    ax.set_xlabel(_("P(alive) of customers with at least one repeat purchase"))
    ax.set_ylabel(_("Customers"))
    theme.title(ax, title)
    return ax


def by_frequency(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw mean purchases in the holdout by what customers had done before.

    Parameters
    ----------
    table
        The result of `analysis.ltv.by_frequency`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=4.6)
    places = np.arange(len(table))
    ax.bar(places, table["actual"], width=0.62, color="#D5D8DC", label=_("What came"))
    ax.plot(places, table["expected"], "o-", color=COLOURS["main"], linewidth=1.8, label=rule_name("expected"))
    ax.plot(
        places,
        table["same_rate"],
        "s--",
        color=COLOURS["accent"],
        linewidth=1.2,
        label=rule_name("same_rate"),
    )
    ax.set_xticks(
        places, [f"{x}\n({number(n)})" for x, n in zip(table["x"], table["customers"], strict=True)]
    )
    ax.legend(frameon=False, loc="upper left", fontsize=9)
    ax.set_xlabel(_("Repeat purchases before the holdout (customers)"))
    ax.set_ylabel(_("Purchases in the holdout, per customer"))
    theme.count_axis(ax.yaxis)
    theme.title(ax, title)
    return ax


def tracking(track: pd.DataFrame, cutoff: dt.date, title: str, ax: Axes | None = None) -> Axes:
    """Draw cumulative repeat purchases, actual and expected, through calibration and holdout.

    Parameters
    ----------
    track
        The result of `analysis.ltv.tracking`.
    cutoff
        Last day the model saw.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    ax.plot(track["date"], track["actual"], color=COLOURS["main"], linewidth=2.2)
    for part in (track[~track["holdout"]], track[track["holdout"]]):
        ax.plot(part["date"], part["expected"], color=COLOURS["accent"], linewidth=1.8, linestyle="--")
    ax.axvline(_day(cutoff), color=COLOURS["muted"], linewidth=1)
    ax.annotate(
        _("fitted on the left,\nforecast on the right"),
        (_day(cutoff), 0),
        (6, 6),
        textcoords="offset points",
        color=COLOURS["muted"],
        fontsize=9,
    )
    last = track.iloc[-1]
    ax.plot([last["date"]] * 2, [last["low"], last["high"]], color=COLOURS["accent"], linewidth=5, alpha=0.5)
    higher = last["actual"] >= last["expected"]
    for name, label, colour in (
        ("actual", _("came"), COLOURS["main"]),
        ("expected", _("expected"), COLOURS["accent"]),
    ):
        up = (name == "actual") == higher
        ax.annotate(
            label,
            (last["date"], last[name]),
            (5, 4 if up else -4),
            textcoords="offset points",
            va="bottom" if up else "top",
            color=colour,
            fontsize=9.5,
        )
    span = track["date"].iloc[-1] - track["date"].iloc[0]
    ax.set_xlim(track["date"].iloc[0], last["date"] + max(span * 0.14, pd.Timedelta(days=7)))
    ax.set_ylim(0, max(float(track[["actual", "expected"]].to_numpy().max()) * 1.08, 1))
    theme.count_axis(ax.yaxis)
    theme.date_axis(ax.xaxis)
    ax.set_ylabel(_("Repeat purchases since the start"))
    theme.title(ax, title)
    return ax


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
        ax.annotate(
            number(middle),
            (middle, place),
            (0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    ax.set_yticks(places, rows["what"])
    ax.set_ylim(-0.6, len(rows) - 0.3)
    ax.set_xlim(0, max(float(np.nanmax(values)) * 1.1, 1))
    ax.grid(visible=False)
    theme.count_axis(ax.xaxis)
    ax.set_xlabel(_("Repeat purchases per week (bar: {level} interval)").format(level=percent(level)))
    theme.title(ax, title)
    return ax


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
    at = float(np.interp(0.2, shares["customers_share"], shares["equity_share"]))
    ax.plot([0.2, 0.2, 0], [0, at, at], color=COLOURS["highlight"], linewidth=1, linestyle=":")
    ax.plot(0.2, at, "o", color=COLOURS["highlight"])
    ax.annotate(
        percent(at), (0.2, at), (8, -4), textcoords="offset points", va="top", color=COLOURS["highlight"]
    )
    ax.annotate(
        _("if all were worth the same"),
        (0.72, 0.7),
        (6, -8),
        textcoords="offset points",
        color=COLOURS["muted"],
        fontsize=9,
    )
    theme.percent_axis(ax.xaxis)
    theme.percent_axis(ax.yaxis)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    ax.set_xlabel(_("Customers, the most valuable first"))
    ax.set_ylabel(_("Share of customer equity"))
    theme.title(ax, title)
    return ax
