"""Paths as DuckDB must be given them, which takes a path for a pattern."""

from __future__ import annotations

import re
from pathlib import Path

from analysis.errors import CarteraError
from analysis.language import _

_SPECIAL = re.compile(r"[*?\[]")


def duckdb_path(path: Path) -> str:
    """Return what DuckDB reads as this one file, whatever signs its name holds; of a folder, as its parts.

    Give it as a value (``execute(sql, [duckdb_path(path)])``, ``set variable``), never within the text of a
    query, and with ``hive_partitioning=false``, since DuckDB makes a column of a folder named ``year=2024``.
    Files that DuckDB writes need no such spelling: it writes to the very path.

    Parameters
    ----------
    path
        The file, or a folder of Parquet files that are one table.

    Raises
    ------
    CarteraError
        If no spelling of the path is only this file, as with a backslash beside such a sign.
    """
    if path.is_dir():
        return f"{duckdb_path(path / 'part')[: -len('part')]}*.parquet"
    text = str(path)
    if not _SPECIAL.search(text):
        return text
    if "\\" in text and path.root == "/":
        raise CarteraError(
            _("{file} cannot be read: its path holds a backslash and one of * ? [. Rename it.").format(
                file=path
            )
        )
    return _SPECIAL.sub(lambda sign: f"[{sign[0]}]", text)
