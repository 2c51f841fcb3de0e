"""A data set ready for questions: canonical tables on an engine, read once and kept by content."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from analysis.dataset.account import Intake, load, save
from analysis.dataset.as_of import records_until, sales_until, views
from analysis.dataset.copies import cache_folder, read_once
from analysis.dataset.inputs import Source, reachable
from analysis.dataset.intake import take_in
from analysis.dataset.quality import LinkFinding, Quality
from analysis.dataset.sources import find_source
from analysis.engine.duckdb import DuckDBEngine, Parameter
from analysis.errors import CarteraError
from analysis.language import _, current_language

_UNUSED_DAYS = 30


@dataclass(frozen=True)
class Dataset:
    """A company's canonical tables on an engine.

    Parameters
    ----------
    name
        What the data set is called.
    engine
        Runs queries over the canonical tables, which end at ``as_of``.
    as_of
        The last day that counts.
    currency
        ISO 4217 code, or None where it is not known.
    tables
        Canonical columns that hold data, by table; ``transactions`` is always there.
    accounts
        What became of the raw rows, by table.
    links
        What does not hold within the tables and between them, over all their rows.
    inputs
        SHA-256 of each raw file, by its path, or by what it is called where it was copied from a database.
    folder
        Where the Parquet files are kept.
    """

    name: str
    engine: DuckDBEngine
    as_of: dt.date
    currency: str | None
    tables: dict[str, frozenset[str]]
    accounts: dict[str, Quality]
    links: tuple[LinkFinding, ...]
    inputs: dict[str, str]
    folder: Path

    @property
    def columns(self) -> frozenset[str]:
        """Canonical columns of ``transactions`` that hold data."""
        return self.tables["transactions"]

    @property
    def quality(self) -> Quality:
        """What became of the raw rows of the sales."""
        return self.accounts["transactions"]

    def query(self, name: str, **parameters: Parameter) -> pd.DataFrame:
        """Run ``sql/<name>.sql``; see `DuckDBEngine.query`."""
        return self.engine.query(name, **parameters)

    def export(self, folder: Path) -> None:
        """Copy the canonical tables and the rows set aside to ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.iterdir():
            shutil.copyfile(path, folder / path.name)


def open_dataset(data: str, as_of: str | None = None) -> Dataset:
    """Open a data set; its files are read only if their content is new.

    Parameters
    ----------
    data
        ``cdnow``, ``cdnow-sample``, ``demo``, a file (CSV, TSV, Excel, OpenDocument, Parquet), a workbook
        with a sheet per table, a folder of files, a ``dataset.yml``, a SQLite or DuckDB file, or the address
        of a database.
    as_of
        The last day that counts, ``YYYY-MM-DD``; by default the last transaction's date.

    Returns
    -------
    Dataset

    Raises
    ------
    CarteraError
        If the data cannot be read, leave a question open, or end before ``as_of`` begins.
    """
    wanted = _day(as_of) if as_of else None
    with read_once():
        source = reachable(find_source(data))
        inputs = source.content()
        folder = _kept(source, inputs)
    taken = load(folder / "account.json")
    last_day = wanted or source.config.as_of or taken.last
    if last_day < taken.first:
        raise CarteraError(
            _("as_of is {as_of}, but the first sale in {name} is of {first}. Give a later day.").format(
                as_of=last_day.isoformat(), name=source.name, first=taken.first.isoformat()
            )
        )
    sold = taken.quality
    if last_day < taken.last:
        sold = sales_until(sold, folder, last_day, source.config)
    tables = {"transactions": taken.columns} | {name: kept.columns for name, kept in taken.tables.items()}
    accounts = {"transactions": sold} | {
        name: records_until(kept.quality, name, folder, last_day) for name, kept in taken.tables.items()
    }
    engine = DuckDBEngine({name: folder / f"{name}.parquet" for name in tables}, views(tables, last_day))
    return Dataset(
        source.name, engine, last_day, taken.currency, tables, accounts, taken.links, inputs, folder
    )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CarteraError(
            _("as_of is '{text}'; a day such as 2024-12-31 was expected.").format(text=text)
        ) from None


@cache
def _reader_version() -> str:
    """Return a digest of the code that reads, so that a change of it reads again."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        if folder / "demo" not in path.parents:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _key(source: Source, inputs: dict[str, str]) -> str:
    """Return what names the canonical tables: content, settings, and the code that reads."""
    parts = [_reader_version(), source.config.model_dump_json()]
    for table, given in source.inputs.items():
        files = [f"{path.name}:{inputs[given.origin or str(path)]}" for path in given.files]
        parts += [table, given.settings.model_dump_json(), *files]
    parts += [json.dumps([note.message, note.values]) for note in source.notes]
    guessed = any(given.guessed for given in source.inputs.values())
    if (
        source.broken or guessed or source.config.broken_tables == "leave_out"
    ):  # sentences are kept as they are
        parts += [current_language(), json.dumps(source.broken)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _kept(source: Source, inputs: dict[str, str]) -> Path:
    """Return the folder of the canonical tables, made now if content, settings or code are new."""
    key, kept_in = _key(source, inputs), cache_folder()
    folder = kept_in / key
    if (folder / "account.json").exists() and not _woken(load(folder / "account.json")):
        os.utime(folder)
        return folder
    kept_in.mkdir(parents=True, exist_ok=True)
    _forget_unused(kept_in)
    fresh = Path(tempfile.mkdtemp(prefix=f".{key}-", dir=kept_in))
    try:
        save(take_in(source, fresh), fresh / "account.json")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            fresh.rename(folder)
        except OSError:
            if not (folder / "account.json").exists():
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _woken(taken: Intake) -> bool:
    """Tell whether rows that lay in the future when they were read no longer do."""
    days = [taken.wakes, *(kept.wakes for kept in taken.tables.values())]
    return any(day is not None and day <= dt.date.today() for day in days)


def _forget_unused(kept_in: Path) -> None:
    for folder in kept_in.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > _UNUSED_DAYS * 86_400:
            shutil.rmtree(folder, ignore_errors=True)
