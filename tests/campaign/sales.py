"""Sales files as the campaign writes them: sound ones, and cells that are known to be none."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

from campaign.oracle import NO_AMOUNT, NO_DATE, NOBODY, NOTHING, Expected, Layout

ROLES = {
    "customer": ("customer", "cliente", "Customer ID"),
    "date": ("date", "fecha", "Invoice Date"),
    "amount": ("amount", "importe", "Net amount"),
    "quantity": ("quantity", "cantidad"),
    "price": ("unit price", "precio unitario"),
    "note": ("note", "remarks"),
}
CUSTOMERS = (
    "A1", "0072", "ñandú 3", "Smith, John 4", 'the "Shop" 5', "two\nlines 6", "x;y|z\tw7", "O'Brien 8",
    "=cmd|' /C calc'!A1", 'A"B9', "{1}", "%1", "\\1\\", "-- 1; drop table sales", "$1 a",
)  # fmt: skip
WILD = (
    "客1", "😀 2", "\u202eR3", "a\u200bb4", "e\u03015", "ñ\x856", "a\u20287", "b" * 9000 + "8", "\ufeff9x",
)  # fmt: skip
NOTES = ("", "n", "a\nb", "total", '"', "''", '""', "\\", "#", "x" * 500)


@dataclass(frozen=True)
class Case:
    """What is given as ``data`` and what must come of it; its files are written already."""

    what: str
    data: str
    expected: Expected


def layout(rng: Random, *, priced: bool = False) -> Layout:
    """Draw how a file is written."""
    roles = ["customer", "date", *(["quantity", "price"] if priced else ["amount"]), "note"]
    rng.shuffle(roles)
    return Layout(
        rng.choice(",;\t|"),
        rng.choice(".,"),
        rng.choice(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%y", "%Y%m%d", "%d.%m.%Y"]),
        tuple((role, rng.choice(ROLES[role])) for role in roles),
    )


def money(rng: Random, how: Layout) -> str:
    """Draw an amount and write it in one of the usual ways."""
    amount = Decimal(rng.randrange(-(10**6), 10**8)) / 100
    text = f"{abs(amount):{rng.choice(['', ','])}.2f}"
    text = text if how.mark == "." else text.translate(str.maketrans(",.", ".,"))
    if amount >= 0:
        return text
    return rng.choice(["-{}", "-{}", "({})", "{}-"]).format(text)


def row(rng: Random, how: Layout, *, wild: float = 0.0, customers: tuple[str, ...] = CUSTOMERS) -> list[str]:
    """Draw a row of cells; one of them is hostile with probability ``wild``."""
    day = dt.date(2024, 1, 1) + dt.timedelta(rng.randrange(366))
    drawn = {
        "customer": rng.choice(customers) if rng.random() < 0.5 else f"C{rng.randrange(1, 999)}",
        "date": day.strftime(how.day),
        "amount": money(rng, how),
        "quantity": str(rng.randrange(-3, 100)),
        "price": f"{rng.randrange(1, 99999) / 100:.2f}".replace(".", how.mark),
        "note": rng.choice(NOTES),
    }
    if rng.random() < wild:
        role = rng.choice([role for role, _name in how.columns if role != "note"])
        numbers = (*NO_AMOUNT, *NOTHING)
        drawn[role] = rng.choice({"customer": NOBODY, "date": (*NO_DATE, *NOTHING)}.get(role, numbers))
        if role == "quantity":
            drawn[role] = rng.choice(["8412345678901", "five", "", "9" * 30])
            drawn["price"] = f"99{how.mark}95"
        drawn["note"] = "n"  # a word there would make a row without a day a line of totals
    return [drawn[role] for role, _name in how.columns]


def anchors(how: Layout) -> list[list[str]]:
    """Return rows that leave no doubt how days and numbers are written."""
    sure = {
        "customer": "anchor 1", "date": dt.date(2024, 12, 30).strftime(how.day), "quantity": "1", "note": "n",
        "amount": "1,234.56" if how.mark == "." else "1.234,56", "price": f"1234{how.mark}56",
    }  # fmt: skip
    return [[sure[role] for role, _name in how.columns]] * 25  # one odd cell in 20 makes a question


def line(rng: Random, how: Layout, cells: list[str]) -> str:
    """Write a row; a quote inside a cell stands as it is now and then, where that is no fault."""
    return how.delimiter.join(_cell(rng, how, cell) for cell in cells)


def _cell(rng: Random, how: Layout, cell: str) -> str:
    needed = how.delimiter in cell or "\n" in cell or cell.startswith('"')
    wanted = '"' in cell if rng.random() < 0.8 else rng.random() < 0.1
    return '"' + cell.replace('"', '""') + '"' if needed or wanted else cell


def lines(
    rng: Random, how: Layout, *, wild: float = 0.0, customers: tuple[str, ...] = CUSTOMERS
) -> list[str]:
    """Return the lines of a file below its header."""
    rows = [row(rng, how, wild=wild, customers=customers) for _n in range(rng.randrange(60))]
    rows += anchors(how)
    rng.shuffle(rows)
    return [line(rng, how, cells) for cells in rows]


def text(how: Layout, below: list[str], end: str = "\n") -> str:
    """Return the text of a file."""
    return end.join([how.delimiter.join(how.header), *below, ""])


def write(folder: Path, name: str, content: str | bytes) -> str:
    """Write a file; return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)
