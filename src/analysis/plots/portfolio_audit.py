"""Charts of the customer-base audit: how customers differ, cohorts, and where sales come from."""

from __future__ import annotations

import textwrap

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis.language import _, duration, number, percent, period
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.portfolio.audit import CohortStack, Spread, TwoCohorts
from analysis.portfolio.cohort import Cohorts
from analysis.portfolio.factors import FACTORS
from analysis.portfolio.growth import factor_names
from analysis.portfolio.mix import Mix

_PARTS = 8
_LABELS_FIT = 18


@plot.register
def spread(result: Spread, ax: Axes | None = None) -> Axes:
    """Draw how customers are spread over each measure, or over orders alone on axes that are given."""
    drawn = [ax] if ax else theme.grid(2, 2, height=6.2)
    for one, place in zip(drawn, range(4), strict=False):
        values, label = result.values.iloc[:, place], result.values.columns[place]
        log = place < 3 and bool(values.gt(0).any())
        sns.histplot(
            values[values > 0], bins=24, log_scale=log, color=theme.COLOURS["main"], ax=one, linewidth=0.4
        )
        one.axvline(values.median(), color=theme.COLOURS["highlight"], linewidth=1.2, linestyle="--")
        theme.count_axis(one.yaxis)
        theme.count_axis(one.xaxis, whole=False)
        if place == 1:
            theme.money_axis(one.xaxis, result.currency)
        theme.finish(one, "", label + " " + _("(logarithmic)") if log else label, _("Customers"))
    return _titled(drawn, result.title())


@plot.register
def retention(result: Cohorts, ax: Axes | None = None) -> Axes:
    """Draw the share of each cohort that bought again, by periods since the first purchase.

    The first period, always 100 %, is left out; what is not observed whole stays empty.
    """
    later = result.frame[(result.frame["age"] > 0) & result.frame["complete"]]
    table = later.pivot_table(index="cohort", columns="age", values="retention")
    fits = table.shape[1] <= _LABELS_FIT
    sizes = zip(table.index, later.groupby("cohort")["size"].first(), strict=True)
    names = [f"{period(cohort, result.unit)} ({number(size)})" for cohort, size in sizes]
    ax = ax or theme.axes(width=8.6, height=min(2.2 + 0.3 * len(table), 8))
    sns.heatmap(
        table.set_axis(names),
        ax=ax,
        cmap=theme.SEQUENTIAL,
        vmin=0,
        annot=table.map(lambda share: percent(share) if pd.notna(share) else "") if fits else False,
        fmt="",
        annot_kws={"fontsize": 7.5},
        linewidths=0.5,
        cbar=not fits,
        xticklabels=-(-table.shape[1] // _LABELS_FIT),
        yticklabels=-(-len(table) // 30),
    )
    theme.style(ax).grid(visible=False)
    ax.tick_params(rotation=0)
    if (bar := ax.collections[0].colorbar) is not None:
        theme.percent_axis(bar.ax.yaxis)
    return theme.finish(ax, result.title(), _age_label(result.unit), _("Cohort (customers in it)"))


@plot.register
def two_cohorts(result: TwoCohorts, ax: Axes | None = None) -> Axes:
    """Draw both cohorts by age, a chart for each factor, or who bought alone on axes that are given."""
    drawn = [ax] if ax else theme.grid(1, 3, width=9.6, height=3.6)
    older, *_factors, younger = result.bars
    for one, factor in zip(drawn, ("retention", *FACTORS[1:]), strict=False):
        lines = zip(result.frame.groupby("cohort"), (older, younger), ("muted", "main"), strict=True)
        for (_cohort, line), name, colour in lines:
            one.plot(line["age"], line[factor], "o-", color=theme.COLOURS[colour], ms=4, label=name)
        theme.count_axis(one.xaxis)
        theme.count_axis(one.yaxis, whole=False)
        one.set_ylim(0, result.frame[factor].max() * 1.15)
        theme.finish(one, "", _age_label(result.unit), factor_names()[factor])
    theme.percent_axis(drawn[0].yaxis)
    if len(drawn) > 1:
        theme.money_axis(drawn[-1].yaxis, result.currency)
    drawn[0].legend(frameon=False, fontsize=9, loc="lower left")
    return _titled(drawn, result.title())


@plot.register
def cohort_stack(result: CohortStack, ax: Axes | None = None) -> Axes:
    """Draw net sales of each period by cohort, the oldest at the bottom and darkest."""
    ax, table, cohorts = ax or theme.axes(height=4.4), result.shown["cohort_stack"], result.cohorts
    shades = sns.color_palette(f"{theme.SEQUENTIAL}_r", len(table) + 2)[: len(table)]
    table.T.plot.bar(stacked=True, ax=ax, color=shades, width=0.75, edgecolor="white", lw=0.4, legend=False)
    theme.period_axis(ax.xaxis, sorted(cohorts.frame["period"].unique()), cohorts.unit)
    ax.tick_params(axis="x", rotation=0)
    theme.money_axis(ax.yaxis, cohorts.currency)
    if len(table) <= _LABELS_FIT:
        place = "outside right upper"
        ax.figure.legend(  # type: ignore[call-overload]
            reverse=True, loc=place, frameon=False, fontsize=9, title=_("Won in")
        )
    return theme.finish(ax, result.title(), y=_("Net sales"))


@plot.register
def mix(result: Mix, ax: Axes | None = None) -> Axes:
    """Draw the share of each part below that of a year before, or the first dimension on axes given."""
    groups = list(result.frame.groupby("dimension", sort=False))
    rows = -(-len(groups) // 2)
    drawn = [ax] if ax else theme.grid(rows, min(len(groups), 2), height=0.9 + 2.6 * rows, width=9.6)
    labels = {"share": _("last twelve months"), "share_before": _("the twelve before")}
    for (dimension, parts), one in zip(groups, drawn, strict=False):
        names = [textwrap.shorten(str(name), 26, placeholder="…") for name in parts["part"].head(_PARTS)]
        shown = parts.head(_PARTS)[[*labels]].rename(columns=labels)
        shades = [theme.COLOURS["main"], theme.COLOURS["muted"]]
        shown.plot.barh(ax=one, color=shades, width=0.8, legend=False)  # type: ignore[arg-type]
        one.set_yticks(range(len(names)), names, parse_math=False)
        one.bar_label(one.containers[0], fmt=percent, padding=3, fontsize=8.5)  # type: ignore[arg-type]
        one.invert_yaxis()
        one.grid(visible=False)
        one.margins(x=0.15)
        theme.percent_axis(one.xaxis)
        theme.finish(one, str(dimension))
    for one in drawn[len(groups) :]:
        one.set_axis_off()
    drawn[0].legend(loc="lower right", frameon=False, fontsize=9)
    return _titled(drawn, result.title())


def _titled(drawn: list[Axes], title: str) -> Axes:
    """Write the claim above all charts of a figure, or above the only one, and return the first."""
    write = theme.title_above if len(drawn) > 1 else theme.title
    write(drawn[0], title)
    return drawn[0]


def _age_label(unit: str) -> str:
    return _("Age in periods of {length}").format(length=duration(1, unit))
