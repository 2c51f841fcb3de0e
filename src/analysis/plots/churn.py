"""The charts of ``03_churn``."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.churn import Horizon
from analysis.churn.evaluation import Calibration
from analysis.churn.importance import Importance
from analysis.churn.rates import ChurnRates
from analysis.churn.snapshots import feature_label
from analysis.language import _, number, percent
from analysis.plots import churn_contracts, churn_money, churn_survival, theme  # noqa: F401 this topic's too
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, beside, columns, dots, lit, name_ends

_HORIZONS = 4  # how far the curve of returns is drawn: what comes later is flat


@plot.register
def churn_rate(result: ChurnRates, ax: Axes | None = None) -> Axes:
    """Draw the churn rate by period as bars, and that of all together as a line."""
    rates, ax = result.frame, ax or theme.axes(height=3.6)
    labels = [_("nobody") if np.isnan(rate) else percent(rate, 1) for rate in rates["rate"]]
    columns(ax, rates["rate"].fillna(0), lit(len(rates), -1), 0.65, labels if len(rates) <= 12 else ())
    mean = float(rates["lost"].sum() / rates["active_before"].sum())
    ax.axhline(mean, color=COLOURS["muted"], linewidth=1, linestyle="--")
    name_ends(
        ax, len(rates) - 0.5, [(_("all periods\n{mean}").format(mean=percent(mean, 1)), mean, "muted")], 1
    )
    theme.period_axis(ax.xaxis, [start.date() for start in rates["period"]], result.unit)
    theme.percent_axis(ax.yaxis)
    ax.set_ylim(0, max(float(rates["rate"].max()) * 1.12, 0.05))
    said = _("Share of the customers active in the period before that did not buy in this one")
    return theme.finish(ax, result.title(), said, period=theme.periods(rates["period"], result.unit))


@plot.register
def return_curve(result: Horizon, ax: Axes | None = None) -> Axes:
    """Draw the share of purchases followed by another within so many days, and the horizon."""
    horizon, ax = result.days, ax or theme.axes(height=3.6)
    curve = result.curve[result.curve["days"] <= _HORIZONS * horizon]
    days, share = np.append(0, curve["days"]), np.append(0.0, curve["share"])
    ax.plot(days, share, drawstyle="steps-post", color=COLOURS["model"], linewidth=2.4)
    within = float(share[days <= horizon][-1])
    ax.plot([horizon, horizon, 0], [0, within, within], ":", color=COLOURS["highlight"], linewidth=1.2)
    ax.plot(horizon, within, "o", color=COLOURS["highlight"], markersize=8)
    text = _("{share} within {days} days").format(share=percent(within), days=number(horizon))
    right = horizon > 0.7 * float(days[-1])
    beside(ax, text, (horizon, within), (-9 if right else 9, 7 if right else -9), colour="highlight", size=10)
    theme.percent_axis(ax.yaxis)
    theme.count_axis(ax.xaxis)
    ax.set_xlim(0, max(float(days[-1]), horizon) * 1.02 + 1)
    ax.set_ylim(0, max(float(share.max()) * 1.1, 0.05))
    said = _("Share of purchases followed by another, those still open counted as long as they were observed")
    return theme.finish(ax, result.title(), said, _("Days since a purchase"))


@plot.register
def reliability(result: Calibration, ax: Axes | None = None) -> Axes:
    """Draw what share did not buy against the probability the model gave."""
    bins = result.shown[result.name]
    ax = ax or theme.axes(height=4.2)
    ax.plot([0, 1], [0, 1], color=COLOURS["model"], linewidth=1.6)
    beside(ax, _("as many as the model said"), (0.8, 0.8), (-8, 2), colour="model")
    ends = bins["observed_low"], bins["observed_high"]
    dots(ax, bins["predicted"], bins["observed"], ends, colour="actual")
    theme.shares_axes(ax, 1.05)
    said = _("Share of each group that did not buy, with its 95% interval")
    return theme.finish(
        ax, result.title(), said, _("Predicted probability of no purchase, mean of the group")
    )


@plot.register
def dependence(result: Importance, ax: Axes | None = None) -> Axes:
    """Draw the mean risk by the value of each main feature, over the middle 90 % of its values.

    Each has a chart of its own, the strongest first; on axes that are given, that one alone.
    """
    curves = result.dependence
    drawn = (
        [ax]
        if ax
        else theme.grid(-(-len(curves) // 2), min(len(curves), 2), height=2.3 * -(-len(curves) // 2))
    )
    top = max(*(1.1 * float(curve["risk"].max()) for curve in curves.values()), 0.05)
    for one, (name, curve), colour in zip(
        drawn, curves.items(), lit(len(curves), 0, rest="model"), strict=False
    ):
        one.plot(curve["value"], curve["risk"], color=COLOURS[colour], linewidth=2.4)
        one.set_title(feature_label(name), loc="left", fontsize=10, parse_math=False)
        one.set_ylim(0, top)
        theme.percent_axis(one.yaxis)
        theme.count_axis(one.xaxis, whole=False)
    for one in drawn[len(curves) :]:
        one.set_axis_off()
    said = _("Mean risk of no purchase if all customers had that value")
    theme.head(drawn[0], result.title(), said)
    return drawn[0]
