"""Which line of a file holds the names of the columns: the one in which most of them are known."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import zip_longest

from analysis.dataset.schema import TABLES, Table, same_name


def joined_names(above: Iterable[str], below: Iterable[str]) -> list[str]:
    """Return the names of columns whose groups stand in a line above: ``NIF`` above ``Tipo`` is ``NIF Tipo``.

    A group is that of the last filled cell, for columns that have a name of their own below.
    """
    group, names = "", []
    for first, second in zip_longest(map(str.strip, above), map(str.strip, below), fillvalue=""):
        group = first or group
        names.append(f"{first or (group if second else '')} {second}".strip())
    return names


def columns_named(table: Table, names: Iterable[str], given: AbstractSet[str] = frozenset()) -> int:
    """Count the columns of a table that a line of names would give.

    Parameters
    ----------
    table
        The table the line may be of.
    names
        The line's cells.
    given
        Names, as `same_name` spells them, that the user gives; each counts as a column.
    """
    owners = _owners(table.name)
    keys = {same_name(name) for name in names}
    return len({owners.get(key, key) for key in keys if key in owners or key in given})


@cache
def _owners(table: str) -> dict[str, str]:
    """Return the column that each name belongs to, by the name as `same_name` spells it."""
    return {same_name(name): column.name for column in TABLES[table].columns for name in column.all_names}
