"""What the tables say of each other: codes without a counterpart, days out of sequence, totals that differ.

Nothing of it is fatal. It is counted over all rows kept, whatever ``as_of`` is.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analysis.dataset.ledger.intake_result import Records
from analysis.dataset.quality import LinkFinding, Note
from analysis.dataset.schema import TABLES, Link, Sequence
from analysis.engine.duckdb import connect
from analysis.engine.paths import duckdb_path
from analysis.language import N_

_FEW = 0.05
"""Share of codes below which a link is no link; and above which codes that nearly match are worth a word."""
_TOLERANCE = 0.01
"""Currency; what rounding may do to the total of an invoice."""

_NONE = N_("{table}: no rows {finding}, out of {of}.")
_OTHER_TOTAL = N_("that differ from the sum of their lines by more than 0.01")
_ROWS = N_("{table}: rows {finding}: {rows} of {of}, such as '{example}'.")
_OF_CUSTOMERS = N_("{table}: rows {finding}: {rows} of {of} (customers: {customers}, such as '{example}').")
_TOTALS = N_(
    "{table}: totals that differ from the sum of their lines by more than 0.01: {rows} of {of}, such as that "
    "of '{example}' ({invoiced} against {sold})."
)
_NO_LINK = N_(
    "{table}: of {of} codes in '{column}', such as '{example}', only {matching} are in '{other}' of the "
    "table {table_other}, such as '{example_other}'. Are codes written alike in both?"
)
_NEARLY = N_(
    "{table}: codes in '{column}' that are in '{other}' of the table {table_other} but for leading zeros, "
    "signs or case: {nearly}, such as '{example}'. Write codes alike in both, or they count as different."
)
_TAX = N_(
    "{table}: amounts are about {rate} above the sum of their lines. If they include tax, write its rate: "
    "'prices_include_tax' under 'invoices' in dataset.yml."
)


@dataclass(frozen=True)
class Links:
    """What the tables say of each other.

    Parameters
    ----------
    findings
        What was checked; 0 rows where it holds.
    alarms
        By table, what must be known before it is trusted.
    """

    findings: tuple[LinkFinding, ...]
    alarms: dict[str, tuple[Note, ...]]


def find_links(tables: dict[str, Records], folder: Path) -> Links:
    """Check what the schema says should hold within the tables and between them.

    Parameters
    ----------
    tables
        What reading gave; tables and columns say what can be checked.
    folder
        Folder of the tables' Parquet files.
    """
    columns = {name: records.columns for name, records in tables.items()}
    if columns.keys() == {"transactions"}:
        return Links((), {})
    findings: list[LinkFinding] = []
    alarms: dict[str, list[Note]] = {name: [] for name in columns}
    spill = folder / "spill"
    with connect(spill) as connection:
        for name in columns:
            path = duckdb_path(folder / f"{name}.parquet")
            connection.read_parquet(path, hive_partitioning=False).create_view(name)
        for name, given in columns.items():
            for link in TABLES[name].links:
                if link.column in given and link.other in columns.get(link.table, ()):
                    findings += _unmatched(connection, name, link)
                    alarms[name] += _misspelt(connection, name, link) if name != "transactions" else []
            for sequence in TABLES[name].sequences:
                if {sequence.earlier, sequence.later} <= given:
                    findings += _out_of_order(connection, name, sequence, given)
        if "invoice_id" in columns.get("invoices", ()) and "order_id" in columns["transactions"]:
            totals, warnings = _totals(connection)
            findings += totals
            alarms["invoices"] += warnings
    shutil.rmtree(spill, ignore_errors=True)
    return Links(tuple(findings), {name: tuple(notes) for name, notes in alarms.items() if notes})


def _holds(table: str, finding: str, of: int) -> LinkFinding:
    words = {"table": TABLES[table].title, "finding": finding}
    return LinkFinding(table, Note(_NONE, {"of": of}, words), 0, of)


def _unmatched(connection: duckdb.DuckDBPyConnection, table: str, link: Link) -> list[LinkFinding]:
    """Return how many rows have a code that does not stand in the other table."""
    missing, codes, of, example = connection.execute(
        f"""
        with used as (select {link.column} as code, count(*) as n from {table} group by all),
             known as (select distinct {link.other} as code from {link.table})
        select coalesce(sum(n) filter (where known.code is null), 0),
               count(*) filter (where known.code is null), coalesce(sum(n), 0),
               min(used.code) filter (where known.code is null)
        from used left join known using (code) where used.code is not null
        """  # noqa: S608
    ).fetchall()[0]
    if not missing:
        return [_holds(table, link.finding, int(of))]
    values = {"rows": int(missing), "of": int(of), "example": example}
    words = {"table": TABLES[table].title, "finding": link.finding}
    if link.column != "customer_id" or table == "customers":
        note = Note(_ROWS, values, words)
    else:
        note = Note(_OF_CUSTOMERS, values | {"customers": int(codes)}, words)
    return [LinkFinding(table, note, int(missing), int(of))]


def _misspelt(connection: duckdb.DuckDBPyConnection, table: str, link: Link) -> list[Note]:
    """Return an alarm where codes match only but for leading zeros, signs or case, or hardly match at all."""
    of, matching, nearly, example, near_example, other = connection.execute(
        f"""
        with used as (select distinct {link.column} as code from {table} where {link.column} is not null),
             known as (select distinct {link.other} as code from {link.table} where {link.other} is not null),
             alike as (select distinct {_PLAIN.format(code="code")} as plain from known)
        select count(*), count(known.code),
               count(*) filter (where known.code is null and alike.plain is not null),
               min(used.code) filter (where known.code is null),
               min(used.code) filter (where known.code is null and alike.plain is not null),
               (select min(code) from known)
        from used left join known using (code)
                  left join alike on alike.plain = {_PLAIN.format(code="used.code")}
        """  # noqa: S608
    ).fetchall()[0]
    where = {"column": link.column, "other": link.other}
    words = {"table": TABLES[table].title, "table_other": TABLES[link.table].title}
    if nearly > _FEW * of:
        return [Note(_NEARLY, where | {"nearly": nearly, "example": near_example}, words)]
    if of and matching < _FEW * of:
        values = where | {"of": of, "matching": matching, "example": example, "example_other": other}
        return [Note(_NO_LINK, values, words)]
    return []


_PLAIN = "nullif(ltrim(regexp_replace(lower({code}), '[^\\pL\\pN]', '', 'g'), '0'), '')"


def _out_of_order(
    connection: duckdb.DuckDBPyConnection, table: str, sequence: Sequence, given: frozenset[str]
) -> list[LinkFinding]:
    """Return how many rows have a later day before the earlier one."""
    columns = [column.name for column in TABLES[table].columns if column.kind == "identifier"]
    code = next((name for name in columns if name in given), sequence.later)
    of, wrong, example = connection.execute(
        f"""
        select count(*), count(*) filter (where later < earlier),
               cast(min(code) filter (where later < earlier) as varchar)
        from (select {sequence.earlier} as earlier, {sequence.later} as later, {code} as code from {table})
        where earlier is not null and later is not null
        """  # noqa: S608
    ).fetchall()[0]
    if not wrong:
        return [_holds(table, sequence.finding, of)]
    note = Note(
        _ROWS,
        {"rows": wrong, "of": of, "example": example},
        {"table": TABLES[table].title, "finding": sequence.finding},
    )
    return [LinkFinding(table, note, wrong, of)]


def _totals(connection: duckdb.DuckDBPyConnection) -> tuple[list[LinkFinding], list[Note]]:
    """Return how many invoices are not the sum of their lines, and an alarm if it looks like tax."""
    of, wrong, example, invoiced, sold, ratio = connection.execute(
        f"""
        with lines as (select order_id as code, sum(amount) as sold from transactions
                       where order_id is not null group by order_id),
             bills as (select invoice_id as code, sum(amount) as invoiced from invoices
                       where invoice_id is not null group by invoice_id),
             compared as (select *, abs(invoiced - sold) > {_TOLERANCE} as differs
                          from bills join lines using (code))
        select count(*), count(*) filter (where differs), min(code) filter (where differs),
               min_by(invoiced, code) filter (where differs), min_by(sold, code) filter (where differs),
               median(invoiced / sold) filter (where differs and sold <> 0)
        from compared
        """  # noqa: S608
    ).fetchall()[0]
    if not wrong:
        return [_holds("invoices", _OTHER_TOTAL, of)], []
    title = {"table": TABLES["invoices"].title}
    values = {"rows": wrong, "of": of, "example": example, "invoiced": float(invoiced), "sold": float(sold)}
    taxed = 2 * wrong > of and ratio is not None and 1.03 < ratio < 1.3
    alarms = [Note(_TAX, {"rate": f"{100 * (ratio - 1):.0f} %"}, title)] if taxed else []
    return [LinkFinding("invoices", Note(_TOTALS, values, title), wrong, of)], alarms
