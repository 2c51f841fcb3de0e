"""What reading a data set gave, beside the Parquet files, and how it is kept."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
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
    customer
        What customers go by: ``code``, ``tax`` number, ``email`` or ``name``; None where it is open.
    """

    date_order: str | None = None
    decimal: str | None = None
    customer: str | None = None


@dataclass(frozen=True)
class Records:
    """What reading a table gave, beside its Parquet files.

    Parameters
    ----------
    quality
        The account of its raw rows.
    columns
        Its canonical columns that hold data.
    first, last
        First and last day of the rows kept; None where rows have none.
    read_again_on
        First day on which a row now in the future would count; None where there is none.
    currency
        ISO 4217 code, or None where nothing says it.
    formats
        How the table is written.
    """

    quality: Quality
    columns: frozenset[str]
    first: dt.date | None = None
    last: dt.date | None = None
    read_again_on: dt.date | None = None
    currency: str | None = None
    formats: Formats = Formats()

    def noted(self, facts: tuple[Note, ...] = (), alarms: tuple[Note, ...] = ()) -> Records:
        """Return the same with more to say of how the table was read, and of what to beware of."""
        quality = self.quality
        said = replace(quality, facts=(*facts, *quality.facts), alarms=(*quality.alarms, *alarms))
        return replace(self, quality=said)


@dataclass(frozen=True)
class Intake:
    """What reading a data set gave, beside the Parquet files.

    Parameters
    ----------
    tables
        What reading each table gave, by its name; the sales come first.
    links
        What does not hold between the tables.
    """

    tables: dict[str, Records]
    links: tuple[LinkFinding, ...] = ()

    @property
    def sales(self) -> Records:
        """What reading the sales gave."""
        return self.tables["transactions"]

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """Days of the first and last sale kept."""
        first, last = self.sales.first, self.sales.last
        assert first is not None and last is not None  # noqa: S101
        return first, last


def save(intake: Intake, path: Path) -> None:
    """Write the account of an intake as JSON."""
    content = {
        "tables": {name: _content(records) for name, records in intake.tables.items()},
        "links": [[found.table, _note_content(found.note), found.rows, found.of] for found in intake.links],
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")


def load(path: Path) -> Intake:
    """Read the account of an intake back."""
    content = json.loads(path.read_text("utf-8"))
    tables = {
        name: Records(
            _quality(kept, name),
            frozenset(kept["columns"]),
            **{name: dt.date.fromisoformat(day) for name, day in kept["days"].items()},
            currency=kept["currency"],
            formats=Formats(*kept["formats"]),
        )
        for name, kept in content["tables"].items()
    }
    links = [LinkFinding(table, Note(*note), rows, of) for table, note, rows, of in content["links"]]
    return Intake(tables, tuple(links))


def _content(records: Records) -> dict[str, Any]:
    quality = records.quality
    days = {name: getattr(records, name) for name in ("first", "last", "read_again_on")}
    rows = quality.rows.astype({"amount": object}).where(quality.rows.notna(), None)
    return {
        "rows": rows.to_dict("records"),
        "found": quality.found.to_dict("records"),
        "facts": [_note_content(note) for note in quality.facts],
        "alarms": [_note_content(note) for note in quality.alarms],
        "columns": sorted(records.columns),
        "days": {name: day.isoformat() for name, day in days.items() if day},
        "currency": records.currency,
        "formats": [records.formats.date_order, records.formats.decimal, records.formats.customer],
    }


def _quality(content: dict[str, Any], of: str) -> Quality:
    rows = pd.DataFrame(content["rows"], columns=["outcome", "rule", "rows", "amount"])
    return Quality(
        rows.astype({"amount": "float64"}),
        pd.DataFrame(content["found"], columns=["rule", "policy", "rows"]),
        tuple(Note(*note) for note in content["facts"]),
        tuple(Note(*note) for note in content["alarms"]),
        of,
    )


def _note_content(note: Note) -> list[Any]:
    return [note.message, note.values, note.words, note.days]
