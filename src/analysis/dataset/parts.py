"""Customers of a large data set in parts, drawn by lot, so that not all need be held at once."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pandas as pd
from pandas.api.types import union_categoricals

from analysis.dataset.customer_days import CUSTOMER_DAYS
from analysis.dataset.schema import TABLES
from analysis.engine.duckdb import connect
from analysis.engine.paths import duckdb_path

LARGE = 1_000_000
"""Customers beyond which a data set is kept in parts too."""
PART = 250_000
"""Customers of a part, about."""
_BUFFERED = 50_000  # rows of each part that wait to be written together


def write_parts(folder: Path) -> None:
    """Write the tables of customers by parts, where there are more than `LARGE` customers.

    A part has all rows of its customers, in their order. Which customers it has hangs on a hash of their
    identifiers, so that any part is a sample at random, and the same rows give the same parts.

    Parameters
    ----------
    folder
        Folder of the canonical tables, left with ``<table>.part<k>.parquet``, k from 0.
    """
    days = duckdb_path(folder / f"{CUSTOMER_DAYS}.parquet")
    spill = folder / "parts"
    with connect(spill / "spill") as connection:
        count = "select count(distinct customer_id) from read_parquet(?, hive_partitioning=false)"
        customers = connection.execute(count, [days]).fetchall()[0][0]
        if customers <= LARGE:
            return
        spill.mkdir()
        connection.execute("set threads=1")
        connection.execute(f"set partitioned_write_flush_threshold={_BUFFERED}")
        for path in sorted(folder.glob("*.parquet")):
            if path.stem == CUSTOMER_DAYS or "customer_id" in _required(path.stem):
                _write_parts(connection, path, -(-customers // PART), spill / path.stem)
    shutil.rmtree(spill)


def part_files(folder: Path, table: str) -> list[Path]:
    """Return the files of the parts of a table, in their order; none where it is not kept in parts."""
    files = folder.glob(f"{table}.part*.parquet")
    return sorted(files, key=lambda path: int(path.suffixes[-2].removeprefix(".part")))


def is_part(path: Path) -> bool:
    """Tell whether a file holds a part of a table."""
    return ".part" in path.name


def narrowed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of customers with words as categories, but for identifiers, and integers in 32 bits."""
    kinds = rows.dtypes.drop("customer_id", errors="ignore")
    words = [*kinds.index[[isinstance(kind, pd.StringDtype) for kind in kinds]]]
    counts = rows.select_dtypes("int64")
    numbers = [*counts.columns[counts.abs().max() < 2**31]]
    return rows.astype(dict.fromkeys(words, "category") | dict.fromkeys(numbers, "int32"))


def together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of several parts, one after the other, column by column so that no more is held."""
    columns = {}
    for name in map(str, parts[0].columns):
        pieces = [part.pop(name) for part in parts]
        if all(isinstance(piece.dtype, pd.CategoricalDtype) for piece in pieces):
            columns[name] = pd.Series(union_categoricals(pieces, sort_categories=True))
        else:
            columns[name] = pd.concat(pieces, ignore_index=True)
    found = pd.DataFrame(columns)
    found.attrs = parts[0].attrs
    return found


def _required(name: str) -> tuple[str, ...]:
    return TABLES[name].required if name in TABLES else ()


def _write_parts(connection: duckdb.DuckDBPyConnection, path: Path, parts: int, work: Path) -> None:
    connection.read_parquet(duckdb_path(path), hive_partitioning=False).create_view("rows", replace=True)
    connection.execute(
        f"copy (select *, hash(customer_id) % {parts} as part from rows) to $1 "  # noqa: S608
        "(format parquet, partition_by part)",
        [str(work)],
    )
    for written in work.iterdir():
        (file,) = written.iterdir()
        file.rename(path.with_suffix(f".{written.name.replace('=', '')}.parquet"))
