"""The front page: its figures are those of the notebooks, its findings the strongest, its answers plain."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis import open_dataset, portfolio, profitability, satisfaction
from analysis.report.chapters import Chapter
from analysis.report.execution import Execution
from analysis.report.minute import Known, call_list, in_one_minute
from analysis.report.strongest import ranked, strength
from analysis.report.tiles import tiles
from analysis.year_figures import YearFigure, year_figures
from conftest import transactions

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"

# By hand, as of 31 December 2023, with a window of 200 days:
# 2022: 100 + 50 + 80 + 20 = 250; 2023: 100 − 10 + 100 + 60 + 200 = 450.
# Within 200 days of 31 December bought: of 2023 ana (20 December), of 2022 ana (1 July).
# carl is new in 2023; who was new in 2022 cannot be told, nothing being known of 2021.
TWO_YEARS = [
    ("ana", "2022-01-05", "sale", 100),
    ("bea", "2022-02-01", "sale", 80),
    ("bea", "2022-03-01", "sale", 20),
    ("ana", "2022-07-01", "sale", 50),
    ("ana", "2023-01-10", "sale", 100),
    ("ana", "2023-02-01", "return", -10),
    ("carl", "2023-05-05", "sale", 200),
    ("ana", "2023-06-20", "sale", 100),
    ("ana", "2023-12-20", "sale", 60),
]


def given(data_over, rows, as_of):
    made = data_over(transactions(rows), dt.date.fromisoformat(as_of))
    return replace(made, tables={"transactions": frozenset({"customer_id"})})


def by_name(figures):
    return {figure.name: figure for figure in figures}


@pytest.fixture(scope="module")
def demo():
    dataset = open_dataset("demo")
    return dataset, by_name(year_figures(dataset))


class TestYearFigures:
    def test_two_years_by_hand(self, data_over):
        told = by_name(year_figures(given(data_over, TWO_YEARS, "2023-12-31"), activity_window=200))
        assert [*told] == ["net_sales", "active_customers", "new_customers"]  # no cost: no margin
        sales, active, new = told.values()
        assert (sales.now, sales.before) == (450, 250)
        assert sales.changed() == "+80.0% (a year before: 250)"
        assert sales.quarters.tolist() == [200, 0, 50, 0, 90, 300, 0, 60]
        assert (active.now, active.before) == (1, 1)
        assert (new.now, new.before, new.change) == (1, None, None)

    def test_a_year_alone_has_no_change(self, data_over):
        year = [row for row in TWO_YEARS if row[1] > "2023-01-08"]
        told = by_name(year_figures(given(data_over, year, "2023-12-31"), activity_window=200))
        assert [*told] == ["net_sales", "active_customers"]  # who is new, nothing being known before?
        assert [figure.change for figure in told.values()] == [None, None]

    def test_they_are_what_the_topics_say(self, demo):
        dataset, told = demo
        compared = portfolio.last_twelve_months(dataset).totals()["net_sales"]
        assert (told["net_sales"].before, told["net_sales"].now) == pytest.approx((*compared,))
        window = portfolio.activity_window(dataset.query("purchase_gaps"))
        for day, count in ((dataset.as_of, "now"), (dt.date(2024, 12, 31), "before")):
            activity = portfolio.activity(dataset.query("customers", as_of=day), day, window)
            assert getattr(told["active_customers"], count) == activity.customers["active"].sum()
        years = dataset.query("sales_by_year")["new_customers"].tolist()
        assert [told["new_customers"].before, told["new_customers"].now] == years[-2:]
        margins = profitability.choose_margins(dataset.query("customer_margins"))
        for side, as_of in (("now", dataset.as_of), ("before", dt.date(2024, 12, 31))):
            made = profitability.contribution(replace(dataset, as_of=as_of), margins)
            assert getattr(told["contribution_margin"], side) == pytest.approx(made.total)
        answers = satisfaction.nps(satisfaction.answers(dataset))
        assert told["nps"].now == answers.now

    def test_the_committed_notebooks_show_them(self, demo):
        wanted = {
            "01_portfolio": ("net_sales", "active_customers", "new_customers"),
            "05_profitability": ("contribution_margin",),
        }
        for notebook, names in wanted.items():
            cells = json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text("utf-8"))["cells"]
            shown = json.dumps([cell.get("outputs") for cell in cells], ensure_ascii=False)
            for name in names:
                assert demo[1][name].shown(demo[1][name].now) in shown

    def test_quarters_of_the_margin_add_up(self, demo):
        """But for the cost to serve of who came later in the year: it counts from then on."""
        margin = demo[1]["contribution_margin"]
        assert margin.quarters.iloc[-4:].sum() == pytest.approx(margin.now, rel=0.02)
        assert margin.quarters.iloc[:4].sum() == pytest.approx(margin.before, rel=0.02)

    def test_surveys_alone(self, tmp_path):
        rows = [f"c{number},2024-0{1 + number % 3}-01,{10 - number % 2}" for number in range(12)]
        (tmp_path / "surveys.csv").write_text("\n".join(["customer_id,date,score", *rows]), "utf-8")
        told = year_figures(open_dataset(tmp_path, needs_sales=False))
        assert [(figure.name, figure.now, figure.before) for figure in told] == [("nps", 100, None)]


def found(name, money=None, value=None, usual=None):
    return {"id": name, "text": name, "money": money, "value": value, "usual": usual}


def ids(findings):
    return [one["id"] for one in findings]


class TestRanking:
    def test_strength(self):
        """Money ÷ a year's sales, at most 1, × (1 + how far the value is from the usual one, at most 1)."""
        assert strength(found("a.b", 50), 200) == 0.25
        assert strength(found("a.b", 50, 0.3, 0.2), 200) == pytest.approx(0.375)
        assert strength(found("a.b", 50, 9.0, 0.2), 200) == 0.5
        assert strength(found("a.b", 50, 1.0, 0), 200) == 0.5
        assert strength(found("a.b", 900), 200) == 1
        assert strength(found("a.b"), 200) == 0

    def test_the_strongest_of_each_topic_by_strength(self):
        findings = [
            found("portfolio.small", 10),
            found("portfolio.large", 60),
            found("churn.plain", 50),
            found("ltv.surprising", 38, 3, 2),
            found("ltv.less", 37),
            found("actions.one", 30),
            found("satisfaction.one", 20),
            found("acquisition.none"),
        ]
        expected = ["portfolio.large", "ltv.surprising", "churn.plain", "actions.one", "satisfaction.one"]
        assert ids(ranked(findings, 200)) == expected  # 60, 38 × 1.5, 50, 30, 20

    def test_at_most_seven(self):
        topics = [found(f"t{number}.x", 100 - number) for number in range(9)]
        assert ids(ranked(topics, 200)) == [f"t{number}.x" for number in range(7)]

    def test_few_topics_are_filled_up_with_the_next_best(self):
        findings = [found("a.one", 9), found("b.x"), found("a.two", 5), found("a.three", 7), found("c.x")]
        assert ids(ranked(findings, 100)) == ["a.one", "a.three", "a.two", "b.x", "c.x"]

    def test_what_is_told_anyway_and_what_is_there_twice(self):
        findings = [found("a.one", 9), found("a.one", 9), found("b.two", 5)]
        assert ids(ranked(findings, 100, {"b.two"})) == ["a.one"]

    def test_without_sales_the_largest_sum_is_the_measure(self):
        assert ids(ranked([found("a.one", 4, 3, 2), found("b.two", 5)], None)) == ["a.one", "b.two"]
        assert ranked([], None) == []


def chapter(name, *findings, failure=None):
    done = Execution(name, {"cells": []}, 1.0, failure)
    return Chapter(done, f"{name}: a question", [one | {"notebook": name} for one in findings], [])


class TestOneMinute:
    @pytest.fixture
    def dataset(self):
        return open_dataset("cdnow-sample")

    def answers(self, dataset, chapters=(), figures=(), calls=0, first=""):
        known = Known(chapters, dataset, figures, pd.DataFrame({"contact_id": range(calls)}))
        return [answer.text for answer in in_one_minute(known, first)]

    def test_answers(self, dataset):
        chapters = [
            chapter("04_ltv", found("ltv.holdout_value") | {"text": "4% too high.", "action": "Plan so."}),
            chapter("06_acquisition", found("acquisition.ratio"), found("acquisition.wasteful_channel")),
            chapter("08_action_plan", found("actions.budget")),
        ]
        figures = [YearFigure("net_sales", 90, 100, pd.Series(dtype=float))]
        assert self.answers(dataset, chapters, figures, 3, "Ana") == [
            "No: net sales -10.0% (a year before: 100).",
            "Ana first; the plan has 3 contacts that are expected to pay.",
            "acquisition.wasteful_channel",
            "4% too high. Plan so.",
            "6,919 rows were read, all accounted for.",
        ]

    def test_what_cannot_be_answered_says_why(self, dataset):
        names = ["04_ltv", "06_acquisition", "08_action_plan"]
        figures = [YearFigure("net_sales", 90, None, pd.Series(dtype=float))]
        growing, whom, channel, sure, _data = self.answers(
            dataset, [chapter(name) for name in names], figures
        )
        assert growing == "Not to be told yet: it takes two years, and the sales begin on 1 Jan 1997."
        assert whom.startswith("With nobody does a contact bring more than it costs")
        assert channel.startswith("Not known: a table of what was spent")
        assert sure == "Not known: the history is too short to check a forecast on."

    def test_of_less_than_two_years_what_growth_says_is_the_answer(self, dataset):
        told = found("portfolio.growth") | {"text": "67% less.", "good": False}
        figures = [YearFigure("net_sales", 90, None, pd.Series(dtype=float))]
        assert self.answers(dataset, [chapter("01_portfolio", told)], figures)[0] == "No. 67% less."

    def test_a_part_not_run_or_stopped_is_said(self, dataset):
        stopped = chapter("04_ltv", failure=object())
        assert self.answers(dataset, [stopped])[2:4] == [
            "The part that answers this was not run.",
            "The part that answers this stopped before its end.",
        ]

    def test_without_sales(self, tmp_path):
        (tmp_path / "surveys.csv").write_text("customer_id,date,score\na,2024-01-01,9\n", "utf-8")
        said = self.answers(open_dataset(tmp_path, needs_sales=False))
        assert said[:4] == ["Not from these data: it takes the sales."] * 4

    def test_the_list_has_ten_and_whole_amounts(self, tmp_path):
        path = tmp_path / "tables/08_action_plan/contact_list.parquet"
        path.parent.mkdir(parents=True)
        plan = {"contact_id": [f"c{n}" for n in range(12)], "action": "retain", "reasons": "late; slow"}
        pd.DataFrame(plan).assign(expected_gain=83.4, name=["Ana", *[None] * 11]).to_parquet(path)
        listed, calls = call_list(tmp_path, "EUR")
        assert (len(listed), len(calls)) == (12, 10)
        assert [calls[0].name, calls[1].name, calls[0].owner] == ["Ana", "c1", ""]
        assert (calls[0].what, calls[0].why, calls[0].gain) == ("Retain", "late", "€83")


def test_tiles_have_a_picture_with_a_text(tmp_path):
    sales = YearFigure("net_sales", 150, 120, pd.Series([30.0, 60.0, 90.0]), "EUR")
    path = tmp_path / "tables/04_ltv/sales_forecast.parquet"
    path.parent.mkdir(parents=True)
    row = {"horizon_weeks": 52, "expected_sales": 180.0, "sales_low": 90.0, "sales_high": 240.0}
    pd.DataFrame([row]).to_parquet(path)
    first, forecast = tiles([sales], tmp_path, "EUR")
    assert (first.value, first.tone) == ("€150", "good")
    assert 'role="img" aria-label="Net sales by quarter: €30, €60 and €90"' in first.drawing
    points = re.findall(r"[\d.]+,[\d.]+", first.drawing)  # 4 to 116 wide; 22 low to 4 high
    assert points == ["4.0,22.0", "60.0,13.0", "116.0,4.0"]
    assert forecast.said == "€90 to €240 (90%); from today's customers alone"
    assert 'x="46.0"' in forecast.drawing  # 4 + 112 × 90 ÷ 240
    assert "the last twelve months: €150" in forecast.drawing


def test_a_change_that_may_be_chance_is_neither_good_nor_bad(tmp_path):
    before = YearFigure("nps", 39, 37, pd.Series(dtype=float), interval=(33, 44))
    assert tiles([before], tmp_path, None)[0].tone == ""
    assert tiles([replace(before, before=12)], tmp_path, None)[0].tone == "good"
