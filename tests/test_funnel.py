"""The funnel of ten leads by hand, groups, overdue next steps, and what cannot be told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import acquisition, use_language
from analysis.acquisition.funnel import LEAST, STAGES
from analysis.dataset.as_of import views
from analysis.dataset.schema import TABLES
from analysis.engine.duckdb import DuckDBEngine
from analysis.not_possible import NotPossible
from analysis.plots import plot
from tables import answering, write_table

AS_OF = dt.date(2024, 3, 31)
TEN = """
lead_id name created stage qualified advanced won lost channel salesperson estimated_value \
last_contact next_action
L1 Ana 2024-01-01 customer 2024-01-11 2024-01-21 2024-01-31 - web V1 100 - -
L2 Bea 2024-01-01 customer 2024-01-11 2024-01-31 2024-02-20 - web V1 200 - -
L3 Cid 2024-01-01 customer 2024-01-21 - 2024-02-10 - fair V1 300 - -
L4 Dan 2024-01-01 lost 2024-01-31 2024-02-10 - 2024-02-29 fair V2 - - -
L5 Eva 2024-01-01 lost 2024-01-21 - - 2024-02-20 web V2 - - -
L6 Fay 2024-01-01 lost - - - 2024-01-31 web V2 - - -
L7 Gil 2024-01-01 lost - - - 2024-03-01 web - - - -
L8 Hal 2024-03-01 potential 2024-03-11 2024-03-21 - - web V1 400 2024-03-21 2024-03-25
L9 Ida 2024-03-11 lead 2024-03-21 - - - fair V2 500 2024-03-21 2024-03-30
L10 Jon 2024-03-21 lead - - - - - - 600 - 2024-03-31
"""


def dataset(folder: Path, text: str = TEN, stages: tuple[str, ...] = ()) -> SimpleNamespace:
    """Return a data set of leads, in which a column holds data where a cell of it does."""
    path = write_table(folder, "leads", text)
    cells = pd.read_parquet(path).dropna(axis="columns", how="all")
    rows = DuckDBEngine({"leads": path}, views(["leads"], AS_OF)).query("lead_records")
    made = answering(AS_OF, {"leads": frozenset(cells.columns)}, lead_records=rows)
    made.stages = stages
    return made


def leads(folder: Path, frame: pd.DataFrame) -> SimpleNamespace:
    """Return a data set of these leads, written with a code each."""
    cells = frame.assign(lead_id=[f"L{i}" for i in range(len(frame))]).fillna("-").astype("str")
    return dataset(folder, "\n".join([" ".join(cells), *map(" ".join, cells.to_numpy().tolist())]))


def test_ten_leads_by_hand(tmp_path: Path) -> None:
    """Ten came in; L6 and L7 dropped out at once and L10 is still there: 7 of the 9 decided went on.

    L9 is a lead again, but had been qualified: it is counted where it came to. Of the 7 prospects L5 dropped
    out, L9 is there, and 5 went on, L3 without a day; of those L4 dropped out, L8 is there, 3 were won.

    Wilson's interval of 7 of 9 is 45.3 % to 93.7 %, of 5 of 6 43.6 % to 97.0 %, of 3 of 4 30.1 % to 95.4 %.
    In the first stage they were 10, 10, 20, 30, 20, 30, 60, 10 and 10 days, and L10 10 until now: after 20
    days 10 − 4 − 2 of them are left, less the censored one: (1 − 4/10) × (1 − 2/5) = 36 %, so half by 20.
    """
    made = acquisition.funnel(dataset(tmp_path))
    table = made.tables()["funnel"].set_index("stage")
    assert table.index.tolist() == ["Lead", "Prospect", "Potential customer", "Customer"]
    assert table["reached"].tolist() == [10, 7, 5, 3]
    assert table["went_on"].tolist()[:3] == [7, 5, 3]
    assert table["in_stage"].tolist()[:3] == [1, 1, 1]
    assert table["dropped"].tolist()[:3] == [2, 1, 1]
    assert table["conversion"].tolist()[:3] == pytest.approx([7 / 9, 5 / 6, 3 / 4])
    assert table["conversion_low"].tolist()[:3] == pytest.approx([0.453, 0.436, 0.301], abs=5e-4)
    assert table["conversion_high"].tolist()[:3] == pytest.approx([0.937, 0.970, 0.954], abs=5e-4)
    assert table.loc["Lead", "days_in_stage"] == 20
    assert made.title() == "42.9% of the 7 leads decided became customers"
    assert "No stage loses as many as “Lead”: 2 of 4." in str(made)
    assert made.notes()[0] == "3 leads are open and count neither way."


def test_days_in_a_stage_by_hand(tmp_path: Path) -> None:
    """Prospects: L1 10, L2 20, L4 10, L8 10 days until the offer, L5 30 until it was lost, L9 10 so far.

    L3 went on on a day not known, and is left out. After 10 days half of six are gone. Close to deciding
    were L1 10, L2 20, L4 19 days, L8 10 so far: 1 − 1/4 = 75 % after 10 days, × (1 − 1/2) after 19.
    """
    table = acquisition.funnel(dataset(tmp_path)).tables()["funnel"]
    assert table["days_in_stage"].tolist()[1:3] == [10, 19]


def test_stages_skipped_and_gone_back(tmp_path: Path) -> None:
    """L3 was won without an offer, L9 was qualified and is a lead again, unless it is a prospect of no day.

    At last L1 is won too early, too.
    """
    assert (
        "skipped a stage: 1; that went back, by their days or stage: 1."
        in acquisition.funnel(dataset(tmp_path)).notes()[-1]
    )
    undated = TEN.replace("2024-03-11 lead 2024-03-21", "2024-03-11 prospect -")
    note = acquisition.funnel(dataset(tmp_path, undated)).notes()[-1]
    assert "stage: 1; that went back, by their days or stage: 0." in note
    early = TEN.replace("2024-01-31 - web V1 100", "2024-01-20 - web V1 100")
    assert "stage: 2." in acquisition.funnel(dataset(tmp_path, early)).notes()[-1]


def test_a_company_s_own_words(tmp_path: Path) -> None:
    table = acquisition.funnel(dataset(tmp_path, TEN, ("Prospect", "Lead", "Offer"))).tables()["funnel"]
    assert table["stage"].tolist() == ["Prospect", "Lead", "Offer", "Customer"]
    assert table["reached"].tolist() == [10, 7, 5, 3]


def test_groups_by_hand(tmp_path: Path) -> None:
    """Web: 24 of 40 won, 60 % (44.6 to 73.7); fair: 8 of 40, 20 % (10.5 to 34.8): both clearly off the other.

    Of post 9 are decided, too few to tell; of phone 12 of 52 are open, those decided are the quick ones.
    """
    parts = [("web", 24, 16, 0), ("fair", 8, 32, 4), ("post", 9, 0, 0), ("phone", 20, 20, 12)]
    stages = [
        (way, stage)
        for way, *n in parts
        for stage, k in zip(("customer", "lost", "lead"), n, strict=True)
        for _ in range(k)
    ]
    frame = pd.DataFrame(stages, columns=["channel", "stage"]).assign(created="2022-01-01", salesperson="V1")
    made = acquisition.funnel_by(leads(tmp_path, frame))
    table = made.tables()["funnel_by"].set_index("group")
    assert set(table["dimension"]) == {"Channel"}
    assert table.index.tolist()[:2] == ["fair", "web"]
    assert table.loc["web", ["leads", "in_work", "won"]].tolist() == [40, 0, 24]
    ends = table.loc[["web", "fair"], ["conversion_low", "conversion", "conversion_high"]].to_numpy().ravel()
    assert ends.tolist() == pytest.approx([0.446, 0.6, 0.737, 0.105, 0.2, 0.348], abs=5e-4)
    assert table.loc[["post", "phone"], "conversion"].isna().all()
    assert str(made) == (
        "Of 2 groups 2 convert clearly better or worse; by chance alone about 0.1 would. "
        "Among them “web” converts best (60.0%), “fair” least (20.0%)."
    )
    assert "Of 2 further groups" in made.notes()[-1]
    assert made.findings() == []


def test_overdue_next_steps_by_hand(tmp_path: Path) -> None:
    """On 31 March the step of L8 is 6 days overdue, that of L9 1 day; L10's is due on the day itself."""
    made = acquisition.next_steps(dataset(tmp_path))
    late = made.tables()["overdue"]
    assert late["name"].tolist() == ["Ida", "Hal"]
    assert late["days_overdue"].tolist() == [1, 6]
    assert late["stage"].tolist() == ["Prospect", "Potential customer"]
    by = made.tables()["overdue_by_owner"].set_index("owner")
    assert by.to_dict("index") == {
        "V1": {"open_leads": 1, "overdue": 1, "no_next_step": 0},
        "V2": {"open_leads": 1, "overdue": 1, "no_next_step": 0},
        "(not known)": {"open_leads": 1, "overdue": 0, "no_next_step": 0},
    }
    assert str(made).startswith(
        "Of 3 open leads 2 have a next step that is overdue, and 0 have no next step."
    )
    # 3 of the 7 decided were won; those overdue would buy 900 a year if all were
    assert "At the usual conversion those overdue would bring 386 of sales a year." in str(made)
    assert made.findings()[0].money == pytest.approx(900 * 3 / 7)


@pytest.mark.parametrize("missing", ["name", "salesperson", "estimated_value", "last_contact", "lead_id"])
def test_without_a_column_the_rest_is_told(tmp_path: Path, missing: str) -> None:
    frame = pd.DataFrame(
        [line.split() for line in TEN.strip().splitlines()[1:]], columns=TEN.split("\n")[1].split()
    )
    cells = frame.assign(**{missing: "-"})
    text = "\n".join([" ".join(cells), *map(" ".join, cells.to_numpy().tolist())])
    made = acquisition.next_steps(dataset(tmp_path, text))
    assert missing not in made.tables()["overdue"]
    assert len(made.tables()["overdue"]) == 2


ONE = "lead_id created stage\n"
NONE_WON = "\n".join([ONE.strip(), *(f"L{i} 2024-01-01 lost" for i in range(40))])
STAGE_ALONE = f"{ONE}L1 2024-01-01 customer\nL2 2024-01-01 prospect\nL3 2024-01-01 lost\nL4 2024-01-01 lead"


def test_no_conversion_at_all(tmp_path: Path) -> None:
    """Of 40 lost none was won; Wilson's interval of 0 of 40 ends at 1.96² ÷ (40 + 1.96²) = 8.8 %."""
    made = acquisition.funnel(dataset(tmp_path, NONE_WON))
    assert "0.0% of the 40 leads decided became customers (95% interval: 0.0% to 8.8%)" in str(made)
    assert plot(made).figure.get_suptitle() == made.title().removesuffix(".")
    assert isinstance(acquisition.funnel_by(dataset(tmp_path, NONE_WON)), NotPossible)


def test_stages_without_days_are_left_out_where_it_is_not_known_who_reached_them(tmp_path: Path) -> None:
    """L1 is won, L3 lost, L2 and L4 are open; from which stage L3 was lost nothing tells."""
    made = acquisition.funnel(dataset(tmp_path, STAGE_ALONE))
    table = made.tables()["funnel"].set_index("stage")
    assert table["reached"].to_dict() == {"Lead": 4, "Customer": 1}
    assert table.loc["Lead", ["went_on", "in_stage", "dropped", "conversion"]].tolist() == [1, 2, 1, 0.5]
    assert pd.isna(table.loc["Lead", "days_in_stage"])
    assert plot(made).figure.get_suptitle() == "50.0% of the 2 leads decided became customers"


def test_none_decided(tmp_path: Path) -> None:
    made = acquisition.funnel(dataset(tmp_path, f"{ONE}L1 2024-01-01 lead\nL2 2024-01-01 potential"))
    assert str(made) == "None of the 2 leads is decided yet."
    assert made.findings() == []
    assert plot(made).figure.get_suptitle() == made.title().removesuffix(".")


def test_what_cannot_be_told(tmp_path: Path) -> None:
    created = dataset(tmp_path, "lead_id created\nL1 2024-01-01")
    for told in (created, answering(AS_OF, {})):
        for made in (acquisition.funnel, acquisition.funnel_by, acquisition.next_steps):
            assert "What becomes of leads is not known" in made(told).reason
    assert "next_action" in acquisition.next_steps(dataset(tmp_path, STAGE_ALONE)).reason
    one = dataset(tmp_path, TEN.replace("fair", "web").replace("V2", "V1"))
    assert f"of which {LEAST} are decided" in acquisition.funnel_by(one).reason


DAYS = st.none() | st.dates(dt.date(2023, 1, 1), AS_OF)
STAGE = st.sampled_from([None, *TABLES["leads"].column("stage").choices])


@given(st.lists(st.tuples(STAGE, DAYS, DAYS, DAYS, DAYS), min_size=1, max_size=12))
@settings(max_examples=30, deadline=None)
def test_nobody_is_lost_from_stage_to_stage(cells: list[tuple[object, ...]]) -> None:
    """Who reached a stage went on, is in it or dropped out, whatever the days; the next holds who went on."""
    rows = pd.DataFrame(cells, columns=["stage", "qualified", "advanced", "won", "lost"])
    days = {name: pd.to_datetime(rows[name]) for name in rows.columns.drop("stage")}
    rows = rows.assign(stage=rows["stage"].astype("str"), created=pd.Timestamp("2023-06-30"), **days)
    told = answering(AS_OF, {"leads": {"stage", *days}}, lead_records=rows)
    told.stages = ()
    table = acquisition.funnel(told).tables()["funnel"]
    assert (table["reached"] - table[["went_on", "in_stage", "dropped"]].sum(axis=1))[:3].tolist() == [
        0,
        0,
        0,
    ]
    assert table["reached"].tolist() == [len(rows), *table["went_on"][:3]]
    shares = table[["conversion_low", "conversion", "conversion_high"]].dropna().to_numpy()
    assert (shares[:, 1:] >= shares[:, :-1] - 1e-12).all()


def test_in_spanish(tmp_path: Path) -> None:
    use_language("es")
    made = acquisition.funnel(dataset(tmp_path))
    assert made.tables()["funnel"]["stage"].tolist()[-1] == "Cliente"
    assert plot(made).figure.get_suptitle() == made.title().removesuffix(".")
    assert "vencid" in str(acquisition.next_steps(dataset(tmp_path)))


def test_stages_are_those_of_the_schema() -> None:
    assert list(STAGES) == list(TABLES["leads"].column("stage").choices)[:4]
