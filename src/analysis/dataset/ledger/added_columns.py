"""Columns that settings add to a file: sums of several, as of a base for each rate of tax, and its kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from analysis.dataset.config import Transactions
from analysis.dataset.files.peek import stem
from analysis.dataset.files.readers import RawTable, literal, quoted
from analysis.dataset.inference.amount_column import written_number
from analysis.dataset.sources.inputs import Input
from analysis.dataset.systems.system import PLUS

_KIND = ("document type", "credit note")


def with_added(raw: RawTable, path: Path, given: Input) -> RawTable:
    """Return a raw table with what its settings add; one to which they add nothing stays as it is.

    They are sums (an empty cell adds nothing; where all are empty, or one cannot be read, it is unknown), and
    that it is a file of credit notes.
    """
    settings, added = given.settings, dict[str, tuple[str, str]]()
    for header in settings.columns.values():
        parts = header.split(PLUS)
        if header not in raw.columns and set(parts) <= raw.columns.keys():
            added[header] = (_sum(parts), "DOUBLE")
    if isinstance(settings, Transactions) and any(map(settings.takes_back, map(stem, given.files))):
        header, word = _KIND
        kind = literal(word) if settings.takes_back(stem(path)) else "cast(null as varchar)"
        added[header] = (kind, "VARCHAR")
    return _with(raw, added) if added else raw


def _with(raw: RawTable, added: dict[str, tuple[str, str]]) -> RawTable:
    listed = ", ".join(f"{sql} as {quoted(header)}" for header, (sql, _kind) in added.items())
    text = raw.text
    if text is not None:
        split = text.split
        text = replace(text, split=lambda: _with(split(), added))
    return replace(
        raw,
        relation=f"(select *, {listed} from {raw.relation})",  # noqa: S608
        columns=raw.columns | {header: kind for header, (_sql, kind) in added.items()},
        text=text,
    )


def _sum(headers: list[str]) -> str:
    cells = [f"trim(cast({quoted(header)} as varchar))" for header in headers]
    values = [
        f"if(coalesce({cell}, '') = '', 0, {written_number(header)})"
        for header, cell in zip(headers, cells, strict=True)
    ]
    return f"if(concat({', '.join(cells)}) = '', null, round({' + '.join(values)}, 4))"
