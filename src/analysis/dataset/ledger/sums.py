"""Columns that are the sum of several, as a base for each rate of tax: ``amount: Base 21% + Base 10%``."""

from __future__ import annotations

from dataclasses import replace

from analysis.dataset.config import TableConfig
from analysis.dataset.files.readers import RawTable, quoted
from analysis.dataset.inference.amount_column import written_number

PLUS = " + "


def with_sums(raw: RawTable, settings: TableConfig) -> RawTable:
    """Return a raw table with a column for each sum that its settings name; one that has none stays as it is.

    An empty cell adds nothing; where all are empty, or one cannot be read, the sum is unknown.
    """
    parts = {header: header.split(PLUS) for header in settings.columns.values() if header not in raw.columns}
    parts = {header: summed for header, summed in parts.items() if set(summed) <= raw.columns.keys()}
    if not parts:
        return raw
    listed = ", ".join(f"{_sum(summed)} as {quoted(header)}" for header, summed in parts.items())
    text = raw.text
    if text is not None:
        split = text.split
        text = replace(text, split=lambda: with_sums(split(), settings))
    return replace(
        raw,
        relation=f"(select *, {listed} from {raw.relation})",  # noqa: S608
        columns=raw.columns | dict.fromkeys(parts, "DOUBLE"),
        text=text,
    )


def _sum(headers: list[str]) -> str:
    cells = [f"trim(cast({quoted(header)} as varchar))" for header in headers]
    values = [
        f"if(coalesce({cell}, '') = '', 0, {written_number(header)})"
        for header, cell in zip(headers, cells, strict=True)
    ]
    return f"if(concat({', '.join(cells)}) = '', null, round({' + '.join(values)}, 4))"
