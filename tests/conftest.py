"""Data that can be checked by hand, and an engine over any frame of canonical transactions."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import pytest

from analysis.dataset import parts
from analysis.dataset.as_of import views
from analysis.dataset.cache import MARKER
from analysis.dataset.customer_days import CUSTOMER_DAYS, write_customer_days
from analysis.dataset.dataset import Dataset, open_dataset
from analysis.engine.duckdb import DuckDBEngine
from analysis.engine.spark import session
from analysis.errors import CarteraError
from analysis.language import use_language
from analysis.report.printing import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pyspark.sql import SparkSession

AS_OF = dt.date(2024, 4, 15)

# What a shell starts in the background does not hear Ctrl-C, nor do its children; these tests need it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Six customers from January to 15 April 2024. By hand:
#
#        purchase days              net sales  days since last  gaps
# ana    5 Jan, 10 Feb, 1 Mar, 10 Apr     300   5               36, 20, 40
# bea    20 Jan, 20 Mar                    80  26               60
# carl   31 Jan (for nothing)               0  75
# dora   15 Feb                  200−50−10=140  60
# eve    none: she only returned           −5   –
# fay    31 Mar                           500  15
# all                                    1015
#
# Gross 110+20+80+60+40 + 50+30 + 0 + 220 + 500 = 1110; discounts 10+20 = 30; returns 50+5 = 55;
# cancellations 10; net 1110−30−55−10 = 1015. Cost 60+150−40+300 = 470 on net sales of 100+200−50+500 = 750.
SIX_CUSTOMERS = [
    # customer, date, kind, amount, order, gross, discount, cost
    ("ana", "2024-01-05", "sale", 100, "o1", 110, 10, 60),
    ("ana", "2024-01-05", "sale", 20, "o2", 20, 0, None),
    ("ana", "2024-02-10", "sale", 80, "o3", None, None, None),
    ("ana", "2024-03-01", "sale", 60, "o4", 60, 0, None),
    ("ana", "2024-04-10", "sale", 40, "o5", 40, 0, None),
    ("bea", "2024-01-20", "sale", 50, None, 50, 0, None),
    ("bea", "2024-03-20", "sale", 30, None, 30, 0, None),
    ("carl", "2024-01-31", "sale", 0, "o6", 0, 0, None),
    ("dora", "2024-02-15", "sale", 200, "o7", None, 20, 150),
    ("dora", "2024-03-02", "return", -50, "o7", None, None, -40),
    ("dora", "2024-03-05", "cancellation", -10, "o9", None, None, None),
    ("eve", "2024-02-20", "return", -5, None, None, None, None),
    ("fay", "2024-03-31", "sale", 500, "o8", 500, 0, 300),
]
NAMES = ["customer_id", "date", "kind", "amount", "order_id", "gross_amount", "discount", "cost"]

_CANONICAL = """
    select
        cast(customer_id as varchar) as customer_id, cast(date as date) as date,
        cast(kind as varchar) as kind,
        cast(amount as decimal(18, 4)) as amount, cast(order_id as varchar) as order_id,
        cast(null as varchar) as product_id, cast(null as varchar) as category,
        cast(null as decimal(18, 4)) as quantity, cast(gross_amount as decimal(18, 4)) as gross_amount,
        cast(discount as decimal(18, 4)) as discount, cast(cost as decimal(18, 4)) as cost,
        cast(null as varchar) as channel, cast(null as varchar) as salesperson
    from given
"""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Every test starts in English, whatever the one before left behind."""
    use_language("en")
    yield
    use_language("en")


@pytest.fixture
def six_customers() -> pd.DataFrame:
    """Return the canonical transactions of six customers, small enough to check by hand."""
    return transactions(SIX_CUSTOMERS)


@pytest.fixture(scope="session")
def engine_over(tmp_path_factory: pytest.TempPathFactory) -> Callable[[pd.DataFrame], DuckDBEngine]:
    """Return a function that puts a frame of canonical transactions under an engine, as known on a day."""

    def over(frame: pd.DataFrame, known_on: dt.date = dt.date.max) -> DuckDBEngine:
        folder = Path(tmp_path_factory.mktemp("engine"))
        paths = {name: folder / f"{name}.parquet" for name in ("transactions", CUSTOMER_DAYS)}
        with duckdb.connect() as connection:
            connection.register("given", frame.reindex(columns=NAMES))
            connection.sql(_CANONICAL).write_parquet(str(paths["transactions"]))
            write_customer_days(connection, *paths.values())
        return DuckDBEngine(paths, views(paths, known_on))

    return over


@pytest.fixture(scope="session")
def demo() -> Dataset:
    """Return the demo portfolio."""
    return open_dataset("demo")


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Return the demo portfolio, read as if its 4,000 customers were many: in four parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARTERA_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(parts, "LARGE", 3_000)
        patch.setattr(parts, "PART", 1_000)
        return open_dataset("demo")


@pytest.fixture(scope="session")
def data_over(
    engine_over: Callable[[pd.DataFrame], DuckDBEngine], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[pd.DataFrame, dt.date], Dataset]:
    """Return a function that makes a data set of a frame of canonical transactions, and of nothing else."""

    def over(frame: pd.DataFrame, as_of: dt.date) -> Dataset:
        folder, tables = tmp_path_factory.mktemp("data"), {"transactions": frozenset[str]()}
        (folder / MARKER).write_text("given")
        return Dataset("given", engine_over(frame), as_of, None, tables, {}, (), {}, folder)

    return over


def transactions(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """Return rows of customer, date, kind, amount and, where given, order, gross, discount and cost."""
    width = len(rows[0]) if rows else len(NAMES)
    return pd.DataFrame(rows, columns=NAMES[:width]).reindex(columns=NAMES)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of Chromium, Chrome or Edge; without one, skip unless CARTERA_BROWSER is "required"."""
    try:
        return find_browser()
    except CarteraError:
        reason = "no Chromium, Chrome or Edge is installed"
        (pytest.fail if os.environ.get("CARTERA_BROWSER") == "required" else pytest.skip)(reason)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Return that browser, started; its loop of events must end before tests that have one of their own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


TINY = {
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",  # compiling takes longer than these tables do
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""Settings with which Spark is quick on few rows."""


@pytest.fixture(scope="session")
def spark() -> Iterator[Callable[[], SparkSession]]:
    """Give what makes a session on the one Spark of this test run.

    Skip where there can be none, unless ``CARTERA_SPARK`` is ``required``.
    """
    lacks = "" if shutil.which("java") or "JAVA_HOME" in os.environ else "Java is not there"
    if find_spec("pyspark") is None:
        lacks = "pyspark is not there"
    if lacks:
        (pytest.fail if os.environ.get("CARTERA_SPARK") == "required" else pytest.skip)(lacks)
    first = session("local[2]", TINY)
    yield first.newSession
    first.stop()
