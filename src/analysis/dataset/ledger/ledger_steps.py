"""The steps that reading any table shares: open its files, write the ledger, count it, refuse the useless."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from analysis.dataset.files.readers import RawTable, alike, literal, open_raw, whole
from analysis.dataset.inference.formats import MACROS
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.rejects import example, refused_lines
from analysis.dataset.quality import KEPT, Note, Quality
from analysis.dataset.schema import Table
from analysis.dataset.sources.inputs import Input
from analysis.engine.paths import duckdb_path
from analysis.errors import CarteraError
from analysis.language import N_, _, listing, ngettext, number

MEMORY = "1500MB"
"""What DuckDB may hold; beyond it, it spills to disk."""
_FAST = "format parquet, compression uncompressed, dictionary_size_limit 1"  # the ledger is read back once


def connect(work: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection that spills to ``work`` and has the conversion macros."""
    connection = duckdb.connect()
    connection.execute(f"set memory_limit={literal(MEMORY)}")
    connection.execute("set temp_directory = $1", [str(work / "spill")])
    connection.execute("set TimeZone = 'UTC'")  # the day of a moment is the same on every machine
    if connection.execute("select current_setting('enable_progress_bar')").fetchone() == (True,):
        connection.execute("set enable_progress_bar=false")
    # as joins, the lists of names would be looked up for every row, even where CASE rules it out
    connection.execute("set disabled_optimizers = 'in_clause'")
    connection.execute(MACROS)
    return connection


def open_all(connection: duckdb.DuckDBPyConnection, given: Input, table: Table, work: Path) -> list[RawTable]:
    """Open the raw files of a table, with columns of one type in all of them.

    Raises
    ------
    CarteraError
        If a file is empty or not a table.
    """
    raws = [
        open_raw(connection, path, table, given.settings, work / f"raw_{i}")
        for i, path in enumerate(given.files)
    ]
    return alike(raws)


def write_ledger(
    connection: duckdb.DuckDBPyConnection,
    raws: list[RawTable],
    sql: Callable[[RawTable], str],
    absent: str,
    work: Path,
) -> list[RawTable]:
    """Write the ledger, a part per file, and put it into the view ``ledger``.

    Parameters
    ----------
    connection
        A connection of `connect`.
    raws
        The raw files.
    sql
        The query of one file's part.
    absent
        SQL of the columns that no part has; may be empty.
    work
        Folder for the parts.

    Returns
    -------
    list of RawTable
        The files as they were read in the end: those that DuckDB did not read whole are split without it.
    """
    parts = [work / f"ledger-{i:06}.parquet" for i in range(len(raws))]
    with whole(connection, raws):
        read = [_write_part(connection, raw, sql, part) for raw, part in zip(raws, parts, strict=True)]
    columns = ", ".join(filter(None, ["*", absent]))
    connection.execute("set variable ledger_parts = ?", [list(map(duckdb_path, parts))])
    connection.execute(
        f"create view ledger as select {columns} from read_parquet(getvariable('ledger_parts'), "  # noqa: S608
        "file_row_number=true, filename=true, hive_partitioning=false)"
    )
    return read


def _write_part(
    connection: duckdb.DuckDBPyConnection, raw: RawTable, sql: Callable[[RawTable], str], path: Path
) -> RawTable:
    accepted = _copy(connection, sql(raw), path)
    if raw.text is None:
        return raw
    refused = np.asarray(refused_lines(connection, raw.text), np.int64)
    if accepted + len(np.unique(refused)) == raw.text.records and raw.text.begin_on(refused):
        return raw
    raw = raw.text.split()
    _copy(connection, sql(raw), path)
    return raw


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Write what a query gives to a part of the ledger; return how many rows."""
    return int(connection.execute(f"copy ({query}) to $1 ({_FAST})", [str(path)]).fetchall()[0][0])


def one_currency(connection: duckdb.DuckDBPyConnection, given: str | None, file: str) -> str | None:
    """Return the currency of the ledger; two without a word from the user are an error (their sum is none).

    Parameters
    ----------
    connection
        One that has the view ``ledger``.
    given
        The currency that the user names.
    file
        Name of the first file.
    """
    found = connection.execute(
        "select currency, count(*) from ledger where currency is not null "
        "group by all order by count(*) desc, currency"
    ).fetchall()
    if given:
        return given
    if len(found) > 1:
        raise CarteraError(
            _(
                "{file} mixes currencies: {currencies}. Convert the amounts to one, or keep the rows of one "
                "only: 'currency: {first}' in dataset.yml; the others are left out and counted."
            ).format(
                file=file,
                currencies=listing(
                    [_("{currency} (rows: {rows})").format(currency=c, rows=number(n)) for c, n in found]
                ),
                first=next((code for code, _rows in found if len(code) == 3), "USD"),
            )
        )
    code = found[0][0] if found else None
    return code if code and len(code) == 3 else None


def count_fates(connection: duckdb.DuckDBPyConnection, refused: int, *, money: bool) -> pd.DataFrame:
    """Return rows and readable money by fate, from the view ``settled``.

    Parameters
    ----------
    connection
        One that has the view.
    refused
        Records that could not be split into cells.
    money
        Whether the table has amounts.

    Returns
    -------
    pandas.DataFrame
        ``fate``, ``rule``, ``rows``, ``amount`` (currency; NaN in a table without).
    """
    amount = "cast(coalesce(sum(amount), 0) as double)" if money else "cast('nan' as double)"
    fates = connection.execute(f"select fate, count(*), {amount} from settled group by fate").fetchall()  # noqa: S608
    rows = [(*fate.partition(":")[::2], n, float(amount)) for fate, n, amount in fates]
    if refused:
        rows.append(("rejected", "cells", refused, 0.0 if money else float("nan")))
    order = {fate: i for i, fate in enumerate((*KEPT, "excluded", "rejected"))}
    rows.sort(key=lambda row: (order[row[0]], -row[2], row[1]))
    return pd.DataFrame(rows, columns=["fate", "rule", "rows", "amount"])


def check_usable(
    connection: duckdb.DuckDBPyConnection,
    quality: Quality,
    raw: RawTable,
    refused: list[tuple[int, str]],
    reading: Reading,
) -> None:
    """Raise an error if no row was kept, with the reasons and an example from the first file."""
    account = quality.rows
    if account["fate"].isin(KEPT).any():
        return
    total = int(account["rows"].sum())
    if total == 0:
        raise CarteraError(_("{file} has column names but no rows. Export it again.").format(file=raw.file))
    if set(account["rule"]) <= {"no_customer", "no_customer_id"}:
        raise CarteraError(
            ngettext(
                "{file}: its only row names no customer (column '{header}'). "
                "Export it with the customer's code.",
                "{file}: none of the {n} rows names a customer (column '{header}'). "
                "Export it with the customer's code.",
                total,
            ).format(file=raw.file, n=number(total), header=reading.columns["customer_id"])
        )
    line, text = example(connection, raw, refused)
    reasons = [f"{row.what}: {number(int(str(row.rows)))}" for row in quality.table().iloc[:-1].itertuples()]
    raise CarteraError(
        ngettext(
            "{file}: its only row cannot be used. {reasons}. It is line {line}: '{raw}'. "
            "Check which columns were taken: {columns}.",
            "{file}: none of the {n} rows can be used. {reasons}. One of them is line {line}: '{raw}'. "
            "Check which columns were taken: {columns}.",
            total,
        ).format(
            file=raw.file,
            n=number(total),
            reasons="; ".join(reasons),
            line=line,
            raw=text,
            columns=", ".join(f"{name} ← '{header}'" for name, header in reading.columns.items()),
        )
    )


def tax_fact(rate: float) -> tuple[Note, ...]:
    """Return the fact that tax was taken out; none where there was none."""
    if not rate:
        return ()
    return (Note(N_("Amounts include tax of {rate}, which was taken out."), {"rate": f"{100 * rate:g} %"}),)


def rejected_alarm(account: pd.DataFrame) -> tuple[Note, ...]:
    """Return the alarm that many rows were rejected; none where it was few."""
    total = int(account["rows"].sum())
    rejected = int(account.loc[account["fate"] == "rejected", "rows"].sum())
    if rejected <= 0.05 * total:
        return ()
    message = N_("{share} % of the rows ({n}) were rejected: see why before trusting the figures.")
    return (Note(message, {"share": f"{100 * rejected / total:.0f}", "n": rejected}),)
