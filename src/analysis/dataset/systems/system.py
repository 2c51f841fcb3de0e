"""What is known of the exports of a system, declared in a YAML file in the words of ``dataset.yml``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.dataset.config import TableConfig, Transactions, check_columns
from analysis.dataset.schema import TABLES, same_name
from analysis.dataset.yaml_file import read_yaml
from analysis.errors import CarteraError
from analysis.language import _

PLUS = " + "
"""What stands between the headers of a sum."""
_FOLDER = Path(__file__).parent

Words = dict[str, str]
"""A text by language."""
Alternatives = str | list[str]
"""A header, or several of which one is meant: the first that the file has."""


class System(BaseModel):
    """What is known of the exports of a system.

    Parameters
    ----------
    name
        What the file is, with its article, by language.
    follows
        What follows from it, in one or two sentences, by language.
    headers
        Headers that the file has; of a list, one of them.
    without
        Headers that it does not have.
    transactions, leads
        Keys and values of that section of ``dataset.yml``; a column may have several headers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Words = Field(min_length=1)
    follows: Words = Field(min_length=1)
    headers: list[Alternatives] = Field(min_length=1)
    without: list[str] = Field(default_factory=list)
    transactions: dict[str, Any] = Field(default_factory=dict)
    leads: dict[str, Any] = Field(default_factory=dict)

    def fits(self, headers: Iterable[str]) -> bool:
        """Tell whether a file with these headers is such an export."""
        there = {same_name(header) for header in headers}
        needed = all(any(same_name(one) in there for one in each(group)) for group in self.headers)
        return needed and not any(same_name(one) in there for one in self.without)

    @property
    def tables(self) -> list[str]:
        """The tables that such an export holds."""
        return [name for name in TABLES if getattr(self, name, None)]

    def settings(self, table: str, headers: Iterable[str]) -> TableConfig:
        """Return the section of a table for a file with these headers."""
        section: dict[str, Any] = dict(getattr(self, table))
        there = {same_name(header): header for header in headers}
        columns = {
            name: found
            for name, group in section.pop("columns", {}).items()
            if (found := next(filter(None, (_written(one, there) for one in each(group))), None))
        }
        if columns.get("customer_name") == columns.get("customer_id"):
            columns.pop("customer_name", None)
        used = {part for header in columns.values() for part in header.split(PLUS)}
        ignored = [there[same_name(one)] for one in section.pop("ignore", []) if same_name(one) in there]
        ignored = [header for header in ignored if header not in used]
        said = section | {"columns": columns} | ({"ignore": ignored} if ignored else {})
        return (Transactions if table == "transactions" else TableConfig).model_validate(said)


def each(group: Alternatives) -> list[str]:
    """Return the headers of which one is meant."""
    return [group] if isinstance(group, str) else group


def _written(header: str, there: dict[str, str]) -> str | None:
    """Return a header as the file writes it, or a sum of those that it has; None where it has none."""
    parts = [there[same_name(part)] for part in header.split(PLUS) if same_name(part) in there]
    return PLUS.join(parts) or None


def read_system(path: Path) -> System:
    """Read and check the declaration of a system.

    Raises
    ------
    CarteraError
        If it is not one.
    """
    try:
        system = System.model_validate(read_yaml(path))
        for table in system.tables:
            columns = getattr(system, table).get("columns", {})
            check_columns(path.name, table, columns)
            system.settings(table, [one for group in columns.values() for one in each(group)])
    except ValidationError as error:
        first = error.errors()[0]
        raise CarteraError(
            _(
                "{file}: '{key}' is not as in the declaration of a system: see those in dataset/systems."
            ).format(file=path.name, key=".".join(map(str, first["loc"])) or path.name)
        ) from None
    return system


@cache
def systems() -> dict[str, System]:
    """Return the systems that are known, by the name of their file, those of more headers first."""
    found = {path.stem: read_system(path) for path in sorted(_FOLDER.glob("*.yml"))}
    return dict(sorted(found.items(), key=lambda one: -len(one[1].headers)))


def system_of(headers: Iterable[str]) -> str | None:
    """Return the name of the system whose export has these headers; None where none is known."""
    there = list(headers)
    return next((name for name, system in systems().items() if system.fits(there)), None)
