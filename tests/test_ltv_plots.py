"""The charts of lifetime value: they draw what the tables say, on awkward data too, and without a warning."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import date2num

from analysis import ltv, open_dataset
from analysis.ltv.backtest.holdout import holdout
from analysis.ltv.equity_by_group import EquityByGroup
from analysis.plots import plot

CUTOFF, AS_OF = dt.date(1997, 9, 30), dt.date(1998, 6, 30)


@pytest.fixture(scope="module")
def check() -> ltv.Holdout:
    dataset = open_dataset("cdnow-sample")
    known, later = (dataset.query("customers", as_of=day) for day in (CUTOFF, AS_OF))
    found = holdout(known, later, AS_OF, 39, "week")
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


def test_a_legend_above_lies_between_chart_and_title(check: ltv.Holdout) -> None:
    """On the chart it hid bars, lines and the day that parts the fit from the forecast."""
    found = ltv.by_frequency(check)
    for groups in (found, replace(found, frame=found.frame.iloc[-1:])):
        ax = plot(groups)
        ax.figure.draw_without_rendering()
        box = ax.get_legend().get_window_extent()
        assert ax.get_window_extent().y1 <= box.y0
        assert box.y1 <= ax.figure.texts[1].get_window_extent().y0
        assert box.x1 <= ax.figure.bbox.x1
