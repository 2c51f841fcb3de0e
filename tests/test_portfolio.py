"""The portfolio's measures, worked by hand on six customers (see conftest) and on small numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from analysis import portfolio
from analysis.language import use_language
from analysis.not_possible import NotPossible
from analysis.periods import calendar
from analysis.plots import plot, theme
from analysis.portfolio.factors import factor_effects
from conftest import AS_OF, transactions


@pytest.fixture
def engine(six_customers, engine_over):
    return engine_over(six_customers)


@pytest.fixture
def customers(engine):
    return engine.query("customers", as_of=AS_OF)


def monthly_flow(engine, as_of=AS_OF):
    return portfolio.customer_flow(engine.query("customer_flow", as_of=as_of, period="month"), as_of, "month")


def monthly_cohorts(engine, as_of=AS_OF):
    return portfolio.cohorts(engine.query("cohorts", as_of=as_of, period="month"), as_of, "month")


class TestBridge:
    def test_adds_up(self, engine):
        rows = engine.query("sales_bridge", as_of=AS_OF)
        rows.attrs["currency"] = "EUR"
        bridge = portfolio.sales_bridge(rows)
        assert bridge.shown["bridge"]["amount"].tolist() == [1110, -30, -55, -10, 1015]
        assert bridge.shown["bridge"]["share_of_gross"].iloc[-1] == pytest.approx(1015 / 1110)
        said = "Of €1,110 gross sales so far, 8.6% is taken off, which leaves net sales of €1,015."
        assert bridge.sentence() == said

    def test_margin_counts_only_lines_whose_cost_is_known(self, engine):
        bridge = portfolio.sales_bridge(engine.query("sales_bridge", as_of=AS_OF))
        assert bridge.notes() == [  # 750 − 470; 280 ÷ 750; 750 ÷ 1015
            "The gross margin so far is 280, 37.3% of the net sales whose cost is known (74% of all net "
            "sales)."
        ]

    def test_without_cost_there_is_no_margin(self, engine_over):
        engine = engine_over(transactions([("a", "2024-01-01", "sale", 10)]))
        bridge = portfolio.sales_bridge(engine.query("sales_bridge", as_of=AS_OF))
        assert bridge.notes()[1].startswith("No cost is known")
        assert not bridge.is_drawn

    def test_returns_only(self, engine_over):
        engine = engine_over(transactions([("a", "2024-01-01", "return", -10)]))
        bridge = portfolio.sales_bridge(engine.query("sales_bridge", as_of=AS_OF))
        assert bridge.sentence() == "Gross sales are zero and net sales -10."
        assert bridge.shown["bridge"]["share_of_gross"].isna().all()


class TestSalesByPeriod:
    def test_factors_multiply_to_sales(self, engine):
        sales = portfolio.sales_by_period(
            engine.query("sales_by_period", as_of=AS_OF, period="month"), AS_OF, "month"
        )
        assert sales.frame["value_per_purchase"].round(2).tolist() == [56.67, 137.5, 176.67, 40]
        factors = sales.frame[["customers", "purchases_per_customer", "value_per_purchase"]]
        assert factors.prod(axis=1).tolist() == pytest.approx([170, 275, 530, 40])
        assert sales.frame["complete"].tolist() == [True, True, True, False]
        assert sales.title() == "Net sales of Mar 2024: 530"  # there is no March 2023 to compare with

    def test_a_first_period_recorded_in_part(self, engine_over):
        rows = [("a", "2024-01-10", "sale", 10), ("a", "2024-02-20", "sale", 5)]
        as_of = dt.date(2024, 2, 29)
        query = engine_over(transactions(rows)).query("sales_by_period", as_of=as_of, period="month")
        sales = portfolio.sales_by_period(query, as_of, "month")
        assert sales.frame["complete"].tolist() == [False, True]

    def test_a_period_without_sales_is_there(self, engine_over):
        rows = [("a", "2024-01-03", "sale", 10), ("a", "2024-03-31", "sale", 5)]
        as_of = dt.date(2024, 3, 31)
        query = engine_over(transactions(rows)).query("sales_by_period", as_of=as_of, period="month")
        sales = portfolio.sales_by_period(query, as_of, "month")
        assert sales.frame["net_sales"].tolist() == [10, 0, 5]
        assert sales.frame["customers"].tolist() == [1, 0, 1]

    def test_a_month_is_compared_with_the_same_month_of_last_year(self, engine_over):
        rows = [("a", "2023-12-05", "sale", 50), ("a", "2024-11-05", "sale", 20)]
        as_of = dt.date(2024, 12, 31)
        engine = engine_over(transactions([*rows, ("a", "2024-12-05", "sale", 60)]))
        query = engine.query("sales_by_period", as_of=as_of, period="month")
        sales = portfolio.sales_by_period(query, as_of, "month")
        assert sales.title() == "Net sales of Dec 2024: 60, 20.0% more than in Dec 2023"

    @pytest.mark.parametrize(
        ("unit", "as_of", "complete"),
        [
            ("month", dt.date(2024, 2, 28), False),
            ("month", dt.date(2024, 2, 29), True),
            ("quarter", dt.date(2024, 3, 30), False),
            ("quarter", dt.date(2024, 3, 31), True),
            ("half_year", dt.date(2024, 6, 29), False),
            ("half_year", dt.date(2024, 6, 30), True),
            ("year", dt.date(2024, 12, 31), True),
        ],
    )
    def test_the_last_period_is_complete_on_its_last_day(self, unit, as_of, complete):
        assert calendar(dt.date(2023, 12, 31), as_of, unit)["complete"].iloc[-1] == complete

    @pytest.mark.parametrize(("first", "complete"), [("2024-01-07", True), ("2024-01-08", False)])
    def test_the_first_period_is_complete_if_the_data_begin_in_its_first_week(self, first, complete):
        months = calendar(dt.date.fromisoformat(first), dt.date(2024, 3, 31), "month")
        assert months["complete"].tolist() == [complete, True, True]


class TestConcentration:
    def test_six_customers(self, customers):
        result = portfolio.concentration(customers)
        assert result.customers_for_80 == 3  # 500 + 300 < 812 = 80 % of 1015 ≤ 500 + 300 + 140
        # weights −5 −3 −1 1 3 5 on −5 0 80 140 300 500: 25 − 80 + 140 + 900 + 2500 = 3485, ÷ (6 × 1015)
        assert result.gini == pytest.approx(3485 / 6090)
        assert result.shown["top"]["customers"].tolist() == [1, 1, 1, 2]
        assert result.shown["top"]["net_sales"].tolist() == [500, 500, 500, 800]
        assert result.shown["without"]["largest"].tolist() == [1, 5]
        assert result.shown["without"]["left"].tolist() == [515, -5]

    @pytest.mark.parametrize(
        ("values", "gini", "few"),
        [
            ([10, 20, 30, 40, 100], 0.4, 3),  # (−40 −40 +0 +80 +400) ÷ (5 × 200); 100 + 40 < 160 ≤ 170
            ([7, 7, 7, 7, 7], 0, 4),
            ([0, 0, 0, 0, 9], 0.8, 1),
            ([5], 0, 1),
            ([80, 20], 0.3, 1),  # exactly 80 %: one is enough
        ],
    )
    def test_by_hand(self, values, gini, few):
        result = portfolio.concentration(pd.DataFrame({"net_sales": values}))
        assert result.gini == pytest.approx(gini)
        assert result.customers_for_80 == few

    def test_curve_goes_from_nothing_to_all(self):
        result = portfolio.concentration(pd.DataFrame({"net_sales": range(1, 2001)}))
        assert result.curve.iloc[0].tolist() == [0, 0]
        assert result.curve.iloc[-1].tolist() == [1, 1]
        assert len(result.curve) <= 501
        area = (
            result.curve["share_of_sales"].rolling(2).mean() * result.curve["share_of_customers"].diff()
        ).sum()
        assert 1 - 2 * area == pytest.approx(result.gini, abs=1e-4)

    def test_somebody_is_left_when_the_largest_are_taken_away(self):
        result = portfolio.concentration(pd.DataFrame({"net_sales": [10, 20, 30, 40, 100]}))
        assert result.shown["without"]["largest"].tolist() == [1]
        assert result.shown["without"]["share_lost"].tolist() == [0.5]

    @pytest.mark.parametrize("values", [[0, 0], [-5], [5, -5]])
    def test_nothing_to_share(self, values):
        assert isinstance(portfolio.concentration(pd.DataFrame({"net_sales": values})), NotPossible)

    def test_largest_breaks_ties_by_identifier(self):
        frame = pd.DataFrame({"customer_id": ["b", "a", "c"], "net_sales": [5.0, 5, 10]})
        largest = portfolio.concentration(frame).shown["largest"]
        assert largest["customer_id"].tolist() == ["c", "a", "b"]
        assert largest["share_of_sales"].tolist() == [0.5, 0.25, 0.25]

    def test_sentence(self, customers):
        result = portfolio.concentration(customers)
        assert (
            result.sentence()
            == "It takes 3 of 6 customers (50.0%) to make 80% of net sales; without the 5 largest these "
            "would be 100.5% lower. Of all customers, 1 only ever returned."
        )
        use_language("es")
        assert "100,5" in portfolio.concentration(customers).sentence()


class TestGrowth:
    ROWS = (
        ("ana", "2023-01-10", "sale", 100),
        ("bea", "2023-03-01", "sale", 60),
        ("bea", "2023-11-01", "sale", 40),
        ("ana", "2024-02-01", "sale", 150),
        ("carl", "2024-03-01", "sale", 50),
        ("carl", "2024-03-15", "sale", 60),
        ("carl", "2024-03-20", "return", -10),
    )

    def growth(self, data_over, as_of, rows=ROWS, compare="year_to_date"):
        data = data_over(transactions(list(rows)), as_of)
        return portfolio.growth(data.query("sales_by_year"), portfolio.compare_customers(data, compare))

    def test_the_year_to_date_against_the_same_days(self, data_over):
        growth = self.growth(data_over, dt.date(2024, 3, 31))
        # up to 31 March: 2023 ana 100 + bea 60; 2024 ana 150 + carl 110 − 10
        assert growth.value == pytest.approx((160, 250))
        assert growth.change == pytest.approx(90 / 160)
        # customers 2 → 2; purchases per customer 1 → 1.5; value per purchase 80 → 83.33
        assert growth.factors["change"].tolist() == pytest.approx([0, 0.5, 250 / 3 / 80 - 1])
        assert growth.frame["net_sales"].tolist() == [200, 250]
        assert growth.frame["complete"].tolist() == [True, False]
        assert growth.sentence() == (
            "Net sales of 1 Jan 2024 – 31 Mar 2024: 56.2% more than in 1 Jan 2023 – 31 Mar 2023 (250 and "
            "160): customers 0.0%, purchases per customer +50.0%, value per purchase +4.2%."
        )
        finding = growth.findings()[0]
        assert (finding.money, finding.good, finding.action) == (pytest.approx(90), True, "")
        assert finding.usual is None  # one whole year before

    def test_usual_is_the_growth_of_the_last_whole_year_before(self, data_over):
        """2022 sold 80 and 2023 200, 150 % more; of 2024 to 31 March 250 against 160."""
        rows = [("ana", "2022-01-03", "sale", 80), *self.ROWS]
        for day in (dt.date(2024, 3, 31), dt.date(2024, 12, 31)):
            assert self.growth(data_over, day, rows).findings()[0].usual == pytest.approx(1.5)

    def test_a_fall_says_where_to_begin(self, data_over):
        """From 200 to 100: one customer instead of two, 1 purchase instead of 2 each, of 100 each, not 50."""
        rows = [(name, f"2023-0{month}-05", "sale", 50) for name in ("ana", "bea") for month in (1, 2)]
        found = self.growth(data_over, dt.date(2024, 12, 31), [*rows, ("ana", "2024-01-01", "sale", 100)])
        assert found.findings()[0].action == "Begin with the factor that took most off: customers."

    def test_whole_years(self, data_over):
        growth = self.growth(data_over, dt.date(2024, 12, 31))
        assert growth.value == pytest.approx((200, 250))
        assert growth.title() == "Net sales of 2024: 25.0% more than in 2023"
        assert growth.frame["complete"].tolist() == [True, True]

    def test_the_factors_multiply_to_the_change(self, data_over):
        growth = self.growth(data_over, dt.date(2024, 3, 31))
        assert (1 + growth.factors["change"]).prod() == pytest.approx(1 + growth.change)

    def test_a_year_of_which_only_a_part_was_recorded_is_compared_with_none(self, data_over):
        later = [("bea", "2023-02-01", "sale", 60), ("ana", "2024-02-01", "sale", 150)]
        assert not self.growth(data_over, dt.date(2024, 12, 31), later)
        in_january = [("bea", "2023-01-31", "sale", 60), ("ana", "2024-02-01", "sale", 150)]
        assert self.growth(data_over, dt.date(2024, 12, 31), in_january).change == pytest.approx(1.5)

    def test_one_year(self, data_over):
        refused = self.growth(data_over, dt.date(2023, 12, 31), self.ROWS[:3])
        assert refused.reason == (
            "Growth cannot be told yet: it takes sales in 2023 and in 2022, recorded from its start."
        )

    def test_the_last_quarter_against_the_same_one_of_the_year_before(self, data_over):
        rows = [("dora", "2022-12-01", "sale", 1), *self.ROWS]
        growth = self.growth(data_over, dt.date(2024, 5, 9), rows, "quarter")
        assert growth.title() == "Net sales of Q1 2024: 56.2% more than in Q1 2023"  # 250 against 160

    def test_effects_by_the_logarithmic_mean(self):
        """10 × 5 = 50 becomes 20 × 4 = 80: L(80, 50) = 30 ÷ ln 1.6 = 63.829, × ln 2 and × ln 0.8."""
        before, now = pd.Series({"n": 10, "value": 5}), pd.Series({"n": 20, "value": 4})
        effects = factor_effects(before, now, ("n", "value"))
        assert effects["effect"].tolist() == pytest.approx([44.243, -14.243], abs=1e-3)
        assert effects["change"].tolist() == pytest.approx([1, -0.2])
        nothing = factor_effects(before, now * 0, ("n", "value"))
        assert nothing["effect"].isna().all()  # zero has no logarithm


class TestChange:
    """Seven customers, up to 31 March of 2023 and 2024; sold in 2023 to March, later in 2023, in 2024.

    =====  =======  =====  ====  ==========================================
    ana    100             150   grew by 50
    bea    60       40     20    shrank by 40
    carl                   110   new, and gave 10 back
    dora   30                    lost; bought in 2022 too
    eve    25       5            not this year yet
    fay             7      9     again this year
    gil                    8     reactivated: bought in 2022 only
    hal                    −3    gave back what was bought in 2022
    =====  =======  =====  ====  ==========================================

    Before 215, now 150 + 20 + 100 + 9 + 8 − 3 = 284.
    """

    ROWS = (
        ("dora", "2022-01-05", "sale", 5),
        ("gil", "2022-02-05", "sale", 5),
        ("hal", "2022-02-05", "sale", 5),
        ("ana", "2023-01-10", "sale", 100),
        ("bea", "2023-03-01", "sale", 60),
        ("bea", "2023-11-01", "sale", 40),
        ("dora", "2023-02-01", "sale", 30),
        ("eve", "2023-02-01", "sale", 25),
        ("eve", "2023-06-01", "sale", 5),
        ("fay", "2023-07-01", "sale", 7),
        ("ana", "2024-02-01", "sale", 150),
        ("bea", "2024-03-31", "sale", 20),
        ("carl", "2024-03-01", "sale", 110),
        ("carl", "2024-03-20", "return", -10),
        ("fay", "2024-01-01", "sale", 9),
        ("gil", "2024-01-01", "sale", 8),
        ("hal", "2024-01-01", "return", -3),
    )

    @pytest.fixture
    def change(self, data_over):
        data = data_over(transactions(list(self.ROWS)), dt.date(2024, 3, 31))
        return portfolio.sales_change(portfolio.compare_customers(data, "year_to_date"))

    def test_steps_by_hand(self, change):
        assert [*change.bars.values()][:: len(change.bars) - 1] == [215, 284]
        assert change.steps.set_index("step")["amount"].to_dict() == {
            **{"new": 100, "reactivated": 8, "again": 9, "growth": 50},
            **{"returned": -3, "shrinkage": -40, "not_yet": -25, "lost": -30},
        }
        assert change.steps["customers"].tolist() == [1] * 8
        # of ana 100, bea 60, dora 30, eve 25: kept 100 + 20; now 150 + 20
        assert change.gross_retention == pytest.approx(120 / 215)
        assert change.net_retention == pytest.approx(170 / 215)

    def test_whole_years_touch_and_have_no_groups_between(self, data_over):
        data = data_over(transactions(list(self.ROWS)), dt.date(2024, 12, 31))
        compared = portfolio.compare_customers(data, "year")
        change, status = (
            portfolio.sales_change(compared),
            compared.customers.set_index("customer_id")["status"],
        )
        assert status["fay"] == "retained"
        assert status["eve"] == "lost"
        assert len(change.notes()) == 1

    def test_names_of_those_who_took_and_brought_most(self, change):
        tables = change.tables()
        assert tables["fallen"]["customer_id"].tolist() == ["bea", "dora", "eve", "hal"]
        assert tables["risen"]["difference"].tolist() == [100, 50, 9, 8]
        assert tables["risen"]["status"].tolist() == ["New", "Retained", "Again this year", "Reactivated"]

    def test_sentence(self, change):
        assert change.sentence() == (
            "Customers who bought less than in 1 Jan 2023 – 31 Mar 2023, or nothing, took 98 off net sales "
            "(45.6% of them); those who bought more, or came, added 167."
        )
        (found,) = change.findings()  # -3 - 40 - 25 - 30; of 215
        assert found.action == "Find out first what happened with bea, dora and eve."
        assert (found.money, found.value, found.good) == (98, pytest.approx(98 / 215), False)
        kept, apart = change.notes()
        assert "55.8% were kept" in kept
        assert "79.1% with what the same customers bought more" in kept
        assert apart.startswith("The two periods do not touch")


class TestActivity:
    def test_window_covers_nine_in_ten_gaps(self, engine):
        window = portfolio.activity_window(engine.query("purchase_gaps", as_of=AS_OF))
        assert window.gaps["gap"].tolist() == [20, 36, 40, 60]
        assert window.gaps["share_within"].tolist() == [0.25, 0.5, 0.75, 1]
        assert window.days == 60  # three in four within 40 are not enough

    def test_window_at_exactly_nine_in_ten(self):
        pairs = pd.DataFrame(
            {
                "previous": pd.to_datetime(["2024-01-01"] * 2),
                "date": pd.to_datetime(["2024-01-08", "2024-03-01"]),
                "gaps": [9, 1],
            }
        )
        assert portfolio.activity_window(pairs).sentence() == (
            "The activity window is 7 days: 90.0% of repeat purchases come within it, "
            "half of them within 7 days."
        )
        by_hand = portfolio.activity_window(pairs, 60).sentence()
        assert by_hand.startswith("The activity window is 60 days: 100.0%")

    def test_nobody_came_back(self, engine_over):
        engine = engine_over(transactions([("a", "2024-01-01", "sale", 1)]))
        pairs = engine.query("purchase_gaps", as_of=AS_OF)
        assert "no activity window" in portfolio.activity_window(pairs).reason
        assert portfolio.activity_window(pairs, 30).notes() == ["The activity window is 30 days."]

    @pytest.mark.parametrize(
        ("days", "period"),
        [(7, "month"), (30, "month"), (31, "quarter"), (174, "half_year"), (183, "year"), (900, "year")],
    )
    def test_the_period_is_the_shortest_that_is_not_shorter(self, days, period):
        window = portfolio.ActivityWindow(days, pd.DataFrame())
        assert portfolio.default_period(window) == period
        assert portfolio.default_period(window, "quarter") == "quarter"
        assert portfolio.default_period(NotPossible("")) == "month"

    def test_the_period_is_one_that_the_history_holds_twice(self):
        """A window of 200 days asks for years; without two whole ones it is the longest held twice."""

        def period(first, last):
            days = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
            return portfolio.default_period(portfolio.ActivityWindow(200, pd.DataFrame(), days))

        assert period("2022-01-01", "2023-12-31") == "year"
        assert period("2023-01-01", "2024-06-28") == "half_year"
        assert period("2010-12-01", "2011-12-09") == "quarter"  # a year and more, but one whole half-year
        assert period("2024-01-01", "2024-01-20") == "month"

    def test_active_up_to_the_last_day_of_the_window(self, customers):
        def activity(days):
            return portfolio.activity(customers, AS_OF, portfolio.ActivityWindow(days, pd.DataFrame()))

        result = activity(60)
        active = result.customers.set_index("customer_id")["active"]
        assert active.to_dict() == {"ana": True, "bea": True, "carl": False, "dora": True, "fay": True}
        assert activity(59).customers["active"].sum() == 3  # dora bought 60 days ago
        sizes = result.tables()["activity"]
        assert sizes["customers"].tolist() == [4, 1]
        assert sizes["net_sales"].tolist() == [1020, 0]
        assert result.sentence() == "4 of 5 customers (80.0%) are active: they bought in the last 60 days."

    def test_nobody_bought(self, engine_over):
        engine = engine_over(transactions([("a", "2024-01-01", "return", -1)]))
        window = portfolio.ActivityWindow(30, pd.DataFrame())
        assert not portfolio.activity(engine.query("customers", as_of=AS_OF), AS_OF, window)


class TestFlow:
    def test_by_hand(self, engine):
        frame = monthly_flow(engine).frame
        assert frame["new"].tolist() == [3, 1, 1, 0]  # ana bea carl | dora | fay |
        assert frame["retained"].tolist() == [0, 1, 1, 1]  # ana each time
        assert frame["reactivated"].tolist() == [0, 0, 1, 0]  # bea in March
        assert frame["lost"].tolist() == [0, 2, 1, 2]  # bea carl | dora | bea fay
        assert frame["inactive"].tolist() == [0, 0, 1, 2]  # carl | carl dora
        assert frame["active"].tolist() == [3, 2, 3, 1]
        assert frame["complete"].tolist() == [True, True, True, False]

    def test_the_money_by_hand(self, engine):
        """March: Ana 60 after 80, Bea is back with 30, Fay is new with 500, Dora gives back 60 of 200."""
        money = monthly_flow(engine).frame.set_index("period").loc["2024-03-01"]
        names = ["sales_before", "from_new", "from_reactivated", "growth", "shrinkage", "from_lost"]
        assert money[names].tolist() == [275, 500, 30, 0, -20, -260]
        assert money[["from_returned", "net_sales"]].tolist() == [5, 530]  # Eve's return was in February
        # of ana 80 and dora 200: kept 60 - 60, the same with growth
        assert money[["gross_retention", "net_retention"]].tolist() == [0, 0]
        february = monthly_flow(engine).frame.set_index("period").loc["2024-02-01"]
        assert february[["gross_retention", "net_retention"]].tolist() == pytest.approx([80 / 170] * 2)

    def test_speaks_of_the_last_complete_period(self, engine):
        assert monthly_flow(engine).sentence() == (
            "1 of the 2 customers of Feb 2024 (50.0%) did not buy in Mar 2024; 3 customers did: 1 retained, "
            "1 new and 1 reactivated."
        )
        (found,) = monthly_flow(engine).findings()
        assert (found.money, found.good, found.usual) == (None, None, None)  # nothing is known of 2023

    def test_at_stake_is_what_was_lost_beyond_a_year_before(self, engine_over):
        """In March 2023 one of four did not buy again, in 2024 three: two more than usual, 30 each."""
        bought = {"2023-02": "abcd", "2023-03": "abc", "2024-02": "abcd", "2024-03": "a"}
        rows = [
            (name, f"{month}-01", "sale", 10 * (int(month[3]) - 1))
            for month, names in bought.items()
            for name in names
        ]
        (found,) = monthly_flow(engine_over(transactions(rows)), dt.date(2024, 3, 31)).findings()
        assert (found.value, found.usual, found.money, found.good) == (0.75, 0.25, 60, False)
        assert found.text.endswith("A year before 25.0% did not buy.")

    def test_a_period_in_which_nobody_buys(self, engine_over):
        rows = [("a", "2024-01-05", "sale", 1), ("a", "2024-03-31", "sale", 1)]
        frame = monthly_flow(engine_over(transactions(rows)), dt.date(2024, 3, 31)).frame
        assert frame["lost"].tolist() == [0, 1, 0]
        assert frame["reactivated"].tolist() == [0, 0, 1]
        assert frame["inactive"].tolist() == [0, 0, 0]

    def test_one_period(self, engine_over):
        assert not monthly_flow(
            engine_over(transactions([("a", "2024-01-05", "sale", 1)])), dt.date(2024, 1, 5)
        )

    def test_returns_only(self, engine_over):
        assert not monthly_flow(engine_over(transactions([("a", "2024-01-05", "return", -1)])))


class TestCohorts:
    def test_by_hand(self, engine):
        table = monthly_cohorts(engine).frame.pivot_table(index="cohort", columns="age", values="customers")
        assert table.iloc[0].tolist() == [3, 1, 2, 1]
        assert table.iloc[1].tolist()[:3] == [1, 0, 0]  # observed, nobody bought: zero
        assert table.iloc[1].isna().tolist() == [False, False, False, True]  # not observed: empty
        assert table.iloc[2].isna().tolist() == [False, False, True, True]

    def test_sales_add_up_over_time(self, engine):
        frame = monthly_cohorts(engine).frame
        assert frame.loc[frame["cohort"] == "2024-01-01", "net_so_far"].tolist() == [170, 250, 340, 380]
        assert frame.loc[frame["cohort"] == "2024-02-01", "net_so_far"].tolist() == [200, 140, 140]

    def test_average_leaves_out_what_is_not_over(self, engine):
        average = monthly_cohorts(engine).average
        assert average["cohorts"].tolist() == [3, 2, 1]
        assert average["retention"].tolist() == pytest.approx([1, 1 / 4, 2 / 3])  # 1 of 3 + 1; 2 of 3
        # 170, 200 and 500 of 3 + 1 + 1; 250 and 140 of 3 + 1; 340 of 3
        assert average["sales_per_customer"].tolist() == pytest.approx([870 / 5, 390 / 4, 340 / 3])
        assert monthly_cohorts(engine).findings()[0].value == 0.25

    def test_sentences_use_ages_that_half_the_cohorts_reached(self, engine):
        title = "of new customers buy again in the period after their first one"
        assert monthly_cohorts(engine).sentence() == f"25.0% {title}."
        later = monthly_cohorts(engine, dt.date(2024, 4, 30))  # April is over: 1 of 5, 2 of 4
        assert later.sentence() == f"20.0% {title}; 2 months after it, 50.0% do."

    def test_not_observed(self, engine_over):
        one = engine_over(transactions([("a", "2024-01-05", "sale", 1)]))
        assert not monthly_cohorts(one, dt.date(2024, 2, 28))
        assert monthly_cohorts(one, dt.date(2024, 2, 29)).findings()[0].value == 0
        assert not monthly_cohorts(engine_over(transactions([("a", "2024-01-05", "return", -1)])))


class TestPlots:
    @pytest.fixture
    def sales(self, engine):
        query = engine.query("sales_by_period", as_of=AS_OF, period="month")
        return portfolio.sales_by_period(query, AS_OF, "month")

    def test_draw_on_the_axes_given_and_say_what_they_show(self, engine, data_over, customers, sales):
        window = portfolio.activity_window(engine.query("purchase_gaps", as_of=AS_OF))
        data = data_over(transactions(list(TestGrowth.ROWS)), dt.date(2024, 3, 31))
        compared = portfolio.compare_customers(data, "year_to_date")
        for result in [
            portfolio.sales_bridge(engine.query("sales_bridge", as_of=AS_OF)),
            sales,
            portfolio.growth(data.query("sales_by_year"), compared),
            portfolio.sales_change(compared),
            portfolio.concentration(customers),
            window,
            monthly_flow(engine),
            monthly_cohorts(engine),
        ]:
            ax = theme.axes()
            assert plot(result, ax=ax) is ax
            ax.figure.canvas.draw()
            assert " ".join(ax.figure.get_suptitle().split()) == result.title().removesuffix(".")

    def test_a_period_that_is_not_over_is_hatched(self, sales):
        assert [bool(bar.get_hatch()) for bar in plot(sales).patches] == [
            False,
            False,
            False,
            True,
        ]

    def test_retention_leaves_out_the_first_period_and_what_is_not_observed(self, engine):
        ax = plot(monthly_cohorts(engine))
        assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "2"]
        assert [text.get_text() for text in ax.texts] == ["33", "67", "0"]

    def test_five_years_of_months_are_drawn_by_quarter_with_numbers(self):
        """Months of 60 cohorts were 1,770 cells without a number; all five customers bought in each month."""
        months = pd.period_range("2019-01", "2023-12", freq="M").start_time
        cells = [(cohort, month, 5, 5, 50.0) for cohort in months for month in months if month >= cohort]
        rows = pd.DataFrame(cells, columns=["cohort", "period", "customers", "purchases", "net_sales"])
        ax = plot(portfolio.cohorts(rows, dt.date(2023, 12, 31), "month"))
        assert len(ax.get_xticklabels()) == 20
        assert [label.get_text() for label in ax.get_yticklabels()][:2] == ["Q1 2019 (15)", "Q2 2019 (15)"]
        assert {text.get_text() for text in ax.texts} == {"100"}

    def test_money_and_dates_are_in_the_readers_language(self, sales):
        use_language("es")
        ax = plot(replace(sales, currency="EUR"))
        ax.figure.canvas.draw()
        assert ax.get_xticklabels()[0].get_text() == "ene\n2024"
        assert any(label.get_text().endswith("€") for label in ax.get_yticklabels())
