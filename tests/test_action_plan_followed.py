"""How one will know: a plan's control group, what an earlier plan earned, what changed, and its files."""

from __future__ import annotations

import datetime as dt
import io
import json
from types import SimpleNamespace

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import power_proportions_2indep

from analysis import actions, open_dataset
from analysis.actions import exports
from analysis.actions.control import _lot, smallest_effect
from analysis.dataset.segment_table import Scoring
from analysis.errors import CarteraError
from analysis.language import use_language
from analysis.not_possible import NotPossible
from analysis.profile_parts import Profiles
from analysis.report import pages, record
from analysis.report.changes import changes, write_changes
from analysis.report.execution import Execution
from analysis.report.request import Request
from conftest import transactions

DAY = dt.date(2024, 1, 31)
DATA = SimpleNamespace(as_of=DAY, currency="EUR", rfm=Scoring())


def contacts(count, **columns):
    """Return a list of customers, all alike unless told otherwise."""
    frame = pd.DataFrame(
        {
            "contact_id": [f"C{number:03}" for number in range(count)],
            "contact_type": "customer",
            "name": [f"Name {number}" for number in range(count)],
            "owner": ["Ana", "Ben"] * (count // 2) + ["Ana"] * (count % 2),
            "segment": "champions",
            "action": "retain",
            "value_at_stake": np.arange(count, dtype=float),
            "base": 0.25,
            "chance": 0.15,
            "cost": 2.0,
            "expected_gain": np.arange(count, 0.0, -1),
            "reasons": "silent for long",
            "talk_about": "",
            "contact_by": pd.Timestamp("2024-02-05"),
            "channel": "call",
        }
    )
    return frame.assign(**columns)


class TestPower:
    def test_by_hand(self):
        """Fleiss, Levin & Paik 2003: .25 against .40 takes 152 in each group.

        p̄ = .325; 1.96 × √(2 × .325 × .675) + .8416 × √(.25 × .75 + .4 × .6) = 1.2983 + .5503; its square ÷
        .15² = 151.9.
        """
        assert smallest_effect(152, 152, 0.25) == pytest.approx(0.15, abs=1e-4)

    @pytest.mark.parametrize(
        ("contacted", "alone", "usual"), [(700, 80, 0.27), (50, 50, 0.5), (90, 30, 0.01)]
    )
    def test_against_statsmodels(self, contacted, alone, usual):
        effect = smallest_effect(contacted, alone, usual)
        found = power_proportions_2indep(effect, usual, contacted, ratio=alone / contacted)
        assert found.power == pytest.approx(0.8, abs=1e-3)

    def test_where_not_even_everybody_would_be_seen(self):
        assert smallest_effect(2, 2, 0.9) == 1
        assert smallest_effect(50, 50, 1.0) == 1


class TestControlGroup:
    def test_the_fewest_that_show_what_the_plan_counts_on(self):
        """Of 400, with 80 alone 16.6 points would be seen, with 120 alone 14.3; the plan counts on 15."""
        found = actions.control_group(contacts(400), DATA)
        sizes = found.shown["control_sizes"].set_index("left_alone")
        assert sizes.index.tolist() == [40, 60, 80, 120, 160, 200]
        assert sizes.loc[[80, 120], "smallest_effect"].round(3).tolist() == [0.166, 0.143]
        assert sizes.loc[120, "gain_forgone"] == pytest.approx(120 * 200.5)
        arms = found.contacts["arm"]
        assert (arms == "control").sum() == 120
        assert found.contacts["planned_on"].unique().tolist() == [pd.Timestamp(DAY)]
        assert found.found.value == 120
        forgone = found.contacts.loc[arms == "control", "expected_gain"].sum()
        assert found.found.money == forgone
        assert "a rise from 14.3 percentage points on will then be seen in 8 of 10 cases" in found.text
        assert "the plan counts on 15" in found.text

    @pytest.mark.parametrize(("count", "columns"), [(59, {"chance": 0.9}), (400, {"chance": 0.05}), (1, {})])
    def test_too_few_to_measure_means_nobody_is_left_alone(self, count, columns):
        found = actions.control_group(contacts(count, **columns), DATA)
        assert set(found.contacts["arm"]) == {"contact"}
        said = "even" if count == 400 else f"{count} on the list (referrals aside) are too few"
        assert found.text.startswith(f"Nobody is left alone as a control group: {said}")

    def test_a_share_that_is_set_is_kept(self):
        assert (actions.control_group(contacts(10), DATA, share=0.3).contacts["arm"] == "control").sum() == 3
        assert set(actions.control_group(contacts(400), DATA, share=0.0).contacts["arm"]) == {"contact"}

    def test_a_lot_is_drawn_anew_on_another_day_only(self):
        drawn = [
            actions.control_group(contacts(400), SimpleNamespace(as_of=day, currency=None), share=0.2)
            for day in (DAY, DAY, DAY + dt.timedelta(days=1))
        ]
        arms = [one.contacts["arm"].tolist() for one in drawn]
        assert arms[0] == arms[1] != arms[2]

    def test_who_is_asked_for_a_referral_is_not_in_the_lot(self):
        listed = contacts(400, action=["referral", "retain"] * 200, chance=0.4)
        found = actions.control_group(listed, DATA, share=0.5).contacts
        assert set(found.loc[found["action"] == "referral", "arm"]) == {"contact"}
        assert (found["arm"] == "control").sum() == 100
        nobody = actions.control_group(listed[listed["action"] == "referral"], DATA)
        assert nobody.text == "Nobody is on the list who could be left alone."
        assert set(nobody.contacts["arm"]) == {"contact"}

    def test_nobody_and_no_plan(self):
        nobody = actions.control_group(contacts(0), DATA)
        assert nobody.text.startswith("Nobody is on the list")
        assert {"plan.xlsx", "action_plan.parquet"} < set(actions.plan_files(nobody, DATA))
        assert actions.control_group(NotPossible("why"), DATA).reason == "why"

    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 40), st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(0, 9))
    def test_every_group_gives_its_share(self, alone, sizes, seed):
        """A run of n contacts meets at most n ÷ shortest run + 2 of the runs from which one each is drawn."""
        total = sum(sizes)
        alone = min(alone, total)
        listed = contacts(total, action=np.repeat(list("abcde")[: len(sizes)], sizes), owner="Ana")
        left = _lot(listed.sample(frac=1, random_state=seed), alone, seed) == "control"
        assert left.sum() == alone
        for action, size in zip("abcde", sizes, strict=False):
            expected = alone * size / total
            assert abs(left[listed["action"] == action].sum() - expected) < 2 + size / max(
                total // max(alone, 1), 1
            )


@pytest.fixture
def left(tmp_path):
    """Return a function that leaves the plan of an earlier run, of 31 January, and gives its folder."""

    def leave(plan):
        folder = tmp_path / "tables" / "08_action_plan"
        folder.mkdir(parents=True, exist_ok=True)
        plan.assign(planned_on=pd.Timestamp(DAY)).to_parquet(folder / "action_plan.parquet")
        return tmp_path

    return leave


def two_arms(each=30, **columns):
    return contacts(2 * each, arm=["contact"] * each + ["control"] * each, **columns)


def sold(buyers, day="2024-02-10"):
    """Return sales of 100 that cost 60, after a first one long before of everybody."""
    everybody = [
        (f"C{number:03}", pd.Timestamp("2023-06-01"), "sale", 1.0, None, None, None, 1.0)
        for number in range(60)
    ]
    rows = [(f"C{number:03}", pd.Timestamp(day), "sale", 100.0, None, None, None, 60.0) for number in buyers]
    return transactions(everybody + rows)


class TestEarned:
    BOUGHT = (*range(15), *range(30, 36))

    def test_by_hand(self, left, data_over):
        """15 of 30 contacted and 6 of 30 left alone bought, each with a margin of 40.

        Means 20 and 8; 30 × 12 − 30 × 2 = 300. Variances 400 × 30/29 and 256 × 30/29, standard error of the
        difference √((413.8 + 264.8) ÷ 30) = 4.756; × 30 × 1.645 = 234.7.
        """
        data = data_over(sold(self.BOUGHT), dt.date(2024, 4, 30))
        found = actions.earned(left(two_arms()), data)
        assert found.found.value == pytest.approx(300)
        assert found.found.good
        assert "50.0% of the 30 contacted bought within 60 days, 20.0% of the 30 left alone." in found.text
        assert "has brought 300 of margin after its cost of 60 (90% interval 65 to 535)" in found.text
        table = found.shown["earned"]
        assert table["margin"].to_dict() == pytest.approx({"left alone": 8, "contacted": 20})

    def test_the_same_in_both_groups_is_chance(self, left, data_over):
        data = data_over(sold((*range(6), *range(30, 36))), dt.date(2024, 4, 30))
        found = actions.earned(left(two_arms()), data)
        assert found.found.value == pytest.approx(-60)
        assert found.found.good is None
        assert found.text.endswith("Chance alone may explain that.")

    def test_a_plan_that_annoyed(self, left, data_over):
        data = data_over(sold(range(30, 55)), dt.date(2024, 4, 30))
        found = actions.earned(left(two_arms()), data)
        assert found.found.good is False

    @pytest.mark.parametrize("day", ["2024-01-31", "2024-04-01"])
    def test_only_what_is_bought_within_the_days_counts(self, left, data_over, day):
        """Sixty days after 31 January end on 31 March."""
        found = actions.earned(left(two_arms()), data_over(sold(self.BOUGHT, day), dt.date(2024, 4, 30)))
        assert found.shown["earned"]["bought"].tolist() == [0, 0]

    def test_what_nobody_can_tell_yet(self, left, data_over):
        data, early = (data_over(sold(()), day) for day in (dt.date(2024, 4, 30), dt.date(2024, 3, 30)))
        assert "can be told from 31 Mar 2024 on" in str(actions.earned(left(two_arms()), early))
        assert "can be told from" not in str(actions.earned(left(two_arms()), early, days=14))
        few = left(two_arms(29))
        assert "it left 29 alone and had 29 contacted, and it takes 30 of each" in str(
            actions.earned(few, data)
        )
        none = left(contacts(60, arm="contact"))
        assert "it left 0 alone" in str(actions.earned(none, data))
        asked = left(two_arms(action="referral"))
        assert "it left 0 alone and had 0 contacted" in str(actions.earned(asked, data))

    def test_what_is_no_plan(self, left, data_over, tmp_path):
        data = data_over(sold(()), dt.date(2024, 4, 30))
        assert "No earlier run is given" in str(actions.earned(None, data))
        assert "left no" in str(actions.earned(tmp_path, data))
        assert "left no" in str(actions.earned(tmp_path / "nowhere", data))
        with pytest.raises(CarteraError, match="cannot be read"):
            actions.earned(left(two_arms().drop(columns="cost")), data)
        (tmp_path / "tables" / "08_action_plan" / "action_plan.parquet").write_bytes(b"PAR1")
        with pytest.raises(CarteraError, match="cannot be read"):
            actions.earned(tmp_path, data)

    def test_a_lead_counts_when_it_is_won(self, left, tmp_path):
        """Of 30 leads contacted 10 became customers K0 to K9 within the days, and one before."""
        folder = tmp_path / "data"
        folder.mkdir()
        sales = [
            "customer_id;date;amount",
            *(f"K{n};2024-02-20;100" for n in range(10)),
            "K10;2024-01-15;100",
            "K10;2024-02-20;100",
        ]
        (folder / "sales.csv").write_text("\n".join([*sales, "Z;2024-04-30;5"]), "utf-8")
        leads = [f"C{n:03};2023-12-01;{'2024-01-15' if n == 10 else '2024-02-15'};K{n}" for n in range(11)]
        leads += [f"C{n:03};2023-12-01;;" for n in range(11, 60)]
        (folder / "leads.csv").write_text("\n".join(["lead_id;created;won;customer_id", *leads]), "utf-8")
        found = actions.earned(left(two_arms(contact_type="lead")), open_dataset(folder))
        table = found.shown["earned"]
        assert table["bought"].tolist() == [0, pytest.approx(1 / 3)]
        assert table["margin"].tolist() == [0, pytest.approx(10.0)]  # 100 at an assumed margin of 30 %, of 10


class TestChanges:
    PROFILE = pd.DataFrame(
        {
            "customer_id": ["C000", "C001", "C002", "new"],
            "segment": ["champions", "lost", "lost", "new_customers"],
            "abc": ["A", "B", "B", "C"],
            "clv": [100.0, 10.0, 5.0, np.nan],
            "last_purchase": pd.to_datetime(["2024-03-01", "2023-01-01", None, "2024-03-01"]),
        }
    )
    KNOWN = Profiles([PROFILE], {})

    def test_by_hand(self, left):
        folder = left(contacts(2))
        then = self.PROFILE.head(3).assign(
            segment=["champions", "champions", "champions"], abc=["B", "B", "A"]
        )
        then.to_parquet(folder / "customers.parquet")
        found = changes(folder, self.KNOWN, contacts(3).tail(2), DATA)
        moves = found.shown["class_moves"][["classes", "before", "now", "customers", "clv"]]
        assert moves.to_numpy().tolist() == [
            ["ABC class", "B", "A", 1, 100],
            ["RFM segment", "Champions", "Lost", 2, 15],
            ["ABC class", "A", "B", 1, 5],
        ]
        listed = found.shown["list_changes"].set_index("contact_id")["change"]
        assert listed.to_dict() == {"C002": "new on it", "C000": "no longer on it, having bought"}
        assert found.text.startswith(
            "Of 3 customers known to the earlier run 2 have changed RFM segment and 2 ABC"
        )
        assert (
            "1 are new. Of the 2 on its list 1 are no longer on it, 1 of them having bought since"
            in found.text
        )
        assert found.text.endswith("1 of the 2 on today's are new on it.")

    def test_a_folder_that_lacks_one_of_them(self, left, tmp_path):
        assert "customers.parquet" in str(changes(left(contacts(2)), self.KNOWN, contacts(2), DATA))
        self.PROFILE.to_parquet(tmp_path / "customers.parquet")
        nothing = changes(tmp_path, self.KNOWN, contacts(2), DATA)
        assert "0 have changed RFM segment" in nothing.text
        assert nothing.shown["class_moves"].empty
        (tmp_path / "tables" / "08_action_plan" / "action_plan.parquet").unlink()
        assert "action_plan.parquet" in str(changes(tmp_path, self.KNOWN, contacts(2), DATA))
        assert "No earlier run" in str(changes(None, self.KNOWN, contacts(2), DATA))

    def test_findings_that_moved(self, tmp_path):
        earlier = [
            {"id": "a", "value": 0.25, "unit": "share"},
            {"id": "b", "value": 3, "unit": "customers"},
            {"id": "c", "value": None, "unit": None},
            {"id": "d", "value": 1234.0, "unit": "money"},
        ]
        (tmp_path / "findings.json").write_text(json.dumps(earlier), "utf-8")
        now = [{**one, "text": one["id"], "notebook": "n"} for one in earlier]
        now[0]["value"], now[2]["value"], now[3]["value"] = 0.5, 7, None
        now.append({"id": "e", "value": 5, "unit": "customers", "text": "e", "notebook": "n"})
        report = tmp_path / "new"
        assert write_changes(report, str(tmp_path), now, "EUR") == {"a": "25.0%", "d": "€1,234"}
        said = json.loads((report / "changes.json").read_text("utf-8"))
        assert [(one["id"], one["before"], one["value"]) for one in said["findings"]] == [
            ("a", 0.25, 0.5),
            ("d", 1234, None),
        ]
        assert write_changes(report, None, now, "EUR") == {}


def test_the_front_page_says_what_a_finding_was_before(tmp_path):
    earlier, staging = tmp_path / "earlier", tmp_path / "staging"
    found = {"id": "portfolio.customers", "notebook": "01_portfolio", "text": "Now 12.", "unit": "customers"}
    found["action"] = ""
    for folder, value in ((earlier, 10), (staging / "work" / "01_portfolio" / "results", 12)):
        folder.mkdir(parents=True)
        (folder / "findings.json").write_text(json.dumps([{**found, "value": value}]), "utf-8")
    (staging / "new").mkdir()
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    done, data = Execution("01_portfolio", notebook, 1.0, None), open_dataset("cdnow-sample")
    started = dt.datetime.now().astimezone()
    given = {"01_portfolio": {}, "08_action_plan": {"previous": str(earlier)}}
    about = record.about(Request("cdnow-sample"), data, given, [done], started)
    pages.write_report(staging, data, [done], about | {"sources": {}})
    page = (staging / "new" / "index.html").read_text("utf-8")
    assert 'Now 12.</a> <span class="note">(before: 10)</span>' in page
    assert 'href="changes.json"' in page


class TestFiles:
    @pytest.fixture
    def group(self):
        listed = contacts(6, name=["=cmd()", None, "Ñandú S.L.", "d", "e", "f"])
        listed = listed.assign(
            owner=["Ben", None, "Ana", "Ana", "Ana", "Ana"],
            contact_type=["customer", "lead"] * 3,
            talk_about=["", "lighting", *[""] * 4],
            arm=["contact"] * 4 + ["control"] * 2,
            planned_on=pd.Timestamp(DAY),
        )
        return actions.ControlGroup(shown={}, text="", contacts=listed)

    def test_a_sheet_per_owner_and_one_of_those_left_alone(self, group):
        book = openpyxl.load_workbook(io.BytesIO(actions.plan_files(group, DATA)["plan.xlsx"]))
        assert book.sheetnames == ["Ben", "No owner", "Ana", "Control group (do not contact)"]
        ana = [[cell.value for cell in row] for row in book["Ana"].iter_rows(min_row=5)]
        assert ana[0][:3] == ["Name", "Customer or lead", "Type of contact"]
        assert [row[1] for row in ana[1:]] == ["C002", "C003"]
        assert ana[1][6] == dt.datetime(2024, 2, 5)
        assert ana[1][-1] == 4
        assert book["Ben"]["A6"].value == "=cmd()"
        assert book["Ben"]["A6"].data_type == "s"
        assert book["Control group (do not contact)"]["A6"].value == "e"

    def test_a_sheet_holds_the_first_by_gain_and_says_so(self, group, monkeypatch):
        monkeypatch.setattr(exports, "MOST_ROWS", 1)
        ana = exports.plan_pages(group.contacts)[2]
        assert ana.lines == ["As of 31 Jan 2024, the largest expected gain first: 1 of 2 rows."]
        assert ana.tables["action_plan"]["contact_id"].tolist() == ["C002"]

    @pytest.mark.parametrize("language", ["en", "es"])
    def test_what_crm_systems_read(self, group, language):
        use_language(language)
        files = actions.plan_files(group, DATA)
        use_language("en")
        read = {
            name: pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
            for name, content in files.items()
            if name.endswith(".csv")
        }
        assert len(read.pop("action_plan.csv")) == 6
        assert {len(frame) for frame in read.values()} == {4}
        assert len(pd.read_parquet(io.BytesIO(files["action_plan.parquet"]))) == 6
        hubspot, salesforce, odoo = (read[f"plan_{name}.csv"] for name in ("hubspot", "salesforce", "odoo"))
        assert hubspot["Due date"].unique().tolist() == ["2024-02-05"]
        assert hubspot["Company name"].tolist() == ["'=cmd()", "C001", "Ñandú S.L.", "d"]
        assert hubspot["Assigned to"].tolist() == ["Ben", "", "Ana", "Ana"]
        assert salesforce[["WhatId", "WhoId"]].to_numpy().tolist()[:2] == [["C000", ""], ["", "C001"]]
        assert salesforce["Subject"][2].endswith(": Ñandú S.L.")
        assert odoo["id"].tolist()[0] == "cartera_plan_20240131_1"
        assert odoo["probability"].unique().tolist() == ["15"]
        assert odoo["description"][1].split("\n")[0] == "silent for long"
        if language == "en":
            assert odoo["description"][1].split("\n")[1:] == ["Talk about: lighting", "Expected gain: €5"]

    def test_no_plan_has_no_files(self):
        assert actions.plan_files(NotPossible("why"), DATA).reason == "why"
