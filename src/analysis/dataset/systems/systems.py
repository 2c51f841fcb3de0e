"""A file of a known system is told by its headers; what its declaration says becomes settings.

A declaration says what can be known by name, in the words of ``dataset.yml``; what the user says comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.dataset.config import TableConfig, Transactions
from analysis.dataset.files.peek import heads_of
from analysis.dataset.ledger.sums import PLUS
from analysis.dataset.quality import Note
from analysis.dataset.schema import TABLES, same_name
from analysis.dataset.sources.inputs import Input, Source
from analysis.dataset.yaml_file import read_yaml
from analysis.errors import CarteraError
from analysis.language import N_, _, listing
from analysis.suggestions import nearest

NO_SYSTEM = "none"
"""What ``system`` says in ``dataset.yml`` where a file is to be read as that of no system."""
_FOLDER = Path(__file__).parent
_KNOWN = N_("{file} is {name}. {follows}")

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
        needed = all(any(same_name(one) in there for one in _each(group)) for group in self.headers)
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
            if (found := next(filter(None, (_written(one, there) for one in _each(group))), None))
        }
        ignored = [there[same_name(one)] for one in section.pop("ignore", []) if same_name(one) in there]
        said = section | {"columns": columns} | ({"ignore": ignored} if ignored else {})
        return (Transactions if table == "transactions" else TableConfig).model_validate(said)


def _each(group: Alternatives) -> list[str]:
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
            settings = system.settings(table, [one for group in columns.values() for one in _each(group)])
            for name in settings.columns:
                if name not in {column.name for column in TABLES[table].columns}:
                    raise CarteraError(
                        _(
                            "{file}: '{table}.columns' names '{name}', which is no canonical column. {hint}"
                        ).format(
                            file=path.name,
                            table=table,
                            name=name,
                            hint=nearest(name, [column.name for column in TABLES[table].columns]),
                        )
                    )
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


def known_by_name(source: Source) -> Source:
    """Return a data set with the settings that follow from the systems its files come from.

    Raises
    ------
    CarteraError
        If ``dataset.yml`` names a system that is not known, or whose headers the sales do not have.
    """
    wanted = source.config.system
    own = _wanted(source) if wanted not in {None, NO_SYSTEM} else None
    for table, given in list(source.inputs.items()) if wanted != NO_SYSTEM else []:
        for headers, below in _heads(given, own):
            system = own or systems().get(system_of(headers) or "")
            if not system or table not in system.tables:
                continue
            if not system.fits(headers):
                message = _("{file} has not the headers of {system}, which dataset.yml names as its system.")
                raise CarteraError(message.format(file=given.called(given.files[0]), system=wanted))
            source = _told(source, system, given, below if "header_lines" in system.transactions else headers)
            break
    return source


def _wanted(source: Source) -> System:
    """Return the system that ``dataset.yml`` names: one that is known, or one's own in a file beside it."""
    name = source.config.system or ""
    if name in systems():
        return systems()[name]
    if name.endswith((".yml", ".yaml")):
        return read_system((source.folder or Path.cwd()) / name)
    raise CarteraError(
        _("dataset.yml: the system '{name}' is not known. Known are: {names}.").format(
            name=name, names=", ".join([*systems(), NO_SYSTEM])
        )
    )


def _heads(given: Input, own: System | None) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the headers of what is read, and those that two lines give together."""
    told = [own] if own else systems().values()
    known = [one for system in told for group in system.headers for one in _each(group)]
    heads = heads_of(given.files[0], known)
    return [(head.headers, head.below) for head in heads if head.sheet in {None, given.settings.sheet}]


def _told(source: Source, system: System, given: Input, headers: tuple[str, ...]) -> Source:
    """Return a data set with what a declaration says of one of its files."""
    inputs, config = dict(source.inputs), source.config
    for table in system.tables:
        if table in inputs and inputs[table].files != given.files:
            continue
        known = system.settings(table, headers)
        before = inputs[table].settings if table in inputs else config.table(table)
        taken = set(before.columns.values())
        columns = {name: header for name, header in known.columns.items() if header not in taken}
        settings = known.model_copy(update={"columns": columns}).answered(
            before.model_dump(exclude_unset=True)
        )
        if table in inputs:
            inputs[table] = replace(inputs[table], settings=settings)
        else:
            place = {"sheet": given.settings.sheet} if given.settings.sheet else {}
            inputs[table] = replace(given, settings=settings.model_copy(update=place), guessed=True)
        config = config.model_copy(update={table: settings})
    values = {
        "file": listing([path.name for path in given.files[:1]]),
        "name": system.name,
        "follows": system.follows,
    }
    ordered = {table: inputs[table] for table in TABLES if table in inputs}
    return replace(source, inputs=ordered, config=config, notes=(Note(_KNOWN, values), *source.notes))
