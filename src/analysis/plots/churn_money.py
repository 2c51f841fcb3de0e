"""What campaigns changed, and whom it pays to contact: the charts of money in ``03_churn``."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.churn.campaigns import CampaignEffects
from analysis.churn.contact_value import ContactValue
from analysis.language import _, number
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import beside

COLOURS = theme.COLOURS
LEAST = 50  # contacts that the curve shows at least; otherwise three times as many as are worth it


@plot.register
def effects(result: CampaignEffects, ax: Axes | None = None) -> Axes:
    """Draw each effect, the first on top, in colour where its interval leaves out 0."""
    frame = result.frame
    ax = ax or theme.axes(height=1.7 + 0.55 * len(frame))
    places = np.arange(len(frame))[::-1]
    effect, low, high = (100 * frame[name] for name in ("effect", "effect_low", "effect_high"))
    shades = [COLOURS[name] for name in np.where((low > 0) | (high < 0), "main", "muted")]
    ax.hlines(places, low, high, color=shades, linewidth=4, alpha=0.4)
    ax.scatter(effect, places, color=shades, s=60, zorder=3)
    for place, value in zip(places, effect, strict=True):
        beside(ax, f"{'+' if value > 0 else ''}{number(value, 1)}", (value, place), (0, 6))
    ax.axvline(0, color=COLOURS["muted"], linewidth=1)
    label = _("{name}\n{treated} contacted, {control} not")
    rows = zip(result.names, *(frame[arm].map(number) for arm in ("treated", "control")), strict=True)
    labels = [label.format(name=name, treated=treated, control=control) for name, treated, control in rows]
    ax.set_yticks(places, labels, parse_math=False)
    ax.set_ylim(-0.6, len(frame) - 0.3)
    theme.count_axis(ax.xaxis, whole=False)
    ax.grid(visible=False, axis="y")
    below = _("Change in the share that bought, percentage points, with the 90% interval")
    return theme.finish(ax, result.title(), below, beside=2.6)


@plot.register
def contact_value(result: ContactValue, ax: Axes | None = None) -> Axes:
    """Draw what contacting the first n customers brings in all, and where it is most."""
    best = int(result.shown["contact_value"]["worth_contacting"].sum())
    curve = result.curve.head(max(3 * best, LEAST) + 1)
    ax = ax or theme.axes(height=4.6)
    below = _("Customers contacted, those first with whom it pays most")
    if curve["gain_low"].notna().all():
        ends = (curve["contacted"], curve["gain_low"], curve["gain_high"])
        ax.fill_between(*ends, color=COLOURS["main"], alpha=0.18, linewidth=0)
        below = _("Customers contacted, those first with whom it pays most; band: 90% interval of the effect")
    ax.plot(curve["contacted"], curve["expected_gain"], color=COLOURS["main"], linewidth=2)
    ax.axhline(0, color=COLOURS["muted"], linewidth=1)
    if best:
        most = best, curve["expected_gain"][best]
        ax.plot(*most, "o", color=COLOURS["highlight"], markersize=8, zorder=3)
        text = _("{customers} contacted").format(customers=number(best))
        beside(ax, text, most, (8, 8), colour="highlight", size=9.5)
    theme.count_axis(ax.xaxis)
    theme.money_axis(ax.yaxis, result.currency)
    ax.margins(x=0, y=0.14)
    return theme.finish(ax, result.title(), below, _("Expected gain in all"))
