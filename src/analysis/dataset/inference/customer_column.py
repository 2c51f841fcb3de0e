"""Which column tells customers apart best: a code, a tax number, an e-mail address, or a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import duckdb

from analysis.dataset.files.readers import RawTable, quoted
from analysis.dataset.inference.formats import trimmed
from analysis.dataset.schema import TRANSACTIONS, Table, same_name

_ROWS = 50_000
_MOST = 0.9
"""Share of the rows that say who bought which the best column must fill."""
_KINDS = ("code", "plain", "tax", "email", "name")
"""What the groups of names of a customer say of the cells; a plain one may hold codes or names."""
_BY_NAME = {
    same_name(name): kind
    for kind, names in zip(_KINDS, TRANSACTIONS.column("customer_id").ranks, strict=True)
    for name in names
} | {"vat": "vat", "cuentacontable": "account", "subcuenta": "account"}
_NAME = "^[^0-9@]*[[:alpha:]][^0-9@]*[[:lower:] ][^0-9@]*$"
"""A name has no digits, and small letters or a space: ACME may be a code."""
_HALF = "2 * count(*) filter (regexp_matches({{cell}}, '{}')) > count({{cell}})"
_SAID = {
    "plain": f"if({_HALF.format(_NAME)}, 'name', 'code')",
    "vat": f"if({_HALF.format('[[:alpha:]]')}, 'tax', '')",
    "account": f"if({_HALF.format('^(?:[0-35-9][0-9]|4[0-25-9])[0-9][0-9][0-9]+$')}, '', 'code')",
}
"""Kind of header → the SQL of what its cells are, where the header leaves it open."""
_ALIKE = {"tax": "tax_number({cell})", "email": "one_spelling({cell})", "name": "squeezed({cell})"}


@dataclass(frozen=True)
class _Candidate:
    """A column that customers may go by: its header, what its cells are, and how sure its name is."""

    header: str
    kind: str
    rank: int
    filled: int
    different: int


def kinds(headers: Iterable[str], table: Table) -> dict[str, str]:
    """Return the headers that the customers of a table may go by, and what each says of its cells."""
    known = set(map(same_name, table.column("customer_id").all_names)) | {"vat"}
    names = {header: same_name(header) for header in headers}
    return {header: _BY_NAME.get(name, "code") for header, name in names.items() if name in known}


def with_best_customer(
    connection: duckdb.DuckDBPyConnection, raw: RawTable, table: Table, shared: str | None
) -> tuple[Table, str | None]:
    """Return the table as it is to be recognised, with the best column for its customers, and its kind.

    An account of the Spanish chart is a customer's where it is one of the groups 43 and 44.
    Codes and tax numbers come before e-mail addresses, and these before names, where they fill nearly all
    sales that say who bought, and tell customers apart: a tax number that is one everywhere is the seller's.

    Parameters
    ----------
    connection
        One that has ``formats.MACROS``.
    raw
        The raw table.
    table
        What it is taken for; it has a column ``customer_id``.
    shared
        The kind by which the other tables know customers; None where they leave it open.
    """
    customer = table.column("customer_id")
    found = kinds(raw.columns, table)
    if not found or (len(found) == 1 and table is not TRANSACTIONS):
        return table, None
    any_of, candidates = _candidates(connection, raw, table, found)
    sure = set() if table is TRANSACTIONS else {"code", shared}
    names = max((one.different for one in candidates if one.kind == "name"), default=1)
    fitting = [
        one
        for one in candidates
        if (one.filled >= _MOST * any_of or one.kind in sure)
        and (one.kind != "tax" or one.different > 1 or names == 1)
        and (one.kind != "email" or 2 * one.different >= names)
    ]
    order = ["code", "tax", "email", "name"]
    if shared in order:
        order.remove(shared)
        order.insert(1 if table is TRANSACTIONS else 0, shared)
    places = {one.header: (order.index(one.kind), one.rank) for one in fitting}
    if not places:
        accounts = {name for name, kind in _BY_NAME.items() if kind == "account" and not candidates}
        own = replace(customer, names=tuple(n for n in customer.names if same_name(n) not in accounts))
        return replace(table, columns=tuple(own if c is customer else c for c in table.columns)), None
    best = tuple(header for header, place in places.items() if place == min(places.values()))
    own = replace(customer, names=best, fallback_names=())
    columns = tuple(own if column is customer else column for column in table.columns)
    return replace(table, columns=columns), order[min(places.values())[0]]


def _candidates(
    connection: duckdb.DuckDBPyConnection, raw: RawTable, table: Table, found: dict[str, str]
) -> tuple[int, list[_Candidate]]:
    """Return how many of the first rows say who it is, and what is to be said of each column."""
    cells = {header: f"cell_{i}" for i, header in enumerate(found)}
    listed = ", ".join(
        f"nullif(ltrim({trimmed(f'cast({quoted(header)} as varchar)')}, '0'), '') as {cell}"
        for header, cell in cells.items()
    )
    seen = [
        f"count({cell}), {_SAID.get(found[header], repr(found[header])).format(cell=cell)}, "
        + ", ".join(f"count(distinct {how.format(cell=cell)})" for how in _ALIKE.values())
        for header, cell in cells.items()
    ]
    any_of, *told = connection.execute(
        f"select count(coalesce({', '.join(cells.values())})), {', '.join(seen)} "  # noqa: S608
        f"from (select {listed} from {raw.relation} limit {_ROWS})"
    ).fetchall()[0]
    ranks = [set(map(same_name, names)) for names in table.column("customer_id").ranks]
    candidates = []
    for header in found:
        (filled, kind, *different), told = told[:5], told[5:]
        rank = next((i for i, names in enumerate(ranks) if same_name(header) in names), len(ranks))
        by_kind = dict(zip(_ALIKE, different, strict=True))
        if kind:
            candidates.append(_Candidate(header, kind, rank, filled, by_kind.get(kind, filled)))
    return any_of, candidates
