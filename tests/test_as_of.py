"""What was known on a day: rows, events, and what came with them; all tables can be checked by hand."""

import datetime as dt

import pandas as pd
import pytest

from analysis.dataset.as_of import records_until, views
from analysis.dataset.quality import Quality
from analysis.dataset.schema import TABLES
from analysis.engine import queries as engine_module
from analysis.engine.duckdb import DuckDBEngine
from tables import write_table

AS_OF = dt.date(2024, 3, 31)


@pytest.fixture
def seen(tmp_path, monkeypatch):
    """Return a function that gives the rows of a table as they were known on ``AS_OF``."""

    def rows(name, text):
        path = write_table(tmp_path, name, text)
        monkeypatch.setattr(engine_module, "sql_text", lambda _name: f"select * from {name} order by all")
        frame = DuckDBEngine({name: path}, views([name], AS_OF)).query("anything")
        return [tuple(_plain(cell) for cell in row) for row in frame[text.split("\n")[1].split()].to_numpy()]

    return rows


def _plain(cell):
    if pd.isna(cell):
        return None
    return str(cell.date()) if isinstance(cell, pd.Timestamp) else cell


def test_an_invoice_paid_later_is_open(seen):
    assert seen(
        "invoices",
        """
        invoice_id customer_id issued due paid amount paid_amount
        F1 A 2024-01-10 2024-02-10 2024-02-09 100 100
        F2 A 2024-02-10 2024-03-10 2024-04-01 100 100
        F3 B 2024-03-20 2024-04-20 - 100 40
        F4 B 2024-03-31 2024-04-30 2024-03-31 100 100
        F5 B 2024-04-01 2024-05-01 2024-04-01 100 100
        """,
    ) == [
        ("F1", "A", "2024-01-10", "2024-02-10", "2024-02-09", 100, 100),
        ("F2", "A", "2024-02-10", "2024-03-10", None, 100, None),
        ("F3", "B", "2024-03-20", "2024-04-20", None, 100, 40),
        ("F4", "B", "2024-03-31", "2024-04-30", "2024-03-31", 100, 100),
    ]


def test_a_lead_won_later_is_not_won(seen):
    assert seen(
        "leads",
        """
        lead_id created stage qualified advanced won lost customer_id
        L1 2024-01-10 customer 2024-01-20 2024-02-01 2024-03-01 - C1
        L2 2024-01-10 customer 2024-01-20 2024-02-01 2024-04-01 - C2
        L3 2024-01-10 lost 2024-01-20 - - 2024-04-02 -
        L4 2024-01-10 lost - - - 2024-03-02 -
        L5 2024-01-10 customer 2024-04-10 2024-04-11 2024-04-12 - C5
        L6 2024-04-01 lead - - - - -
        """,
    ) == [
        ("L1", "2024-01-10", "customer", "2024-01-20", "2024-02-01", "2024-03-01", None, "C1"),
        ("L2", "2024-01-10", "potential", "2024-01-20", "2024-02-01", None, None, None),
        ("L3", "2024-01-10", "prospect", "2024-01-20", None, None, None, None),
        ("L4", "2024-01-10", "lost", None, None, None, "2024-03-02", None),
        ("L5", "2024-01-10", "lead", None, None, None, None, None),
    ]


def test_a_next_step_planned_at_a_later_contact_is_not_known(seen):
    """The day of the next step itself may lie ahead."""
    assert seen(
        "leads",
        """
        lead_id created last_contact next_action
        L1 2024-01-10 2024-03-30 2024-04-15
        L2 2024-01-10 2024-04-02 2024-04-15
        L3 2024-01-10 - 2024-04-15
        """,
    ) == [
        ("L1", "2024-01-10", "2024-03-30", "2024-04-15"),
        ("L2", "2024-01-10", None, None),
        ("L3", "2024-01-10", None, "2024-04-15"),
    ]


def test_a_stage_is_worked_out_where_it_is_not_written_and_kept_where_no_event_is_later(seen):
    assert seen(
        "leads",
        """
        lead_id created stage qualified won
        L1 2024-01-10 - - 2024-03-01
        L2 2024-01-10 - 2024-03-31 -
        L3 2024-01-10 - - -
        L4 2024-01-10 potential - -
        L5 2024-01-10 lost 2024-02-01 -
        """,
    ) == [
        ("L1", "2024-01-10", "customer", None, "2024-03-01"),
        ("L2", "2024-01-10", "prospect", "2024-03-31", None),
        ("L3", "2024-01-10", "lead", None, None),
        ("L4", "2024-01-10", "potential", None, None),
        ("L5", "2024-01-10", "lost", "2024-02-01", None),
    ]


def test_a_contract_that_ends_later_runs_and_an_order_that_arrives_later_is_under_way(seen):
    assert seen(
        "contracts",
        """
        customer_id started ended
        A 2023-04-01 2024-03-31
        B 2023-04-01 2024-04-01
        C 2024-04-01 -
        """,
    ) == [("A", "2023-04-01", "2024-03-31"), ("B", "2023-04-01", None)]
    assert seen(
        "deliveries",
        """
        order_id ordered delivered
        P1 2024-03-30 2024-04-02
        P2 2024-03-30 2024-03-31
        """,
    ) == [("P1", "2024-03-30", None), ("P2", "2024-03-30", "2024-03-31")]


def test_rows_without_a_day_are_always_seen(seen):
    assert seen("stock", "\nproduct_id on_hand date\nX 5 2024-03-31\nY 6 2024-04-01\nZ 7 -\n") == [
        ("X", 5, "2024-03-31"),
        ("Z", 7, None),
    ]
    assert seen("market", "\nsegment size\nHogar 100\n") == [("Hogar", 100)]
    assert seen("customers", "\ncustomer_id first_contact\nA 2024-04-01\nB 2024-03-01\n") == [
        ("A", None),
        ("B", "2024-03-01"),
    ]


def test_all_rows_stay_within_reach(tmp_path, monkeypatch):
    path = write_table(tmp_path, "spend", "month amount\n2024-03-01 5\n2024-04-01 6\n")
    monkeypatch.setattr(
        engine_module,
        "sql_text",
        lambda _name: "select (select sum(amount) from all_spend), (select sum(amount) from spend)",
    )
    engine = DuckDBEngine({"spend": path}, views(["spend"], AS_OF))
    assert list(engine.query("anything").iloc[0]) == [11, 5]


def test_every_table_can_be_seen(tmp_path):
    """The query of each table names columns that it has."""
    tables = {
        name: write_table(tmp_path, name, f"{table.canonical[0]}\n-\n") for name, table in TABLES.items()
    }
    DuckDBEngine(tables, views(tables, AS_OF))


def test_the_account_says_how_many_rows_are_not_seen(tmp_path):
    write_table(
        tmp_path, "surveys", "customer_id date score\nA 2024-03-31 9\nA 2024-04-01 9\nB 2024-04-02 3\n"
    )
    quality = records_until(Quality(pd.DataFrame(), pd.DataFrame()), "surveys", tmp_path, AS_OF)
    assert quality.assumptions == ["Rows kept that are dated after 31 Mar 2024 and are not seen: 2."]
    assert not records_until(quality, "surveys", tmp_path, dt.date(2024, 4, 2)).facts[1:]
