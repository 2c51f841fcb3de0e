"""The charts of ``03_churn_contracts``: what was seen, and what model and average rate make of it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.churn.contracts import Contracts, ContractsCheck
from analysis.language import _, number, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, band, beside, dots, name_ends, sized_ticks

MOST_TICKS = 14


@plot.register
def contract_survival(result: Contracts, ax: Axes | None = None) -> Axes:
    """Draw the share of contracts still there after each renewal: seen, by the model, by the average rate."""
    table = result.renewals()
    ax = ax or theme.axes(height=4)
    at = np.append(0, table["renewal"])
    low, high, model, average, seen = (
        np.append(1.0, table[name])
        for name in ("survival_low", "survival_high", "model_survival", "average_survival", "survival")
    )
    band(ax, at, low, high)
    other = theme.ALTERNATIVES[0]
    ax.plot(at, average, color=other, linewidth=1.8, linestyle="--")
    ax.plot(at, model, color=COLOURS["model"], linewidth=2.2)
    ax.plot(at, seen, "o", color=COLOURS["muted"], markersize=7, zorder=3)
    beside(ax, _("seen"), (0, 1), (9, 0), colour="muted", size=9.5)
    label, last = _("{what}: {share}"), (float(model[-1]), float(average[-1]))
    names = [
        label.format(what=what, share=percent(end, 1))
        for what, end in zip((_("the model"), _("the average rate")), last, strict=True)
    ]
    name_ends(ax, at[-1], [(names[0], last[0], "model"), (names[1], last[1], other)], 0.06, (0.03, 1))
    due = dict(zip(table["renewal"], table["up_for_renewal"], strict=True))
    shown = at[:: -(-len(at) // MOST_TICKS)]
    counts = [f"\n({number(due[place])})" if due.get(place, np.nan) >= 0 else "" for place in shown]
    ax.set_xticks(shown, [number(place) + count for place, count in zip(shown, counts, strict=True)])
    ax.set_xlim(-0.15, at[-1])
    ax.set_ylim(0, 1.04)
    theme.percent_axis(ax.yaxis)
    said = _("Share of contracts still there, and the 90% interval of the model")
    return theme.finish(ax, result.title(), said, _("Renewals since the start (contracts up for renewal)"))


@plot.register
def contract_check(result: ContractsCheck, ax: Axes | None = None) -> Axes:
    """Draw the share renewed since an earlier day by renewals made before: seen and expected."""
    groups = result.groups
    ax = ax or theme.axes()
    places = np.arange(len(groups))
    names = ("actual", "by_model", "model_low", "model_high", "by_average")
    actual, model, low, high, average = (groups[name] / groups["contracts"] for name in names)
    ax.bar(places, actual, width=0.62, color=COLOURS["actual"], label=_("Actual"))
    dots(ax, places, model, (low, high), label=_("The model, 90% interval"))
    ax.plot(places, average, "s", color=theme.ALTERNATIVES[0], markersize=7, label=_("The average rate"))
    sized_ticks(ax, groups["renewals"], groups["contracts"])
    ax.set_xlim(-0.6, len(groups) - 0.4)
    ax.set_ylim(0, 1.04)
    ax.set_yticks(np.linspace(0, 1, 6))
    theme.percent_axis(ax.yaxis)
    theme.legend_above(ax, 3)
    said, days = _("Share of contracts renewed every time since"), theme.span(result.cutoff, result.as_of)
    return theme.finish(ax, result.title(), said, _("Renewals made before (contracts)"), period=days)
