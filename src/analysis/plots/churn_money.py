"""What campaigns changed, and whom it pays to contact: the charts of money in ``03_churn``."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from analysis.churn.campaigns import CampaignEffects
from analysis.churn.contact_value import ContactValue
from analysis.language import _, number
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, band, beside, lines, points

LEAST = 50  # contacts that the curve shows at least; otherwise three times as many as are worth it


@plot.register
def effects(result: CampaignEffects, ax: Axes | None = None) -> Axes:
    """Draw each effect, the first on top, in colour where its interval leaves out 0."""
    names = ("effect", "effect_low", "effect_high")
    frame = result.frame.assign(**{name: 100 * result.frame[name] for name in names})
    ax = ax or theme.axes(height=0.9 + 0.5 * len(frame))
    colours = np.where((frame["effect_low"] > 0) | (frame["effect_high"] < 0), "model", "muted").tolist()
    label = _("{name}\n{treated} contacted, {control} not")
    rows = zip(result.names, *(frame[arm].map(number) for arm in ("treated", "control")), strict=True)
    labels = [label.format(name=name, treated=treated, control=control) for name, treated, control in rows]
    lines(ax, frame, names, labels, colours)
    for place, value in zip(range(len(frame))[::-1], frame["effect"], strict=True):
        beside(ax, f"{'+' if value > 0 else ''}{number(value, 1)}", (value, place), (0, 6))
    ax.axvline(0, color=COLOURS["muted"], linewidth=1)
    theme.count_axis(ax.xaxis, whole=False)
    said = _(
        "Change in the share that bought, in percentage points, with its 90% interval (grey: may be chance)"
    )
    return theme.finish(ax, result.title(), said)


@plot.register
def contact_value(result: ContactValue, ax: Axes | None = None) -> Axes:
    """Draw what contacting the first n customers brings in all, and where it is most."""
    best = result.pay
    curve = result.curve.head(max(3 * best, LEAST) + 1)
    curve = curve.iloc[points(len(curve))]
    ax = ax or theme.axes(height=4)
    said = _("Expected gain in all")
    if curve["gain_low"].notna().all():
        band(ax, curve["contacted"], curve["gain_low"], curve["gain_high"])
        said = _("Expected gain in all; band: range of the assumption, nothing is measured")
        if result.measured:
            said = _("Expected gain in all; band: 90% interval of the measured effect")
    ax.plot(curve["contacted"], curve["expected_gain"], color=COLOURS["model"], linewidth=2.2)
    ax.axhline(0, color=COLOURS["muted"], linewidth=1)
    if best:
        most = best, result.curve["expected_gain"][best]
        ax.plot(*most, "o", color=COLOURS["highlight"], markersize=8, zorder=3)
        text = _("{customers} contacted").format(customers=number(best))
        beside(ax, text, most, (8, 8), colour="highlight", size=10)
    theme.count_axis(ax.xaxis)
    theme.money_axis(ax.yaxis, result.currency)
    ax.margins(x=0, y=0.14)
    below = _("Customers contacted, those first with whom it pays most")
    return theme.finish(
        ax, result.title(), theme.in_money(said, result.currency), below, period=theme.today()
    )
