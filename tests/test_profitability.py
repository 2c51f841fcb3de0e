"""Profitability: margins, the whale curve, discounts, receivables, supply and selling expenses, by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import open_dataset, profitability
from analysis.dataset import Dataset
from analysis.demo import generate
from analysis.engine.duckdb import DuckDBEngine
from analysis.not_possible import NotPossible
from analysis.plots import plot
from analysis.profitability.contribution import Contribution
from analysis.profitability.costly import excess
from analysis.profitability.margins import choose_margins
from analysis.result import Listed
from conftest import transactions
from tables import answering, write_sales, write_table

AS_OF = dt.date(2024, 4, 15)
DEMO = Path(__file__).parent.parent / "data" / "demo"
Over = Callable[[pd.DataFrame], DuckDBEngine]


@pytest.fixture(scope="module")
def demo() -> Dataset:
    return open_dataset("demo")


# --- margins -----------------------------------------------------------------------------------------


def test_margins_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    rows = engine_over(six_customers).query("customer_margins", as_of=AS_OF).set_index("customer_id")
    # known cost: ana 60 on 100 (5 January, first order), dora 150 on 200, fay 300 on 500
    assert rows.index.tolist() == ["ana", "dora", "fay"]
    assert rows["sales"].tolist() == [100, 200, 500]
    assert rows["cost"].tolist() == [60, 150, 300]
    assert rows["day_margins"].tolist() == pytest.approx([0.4, 0.25, 0.4])
    assert rows["day_squares"].tolist() == pytest.approx([0.16, 0.0625, 0.16])
    margins = choose_margins(rows.reset_index())
    assert margins.rate == pytest.approx(1 - 510 / 800)
    # one day each: nothing tells customers from purchases, so all get the rate of all
    assert margins.of(pd.Series(["ana", "bea"])).tolist() == pytest.approx([0.3625, 0.3625])


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
    margins = choose_margins(costs)
    assert margins.rate == pytest.approx(0.5)
    assert margins.rates["margin_rate"].tolist() == pytest.approx([0.5 - 0.2 * 7 / 8, 0.5 + 0.2 * 7 / 8])
    assert margins.of(pd.Series(["high", "unknown"])).tolist() == pytest.approx([0.675, 0.5])
    assert "From the costs of 2 customers the margin is 50.0% of net sales." in margins.sentence()


def test_a_margin_that_is_set_goes_before_costs_and_costs_before_an_assumption() -> None:
    costs = pd.DataFrame(
        {"customer_id": ["a"], "days": [1], "sales": [100.0], "cost": [80.0]}
        | {"day_margins": [0.2], "day_squares": [0.04]}
    )
    assert choose_margins(costs).rate == pytest.approx(0.2)
    chosen = choose_margins(costs, 0.45)
    assert chosen.of(pd.Series(["a", "b"])).tolist() == [0.45, 0.45]
    assert "as set" in chosen.sentence()
    nothing = choose_margins(costs, 0.0)  # is a margin that was set
    assert nothing.of(pd.Series(["a"])).tolist() == [0.0]
    dear = choose_margins(costs.assign(cost=500.0))
    assert dear.rates["own_rate"].tolist() == [-1.0]  # 1 − 500 ÷ 100 = −4 would drown all else
    assumed = choose_margins(costs.head(0))
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
    margins = choose_margins(costs)
    # the half weight is what draws them: .2² ÷ .08² = 6.25 purchase days, of the variances drawn above
    drawn = (days * margins.rates["own_rate"] + 6.25 * margins.rate) / (days + 6.25)
    assert margins.rates["margin_rate"].tolist() == pytest.approx(drawn.tolist(), abs=0.02)
    off = {
        name: float(((margins.rates[name].to_numpy() - truth) ** 2).mean())
        for name in ("own_rate", "margin_rate")
    }
    assert off["margin_rate"] < 0.6 * off["own_rate"]
    assert off["margin_rate"] < float(((margins.rate - truth) ** 2).mean())


# --- contribution margin -----------------------------------------------------------------------------


def profits(rows: dict[str, tuple[float, ...]]) -> pd.DataFrame:
    """Return rows of `profits`: gross, sales, returns, cost sold and returned, by customer."""
    names = ["gross_sales", "sales", "returns", "cost_sold", "cost_returned"]
    frame = pd.DataFrame.from_dict(rows, "index", columns=names).rename_axis("customer_id").reset_index()
    known = frame["cost_sold"].notna()
    return frame.fillna(0.0).assign(
        lines=1,
        net_sales=frame["sales"] + frame["returns"],
        sales_with_cost=frame["sales"].where(known, 0.0),
        returns_with_cost=frame["returns"].where(known, 0.0),
    )


FIVE = profits(
    {
        "ana": (1000, 900, 0, 500, 0),
        "bea": (500, 500, -100, 300, -60),
        "carl": (400, 200, 0, 240, 0),
        "dora": (100, 100, 0, 60, 0),
        "eve": (100, 100, 0, np.nan, 0),
    }
)
SERVICE_OF_FIVE = pd.DataFrame({"customer_id": ["ana", "dora"], "service_cost": [50.0, 80]})
COSTS_OF_FIVE = pd.DataFrame(
    {"customer_id": ["ana", "bea", "carl", "dora"], "days": 1, "sales": [900, 500, 200, 100]}
    | {"cost": [500, 300, 240, 60], "day_margins": 0.0, "day_squares": 0.0}
)


DATA_OF_FIVE = answering(
    AS_OF,
    {"customers": {"service_cost"}},
    customer_profit=FIVE,
    customer_records=SERVICE_OF_FIVE,
    coverage=pd.DataFrame({"first_date": [pd.Timestamp(AS_OF)]}),
)


@pytest.fixture
def five() -> Contribution:
    """Return the contribution margins of five customers.

    Margins: ana 900 − 500 − 50 = 350; bea 500 − 100 − (300 − 60) = 160; carl 200 − 240 = −40; dora
    100 − 60 − 80 = −40; eve at the rate of all, 1 − 1100 ÷ 1700 = 6 ÷ 17: 600 ÷ 17. In all 7910 ÷ 17.
    """
    found = profitability.contribution(DATA_OF_FIVE, choose_margins(COSTS_OF_FIVE))
    assert isinstance(found, Contribution)
    return found


def test_contribution_of_five_customers(five: Contribution) -> None:
    assert five.frame["customer_id"].tolist() == ["ana", "bea", "eve", "carl", "dora"]
    assert five.frame["margin"].tolist() == pytest.approx([350, 160, 600 / 17, -40, -40])
    assert five.frame["returns"].tolist() == [0, 40, 0, 0, 0]  # 100 came back, with goods for 60
    steps = five.steps().set_index("step")["amount"]
    goods = 1100 + 1100 / 17
    assert steps.tolist() == pytest.approx([2100, -300, -40, -goods, -130, 7910 / 17])
    assert "is 465, 27.4% of net sales." in five.said()
    assert "comes from 2 of 5 customers; customers who lose money: 2 (80)" in five.title()
    assert "known of 2 of 5 customers" in five.notes()[1]
    assert five.findings()[0].money is None


def test_the_margin_of_the_months_before(engine_over: Over) -> None:
    """In 2023 40 of 100 and in 2022 50 of 120, of which serving ana takes 10 each; bea came later."""
    rows = [("ana", "2022-01-05", "sale", 120, None, None, None, 70)]
    rows += [("ana", "2023-05-01", "sale", 70, None, None, None, 45)]
    rows += [("bea", "2023-06-01", "sale", 30, None, None, None, 15)]
    costs = pd.DataFrame({"customer_id": ["ana", "bea"], "service_cost": [10.0, 5.0]})
    data = answering(
        dt.date(2023, 12, 31),
        {"customers": {"service_cost"}},
        engine_over(transactions(rows)),
        customer_records=costs,
        coverage=pd.DataFrame({"first_date": [pd.Timestamp("2022-01-05")]}),
    )
    found = profitability.contribution(data, choose_margins(data.query("customer_margins")))
    assert (found.total, found.before) == (40 - 15, 50 - 10)
    assert found.said().endswith("is 25, 25.0% of net sales, after 40 in as many before.")
    (told,) = found.findings()
    assert (told.value, told.usual, told.money, told.good) == (25, 40, 15, False)
    later = profitability.contribution(data, choose_margins(data.query("customer_margins")), 13)
    assert later.before is None  # the sales do not reach 26 months back


def test_whale_curve_of_five_customers(five: Contribution) -> None:
    curve, total = five.curve(), 7910 / 17
    assert curve["share_of_customers"].tolist() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    added = [0, 350, 510, 510 + 600 / 17, 470 + 600 / 17, 430 + 600 / 17]
    assert curve["share_of_margin"].tolist() == pytest.approx([one / total for one in added])
    ax = plot(five)
    assert [text.get_text() for text in ax.texts] == [
        "80% from 40.0% of customers",
        "117.2%",
        "lose money: -80",
    ]


def test_a_rate_that_is_set_goes_before_costs(five: Contribution) -> None:
    found = profitability.contribution(DATA_OF_FIVE, choose_margins(COSTS_OF_FIVE, 0.5))
    margins = found.frame.set_index("customer_id")["margin"].to_dict()
    assert margins == {"ana": 400, "bea": 200, "carl": 100, "dora": -30, "eve": 50}
    assert "cost of each line" in str(profitability.sales_ranking(replace(found, served=0)))


def test_past_margin_is_the_margin_that_was() -> None:
    """Of a all costs are known, of b those of half its sales, of c none; d returned more than it bought."""
    costs = pd.DataFrame(
        {"customer_id": ["a", "b", "d"], "days": [3, 1, 1], "sales": [200.0, 100.0, 50.0]}
        | {"cost": [120.0, 70.0, 40.0], "day_margins": [1.2, 0.3, 0.2], "day_squares": [0.5, 0.09, 0.04]}
    )
    rows = pd.DataFrame(
        {"customer_id": list("abcd"), "sales": [200.0, 200.0, 100.0, 50.0], "returns": [-50.0, 0, 0, -60]}
        | {"sales_with_cost": [200.0, 100, 0, 50], "returns_with_cost": [-50.0, 0, 0, -60]}
        | {"cost_sold": [120.0, 70, 0, 40], "cost_returned": [-30.0, 0, 0, -48]}
    )
    rows["net_sales"] = rows["sales"] + rows["returns"]
    rate = 1 - 230 / 350
    found = profitability.earned(rows, choose_margins(costs))
    assert found.tolist() == pytest.approx([60, 60, 100 * rate, -2])
    assert profitability.earned(rows, choose_margins(costs, 0.5)).tolist() == [75, 100, 50, -5]
    assumed = choose_margins(costs.head(0))
    assert profitability.earned(rows, assumed).tolist() == pytest.approx([45, 60, 30, -3])


def test_past_margin_of_demo_is_net_sales_less_cost(demo: Dataset) -> None:
    customers = demo.query("customers")
    margins = choose_margins(demo.query("customer_margins"))
    found = profitability.earned(profitability.profits(demo), margins).sum()
    assert found == pytest.approx(float(customers["net_sales"].sum() - customers["cost"].sum()))
    assert found == pytest.approx(2_800_094.12)


def test_profits_of_six_customers(six_customers: pd.DataFrame, engine_over: Over) -> None:
    """Of the sales after February: dora gave back 50 and 10, with goods that cost 40."""
    engine = engine_over(six_customers)
    rows = engine.query("customer_profit", as_of=AS_OF, since=dt.date(2024, 2, 29)).set_index("customer_id")
    assert rows["lines"].to_dict() == {"ana": 2, "bea": 1, "carl": 0, "dora": 2, "eve": 0, "fay": 1}
    dora = ["gross_sales", "sales", "returns", "net_sales", "returns_with_cost", "cost_sold", "cost_returned"]
    assert rows.loc["dora", dora].tolist() == [0, 0, -60, -60, -50, 0, -40]
    assert rows.loc["ana", ["gross_sales", "sales_with_cost"]].tolist() == [100, 0]
    assert pd.isna(rows.loc["eve", "first_purchase"])
    whole = engine.query("customer_profit", as_of=AS_OF, since=dt.date(1, 1, 1))
    assert whole["net_sales"].sum() == 1015
    assert whole["gross_sales"].sum() == 1110
    assert whole["cost_sold"].sum() + whole["cost_returned"].sum() == 470


def test_roi_of_demo(demo: Dataset) -> None:
    margins = choose_margins(demo.query("customer_margins"))
    found = profitability.customer_roi(demo, margins)
    row = found.tables()["roi"].iloc[0]
    records = demo.query("customer_records").set_index("customer_id").loc[row["customer_id"]]
    bought = demo.query("customers").set_index("customer_id").loc[row["customer_id"]]
    years = (pd.Timestamp(demo.as_of) - bought["first_purchase"]).days / 365.25
    spent = records["acquisition_cost"] + years * records["service_cost"]
    earned = float(bought["net_sales"] - bought["cost"])
    assert row["roi"] == pytest.approx((earned - spent) / spent)
    assert "service_cost" in str(profitability.customer_roi(open_dataset("cdnow-sample"), margins))


def test_what_a_ranking_by_sales_gets_wrong() -> None:
    """A by sales are a and b (80 of 100); by margin c stands before b: 0.4 × 15 = 6 against 2."""
    frame = pd.DataFrame(
        {"customer_id": list("abcd"), "net_sales": [50.0, 32, 15, 3], "margin": [20.0, 2, 6, 1]}
    ).assign(name=["Ana", "Bea", None, "Dora"])
    given = Contribution(frame, 12, AS_OF, choose_margins(COSTS_OF_FIVE))
    found = profitability.sales_ranking(given)
    overrated, underrated = found.tables().values()
    assert overrated["customer_id"].tolist() == ["b"]
    assert underrated["customer_id"].tolist() == ["c"]
    assert overrated["beside_rate"].tolist() == pytest.approx([2 - 32 * 0.29])
    assert found.sentence().startswith(
        "1 of the 2 largest customers are not among the 2 most profitable, Bea "
    )
    assert "Bea above all: at the usual rate their margin would be 7 higher" in found.sentence()
    (told,) = found.findings()
    assert (told.value, told.money, told.good) == (1, pytest.approx(32 * 0.29 - 2), False)


# --- discounts ---------------------------------------------------------------------------------------


def test_discounts_on_like_purchases_by_hand() -> None:
    """Of type a, V1 gives 10 and V2 20 on 100 each; of type b V1 alone gives nothing on 50.

    Of V1 the others would give 20 on type a, and what it gives itself, 0, on type b.
    """
    rows = pd.DataFrame(
        [("c1", "V1", 100, -10, "a"), ("c2", "V2", 100, -20, "a"), ("c3", "V1", 50, 0, "b")],
        columns=["customer_id", "salesperson", "gross_sales", "discounts", "type"],
    ).assign(category="X")
    types = pd.DataFrame({"customer_id": ["c1", "c2", "c3"], "type": rows.pop("type")})
    data = answering(AS_OF, {"customers": {"type"}}, discounts=rows, customer_records=types)
    found = profitability.discounts(data)
    table = found.by["discounts_by_salesperson"].set_index("group")
    assert table.index.tolist() == ["V2", "V1"]
    assert table["like_rate"].tolist() == pytest.approx([0.1, 20 / 150])
    assert table["excess"].tolist() == pytest.approx([10, -10])
    assert table["point"].tolist() == [1, 1.5]
    assert found.spread == pytest.approx((200 * 0.05**2 / 250) ** 0.5)
    assert "Discounts take 12.0% off gross sales" in found.sentence()
    assert (
        "“V2” stands most beyond others on like purchases, with 20.0% against 10.0%: 10" in found.sentence()
    )
    (told,) = found.findings()
    assert (told.value, told.usual, told.money) == pytest.approx((0.2, 0.1, 10))
    alone = profitability.discounts(answering(AS_OF, {}, discounts=rows.head(1)))
    assert alone.sentence() == "Discounts take 10.0% off gross sales."
    assert alone.findings()[0].money is None
    assert plot(found).figure.get_suptitle() == "“V2” gives 20.0% of discount, “V1” 6.7%"


def test_the_salesperson_who_gives_most_is_found(demo: Dataset) -> None:
    """The generator lets V03 give 5 points more than others, and V02 none."""
    found = profitability.discounts(demo)
    table = found.by["discounts_by_salesperson"].set_index("group")
    assert (table["discount_rate"] - table["like_rate"])["V03"] > 0.05
    assert table["excess"].idxmax() == "V03"
    assert "would show who gives how much" in str(profitability.discounts(open_dataset("cdnow-sample")))


# --- receivables -------------------------------------------------------------------------------------

# Seven invoices, seen on 31 March 2024 over three months (91 days). Open: 100, 51 days late; 200, 15 days
# late; 300 and what is left of 150 (90), not due; 50, 152 days late; a credit note of 40, 6 days "late".
SEVEN = pd.DataFrame(
    [
        ("a", "2024-01-10", "2024-02-09", None, 100, 100),
        ("b", "2024-02-15", "2024-03-16", None, 200, 200),
        ("c", "2024-03-20", "2024-04-19", None, 300, 300),
        ("d", "2023-10-01", "2023-10-31", None, 50, 50),
        ("e", "2024-02-01", "2024-03-02", "2024-03-05", 400, 0),
        ("e", "2024-03-05", "2024-04-04", "2024-03-10", 150, 90),
        ("b", "2024-03-25", "2024-03-25", None, -40, -40),
    ],
    columns=["customer_id", "issued", "due", "paid", "amount", "open"],
).assign(invoices=1)
for day in ("issued", "due", "paid"):
    SEVEN[day] = pd.to_datetime(SEVEN[day])
END_OF_MARCH = dt.date(2024, 3, 31)


def test_ageing_and_dso_of_seven_invoices() -> None:
    """DSO 700 ÷ 1110 × 91; back over March (410, 31 days) and 290 of February's 600 (29 days)."""
    found = profitability.receivables(SEVEN, END_OF_MARCH, 3)
    assert found.ageing["amount"].tolist() == [390, 160, 100, 0, 50]
    assert found.ageing["invoices"].tolist() == [2, 2, 1, 0, 1]
    assert (found.open, found.overdue) == (700, 310)
    last = found.by_month[["dso", "count_back"]].iloc[-1]
    assert last.tolist() == pytest.approx([700 / 1110 * 91, 31 + 29 * 290 / 600])
    assert found.by_month["month"].dt.month.tolist() == [1, 2, 3]
    # at the end of January 100 and 50 were open, of 100 invoiced in the 92 days to then
    assert found.by_month.loc[0, ["open", "dso"]].tolist() == pytest.approx([150, 150 / 100 * 92])
    assert "310 (44.3%) is overdue and 50 for more than 90 days" in found.sentence()
    assert found.notes()[0] == (
        "DSO is 57.4 days by its definition, over 3 months, and 45.0 days by count-back."
    )
    (told,) = found.findings()
    assert (told.money, told.usual, told.good) == (310, None, None)
    assert plot(found).figure.get_suptitle() == "44.3% of receivables is overdue"


def test_what_was_overdue_a_year_before() -> None:
    """On 31 March 2023 300 were open, of which 100 had fallen due the day before and 50 on the day itself."""
    rows = pd.DataFrame(
        [
            ("2022-12-30", "2023-01-30", "2023-02-01", 70, 0),  # paid by then
            ("2023-01-01", "2023-03-30", "2023-05-01", 100, 0),
            ("2023-03-01", "2023-03-31", None, 50, 50),
            ("2023-03-02", "2023-04-30", "2024-01-01", 150, 0),
            ("2024-03-02", "2024-04-30", None, 900, 900),
        ],
        columns=["issued", "due", "paid", "amount", "open"],
    ).assign(customer_id="a", invoices=1)
    dates = {day: pd.to_datetime(rows[day]) for day in ("issued", "due", "paid")}
    found = profitability.receivables(rows.assign(**dates), END_OF_MARCH)
    (told,) = found.findings()
    assert (told.value, told.usual, told.good) == (pytest.approx(50 / 950), pytest.approx(100 / 300), None)


def test_buckets_begin_and_end_on_their_days() -> None:
    """What is due on the last day is not late; 1 to 30 days, 31 to 60, 61 to 90, and more."""
    days = [0, 1, 30, 31, 60, 61, 90, 91]
    due = pd.Timestamp(END_OF_MARCH) - pd.to_timedelta(days, unit="D")
    rows = pd.DataFrame({"customer_id": "a", "issued": due, "due": due, "paid": pd.NaT, "open": 1.0})
    rows = rows.assign(paid=pd.to_datetime(rows["paid"]), amount=1.0, invoices=1)
    found = profitability.receivables(rows, END_OF_MARCH, 12)
    assert found.ageing["amount"].tolist() == [1, 2, 2, 2, 1]


def test_an_invoice_without_a_due_day_stands_apart() -> None:
    seven = SEVEN.assign(due=SEVEN["due"].mask(SEVEN["customer_id"] == "a"))
    found = profitability.receivables(seven, END_OF_MARCH, 3)
    assert found.ageing["bucket"].tolist()[-1] == "No due day"
    assert found.ageing["amount"].tolist() == [390, 160, 0, 0, 50, 100]
    assert found.overdue == 210
    none = SEVEN.assign(due=pd.to_datetime(None))
    assert "due days ('due')" in str(profitability.late_payers(none, END_OF_MARCH, 3))


def test_late_payers_of_seven_invoices() -> None:
    """Due in these months: 100 (51 days late), 200 (15) and 400 (3): 9300 money days on 700; before, 152."""
    found = profitability.late_payers(SEVEN, END_OF_MARCH, 3, 0.06)
    table = found.tables()["late_payers"]
    assert table["customer_id"].tolist() == ["a", "b", "e"]
    assert table["tied_up"].tolist() == pytest.approx([5100 / 91, 3000 / 91, 1200 / 91])
    assert table["late_cost"].sum() == pytest.approx(9300 / 91 * 0.06 / 4)
    assert table["paid_late"].tolist() == [1, 1, 1]
    # 9300 ÷ 700 days
    assert found.sentence() == (
        "Customers pay 13.3 days late on average (152.0 before), which ties up 102 and costs 2."
    )


def test_debtors_of_seven_invoices() -> None:
    found = profitability.receivables(SEVEN, END_OF_MARCH, 3)
    assert found.debtors["customer_id"].tolist() == ["c", "b", "a", "e", "d"]
    assert found.debtors["open"].tolist() == [300, 160, 100, 90, 50]
    assert found.debtors["overdue"].tolist() == [0, 160, 100, 0, 50]
    assert found.debtors["oldest"].tolist() == [0, 15, 51, 0, 152]
    assert "The 5 largest debtors owe 700, 100%" in found.notes()[1]
    paid = SEVEN.assign(open=0.0, paid=SEVEN["due"])
    assert str(profitability.receivables(paid, END_OF_MARCH, 3)) == "Customers owe nothing on 31 Mar 2024."


def test_receivables_of_a_file_of_invoices_alone(tmp_path: Path) -> None:
    frame = SEVEN[SEVEN["customer_id"] != "e"]
    columns = {
        "customer_id": "customer",
        "issued": "issued",
        "due": "due",
        "paid": "paid",
        "amount": "amount",
    }
    path = tmp_path / "facturas.csv"
    later = pd.DataFrame([{"customer_id": "e", "issued": "2024-03-31", "due": "2024-03-31", "amount": 8.0}])
    later["paid"] = later["due"]
    pd.concat([frame, later])[list(columns)].rename(columns=columns).to_csv(path, index=False)
    data = open_dataset(str(path))
    found = profitability.receivables(profitability.invoices(data, 3), data.as_of, 3)
    assert found.ageing["amount"].tolist() == [300, 160, 100, 0, 50]
    assert found.by_month["dso"].iloc[-1] == pytest.approx(610 / 568 * 91)
    sample = profitability.invoices(open_dataset("cdnow-sample"))
    assert "A table 'invoices'" in str(sample)
    assert profitability.receivables(sample, data.as_of) is sample


def test_receivables_of_demo_are_what_its_invoices_leave_open(demo: Dataset) -> None:
    found = profitability.receivables(profitability.invoices(demo), demo.as_of)
    raw = pd.read_csv(DEMO / "facturas.csv.gz", sep=";", decimal=",")
    assert found.open == pytest.approx((raw["Importe neto"] - raw["Importe cobrado"]).sum())


# --- costly customers --------------------------------------------------------------------------------


def test_costly_customers_of_five(five: Contribution) -> None:
    """Carl brings 400 − 240 = 160 and takes 200 of discount; Dora brings 40 and takes 80 of service.

    Carl's discount takes 200 where 400 of gross sales usually give 400 × 300 ÷ 2100 = 400 ÷ 7, Dora's service
    80 where 100 usually take 100 × 130 ÷ 2100. Eve brings 600 ÷ 17 and takes nothing, until waiting for her
    money costs 36.
    """
    found = profitability.costly(five, NotPossible("no invoices"))
    listed, reasons = found.tables()["costly"], found.tables()["reasons"].set_index("reason")
    assert listed["customer_id"].tolist() == ["carl", "dora"]
    assert listed["remains"].tolist() == [-40, -40]
    assert listed["reason"].tolist() == ["Discounts", "Cost to serve"]
    assert listed["excess"].tolist() == pytest.approx([200 - 400 / 7, 80 - 100 * 130 / 2100])
    beyond = excess(five.frame.assign(late_cost=0.0), listed)
    assert beyond["discounts"].tolist() == pytest.approx([200 - 400 / 7, -100 / 7])
    assert reasons["loss"].tolist() == [40, 0, 0, 40, 0]
    assert reasons.loc["Discounts", "excess"] == pytest.approx(200 - 500 / 7)  # dora's usual 100 ÷ 7 off
    assert found.sentence() == (
        "2 of the 5 customers of the last 12 months cost more than they bring: 80 in all, 40 of it with "
        "“Discounts” as the main reason."
    )
    assert not found.notes()
    late = pd.DataFrame([["eve", 90.0, 36.0]], columns=["customer_id", "days_late", "late_cost"])
    slow = profitability.costly(five, Listed({"late_payers": late}, ""))
    eve = slow.tables()["costly"].set_index("customer_id").loc["eve"]
    assert eve["remains"] == pytest.approx(600 / 17 - 36)
    assert (eve["reason"], eve["excess"]) == ("Late payment", pytest.approx(36 - 100 * 36 / 2100))
    assert slow.sentence().startswith("3 of the 5 customers of the last 12 months cost more")
    assert slow.notes()[0].startswith("What waiting for the money costs is counted here")
    assert slow.findings()[0].money == pytest.approx(80 + 36 - 600 / 17)
    best = replace(five, frame=five.frame.head(2))
    assert "No customer costs more" in str(profitability.costly(best, NotPossible("no invoices")))


def test_costly_customers_of_demo_are_those_made_so(demo: Dataset) -> None:
    """The generator gives some deep discounts and many returns, and others far more service."""
    margins = choose_margins(demo.query("customer_margins"))
    contribution = profitability.contribution(demo, margins)
    late = profitability.late_payers(profitability.invoices(demo), demo.as_of)
    found = profitability.costly(contribution, late).tables()["costly"]
    truth = generate().truth.customers
    bought = contribution.frame.set_index("customer_id")["net_sales"]
    losing = truth.index[truth["losing"] & truth.index.isin(bought[bought > 0].index)]
    flagged = set(found["customer_id"])
    assert len(losing) >= 20
    assert np.mean([customer in flagged for customer in losing]) > 0.8
    top = truth.loc[found["customer_id"].head(20)]
    assert (top["losing"] | top["demanding"]).sum() >= 18


# --- stock and deliveries ----------------------------------------------------------------------------


def test_stock_behind_class_a(tmp_path: Path) -> None:
    """Class A is ana, 130 of 157. Of p the later count holds, 6 units, one a day being sold; q lasts 30 days.

    Of s nothing is left, that ana bought for 10 of 100.
    """
    sold = """
        customer_id date       product_id quantity amount
        ana         2024-06-01 p          90       90
        ana         2024-06-02 s          5        10
        ana         2023-08-01 q          1        30
        bea         2024-06-01 p          0        9
        bea         2024-06-01 q          9        9
        bea         2024-06-01 r          9        9
    """
    held = """
        product_id on_hand date
        p          70      2024-05-01
        p          6       2024-06-30
        q          3       -
        s          0       2024-06-30
    """
    engine = DuckDBEngine(write_sales(tmp_path, sold) | {"stock": write_table(tmp_path, "stock", held)})
    data = answering(dt.date(2024, 6, 30), {"stock": {"on_hand"}}, engine, {"product_id", "quantity"})
    found = profitability.stock_cover(data, of_sales({"ana": 130.0, "bea": 27}))
    table = found.tables()["stock_cover"]
    assert table["product_id"].tolist() == ["s", "p", "q"]
    assert table["best_sales"].tolist() == [10, 90, 0]
    assert table["days_of_cover"].tolist() == pytest.approx([0, 6, 30])
    assert "100.0% is in stock for less than 15 days (2 products), and 10.0% is out of" in found.sentence()


def of_sales(net_sales: dict[str, float]) -> Contribution:
    """Return the contribution of customers of whom only net sales matter."""
    frame = pd.DataFrame({"customer_id": list(net_sales), "net_sales": net_sales.values()})
    return Contribution(frame, 12, AS_OF, choose_margins(COSTS_OF_FIVE))


def test_late_and_short_deliveries(tmp_path: Path) -> None:
    """Three of five came after 2, 2 and 9 days; one is 20 days under way, one a day: that does not count yet.

    Of 10 units at 5 each ana lacks 2; bea's order is in no sale, so that nobody knows its price.
    """
    sold = """
        customer_id date       order_id quantity amount
        ana         2024-06-01 1        10       50
        bea         2024-06-01 9        1        1
    """
    sent = """
        order_id customer_id ordered    delivered  quantity_ordered quantity_delivered
        1        ana         2024-06-01 2024-06-03 10               8
        2        ana         2024-06-02 2024-06-11 4                4
        3        bea         2024-06-03 2024-06-05 6                5
        4        bea         2024-06-10 -          3                -
        5        bea         2024-06-29 -          3                -
    """
    engine = DuckDBEngine(
        write_sales(tmp_path, sold) | {"deliveries": write_table(tmp_path, "deliveries", sent)}
    )
    data = answering(dt.date(2024, 6, 30), {"deliveries": {"delivered"}}, engine)
    customers = of_sales({"ana": 50.0, "bea": 1})
    found = profitability.deliveries(data, customers)
    table = found.tables()["deliveries"].set_index("group")
    assert table["deliveries"].tolist() == [2, 4]
    assert table["late_share"].tolist() == [0.5, 0.5]
    assert table["short_share"].tolist() == [0.5, 0.5]
    assert table["typical_days"].tolist() == [2, 2]
    assert table.loc["Together", "lacking_value"] == 10
    # twice the median of 2, 2 and 9
    assert "50.0% of deliveries to A customers take more than 4 days, and 50.0% of all" in found.sentence()
    (told,) = found.findings()
    assert (told.value, told.usual, told.money, told.good) == (0.5, 0.5, 10, False)
    others = profitability.deliveries(data, of_sales({"zoe": 500.0}))
    assert others.sentence().startswith("50.0% of deliveries take more than 4 days.")
    slow = profitability.deliveries(data, customers, 30).tables()["deliveries"]
    assert slow["late_share"].iloc[-1] == 0
    rows = engine.query("delivery_days", as_of=data.as_of, since=dt.date(2023, 6, 30), least=40.0)
    rows = rows.assign(units_ordered=np.nan, lacking_value=np.nan, short=0)
    unknown = answering(data.as_of, {"deliveries": {"delivered"}}, delivery_days=rows)
    assert "quantity_ordered and quantity_delivered would show" in str(
        profitability.deliveries(unknown, customers)
    )


def test_unmet_demand_of_demo_is_what_its_truth_leads_to(demo: Dataset) -> None:
    contribution = profitability.contribution(demo, choose_margins(demo.query("customer_margins")))
    found = profitability.deliveries(demo, contribution).tables()["deliveries"]
    made = generate()
    sent = made.tables["deliveries"]
    lately = (sent["ordered"] > "2024-12-31") & sent["delivered"].notna()
    chance = made.truth.shortages[lately]
    deviation = float((chance * (1 - chance)).sum() ** 0.5) / lately.sum()
    assert abs(found["short_share"].iloc[-1] - chance.mean()) < 4 * deviation
    for missing in (profitability.stock_cover, profitability.deliveries):
        assert "would show" in str(missing(open_dataset("cdnow-sample"), contribution))


# --- selling expenses --------------------------------------------------------------------------------


def test_selling_expenses_by_hand() -> None:
    """In March and April 30 and 10 of 400, before 20 of 100; May is not over."""
    months = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01", "2024-05-01"])
    sales = pd.DataFrame({"period": months, "net_sales": [50, 50, 300, 100, 99]})
    spend = pd.DataFrame(
        {"month": months[[0, 1, 2, 3, 3, 4]], "kind": ["print", "print", "print", "print", None, "print"]}
        | {"amount": [10, 10, 20, 10, 10, 999]}
    )
    data = answering(dt.date(2024, 5, 20), {"spend": {"kind"}}, spend_by_kind=spend, sales_by_period=sales)
    found = profitability.selling_expenses(data, 2)
    assert found.by_kind["kind"].tolist() == ["print", "(not known)"]
    assert found.by_kind["share_of_sales"].tolist() == pytest.approx([0.075, 0.025])
    assert found.by_kind["share_before"].tolist() == pytest.approx([0.2, 0])
    assert found.by_month.sum(axis="columns").tolist() == pytest.approx([20 / 300, 20 / 100])
    assert found.title() == "Selling takes 10.0% of net sales (40 in 2 months); before that 20.0%"
    assert plot(found).figure.get_suptitle().startswith("Selling takes 10.0%")
    (told,) = found.findings()  # 10 % of 400 instead of 20 %
    assert (told.value, told.usual, told.money, told.good) == pytest.approx((0.1, 0.2, 40, True))
    less = replace(found, by_kind=found.by_kind.assign(share_before=[0.12, 0.03])).findings()[0]
    assert (less.usual, less.money, less.good) == pytest.approx((0.15, 20, True))  # 5 points of 400
    assert profitability.selling_expenses(data, 4).findings()[0].money is None
    assert "before that –" in profitability.selling_expenses(data, 4).title()
    assert "A table 'spend'" in str(profitability.selling_expenses(open_dataset("cdnow-sample")))


def test_selling_expenses_of_many_kinds_are_shown_in_six() -> None:
    months = pd.to_datetime(["2024-01-01", "2024-02-01"])
    sales = pd.DataFrame({"period": months, "net_sales": [100, 100]})
    spend = pd.DataFrame({"month": months[0], "kind": list("abcdefg"), "amount": range(7, 0, -1)})
    data = answering(dt.date(2024, 2, 29), {"spend": {"kind"}}, spend_by_kind=spend, sales_by_period=sales)
    found = profitability.selling_expenses(data, 2)
    assert len(found.by_kind) == len(found.by_month.columns) == 7
    names = [text.get_text() for text in plot(found).texts]
    assert [name for name in names if "%" not in name and name] == [*"abcde", "(other)"]
