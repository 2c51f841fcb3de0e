"""Write a ``dataset.yml`` with what was recognised, ready to edit."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import yaml

from analysis.dataset.config import DatasetConfig, Policies
from analysis.dataset.inputs import Source
from analysis.dataset.readers import alike, open_raw
from analysis.dataset.reading import Reading, find_reading
from analysis.dataset.sales import connect
from analysis.dataset.schema import TRANSACTIONS
from analysis.dataset.sources import find_source
from analysis.errors import CarteraError
from analysis.language import _


def write_config(data: str) -> Path:
    """Write a ``dataset.yml`` beside the data, with what was recognised and the questions left open.

    Parameters
    ----------
    data
        A file or a folder of files.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    CarteraError
        If there is a ``dataset.yml`` already, the folder cannot be written to, or the data cannot be read.
    """
    source = find_source(data)
    folder = source.inputs["transactions"].files[0].parent
    target = folder / "dataset.yml"
    if target.exists():
        raise CarteraError(
            _("{file} exists already. Edit it, or delete it to have it written anew.").format(file=target)
        )
    text = _text(source, _reading(source))
    partial = folder / f".dataset.yml.{os.getpid()}"
    try:
        partial.write_text(text, "utf-8")
        partial.replace(target)
    except OSError as error:
        raise CarteraError(
            _("{folder} cannot be written to: {reason}.").format(folder=folder, reason=error.strerror)
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return target


def _reading(source: Source) -> Reading:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        connection = connect(work)
        settings = source.config.transactions
        tables = alike(
            [
                open_raw(path, settings, work, f"refused_{i}")
                for i, path in enumerate(source.inputs["transactions"].files)
            ]
        )
        try:
            return find_reading(connection, tables, source.config)
        finally:
            connection.close()


def _text(source: Source, reading: Reading) -> str:
    """Return the file: what is known as keys, what is open or usual as comments with the choices."""
    written = [name for name, kind in reading.kinds.items() if kind == "VARCHAR"]
    files = [path.name for path in source.inputs["transactions"].files]
    lines = [
        "# " + _("What Cartera recognised. Correct what is wrong; every key may be left out."),
        f"name: {_quoted(source.name)}",
        "# currency: EUR          # " + _("ISO code; rows in another currency are left out and counted"),
        "# as_of: 2024-12-31      # " + _("last day that counts; without it, that of the last sale"),
        "transactions:",
        *_file_lines(files),
        *_question_lines(reading),
        *_format_lines(reading, written),
        "  # prices_include_tax: 0.21  # " + _("rate of the tax to take out"),
        "  columns:",
        *_column_lines(reading),
        "  policies:",
        *_policy_lines(source.config),
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return ``text`` as YAML would write it, in quotes where it needs them."""
    return yaml.safe_dump(text, allow_unicode=True, width=10_000).removesuffix("\n").removesuffix("\n...")


def _file_lines(files: list[str]) -> list[str]:
    if len(files) == 1:
        return [f"  file: {_quoted(files[0])}"]
    return ["  file:", *(f"    - {_quoted(file)}" for file in files)]


def _question_lines(reading: Reading) -> list[str]:
    decide = _("To decide:")
    return [f"  # {decide} {question}" for question in reading.questions]


def _format_lines(reading: Reading, written: list[str]) -> list[str]:
    """Return the date order and the decimal mark: stated where found, as a choice where open."""
    lines = []
    if "date" in written:
        known = "day-first" if reading.date_order == "day-first" else "month-first"
        asked = any("date_order" in question for question in reading.questions)
        lines.append(f"  {'# ' if asked else ''}date_order: {known}    # day-first, month-first")
    marks = sorted(set(reading.marks.values()))
    asked = any("decimal" in question for question in reading.questions)
    if marks:
        lines.append(f'  {"# " if asked or len(marks) > 1 else ""}decimal: "{marks[0]}"           # ".", ","')
    return lines


def _column_lines(reading: Reading) -> list[str]:
    lines = [f"    {name}: {_quoted(header)}" for name, header in reading.columns.items()]
    missing = [column for column in TRANSACTIONS.columns if column.name not in reading.columns]
    return lines + [f"    # {column.name}:  # {_(column.meaning)}" for column in missing]


def _policy_lines(config: DatasetConfig) -> list[str]:
    choices = {name: field.annotation.__args__ for name, field in Policies.model_fields.items()}  # type: ignore[union-attr]
    current = config.transactions.policies.model_dump()
    return [f"    {name}: {current[name]}  # {', '.join(options)}" for name, options in choices.items()]
