"""Lapsed lines: who still buys, but no longer a product group it used to buy, and whether that lasts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import churn, open_dataset, portfolio
from analysis.churn import Horizon
from analysis.dataset.customer_days import CUSTOMER_DAYS
from analysis.engine.duckdb import DuckDBEngine
from analysis.not_possible import NotPossible
from tables import answering, write_sales

AS_OF = dt.date(2025, 6, 30)
TWO_MONTHS = Horizon({}, "", days=60, window=60, curve=pd.DataFrame())

# Paper. ana: 4 days, 3 gaps of 20 add up to 60; she buys on 5 days after the first and up to the last of
# them, and on 12 days since, for 120 days. bea: 6 days, 5 gaps of 30 add up to 150, on 5 days of hers. The
# mean gap is (60 + 150) ÷ 8 = 26.25 days or 10 ÷ 8 = 1.25 purchases. ana's usual gap is (60 + 26.25) ÷ 4 =
# 21.56 days; 120 days have a chance of (86.25 ÷ 206.25)⁴ = 3.06 %, 12 purchases one of (6.25 ÷ 18.25)⁴.
PAPER = {
    "ana": ("2025-01-01", "2025-01-21", "2025-02-10", "2025-03-02"),
    "bea": ("2025-01-01", "2025-01-31", "2025-03-02", "2025-04-01", "2025-05-01", "2025-05-31"),
}
SINCE = [str(day.date()) for day in pd.date_range("2025-03-02", "2025-06-30", freq="10D")]
TOOLS = ["2025-01-11", "2025-02-01", *SINCE]


@pytest.fixture
def opened(tmp_path):
    """Return a function that makes a data set of the sales of ana and bea, and of more lines."""

    def over(*more: str, tools=tuple(TOOLS)):
        paper = [f"{who} {day} Paper 100 V1 sale" for who, days in PAPER.items() for day in days]
        rows = [*paper, *(f"ana {day} Tools 30 V2 sale" for day in tools), *more]
        paths = write_sales(tmp_path, "\n".join(["customer_id date category amount salesperson kind", *rows]))
        return answering(AS_OF, {}, DuckDBEngine(paths), {"category", "salesperson"})

    return over


def rows_of(dataset, as_of=AS_OF):
    return dataset.query("product_lines", as_of=as_of, until=dataset.as_of, least=4)


def test_the_query_by_hand(opened):
    rows = rows_of(opened())
    assert rows["customer_id"].str.cat(rows["category"], " ").tolist() == [
        "ana Paper",
        "ana Tools",
        "bea Paper",
    ]
    assert rows["purchase_days"].tolist() == [4, 15, 6]
    assert rows["net_sales"].tolist() == [400, 450, 600]
    assert rows["purchases_between"].tolist() == [5, 16, 5]
    assert rows["purchases_since"].tolist() == [12, 0, 0]
    assert rows["bought_after"].tolist() == [0, 0, 0]
    assert [day.date() for day in rows["customer_last"]] == [AS_OF, AS_OF, dt.date(2025, 5, 31)]


def test_an_earlier_day_knows_of_what_followed_only_whether_it_did(opened):
    rows = rows_of(opened(), dt.date(2025, 4, 15))
    assert rows["bought_after"].tolist() == [0, 1, 1]
    assert rows["purchase_days"].tolist() == [4, 7, 4]
    assert rows["net_sales"].tolist() == [400, 210, 400]


def test_what_came_back_is_taken_off_and_what_is_older_than_a_year_does_not_count(opened):
    rows = rows_of(opened("ana 2024-03-01 Paper 999 V1 sale", "ana 2025-04-01 Paper -40 V1 return"))
    assert rows["net_sales"].iloc[0] == 360
    assert rows["purchase_days"].iloc[0] == 5


def test_the_rhythm_by_hand(opened):
    found = churn.rhythm(rows_of(opened()), AS_OF).set_index(["customer_id", "category"])
    ana, bea = found.loc[("ana", "Paper")], found.loc[("bea", "Paper")]
    assert ana["days_since_last"] == 120
    assert ana["usual_pause"] == pytest.approx(86.25 / 4)
    assert ana["chance"] == pytest.approx((86.25 / 206.25) ** 4)
    assert bea["usual_pause"] == pytest.approx(176.25 / 6)
    assert bea["chance"] == 1  # she has bought nothing since: paper is not what is missing


def test_ana_buys_tools_as_ever_and_no_paper(opened):
    found = churn.lapsed_lines(opened(), TWO_MONTHS)
    line = found.shown["lapsed_lines"].iloc[0]
    assert len(found.shown["lapsed_lines"]) == 1
    assert (line["customer_id"], line["category"], line["owner"]) == ("ana", "Paper", "V2")
    assert (line["days_since_last"], line["purchases_since"], line["net_sales"]) == (120, 12, 400)
    assert found.sentence() == (
        "Customers who still buy, but no longer a product group that they used to buy at a rhythm: 1 "
        "(1 of 3 such groups). These made 400 in the year before."
    )
    profile = churn.lapsed_profile(found)
    assert profile.to_dict("index") == {"ana": {"lapsed_lines": "Paper", "lapsed_sales": 400}}


def test_whoever_has_stopped_buying_altogether_has_not_dropped_a_line(opened):
    found = churn.lapsed_lines(opened(tools=TOOLS[:3]), TWO_MONTHS)
    assert found.shown["lapsed_lines"].empty
    assert found.found.good
    assert found.text.startswith("None of the 1 product groups that customers buy at a rhythm")
    assert found.found.action == ""
    assert churn.lapsed_profile(found).empty


def test_a_group_that_was_silent_on_the_same_days_a_year_before_goes_by_the_season(opened):
    days = pd.date_range("2024-01-03", "2024-03-02", freq="6D").strftime("%Y-%m-%d")
    winter = [f"ana {day} Paper 100 V1 sale" for day in days]
    assert churn.lapsed_lines(opened(*winter), TWO_MONTHS).shown["lapsed_lines"].empty
    summer = churn.lapsed_lines(opened(*winter, "ana 2024-05-03 Paper 100 V1 sale"), TWO_MONTHS)
    assert summer.shown["lapsed_lines"]["customer_id"].tolist() == ["ana"]


def test_no_category_or_no_rhythm_is_said(opened):
    assert "no category" in str(churn.lapsed_lines(open_dataset("cdnow-sample"), TWO_MONTHS))
    assert "at a rhythm within the horizon" in str(
        churn.lapsed_lines(opened(), Horizon({}, "", days=10, window=10, curve=pd.DataFrame()))
    )
    reason = NotPossible("why")
    assert churn.lapsed_lines(opened(), reason) is churn.lapsed_check(opened(), reason) is reason
    assert churn.lapsed_profile(reason).columns.tolist() == ["lapsed_lines", "lapsed_sales"]


def made_up(lapsed=(15, 5), others=(20, 60), per_customer=1):
    """Return lines bought six times every 20 days: so many silent for long, the others not; with outcome."""
    last = [100] * sum(lapsed) + [5] * sum(others)
    after = [0] * lapsed[0] + [1] * lapsed[1] + [0] * others[0] + [1] * others[1]
    days = pd.Timestamp(AS_OF - dt.timedelta(days=60)) - pd.to_timedelta(last, unit="D")
    return pd.DataFrame(
        {
            "customer_id": [f"c{i // per_customer}" for i in range(len(last))],
            "category": "Paper",
            "first_purchase": days - pd.Timedelta(days=100),
            "last_purchase": days,
            "purchase_days": 6,
            "net_sales": 50.0,
            "same_days": 1,
            "bought_after": after,
            "purchases_between": 6,
            "purchases_since": [40 if silent == 100 else 1 for silent in last],
            "customer_last": pd.Timestamp(AS_OF - dt.timedelta(days=60)),
        }
    )


def check_of(rows):
    return churn.lapsed_check(answering(AS_OF, {}, columns={"category"}, product_lines=rows), TWO_MONTHS)


def test_the_check_by_hand():
    """15 of 20 lasted, and 20 of 80: .5 ± 1.96 × √(.75 × .25 ÷ 20 + .25 × .75 ÷ 80), which is .2122."""
    found = check_of(made_up())
    own = found.shown["lapsed_check"].iloc[0]
    assert own[["lines", "lasting", "others"]].tolist() == pytest.approx([20, 0.75, 0.25])
    assert own[["excess_low", "excess", "excess_high"]].tolist() == pytest.approx(
        [0.2878, 0.5, 0.7122], abs=5e-5
    )
    assert found.found.good
    assert (found.found.value, found.found.usual) == pytest.approx((0.75, 0.25))
    assert found.shown["lapsed_check"]["rule"].tolist() == [
        "Beyond its own rhythm",
        "Silent for 100 days or more",
    ]


def test_a_silence_that_lasts_no_more_often_than_others_is_no_sign():
    found = check_of(made_up(lapsed=(6, 14)))
    assert not found.found.good
    assert found.text.endswith("the difference may be chance, so such a silence is no sign in these data.")


def test_lines_are_compared_with_others_of_a_like_rhythm():
    """The 60 others bought every 5 days are all bought again, the 20 others of the gap of 20 are not."""
    rows = made_up(others=(20, 60))
    span = pd.to_timedelta([100] * 40 + [25] * 60, unit="D")
    own = check_of(rows.assign(first_purchase=rows["last_purchase"] - span)).shown["lapsed_check"].iloc[0]
    assert own["others"] == pytest.approx(1)
    assert own["excess"] == pytest.approx(-0.25)


def test_lines_of_one_customer_tell_less_than_those_of_many():
    many, few = (check_of(made_up(per_customer=n)).shown["lapsed_check"].iloc[0] for n in (1, 5))
    assert few["lasting"] == many["lasting"]
    assert few["excess_low"] < many["excess_low"]


def test_too_few_lapsed_are_not_checked():
    assert "9 of 89 lines" in str(check_of(made_up(lapsed=(5, 4))))
    assert "20 of 20 lines" in str(check_of(made_up(others=(0, 0))))


@pytest.fixture(scope="module")
def demo():
    dataset = open_dataset("demo")
    pairs = dataset.query("purchase_gaps")
    return dataset, churn.horizon(portfolio.activity_window(pairs), pairs, dataset.as_of)


def test_nobody_in_demo_drops_a_group_and_hardly_anybody_is_said_to(demo):
    """By its truth each customer there buys of every group with a chance that never falls to none."""
    dataset, horizon = demo
    found = churn.lapsed_lines(dataset, horizon)
    assert len(found.shown["lapsed_lines"]) <= 0.005 * 2_308
    assert {"name", "owner"} <= set(found.shown["lapsed_lines"])
    assert "of 2,308 such groups" in found.text


def test_who_drops_all_but_one_group_in_demo_is_found_and_the_check_says_so(demo):
    """A tenth of the customers of demo buy nothing but tools in the last 348 days: two horizons."""
    dataset, horizon = demo
    since = dataset.as_of - dt.timedelta(days=2 * horizon.days)
    dropped = f"customer_id like '%7' and category <> 'Herramienta' and date > date '{since}'"
    paths = {
        name: dataset.folder / f"{name}.parquet" for name in ("transactions", CUSTOMER_DAYS, "customers")
    }
    views = {"transactions": f"select * from all_transactions where not ({dropped})"}
    planted = replace(dataset, engine=DuckDBEngine(paths, views))
    named = churn.lapsed_lines(planted, horizon).shown["lapsed_lines"].set_index(["customer_id", "category"])
    who, what = named.index.get_level_values(0), named.index.get_level_values(1)
    dropped_lines = {*named.index[who.str.endswith("7") & (what != "Herramienta")]}
    assert len(dropped_lines) >= 10
    said_anyway = churn.lapsed_lines(dataset, horizon).shown["lapsed_lines"]
    said_anyway = {*zip(said_anyway["customer_id"], said_anyway["category"], strict=True)}
    assert {*named.index} - dropped_lines <= said_anyway
    check = churn.lapsed_check(planted, horizon)
    assert check.shown["lapsed_check"]["excess_low"].iloc[0] > 0.3
    assert check.found.good


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(0, 400)] * 4, st.integers(4, 60)), min_size=1, max_size=20),
    st.integers(1, 300),
)
def test_a_longer_silence_is_never_likelier(lines, more):
    frame = pd.DataFrame(lines, columns=["span", "silence", "between", "purchases_since", "purchase_days"])
    last = pd.Timestamp(AS_OF) - pd.to_timedelta(frame["silence"], unit="D")
    frame = frame.assign(
        category="Paper",
        last_purchase=last,
        first_purchase=last - pd.to_timedelta(frame["span"] + frame["purchase_days"], unit="D"),
        purchases_between=frame["between"] + frame["purchase_days"],
    )
    now, later = (churn.rhythm(frame, AS_OF + dt.timedelta(days=days)) for days in (0, more))
    assert now["chance"].between(0, 1).all()
    assert (later["chance"] <= now["chance"]).all()
    assert (later["usual_pause"] == now["usual_pause"]).all()
    assert (now["usual_pause"] > 0).all()
