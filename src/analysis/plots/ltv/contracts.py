"""Charts of contracts: what was seen, the model, and the rule that the average rate goes on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.language import _, number
from analysis.ltv.contracts.check import ContractsCheck
from analysis.plots import theme
from analysis.plots.ltv.backtest import CAME
from analysis.plots.marks import beside, dots, name_ends, sized_ticks

COLOURS = theme.COLOURS


def contract_survival(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw the share of contracts still there after each renewal: seen, by the model, by the average rate.

    Parameters
    ----------
    table
        The result of `analysis.ltv.renewal_table`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=4.6)
    at = np.append(0, table["renewal"])
    low, high, model, average, seen = (
        np.append(1.0, table[name])
        for name in ("survival_low", "survival_high", "model_survival", "average_survival", "survival")
    )
    ax.fill_between(at, low, high, color=COLOURS["main"], alpha=0.18, linewidth=0)
    ax.plot(at, average, color=COLOURS["muted"], linewidth=1.6, linestyle="--")
    ax.plot(at, model, color=COLOURS["main"], linewidth=2)
    ax.plot(at, seen, "o", color=COLOURS["accent"], markersize=7, zorder=3)
    beside(ax, _("seen"), (0, 1), (9, 0), colour="accent", size=9.5)
    ends = [(_("the model"), float(model[-1]), "main"), (_("the average rate"), float(average[-1]), "muted")]
    name_ends(ax, at[-1], ends, 0.055, (0.03, 1))
    _renewal_ticks(ax, table, start=0)
    ax.set_xlim(-0.15, at[-1] * 1.24)
    ax.set_ylim(0, 1.04)
    theme.percent_axis(ax.yaxis)
    below = _("Renewals since the start (contracts up for renewal); band: 90% interval of the model")
    return theme.finish(ax, title, below, _("Contracts still there"))


def contract_rates(table: pd.DataFrame, title: str, ax: Axes | None = None) -> Axes:
    """Draw the share renewed each time: seen, with its 95 % interval, by the model and on average.

    Parameters
    ----------
    table
        The result of `analysis.ltv.renewal_table`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes(height=4.4)
    at = table["renewal"]
    ax.plot(at, table["average_rate"], color=COLOURS["muted"], linestyle="--", label=_("The average rate"))
    ax.plot(at, table["model_rate"], "o-", color=COLOURS["main"], markersize=4, label=_("The model"))
    ends = (table["rate_low"], table["rate_high"])
    dots(ax, at, table["renewal_rate"], ends, colour="accent", label=_("Seen, 95% interval"))
    _renewal_ticks(ax, table, start=1)
    ax.set_ylim(0, 1.04)
    theme.percent_axis(ax.yaxis)
    theme.legend_above(ax, 3)
    return theme.finish(ax, title, _("Renewal (contracts up for it)"), _("Renewed"))


def _renewal_ticks(ax: Axes, table: pd.DataFrame, start: int) -> None:
    """Write below each renewal its number and how many contracts came up for it, thinned if many."""
    step = -(-len(table) // 14)
    names = {0: number(0)}
    for renewal, due in zip(table["renewal"], table["up_for_renewal"], strict=True):
        names[renewal] = number(renewal) + (f"\n({number(due)})" if pd.notna(due) else "")
    shown = [place for place in sorted(names) if place >= start and (place - start) % step == 0]
    ax.set_xticks(shown, [names[place] for place in shown])


def contract_check(check: ContractsCheck, title: str, ax: Axes | None = None) -> Axes:
    """Draw the share renewed since an earlier day by renewals made before: seen and expected.

    Parameters
    ----------
    check
        The result of `analysis.ltv.check_contracts`.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    groups = check.groups
    places = np.arange(len(groups))
    names = ("actual", "by_model", "model_low", "model_high", "by_average")
    actual, model, low, high, average = (groups[name] / groups["contracts"] for name in names)
    ax.bar(places, actual, width=0.62, color=CAME, label=_("What came"))
    dots(ax, places, model, (low, high), colour="main", label=_("The model, 90% interval"))
    ax.plot(places, average, "s", color=COLOURS["muted"], markersize=6, label=_("The average rate"))
    sized_ticks(ax, groups["renewals"], groups["contracts"])
    ax.set_xlim(-0.6, len(groups) - 0.4)
    ax.set_ylim(0, 1.04)
    ax.set_yticks(np.linspace(0, 1, 6))
    theme.percent_axis(ax.yaxis)
    theme.legend_above(ax, 3)
    return theme.finish(ax, title, _("Renewals made before (contracts)"), _("Renewed every time since"))


def contract_value(
    by_renewals: pd.DataFrame, currency: str | None, title: str, ax: Axes | None = None
) -> Axes:
    """Draw what a contract is worth by the renewals made: by the model and by the average rate.

    Parameters
    ----------
    by_renewals
        Of `analysis.ltv.ContractValue`.
    currency
        ISO 4217 code, or None.
    title
        The chart's claim.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or theme.axes()
    places = np.arange(len(by_renewals))
    bars = (("value_per_contract", _("The model"), "main"), ("average_value", _("The average rate"), "muted"))
    for shift, (name, label, shade) in zip((-0.19, 0.19), bars, strict=True):
        ax.bar(places + shift, by_renewals[name], width=0.36, color=COLOURS[shade], label=label)
    sized_ticks(ax, by_renewals["renewals"], by_renewals["contracts"])
    ax.set_xlim(-0.6, len(by_renewals) - 0.4)
    ax.set_ylim(0, max(float(by_renewals[["value_per_contract", "average_value"]].max().max()) * 1.05, 1))
    theme.money_axis(ax.yaxis, currency)
    theme.legend_above(ax, 2)
    return theme.finish(ax, title, _("Renewals made (contracts in force)"), _("Value per contract"))
