"""How the cells of each column are read: decided on a large sample, on all rows where that leaves it open."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from functools import partial

import duckdb

from analysis.dataset.config import TableConfig
from analysis.dataset.files.readers import RawTable, quoted, whole
from analysis.dataset.inference.amount_column import MOST, SAMPLE_ROWS, net_amount, written_number
from analysis.dataset.inference.column_recognition import recognise, unused
from analysis.dataset.inference.customer_column import with_best_customer
from analysis.dataset.inference.formats import SERIAL, Evidence, evidence, seen_formats, trimmed
from analysis.dataset.ledger.intake_result import Formats
from analysis.dataset.quality import Note
from analysis.dataset.questions import Choice, Question
from analysis.dataset.schema import Column, Table, same_name
from analysis.dataset.schema.names import stated_order
from analysis.errors import CarteraError
from analysis.language import N_, _, date, number

_NO_AMOUNT = N_("'{header}' is empty on every row: quantity × unit price is used.")


@dataclass(frozen=True)
class Reading:
    """The rules by which raw cells become canonical ones.

    Parameters
    ----------
    table
        The canonical table.
    columns
        Canonical name → header as written.
    kinds
        Canonical name → DuckDB type of the raw column; ``VARCHAR`` cells are converted by the rules below.
    marks
        Canonical name of a number written as text → its decimal mark.
    date_order
        ``day-first`` or ``month-first``; year-first dates are read under either.
    date_formats
        Canonical name of a date written as text → ``strptime`` formats seen, for speed.
    signs
        Whether amounts carry currency signs or codes.
    shown
        What the table itself, or its section of ``dataset.yml``, says of dates and numbers.
    facts
        What was found and assumed.
    questions
        What only the user can say; nothing may be read while one is open.
    """

    table: Table
    columns: dict[str, str]
    kinds: dict[str, str]
    marks: dict[str, str]
    date_order: str
    date_formats: dict[str, tuple[str, ...]]
    signs: bool
    shown: Formats
    facts: tuple[Note, ...]
    questions: tuple[Question, ...]


def find_reading(
    connection: duckdb.DuckDBPyConnection,
    raws: list[RawTable],
    table: Table,
    settings: TableConfig,
    sales: Formats | None = None,
) -> Reading:
    """Find the columns, the decimal marks and the order of dates.

    Parameters
    ----------
    connection
        A connection that has ``formats.MACROS``.
    raws
        The raw files, which share their columns.
    table
        What they are taken for.
    settings
        What the user said of it.
    sales
        How the sales are written, which decides what the table leaves open; None where it is the sales.

    Raises
    ------
    CarteraError
        If files do not have the same columns, or lack one that the user names.
    """
    with whole(connection, raws):
        return _found(connection, raws, table, settings, sales or Formats())


def _found(
    connection: duckdb.DuckDBPyConnection,
    raws: list[RawTable],
    table: Table,
    settings: TableConfig,
    sales: Formats,
) -> Reading:
    ignored = set(map(same_name, settings.ignore))
    whole = raws[0]
    first = replace(whole, columns={h: k for h, k in whole.columns.items() if same_name(h) not in ignored})
    best, customer = table, None
    if "customer_id" in table.canonical and "customer_id" not in settings.columns:
        free = {name: kind for name, kind in first.columns.items() if name not in settings.columns.values()}
        best, customer = with_best_customer(connection, replace(first, columns=free), table, sales.customer)
    recognition = recognise(
        _without_empty(connection, first, settings) if "region" in table.canonical else first,
        best,
        settings.columns,
        partial(net_amount, connection, first),
        partial(_alike, connection, first),
    )
    columns = recognition.columns
    _check_same_columns(raws, columns)
    _sample(connection, raws, columns)
    empty = _has_no_amount(connection, columns)
    columns = {name: header for name, header in columns.items() if name != "amount" or not empty}
    kinds = {name: first.columns[header] for name, header in columns.items()}
    search = _Search(connection, raws, table, columns, kinds, settings, sales)
    search.facts += [fact for raw in raws[:3] for fact in raw.facts] + list(recognition.facts)
    search.facts += unused(whole, recognition.columns)
    search.facts += [Note(_NO_AMOUNT, {"header": recognition.columns["amount"]})] if empty else []
    search.questions += recognition.questions
    marks, decimal = search.marks()
    order, shown_order = search.date_order()
    formats = {
        name: seen_formats(connection, "sample", trimmed(quoted(columns[name])), order)
        for name in search.written("date")
    }
    return Reading(
        table, columns, kinds, marks, order, formats, search.signs(),
        Formats(shown_order, decimal, customer), tuple(search.facts), tuple(search.questions),
    )  # fmt: skip


def _without_empty(connection: duckdb.DuckDBPyConnection, raw: RawTable, settings: TableConfig) -> RawTable:
    """Return customers without the columns of no cell: a state that is never filled is no region."""
    cells = [trimmed(f"cast({quoted(header)} as varchar)") for header in raw.columns]
    counts = ", ".join(f"count({cell})" for cell in cells)
    filled = connection.execute(f"select {counts} from {raw.relation}").fetchall()[0]  # noqa: S608
    kept = {
        header: kind
        for (header, kind), n in zip(raw.columns.items(), filled, strict=True)
        if n or header in settings.columns.values()
    }
    return replace(raw, columns=kept) if any(filled) else raw


def _alike(connection: duckdb.DuckDBPyConnection, raw: RawTable, column: Column) -> list[str]:
    """Return the headers whose cells are of the kind of a column."""
    found = []
    for header in raw.columns:
        text = trimmed(f"cast({quoted(header)} as varchar)")
        number = written_number(header)
        fits = f"coalesce(day_first({text}), month_first({text}))" if column.kind == "date" else number
        filled, fitting = connection.execute(
            f"select count({text}), count({fits}) from (from {raw.relation} limit 1000)"  # noqa: S608
        ).fetchall()[0]
        if column.kind in {"date", "money"} and filled and fitting >= MOST * filled:
            found.append(header)
    return found


def _has_no_amount(connection: duckdb.DuckDBPyConnection, columns: dict[str, str]) -> bool:
    """Tell whether the amount is empty, as of formulas that were never worked out, and not needed."""
    if not {"amount", "quantity", "unit_price"} <= columns.keys():
        return False
    text = trimmed(f"cast({quoted(columns['amount'])} as varchar)")
    return not connection.execute(f"select count({text}) from sample").fetchall()[0][0]  # noqa: S608


def _check_same_columns(raws: list[RawTable], columns: dict[str, str]) -> None:
    for raw in raws[1:]:
        for header in columns.values():
            if header not in raw.columns:
                raise CarteraError(
                    _(
                        "{file} has no column '{header}', which {first} has. "
                        "The files of a folder must share their columns."
                    ).format(file=raw.file, header=header, first=raws[0].file)
                )


def _sample(connection: duckdb.DuckDBPyConnection, raws: list[RawTable], columns: dict[str, str]) -> None:
    listed = ", ".join(map(quoted, columns.values())) or "1"
    parts = [f"(select {listed} from {raw.relation} limit {SAMPLE_ROWS})" for raw in raws]  # noqa: S608
    connection.execute("create or replace temp table sample as " + " union all ".join(parts))


@dataclass
class _Search:
    """What is known while the rules are sought, and what was found on the way."""

    connection: duckdb.DuckDBPyConnection
    raws: list[RawTable]
    table: Table
    columns: dict[str, str]
    kinds: dict[str, str]
    settings: TableConfig
    sales: Formats
    facts: list[Note] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def written(self, *kinds: str) -> list[str]:
        """Return the columns of these kinds whose cells are text."""
        return [
            name
            for name in self.columns
            if self.table.column(name).kind in kinds and self.kinds[name] == "VARCHAR"
        ]

    def marks(self) -> tuple[dict[str, str], str | None]:
        """Return the decimal mark of each number in text, and the one that the table shows.

        There is one for all, unless a column shows otherwise; where none does, that of the sales decides.
        """
        names = self.written("money", "number", "percent")
        given = self.settings.decimal
        if given or not names:
            return dict.fromkeys(names, given or "."), given
        seen = {name: self._weigh([self.columns[name]], "number") for name in names}
        certain = {
            name: "." if found.verdict == "first" else ","
            for name, found in seen.items()
            if found.verdict in {"first", "second"}
        }
        shared = next(iter(certain.values())) if len(set(certain.values())) == 1 else None
        marks = {name: certain.get(name) or shared or self.sales.decimal or "." for name in names}
        borrowed = []
        for name, found in seen.items():
            if found.verdict == "either" and not shared and self.sales.decimal:
                borrowed.append(name)
            elif found.verdict == "mixed" or (found.verdict == "either" and not shared):
                self.questions.append(_mark_question(self.raws[0].file, self.columns[name], found))
        self._note_marks({name: mark for name, mark in marks.items() if name not in borrowed})
        if borrowed:
            message = N_(
                "Decimal mark of {headers}: '{mark}', as in the sales; the table itself leaves it open."
            )
            self.facts.append(Note(message, {"headers": self._listed(borrowed), "mark": self.sales.decimal}))
        return marks, shared

    def _note_marks(self, marks: dict[str, str]) -> None:
        for mark in sorted(set(marks.values())):
            headers = self._listed([name for name in marks if marks[name] == mark])
            self.facts.append(
                Note(N_("Decimal mark of {headers}: '{mark}'."), {"headers": headers, "mark": mark})
            )

    def date_order(self) -> tuple[str, str | None]:
        """Return what comes first in dates that do not begin with the year, and what the table shows of it.

        All dates of a table are written alike, so all its columns are weighed together; where they leave it
        open, the sales decide.
        """
        given, names = self.settings.date_order, self.written("date", "month")
        self._note_serials()
        if given or not names:
            return given or "day-first", given
        found = self._weigh([self.columns[name] for name in names], "date")
        if found.verdict == "none":
            return self.sales.date_order or "day-first", None
        stated = {order for name in names if (order := stated_order(self.columns[name]))}
        if found.verdict == "either" and len(stated) == 1:
            order = stated.pop()
            self._note_order(names, order, borrowed=False)
            return order, order
        if found.verdict == "either" and self.sales.date_order:
            self._note_order(names, self.sales.date_order, borrowed=True)
            return self.sales.date_order, None
        if found.verdict in {"either", "mixed"}:
            self.questions.append(self._order_question(names, found))
            return "day-first", None
        order = "day-first" if found.verdict == "first" else "month-first"
        self._note_order(names, order, borrowed=False)
        return order, order

    def _note_order(self, names: list[str], order: str, *, borrowed: bool) -> None:
        message = {
            ("day-first", False): N_("Dates in {headers}: the day comes first."),
            ("month-first", False): N_("Dates in {headers}: the month comes first."),
            ("day-first", True): N_(
                "Dates in {headers}: the day comes first, as in the sales; the table itself leaves it open."
            ),
            ("month-first", True): N_(
                "Dates in {headers}: the month comes first, as in the sales; the table itself leaves it open."
            ),
        }[order, borrowed]
        self.facts.append(Note(message, {"headers": self._listed(names)}))

    def _order_question(self, names: list[str], found: Evidence) -> Question:
        holding = next(
            (
                self.columns[name]
                for name in names
                if self.connection.execute(
                    f"select count(*) from sample where {trimmed(quoted(self.columns[name]))} = ?",  # noqa: S608
                    [found.examples[2] or found.examples[0]],
                ).fetchall()[0][0]
            ),
            self.columns[names[0]],
        )
        return _order_question(self.raws[0].file, holding, found)

    def _note_serials(self) -> None:
        """Note that days are counted as spreadsheets do."""
        for name, kind in self.kinds.items():
            if self.table.column(name).kind not in {"date", "month"} or kind.startswith(
                ("DATE", "TIMESTAMP")
            ):
                continue
            header = self.columns[name]
            serials = f"regexp_matches(cast({quoted(header)} as varchar), '{SERIAL}')"
            if self.connection.execute(f"select count(*) from sample where {serials}").fetchall()[0][0]:  # noqa: S608
                message = N_(
                    "Dates in '{header}': numbers such as 45292 were taken as days counted as in Excel."
                )
                self.facts.append(Note(message, {"header": header}))

    def signs(self) -> bool:
        """Tell whether amounts carry currency signs."""
        money = [quoted(self.columns[name]) for name in self.written("money")]
        if not money:
            return False
        signs = " or ".join(f"currency_of({cell}) <> ''" for cell in money)
        return bool(self.connection.execute(f"select count(*) from sample where {signs}").fetchall()[0][0])  # noqa: S608

    def _weigh(self, headers: list[str], what: str) -> Evidence:
        """Return the evidence of the sample, or of all rows where the sample leaves it open."""
        cell = f"weekdayless({trimmed('cell')})" if what == "date" else trimmed("cell")
        seen = evidence(self.connection, _stacked(["sample"], headers), cell, what)
        if seen.verdict not in {"either", "mixed"}:
            return seen
        everything = _stacked([raw.relation for raw in self.raws], headers)
        return evidence(self.connection, everything, cell, what)

    def _listed(self, names: list[str]) -> str:
        return ", ".join(f"'{self.columns[name]}'" for name in names)


def _stacked(relations: list[str], headers: list[str]) -> str:
    """Return what follows ``FROM`` for the cells of several columns, one below the other, as ``cell``."""
    parts = [
        f"select {quoted(header)} as cell from {relation}"  # noqa: S608
        for relation in relations
        for header in headers
    ]
    return "(" + " union all ".join(parts) + ")"


def _mark_question(file: str, header: str, found: Evidence) -> Question:
    point, comma = 'decimal: "."', 'decimal: ","'
    if found.verdict == "mixed":
        text = _(
            "Column '{header}' of {file} mixes decimal points (such as '{point}', cells: {points}) and "
            "decimal commas (such as '{comma}', cells: {commas}). Export it with one mark, or choose; cells "
            "in the other are rejected."
        ).format(
            header=header,
            file=file,
            point=found.examples[0],
            points=number(found.first),
            comma=found.examples[1],
            commas=number(found.second),
        )
        choices = (Choice(point, _("If the point counts")), Choice(comma, _("If the comma counts")))
        return Question(text, choices)
    example = str(found.examples[2])
    text = _("Column '{header}' of {file} is ambiguous: '{example}' could be two numbers.").format(
        header=header, file=file, example=example
    )
    many, few = number(int(re.sub("[.,]", "", example))), number(float(example.replace(",", ".")), 3)
    as_point, as_comma = (few, many) if "." in example else (many, few)
    says = _("If it is {number}")
    return Question(
        text,
        (Choice(point, says.format(number=as_point)), Choice(comma, says.format(number=as_comma))),
    )


def _order_question(file: str, header: str, found: Evidence) -> Question:
    if found.verdict == "mixed":
        text = _(
            "Column '{header}' of {file} mixes dates with the day first (such as '{day}', cells: {days}) and "
            "with the month first (such as '{month}', cells: {months}). Export it in one form, or choose; "
            "dates in the other are rejected."
        ).format(
            header=header,
            file=file,
            day=found.examples[0],
            days=number(found.first),
            month=found.examples[1],
            months=number(found.second),
        )
        day_first, month_first = _("If the day comes first"), _("If the month comes first")
    else:
        example = str(found.examples[2])
        text = _(
            "Column '{header}' of {file} is ambiguous: every date fits day/month and month/day alike, such "
            "as '{example}'."
        ).format(header=header, file=file, example=example)
        first, second, year = (int(part) for part in re.findall(r"\d+", example)[:3])
        year += 0 if year > 99 else 1900 if year >= 70 else 2000
        says = _("If it is {date}")
        day_first = says.format(date=date(dt.date(year, second, first)))
        month_first = says.format(date=date(dt.date(year, first, second)))
    return Question(
        text,
        (Choice("date_order: day-first", day_first), Choice("date_order: month-first", month_first)),
    )
