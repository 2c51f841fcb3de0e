"""The queries of ``analysis/sql``, and what every engine that runs them does."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Protocol

import pandas as pd

from analysis.periods import MONTHS

Parameter = str | int | float | dt.date | None
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")


class Engine(Protocol):
    """What runs queries over the canonical tables of a data set."""

    def query(self, name: str, columns: Sequence[str] = (), /, **parameters: Parameter) -> pd.DataFrame:
        """Run ``sql/<name>.sql`` and return its rows.

        Parameters
        ----------
        name
            Name of the query, without ``.sql``.
        columns
            Those that are needed, where the rows are many; none: all.
        **parameters
            A value for each ``:parameter`` of the text, and no other; for ``:months``, the length of a period
            in months, ``period`` may be given by its name: ``month``, ``quarter``, ``half_year``, ``year``.

        Returns
        -------
        pandas.DataFrame
            Decimals arrive as ``float64``, dates as ``datetime64``, text as ``str``.

        Raises
        ------
        ValueError
            If ``parameters`` are not exactly those the text names.
        """

    def over(self, tables: Mapping[str, Path]) -> Engine:
        """Return an engine with the same views, some of whose tables are in other files."""

    def head(self, table: str, rows: int) -> pd.DataFrame:
        """Return the first rows of a canonical table."""


def sql_text(name: str) -> str:
    """Return the text of ``sql/<name>.sql``; ``:name`` marks its parameters."""
    return (resources.files("analysis") / "sql" / f"{name}.sql").read_text("utf-8")


def parameters_of(name: str) -> set[str]:
    """Return the names of the parameters of ``sql/<name>.sql``."""
    return set(_PARAMETER.findall(sql_text(name)))


def with_dollars(text: str) -> str:
    """Return a query with its parameters written ``$name``."""
    return _PARAMETER.sub(r"$\1", text)


def prepared(
    name: str, columns: Sequence[str], given: dict[str, Parameter]
) -> tuple[str, dict[str, Parameter]]:
    """Return the text of a query and the values of its parameters; see `Engine.query`."""
    if "period" in given:
        given = {"months": MONTHS[str(given["period"])]} | {k: v for k, v in given.items() if k != "period"}
    if (named := parameters_of(name)) != set(given):
        raise ValueError(f"{name}.sql takes {sorted(named)}, not {sorted(given)}")
    text = sql_text(name)
    if columns:
        text = f"with answer as ({text}) select {', '.join(columns)} from answer"  # noqa: S608
    return text, given
