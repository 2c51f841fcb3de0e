"""The charts of ``03_churn``."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.churn import Calibration, ChurnRates, Effects, Horizon, Ranking, Risks, feature_label, rule_name
from analysis.churn.evaluation import BASELINES
from analysis.language import _, ngettext, number, percent
from analysis.plots import churn_contracts, churn_money, churn_survival, theme  # noqa: F401 this topic's too
from analysis.plots.drawing import plot
from analysis.plots.marks import beside, columns

COLOURS = theme.COLOURS
_STYLES = {"recency": "--", "silence": ":", "frequency": "-."}


@plot.register
def churn_rate(result: ChurnRates, ax: Axes | None = None) -> Axes:
    """Draw the churn rate by period as bars."""
    rates = result.frame
    ax = ax or theme.axes()
    labels = [_("nobody") if np.isnan(rate) else percent(rate, 1) for rate in rates["rate"]]
    columns(ax, rates["rate"].fillna(0), width=0.65, labels=labels if len(rates) <= 12 else ())
    theme.period_axis(ax.xaxis, [start.date() for start in rates["period"]], result.unit)
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, max(float(rates["rate"].max()) * 1.12, 0.05))
    return theme.finish(ax, result.title(), y=_("Lost, share of those active at the start"))


@plot.register
def return_curve(result: Horizon, ax: Axes | None = None) -> Axes:
    """Draw the share of purchases followed by another within so many days, and the horizon."""
    curve, horizon_days = result.curve, result.days
    ax = ax or theme.axes()
    days, share = curve["days"], curve["share"]
    ax.plot(days, share, drawstyle="steps-post", color=COLOURS["main"], linewidth=2)
    ax.axvline(horizon_days, color=COLOURS["highlight"], linewidth=1.5)
    right = horizon_days > 0.7 * float(curve["days"].max())
    text = _("horizon: {days} days").format(days=number(horizon_days))
    beside(ax, text, (horizon_days, 0.04), (-6 if right else 6, 0), colour="highlight", size=9.5)
    theme.percent_axis(ax.yaxis)
    theme.count_axis(ax.xaxis)
    ax.set_xlim(0, max(float(curve["days"].max()), horizon_days) * 1.02 + 1)
    ax.set_ylim(0, max(float(curve["share"].max()) * 1.1, 0.05))
    return theme.finish(
        ax, result.title(), _("Days since a purchase"), _("Share followed by another purchase")
    )


@plot.register
def gains(result: Ranking, ax: Axes | None = None) -> Axes:
    """Draw how many of those who did not buy are found by calling the customers ranked highest."""
    curves = result.gains
    ax = ax or theme.axes(height=4.6)
    ax.plot([0, 1], [0, 1], color=COLOURS["muted"], linewidth=1, label=_("At random"))
    for rule in BASELINES:
        curve = curves[curves["rule"] == rule]
        ax.plot(
            curve["called"],
            curve["found"],
            color=COLOURS["accent"],
            linestyle=_STYLES[rule],
            label=rule_name(rule),
        )
    mine = curves[curves["rule"] == "model"]
    ax.plot(mine["called"], mine["found"], color=COLOURS["main"], linewidth=2.2, label=rule_name("model"))
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(handles[::-1], labels[::-1], frameon=False, loc="lower right", fontsize=9)
    theme.shares_axes(ax)
    return theme.finish(
        ax,
        result.title(),
        _("Customers called, highest ranked first"),
        _("Of those who did not buy, found"),
    )


@plot.register
def reliability(result: Calibration, ax: Axes | None = None) -> Axes:
    """Draw what share did not buy against the probability the model gave."""
    bins = result.bins
    ax = ax or theme.axes(height=4.6)
    ax.plot([0, 1], [0, 1], color=COLOURS["muted"], linewidth=1, label=_("as many as the model said"))
    errors = [bins["observed"] - bins["observed_low"], bins["observed_high"] - bins["observed"]]
    ax.errorbar(
        bins["predicted"],
        bins["observed"],
        yerr=errors,
        fmt="o",
        color=COLOURS["main"],
        ecolor=COLOURS["main"],
        elinewidth=1.3,
        markersize=5,
    )
    ax.legend(frameon=False, loc="lower right", fontsize=9)
    theme.shares_axes(ax, 1.05)
    return theme.finish(
        ax,
        result.title(),
        _("Predicted probability of no purchase, mean of the group"),
        _("Actual share without a purchase (95% interval)"),
    )


@plot.register
def effects(result: Effects, ax: Axes | None = None) -> Axes:
    """Draw by what each feature multiplies the odds of no purchase."""
    table = result.frame
    ax = ax or theme.axes(height=0.9 + 0.42 * len(table) + 0.6)
    rows = table.iloc[::-1].reset_index(drop=True)
    colours = [COLOURS["bad"] if ratio > 1 else COLOURS["good"] for ratio in rows["odds_ratio"]]
    ax.hlines(rows.index, 1, rows["odds_ratio"], color=colours, linewidth=2)
    ax.scatter(rows["odds_ratio"], rows.index, color=colours, s=40, zorder=3)
    ax.axvline(1, color=COLOURS["muted"], linewidth=1)
    for place, ratio in rows["odds_ratio"].items():
        beside(ax, number(ratio, 2), (ratio, float(str(place))), (7 if ratio > 1 else -7, 0))
    reach = max(float(np.exp(np.abs(np.log(rows["odds_ratio"])).max())), 1.1) ** 1.35
    ax.set_xscale("log")
    ax.set_xlim(1 / reach, reach)
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10) if 1 / reach <= tick <= reach]
    ax.set_xticks(ticks, [number(tick, 1 if tick < 1 else 0) for tick in ticks])
    ax.set_xticks([], minor=True)
    ax.set_yticks(rows.index, [feature_label(name) for name in rows["feature"]])
    ax.grid(visible=False)
    return theme.finish(ax, result.title(), _("Odds ratio, per standard deviation"), beside=3.4)


@plot.register
def risk_bands(result: Risks, ax: Axes | None = None) -> Axes:
    """Draw recent net sales by band of risk, with the number of customers in each."""
    bands = result.bands()
    ax = ax or theme.axes()
    labels = [
        ngettext("{customers} customer", "{customers} customers", n).format(customers=number(n))
        for n in bands["customers"]
    ]
    colours = ["main", "main", "accent", "bad", "bad"]
    columns(ax, bands["recent_net_sales"], colours, width=0.7, labels=labels)
    names = [
        _("{low} to {high}").format(low=percent(low), high=percent(high))
        for low, high in zip(bands["low"], bands["high"], strict=True)
    ]
    ax.set_xticks(bands.index, names)
    ax.set_ylim(
        min(0.0, float(bands["recent_net_sales"].min())),
        max(float(bands["recent_net_sales"].max()) * 1.12, 1.0),
    )
    theme.money_axis(ax.yaxis, result.currency)
    return theme.finish(
        ax,
        result.title(),
        _("Risk of no purchase in the next {days} days").format(days=number(result.horizon)),
        _("Net sales in the last {days} days").format(days=number(result.horizon)),
    )
