"""Customers in rows of their own ("Cliente: 12 Ana"), above the rows that belong to them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from analysis.dataset.config import TableConfig
from analysis.dataset.files.readers import RawTable, literal, parquet_table, quoted
from analysis.dataset.quality import Note
from analysis.dataset.schema import TRANSACTIONS, same_name
from analysis.language import N_

_LABEL = r"(?i)^\s*(cliente|customer|client)\b[\s:.#-]+(\S.*)$"
_MONEY = r"^[-+(]?[\d.,'' ]*[.,]\d+(?:e0)?\)?$"
_MOST_CELLS = 3
"""Cells of a heading: what it is, a code, a name."""
_HEADINGS = N_("{file}: customers stand in rows of their own above their sales, such as '{one}' (rows: {n}).")


def names_customer(cells: str) -> str:
    """Return the SQL that holds for a row that is a heading with a customer, of its ``cells`` as one text."""
    total = f"regexp_matches({cells}, '(?i)^\\S+\\s+totals?\\s*:?$')"
    return f"(regexp_matches({cells}, '{_LABEL}') and not {total})"


def with_customers(
    connection: duckdb.DuckDBPyConnection, raw: RawTable, settings: TableConfig, own: Path
) -> RawTable:
    """Return sales with a column of the customers that stand in headings; as they are where none do.

    Parameters
    ----------
    connection
        The one that reads them.
    raw
        The sales.
    settings
        What ``dataset.yml`` says of them.
    own
        Folder for working copies; its name becomes that of a variable of DuckDB.
    """
    known = set(map(same_name, TRANSACTIONS.column("customer_id").all_names))
    if "customer_id" in settings.columns or known & set(map(same_name, raw.columns)):
        return raw
    if not _found(connection, raw.relation, list(raw.columns)):
        return raw
    headings, label, one, stray = connection.execute(
        f"select count(name), any_value(label), any_value(text), count(*) filter (cells > {_MOST_CELLS} "  # noqa: S608
        f"and above is null) from {_under(raw)}"
    ).fetchall()[0]
    if stray:
        return raw
    raw = raw.text.split() if raw.text else raw
    target = own / "headed"
    columns = ", ".join(map(quoted, raw.columns))
    connection.execute(
        f"copy (select {columns}, if(name is null, above, null) as {quoted(label)} from {_under(raw)} "  # noqa: S608
        "order by place) to $1 (format parquet)",
        [str(target)],
    )
    read = parquet_table(connection, target, f"{own.name}_headed")
    fact = Note(_HEADINGS, {"file": raw.file, "one": one, "n": headings})
    return replace(raw, relation=read.relation, columns=read.columns, facts=(*raw.facts, fact), text=None)


def _found(connection: duckdb.DuckDBPyConnection, relation: str, columns: list[str]) -> bool:
    """Tell whether any row looks like a heading."""
    cells = ", ".join(f"cast({quoted(header)} as varchar)" for header in columns)
    heading = names_customer(f"concat_ws(' ', {cells})")
    return bool(connection.execute(f"select count(*) from {relation} where {heading}").fetchall()[0][0])  # noqa: S608


def _under(raw: RawTable) -> str:
    """Return the SQL of the rows with the customer of their own, ``name``, and the last one ``above``."""
    cells = ", ".join(f"coalesce(trim(cast({quoted(header)} as varchar)), '')" for header in raw.columns)
    words = f"list_filter(filled, lambda cell: not regexp_matches(cell, {literal(_MONEY)}))"
    days = (
        "list_filter(filled, lambda cell: regexp_matches(cell, '[^0-9]') "
        "and coalesce(day_first(cell), month_first(cell)) is not null)"
    )
    return f"""(
        with listed as (
            select *, row_number() over () as place, list_filter([{cells}], lambda cell: cell <> '') as filled
            from {raw.relation}),
        told as (select *, len(filled) as cells, array_to_string({words}, ' ') as text from listed),
        named as (
            select *, cells <= {_MOST_CELLS} and len({days}) = 0 and {names_customer("text")} as heads
            from told),
        split as (
            select *, if(heads, regexp_extract(text, '{_LABEL}', 1), null) as label,
                   if(heads, regexp_extract(text, '{_LABEL}', 2), null) as name from named)
        select *, last_value(name ignore nulls)
                      over (order by place rows between unbounded preceding and current row) as above
        from split)"""  # noqa: S608
