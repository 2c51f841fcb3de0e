"""Which raw tables belong together: orders with their lines, and lists that rows refer to by a key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from analysis.dataset.config import TableConfig
from analysis.dataset.files.peek import Head
from analysis.dataset.inference.customer_column import kinds
from analysis.dataset.schema import CUSTOMERS, TRANSACTIONS, Table, normalised, same_name
from analysis.dataset.schema.declaration import listed
from analysis.dataset.schema.lists import CATEGORIES, OWN_CODE, PRODUCTS
from analysis.dataset.sources.table_recognition import fits, identify, recognised, words

_SHOWN = 6
_OF_ORDER = (
    "customer_name", "date", "channel", "salesperson", "status", "document_type", "reference", "currency",
)  # fmt: skip
"""What lines take from their order beside the customer; money of an order is never spread over its lines."""
_KEY_WORDS = {*OWN_CODE, "sku", "number", "nr", "ean", "isbn"}
_LINE_WORDS = {
    "line",
    "lines",
    "item",
    "items",
    "detail",
    "details",
    "linea",
    "lineas",
    "detalle",
    "detalles",
}
_KEYS = ("order_id", "product_id", "category", "channel", "salesperson", "customer_id")


@dataclass(frozen=True)
class Listed:
    """A list that rows of a table refer to, before its values are looked at.

    Parameters
    ----------
    heads
        Where it is: files with the same columns, or one sheet or table.
    pairs
        Columns that may be the key: that of the rows, and that of the list; the surest first.
    take
        What the rows call a column → column of the list.
    needed
        Whether the rows are no sales without it.
    lists
        Lists that it refers to itself.
    place
        How it is read, and where it is in a database or as ``dataset.yml`` says.
    """

    heads: tuple[Head, ...]
    pairs: tuple[tuple[str, str], ...]
    take: dict[str, str]
    needed: bool = False
    lists: tuple[Listed, ...] = ()
    place: TableConfig = field(default_factory=TableConfig)

    @property
    def settings(self) -> TableConfig:
        """How it is read: a sheet that it was found in is part of that."""
        sheet = self.heads[0].sheet
        return self.place if sheet is None else self.place.model_copy(update={"sheet": sheet})

    @property
    def label(self) -> str:
        """What the reader is told it is."""
        return shortened([head.label for head in self.heads])

    @property
    def all_heads(self) -> list[Head]:
        """All that it and the lists it refers to are taken from."""
        return [*self.heads, *(head for one in self.lists for head in one.all_heads)]


def shortened(names: list[str]) -> str:
    """Return names in one text; of many, the first and how many more."""
    more = [f"… (+{len(names) - _SHOWN})"] if len(names) > _SHOWN else []
    return ", ".join(names[:_SHOWN] + more)


@dataclass(frozen=True)
class Related:
    """Sales that are so only with what they take from lists."""

    sales: list[Head] = field(default_factory=list)
    orders: tuple[Listed, ...] = ()


def headers_of(table: Table, headers: Iterable[str], names: Iterable[str]) -> dict[str, list[str]]:
    """Return the headers that each of these columns may be: those of its surest name that is there."""
    found = {}
    for name in names:
        for rank in table.column(name).ranks:
            known = set(map(same_name, rank))
            if here := [header for header in headers if same_name(header) in known]:
                found[name] = here
                break
    return found


def find_sales(heads: list[Head], given: Mapping[str, str]) -> Related:
    """Return the sales that lack what another raw table has: their order, or the prices of products."""
    whole = [head for head in heads if fits(TRANSACTIONS, head.headers, given)]
    groups = [
        (lines, _orders_of(lines, heads, given)) for lines in _alike(heads) if _is_lines(lines[0], given)
    ]
    groups = [(lines, orders) for lines, orders in groups if orders and not set(orders) & set(lines)]
    ranked = sorted(groups, key=lambda group: _line_rank(group[0][0], given), reverse=True)
    if (
        ranked
        and len(ranked) > 1
        and _line_rank(ranked[0][0][0], given) == _line_rank(ranked[1][0][0], given)
    ):
        ranked = []
    for lines, orders in ranked[:1]:
        if not [head for head in whole if head not in orders]:
            pairs = _pairs(lines[0], orders[0], TRANSACTIONS, "order_id")
            return Related(
                lines, (Listed(tuple(orders), pairs, _of_order(lines[0], orders[0], pairs), True),)
            )
    if whole:
        return Related()
    priced = [group for group in _alike(heads) if _lacks_price(group[0], given)]
    lists = {id(group): product_lists(group[0], heads) for group in priced}
    fitting = [group for group in priced if any("unit_price" in one.take for one in lists[id(group)])]
    return Related(fitting[0]) if len(fitting) == 1 else Related()


def _alike(heads: list[Head]) -> list[list[Head]]:
    """Return the raw tables in groups with the same columns; those of workbooks and databases each alone."""
    groups: dict[object, list[Head]] = {}
    for head in heads:
        if head.headers:
            groups.setdefault(head if head.sheet else head.headers, []).append(head)
    return list(groups.values())


def _found(head: Head, given: Mapping[str, str]) -> set[str]:
    return recognised(TRANSACTIONS, head.headers, given)


def _has_value(found: set[str]) -> bool:
    return bool({"amount", "gross_amount"} & found) or {"quantity", "unit_price"} <= found


def _is_lines(head: Head, given: Mapping[str, str]) -> bool:
    found = _found(head, given)
    of_goods = bool({"product_id", "quantity", "description"} & found)
    return of_goods and not _whose_and_when(head, given) and (_has_value(found) or "quantity" in found)


def _whose_and_when(head: Head, given: Mapping[str, str]) -> bool:
    """Tell whether rows say who bought and when; the name of a product is no customer's."""
    sure = {"customer_id", "date"} & {*recognised(TRANSACTIONS, head.headers, given, surely=True), *given}
    return sure == {"customer_id", "date"} or fits(TRANSACTIONS, head.headers, given) > 0


def _line_rank(head: Head, given: Mapping[str, str]) -> tuple[bool, bool]:
    said = {word for name in head.names for word in words(name)}
    return _has_value(_found(head, given)), bool(_LINE_WORDS & said)


def _orders_of(lines: list[Head], heads: list[Head], given: Mapping[str, str]) -> list[Head]:
    """Return the orders that lines belong to: they say who bought and when, and share a key with them."""
    candidates = [
        group
        for group in _alike([head for head in heads if head not in lines])
        if {"customer_id", "date"} <= _found(group[0], given)
        and _pairs(lines[0], group[0], TRANSACTIONS, "order_id")
        and not {"product_id", "quantity"} & recognised(TRANSACTIONS, group[0].headers, {}, surely=True)
    ]

    def rank(group: list[Head]) -> int:
        table = identify(group[0].names, group[0].headers, {})
        return (
            ["transactions", "invoices", None].index(table)
            if table in {"transactions", "invoices", None}
            else 9
        )

    best = sorted(candidates, key=rank)
    return best[0] if best and rank(best[0]) < 9 else []


def _of_order(lines: Head, orders: Head, pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return what lines take from their order: who bought, when, and in what state it is."""
    own = set(map(same_name, lines.headers))
    surely = recognised(TRANSACTIONS, lines.headers, {}, surely=True)
    wanted = [name for name in _OF_ORDER if name not in surely]
    columns = headers_of(TRANSACTIONS, orders.headers, wanted)
    columns["customer_id"] = list(kinds(orders.headers, TRANSACTIONS))
    keys = {header for _own, header in pairs}
    take = {
        header: header
        for header in orders.headers
        if header not in keys and same_name(header) not in own
        and any(header in headers for headers in columns.values())
    }  # fmt: skip
    if "order_id" not in surely:
        take["order_id"] = pairs[0][1]
    return take


def _lacks_price(head: Head, given: Mapping[str, str]) -> bool:
    found = _found(head, given)
    return {"customer_id", "date", "quantity", "product_id"} <= found and not _has_value(found)


def product_lists(rows: Head, pool: list[Head]) -> tuple[Listed, ...]:
    """Return the lists of products that sales refer to, with what the sales lack and the lists say."""
    has = _found(rows, {})
    if "quantity" not in has:
        has |= {"unit_price", "unit_cost"}
    has |= {"unit_price"} if _has_value(has) else set()
    has |= {"unit_cost"} if "cost" in has else set()
    found = []
    for head in pool:
        of_goods = {"category", "unit_price", "unit_cost"} & recognised(PRODUCTS, head.headers, {})
        key = "product_id" if of_goods and identify(head.names, head.headers, {}) != "customers" else ""
        pairs = tuple(pair for pair in _pairs(rows, head, PRODUCTS, key) if pair[1] in _codes(head, PRODUCTS))
        said = recognised(TRANSACTIONS, head.headers, {}, surely=True)
        if not pairs or head == rows or {"date", "quantity", "customer_id", "order_id"} & said:
            continue
        columns = headers_of(PRODUCTS, head.headers, ("description", "category", "unit_price", "unit_cost"))
        keys = {header for _own, header in pairs}
        take = {name: here[0] for name, here in columns.items() if name not in has and here[0] not in keys}
        groups = _groups(head, pool) if "category" not in has else ()
        if groups:
            take["category"] = "category"
        if take.keys() - {"description"}:
            found.append(Listed((head,), pairs, take, lists=groups))
    return tuple(found)


def _groups(products: Head, pool: list[Head]) -> tuple[Listed, ...]:
    """Return the list of groups that a list of products refers to by a code."""
    if any(set(here) for here in headers_of(PRODUCTS, products.headers, ("category",)).values()):
        said = headers_of(PRODUCTS, products.headers, ("category",))["category"][0]
        if not _has_key_word(said):
            return ()
    for head in pool:
        named = {
            "category",
            "categorie",
            "subcategory",
            "subcategorie",
            "familia",
            "genre",
            "grupo",
            "categoria",
        }
        if head == products or not named & {w.removesuffix("s") for name in head.names for w in words(name)}:
            continue
        pairs = _pairs(products, head, CATEGORIES)
        keys = {header for _own, header in pairs}
        names = [h for h in head.headers if h not in keys]
        columns = headers_of(CATEGORIES, names, ("category",))
        if pairs and columns:
            return (Listed((head,), pairs, {"category": columns["category"][0]}),)
    return ()


def customer_lists(rows: Head, pool: list[Head]) -> tuple[Listed, ...]:
    """Return the lists that customers refer to, or that list them again, with what these say beside."""
    has = recognised(CUSTOMERS, rows.headers, {})
    found = []
    for head in pool:
        pairs = _pairs(rows, head, CUSTOMERS)
        said = recognised(TRANSACTIONS, head.headers, {}, surely=True)
        if not pairs or head == rows or {"date", "quantity", "amount", "order_id", "product_id"} & said:
            continue
        keys = {header for _own, header in pairs}
        names = [name for name in CUSTOMERS.canonical if name not in has and name != "customer_id"]
        columns = headers_of(CUSTOMERS, [h for h in head.headers if h not in keys], names)
        by_customer = bool(keys & set(_codes(head, CUSTOMERS)))
        take = {
            name: here[0]
            for name, here in columns.items()
            if by_customer or name in {"region", "salesperson", "sector"} - {"name"}
        }
        if take:
            has |= take.keys()
            found.append(Listed((head,), pairs, take))
    return tuple(found)


def by_sales(rows: Head, sales: list[Head], pool: list[Head]) -> tuple[Listed, ...]:
    """Return the region of each customer by its sales, of which a list knows the store or the territory."""
    if not sales or "region" in recognised(CUSTOMERS, rows.headers, {}):
        return ()
    pairs = _pairs(rows, sales[0], CUSTOMERS)
    keys = headers_of(TRANSACTIONS, sales[0].headers, ("customer_id",)).get("customer_id", [])
    pairs = tuple(pair for pair in pairs if pair[1] in keys)
    for one in customer_lists(sales[0], [head for head in pool if head not in sales]):
        if pairs and "region" in one.take:
            region = replace(one, take={"region": one.take["region"]})
            return (Listed(tuple(sales), pairs, {"region": "region"}, lists=(region,)),)
    return ()


def _codes(head: Head, table: Table) -> list[str]:
    """Return the headers by which a list may know its rows: the first column of the table or its own code."""
    first = table.columns[0]
    own = set(map(same_name, OWN_CODE))
    known = {same_name(name) for rank in first.ranks[:2] for name in rank} | own
    return [header for header in head.headers if same_name(header) in known] or [
        header for header in head.headers if _has_key_word(header)
    ]


def _has_key_word(header: str) -> bool:
    return bool(_KEY_WORDS & {*normalised(header).split()})


def _pairs(rows: Head, other: Head, table: Table, key: str = "") -> tuple[tuple[str, str], ...]:
    """Return the columns of two raw tables that may be the same key by what they are called.

    ``key`` is the column of the rows that may stand in the other table as its own code, whatever this is.
    """
    own = headers_of(TRANSACTIONS, rows.headers, (key,) if key else ()).get(key, [])
    bare = [header for header in other.headers if same_name(header) in _BARE]
    found = [*_same_keys(rows, other, table), *((mine, its) for mine in own for its in bare)]
    return tuple(dict.fromkeys(found))


def _same_keys(rows: Head, other: Head, table: Table) -> Iterator[tuple[str, str]]:
    def is_key(header: str) -> bool:
        return _has_key_word(header) or same_name(header) in _KEY_NAMES

    own = [
        header for header in rows.headers if is_key(header) and same_name(header) not in _BARE - _REFERENCES
    ]
    theirs = [header for header in other.headers if is_key(header)]
    called = {word.removesuffix("s") for name in other.names for word in words(name)}
    for mine in own:
        said = _telling(mine)
        for its in theirs:
            if same_name(mine) == same_name(its):
                yield mine, its
            elif same_name(its) in _BARE:
                if said and said[-1].removesuffix("s") in called:
                    yield mine, its
            elif said and (
                said[-len(_telling(its)) :] == _telling(its) or _telling(its)[-len(said) :] == said
            ):
                yield mine, its
    columns = [name for name in _KEYS if name != "customer_id" or table is CUSTOMERS]
    mine_of, its_of = (headers_of(TRANSACTIONS, head.headers, columns) for head in (rows, other))
    for name in columns:
        for mine in mine_of.get(name, []):
            for its in its_of.get(name, []):
                if mine in own and its in theirs:
                    yield mine, its
    if table is CUSTOMERS:
        bare = [header for header in rows.headers if same_name(header) in _BARE]
        yield from ((mine, its) for mine in bare for its in theirs if its in its_of.get("customer_id", []))


def _telling(header: str) -> list[str]:
    """Return the words of a key that say of what it is."""
    return [word for word in normalised(header).split() if word not in _KEY_WORDS]


_BARE = set(map(same_name, OWN_CODE))
_REFERENCES = {"ref", "referencia"}
_KEY_NAMES = {
    same_name(name) for key in _KEYS for rank in TRANSACTIONS.column(key).ranks[:2] for name in rank
} | set(map(same_name, listed("store, shop, tienda, territory, territorio, zona, zone, region, employee")))
