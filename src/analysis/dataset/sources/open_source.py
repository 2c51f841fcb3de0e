"""What the user names → the raw files of each table and what is known of them."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from glob import glob
from importlib.util import find_spec
from pathlib import Path

from analysis.dataset import databases
from analysis.dataset.config import DatasetConfig, TableConfig, Transactions, read_config
from analysis.dataset.files.peek import has_sheets, heads_of, stem
from analysis.dataset.lake.places import from_lake, is_in_lake, sales_of_spark
from analysis.dataset.quality import Note
from analysis.dataset.schema import TABLES
from analysis.dataset.sources.discovery import Discovery, discover
from analysis.dataset.sources.inputs import (
    Input,
    Source,
    database_heads,
    file_heads,
    files_in,
    found_in_database,
    in_database,
    in_folder,
    inputs_of,
    named_lists,
    sorted_out,
    staged,
    staged_copy,
)
from analysis.dataset.systems.recognition import known_by_name
from analysis.dataset.user_files import legible, path_of, unreadable
from analysis.errors import CarteraError
from analysis.language import N_, Language, _, listing
from analysis.suggestions import closest

_PACKAGE = Path(__file__).resolve().parents[2]
_CDNOW = Transactions(delimiter=" ", columns={"amount": "dollar_value", "quantity": "number_of_cds"})
_SAMPLE_NAMES = ["customer_id", "sample id", "date", "number_of_cds", "dollar_value"]
BUILT_IN = {
    "cdnow": ("CDNOW_master.txt", _CDNOW),
    "cdnow-sample": ("CDNOW_sample.txt", _CDNOW.model_copy(update={"names": _SAMPLE_NAMES})),
}
"""Data sets that the ``lifetimes`` package carries: the file, and how it is written."""


DEMO = "demo"
"""The demo portfolio, which comes with the workbook."""

_PATTERN = N_("{table}: '{name}' in dataset.yml stands for {files}.")


def find_source(data: str) -> Source:
    """Find the raw files of each table of the data set that ``data`` names.

    The settings are those of the user, and what follows from the systems that files come from.

    Parameters
    ----------
    data
        ``cdnow``, ``cdnow-sample``, ``demo``, a file, a workbook with a sheet per table, a folder of files, a
        ``dataset.yml``, a database file or the address of a database.

    Returns
    -------
    Source
        Databases are copied on the way, so that this must stand within `copies.read_once`.

    Raises
    ------
    CarteraError
        If there is no such file, nothing in the folder, or no sales among what is there.
    """
    return known_by_name(_found(data))


def _found(data: str) -> Source:
    if data in BUILT_IN or data == DEMO:
        return _built_in(data)
    if databases.is_address(data):
        return in_database(databases.name_of(data), data, DatasetConfig())
    path = path_of(data)
    if not data.strip() or not os.path.exists(path):  # noqa: PTH110 Path.exists fails on a name too long
        databases.refuse_foreign(data)
        raise CarteraError(_missing(data, path))
    path = path.resolve()
    if path.is_dir():
        settings = path / "dataset.yml"
        return _configured(settings) if os.path.lexists(settings) else in_folder(path, DatasetConfig())
    if problem := unreadable(path):
        raise CarteraError(problem)
    if path.suffix.lower() in {".yml", ".yaml"}:
        return _configured(path)
    if databases.is_database_file(path):
        source = in_database(databases.name_of(str(path)), str(path), DatasetConfig())
        return replace(source, folder=path.parent)
    return sorted_out(stem(path), [path], DatasetConfig())


def language_of(data: str) -> Language | None:
    """Return the language that the ``dataset.yml`` of ``data`` asks for; None where there is none."""
    path = path_of(data)
    settings = path if path.suffix.lower() in {".yml", ".yaml"} else path / "dataset.yml"
    in_place = data.strip() and data not in (*BUILT_IN, DEMO) and os.path.isfile(settings)  # noqa: PTH113 as above
    return read_config(settings).language if in_place else None


def _demo_folder() -> Path:
    """Return the folder of the demo portfolio: inside an installed package, or in the repository."""
    for candidate in (_PACKAGE / "data" / "demo", _PACKAGE.parents[1] / "data" / "demo"):
        if candidate.is_dir():
            return candidate
    raise CarteraError(_("The demo portfolio is not installed: install cartera again."))


def _missing(data: str, path: Path) -> str:
    problem = unreadable(path)
    if problem and data.strip() and _is_there(path):
        return problem
    beside: list[str] = []
    if path.suffix or "/" in data:
        with suppress(CarteraError, ValueError):
            beside = [file.name for file in files_in(path.parent)]
    if near := closest(path.name, beside):
        return _("There is no file {file}. Did you mean {near}?").format(
            file=legible(data), near=legible(str(path.with_name(near)))
        )
    return _(
        "There is no file or folder {file}. Give the path of a sales file, of a folder of them, "
        "of a dataset.yml, or one of: {names}."
    ).format(file=legible(data), names=", ".join([*BUILT_IN, DEMO]))


def _is_there(path: Path) -> bool:
    """Tell whether there is something at a path, if only a link that leads nowhere or what is barred."""
    try:
        path.lstat()
    except (OSError, ValueError) as error:
        return isinstance(error, PermissionError)
    return True


def _configured(path: Path) -> Source:
    """Return the data set of a ``dataset.yml``.

    Where it names no file, table or query at all, everything is found as without it; else only the sales and
    the tables that have a section are read.
    """
    if problem := unreadable(path):
        raise CarteraError(problem)
    config, folder = read_config(path), path.parent
    database = databases.resolved(config.database, folder) if config.database else None
    placed = [table for table in TABLES if config.table(table).says_where]
    sections = [table for table in TABLES if table in config.model_fields_set]
    if placed:
        source = _as_placed(path, config, placed, database)
        needed = {*sections} if "contracts" in placed else {*sections, "transactions"}
        sections = [table for table in TABLES if table in needed]
        sought = [table for table in sections if table not in placed]
        if sought:
            inputs, broken = _beside(path, source, sought, database)
            source = replace(source, inputs=source.inputs | inputs, broken=source.broken | broken)
    elif database:
        source = in_database(databases.name_of(database), database, config)
    else:
        source = in_folder(folder, config)
    if "surveys" in source.inputs and "transactions" not in config.model_fields_set:
        sections = [table for table in sections if table != "transactions"]
    for table in [table for table in source.inputs if config.table(table).join is not None]:
        source = _with_named_lists(path, source, table, database)
    missing = [table for table in sections if table not in source.inputs and table not in source.broken]
    source = sales_of_spark(source) if config.engine == "spark" else source
    return replace(
        source,
        name=config.name or source.name,
        inputs={table: source.inputs[table] for table in TABLES if table in source.inputs},
        broken=source.broken | {table: _not_found(path, table) for table in missing},
        folder=folder,
        database=config.database or "",
    )


def _as_placed(path: Path, config: DatasetConfig, placed: list[str], database: str | None) -> Source:
    """Return what ``dataset.yml`` names the place of."""
    inputs, broken = {}, {}
    notes: list[Note] = []
    for table in placed:
        if config.engine == "spark" and is_in_lake(config.table(table), path.parent):
            try:
                inputs[table] = from_lake(table, path.parent, config)
            except CarteraError as error:
                broken[table] = str(error)
        elif config.table(table).file is not None:
            try:
                files, meant = _named_files(path, table, config.table(table))
                inputs[table] = Input(files, _with_sheet(table, files[0], config))
                notes += meant
            except CarteraError as error:
                broken[table] = str(error)
    wanted = {table: config.table(table) for table in placed if table not in {*inputs, *broken}}
    if wanted and database:
        copies, unstaged = staged(database, wanted)
        inputs, broken = inputs | copies, broken | unstaged
    placed_files = [file for given in inputs.values() for file in given.files]
    name = stem(placed_files[0]) if len(placed_files) == 1 and not wanted else legible(path.parent.name)
    name = databases.name_of(database) if wanted and database else name
    return Source(name, inputs, config, tuple(notes), broken)


def _named_files(path: Path, table: str, place: TableConfig) -> tuple[tuple[Path, ...], list[Note]]:
    """Return the files that the section of ``table`` names, and for what its patterns stand.

    What is called so is meant; only where nothing is, a name is a pattern.
    """
    given = place.file
    files, notes = [], []
    for name in [given] if isinstance(given, str) else given or []:
        there = os.path.lexists(path.parent / name)
        matches = [path.parent / name] if there else _matching(name, path.parent)
        if not matches:
            databases.refuse_foreign(name)
            raise CarteraError(
                _("{config}: there is no file '{name}' beside it. Correct 'file' under '{table}'.").format(
                    config=path.name, name=name, table=table
                )
            )
        if not there:
            values = {"name": name, "files": listing([legible(match.name) for match in matches])}
            notes.append(Note(_PATTERN, values, {"table": TABLES[table].title}))
        files += [Path(os.path.realpath(match.parent), match.name) for match in matches]
    return tuple(files), notes


def _with_named_lists(path: Path, source: Source, table: str, database: str | None) -> Source:
    """Return the data set with the lists that the section of ``table`` names, in place of those found."""

    def located(place: TableConfig) -> tuple[Path, ...]:
        if place.table is not None and database:
            return staged_copy(place, database)
        return _named_files(path, table, place)[0]

    try:
        lists = named_lists(source.config.table(table).join or [], located)
    except CarteraError as error:
        inputs = {name: given for name, given in source.inputs.items() if name != table}
        return replace(source, inputs=inputs, broken=source.broken | {table: str(error)})
    given = replace(source.inputs[table], lists=lists)
    return replace(source, inputs=source.inputs | {table: given})


def _matching(pattern: str, folder: Path) -> list[Path]:
    """Return the files, but no folders, that a pattern of dataset.yml stands for."""
    found = sorted(glob(pattern, root_dir=folder, recursive=True))  # noqa: PTH207 Path.glob takes no whole path
    return [folder / match for match in found if not os.path.isdir(folder / match)]  # noqa: PTH112 as above


def _with_sheet(table: str, file: Path, config: DatasetConfig) -> TableConfig:
    """Return the section of ``table``, with the sheet that is found to be it where it names none."""
    settings = config.table(table)
    sheets = heads_of(file, settings.columns.values()) if has_sheets(file) else []
    fitting = discover(sheets, config, needs_sales=False).tables.get(table, [])
    if settings.sheet is None and len(fitting) == 1:
        return settings.model_copy(update={"sheet": fitting[0].sheet})
    return settings


def _beside(
    path: Path, source: Source, sought: list[str], database: str | None
) -> tuple[dict[str, Input], dict[str, str]]:
    """Return the tables that have a section but no place in ``dataset.yml``, as far as they are found."""
    config, needs_sales = source.config, "transactions" in sought
    if database:
        found = _only(sought, discover(database_heads(database), config, needs_sales))
        return found_in_database(found, database, config)
    taken = {os.path.realpath(file) for given in source.inputs.values() for file in given.files}
    files = [file for file in files_in(path.parent) if os.path.realpath(file) not in taken]
    return inputs_of(_only(sought, discover(file_heads(files, config), config, needs_sales)), config), {}


def _only(tables: list[str], found: Discovery) -> Discovery:
    return replace(found, tables={name: heads for name, heads in found.tables.items() if name in tables})


def _not_found(path: Path, table: str) -> str:
    return _(
        "{config} has a section '{table}', but nothing was found that is one. Name its file there: 'file: …'."
    ).format(config=path.name, table=table)


def _built_in(name: str) -> Source:
    """Return the demo portfolio, or a data set of the ``lifetimes`` package, which need not be imported."""
    if name == DEMO:
        return replace(find_source(str(_demo_folder())), name=DEMO)
    spec = find_spec("lifetimes")
    if spec is None or not spec.submodule_search_locations:
        raise CarteraError(
            _("'{name}' comes with the package lifetimes, which is not installed.").format(name=name)
        )
    file, settings = BUILT_IN[name]
    path = Path(spec.submodule_search_locations[0]) / "datasets" / file
    config = DatasetConfig(name=name, currency="USD", transactions=settings)
    return Source(name, {"transactions": Input((path,), settings)}, config)
