"""What the user names → the raw files and what is known of them."""

from __future__ import annotations

import difflib
import hashlib
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from analysis.dataset.config import DatasetConfig, TableConfig, Transactions, read_config
from analysis.dataset.quality import Note
from analysis.errors import CarteraError
from analysis.language import _

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet", ".gz", ".zst")
_BLOCK = 1 << 22


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
    """

    files: tuple[Path, ...]
    settings: TableConfig
    origin: str = ""


@dataclass(frozen=True)
class Source:
    """A data set before it is read.

    Parameters
    ----------
    name
        What the data set is called in reports and folders.
    inputs
        The raw files of each canonical table that there is, sales among them, in the order of the schema.
    config
        What ``dataset.yml`` says, or what is known of a built-in data set.
    notes
        What was found and not taken.
    """

    name: str
    inputs: dict[str, Input]
    config: DatasetConfig
    notes: tuple[Note, ...] = ()

    def content(self) -> dict[str, str]:
        """Return the SHA-256 of each file's content, by its path, or by its origin where it was staged."""
        return {
            given.origin or str(path): _sha256(path) for given in self.inputs.values() for path in given.files
        }


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise CarteraError(
            _("{file} cannot be read: {reason}.").format(file=path.name, reason=error.strerror)
        ) from None
    return digest.hexdigest()


_CDNOW = Transactions(delimiter=" ", columns={"amount": "dollar_value", "quantity": "number_of_cds"})
_SAMPLE_NAMES = ["customer_id", "sample id", "date", "number_of_cds", "dollar_value"]
BUILT_IN = {
    "cdnow": ("CDNOW_master.txt", _CDNOW),
    "cdnow-sample": ("CDNOW_sample.txt", _CDNOW.model_copy(update={"names": _SAMPLE_NAMES})),
}
"""Data sets that the ``lifetimes`` package carries: the file, and how it is written."""


def find_source(data: str) -> Source:
    """Find the files that ``data`` names.

    Parameters
    ----------
    data
        ``cdnow``, ``cdnow-sample``, a file, a folder of files with the same columns, or a ``dataset.yml``.

    Raises
    ------
    CarteraError
        If there is no such file, or no table in the folder.
    """
    if data in BUILT_IN:
        return _built_in(data)
    path = Path(data).expanduser()
    if not data.strip() or not os.path.exists(path):  # noqa: PTH110 Path.exists fails on a name too long
        raise CarteraError(_missing(data, path))
    path = path.resolve()
    if path.is_dir():
        settings = path / "dataset.yml"
        return _configured(settings) if settings.exists() else _folder(path)
    if path.suffix.lower() in {".yml", ".yaml"}:
        return _configured(path)
    return _of_sales(_plain_name(path), (path,), DatasetConfig())


def _of_sales(name: str, files: tuple[Path, ...], config: DatasetConfig) -> Source:
    """Return a data set of sales alone."""
    return Source(name, {"transactions": Input(files, config.transactions)}, config)


def _missing(data: str, path: Path) -> str:
    if path.parent.is_dir() and (path.suffix or "/" in data):
        beside = [found.name for found in path.parent.iterdir() if found.suffix.lower() in SUFFIXES]
        close = difflib.get_close_matches(path.name, beside, n=1)
        if close:
            return _("There is no file {file}. Did you mean {near}?").format(
                file=data, near=path.with_name(close[0])
            )
    return _(
        "There is no file or folder {file}. Give the path of a sales file, of a folder of them, "
        "of a dataset.yml, or one of: {names}."
    ).format(file=data, names=", ".join(BUILT_IN))


def _plain_name(path: Path) -> str:
    name = path.name
    while Path(name).suffix.lower() in SUFFIXES:
        name = Path(name).stem
    return name or path.name


def _folder(path: Path) -> Source:
    files = tuple(
        sorted(
            f for f in path.iterdir() if f.suffix.lower() in SUFFIXES and not f.name.startswith((".", "~"))
        )
    )
    if not files:
        raise CarteraError(
            _("The folder {folder} holds no sales file. Known are: {suffixes}.").format(
                folder=path.name, suffixes=", ".join(SUFFIXES)
            )
        )
    return _of_sales(path.name, files, DatasetConfig())


def _configured(path: Path) -> Source:
    config = read_config(path)
    given = config.transactions.file
    if given is None:
        found = _folder(path.parent)
        return _of_sales(config.name or found.name, found.inputs["transactions"].files, config)
    files = []
    for name in [given] if isinstance(given, str) else given:
        matches = (
            sorted(path.parent.glob(name))
            if any(c in name for c in "*?[")
            else [(path.parent / name).resolve()]
        )
        if not matches or not all(match.exists() for match in matches):
            raise CarteraError(
                _(
                    "{config}: there is no file '{name}' beside it. Correct 'file' under 'transactions'."
                ).format(config=path.name, name=name)
            )
        files += matches
    return _of_sales(
        config.name or (_plain_name(files[0]) if len(files) == 1 else path.parent.name), tuple(files), config
    )


def _built_in(name: str) -> Source:
    """Return a data set that the ``lifetimes`` package carries; the package need not be imported for that."""
    spec = find_spec("lifetimes")
    if spec is None or not spec.submodule_search_locations:
        raise CarteraError(
            _("'{name}' comes with the package lifetimes, which is not installed.").format(name=name)
        )
    file, settings = BUILT_IN[name]
    path = Path(spec.submodule_search_locations[0]) / "datasets" / file
    return _of_sales(name, (path,), DatasetConfig(name=name, currency="USD", transactions=settings))
