"""The charts of ``03_churn``."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.churn import (
    Calibration,
    ChurnRates,
    Contest,
    Horizon,
    Importance,
    Risks,
    feature_label,
    rule_name,
)
from analysis.language import _, ngettext, number, percent
from analysis.plots import churn_contracts, churn_money, churn_survival, theme  # noqa: F401 this topic's too
from analysis.plots.drawing import plot
from analysis.plots.marks import beside, columns, name_ends

COLOURS = theme.COLOURS


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
def gains(result: Contest, ax: Axes | None = None) -> Axes:
    """Draw how many of those who did not buy are found by calling the customers ranked highest."""
    curves = result.gains
    ax = ax or theme.axes(height=4.6)
    shown = {
        result.rival: ("accent", "--", rule_name(result.rival)),
        result.chosen: ("main", "-", rule_name(result.chosen)),
    }
    others = [rule for rule in curves["rule"].unique() if rule not in {*shown, "share"}]
    for rule in others:
        curve = curves[curves["rule"] == rule]
        ax.plot(curve["called"], curve["found"], color=COLOURS["muted"], linewidth=0.8, label=_("Others"))
    ax.plot([0, 1], [0, 1], color=COLOURS["muted"], linewidth=1, linestyle=":", label=_("At random"))
    for rule, (colour, style, label) in shown.items():
        curve = curves[curves["rule"] == rule]
        ax.plot(curve["called"], curve["found"], style, color=COLOURS[colour], linewidth=2.2, label=label)
    named = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    ax.legend(list(named.values())[::-1], list(named)[::-1], frameon=False, loc="lower right", fontsize=9)
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
def dependence(result: Importance, ax: Axes | None = None) -> Axes:
    """Draw the mean risk by the value of the main features, over the middle nine tenths of the values."""
    ax = ax or theme.axes()
    names = list(dict.fromkeys(result.dependence["feature"]))
    ends = []
    for name, colour in zip(names, ("main", "accent", "highlight", "muted"), strict=False):
        curve = result.dependence[result.dependence["feature"] == name]
        value, risk = curve["value"].to_numpy(), curve["risk"].to_numpy()
        place = (value - value[0]) / max(value[-1] - value[0], 1e-9)
        ax.plot(place, risk, color=COLOURS[colour], linewidth=2.2 if name == names[0] else 1.5)
        digits = 0 if value[-1] >= 10 else 1
        text = _("{feature} ({low} to {high})").format(
            feature=feature_label(name), low=number(value[0], digits), high=number(value[-1], digits)
        )
        ends.append((text, float(risk[-1]), colour))
    top = max(float(result.dependence["risk"].max()) * 1.1, 0.05)
    name_ends(ax, 1.0, ends, 0.06 * top, (0.02 * top, top))
    ax.set_ylim(0, top)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 1], [_("lowest"), _("highest")])
    theme.percent_axis(ax.yaxis)
    return theme.finish(
        ax, result.title(), _("Value of the feature"), _("Mean risk of no purchase"), beside=3.4
    )


@plot.register
def risk_bands(result: Risks, ax: Axes | None = None) -> Axes:
    """Draw the value at stake by band of risk, with the number of customers in each."""
    bands = result.bands()
    ax = ax or theme.axes()
    labels = [
        ngettext("{customers} customer", "{customers} customers", n).format(customers=number(n))
        for n in bands["customers"]
    ]
    colours = ["main", "main", "accent", "bad", "bad"]
    columns(ax, bands["value"], colours, width=0.7, labels=labels)
    names = [
        _("{low} to {high}").format(low=percent(low), high=percent(high))
        for low, high in zip(bands["low"], bands["high"], strict=True)
    ]
    ax.set_xticks(bands.index, names)
    ax.set_ylim(
        min(0.0, float(bands["value"].min())),
        max(float(bands["value"].max()) * 1.12, 1.0),
    )
    theme.money_axis(ax.yaxis, result.currency)
    return theme.finish(
        ax,
        result.title(),
        _("Risk of no purchase in the next {days} days").format(days=number(result.horizon)),
        _("Value of the next 12 months")
        if result.valued
        else _("Net sales in the last {days} days").format(days=number(result.horizon)),
    )
