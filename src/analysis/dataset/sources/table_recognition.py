"""Which canonical table a file, a sheet or a table of a database is: by its name, else by its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from analysis.dataset.schema import TABLES, Table, normalised, same_name
from analysis.dataset.schema.declaration import listed
from analysis.dataset.systems.system import system_of, systems

_IDLE_WORDS = listed(
    "de, del, la, las, los, el, of, the, export, exportacion, exported, datos, data, copia, copy, tabla, "
    "table, tbl, dbo, enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, setiembre, "
    "octubre, noviembre, diciembre, ene, feb, mar, abr, may, jun, jul, ago, sep, set, oct, nov, dic, "
    "january, february, march, april, june, july, august, september, october, november, december, jan, "
    "apr, aug, dec, trimestre, quarter, semestre, ano, year, mes, month, final"
)
"""Words of a name that say when or how it was made, not what it holds."""


def named(name: str) -> str | None:
    """Return the canonical table that usually goes by this name; None if none does.

    >>> named("ventas_2024"), named("Clientes (2)"), named("resumen")
    ('transactions', 'customers', None)
    """
    said = words(name)
    return _BY_NAME.get("".join(said)) or _BY_NAME.get("".join(word.removesuffix("s") for word in said))


def named_within(name: str) -> list[str]:
    """Return the canonical tables by which some of a name's words go, the longest first, then the last.

    >>> named_within("Acme_Sales_2024"), named_within("ventas")
    (['transactions'], [])
    """
    said = words(name)
    runs = [said[i:j] for i in range(len(said)) for j in range(i + 1, len(said) + 1) if j - i < len(said)]
    runs.reverse()
    tables = [_BY_NAME.get("".join(run)) for run in sorted(runs, key=len, reverse=True)]
    return list(dict.fromkeys(table for table in tables if table))


def words(name: str) -> list[str]:
    """Return the words of a name that say what it holds."""
    said = re.sub(r"\d+", " ", normalised(name)).split()
    return [word for word in said if len(word) > 1 and word not in _IDLE_WORDS]


def _spellings(name: str) -> set[str]:
    """Return how a declared name is written in one word, in the plural and in the singular."""
    said = words(name)
    singulars = [("s", ""), ("es", ""), ("ies", "y")]
    return {"".join(said)} | {
        "".join(word.removesuffix(plural) + one if word.endswith(plural) else word for word in said)
        for plural, one in singulars
    }


_BY_NAME = {
    spelling: table.name
    for table in TABLES.values()
    for name in (*table.names, table.name)
    for spelling in _spellings(name)
}


_PLAIN = {"customer", "amount"}
"""Names that say what the column is, although a better one comes before them."""


def recognised(
    table: Table, headers: Iterable[str], given: Mapping[str, str], *, surely: bool = False
) -> set[str]:
    """Return the columns of ``table`` that the headers would give; a header counts for one column.

    Parameters
    ----------
    table
        The canonical table.
    headers
        Column names of the raw table.
    given
        Canonical column → header, from ``dataset.yml``.
    surely
        Whether names that count only for want of a better one do not: ``código`` may be anybody's.
    """
    headers = list(headers)
    free = {same_name(header) for header in headers}
    found = {name for name, header in given.items() if same_name(header) in free}
    free -= {same_name(given[name]) for name in found}
    for column in table.columns:
        if column.name in found:
            continue
        ranks = [names for i, names in enumerate(column.ranks) if not surely or i == 0 or _PLAIN & {*names}]
        for names in ranks:
            known = free.intersection(map(same_name, names))
            if known:
                found.add(column.name)
                free -= known
                break
    return found | ({"name"} & set(table.canonical) if full_name(headers) else set())


def full_name(headers: Iterable[str]) -> tuple[str, str] | None:
    """Return the columns that hold the first and the last name of a person; None where there are none."""
    both = [next((h for h in headers if same_name(h) in names), None) for names in _FULL_NAME]
    return (both[0], both[1]) if both[0] and both[1] else None


_FULL_NAME = (
    set(map(same_name, listed("first name, given name, forename, nombre, nombre de pila"))),
    set(map(same_name, listed("last name, surname, family name, apellidos, apellido, primer apellido"))),
)


def fits(table: Table, headers: Iterable[str], given: Mapping[str, str], *, surely: bool = False) -> int:
    """Return how many columns of ``table`` the headers give; 0 where one that it must have is missing.

    With ``surely``, two columns must tell the table from others, if it has more than two that do.
    """
    found = recognised(table, headers, given, surely=surely)
    needed = set(table.required)
    if table.name == "transactions" and ("gross_amount" in found or {"quantity", "unit_price"} <= found):
        needed -= {"amount"}
    telling = (2 if surely and len(table.telling) > 2 else 1) if table.telling else 0
    whole = (
        needed <= found
        and len(found.intersection(table.telling)) >= telling
        and (not table.any_of or bool(found.intersection(table.any_of)))
    )
    return len(found) if whole else 0


def identify(
    names: Iterable[str], headers: Iterable[str], given: Mapping[str, Mapping[str, str]]
) -> str | None:
    """Return the canonical table that a raw one is; None if it is none.

    Its columns decide where they are those of a known system's sales; its name where they fit; else the table
    of which it has most columns, the sales where several have as many; else its name, where it has at least a
    telling column of that table, since what is missing can be asked for; else the words inside its name. By
    columns alone, names that count only for want of a better one do not, and a table that knows no customer
    needs its name: a month, a channel and an amount may be anything.

    Parameters
    ----------
    names
        What it is called, the surest first.
    headers
        Its column names; none where it cannot be read, and its name decides.
    given
        For each canonical table the headers that ``dataset.yml`` gives by canonical column.
    """
    names, headers = list(names), list(headers)
    by_name = [table for table in map(named, names) if table]
    if not headers:
        return next(iter(by_name), None)
    system = systems().get(system_of(headers) or "")
    if system and system.tables == ["transactions"]:  # deals are leads, too
        return "transactions"
    for table in by_name:
        if fits(TABLES[table], headers, given.get(table, {})):
            return table
    within = [table for name in names for table in named_within(name)]
    scores = {
        name: fits(table, headers, given.get(name, {}), surely=name != "transactions" and not given.get(name))
        for name, table in TABLES.items()
        if "customer_id" in table.canonical or given.get(name)
    }
    best = max(scores, key=scores.__getitem__)  # the first of equals: the sales
    if scores[best]:
        return best
    for table in by_name:
        declared = TABLES[table]
        telling = set(declared.telling or declared.required)
        if telling & recognised(declared, headers, given.get(table, {})):
            return table
    fitting = (table for table in within if fits(TABLES[table], headers, given.get(table, {})))
    return next(fitting, None)
