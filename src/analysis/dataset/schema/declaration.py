"""How a canonical table is declared: its columns, what they are called, and what links it to the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["identifier", "date", "month", "money", "number", "percent", "text", "choice"]


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Parameters
    ----------
    name
        Its canonical name.
    kind
        What its cells are; identifiers and text are never converted. A ``month`` becomes its first day, a
        ``choice`` one of ``choices``.
    unit
        What a value is measured in; empty where it has no unit.
    meaning
        One sentence for the reader.
    names
        What it is usually called, in English and Spanish.
    fallback_names
        Groups of names that count only where no column goes by one before them: a customer's name, say,
        where there is no code.
    canonical
        False for a column that only serves to work out others.
    choices
        The values it may have, and how each is usually written, in English and Spanish.
    event
        True for the day of something that may not have happened yet at ``as_of``; it is then unknown.
    known_with
        The event with which its value becomes known.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    names: tuple[str, ...]
    fallback_names: tuple[tuple[str, ...], ...] = ()
    canonical: bool = True
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    event: bool = False
    known_with: str = ""

    @property
    def ranks(self) -> tuple[tuple[str, ...], ...]:
        """Its names in groups, the surest first."""
        return ((self.name, *self.names), *self.fallback_names)

    @property
    def all_names(self) -> tuple[str, ...]:
        """All its names, the surest first."""
        return tuple(name for rank in self.ranks for name in rank)


@dataclass(frozen=True)
class Link:
    """Values of a column that should stand in another table.

    Parameters
    ----------
    column
        Column of this table.
    table, other
        The other table and its column.
    finding
        What a row without a counterpart is, for the reader: "{n} rows …".
    """

    column: str
    table: str
    other: str
    finding: str


@dataclass(frozen=True)
class Sequence:
    """Two days of a row of which one cannot come before the other.

    Parameters
    ----------
    earlier, later
        Names of the columns.
    finding
        What a row in the wrong sequence is, for the reader.
    """

    earlier: str
    later: str
    finding: str


@dataclass(frozen=True)
class Table:
    """One canonical table.

    Parameters
    ----------
    name
        Its canonical name, under which it stands in ``dataset.yml`` and in queries.
    title
        What the reader calls it.
    names
        What files, sheets and database tables that hold it are usually called, in English and Spanish.
    columns
        Its columns, canonical and auxiliary.
    required
        Columns without which a row cannot be used.
    any_of
        Columns of which a row must give at least one.
    telling
        Columns of which a raw table must have one to be taken for this table without a word from the user.
    key
        Columns that together stand once in the table; later rows with the same are left out.
    dated
        The day from which a row counts; rows after ``as_of`` are not seen. Empty where rows have none.
    links, sequences
        What should hold between its rows and those of others, and within a row.
    """

    name: str
    title: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    required: tuple[str, ...]
    any_of: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    dated: str = ""
    links: tuple[Link, ...] = ()
    sequences: tuple[Sequence, ...] = ()

    def column(self, name: str) -> Column:
        """Return the declaration of its column ``name``."""
        return next(declared for declared in self.columns if declared.name == name)

    @property
    def canonical(self) -> list[str]:
        """The names of its canonical columns, in order."""
        return [column.name for column in self.columns if column.canonical]


def listed(names: str) -> tuple[str, ...]:
    """Return the names written in one text, divided by commas."""
    return tuple(names.split(", "))
