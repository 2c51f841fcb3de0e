"""The SQL by which a data set was read, whole."""

from __future__ import annotations

from analysis.dataset.inference.formats import MACROS
from analysis.dataset.kept_tables import take
from analysis.dataset.schema import TABLES
from analysis.language import _


def explain(data: str) -> str:
    """Return the statements of DuckDB that turned the raw files into tables.

    Parameters
    ----------
    data
        What `find_source` takes.

    Raises
    ------
    CarteraError
        If it cannot be read.
    """
    folder = take(data).folder
    found = [(table, folder / f"{table}.sql") for table in TABLES]
    macros = _("What the queries below call")
    parts = [f"-- {macros}\n{MACROS.strip()}"]
    parts += [f"-- {table}\n{path.read_text('utf-8').strip()}" for table, path in found if path.exists()]
    return "\n\n".join(parts)
