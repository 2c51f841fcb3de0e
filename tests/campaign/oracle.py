"""What must become of a sales file, in plain Python that shares nothing with the code under test."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

LINES, SIZE = 1000, 1 << 20
"""A quote that stays open for more lines or characters was never meant to be one."""


@dataclass
class Expected:
    """What must come of a case.

    Parameters
    ----------
    outcome
        ``account``, ``sentence`` (it must be refused) or ``either``.
    fates
        Rows by fate; ``rejected`` alone where the reason may be one of several.
    money
        Sum of the amounts kept.
    aside
        File (empty where there is one), line, fate and raw text (None where unknown) of each row set aside.
    unknown
        File and line of rows of which nothing is known but that they must be there.
    names
        What a sentence names: one of these.
    counted
        Whether anybody can say what the rows are.
    """

    outcome: str = "account"
    fates: Counter[str] = field(default_factory=Counter)
    money: Decimal = Decimal(0)
    aside: list[tuple[str, int, str, str | None]] = field(default_factory=list)
    unknown: list[tuple[str, int]] = field(default_factory=list)
    names: tuple[str, ...] = ("sales.csv",)
    counted: bool = True

    def add(self, file: str, line: int, fate: str | None, money: Decimal, raw: str | None) -> None:
        """Count a row."""
        if fate is None:
            self.unknown.append((file, line))
            return
        self.fates[fate] += 1
        if fate in KEPT:
            self.money += money
        else:
            self.aside.append((file, line, fate, raw))

    def settled(self) -> Expected:
        """Expect a sentence where no row can be kept."""
        if self.counted and self.outcome == "account" and not self.unknown and not self.fates.keys() & KEPT:
            self.outcome = "sentence"
        return self


KEPT = {"sale", "return"}
NOTHING = ("", "n/a", "N/A", "-", "NULL", "nan", "None", " ", "\u00a0")
NOBODY = (*NOTHING, "0", "000", "guest", "Sin cliente")
NO_DATE = (
    "soon", "2024-02-30", "2024-13-01", "0000-00-00", "20240-01-01", "31/12/20240", "99999-12-31", "9" * 40,
    "=TODAY()", "2024-01-01 (BC)", "1900-01-01", "2100-01-01", "1/2", "５/5/2024", "2024-06-31T25:61",
)  # fmt: skip
NO_AMOUNT = (
    "five", "--5", "5-5", "(5", "5)", "=5", "#REF!", "1e400", "9" * 40, "999999999999999", "１２", "∞",
    "5 of 6", "0x1F", "1;2|3", "5,0.0,0", "%", "'", "\\N",
)  # fmt: skip
IMPOSSIBLE = {"1900-01-01", "2100-01-01"}


@dataclass(frozen=True)
class Layout:
    """How a file is written: delimiter, decimal mark, days (as strftime), columns (role and header)."""

    delimiter: str
    mark: str
    day: str
    columns: tuple[tuple[str, str], ...]

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [name for _role, name in self.columns]


def records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | None, str]]:
    """Yield line, cells and raw text of each record; no cells where a quote is out of place."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[-1]:
        del lines[-1]
    at = 0
    while at < len(lines):
        if lines[at]:
            cells, used = _record(lines, at, delimiter)
            yield at + 1, cells, "\n".join(lines[at : at + used])
            at += used
        else:
            at += 1


def _record(lines: list[str], at: int, delimiter: str) -> tuple[list[str] | None, int]:
    """Return the cells of the record that begins at a line, and how many lines it takes."""
    if '"' not in lines[at]:
        return lines[at].split(delimiter), 1
    text, last, place, cells = lines[at], at, 0, []
    while True:
        if not text.startswith('"', place):
            end = text.find(delimiter, place)
            cells.append(text[place:] if end < 0 else text[place:end])
            place = len(text) if end < 0 else end
        else:
            cell, place = "", place + 1
            while True:
                end = text.find('"', place)
                if end < 0:
                    last += 1
                    if last == len(lines) or last - at >= LINES or len(text) > SIZE:
                        return None, 1
                    text += "\n" + lines[last]
                    continue
                if end > SIZE:
                    return None, 1
                cell += text[place:end]
                place = end + 1
                if not text.startswith('"', place):
                    break
                cell, place = cell + '"', place + 1
            cells.append(cell)
            if place < len(text) and text[place] != delimiter:
                return None, 1
        if place == len(text):
            return cells, last - at + 1
        place += 1


def expected(text: str, layout: Layout, header_line: int = 1, file: str = "") -> Expected:
    """Return what must come of a text file whose header is on a line of its own."""
    found, known = Expected(), {}
    for line, cells, raw in records(text, layout.delimiter):
        if line <= header_line:
            continue
        if raw not in known:
            row = cells and _without_end(cells, len(layout.columns))
            shown = ";".join(row) if row and len(row) == len(layout.columns) else raw
            known[raw] = (*fate(row, layout), shown)
            if len(raw) > SIZE and cells:
                known[raw] = (None, Decimal(0), shown)
        found.add(file, line, *known[raw])
    return found.settled()


def _without_end(cells: list[str], width: int) -> list[str]:
    """Return a row without empty cells beyond the last column: delimiters at its end say nothing."""
    return cells if any(cells[width:]) else cells[:width]


def fate(cells: list[str] | None, layout: Layout) -> tuple[str | None, Decimal]:
    """Return what must become of a row, and its amount; None where its cells are none of ours."""
    if cells is None or len(cells) != len(layout.columns):
        return "rejected:cells", Decimal(0)
    row = {role: cell for (role, _name), cell in zip(layout.columns, cells, strict=True)}
    day, amount = _day(row["date"], layout), _amount(row, layout)
    if not isinstance(day, dt.date):
        return _undated(day, row, cells, layout), Decimal(0)
    if not isinstance(amount, Decimal):
        return amount, Decimal(0)
    kept = "return" if amount < 0 or row.get("quantity", "").startswith("-") else "sale"
    return {True: kept, False: "excluded:no_customer", None: None}[_customer(row["customer"])], amount


def _undated(day: str | None, row: dict[str, str], cells: list[str], layout: Layout) -> str | None:
    if day is None:
        return None
    if not "".join(cells).strip(" "):
        return "excluded:empty"
    if row["date"].strip() in layout.header:
        return "excluded:header"
    if day == "rejected:no_date" and re.search("total|suma", " ".join(cells).lower()):
        return "excluded:total" if row["customer"] == "Total" else None
    return day


def _day(cell: str, layout: Layout) -> dt.date | str | None:
    """Return the day in a cell, why it is none, or None if nobody can say."""
    if cell in NOTHING:
        return "rejected:no_date"
    if cell in NO_DATE or cell in layout.header:
        return "rejected:impossible_date" if cell in IMPOSSIBLE else "rejected"
    try:
        day = dt.datetime.strptime(cell, layout.day)
    except ValueError:
        return None
    return day.date() if day.strftime(layout.day) == cell and 1971 < day.year < 2025 else None


def _amount(row: dict[str, str], layout: Layout) -> Decimal | str | None:
    """Return the amount of a row, why there is none, or None if nobody can say."""
    found = [_number(row[role], layout) for role in ("amount", "quantity", "price") if role in row]
    if None in found:
        return None
    if "rejected:no_amount" in found:
        return "rejected:no_amount"
    if any(isinstance(number, str) for number in found):
        return "rejected:amount"
    product = Decimal(1)
    for number in found:
        product *= Decimal(number)
    return product if abs(product) < 10**14 else "rejected:amount"


def _number(cell: str, layout: Layout) -> Decimal | str | None:
    if cell in NOTHING:
        return "rejected:no_amount"
    if cell in NO_AMOUNT:
        return "rejected:amount"
    sign, digits, after = re.fullmatch(r"([-+(]?)(.*?)([-)]?)", cell, re.DOTALL).groups()
    if sign + after not in {"", "-", "+", "()"}:
        return None
    plain, grouped = r"\d{1,13}(\.\d{1,2})?", r"[1-9]\d{0,2}(,\d{3})+\.\d{2}"
    if layout.mark == ",":
        digits = digits.translate(str.maketrans(",.", ".,"))
    if not re.fullmatch(f"{plain}|{grouped}", digits, re.ASCII):
        return None
    value = Decimal(digits.replace(",", ""))
    return -value if sign + after in {"-", "()"} else value


def _customer(cell: str) -> bool | None:
    """Tell whether a cell names somebody."""
    if cell in NOBODY:
        return False
    return True if re.search(r"[A-Za-zñ客😀]", cell) and re.search("[1-9]", cell) else None
