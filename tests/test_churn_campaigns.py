"""Campaigns measured, and whom it pays to contact, on numbers small enough to check by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import campaign_trials
from analysis import churn, open_dataset
from analysis.churn import Risks, campaigns, contact_gain
from analysis.churn.campaigns import CampaignEffects, RiskEffects, apart_before, chance_of, effect_of
from analysis.churn.contact_value import ContactValue
from analysis.not_possible import NotPossible
from analysis.plots import plot
from analysis.portfolio import ActivityWindow
from analysis.profitability.margins import ASSUMED_RATE
from analysis.statistics import share_difference

DAY = pd.Timestamp("2024-03-01")
WINDOW = ActivityWindow(172, pd.DataFrame())


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
    )


def effects_of(*contacts: pd.DataFrame, window: int = 90) -> CampaignEffects | NotPossible:
    sent = pd.concat(contacts, ignore_index=True)
    return churn.campaign_effects(sent, ActivityWindow(window, pd.DataFrame()))


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


def test_a_shorter_answer_counts_less(small) -> None:
    rows = churn.campaign_contacts(small, days=1).set_index("customer_id")
    assert rows["bought"].to_dict() == {"ana": True, "bea": False, "zoe": False, "carl": False}


def test_without_campaigns_there_is_a_reason(six_customers, data_over) -> None:
    missing = churn.campaign_contacts(data_over(six_customers, dt.date(2024, 4, 15)))
    assert "There are no campaigns" in missing.reason
    assert churn.effects_by_risk(churn.campaign_effects(missing, WINDOW), None) is missing
    assert "purchase" in churn.risk_on(data_over(six_customers, dt.date(2024, 4, 15))).reason


# --- effects ------------------------------------------------------------------------------------------------


def test_interval_of_a_difference_as_published() -> None:
    """Newcombe (1998), table II, example (a), method 10: 56/70 against 48/80; and (h), 10/10 against 0/10."""
    assert share_difference((56 / 70, 70), (48 / 80, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert share_difference((1.0, 10), (0.0, 10)) == pytest.approx((0.6075, 1.0), abs=5e-5)


def test_effect_by_hand() -> None:
    """60 of 100 against 30 of 60: ten points."""
    measured = effect_of(contacts_of((100, 60), (60, 30)))
    assert (measured["treated"], measured["control"]) == (100, 60)
    assert measured["effect"] == pytest.approx(0.1)
    assert measured["effect_low"] < 0 < measured["effect_high"]
    effects = effects_of(contacts_of((100, 60), (60, 30)))
    row = effects.frame.iloc[0]
    assert row["bought_control"] == pytest.approx(0.5)
    assert effects.frame["cost"].tolist() == [2.0]
    assert "Call +10.0 (" in effects.sentence()
    assert effects.title() == "No campaign is seen to have made more customers buy"


def test_groups_that_differ_before_are_named_and_not_used() -> None:
    """Standard deviation 1 in both arms, means 2 apart where 99 of 100 lots of 40 leave at most .58."""
    contacts = contacts_of((40, 20), (40, 20))
    contacts["purchase_days"] = np.tile([3.0, 5.0], 40) + 2 * contacts["treated"]
    apart, allowed = apart_before(contacts)
    assert apart == pytest.approx(2 / np.sqrt(40 / 39))
    assert allowed == pytest.approx(2.575829 * np.sqrt(2 / 40))
    effects = effects_of(contacts)
    assert not effects.frame["balanced"].any()
    assert effects.for_active.empty
    assert any("Beware: in Call" in note for note in effects.notes())


@pytest.mark.parametrize(
    ("contacts", "reason"),
    [
        (contacts_of((80, 40), (0, 0)), "80 customers contacted, 0 left alone"),
        (
            contacts_of((80, 40), (29, 10)),
            "80 customers contacted, 29 left alone, 60 days ago. It takes 30 of each",
        ),
        (
            contacts_of((80, 40), (80, 40), days=13),
            "80 left alone, 13 days ago. It takes 30 of each, chosen by lot, and 14 days",
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
    assert np.isfinite(effects.frame[["effect_low", "effect_high"]]).all(axis=None)
    plot(effects)


def by_risk_of(monkeypatch, dataset, *bought: tuple[int, int]) -> RiskEffects | NotPossible:
    """Return effects by risk where so many of 40 contacted and of 40 left alone bought in each third."""
    parts = [contacts_of((40, one), (40, other), f"{third}") for third, (one, other) in enumerate(bought)]
    contacts = pd.concat(parts, ignore_index=True)
    risk = contacts.set_index("customer_id")["campaign"].map({"0": 0.2, "1": 0.6, "2": 0.8})
    monkeypatch.setattr(campaigns, "risk_on", lambda *_given: risk)
    return churn.effects_by_risk(effects_of(contacts.assign(campaign="Call")), dataset)


def test_effects_by_risk_by_hand(small, monkeypatch) -> None:
    """20, 20 and no points: Q = Σ w (effect − mean)² of the intervals' widths, χ² of 2 degrees of freedom."""
    found = by_risk_of(monkeypatch, small, (30, 10), (30, 10), (0, 0))
    assert found.frame["risk_high"].tolist() == [0.2, 0.6, 0.8]
    assert found.frame["effect"].tolist() == [0.5, 0.5, 0.0]
    assert found.names == ["risk 20% to 20%", "risk 60% to 60%", "risk 80% to 80%"]
    assert found.differs
    assert found.title() == "Call did not change all customers alike"
    assert chance_of(pd.concat([found.frame.head(1)] * 3)) == pytest.approx(1)
    alike = by_risk_of(monkeypatch, small, (24, 20), (22, 20), (23, 20))
    assert not alike.differs
    assert alike.notes() == [alike.sentence()]
    assert "Chance explains" in alike.sentence()
    assert "no difference by risk" in alike.title()
    plot(alike)
    monkeypatch.setattr(campaigns, "MIN_ARM", 41)
    few = churn.effects_by_risk(effects_of(contacts_of((60, 30), (60, 20))), small)
    assert "Too few customers" in few.reason


def test_how_often_chance_makes_groups_differ_so_much() -> None:
    """Effects of 0 and .2 with standard error .1: Q = 2 × (.1 ÷ .1)² = 2, and χ²(1) exceeds 2 in 15.73 %."""
    effects = pd.DataFrame({"effect": [0.0, 0.2]})
    effects["effect_low"], effects["effect_high"] = (
        effects["effect"] - 0.1644854,
        effects["effect"] + 0.1644854,
    )
    assert chance_of(effects) == pytest.approx(0.1573, abs=5e-5)


NOTHING = NotPossible("none")


# --- value --------------------------------------------------------------------------------------------------

DOUBLE = pd.DataFrame(
    [{"campaign": "Call", "risk_high": 1.0, "uplift": 1.0, "low": 0.0, "high": 2.0, "cost": 5}]
)
HALF_IN_60_DAYS = 364 / 60 * np.log(2)  # purchases a year that make half of the customers buy in 60 days


def valued(**columns: list[float]) -> pd.DataFrame:
    """Return customers of whom each buys in 60 days with a probability of a half, for 100 of margin."""
    count = len(next(iter(columns.values())))
    plain = {"p_alive": 1.0, "expected_purchases": HALF_IN_60_DAYS, "clv": 100 * HALF_IN_60_DAYS, "risk": 0.5}
    sold = {"net_sales": 300.0, "cost": 0.0, "purchase_days": 3}
    ids = pd.DataFrame({"customer_id": list("abcdef")[:count]})
    return ids.assign(**(plain | sold | columns))


def test_gain_of_a_contact_by_hand() -> None:
    """Twice as often: of a half who would not buy, a quarter stays away: 0.25 × 100 − 5 = 20, or 0 to −5.

    Who is alive with 0.5 buys with 0.25 on his own: 0.75 − 0.75² = 0.1875 by the same multiplier.
    """
    year = HALF_IN_60_DAYS
    rows = valued(p_alive=[1.0, 0.5], expected_purchases=[year, year / 2], clv=[100 * year, 50 * year])
    found = contact_gain.expected(rows, DOUBLE, 60)
    assert found["base"].tolist() == pytest.approx([0.5, 0.25])
    assert found["chance"].tolist() == pytest.approx([0.25, 0.1875])
    assert found["expected_gain"].tolist() == pytest.approx([20, 13.75])
    assert found["gain_low"].tolist() == [-5, -5]
    assert found["gain_high"].tolist()[0] == pytest.approx((0.5 - 0.125) * 100 - 5)
    assert found["break_even"].tolist() == pytest.approx([0.05, 0.05])


def test_value_of_a_purchase_where_nothing_is_foretold() -> None:
    """Without a forecast, 300 in 3 purchases, of which 90 cost: 70; without costs, the margin assumed."""
    found = valued(cost=[90.0, 0.0]).assign(clv=np.nan, expected_purchases=np.nan, risk=[0.3, 0.4])
    assert contact_gain.purchase_value(found).tolist() == pytest.approx([70, 100 * ASSUMED_RATE])
    assert contact_gain.base(found, 60).tolist() == pytest.approx([0.7, 0.6])


def test_effect_of_a_campaign_as_a_multiplier() -> None:
    """75 of 100 against 30 of 60: of a half who stayed away a quarter is left, as if asked twice as often."""
    lifts = contact_gain.on_active(effects_of(contacts_of((100, 75), (60, 30))), None)
    assert lifts["uplift"].tolist() == pytest.approx([1.0])
    assert lifts["cost"].tolist() == [2.0]
    assert lifts["low"].item() < 1 < lifts["high"].item()


def risks_of(*risks: float) -> Risks:
    listed = pd.DataFrame({"customer_id": ["ana", "bea", "carl"], "risk": risks, "at_stake": 100.0})
    own = (listed.set_index("customer_id")["risk"],)
    return Risks(
        {},
        "",
        customers=listed,
        risk=own,
        horizon=90,
        calls=2,
        expected=(0, 0, 0),
        currency="EUR",
        valued=True,
    )


@pytest.fixture
def values() -> pd.DataFrame:
    year = HALF_IN_60_DAYS
    found = valued(clv=[100 * year, 4 * year, 100 * year], p_alive=[1.0, 1.0, 0.1])
    return found.set_axis(["ana", "bea", "carl"])[["p_alive", "expected_purchases", "clv"]]


def told(small, values, measured=NOTHING, **given) -> ContactValue:
    return churn.contact_value(small, risks_of(0.5, 0.5, 0.9), measured, NOTHING, values=values, **given)


def test_whom_it_pays_to_contact(small, values) -> None:
    """Ana: 0.25 × 100 − 5 = 20; Bea: 0.25 × 4 − 5 = −4; Carl has left."""
    value = told(small, values, uplift=1.0, cost=5.0)
    listed = value.shown["contact_value"]
    assert listed["customer_id"].tolist() == ["ana", "bea"]
    assert listed["expected_gain"].tolist() == pytest.approx([20, -4])
    assert listed["worth_contacting"].tolist() == [True, False]
    assert value.curve["expected_gain"].tolist() == pytest.approx([0, 20, 16])
    assert value.notes() == [
        value.sentence(),
        "1 of them is left out, as probably lost: P(alive) is below 20%.",
    ]
    assert not value.measured
    assert "pays with 1 of 3 active customers and is expected to bring €20 more" in value.sentence()
    assert value.sentence().endswith("they buy 200% as often as without it, which is an assumption.")
    # half the effect: 0.5 − 0.5^1.5 = 0.1464 of 100, at half the cost
    table = value.shown["contact_sensitivity"].set_index(["uplift", "contact_cost"]).loc[(0.5, 2.5)]
    assert table.tolist() == pytest.approx([1, 100 * (0.5 - 0.5**1.5) - 2.5])
    plot(value)


def test_what_is_not_measured_is_called_an_assumption(small, values) -> None:
    """As the rule says: a cost of 5, and a tenth more often: 0.5 − 0.5^1.1 = 3.3 % of 200."""
    values["clv"] *= 2
    value = told(small, values)
    assert value.sentence().startswith("A contact that costs €5.00, an assumption, pays with 1 of 3")
    gain = value.shown["contact_value"]["expected_gain"].iloc[0]
    assert gain == pytest.approx(200 * (0.5 - 0.5**1.1) - 5)
    annoyed = told(small, values, uplift=-0.1)
    assert not annoyed.shown["contact_value"]["worth_contacting"].any()
    assert churn.contact_value(small, NOTHING, NOTHING, NOTHING) is NOTHING


def test_effect_and_cost_come_from_the_campaign(small, values) -> None:
    effects = effects_of(contacts_of((100, 75), (60, 30)))
    value = told(small, values, effects)
    assert value.measured
    assert value.sentence().startswith("A contact that costs €2.00 pays with 1 of 3")
    assert (
        "buy 200% as often as without it, as Call measured it (90% interval of the gain" in value.sentence()
    )
    assert value.shown["contact_value"]["expected_gain"].tolist() == pytest.approx([23, -1])
    inactive = effects_of(contacts_of((100, 60), (60, 30)), window=29)
    assert "assumption" in told(small, values, inactive).sentence()


def test_whom_it_annoys_is_not_contacted(small, values, monkeypatch) -> None:
    """Won with a risk up to 60 %, lost above: the effect of each third is that of its customers."""
    effects = effects_of(contacts_of((100, 60), (60, 30)))
    by_risk = by_risk_of(monkeypatch, small, (30, 20), (30, 20), (10, 20))
    values["p_alive"] = 1.0
    value = churn.contact_value(small, risks_of(0.4, 0.5, 0.9), effects, by_risk, values=values)
    each = value.shown["contact_value"].set_index("customer_id")
    assert each["expected_gain"].to_dict() == pytest.approx({"ana": 23, "bea": -1, "carl": -27})
    assert each.index[each["worth_contacting"]].tolist() == ["ana"]
    assert "from the lowest risk to the highest, as Call measured it" in value.sentence()


def test_the_profile_says_whom_to_contact(small, values) -> None:
    values["clv"] *= 2
    terms, listed = churn.contact_terms(small, WINDOW), risks_of(0.5, 0.5, 0.9).customers
    found = churn.worth_contacting(small, listed, values, terms)
    assert found["worth_contacting"].to_dict() == {"ana": True, "bea": False, "carl": False}
    assert churn.worth_contacting(small, NotPossible("none"), values, terms).empty


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
    plot(by_risk)


@pytest.mark.slow
def test_intervals_hold_the_truth(tmp_path, monkeypatch) -> None:
    """Of 60 intervals at 90 %, fewer than 47 or more than 59 hold in one of 300 tries, if all is right."""
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path))
    found = campaign_trials.trials(range(1, 21))
    each = found[found["what"].str.startswith("CAMP")]
    assert len(each) == 60
    assert 47 <= each["covered"].sum() <= 59
