"""From purchases to money: margins, equity by group, payback, the next purchase, and who is still there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import ltv, open_dataset, portfolio
from analysis.display_names import words
from analysis.engine.duckdb import DuckDBEngine
from analysis.language import use_language

AS_OF = dt.date(2024, 4, 15)
CDNOW_END = dt.date(1998, 6, 30)
SETTINGS: dict[str, Any] = {"horizon_weeks": 52, "annual_discount_rate": 0.1}
Over = Callable[[pd.DataFrame], DuckDBEngine]


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return open_dataset("cdnow-sample").query("customers", as_of=CDNOW_END)


@pytest.fixture(scope="module")
def summary(customers: pd.DataFrame) -> ltv.Summary:
    return ltv.summarise(customers, CDNOW_END, "week")


@pytest.fixture(scope="module")
def models(summary: ltv.Summary) -> dict[str, ltv.PurchaseModel]:
    fitted = {kind: ltv.fit_one(summary, kind) for kind in ltv.KINDS}
    return {kind: model for kind, model in fitted.items() if isinstance(model, ltv.PurchaseModel)}


@pytest.fixture(scope="module")
def spend(summary: ltv.Summary) -> ltv.SpendModel:
    fitted = ltv.fit_spend(summary)
    assert isinstance(fitted, ltv.SpendModel)
    return fitted


@pytest.fixture(scope="module")
def values(summary: ltv.Summary, models: dict[str, ltv.PurchaseModel], spend: ltv.SpendModel) -> pd.DataFrame:
    return ltv.clv(summary, models["bg_nbd"], spend, margin_rate=0.3, **SETTINGS)


# --- margins -----------------------------------------------------------------------------------------


def test_margins_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    rows = engine_over(six_customers).query("customer_margins", as_of=AS_OF).set_index("customer_id")
    # known cost: ana 60 on 100 (5 January, first order), dora 150 on 200, fay 300 on 500
    assert rows.index.tolist() == ["ana", "dora", "fay"]
    assert rows["sales"].tolist() == [100, 200, 500]
    assert rows["cost"].tolist() == [60, 150, 300]
    assert rows["day_margins"].tolist() == pytest.approx([0.4, 0.25, 0.4])
    assert rows["day_squares"].tolist() == pytest.approx([0.16, 0.0625, 0.16])
    margins = ltv.customer_margins(rows.reset_index())
    assert margins is not None
    assert margins.rate == pytest.approx(1 - 510 / 800)
    # one day each: nothing tells customers from purchases, so all get the rate of all
    assert margins.of(pd.Series(["ana", "bea"])).tolist() == pytest.approx([0.3625, 0.3625])
    assert "all get nearly that rate" in margins.sentence()


def test_credibility_by_hand() -> None:
    """Two customers, two days each: .2 and .4 (mean .3), .6 and .8 (mean .7); all sales 100.

    Within: (.02 + .02) ÷ (4 − 2) = .02. Around the mean .5: 2 × .04 + 2 × .04 = .16; between:
    (.16 − 1 × .02) ÷ (4 − 8 ÷ 4) = .07. Half weight .02 ÷ .07 = 2 ÷ 7; own rates weigh 2 ÷ (2 + 2 ÷ 7).
    """
    costs = pd.DataFrame(
        {
            "customer_id": ["low", "high"],
            "days": [2, 2],
            "sales": [200.0, 200.0],
            "cost": [140.0, 60.0],
            "day_margins": [0.6, 1.4],
            "day_squares": [0.2, 1.0],
        }
    )
    margins = ltv.customer_margins(costs)
    assert margins is not None
    assert margins.rate == pytest.approx(0.5)
    assert margins.half_weight == pytest.approx(2 / 7)
    assert margins.rates["margin_rate"].tolist() == pytest.approx([0.5 - 0.2 * 7 / 8, 0.5 + 0.2 * 7 / 8])
    assert margins.of(pd.Series(["high", "unknown"])).tolist() == pytest.approx([0.675, 0.5])
    # after one day an own margin weighs 1 ÷ (1 + 2 ÷ 7)
    assert "Already after one purchase day a customer's own margin counts for 78%" in margins.sentence()
    assert "counts half from 3.5 purchase days" in replace(margins, half_weight=3.5).sentence()
    assert "all get nearly that rate" in replace(margins, half_weight=50.1).sentence()
    assert ltv.customer_margins(costs.head(0)) is None


def test_a_margin_that_is_set_goes_before_costs_and_costs_before_an_assumption() -> None:
    costs = pd.DataFrame(
        {"customer_id": ["a"], "days": [1], "sales": [100.0], "cost": [80.0]}
        | {"day_margins": [0.2], "day_squares": [0.04]}
    )
    assert ltv.choose_margins(costs).rate == pytest.approx(0.2)
    chosen = ltv.choose_margins(costs, 0.45)
    assert chosen.of(pd.Series(["a", "b"])).tolist() == [0.45, 0.45]
    assert "as set" in chosen.sentence()
    nothing = ltv.choose_margins(costs, 0.0)  # is a margin that was set
    assert nothing.of(pd.Series(["a"])).tolist() == [0.0]
    dear = ltv.customer_margins(costs.assign(cost=500.0))
    assert dear is not None
    assert dear.rates["own_rate"].tolist() == [-1.0]  # 1 − 500 ÷ 100 = −4 would drown all else
    assumed = ltv.choose_margins(costs.head(0))
    assert assumed.of(pd.Series(["a"])).tolist() == [0.3]
    assert "assumed" in assumed.sentence()


def test_drawn_margins_are_nearer_the_truth_than_own_ones() -> None:
    random = np.random.default_rng(6)
    truth = random.normal(0.35, 0.08, 2000)
    days = random.integers(1, 12, 2000)
    each = [random.normal(mean, 0.2, size).clip(-1, 1) for mean, size in zip(truth, days, strict=True)]
    costs = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(2000)],
            "days": days,
            "sales": 100.0 * days,
            "cost": [100 * (1 - margin).sum() for margin in each],
            "day_margins": [margin.sum() for margin in each],
            "day_squares": [(margin**2).sum() for margin in each],
        }
    )
    margins = ltv.customer_margins(costs)
    assert margins is not None
    assert margins.half_weight == pytest.approx(0.2**2 / 0.08**2, rel=0.2)
    off = {name: float(((margins.rates[name] - truth) ** 2).mean()) for name in ("own_rate", "margin_rate")}
    assert off["margin_rate"] < 0.6 * off["own_rate"]
    assert off["margin_rate"] < float(((margins.rate - truth) ** 2).mean())


def test_clv_with_a_margin_per_customer(
    summary: ltv.Summary, models: dict[str, ltv.PurchaseModel], spend: ltv.SpendModel, values: pd.DataFrame
) -> None:
    rates = np.linspace(0.1, 0.5, len(values))
    own = ltv.clv(summary, models["bg_nbd"], spend, margin_rate=rates, **SETTINGS)
    np.testing.assert_allclose(own["clv"], values["clv"] * rates / 0.3)


def test_clv_in_parts_is_clv(
    summary: ltv.Summary,
    models: dict[str, ltv.PurchaseModel],
    spend: ltv.SpendModel,
    values: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many customers over many weeks go through a few at a time: here seven."""
    monkeypatch.setattr("analysis.ltv.value.CELLS", 7 * 52)
    parts = ltv.clv(summary, models["bg_nbd"], spend, margin_rate=0.3, **SETTINGS)
    np.testing.assert_allclose(parts["clv"], values["clv"], rtol=1e-9)


# --- equity ------------------------------------------------------------------------------------------


def test_total_value_is_past_and_residual(values: pd.DataFrame, customers: pd.DataFrame) -> None:
    whole = ltv.total_value(values, customers, 0.3)
    assert whole["past_margin"].sum() == pytest.approx(0.3 * customers["net_sales"].sum())
    np.testing.assert_allclose(whole["total_value"], whole["past_margin"] + values["clv"])
    share = values["clv"].sum() / whole["total_value"].sum()
    assert f"{share:.0%} of the whole" in ltv.total_sentence(whole, None)


@pytest.mark.parametrize(
    ("past", "ahead", "said"),
    [
        (-100.0, 40.0, "have cost €100 more than they brought; within the horizon a margin of €40"),
        (-100.0, -40.0, "have cost €100 more than they brought, and within the horizon they are expected to"),
        (100.0, -40.0, "brought €100 of margin; within the horizon they are expected to cost €40 more"),
        (0.0, 0.0, "brought €0 of margin; none is expected"),
    ],
)
def test_what_customers_cost_is_no_share_of_a_whole(past: float, ahead: float, said: str) -> None:
    sentence = ltv.total_sentence(pd.DataFrame({"past_margin": [past], "clv": [ahead]}), "EUR")
    assert said in sentence
    assert "%" not in sentence


@pytest.mark.parametrize(
    ("worth", "said"),
    [
        ([80.0, 25.0, -5.0], ""),  # 5 lost of 105 are 4.8 %
        (
            [75.0, 25.0, -5.0],
            "1 of 3 customers is expected to cost more than it brings (€5); the others",
        ),
        ([30.0, -50.0, -7.0], "2 of 3 customers are expected to cost more than they bring (€57); the others"),
        ([-50.0, -7.0], "All 2 customers are expected to cost more than they bring (€57)"),
        ([0.0, 0.0], "With a margin of 0 nothing has a value"),
    ],
)
def test_shares_are_shown_only_where_they_mean_something(worth: list[float], said: str) -> None:
    values = groups_of([(f"c{i}", clv) for i, clv in enumerate(worth)])
    sentence = ltv.losses_sentence(values, "EUR")
    assert (sentence == "") == ltv.shares_hold(values) == (said == "")
    assert said in sentence
    table = ltv.by_group(values, pd.Series({"c0": "web", "c1": "shop"}))
    title = ltv.by_group_title(table)
    texts = title + ltv.by_group_sentence(table, "EUR", "channel")
    assert table["share_of_equity"].notna().all() == (said == "")
    assert "nan" not in texts.lower()
    assert ("lose money" in title or "bring any money" in title) == (said != "")
    assert ("web: 80% of customer equity with 33%" in texts) == (said == "")
    if said and worth[0] > 0:
        assert f"“web” comes to most, €{worth[0]:.0f}" in texts
    assert ("no group is expected to bring anything" in texts) == (not any(worth))


def groups_of(shares: list[tuple[str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(shares, columns=["customer_id", "clv"])
    return frame.assign(p_alive=0.5, expected_purchases=2.0)


def test_equity_by_group_by_hand() -> None:
    worth = groups_of([("a", 10.0), ("b", 30.0), ("c", 50.0), ("d", 10.0)])
    table = ltv.by_group(worth, pd.Series({"a": "shop", "b": "web", "c": "web", "x": "fair"}))
    assert table["group"].tolist() == ["web", "shop", "(not known)"]
    assert table["customers"].tolist() == [2, 1, 1]
    assert table["share_of_customers"].tolist() == [0.5, 0.25, 0.25]
    assert table["share_of_equity"].tolist() == [0.8, 0.1, 0.1]
    assert table["clv_per_customer"].tolist() == [40, 10, 10]
    assert table["alive"].tolist() == [1, 0.5, 0.5]
    assert table["expected_purchases"].tolist() == [4, 2, 2]
    assert "web: 80% of customer equity with 50% of the customers" in ltv.by_group_title(table)
    said = ltv.by_group_sentence(table, None, "channel")
    assert said.startswith("By channel: “web” holds the largest share of customer equity: 80, 80% of all")
    assert "per customer “web” is worth most (40.00 each, 2 customers)" in said
    many = ltv.by_group(worth, pd.Series({"a": "shop", "b": "shop", "c": "web", "d": "shop"}))
    assert many["group"].tolist() == ["shop", "web"]  # 50 each, but more customers
    dear = ltv.by_group(worth, pd.Series({"a": "shop", "b": "web", "c": "fair", "d": "shop"}))
    assert dear["group"].tolist() == ["fair", "web", "shop"]  # by equity, not by customers


def test_small_groups_are_taken_together() -> None:
    worth = groups_of([(name, float(i + 1)) for i, name in enumerate("abcde")])
    alone = pd.Series({name: name.upper() for name in "abcde"})
    table = ltv.by_group(worth, alone, most=3)
    assert table["group"].tolist() == ["E", "D", "(all others)"]
    assert table["clv"].tolist() == [5, 4, 6]
    ordered = pd.Series(pd.Categorical(alone, categories=list("EDCBAZ"), ordered=True), index=alone.index)
    assert ltv.by_group(worth, ordered, most=3)["group"].tolist() == ["before B", "B", "A"]
    assert ltv.by_group(worth, ordered)["group"].tolist() == list("EDCBA")


def test_equity_of_groups_has_the_intervals_of_totals(
    customers: pd.DataFrame,
    summary: ltv.Summary,
    models: dict[str, ltv.PurchaseModel],
    spend: ltv.SpendModel,
    values: pd.DataFrame,
) -> None:
    """All customers as one group have the portfolio's interval; of several, each that of its customers."""
    known: dict[str, Any] = {"purchases": models["bg_nbd"], "spend": spend, "horizon_weeks": 52}
    ids = values["customer_id"]
    all_in_one = ltv.by_group(values, pd.Series("all", index=ids), **known)
    __, equity = ltv.total_intervals(
        models["bg_nbd"], summary, 52, ltv.worth_per_purchase(values), spend=spend
    )
    assert all_in_one[["equity_low", "equity_high"]].iloc[0].tolist() == [equity.low, equity.high]
    segments = ltv.segments(customers, summary)
    table = ltv.by_group(values, segments, **known)
    assert ((table["equity_low"] < table["clv"]) & (table["clv"] < table["equity_high"])).all()
    part = values[values["customer_id"].isin(segments.index[segments == "Loyal"])]
    alone = ltv.Summary(part, "week", summary.as_of, 0)
    __, found = ltv.total_intervals(models["bg_nbd"], alone, 52, ltv.worth_per_purchase(part), spend=spend)
    middle = table.set_index("group").loc["Loyal", ["equity_low", "equity_high"]]
    assert middle.tolist() == [found.low, found.high]


def test_cohorts_and_segments_cover_every_customer(
    values: pd.DataFrame, customers: pd.DataFrame, summary: ltv.Summary
) -> None:
    parts = (ltv.cohorts(summary, "month"), ltv.segments(customers, summary))
    for part in parts:
        table = ltv.by_group(values, part)
        assert "(not known)" not in set(table["group"])
        assert table["customers"].sum() == 2357
        assert table["clv"].sum() == pytest.approx(values["clv"].sum())
    assert ltv.by_group(values, parts[0])["group"].tolist() == ["Jan 1997", "Feb 1997", "Mar 1997"]
    use_language("es")
    assert ltv.by_group(values, ltv.cohorts(summary, "month"))["group"].iloc[0] == "ene 1997"


def test_concentration_of_equity_is_the_portfolios_measure(values: pd.DataFrame) -> None:
    found = portfolio.concentration(values, "clv")
    assert found is not None
    shares = ltv.equity_shares(values["clv"])
    held = np.interp(found.share_for_80, shares["customers_share"], shares["equity_share"])
    assert held == pytest.approx(0.8, abs=0.005)
    assert "hold 80% of customer equity" in ltv.equity_concentration_sentence(found)


def test_intervals_of_customers_stand_beside_their_values(
    summary: ltv.Summary, models: dict[str, ltv.PurchaseModel], spend: ltv.SpendModel, values: pd.DataFrame
) -> None:
    """Someone sure to buy nothing has an interval of nothing; the busiest customer one around its value."""
    found = ltv.with_intervals(values, models["bg_nbd"], spend, summary, 52)
    assert (found["clv_low"] <= found["clv_high"]).all()
    assert (found["purchases_low"] <= found["purchases_high"]).all()
    busiest = found.loc[found["expected_purchases"].idxmax()]
    assert 0 < busiest["purchases_low"] < busiest["expected_purchases"] < busiest["purchases_high"]
    assert 0 < busiest["clv_low"] < busiest["clv"] < busiest["clv_high"]
    gone = found.loc[found["p_alive"].idxmin()]
    assert gone["clv_high"] == gone["purchases_high"] == 0


def test_the_simple_formula_against_single_customers() -> None:
    """Net sales and what is expected: 10 + 2 × 5 = 20, 40, 60, 1,000; half of 100 is 50: two fall short."""
    values = pd.DataFrame({"customer_id": list("abcd"), "expected_purchases": [2.0, 0, 0, 0]})
    values["expected_spend"] = [5.0, 1, 1, 1]
    customers = pd.DataFrame({"customer_id": list("cabd"), "net_sales": [1000.0, 10, 40, 60]})
    said = ltv.simple_misses_sentence(100.0, values, customers, "EUR")
    assert "50% of customers come to less than half" in said
    assert "the best 10% to €1,000.00 each on average" in said


def test_cohorts_are_as_short_as_makes_few(summary: ltv.Summary) -> None:
    """All came in three months; over a year they make twelve; over 400 days 14, so quarters; 1,200, years."""
    assert len(ltv.cohorts(summary).cat.categories) == 3
    days = pd.Series(np.arange(len(summary.frame)))
    for span, last in ((365, "Dec 1997"), (400, "Q1 1998"), (1200, "2000")):
        first = pd.Timestamp("1997-01-01") + pd.to_timedelta(days % span, unit="D")
        spread = replace(summary, frame=summary.frame.assign(first_purchase=first))
        assert ltv.cohorts(spread).cat.categories[-1] == last


def test_channels_of_customers(tmp_path: Path) -> None:
    """One who came through the web and bought most in the shop; a tie; a return does not count."""
    rows = [
        ("ana", "2024-01-05", "sale", 10.0, "web"),
        ("ana", "2024-02-05", "sale", 90.0, "shop"),
        ("ana", "2024-06-05", "sale", 900.0, "web"),
        ("bea", "2024-02-05", "sale", 50.0, "web"),
        ("bea", "2024-02-05", "sale", 50.0, "shop"),
        ("carl", "2024-02-05", "return", -50.0, "web"),
        ("dora", "2024-02-05", "sale", 50.0, None),
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "date", "kind", "amount", "channel"])
    path = tmp_path / "transactions.parquet"
    frame.assign(date=pd.to_datetime(frame["date"])).to_parquet(path)
    found = DuckDBEngine({"transactions": path}).query("customer_channels", as_of=AS_OF)
    assert found.to_numpy().tolist() == [["ana", "web", "shop"], ["bea", "shop", "shop"]]


# --- the next purchase -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_next_purchase_is_as_likely_before_as_after(
    summary: ltv.Summary, models: dict[str, ltv.PurchaseModel], kind: str
) -> None:
    model = models[kind]
    waits = ltv.next_purchase(summary, model, 26)
    busy = np.flatnonzero((waits["expected_by"].notna() & (summary.frame["x"] > 2)).to_numpy())[:25]
    random = np.random.default_rng(9)
    x, t_x, t = (part[busy] for part in summary.history)
    days = (waits["expected_by"].iloc[busy] - pd.Timestamp(CDNOW_END)).dt.days.to_numpy()
    many = [np.repeat(part, 4000) for part in (x, t_x, t)]
    alive = random.random(len(many[0])) < model.p_alive(*many)
    for shift, above in ((0, True), (-1, False)):  # the first day at which the odds are even
        bought = np.zeros(len(many[0]))
        for place, day in enumerate(days):
            rows = slice(4000 * place, 4000 * (place + 1))
            part = [one[rows] for one in (many[0], many[2])]
            bought[rows] = model.process.simulate(random, (day + shift) / 7, *part)
        came = ((bought > 0) & alive).reshape(25, 4000).mean(axis=1)
        assert (came > 0.5 - 0.035).all() if above else (came < 0.5 + 0.035).all()
    chance = (model.process.simulate(random, 26.0, many[0], many[2]) > 0) & alive
    np.testing.assert_allclose(waits["chance"].iloc[busy], chance.reshape(25, 4000).mean(axis=1), atol=0.035)


def test_who_is_more_likely_gone_has_no_next_purchase(
    summary: ltv.Summary, models: dict[str, ltv.PurchaseModel]
) -> None:
    waits = ltv.next_purchase(summary, models["pareto_nbd"], 26)
    assert waits.loc[waits["p_alive"] < 0.5, "expected_by"].isna().all()
    dated = waits["expected_by"].dropna()
    assert dated.min() > pd.Timestamp(CDNOW_END)
    table = ltv.due_by_week(waits, CDNOW_END, 4)
    assert table["until"].iloc[-1] == pd.Timestamp("1998-07-28")
    assert table["customers"].sum() == (dated <= pd.Timestamp("1998-07-28")).sum()
    soon = (dated <= pd.Timestamp(CDNOW_END) + pd.Timedelta(weeks=13)).sum()
    assert f"{soon} of 2,357 customers are expected back" in ltv.waiting_sentence(waits, CDNOW_END)


def test_nobody_is_due() -> None:
    day = pd.Timestamp("1998-07-02")
    waits = pd.DataFrame({"expected_by": [pd.NaT, pd.NaT, pd.Timestamp("2000-01-01")]})
    assert ltv.waiting_sentence(waits, CDNOW_END).startswith(
        "No customer is expected back by 29 Sept 1998 with even odds; for 2 of 3 (67%) no purchase"
    )
    assert ltv.due_title(ltv.due_by_week(waits, CDNOW_END)).startswith(
        "For no customer is a purchase within 13"
    )
    one = pd.DataFrame({"expected_by": [pd.NaT, pd.NaT, day]})
    assert ltv.waiting_sentence(one, CDNOW_END).startswith("1 of 3 customers is expected back")


def test_next_purchase_by_hand(models: dict[str, ltv.PurchaseModel]) -> None:
    """In the BG/NBD one alive at T buys within d with probability 1 − ((α + T) ÷ (α + T + d)) ** (r + x)."""
    model = models["bg_nbd"]
    x = np.arange(3.0, 23)
    frame = pd.DataFrame({"customer_id": [f"c{i}" for i in x], "last_purchase": pd.Timestamp("1998-06-30")})
    busy = ltv.Summary(frame.assign(x=x, t_x=40.0, T=40.0), "week", CDNOW_END, 0)
    alive = model.p_alive(*busy.history)
    wait = (model.alpha + 40) * ((1 - 0.5 / alive) ** (-1 / (model.r + x)) - 1)
    found = ltv.next_purchase(busy, model, 10)
    days = (found["expected_by"] - pd.Timestamp(CDNOW_END)).dt.days
    assert days.tolist() == np.ceil(wait * 7).tolist()
    share = (model.alpha + 40) / (model.alpha + 50)
    np.testing.assert_allclose(found["chance"], alive * (1 - share ** (model.r + x)))


def test_days_and_weeks_tell_the_same(
    customers: pd.DataFrame,
    summary: ltv.Summary,
    models: dict[str, ltv.PurchaseModel],
    spend: ltv.SpendModel,
) -> None:
    """A model whose times are in days expects each customer on the same day, and the same payback."""
    by_day = ltv.summarise(customers, CDNOW_END, "day")
    model = ltv.fit_one(by_day, "bg_nbd")
    assert isinstance(model, ltv.PurchaseModel)
    waits = [ltv.next_purchase(*each, 26) for each in ((summary, models["bg_nbd"]), (by_day, model))]
    np.testing.assert_allclose(waits[1]["chance"], waits[0]["chance"], rtol=1e-3)
    apart = (waits[1]["expected_by"] - waits[0]["expected_by"]).dt.days.dropna()
    assert apart.abs().max() <= 1
    known = {"first_value": 30.0, "acquisition_cost": 20.0, "margin_rate": 0.4, "weeks": 104}
    months = [ltv.payback(one, spend, **known).months for one in (models["bg_nbd"], model)]
    assert months[1] == pytest.approx(months[0], rel=1e-3)


# --- payback -----------------------------------------------------------------------------------------


def test_payback_is_where_the_curve_crosses_the_cost(
    models: dict[str, ltv.PurchaseModel], spend: ltv.SpendModel
) -> None:
    shared = {"first_value": 30.0, "margin_rate": 0.4, "weeks": 104}
    model = models["bg_nbd"]
    found = ltv.payback(model, spend, acquisition_cost=20.0, **shared)
    assert found.curve["margin"].iloc[0] == pytest.approx(12)
    assert found.months is not None
    weeks = found.months * 365.25 / 7 / 12
    margin = 0.4 * (30 + model.expected_new(np.array([weeks]))[0] * spend.mean)
    assert margin == pytest.approx(20, abs=0.01)
    assert f"after {found.months:.1f} months" in found.sentence(None)
    at_once = ltv.payback(model, spend, acquisition_cost=12.0, **shared)
    assert at_once.months == 0
    assert "with the first purchase" in at_once.sentence(None)
    never = ltv.payback(model, spend, acquisition_cost=1000.0, **shared)
    assert never.months is None
    assert "not expected to pay that back within 24 months" in never.sentence(None)
    assert "not paid back" in never.title(None)


def test_first_purchase_value_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    customers = engine_over(six_customers).query("customers", as_of=AS_OF)
    # first days: ana 120, bea 50, carl 0, dora 200 × 140 ÷ 200, fay 500; eve never bought
    assert ltv.first_purchase_value(customers) == pytest.approx((120 + 50 + 0 + 140 + 500) / 5)


def test_acquisition_cost_by_channel_by_hand() -> None:
    spent = pd.DataFrame(
        {
            "month": pd.to_datetime(["2024-01-01", *["2024-02-01"] * 4]),
            "channel": ["web", "web", "fair", "radio", None],
            "amount": [100.0, 50.0, 400.0, 10.0, 30.0],
        }
    )
    acquired = pd.DataFrame(
        {
            "customer_id": list("abcdef"),
            "first_purchase": pd.to_datetime(
                ["2024-01-31", "2024-02-01", "2024-02-29", "2024-02-10", "2024-03-01", "2024-02-10"]
            ),
            "channel": ["web", "web", "fair", "web", "web", None],
        }
    )
    table = ltv.cac_by_channel(spent, acquired).set_index("channel")
    assert table.index.tolist() == ["fair", "web", "(not known)", "radio"]
    assert table["spent"].sum() == spent["amount"].sum()
    assert table["customers"].tolist() == [1, 3, 1, 0]
    assert table["acquisition_cost"].tolist()[:3] == [400, 50, 30]
    assert np.isnan(table.loc["radio", "acquisition_cost"])


def test_one_cost_for_all_goes_before_what_is_recorded() -> None:
    values = pd.DataFrame({"customer_id": ["b", "a"]})
    recorded = pd.Series({"a": 5, "z": 9, "b": None})
    assert ltv.acquisition_costs(values, None) is None
    assert ltv.acquisition_costs(values, pd.Series({"z": 9.0})) is None  # of nobody who has bought
    found = {
        "recorded": ltv.acquisition_costs(values, recorded),
        "set": ltv.acquisition_costs(values, None, 0),
    }
    assert {name: cost.to_dict() for name, cost in found.items() if cost is not None} == {
        "recorded": {"a": 5},
        "set": {"b": 0, "a": 0},
    }
    assert ltv.acquisition_costs(values, recorded, 7.0).tolist() == [7, 7]


def test_ltv_to_cac_by_hand() -> None:
    values = pd.DataFrame(
        {"customer_id": list("abc"), "past_margin": [10.0, 20, 5], "clv": [20.0, 40, 5]}
    ).assign(total_value=lambda frame: frame["past_margin"] + frame["clv"])
    costs = pd.Series({"a": 10.0, "b": 20.0, "z": 5.0})
    table = ltv.ltv_to_cac(values, costs)
    assert table.loc[0, ["customers", "acquisition_cost", "total_value"]].tolist() == [2, 15, 45]
    assert table["ratio"].iloc[0] == 3
    assert "at or above the usual 3" in ltv.ratio_sentence(table, None)
    channels = ltv.ltv_to_cac(values, costs, pd.Series({"a": "web"}))
    assert dict(zip(channels["group"], channels["ratio"], strict=True)) == {"web": 3, "(not known)": 3}
    one_for_all = ltv.ltv_to_cac(
        values, pd.Series(25.0, index=values["customer_id"])
    )  # total values of 30, 60 and 10: 100 ÷ 75
    assert one_for_all.loc[0, ["customers", "acquisition_cost"]].tolist() == [3, 25]
    assert one_for_all["ratio"].iloc[0] == pytest.approx(100 / 75)
    dearer = ltv.ltv_to_cac(values, costs * 2)
    assert "LTV : CAC is 1.5, below the usual 3" in ltv.ratio_sentence(dearer, None)
    assert "less than the 50.00" in ltv.ratio_sentence(
        ltv.ltv_to_cac(values, costs.replace(10.0, 80.0)), None
    )
    assert "cost nothing" in ltv.ratio_sentence(ltv.ltv_to_cac(values, costs * 0), None)


# --- who is still there ------------------------------------------------------------------------------


def test_one_time_buyers_under_each_model(summary: ltv.Summary, models: dict[str, ltv.PurchaseModel]) -> None:
    table = ltv.one_time_alive(models, 78.0)
    assert (table["bg_nbd"] == 1).all()
    mbg = models["mbg_nbd"]
    assert table["mbg_nbd"].iloc[0] == pytest.approx(mbg.b / (mbg.a + mbg.b))  # may leave at once
    assert table["pareto_nbd"].iloc[0] == pytest.approx(1)
    assert table[["mbg_nbd", "pareto_nbd"]].diff().iloc[1:].lt(0).all(axis=None)
    said = ltv.one_time_value(models, summary, 52.0)
    once = summary.frame["x"] == 0
    assert said["customers"].tolist() == [once.sum()] * 3
    everyone = models["pareto_nbd"].expected_purchases(52.0, *summary.history)
    assert said["expected_purchases"].iloc[2] == pytest.approx(everyone[once.to_numpy()].sum())
    shares = [f"{share:.0%}" for share in said["p_alive"]]
    assert (
        f"nobody has seen: {shares[0]} under BG/NBD, {shares[1]} under MBG/NBD and {shares[2]} under Pareto"
    ) in ltv.one_time_models_sentence(said)
    assert f"MBG/NBD {table['mbg_nbd'].iloc[-1]:.0%}" in ltv.one_time_title(table, "week")
    assert "The models agree" in ltv.one_time_models_sentence(said.head(1))


def test_one_time_buyers_of_whom_models_expect_different_sums() -> None:
    """Less it differs only by less than one half, and by less than the shares of those alive do."""

    def said(alive: list[float], purchases: list[float]) -> str:
        table = pd.DataFrame({"model": ["bg_nbd", "mbg_nbd"], "customers": 27, "p_alive": alive})
        return ltv.one_time_models_sentence(table.assign(expected_purchases=purchases))

    assert "differs less: 442 to 509 purchases" in said([1, 0.37], [509, 442])
    assert "differs too: 7 to 163 purchases" in said([1, 0.11], [163, 7])
    assert "differs too: 10 to 14 purchases" in said([1, 0.8], [14, 10])
    assert "differs too: 0 to 1 purchases" in said([1, 0], [1, 0])


def test_alive_map_holds_p_alive(summary: ltv.Summary, models: dict[str, ltv.PurchaseModel]) -> None:
    table = ltv.alive_map(models["bg_nbd"], summary, 40.0)
    since = float(table.columns[10])
    x, t_x, t = (np.array([value]) for value in (4.0, 40.0 - since, 40.0))
    assert table.loc[4, since] == pytest.approx(models["bg_nbd"].p_alive(x, t_x, t)[0])
    assert table.diff(axis=1).iloc[:, 1:].lt(0).all(axis=None)
    assert table.index[0] == 1
    gone = next(week for week in table.columns if table.loc[10, week] < 0.5)
    assert ltv.alive_map_title(table, "week").startswith(
        f"After {gone:.0f} weeks of silence a customer with 10 repeat purchases is more likely gone"
    )
    assert ltv.alive_map_title(table + 0.6, "week").startswith("Even after 39 weeks")  # steps of one week
    assert ltv.alive_map(models["bg_nbd"], summary).columns[-1] == pytest.approx(
        summary.frame["T"].median() * 39 / 40
    )


def test_every_table_has_words(
    summary: ltv.Summary,
    models: dict[str, ltv.PurchaseModel],
    spend: ltv.SpendModel,
    values: pd.DataFrame,
    customers: pd.DataFrame,
) -> None:
    """No column of a table goes without a heading, and dates and money are shown as such."""
    model = models["bg_nbd"]
    whole = ltv.total_value(values, customers, 0.3)
    waits = ltv.next_purchase(summary, model, 13)
    costs = pd.Series(10.0, index=customers["customer_id"])
    groups = ltv.fit_groups(summary, ltv.cohorts(summary, "month"), "bg_nbd")
    assert isinstance(groups, ltv.GroupModels)
    tables = {
        "equity_by_group": ltv.by_group(values, ltv.cohorts(summary), purchases=model, spend=spend),
        "customer_value": whole,
        "next_purchase": waits,
        "due": ltv.due_by_week(waits, CDNOW_END),
        "one_time": ltv.one_time_value(models, summary, 52.0),
        "acquisition": ltv.ltv_to_cac(whole, costs),
        "spend_by_purchases": ltv.spend_by_purchases(summary, spend),
        "spend_fit": ltv.spend_fit(summary, spend),
        "group_models": groups.table(),
    }
    for name, shown_table in tables.items():
        table = ltv.name_units(shown_table, "week")
        said = words(name, table)
        assert set(said["labels"]) == set(table.columns)
        shown = {column for column in table if not pd.api.types.is_string_dtype(table[column])}
        assert set(said["formats"]) >= shown, name


def test_records_of_customers(tmp_path: Path) -> None:
    names = ["customer_id", "type", "sector", "region", "size", "salesperson", "acquisition_channel"]
    frame = pd.DataFrame(
        [["b", "consumer", None, None, None, None, "web"], ["a", *[None] * 6]], columns=names
    )
    path = tmp_path / "customers.parquet"
    frame.astype("str").where(frame.notna(), None).assign(acquisition_cost=[12.5, np.nan]).to_parquet(path)
    found = DuckDBEngine({"customers": path}).query("customer_records").set_index("customer_id")
    assert found.index.tolist() == ["a", "b"]
    assert found.loc["b", ["type", "acquisition_channel", "acquisition_cost"]].tolist() == [
        "consumer",
        "web",
        12.5,
    ]
    assert found.loc["a"].isna().all()
