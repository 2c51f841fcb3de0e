"""The queries: their text keeps to what DuckDB and Spark share, their results can be checked by hand."""

from __future__ import annotations

import datetime as dt
import gc
import re
import tempfile
from importlib import resources

import duckdb
import pandas as pd
import pytest

from analysis.dataset.as_of import views
from analysis.engine import duckdb as engine_module
from analysis.engine.duckdb import DuckDBEngine
from analysis.engine.queries import sql_text
from conftest import AS_OF, transactions
from tables import write_sales, write_table

NAMES = sorted(
    path.name.removesuffix(".sql")
    for path in (resources.files("analysis") / "sql").iterdir()
    if path.name.endswith(".sql")
)
FUNCTIONS = {
    *("abs", "avg", "cast", "coalesce", "count", "day", "greatest", "lag", "lead", "least"),
    *("make_date", "max", "max_by", "min", "min_by", "month", "nullif", "rank", "row_number", "sum", "year"),
}
WORDS_BEFORE_PARENTHESIS = {
    "and",
    "as",
    "by",
    "decimal",
    "else",
    "in",
    "join",
    "not",
    "on",
    "or",
    "over",
    "then",
    "when",
}
NOT_PORTABLE = {
    "a cast with ::": r"::",
    "filter (where …)": r"\bfilter\s*\(",
    "group by all": r"\bgroup\s+by\s+all\b",
    "interval arithmetic": r"\binterval\b",
    "qualify": r"\bqualify\b",
    "select * exclude": r"\*\s*exclude\b",
    "a quoted name": r'"',
    "a window between days": r"\brange\s+between\b",
    "distinct on": r"\bdistinct\s+on\b",
    "ilike": r"\bilike\b",
}


def code(name: str) -> str:
    """Return the text of a query without comments and strings, in small letters."""
    return re.sub(r"'[^']*'", "''", re.sub(r"--.*", "", sql_text(name))).lower()


@pytest.mark.parametrize("name", NAMES)
def test_text_is_portable(name):
    found = [what for what, pattern in NOT_PORTABLE.items() if re.search(pattern, code(name))]
    called = set(re.findall(r"\b([a-z_]\w*)\s*\(", code(name))) - WORDS_BEFORE_PARENTHESIS
    assert found == []
    assert called <= FUNCTIONS, f"not known to both engines: {called - FUNCTIONS}"


@pytest.mark.parametrize("name", NAMES)
def test_text_says_what_one_row_is(name):
    first = sql_text(name).splitlines()[0]
    assert first.startswith("-- ")
    assert "row" in first


def test_customers(six_customers, engine_over):
    rows = engine_over(six_customers).query("customers", as_of=AS_OF).set_index("customer_id")
    assert rows.index.tolist() == ["ana", "bea", "carl", "dora", "eve", "fay"]
    assert rows["first_purchase"].dt.strftime("%m-%d").tolist()[:4] == ["01-05", "01-20", "01-31", "02-15"]
    assert rows["last_purchase"].dt.strftime("%m-%d").tolist()[:4] == ["04-10", "03-20", "01-31", "02-15"]
    assert rows["purchase_days"].tolist() == [4, 2, 1, 1, 0, 1]
    assert rows["x"].tolist() == [3, 1, 0, 0, 0, 0]
    assert rows["orders"].tolist() == [5, 2, 1, 1, 0, 1]  # ana: two on 5 January; bea: days, orders unknown
    assert rows["sales"].tolist() == [300, 80, 0, 200, 0, 500]
    assert rows["returns"].tolist() == [0, 0, 0, -60, -5, 0]
    assert rows["net_sales"].tolist() == [300, 80, 0, 140, -5, 500]
    assert rows["cost"].fillna(-1).tolist() == [60, -1, -1, 110, -1, 300]
    # ana: (80 + 60 + 40) ÷ 3 repeat purchase days; bea: 30 ÷ 1; the others never came back
    assert rows["repeat_value"].fillna(-1).tolist() == [60, 30, -1, -1, -1, -1]
    assert rows.loc["eve", ["first_purchase", "last_purchase"]].isna().all()


def test_customers_end_at_as_of(six_customers, engine_over):
    rows = engine_over(six_customers).query("customers", as_of=pd.Timestamp("2024-02-10").date())
    assert rows["customer_id"].tolist() == ["ana", "bea", "carl"]
    assert rows["net_sales"].tolist() == [200, 50, 0]


def test_sales_bridge(six_customers, engine_over):
    row = engine_over(six_customers).query("sales_bridge", as_of=AS_OF).iloc[0]
    assert row["gross_sales"] == 1110
    assert row["discounts"] == -30
    assert row["returns"] == -55
    assert row["cancellations"] == -10
    assert row["net_sales"] == 1015
    assert row["cost"] == 470
    assert row["net_sales_with_cost"] == 750
    assert row["transactions"] == 13


def test_sales_by_period(six_customers, engine_over):
    rows = engine_over(six_customers).query("sales_by_period", as_of=AS_OF, period="month")
    assert rows["period"].dt.strftime("%Y-%m-%d").tolist() == [f"2024-0{month}-01" for month in (1, 2, 3, 4)]
    assert rows["customers"].tolist() == [3, 2, 3, 1]
    assert rows["purchases"].tolist() == [3, 2, 3, 1]
    assert rows["sales"].tolist() == [170, 280, 590, 40]
    assert rows["net_sales"].tolist() == [170, 275, 530, 40]
    assert rows["last_day"].dt.day.tolist() == [31, 20, 31, 10]


def test_sales_by_quarter(six_customers, engine_over):
    rows = engine_over(six_customers).query("sales_by_period", as_of=AS_OF, period="quarter")
    assert rows["customers"].tolist() == [5, 1]
    assert rows["purchases"].tolist() == [8, 1]


def test_customer_flow(six_customers, engine_over):
    rows = engine_over(six_customers).query("customer_flow", as_of=AS_OF, period="month")
    steps = {
        (number - 2024 * 12 + 1, status): (customers, before, now, kept)
        for number, status, customers, before, now, kept, _day in rows.itertuples(index=False)
    }
    assert rows["first_day"].min() == pd.Timestamp("2024-01-05")
    assert steps == {
        (1, "new"): (3, 0, 170, 0),  # ana, bea, carl
        (2, "retained"): (1, 120, 80, 80),  # ana
        (2, "new"): (1, 0, 200, 0),  # dora
        (2, "lost"): (2, 50, 0, 0),  # bea, carl
        (2, "returned"): (1, 0, -5, -5),  # eve
        (3, "retained"): (1, 80, 60, 60),  # ana
        (3, "reactivated"): (1, 0, 30, 0),  # bea
        (3, "new"): (1, 0, 500, 0),  # fay
        (3, "lost"): (1, 200, -60, -60),  # dora gave back
        (3, "returned"): (1, -5, 0, -5),  # eve
        (4, "retained"): (1, 60, 40, 40),  # ana
        (4, "lost"): (2, 530, 0, 0),  # bea, fay
        (4, "returned"): (1, -60, 0, -60),  # dora
    }


def test_customer_main_value(tmp_path):
    """Within the twelve months to 15 April 2024: ana 9 from Leo against 8 from Mia; bea's are too old."""
    path = write_table(
        tmp_path,
        "transactions",
        """
        customer_id date amount salesperson
        ana 2023-04-15 99 Mia
        ana 2023-04-16 8 Mia
        ana 2024-01-01 4 Leo
        ana 2024-04-15 5 Leo
        bea 2023-01-01 9 Leo
        """,
    )
    rows = DuckDBEngine({"transactions": path}).query(
        "customer_main_value", column="salesperson", as_of=AS_OF
    )
    assert rows.to_numpy().tolist() == [["ana", "Leo"]]


def test_customers_compared(six_customers, engine_over):
    """January against March 2024: dora bought between the two and gave back in March."""
    days = {"before_from": "2024-01-01", "before_to": "2024-01-31", "now_from": "2024-03-01"}
    days = {name: dt.date.fromisoformat(day) for name, day in days.items()} | {"now_to": dt.date(2024, 3, 31)}
    rows = engine_over(six_customers).query("customers_compared", **days).set_index("customer_id")
    assert rows.index.tolist() == ["ana", "bea", "carl", "dora", "fay"]
    assert rows["meanwhile"].tolist() == [1, 0, 0, 1, 0]
    assert rows["purchases_before"].tolist() == [1, 1, 1, 0, 0]
    assert rows["purchases_now"].tolist() == [1, 1, 0, 0, 1]
    assert rows["net_before"].tolist() == [120, 50, 0, 0, 0]
    assert rows["net_now"].tolist() == [60, 30, 0, -60, 500]
    assert rows["cost_now"].fillna(-1).tolist() == [-1, -1, -1, -40, 300]
    assert rows["known_now"].tolist() == [0, 0, 0, -50, 500]


@pytest.mark.parametrize("name", ["customer_margins", "customer_trend"])
def test_sums_do_not_depend_on_the_order_of_rows(name, engine_over):
    """The same sales of ninety days, from the first to the last day and the other way round."""
    days = pd.date_range("2023-05-01", periods=90).strftime("%Y-%m-%d")
    money = [(37 * i % 91 + 0.1, 29 * i % 83 / 3) for i in range(90)]
    sums = [
        engine_over(
            transactions(
                [("a", "2022-01-01", "sale", 1, None, None, None, None)]
                + [
                    ("a", day, "sale", amount, None, None, None, cost)
                    for day, (amount, cost) in zip(days, order, strict=True)
                ]
            )
        ).query(name, as_of=AS_OF)
        for order in (money, money[::-1])
    ]
    pd.testing.assert_frame_equal(*sums, check_exact=True)


def test_what_was_not_delivered_does_not_depend_on_the_order_of_rows(tmp_path):
    """Of each order a part of one unit lacks, at a price of a third, two thirds, and so on."""
    sold, sent = (
        [f"a 2024-01-01 {i} 3 {i}" for i in range(1, 40)],
        [f"{i} a 2024-01-01 2024-01-02 1 0.{i}" for i in range(1, 40)],
    )
    sums = []
    for step in (1, -1):
        (folder := tmp_path / str(step)).mkdir()
        sales = write_sales(folder, "\n".join(["customer_id date order_id quantity amount", *sold[::step]]))
        head = "order_id customer_id ordered delivered quantity_ordered quantity_delivered"
        path = write_table(folder, "deliveries", "\n".join([head, *sent[::step]]))
        engine = DuckDBEngine(sales | {"deliveries": path})
        sums.append(engine.query("delivery_days", as_of=AS_OF, since=dt.date(2023, 1, 1), least=0.0))
    pd.testing.assert_frame_equal(*sums, check_exact=True)


def test_cohorts(six_customers, engine_over):
    rows = engine_over(six_customers).query("cohorts", as_of=AS_OF, period="month")
    cells = [
        (cohort.month, period.month, customers, purchases, net_sales)
        for cohort, period, customers, purchases, net_sales in rows.itertuples(index=False)
    ]
    assert cells == [
        (1, 1, 3, 3, 170),
        (1, 2, 1, 1, 80),
        (1, 3, 2, 2, 90),
        (1, 4, 1, 1, 40),
        (2, 2, 1, 1, 200),
        (2, 3, 0, 0, -60),  # dora's return and cancellation
        (3, 3, 1, 1, 500),
    ]


def test_purchase_gaps(six_customers, engine_over):
    rows = engine_over(six_customers).query("purchase_gaps", as_of=AS_OF).dropna()
    assert sorted((rows["date"] - rows["previous"]).dt.days) == [20, 36, 40, 60]
    assert rows["gaps"].tolist() == [1, 1, 1, 1]


def test_contract_terms(tmp_path):
    path = write_table(
        tmp_path,
        "contracts",
        """
        contract_id customer_id started ended plan price
        K3 bea 2024-02-01 - plus 240
        K1 ana 2023-01-01 2023-12-31 basic 100
        K2 ana 2024-01-01 2024-12-31 basic 110
        K4 carl 2024-05-01 - basic 120
        """,
    )
    rows = DuckDBEngine({"contracts": path}, views(["contracts"], AS_OF)).query("contract_terms")
    assert rows["contract_id"].tolist() == ["K1", "K2", "K3"]  # K4 starts after the last day that counts
    assert rows["ended"].dt.strftime("%Y-%m-%d").tolist()[0] == "2023-12-31"
    assert rows["ended"].isna().tolist() == [False, True, True]  # K2 ends after it
    assert rows["price"].tolist() == [100, 110, 240]


def test_acquisition_spend(tmp_path):
    path = write_table(
        tmp_path,
        "spend",
        """
        month channel kind amount
        2023-12-01 web ads 100
        2023-12-01 web tools 20.5
        2024-01-01 - rent 7
        2099-01-01 web ads 1000
        """,
    )
    rows = DuckDBEngine({"spend": path}, views(["spend"], AS_OF)).query("acquisition_spend")
    assert rows["amount"].tolist() == [120.5, 7]  # the last month has not begun
    assert rows["channel"].tolist()[:1] == ["web"]
    assert rows["channel"].isna().tolist() == [False, True]


def test_queries_hold_no_more_than_they_may(tmp_path, monkeypatch):
    """What exceeds 100 MB goes to a folder of temporary files, which is there until the engine is not."""
    path, spill = tmp_path / "transactions.parquet", tmp_path / "spill"
    spill.mkdir()
    sales = """
        select 'c' || hash(i) % 200000 as customer_id, date '2024-01-01' + cast(i % 900 as integer) as date,
               'sale' as kind, 'o' || i as order_id, 1.5 as amount, 1.5 as gross_amount, 0.0 as discount,
               1.0 as cost
        from range(500000) t(i)
    """
    with duckdb.connect() as connection:
        connection.sql(sales).write_parquet(str(path))
    monkeypatch.setattr(tempfile, "tempdir", str(spill))
    monkeypatch.setattr(engine_module, "MEMORY", "100MB")
    engine = DuckDBEngine({"transactions": path})
    engine._connection.execute("set threads = 2")
    assert engine.query("customer_days")["orders"].sum() == 500_000
    assert len(list(spill.iterdir())) == 1
    del engine
    gc.collect()
    assert not list(spill.iterdir())
