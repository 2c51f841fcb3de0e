"""Write a ``dataset.yml`` with what was recognised of every table, ready to edit."""

from __future__ import annotations

import os
import tempfile
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import duckdb

from analysis.dataset.cache import read_once
from analysis.dataset.config import TAXED, DatasetConfig, Policies, Transactions
from analysis.dataset.inference.formats import MACROS
from analysis.dataset.inference.type_inference import Reading, find_reading
from analysis.dataset.intake import known_beside
from analysis.dataset.joins import Match
from analysis.dataset.kept_tables import take
from analysis.dataset.ledger.intake_result import Formats
from analysis.dataset.ledger.plausibility import SPELLINGS
from analysis.dataset.ledger.table_intake import connect, open_all, open_questions
from analysis.dataset.naming import names_a_folder
from analysis.dataset.schema import TABLES, Table
from analysis.dataset.sources.inputs import Input, Source, reachable
from analysis.dataset.sources.open_source import find_source
from analysis.dataset.systems.recognition import NO_SYSTEM
from analysis.dataset.user_files import is_legible, legible, reason_of, unreadable
from analysis.dataset.yaml_file import as_yaml
from analysis.engine.paths import duckdb_path
from analysis.errors import CarteraError
from analysis.language import _, number

_ELSEWHERE = {
    "file", "sheet", "table", "query", "columns", "date_order", "decimal", "prices_include_tax", "policies",
    "join",
}  # fmt: skip
"""Keys that have lines of their own; what the others hold only the user can have said."""
_OF_FORMAT = ("date_order", "decimal")
"""Keys that have a line of their own, with the choices."""
_WIDTH = 100
_MOST_DOUBLES = 200


def write_config(data: str, answers: Mapping[str, Mapping[str, Any]] | None = None) -> Path:
    """Write a ``dataset.yml`` beside the data, with what was recognised and the questions left open.

    A table that cannot be read stands there as a comment that says why.

    Parameters
    ----------
    data
        What `find_source` takes; where it has no folder of the user's, the file goes to the current one.
    answers
        Keys and values for the sections of tables that were asked about. A file that is there is then one
        with earlier answers, and is written anew.

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
        if os.path.lexists(target) and not answers:
            raise CarteraError(
                _("{file} exists already. Edit it, or delete it to have it written anew.").format(file=target)
            )
        text = _text(_answered(source, answers or {}), folder, _possible_doubles(data))
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


def _answered(source: Source, answers: Mapping[str, Mapping[str, Any]]) -> Source:
    """Return the data set with what the user answered in the sections of its tables."""
    config, inputs = source.config, dict(source.inputs)
    for table, said in answers.items():
        settings = inputs[table].settings.answered(said)
        inputs[table] = replace(inputs[table], settings=settings)
        config = config.model_copy(update={table: settings})
    return replace(source, config=config, inputs=inputs)


def _possible_doubles(data: str) -> list[str]:
    """Return the customers whose spellings differ in little, as comments; none where it is not known."""
    try:
        sales = take(data).folder / "transactions.parquet"
    except CarteraError:
        return []
    with duckdb.connect() as connection:
        connection.execute(MACROS)
        connection.execute("set variable sales = ?", [duckdb_path(sales)])
        customers = (
            "(select customer_id, sum(amount) as sold "
            "from read_parquet(getvariable('sales'), hive_partitioning=false) group by customer_id)"
        )
        groups = connection.execute(SPELLINGS.format(customers=customers)).fetchmany(_MOST_DOUBLES)
    said = _("who may be one customer; take the '#' away where it is so")
    head = [f"# same_customer:  # {said}"] if groups else []
    return head + [f"#   - {as_yaml(names)}  # {number(float(sold), 2)}" for _key, names, sold in groups]


def _text(source: Source, folder: Path, doubles: list[str]) -> str:
    """Return the file: what is known as keys, what is open or usual as comments with the choices."""
    sections: list[str] = []
    broken = dict(source.broken)
    formats = known_beside(source)
    for name, given in source.inputs.items():
        try:
            place = _place_lines(given, folder)
            reading, joins = _reading(given, TABLES[name], formats, source.config)
            place += _join_lines(joins, folder)
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
    return "\n".join([*_top(source, folder), *doubles, *sections]) + "\n"


def _reading(
    given: Input, table: Table, formats: Formats, config: DatasetConfig
) -> tuple[Reading, tuple[Match, ...]]:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        connection = connect(work)
        try:
            joined = open_all(connection, given, table, work)
            reading = find_reading(connection, joined.raws, table, given.settings, formats)
            asked = reading.questions or open_questions(connection, joined.raws, reading, config, work)
            return replace(reading, questions=asked), joined.joins
        finally:
            connection.close()


def _top(source: Source, folder: Path) -> list[str]:
    """Return what holds for all tables."""
    config = source.config
    known = {
        "system": (
            config.system,
            NO_SYSTEM,
            _("what is known of your program, in a file beside this one; none: nothing is known by name"),
        ),
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
        "stages": (
            as_yaml(config.stages) if config.stages else None,
            "[lead, prospect, potential]",
            _("your words for leads as they come in, qualified ones and those close to deciding"),
        ),
    }
    lines = [f"{'' if names_a_folder(source.name) else '# '}name: {as_yaml(source.name)}"]
    lines += [f"database: {as_yaml(_database(source, folder))}"] if source.database else []
    lines += [
        f"{'# ' if value is None else ''}{f'{key}: {value or example}':30}  # {meaning}"
        for key, (value, example, meaning) in known.items()
    ]
    return [
        "# " + _("What Cartera recognised. Correct what is wrong; every key may be left out."),
        *(line for note in source.notes for line in _comment(str(note))),
        *lines,
        *_scoring_lines(config.rfm.model_dump(exclude_unset=True)),
        *(["actions:"] if config.actions else []),
        *(
            f"  {name}: {as_yaml(action.model_dump(exclude_unset=True))}"
            for name, action in (config.actions or {}).items()
        ),
    ]


def _scoring_lines(said: dict[str, Any]) -> list[str]:
    """Return how customers are scored, as the user said it, with the segments of a file in its place."""
    segments = said.pop("segments", None) or {}
    lines = [f"  {key}: {as_yaml(value)}" for key, value in said.items()]
    lines += ["  segments:"] if segments else []
    lines += [f"    {as_yaml(key)}: {as_yaml(segment)}" for key, segment in segments.items()]
    return ["rfm:", *lines] if lines else []


def _database(source: Source, folder: Path) -> str:
    """Return the database as ``dataset.yml`` names it: a file by its place beside it."""
    file = Path(source.database)
    return source.database if unreadable(file) else _relative(file, folder)


def _section(reading: Reading, given: Input, place: list[str]) -> list[str]:
    decide = _("To decide:")
    asked: list[str] = []
    for question in reading.questions:
        asked += _comment(f"{decide} {question.text}", "  ")
        choices = [one for one in question.choices if not one.answer.startswith(_OF_FORMAT)]
        asked += [f"  # {choice.answer}  # {choice.consequence}" for choice in choices]
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
        return [f"  query: {as_yaml(settings.query)}"]
    if settings.table is not None:
        return [f"  table: {as_yaml(settings.table)}"]
    names = [_relative(path, folder) for path in given.files]
    lines = [f"  file: {as_yaml(names[0])}"]
    if len(names) > 1:
        lines = ["  file:", *(f"    - {as_yaml(name)}" for name in names)]
    return lines + ([f"  sheet: {as_yaml(settings.sheet)}"] if settings.sheet is not None else [])


def _join_lines(joins: tuple[Match, ...], folder: Path, indent: str = "  ") -> list[str]:
    """Return the lists from which the rows take columns."""
    lines = [f"{indent}join:"] if joins else []
    for one in joins:
        place = one.given.settings.model_dump(exclude_defaults=True, exclude={"join", "file"})
        if "table" not in place:
            files = [_relative(path, folder) for path in dict.fromkeys(head.path for head in one.given.heads)]
            place = {"file": files[0] if len(files) == 1 else files} | place
        said = place | {"by": dict([one.by]), "take": one.take}
        keys = [f"{key}: {as_yaml(value)}" for key, value in said.items()]
        lines += [f"{indent}  {'- ' if i == 0 else '  '}{line}" for i, line in enumerate(keys)]
        lines += _join_lines(one.joins, folder, f"{indent}    ")
    return lines


def _said_lines(given: Input) -> list[str]:
    """Return what the user said already."""
    keys = type(given.settings).model_fields
    said = [key for key in keys if key in given.settings.model_fields_set - _ELSEWHERE]
    return [f"  {key}: {as_yaml(getattr(given.settings, key))}" for key in said]


def _format_lines(reading: Reading) -> list[str]:
    """Return the date order and the decimal mark: stated where found, as a choice where open."""
    lines = []
    written = [name for name, kind in reading.kinds.items() if kind == "VARCHAR"]
    if any(reading.table.column(name).kind in {"date", "month"} for name in written):
        known = "day-first" if reading.date_order == "day-first" else "month-first"
        asked = _asks(reading, "date_order")
        lines.append(f"  {'# ' if asked else ''}date_order: {known}    # day-first, month-first")
    marks = sorted(set(reading.marks.values()))
    asked = _asks(reading, "decimal")
    if marks:
        lines.append(f'  {"# " if asked or len(marks) > 1 else ""}decimal: "{marks[0]}"           # ".", ","')
    return lines


def _asks(reading: Reading, key: str) -> bool:
    return any(choice.answer.startswith(key) for one in reading.questions for choice in one.choices)


def _column_lines(reading: Reading) -> list[str]:
    lines = [f"    {name}: {as_yaml(header)}" for name, header in reading.columns.items()]
    missing = [column for column in reading.table.columns if column.name not in reading.columns]
    return lines + [f"    # {column.name}:  # {_(column.meaning)}" for column in missing]


def _policy_lines(settings: Transactions) -> list[str]:
    current = settings.policies.model_dump()
    choices = {name: get_args(field.annotation) for name, field in Policies.model_fields.items()}
    lines = [f"    {name}: {current[name]}  # {', '.join(options)}" for name, options in choices.items()]
    return ["  policies:", *lines]
