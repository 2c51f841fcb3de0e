"""Charts of profitability: whale curve, discounts, receivables, expenses."""

from __future__ import annotations

from textwrap import fill

import numpy as np
from matplotlib.axes import Axes

from analysis.language import _, compact, percent
from analysis.plots import theme
from analysis.plots.drawing import plot
from analysis.plots.marks import COLOURS, beside, columns, name_ends, points, stack
from analysis.profitability import Contribution, Discounts, Receivables, SellingExpenses

_NARROW = 14  # letters of a label below a column
_KINDS = 6


@plot.register
def whale_curve(result: Contribution, ax: Axes | None = None) -> Axes:
    """Draw the margin added up from the best customer on, and what those that lose money take off it."""
    ax = ax or theme.axes()
    x, y = result.curve().to_numpy().T
    top, few = int(y.argmax()), int(np.argmax(y >= 0.8 - 1e-9))
    ax.axhline(1, color=COLOURS["muted"], linewidth=1, linestyle="--")
    rising, best, falling = points(top + 1), points(few + 1), top + points(len(x) - top)
    ax.plot(x[rising], y[rising], color=COLOURS["actual"], linewidth=2.4)
    ax.plot(x[best], y[best], color=COLOURS["highlight"], linewidth=2.8)
    ax.plot(x[few], y[few], "o", color=COLOURS["highlight"], markersize=7)
    beside(
        ax,
        _("80% from {share} of customers").format(share=percent(x[few], 1)),
        (x[few], y[few]),
        (9, -3),
        colour="highlight",
    )
    ax.plot(x[falling], y[falling], color=COLOURS["bad"], linewidth=2.8)
    if len(result.lost):
        beside(ax, percent(y[top], 1), (x[top], y[top]), (-2, 6), colour="muted")
        lost = compact(float(result.lost.sum()), result.currency)
        beside(ax, _("lose money: {lost}").format(lost=lost), (1, 1), (-2, -5), colour="bad")
    theme.shares_axes(ax, max(float(y.max()), 1) * 1.15)
    said = _("Share of the contribution margin, added up from the most profitable customer on")
    below = _("Share of customers, most profitable first")
    return theme.finish(ax, result.title(), said, below, period=theme.lately(result.months))


@plot.register
def discounts(result: Discounts, ax: Axes | None = None) -> Axes:
    """Draw the discount of each group beside what others give on like purchases."""
    table = result.first.iloc[::-1]
    ax = ax or theme.axes(height=0.8 + 0.4 * len(table))
    places = np.arange(len(table))
    more = [COLOURS["bad" if excess > 0 else "actual"] for excess in table["excess"]]
    ax.barh(places, table["discount_rate"], color=more)
    ax.vlines(table["like_rate"], places - 0.4, places + 0.4, color="black", linewidth=1.8)
    for place, row in zip(places, table.to_dict("records"), strict=True):
        text = (
            _("{rate}: {amount} less than others")
            if row["excess"] < 0
            else _("{rate}: {amount} more than others")
        )
        amount = compact(abs(row["excess"]), result.currency)
        text = text.format(rate=percent(row["discount_rate"], 1), amount=amount)
        beside(ax, text, (max(row["discount_rate"], row["like_rate"]), place), (5, 0))
    ax.set_yticks(places, table["group"], parse_math=False)
    ax.grid(visible=False)
    theme.percent_axis(ax.xaxis)
    ax.set_xlim(0, table[["discount_rate", "like_rate"]].to_numpy(float).max() * 1.4)
    said = _("Discount, share of gross sales; the line: what others give on like purchases")
    return theme.finish(ax, result.title(), said, period=theme.lately(result.months))


@plot.register
def receivables(result: Receivables, ax: Axes | None = None) -> Axes:
    """Draw what is open by how late it is; in a new figure also the DSO at the end of each month."""
    if ax is None:
        ax, below = theme.grid(2, 1, 5.2)
        _dso(result, below)
    amounts = result.ageing["amount"]
    colours = ["actual", *["highlight"] * (len(amounts) - 1)]
    columns(ax, amounts, colours, 0.6, [compact(one, result.currency) for one in amounts])
    ax.set_xticks(range(len(amounts)), [fill(name, _NARROW) for name in result.ageing["bucket"]])
    theme.money_axis(ax.yaxis, result.currency)
    ax.margins(y=0.15)
    said = theme.in_money(_("What customers owe by how late it is"), result.currency)
    return theme.finish(ax, result.title(), said, period=theme.today())


def _dso(result: Receivables, ax: Axes) -> None:
    """Draw the DSO at the end of each month, by its definition and by count-back."""
    ends = []
    for column, name, colour in (
        ("dso", _("by definition"), "actual"),
        ("count_back", _("by count-back"), theme.ALTERNATIVES[0]),
    ):
        line = result.by_month[column]
        ax.plot(line, color=COLOURS.get(colour, colour), linewidth=2, marker="o", markersize=4)
        if len(known := line.dropna()):
            ends.append((name, float(known.iloc[-1]), "muted" if colour == "actual" else colour))
    theme.period_axis(ax.xaxis, [day.date() for day in result.by_month["month"]], "month")
    theme.count_axis(ax.yaxis)
    ax.set_ylim(0)
    if ends:
        name_ends(ax, len(result.by_month) - 1, ends, 0.12 * ax.get_ylim()[1])
    ax.set_title(_("Days of sales that customers owe (DSO)"), loc="left", fontsize=10, fontweight="bold")


@plot.register
def selling_expenses(result: SellingExpenses, ax: Axes | None = None) -> Axes:
    """Draw each month's expenses as a share of its net sales, kind on kind, with their sum."""
    ax = ax or theme.axes(height=4)
    frame = result.by_month.fillna(0.0).reset_index(drop=True)
    if len(frame.columns) > _KINDS:
        others = frame.iloc[:, _KINDS - 1 :].sum(axis="columns")
        frame = frame.iloc[:, : _KINDS - 1].assign(**{_("(other)"): others})
    stack(ax, frame, ["actual", *theme.ALTERNATIVES, "before"], lambda share: percent(share, 1))
    for place, total in enumerate(frame.sum(axis="columns")):
        beside(ax, percent(total, 1), (place, total), (0, 3), colour="highlight")
    starts = [day.date() for day in result.by_month.index]
    theme.period_axis(ax.xaxis, starts, "month")
    theme.percent_axis(ax.yaxis)
    ax.margins(y=0.1)
    said = _("Share of each month's net sales that is spent on selling, by kind")
    return theme.finish(ax, result.title(), said, period=theme.periods(starts, "month"))
