"""Write a ``dataset.yml`` with what was recognised of every table, ready to edit."""

from __future__ import annotations

import os
import tempfile
import textwrap
from pathlib import Path
from typing import get_args

import yaml

from analysis.dataset.cache import read_once
from analysis.dataset.config import TAXED, Policies, Transactions
from analysis.dataset.inference.type_inference import Reading, find_reading
from analysis.dataset.ledger.intake_result import Formats
from analysis.dataset.ledger.table_intake import connect, open_all
from analysis.dataset.naming import names_a_folder
from analysis.dataset.schema import TABLES, Table
from analysis.dataset.sources.inputs import Input, Source, reachable
from analysis.dataset.sources.open_source import find_source
from analysis.dataset.user_files import is_legible, legible, reason_of, unreadable
from analysis.errors import CarteraError
from analysis.language import _

_SAID = ("encoding", "delimiter", "header_line", "names", "test_codes", "postage_codes")
"""What only the user can have said."""
_WIDTH = 100


def write_config(data: str) -> Path:
    """Write a ``dataset.yml`` beside the data, with what was recognised and the questions left open.

    A table that cannot be read stands there as a comment that says why.

    Parameters
    ----------
    data
        What `find_source` takes; where it has no folder of the user's, the file goes to the current one.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    CarteraError
        If there is a ``dataset.yml`` already, the folder cannot be written to, or no table can be read.
    """
    with read_once():
        source = reachable(find_source(data))
        folder = source.folder or Path.cwd()
        target = folder / "dataset.yml"
        if os.path.lexists(target):
            raise CarteraError(
                _("{file} exists already. Edit it, or delete it to have it written anew.").format(file=target)
            )
        text = _text(source, folder)
    partial = folder / f".dataset.yml.{os.getpid()}"
    try:
        partial.write_text(text, "utf-8")
        partial.replace(target)
    except OSError as error:
        raise CarteraError(
            _("{folder} cannot be written to: {reason}.").format(folder=folder, reason=reason_of(error))
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return target


def _text(source: Source, folder: Path) -> str:
    """Return the file: what is known as keys, what is open or usual as comments with the choices."""
    sections: list[str] = []
    broken = dict(source.broken)
    formats: Formats | None = None
    for name, given in source.inputs.items():
        try:
            place = _place_lines(given, folder)
            reading = _reading(given, TABLES[name], formats)
        except (CarteraError, OSError) as error:
            broken[name] = next(filter(None, map(unreadable, given.files)), str(error))
            continue
        if name == "transactions":
            formats = reading.shown
        sections += ["", *_section(reading, given, place)]
    if not sections:
        raise CarteraError("\n".join(broken.values()))
    for name, reason in broken.items():
        sections += ["", *_broken_section(name, reason, source.inputs.get(name), folder)]
    return "\n".join([*_top(source, folder), *sections]) + "\n"


def _reading(given: Input, table: Table, formats: Formats | None) -> Reading:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        connection = connect(work)
        try:
            return find_reading(
                connection, open_all(connection, given, table, work), table, given.settings, formats
            )
        finally:
            connection.close()


def _top(source: Source, folder: Path) -> list[str]:
    """Return what holds for all tables."""
    config = source.config
    known = {
        "currency": (
            config.currency,
            "EUR",
            _("ISO code; rows in another currency are left out and counted"),
        ),
        "as_of": (config.as_of, "2024-12-31", _("last day that counts; without it, that of the last sale")),
        "language": (config.language, "es", _("of the report: en, es")),
        "prices_include_tax": (
            config.prices_include_tax,
            "0.21",
            _("rate of the tax to take out of sales, invoices and contracts"),
        ),
        "broken_tables": (
            None if config.broken_tables == "stop" else config.broken_tables,
            "leave_out",
            _("go on without tables that cannot be read; without it: stop"),
        ),
        "activity_window": (
            config.activity_window,
            "120",
            _("days without a purchase after which a customer is inactive; without it: from the data"),
        ),
    }
    lines = [f"{'' if names_a_folder(source.name) else '# '}name: {_quoted(source.name)}"]
    lines += [f"database: {_quoted(_database(source, folder))}"] if source.database else []
    lines += [
        f"{'# ' if value is None else ''}{f'{key}: {value or example}':30}  # {meaning}"
        for key, (value, example, meaning) in known.items()
    ]
    return [
        "# " + _("What Cartera recognised. Correct what is wrong; every key may be left out."),
        *(line for note in source.notes for line in _comment(str(note))),
        *lines,
    ]


def _database(source: Source, folder: Path) -> str:
    """Return the database as ``dataset.yml`` names it: a file by its place beside it."""
    file = Path(source.database)
    return source.database if unreadable(file) else _relative(file, folder)


def _section(reading: Reading, given: Input, place: list[str]) -> list[str]:
    decide = _("To decide:")
    asked = [line for question in reading.questions for line in _comment(f"{decide} {question}", "  ")]
    lines = [
        f"{reading.table.name}:",
        *place,
        *_said_lines(given),
        *asked,
        *_format_lines(reading),
        *_tax_lines(reading, given),
        "  columns:" if reading.columns else "  # columns:",
        *_column_lines(reading),
    ]
    return lines + (_policy_lines(given.settings) if isinstance(given.settings, Transactions) else [])


def _tax_lines(reading: Reading, given: Input) -> list[str]:
    own = given.settings.prices_include_tax
    if own is not None:
        return [f"  prices_include_tax: {own}"]
    meaning = _("where it is not as above")
    return [f"  # prices_include_tax: 0  # {meaning}"] if reading.table.name in TAXED else []


def _comment(text: str, indent: str = "") -> list[str]:
    """Return a text of any length as comments."""
    lines = [line for part in text.splitlines() for line in textwrap.wrap(part, _WIDTH)]
    return [f"{indent}# {line}" for line in lines]


def _broken_section(name: str, reason: str, given: Input | None, folder: Path) -> list[str]:
    """Return the section of a table that cannot be read, as comments."""
    place = _place_lines(given, folder) if given else []
    return [*(f"# {line}" for line in (f"{name}:", *place)), *_comment(reason, "#   ")]


def _quoted(value: object) -> str:
    """Return a value as YAML would write it, in quotes where it needs them."""
    written = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10_000)
    return written.removesuffix("\n").removesuffix("\n...")


def _relative(path: Path, folder: Path) -> str:
    near = path.relative_to(folder) if path.is_relative_to(folder) else path
    if not is_legible(near):
        raise CarteraError(
            _("{file} cannot be named in dataset.yml, since its name is not UTF-8. Rename it.").format(
                file=legible(str(near))
            )
        )
    return str(near)


def _place_lines(given: Input, folder: Path) -> list[str]:
    """Return where the table is: files and a sheet, or a table or query of the database."""
    settings = given.settings
    if settings.query is not None:
        return [f"  query: {_quoted(settings.query)}"]
    if settings.table is not None:
        return [f"  table: {_quoted(settings.table)}"]
    names = [_relative(path, folder) for path in given.files]
    lines = [f"  file: {_quoted(names[0])}"]
    if len(names) > 1:
        lines = ["  file:", *(f"    - {_quoted(name)}" for name in names)]
    return lines + ([f"  sheet: {_quoted(settings.sheet)}"] if settings.sheet is not None else [])


def _said_lines(given: Input) -> list[str]:
    """Return what the user said already."""
    said = [key for key in _SAID if key in given.settings.model_fields_set]
    return [f"  {key}: {_quoted(getattr(given.settings, key))}" for key in said]


def _format_lines(reading: Reading) -> list[str]:
    """Return the date order and the decimal mark: stated where found, as a choice where open."""
    lines = []
    written = [name for name, kind in reading.kinds.items() if kind == "VARCHAR"]
    if any(reading.table.column(name).kind in {"date", "month"} for name in written):
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
    missing = [column for column in reading.table.columns if column.name not in reading.columns]
    return lines + [f"    # {column.name}:  # {_(column.meaning)}" for column in missing]


def _policy_lines(settings: Transactions) -> list[str]:
    current = settings.policies.model_dump()
    choices = {name: get_args(field.annotation) for name, field in Policies.model_fields.items()}
    lines = [f"    {name}: {current[name]}  # {', '.join(options)}" for name, options in choices.items()]
    return ["  policies:", *lines]
