"""What reading a data set gave, beside the Parquet files, and how it is kept."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.dataset.quality import LinkFinding, Note, Quality


@dataclass(frozen=True)
class Formats:
    """How the sales turned out to be written; it settles what another table leaves open.

    Parameters
    ----------
    date_order
        ``day-first`` or ``month-first``; None where the sales do not show it.
    decimal
        The decimal mark; None where the sales do not show one, or show both.
    """

    date_order: str | None = None
    decimal: str | None = None


@dataclass(frozen=True)
class Records:
    """What reading a table other than the sales gave.

    Parameters
    ----------
    quality
        The account of its raw rows.
    columns
        Its canonical columns that hold data.
    read_again_on
        First day on which a row now in the future would count; None where there is none.
    """

    quality: Quality
    columns: frozenset[str]
    read_again_on: dt.date | None = None


@dataclass(frozen=True)
class Intake:
    """What reading a data set gave, beside the Parquet files.

    Parameters
    ----------
    quality
        The account of the raw rows of the sales.
    first, last
        Days of the first and last transaction kept.
    columns
        Canonical columns of the sales that hold data.
    currency
        ISO 4217 code, or None where nothing says it.
    read_again_on
        First day on which a row now in the future would count; None where there is none.
    formats
        How the sales are written.
    tables
        What reading each other table gave, by its name.
    links
        What does not hold between the tables.
    """

    quality: Quality
    first: dt.date
    last: dt.date
    columns: frozenset[str]
    currency: str | None
    read_again_on: dt.date | None
    formats: Formats = Formats()
    tables: dict[str, Records] = field(default_factory=dict)
    links: tuple[LinkFinding, ...] = ()


def save(intake: Intake, path: Path) -> None:
    """Write the account of an intake as JSON."""
    content: dict[str, Any] = {
        **_quality_content(intake.quality),
        "first": intake.first.isoformat(),
        "last": intake.last.isoformat(),
        "columns": sorted(intake.columns),
        "currency": intake.currency,
        "read_again_on": _day_content(intake.read_again_on),
        "formats": [intake.formats.date_order, intake.formats.decimal],
        "tables": {
            name: {
                **_quality_content(records.quality),
                "columns": sorted(records.columns),
                "read_again_on": _day_content(records.read_again_on),
            }
            for name, records in intake.tables.items()
        },
        "links": [[found.table, _note_content(found.note), found.rows, found.of] for found in intake.links],
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")


def load(path: Path) -> Intake:
    """Read the account of an intake back."""
    content = json.loads(path.read_text("utf-8"))
    return Intake(
        _quality(content, "transactions"),
        dt.date.fromisoformat(content["first"]),
        dt.date.fromisoformat(content["last"]),
        frozenset(content["columns"]),
        content["currency"],
        _day(content["read_again_on"]),
        Formats(*content["formats"]),
        {
            name: Records(_quality(kept, name), frozenset(kept["columns"]), _day(kept["read_again_on"]))
            for name, kept in content["tables"].items()
        },
        tuple(LinkFinding(table, Note(*note), rows, of) for table, note, rows, of in content["links"]),
    )


def _quality_content(quality: Quality) -> dict[str, Any]:
    rows = quality.rows.astype({"amount": object}).where(quality.rows.notna(), None)
    return {
        "rows": rows.to_dict("records"),
        "found": quality.found.to_dict("records"),
        "facts": [_note_content(note) for note in quality.facts],
        "alarms": [_note_content(note) for note in quality.alarms],
    }


def _quality(content: dict[str, Any], of: str) -> Quality:
    rows = pd.DataFrame(content["rows"], columns=["fate", "rule", "rows", "amount"])
    return Quality(
        rows.astype({"amount": "float64"}),
        pd.DataFrame(content["found"], columns=["rule", "policy", "rows"]),
        tuple(Note(*note) for note in content["facts"]),
        tuple(Note(*note) for note in content["alarms"]),
        of,
    )


def _note_content(note: Note) -> list[Any]:
    return [note.message, note.values, note.words]


def _day_content(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
