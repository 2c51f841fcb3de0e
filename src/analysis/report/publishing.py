"""The folder of a report: whether it may be one, and how a new report takes the place of the old one there.

A run takes shape in a folder of its own beside that of the report. It holds ``work``, ``new`` (the report)
and, for the moment in which the new report takes its place, ``old/<turn>/<name>`` (the one before).
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path

from analysis.errors import CarteraError
from analysis.language import _
from analysis.report import record
from analysis.report.atomic_write import is_full, write_text
from analysis.report.record import INDEX, RECORD, About
from analysis.stopping import undisturbed
from analysis.temporary import in_use, is_temporary, left_behind, new, passing


def usable(out: Path) -> Path:
    """Return the folder that ``out`` means, free of what a killed run has left half done.

    Raises
    ------
    CarteraError
        If nothing can be written there, or if it holds something that is no report.
    """
    try:
        folder = out.resolve()
        for left in (*left_behind(folder.parent), *left_behind(folder)):
            with suppress(OSError):  # it stays for the next run
                _end(left)
        with _made(folder):
            if folder.exists():
                new(folder).rmdir()
    except (OSError, RuntimeError, ValueError) as error:
        message = _("Nothing can be written to {folder}: {reason}. Choose another folder with --out.")
        raise CarteraError(message.format(folder=out, reason=_reason(error))) from error
    held = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if held and not record.is_report(folder):
        message = _(
            "{folder} is no report of Cartera, and not empty: it holds '{file}'. Nothing there is replaced: "
            "choose a new or an empty folder with --out."
        )
        raise CarteraError(message.format(folder=folder, file=held[0]))
    return folder


def _reason(error: Exception) -> str:
    """Return what the system says; Python alone notices links in a circle (`RuntimeError`), and NUL."""
    number = errno.ELOOP if isinstance(error, RuntimeError) else errno.EINVAL
    return (isinstance(error, OSError) and error.strerror) or os.strerror(number)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give a folder on the same disk in which a run takes shape; no trace of it is left.

    Raises
    ------
    CarteraError
        If something cannot be written within, or another run writes into ``folder`` itself.
    """
    try:
        with _made(folder) as made:
            (made / "new").mkdir()
            yield made
    except (OSError, CarteraError) as error:
        problem = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(problem, OSError):
            raise
        raise _not_written(problem, folder) from problem


def _not_written(problem: OSError, folder: Path) -> CarteraError:
    if is_full(problem):
        message = _("There is no room left for the report in {path}. Make room, or give another --out.")
        return CarteraError(message.format(path=folder))
    path = Path(problem.filename or folder)
    within = any(is_temporary(part) for part in (path, *path.parents))
    message = _("{path} cannot be written: {reason}. If it is open in another program, close it there.")
    return CarteraError(message.format(path=folder if within else path, reason=problem.strerror))


@contextmanager
def _made(folder: Path) -> Iterator[Path]:
    absent = [path for path in (folder.parent, *folder.parent.parents) if not path.exists()]
    made = None
    try:
        with undisturbed():
            made = _begin(folder)
        if strangers := [path for path in in_use(folder) if path != made]:
            message = _(
                "Another run writes into {folder}: wait for its end, or delete {path} if there is none."
            )
            raise CarteraError(message.format(folder=folder, path=strangers[0]))
        yield made
    finally:
        with undisturbed():
            if made is not None:
                with suppress(OSError):  # the old report stays in it for the next run
                    _end(made)
            for path in absent:
                with suppress(OSError):  # it holds something by now, as it should
                    path.rmdir()


def _begin(folder: Path) -> Path:
    """Make a temporary folder beside ``folder``, or in it where nothing can be made, or moved, beside it."""
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    stays = folder.is_mount() or Path.cwd().is_relative_to(folder)
    if not stays:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            return new(folder.parent)
        except OSError:
            if not folder.exists():
                raise
    return new(folder)


def publish(made: Path, folder: Path, about: About) -> list[str]:
    """Put the report in ``made / "new"`` into ``folder``, and keep what the reader has added to the old one.

    Parameters
    ----------
    made
        From `staging`.
    folder
        From `usable`.
    about
        Becomes ``run.json``.

    Returns
    -------
    list of str
        What the reader should know of it.
    """
    report = made / "new"
    write_text(report / RECORD, record.to_json(about, _files(report)))
    with undisturbed():
        if made.parent == folder or not _swap(made, folder):
            message = _("{folder} could not be renamed: the report was put into it file by file.")
            return [message.format(folder=folder), *_put_files(made, folder, about)]
        return [said for old in made.glob("old/*/*") for said in _bring_back(old, folder)]


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def _swap(made: Path, folder: Path) -> bool:
    """Rename the old folder away and the new one to its place; return whether the system lets us."""
    report = made / "new"
    if folder.exists():
        shutil.copymode(folder, report)
    for turn in count():
        old = made / "old" / str(turn) / folder.name
        old.parent.mkdir(parents=True)
        try:
            with suppress(FileNotFoundError):
                folder.rename(old)
        except OSError:
            return False
        try:
            report.rename(folder)
        except OSError:
            if folder.exists():  # another run was faster
                continue
            if old.exists():
                old.rename(folder)
            return False
        return True
    raise AssertionError


def _end(made: Path) -> None:
    """Remove a temporary folder, after what is in it of an old report has gone where it belongs."""
    for old in made.glob("old/*/*"):
        _bring_back(old, made.parent / old.name)
    shutil.rmtree(made, ignore_errors=True)


def _bring_back(old: Path, folder: Path) -> list[str]:
    """Put an old report back, or, if there is a new one in its place, what the reader has added to it."""
    if not folder.exists():
        old.rename(folder)
        return []
    if not record.is_report(folder):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
    return [said for path in _foreign(old) for said in _keep(old, path, folder)]


def _put_files(made: Path, folder: Path, about: About) -> list[str]:
    """Put each file of the new report into its place, the front page last; what is of the reader stays."""
    files, before = _files(made / "new"), record.files_of(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with passing(partial(new, folder)) as near:  # the folder may be on another disk
        fresh = Path(shutil.move(made / "new", near))
        said = [
            sentence
            for path in _foreign(folder)
            if _is_taken(fresh, path)
            for sentence in _keep(folder, path, folder)
        ]
        write_text(folder / RECORD, record.to_json(about, files | before))
        for file in [*sorted(files - {RECORD, INDEX}), RECORD, INDEX]:
            if file == RECORD:
                for old in before - files:
                    (folder / old).unlink(missing_ok=True)
                    _remove_empty(folder, old)
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (fresh / file).replace(folder / file)
    return said


def _remove_empty(folder: Path, file: Path) -> None:
    """Remove the folders in which ``file`` was that are empty now."""
    for parent in file.parents[:-1]:
        with suppress(OSError):  # it is not empty
            (folder / parent).rmdir()


def _foreign(folder: Path) -> list[Path]:
    """Return the files and links in the folder of a report that no run has made."""
    ours = record.files_of(folder)
    paths = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    relative = [path.relative_to(folder) for path in paths]
    return [path for path in relative if path not in ours and not is_temporary(folder / path.parts[0])]


def _keep(source: Path, path: Path, folder: Path) -> list[str]:
    """Move a file of the reader into ``folder``: to its old place if that is free; say where if it is not."""
    homes = (path, *(Path(f"kept-{number}") / path for number in range(1, 1000)))
    home = next(home for home in homes if not _is_taken(folder, home))
    (folder / home).parent.mkdir(parents=True, exist_ok=True)
    (source / path).rename(folder / home)
    _remove_empty(source, path)
    if home == path:
        return []
    message = _("The new report has a file of its own in place of your {path}: yours is now {home}.")
    return [message.format(path=folder / path, home=folder / home)]


def _is_taken(folder: Path, path: Path) -> bool:
    """Tell whether something is at ``path`` in ``folder``, or where a folder above it would have to be."""
    place = folder / path
    above = [folder / parent for parent in path.parents]
    return place.is_symlink() or place.exists() or any(p.is_symlink() or p.is_file() for p in above)
