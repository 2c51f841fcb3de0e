"""ABC side by side, regularity, potential, life cycle and the plan, worked by hand on small numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis import open_dataset, segmentation
from analysis.language import use_language
from analysis.not_possible import NotPossible
from analysis.plots import plot, theme
from analysis.portfolio import ActivityWindow, GrowthPotential
from analysis.report import tables
from conftest import AS_OF, transactions

WINDOW = ActivityWindow(60, pd.DataFrame())


def drawn(result):
    ax = theme.axes()
    assert plot(result, ax=ax) is ax
    ax.figure.canvas.draw()
    assert " ".join(ax.figure.get_suptitle().split()) == result.title().removesuffix(".")
    return [text.get_text() for text in ax.texts]


class TestViews:
    @pytest.fixture
    def views(self):
        """By net sales 80, 15, 5 are A, B, C; by margin 9, 1, 10 are A, C, A; by value 0, 10, 30 C, B, A."""
        profile = pd.DataFrame(
            {
                "customer_id": ["a", "b", "c", "d"],
                "net_sales": [80, 15, 5, 0],
                "contribution_margin": [9.0, 1.0, 10.0, 0.0],
                "clv": [0.0, 10.0, 30.0, np.nan],
            }
        )
        return segmentation.abc_views(profile)

    def test_by_hand(self, views):
        rows = views.customers.set_index("customer_id")
        assert rows["abc_net_sales"].tolist() == ["A", "B", "C"]  # d has no expected value
        assert rows["abc_contribution_margin"].tolist() == ["A", "C", "A"]  # larger than 1: 19 of 20, 95 %
        assert rows["abc_clv"].tolist() == ["C", "A", "A"]  # larger than 10: 30 of 40, below 80 %
        sizes = views.sizes()
        assert sizes["class_a"].tolist() == [1, 2, 2]
        assert sizes["changed"].tolist() == [0, 2, 3]

    def test_who_moves(self, views):
        assert views.moved(better=True)["customer_id"].tolist() == ["c", "b"]  # 30 before 10
        assert views.moved(better=False)["customer_id"].tolist() == ["a"]
        assert views.sentence() == (
            "By 'Expected value of the next 12 months' 2 customers are in a better class than by net sales "
            "so far, and 1 in a worse one, who made 80.0% of these."
        )
        assert "1\n80" in drawn(views)

    def test_nothing_to_hold_net_sales_against(self):
        profile = pd.DataFrame({"customer_id": ["a"], "net_sales": [1.0], "clv": [np.nan]})
        assert "hold net sales against" in segmentation.abc_views(profile).reason


def bought(customer, *days, value=10, year=2024):
    return [(customer, f"{year}-{day}", "sale", value) for day in days]


class TestXyz:
    ROWS = (
        bought("even", "03-01", "03-11", "03-21", "03-31")  # gaps 10, 10, 10: variation 0
        + bought("limit", "01-10", "01-20", "02-09", "03-10")  # 10, 20, 30: 10 ÷ 20
        + bought("loose", "01-01", "01-11", "03-01", "04-10")  # 10, 50, 40: 20.8 ÷ 33.3
        + bought("wild", "01-01", "01-02", "01-03", "03-01")  # 1, 1, 58: 32.9 ÷ 20
        + bought("few", "01-01", "02-01", "03-01")
    )

    @pytest.fixture
    def dataset(self, data_over):
        return data_over(transactions(self.ROWS), AS_OF)

    def test_by_hand(self, dataset):
        rows = segmentation.regularity(dataset.query("purchase_days"))
        assert rows["xyz"].to_dict() == {"even": "X", "limit": "X", "loose": "Y", "wild": "Z"}
        assert rows.loc["loose", "variation"] == pytest.approx(20.8167 / 33.3333, rel=1e-4)

    def test_who_is_due(self, dataset):
        """All have 40 of 190 but few, 30, the only B; the next are due 20, 10 and 33 days after the last."""
        result = segmentation.abc_xyz(segmentation.abc(dataset.query("customers")), dataset, WINDOW)
        due = result.tables()["due"].set_index("customer_id")["expected_by"]
        assert due.dt.strftime("%m-%d").to_dict() == {"limit": "03-30", "even": "04-10", "loose": "05-13"}
        assert result.sentence().endswith("3 A or B customers who buy with some regularity are due.")
        cells = result.tables()["abc_xyz"]
        assert (cells["abc"] + cells["xyz"]).tolist() == ["AX", "AY", "AZ", "B"]
        assert cells["customers"].tolist() == [2, 1, 1, 1]

    def test_silent_ones_are_expected_no_more(self, data_over):
        dataset = data_over(transactions(self.ROWS), dt.date(2024, 8, 15))
        result = segmentation.abc_xyz(segmentation.abc(dataset.query("customers")), dataset, WINDOW)
        assert result.tables()["due"].empty

    def test_nobody_has_a_rhythm(self, data_over):
        dataset = data_over(transactions(bought("few", "01-01", "02-01", "03-01")), AS_OF)
        classed = segmentation.abc(dataset.query("customers"))
        assert "takes three intervals" in segmentation.abc_xyz(classed, dataset, WINDOW).reason


class TestPotential:
    @pytest.fixture
    def potential(self):
        rows = [("big", 800, 5), ("mid", 150, 15), ("small", 50, 80), ("fresh", 0, np.nan)]
        frame = pd.DataFrame(rows, columns=["customer_id", "net_sales", "growth_potential"])
        return GrowthPotential({}, "", customers=frame.assign(basis="peers", name="N"))

    def test_by_hand(self, potential):
        """Net sales 800, 150, 50 are A, B, C; growth potential 80, 15, 5 the same, the other way round."""
        result = segmentation.abc_potential(potential)
        rows = result.customers.set_index("customer_id")
        assert rows["abc"].tolist() == ["A", "B", "C"]
        assert rows["potential_class"].tolist() == ["C", "B", "A"]
        assert result.tables()["abc_potential"]["strategy"].tolist() == ["keep", "maintain", "develop"]
        assert result.large_tomorrow()[["customer_id", "name"]].to_numpy().tolist() == [["small", "N"]]
        assert result.sentence() == (
            "1 customer is small today, with 50 in twelve months, and could be large tomorrow: it could buy "
            "up to 80 a year more."
        )
        assert result.notes() == ["1 customer is left out, since what it could buy is not known."]
        assert "develop\n1\n80" in drawn(result)

    def test_nobody(self, potential):
        none = potential.customers.assign(growth_potential=0.0)
        assert not segmentation.abc_potential(GrowthPotential({}, "", customers=none))
        reason = NotPossible("for a reason")
        assert segmentation.abc_potential(reason) is reason


class TestLifeCycle:
    """On 15 April 2024: the days compared are 16 April to 15 April, of who became a customer long before."""

    ROWS = [  # noqa: RUF012
        *bought("new", "03-01"),
        # growing: 10 before, 50 now; 40 is more than 1.28 × √(6 × 100) = 31.4
        *bought("up", "01-10", "06-01", year=2022),
        *bought("up", "05-01", "07-01", "09-01", year=2023),
        *bought("up", "02-01", "04-01"),
        # mature: 20 before, 30 now; 10 is less than 1.28 × √500 = 28.7
        *bought("same", "01-10", "06-01", "08-01", year=2022),
        *bought("same", "06-01", year=2023),
        *bought("same", "02-01", "04-01"),
        # mature: 10 before, 1010 now, of which 1000 at once: less than 1.28 × √(1000² + 200) = 1282
        *bought("once", "01-10", "06-01", year=2022),
        *bought("once", "06-01", value=1000, year=2023),
        *bought("once", "04-01"),
        # declining: 50 before, 10 now
        *bought("down", "01-10", "05-01", "06-01", "07-01", "08-01", "09-01", year=2022),
        *bought("down", "04-01"),
        *bought("gone", "01-10", "12-01", year=2023),
        # mature: compared are 11 January to 15 April, 10 and 10; neither the first purchase nor June counts
        *bought("young", "01-10", "02-01", "06-01", year=2023),
        *bought("young", "04-01"),
    ]

    @pytest.fixture
    def dataset(self, data_over):
        return data_over(transactions(self.ROWS), AS_OF)

    def test_by_hand(self, dataset):
        result = segmentation.life_cycle(dataset, WINDOW)
        rows = result.customers.set_index("customer_id")
        assert rows["stage"].to_dict() == {
            "new": "new",
            "up": "growing",
            "same": "mature",
            "once": "mature",
            "down": "declining",
            "gone": "inactive",
            "young": "mature",
        }
        assert rows["trend"].dropna().to_dict() == {
            "down": -0.8,
            "once": 100,
            "same": 0.5,
            "up": 4,
            "young": 0,
        }
        assert rows.loc["new", "stage_before"] == "none"
        assert rows.loc["young", "stage_before"] == "inactive"  # on 15 April 2023 silent for 73 days
        assert result.declining()["customer_id"].tolist() == ["down"]
        assert result.sentence() == (
            "Customers in decline: 1, who bought 40 less in twelve months than in the twelve before; "
            "growing: 1, with 40 more."
        )
        (found,) = result.findings()
        assert (found.money, found.good, found.usual) == (40, False, None)  # nobody declined a year before
        was = result.customers.assign(stage_before="declining")
        assert replace(result, customers=was).findings()[0].usual == 7
        assert "1\n10" in drawn(result)

    def test_active_are_all_but_the_inactive(self, dataset):
        result = segmentation.life_cycle(dataset, WINDOW)
        assert result.sizes()["customers"].tolist() == [1, 1, 3, 1, 1]
        assert result.movement()["customers"].sum() == len(result.customers)
        assert result.sizes()["net_sales"].sum() == result.movement()["net_sales"].sum() == 1140

    def test_order_of_rows_scale_of_money_and_twins_leave_stages(self, data_over):
        """Of 200 customers with purchases at random over two years and a half, some of them returned."""
        random = np.random.default_rng(7)
        silent = random.integers(0, 100 + 4 * (np.arange(2000) % 200))
        days = pd.Timestamp(AS_OF) - pd.to_timedelta(silent, unit="D")
        rows = transactions(
            [
                (f"c{i % 200:03}", day, "return" if value < 0 else "sale", float(value))
                for i, (day, value) in enumerate(zip(days, random.integers(-5, 90, 2000), strict=True))
            ]
        )

        def stages(frame):
            found = segmentation.life_cycle(data_over(frame, AS_OF), WINDOW).customers
            return found.set_index("customer_id")[["stage", "stage_before"]]

        found = stages(rows)
        assert set(found["stage"]) == {"new", "growing", "mature", "declining", "inactive"}
        assert stages(rows.sample(frac=1, random_state=1)).equals(found)
        assert stages(rows.assign(amount=rows["amount"] * 8)).equals(found)
        twins = stages(pd.concat([rows, rows.assign(customer_id="z" + rows["customer_id"])]))
        assert twins.to_numpy().tolist() == pd.concat([found, found]).to_numpy().tolist()

    def test_leap_day(self, data_over):
        """A year before 29 February 2024 ends on 28 February 2023."""
        rows = (
            bought("a", "01-01", year=2021) + bought("a", "02-28", "03-01", year=2023) + bought("a", "02-29")
        )
        trend = data_over(transactions(rows), dt.date(2024, 2, 29)).query("customer_trend")
        assert trend[["sales_now", "sales_before", "squares"]].iloc[0].tolist() == [20, 10, 300]

    def test_nobody_bought(self, data_over):
        dataset = data_over(transactions([("a", "2024-01-05", "return", -1)]), AS_OF)
        assert not segmentation.life_cycle(dataset, WINDOW)

    @pytest.mark.parametrize(("first", "is_enough"), [("01-15", True), ("01-16", False)])
    def test_it_takes_fifteen_months(self, data_over, first, is_enough):
        """To 15 April 2024 they begin on 15 January 2023."""
        rows = bought("a", first, year=2023) + bought("a", "03-01")
        found = segmentation.life_cycle(data_over(transactions(rows), AS_OF), WINDOW)
        assert bool(found) is is_enough
        assert is_enough or "15 months of sales" in found.reason


class TestPlan:
    @pytest.fixture
    def folder(self, tmp_path):
        sales = ["cliente,fecha,importe,vendedor"]
        sales += [f"c1,2024-0{month}-01,100,Leo" for month in (1, 2, 3, 4)]
        sales += ["c2,2024-01-05,900,Leo", "c2,2024-01-09,900,Leo", "c3,2024-04-02,20,Ana"]
        (tmp_path / "ventas.csv").write_text("\n".join(sales), "utf-8")
        (tmp_path / "clientes.csv").write_text("cliente,nombre\nc1,Uno\nc2,Dos\nc3,Tres\n", "utf-8")
        return tmp_path

    def plan(self, folder):
        dataset = open_dataset(str(folder))
        scored = segmentation.rfm(dataset.query("customers"), dataset.as_of, None, dataset.rfm)
        return segmentation.plan(scored, dataset)

    def test_list_has_names_owners_and_what_to_do(self, folder):
        result = self.plan(folder)
        rows = result.tables()["plan_list"]
        assert rows["owner"].tolist() == ["Ana", "Leo", "Leo"]
        assert rows["name"].tolist() == ["Tres", "Uno", "Dos"]  # the better segment of Leo first
        assert rows.loc[0, ["segment", "aim"]].tolist() == ["New", "the second purchase"]
        use_language("es")
        told = tables.to_csv(rows).decode("utf-8-sig").splitlines()  # as a Spanish spreadsheet reads it
        assert told[3].startswith("c2;Dos;Leo;Cannot lose;84;1800;win them back, or learn why they left;")
        use_language("en")
        assert result.sentence() == (
            "Of the segments that have not bought lately, 'Cannot lose' holds most money: 1 customer who "
            "bought for 1,800. Aim: win them back, or learn why they left."
        )
        assert result.tables()["plan"]["customers"].sum() == 3

    def test_own_plan_in_ones_own_words(self, folder):
        (folder / "dataset.yml").write_text(
            "rfm:\n  segments:\n"
            "    fieles: {recency: 4-5, loyalty: 1-5, purchases: several, best: true, aim: Que sigan}\n"
            "    otros: {recency: 4-5, loyalty: 1-5, purchases: once}\n"
            "    lejos: {recency: 1-3, loyalty: 1-5}\n",
            "utf-8",
        )
        use_language("es")
        overview = self.plan(folder).tables()["plan"].set_index("segment")
        assert overview["aim"].tolist() == ["Que sigan", "", ""]
        assert overview["net_sales"].to_dict() == {"Fieles": 0, "Otros": 20, "Lejos": 2200}  # c1 has 3 of 5
