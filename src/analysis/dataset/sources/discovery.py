"""Which of the files, sheets or tables that lie together is which canonical table."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

from analysis.dataset.config import DatasetConfig
from analysis.dataset.files.peek import Head
from analysis.dataset.quality import Note
from analysis.dataset.schema import TABLES
from analysis.dataset.sources.related import (
    Listed,
    Related,
    by_sales,
    customer_lists,
    find_sales,
    product_lists,
    shortened,
)
from analysis.dataset.sources.table_recognition import (
    fits,
    identify,
    named,
    named_within,
    recognised,
    words,
)
from analysis.errors import CarteraError
from analysis.language import N_, _, listing

_LEFT_OUT = N_(
    "Left out, since neither name nor columns are those of a table that is known: {tables}. To use one, "
    "name it in dataset.yml under the table that it is."
)
_MOVED = N_("{tables}: taken as the sales, since nothing else holds them.")


@dataclass(frozen=True)
class Discovery:
    """What lies together.

    Parameters
    ----------
    tables
        What holds each canonical table that was found, in the order of the schema.
    rest
        What can be read and is no such table.
    unreadable
        What cannot be read, and whose name says nothing.
    notes
        What was decided for the user.
    guessed
        Tables that only their columns say they are.
    lists
        Lists that the rows of a table take columns from, by table; they are not among the rest.
    """

    tables: dict[str, list[Head]]
    rest: list[Head]
    unreadable: list[Head]
    notes: tuple[Note, ...] = ()
    guessed: frozenset[str] = frozenset()
    lists: dict[str, tuple[Listed, ...]] = field(default_factory=dict)


def discover(heads: list[Head], config: DatasetConfig, needs_sales: bool = True) -> Discovery:
    """Sort what lies together by canonical table.

    Where nothing was recognised as the sales, invoices or deliveries with amounts are; else the only table
    that is nothing else, so that its columns can be asked for.

    Parameters
    ----------
    heads
        What lies there.
    config
        What ``dataset.yml`` says of its columns.
    needs_sales
        Whether the sales must be among them.

    Raises
    ------
    CarteraError
        If two kinds of tables could be the sales.
    """
    given = {name: config.table(name).columns for name in TABLES}
    related = find_sales(heads, given["transactions"])
    found, rest, unreadable = _sorted(heads, given, related)
    notes = []
    if needs_sales and found and "transactions" not in found:
        moved = _stand_in(found, given["transactions"])
        if moved:
            found["transactions"] = found[moved] if moved == "invoices" else found.pop(moved)
            notes.append(Note(_MOVED, {"tables": labels(found["transactions"])}))
        elif len(rest) == 1 and not ("contracts" in found and stands_alone(found["contracts"][0], config)):
            found["transactions"] = [rest.pop()]
    if needs_sales:
        _check_one_kind_of_sales(found.get("transactions", []))
    lists = _lists(related, found, rest)
    listed = [head for several in lists.values() for one in several for head in one.all_heads]
    rest = [head for head in rest if head not in listed]
    guessed = [
        name
        for name, holding in found.items()
        if not (given[name] or any(_is_named(head, name) for head in holding))
    ]
    tables = {name: found[name] for name in TABLES if name in found}
    return Discovery(tables, rest, unreadable, tuple(notes), frozenset(guessed), lists)


def _lists(related: Related, found: dict[str, list[Head]], rest: list[Head]) -> dict[str, tuple[Listed, ...]]:
    """Return the lists that the sales and the customers take columns from."""
    lists: dict[str, tuple[Listed, ...]] = {}
    if sales := found.get("transactions"):
        lists["transactions"] = (*related.orders, *product_lists(sales[0], rest + found.get("stock", [])))
    if customers := found.get("customers"):
        lists["customers"] = (*customer_lists(customers[0], rest), *by_sales(customers[0], sales or [], rest))
    return {table: several for table, several in lists.items() if several}


def stands_alone(head: Head, config: DatasetConfig) -> str | None:
    """Return ``contracts`` or ``surveys`` if a raw table that lies alone holds these; None: maybe the sales.

    Its name says so. Or there is no amount, and it has for each customer a start and an end, or a tenure and
    a flag: a list of members; or nothing but what surveys have.
    """
    headers = head.headers
    if fits(TABLES["transactions"], headers, config.transactions.columns) or config.transactions.says_where:
        return None
    amounts = {"amount", "gross_amount", "unit_price"} & recognised(TABLES["transactions"], headers, {})
    for name in ("contracts", "surveys"):
        table, given = TABLES[name], config.table(name).columns
        found = recognised(table, headers, given, surely=True)
        told = {"started", "ended"} <= found or {"tenure_months", "churned"} <= found
        if name == "surveys":
            told = {*table.required} <= found and len(found) == len(headers)
        named_so = _is_named(head, name) and fits(table, headers, given)
        if "customer_id" in found and (named_so or (told and not amounts)):
            return name
    return None


def needs_no_sales(found: Discovery) -> bool:
    """Tell whether there are contracts, or surveys beside which nothing lies that could be the sales."""
    unknown = found.rest or found.unreadable
    return "contracts" in found.tables or ("surveys" in found.tables and not unknown)


def _sorted(
    heads: list[Head], given: dict[str, dict[str, str]], related: Related
) -> tuple[dict[str, list[Head]], list[Head], list[Head]]:
    """Return what holds each table, what can be read and holds none, and what cannot be read."""
    found: dict[str, list[Head]] = {}
    others: list[Head] = []
    for head in heads:
        table = "transactions" if head in related.sales else identify(head.names, head.headers, given)
        if related.sales and table == "transactions" and head not in related.sales:
            table = None
        if table == "invoices" and _is_of_orders(head):
            table = None
        (found.setdefault(table, []) if table else others).append(head)
    for table, holding in found.items():
        if related.sales and table == "transactions":
            continue
        if table == "transactions":
            found[table], no_such = _fitting(holding, given[table])
        else:
            found[table], no_such = _alike(table, holding)
        others += no_such
    others.sort(key=heads.index)
    rest = [head for head in others if head.headers or head.path.suffix.lower() == ".txt"]
    unreadable = [head for head in others if head not in rest]
    return {table: holding for table, holding in found.items() if holding}, rest, unreadable


def _is_of_orders(head: Head) -> bool:
    """Tell whether rows are payments of orders, which say nothing of a customer."""
    said = {word for name in head.names for word in words(name)}
    is_paid = said & {"payment", "payments", "pago", "pagos", "cobro", "cobros"}
    return bool(is_paid) and "customer_id" not in recognised(TABLES["invoices"], head.headers, {})


def _is_named(head: Head, table: str) -> bool:
    return any(named(name) == table for name in head.names)


def _alike(table: str, heads: list[Head]) -> tuple[list[Head], list[Head]]:
    """Return what holds the table, and what only resembles it: suppliers have a code and a name, too."""
    certain = [head for head in heads if _is_named(head, table)]
    within = [head for head in heads if any(table in named_within(name) for name in head.names)]
    if not certain and within:
        first = max(within, key=lambda head: len(recognised(TABLES[table], head.headers, {}))).headers
        certain = [head for head in within if head.headers == first]
        heads = certain + [head for head in heads if head not in certain]
        return certain, heads[len(certain) :]
    headers = {head.headers for head in certain or heads}
    if not certain and len(headers) > 1:
        return [], heads
    return [h for h in heads if h in certain or h.headers in headers], [
        h for h in heads if h not in certain and h.headers not in headers
    ]


def _fitting(heads: list[Head], given: dict[str, str]) -> tuple[list[Head], list[Head]]:
    """Return the sales, and what only has a name that sales may have, such as purchases from suppliers."""
    fitting = [head for head in heads if fits(TABLES["transactions"], head.headers, given)]
    kinds = {_kind(head) for head in fitting if _is_named(head, "transactions")}
    others = [head for head in heads if kinds and head not in fitting and _kind(head) not in kinds]
    return [head for head in heads if head not in others], others


def left_out(heads: list[Head]) -> tuple[Note, ...]:
    """Return the note that names what is not taken; none where there is nothing."""
    return (Note(_LEFT_OUT, {"tables": labels(heads)}),) if heads else ()


def labels(heads: list[Head]) -> str:
    """Return what the reader is told they are."""
    return shortened([head.label for head in heads])


def _stand_in(found: dict[str, list[Head]], given: dict[str, str]) -> str | None:
    """Return the table whose columns would do as those of the sales."""
    for name in ("invoices", "deliveries"):
        if name in found and all(fits(TABLES["transactions"], h.headers, given) for h in found[name]):
            return name
    return None


def _check_one_kind_of_sales(heads: list[Head]) -> None:
    """Refuse invoices beside their lines, or offers beside sales: summed together, they are no sales."""
    kinds = {name: list(group) for name, group in groupby(sorted(heads, key=_kind), key=_kind)}
    if len(kinds) > 1 and len({head.headers for head in heads}) > 1:
        likely = sorted(heads, key=lambda head: not _is_named(head, "transactions"))[0]
        raise CarteraError(
            _(
                "{tables} look like sales, but their columns differ: summed together, money could count "
                "twice. Say which holds them: '{choice}' under 'transactions' in dataset.yml."
            ).format(tables=listing([group[0].label for group in kinds.values()]), choice=likely.choice)
        )


def _kind(head: Head) -> str:
    """Return what the name calls the rows, where it is a usual one: ``ventas`` of any year are one kind."""
    return next(("".join(words(name)) for name in head.names if named(name)), "")
