"""The action plan: one action each, what it brings, what a budget buys, how sure that is."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, sparse

from analysis import actions, open_dataset
from analysis.actions.budget import ActionPlan
from analysis.churn import contact_gain
from analysis.dataset.action_table import Action, standard_actions
from analysis.errors import CarteraError
from analysis.not_possible import NotPossible
from plan_proof import earned

AS_OF = dt.date(2025, 12, 31)  # a Wednesday
COLUMNS = ["action", "risk_high", "uplift", "low", "high", "cost", "measured", "source"]


def effects(rules=None, **changes):
    """Effects as the standard rules assume them, or these."""
    rules = rules or standard_actions()
    rows = [
        (name, 1.0, one.uplift, one.low, one.high, one.cost, False, "")
        for name, one in rules.items()
        if name != "serve_cheaply"
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS).assign(**changes)
    told = {"frame": frame, "actions": rules, "days": 60, "as_of": AS_OF, "currency": "EUR"}
    return actions.Effects({}, "", **told)


def profile(**changes):
    """Three customers: one active at risk, one inactive, one most likely gone; each value may be changed."""
    told = {
        "customer_id": ["risky", "away", "gone"],
        "active": [True, False, False],
        "risk": [0.6, np.nan, np.nan],
        "p_alive": [0.9, 0.5, 0.01],
        "expected_purchases": [4.0, 2.0, 0.05],
        "clv": [800.0, 400.0, 100.0],
        "days_since_last": [40, 300, 900],
        "last_purchase": pd.to_datetime(["2025-11-21", "2025-03-06", "2023-07-15"]),
    }
    return pd.DataFrame(told | changes)


def by_id(contacts):
    return contacts.set_index("contact_id")


def test_gain_by_hand():
    """Away: p = 0.5 × (1 − e^(−2 ÷ 0.5 × 60 ÷ 364)) = 0.5 × (1 − e^−0.65934) = 0.5 × 0.48281 = 0.24141.

    An effect of 0.3 changes it by 0.75859 − 0.75859^1.3 = 0.75859 − 0.69825 = 0.06034. A purchase brings 400
    ÷ 2 = 200: gain 0.06034 × 200 − 2 = 10.07.
    """
    away = by_id(actions.recommend(profile(), None, effects())).loc["away"]
    assert (away["action"], away["value_at_stake"], away["cost"]) == ("reactivate", 200, 2)
    assert away["base"] == pytest.approx(0.24141, abs=1e-5)
    assert away["chance"] == pytest.approx(0.06034, abs=1e-5)
    assert away["expected_gain"] == pytest.approx(10.07, abs=0.01)
    assert away["gain_low"] == pytest.approx(-2)


def test_effect_from_shares_by_hand():
    """40 % bought if contacted, 30 % if left alone: ln 0.6 ÷ ln 0.7 − 1 = 0.43219."""
    campaign = pd.DataFrame(
        {"campaign": ["c"], "cost": [1.0], "risk_high": [1.0], "bought_control": [0.3]}
        | {"effect": [0.1], "effect_low": [0.0], "effect_high": [0.2]}
    )
    found = contact_gain._lifted(campaign).iloc[0]
    assert found["uplift"] == pytest.approx(0.43219, abs=1e-5)
    assert found["low"] == pytest.approx(0)
    assert found["high"] == pytest.approx(np.log(0.5) / np.log(0.7) - 1)


def test_each_has_one_action_and_the_gone_none():
    contacts = actions.recommend(profile(), None, effects())
    assert sorted(contacts["contact_id"]) == ["away", "gone", "risky"]
    found = by_id(contacts)
    assert found["action"].to_dict() == {"risky": "retain", "away": "reactivate", "gone": "leave_alone"}
    assert found["reasons"]["gone"] == "has most likely left"
    assert pd.isna(found["contact_by"]["gone"])


def test_whoever_has_left_is_never_contacted_whatever_the_rule():
    rules = {"reactivate": Action(cost=0, uplift=2, low=1, high=3)}
    found = by_id(actions.recommend(profile(clv=[9e6, 9e6, 9e6]), None, effects(rules)))
    assert found["action"].to_dict() == {"risky": "reactivate", "away": "reactivate", "gone": "leave_alone"}


def test_large_recent_purchases_alone_are_no_reason():
    great = profile(clv=[90_000.0, 0, 0], risk=[0.05, np.nan, np.nan], net_sales=[1e6, 1, 1])
    assert by_id(actions.recommend(great, None, effects()))["action"]["risky"] == "leave_alone"


def test_the_highest_gain_wins():
    rules = {"retain": Action(cost=1, uplift=0.2), "develop": Action(cost=1, uplift=0.3)}
    assert by_id(actions.recommend(profile(), None, effects(rules)))["action"]["risky"] == "develop"


def test_effect_by_risk():
    """A risk of 0.6 falls in the second group, which the contact annoys."""
    told = effects({"retain": Action(cost=1, uplift=0.2)})
    groups = [("retain", 0.5, 0.9, 0.8, 1, 1.0, True, "c"), ("retain", 1, -0.5, -1, 0, 1.0, True, "c")]
    told = replace(told, frame=pd.DataFrame(groups, columns=COLUMNS))
    assert by_id(actions.recommend(profile(), None, told))["action"]["risky"] == "leave_alone"
    calm = profile(risk=[0.4, np.nan, np.nan])
    assert by_id(actions.recommend(calm, None, told))["action"]["risky"] == "retain"


LEAD = {"lead_id": "L1", "name": "Nova", "owner": "V1", "chance": 0.3, "value_if_won": 1_000.0}


def test_leads_by_hand():
    """0.7 − 0.7^1.2 = 0.7 − 0.65180 = 0.04820; × 1,000 − 10 = 38.20."""
    leads = pd.DataFrame([LEAD | {"next_action": pd.Timestamp("2026-01-02")}])
    lead = by_id(actions.recommend(profile(), leads, effects())).loc["L1"]
    assert (lead["action"], lead["contact_type"], lead["owner"]) == ("acquire", "lead", "V1")
    assert lead["expected_gain"] == pytest.approx(38.20, abs=0.01)
    assert lead["contact_by"] == pd.Timestamp(
        "2026-01-02"
    )  # as agreed, before the three work days of the rule


def test_leads_that_cannot_be_scored_are_no_error():
    assert len(actions.recommend(profile(), NotPossible("no leads"), effects())) == 3


def test_only_who_said_yes_is_on_the_list():
    asked = profile(consent=pd.array([False, None, None], "boolean"))
    contacts = actions.recommend(asked, pd.DataFrame([LEAD]), effects())
    assert contacts.query("may_contact")["contact_id"].tolist() == ["L1"]
    assert actions.budget_plan(contacts).contacts["contact_id"].tolist() == ["L1"]
    said = actions.overview(actions.counted(contacts), effects(), asked=True)
    lost = by_id(contacts)["expected_gain"][["risky", "away"]].sum()
    assert said.notes_on[0].startswith("2 of them have not consented")
    assert f"€{lost:.0f}" in said.notes_on[0]
    assert "pay with 3" in said.text  # in all totals


def test_without_the_column_nobody_is_left_out_and_it_says_so():
    contacts = actions.recommend(profile(), None, effects())
    assert contacts["may_contact"].all()
    said = actions.overview(actions.counted(contacts), effects(), asked=False)
    assert "nobody was left out" in said.notes_on[0]


def test_dates_are_work_days_and_complaints_come_first():
    """Five work days from Wednesday 31 December: 7 January; a complaint within two: 2 January."""
    calm = by_id(actions.recommend(profile(), None, effects()))
    assert calm["contact_by"]["risky"] == pd.Timestamp("2026-01-07")
    low = profile(nps_score=[3.0, np.nan, np.nan], nps_date=pd.to_datetime(["2025-12-01", None, None]))
    found = by_id(actions.recommend(low, None, effects(), pd.Series({"risky": "Late again"}))).loc["risky"]
    assert found["contact_by"] == pd.Timestamp("2026-01-02")
    assert found["talk_about"] == "answered 3 out of 10 on 1 Dec 2025: “Late again”"
    old = low.assign(nps_date=pd.to_datetime(["2024-12-01", None, None]))
    assert by_id(actions.recommend(old, None, effects()))["talk_about"]["risky"].startswith(
        "its last purchase"
    )


def test_what_to_talk_about():
    owes = profile(
        overdue_amount=[950.0, 0, 0],
        lapsed_lines=["Paint", None, None],
        potential_in=["Tools", "Tools", None],
    )
    found = by_id(actions.recommend(owes, None, effects()))["talk_about"]
    assert found["risky"] == "€950 overdue: settle that first · no longer buys Paint"
    assert found["away"] == "could buy more Tools"


def contacts_of(gain, cost, owner=None):
    n = len(gain)
    rows = {
        "contact_id": [f"C{place}" for place in range(n)],
        "owner": owner if owner is not None else [None] * n,
    }
    rows |= {"expected_gain": gain, "cost": cost, "action": "retain", "may_contact": True}
    rows |= dict.fromkeys(["name", "reasons", "talk_about", "source"], "")
    rows |= {"measured": False, "value_at_stake": np.add(gain, cost)}
    rows |= dict.fromkeys(["chance", "chance_low", "chance_high"], 1.0)
    day = pd.Timestamp("2026-01-05")  # a Monday
    return pd.DataFrame(rows).assign(contact_by=day).sort_values("expected_gain", ascending=False)


@pytest.mark.parametrize("seed", range(25))
def test_plan_against_the_best_of_all(seed):
    """The best choice, from scipy's milp, exceeds neither the bound nor the plan by more than it says."""
    rng = np.random.default_rng(seed)
    n, each = int(rng.integers(3, 16)), int(rng.integers(1, 5))
    gain, cost, owner = rng.gamma(1, 20, n), rng.uniform(1, 10, n), rng.integers(0, 3, n)
    budget = float(rng.uniform(0, cost.sum()))
    plan = actions.budget_plan(contacts_of(gain, cost, owner.astype(str)), budget, each, 1)
    rows = np.vstack([cost, *(owner == one for one in range(3))]).astype(float)
    limits = optimize.LinearConstraint(sparse.csr_array(rows), -np.inf, [budget, *[each] * 3])
    best = -optimize.milp(-gain, integrality=np.ones(n), bounds=(0, 1), constraints=limits).fun
    found = plan.contacts["expected_gain"].sum()
    assert plan.contacts["cost"].sum() <= budget + 1e-9
    assert plan.contacts.groupby("owner").size().max() <= each or plan.contacts.empty
    assert found <= best + 1e-6
    assert best <= found / (1 - plan.short) + 1e-6 if plan.short < 1 else True


def test_greedy_by_hand():
    """Gain per cost 10, 5 and 4: with 3, the first and the third are paid for, not the second."""
    plan = actions.budget_plan(contacts_of([10.0, 15.0, 8.0], [1.0, 3.0, 2.0]), 3.0)
    assert sorted(plan.contacts["contact_id"]) == ["C0", "C2"]
    assert plan.short == pytest.approx(1 - 18 / 20)  # in part: 10 + 2/3 of 15


def test_the_one_list_says_how_many_at_which_cost_with_which_gain_and_how_sure():
    """Two contacts sure to bring 11 and 18, and cost 1 and 3, values being off by a fifth at most."""
    plan = actions.budget_plan(contacts_of([10.0, 15.0], [1.0, 3.0]), currency="EUR")
    assert plan.found.text == (
        "The plan is 2 contacts for €4, expected to bring €25 more than they cost. The probability that it "
        "pays is 100%."
    )
    assert plan.found.money == 25
    assert plan.found.action == "Work through plan.xlsx from the top."
    owned = actions.budget_plan(contacts_of([10.0], [1.0], ["V1"])).found.action
    assert owned.endswith("it has a sheet for each salesperson.")
    assert plan.title() == "The plan is 2 contacts for €4, expected to bring €25 more than they cost"
    assert plan.notes() == ["These are all that pay: a further contact would cost more than it brings."]


def test_hard_budgets():
    contacts = contacts_of([10.0, 15.0], [1.0, 3.0])
    nothing = actions.budget_plan(contacts, 0.0)
    assert nothing.contacts.empty
    assert nothing.text == "Neither budget nor capacity allow a contact; 2 would pay."
    assert actions.budget_plan(contacts, None, 0).contacts.empty
    assert len(actions.budget_plan(contacts, 1e9, 1_000).contacts) == 2
    nobody = actions.budget_plan(contacts_of([-1.0, 0.0], [1.0, 3.0]))
    assert not nobody.is_drawn
    assert nobody.text.startswith("With nobody")
    assert isinstance(actions.how_sure(nobody), NotPossible)


def test_capacity_spreads_the_dates():
    """Two a week: the first on Monday, the second in the middle of the week, the third a week later."""
    plan = actions.budget_plan(contacts_of([3.0, 2.0, 1.0], [1.0] * 3), None, 2, 4)
    days = plan.contacts["contact_by"].dt.strftime("%d").tolist()
    assert days == ["05", "07", "12"]


def planned(chances, value=100.0, cost=1.0, n=50):
    """A plan of equal contacts of one campaign; ``chances``: expected, at the low and the high end."""
    ids = [f"C{place}" for place in range(n)]
    frame = pd.DataFrame({"contact_id": ids, "action": "retain", "source": "c", "measured": True})
    frame = frame.assign(value_at_stake=value, cost=cost)
    frame[["chance", "chance_low", "chance_high"]] = chances
    frame[["expected_gain", "gain_low", "gain_high"]] = np.multiply(chances, value) - cost
    return ActionPlan({}, "", contacts=frame, curve=frame, short=0.0)


def test_how_sure():
    """The effect's interval from 0 to twice what it takes to pay leaves an even chance; a narrow one none."""
    even = actions.how_sure(planned((0.01, -0.01, 0.03), value=10_000.0, cost=100.0, n=2_000))
    assert even.probability == pytest.approx(0.5, abs=0.05)
    assert actions.how_sure(planned((0.5, 0.49, 0.51))).probability == 1
    assert actions.how_sure(planned((0.001, 0, 0.002))).probability < 0.1
    again = [actions.how_sure(planned((0.02, 0, 0.04))).text for _time in range(2)]
    assert again[0] == again[1]


def test_tornado_by_hand():
    """50 × (0.02 × 100 − 1) = 50; at the ends of the effect −50 and 150; the value alone: ± 20 % of 100."""
    told = actions.how_sure(planned((0.02, 0, 0.04))).tornado
    assert told["gain_low"].tolist() == pytest.approx([-50, 30, 40])
    assert told["gain_high"].tolist() == pytest.approx([150, 70, 60])
    assert told["break_even"][0] == pytest.approx(0.5)


SALES = "customer_id,date,amount\n" + "".join(
    f"{name},2023-{month:02d}-15,{10 * month}\n" for name in ("anna", "ben") for month in range(1, 13)
)


def test_own_actions(tmp_path):
    (tmp_path / "sales.csv").write_text(SALES, "utf-8")
    (tmp_path / "mine.yml").write_text(
        "retain:\n  when: {risk_at_least: 0.1}\n  cost: 3\n  uplift: 0.5\n", "utf-8"
    )
    (tmp_path / "dataset.yml").write_text("actions: mine.yml\n", "utf-8")
    data = open_dataset(str(tmp_path))
    assert list(data.actions) == ["retain"]
    assert actions.effects(data).frame[["action", "cost", "uplift"]].to_numpy().tolist() == [
        ["retain", 3, 0.5]
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("call: {cost: 3}", "call"),
        ("retain: {costs: 3}", "Did you mean 'cost'"),
        ("retain: {when: {risk_at_last: 0.3}}", "risk_at_least"),
        ("retain: {when: {risk_at_least: 30}}", "risk_at_least: 30"),
        ("retain: {cost: -1}", "cost: -1"),
    ],
)
def test_wrong_actions_are_refused(tmp_path, written, said):
    (tmp_path / "sales.csv").write_text(SALES, "utf-8")
    (tmp_path / "dataset.yml").write_text(f"actions:\n  {written}\n", "utf-8")
    with pytest.raises(CarteraError, match=said):
        open_dataset(str(tmp_path))


@pytest.mark.slow
def test_measured_effects_earn_what_true_ones_would(tmp_path):
    """Two portfolios: at least 80 % of the plan with the true effects, and more than three simple lists."""
    mean = pd.DataFrame([earned(seed, tmp_path / str(seed)) for seed in (1, 2)]).mean()
    assert mean["measured"] >= 0.8 * mean["true effects"]
    assert mean["measured"] > mean[["largest", "likeliest to stop", "at random"]].max()
