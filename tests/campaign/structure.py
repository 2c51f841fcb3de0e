"""Quotes left open, rows cut short, blank lines, cells and records of any size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from campaign.oracle import Expected, Layout, expected
from campaign.sales import NOTES, Case, anchors, layout, line, lines, row, text, write

NO_TABLES = {
    "": "", "blank": " \n\n \n", "mark": "\ufeff", "header": "customer,date,amount\n",
    "html": "<html><body><table><tr><td>Cliente</td></tr></table></body></html>",
    "xml": '<?xml version="1.0"?><Workbook/>', "json": '[{"customer": "A", "date": "2024-01-01"}]' * 3,
    "letter": "Dear Sir or Madam,\n\nthank you for your order.\n\nKind regards,\nA. Shop\n",
    "one column": "customer\nA\nB\n", "no header": "1001;2024-01-31;5\n1002;2024-02-01;6\n",
    "no amount": "customer,date\nA,2024-01-31\n", "null": "\0" * 5000, "pdf": "%PDF-1.7\n\0\x01\x02" * 50,
    "no row": "customer,date,amount\nA,never,5\nB,2024-01-01,x\n",
    "nobody": "customer,date,amount\n,2024-01-31,5\n",
    "open": 'customer,date,amount\n"A,2024-01-31,5\n',
    "torn header": '"customer,date,amount\nA,2024-01-31,5\n',
}  # fmt: skip


def make(rng: Random, folder: Path) -> Case:
    """Make a file whose form is hostile."""
    if rng.random() < 0.06:
        name = rng.choice(list(NO_TABLES))
        found = Expected("either" if name == "torn header" else "sentence", counted=False)
        return Case(f"no table: {name}", write(folder, "sales.csv", NO_TABLES[name]), found)
    how, done = layout(rng), []
    below = lines(rng, how, wild=0.1)
    for _n in range(rng.choice([1, 1, 2, 3, 6])):
        place, change = rng.randrange(len(below) + 1), rng.choice(list(CHANGES))
        below[place:place] = CHANGES[change](rng, how)
        done.append(change)
    titles = ["A title", "", "of two lines"][: rng.choice([0, 0, 1, 3])]
    end = rng.choice(["\n", "\n", "\r\n", "\r"])
    content = end.join([*titles, text(how, below, end)])
    if rng.random() < 0.2:
        content = content.removesuffix(end) + rng.choice(["", end * 3])
    path = write(folder, "sales.csv", content)
    return Case(", ".join(done), path, expected(content, how, len(titles) + 1))


def _line(rng: Random, how: Layout) -> str:
    return line(rng, how, row(rng, how, customers=("A1",)))


def _note(rng: Random, how: Layout, note: str) -> list[str]:
    """Return the lines of a row whose note is this."""
    cells = row(rng, how, customers=("A1",))
    cells[[role for role, _name in how.columns].index("note")] = note
    return line(rng, how, cells).split("\n")


def _short(rng: Random, how: Layout) -> list[str]:
    return [line(rng, how, row(rng, how)[: rng.choice([1, 2, 3])])]


def _long(rng: Random, how: Layout) -> list[str]:
    return [line(rng, how, [*row(rng, how), *rng.choice([["more"], ["a\nb"], ["x"] * 50, ["", ""]])])]


def _plain(rng: Random, how: Layout) -> str:
    """Return a row whose amount, cut anywhere, is never written with the other mark."""
    cells = anchors(how)[0]
    return line(rng, how, [f"77{how.mark}50" if how.mark in cell else cell for cell in cells])


def _between(how: Layout, first: str, last: str, n: int, inside: str) -> list[str]:
    """Return rows from one that begins with ``first`` to one that ends with ``last``."""
    cells = how.delimiter.join(["C1"] * (len(how.columns) - 1))
    return [f"{first}{cells}", *[inside] * n, f"{cells}{last}"]


def _apart(n: int) -> Callable[[Random, Layout], list[str]]:
    return lambda rng, how: _between(how, '"', '"', n, _line(rng, how).replace('"', ""))


def _records(n: int, size: int) -> Callable[[Random, Layout], list[str]]:
    return lambda rng, how: _note(rng, how, "\n".join(["y" * size] * n))


CHANGES: dict[str, Callable[[Random, Layout], list[str]]] = {
    "open quote": lambda rng, how: ['"' + _line(rng, how)],
    "open quote inside": lambda rng, how: [_line(rng, how).replace(how.delimiter, how.delimiter + '"', 1)],
    "two quotes far apart": _apart(1200),
    "two quotes apart": _apart(800),
    "two quotes near": _apart(3),
    "closed too soon": lambda rng, how: [f'"A"x{how.delimiter}{_line(rng, how)}'],
    "closed too soon, later": lambda rng, how: _between(how, '"', '"x', 2, _line(rng, how)),
    "quotes in a cell": lambda rng, how: [f'a"b""c{how.delimiter}{_line(rng, how)}'],
    "only quotes": lambda rng, how: ['"' * rng.randrange(1, 9)],
    "short row": _short,
    "long row": _long,
    "blank lines": lambda rng, how: [""] * rng.choice([1, 2, 1500]),
    "empty row": lambda rng, how: [how.delimiter * (len(how.columns) - 1)],
    "header again": lambda rng, how: [how.delimiter.join(how.header)],
    "note": lambda rng, how: _note(rng, how, rng.choice(NOTES)),
    "record of 800 lines": _records(800, 5),
    "record of 1,200 lines": _records(1200, 5),
    "record of 0.8 MB": _records(8, 100_000),
    "record of 1.3 MB": _records(13, 100_000),
    "quoted cell of 0.8 MB": lambda rng, how: _note(rng, how, "z" * 800_000 + how.delimiter),
    "quoted cell of 1.5 MB": lambda rng, how: _note(rng, how, "z" * 1_500_000 + how.delimiter),
    "cell of 3 MB": lambda rng, how: _note(rng, how, "z" * 3_000_000),
    "shorter and shorter": lambda rng, how: [_plain(rng, how)[:n] for n in range(30, 1, -1)],
}
