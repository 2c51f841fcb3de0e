"""What the tests of the intake share: writing small files and looking at what came of them."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from pathlib import Path

import pandas as pd

from analysis import open_dataset
from analysis.dataset.dataset import Dataset


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> str:
    """Write a file, without the indentation that makes a test readable; return its path."""
    path = folder / name
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
    """Return line, fate (with its rule) and raw text of the rows that were not kept."""
    rows = pd.read_parquet(dataset.folder / "set_aside_transactions.parquet")
    return [(row.line, f"{row.fate}:{row.rule}", row.raw) for row in rows.itertuples()]


def account(dataset: Dataset) -> dict[str, tuple[int, Decimal]]:
    """Return rows and money by fate (with its rule)."""
    return {
        f"{row.fate}:{row.rule}".rstrip(":"): (row.rows, round(Decimal(row.amount), 4))
        for row in dataset.quality.rows.itertuples()
    }
