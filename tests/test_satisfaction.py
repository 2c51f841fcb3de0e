"""Satisfaction: the NPS and its interval, scales, groups, who is not content, before and after, by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import CarteraError, open_dataset, satisfaction
from analysis.dataset import Dataset
from analysis.engine.duckdb import DuckDBEngine
from analysis.not_possible import NotPossible
from analysis.plots import plot
from analysis.portfolio import activity_window
from analysis.satisfaction.answers import Answers, nps_interval
from tables import answering, write_sales, write_table

AS_OF = dt.date(2024, 12, 31)
SEVEN = [10, 9, 9, 8, 7, 6, 3]


def rows(
    scores: Sequence[float], scale: float = 10, day: str = "2024-11-05", comments: Sequence[str | None] = ()
) -> pd.DataFrame:
    """Return answers of the customers c000, c001, … on one day."""
    return pd.DataFrame(
        {
            "customer_id": [f"c{place:03}" for place in range(len(scores))],
            "date": pd.Timestamp(day),
            "score": pd.Series(scores, dtype="float64"),
            "scale": float(scale),
            "comment": pd.Series([*comments, *[None] * (len(scores) - len(comments))], dtype="object"),
        }
    )


def dataset(frame: pd.DataFrame, **more: Any) -> SimpleNamespace:
    return answering(AS_OF, {"surveys": {"score"}}, survey_answers=frame, **more)


def of(frame: pd.DataFrame, least: int = 1) -> Answers:
    found = satisfaction.answers(dataset(frame), least=least)
    assert isinstance(found, Answers)
    return found


@pytest.mark.parametrize(
    ("files", "config"),
    [
        pytest.param({"encuestas.csv": "Cliente;Fecha;Puntuación;Comentario;Tienda"}, "", id="by its name"),
        pytest.param({"export.csv": "Cliente;Fecha;Nota;Comentario"}, "", id="by its columns"),
        pytest.param({"x.csv": "a;b;c;d"}, "surveys:\n  file: x.csv\n  columns: {customer_id: a, date: b, "
                     "score: c, comment: d}", id="by dataset.yml"),
        pytest.param({"nps.csv": "cliente;fecha;nota;texto", "clientes.csv": "cliente;nombre;vendedor;zona"},
                     "", id="beside customers"),
    ],
)  # fmt: skip
def test_surveys_alone_need_no_sales(tmp_path: Path, files: dict[str, str], config: str) -> None:
    """Two detractors and a promoter of three, NPS −33.3; what takes sales says so, once."""
    answers = "A;10/02/2024;3;llega tarde\nB;13/03/2024;6;tarde otra vez\nC;20/03/2024;10;\n"
    for name, header in files.items():
        rows = "A;Anna;Eva;Norte\n" if "clientes" in name else answers
        rows = rows.replace("\n", ";x\n") if "Tienda" in header else rows
        (tmp_path / name).write_text(f"{header}\n{rows}", "utf-8")
    if config:
        (tmp_path / "dataset.yml").write_text(config, "utf-8")
    given = str(tmp_path if config or len(files) > 1 else tmp_path / next(iter(files)))
    with pytest.raises(CarteraError, match=r"holds no sales: that is enough for 07_satisfaction, and"):
        open_dataset(given)
    found = open_dataset(given, needs_sales=False)
    assert (found.has_sales, found.main, found.as_of) == (False, "surveys", dt.date(2024, 3, 20))
    told = satisfaction.answers(found, least=1)
    assert satisfaction.nps(told).now == pytest.approx(-100 / 3)
    assert satisfaction.words(told).tables()["words"]["word"].tolist() == ["tarde"]
    customers = satisfaction.customers_of(found, told)
    listed = satisfaction.detractors(found, told, customers).tables()["detractors"]
    assert listed["customer_id"].tolist() == ["A", "B"]
    assert ("name" in listed) == (len(files) > 1)
    window = activity_window(found.query("purchase_gaps"), 90)
    for other in (satisfaction.response(customers, told), satisfaction.afterwards(found, told, window)):
        assert other.reason == customers.reason
    assert customers.reason.startswith("Sales beside the surveys would show")


@pytest.mark.parametrize("more", ["Euros", "Pedido"])
def test_what_may_be_sales_is_asked_about(tmp_path: Path, more: str) -> None:
    """A column that no survey has: the mark may be a delivery note."""
    (tmp_path / "export.csv").write_text(f"Cliente;Fecha;Nota;{more}\nA;10/02/2024;3;9\n", "utf-8")
    with pytest.raises(CarteraError, match="'amount'"):
        open_dataset(str(tmp_path / "export.csv"), needs_sales=False)


def test_nps_of_seven_by_hand() -> None:
    """3 promoters − 2 detractors of 7: 14.3. With ½, ½ and 1 more: 1 ÷ 9 ± 1.96 × √((6 ÷ 9 − 1 ÷ 81) ÷ 9)."""
    found = satisfaction.nps(of(rows(SEVEN)))
    assert found.now == pytest.approx(100 / 7)
    trend = found.tables()["nps"].iloc[0]
    half = 1.959964 * ((6 / 9 - 1 / 81) / 9) ** 0.5
    assert [trend["nps_low"], trend["nps_high"]] == pytest.approx(
        [100 / 9 - 100 * half, 100 / 9 + 100 * half]
    )
    assert [round(trend[name], 1) for name in ("nps", "nps_low", "nps_high")] == [14.3, -41.7, 64.0]
    assert "NPS +14.3 (-41.7 to +64.0), from 7 customers." in str(found)
    assert "Detractors (0–6) 28.6%, Neutral (7–8) 28.6% and Promoters (9–10) 42.9%" in found.notes()[0]


def test_nps_of_the_year_before() -> None:
    """100 before, and −100 or, of two, 0 now: the first is clear, the second chance."""
    for before, now, good in ([10] * 12, [0] * 12, False), ([10, 10], [10, 0], None):
        scores = pd.concat([rows(before, day="2023-06-01"), rows(now)], ignore_index=True)
        found = satisfaction.nps(of(scores)).findings()[0]
        assert found.text.endswith("; in the 12 months before it was +100.0.")
        assert (found.usual, found.good) == (100, good)
    older = pd.concat([rows([10] * 5, day="2022-12-31"), rows([0] * 5)], ignore_index=True)
    assert satisfaction.nps(of(older)).findings()[0].usual is None


def test_where_promoters_begin_and_detractors_end() -> None:
    found = of(rows([0, 6, 6.5, 7, 8.5, 9, 10])).frame["group"].tolist()
    assert found == ["detractors"] * 2 + ["neutral"] * 3 + ["promoters"] * 2


@pytest.mark.parametrize(("scores", "nps"), [([10], 100), ([3, 10], 0), ([8] * 12, 0), ([6] * 9, -100)])
def test_one_answer_and_all_the_same_have_an_interval(scores: list[float], nps: float) -> None:
    found = of(rows(scores))
    row = found.overall(found.lately)
    assert row["nps"] == nps
    assert row["nps_low"] < row["nps_high"]
    assert -100 <= row["nps_low"] <= nps <= row["nps_high"] <= 100


def test_without_answers_it_says_what_it_would_need() -> None:
    reason = satisfaction.answers(answering(AS_OF, {}))
    assert "A table 'surveys' with customer_id, date and score" in str(reason)
    old = rows(SEVEN, day="2023-12-31")  # the months begin on 1 January 2024
    for frame in (old, old.head(0)):
        found = satisfaction.answers(dataset(frame))
        assert str(found) == "No survey was answered in these months."
        for made in (satisfaction.nps(found), satisfaction.words(found)):
            assert made == found
        assert satisfaction.detractors(dataset(frame), found, found) == found
    assert satisfaction.profile(answering(AS_OF, {})).columns.tolist() == ["nps_score", "nps_date"]


def test_a_customer_counts_once_with_its_last_answer() -> None:
    again = rows([2], day="2024-12-01")
    found = of(pd.concat([rows([10, 10]), again], ignore_index=True))
    assert found.lately["score"].tolist() == [10, 2]
    assert satisfaction.nps(found).now == 0
    last = satisfaction.profile(dataset(pd.concat([rows([10, 10]), again], ignore_index=True)))
    assert last["nps_score"].to_dict() == {"c001": 10, "c000": 2}
    assert last.loc["c000", "nps_date"] == pd.Timestamp("2024-12-01")


@pytest.mark.parametrize("scale", [5, 10])
def test_answers_from_1_to_5_never_make_an_nps(scale: float) -> None:
    """Two of four are 4 or 5: 50 %, by Wilson 15 to 85 %. Without a scale they look as if from 0 to 10."""
    found = of(rows([5, 4, 3, 1], scale))
    made = satisfaction.nps(found)
    assert found.frame["group"].tolist() == ["satisfied", "satisfied", "neutral", "dissatisfied"]
    assert "50.0% satisfied (15.0% to 85.0%), from 4 customers." in str(made)
    assert "NPS" not in str(made)
    assert made.findings()[0].id == "satisfaction.satisfied_share"
    assert made.notes()[1:] == [
        "The best answer is taken to be 5: no NPS is told, but the share of satisfied ones."
    ]
    assert satisfaction.profile(dataset(rows([5, 4, 3, 1], scale))).empty
    assert plot(made).figure.get_suptitle().startswith("50.0% satisfied")


def test_an_answer_of_0_or_6_is_of_ten() -> None:
    for scores in ([5, 0], [6, 2]):
        assert of(rows(scores)).measure == "nps"


def test_the_scale_of_most_answers_counts() -> None:
    mixed = pd.concat([rows(SEVEN), rows([1, 2], 5)], ignore_index=True)
    found = of(mixed)
    assert (found.scale, len(found.frame)) == (10, 7)
    assert found.read_as == ("Answers on other scales than up to 10 do not count here: 2 in these months.",)


# --- groups of customers -----------------------------------------------------------------------------


def customers(found: Answers, sales: Sequence[float], classes: str) -> pd.DataFrame:
    """Return what `customers_of` does, for c000, c001, …"""
    names = pd.Index([f"c{place:03}" for place in range(len(sales))], name="customer_id")
    frame = pd.DataFrame({"net_sales": sales, "abc": [*classes]}, names)
    return frame.join(found.lately.set_index("customer_id")["group"])


def test_who_answers_by_hand() -> None:
    """A: 2 of 2 answered, NPS 100; C: 1 of 4, NPS −100. Weighed: (2 × 100 − 4 × 100) ÷ 6; heard: 100 ÷ 3."""
    found = of(rows([10, 9, 2]))
    every = customers(found, [100, 60, 10, 10, 15, 5], "AACCCC")
    made = satisfaction.response(every, found)
    table = made.tables()["response"].set_index("abc")
    assert table["response"].to_dict() == pytest.approx({"A": 1, "C": 0.25, "Together": 0.5})
    assert table.loc["C", ["sales_answered", "sales_silent"]].tolist() == [10, 10]
    assert table.loc["Together", ["sales_answered", "sales_silent"]].tolist() == pytest.approx([170 / 3, 10])
    assert "50.0% of the 6 customers of these months answered; they make 85.0% of net sales." in str(made)
    assert "it would be -33.3, not +33.3." in made.notes()[0]
    assert satisfaction.response(every, of(rows([10, 9, 2]), least=2)).notes() == []


def test_few_answers_are_told_of_together_or_not_at_all() -> None:
    """Ann has 10 answers, Bob 6, Cid 5 and Dot none: Bob and Cid together 11; with Bob alone, too few."""
    found = of(rows([10] * 16 + [2] * 5), least=10)
    owners = pd.Series([*["Ann"] * 10, *["Bob"] * 6, *["Cid"] * 5, "Dot"])

    def told(some: int) -> pd.DataFrame:
        every = customers(found, [10.0] * 22, "A" * 22).head(some)
        given = dataset(
            rows([]),
            columns={"salesperson"},
            customers=pd.DataFrame({"last_purchase": pd.to_datetime([None])}),
            customer_main_value=every.reset_index()[["customer_id"]].assign(value=owners.head(some)),
        )
        given.rfm = None
        made = satisfaction.by_group(given, found, every, SimpleNamespace(days=60))
        return made.tables()["nps_by_salesperson"].set_index("group")

    few = "(groups with fewer than 10 answers)"
    assert told(22)["nps"].to_dict() == pytest.approx({few: 100 * (6 - 5) / 11, "Ann": 100})
    assert told(22)["customers"].to_dict() == {few: 12, "Ann": 10}
    assert told(16)["nps"].isna().to_dict() == {"Ann": False, few: True}


def test_answers_of_nobody_who_bought_leave_groups_out() -> None:
    found = of(rows([10, 2]))
    every = customers(found, [5.0, 5.0], "AA").assign(group=None)
    given = dataset(rows([]), customers=pd.DataFrame({"last_purchase": pd.to_datetime([None])}))
    given.rfm = None
    made = satisfaction.by_group(given, found, every, SimpleNamespace(days=60))
    assert str(made) == "No group of customers has answers enough (1)."
    assert "0.0% of the 2 customers" in str(satisfaction.response(every, found))


def test_detractors_of_class_a_come_first_with_their_comment_in_full() -> None:
    long = "Two weeks late, and nobody rang. " * 20
    found = of(rows([3, 6, 0, 10], comments=[None, long, "Bad"]))
    records = pd.DataFrame({"customer_id": ["c001"], "name": "Ferretera"})
    given = dataset(rows([]), customer_records=records)
    given.tables["customers"] = {"name"}
    every = customers(found, [10, 80, 5, 5], "BACC")
    made = satisfaction.detractors(given, found, every)
    table = made.tables()["detractors"]
    assert table["customer_id"].tolist() == ["c001", "c000", "c002"]
    assert table.loc[0, ["name", "abc", "comment"]].tolist() == ["Ferretera", "A", long]
    assert made.findings()[0].money == 80
    assert str(made) == (
        "1 of the 3 customers of “Detractors (0–6)” are in class A, with net sales of 80, 80.0% of all."
    )
    assert made.findings()[0].action == "Call Ferretera, c000 and c002 and ask what is wrong."
    half_year = satisfaction.detractors(given, replace(found, months=6), every)
    assert half_year.findings()[0].money == 160  # 80 in six months
    alone = satisfaction.detractors(given, found, NotPossible("no sales")).tables()["detractors"]
    assert alone["score"].tolist() == [0, 3, 6]
    assert "net_sales" not in alone


def test_words_are_counted_once_a_comment() -> None:
    said = [
        "Tarde, TARDE y muy tarde",
        "Llegó tarde y mal",
        "Nunca tarde: bien",
        "La entrega y el precio",
        "",
    ]
    made = satisfaction.words(of(rows([2, 3, 10, 9, 8], comments=said)))
    assert made.tables()["words"].to_dict("records") == [
        {"word": "tarde", "comments": 3, "detractors": 2, "neutral": 0, "promoters": 1}
    ]
    assert "No word" in str(satisfaction.words(of(rows([2, 3], comments=["late", "dear"]))))


def test_loyalty_by_hand() -> None:
    found = of(rows([10, 2]))
    table = pd.DataFrame(
        {
            "customer_id": ["c000", "c001", "c002"],
            "first_purchase": pd.to_datetime(["2022-12-31", "2023-12-31", "2023-12-31"]),
            "purchase_days": [3, 1, 2],
        }
    )
    records = pd.DataFrame({"customer_id": ["c000", "c001"], "potential": [200.0, 0.0]})
    given = dataset(rows([]), customers=table, customer_records=records)
    given.tables["customers"] = {"potential"}
    made = satisfaction.loyalty(given, found, customers(found, [50, 30, 20], "ABC"))
    shown = made.tables()["loyalty"].set_index("group")
    assert shown["repeat_rate"].to_dict() == pytest.approx(
        {"Detractors (0–6)": 0, "Promoters (9–10)": 1, "Did not answer": 1, "Together": 2 / 3}
    )
    assert shown.loc["Together", "share_of_wallet"] == 0.25  # 50 of 200; whose potential is 0 counts nowhere
    assert shown.loc["Promoters (9–10)", "tenure"] == pytest.approx(731 / 365.25)
    assert pd.isna(shown.loc["Did not answer", "share_of_wallet"])


# --- before and after --------------------------------------------------------------------------------


def engine(folder: Path) -> DuckDBEngine:
    """Put under an engine what four customers bought, answered and were sent.

    All but dan answer on 10 March: ana 10 (bought on 1, 10 and 20 March), bea 2 (on 1 March; 10 April is day
    31), cid 8 (on that very day alone).
    """
    paths = write_sales(
        folder,
        """
        customer_id date amount order_id
        ana 2024-03-01 10 o1
        ana 2024-03-10 10 o2
        ana 2024-03-20 10 o3
        bea 2024-03-01 10 o4
        bea 2024-04-10 10 o5
        cid 2024-03-10 10 o6
        dan 2024-03-11 10 o7
        """,
    )
    paths["surveys"] = write_table(
        folder,
        "surveys",
        """
        customer_id date score scale comment
        ana 2024-03-10 10 10 -
        bea 2024-03-10 2 10 -
        cid 2024-03-10 8 10 -
        """,
    )
    paths["deliveries"] = write_table(
        folder,
        "deliveries",
        """
        order_id customer_id ordered delivered
        o1 - 2024-03-01 2024-03-03
        o4 bea 2024-03-01 2024-03-09
        - cid 2024-03-08 -
        """,
    )
    return DuckDBEngine(paths, {})


def test_what_they_did_next_by_hand(tmp_path: Path) -> None:
    tables = {"surveys": {"score"}, "deliveries": {"delivered"}}
    given = answering(AS_OF, tables, engine(tmp_path))
    bought = given.query("survey_purchases")
    assert bought.groupby("customer_id").size().to_dict() == {"ana": 3, "bea": 2, "cid": 1}
    found = satisfaction.answers(given, least=1)
    window = SimpleNamespace(days=30)
    made = satisfaction.afterwards(given, found, window)
    table = made.tables()["afterwards"].set_index("group")
    assert table["bought_again"].tolist() == [0, 0, 1]  # detractors, neutral, promoters
    assert table["purchases"].tolist() == [0, 0, 1]
    assert made.curves["Promoters (9–10)"].tolist() == [0.0] * 10 + [1.0] * 21  # on day 10
    # on one day or two before: of neither can every group be told
    assert table["alike"].isna().all()
    assert "Had all" not in str(made)
    assert made.notes()[-1].startswith("This is no experiment")
    later = answering(dt.date(2024, 4, 1), tables, engine(tmp_path))
    assert "30 days old" in str(satisfaction.afterwards(later, satisfaction.answers(later, least=1), window))


def test_as_if_all_had_bought_as_often_before() -> None:
    """Promoters: 1 of 1 who had bought once, 0 of 3 twice; detractors 2 of 3, 0 of 1; neutral 1 of 1, 0 of 1.

    Together 5 had bought once and 5 twice, so promoters would be ½ × 1 + ½ × 0, detractors ½ × ⅔.
    """
    scores = [10] * 4 + [2] * 4 + [8] * 2
    again = [1, 0, 0, 0, 1, 1, 0, 0, 1, 0]
    twice = [0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    days = [("2024-06-01", [1] * 10), ("2024-05-20", twice), ("2024-06-20", again)]
    bought = [(f"c{who:03}", day) for day, who_did in days for who, did in enumerate(who_did) if did]
    sales = pd.DataFrame(bought, columns=["customer_id", "date"]).astype({"date": "datetime64[us]"})
    given = dataset(rows(scores, day="2024-06-01"), survey_purchases=sales)
    found = satisfaction.answers(given, least=1)
    table = satisfaction.afterwards(given, found, SimpleNamespace(days=60)).tables()["afterwards"]
    assert table["bought_again"].tolist() == pytest.approx([0.5, 0.5, 0.25])
    assert table["alike"].tolist() == pytest.approx([1 / 3, 0.5, 0.5])


def test_late_deliveries_by_hand(tmp_path: Path) -> None:
    """Within 5 days: ana's came after 2, bea's after 8; cid's is under way for 2 days and does not count."""
    given = answering(AS_OF, {"surveys": {"score"}, "deliveries": {"delivered"}}, engine(tmp_path))
    sent = given.query("survey_deliveries")
    assert sent["customer_id"].tolist() == ["ana", "bea", "cid"]  # ana's by its order
    found = satisfaction.answers(given, least=1)
    made = satisfaction.late_deliveries(given, found, 5)
    table = made.tables()["late_scores"]
    assert table["nps"].tolist() == [-100, 100]
    assert table["answers"].tolist() == [1, 1]
    assert str(made).startswith("NPS after a delivery of more than 5 days: -100.0")
    # without a promise, twice the median of 2 and 8, the lower: 4
    assert "more than 4 days" in str(satisfaction.late_deliveries(given, found))
    assert "to compare them" in str(satisfaction.late_deliveries(given, found, 9))
    assert "'deliveries'" in str(satisfaction.late_deliveries(dataset(rows(SEVEN)), found))


# --- demo, and properties ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo() -> Dataset:
    return open_dataset("demo")


def test_the_profile_says_what_the_notebook_says(demo: Dataset) -> None:
    found = satisfaction.answers(demo)
    assert isinstance(found, Answers)
    profile = satisfaction.profile(demo)
    told = found.lately.set_index("customer_id")
    assert profile.loc[told.index, "nps_score"].tolist() == told["score"].tolist()
    listed = satisfaction.detractors(demo, found, satisfaction.customers_of(demo, found))
    table = listed.tables()["detractors"].set_index("customer_id")
    assert (profile.loc[table.index, "nps_score"] <= 6).all()
    assert table["net_sales"].dropna().is_monotonic_decreasing
    assert set(table["abc"].head(listed.findings()[0].value)) == {"A"}


def test_demo_is_heard_as_it_was_made(demo: Dataset) -> None:
    """Orders of more than 5 days lower satisfaction there (`analysis.demo.behaviour`)."""
    found = satisfaction.answers(demo)
    made = satisfaction.late_deliveries(demo, found)
    found = made.findings()[0]
    assert found.value < found.usual - 50
    assert found.good is False
    assert str(made).endswith("a clear difference.")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 10), min_size=1, max_size=60))
def test_turned_round_the_nps_is_its_negative(scores: list[int]) -> None:
    ups, downs = sum(score > 8 for score in scores), sum(score < 7 for score in scores)
    low, high = nps_interval(ups, downs, len(scores))
    turned = nps_interval(downs, ups, len(scores))
    assert [low, high] == pytest.approx([-turned[1], -turned[0]])
    assert low <= 100 * (ups - downs) / len(scores) <= high
