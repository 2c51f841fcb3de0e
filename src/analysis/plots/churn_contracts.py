"""The charts of ``03_churn_contracts``: what was seen, and what model and average rate make of it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.churn.contracts import Contracts, ContractsCheck
from analysis.language import _, number
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import ACTUAL, beside, dots, name_ends, sized_ticks

COLOURS = theme.COLOURS
MOST_TICKS = 14


@plot.register
def contract_survival(result: Contracts, ax: Axes | None = None) -> Axes:
    """Draw the share of contracts still there after each renewal: seen, by the model, by the average rate."""
    table = result.renewals()
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
    due = dict(zip(table["renewal"], table["up_for_renewal"], strict=True))
    shown = at[:: -(-len(at) // MOST_TICKS)]
    counts = [f"\n({number(due[place])})" if due.get(place, np.nan) >= 0 else "" for place in shown]
    ax.set_xticks(shown, [number(place) + count for place, count in zip(shown, counts, strict=True)])
    ax.set_xlim(-0.15, at[-1] * 1.24)
    ax.set_ylim(0, 1.04)
    theme.percent_axis(ax.yaxis)
    below = _("Renewals since the start (contracts up for renewal); band: 90% interval of the model")
    return theme.finish(ax, result.title(), below, _("Contracts still there"))


@plot.register
def contract_check(result: ContractsCheck, ax: Axes | None = None) -> Axes:
    """Draw the share renewed since an earlier day by renewals made before: seen and expected."""
    groups = result.groups
    ax = ax or theme.axes()
    places = np.arange(len(groups))
    names = ("actual", "by_model", "model_low", "model_high", "by_average")
    actual, model, low, high, average = (groups[name] / groups["contracts"] for name in names)
    ax.bar(places, actual, width=0.62, color=ACTUAL, label=_("Actual"))
    dots(ax, places, model, (low, high), colour="main", label=_("The model, 90% interval"))
    ax.plot(places, average, "s", color=COLOURS["muted"], markersize=6, label=_("The average rate"))
    sized_ticks(ax, groups["renewals"], groups["contracts"])
    ax.set_xlim(-0.6, len(groups) - 0.4)
    ax.set_ylim(0, 1.04)
    ax.set_yticks(np.linspace(0, 1, 6))
    theme.percent_axis(ax.yaxis)
    theme.legend_above(ax, 3)
    return theme.finish(
        ax, result.title(), _("Renewals made before (contracts)"), _("Renewed every time since")
    )
