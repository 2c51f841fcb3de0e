"""SQLite files: cells of any type in any column, tables of any name, files cut short."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from random import Random

from campaign.oracle import Expected
from campaign.sales import Case

DAY = "2024-05-31"
CELLS = [
    ([None, DAY, 5], "excluded:no_customer"),
    (["A", None, 5], "rejected:no_date"),
    (["A", "soon", 5], "rejected:date"),
    (["A", "20240-05-31", 5], "rejected"),
    (["A", DAY, None], "rejected:no_amount"),
    (["A", DAY, "five"], "rejected:amount"),
    (["A", DAY, 1e300], "rejected:amount"),
    (["A", DAY, 2**62], "rejected:amount"),
    (["A", DAY, float("inf")], "rejected"),
    ([7, DAY, 5], "sale"),
    (["a\0b1", DAY, 5], "sale"),
    (["a\nb 客😀", DAY, 5], "sale"),
]
ODD = [[b"\xff\0", DAY, 5], ["A", DAY, b"\xff"], ["A", b"\xff", 5]]
FILES = ("shop.sqlite", "shop.db", "shop", "shop[1].db", "shop.csv", "it's.sqlite")
TABLES = (
    "sales", "ventas", "Ventas 2024", 'sa"les', "sales; drop table x", "客", "order", "sales*", "x" * 200,
)  # fmt: skip
KINDS = (
    ("text", "text", "real"), ("", "", ""), ("integer", "date", "numeric"), ("clob", "timestamp", "money"),
)  # fmt: skip
EXTRAS = (
    "", "", "create view v as select * from nowhere", "create table b (c)", "pragma journal_mode=wal",
)  # fmt: skip


def make(rng: Random, folder: Path) -> Case:
    """Make a SQLite file, sound or not."""
    path = folder / rng.choice(FILES)
    found, listed = Expected(names=(path.name, path.stem)), []
    for line in range(1, rng.randrange(3, 40)):
        cells, fate = rng.choice(CELLS) if rng.random() < 0.3 else ([f"C{line}", DAY, line / 4], "sale")
        found.add("", line, fate, Decimal(str(cells[2])) if fate == "sale" else Decimal(0), None)
        if rng.random() < 0.01:
            cells, found.outcome, found.counted = rng.choice(ODD), "either", False
        listed.append(cells)
    listed.append(["C1", DAY, 1])
    found.add("", len(listed), "sale", Decimal(1), None)
    table, kinds, extra = rng.choice(TABLES), rng.choice(KINDS), rng.choice(EXTRAS)
    _write(path, table, kinds, listed, extra)
    damage = rng.choice(["", "", "", "", "cut short", "changed bytes", "only a header"])
    content = path.read_bytes()
    if damage:
        place = 100 if damage == "only a header" else rng.randrange(100, len(content))
        rest = rng.randbytes(9) + content[place + 9 :] if damage == "changed bytes" else b""
        path.write_bytes(content[:place] + rest)
        found.counted = False
    if damage or extra:
        found.outcome = "sentence" if damage == "only a header" else "either"
    return Case(f"{table[:20]} {kinds} {damage or extra}", str(path), found)


def _write(path: Path, table: str, kinds: tuple[str, ...], listed: list[list[object]], extra: str) -> None:
    names = zip(("customer", "date", "amount"), kinds, strict=True)
    quoted = '"' + table.replace('"', '""') + '"'
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"create table {quoted} ({', '.join(f'{name} {kind}' for name, kind in names)})")
        database.executemany(f"insert into {quoted} values (?, ?, ?)", listed)
        database.execute(extra)
        database.commit()
