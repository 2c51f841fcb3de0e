"""Scores, segments and classes, worked by hand on six customers (see conftest) and on small numbers."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis import segmentation
from analysis.dataset.config import read_config
from analysis.dataset.segment_table import Scoring, standard_segments
from analysis.errors import CarteraError
from analysis.language import use_language
from analysis.not_possible import NotPossible
from analysis.plots import plot, theme
from analysis.portfolio import ActivityWindow
from conftest import AS_OF, transactions


@pytest.fixture
def customers(six_customers, engine_over):
    return engine_over(six_customers).query("customers", as_of=AS_OF)


@pytest.fixture
def agreement(customers):
    return segmentation.agreement(segmentation.rfm(customers, AS_OF), segmentation.abc(customers))


def classes(values, **boundaries):
    frame = pd.DataFrame({"customer_id": [f"c{i:02}" for i in range(len(values))], "net_sales": values})
    result = segmentation.abc(frame, **boundaries)
    return result.customers.sort_values("customer_id")["abc"].tolist()


class TestScore:
    @pytest.mark.parametrize(
        ("values", "scores"),
        [
            ([10, 20, 30, 40, 50], [1, 2, 3, 4, 5]),
            ([50, 10, 40, 20, 30], [5, 1, 4, 2, 3]),
            ([1, 1, 1, 3, 9], [1, 1, 1, 4, 5]),  # the worst are 1; worse than 3 are three and a half of five
            ([1, 9, 9, 9, 9], [1, 5, 5, 5, 5]),  # the best are 5, however many they are
            ([1, 2, 2, 2, 3], [1, 3, 3, 3, 5]),  # worse than 2 are one and half of three: 2.5 of five
            ([1, 2], [1, 5]),
            ([4, 4, 4], [3, 3, 3]),  # all equal: nobody is told apart
            ([7], [3]),
        ],
    )
    def test_by_hand(self, values, scores):
        assert segmentation.score(pd.Series(values)).tolist() == scores

    def test_low_is_better(self):
        assert segmentation.score(pd.Series([1, 2, 3, 4, 4]), best="low").tolist() == [5, 4, 3, 1, 1]

    def test_all_equal(self):
        assert segmentation.score(pd.Series([2, 2]), equal=5).tolist() == [5, 5]

    @pytest.mark.parametrize(
        ("scores", "expected"), [(2, [1, 1, 2, 2]), (3, [1, 2, 2, 3]), (4, [1, 2, 3, 4])]
    )
    def test_other_numbers_of_scores(self, scores, expected):
        """Worse than 20 are one and a half of four: 1.5 ÷ 4 × 3 is 1.1, and 1 + 1 is 2."""
        assert segmentation.score(pd.Series([10, 20, 30, 40]), scores=scores).tolist() == expected

    def test_by_fixed_cut_points(self):
        assert segmentation.score_by_cuts(pd.Series([0, 99, 100, 500]), [100, 500]).tolist() == [1, 1, 2, 3]
        days = pd.Series([0, 30, 31, 90, 91])
        assert segmentation.score_by_cuts(days, [30, 90], best="low").tolist() == [3, 3, 2, 2, 1]

    def test_quintiles_are_even_without_ties(self):
        assert segmentation.score(pd.Series(range(1000))).value_counts().to_dict() == dict.fromkeys(
            range(1, 6), 200
        )


class TestRfm:
    def test_by_hand(self, customers):
        result = segmentation.rfm(customers, AS_OF)
        scored = result.customers.set_index("customer_id")
        assert scored["days_since_last"].to_dict() == {"ana": 5, "bea": 26, "carl": 75, "dora": 60, "fay": 15}
        assert scored["r"].to_dict() == {"ana": 5, "bea": 3, "carl": 1, "dora": 2, "fay": 4}
        assert scored["f"].to_dict() == {"ana": 5, "bea": 4, "carl": 1, "dora": 1, "fay": 1}
        assert scored["m"].to_dict() == {"ana": 4, "bea": 2, "carl": 1, "dora": 3, "fay": 5}
        assert scored["loyalty"].to_dict() == {"ana": 4, "bea": 3, "carl": 1, "dora": 2, "fay": 3}
        assert scored["segment"].to_dict() == {
            "ana": "champions",
            "bea": "needs_attention",
            "carl": "lost",
            "dora": "hibernating",
            "fay": "promising",  # bought once: loyal with a second purchase
        }
        assert result.unscored == 1  # eve only returned

    def test_usual_pause_is_the_mean_gap(self, customers):
        pause = segmentation.rfm(customers, AS_OF).customers["usual_pause"]
        assert pause.tolist()[:2] == [32, 60]  # ana (36 + 20 + 40) ÷ 3; bea 60
        assert pause[2:].isna().all()

    def test_sizes_hold_everybody_and_every_segment(self, customers):
        sizes = segmentation.rfm(customers, AS_OF).sizes()
        assert sizes["customers"].tolist() == [1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1]
        assert sizes["net_sales"].tolist() == [300, 0, 0, 0, 500, 80, 0, 0, 0, 140, 0]
        assert sizes["share_of_customers"].sum() == pytest.approx(1)
        assert sizes["share_of_sales"].iloc[0] == pytest.approx(300 / 1020)

    def test_typical_values_of_a_segment_are_medians(self, engine_over):
        """Three lost customers bought for 1, 2 and 9: the median is 2, the mean 4."""
        rows = [(f"c{i}", "2020-01-01", "sale", value) for i, value in enumerate((1, 2, 9))]
        rows += [(f"d{i}", f"2024-04-{day:02}", "sale", 1000) for i in range(7) for day in (1, 2, 3)]
        frame = engine_over(transactions(rows)).query("customers", as_of=AS_OF)
        sizes = segmentation.rfm(frame, AS_OF).sizes().set_index("segment")
        assert sizes.loc["Lost", ["customers", "typical_sales"]].tolist() == [3, 2]

    def test_nobody_silent_for_longer_than_the_window_is_in_a_best_segment(self, customers):
        """Ana, silent for 5 days, is a champion; with a window of 4 days she is not."""

        def segments(days):
            scored = segmentation.rfm(customers, AS_OF, ActivityWindow(days, pd.DataFrame()))
            return scored.customers.set_index("customer_id")[["r", "segment"]].T.to_dict("list")

        assert segments(5)["ana"] == [5, "champions"]
        assert segments(4)["ana"] == [3, "needs_attention"]
        assert segments(5)["fay"] == [3, "needs_attention"]  # silent for 15 days; 4 without a window
        assert segments(5)["carl"] == [1, "lost"]  # what was lower stays

    def test_ranges_say_what_a_score_stands_for(self, customers):
        ranges = segmentation.score_ranges(segmentation.rfm(customers, AS_OF)).set_index("score")
        assert ranges["days_since_last_min"].tolist() == [5, 15, 26, 60, 75]
        assert ranges.loc[1, ["purchases_min", "purchases_max"]].tolist() == [1, 1]
        assert ranges.loc[[2, 3], "purchases_min"].isna().all()

    def test_nobody_bought(self, engine_over):
        frame = engine_over(transactions([("a", "2024-01-05", "return", -1)])).query("customers", as_of=AS_OF)
        assert "nothing to score" in segmentation.rfm(frame, AS_OF).reason
        assert segmentation.profile(frame, AS_OF, NotPossible(""), Scoring()).empty

    def test_one_day(self, engine_over):
        rows = [(f"c{i}", "2024-01-05", "sale", i) for i in range(1, 9)]
        frame = engine_over(transactions(rows)).query("customers", as_of=AS_OF)
        scored, classed = segmentation.rfm(frame, AS_OF), segmentation.abc(frame)
        assert set(scored.customers["r"]) == {5}  # all were here on the same day: nobody is away
        assert segmentation.agreement(scored, classed).away().empty

    def test_money_of_nothing(self, engine_over):
        frame = engine_over(transactions([("a", "2024-01-05", "sale", 0)])).query("customers", as_of=AS_OF)
        result = segmentation.rfm(frame, AS_OF)
        assert result.sizes()["share_of_sales"].isna().all()
        assert "None" not in result.sentence()
        assert "nan" not in result.sentence().lower()
        assert "nan" not in result.title().lower()


def marketplace(engine_over):
    """774 customers: every month eight buy for the first time and 23 in all came back once or more."""
    rows = [(f"c{i:03}", f"2023-{1 + i % 12:02}-{1 + i % 28:02}", "sale", 5 + i % 90) for i in range(774)]
    rows += [(f"c{i:03}", f"2024-0{1 + i % 3}-15", "sale", 20) for i in range(23)]
    return engine_over(transactions(rows)).query("customers", as_of=AS_OF)


class TestSegments:
    def test_the_standard_ones_hold_every_customer_once(self):
        scoring = Scoring(segments=standard_segments())
        scoring.check("segments.yml")  # refuses gaps, overlaps and best segments of the inactive
        assert len(scoring.table) == 11
        assert [key for key, one in scoring.table.items() if one.best] == ["champions", "loyal"]

    def test_nearly_all_bought_once(self, engine_over):
        result = segmentation.rfm(marketplace(engine_over), AS_OF)
        best = result.customers[result.customers["segment"].isin(result.best)]
        assert best["purchases"].min() > 1
        assert (result.customers["purchases"] == 1).sum() == 774 - 23
        assert set(result.customers.loc[result.customers["purchases"] == 1, "f"]) == {1}
        assert (
            "Equal customers score alike, so frequency has only the scores 1 and 5: 97% of customers bought "
            "once."
        ) in result.notes()

    def test_all_bought_once(self, engine_over):
        rows = [(f"c{i}", f"2024-0{1 + i % 3}-15", "sale", 9 * i) for i in range(30)]
        result = segmentation.rfm(engine_over(transactions(rows)).query("customers", as_of=AS_OF), AS_OF)
        assert not result.customers["segment"].isin(result.best).any()
        assert "frequency has only the scores 3: 100% of customers bought once." in result.notes()[0]

    @pytest.mark.parametrize("scores", [2, 3, 4, 6, 10])
    def test_any_number_of_scores_is_laid_over_the_rules(self, engine_over, scores):
        window = ActivityWindow(60, pd.DataFrame())
        scored = segmentation.rfm(marketplace(engine_over), AS_OF, window, Scoring(scores=scores))
        assert scored.customers[["r", "f", "m"]].max().max() == scores
        assert scored.customers["segment"].isin(list(scored.names)).all()
        best = scored.customers[scored.customers["segment"].isin(scored.best)]
        assert best["days_since_last"].max() <= 60
        assert len(segmentation.score_ranges(scored)) == scores

    def test_rules_have_a_row_for_each(self, customers):
        rules = segmentation.rules(segmentation.rfm(customers, AS_OF))
        assert rules.iloc[0].tolist()[2:] == ["4–5", "4–5", "several times"]
        assert rules.iloc[-1].tolist() == ["Lost", "bought little, and longest ago", "1", "1–2", ""]


SPANISH = """
rfm:
  days_since_last: [20, 60]
  segments:
    fieles: {recency: 4-5, loyalty: 1-5, purchases: several, best: true}
    ocasionales: {name: Una sola compra, recency: 4-5, loyalty: 1-5, purchases: once}
    perdidos: {recency: 1-3, loyalty: 1-5}
"""


class TestOwnRules:
    def scoring(self, tmp_path, text):
        (tmp_path / "dataset.yml").write_text(text, "utf-8")
        return read_config(tmp_path / "dataset.yml").rfm

    def test_in_spanish(self, customers, tmp_path):
        """Three scores by cut points: 5 and 15 days are 3, 26 and 60 are 2, 75 is 1."""
        use_language("es")
        result = segmentation.rfm(customers, AS_OF, None, self.scoring(tmp_path, SPANISH))
        scored = result.customers.set_index("customer_id")
        assert scored["r"].to_dict() == {"ana": 3, "bea": 2, "carl": 1, "dora": 2, "fay": 3}
        assert scored["segment"].tolist() == ["fieles", "perdidos", "perdidos", "perdidos", "ocasionales"]
        assert result.sizes()["segment"].tolist() == ["Fieles", "Una sola compra", "Perdidos"]
        classed = segmentation.agreement(result, segmentation.abc(customers))
        assert classed.table().index.tolist() == ["Fieles", "Una sola compra", "Perdidos"]

    def test_of_a_file_beside(self, tmp_path):
        table = "\n".join(line[4:] for line in SPANISH.splitlines()[4:])
        (tmp_path / "mios.yml").write_text(table, "utf-8")
        assert next(iter(self.scoring(tmp_path, "rfm: {segments: mios.yml}").table)) == "fieles"

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("{recency: 1-3", "{recency: 2-3", "in no segment: recency 1 with loyalty 1, 2, 3, 4 and 5"),
            (
                "{recency: 1-3, loyalty: 1-5",
                "{recency: 1-4, loyalty: 5",
                "in no segment: recency 3 with loyalty 1, 2, 3 and 4; recency 2 with loyalty 1, 2, 3 and 4; "
                "recency 1 with loyalty 1, 2, 3 and 4 · in more than one (fieles, ocasionales and perdidos): "
                "recency 4 with loyalty 5",
            ),
            ("several, best", "once, best", "marked best .* recency 5 with loyalty 1, 2, 3, 4 and 5"),
            ("best: true", "best: false", "none is marked 'best: true'"),
            ("recency: 1-3", "recency: 3-1", "'rfm.segments.perdidos.recency: 3-1' cannot be used. A score"),
            ("[20, 60]", "[60, 20]", "2 cut points were expected, each above the one before"),
            ("rfm:", "rfm:\n  scores: 4", "3 cut points were expected"),
        ],
    )
    def test_what_does_not_divide_the_customers_is_refused(self, tmp_path, old, new, message):
        pattern = re.escape(message).replace(r"\.\*", ".*")
        with pytest.raises(CarteraError, match=pattern):
            self.scoring(tmp_path, SPANISH.replace(old, new))

    def test_is_kept_through_json(self, tmp_path):
        """A run hands the settings to its kernels as JSON."""
        scoring = self.scoring(tmp_path, SPANISH)
        assert Scoring.model_validate_json(scoring.model_dump_json()) == scoring


class TestAbc:
    def test_by_hand(self, customers):
        result = segmentation.abc(customers)
        # from fay down, 80 % of 1015 is 812, 95 % is 964.25; the larger ones make 0, 500, 800,
        # 940, 1020, 1020
        assert dict(zip(result.customers["customer_id"], result.customers["abc"], strict=True)) == {
            "ana": "A", "bea": "B", "carl": "C", "dora": "A", "eve": "C", "fay": "A",
        }  # fmt: skip
        sizes = result.sizes()
        assert sizes["customers"].tolist() == [3, 1, 2]
        assert sizes["net_sales"].tolist() == [940, 80, -5]
        assert sizes["share_of_sales"].sum() == pytest.approx(1)

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ([80, 15, 5], "ABC"),  # exactly on both boundaries
            ([79, 16, 5], "AAC"),  # the second crosses 80 % and is A; the third starts at exactly 95 %
            ([50, 25, 25], "AAA"),  # ties stay together: the third is A because the second is
            ([85, 6, 6, 3], "ABBC"),
            ([1, 1, 1, 1, 1], "AAAAA"),
            ([100, 0, -1], "ACC"),
            ([0.1] * 8 + [0.2], "AAAAAAAAA"),
            ([7], "A"),
        ],
    )
    def test_boundaries(self, values, expected):
        assert "".join(classes(values)) == expected

    def test_by_value_and_not_by_number_of_customers(self):
        assert classes([96, 1, 1, 1, 1]) == ["A", "C", "C", "C", "C"]

    def test_sums_of_cents_meet_the_boundary(self):
        # eight times 0.1 is 0.7999999999999999 in floating point: the ninth still starts at 80 %
        assert classes([0.1] * 8 + [0.05] * 4) == ["A"] * 8 + ["B"] * 4
        assert classes([1.1] * 19 + [0.55] * 2)[-2:] == ["C", "C"]  # 19 × 1.1 of 22 is 0.9499999999999998

    def test_own_boundaries(self):
        assert classes([50, 30, 20], a=0.5, b=0.8) == ["A", "B", "C"]

    @pytest.mark.parametrize("values", [[0, 0], [-1], [5, -5]])
    def test_nothing_to_class(self, values):
        frame = pd.DataFrame({"customer_id": range(len(values)), "net_sales": values})
        assert isinstance(segmentation.abc(frame), NotPossible)

    def test_sentence(self, customers):
        assert segmentation.abc(customers).sentence() == (
            "3 of 6 customers (50.0%) are A and make 92.6% of net sales. Of all customers, 1 only ever "
            "returned."
        )


class TestAgreement:
    def test_by_hand(self, agreement):
        table = agreement.table()
        assert table.loc["Champions"].tolist() == [1, 0, 0]  # ana
        assert table.loc["Promising"].tolist() == [1, 0, 0]  # fay
        assert table.loc["Needs attention"].tolist() == [0, 1, 0]  # bea
        assert table.loc["Hibernating"].tolist() == [1, 0, 0]  # dora
        assert table.loc["Lost"].tolist() == [0, 0, 1]  # carl
        assert table.to_numpy().sum() == 5

    def test_who_disagrees(self, agreement):
        assert agreement.away()["customer_id"].tolist() == ["dora"]
        assert agreement.small().empty
        assert agreement.sentence() == (
            "1 of 3 A customers has not bought lately; it made 14.9% of what all A customers have bought so "
            "far."
        )
        (found,) = agreement.findings()
        assert (found.value, found.money, found.good) == (1, None, False)

    def test_keen_customers_of_class_c(self, engine_over):
        rows = [("small", f"2024-04-{day:02}", "sale", 1) for day in range(1, 15)]
        rows += [(f"big{i}", "2024-01-01", "sale", 1000) for i in range(4)]
        frame = engine_over(transactions(rows)).query("customers", as_of=AS_OF)
        result = segmentation.agreement(segmentation.rfm(frame, AS_OF), segmentation.abc(frame, a=0.5, b=0.6))
        assert result.small()["customer_id"].tolist() == ["small"]
        assert len(result.away()) == 4

    def test_names_are_in_the_readers_language(self, agreement):
        use_language("es")
        assert agreement.tables()["customers"]["segment"].iloc[0] == agreement.scored.names["promising"]


def test_plots_draw_on_the_axes_given_and_say_what_they_show(customers, agreement):
    scored, classed = segmentation.rfm(customers, AS_OF), segmentation.abc(customers)
    for result in (scored, classed, agreement):
        ax = theme.axes()
        assert plot(result, ax=ax) is ax
        ax.figure.canvas.draw()
        assert " ".join(ax.figure.get_suptitle().split()) == result.title().removesuffix(".")
