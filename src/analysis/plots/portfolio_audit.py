"""Charts of the customer-base audit: how customers differ, cohorts, and where sales come from."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis.language import _, compact, duration, listing, number, percent, period
from analysis.periods import MONTHS, ordinals
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, beside, frame, stack
from analysis.portfolio.audit import CohortStack, Spread, TwoCohorts
from analysis.portfolio.cohort import Cohorts
from analysis.portfolio.factors import FACTORS
from analysis.portfolio.growth import factor_names
from analysis.portfolio.mix import Mix

_BINS = 24
_PARTS = 8
_LABELS_FIT = 20
_SHADES = 6


@plot.register
def spread(result: Spread, ax: Axes | None = None) -> Axes:
    """Draw how customers are spread over each measure, or over orders alone on axes that are given."""
    drawn = [ax] if ax else theme.grid(2, 2, height=5.4)
    for one, place in zip(drawn, range(4), strict=False):
        values, label = result.values.iloc[:, place], result.values.columns[place]
        log = place < 3 and bool(values.gt(0).any())
        positive = values[values > 0].to_numpy(float)
        counts, edges = np.histogram(np.log10(positive) if log else positive, bins=_BINS)
        edges = 10**edges if log else edges
        one.bar(edges[:-1], counts, np.diff(edges), align="edge", color=COLOURS["actual"], ec="black", lw=0.4)
        one.set_xscale("log" if log else "linear")
        one.axvline(values.median(), color=COLOURS["highlight"], linewidth=1.4, linestyle="--")
        theme.count_axis(one.yaxis)
        theme.count_axis(one.xaxis, whole=False)
        if place == 1:
            theme.money_axis(one.xaxis, result.currency)
        one.set(xlabel=label + " " + _("(logarithmic)") if log else label, ylabel="")
    theme.head(drawn[0], result.title(), _("Number of customers by each measure; dashed: the median"))
    return drawn[0]


@plot.register
def retention(result: Cohorts, ax: Axes | None = None) -> Axes:
    """Draw the share of each cohort that bought again, by periods since the first purchase.

    The first period, always 100 %, is left out; what is not observed whole stays empty. A long history is
    drawn by quarters, or by years, of the cohort and of its age: the mean share.
    """
    later = result.frame[(result.frame["age"] > 0) & result.frame["complete"]]
    most, length = int(later["age"].max()) * MONTHS[result.unit], MONTHS[result.unit]
    fitting = [unit for unit in MONTHS if MONTHS[unit] >= length and most <= _LABELS_FIT * MONTHS[unit]]
    unit = next(iter(fitting), "year")
    step = MONTHS[unit] // length
    starts = later.groupby(ordinals(later["cohort"], unit))["cohort"].transform("min")
    groups = later.assign(cohort=starts, age=-(-later["age"] // step))
    sums = groups.groupby(["cohort", "age"])[["customers", "size"]].sum()
    table = (sums["customers"] / sums["size"]).unstack()  # noqa: PD010 a series has no pivot_table
    sizes = groups[~later.duplicated("cohort")].groupby("cohort")["size"].sum()
    names = [f"{period(cohort, unit)} ({number(sizes[cohort])})" for cohort in table.index]
    ax = ax or theme.axes(height=min(1.2 + 0.3 * len(table), 8))
    cells = {"annot": 100 * table, "fmt": ".0f", "annot_kws": {"fontsize": 9}, "cbar": False}
    sns.heatmap(table.set_axis(names), ax=ax, cmap=theme.SEQUENTIAL, vmin=0, linewidths=0.5, **cells)
    theme.style(ax).grid(visible=False)
    ax.tick_params(rotation=0)
    frame(ax, 0, 0, rows=int(table.iloc[:, 0].count()))
    said = _("Of the customers of each cohort, so many in a hundred bought again; in brackets, its customers")
    if step > 1:
        said = _("Of each cohort, so many in a hundred bought in a {period}, on average").format(
            period=duration(1, result.unit)
        )
    return theme.finish(ax, result.title(), said, _age_label(unit))


@plot.register
def two_cohorts(result: TwoCohorts, ax: Axes | None = None) -> Axes:
    """Draw both cohorts by age, a chart for each factor, or who bought alone on axes that are given."""
    drawn = [ax] if ax else theme.grid(1, 3, height=2.9)
    older, *_factors, younger = result.bars
    for one, factor in zip(drawn, ("retention", *FACTORS[1:]), strict=False):
        lines = zip(result.frame.groupby("cohort"), (older, younger), ("actual", "highlight"), strict=True)
        top = float(result.frame[factor].max()) * 1.18
        older_line = next(iter(result.frame.groupby("cohort")))[1][["age", factor]].to_numpy().T
        for (_cohort, line), name, colour in lines:
            one.plot(line["age"], line[factor], "o-", color=COLOURS[colour], ms=5, label=name)
            at = line["age"].iloc[-1], line[factor].iloc[-1]
            up = 7 if at[1] >= np.interp(at[0], *older_line) else -7
            beside(one, name, at, (-1, up), colour="muted" if colour == "actual" else colour)
        theme.count_axis(one.xaxis)
        theme.count_axis(one.yaxis, whole=False)
        one.set_ylim(0, top)
        one.set_xlim(-0.15, result.frame["age"].max() + 0.15)
        one.set_title(factor_names()[factor], loc="left", fontsize=9.5)
        one.set_xlabel(_age_label(result.unit))
    theme.percent_axis(drawn[0].yaxis)
    if len(drawn) > 1:
        theme.money_axis(drawn[-1].yaxis, result.currency)
    said = _("Each cohort by its age: share that bought, purchases per customer, value per purchase")
    said = theme.in_money(said, result.currency)
    theme.head(
        drawn[0], result.title(), said, _("cohorts of {which}").format(which=listing([older, younger]))
    )
    return drawn[0]


@plot.register
def cohort_stack(result: CohortStack, ax: Axes | None = None) -> Axes:
    """Draw net sales of each period by cohort, the oldest at the bottom and darkest; many old ones together.

    Each is named with its share of the last period; the newest, which is not "earlier", stands out.
    """
    ax, table, cohorts = (
        ax or theme.axes(height=4.2),
        result.shown["cohort_stack"].fillna(0.0),
        result.cohorts,
    )
    if old := max(len(table) - _SHADES, 0):
        until = _("until {period}").format(period=table.index[old])
        table = pd.concat([table.iloc[: old + 1].sum().to_frame(until).T, table.iloc[old + 1 :]])
    shares = table.iloc[:, -1] / table.iloc[:, -1].sum()
    label = _("won in {cohort}: {share}")
    names = [label.format(cohort=name, share=percent(share)) for name, share in shares.items()]
    shades = [*sns.color_palette("Greys_r", len(table) + 2).as_hex()[1 : len(table)], "highlight"]
    starts = sorted(cohorts.frame["period"].unique())
    stack(ax, table.T.set_axis(names, axis=1), shades, lambda amount: compact(amount, cohorts.currency))
    theme.period_axis(ax.xaxis, starts, cohorts.unit)
    theme.money_axis(ax.yaxis, cohorts.currency)
    said = theme.in_money(_("Net sales of each period by when the customer was won"), cohorts.currency)
    return theme.finish(ax, result.title(), said)


@plot.register
def mix(result: Mix, ax: Axes | None = None) -> Axes:
    """Draw the share of each part below that of a year before, or the first dimension on axes given."""
    groups = list(result.frame.groupby("dimension", sort=False))
    rows = -(-len(groups) // 2)
    drawn = [ax] if ax else theme.grid(rows, min(len(groups), 2), height=0.3 + 2.5 * rows)
    moved = (result.frame["share"] - result.frame["share_before"]).abs().fillna(0).idxmax()
    for (dimension, parts), one in zip(groups, drawn, strict=False):
        shown = parts.head(_PARTS)
        names = [textwrap.shorten(str(name), 20, placeholder="…") for name in shown["part"]]
        colours = [COLOURS["highlight" if place == moved else "actual"] for place in shown.index]
        places = pd.RangeIndex(len(shown))
        bars = one.barh(places - 0.2, shown["share"], 0.4, color=colours)
        one.barh(places + 0.2, shown["share_before"].fillna(0), 0.4, color=COLOURS["before"])
        one.set_yticks(places, names, parse_math=False)
        one.bar_label(bars, [percent(share) for share in shown["share"]], padding=3, fontsize=9)
        one.invert_yaxis()
        one.grid(visible=False)
        one.margins(x=0.18)
        theme.percent_axis(one.xaxis)
        one.set_title(str(dimension), loc="left", fontsize=10, fontweight="bold", parse_math=False)
    for one in drawn[len(groups) :]:
        one.set_axis_off()
    said = _("Share of net sales; pale: the twelve months before")
    theme.head(drawn[0], result.title(), said, theme.lately())
    return drawn[0]


def _age_label(unit: str) -> str:
    return _("Age in periods of {length}").format(length=duration(1, unit))
