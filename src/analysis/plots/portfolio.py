"""Charts of the customer portfolio: bridge, sales, concentration, activity, flow, cohorts."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from analysis.language import _, compact, date, month, number, percent, period, signed_percent
from analysis.periods import MONTH_DAYS
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import beside, columns, name_ends
from analysis.portfolio import (
    Activity,
    ActivityWindow,
    Cohorts,
    CohortSales,
    CohortStack,
    Concentration,
    ConcentrationTrend,
    CustomerFlow,
    Deciles,
    FactorChange,
    Growth,
    MarketIndex,
    Mix,
    Projection,
    Reactivation,
    SalesBridge,
    SalesByPeriod,
    SalesChange,
    Spread,
    TwoCohorts,
)
from analysis.portfolio.audit import factor_names
from analysis.portfolio.factors import FACTORS
from analysis.portfolio.mix import dimension_names

_HATCH = "////"
_FAINT = (1.0, 1.0, 1.0, 0.4)
_SEEN = 0.001
_PARTS = 8
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
    reach = max(float(changes["change"].abs().max()), 0.01) * 2.3
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
def concentration_trend(result: ConcentrationTrend, ax: Axes | None = None) -> Axes:
    """Draw the shares of the largest customers and the Gini coefficient, year by year."""
    ax = ax or theme.axes(height=3.8)
    frame, end = result.frame, len(result.frame) - 1
    lines = {
        "top_fifth": (_("largest 20%"), "main"),
        "gini": (_("Gini coefficient"), "muted"),
        "top_ten": (_("ten largest"), "highlight"),
    }
    for name, (_label, colour) in lines.items():
        ax.plot(range(end + 1), frame[name], "o-", color=theme.COLOURS[colour], linewidth=2, ms=4)
    ends = [(label, float(frame[name].iloc[-1]), colour) for name, (label, colour) in lines.items()]
    name_ends(ax, end, ends, step=0.06)
    ax.set_xticks(range(end + 1), [date(day) for day in frame["until"]])
    ax.set_xlim(-0.15, end + 0.45)
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, 1)
    return theme.finish(ax, result.title(), _("Year to"), _("Share of net sales; Gini"))


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
    _waterfall(ax, [first, *names, second], amounts, result.compared.currency)
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
        ("customer_index", "main", _("share of our customers ÷ of the market")),
        ("sales_index", "accent", _("share of our net sales ÷ of the market")),
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
