"""The texts of ``analysis/sql``, and their parameters: what every engine has in common."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from importlib import resources
from typing import Protocol

import pandas as pd

from analysis.periods import MONTHS

Parameter = str | int | float | dt.date | None
PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")


class Engine(Protocol):
    """What runs the queries of ``analysis/sql`` over the canonical tables."""

    def query(self, name: str, **parameters: Parameter) -> pd.DataFrame:
        """Run ``sql/<name>.sql`` and return its rows.

        Parameters
        ----------
        name
            Name of the query, without ``.sql``.
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

    def head(self, table: str, rows: int) -> pd.DataFrame:
        """Return the first rows of a canonical table."""


def sql_text(name: str) -> str:
    """Return the text of ``sql/<name>.sql``; ``:name`` marks its parameters."""
    return (resources.files("analysis") / "sql" / f"{name}.sql").read_text("utf-8")


def parameters_of(name: str) -> set[str]:
    """Return the names of the parameters of ``sql/<name>.sql``."""
    return set(PARAMETER.findall(sql_text(name)))


def checked(name: str, given: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Return the parameters of ``sql/<name>.sql``, with the length of a period in place of its name.

    Raises
    ------
    ValueError
        If they are not exactly those the text names.
    """
    values = dict(given)
    if "period" in values:
        values["months"] = MONTHS[str(values.pop("period"))]
    named = parameters_of(name)
    if named != values.keys():
        raise ValueError(f"{name}.sql takes {sorted(named)}, not {sorted(values)}")
    return values
