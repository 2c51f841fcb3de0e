"""The charts of lifetime value: they draw what the tables say, on awkward data too, and without a warning."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num

from analysis import ltv, open_dataset, use_language
from analysis.language import brief, compact, money, number, percent
from analysis.ltv.alive import OneTimeBuyers
from analysis.ltv.equity import EquityByGroup
from analysis.plots import plot, theme
from analysis.plots.marks import name_ends, sized_ticks

CUTOFF, AS_OF = dt.date(1997, 9, 30), dt.date(1998, 6, 30)


@pytest.fixture(scope="module")
def check() -> ltv.Holdout:
    dataset = open_dataset("cdnow-sample")
    known, later = (dataset.query("customers", as_of=day) for day in (CUTOFF, AS_OF))
    found = ltv.holdout(known, later, AS_OF, 39, "week")
    assert isinstance(found, ltv.Holdout)
    return found


def test_groups_show_what_came_and_the_model_in_use(check: ltv.Holdout) -> None:
    for found in (ltv.by_frequency(check), ltv.by_recency(check)):
        ax = plot(found)
        assert [bar.get_height() for bar in ax.patches] == pytest.approx(found.frame["actual"].tolist())
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["BG/NBD", "Actual"]
        assert ax.get_lines()[0].get_ydata().tolist() == pytest.approx(found.frame["bg_nbd"].tolist())


def test_a_track_ends_with_the_data(check: ltv.Holdout) -> None:
    found = ltv.tracking(check, open_dataset("cdnow-sample"))
    ax = plot(found)
    assert len(ax.get_legend().get_texts()) == 4
    end = date2num(found.frame["date"].iloc[-1])
    assert end < ax.get_xlim()[1] <= end + 7


def test_one_time_names_stay_inside() -> None:
    table = pd.DataFrame({"age": [0.0, 10.0], "bg_nbd": 1.0, "mbg_nbd": 1.0, "pareto_nbd": 1.0})
    ax = plot(OneTimeBuyers(table, pd.DataFrame(), "week"))
    assert max(float(text.xy[1]) for text in ax.texts) <= 1
    assert [text.get_text() for text in ax.texts] == ["BG/NBD", "MBG/NBD", "Pareto/NBD"]


GROUPS = pd.DataFrame(
    {
        "group": ["web", "over $100 or $200"],
        "customers": [1, 1],
        "share_of_customers": [0.5, 0.5],
        "share_of_equity": [0.75, 0.25],
        "clv": [300.0, 100.0],
        "clv_per_customer": [3.0, 1.0],
        "equity_low": [200.0, 40.0],
        "equity_high": [500.0, 160.0],
    }
)


def test_groups_that_lose_money_are_drawn_in_money_to_the_left_of_zero() -> None:
    """Of a sum that losses reduce, a group may hold 180 %: no share says anything."""
    table = GROUPS.assign(share_of_equity=np.nan, clv=[180.0, -80.0], clv_per_customer=[1.8, -0.8])
    table = table.assign(equity_low=[100.0, -120.0], equity_high=[250.0, -30.0])
    ax = plot(EquityByGroup(table, "channel", "EUR"))
    assert [bar.get_width() for bar in ax.patches] == [180, -80]
    assert ax.get_xlim()[0] < -120
    assert [text.xy[0] for text in ax.texts] == [250, 0]
    assert ax.get_title(loc="left") == "1 of 2 groups is expected to lose money; web does best"
    assert ax.get_yticklabels()[1].get_text() == "over \\$100 or \\$200"


def test_intervals_of_groups_are_shares_that_stay_below_all() -> None:
    """200 to 500 beside the 100 expected of the other, 40 to 160 beside its 300."""
    ax = plot(EquityByGroup(GROUPS, "channel", "USD"))
    bars = [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()]
    assert bars == [pytest.approx([2 / 3, 5 / 6]), pytest.approx([40 / 340, 160 / 460])]
    assert [text.xy[0] for text in ax.texts] == pytest.approx([5 / 6, 160 / 460])


def test_spend_charts(check: ltv.Holdout) -> None:
    independence = ltv.spend_independence(check.summary, check.spend)
    assert len(plot(independence).get_xticks()) == len(independence.groups)
    fit = ltv.spend_fit(check.summary, check.spend)
    ax = plot(fit)
    assert ax.get_xscale() == "log"
    assert len(ax.get_xticks()) > 2


def test_due(check: ltv.Holdout) -> None:
    found = ltv.next_purchase(check.summary, check.model, 13)
    assert [bar.get_height() for bar in plot(found).patches] == found.by_week()["customers"].tolist()
    nobody = replace(found, frame=found.frame.assign(expected_by=pd.NaT))
    assert not nobody.is_drawn
    assert nobody.sentence().startswith("No customer is expected back by")


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


def test_a_legend_above_lies_between_chart_and_title(check: ltv.Holdout) -> None:
    """On the chart it hid bars, lines and the day that parts the fit from the forecast."""
    found = ltv.by_frequency(check)
    for groups in (found, replace(found, frame=found.frame.iloc[-1:])):
        ax = plot(groups)
        ax.figure.draw_without_rendering()
        box = ax.get_legend().get_window_extent()
        assert ax.get_window_extent().y1 <= box.y0
        assert box.y1 <= ax._left_title.get_window_extent().y0
        assert box.x1 <= ax.figure.bbox.x1


def test_of_many_groups_some_are_named() -> None:
    ax = theme.axes()
    sized_ticks(ax, range(1, 47), [3] * 46)
    names = [text.get_text() for text in ax.get_xticklabels()]
    assert len(names) == 12
    assert names[1] == "5\n(3)"


def test_names_at_the_foot_of_a_chart_leave_the_others_where_they_are() -> None:
    """A cost far above a margin near nothing was named above its line, as far as the margin was lifted."""
    ax = theme.axes()
    name_ends(ax, 0, [("cost", 0.8, "bad"), ("margin", 0.0, "main")], 0.05, (0.05, 1))
    assert [float(text.xy[1]) for text in ax.texts] == pytest.approx([0.8, 0.05])
