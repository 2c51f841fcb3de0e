"""What the tests of the intake share: writing small files and looking at what came of them."""

from __future__ import annotations

import tempfile
import textwrap
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
import yaml

from analysis import open_dataset
from analysis.dataset.config import DatasetConfig
from analysis.dataset.dataset import Dataset
from analysis.dataset.ledger.intake_result import Formats, Records
from analysis.dataset.ledger.table_intake import take_in
from analysis.dataset.schema import TABLES
from analysis.dataset.sources.inputs import Input


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> str:
    """Write a file, without the indentation that makes a test readable; return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(textwrap.dedent(text).encode(encoding))
    return str(path)


def opened(folder: Path, text: str, config: str = "", name: str = "sales.csv") -> Dataset:
    """Open a sales file with this text, with the keys of ``config`` under ``transactions``."""
    path = write(folder, name, text)
    if not config:
        return open_dataset(path)
    lines = textwrap.indent(textwrap.dedent(config), "  ")
    settings = f"transactions:\n  file: {name}\n{lines}\n"
    return open_dataset(write(folder, "dataset.yml", settings))


def kept(dataset: Dataset) -> pd.DataFrame:
    """Return the canonical transactions."""
    return pd.read_parquet(dataset.folder / "transactions.parquet")


def amounts(dataset: Dataset) -> list[float]:
    """Return the amounts kept, in the file's order."""
    return [float(amount) for amount in kept(dataset)["amount"]]


def set_aside(dataset: Dataset) -> list[tuple[int, str, str]]:
    """Return line, outcome (with its rule) and raw text of the rows that were not kept."""
    rows = pd.read_parquet(dataset.folder / "set_aside_transactions.parquet")
    return [(row.line, f"{row.outcome}:{row.rule}", row.raw) for row in rows.itertuples()]


def account(dataset: Dataset) -> dict[str, tuple[int, Decimal | None]]:
    """Return rows and money by outcome (with its rule); None where it is unknown."""
    return {
        f"{row.outcome}:{row.rule}".rstrip(":"): (row.rows, money(row.amount))
        for row in dataset.quality.rows.itertuples()
    }


def money(amount: float) -> Decimal | None:
    """Return money of an account to four decimals; None where it is unknown."""
    return None if pd.isna(amount) else round(Decimal(amount), 4)


@dataclass(frozen=True)
class Taken:
    """What reading one table other than the sales gave: its account, its rows, and those set aside."""

    records: Records
    rows: pd.DataFrame
    aside: list[tuple[int, str, str]]

    @property
    def outcomes(self) -> dict[str, int]:
        """Rows by outcome (with its rule)."""
        rows = self.records.quality.rows.itertuples()
        return {f"{row.outcome}:{row.rule}".rstrip(":"): row.rows for row in rows}

    @property
    def assumptions(self) -> str:
        """How it was read, in one text."""
        return "\n".join(self.records.quality.assumptions)

    @property
    def warnings(self) -> str:
        """What must be known first, in one text."""
        return "\n".join(self.records.quality.warnings)


def taken(  # noqa: PLR0917
    folder: Path,
    table: str,
    text: str | bytes | Path,
    config: str = "",
    sales: tuple[str | None, str | None] = (None, None),
    name: str = "table.csv",
) -> Taken:
    """Read a table from a text or a file, with the lines of ``config`` as ``dataset.yml``."""
    path = text if isinstance(text, Path) else folder / name
    if isinstance(text, str):
        write(folder, name, text)
    elif isinstance(text, bytes):
        path.write_bytes(text)
    settings = DatasetConfig.model_validate(yaml.safe_load(textwrap.dedent(config)) or {})
    given = Input((path,), settings.table(table))
    with tempfile.TemporaryDirectory(dir=folder) as target:
        records = take_in(TABLES[table], given, settings, Formats(*sales), Path(target))
        assert {file.name for file in Path(target).iterdir()} == {
            f"{table}.parquet",
            f"set_aside_{table}.parquet",
            f"{table}.sql",
        }
        rows = pd.read_parquet(Path(target) / f"{table}.parquet")
        aside = pd.read_parquet(Path(target) / f"set_aside_{table}.parquet")
    listed = [(row.line, f"{row.outcome}:{row.rule}", row.raw) for row in aside.itertuples()]
    return Taken(records, rows, listed)


def few(most, values):
    """Return parameters of which ``make test`` tries the first so many, and the slow tests the others."""
    return [
        value if place < most else pytest.param(value, marks=pytest.mark.slow)
        for place, value in enumerate(values)
    ]
