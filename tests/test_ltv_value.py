"""From purchases to money: margins, equity by group, payback, the next purchase, and who is still there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import ltv, open_dataset, portfolio
from analysis.display_names import words
from analysis.engine.duckdb import DuckDBEngine
from analysis.language import use_language
from analysis.ltv.alive import Alive
from analysis.ltv.equity import CustomerValue, EquityByGroup
from analysis.ltv.margins import customer_margins
from analysis.ltv.model_selection import fit_purchases
from analysis.ltv.value import clv, equity_shares
from analysis.not_possible import NotPossible

AS_OF = dt.date(2024, 4, 15)
CDNOW_END = dt.date(1998, 6, 30)
SETTINGS: dict[str, Any] = {"horizon_weeks": 52, "annual_discount_rate": 0.1}
COSTS = ["customer_id", "days", "sales", "cost", "day_margins", "day_squares"]
NO_CHECK = NotPossible("no check")
Over = Callable[[pd.DataFrame], DuckDBEngine]


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return open_dataset("cdnow-sample").query("customers", as_of=CDNOW_END)


@pytest.fixture(scope="module")
def summary(customers: pd.DataFrame) -> ltv.Summary:
    return ltv.summarise(customers, CDNOW_END, "week")


@pytest.fixture(scope="module")
def models(summary: ltv.Summary) -> dict[str, ltv.PurchaseModel]:
    fitted = {kind: fit_purchases(summary, kind) for kind in ltv.KINDS}
    return {kind: model for kind, model in fitted.items() if isinstance(model, ltv.PurchaseModel)}


@pytest.fixture(scope="module")
def spend(summary: ltv.Summary) -> ltv.SpendModel:
    fitted = ltv.fit_spend(summary)
    assert isinstance(fitted, ltv.SpendModel)
    return fitted


@pytest.fixture(scope="module")
def values(summary: ltv.Summary, models: dict[str, ltv.PurchaseModel], spend: ltv.SpendModel) -> pd.DataFrame:
    return clv(summary, models["bg_nbd"], spend, margin_rate=0.3, **SETTINGS)


# --- margins -----------------------------------------------------------------------------------------


def test_margins_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    rows = engine_over(six_customers).query("customer_margins", as_of=AS_OF).set_index("customer_id")
    # known cost: ana 60 on 100 (5 January, first order), dora 150 on 200, fay 300 on 500
    assert rows.index.tolist() == ["ana", "dora", "fay"]
    assert rows["sales"].tolist() == [100, 200, 500]
    assert rows["cost"].tolist() == [60, 150, 300]
    assert rows["day_margins"].tolist() == pytest.approx([0.4, 0.25, 0.4])
    assert rows["day_squares"].tolist() == pytest.approx([0.16, 0.0625, 0.16])
    margins = customer_margins(rows.reset_index())
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
    margins = customer_margins(costs)
    assert margins is not None
    assert margins.rate == pytest.approx(0.5)
    assert margins.half_weight == pytest.approx(2 / 7)
    assert margins.rates["margin_rate"].tolist() == pytest.approx([0.5 - 0.2 * 7 / 8, 0.5 + 0.2 * 7 / 8])
    assert margins.of(pd.Series(["high", "unknown"])).tolist() == pytest.approx([0.675, 0.5])
    # eight of ten lie between 0.325 and 0.675, each end moved in by a tenth of the way
    assert "for 8 of 10 it then lies between 36.0% and 64.0%" in margins.sentence()
    assert "all get nearly that rate" in replace(margins, half_weight=50.1).sentence()
    assert customer_margins(costs.head(0)) is None


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
    dear = customer_margins(costs.assign(cost=500.0))
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
    margins = customer_margins(costs)
    assert margins is not None
    assert margins.half_weight == pytest.approx(0.2**2 / 0.08**2, rel=0.2)
    off = {name: float(((margins.rates[name] - truth) ** 2).mean()) for name in ("own_rate", "margin_rate")}
    assert off["margin_rate"] < 0.6 * off["own_rate"]
    assert off["margin_rate"] < float(((margins.rate - truth) ** 2).mean())


def test_clv_with_a_margin_per_customer(
    summary: ltv.Summary, models: dict[str, ltv.PurchaseModel], spend: ltv.SpendModel, values: pd.DataFrame
) -> None:
    rates = np.linspace(0.1, 0.5, len(values))
    own = clv(summary, models["bg_nbd"], spend, margin_rate=rates, **SETTINGS)
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
    parts = clv(summary, models["bg_nbd"], spend, margin_rate=0.3, **SETTINGS)
    np.testing.assert_allclose(parts["clv"], values["clv"], rtol=1e-9)


# --- equity ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def worth(summary: ltv.Summary, models: dict[str, ltv.PurchaseModel], spend: ltv.SpendModel) -> CustomerValue:
    margins = ltv.choose_margins(pd.DataFrame(columns=COSTS), 0.3)
    found = ltv.customer_value(summary, models["bg_nbd"], spend, margins, ltv.Ahead(52, 0.1), check=NO_CHECK)
    assert isinstance(found, CustomerValue)
    return found


def by_hand(worth: CustomerValue, clv: list[float]) -> CustomerValue:
    """Return the first customers with such values and with half the chance to be alive."""
    frame = worth.frame.head(len(clv)).assign(clv=clv, p_alive=0.5, expected_purchases=2.0)
    return replace(worth, frame=frame.assign(customer_id=list("abcdefgh")[: len(clv)]))


def grouped(worth: CustomerValue, groups: pd.Series) -> EquityByGroup:
    found = ltv.equity_by(worth, groups, "channel")
    assert isinstance(found, EquityByGroup)
    return found


def test_value_is_clv_with_the_interval_of_the_total(worth: CustomerValue, values: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(worth.frame, values)
    assert worth.equity.contains(worth.total)
    assert "last check" not in worth.sentence()
    table = worth.tables()["customer_value"]
    assert table["clv"].is_monotonic_decreasing
    assert set(words("customer_value", table)["labels"]) == set(table.columns)
    shares = equity_shares(values["clv"])
    found = portfolio.concentration(values, "clv")
    assert found
    held = np.interp(found.share_for_80, shares["customers_share"], shares["equity_share"])
    assert held == pytest.approx(0.8, abs=0.005)


def test_value_is_said_with_the_error_of_the_last_check_and_the_length_of_the_history(
    worth: CustomerValue,
) -> None:
    for held, said in (
        (True, "lay within an interval made in the same way."),
        (False, "lay outside an interval made in the same way: this one may be too narrow"),
    ):
        check = SimpleNamespace(value_error=-0.204, value_held=held, earlier=())
        sentence = replace(worth, check=check).sentence()  # type: ignore[arg-type]
        assert f"net sales as forecast were off by -20.4%, and the actual value {said}" in sentence
        assert "With so few earlier forecasts" in sentence
    assumed = replace(worth, assumed=" at an assumed margin of 30%, no cost being known").sentence()
    assert "in discounted margin at an assumed margin of 30%, no cost being known (" in assumed
    # the first customers of CDNOW came on 1 January 1997: 545 days before 30 June 1998 are 77 weeks
    assert "history covers" not in replace(worth, horizon_weeks=77).sentence()
    said = replace(worth, horizon_weeks=78).sentence()
    assert "history covers only 77 weeks: a forecast over 78" in said


@pytest.mark.parametrize(
    ("clv", "said"),
    [
        ([80.0, 25.0, -5.0], ""),  # 5 lost of 105 are 4.8 %
        ([75.0, 25.0, -5.0], "Losses of US$5 are expected against gains of US$100: shares"),
        ([-50.0, -7.0], "Losses of US$57 are expected against gains of US$0: shares"),
    ],
)
def test_shares_are_shown_only_where_they_mean_something(
    worth: CustomerValue, clv: list[float], said: str
) -> None:
    found = by_hand(worth, clv)
    assert (found.losses_sentence() == "") == found.is_drawn == (said == "")
    assert said in found.losses_sentence()
    table = grouped(found, pd.Series({"a": "web", "b": "shop"}))
    texts = table.title() + table.sentence()
    assert table.frame["share_of_equity"].notna().all() == (said == "")
    assert "nan" not in texts.lower()
    assert ("taken together" in texts) == bool(said)
    assert ("web: 80% of customer equity with 33%" in texts) == (said == "")
    nothing = by_hand(worth, [0.0] * len(clv))
    assert not nothing.is_drawn
    assert isinstance(ltv.equity_by(nothing, pd.Series({"a": "web"}), "channel"), NotPossible)


def test_equity_by_group_by_hand(worth: CustomerValue) -> None:
    four = by_hand(worth, [10.0, 30.0, 50.0, 10.0])
    found = grouped(four, pd.Series({"a": "shop", "b": "web", "c": "web", "x": "fair"}))
    table = found.frame
    assert table["group"].tolist() == ["web", "shop", "(not known)"]
    assert table["customers"].tolist() == [2, 1, 1]
    assert table["share_of_customers"].tolist() == [0.5, 0.25, 0.25]
    assert table["share_of_equity"].tolist() == [0.8, 0.1, 0.1]
    assert table["clv_per_customer"].tolist() == [40, 10, 10]
    assert table["alive"].tolist() == [1, 0.5, 0.5]
    assert table["expected_purchases"].tolist() == [4, 2, 2]
    assert "web: 80% of customer equity with 50% of the customers" in found.title()
    assert "per customer “web” is worth most (US$40 each, 2 customers)" in found.sentence()
    assert set(words(found.name, table)["labels"]) == set(table.columns)
    many = grouped(four, pd.Series({"a": "shop", "b": "shop", "c": "web", "d": "shop"}))
    assert many.frame["group"].tolist() == ["shop", "web"]  # 50 each, but more customers


def test_no_group_holds_more_than_all_equity(worth: CustomerValue) -> None:
    """Losses of 2 in 102 hide no shares, but that one group would hold 102 % of all does."""
    value = by_hand(worth, [60.0, 42.0, -1.0, -1.0])
    names = pd.Series({"a": "web", "b": "web", "c": "shop", "d": "shop"})
    assert grouped(value, names).frame["share_of_equity"].isna().all()
    mixed = grouped(value, pd.Series({"a": "web", "b": "shop", "c": "shop", "d": "web"}))
    assert mixed.frame["share_of_equity"].tolist() == pytest.approx([0.59, 0.41])


def test_small_groups_are_taken_together(worth: CustomerValue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.ltv.equity.MOST_GROUPS", 3)
    five = by_hand(worth, [1.0, 2, 3, 4, 5])
    alone = pd.Series({name: name.upper() for name in "abcde"})
    table = grouped(five, alone).frame
    assert table["group"].tolist() == ["E", "D", "(all others)"]
    assert table["clv"].tolist() == [5, 4, 6]
    ordered = pd.Series(pd.Categorical(alone, categories=list("EDCBAZ"), ordered=True), index=alone.index)
    assert grouped(five, ordered).frame["group"].tolist() == list("EDCBA")


def test_equity_of_groups_has_the_intervals_of_totals(worth: CustomerValue) -> None:
    """All customers as one group have the portfolio's interval."""
    alone = grouped(worth, pd.Series("all", index=worth.frame["customer_id"]))
    ends = alone.frame[["equity_low", "equity_high"]].iloc[0].tolist()
    assert ends == [worth.equity.low, worth.equity.high]
    assert not alone.findings()  # that it is worth most says nothing


def test_cohorts_and_segments_cover_every_customer(
    worth: CustomerValue, customers: pd.DataFrame, summary: ltv.Summary
) -> None:
    parts = (ltv.cohorts(summary), ltv.segments(customers, summary.as_of, NotPossible("")))
    for part in parts:
        table = grouped(worth, part).frame
        assert "(not known)" not in set(table["group"])
        assert table["customers"].sum() == 2357
        assert table["clv"].sum() == pytest.approx(worth.total)
    assert list(parts[0].cat.categories) == ["Jan 1997", "Feb 1997", "Mar 1997"]
    use_language("es")
    assert ltv.cohorts(summary).cat.categories[0] == "ene 1997"


def test_intervals_of_customers_stand_beside_their_values(worth: CustomerValue) -> None:
    """Someone sure to buy nothing has an interval of nothing; the busiest customer one around its value."""
    found = worth.tables()["customer_value"]
    assert (found["clv_low"] <= found["clv_high"]).all()
    assert (found["purchases_low"] <= found["purchases_high"]).all()
    busiest = found.loc[found["expected_purchases"].idxmax()]
    assert 0 < busiest["purchases_low"] < busiest["expected_purchases"] < busiest["purchases_high"]
    assert 0 < busiest["clv_low"] < busiest["clv"] < busiest["clv_high"]
    gone = found.loc[found["p_alive"].idxmin()]
    assert gone["clv_high"] == gone["purchases_high"] == 0


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
    waits = ltv.next_purchase(summary, model, 26).frame
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
    found = ltv.next_purchase(summary, models["pareto_nbd"], 26)
    waits = found.frame
    assert waits.loc[waits["p_alive"] < 0.5, "expected_by"].isna().all()
    dated = waits["expected_by"].dropna()
    assert dated.min() > pd.Timestamp(CDNOW_END)
    table = found.by_week().head(4)
    assert table["until"].iloc[-1] == pd.Timestamp("1998-07-28")
    assert table["customers"].sum() == (dated <= pd.Timestamp("1998-07-28")).sum()
    soon = (dated <= pd.Timestamp(CDNOW_END) + pd.Timedelta(weeks=13)).sum()
    assert f"{soon} of 2,357 customers are expected back" in found.sentence()
    assert "no purchase within three years" in found.sentence()
    everybody = replace(found, frame=waits.assign(expected_by=pd.Timestamp("1998-07-28")))
    assert everybody.sentence().endswith("each with even odds or better.")  # and not "for 0 (0%) …"


def test_next_purchase_by_hand(models: dict[str, ltv.PurchaseModel]) -> None:
    """In the BG/NBD one alive at T buys within d with probability 1 − ((α + T) ÷ (α + T + d)) ** (r + x)."""
    model = models["bg_nbd"]
    x = np.arange(3.0, 23)
    frame = pd.DataFrame({"customer_id": [f"c{i}" for i in x], "last_purchase": pd.Timestamp("1998-06-30")})
    busy = ltv.Summary(frame.assign(x=x, t_x=40.0, T=40.0), "week", CDNOW_END)
    alive = model.p_alive(*busy.history)
    wait = (model.alpha + 40) * ((1 - 0.5 / alive) ** (-1 / (model.r + x)) - 1)
    found = ltv.next_purchase(busy, model, 10).frame
    days = (found["expected_by"] - pd.Timestamp(CDNOW_END)).dt.days
    assert days.tolist() == np.ceil(wait * 7).tolist()
    share = (model.alpha + 40) / (model.alpha + 50)
    np.testing.assert_allclose(found["chance"], alive * (1 - share ** (model.r + x)))


# --- who is still there ------------------------------------------------------------------------------


def test_nobody_is_said_to_be_gone_where_nobody_is() -> None:
    """Of none it read: "0 of the 793 repeat buyers (0%) are more likely gone than not"."""
    found = Alive(pd.DataFrame({"x": [1, 2, 3], "p_alive": [0.9, 0.8, 0.7]}), by_construction=False)
    assert found.sentence() == "None of the 3 repeat buyers is more likely gone than not."
    assert found.notes() == ["Every customer has bought again."]


def test_records_of_customers(tmp_path: Path) -> None:
    names = ["customer_id", "name", "type", "sector", "region", "size", "salesperson", "acquisition_channel"]
    frame = pd.DataFrame(
        [["b", "Bea", "consumer", None, None, None, None, "web"], ["a", *[None] * 7]], columns=names
    )
    path = tmp_path / "customers.parquet"
    money = {"acquisition_cost": [12.5, np.nan], "potential": [np.nan, np.nan]}
    frame.astype("str").where(frame.notna(), None).assign(**money).to_parquet(path)
    found = DuckDBEngine({"customers": path}).query("customer_records").set_index("customer_id")
    assert found.index.tolist() == ["a", "b"]
    assert found.loc["b", ["type", "acquisition_channel", "acquisition_cost"]].tolist() == [
        "consumer",
        "web",
        12.5,
    ]
    assert found.loc["a"].isna().all()
