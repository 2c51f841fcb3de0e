"""Identities of profitability that hold for any customers and invoices."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import profitability
from analysis.not_possible import NotPossible
from analysis.profitability.contribution import COSTS
from analysis.profitability.costly import COSTS as ALL_COSTS
from analysis.profitability.costly import excess
from analysis.profitability.margins import Margins
from tables import answering

AS_OF = dt.date(2024, 6, 30)
cents = st.integers(0, 100_000).map(lambda value: value / 100)
shares = st.floats(0, 1).map(lambda value: round(value, 2))
customers = st.lists(st.tuples(cents, shares, shares, shares, cents, st.booleans()), min_size=1, max_size=25)
days = st.integers(-400, 0)
open_invoices = st.lists(
    st.tuples(
        st.sampled_from("abc"), days, st.one_of(st.none(), st.integers(0, 90)),
        st.one_of(st.none(), st.integers(0, 200)), st.integers(-5_000, 100_000), shares,
    ),
    min_size=1,
    max_size=30,
)  # fmt: skip
sold = st.lists(
    st.tuples(st.sampled_from("vwx"), st.sampled_from("pq"), st.sampled_from("kl"), cents, shares),
    min_size=1,
    max_size=30,
)


def contribution(drawn):
    """Return contributions of customers: gross sales, shares off, back and of cost, service, cost known."""
    rows = pd.DataFrame(drawn, columns=["gross", "off", "back", "cost", "service_cost", "known"])
    sales = rows["gross"] * (1 - rows["off"])
    profits = pd.DataFrame(
        {
            "customer_id": [f"c{place}" for place in range(len(rows))],
            "lines": 1,
            "gross_sales": rows["gross"],
            "sales": sales,
            "returns": -sales * rows["back"],
            "net_sales": sales * (1 - rows["back"]),
            "sales_with_cost": sales.where(rows["known"], 0.0),
            "returns_with_cost": (-sales * rows["back"]).where(rows["known"], 0.0),
            "cost_sold": (rows["gross"] * rows["cost"]).where(rows["known"], 0.0),
            "cost_returned": (-rows["gross"] * rows["cost"] * rows["back"]).where(rows["known"], 0.0),
        }
    )
    served = profits[["customer_id"]].assign(service_cost=rows["service_cost"])
    margins = Margins(0.3, pd.DataFrame(columns=["own_rate", "margin_rate"], dtype="float64"))
    tables = {"customers": {"service_cost"}}
    begins = pd.DataFrame({"first_date": [pd.Timestamp(AS_OF)]})
    data = answering(AS_OF, tables, customer_profit=profits, customer_records=served, coverage=begins)
    return profitability.contribution(data, margins), profits


@settings(deadline=None, max_examples=25)
@given(customers)
def test_margins_add_up(drawn):
    found, profits = contribution(drawn)
    frame = found.frame
    taken = frame["gross_sales"] - frame[list(COSTS)].sum(axis=1)
    assert frame["margin"].tolist() == pytest.approx(taken.tolist(), abs=1e-6)
    assert frame["net_sales"].sum() == pytest.approx(profits["net_sales"].sum(), abs=1e-6)
    assert found.steps()["amount"].iloc[:-1].sum() == pytest.approx(found.total, abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(customers)
def test_the_whale_curve_ends_at_the_total_and_falls_only_by_losses(drawn):
    found, _profits = contribution(drawn)
    if not found.is_drawn:
        return
    curve = found.curve()["share_of_margin"]
    assert curve.iloc[-1] == pytest.approx(1)
    lost = -found.lost.sum() / found.total
    assert curve.max() == pytest.approx(1 + lost)
    assert (np.diff(curve, 2) <= 1e-9).all()  # never steeper than before


@settings(deadline=None, max_examples=25)
@given(customers)
def test_excesses_explain_losses_exactly(drawn):
    found, _profits = contribution(drawn)
    frame = found.frame.assign(late_cost=found.frame["net_sales"] / 50)
    gross = frame["gross_sales"].sum()
    if not gross > 0:
        return
    remains = frame["margin"] - frame["late_cost"]
    usual = frame["gross_sales"] * remains.sum() / gross
    beyond = excess(frame, frame)
    assert list(beyond) == list(ALL_COSTS)
    assert remains.tolist() == pytest.approx((usual - beyond.sum(axis=1)).tolist(), abs=1e-6)
    costly = profitability.costly(found, NotPossible(""))
    if costly:
        assert costly.tables()["reasons"]["customers"].sum() == len(costly.tables()["costly"])
        assert costly.tables()["reasons"]["loss"].sum() == pytest.approx(-found.lost.sum())


@settings(deadline=None, max_examples=25)
@given(sold)
def test_discounts_by_group_add_up(drawn):
    rows = pd.DataFrame(drawn, columns=["salesperson", "category", "type", "gross_sales", "off"])
    rows["discounts"] = -rows["gross_sales"] * rows["off"]
    if not rows["discounts"].sum() < 0:
        return
    rows["customer_id"] = [f"c{place}" for place in range(len(rows))]
    types = rows[["customer_id", "type"]]
    rows = rows.drop(columns="type")
    data = answering(AS_OF, {"customers": {"type"}}, discounts=rows, customer_records=types)
    found = profitability.discounts(data)
    for table in found.by.values():
        assert table["discounts"].sum() == pytest.approx(-rows["discounts"].sum())
        assert table["gross_sales"].sum() == pytest.approx(rows["gross_sales"].sum())
        beyond = table["discounts"] - table["like_rate"] * table["gross_sales"]
        assert table["excess"].tolist() == pytest.approx(beyond.tolist(), abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(open_invoices)
def test_ageing_adds_up_to_open_receivables(drawn):
    rows = []
    for who, issued, due, paid, amount, part in drawn:
        day = AS_OF + dt.timedelta(days=issued)
        due_day = None if due is None else day + dt.timedelta(days=due)
        paid_day = None if paid is None else min(day + dt.timedelta(days=paid), AS_OF)
        left = amount / 100 if paid is None else round(amount / 100 * part, 2)
        rows.append((who, day, due_day, paid_day, amount / 100, left, 1))
    columns = ["customer_id", "issued", "due", "paid", "amount", "open", "invoices"]
    frame = pd.DataFrame(rows, columns=columns)
    for day in ("issued", "due", "paid"):
        frame[day] = pd.to_datetime(frame[day])
    found = profitability.receivables(frame, AS_OF, 6)
    owed = frame["open"].sum()
    small = 0.005 * len(frame)
    if not found:
        assert owed <= small
        return
    assert found.open == pytest.approx(owed, abs=small)
    assert found.by_month["open"].iloc[-1] == pytest.approx(owed, abs=small)
    late = frame["due"].notna() & (frame["due"] < pd.Timestamp(AS_OF))
    assert found.overdue == pytest.approx(frame.loc[late, "open"].sum(), abs=small)
    since = pd.Timestamp("2023-12-30")  # six months before 30 June
    invoiced, length = frame.loc[frame["issued"] > since, "amount"].sum(), (pd.Timestamp(AS_OF) - since).days
    if invoiced > 0:
        dso = found.by_month["dso"].iloc[-1]
        assert dso * invoiced / length == pytest.approx(owed, abs=small)
    assert (found.debtors["open"] > 0).all()
