"""Do classes hold and tell what comes: dates, migration, clusters, prediction, profiles, worked by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from analysis import open_dataset, segmentation
from analysis.language import use_language
from analysis.not_possible import NotPossible
from analysis.plots import plot, theme
from analysis.portfolio import ActivityWindow
from analysis.segmentation import Migration, ThreeDates
from conftest import AS_OF

NOBODY = NotPossible("no window")
DAYS = (dt.date(2022, 12, 31), dt.date(2023, 12, 31), dt.date(2024, 12, 31))


def customers_of(net_sales, purchases, first="2022-01-01", last="2022-06-30"):
    """Return a customer table with these net sales and purchase days."""
    frame = pd.DataFrame({"net_sales": net_sales, "purchase_days": purchases})
    frame.insert(0, "customer_id", [f"c{i:03}" for i in range(len(frame))])
    return frame.assign(
        first_purchase=pd.to_datetime(first), last_purchase=pd.to_datetime(last), x=frame["purchase_days"] - 1
    )


def three(*sales, purchases=((1, 2, 3))):
    """Return the same customers at three dates with these net sales so far."""
    lasts = ("2022-06-30", "2023-06-30", "2024-06-30")
    tables = [
        customers_of(found, count, last=last)
        for found, count, last in zip(sales, purchases, lasts, strict=True)
    ]
    return ThreeDates(DAYS, tuple(tables), 12)


class TestThreeDates:
    def test_by_hand(self, data_over, six_customers):
        """Sales begin on 5 January, 101 days before: 3.3 months, a third of which is one month."""
        dates = segmentation.three_dates(data_over(six_customers, AS_OF))
        assert dates.days == (dt.date(2024, 2, 15), dt.date(2024, 3, 15), AS_OF)
        first, second = dates.bought(0), dates.bought(1)
        assert first["net_sales"].to_dict() == {"ana": 60, "bea": 0, "carl": 0, "dora": -60, "eve": -5}
        assert second["net_sales"].drop("fay").to_dict() == {
            "ana": 40,
            "bea": 30,
            "carl": 0,
            "dora": 0,
            "eve": 0,
        }
        assert second.loc["fay"].tolist() == [500, 1]  # came in this period

    def test_months_set_by_hand_and_ends_of_months(self, data_over, six_customers):
        dates = segmentation.three_dates(data_over(six_customers, dt.date(2024, 4, 30)), 1)
        assert dates.days[:2] == (dt.date(2024, 2, 29), dt.date(2024, 3, 30))

    def test_too_short(self, data_over, six_customers):
        early = segmentation.three_dates(data_over(six_customers, dt.date(2024, 2, 15)))
        assert "less than three months" in early.reason
        assert segmentation.prediction(early, NOBODY, NOBODY) is early
        assert segmentation.migration(early, NOBODY, None) is early


class TestMigration:
    @pytest.fixture
    def moved(self, data_over, six_customers):
        dataset = data_over(six_customers, AS_OF)
        return segmentation.migration(segmentation.three_dates(dataset), NOBODY, dataset)

    def test_by_hand(self, moved):
        by_id = moved.customers.set_index("customer_id")
        assert by_id["difference"].to_dict() == {"fay": 500, "dora": 60, "bea": 30, "ana": -20, "carl": 0}
        assert by_id["segment_before"]["fay"] == ""  # had not bought by 15 March
        assert moved.customers["customer_id"].tolist()[:4] == ["fay", "dora", "bea", "ana"]  # largest first
        assert moved.matrix().to_numpy().sum() == 5  # eve, who only returned, has no segment
        assert moved.tables()["migration"]["difference"].sum() == 570
        assert moved.matrix().loc[""].sum() == 1
        assert "fay" not in moved.moved()["customer_id"].tolist()  # did not move, but is new

    def test_segments_are_those_of_rfm_at_both_dates(self, data_over, six_customers):
        dataset = data_over(six_customers, AS_OF)
        found = segmentation.migration(segmentation.three_dates(dataset), NOBODY, dataset).customers
        for column, day in (("segment_before", dt.date(2024, 3, 15)), ("segment", AS_OF)):
            scored = segmentation.rfm(dataset.query("customers", as_of=day), day).customers
            expected = scored.set_index("customer_id")["segment"]
            assert found.set_index("customer_id")[column].reindex(expected.index).equals(expected)

    @given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from("ab")), min_size=1))
    @settings(max_examples=15, deadline=None)
    def test_rows_add_up_to_one(self, pairs):
        frame = pd.DataFrame(pairs, columns=["segment_before", "segment"]).assign(difference=1.0)
        found = Migration(frame, 12, {key: key.upper() for key in ("a", "b", "")})
        sums = found.shares().sum(axis=1)
        held = set(frame["segment_before"])
        assert all(total == pytest.approx(1 if key in held else 0) for key, total in sums.items())
        assert found.matrix().to_numpy().sum() == len(pairs)
        counted = sum(before not in ("", now) for before, now in pairs)
        assert len(found.moved()) == counted

    def test_sentence(self):
        frame = pd.DataFrame(
            [("a", "a", 10.0, 12.0), ("a", "b", 50.0, 5.0), ("b", "a", 1.0, 9.0), ("", "b", 0.0, 3.0)],
            columns=["segment_before", "segment", "earlier_sales", "later_sales"],
        )
        found = Migration(frame.assign(difference=0.0), 12, {"a": "Best", "b": "Rest", "": "None yet"}, "EUR")
        ways = found.tables()["migration"].set_index(["segment_before", "segment"])
        assert ways["customers"].to_dict() == {
            **{("Best", "Best"): 1, ("Best", "Rest"): 1},
            **{("Rest", "Best"): 1, ("None yet", "Rest"): 1},
        }
        assert ways.loc[("Best", "Rest"), ["earlier_sales", "later_sales"]].tolist() == [50, 5]
        assert found.sentence() == (
            "Of 2 customers in “Best” 12 months ago, 50% still are. 2 customers changed segment: they bought "
            "€51 in the 12 months before that day, and €14 since."
        )

    def test_previous_segment_and_date_of_change_in_the_profile(self):
        dataset, window = open_dataset("cdnow-sample"), ActivityWindow(99, pd.DataFrame())
        found = segmentation.segment_history(dataset, window)
        then, now = (
            segmentation.profile(dataset.query("customers", as_of=day), day, window, dataset.rfm)["segment"]
            for day in (dt.date(1997, 6, 30), dataset.as_of)  # a year before the last
        )
        assert found["segment_before"].equals(then.reindex(now.index).rename("segment_before"))
        stayed = found["segment_since"] == "1997-06-30"
        assert now[stayed].equals(then[stayed[stayed].index])
        assert 0 < stayed.sum() < (now == found["segment_before"]).sum()  # some left it and came back
        early = open_dataset("cdnow-sample", as_of="1997-03-31")
        history = segmentation.segment_history(early, NOBODY)
        assert history["segment_before"].isna().all()
        assert history["segment_since"].between("1996-12-31", "1997-03-31").all()

    def test_date_of_change_by_hand(self, monkeypatch):
        """Today is 31 August; who is in segment "a" on the last day of which months, back from then."""
        months = {"stays": 13, "since_may": 4, "today": 1, "came_back": 2}
        days = [(pd.Timestamp("2024-08-31") - pd.DateOffset(months=back)).date() for back in range(13)]

        def scored(_customers, day, *_others):
            back = days.index(day)
            held = {name: "a" if back < count else "b" for name, count in months.items()}
            if back > 6:
                held |= {"came_back": "a"}  # as long ago as January, and not from then on
                del held["today"]  # had not bought yet
            return pd.DataFrame({"segment": held})

        monkeypatch.setattr(import_module("analysis.segmentation.migration"), "profile", scored)
        found = segmentation.segment_history(open_dataset("cdnow-sample", as_of="2024-08-31"), NOBODY)
        assert found["segment_since"].astype(str).to_dict() == {
            "stays": "2023-08-31",  # or before
            "since_may": "2024-05-31",
            "today": "2024-08-31",
            "came_back": "2024-07-31",
        }
        assert found["segment_before"].dropna().to_dict() == {
            "stays": "a",
            "since_may": "b",
            "came_back": "a",
        }


class TestPrediction:
    def test_by_hand(self):
        """20 customers bring 100 in each period, 20 bring 10: both rules rank the first above the others.

        The best tenth, 4 of 40, are any of the 20: they bring 400 of 2200, ten times that ÷ 1 is 1.818.
        """
        each = np.repeat([100.0, 10.0], 20)
        dates = three(each, 2 * each, 3 * each, purchases=(2, 3, 4))  # who bought once has no better segment
        found = segmentation.prediction(dates, NOBODY, NOBODY)
        assert found.methods["lift"].to_dict() == pytest.approx(
            dict.fromkeys(["sales", "rfm", "abc"], 4000 / 2200)
        )
        assert found.methods["rank_correlation"].to_dict() == pytest.approx(
            dict.fromkeys(["sales", "rfm", "abc"], 1)
        )
        assert found.segments["customers"].sum() == 40
        assert sorted(found.segments["expected"]) == [10, 100]
        assert sorted(found.segments["sales_after"]) == [10, 100]
        assert (found.segments["still_active"] == 1).all()
        assert "lift 1.8 (95% 1." in found.sentence()
        assert "of “RFM segments”." in found.sentence()

    def test_life_cycle_takes_part(self):
        """30 of 60 were silent for 184 days at either date: inactive. They brought 10 each, the rest 100."""
        each = np.repeat([100.0, 10.0], 30)
        dates = three(each, 2 * each, 3 * each, purchases=(2, 3, 4))
        trends = [
            pd.DataFrame(
                {
                    "customer_id": table["customer_id"],
                    "first_purchase": pd.Timestamp("2020-01-01"),
                    "last_purchase": pd.to_datetime(np.repeat([day, last], 30)),
                    "sales_now": 1.0,
                    "sales_before": 1.0,
                    "squares": 2.0,
                }
            )
            for table, day, last in zip(dates.customers, DAYS[:2], ("2022-06-30", "2023-06-30"), strict=False)
        ]
        window = ActivityWindow(180, pd.DataFrame())
        found = segmentation.prediction(replace(dates, trends=tuple(trends)), window, NOBODY).methods
        assert found.loc["life_cycle", ["classes", "lift", "rank_correlation"]].tolist() == pytest.approx(
            [2, 100 / 55, 1]
        )
        assert "life_cycle" not in segmentation.prediction(dates, window, NOBODY).methods.index

    def test_a_class_is_worth_what_it_brought_before_and_not_what_its_name_says(self):
        """Who had bought most brings nothing any more, already in the period before the cut-off."""
        so_far, brings = np.repeat([1000.0, 10.0], 30), np.repeat([0.0, 50.0], 30)
        found = segmentation.prediction(three(so_far, so_far + brings, so_far + 2 * brings), NOBODY, NOBODY)
        assert found.methods.index[0] in {"rfm", "abc"}
        assert found.methods.loc["abc", ["lift", "rank_correlation"]].tolist() == pytest.approx([2, 1])
        assert found.methods.loc["sales", ["lift", "rank_correlation"]].tolist() == pytest.approx([0, -1])
        assert "against 0.0 (0.0 to 0.0) of “Rank by net sales”" in found.sentence()

    def test_nothing_is_learned_from_the_period_that_judges(self):
        random = np.random.default_rng(5)
        first = random.gamma(1, 100, 90)
        second = first + random.gamma(1, 100, 90)
        one, other = (
            segmentation.prediction(three(first, second, second + after), NOBODY, NOBODY)
            for after in (random.gamma(1, 100, 90), random.gamma(1, 5, 90))
        )
        assert one.segments[["customers", "expected"]].equals(other.segments[["customers", "expected"]])

    def test_chance_is_not_mistaken_for_a_ranking(self):
        """What follows has nothing to do with what was: nearly all intervals of three rules hold 1."""
        random, held = np.random.default_rng(1), []
        for _round in range(3):
            sales = random.gamma(1, 100, (3, 300)).cumsum(axis=0)
            methods = segmentation.prediction(three(*sales), NOBODY, NOBODY).methods
            held += list((methods["lift_low"] < 1) & (methods["lift_high"] > 1))
        assert sum(held) >= 7

    def test_too_few_customers_and_no_sales_afterwards(self):
        each = np.repeat([5.0], 19)
        assert "20 customers" in segmentation.prediction(three(each, each, 2 * each), NOBODY, NOBODY).reason
        each = np.repeat([5.0], 30)
        assert not segmentation.prediction(three(each, each, each), NOBODY, NOBODY)
        assert not segmentation.prediction(three(each, each, each - 1), NOBODY, NOBODY)


def blobs(seed=3, size=150):
    """Return three kinds of customers that nobody would mix up, and which each is."""
    random = np.random.default_rng(seed)
    kinds = [
        (20, 30, 15, 900),
        (600, 2, 400, 1000),
        (15, 2, 15, 40),
    ]  # silence, purchases, value, age in days
    rows = np.vstack([np.exp(random.normal(np.log(kind), 0.12, (size, 4))) for kind in kinds])
    rows[:, 1] = rows[:, 1].round().clip(1)
    return table(*rows.T), np.repeat([0, 1, 2], size)


def table(silence, purchases, value, age):
    end = pd.Timestamp(DAYS[2])
    frame = customers_of(value * purchases, purchases.astype(int))
    days = [np.maximum(days, silence).round() for days in (silence, age)]
    frame["last_purchase"], frame["first_purchase"] = (end - pd.to_timedelta(part, unit="D") for part in days)
    return frame


def cloud(seed=7, count=400):
    random = np.random.default_rng(seed)
    silence, value, more = np.exp(random.normal(4, 0.5, (3, count)))
    return table(silence, np.exp(random.normal(4, 0.5, count)).round(), value, silence + 30 * more)


def twins(customers):
    return pd.concat([customers, customers.assign(customer_id="z" + customers["customer_id"])])


def found_in(customers, count=None):
    return segmentation.clusters(customers, DAYS[2], segmentation.rfm(customers, DAYS[2]), count)


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(import_module("analysis.segmentation.clusters"), "RESAMPLES", 4)
    monkeypatch.setattr(import_module("analysis.segmentation.prediction"), "DRAWS", 50)


class TestClusters:
    def test_kinds_of_customers_are_found_and_named(self):
        customers, truth = blobs()
        found = found_in(customers)
        assert len(found.centres) == 3
        assert adjusted_rand_score(truth, found.customers["cluster"]) > 0.98
        assert sorted(found.profile()["customers"]) == [150, 150, 150]
        means = found.customers.groupby("cluster")["net_sales"].mean()
        assert means.is_monotonic_decreasing
        names = found.centres.index.tolist()
        assert names[0] == "Long silence, large amounts"  # 800 each in two purchases, 600 days ago
        assert len(set(names)) == 3
        assert found.by_segment.to_numpy().sum() == 450
        use_language("es")
        other = found_in(customers)
        assert found.customers["cluster"].equals(other.customers["cluster"])
        assert not set(other.centres.index) & set(names)

    @pytest.mark.parametrize("seed", [7, 8])
    def test_one_cloud_has_no_clusters(self, seed):
        found = found_in(cloud(seed))
        assert "form no clusters" in found.reason
        assert len(found_in(cloud(seed), 4).centres) == 4  # who wants four gets four, with their measures

    @pytest.mark.parametrize("factor", [0.001, 160, 1e6])
    def test_order_of_rows_and_unit_of_money_change_nothing(self, factor):
        customers = cloud().assign(x=0)
        customers.loc[::40, "net_sales"] *= -1  # who returned more than it bought, too
        found = found_in(customers, 4)
        other = customers.sample(frac=1, random_state=4)
        again = found_in(other.assign(net_sales=other["net_sales"] * factor), 4)
        assert again.customers["cluster"].equals(found.customers["cluster"])
        assert again.search.round(9).equals(found.search.round(9))
        assert again.centres.index.equals(found.centres.index)

    def test_everybody_twice_gives_the_same_clusters_where_they_are_stable(self):
        """Twins always share a cluster; that it is the one of before holds for clusters that are apart."""
        customers, _truth = blobs()
        once = found_in(customers).customers["cluster"]
        twice = found_in(twins(customers)).customers["cluster"]
        assert adjusted_rand_score(once, twice[once.index]) == 1
        assert twice[once.index].tolist() == twice["z" + once.index].tolist()
        assert "form no clusters" in found_in(twins(cloud())).reason
        many = found_in(twins(cloud()), 4).customers["cluster"]
        assert many[: len(many) // 2].tolist() == many[len(many) // 2 :].tolist()

    def test_a_long_cloud_is_cut_in_the_same_places_each_time_and_is_one_cloud_all_the_same(self):
        random = np.random.default_rng(11)
        along, noise = random.normal(0, 0.5, 500), random.normal(0, 0.1, (4, 500))
        logs = np.array([[3.0], [4.0], [4.0], [7.0]]) + along + noise
        silence, purchases, value, age = np.exp(logs)
        customers = table(silence, purchases.round(), value, age)
        assert "form no clusters" in found_in(customers).reason
        assert found_in(customers, 3).search["stability"].iloc[0] > 0.8

    def test_too_few_or_too_alike(self):
        same = customers_of(np.ones(300), np.ones(300, int))
        assert "at least 50" in found_in(same).reason
        assert not found_in(cloud(count=40))
        assert not segmentation.clusters(same, DAYS[2], NOBODY)

    def test_all_bought_once(self):
        random = np.random.default_rng(2)
        silence = random.integers(1, 900, 400).astype(float)
        once = table(silence, np.ones(400), np.exp(random.normal(3, 1, 400)), silence)
        found = found_in(once, 3)
        assert found.customers["cluster"].nunique() == 3

    def test_beyond_the_limit_a_sample_is_fitted_and_all_are_given_a_cluster(self, monkeypatch):
        module = import_module("analysis.segmentation.clusters")
        monkeypatch.setattr(module, "FITTED", 200)
        monkeypatch.setattr(module, "SEARCHED", 150)
        customers, truth = blobs()
        found = found_in(customers)
        assert adjusted_rand_score(truth, found.customers["cluster"]) > 0.95
        assert found.notes()[0] == "Measured on 150 customers drawn at random, fitted to 200 of 450."

    def test_clusters_take_part_in_the_prediction(self):
        customers, truth = blobs()
        brings = np.array([300.0, 0.0, 20.0])[truth]
        tables = []
        for years, day in enumerate(DAYS):
            since = pd.Timestamp(DAYS[2]) - pd.Timestamp(day)
            moved = {name: customers[name] - since for name in ("first_purchase", "last_purchase")}
            tables.append(customers.assign(net_sales=customers["net_sales"] + years * brings, **moved))
        found = segmentation.prediction(ThreeDates(DAYS, tuple(tables), 12), NOBODY, found_in(customers))
        assert found.methods.loc["clusters", "classes"] == 3
        assert found.methods.loc["clusters", "rank_correlation"] > 0.9


class TestProfiles:
    """40 customers of S1, 20 of them best; 60 of S2, 4; 5 of S3, all: 29 of 105 are best."""

    @pytest.fixture
    def sold(self, monkeypatch):
        sizes = {"S1": (40, 20), "S2": (60, 4), "S3": (5, 5)}
        rows = [(part, who < best) for part, (size, best) in sizes.items() for who in range(size)]
        frame = pd.DataFrame(rows, columns=["part", "best"], index=[f"c{i}" for i in range(len(rows))])
        none = pd.Series(dtype="object")
        monkeypatch.setattr(
            "analysis.segmentation.profiles.belongs_to",
            lambda _dataset, column: frame["part"] if column == "salesperson" else none,
        )
        return frame

    def test_lift_by_hand(self, sold):
        found = segmentation.sets_apart(None, sold["best"]).frame.set_index("part")
        assert found.index.tolist() == ["S1", "S2"]  # five customers are too few to be shown
        assert found["lift"].tolist() == pytest.approx([0.5 * 105 / 29, 4 / 60 * 105 / 29])
        assert found["best"].tolist() == [20, 4]
        assert found["stands_out"].all()
        # Wilson (1927): 20 of 40 lie within 0.352 to 0.648
        assert found.loc["S1", ["lift_low", "lift_high"]].tolist() == pytest.approx(
            [0.352 * 105 / 29, 0.648 * 105 / 29], abs=0.003
        )

    def test_where_the_best_are_only_rare(self, monkeypatch):
        """None of 30 in one part, three of four in the rest, which is not shown."""
        best = pd.Series(np.arange(300) % 4 > 0, index=[f"d{i}" for i in range(300)])
        parts = pd.Series("rest", index=best.index).where(np.arange(300) >= 30, "rare")
        best[:30] = False
        monkeypatch.setattr("analysis.segmentation.profiles.DIMENSIONS", ["region"])
        monkeypatch.setattr("analysis.segmentation.profiles.belongs_to", lambda _dataset, _column: parts)
        found = segmentation.sets_apart(None, best)
        assert found.frame.loc[found.frame["stands_out"], "part"].tolist() == ["rest", "rare"]
        found = replace(found, frame=found.frame[found.frame["part"] == "rare"])
        assert found.title() == "In no part are the best customers clearly more frequent than on average"

    def test_whose_dimension_is_not_known_does_not_count(self, sold):
        best = pd.concat([sold["best"], pd.Series(data=True, index=["x", "y", "z"])])
        found = segmentation.sets_apart(None, best).frame.set_index("part")
        assert found["lift"]["S1"] == pytest.approx(0.5 * 105 / 29)

    def test_chance_does_not_stand_out(self, monkeypatch):
        """100 parts of 30 customers, the best drawn at random: by chance 5 lie outside their interval."""
        parts = pd.Series(np.repeat([f"p{i}" for i in range(100)], 30))
        monkeypatch.setattr("analysis.segmentation.profiles.DIMENSIONS", ["region"])
        monkeypatch.setattr("analysis.segmentation.profiles.belongs_to", lambda _dataset, _column: parts)
        random, said = np.random.default_rng(0), []
        for _draw in range(10):
            best = pd.Series(random.random(3000) < 0.2)
            said.append(segmentation.sets_apart(None, best).frame["stands_out"].sum())
        assert sum(count > 0 for count in said) <= 2

    def test_segments_that_stand_out(self, sold, data_over, six_customers):
        scored = segmentation.rfm(data_over(six_customers, AS_OF).query("customers"), AS_OF)
        keys = list(scored.names)
        people = pd.DataFrame(
            {"customer_id": sold.index, "segment": np.where(sold["best"], keys[0], keys[-1])}
        )
        found = segmentation.segment_profiles(None, replace(scored, customers=people)).set_index("part")
        assert found["segment"].to_dict() == {"S1": scored.names[keys[0]], "S2": scored.names[keys[-1]]}
        assert found["count"].to_dict() == {"S1": 20, "S2": 56}

    def test_nothing_known(self):
        dataset = open_dataset("cdnow-sample")
        best = dataset.query("customers").set_index("customer_id")["net_sales"] > 100
        assert "Too little is known of sector" in segmentation.sets_apart(dataset, best).reason


def test_plots_draw_on_the_axes_given_and_say_what_they_show(monkeypatch):
    customers, _truth = blobs()
    each = np.repeat([100.0, 10.0], 20)
    parts = pd.Series(np.repeat(["S1", "S2"], 225), index=customers["customer_id"])
    monkeypatch.setattr("analysis.segmentation.profiles.belongs_to", lambda _dataset, _column: parts)
    best = pd.Series(np.arange(450) % 225 < np.repeat([100, 10], 225), index=customers["customer_id"])
    frame = pd.DataFrame(
        [("a", "a", 10.0, 12.0), ("a", "b", 50.0, 5.0)],
        columns=["segment_before", "segment", "earlier_sales", "later_sales"],
    )
    results = [
        found_in(customers),
        segmentation.prediction(three(each, 2 * each, 3 * each), NOBODY, NOBODY),
        Migration(frame.assign(difference=[2.0, -45.0]), 12, {"a": "Best", "b": "Rest", "": "None yet"}),
        segmentation.sets_apart(None, best),
    ]
    for result in results:
        ax = theme.axes()
        assert plot(result, ax=ax) is ax
        ax.figure.canvas.draw()
        assert " ".join(ax.figure.get_suptitle().split()) == result.title().removesuffix(".")
        plot(result).figure.canvas.draw()
