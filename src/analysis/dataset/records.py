"""Raw files of a table other than the sales → canonical Parquet (in the making)."""

from __future__ import annotations

from pathlib import Path

from analysis.dataset.account import Formats, Records
from analysis.dataset.config import DatasetConfig
from analysis.dataset.inputs import Input
from analysis.dataset.schema import Table
from analysis.errors import CarteraError


def take_in(table: Table, given: Input, config: DatasetConfig, formats: Formats, target: Path) -> Records:
    """Refuse, until it is written."""
    raise CarteraError(f"{given.files[0].name}: {table.name} {formats} {config.name} {target.name}")
