"""What was read of a source: kept by content, so that it is read once; and as it is for all of a run."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import duckdb

from analysis.dataset.cache import (
    MARKER,
    cache_folder,
    copied,
    forget_unused,
    is_run,
    lasting_folder,
    new_folder,
    read_once,
)
from analysis.dataset.config import DatasetConfig
from analysis.dataset.customer_days import CUSTOMER_DAYS
from analysis.dataset.intake import take_in
from analysis.dataset.ledger.intake_result import Intake, load, save
from analysis.dataset.quality import Note
from analysis.dataset.sources.inputs import Source, reachable, spelled
from analysis.dataset.sources.open_source import find_source
from analysis.dataset.user_files import legible, reason_of, sha256
from analysis.engine.queries import sql_text
from analysis.errors import CarteraError
from analysis.language import N_, _, current_language, listing
from analysis.temporary import passing

_SOURCE = ".source.json"
_CHANGED = N_(
    "The data changed while the report was made ({what}). All of it shows them as they were at its start; "
    "run it again for the new ones."
)
_NOT_WRITTEN = (OSError, duckdb.IOException)
_NOT_KEPT = N_(
    "What was read is not kept, and is read anew each time: nothing can be written to {folder} ({reason}). "
    "To keep it elsewhere, name a folder in the environment variable CARTERA_CACHE."
)


@dataclass(frozen=True)
class Taken:
    """What was read of a source.

    Parameters
    ----------
    name
        What the data set is called.
    config
        What ``dataset.yml`` says.
    inputs
        SHA-256 of each raw file; see `Source.content`.
    folder
        Where the Parquet files and the account are.
    files
        The raw files of each table, as in ``inputs``.
    """

    name: str
    config: DatasetConfig
    inputs: dict[str, str]
    folder: Path
    files: dict[str, list[str]]


class _ChangedError(CarteraError):
    """A file is not what it was when reading it began."""


def take(data: str) -> Taken:
    """Read a source unless its content is known; within a run, take what the run took of it first.

    Parameters
    ----------
    data
        What `find_source` takes.

    Raises
    ------
    CarteraError
        If it cannot be read.
    """
    if not is_run():
        with read_once():
            return _taken(data)
    folder = copied(f"{legible(data)}\ntables", "tables", partial(_put_aside, data))
    name, config, inputs, files = json.loads((folder / _SOURCE).read_text("utf-8"))
    return Taken(name, DatasetConfig.model_validate(config), inputs, folder, files)


def read_anew(data: str, folder: Path) -> Source:
    """Read a source into an empty folder of the user's, whether it is kept or not; return what was read.

    Raises
    ------
    CarteraError
        If it cannot be read.
    """
    with read_once():
        source = reachable(find_source(data))
        check = partial(_check_unchanged, source, source.stamps(), source.content())
        _read_into(folder, source, check)
    return source


def _put_aside(data: str, target: Path) -> None:
    """Put what is read of ``data`` where no other run forgets it, and no kernel looks at the source again."""
    taken = _taken(data)
    shutil.copytree(taken.folder, target, copy_function=_linked)
    source = [taken.name, taken.config.model_dump(mode="json"), taken.inputs, taken.files]
    (target / _SOURCE).write_text(json.dumps(source), "utf-8")


def _linked(path: str, target: str) -> None:
    try:
        Path(target).hardlink_to(path)
    except OSError:  # not on this disk
        shutil.copyfile(path, target)


def changes(data: str) -> tuple[Note, ...]:
    """Return what is to be said if a source is no longer as the run under way took it."""
    taken = take(data)
    try:
        source = reachable(find_source(data))
        now = source.content()
    except CarteraError as error:
        return (Note(_CHANGED, {"what": str(error).rstrip(".")}),)
    names = {name for name in now.keys() | taken.inputs.keys() if now.get(name) != taken.inputs.get(name)}
    if source.config.model_dump_json() != taken.config.model_dump_json():
        names.add("dataset.yml")
    what = listing(sorted(Path(name).name for name in names))
    return (Note(_CHANGED, {"what": what}),) if names else ()


def _taken(data: str) -> Taken:
    try:
        return _taken_now(data)
    except _ChangedError:  # it was still being written
        return _taken_now(data)


def _taken_now(data: str) -> Taken:
    source = reachable(find_source(data))
    stamps, inputs = source.stamps(), source.content()
    folder = cache_folder() / _key(source, inputs)
    if not _is_current(folder):
        folder = _read(source, partial(_check_unchanged, source, stamps, inputs), folder)
    files = {table: [*map(given.called, given.files)] for table, given in source.inputs.items()}
    return Taken(source.name, source.config, inputs, folder, files)


def _check_unchanged(source: Source, stamps: list[tuple[int, ...]], inputs: dict[str, str]) -> None:
    """Raise an error if a file was written to since ``stamps`` were taken and holds something else."""
    if source.stamps() == stamps:
        return
    now = source.content()
    changed = [Path(name).name for name in inputs if now[name] != inputs[name]]
    if changed:
        raise _ChangedError(
            _("{files}: changed while being read. Wait until it is complete, and try again.").format(
                files=listing(changed)
            )
        )


@cache
def _reader_version() -> str:
    """Return a digest of the code that reads, so that a change of it reads again."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("systems/*.yml")]):
        digest.update(path.read_bytes())
    digest.update(sql_text(CUSTOMER_DAYS).encode())
    return digest.hexdigest()


def _key(source: Source, inputs: dict[str, str]) -> str:
    """Return what names the canonical tables: content, settings, and the code that reads."""
    parts = [_reader_version(), source.config.model_dump_json()]
    for table, given in source.inputs.items():
        files = [f"{legible(path.name)}:{inputs[given.called(path)]}" for path in given.files]
        lists = [
            f"{head.label}:{inputs[given.called(head.path)]}:{one.pairs}:{one.take}:{one.place}"
            for one in given.lists
            for head in one.all_heads
        ]
        parts += [table, given.settings.model_dump_json(), *files, *lists]
    parts += [json.dumps([note.message, note.values]) for note in source.notes]
    guessed = any(given.guessed for given in source.inputs.values())
    if (
        source.broken or guessed or source.config.broken_tables == "leave_out"
    ):  # sentences are kept as they are
        parts += [current_language(), json.dumps(source.broken)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _read(source: Source, check: Callable[[], None], folder: Path) -> Path:
    """Read into a folder of the cache, or, if nothing can be written there, into one that is no longer kept.

    Return the folder.
    """
    try:
        _read_into_cache(source, check, folder)
    except _NOT_WRITTEN as error:
        note = Note(_NOT_KEPT, {"folder": str(folder.parent), "reason": reason_of(error)})
    else:
        return folder
    try:
        elsewhere = lasting_folder()
        _read_into(elsewhere, source, check, (note,))
    except _NOT_WRITTEN as error:
        raise CarteraError(
            _("{name} could not be read into the folder of temporary files: {reason}.").format(
                name=source.name, reason=reason_of(error)
            )
        ) from None
    return elsewhere


def _read_into_cache(source: Source, check: Callable[[], None], folder: Path) -> None:
    with passing(partial(new_folder, folder.parent)) as fresh:
        forget_unused()
        _read_into(fresh, source, check)
        _put(fresh, folder)


def _read_into(folder: Path, source: Source, check: Callable[[], None], notes: tuple[Note, ...] = ()) -> None:
    try:
        taken = take_in(spelled(source), folder)
    except Exception:
        check()
        raise
    check()
    tables = taken.tables | {"transactions": taken.sales.noted(notes)}
    save(replace(taken, tables=tables), folder / "account.json")
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != MARKER]
    digests = _digests(folder, [path.relative_to(folder).as_posix() for path in files])
    (folder / MARKER).write_text(json.dumps(digests), "utf-8")


def _digests(folder: Path, names: Collection[str]) -> dict[str, str]:
    """Return the SHA-256 of files in a folder, as many at a time as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(names, pool.map(sha256, (folder / name for name in names)), strict=True))


def _put(fresh: Path, folder: Path) -> None:
    """Put what was read in its place, where something damaged may be, or what another process just read."""
    with suppress(OSError):
        fresh.rename(folder)
        return
    if _is_current(folder):
        return
    with passing(partial(new_folder, folder.parent)) as away:
        try:
            with suppress(FileNotFoundError):
                folder.rename(away / folder.name)
            fresh.rename(folder)
        except OSError:
            if not _is_current(folder):
                raise


def _is_current(folder: Path) -> bool:
    """Tell whether what is kept is whole, as it was written, and what reading it today would give."""
    try:
        digests = dict(json.loads((folder / MARKER).read_text("utf-8")))
        if not digests or _digests(folder, digests) != digests:
            return False
    except (OSError, ValueError, TypeError, CarteraError):
        return False
    with suppress(OSError):  # the cache may be read only
        os.utime(folder)
    return not _is_woken(load(folder / "account.json"))


def _is_woken(taken: Intake) -> bool:
    """Tell whether rows that lay in the future when they were read no longer do."""
    days = [records.read_again_on for records in taken.tables.values()]
    return any(day is not None and day <= dt.date.today() for day in days)
