"""Identities of the portfolio that hold for any transactions."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import portfolio
from analysis.portfolio.compared import periods_compared

FIRST = dt.date(2023, 11, 20)
AS_OF = dt.date(2024, 5, 10)
PERIODS = pd.period_range("2023-11", "2024-05", freq="M")

visits = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, len(PERIODS) - 1), st.booleans()),
    min_size=1,
    max_size=40,
)
lines = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.dates(dt.date(2022, 11, 1), AS_OF),
        st.sampled_from(["sale", "sale", "sale", "return"]),
        st.integers(1, 9_999),
    ),
    min_size=1,
    max_size=60,
)
cents = st.lists(st.integers(-5_000, 50_000), min_size=1, max_size=40)


def frame_of(lines):
    """Return canonical transactions of lines: customer, day, kind, cents (those of returns are small)."""
    rows = [
        (who, day, kind, cents / 100 if kind == "sale" else -cents / 1e4) for who, day, kind, cents in lines
    ]
    return pd.DataFrame(rows, columns=["customer_id", "date", "kind", "amount"])


def paid(month, bought):
    """Return the money of a visit."""
    return 1 + month % 2 if bought else -1


def flow_of(engine_over, visits):
    """Return the flow of visits: customer, number of the month, bought (or else returned)."""
    rows = [
        (who, PERIODS[month].start_time, "sale" if bought else "return", paid(month, bought))
        for who, month, bought in visits
    ]
    engine = engine_over(pd.DataFrame(rows, columns=["customer_id", "date", "kind", "amount"]))
    return portfolio.customer_flow(engine.query("customer_flow", as_of=AS_OF, period="month"), AS_OF, "month")


def expected_flow(visits):
    """Class each customer of each month by the words of the definitions, one by one."""
    months = {name: {m for who, m, bought in visits if bought and who == name} for name in "abcdef"}
    start = min((m for months_of in months.values() for m in months_of), default=None)
    if start is None:
        return None
    flow = []
    for now in range(start, len(PERIODS)):
        counts = dict.fromkeys(portfolio.flow.STATUSES, 0)
        for bought in months.values():
            here, before = now in bought, now - 1 in bought
            earlier = any(month < now - 1 for month in bought)
            if here and not before and not earlier:
                counts["new"] += 1
            elif here and before:
                counts["retained"] += 1
            elif here:
                counts["reactivated"] += 1
            elif before:
                counts["lost"] += 1
            elif earlier:
                counts["inactive"] += 1
        flow.append(counts)
    return pd.DataFrame(flow)


@given(visits, st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_each_customer_is_exactly_one_of_five_in_any_order_of_rows(engine_over, visits, random):
    flow, expected = flow_of(engine_over, random.sample(visits, len(visits))), expected_flow(visits)
    if expected is None or len(expected) < 3:
        assert not flow
        return
    frame = flow.frame
    assert frame[list(expected.columns)].to_numpy().tolist() == expected.to_numpy().tolist()
    assert (frame["active"] == frame["new"] + frame["retained"] + frame["reactivated"]).all()
    assert (frame["active_before"] == frame["retained"] + frame["lost"]).all()
    sold = [
        sum(paid(month, bought) for _who, month, bought in visits if month == one)
        for one in range(len(PERIODS))
    ]
    assert frame["net_sales"].tolist() == sold[-len(frame) :]
    money = flow.frame
    steps = ["from_new", "from_reactivated", "growth", "shrinkage", "from_lost", "from_returned"]
    assert (money["sales_before"] + money[steps].sum(axis=1) - money["net_sales"]).abs().max() < 1e-9
    assert (money["sales_before"].iloc[1:].to_numpy() == money["net_sales"].iloc[:-1].to_numpy()).all()
    assert (money["growth"] >= 0).all()
    assert (money["shrinkage"] <= 0).all()
    assert not (money["gross_retention"] > money["net_retention"] + 1e-9).any()


@given(lines, st.sampled_from(["year_to_date", "quarter", "month"]), st.dates(FIRST, AS_OF))
@settings(max_examples=10, deadline=None)
def test_the_steps_of_a_change_add_up_to_it(data_over, lines, compare, as_of):
    frame, (before, now) = frame_of(lines), periods_compared(as_of, compare)
    data = data_over(frame, as_of)
    compared = portfolio.compare_customers(data, compare)
    sums = [frame.loc[frame["date"].between(*days), "amount"].sum() for days in (before, now)]
    if not compared:
        return
    change = portfolio.sales_change(compared)
    before_and_now = [*change.bars.values()]
    assert before_and_now[0] == pytest.approx(sums[0], abs=1e-6)
    assert before_and_now[-1] == pytest.approx(sums[1], abs=1e-6)
    assert change.steps["amount"].sum() == pytest.approx(sums[1] - sums[0], abs=1e-6)
    assert change.steps["customers"].sum() == len(compared.customers)
    moved = compared.customers[compared.customers["status"] == "retained"].eval("net_now - net_before")
    steps = change.steps.set_index("step")["amount"].reindex(["growth", "shrinkage"], fill_value=0.0)
    assert steps.tolist() == pytest.approx([moved.clip(lower=0).sum(), moved.clip(upper=0).sum()], abs=1e-6)
    assert change.gross_retention <= change.net_retention + 1e-9
    bought = frame[frame["kind"] == "sale"].groupby("customer_id")["date"].apply(list)
    for row in compared.customers.itertuples():
        assert row.status == status_by_words(bought.get(row.customer_id, []), before, now)
    effects = portfolio.growth(data.query("sales_by_year"), compared).factors["effect"]
    assert effects.sum() == pytest.approx(sums[1] - sums[0], abs=1e-6)


def status_by_words(days, before, now):
    """Return what the definitions call a customer who bought on these days."""
    here, then = (any(first <= day <= last for day in days) for first, last in (now, before))
    between = any(before[1] < day < now[0] for day in days)
    earlier = any(day < before[0] for day in days)
    if here and then:
        return "retained"
    if here:
        return "again" if between else "reactivated" if earlier else "new"
    if then:
        return "not_yet" if between else "lost"
    return "returned"


@given(cents)
@settings(max_examples=50, deadline=None)
def test_concentration_is_exact(cents):
    result = portfolio.concentration(pd.DataFrame({"net_sales": [value / 100 for value in cents]}))
    total = sum(cents)
    if total <= 0:
        assert not result
        return
    falling = sorted(cents, reverse=True)
    few = next(n for n in range(1, len(cents) + 1) if sum(falling[:n]) >= Fraction(8, 10) * total)
    differences = sum(abs(a - b) for a in cents for b in cents)
    assert result.customers_for_80 == few
    assert result.gini == pytest.approx(differences / (2 * len(cents) * total))  # the mean difference form
    assert result.curve["share_of_sales"].iloc[-1] == pytest.approx(1)


@given(cents, st.sampled_from([0.001, 0.5, 3, 1e6]), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_scaling_and_order_do_not_change_concentration(cents, factor, random):
    one = portfolio.concentration(pd.DataFrame({"net_sales": cents}, dtype=float))
    shuffled = random.sample(cents, len(cents))
    other = portfolio.concentration(pd.DataFrame({"net_sales": [value * factor for value in shuffled]}))
    if not one:
        assert not other
        return
    assert other.customers_for_80 == one.customers_for_80
    assert other.gini == pytest.approx(one.gini)
    shares, theirs = (found.shown["top"]["share_of_sales"].tolist() for found in (one, other))
    assert theirs == pytest.approx(shares)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.dates(FIRST, AS_OF),
            st.sampled_from(["sale", "sale", "return", "cancellation"]),
            st.integers(0, 9_999),
        ),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=10, deadline=None)
def test_every_query_adds_up_to_the_same_net_sales(engine_over, lines):
    rows = [(who, day, kind, cents / 100 * (1 if kind == "sale" else -1)) for who, day, kind, cents in lines]
    frame = pd.DataFrame(rows, columns=["customer_id", "date", "kind", "amount"])
    engine, total = engine_over(frame), sum(round(row[3] * 100) for row in rows) / 100
    customers = engine.query("customers", as_of=AS_OF)
    periods = engine.query("sales_by_period", as_of=AS_OF, period="month")
    years = engine.query("sales_by_year", as_of=AS_OF)
    bridge = portfolio.sales_bridge(engine.query("sales_bridge", as_of=AS_OF))
    *off, net = bridge.shown["bridge"]["amount"]
    for sums in (customers, periods, years):
        assert sums["net_sales"].sum() == pytest.approx(total, abs=1e-6)
    assert sum(off) == pytest.approx(net, abs=1e-6)
    assert net == pytest.approx(total, abs=1e-6)
    assert years["purchases"].sum() == customers["purchase_days"].sum() == periods["purchases"].sum()
    assert years["new_customers"].sum() == (customers["purchase_days"] > 0).sum()
    gaps = engine.query("purchase_gaps", as_of=AS_OF).dropna()
    assert gaps["gaps"].sum() == customers["x"].sum()
    cohorts = portfolio.cohorts(engine.query("cohorts", as_of=AS_OF, period="month"), AS_OF, "month")
    bought = int((customers["purchase_days"] > 0).sum())
    assert not cohorts or cohorts.frame.query("age == 0")["size"].sum() == bought


@given(lines, st.dates(FIRST, AS_OF))
@settings(max_examples=10, deadline=None)
def test_years_of_customers_add_up_and_the_trend_is_the_concentration_of_each(data_over, lines, as_of):
    frame = frame_of(lines)
    frame = frame[frame["date"] <= as_of]
    if frame.empty:
        return
    data = data_over(frame, as_of)
    rows = data.query("customer_years")
    assert rows["net_sales"].sum() == pytest.approx(frame["amount"].sum(), abs=1e-6)
    trend = portfolio.concentration_trend(data)
    if not trend:
        return
    ends = [row.until.date() for row in trend.shown["concentration_trend"].itertuples()]
    for end, row in zip(ends, trend.shown["concentration_trend"].itertuples(), strict=True):
        within = frame[frame["date"].between(end.replace(year=end.year - 1) + dt.timedelta(1), end)]
        alone = portfolio.concentration(
            within.groupby("customer_id", as_index=False)["amount"].sum(), "amount"
        )
        assert row.gini == pytest.approx(alone.gini)
        assert row.customers == alone.customers
