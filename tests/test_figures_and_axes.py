"""How figures are written, and what axes and marks of every chart look like."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import use_language
from analysis.language import brief, compact, money, number, percent, told_apart
from analysis.plots import theme
from analysis.plots.marks import name_ends, sized_ticks


def test_small_numbers_keep_the_digits_that_tell_them_apart() -> None:
    """Axes said "0 0 0 0" of purchases per customer and of money below one."""
    ax = theme.axes()
    ax.set_xlim(0, 0.05)
    ax.set_ylim(0, 0.0007)
    theme.count_axis(ax.xaxis, whole=False)
    theme.money_axis(ax.yaxis, "GBP")
    ax.figure.draw_without_rendering()
    assert [text.get_text() for text in ax.get_xticklabels()] == [
        "0.00",
        "0.01",
        "0.02",
        "0.03",
        "0.04",
        "0.05",
    ]
    assert [text.get_text() for text in ax.get_yticklabels()][:3] == ["£0.0000", "£0.0001", "£0.0002"]
    assert [brief(value) for value in (0.00066, 0.85, 4.24, 151.2, 2.57e10)] == [
        "0.00066",
        "0.85",
        "4.2",
        "151",
        "25.7B",
    ]
    assert brief(9.483, "USD") == "US$9.48"


def test_nothing_is_minus_zero_and_spanish_counts_millions() -> None:
    assert [number(-0.4), money(-0.3, "USD"), percent(-0.001), number(-0.04, 1)] == ["0", "US$0", "0%", "0.0"]
    assert [number(-0.6), percent(-0.006)] == ["-1", "-1%"]
    use_language("es")
    try:
        assert [compact(2.57e10), compact(-1.2e6)] == ["25.700\N{NO-BREAK SPACE}M", "-1,2\N{NO-BREAK SPACE}M"]
    finally:
        use_language("en")


def test_a_short_history_is_dated_by_days() -> None:
    """An axis of ten weeks read "Jan, Feb, Feb, Mar, Mar"."""
    ax = theme.axes()
    ax.set_xlim(np.datetime64("2025-01-06"), np.datetime64("2025-03-24"))
    theme.date_axis(ax.xaxis)
    ax.figure.draw_without_rendering()
    names = [text.get_text() for text in ax.get_xticklabels()]
    assert names[0][0].isdigit()
    assert len(names) == len(set(names))


def test_of_many_groups_some_are_named() -> None:
    ax = theme.axes()
    sized_ticks(ax, range(1, 47), [3] * 46)
    names = [text.get_text() for text in ax.get_xticklabels()]
    assert len(names) == 12
    assert names[1] == "5\n(3)"


def test_names_at_the_foot_of_a_chart_leave_the_others_where_they_are() -> None:
    """A cost far above a margin near nothing was named above its line, as far as the margin was lifted."""
    ax = theme.axes()
    name_ends(ax, 0, [("cost", 0.8, "muted"), ("margin", 0.0, "model")], 0.05, (0.05, 1))
    assert [float(text.xy[1]) for text in ax.texts] == pytest.approx([0.8, 0.05])


def test_figures_set_against_each_other_differ_in_print() -> None:
    assert told_apart(0.0413, 0.0442) == ("0.041", "0.044")
    assert told_apart(0.5, 0.4) == ("0.50", "0.40")
    assert told_apart(0.04131, 0.04129) == ("0.04", "0.04")  # not with four decimals either
    assert told_apart(0.4821, 0.4819, 0, percent) == ("48.21%", "48.19%")
