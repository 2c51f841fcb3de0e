"""Leads: the conversion curve and the value of one by hand, chances against the truth, and hard cases."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import acquisition, use_language
from analysis.acquisition.lead_scores import MIN_OF_EACH, WORDS, lead_history, standing
from analysis.dataset.as_of import views
from analysis.engine.duckdb import DuckDBEngine
from analysis.not_possible import NotPossible
from analysis.plots import plot
from lead_trials import MARGINS, NOBODY, leads_alone, trial
from tables import answering, write_sales, write_table

AS_OF = dt.date(2024, 12, 31)
TODAY = pd.Timestamp(AS_OF)
DATES = ("created", "qualified", "advanced", "won", "lost", "next_action", "last_contact")
TEXTS = ("lead_id", "name", "stage", *WORDS, "salesperson", "customer_id")


def dataset(frame: pd.DataFrame, earlier: pd.DataFrame = NOBODY) -> SimpleNamespace:
    rows = frame.assign(**{name: frame.get(name) for name in (*DATES, *TEXTS, "estimated_value")})
    rows = rows.astype(dict.fromkeys(DATES, "datetime64[us]") | dict.fromkeys(TEXTS, "str"))
    return leads_alone(rows, AS_OF, earlier)


def course(came: float, won: float | None = None, lost: float | None = None) -> dict[str, object]:
    """Return a lead that came in so many days ago, and was won or given up so many days later."""
    created = TODAY - pd.Timedelta(days=came)
    days = {"won": won, "lost": lost}
    return {"created": created} | {
        name: pd.NaT if day is None else created + pd.Timedelta(days=day) for name, day in days.items()
    }


def many(n: int = 1200, seed: int = 1) -> pd.DataFrame:
    """Return leads of three years, won with a chance that hangs on nothing but the interest."""
    random = np.random.default_rng(seed)
    interest = random.choice(["cold", "warm", "hot"], n)
    is_won = random.random(n) < pd.Series(interest).map({"cold": 0.05, "warm": 0.3, "hot": 0.8})
    frame = pd.DataFrame({"created": TODAY - pd.to_timedelta(random.integers(0, 1100, n), unit="D")})
    ends = frame["created"] + pd.to_timedelta(random.integers(1, 60, n), unit="D")
    happened = ends.where(ends <= TODAY)
    return frame.assign(
        lead_id=[f"L{place:05}" for place in range(n)],
        won=happened.where(is_won),
        lost=happened.where(~is_won),
        stage="lead",
        interest=interest,
        channel=random.choice(["web", "fair"], n),
        estimated_value=1000.0,
    )


def test_the_curve_of_six_kinds_of_leads_by_hand() -> None:
    """Won after 1 and 3 days, given up after 2 and 3, open for 2 and 4; eight of each kind.

    After a day 1/6 is won. On day 3 are left to be won: the one that is, both given up, which never will be,
    and the one open for 4 days: 1 of 4. So 1 − 5/6 × 3/4 = 37.5 %. To forget those given up on their day
    would say 1 − 5/6 × 2/3 = 44.4 %. Given up are, likewise, 1 of 6 on day 2 and 1 of 4 on day 3: 37.5 %.
    """
    kinds = [
        course(90, won=1),
        course(90, won=3),
        course(90, lost=2),
        course(90, lost=3),
        course(2),
        course(4),
    ]
    made = acquisition.conversion_curve(dataset(pd.DataFrame(kinds * 8)))
    assert made.curve["won"].to_dict() == pytest.approx({1: 1 / 6, 2: 1 / 6, 3: 0.375})
    assert made.curve["lost"].to_dict() == pytest.approx({1: 0, 2: 1 / 6, 3: 0.375})
    assert (made.curve["low"] < made.curve["won"]).all()
    assert (made.curve["won"] < made.curve["high"]).all()
    assert made.title() == "37.5% of leads become customers, half of them within 3 days"
    assert "Of 100 leads 38 become customers, half of these within 3 days and the last after 3; 38" in str(
        made
    )


def test_a_lead_on_three_days_by_hand() -> None:
    """It came in on 1 May, was a prospect from the 11th, close to deciding from the 21st, won on the 31st."""
    days = {"created": 1, "qualified": 11, "advanced": 21, "won": 31}
    lead = {name: [pd.Timestamp(2024, 5, day)] for name, day in days.items()}
    frame = pd.DataFrame(lead | {"lost": pd.NaT, "estimated_value": 99.0}).astype({"lost": "datetime64[us]"})
    told = standing(frame, [pd.Timestamp(2024, 5, day) for day in (1, 15, 25, 31)], 14)
    assert told["at_stage"].tolist() == ["lead", "prospect", "potential"]  # on the 31st it is a customer
    assert told["stage_days"].tolist() == [0, 4, 4]
    assert told["age"].tolist() == [0, 14, 24]
    assert told["goal"].tolist() == [False, False, True]
    assert told["worth"].tolist() == pytest.approx([np.log(100)] * 3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 10))
def test_what_happens_later_is_not_known_before(back: int, seed: int) -> None:
    leads, day = lead_history(dataset(many(80, seed))), TODAY - pd.Timedelta(days=back)
    seen = leads.copy()
    for name in ("qualified", "advanced", "won", "lost"):
        seen[name] = leads[name].where(leads[name] <= day)
    before, after = (
        standing(frame, [day], 30).drop(columns=["won", "lost", "goal"]) for frame in (seen, leads)
    )
    pd.testing.assert_frame_equal(before, after)


def test_interest_alone_where_nothing_else_tells() -> None:
    made = acquisition.lead_scores(dataset(many()), MARGINS)
    assert made.rule == "interest"
    assert "Interest alone gives the chances, as no model was better by more than chance: " in made.notes()[0]
    mean = made.leads.groupby("interest")["chance"].mean()
    assert mean["hot"] > 2 * mean["warm"] > 4 * mean["cold"]
    assert set(made.leads.loc[made.leads["interest"] == "hot", "class"]) == {"hot"}
    table = made.tables()["lead_interest"]
    assert table["interest"].tolist() == ["hot", "warm", "cold"]
    assert table["share"].tolist() == pytest.approx([0.8, 0.3, 0.05], abs=0.05)
    assert "By what salespeople call them: hot" in made.notes()[1]
    assert made.leads["reasons"].str.contains(r"Lead for \d+ days?").all()


def test_one_chance_for_all_where_nothing_tells() -> None:
    frame = many().assign(interest="warm")
    made = acquisition.lead_scores(dataset(frame), MARGINS)
    assert made.rule == "share"
    assert set(made.leads["chance"]) == {made.leads["chance"].iloc[0]}
    assert set(made.leads["class"]) == {"warm"}
    assert "All have the same chance, as nothing was better by more than chance: " in made.notes()[0]


def test_the_value_of_a_lead_by_hand() -> None:
    """Ten leads of 100 a year each bought for 50: half. At a margin of 40 % one of 1,000 is worth 200.

    One without an estimate counts as what they bought, 50: 20. One won within the year shows nothing yet.
    """
    won = [TODAY - pd.Timedelta(days=400)] * MIN_OF_EACH + [TODAY - pd.Timedelta(days=300)]
    earlier = pd.DataFrame({"lead_id": "x", "won": won, "estimated_value": 100.0, "first_year": 50.0})
    earlier.loc[MIN_OF_EACH, "first_year"] = 9999.0
    frame = many(300)
    frame.loc[::2, "estimated_value"] = None
    leads = acquisition.lead_scores(dataset(frame, earlier), MARGINS).leads
    assert set(leads["value_if_won"].round(6)) == {200.0, 20.0}
    assert leads["expected_value"].tolist() == pytest.approx(
        (leads["chance"] * leads["value_if_won"]).tolist()
    )
    assert leads["expected_value"].is_monotonic_decreasing


def test_what_earlier_leads_bought_in_their_first_year(tmp_path: Path) -> None:
    """Ana was won on 29 February: until 27 February a year later she bought for 70. Bea had bought before."""
    paths = write_sales(
        tmp_path,
        """
        customer_id date amount
        ana 2024-03-01 30
        ana 2025-02-27 40
        ana 2025-02-28 5
        bea 2020-01-01 10
        bea 2024-03-01 10
        """,
    )
    paths["leads"] = write_table(
        tmp_path,
        "leads",
        """
        lead_id created won customer_id estimated_value
        L1 2024-01-01 2024-02-29 ana 100
        L2 2024-01-01 2024-02-29 bea 100
        L3 2024-01-01 - - 100
        """,
    )
    engine = DuckDBEngine(paths, views([*paths], dt.date(2025, 12, 31)))
    rows = engine.query("lead_first_year", as_of=dt.date(2025, 12, 31))
    assert rows[["lead_id", "first_year"]].astype({"first_year": float}).to_numpy().tolist() == [["L1", 70.0]]


@pytest.mark.slow
def test_chances_against_the_truth() -> None:
    """On the day a lead comes in, of which the truth is, and of those open at the check."""
    found = trial(800, 1)
    assert found["model"] == 1
    assert found["auc"] > 0.75
    assert found["error"] < 0.1
    assert found["came_auc"] > found["ceiling"] - 0.06
    assert found["off"] < 0.08
    assert found["mean"] == pytest.approx(found["true"], abs=0.05)


def test_a_model_is_used_where_it_is_better() -> None:
    """Those at the last stage are won, whatever the interest; nobody else is."""
    frame = many(800).assign(interest="warm")
    frame["advanced"] = (frame["won"] - pd.Timedelta(days=20)).where(frame["won"].notna())
    frame["advanced"] = frame["advanced"].clip(lower=frame["created"])
    made = acquisition.lead_scores(dataset(frame), MARGINS)
    assert made.rule == "model"
    assert "A model gives the chances: at the check on " in made.notes()[0]


def test_open_leads_are_scored_and_no_others() -> None:
    frame = many(400)
    made = acquisition.lead_scores(dataset(frame), MARGINS)
    open_ones = frame.loc[frame["won"].isna() & frame["lost"].isna(), "lead_id"]
    assert sorted(made.leads["lead_id"]) == sorted(open_ones)


def reason(frame: pd.DataFrame) -> str:
    made = acquisition.lead_scores(dataset(frame), MARGINS)
    assert isinstance(made, NotPossible)
    return str(made)


def test_what_cannot_be_told() -> None:
    without = answering(AS_OF, {})
    assert "a table 'leads' with their stage" in str(acquisition.lead_scores(without))
    for found in (acquisition.conversion_curve(without), acquisition.lead_scores(dataset(many().head(0)))):
        assert found == acquisition.lead_scores(without)
    few = many(29)
    assert "It takes 30 leads won or given up" in reason(few)
    assert "of which 0" in reason(many().assign(won=pd.NaT))
    closed = many()
    assert "(here: 0 and " in reason(closed[closed["won"].notna() | closed["lost"].notna()])
    young = many(8000)
    assert "30 that came in 30 days ago" in reason(young[young["created"] > TODAY - pd.Timedelta(days=31)])


@pytest.mark.parametrize(
    "change",
    [
        {"lost": pd.NaT},
        {"channel": "web"},
        {"estimated_value": None},
        {"lead_id": None},
        {"interest": None, "channel": None, "stage": None},
    ],
    ids=["nobody lost", "one channel", "no estimate", "no codes", "nothing but days"],
)
def test_hard_cases_are_scored(change: dict[str, object]) -> None:
    made = acquisition.lead_scores(dataset(many(400).assign(**change)), MARGINS)
    assert made.leads["chance"].between(0, 1).all()
    assert len(made.leads) > 0
    assert ("expected_value" in made.leads) == ("estimated_value" not in change)
    assert acquisition.conversion_curve(dataset(many(400).assign(**change))).curve["won"].between(0, 1).all()


def test_few_leads_have_one_chance_for_all() -> None:
    made = acquisition.lead_scores(dataset(many(60)), MARGINS)
    assert made.rule == "share"
    assert "All have the same chance, as too few are decided to check a model." in made.notes()[0]


def test_given_up_without_a_day() -> None:
    """They count as given up as long after they came in as it takes to win one, and are open no more."""
    frame = many()
    frame["stage"] = np.select([frame["won"].notna(), frame["lost"].notna()], ["customer", "lost"], "lead")
    history = lead_history(dataset(frame.assign(lost=pd.NaT)))
    took = (history["won"] - history["created"]).median()
    old = history[history["outcome"].eq("lost") & (history["created"] + took <= TODAY)]
    assert (old["lost"] == old["created"] + took).all()
    assert (history["lost"].dropna() <= TODAY).all()
    assert set(history.loc[history["lost"].isna() & history["won"].isna(), "stage"]) == {"lead"}


def test_in_spanish_and_drawn() -> None:
    use_language("es")
    made = acquisition.lead_scores(dataset(many()), MARGINS)
    shown = made.tables()["lead_scores"]
    assert set(shown["class"]) <= {"caliente", "templado", "frío"}
    assert shown["reasons"].str.contains(r"interés caliente \(\d+").any()
    made = acquisition.conversion_curve(dataset(many()))
    assert plot(made).get_xlabel() == "Días desde que llegó el lead"
