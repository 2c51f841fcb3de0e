"""The raw files of each table: what is found in files that lie together, and in databases."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.dataset import databases
from analysis.dataset.cache import copied
from analysis.dataset.config import DatasetConfig, Join, TableConfig
from analysis.dataset.files.peek import SUFFIXES, Head, has_sheets, heads_of
from analysis.dataset.quality import Note
from analysis.dataset.schema import TABLES
from analysis.dataset.sources.discovery import (
    Discovery,
    discover,
    labels,
    left_out,
    needs_no_sales,
    stands_alone,
)
from analysis.dataset.sources.related import Listed
from analysis.dataset.sources.table_recognition import named, named_within, recognised, words
from analysis.dataset.user_files import is_legible, legible, reason_of, sha256, unreadable
from analysis.errors import CarteraError
from analysis.language import _, listing

_DEEPEST = 2
"""How deep folders in a folder are looked into."""


@dataclass(frozen=True)
class Input:
    """The raw files of one table.

    Parameters
    ----------
    files
        Files with the same columns; a table of a database is here as the Parquet file it was staged to.
    settings
        How they are read; where they are workbooks, ``sheet`` is the sheet that holds the table.
    origin
        What the reader is told in place of the path of a staged file; empty for the user's own files.
    guessed
        Whether only its columns say what it is, so that it is left out where it cannot be read.
    lists
        Lists that its rows take columns from.
    """

    files: tuple[Path, ...]
    settings: TableConfig
    origin: str = ""
    guessed: bool = False
    lists: tuple[Listed, ...] = ()

    @property
    def beside(self) -> list[Path]:
        """The files of its lists."""
        return [head.path for one in self.lists for head in one.all_heads]

    def called(self, path: Path) -> str:
        """Return what the reader is told in place of the path of one of the files."""
        if self.origin:
            return self.origin if path in self.files else path.name
        return legible(str(path))


@dataclass(frozen=True)
class Source:
    """A data set before it is read.

    Parameters
    ----------
    name
        What the data set is called in reports and folders.
    inputs
        The raw files of each canonical table that there is, in the order of the schema.
    config
        What ``dataset.yml`` says, or what is known of a built-in data set.
    notes
        What was found and not taken.
    broken
        Canonical tables that are there but cannot be got at, and why, in one sentence each.
    folder
        The user's folder that ``dataset.yml`` belongs in; None where there is none, as for a server.
    database
        The database that tables come from, as it was named; empty where none does.
    """

    name: str
    inputs: dict[str, Input]
    config: DatasetConfig
    notes: tuple[Note, ...] = ()
    broken: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None
    database: str = ""

    def content(self) -> dict[str, str]:
        """Return the SHA-256 of each file's content, by its path, or by its origin where it was staged."""
        files = {
            given.called(path): path
            for given in self.inputs.values()
            for path in (*given.beside, *given.files)
        }
        return {called: sha256(path) for called, path in files.items()}

    def stamps(self) -> list[tuple[int, ...]]:
        """Return what the system notes of each file and alters whenever one is written to or replaced."""
        return [_stamp(path) for given in self.inputs.values() for path in (*given.files, *given.beside)]


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        seen = path.stat()
    except OSError:
        return ()
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def reachable(source: Source) -> Source:
    """Return the data set with the tables whose files cannot be opened among the broken ones."""
    closed = {
        table: problem
        for table, given in source.inputs.items()
        for path in (*given.files, *given.beside)
        if (problem := unreadable(path))
    }
    inputs = {table: given for table, given in source.inputs.items() if table not in closed}
    return replace(source, inputs=inputs, broken=source.broken | closed)


def spelled(source: Source) -> Source:
    """Return the data set with a link in place of each file whose path is not UTF-8.

    DuckDB cannot be given such a path. The links are copies, so that this must stand within
    `copies.read_once`.
    """
    inputs = {
        table: replace(
            given, files=tuple(map(_spelled, given.files)), lists=tuple(map(_spelled_list, given.lists))
        )
        for table, given in source.inputs.items()
    }
    return replace(source, inputs=inputs)


def _spelled_list(one: Listed) -> Listed:
    heads = tuple(replace(head, path=_spelled(head.path)) for head in one.heads)
    return replace(one, heads=heads, lists=tuple(map(_spelled_list, one.lists)))


def _spelled(path: Path) -> Path:
    if is_legible(path):
        return path
    return copied(str(path), path.name, lambda link: link.symlink_to(path))


def files_in(folder: Path) -> list[Path]:
    """Return the files of a folder that could be tables.

    Raises
    ------
    CarteraError
        If the folder may not be looked into.
    """
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        raise CarteraError(
            _("{file} cannot be read: {reason}.").format(file=legible(folder.name), reason=reason_of(error))
        ) from None
    return [
        path for path in found if path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "~"))
    ]


def _files_below(folder: Path) -> list[Path]:
    """Return the files of a folder and of those in it, no report's; of equal ones, the first."""
    found: dict[tuple[str, str], Path] = {}
    for place, folders, _names in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = [
            name
            for name in sorted(folders)
            if depth < _DEEPEST
            and not name.startswith((".", "~"))
            and not (Path(place, name) / "run.json").exists()
        ]
        for path in files_in(Path(place)):
            found.setdefault((path.name, str(path) if unreadable(path) else sha256(path)), path)
    return list(found.values())


def in_folder(folder: Path, config: DatasetConfig) -> Source:
    """Return the data set of the files in a folder; of those in its folders, too, where it has no sales."""
    files = files_in(folder)
    main = {"transactions", "contracts", "surveys"}
    if not main & discover(file_heads(files, config), config, needs_sales=False).tables.keys():
        files = _files_below(folder) or files
    if not files:
        raise CarteraError(
            _("The folder {folder} holds no sales file. Known are: {suffixes}.").format(
                folder=legible(folder.name), suffixes=", ".join(SUFFIXES)
            )
        )
    return replace(sorted_out(legible(folder.name), files, config), folder=folder)


def sorted_out(name: str, files: list[Path], config: DatasetConfig) -> Source:
    """Return the data set of these files: sales all of them, unless other tables are among them."""
    sales = Source(
        name, {"transactions": Input(tuple(files), config.transactions)}, config, folder=files[0].parent
    )
    heads = file_heads(files, config)
    if len(files) == 1 and not has_sheets(files[0]):
        if kind := next((stands_alone(head, config) for head in heads), None):
            return replace(sales, inputs={kind: Input(tuple(files), config.table(kind))})
        return _with_invoices(sales, heads, config)
    found = discover(heads, config)
    alone = found.tables.keys() <= {"transactions"}
    if alone and not found.lists and _may_all_be_sales(found):
        return sales
    if "transactions" not in found.tables and not needs_no_sales(found):
        raise CarteraError(_no_sales(name, heads))
    notes = found.notes + left_out(found.rest)
    return replace(sales, inputs=inputs_of(found, config), notes=notes, broken=_unreadable(found.unreadable))


def _with_invoices(sales: Source, heads: list[Head], config: DatasetConfig) -> Source:
    """Return one file of sales, which are invoices too where it says when each is due and was paid."""
    table = TABLES["invoices"]
    if all({*table.required, "due", "paid"} <= recognised(table, head.headers, {}) for head in heads):
        invoices = Input(sales.inputs["transactions"].files, config.invoices, guessed=True)
        return replace(sales, inputs=sales.inputs | {"invoices": invoices})
    return sales


def file_heads(files: list[Path], config: DatasetConfig) -> list[Head]:
    """Return what can be seen of the tables in these files before they are read."""
    given = [header for table in TABLES for header in config.table(table).columns.values()]
    top = os.path.commonpath([path.parent for path in files]) if files else ""
    return [
        head if str(path.parent) == top else replace(head, names=(*head.names, legible(path.parent.name)))
        for path in files
        for head in heads_of(path, given)
    ]


def inputs_of(found: Discovery, config: DatasetConfig) -> dict[str, Input]:
    """Return the input of each table found in files; of several sheets the reader asks which is meant."""
    inputs = {}
    for table, heads in found.tables.items():
        settings, sheets = config.table(table), {head.sheet for head in heads}
        if len(sheets) == 1 and settings.sheet is None:
            settings = settings.model_copy(update={"sheet": sheets.pop()})
        files = tuple(dict.fromkeys(head.path for head in heads))
        guessed = _is_guessed(table, found, config)
        inputs[table] = Input(files, settings, guessed=guessed, lists=found.lists.get(table, ()))
    return inputs


def named_lists(joins: list[Join], located: Callable[[TableConfig], tuple[Path, ...]]) -> tuple[Listed, ...]:
    """Return the lists that ``dataset.yml`` names, in the files that hold them."""
    return tuple(
        Listed(
            tuple(Head(path, None, (), ()) for path in located(one.place)),
            tuple(one.by.items()),
            one.take,
            True,
            named_lists(one.join, located),
            one.place,
        )
        for one in joins
    )


def _may_all_be_sales(found: Discovery) -> bool:
    """Tell whether the files beside the sales may be sales, too, so that they must not be left out.

    What is called like the sales may. Where no name says that these are sales, so may all but a mere list.
    """
    sales = found.tables.get("transactions", [])
    others = [*found.rest, *found.unreadable]
    if not sales or not others:
        return True
    kinds = {tuple(words(name)) for head in sales for name in head.names} - {()}
    if any(tuple(words(head.names[0])) in kinds for head in others):
        return True
    names = [name for head in sales for name in head.names]
    named_so = any(named(name) == "transactions" or "transactions" in named_within(name) for name in names)
    return not named_so and any(len(head.headers) != 1 for head in others)


def _unreadable(heads: list[Head]) -> dict[str, str]:
    message = _(
        "{file} cannot be read, and its name does not say what it holds. Correct it, take it out of the "
        "folder, or name the files that count in dataset.yml."
    )
    return {head.label: message.format(file=head.label) for head in heads}


def _no_sales(name: str, heads: list[Head]) -> str:
    """Return the sentence that says that nothing was recognised as the sales."""
    return _(
        "{name}: nothing in it was recognised as the sales; it holds {tables}. Say in dataset.yml what holds "
        "them ('file', or 'table' or 'query' of a database, under 'transactions') and what its columns are."
    ).format(name=name, tables=labels(heads))


def in_database(name: str, database: str, config: DatasetConfig) -> Source:
    """Return the data set of the tables of a database that go by the names and columns of ours."""
    heads = database_heads(database)
    if not heads:
        raise CarteraError(
            _("{database} holds no table that can be read.").format(database=databases.shown(database))
        )
    found = discover(heads, config)
    if "transactions" not in found.tables and not needs_no_sales(found):
        raise CarteraError(_no_sales(name, heads))
    inputs, broken = found_in_database(found, database, config)
    notes = found.notes + left_out(found.rest)
    return Source(name, inputs, config, notes, broken, database=database)


def database_heads(database: str) -> list[Head]:
    """Return what can be seen of the tables of a database before they are copied."""
    place = Path(databases.name_of(database))
    columns = databases.columns_of(database)
    return [Head(place, table, (table,), headers, "table") for table, headers in columns.items()]


def found_in_database(
    found: Discovery, database: str, config: DatasetConfig
) -> tuple[dict[str, Input], dict[str, str]]:
    """Return the input of each table found in a database, and what is wrong with those that have none."""
    wanted, broken = {}, {}
    for table, candidates in found.tables.items():
        chosen = [head for head in candidates if named(head.names[0]) == table] or candidates
        if len(chosen) > 1:
            broken[table] = _which(chosen, table)
        else:
            wanted[table] = config.table(table).model_copy(update={"table": chosen[0].sheet})
    inputs, unstaged = staged(database, wanted)
    for table in inputs.keys() & found.lists.keys():
        inputs[table] = replace(inputs[table], lists=_staged_lists(found.lists[table], database))
    guessed = {table for table in inputs if _is_guessed(table, found, config)}
    inputs |= {table: replace(inputs[table], guessed=True) for table in guessed}
    return inputs, broken | unstaged


def _staged_lists(lists: tuple[Listed, ...], database: str) -> tuple[Listed, ...]:
    """Return lists of a database with the copies of their tables; without those that only tell more."""
    done = []
    for one in lists:
        place = TableConfig(table=one.heads[0].sheet)
        try:
            copies = staged_copy(place, database)
        except CarteraError:
            if one.needed:
                raise
            continue
        heads = tuple(replace(one.heads[0], path=path, sheet=None) for path in copies)
        done.append(replace(one, heads=heads, place=place, lists=_staged_lists(one.lists, database)))
    return tuple(done)


def staged_copy(place: TableConfig, database: str) -> tuple[Path, ...]:
    """Copy a table out of a database."""
    copy = databases.stage(database, {str(place.table): place})[str(place.table)]
    if isinstance(copy, CarteraError):
        raise copy
    return (copy,)


def _is_guessed(table: str, found: Discovery, config: DatasetConfig) -> bool:
    return table in found.guessed and table != "transactions" and table not in config.model_fields_set


def _which(heads: list[Head], table: str) -> str:
    return _(
        "{tables} could each be '{table}'. Choose one in dataset.yml: '{choice}' under '{table}'."
    ).format(tables=listing([head.label for head in heads]), table=table, choice=heads[0].choice)


def staged(database: str, wanted: dict[str, TableConfig]) -> tuple[dict[str, Input], dict[str, str]]:
    """Copy tables out of a database; return them, and what is wrong with those that cannot be copied."""
    try:
        copies = databases.stage(database, wanted)
    except CarteraError as error:
        if "transactions" in wanted:
            raise
        return {}, dict.fromkeys(wanted, str(error))
    broken = {table: str(copy) for table, copy in copies.items() if isinstance(copy, CarteraError)}
    shown = legible(databases.shown(database))
    inputs = {
        table: Input((copy,), wanted[table], f"{shown} [{wanted[table].table or table}]")
        for table, copy in copies.items()
        if isinstance(copy, Path)
    }
    return inputs, broken
