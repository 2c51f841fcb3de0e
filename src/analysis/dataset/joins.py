"""Columns that rows take from lists by a key: found by values, joined in DuckDB before anything is read.

The joined rows are those of the raw files, in their order: nothing that follows knows of lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import duckdb
import numpy as np

from analysis.dataset.config import DatasetConfig
from analysis.dataset.files.readers import RawTable, alike, open_raw, parquet_table, quoted
from analysis.dataset.inference.amount_column import written_number
from analysis.dataset.inference.customer_column import kinds
from analysis.dataset.inference.formats import trimmed
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.rejects import refused_lines, refused_records
from analysis.dataset.quality import Note
from analysis.dataset.schema import CUSTOMERS, TRANSACTIONS, Table, same_name
from analysis.dataset.sources.inputs import Input
from analysis.dataset.sources.related import Listed, headers_of, shortened
from analysis.dataset.sources.table_recognition import full_name
from analysis.errors import CarteraError
from analysis.language import N_, _

_PLACE = quoted("place in the file")
_FEWEST = 0.5
"""Share of the rows that must find theirs in a list, so that it is taken for the one they refer to."""
_SAME = 0.9
"""Share of the orders whose total must be that of their lines, so that nothing is to be said."""
_JOINED = N_("Each row of {file} takes {columns} from {list} by '{key}': {matched} of {rows} match.")
_NO_KEY = N_("{list}: left out, since the rows of {file} do not refer to it by a column that is a key there.")
_UNREADABLE = N_("{list}: left out, since it cannot be read. {reason}")
_TOTALS_MATCH = N_(
    "The totals in {list} are those of their lines, and were not added to them ({same} of {orders} orders)."
)
_TOTALS_DIFFER = N_(
    "The lines of {orders} orders add up to {lines}, but '{header}' in {list} to {total}; {same} orders "
    "agree. The lines count. If the totals are right (the lines may be without a discount, or with tax), "
    "name {list} as the 'file' or 'table' of the sales in dataset.yml."
)


@dataclass(frozen=True)
class Joined:
    """Raw files with the columns that they took from lists.

    Parameters
    ----------
    raws
        The raw files.
    joins
        The lists, each with the column of the rows and the column of the list by which it was found.
    sql
        The queries by which they took them, as they are shown.
    """

    raws: list[RawTable]
    joins: tuple[Match, ...] = ()
    sql: str = ""


@dataclass(frozen=True)
class Match:
    """A list, and how rows find theirs in it.

    Parameters
    ----------
    given
        The list.
    by
        Column of the rows, column of the list.
    take
        What the rows call a column → column of the list.
    table
        The table of DuckDB that has ``key`` and the columns by the names that the rows give them.
    relation
        What follows ``FROM`` to read all of the list.
    columns
        All columns of the list, with their types.
    rows, matched
        Rows that have a key, and those of which the list has it.
    joins
        The lists that it refers to itself.
    """

    given: Listed
    by: tuple[str, str]
    take: dict[str, str]
    table: str
    relation: str
    columns: dict[str, str]
    rows: int
    matched: int
    joins: tuple[Match, ...] = ()

    @property
    def sql(self) -> list[str]:
        """The statements that read it."""
        inner = [statement for one in self.joins for statement in one.sql]
        own = _list_sql(self.table, self.relation, self.by[1], self.take)
        return [*inner, f"-- {self.given.label}\n{own};"]


def with_lists(
    connection: duckdb.DuckDBPyConnection, raws: list[RawTable], given: Input, table: Table, work: Path
) -> Joined:
    """Return the raw files of a table with what their rows take from lists.

    Parameters
    ----------
    connection
        One that has ``formats.MACROS``.
    raws
        The raw files, with columns of one type in all of them.
    given
        The table's files and lists.
    table
        What the files are taken for.
    work
        Folder for working copies.

    Raises
    ------
    CarteraError
        If a list without which the rows are nothing cannot be read, or has no key that they refer to.
    """
    if not given.lists:
        return Joined(raws)
    names = (f"list_{i}" for i in count())
    rows = " union all by name ".join(f"(from {raw.relation})" for raw in raws)
    matches, facts = [], []
    for one in given.lists:
        try:
            match = _match(connection, one, (f"({rows})", raws[0].columns), table, work, names)
        except CarteraError as error:
            if one.needed:
                raise
            facts.append(Note(_UNREADABLE, {"list": one.label, "reason": str(error)}))
            continue
        values = {"file": shortened([raw.file for raw in raws]), "list": one.label}
        if match is None and one.needed:
            raise CarteraError(_unmatched(one, raws[0].file))
        if match is None:
            facts.append(Note(_NO_KEY, values))
            continue
        taken = {"columns": ", ".join(match.take.values()), "key": match.by[0]}
        facts.append(Note(_JOINED, values | taken | {"matched": match.matched, "rows": match.rows}))
        matches.append(match)
    sql = [statement for one in matches for statement in one.sql]
    sql += [f"-- {raw.file}\n{join_sql(raw.relation, matches)};" for raw in raws if matches]
    if matches:
        raws = [_with(connection, raw, matches, work / f"joined_{i}") for i, raw in enumerate(raws)]
    first = replace(raws[0], facts=(*raws[0].facts, *facts))
    return Joined([first, *raws[1:]], tuple(matches), "\n".join([*sql, ""]))


def with_full_names(raw: RawTable, given: dict[str, str]) -> RawTable:
    """Return customers with a column of their names where first and last name stand in two.

    ``given`` are the columns that ``dataset.yml`` names; where customers go by nothing else, all stays.
    """
    both = full_name(raw.columns)
    if both is None or any(same_name(header) == "name" for header in raw.columns):
        return raw
    if set(both) & set(given.values()) or not kinds(set(raw.columns) - set(both), CUSTOMERS):
        return raw
    cells = ", ".join(trimmed(f"cast({quoted(header)} as varchar)") for header in both)
    without = ", ".join(map(quoted, both))
    name = f"nullif(concat_ws(' ', {cells}), '') as name"
    columns = {header: kind for header, kind in raw.columns.items() if header not in both}
    relation = f"(select * exclude ({without}), {name} from {raw.relation})"  # noqa: S608
    return replace(raw, relation=relation, columns=columns | {"name": "VARCHAR"})


def _unmatched(one: Listed, file: str) -> str:
    return _(
        "{file} lacks what {list} has, but its rows do not find theirs there: {keys} should stand once in "
        "{list} and be those of {file}. Say how they belong together under 'join' in dataset.yml, or name "
        "the file that holds the sales."
    ).format(file=file, list=one.label, keys=", ".join(f"'{its}'" for _own, its in one.pairs))


def _key(cell: str) -> str:
    """Return the SQL of a key as text; a whole number stored as a float loses its ``.0``."""
    text = trimmed(f"cast({cell} as varchar)")
    return f"nullif(regexp_replace({text}, '^(\\d+)\\.0+$', '\\1'), '')"


def _match(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    one: Listed,
    rows: tuple[str, dict[str, str]],
    table: Table,
    work: Path,
    names: Iterator[str],
) -> Match | None:
    """Return the list with the key by which most rows find theirs; None where none is one."""
    name = next(names)
    own = work / name
    own.mkdir()
    files = [
        open_raw(connection, path, table, one.settings, own / f"{name}_{i}")
        for i, path in enumerate(head.path for head in one.heads)
    ]
    files = alike(files)
    columns = files[0].columns
    relation = "(" + " union all by name ".join(f"(from {raw.relation})" for raw in files) + ")"
    inner = [
        match
        for other in one.lists
        if (match := _match(connection, other, (relation, columns), table, work, names))
    ]
    if inner:
        relation = f"(select {_taking(inner)} from {_beside(relation, inner)})"  # noqa: S608
        columns = columns | {new: match.columns[its] for match in inner for new, its in match.take.items()}
    take = {new: found for new, its in one.take.items() if (found := _header(columns, its))}
    if len(take) < len(one.take) and one.needed:
        missing = next(its for its in one.take.values() if not _header(columns, its))
        raise CarteraError(_no_column(one, missing, columns))
    best = None
    for i, (mine, its) in enumerate(one.pairs):
        here, there = _header(rows[1], mine), _header(columns, its)
        if not (here and there and take):
            continue
        kept = f"{name}_by_{i}"
        counted = _measured(connection, rows[0], here, relation, there, take, kept)
        if counted and counted[1] and (best is None or counted[1] > best.matched):
            best = Match(one, (here, there), take, kept, relation, columns, *counted, tuple(inner))
    return best if best and best.matched >= _FEWEST * best.rows else None


def _header(columns: dict[str, str], written: str) -> str | None:
    """Return the header that is written so, or is the only one that is the same name."""
    if written in columns:
        return written
    same = [header for header in columns if same_name(header) == same_name(written)]
    return same[0] if len(same) == 1 else None


def _no_column(one: Listed, missing: str, columns: dict[str, str]) -> str:
    return _("{list} has no column '{header}', which 'join' in dataset.yml names. It has: {headers}.").format(
        list=one.label, header=missing, headers=", ".join(f"'{header}'" for header in columns)
    )


def _measured(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    mine: str,
    relation: str,
    its: str,
    take: dict[str, str],
    kept: str,
) -> tuple[int, int] | None:
    """Keep a list by a key; return how many rows have one and find it, None where it stands there twice."""
    connection.execute(_list_sql(kept, relation, its, take))
    once = connection.execute(f"select count(*) = count(distinct key) from {kept}").fetchall()[0][0]  # noqa: S608
    if not once:
        return None
    with_key, found = connection.execute(
        f"select count(mine), count({kept}.key) from (select {_key(quoted(mine))} as mine from {rows}) "  # noqa: S608
        f"left join {kept} on mine = {kept}.key"
    ).fetchall()[0]
    return with_key, found


def _list_sql(kept: str, relation: str, its: str, take: dict[str, str]) -> str:
    """Return the statement that keeps a list by a key; rows that are equal are one."""
    listed = ", ".join(f"{quoted(header)} as {quoted(new)}" for new, header in take.items())
    key = _key(quoted(its))
    return (
        f"create or replace temp table {kept} as select distinct {key} as key, {listed} "  # noqa: S608
        f"from {relation} where {key} is not null"
    )


def _taking(matches: list[Match]) -> str:
    """Return the columns of rows and of their lists."""
    taken = [f"{one.table}.{quoted(new)}" for one in matches for new in one.take]
    return ", ".join(["raw_rows.*", *taken])


def _beside(rows: str, matches: list[Match]) -> str:
    """Return the rows, each beside its own of every list."""
    lists = [
        f"left join {one.table} on {_key(f'raw_rows.{quoted(one.by[0])}')} = {one.table}.key"
        for one in matches
    ]
    return " ".join([f"{rows} as raw_rows", *lists])


def join_sql(relation: str, matches: list[Match]) -> str:
    """Return the query that gives raw rows, in their order, the columns that they take from lists."""
    numbered = f"(select *, row_number() over () as {_PLACE} from {relation})"  # noqa: S608
    taking = _taking(matches).replace("raw_rows.*", f"raw_rows.* exclude ({_PLACE})", 1)
    return f"select {taking} from {_beside(numbered, matches)} order by {_PLACE}"  # noqa: S608


def _with(
    connection: duckdb.DuckDBPyConnection, raw: RawTable, matches: list[Match], target: Path
) -> RawTable:
    """Return a raw file with what its rows take, as a copy; each record is still accounted for."""
    for new in (new for one in matches for new in one.take):
        if new.casefold() in map(str.casefold, raw.columns):
            message = _("{file} has a column '{name}' already: give what 'join' takes another name.")
            raise CarteraError(message.format(file=raw.file, name=new))

    def copy(read: RawTable) -> int:
        query = f"copy ({join_sql(read.relation, matches)}) to $1 (format parquet)"
        return int(connection.execute(query, [str(target)]).fetchall()[0][0])

    accepted = copy(raw)
    if raw.text is not None:
        refused = np.asarray(refused_lines(connection, raw.text), np.int64)
        if accepted + len(np.unique(refused)) != raw.text.records or not raw.text.begin_on(refused):
            raw = raw.text.split()
            copy(raw)
    aside = tuple(refused_records(connection, raw))
    read = parquet_table(connection, target, target.name)
    return replace(raw, relation=read.relation, columns=read.columns, aside=aside, text=None)


def check_totals(
    connection: duckdb.DuckDBPyConnection, joined: Joined, reading: Reading, config: DatasetConfig
) -> tuple[list[Note], list[Note]]:
    """Return what is to be said of orders' totals beside their lines: facts and alarms.

    Parameters
    ----------
    connection
        One that has the view ``ledger`` of the lines.
    joined
        What the lines took from lists.
    reading
        How the lines were read.
    config
        The tax to take out of money.
    """
    order = reading.columns.get("order_id")
    own = {new: match for match in joined.joins for new in (*match.take, match.by[0])}
    if (
        reading.table is not TRANSACTIONS
        or order not in own
        or "date"
        not in {name for name, header in reading.columns.items() if header in own[order].take}
        | ({"date"} if own[order].given.needed else set())
    ):
        return [], []
    match = own[order]
    money = headers_of(TRANSACTIONS, match.columns, ("amount", "gross_amount", "tax", "shipping", "discount"))
    totals = _totals(match, money)
    if not totals:
        return [], []
    listed = ", ".join(f"max({sql}) as total_{i}" for i, sql in enumerate(totals.values()))
    fits = [f"count(*) filter (abs(total_{i} - lines) < 0.015)" for i in range(len(totals))]
    sums = [f"sum(total_{i})" for i in range(len(totals))]
    rate, code = 1 + config.tax_rate("transactions"), _key(quoted(match.by[1]))
    orders, lines, *told = connection.execute(
        f"with list as (select {code} as code, {listed} from {match.relation} group by code), "  # noqa: S608
        f"lines as (select order_id as code, sum(cast(amount as double)) * {rate} as lines, "
        "bool_or(amount is null) as unknown from ledger where order_id is not null group by order_id) "
        f"select count(*), sum(lines), {', '.join([*fits, *sums])} from lines join list using (code) "
        "where not unknown and total_0 is not null"
    ).fetchall()[0]
    if not orders:
        return [], []
    counts = told[: len(totals)]
    best = max(range(len(totals)), key=counts.__getitem__)
    values = {"list": match.given.label, "same": int(counts[best]), "orders": int(orders)}
    if counts[best] >= _SAME * orders:
        return [Note(_TOTALS_MATCH, values)], []
    header, total = next(iter(totals)), told[len(totals)]
    return [], [Note(_TOTALS_DIFFER, values | {"lines": lines, "header": header, "total": float(total)})]


def _totals(match: Match, money: dict[str, list[str]]) -> dict[str, str]:
    """Return the SQL of what an order's total may be: as written, or without its tax and its carriage."""
    amounts = [
        header
        for rank in TRANSACTIONS.column("amount").ranks
        for header in match.columns
        if same_name(header) in set(map(same_name, rank))
    ]
    off = [
        f"coalesce({written_number(header)}, 0)"
        for name in ("tax", "shipping")
        for header in money.get(name, [])
    ]
    totals = {}
    for header in amounts:
        totals[header] = written_number(header)
        for i, less in enumerate([*off, " - ".join(off)] if len(off) > 1 else off):
            totals[f"{header} {i}"] = f"{written_number(header)} - {less}"
    return totals
