"""Charts of a million customers hold no more than a screen shows, and show the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from analysis.actions import ActionPlan
from analysis.churn.contact_value import GAINS, ContactValue
from analysis.plots import plot
from analysis.plots.marks import MOST_POINTS, points
from analysis.portfolio.audit import spread
from analysis.profitability import Contribution, choose_margins
from analysis.result import Result
from analysis.segmentation import abc

CUSTOMERS = 200_000
DAY = dt.date(2025, 12, 31)
AMOUNTS = np.sort(np.random.default_rng(1).lognormal(4, 1, CUSTOMERS))[::-1] - 20
IDS = [f"C{i}" for i in range(CUSTOMERS)]


def classes() -> Result:
    return abc(pd.DataFrame({"customer_id": IDS, "net_sales": AMOUNTS, "purchase_days": 1}))


def whale() -> Result:
    return Contribution(pd.DataFrame({"margin": AMOUNTS}), 12, DAY, choose_margins(pd.DataFrame(), 0.3))


def contacts() -> Result:
    sums = pd.DataFrame({name: np.append(0, AMOUNTS.cumsum()) for name in GAINS})
    curve = sums.rename_axis("contacted").reset_index()
    return ContactValue(shown={}, text="", curve=curve, pay=int((AMOUNTS > 0).sum()), measured=True)


def plan() -> Result:
    curve = pd.DataFrame({"budget": np.arange(1, CUSTOMERS + 1), "gain": AMOUNTS.cumsum()})
    chosen = pd.DataFrame({"cost": [1.0], "expected_gain": AMOUNTS[:1]})
    return ActionPlan({}, "", contacts=chosen, curve=curve, short=0.0)


@pytest.mark.parametrize("made", [classes, whale, contacts, plan])
def test_a_curve_of_many_customers_is_drawn_through_few_points_and_is_the_same(
    made: Callable[[], Result],
) -> None:
    """Each curve is a running sum of the amounts: at any place as many pixels up as that, within one."""
    ax = plot(made())
    drawn = [np.asarray(line.get_data(orig=False), float) for line in ax.lines]
    curves = [line for line in drawn if line.shape[1] > 2]
    assert curves
    whole = np.append(0, AMOUNTS.cumsum())
    places = np.arange(CUSTOMERS + 1)
    for x, y in curves:
        assert len(x) <= MOST_POINTS + 1  # the start
        of_x, of_y = (CUSTOMERS, whole[-1]) if ax.get_xlim()[1] <= 1 else (1, 1)
        inside = (places >= x[0] * of_x) & (places <= x[-1] * of_x)
        off = np.interp(places[inside] / of_x, x, y) - whole[inside] / of_y
        pixels = ax.get_window_extent().height / np.ptp(ax.get_ylim())
        assert np.abs(off).max() * pixels < 1
    assert max([0, *(len(area.get_paths()[0].vertices) for area in ax.collections)]) <= 2 * MOST_POINTS + 3


@pytest.mark.parametrize("count", [0, 1, 2, MOST_POINTS - 1, MOST_POINTS, MOST_POINTS + 1, 10**6])
def test_a_curve_keeps_both_ends_and_as_many_points_as_fit(count: int) -> None:
    chosen = points(count)
    assert len(set(chosen)) == min(count, MOST_POINTS)
    assert sorted(chosen) == [*chosen]
    assert [*chosen[:1], *chosen[-1:]] == ([0, count - 1] if count else [])


def test_a_histogram_counts_everybody() -> None:
    """Orders 1, 10 and 100 on a scale of logarithms: a bar at each end and one in the middle."""
    orders = np.array([1] * 5 + [10] * 3 + [100] * 2)
    day = pd.Timestamp("2025-01-01")
    customers = pd.DataFrame({"orders": orders, "purchase_days": orders, "x": orders - 1})
    found = spread(customers.assign(sales=10.0, first_purchase=day, last_purchase=day), DAY)
    assert isinstance(found, Result)
    first = plot(found)
    bars = [(bar.get_x(), bar.get_height()) for bar in first.patches if bar.get_height()]
    assert [height for _at, height in bars] == [5, 3, 2]
    assert [at for at, _height in bars] == pytest.approx([1, 10, 100 * 100 ** (-1 / 24)])
    assert first.get_xscale() == "log"
