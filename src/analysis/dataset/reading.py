"""How the cells of each column are read: decided on a large sample, on all rows where that leaves it open."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from analysis.dataset.columns import recognise
from analysis.dataset.config import DatasetConfig
from analysis.dataset.formats import SERIAL, Evidence, evidence, seen_formats, trimmed
from analysis.dataset.quality import Note
from analysis.dataset.readers import RawTable, quoted
from analysis.dataset.schema import TRANSACTIONS
from analysis.errors import CarteraError
from analysis.language import N_, _, number

_SAMPLE_ROWS = 50_000


@dataclass(frozen=True)
class Reading:
    """The rules by which raw cells become canonical ones.

    Parameters
    ----------
    columns
        Canonical name → header as written.
    kinds
        Canonical name → DuckDB type of the raw column; ``VARCHAR`` cells are converted by the rules below.
    marks
        Canonical name of a number written as text → its decimal mark.
    date_order
        ``day-first`` or ``month-first``; year-first dates are read under either.
    date_formats
        ``strptime`` formats seen, for speed.
    signs
        Whether amounts carry currency signs or codes.
    facts
        What was found and assumed.
    questions
        What only the user can say; nothing may be read while one is open.
    """

    columns: dict[str, str]
    kinds: dict[str, str]
    marks: dict[str, str]
    date_order: str
    date_formats: tuple[str, ...]
    signs: bool
    facts: tuple[Note, ...]
    questions: tuple[str, ...]


def find_reading(
    connection: duckdb.DuckDBPyConnection, tables: list[RawTable], config: DatasetConfig
) -> Reading:
    """Find the columns, the decimal marks and the order of dates.

    Parameters
    ----------
    connection
        A connection that has ``formats.MACROS``.
    tables
        The raw files, which share their columns.
    config
        What the user said.

    Raises
    ------
    CarteraError
        If a needed column is missing, or files do not have the same columns.
    """
    first = tables[0]
    recognition = recognise(first, config.transactions.columns)
    columns = recognition.columns
    _check_same_columns(tables, columns)
    questions = list(recognition.questions)
    facts = [fact for table in tables[:3] for fact in table.facts] + list(recognition.facts)
    kinds = {name: first.columns[header] for name, header in columns.items()}
    _sample(connection, tables, columns)
    marks = _marks(connection, tables, columns, kinds, config, facts, questions)
    order = _date_order(connection, tables, columns, kinds, config, facts, questions)
    formats: tuple[str, ...] = ()
    if kinds.get("date") == "VARCHAR":
        formats = seen_formats(connection, "sample", trimmed(quoted(columns["date"])), order)
    signs = _signs(connection, columns, kinds)
    return Reading(columns, kinds, marks, order, formats, signs, tuple(facts), tuple(questions))


def _check_same_columns(tables: list[RawTable], columns: dict[str, str]) -> None:
    for table in tables[1:]:
        for header in columns.values():
            if header not in table.columns:
                raise CarteraError(
                    _(
                        "{file} has no column '{header}', which {first} has. "
                        "The files of a folder must share their columns."
                    ).format(file=table.file, header=header, first=tables[0].file)
                )


def _sample(connection: duckdb.DuckDBPyConnection, tables: list[RawTable], columns: dict[str, str]) -> None:
    listed = ", ".join(map(quoted, columns.values())) or "1"
    parts = [f"(select {listed} from {table.relation} limit {_SAMPLE_ROWS})" for table in tables]  # noqa: S608
    connection.execute("create or replace temp table sample as " + " union all ".join(parts))


def _weigh(connection: duckdb.DuckDBPyConnection, tables: list[RawTable], header: str, what: str) -> Evidence:
    """Return the evidence of the sample, or of all rows where the sample leaves it open."""
    cell = trimmed(quoted(header))
    seen = evidence(connection, "sample", cell, what)
    if seen.verdict not in {"either", "mixed"}:
        return seen
    everything = " union all ".join(f"select {quoted(header)} from {table.relation}" for table in tables)  # noqa: S608
    return evidence(connection, f"({everything})", cell, what)


def _marks(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    tables: list[RawTable],
    columns: dict[str, str],
    kinds: dict[str, str],
    config: DatasetConfig,
    facts: list[Note],
    questions: list[str],
) -> dict[str, str]:
    """Return the decimal mark of each number in text; one for all, unless a column shows otherwise."""
    written = [
        name
        for name in columns
        if TRANSACTIONS.column(name).kind in {"money", "number", "percent"} and kinds[name] == "VARCHAR"
    ]
    given = config.transactions.decimal
    if given or not written:
        return dict.fromkeys(written, given or ".")
    seen = {name: _weigh(connection, tables, columns[name], "number") for name in written}
    certain = {
        name: "." if e.verdict == "first" else ","
        for name, e in seen.items()
        if e.verdict in {"first", "second"}
    }
    shared = set(certain.values())
    marks = {}
    for name, found in seen.items():
        marks[name] = certain.get(name) or (shared.pop() if len(shared) == 1 else ".")
        shared = set(certain.values())
        open_question = found.verdict == "mixed" or (found.verdict == "either" and len(shared) != 1)
        if open_question:
            questions.append(_mark_question(tables[0].file, columns[name], found))
    for mark in sorted(set(marks.values())):
        headers = ", ".join(f"'{columns[name]}'" for name in marks if marks[name] == mark)
        facts.append(Note(N_("Decimal mark of {headers}: '{mark}'."), {"headers": headers, "mark": mark}))
    return marks


def _mark_question(file: str, header: str, found: Evidence) -> str:
    if found.verdict == "mixed":
        return _(
            "Column '{header}' of {file} mixes decimal points ({points} cells) and decimal commas "
            "({commas} cells, such as '{example}'). Export it with one mark, or choose: 'decimal: \".\"' or "
            "'decimal: \",\"'; cells in the other are rejected."
        ).format(
            header=header,
            file=file,
            points=number(found.first),
            commas=number(found.second),
            example=found.example,
        )
    return _(
        "Column '{header}' of {file} is ambiguous: '{example}' could be a thousand and more or have three "
        "decimals. Choose: 'decimal: \".\"' or 'decimal: \",\"'."
    ).format(header=header, file=file, example=found.example)


def _date_order(  # noqa: PLR0917
    connection: duckdb.DuckDBPyConnection,
    tables: list[RawTable],
    columns: dict[str, str],
    kinds: dict[str, str],
    config: DatasetConfig,
    facts: list[Note],
    questions: list[str],
) -> str:
    """Return whether the day or the month comes first in dates that do not begin with the year."""
    given = config.transactions.date_order
    _note_serials(connection, columns, kinds, facts)
    if given or kinds.get("date") != "VARCHAR":
        return given or "day-first"
    header = columns["date"]
    found = _weigh(connection, tables, header, "date")
    if found.verdict == "none":
        return "day-first"
    if found.verdict in {"either", "mixed"}:
        questions.append(_order_question(tables[0].file, header, found))
        return "day-first"
    order = "day-first" if found.verdict == "first" else "month-first"
    message = (
        N_("Dates in '{header}': the day comes first.")
        if order == "day-first"
        else N_("Dates in '{header}': the month comes first.")
    )
    facts.append(Note(message, {"header": header}))
    return order


def _note_serials(
    connection: duckdb.DuckDBPyConnection, columns: dict[str, str], kinds: dict[str, str], facts: list[Note]
) -> None:
    """Note that days are counted as spreadsheets do."""
    if kinds.get("date", "DATE").startswith(("DATE", "TIMESTAMP")):
        return
    header = columns["date"]
    serials = f"regexp_matches(cast({quoted(header)} as varchar), '{SERIAL}')"
    if connection.execute(f"select count(*) from sample where {serials}").fetchall()[0][0]:  # noqa: S608
        message = N_("Dates in '{header}': numbers such as 45292 were taken as days counted as in Excel.")
        facts.append(Note(message, {"header": header}))


def _order_question(file: str, header: str, found: Evidence) -> str:
    if found.verdict == "mixed":
        return _(
            "Column '{header}' of {file} mixes dates with the day first ({days} cells) and with the month "
            "first ({months} cells, such as '{example}'). Export it in one form, or choose: "
            "'date_order: day-first' or 'date_order: month-first'; dates in the other are rejected."
        ).format(
            header=header,
            file=file,
            days=number(found.first),
            months=number(found.second),
            example=found.example,
        )
    return _(
        "Column '{header}' of {file} is ambiguous: every date fits day/month and month/day alike, such as "
        "'{example}'. Choose: 'date_order: day-first' or 'date_order: month-first'."
    ).format(header=header, file=file, example=found.example)


def _signs(connection: duckdb.DuckDBPyConnection, columns: dict[str, str], kinds: dict[str, str]) -> bool:
    """Tell whether amounts carry currency signs."""
    money = [
        columns[name] for name in ("amount", "unit_price", "gross_amount") if kinds.get(name) == "VARCHAR"
    ]
    if not money:
        return False
    signs = " or ".join(f"currency_of({quoted(header)}) <> ''" for header in money)
    return bool(connection.execute(f"select count(*) from sample where {signs}").fetchall()[0][0])  # noqa: S608


def ask(questions: tuple[str, ...]) -> CarteraError:
    """Return the error that puts the open questions to the user and says where to answer."""
    how = _(
        "Write the answer under 'transactions:' in a dataset.yml and give that file instead; "
        "'cartera check FILE --write-config' writes one to start from."
    )
    return CarteraError(("\n" if len(questions) > 1 else " ").join([*questions, how]))
