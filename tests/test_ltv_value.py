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
from analysis.ltv.equity import CustomerValue
from analysis.ltv.equity_by_group import EquityByGroup, _ends
from analysis.ltv.model_selection import fit_purchases
from analysis.ltv.purchases import KINDS
from analysis.ltv.value import clv, equity_shares
from analysis.not_possible import NotPossible
from analysis.profitability.margins import choose_margins

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
    fitted = {kind: fit_purchases(summary, kind) for kind in KINDS}
    return {kind: model for kind, model in fitted.items() if isinstance(model, ltv.PurchaseModel)}


@pytest.fixture(scope="module")
def spend(summary: ltv.Summary) -> ltv.SpendModel:
    fitted = ltv.fit_spend(summary)
    assert isinstance(fitted, ltv.SpendModel)
    return fitted


@pytest.fixture(scope="module")
def values(summary: ltv.Summary, models: dict[str, ltv.PurchaseModel], spend: ltv.SpendModel) -> pd.DataFrame:
    return clv(summary, models["bg_nbd"], spend, margin_rate=0.3, **SETTINGS)


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
    margins = choose_margins(pd.DataFrame(columns=COSTS), 0.3)
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
    customers = pd.DataFrame({"actual_value": [600.0, 400.0]})
    for held, said in ((True, "within its interval."), (False, "outside its interval.")):
        check = SimpleNamespace(
            value_error=-0.204, value_held=held, earlier=(), weeks=26, customers=customers, drawn=None
        )
        check.of_whom = str
        check.summary = worth.summary
        told = replace(worth, check=check)  # type: ignore[arg-type]
        assert "With so few earlier forecasts" in told.notes()[0]
        equity, forecast, _top = told.findings()
        assert equity.money is None  # the whole, and not what is at stake
        assert forecast.id == "ltv.holdout_value"
        assert (forecast.money, forecast.good) == (pytest.approx(204), held)  # 796 expected, 1,000 came
        assert forecast.text == (
            "The forecast for the last 26 weeks was 20.4% too low: US$796 of net sales expected of the "
            f"customers known then, US$1,000 came, {said}"
        )
    assumed = replace(worth, assumed=" at an assumed margin of 30%, no cost being known").sentence()
    assert "in discounted margin at an assumed margin of 30%, no cost being known (" in assumed
    # the first customers of CDNOW came on 1 January 1997: 545 days before 30 June 1998 are 77 weeks
    assert "history covers" not in str(replace(worth, horizon_weeks=77).notes())
    said = replace(worth, horizon_weeks=78).notes()[-1]
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
    assert "per customer “web” is worth most, US$40." in found.sentence()
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
    monkeypatch.setattr("analysis.ltv.equity_by_group.MOST_GROUPS", 3)
    five = by_hand(worth, [1.0, 2, 3, 4, 5])
    alone = pd.Series({name: name.upper() for name in "abcde"})
    table = grouped(five, alone).frame
    assert table["group"].tolist() == ["E", "D", "(all others)"]
    assert table["clv"].tolist() == [5, 4, 6]
    ordered = pd.Series(pd.Categorical(alone, categories=list("EDCBAZ"), ordered=True), index=alone.index)
    assert grouped(five, ordered).frame["group"].tolist() == list("EDCBA")


def test_equity_of_groups_has_the_intervals_of_totals(worth: CustomerValue) -> None:
    """All customers as one group have the portfolio's interval; to show such a group would say nothing."""
    assert _ends(worth, np.zeros(len(worth.frame), np.intp)).tolist() == [
        [worth.equity.low, worth.equity.high]
    ]
    alone = ltv.equity_by(worth, pd.Series("all", index=worth.frame["customer_id"]), "channel")
    assert str(alone) == "All customers are in one group: all."


def test_where_nobody_is_seen_to_leave_no_p_alive_is_shown(worth: CustomerValue) -> None:
    """As on Online Retail: P(alive) of 1 for all would be no knowledge."""
    fit = replace(worth.purchases.fit, loose=np.array([False, False, True, False]))
    unseen = replace(worth, purchases=replace(worth.purchases, fit=fit))
    assert worth.tables()["customer_value"]["p_alive"].notna().all()
    assert unseen.tables()["customer_value"]["p_alive"].isna().all()
    months = ltv.cohorts(worth.summary)
    assert grouped(worth, months).frame["alive"].notna().all()
    assert grouped(unseen, months).frame["alive"].isna().all()
    found = ltv.next_purchase(worth.summary, unseen.purchases, 52).frame
    assert found["p_alive"].isna().all()
    assert found["chance"].notna().all()


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
    assert found.to_numpy().tolist() == [["ana", "web", 2, "shop"], ["bea", "shop", 2, "shop"]]


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
    assert "no purchase within three years" in found.notes()[0]
    everybody = replace(found, frame=waits.assign(expected_by=pd.Timestamp("1998-07-28")))
    assert everybody.notes() == []  # and not "for 0 (0%) …"


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
    assert found.notes()[-1] == "Every customer has bought again."


def test_records_of_customers(tmp_path: Path) -> None:
    names = ["customer_id", "name", "type", "sector", "region", "size", "salesperson", "acquisition_channel"]
    frame = pd.DataFrame(
        [["b", "Bea", "consumer", None, None, None, None, "web"], ["a", *[None] * 7]], columns=names
    ).assign(service_cost=None, consent=["yes", None])
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
