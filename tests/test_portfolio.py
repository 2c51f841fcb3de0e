"""The portfolio's measures, worked by hand on six customers (see conftest) and on small numbers."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from analysis import portfolio
from analysis.language import use_language
from analysis.plots import portfolio as plots
from analysis.plots import theme
from analysis.portfolio.periods import calendar
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
        bridge = portfolio.sales_bridge(engine.query("sales_bridge", as_of=AS_OF))
        assert bridge.steps()["amount"].tolist() == [1110, -30, -55, -10, 1015]
        assert bridge.deductions == -95
        assert bridge.steps()["share_of_gross"].iloc[-1] == pytest.approx(1015 / 1110)
        assert (
            bridge.sentence("EUR")
            == "Of €1,110 gross sales, 8.6% is taken off, which leaves net sales of €1,015."
        )

    def test_margin_counts_only_lines_whose_cost_is_known(self, engine):
        bridge = portfolio.sales_bridge(engine.query("sales_bridge", as_of=AS_OF))
        assert bridge.margin == 280  # 750 − 470
        assert "37.3%" in bridge.margin_sentence(None)  # 280 ÷ 750
        assert "74%" in bridge.margin_sentence(None)  # 750 ÷ 1015

    def test_without_cost_there_is_no_margin(self, engine_over):
        engine = engine_over(transactions([("a", "2024-01-01", "sale", 10)]))
        bridge = portfolio.sales_bridge(engine.query("sales_bridge", as_of=AS_OF))
        assert bridge.margin is None
        assert bridge.margin_sentence(None).startswith("No cost is known")
        assert bridge.title() == "Nothing is taken off: gross sales are net sales"

    def test_returns_only(self, engine_over):
        engine = engine_over(transactions([("a", "2024-01-01", "return", -10)]))
        bridge = portfolio.sales_bridge(engine.query("sales_bridge", as_of=AS_OF))
        assert bridge.sentence(None) == "Gross sales are zero and net sales -10."
        assert bridge.steps()["share_of_gross"].isna().all()


class TestSalesByPeriod:
    def test_factors_multiply_to_sales(self, engine):
        sales = portfolio.sales_by_period(
            engine.query("sales_by_period", as_of=AS_OF, period="month"), AS_OF, "month"
        )
        assert sales.frame["value_per_purchase"].round(2).tolist() == [56.67, 137.5, 176.67, 40]
        factors = sales.frame[["customers", "purchases_per_customer", "value_per_purchase"]]
        assert factors.prod(axis=1).tolist() == pytest.approx([170, 275, 530, 40])
        assert sales.frame["complete"].tolist() == [True, True, True, False]
        assert sales.change == pytest.approx(530 / 275 - 1)  # March against February; April is not over
        assert sales.sentence(None) == (
            "In Mar 2024, the last complete period, net sales were 530: 92.7% more than in Feb 2024."
        )
        assert "Apr 2024 is not over" in sales.incomplete_note(AS_OF)

    def test_a_period_without_sales_is_there(self, engine_over):
        rows = [("a", "2024-01-31", "sale", 10), ("a", "2024-03-31", "sale", 5)]
        as_of = dt.date(2024, 3, 31)
        query = engine_over(transactions(rows)).query("sales_by_period", as_of=as_of, period="month")
        sales = portfolio.sales_by_period(query, as_of, "month")
        assert sales.frame["net_sales"].tolist() == [10, 0, 5]
        assert sales.frame["customers"].tolist() == [1, 0, 1]
        assert sales.change is None  # nothing to compare with
        assert sales.incomplete_note(as_of) is None

    @pytest.mark.parametrize(
        ("unit", "as_of", "complete"),
        [
            ("month", dt.date(2024, 2, 28), False),
            ("month", dt.date(2024, 2, 29), True),
            ("quarter", dt.date(2024, 3, 30), False),
            ("quarter", dt.date(2024, 3, 31), True),
            ("year", dt.date(2024, 12, 31), True),
        ],
    )
    def test_the_last_period_is_complete_on_its_last_day(self, unit, as_of, complete):
        assert calendar(dt.date(2023, 12, 31), as_of, unit)["complete"].iloc[-1] == complete


class TestConcentration:
    def test_six_customers(self, customers):
        result = portfolio.concentration(customers)
        assert result.customers_for_80 == 3  # 500 + 300 < 812 = 80 % of 1015 ≤ 500 + 300 + 140
        # weights −5 −3 −1 1 3 5 on −5 0 80 140 300 500: 25 − 80 + 140 + 900 + 2500 = 3485, ÷ (6 × 1015)
        assert result.gini == pytest.approx(3485 / 6090)
        assert result.top["customers"].tolist() == [1, 1, 1, 2]
        assert result.top["value"].tolist() == [500, 500, 500, 800]
        assert result.without["largest"].tolist() == [1, 5]
        assert result.without["left"].tolist() == [515, -5]

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
            result.curve["share_of_value"].rolling(2).mean() * result.curve["share_of_customers"].diff()
        ).sum()
        assert 1 - 2 * area == pytest.approx(result.gini, abs=1e-4)

    def test_somebody_is_left_when_the_largest_are_taken_away(self):
        result = portfolio.concentration(pd.DataFrame({"net_sales": [10, 20, 30, 40, 100]}))
        assert result.without["largest"].tolist() == [1]
        assert (
            result.loss_sentence(None) == "Without the largest customer net sales would be 100 lower (50.0%)."
        )

    @pytest.mark.parametrize("values", [[0, 0], [-5], [5, -5]])
    def test_nothing_to_share(self, values):
        assert portfolio.concentration(pd.DataFrame({"net_sales": values})) is None

    def test_largest_breaks_ties_by_identifier(self):
        frame = pd.DataFrame({"customer_id": ["b", "a", "c"], "net_sales": [5.0, 5, 10]})
        frame = frame.assign(purchase_days=1, last_purchase=pd.Timestamp("2024-01-01"))
        largest = portfolio.largest(frame, 2)
        assert largest["customer_id"].tolist() == ["c", "a"]
        assert largest["share"].tolist() == [0.5, 0.25]

    def test_sentence(self, customers):
        result = portfolio.concentration(customers)
        assert result.sentence() == "3 of 6 customers (50.0%) make 80% of net sales; the Gini index is 0.57."
        use_language("es")
        assert "0,57" in result.sentence()


class TestActivity:
    def test_window_covers_nine_in_ten_gaps(self, engine):
        gaps = portfolio.gap_distribution(engine.query("purchase_gaps", as_of=AS_OF))
        assert gaps["gap"].tolist() == [20, 36, 40, 60]
        assert gaps["share_within"].tolist() == [0.25, 0.5, 0.75, 1]
        assert portfolio.activity_window(gaps) == 60  # three in four within 40 are not enough

    def test_window_at_exactly_nine_in_ten(self):
        pairs = pd.DataFrame(
            {
                "previous": pd.to_datetime(["2024-01-01"] * 2),
                "date": pd.to_datetime(["2024-01-08", "2024-03-01"]),
                "gaps": [9, 1],
            }
        )
        gaps = portfolio.gap_distribution(pairs)
        assert portfolio.activity_window(gaps) == 7
        assert portfolio.window_sentence(gaps, 7) == (
            "The activity window is 7 days: 90.0% of repeat purchases come within it, "
            "half of them within 7 days."
        )

    def test_nobody_came_back(self, engine_over):
        engine = engine_over(transactions([("a", "2024-01-01", "sale", 1)]))
        gaps = portfolio.gap_distribution(engine.query("purchase_gaps", as_of=AS_OF))
        assert gaps.empty
        assert portfolio.activity_window(gaps) is None

    def test_active_up_to_the_last_day_of_the_window(self, customers):
        result = portfolio.activity(customers, AS_OF, 60)
        active = result.customers.set_index("customer_id")["active"]
        assert active.to_dict() == {"ana": True, "bea": True, "carl": False, "dora": True, "fay": True}
        assert portfolio.activity(customers, AS_OF, 59).active == 3  # dora bought 60 days ago
        assert result.table()["customers"].tolist() == [4, 1]
        assert result.table()["net_sales"].tolist() == [1020, 0]
        assert result.sentence() == "4 of 5 customers (80.0%) are active: they bought in the last 60 days."

    def test_nobody_bought(self, engine_over):
        engine = engine_over(transactions([("a", "2024-01-01", "return", -1)]))
        assert portfolio.activity(engine.query("customers", as_of=AS_OF), AS_OF, 30) is None


class TestFlow:
    def test_by_hand(self, engine):
        frame = monthly_flow(engine).frame
        assert frame["new"].tolist() == [3, 1, 1, 0]  # ana bea carl | dora | fay |
        assert frame["retained"].tolist() == [0, 1, 1, 1]  # ana each time
        assert frame["recovered"].tolist() == [0, 0, 1, 0]  # bea in March
        assert frame["lost"].tolist() == [0, 2, 1, 2]  # bea carl | dora | bea fay
        assert frame["passive"].tolist() == [0, 0, 1, 2]  # carl | carl dora
        assert frame["active"].tolist() == [3, 2, 3, 1]
        assert frame["complete"].tolist() == [True, True, True, False]

    def test_speaks_of_the_last_complete_period(self, engine):
        assert monthly_flow(engine).sentence() == (
            "In Mar 2024, 3 customers bought: 1 new, 1 retained and 1 recovered; "
            "1 of the 2 customers of the period before did not."
        )

    def test_a_period_in_which_nobody_buys(self, engine_over):
        rows = [("a", "2024-01-05", "sale", 1), ("a", "2024-03-31", "sale", 1)]
        frame = monthly_flow(engine_over(transactions(rows)), dt.date(2024, 3, 31)).frame
        assert frame["lost"].tolist() == [0, 1, 0]
        assert frame["recovered"].tolist() == [0, 0, 1]
        assert frame["passive"].tolist() == [0, 0, 0]

    def test_one_period(self, engine_over):
        flow = monthly_flow(engine_over(transactions([("a", "2024-01-05", "sale", 1)])), dt.date(2024, 1, 5))
        assert flow.last is None
        assert flow.sentence() == "There are no two complete periods to compare."

    def test_returns_only(self, engine_over):
        assert monthly_flow(engine_over(transactions([("a", "2024-01-05", "return", -1)]))) is None


class TestCohorts:
    def test_by_hand(self, engine):
        table = monthly_cohorts(engine).frame.pivot_table(index="cohort", columns="age", values="customers")
        assert table.iloc[0].tolist() == [3, 1, 2, 1]
        assert table.iloc[1].tolist()[:3] == [1, 0, 0]  # observed, nobody bought: zero
        assert table.iloc[1].isna().tolist() == [False, False, False, True]  # not observed: empty
        assert table.iloc[2].isna().tolist() == [False, False, True, True]

    def test_sales_per_customer_add_up_over_time(self, engine):
        frame = monthly_cohorts(engine).frame
        january = frame.loc[frame["cohort"] == "2024-01-01", "sales_per_customer"]
        assert january.tolist() == pytest.approx([170 / 3, 250 / 3, 340 / 3, 380 / 3])
        assert frame.loc[frame["cohort"] == "2024-02-01", "sales_per_customer"].tolist() == [200, 140, 140]

    def test_average_leaves_out_what_is_not_over(self, engine):
        average = monthly_cohorts(engine).average()
        assert average["cohorts"].tolist() == [3, 2, 1]
        assert average["retention"].tolist() == pytest.approx([1, 1 / 4, 2 / 3])  # 1 of 3 + 1; 2 of 3
        assert monthly_cohorts(engine).first_retention == 0.25

    def test_sentences_use_ages_that_half_the_cohorts_reached(self, engine):
        cohorts = monthly_cohorts(engine)
        assert cohorts.sentence() == "25.0% of new customers buy again in the period after their first one."
        assert cohorts.title() == "Of every 100 new customers, 25 buy again one month later"

    def test_not_observed(self, engine_over):
        one = engine_over(transactions([("a", "2024-01-05", "sale", 1)]))
        assert not monthly_cohorts(one, dt.date(2024, 2, 28)).observed
        assert monthly_cohorts(one, dt.date(2024, 2, 29)).observed
        assert monthly_cohorts(engine_over(transactions([("a", "2024-01-05", "return", -1)]))) is None


class TestPlots:
    @pytest.fixture
    def sales(self, engine):
        query = engine.query("sales_by_period", as_of=AS_OF, period="month")
        return portfolio.sales_by_period(query, AS_OF, "month")

    def test_draw_on_the_axes_given_and_say_what_they_show(self, engine, customers, sales):
        gaps = portfolio.gap_distribution(engine.query("purchase_gaps", as_of=AS_OF))
        bridge = portfolio.sales_bridge(engine.query("sales_bridge", as_of=AS_OF))
        activity, cohorts = portfolio.activity(customers, AS_OF, 60), monthly_cohorts(engine)
        for draw, arguments, title in [
            (plots.bridge, (bridge, "EUR"), bridge.title()),
            (plots.sales, (sales, "EUR"), sales.title()),
            (plots.lorenz, (portfolio.concentration(customers),), "50.0% of customers make 80% of net sales"),
            (plots.gaps, (gaps, 60), "100% of repeat purchases come within 60 days"),
            (plots.activity, (activity,), activity.title()),
            (plots.flow, (monthly_flow(engine),), monthly_flow(engine).title()),
            (plots.retention, (cohorts,), cohorts.title()),
            (plots.cohort_sales, (cohorts, "EUR"), cohorts.sales_title("EUR")),
        ]:
            ax = theme.axes()
            assert draw(*arguments, ax=ax) is ax
            ax.figure.canvas.draw()
            assert " ".join(ax.get_title(loc="left").split()) == title

    def test_a_period_that_is_not_over_is_hatched(self, sales):
        assert [bool(bar.get_hatch()) for bar in plots.sales(sales, None).patches] == [
            False,
            False,
            False,
            True,
        ]

    def test_retention_leaves_out_the_first_period_and_what_is_not_observed(self, engine):
        ax = plots.retention(monthly_cohorts(engine))
        assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "2", "3"]
        assert [text.get_text() for text in ax.texts] == ["33%", "67%", "33%", "0%", "0%", "0%"]

    def test_many_cohorts_have_few_labels(self):
        months = pd.period_range("2019-01", "2023-12", freq="M").start_time
        cells = [(cohort, month, 5, 5, 50.0) for cohort in months for month in months if month >= cohort]
        rows = pd.DataFrame(cells, columns=["cohort", "period", "customers", "purchases", "net_sales"])
        ax = plots.retention(portfolio.cohorts(rows, dt.date(2023, 12, 31), "month"))
        assert len(ax.get_xticklabels()) <= 18
        assert len(ax.get_yticklabels()) <= 30
        assert not list(ax.texts)

    def test_money_and_dates_are_in_the_readers_language(self, sales):
        use_language("es")
        ax = plots.sales(sales, "EUR")
        ax.figure.canvas.draw()
        assert ax.get_xticklabels()[0].get_text() == "ene\n2024"
        assert any(label.get_text().endswith("€") for label in ax.get_yticklabels())
