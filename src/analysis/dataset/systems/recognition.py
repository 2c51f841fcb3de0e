"""A file of a known system is told by its headers, and what is declared of it becomes settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from analysis.dataset.files.peek import Head, heads_of
from analysis.dataset.quality import Note
from analysis.dataset.schema import TABLES
from analysis.dataset.sources.inputs import Input, Source
from analysis.dataset.systems.system import System, each, read_system, system_of, systems
from analysis.dataset.user_files import legible
from analysis.errors import CarteraError
from analysis.language import N_, _

NO_SYSTEM = "none"
"""What ``system`` says in ``dataset.yml`` where a file is to be read as that of no system."""
_KNOWN = N_("{file} is {name}. {follows}")


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
        if own and table not in own.tables:
            continue
        heads = _heads(given, own)
        told = [(head, name) for head in heads if (name := _system_of(head, own))]
        if own and not told:
            message = _("{file} has not the headers of {system}, which dataset.yml names as its system.")
            raise CarteraError(message.format(file=given.called(given.files[0]), system=wanted))
        if len(told) == 1 and table in told[0][1].tables:
            source = _told(source, told[0][1], given, told[0][0])
    return source


def _system_of(head: Head, own: System | None) -> System | None:
    """Return the system that a table comes from: one's own, else one that is known."""
    if own:
        return own if own.fits(head.headers) else None
    return systems().get(system_of(head.headers) or "")


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


def _heads(given: Input, own: System | None) -> list[Head]:
    """Return what can be seen of what is read; of a workbook, every sheet unless one is named."""
    told = [own] if own else systems().values()
    known = [one for system in told for group in system.headers for one in each(group)]
    heads = heads_of(given.files[0], known)
    sheet = given.settings.sheet
    return [head for head in heads if sheet is None or head.sheet in {None, sheet}]


def _told(source: Source, system: System, given: Input, head: Head) -> Source:
    """Return a data set with what a declaration says of one of its files."""
    inputs, config = dict(source.inputs), source.config
    headers = head.below if "header_lines" in system.transactions else head.headers
    place = {"sheet": head.sheet} if head.sheet is not None else {}
    for table in system.tables:
        if table in inputs and inputs[table].files != given.files:
            continue
        known = system.settings(table, headers)
        before = inputs[table].settings if table in inputs else config.table(table)
        taken = {*before.columns.values(), *before.ignore}
        columns = {name: header for name, header in known.columns.items() if header not in taken}
        known = known.model_copy(update={"columns": columns, **place})
        settings = known.answered(before.model_dump(exclude_unset=True))
        here = inputs.get(table, replace(given, guessed=True))
        inputs[table] = replace(here, settings=settings)
        config = config.model_copy(update={table: settings})
    values = {
        "file": given.origin or legible(given.files[0].name),
        "name": system.name,
        "follows": system.follows,
    }
    ordered = {table: inputs[table] for table in TABLES if table in inputs}
    return replace(source, inputs=ordered, config=config, notes=(Note(_KNOWN, values), *source.notes))
