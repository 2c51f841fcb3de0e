"""Campaigns measured, and whom it pays to contact, on numbers small enough to check by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import campaign_trials
from analysis import churn, open_dataset
from analysis.churn import CampaignEffects, RiskEffects, Risks
from analysis.churn.campaigns import chance_of, differences_before, effect_of, margin_effect_of
from analysis.not_possible import NotPossible
from analysis.plots import plot
from analysis.portfolio import ActivityWindow
from analysis.profitability.margins import Margins, choose_margins
from analysis.statistics import share_difference

DAY = pd.Timestamp("2024-03-01")
WINDOW = ActivityWindow(172, pd.DataFrame())
THIRD = Margins(0.3, pd.DataFrame({"margin_rate": []}), "set")


def contacts_of(
    treated: tuple[int, int], control: tuple[int, int], campaign: str = "Call", days: int = 60
) -> pd.DataFrame:
    """Return so many (of whom so many bought) contacted and left alone, who were alike before."""
    parts = []
    for arm, (size, bought) in ((True, treated), (False, control)):
        parts.append(pd.DataFrame({"treated": arm, "bought": np.arange(size) < bought}))
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(
        campaign=campaign,
        date=DAY,
        days=days,
        customer_id=[f"{campaign}{place}" for place in range(len(frame))],
        cost=np.where(frame["treated"], 2.0, 0.0),
        days_since_last=30.0,
        purchase_days=4,
        net_sales_before=100.0,
        margin=np.where(frame["bought"], 10.0, 0.0),
    )


def effects_of(*campaigns: pd.DataFrame, window: int = 90) -> CampaignEffects | NotPossible:
    return churn.campaign_effects(
        pd.concat(campaigns, ignore_index=True), ActivityWindow(window, pd.DataFrame())
    )


# --- the rows -----------------------------------------------------------------------------------------------

SALES = """date;customer;amount;cost
2024-01-10;ana;100;60
2024-02-20;ana;50;30
2024-03-01;ana;20;10
2024-03-02;ana;40;10
2024-04-30;ana;30;20
2024-05-01;ana;999;1
2022-02-01;bea;70;
2024-03-20;bea;10;
2024-04-01;bea;-4;
2024-02-01;carl;5;2
"""
SENT = """campaign;kind;date;customer;arm;cost
K1;call;2024-03-01;ana;treated;2.5
K1;call;2024-03-09;ana;treated;2.5
K1;;2024-03-01;bea;control;
K1;call;2024-03-01;zoe;treated;
;mail;2024-04-20;carl;treated;1
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    (folder / "sales.csv").write_text(SALES)
    (folder / "campaigns.csv").write_text(SENT)
    return open_dataset(str(folder))


def test_contacts_by_hand(small) -> None:
    """Ana, called twice, counts from the first call on: 2 March to 30 April, the sixtieth day."""
    rows = churn.campaign_contacts(small).set_index("customer_id")
    assert rows["campaign"].to_dict() == {
        "ana": "K1 · call", "bea": "K1 · call", "zoe": "K1 · call", "carl": "2024-04-20 · mail"
    }  # fmt: skip
    assert rows["treated"].to_dict() == {"ana": True, "bea": False, "zoe": True, "carl": True}
    assert rows["cost"].fillna(-1).to_dict() == {"ana": 5, "bea": -1, "zoe": -1, "carl": 1}
    assert rows["days"].to_dict() == {"ana": 60, "bea": 60, "zoe": 60, "carl": 11}  # data end on 1 May
    assert rows["days_since_last"].fillna(-1).to_dict() == {"ana": 0, "bea": 759, "zoe": -1, "carl": 79}
    assert rows["purchase_days"].to_dict() == {"ana": 3, "bea": 1, "zoe": 0, "carl": 1}
    assert rows["net_sales_before"].to_dict() == {"ana": 170, "bea": 0, "zoe": 0, "carl": 5}
    assert rows["bought"].to_dict() == {"ana": True, "bea": True, "zoe": False, "carl": False}
    # ana: 40 + 30 − 10 − 20; bea: 10 − 4 at the margin of all whose cost is known, 1244 less 133
    assert rows["margin"].to_dict() == pytest.approx({"ana": 40, "bea": 6 * 1111 / 1244, "zoe": 0, "carl": 0})


def test_a_shorter_answer_counts_less(small) -> None:
    rows = churn.campaign_contacts(small, days=1).set_index("customer_id")
    assert rows["bought"].to_dict() == {"ana": True, "bea": False, "zoe": False, "carl": False}


def test_without_campaigns_there_is_a_reason(six_customers, data_over) -> None:
    missing = churn.campaign_contacts(data_over(six_customers, dt.date(2024, 4, 15)))
    assert "There are no campaigns" in missing.reason
    assert churn.effects_by_risk(churn.campaign_effects(missing, WINDOW), None) is missing


# --- effects ------------------------------------------------------------------------------------------------


def test_interval_of_a_difference_as_published() -> None:
    """Newcombe (1998), table II, example (a), method 10: 56/70 against 48/80; and (h), 10/10 against 0/10."""
    assert share_difference((56 / 70, 70), (48 / 80, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert share_difference((1.0, 10), (0.0, 10)) == pytest.approx((0.6075, 1.0), abs=5e-5)


def test_effect_by_hand() -> None:
    """60 of 100 against 30 of 60: ten points; of the half that would not have bought, a fifth did."""
    measured = effect_of(contacts_of((100, 60), (60, 30)))
    assert (measured["treated"], measured["control"]) == (100, 60)
    assert measured["effect"] == pytest.approx(0.1)
    assert measured["effect_low"] < 0 < measured["effect_high"]
    effects = effects_of(contacts_of((100, 60), (60, 30)))
    assert churn.success_of(effects.frame)["success"].tolist() == pytest.approx([0.2])
    assert effects.frame["cost"].tolist() == [2.0]
    assert "Call +10.0 (" in effects.sentence()
    assert effects.title() == "No campaign is seen to have made more customers buy"


def test_margin_by_hand() -> None:
    """Margins of 8 and 12 against 1 and 3: 8 apart, standard error √(8/2 + 2/2), 25/17 degrees of freedom."""
    frame = pd.DataFrame({"treated": [True, True, False, False], "margin": [8.0, 12, 1, 3]})
    found = margin_effect_of(frame)
    assert found["margin_effect"] == 8
    half = 5**0.5 * 3.77983  # quantile .95 of Student's t with 25/17 degrees of freedom
    assert (found["margin_low"], found["margin_high"]) == pytest.approx((8 - half, 8 + half), rel=1e-5)
    other = stats.ttest_ind([8, 12], [1, 3], equal_var=False).confidence_interval(0.9)
    assert (found["margin_low"], found["margin_high"]) == pytest.approx(tuple(other))


def test_groups_that_differ_before_are_named_and_not_used() -> None:
    """Standard deviation 1 in both arms, means 2 apart where 99 of 100 lots of 40 leave at most .58."""
    contacts = contacts_of((40, 20), (40, 20))
    contacts["purchase_days"] = np.tile([3.0, 5.0], 40) + 2 * contacts["treated"]
    apart = differences_before(contacts)
    assert apart["purchase_days"] == pytest.approx(2 / np.sqrt(40 / 39))
    assert apart["allowed"] == pytest.approx(2.575829 * np.sqrt(2 / 40))
    effects = effects_of(contacts)
    assert not effects.frame["balanced"].any()
    assert effects.for_active.empty
    assert any("Beware: in Call" in note for note in effects.notes())


@pytest.mark.parametrize(
    ("contacts", "reason"),
    [
        (contacts_of((80, 40), (0, 0)), "Call has no control group"),
        (
            contacts_of((80, 40), (29, 10)),
            "80 customers contacted and 29 left alone, 60 days ago: it takes 30 of each",
        ),
        (
            contacts_of((80, 40), (80, 40), days=13),
            "80 left alone, 13 days ago: it takes 30 of each, and 14 days",
        ),
    ],
)
def test_what_cannot_be_measured(contacts, reason) -> None:
    refused = effects_of(contacts)
    assert not refused
    assert reason in refused.reason
    beside = effects_of(contacts, contacts_of((50, 30), (50, 20), "Mail"))
    assert beside.frame["campaign"].tolist() == ["Mail"]
    assert reason in beside.notes()[0]


def test_everybody_and_nobody_bought() -> None:
    effects = effects_of(contacts_of((50, 50), (50, 50), "All"), contacts_of((50, 0), (50, 0), "None"))
    assert effects.frame["effect"].tolist() == [0, 0]
    assert np.isfinite(churn.success_of(effects.frame)).all(axis=None)
    plot(effects)


def test_effects_by_group() -> None:
    """In the first half 30 of 40 against 10 of 40 bought, in the second none; a group of few is left out."""
    parts = [
        contacts_of((40, 30), (40, 10), "a"),
        contacts_of((40, 0), (40, 0), "b"),
        contacts_of((9, 1), (9, 1), "c"),
    ]
    contacts = pd.concat(parts, ignore_index=True)
    group = contacts.set_index("customer_id")["campaign"]
    found = churn.effects_by(contacts, group)
    assert found["group"].tolist() == ["a", "b"]
    assert found["effect"].tolist() == [0.5, 0.0]
    assert chance_of(found) < 0.001
    assert chance_of(pd.concat([found.head(1)] * 3)) == pytest.approx(1)
    assert not churn.effects_by(contacts, group[group != "b"])


# --- value --------------------------------------------------------------------------------------------------


def risks_of(*, valued: bool) -> Risks:
    listed = pd.DataFrame(
        {"customer_id": list("abcd"), "risk": [0.1, 0.5, 0.9, 0.2], "at_stake": [1000.0, 100, 40, 0]}
    )
    return Risks(listed, 90, 2, "EUR", valued)


def test_value_of_a_contact_by_hand() -> None:
    """At a margin of 30 %: 300, 30 and 12 at stake; helped 20 % at a cost of 5, 55, 1 and −2.6 remain."""
    value = churn.contact_value(risks_of(valued=False), THIRD, success=0.2, cost=5.0)
    assert value.customers["customer_id"].tolist() == list("abcd")
    assert value.customers["expected_gain"].tolist() == pytest.approx([55, 1, -2.6, -5])
    assert value.customers["worth_contacting"].tolist() == [True, True, False, False]
    assert value.customers["break_even"].tolist()[:3] == pytest.approx([5 / 300, 5 / 30, 5 / 12])
    assert (value.best, value.gain, value.threshold) == pytest.approx((2, 56, 30))
    assert value.curve()["gain"].tolist() == pytest.approx([0, 55, 56, 53.4, 48.4])
    assert value.break_even == pytest.approx(2 * 5 / 330)
    assert value.source == value.cost_source == "set"
    # twice the success at half the cost: 117.5, 9.5 and 2.3
    table = value.sensitivity().set_index(["success_rate", "contact_cost"]).loc[(0.4, 2.5)]
    assert table.tolist() == pytest.approx([3, 129.3])


def test_the_value_of_twelve_months_is_margin_already() -> None:
    value = churn.contact_value(risks_of(valued=True), THIRD, success=0.2, cost=5.0)
    assert value.customers["expected_gain"].tolist() == pytest.approx([195, 15, 3, -5])
    assert "12 months" in value.notes()[0]


def test_what_is_not_measured_is_called_an_assumption() -> None:
    nothing = NotPossible("no campaigns")
    value = churn.contact_value(risks_of(valued=True), THIRD, nothing, nothing)
    assert value.source == value.cost_source == "assumed"
    assert "an assumption" in value.sentence()
    assert any("success rate of" in note for note in value.notes())
    assert any("set contact_cost" in note for note in value.notes())
    assert churn.contact_value(nothing, THIRD) is nothing


def test_success_and_cost_come_from_the_campaign() -> None:
    effects = effects_of(contacts_of((100, 60), (60, 30)))
    value = churn.contact_value(risks_of(valued=True), THIRD, effects)
    assert (value.success, value.cost, value.source) == (pytest.approx(0.2), 2.0, "measured")
    assert value.customers["expected_gain"].tolist() == pytest.approx([198, 18, 6, -2])
    inactive = effects_of(contacts_of((100, 60), (60, 30)), window=29)
    assert churn.contact_value(risks_of(valued=True), THIRD, inactive).source == "assumed"
    plot(value)


def by_risk_of(effects: list[float]) -> RiskEffects:
    frame = pd.DataFrame({"risk_low": [0.0, 0.3], "risk_high": [0.2, 0.8], "bought_control": [0.5, 0.5]})
    frame = frame.assign(treated=100, control=100, effect=effects)
    ends = {"effect_low": frame["effect"] - 0.1, "effect_high": frame["effect"] + 0.1}
    return RiskEffects(frame.assign(**ends), "Call", chance_of(frame.assign(**ends)))


def test_whom_it_annoys_is_not_contacted() -> None:
    """Risks of 10 and 20 % are of the group with +20 points, so 40 % helped; the others have −20 points."""
    effects, by_risk = effects_of(contacts_of((100, 60), (60, 30))), by_risk_of([0.2, -0.2])
    assert by_risk.differs
    assert by_risk.title() == "Call helped 1 of 2 groups by risk, and annoyed 1"
    value = churn.contact_value(risks_of(valued=True), THIRD, effects, by_risk)
    each = value.customers.set_index("customer_id")
    assert each["expected_gain"].to_dict() == pytest.approx({"a": 398, "d": -2, "c": -18, "b": -42})
    assert each.index[each["worth_contacting"]].tolist() == ["a"]
    alike = by_risk_of([0.12, 0.08])
    assert not alike.differs
    assert "Chance explains" in alike.sentence()
    assert "no difference by risk" in alike.title()
    value = churn.contact_value(risks_of(valued=True), THIRD, effects, alike)
    assert value.customers["success"].tolist() == pytest.approx([0.2] * 4)


def test_the_profile_says_whom_to_contact(small) -> None:
    found = churn.worth_contacting(small, risks_of(valued=True), NotPossible("none"))
    assert found["worth_contacting"].to_dict() == {"a": True, "b": True, "c": False, "d": False}
    assert churn.worth_contacting(small, NotPossible("none"), NotPossible("none")).empty


# --- demo, whose truth is known -----------------------------------------------------------------------------


def test_the_call_of_demo_by_the_risk_known_on_its_day() -> None:
    """The three groups are whom it was for, each once, and the risk is of that day."""
    demo = open_dataset("demo")
    contacts = churn.campaign_contacts(demo)
    assert contacts.groupby("campaign")["days"].first().tolist() == [60, 60, 51]  # demo ends on 31 December
    effects = churn.campaign_effects(contacts, WINDOW)
    by_risk = churn.effects_by_risk(effects, demo)
    called = effects.for_active.iloc[0]
    assert called["campaign"] == "CAMP03 · Llamada comercial"
    assert called["cost"] == 6.5
    assert by_risk.frame["treated"].sum() == called["treated"]
    assert by_risk.frame["control"].sum() == called["control"]
    margins = choose_margins(demo.query("customer_margins"))
    assert margins.source == "costs"
    plot(by_risk)


@pytest.mark.slow
def test_intervals_hold_the_truth(tmp_path, monkeypatch) -> None:
    """Of 60 intervals at 90 %, fewer than 47 or more than 59 hold in one of 300 tries, if all is right."""
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path))
    found = campaign_trials.trials(range(1, 21))
    campaigns = found[found["what"].str.startswith("CAMP")]
    assert len(campaigns) == 60
    assert 47 <= campaigns["covered"].sum() <= 59
