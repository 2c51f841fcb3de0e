"""The ledger once it is written: its files, its reading, and the rows that stand in it more than once."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from analysis.dataset.config import DatasetConfig
from analysis.dataset.files.readers import RawTable, quoted
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.quality import KEPT, Note

_AT_ONCE = 8_000_000
"""Hashes of rows that are held at once, 64 MB of them."""


@dataclass(frozen=True)
class Duplicates:
    """Rows equal to an earlier one in every cell, and whether every row stands there more than once."""

    rows: int
    all_repeated: bool


@dataclass(frozen=True)
class Ledger:
    """Every raw row of a table, in the views ``ledger`` and ``settled`` of a connection.

    Parameters
    ----------
    raws
        The raw files.
    refused
        Line and text of each file's records that could not be split into cells.
    reading
        How cells were read.
    config
        What ``dataset.yml`` says.
    outcomes
        What `count_outcomes` gives.
    duplicates
        Rows that are copies.
    """

    raws: list[RawTable]
    refused: list[list[tuple[int, str]]]
    reading: Reading
    config: DatasetConfig
    outcomes: pd.DataFrame
    duplicates: Duplicates

    @property
    def rows(self) -> int:
        """All raw rows."""
        return int(self.outcomes["rows"].sum())


@dataclass(frozen=True)
class Account:
    """What is said of a table beside its rows by outcome; see `Quality`, and the SQL of the rows kept."""

    columns: list[str]
    found: pd.DataFrame
    facts: tuple[Note, ...]
    alarms: tuple[Note, ...]


def count_duplicates(connection: duckdb.DuckDBPyConnection) -> Duplicates:
    """Count the rows of the view ``ledger`` that are equal to an earlier one in every cell."""
    total = connection.execute("select count(*) from ledger").fetchall()[0][0]
    query = "select row_hash from ledger where row_hash between cast($1 as ubigint) and cast($2 as ubigint)"
    copies = copied = 0
    parts = total // _AT_ONCE + 1
    for part in range(parts):  # sorted by NumPy, since a GROUP BY of as many groups as rows is slow
        first, last = part * 2**64 // parts, (part + 1) * 2**64 // parts - 1
        hashes = np.sort(connection.execute(query, [first, last]).fetchnumpy()["row_hash"])
        is_copy = np.r_[False, hashes[1:] == hashes[:-1], False]
        copies += int(is_copy.sum())
        copied += int((is_copy[1:] | is_copy[:-1]).sum())
    return Duplicates(copies, copied == total and total > 2)


def settle(connection: duckdb.DuckDBPyConnection, key: tuple[str, ...], rule: str) -> None:
    """Make the view ``settled``: the ledger, with later rows of the same key left out by ``rule``.

    Parameters
    ----------
    connection
        One that has the view ``ledger``.
    key
        Columns that no two rows may share; none where all may stay. A row without one of them has no key.
    rule
        The rule's name.
    """
    later = 0
    if key:
        columns = ", ".join(map(quoted, key))
        connection.execute(
            f"create or replace temp table later as with kept as (from ledger where outcome in {KEPT}), "  # noqa: S608
            f"shared as (select {columns} from kept group by all having count(*) > 1) "
            f"select filename, file_row_number from kept join shared using ({columns}) "
            f"qualify row_number() over (partition by {columns} order by filename, file_row_number) > 1"
        )
        later = connection.execute("select count(*) from later").fetchall()[0][0]
    connection.execute(
        "create or replace view settled as select ledger.* exclude (outcome), "  # noqa: S608
        f"case when later.filename is not null then 'excluded:{rule}' else outcome end as outcome "
        "from ledger left join later using (filename, file_row_number) order by filename, file_row_number"
        if later
        else "create or replace view settled as from ledger"
    )


def list_entries(connection: duckdb.DuckDBPyConnection, *, later_refunds: bool) -> None:
    """Make the view ``entries``: the rows settled, and what was given back of sales on a day of its own."""
    changed = "'refund' as outcome, refunded_on as date, -given_back as amount"
    nothing = ", ".join(
        f"null as {name}" for name in ("quantity", "gross_amount", "discount", "cost", "written")
    )
    refunds = (
        f"union all by name select * replace ({changed}, {nothing}) from settled "  # noqa: S608
        "where outcome = 'sale' and given_back > 0"
    )
    connection.execute(f"create or replace view entries as from settled {refunds if later_refunds else ''}")
