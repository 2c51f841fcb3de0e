"""Charts of the customer-base audit: how customers differ, cohorts, and where sales come from."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from analysis.language import _, number, percent, period
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import HATCH, beside, columns, hatch, waterfall
from analysis.portfolio import (
    Cohorts,
    CohortSales,
    CohortStack,
    Deciles,
    FactorChange,
    MarketIndex,
    Mix,
    SalesByPeriod,
    Spread,
    TwoCohorts,
)
from analysis.portfolio.audit import factor_names
from analysis.portfolio.factors import FACTORS
from analysis.portfolio.mix import dimension_names

_FAINT = (1.0, 1.0, 1.0, 0.4)
_PARTS = 8
_LABELS_FIT = 18


@plot.register
def sales(result: SalesByPeriod, ax: Axes | None = None) -> Axes:
    """Draw net sales of each period; one that is not over is hatched."""
    ax = ax or theme.axes()
    bars = columns(ax, result.frame["net_sales"])
    hatch(bars, result.frame["complete"])
    theme.period_axis(ax.xaxis, list(result.frame["period"]), result.unit)
    theme.money_axis(ax.yaxis, result.currency)
    if not result.frame["net_sales"].any():
        ax.set_ylim(0, 1)
    return theme.finish(ax, result.title(), y=_("Net sales"))


@plot.register
def spread(result: Spread, ax: Axes | None = None) -> Axes:
    """Draw how customers are spread over each measure, on logarithmic scales where tails are long.

    Parameters
    ----------
    result
        The measures.
    ax
        Where to draw the orders alone; by default a new figure with all four charts.
    """
    names = result.measure_names()
    drawn = [ax] if ax else theme.grid(2, 2, height=6.2)
    for place, (measure, one) in enumerate(zip(names, drawn, strict=False)):
        values = result.values[measure].dropna()
        values = values[values > 0]
        log = measure != "tenure" and len(values) > 0
        sns.histplot(values, bins=24, log_scale=log, color=theme.COLOURS["main"], ax=one, linewidth=0.4)
        if len(values):
            one.axvline(values.median(), color=theme.COLOURS["highlight"], linewidth=1.2, linestyle="--")
        theme.count_axis(one.yaxis)
        if measure == "value_per_order":
            theme.money_axis(one.xaxis, result.currency)
        else:
            theme.count_axis(one.xaxis, whole=False)
        label = names[measure] + (" " + _("(logarithmic)") if log else "")
        theme.finish(
            one, result.title() if place == 0 and ax else "", label, "" if place % 2 else _("Customers")
        )
    if not ax:
        theme.title_above(drawn[0], result.title())
    return drawn[0]


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


@plot.register
def deciles(result: Deciles, ax: Axes | None = None) -> Axes:
    """Draw the share of net sales that each decile of customers made."""
    ax = ax or theme.axes(height=3.6)
    shares = result.frame["share_of_sales"]
    colours = ["highlight", *["main"] * (len(shares) - 1)]
    columns(ax, shares, colours, labels=[percent(share, 1) for share in shares])
    ax.set_xticks(range(len(shares)), [number(decile) for decile in result.frame["decile"]])
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(min(0, shares.min() * 1.1), shares.max() * 1.12)
    decile = _("Decile of customers, those who bought most first")
    return theme.finish(ax, result.title(), decile, _("Share of net sales"))


@plot.register
def factor_change(result: FactorChange, ax: Axes | None = None) -> Axes:
    """Draw the steps from the earlier value to the later one, a step for each factor."""
    ax = ax or theme.axes(height=4)
    names = [textwrap.fill(factor_names()[name], 14) for name in result.factors["factor"]]
    first, second = (textwrap.fill(name, 14) for name in result.compared.names)
    before, now = result.value
    amounts = [before, *result.factors["effect"], now]
    waterfall(ax, [first, *names, second], amounts, result.compared.currency)
    return theme.finish(ax, result.title(), y=_("Margin") if result.has_margin else _("Net sales"))


@plot.register
def two_cohorts(result: TwoCohorts, ax: Axes | None = None) -> Axes:
    """Draw both cohorts by age, a chart for each factor.

    Parameters
    ----------
    result
        The cohorts.
    ax
        Where to draw the share who bought alone; by default a new figure with all three charts.
    """
    drawn = [ax] if ax else theme.grid(1, 3, width=9.6, height=3.6)
    colours = ("muted", "main")
    for one, factor in zip(drawn, ("retention", *FACTORS[1:]), strict=False):
        for (_cohort, line), name, colour in zip(
            result.frame.groupby("cohort"), result.names, colours, strict=True
        ):
            one.plot(line["age"], line[factor], "o-", color=theme.COLOURS[colour], ms=4, label=name)
        theme.count_axis(one.xaxis)
        one.set_ylim(0, result.frame[factor].max() * 1.15)
        if factor == "retention":
            theme.percent_axis(one.yaxis)
        elif factor == "value_per_purchase":
            theme.money_axis(one.yaxis, result.currency)
        else:
            theme.count_axis(one.yaxis, whole=False)
        theme.finish(one, result.title() if ax else "", _age_label(result.unit), factor_names()[factor])
    drawn[0].legend(frameon=False, fontsize=9, loc="lower left")
    if not ax:
        theme.title_above(drawn[0], result.title())
    return drawn[0]


@plot.register
def cohort_stack(result: CohortStack, ax: Axes | None = None) -> Axes:
    """Draw net sales of each period by cohort, the oldest at the bottom and darkest."""
    ax = ax or theme.axes(height=4.4)
    table = result.table()
    shades = sns.color_palette(f"{theme.SEQUENTIAL}_r", len(table) + 2)[: len(table)]
    base = np.zeros(table.shape[1])
    for shade, (cohort, line) in zip(shades, table.iterrows(), strict=True):
        heights = line.fillna(0).clip(lower=0).to_numpy(dtype="float64")
        name = period(pd.Timestamp(str(cohort)), result.cohorts.unit)
        ax.bar(
            range(len(heights)),
            heights,
            0.75,
            base,
            color=shade,
            label=name,
            edgecolor="white",
            linewidth=0.4,
        )
        base = base + heights
    theme.period_axis(
        ax.xaxis, [start.date() for start in pd.to_datetime(table.columns)], result.cohorts.unit
    )
    theme.money_axis(ax.yaxis, result.cohorts.currency)
    ax.set_ylim(top=base.max() * 1.08 or 1)
    if len(table) <= _LABELS_FIT:
        ax.figure.legend(
            *(part[::-1] for part in ax.get_legend_handles_labels()),
            loc="outside right upper",
            frameon=False,
            fontsize=9,
            title=_("Won in"),
        )
    return theme.finish(ax, result.title(), y=_("Net sales"))


@plot.register
def mix(result: Mix, ax: Axes | None = None) -> Axes:
    """Draw the share of each part, and beside it that of a year before, a chart for each dimension.

    Parameters
    ----------
    result
        The mix.
    ax
        Where to draw the first dimension alone; by default a new figure with all of them.
    """
    groups = list(result.frame.groupby("dimension", sort=False))
    rows = -(-len(groups) // 2)
    drawn = [ax] if ax else theme.grid(rows, min(len(groups), 2), height=0.9 + 2.6 * rows, width=9.6)
    for (dimension, parts), one in zip(groups, drawn, strict=False):
        shown = parts.head(_PARTS).iloc[::-1]
        names = [textwrap.shorten(name, 26, placeholder="…") for name in shown["part"]]
        one.barh(range(len(shown)), shown["share"], color=theme.COLOURS["main"], height=0.6)
        one.plot(shown["share_before"], range(len(shown)), "D", color=theme.COLOURS["accent"], ms=5)
        one.set_yticks(range(len(shown)), names, parse_math=False)
        for place, share in enumerate(shown["share"]):
            end = np.nanmax([share, shown["share_before"].iloc[place], 0])
            beside(one, percent(share), (end, place), (6, 0), size=8.5)
        one.grid(visible=False)
        one.set_xlim(0, float(np.nanmax(shown[["share", "share_before"]].to_numpy())) * 1.25)
        theme.percent_axis(one.xaxis)
        theme.finish(one, result.title() if ax else dimension_names()[str(dimension)])
    for one in drawn[len(groups) :]:
        one.set_axis_off()
    if not ax:
        theme.title_above(drawn[0], result.title())
        bar, dot = Rectangle((0, 0), 1, 1, color=theme.COLOURS["main"]), drawn[0].lines[0]
        words = [_("share of net sales, last twelve months"), _("the twelve before")]
        drawn[0].figure.legend(
            [bar, dot], words, loc="outside lower left", ncols=2, frameon=False, fontsize=9
        )
    return drawn[0]


@plot.register
def market_index(result: MarketIndex, ax: Axes | None = None) -> Axes:
    """Draw our share of customers and of net sales in each part against that of the market."""
    frame = result.frame.iloc[::-1]
    ax = ax or theme.axes(height=1.6 + 0.34 * len(frame))
    places = range(len(frame))
    highest = max(2.0, *frame["customer_index"].fillna(0), *frame["sales_index"].fillna(0))
    lowest = min(0.5, *(frame[["customer_index", "sales_index"]].replace(0, np.nan).min().fillna(0.5)))
    for column, colour, label in [
        ("customer_index", "main", _("Customers ÷ market")),
        ("sales_index", "accent", _("Net sales ÷ market")),
    ]:
        ax.plot(
            frame[column].clip(lower=lowest / 1.5),
            places,
            "o",
            color=theme.COLOURS[colour],
            ms=7,
            label=label,
        )
    ax.axvline(1, color=theme.COLOURS["muted"], linewidth=1)
    ax.set_xscale("log")
    ax.set_xlim(lowest / 2, highest * 1.5)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _place: number(value, 0 if value >= 1 else 2)))
    ax.set_yticks(places, list(frame["part"]), parse_math=False)
    theme.legend_above(ax, 2)
    return theme.finish(ax, result.title(), _("1 is as in the market (logarithmic)"))


def _hatch_cells(ax: Axes, later: pd.DataFrame, table: pd.DataFrame) -> None:
    complete = later.pivot_table(index="cohort", columns="age", values="complete").reindex_like(table)
    for row, column in np.argwhere(complete.to_numpy() == 0).tolist():
        ax.add_patch(Rectangle((column, row), 1, 1, fill=False, hatch=HATCH, edgecolor=_FAINT, linewidth=0))


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
