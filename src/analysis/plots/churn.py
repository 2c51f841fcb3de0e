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
from analysis.plots.marks import beside, columns, dots, name_ends

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
def reliability(result: Calibration, ax: Axes | None = None) -> Axes:
    """Draw what share did not buy against the probability the model gave."""
    bins = result.shown[result.name]
    ax = ax or theme.axes(height=4.6)
    ax.plot([0, 1], [0, 1], color=COLOURS["muted"], linewidth=1, label=_("as many as the model said"))
    dots(
        ax,
        bins["predicted"],
        bins["observed"],
        (bins["observed_low"], bins["observed_high"]),
        colour="main",
        label=_("actual share, with its 95% interval"),
    )
    ax.legend(frameon=False, loc="lower right", fontsize=9)
    theme.shares_axes(ax, 1.05)
    return theme.finish(
        ax,
        result.title(),
        _("Predicted probability of no purchase, mean of the group"),
        _("Actual share without a purchase"),
    )


@plot.register
def dependence(result: Importance, ax: Axes | None = None) -> Axes:
    """Draw the mean risk by the value of the main features, over the middle 90 % of the values."""
    ax = ax or theme.axes()
    colours = ("main", "accent", "highlight", "muted")
    ends: list[tuple[str, float, str]] = []
    for (name, curve), colour in zip(result.dependence.items(), colours, strict=False):
        value, risk = curve["value"].to_numpy(), curve["risk"].to_numpy()
        place = (value - value[0]) / max(value[-1] - value[0], 1e-9)
        ax.plot(place, risk, color=COLOURS[colour], linewidth=1.5 if ends else 2.2)
        digits = 0 if value[-1] >= 10 else 1
        text = _("{feature} ({low} to {high})").format(
            feature=feature_label(name), low=number(value[0], digits), high=number(value[-1], digits)
        )
        ends.append((text, float(risk[-1]), colour))
    top = max(*(1.1 * float(curve["risk"].max()) for curve in result.dependence.values()), 0.05)
    name_ends(ax, 1.0, ends, 0.06 * top, (0.02 * top, top))
    ax.set_ylim(0, top)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 1], [_("lowest"), _("highest")])
    theme.percent_axis(ax.yaxis)
    return theme.finish(
        ax, result.title(), _("Value of the feature"), _("Mean risk of no purchase"), beside=3.4
    )
