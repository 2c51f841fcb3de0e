"""Every query of ``analysis/sql`` gives the same on Spark as on DuckDB, row by row, in the same order.

On the demo portfolio, and on tables of few rows in which all that engines treat differently comes together:
nulls, ties, negative money, quantities of zero, returns before the first purchase, days at the end of months
and leap days, texts with accents.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from analysis.dataset import open_dataset
from analysis.dataset.as_of import views
from analysis.dataset.customer_days import CUSTOMER_DAYS, write_customer_days
from analysis.dataset.schema import TABLES
from analysis.engine.duckdb import DuckDBEngine
from analysis.engine.queries import parameters_of
from analysis.engine.spark import SparkEngine
from tables import write_rows
from test_sql import NAMES

pytestmark = [  # sockets to Java that pyspark leaves to be collected
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
    ),
]

DAYS = [dt.date(2023, 1, 31), dt.date(2023, 2, 28), dt.date(2023, 12, 31), dt.date(2024, 1, 1)]
DAYS += [dt.date(2024, 2, 29), dt.date(2024, 3, 31), dt.date(2024, 5, 31), dt.date(2024, 6, 3)]
VALUES = {
    "identifier": ["1", "2", "3", "10"],
    "text": ["á", "a", "A", "ñ", "z"],
    "money": [0, 1, 1, -2, 0.05, 3.3333],
    "number": [0, 1, 2, -1, 10],
    "percent": [0, 0.5, 1],
    "date": DAYS,
    "month": [dt.date(2024, 2, 1), dt.date(2024, 3, 1)],
}
KEYS = {
    "customers": "customer_id",
    "leads": "lead_id",
    "contracts": "contract_id",
    "invoices": "invoice_id",
    "market": "segment",
}
KINDS = ["sale", "sale", "sale", "return", "refund", "cancellation"]


def parameters(name: str, as_of: dt.date) -> dict[str, object]:
    """Return values for the parameters of a query."""
    year_ago = as_of - dt.timedelta(365)
    days = {"before_from": as_of - dt.timedelta(730), "before_to": year_ago, "now_from": year_ago}
    others = {"months": 3, "days": 60, "least": 1, "column": "sector", "by": "sector", "customer_id": "1"}
    known = {"as_of": as_of, "now_to": as_of, "until": as_of, "season_end": as_of, **days, **others}
    return {key: known.get(key, year_ago) for key in parameters_of(name)}


def drawn(table: str, rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw a canonical table cell by cell; one in five is missing where it may be."""
    frame = {}
    for column in TABLES[table].columns:
        if column.canonical:
            values = list(column.choices) or VALUES[column.kind]
            cells = [values[i] for i in rng.integers(len(values), size=rows)]
            missing = (rng.random(rows) < 0.2) & (column.name not in TABLES[table].required)
            frame[column.name] = [None if gone else cell for gone, cell in zip(missing, cells, strict=True)]
    if key := KEYS.get(table):
        frame[key] = [str(i) for i in range(rows)]
    return pd.DataFrame(frame, dtype="object")


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every canonical table, drawn."""
    folder, rng = tmp_path_factory.mktemp("nasty"), np.random.default_rng(19)
    for name in TABLES:
        frame = drawn(name, 120, rng)
        if name == "transactions":
            frame["kind"] = rng.choice(KINDS, len(frame))
        write_rows(folder, name, frame)
    with duckdb.connect() as connection:
        write_customer_days(connection, folder / "transactions.parquet", folder / f"{CUSTOMER_DAYS}.parquet")
    return folder


@pytest.fixture(scope="module", params=["demo", "nasty"])
def engines(request, spark):
    """DuckDB and Spark over the same tables, and the last day that counts."""
    if request.param == "demo":
        dataset = open_dataset("demo")
        folder, as_of = dataset.folder, dataset.as_of
    else:
        folder, as_of = request.getfixturevalue("nasty"), dt.date(2024, 6, 1)
    paths = {name: folder / f"{name}.parquet" for name in (*TABLES, CUSTOMER_DAYS)}
    seen = views(paths, as_of)
    return DuckDBEngine(paths, seen), SparkEngine(spark(), paths, seen), as_of


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_both_engines_agree(engines, name):
    ours, spark, as_of = engines
    given = parameters(name, as_of)
    expected, found = ours.query(name, **given), spark.query(name, **given)
    assert list(found.columns) == list(expected.columns)
    found, expected = (rows.dropna(axis="columns", how="all") for rows in (found, expected))
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-7, atol=1.1e-4)
    assert [_kind(found[name]) for name in found] == [_kind(expected[name]) for name in found]


def _kind(column: pd.Series) -> str:
    """Return what a column holds; sums of whole numbers are of either kind of number."""
    return "number" if column.dtype.kind in "iuf" else str(column.dtype)


@pytest.mark.slow
def test_days_of_the_first_years_are_taken_as_parameters(engines):
    ours, spark, _as_of = engines
    found = [engine.query("rows_after", as_of=dt.date.min)["rows"].tolist() for engine in (ours, spark)]
    assert found[0] == found[1] != []
