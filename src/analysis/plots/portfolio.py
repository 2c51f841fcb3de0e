"""Charts of the customer portfolio: bridge, sales, concentration, activity, flow, cohorts."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.language import _, compact, number, percent, period, signed_percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import beside, columns
from analysis.portfolio import (
    Activity,
    ActivityWindow,
    Cohorts,
    CohortSales,
    Concentration,
    CustomerFlow,
    Growth,
    SalesBridge,
    SalesByPeriod,
    SalesChange,
)

_HATCH = "////"
_FAINT = (1.0, 1.0, 1.0, 0.4)
_SEEN = 0.001
_LABELS_FIT = 18
_GAP_TICKS = (1, 7, 30, 90, 180, 365, 730, 1825, 3650)


@plot.register
def bridge(result: SalesBridge, ax: Axes | None = None) -> Axes:
    """Draw the steps from gross sales down to net sales, each with its amount."""
    ax = ax or theme.axes(height=3.6)
    steps = result.steps()
    _waterfall(ax, list(steps["step"]), steps["amount"].tolist(), result.currency)
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
    _waterfall(ax, [first, *names, second], amounts, result.compared.currency)
    return theme.finish(ax, result.title(), y=_("Net sales"))


def _waterfall(ax: Axes, names: list[str], amounts: list[float], currency: str | None) -> None:
    """Draw a first total, the steps that follow, and the last total, each with its amount."""
    steps = np.asarray(amounts, float)
    ends = np.cumsum(steps[:-1])
    starts = np.concatenate([[0.0], ends[:-1], [0.0]])
    tops = np.maximum(starts, starts + steps)
    colours = ["muted", *("good" if step > 0 else "bad" for step in steps[1:-1]), "main"]
    places = np.arange(len(steps))
    ax.bar(places, steps, bottom=starts, color=[theme.COLOURS[name] for name in colours], width=0.6)
    ax.hlines(ends, places[:-1] + 0.3, places[1:] - 0.3, color=theme.COLOURS["muted"], linewidth=0.7)
    for place, (top, step) in enumerate(zip(tops, steps, strict=True)):
        beside(ax, compact(step, currency), (place, max(top, 0)), (0, 3))
    ax.set_xticks(places, names, parse_math=False)
    theme.money_axis(ax.yaxis, currency)
    ax.set_ylim(top=max(tops.max(), 0) * 1.12 or 1)


@plot.register
def sales(result: SalesByPeriod, ax: Axes | None = None) -> Axes:
    """Draw net sales of each period; one that is not over is hatched."""
    ax = ax or theme.axes()
    bars = columns(ax, result.frame["net_sales"])
    _hatch(bars, result.frame["complete"])
    theme.period_axis(ax.xaxis, list(result.frame["period"]), result.unit)
    theme.money_axis(ax.yaxis, result.currency)
    if not result.frame["net_sales"].any():
        ax.set_ylim(0, 1)
    return theme.finish(ax, result.title(), y=_("Net sales"))


@plot.register
def growth(result: Growth, ax: Axes | None = None) -> Axes:
    """Draw net sales of each year; in a new figure also the factors that moved, and the new customers.

    Parameters
    ----------
    result
        The years.
    ax
        Where to draw the net sales alone; by default a new figure with all three charts.
    """
    if ax is None:
        ax, below_left, below_right = theme.one_above_two(height=6.6)
        _factors(result, below_left)
        _new_customers(result, below_right)
    labels = [compact(net, result.currency) for net in result.years["net_sales"]]
    bars = columns(ax, result.years["net_sales"], width=0.6, labels=labels)
    _hatch(bars, result.years["complete"])
    theme.period_axis(ax.xaxis, list(result.years["year"]), "year")
    theme.money_axis(ax.yaxis, result.currency)
    ax.set_ylim(min(0, result.years["net_sales"].min() * 1.1), result.years["net_sales"].max() * 1.12)
    return theme.finish(ax, result.title(), y=_("Net sales"))


def _factors(result: Growth, ax: Axes) -> None:
    names = {
        "customers": _("Customers"),
        "purchases_per_customer": _("Purchases\nper customer"),
        "value_per_purchase": _("Value\nper purchase"),
    }
    changes = result.factors().iloc[::-1]
    colours = [theme.COLOURS["main" if change >= 0 else "accent"] for change in changes["change"]]
    ax.barh([names[factor] for factor in changes["factor"]], changes["change"], color=colours, height=0.55)
    for place, (change, effect) in enumerate(zip(changes["change"], changes["effect"], strict=True)):
        label = signed_percent(change, 1)
        if pd.notna(effect):
            label += "\n" + ("+" if effect > 0 else "") + compact(effect, result.currency)
        beside(ax, label, (change, place), (5 if change >= 0 else -5, 0), size=8.5)
    ax.axvline(0, color=theme.COLOURS["muted"], linewidth=0.8)
    reach = max(float(changes["change"].abs().max()), 0.01) * 1.9
    ax.set_xlim(-reach, reach)
    ax.grid(visible=False)
    theme.percent_axis(ax.xaxis)
    theme.title(ax, _("What moved"))


def _new_customers(result: Growth, ax: Axes) -> None:
    labels = [number(count) for count in result.years["new_customers"]]
    bars = columns(ax, result.years["new_customers"], "good", width=0.6, labels=labels)
    _hatch(bars, result.years["complete"])
    theme.period_axis(ax.xaxis, list(result.years["year"]), "year", most=6)
    theme.count_axis(ax.yaxis)
    ax.set_ylim(0, max(float(result.years["new_customers"].max()), 1) * 1.15)
    theme.title(ax, _("New customers"))


@plot.register
def lorenz(result: Concentration, ax: Axes | None = None) -> Axes:
    """Draw the Lorenz curve, the line of equality, and the point from which 80 % is made."""
    ax = ax or theme.axes(width=6.4, height=4.8)
    ax.plot([0, 1], [0, 1], color=theme.COLOURS["muted"], linewidth=1, linestyle="--")
    ax.plot(
        result.curve["share_of_customers"],
        result.curve["share_of_sales"],
        color=theme.COLOURS["main"],
        linewidth=2.2,
    )
    x = 1 - result.share_for_80
    y = float(np.interp(x, result.curve["share_of_customers"], result.curve["share_of_sales"]))
    ax.plot([x, x, 1], [0, y, y], color=theme.COLOURS["highlight"], linewidth=1, linestyle=":")
    ax.plot([x], [y], "o", color=theme.COLOURS["highlight"], markersize=6)
    ax.text(
        0.4,
        0.42,
        _("all buy the same"),
        rotation=45,
        rotation_mode="anchor",
        transform_rotates_text=True,
        ha="center",
        fontsize=9,
        color=theme.COLOURS["muted"],
    )
    words = _("customers to the right of the point make 80%")
    ax.text(0, 0.94, words, fontsize=9, color=theme.COLOURS["highlight"])
    theme.percent_axis(ax.xaxis)
    theme.percent_axis(ax.yaxis)
    return theme.finish(ax, result.title(), _("Share of customers, smallest first"), _("Share of net sales"))


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
        _hatch(bars, result.frame["complete"])
        base = base + heights
    ax.axhline(0, color=theme.COLOURS["muted"], linewidth=0.8)
    theme.period_axis(ax.xaxis, list(result.frame["period"]), result.unit)
    theme.count_axis(ax.yaxis)
    ax.figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return theme.finish(ax, result.title(), y=_("Customers (lost ones below the line)"))


@plot.register
def retention(result: Cohorts, ax: Axes | None = None) -> Axes:
    """Draw the share of each cohort that bought again, by periods since the first purchase.

    The first period, always 100 %, is left out; what is not observed yet stays empty; what is not over is
    hatched.
    """
    later = result.frame[result.frame["age"] > 0]
    table = later.pivot_table(index="cohort", columns="age", values="retention")
    sizes = result.frame.groupby("cohort")["size"].first().reindex(table.index)
    ax = ax or theme.axes(width=8.6, height=min(2.2 + 0.3 * len(table), 8))
    fits = table.shape[1] <= _LABELS_FIT
    sns.heatmap(
        table,
        ax=ax,
        cmap=theme.SEQUENTIAL,
        vmin=0,
        annot=table.map(lambda share: percent(share) if pd.notna(share) else "") if fits else False,
        fmt="",
        annot_kws={"fontsize": 7.5},
        linewidths=0.5,
        cbar=not fits,
    )
    _hatch_cells(ax, later, table)
    theme.style(ax).grid(visible=False)
    _cohort_labels(ax, table, sizes, result.unit)
    if (bar := ax.collections[0].colorbar) is not None:
        theme.percent_axis(bar.ax.yaxis)
    cohort = _("Cohort (customers in it)")
    return theme.finish(ax, result.title(), _age_label(result.unit), cohort)


@plot.register
def cohort_sales(result: CohortSales, ax: Axes | None = None) -> Axes:
    """Draw what a customer of each cohort has brought by each age, and the average over cohorts."""
    ax = ax or theme.axes()
    frame = result.cohorts.frame
    closed = frame[frame["complete"]]
    for _cohort, line in closed.groupby("cohort"):
        ax.plot(
            line["age"], line["sales_per_customer"], color=theme.COLOURS["muted"], linewidth=0.8, alpha=0.7
        )
    usual = result.cohorts.usual()
    ax.plot(
        usual["age"],
        usual["sales_per_customer"],
        color=theme.COLOURS["main"],
        linewidth=2.4,
        marker="o",
        ms=4,
    )
    end = usual.iloc[-1]
    beside(ax, _("average"), (end["age"], end["sales_per_customer"]), (4, -3), colour="main")
    theme.count_axis(ax.xaxis)
    theme.money_axis(ax.yaxis, result.cohorts.currency)
    sums = closed["sales_per_customer"]
    ax.set_ylim(min(0, sums.min() * 1.1), max(0, sums.max() * 1.1) or 1)
    return theme.finish(
        ax,
        result.title(),
        _age_label(result.cohorts.unit),
        _("Net sales so far per customer of the cohort"),
    )


def _hatch(bars: BarContainer, complete: pd.Series[bool]) -> None:
    for bar, done in zip(bars, complete, strict=True):
        if not done:
            bar.set(hatch=_HATCH, alpha=0.45, edgecolor="white")


def _hatch_cells(ax: Axes, later: pd.DataFrame, table: pd.DataFrame) -> None:
    complete = later.pivot_table(index="cohort", columns="age", values="complete").reindex_like(table)
    for row, column in np.argwhere(complete.to_numpy() == 0).tolist():
        ax.add_patch(Rectangle((column, row), 1, 1, fill=False, hatch=_HATCH, edgecolor=_FAINT, linewidth=0))


def _cohort_labels(ax: Axes, table: pd.DataFrame, sizes: pd.Series[int], unit: str) -> None:
    ages, rows = [int(age) for age in table.columns], range(0, len(table), -(-len(table) // 30))
    columns = range(0, len(ages), -(-len(ages) // _LABELS_FIT))
    ax.set_xticks(
        [column + 0.5 for column in columns], [number(ages[column]) for column in columns], rotation=0
    )
    names = [f"{period(table.index[row], unit)} ({number(sizes.iloc[row])})" for row in rows]
    ax.set_yticks([row + 0.5 for row in rows], names, rotation=0)


def _age_label(unit: str) -> str:
    return {
        "month": _("Months since the first purchase"),
        "quarter": _("Quarters since the first purchase"),
        "half_year": _("Half-years since the first purchase"),
        "year": _("Years since the first purchase"),
    }[unit]
