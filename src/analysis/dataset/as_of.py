"""What was known of a data set on a day: the rows and events until then, and the account of the rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd

from analysis.dataset.config import DatasetConfig
from analysis.dataset.customer_days import CUSTOMER_DAYS
from analysis.dataset.quality import Note, Quality
from analysis.dataset.schema import TABLES, Column, Table
from analysis.engine.paths import duckdb_path
from analysis.engine.queries import Engine
from analysis.errors import CarteraError
from analysis.language import N_, ngettext, number

_STAGES = {"customer": "won", "lost": "lost", "potential": "advanced", "prospect": "qualified"}
"""Stages of a lead and the event with which each begins, the last one first."""


def views(tables: Iterable[str], as_of: dt.date) -> dict[str, str]:
    """Return, for each table, the portable query of what was known of it on ``as_of``.

    Rows of later days are not seen. Events of later days have not happened: their day is NULL, and so is what
    is known with them; a lead is then at the stage that its earlier events say.

    Parameters
    ----------
    tables
        Names of canonical tables, or `CUSTOMER_DAYS`; all rows of each are in the relation ``all_<name>``.
    as_of
        The last day that counts.
    """
    day = f"date '{as_of.isoformat()}'"
    days = f"select * from all_{CUSTOMER_DAYS} where date <= {day}"  # noqa: S608
    return {name: days if name == CUSTOMER_DAYS else _view(TABLES[name], day) for name in tables}


def _view(table: Table, day: str) -> str:
    columns = ", ".join(_known(column, table, day) for column in table.columns if column.canonical)
    if not any(column.event for column in table.columns):
        columns = "*"
    rows = ""
    if table.dated:
        rows = f" where {table.dated} <= {day}"
        rows += "" if table.dated in table.required else f" or {table.dated} is null"
    return f"select {columns} from all_{table.name}{rows}"  # noqa: S608


def _known(column: Column, table: Table, day: str) -> str:
    """Return the SQL of a column as it was known on ``day``."""
    name = column.name
    if column.event:
        return f"case when {name} <= {day} then {name} end as {name}"
    if column.known_with:
        return f"case when {column.known_with} > {day} then null else {name} end as {name}"
    if (table.name, name) == ("leads", "stage"):
        return _stage(day)
    return name


def _stage(day: str) -> str:
    """Return the SQL of a lead's stage: as written, unless it is not or an event after ``day`` made it so."""
    later = " or ".join(f"coalesce({event} > {day}, false)" for event in _STAGES.values())
    cases = " ".join(f"when {event} <= {day} then '{stage}'" for stage, event in _STAGES.items())
    return f"case when stage is not null and not ({later}) then stage {cases} else 'lead' end as stage"


def sales_until(quality: Quality, engine: Engine, as_of: dt.date, config: DatasetConfig) -> Quality:
    """Return the account of the sales with the rows after ``as_of`` left out by that rule.

    ``engine`` sees all of them as ``transactions``.

    Raises
    ------
    CarteraError
        If there are such rows and the policy is to stop.
    """
    later = engine.query("rows_after", as_of=as_of)
    n = int(later["rows"].sum())
    if n and config.transactions.policies.after_as_of == "stop":
        raise CarteraError(
            ngettext(
                "{n} row is dated after {as_of}: stopped, as 'policies' in dataset.yml asks.",
                "{n} rows are dated after {as_of}: stopped, as 'policies' in dataset.yml asks.",
                n,
            ).format(n=number(n), as_of=as_of.isoformat())
        )
    rows = quality.rows.merge(
        later.rename(columns={"kind": "outcome"}), on="outcome", how="left", suffixes=("", "_later")
    ).fillna({"rows_later": 0, "amount_later": 0.0})
    rows["rows"] -= rows["rows_later"].astype("int64")
    rows["amount"] -= rows["amount_later"]
    columns = ["outcome", "rule", "rows", "amount"]
    left_out = pd.DataFrame([("excluded", "after_as_of", n, float(later["amount"].sum()))], columns=columns)
    account = pd.concat([rows[columns], left_out], ignore_index=True)
    found = quality.found.copy()
    found.loc[found["rule"] == "after_as_of", "rows"] = n
    fact = Note(N_("Rows after {as_of} were left out."), days={"as_of": as_of.isoformat()})
    return replace(
        quality,
        rows=account[(account["rows"] > 0) | (account["amount"].abs() > 0.005)],
        found=found,
        facts=(*quality.facts, fact),
    )


def records_until(quality: Quality, name: str, folder: Path, as_of: dt.date) -> Quality:
    """Return the account of a table other than the sales, with a word on the rows that are not seen."""
    dated = TABLES[name].dated
    if not dated:
        return quality
    with duckdb.connect() as connection:
        rows = connection.read_parquet(duckdb_path(folder / f"{name}.parquet"), hive_partitioning=False)
        later = rows.filter(f"{dated} > date '{as_of.isoformat()}'")
        n = int(later.aggregate("count(*)").fetchall()[0][0])
    fact = Note(
        N_("Rows kept that are dated after {as_of} and are not seen: {n}."),
        {"n": n},
        days={"as_of": as_of.isoformat()},
    )
    return replace(quality, facts=(*quality.facts, fact)) if n else quality
