"""Charts of the check against the past: what came in grey, each model always in its own colour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, number
from analysis.ltv.backtest import rule_name
from analysis.ltv.backtest.baselines import NAIVE
from analysis.plots import theme
from analysis.plots.ltv.days import day
from analysis.plots.marks import CAME, beside, name_ends, sized_ticks

COLOURS = theme.COLOURS
FEWEST_PLACES = 4  # so that a group on its own is no wall
MODEL_COLOURS = {"bg_nbd": "main", "mbg_nbd": "accent", "pareto_nbd": "good"}
NAIVE_COLOURS = {"segments": "highlight", "last_period": "bad", "same_rate": "muted"}


def _models(frame: pd.DataFrame, others: Sequence[str]) -> list[str]:
    """Return the columns of ``frame`` that are models, in their order."""
    return [name for name in frame.columns if name not in (*others, *NAIVE)]


def colour(model: str) -> str:
    """Return the colour of a model, the same in every chart."""
    return COLOURS[MODEL_COLOURS.get(model, "highlight")]


def _lines(ax: Axes, table: pd.DataFrame, group: str) -> None:
    """Draw what came of each group as bars, the models as lines and the naive rules as dashed ones."""
    places, models = np.arange(len(table)), _models(table, (group, "customers", "actual"))
    ax.bar(places, table["actual"], width=0.62, color=CAME, label=_("What came"))
    for name in models:
        ax.plot(places, table[name], "o-", color=colour(name), linewidth=1.8, label=rule_name(name))
    for name, of_rule in NAIVE_COLOURS.items():
        if name in table:
            ax.plot(
                places,
                table[name],
                "s--",
                color=COLOURS[of_rule],
                linewidth=1,
                markersize=4,
                alpha=0.8,
                label=rule_name(name),
            )
    sized_ticks(ax, table[group], table["customers"])
    beside_groups = max(FEWEST_PLACES - len(table), 1.2) / 2
    ax.set_xlim(-beside_groups, len(table) - 1 + beside_groups)
    theme.count_axis(ax.yaxis, whole=False)
    theme.legend_above(ax, 4)


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
    _lines(ax, table, "x")
    return theme.finish(
        ax,
        title,
        _("Repeat purchases before the holdout (customers)"),
        _("Purchases in the holdout, per customer"),
    )


def by_recency(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw mean purchases in the holdout by the time since the last purchase.

    Parameters
    ----------
    table
        The result of `analysis.ltv.by_recency`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=4.6)
    _lines(ax, table, "weeks_since_last")
    return theme.finish(
        ax,
        title,
        _("Weeks since the last purchase, at the start of the holdout (customers)"),
        _("Purchases in the holdout, per customer"),
    )


def distribution(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw how many customers made 0, 1, 2, … purchases, and how many were expected to.

    Where the numbers span much, the scale is logarithmic, on which only the place of a mark says something.

    Parameters
    ----------
    table
        The result of `analysis.ltv.distribution` or `analysis.ltv.history_distribution`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=4.4)
    places = np.arange(len(table))
    models = _models(table, ("purchases", "actual"))
    values = table[["actual", *models]].to_numpy(float)
    spans_much = values[values > 0].max(initial=0) > 30 * values[values > 0].min(initial=np.inf)
    if spans_much:
        ends = places - 0.31, places + 0.31
        ax.hlines(table["actual"], *ends, color=COLOURS["muted"], linewidth=4, label=_("What came"))
    else:
        ax.bar(places, table["actual"], width=0.62, color=CAME, label=_("What came"))
    shifts = np.linspace(-0.2, 0.2, len(models)) if len(models) > 1 else np.zeros(1)
    for name, shift in zip(models, shifts, strict=True):
        ax.plot(places + shift, table[name], "o", color=colour(name), markersize=7, label=rule_name(name))
    if spans_much:
        ax.set_yscale("log")
        ax.set_ylim(bottom=max(values[values > 0].min() * 0.6, 0.5))
    theme.count_axis(ax.yaxis)
    ax.set_xticks(places, table["purchases"])
    theme.legend_above(ax, 4)
    customers = _("Customers (log scale)") if spans_much else _("Customers")
    return theme.finish(ax, title, _("Purchases per customer"), customers)


def deciles(table: pd.DataFrame, currency: str | None, title: str, ax: Axes | None = None) -> Axes:
    """Draw net sales per customer, expected and actual, by deciles of the forecast.

    Parameters
    ----------
    table
        The result of `analysis.ltv.value_deciles`.
    currency
        ISO 4217 code, or None.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    places = np.arange(len(table))
    ax.bar(places, table["outcome"], width=0.62, color=CAME, label=_("What came"))
    ax.plot(places, table["predicted"], "o-", color=COLOURS["main"], linewidth=1.8, label=_("Expected"))
    theme.money_axis(ax.yaxis, currency)
    ax.set_xticks(places, [number(decile) for decile in table["decile"]])
    theme.legend_above(ax, 2)
    return theme.finish(
        ax,
        title,
        _("Tenth of customers, those with the highest forecast first"),
        _("Net sales in the holdout, per customer"),
    )


def tracking(track: pd.DataFrame, cutoff: dt.date, title: str, ax: Axes | None = None) -> Axes:
    """Draw cumulative repeat purchases, actual and expected, through calibration and holdout.

    Parameters
    ----------
    track
        The result of `analysis.ltv.tracking`.
    cutoff
        Last day the models saw.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    models = _models(track, ("date", "holdout", "actual", "low", "high"))
    ax.plot(track["date"], track["actual"], color=COLOURS["muted"], linewidth=3)
    _expected(ax, track, models)
    _mark_cutoff(ax, cutoff)
    last = track.iloc[-1]
    ax.plot([last["date"]] * 2, [last["low"], last["high"]], color=colour(models[0]), linewidth=6, alpha=0.35)
    top = max(float(track[["actual", *models]].to_numpy().max()) * 1.08, 1)
    _label_ends(ax, track, models, top)
    span = track["date"].iloc[-1] - track["date"].iloc[0]
    room = 0.14 if len(models) == 1 else 0.2
    ax.set_xlim(track["date"].iloc[0], last["date"] + max(span * room, pd.Timedelta(days=7)))
    ax.set_ylim(0, top)
    theme.count_axis(ax.yaxis)
    theme.date_axis(ax.xaxis)
    return theme.finish(ax, title, y=_("Repeat purchases since the start"))


def weekly(weeks: pd.DataFrame, cutoff: dt.date, title: str, ax: Axes | None = None) -> Axes:
    """Draw repeat purchases week by week, actual and expected.

    Parameters
    ----------
    weeks
        The result of `analysis.ltv.weekly`.
    cutoff
        Last day the models saw.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    models = _models(weeks, ("date", "holdout", "actual"))
    ax.plot(weeks["date"], weeks["actual"], color=COLOURS["muted"], linewidth=1.4, label=_("What came"))
    _expected(ax, weeks, models)
    _mark_cutoff(ax, cutoff)
    ax.set_xlim(weeks["date"].iloc[0], weeks["date"].iloc[-1])
    ax.set_ylim(0, max(float(weeks[["actual", *models]].to_numpy().max()) * 1.08, 1))
    theme.legend_above(ax, len(models) + 1)
    theme.count_axis(ax.yaxis)
    theme.date_axis(ax.xaxis)
    return theme.finish(ax, title, y=_("Repeat purchases per week"))


def _expected(ax: Axes, track: pd.DataFrame, models: list[str]) -> None:
    """Draw what the models expected, in two parts: where they were fitted, and after it."""
    for name in models:
        for label, part in ((None, track[~track["holdout"]]), (rule_name(name), track[track["holdout"]])):
            ax.plot(
                part["date"],
                part[name],
                color=colour(name),
                linewidth=2 if name == models[0] else 1.2,
                linestyle="--",
                label=label,
            )


def _mark_cutoff(ax: Axes, cutoff: dt.date) -> None:
    ax.axvline(day(cutoff), color=COLOURS["muted"], linewidth=1)
    beside(ax, _("fitted on the left,\nforecast on the right"), (day(cutoff), 0), (6, 4), colour="muted")


def _label_ends(ax: Axes, track: pd.DataFrame, models: list[str], top: float) -> None:
    """Name each curve at its right end, names apart from each other."""
    last = track.iloc[-1]
    names = [_("expected")] if len(models) == 1 else [rule_name(name) for name in models]
    ends = [(_("came"), float(last["actual"]), "muted")]
    ends += [(name, float(last[model]), colour(model)) for model, name in zip(models, names, strict=True)]
    name_ends(ax, last["date"], ends, top * 0.055, (0, top))
