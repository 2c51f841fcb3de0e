"""A data set ready for questions: canonical tables on an engine, read once and kept by content."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pandas as pd
import platformdirs

from analysis.dataset import sales as reader
from analysis.dataset.account import Intake, load, save
from analysis.dataset.quality import Note, Quality
from analysis.dataset.sales import take_in
from analysis.dataset.sources import Source, find_source
from analysis.engine.duckdb import DuckDBEngine, Parameter
from analysis.errors import CarteraError
from analysis.language import N_, _

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
    columns
        Canonical columns of ``transactions`` that hold data.
    quality
        The account of the raw rows.
    inputs
        SHA-256 of each raw file, by its path.
    folder
        Where the Parquet files are kept.
    """

    name: str
    engine: DuckDBEngine
    as_of: dt.date
    currency: str | None
    columns: frozenset[str]
    quality: Quality
    inputs: dict[str, str]
    folder: Path

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
        ``cdnow``, ``cdnow-sample``, a file (CSV, TSV, Excel, OpenDocument, Parquet), a folder of files with
        the same columns, or a ``dataset.yml``.
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
    source = find_source(data)
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
    engine = DuckDBEngine({"transactions": folder / "transactions.parquet"}, as_of=last_day)
    quality = _until(taken.quality, folder, last_day, source) if last_day < taken.last else taken.quality
    return Dataset(source.name, engine, last_day, taken.currency, taken.columns, quality, inputs, folder)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CarteraError(
            _("as_of is '{text}'; a day such as 2024-12-31 was expected.").format(text=text)
        ) from None


def _cache_folder() -> Path:
    return Path(os.environ.get("CARTERA_CACHE") or platformdirs.user_cache_dir("cartera"))


@cache
def _reader_version() -> str:
    """Return a digest of the code that reads, so that a change of it reads again."""
    digest = hashlib.sha256()
    for path in sorted(Path(reader.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _kept(source: Source, inputs: dict[str, str]) -> Path:
    """Return the folder of the canonical tables, made now if content, settings or code are new."""
    parts = [
        _reader_version(),
        source.config.model_dump_json(),
        *(f"{Path(p).name}:{h}" for p, h in inputs.items()),
    ]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    cache_folder = _cache_folder()
    folder = cache_folder / key
    if (folder / "account.json").exists() and not _woken(load(folder / "account.json")):
        os.utime(folder)
        return folder
    cache_folder.mkdir(parents=True, exist_ok=True)
    _forget_unused(cache_folder)
    fresh = Path(tempfile.mkdtemp(prefix=f".{key}-", dir=cache_folder))
    try:
        save(take_in(source.inputs["transactions"], source.config, fresh), fresh / "account.json")
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
    return taken.wakes is not None and taken.wakes <= dt.date.today()


def _forget_unused(cache_folder: Path) -> None:
    for folder in cache_folder.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > _UNUSED_DAYS * 86_400:
            shutil.rmtree(folder, ignore_errors=True)


def _until(quality: Quality, folder: Path, as_of: dt.date, source: Source) -> Quality:
    """Return the account with the rows after ``as_of`` left out by that rule."""
    engine = DuckDBEngine({"transactions": folder / "transactions.parquet"})
    later = engine.query("rows_after", as_of=as_of)
    n = int(later["rows"].sum())
    if n and source.config.transactions.policies.after_as_of == "stop":
        raise CarteraError(
            _("{n} rows are dated after {as_of}: stopped, as 'policies' in dataset.yml asks.").format(
                n=n, as_of=as_of.isoformat()
            )
        )
    rows = quality.rows.merge(
        later.rename(columns={"kind": "fate"}), on="fate", how="left", suffixes=("", "_later")
    ).fillna({"rows_later": 0, "amount_later": 0.0})
    rows["rows"] -= rows["rows_later"].astype("int64")
    rows["amount"] -= rows["amount_later"]
    left_out = pd.DataFrame(
        {"fate": ["excluded"], "rule": ["after_as_of"], "rows": [n], "amount": [float(later["amount"].sum())]}
    )
    account = pd.concat([rows[["fate", "rule", "rows", "amount"]], left_out], ignore_index=True)
    found = quality.found.copy()
    found.loc[found["rule"] == "after_as_of", "rows"] = n
    fact = Note(N_("Rows after {as_of} were left out."), {"as_of": as_of.isoformat()})
    return replace(quality, rows=account[account["rows"] > 0], found=found, facts=(*quality.facts, fact))
