"""The figures at the head of the front page, each with its change and a small line over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from analysis.language import _, listing, money, number
from analysis.year_figures import YearFigure

FORECAST = Path("tables/04_ltv/sales_forecast.parquet")
_WIDTH, _HEIGHT, _EDGE = 120.0, 26.0, 4.0


@dataclass(frozen=True)
class Tile:
    """A figure as the page shows it.

    Attributes
    ----------
    title, value
        What it is called, and the figure.
    said
        Its change, or its interval, in words.
    tone
        ``good``, ``bad`` or nothing.
    drawing
        An SVG picture with a text of its own; empty where there is nothing to draw.
    """

    title: str
    value: str
    said: str
    tone: str
    drawing: Markup


def tiles(figures: Sequence[YearFigure], report: Path, currency: str | None) -> list[Tile]:
    """Return a tile for each figure, and one for what today's customers will buy, if that was foretold."""
    made = [_tile(figure) for figure in figures]
    if (report / FORECAST).exists():
        sales = next((figure.now for figure in figures if figure.name == "net_sales"), None)
        made.append(_forecast(pd.read_parquet(report / FORECAST).iloc[0], sales, currency))
    return made


def _tile(figure: YearFigure) -> Tile:
    tone = ""
    if figure.change and not figure.may_be_chance:
        tone = "good" if figure.change > 0 else "bad"
    said = figure.changed()
    if figure.interval:
        low, high = (figure.shown(end) for end in figure.interval)
        said = " · ".join(filter(None, [said, _("95% interval {low} to {high}").format(low=low, high=high)]))
    drawing = Markup()
    if len(figure.quarters) > 1:
        values = listing([figure.shown(value) for value in figure.quarters])
        label = _("{title} by quarter: {values}").format(title=figure.title, values=values)
        drawing = _line(figure.quarters.tolist(), label)
    return Tile(figure.title, figure.shown(figure.now), said, tone, drawing)


def _forecast(row: pd.Series, sales: float | None, currency: str | None) -> Tile:
    """Return what today's customers will buy, with its interval."""
    low, high, expected = (
        money(row[name], currency) for name in ("sales_low", "sales_high", "expected_sales")
    )
    title = _("Forecast of net sales, {weeks} weeks").format(weeks=number(row["horizon_weeks"]))
    said = _("{low} to {high} (90%); from today's customers alone").format(low=low, high=high)
    label = _("Most likely {expected}, between {low} and {high}.")
    if sales is not None:
        label = _("Most likely {expected}, between {low} and {high}; the last twelve months: {sales}.")
    label = label.format(expected=expected, low=low, high=high, sales=money(sales or 0, currency))
    return Tile(title, expected, said, "", _range(row, sales, label))


def _line(values: list[float], label: str) -> Markup:
    low, high = min(values), max(values)
    step, rise = (_WIDTH - 2 * _EDGE) / (len(values) - 1), (_HEIGHT - 2 * _EDGE) / ((high - low) or 1.0)
    points = [
        (_EDGE + step * place, _HEIGHT - _EDGE - rise * (value - low)) for place, value in enumerate(values)
    ]
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return _svg(f'<polyline points="{drawn}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>', label)


def _range(row: pd.Series, sales: float | None, label: str) -> Markup:
    most = max(float(row["sales_high"]), sales or 0.0) or 1.0
    at = {name: _EDGE + (_WIDTH - 2 * _EDGE) * max(float(row[name]), 0.0) / most for name in row.index}
    low, middle, high = at["sales_low"], at["expected_sales"], at["sales_high"]
    parts = [f'<rect x="{low:.1f}" y="9" width="{max(high - low, 1):.1f}" height="8"/>']
    if sales is not None:
        now = _EDGE + (_WIDTH - 2 * _EDGE) * max(sales, 0.0) / most
        parts.append(f'<line x1="{now:.1f}" x2="{now:.1f}" y1="3" y2="23"/>')
    return _svg("".join([*parts, f'<circle cx="{middle:.1f}" cy="13" r="4"/>']), label)


def _svg(inner: str, label: str) -> Markup:
    head = f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(label)}">'
    return Markup(f"{head}{inner}</svg>")  # noqa: S704 numbers, and a label that is escaped
