"""What reading a data set gave, beside the Parquet files, and how it is kept."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.dataset.quality import Note, Quality


@dataclass(frozen=True)
class Intake:
    """What reading a data set gave, beside the Parquet files.

    Parameters
    ----------
    quality
        The account of the raw rows.
    first, last
        Days of the first and last transaction kept.
    columns
        Canonical columns that hold data.
    currency
        ISO 4217 code, or None where nothing says it.
    wakes
        First day on which a row now in the future would count; None where there is none.
    """

    quality: Quality
    first: dt.date
    last: dt.date
    columns: frozenset[str]
    currency: str | None
    wakes: dt.date | None


def save(intake: Intake, path: Path) -> None:
    """Write the account of an intake as JSON."""
    quality = intake.quality
    content: dict[str, Any] = {
        "rows": quality.rows.to_dict("records"),
        "found": quality.found.to_dict("records"),
        "facts": [[note.message, note.values] for note in quality.facts],
        "alarms": [[note.message, note.values] for note in quality.alarms],
        "first": intake.first.isoformat(),
        "last": intake.last.isoformat(),
        "columns": sorted(intake.columns),
        "currency": intake.currency,
        "wakes": intake.wakes.isoformat() if intake.wakes else None,
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")


def load(path: Path) -> Intake:
    """Read the account of an intake back."""
    content = json.loads(path.read_text("utf-8"))
    quality = Quality(
        pd.DataFrame(content["rows"], columns=["fate", "rule", "rows", "amount"]),
        pd.DataFrame(content["found"], columns=["rule", "policy", "rows"]),
        tuple(Note(message, values) for message, values in content["facts"]),
        tuple(Note(message, values) for message, values in content["alarms"]),
    )
    return Intake(
        quality,
        dt.date.fromisoformat(content["first"]),
        dt.date.fromisoformat(content["last"]),
        frozenset(content["columns"]),
        content["currency"],
        dt.date.fromisoformat(content["wakes"]) if content["wakes"] else None,
    )
