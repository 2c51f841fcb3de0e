"""Sales of which Spark takes account come to what DuckDB makes of the same Parquet, whatever the policies.

The rows are drawn from cells that each rule looks at: customers in several spellings, that are nobody or
missing; returns, with either sign; states and documents that take back; products that are tests, postage or
tips; amounts of zero; days that are missing, impossible or to come; another currency; exact copies.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from analysis.dataset import open_dataset
from analysis.dataset.cache import read_once
from analysis.dataset.config import DatasetConfig, Policies
from analysis.dataset.intake import take_in
from analysis.dataset.lake.places import sales_of_spark
from analysis.dataset.ledger.intake_result import Records
from analysis.dataset.sources.inputs import Input, Source
from analysis.engine.paths import duckdb_path
from analysis.engine.spark import session
from analysis.errors import CarteraError
from conftest import TINY

pytestmark = [  # sockets to Java that pyspark leaves to be collected
    pytest.mark.slow,
    pytest.mark.usefixtures("spark"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
    ),
]

CELLS = {
    "customer_id": [
        "C1",
        "C2",
        " C2 ",
        "C3",
        "ana@x.es",
        "ANA@x.es",
        "Bar  Sol",
        "",
        "0",
        "000",
        "Contado",
        None,
    ],
    "date": [dt.date(2023, 1, 31), dt.date(2024, 2, 29), dt.date(2024, 5, 3), None, dt.date(1970, 1, 1)],
    "amount": [0, 10, 12.5, 3.33, -4, 0.05, 120, None],
    "product_id": ["P1", "p2", "TEST", "prueba 01", "TESTER", "POST", "Porte", "Propina", "", None],
    "description": ["Silla", "portes", "ENVIO", "-", None],
    "quantity": [1, 2, -1, 0, None],
    "unit_price": [5, 0, -1, None],
    "cost": [1, 2.5, None],
    "status": ["Paid", "Cancelada", "draft", "completed", None],
    "document_type": ["Factura", "Abono", None],
    "category": ["a", "á", " n/a ", None],
}
WEIGHTS = {"customer_id": 3, "date": 3, "amount": 3}


def drawn(rows: int, **others: list[object]) -> pd.DataFrame:
    """Draw rows cell by cell, usual cells the more often, and copies of a tenth of them."""
    rng = np.random.default_rng(19)
    frame = {}
    for name, cells in (CELLS | others).items():
        weights = np.r_[np.full(3, WEIGHTS.get(name, 1)), np.ones(len(cells))][: len(cells)]
        places = rng.choice(len(cells), size=rows, p=weights / weights.sum())
        frame[name] = [cells[i] for i in places]
    frame["order_id"] = [f"{'C' if i % 7 == 0 else 'F'}{i}" for i in range(rows)]
    copied = pd.DataFrame(frame, dtype="object")
    return pd.concat([copied, copied.iloc[::10]], ignore_index=True)


TYPES = {
    "refunded": pa.float64(),
    "date": pa.date32(),
    "amount": pa.decimal128(12, 2),
    "quantity": pa.int32(),
    "unit_price": pa.float64(),
    "cost": pa.decimal128(10, 3),
}
PLAINLY = {"blank_customer": "nobody", "refunded": "twice", "returned_amounts": "subtract"}
"""Answers without which the drawn rows would be questions."""
POLICIES = [
    (rule, choice) for rule, field in Policies.model_fields.items() for choice in get_args(field.annotation)
]


def write(frame: pd.DataFrame, path: Path, types: dict[str, pa.DataType] = TYPES) -> Path:
    """Write rows as a Parquet file with types."""
    cells = {name: pa.array(frame[name].tolist()).cast(types.get(name, pa.string())) for name in frame}
    pq.write_table(pa.table(cells), path)
    return path


def taken(engine: str, path: Path, target: Path, settings: dict[str, object]) -> Records | str:
    """Read a file with an engine into a folder; return the account, or why there is none."""
    config = DatasetConfig.model_validate({"engine": engine, "spark": TINY, "master": "local[2]"} | settings)
    source = Source("sales", {"transactions": Input((path,), config.transactions)}, config)
    target.mkdir()
    try:
        with read_once():
            return take_in(sales_of_spark(source) if engine == "spark" else source, target).sales
    except CarteraError as error:
        return str(error)


def rows(path: Path) -> list[tuple[object, ...]]:
    """Return the rows of a Parquet file or folder in one order, without the line that only files have."""
    query = "select * replace (null as line) from read_parquet(?) order by all"
    query = query if "set_aside" in path.name else "from read_parquet(?) order by all"
    return duckdb.execute(query, [duckdb_path(path)]).fetchall()


def check(path: Path, folder: Path, **settings: object) -> Records | str:
    """Check that both engines make the same of a file; return the account, or why there is none."""
    ours = taken("duckdb", path, folder / "duckdb", settings)
    spark = taken("spark", path, folder / "spark", settings)
    if isinstance(ours, str) or isinstance(spark, str):
        assert ours == spark
        return ours
    pd.testing.assert_frame_equal(spark.quality.rows, ours.quality.rows)
    pd.testing.assert_frame_equal(spark.quality.found, ours.quality.found)
    assert (spark.columns, spark.first, spark.last) == (ours.columns, ours.first, ours.last)
    assert (spark.currency, spark.read_again_on) == (ours.currency, ours.read_again_on)
    for name in ("transactions", "customer_days", "reconciliation"):
        assert rows(folder / "spark" / f"{name}.parquet") == rows(folder / "duckdb" / f"{name}.parquet")
    aside = [row[2:5] for row in rows(folder / "spark" / "set_aside_transactions.parquet")]
    assert aside == [row[2:5] for row in rows(folder / "duckdb" / "set_aside_transactions.parquet")]
    return ours


@pytest.mark.parametrize(("rule", "choice"), POLICIES)
def test_every_policy_gives_the_same_rows_and_money(tmp_path, rule, choice):
    path = write(drawn(700), tmp_path / "sales.parquet")
    found = check(path, tmp_path, transactions=PLAINLY | {"policies": {rule: choice}})
    assert isinstance(found, str) == (choice == "stop" and rule != "after_as_of")


def test_currencies_are_told_apart(tmp_path):
    path = write(drawn(700, currency=["EUR", "€", "usd", None]), tmp_path / "sales.parquet")
    (tmp_path / "one").mkdir()
    found = check(path, tmp_path / "one", currency="EUR", transactions=PLAINLY)
    assert "other_currency" in set(found.quality.rows["rule"])
    assert "mixes currencies: EUR" in check(path, tmp_path, transactions=PLAINLY)


def config(folder: Path, text: str) -> str:
    """Write a ``dataset.yml`` with settings under which Spark is quick; return its path."""
    said = {"engine": "spark", "master": "local[2]", "spark": TINY, "currency": "EUR"}
    (folder / "dataset.yml").write_text(yaml.safe_dump(said) + text, "utf-8")
    return str(folder / "dataset.yml")


SALES = pd.DataFrame(
    {
        "customer_id": ["A", "A", "B", "C", None],
        "date": [dt.date(2024, month, 1) for month in (1, 2, 2, 3, 3)],
        "amount": [10.0, 20.0, 5.0, 7.0, 1.0],
    },
    dtype="object",
)


@pytest.mark.parametrize("place", ["file: lake", "file: '{folder}/lake'", "table: 'parquet.`{folder}/lake`'"])
def test_folders_and_tables_are_read_and_questions_answered(tmp_path, place):
    folder = tmp_path / "of [a]{b} *"  # signs that are patterns elsewhere
    folder = tmp_path if "table" in place else folder
    (folder / "lake").mkdir(parents=True)
    write(SALES.iloc[:3], folder / "lake" / "one.parquet")
    write(SALES.iloc[3:], folder / "lake" / "two.parquet")
    (folder / "clientes.csv").write_text("codigo cliente;nombre\nA;Ana\nB;Bea\n", "utf-8")
    text = f"transactions:\n  {place.format(folder=folder)}\ncustomers:\n  file: clientes.csv\n"
    dataset = open_dataset(config(folder, text))
    assert dataset.query("coverage").iloc[0].tolist()[2:] == [3, 4, 42]
    assert dataset.query("customer_records")["name"].tolist() == ["Ana", "Bea"]
    assert dict(dataset.quality.rows[["rule", "rows"]].to_numpy().tolist()) == {"": 4, "no_customer": 1}
    earlier = open_dataset(config(folder, text), as_of="2024-02-28")
    assert earlier.query("coverage").iloc[0].tolist()[2:] == [2, 3, 35]
    assert earlier.quality.rows.set_index("rule")["rows"].to_dict() == {
        "": 3,
        "no_customer": 1,
        "after_as_of": 1,
    }
    earlier.export(tmp_path / "copy")
    assert len(pd.read_parquet(tmp_path / "copy" / "transactions.parquet")) == 4


def test_a_file_that_changes_is_read_again(tmp_path):
    write(SALES, tmp_path / "sales.parquet")
    said = config(tmp_path, "")
    first = open_dataset(said)
    assert open_dataset(said).folder == first.folder
    write(SALES.iloc[:2], tmp_path / "sales.parquet")
    assert open_dataset(said).query("coverage")["transactions"].tolist() == [2]


REFUSED = {
    "text": ("sales.csv", "", "no text files and no workbooks. Run 'cartera import sales.csv FOLDER'"),
    "days as text": ("sales.parquet", "", "'date' (date) holds text."),
    "refunds": ("sales.parquet", "", "'refunded' (refunded) changes what other columns mean."),
    "blanks": ("sales.parquet", "", "is not for Spark as it is"),
    "no table": ("", "transactions:\n  table: no.such\n", "no.such cannot be read by Spark: [TABLE_OR_VIEW"),
    "database": ("", "database: x.sqlite\n", "'engine: spark' reads no 'database'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_for_spark_is_refused_in_one_sentence(tmp_path, what):
    name, text, said = REFUSED[what]
    rows = SALES.astype({"date": "str"}) if what == "days as text" else SALES.copy()
    if what == "refunds":
        rows["refunded"] = 1.0
    if what == "blanks":
        rows["order_id"] = ["1", "2", "3", "4", "4"]
    if name.endswith("csv"):
        rows.to_csv(tmp_path / name, index=False)
    elif name:
        write(rows, tmp_path / name, TYPES | ({"date": pa.string()} if what == "days as text" else {}))
    with pytest.raises(CarteraError) as refused:
        open_dataset(config(tmp_path, text))
    assert said in str(refused.value)


def test_a_folder_of_delta_is_not_read_as_parquet(tmp_path):
    """Its files hold rows that were deleted, too."""
    (tmp_path / "lake" / "_delta_log").mkdir(parents=True)
    (tmp_path / "lake" / "_delta_log" / "00000000000000000000.json").write_text("{}")
    write(SALES, tmp_path / "lake" / "one.parquet")
    with pytest.raises(
        CarteraError, match=r"lake cannot be read by Spark: \[DATA_SOURCE_NOT_FOUND\].* delta"
    ):
        open_dataset(config(tmp_path, "transactions:\n  file: lake\n"))


@pytest.mark.parametrize("lacks", ["pyspark", "java"])
def test_what_is_to_be_installed_is_said(monkeypatch, lacks):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if lacks == "pyspark":
        monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(CarteraError, match=r"cartera\[spark\]" if lacks == "pyspark" else "Java 17"):
        session("local[1]", {})


def test_a_run_on_spark_finds_what_one_on_duckdb_does(tmp_path):
    """The notebooks do not know the engine: the same findings of the demo portfolio, in the same words.

    Numbers are equal but for how decimals become floats.
    """
    open_dataset("demo").export(tmp_path / "data")
    found = []
    for engine in ("duckdb", "spark"):
        said = {"engine": engine, "master": "local[2]", "spark": TINY, "currency": "EUR", "name": "demo"}
        (tmp_path / "data" / "dataset.yml").write_text(yaml.safe_dump(said), "utf-8")
        told = ["run", tmp_path / "data", "--out", tmp_path / engine]
        command = [sys.executable, "-c", "from analysis.start import main; main()", *map(str, told)]
        assert subprocess.run([*command, "--jobs", "1"], check=False).returncode == 0
        found.append(json.loads((tmp_path / engine / "findings.json").read_text("utf-8")))
    for ours, spark in zip(*found, strict=True):
        numbers = [[one[name] or 0 for name in ("value", "money", "usual")] for one in (ours, spark)]
        assert numbers[1] == pytest.approx(numbers[0], rel=1e-6)
        told = [{key: one[key] for key in ours.keys() - {"value", "money", "usual"}} for one in (ours, spark)]
        assert told[1] == told[0]
