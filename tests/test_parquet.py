"""Parquet files of any kind: read right, or refused by the name of the column that cannot be read."""

import datetime as dt
import struct
import time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis import open_dataset
from analysis.errors import CarteraError
from intake import account, amounts, few, kept

DAYS = pa.array([dt.date(2024, 1, 31), dt.date(2024, 2, 1)])
GOOD = {"customer": pa.array(["A", "B"]), "date": DAYS, "amount": pa.array([5.0, 6.0])}
NO_UTF8 = pa.Array.from_buffers(
    pa.string(), 2, [None, pa.py_buffer(struct.pack("<3i", 0, 5, 6)), pa.py_buffer(b"Mu\xf1oz1")]
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTERA_CACHE", str(tmp_path / "cache"))


def _write(folder, columns, **options):
    path = folder / "sales.parquet"
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path, **options)
    return str(path)


def _sentence(path):
    with pytest.raises(CarteraError) as error:
        open_dataset(path)
    return str(error.value)


def test_text_without_a_word_that_it_is_text(tmp_path):
    columns = {name: [str(value).encode() for value in cells.to_pylist()] for name, cells in GOOD.items()}
    columns["customer"] = ["Muñoz".encode(), b"Mu\xf1oz"]
    dataset = open_dataset(_write(tmp_path, columns))
    assert list(kept(dataset)["customer_id"]) == ["Muñoz", r"Mu\xF1oz"]
    assert amounts(dataset) == [5, 6]


@pytest.mark.parametrize("column", ["customer", "amount", "note"])
def test_text_that_is_not_utf8(tmp_path, column):
    assert _sentence(_write(tmp_path, GOOD | {column: NO_UTF8})) == (
        f"Column '{column}' of sales.parquet cannot be read: it holds text that is not UTF-8. "
        "Export the file again."
    )


def test_a_damaged_page_is_found_by_its_column(tmp_path):
    rows = 20_000
    columns = {
        "customer": [f"c{i}" for i in range(rows)],
        "date": [dt.date(2024, 1, 1)] * rows,
        "amount": [i * 1.5 for i in range(rows)],
    }
    path = _write(tmp_path, columns, use_dictionary=False, row_group_size=5_000)
    content = bytearray(Path(path).read_bytes())
    at = pq.ParquetFile(path).metadata.row_group(2).column(2).data_page_offset
    content[at + 40 : at + 80] = b"\xff" * 40
    Path(path).write_bytes(content)
    assert _sentence(path) == (
        "Column 'amount' of sales.parquet cannot be read: it is damaged. Export the file again."
    )


@pytest.mark.parametrize(
    "cells",
    few(
        3,
        [
            pa.array([[1], [2]]),
            pa.array([{"a": 1}, {"a": 2}]),
            pa.array([b"\x00\xff", b"x"]),
            pa.array([[Decimal(1)], [Decimal(2)]]),
            pa.array([[dt.date(2024, 1, 1)], []]),
            pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
            pa.array([dt.time(1), dt.time(2)]),
            pa.array([True, False]),
        ],
    ),
    ids=str,
)
def test_columns_of_other_types(tmp_path, cells):
    for column in ("customer", "currency", "note"):
        named = GOOD | {column: cells} | ({"currency": cells} if column == "currency" else {})
        settings = f"currency: EUR\ntransactions:\n  file: sales.parquet\n  columns: {{currency: {column}}}\n"
        path = _write(tmp_path, named)
        if column == "currency":
            (tmp_path / "dataset.yml").write_text(settings)
            assert "none of the 2 rows can be used. Left out: Another currency: 2" in _sentence(
                str(tmp_path / "dataset.yml")
            )
        else:
            assert amounts(open_dataset(path)) == [5, 6]
    for column, reason in (("date", "Date"), ("amount", "Amount")):
        sentence = _sentence(_write(tmp_path, GOOD | {column: cells}))
        assert f"none of the 2 rows can be used. Rejected: {reason} cannot be read: 2." in sentence


def test_names_that_repeat_are_empty_or_long(tmp_path):
    names = [
        "customer",
        "date",
        "amount",
        "",
        "x" * 100_000,
        "note",
        "NOTE",
        "a\"b'\n;{x}",
        "filename",
        "r_0",
    ]
    cells = [*GOOD.values(), *[GOOD["amount"]] * (len(names) - 3)]
    assert amounts(open_dataset(_write(tmp_path, pa.Table.from_arrays(cells, names=names)))) == [5, 6]
    for twice in ("amount", "Amount"):
        table = pa.Table.from_arrays([*GOOD.values(), GOOD["amount"]], names=[*GOOD, twice])
        assert "sales.parquet has the column 'amount' twice" in _sentence(_write(tmp_path, table))


def test_no_columns_and_no_rows(tmp_path):
    assert "sales.parquet begins like a Parquet file but cannot be read" in _sentence(_write(tmp_path, {}))
    empty = pa.table(GOOD).slice(0, 0)
    assert "sales.parquet has column names but no rows" in _sentence(_write(tmp_path, empty))


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process cannot be set")
def test_moments_have_the_same_day_everywhere(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "America/Bogota")
    time.tzset()
    moments = pa.array([dt.datetime(2024, 1, 31), dt.datetime(2024, 2, 1, 23)], pa.timestamp("us", "UTC"))
    dataset = open_dataset(_write(tmp_path, GOOD | {"date": moments}))
    monkeypatch.undo()
    time.tzset()
    assert account(dataset)["sale"][0] == 2
    assert [str(day) for day in kept(dataset)["date"]] == ["2024-01-31", "2024-02-01"]
