"""Parquet files: types that other programs choose, values that do not fit, and files that are damaged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq

from campaign.oracle import Expected
from campaign.sales import Case

CUSTOMERS = {
    "string": pa.string(), "large": pa.large_string(), "int": pa.int64(), "float": pa.float64(),
    "small": pa.uint8(), "coded": pa.dictionary(pa.int32(), pa.string()), "decimal": pa.decimal128(20, 2),
    "binary": pa.binary(),
}  # fmt: skip
DATES = {
    "date": pa.date32(), "date64": pa.date64(), "seconds": pa.timestamp("s"), "string": pa.string(),
    "nanoseconds": pa.timestamp("ns"), "zone": pa.timestamp("us", "Europe/Madrid"), "int": pa.int32(),
}  # fmt: skip
AMOUNTS = {
    "float": pa.float64(), "float32": pa.float32(), "int": pa.int64(), "decimal": pa.decimal128(38, 10),
    "string": pa.string(), "decimal256": pa.decimal256(60, 4),
}  # fmt: skip
FAR = {
    "date": [dt.date(1, 1, 1), dt.date(1970, 1, 1), dt.date(9999, 12, 31)],
    "string": ["20240-01-01", "soon", "9999-99-99"],
}
BEYOND = {
    "float": [float("nan"), float("inf"), 1e300], "int": [2**62], "decimal": [Decimal(10) ** 20],
    "string": ["x", "1e400"],
}  # fmt: skip
Columns = dict[str, pa.Array]


def make(rng: Random, folder: Path) -> Case:
    """Make a Parquet file, sound or not."""
    kinds = [rng.choice(list(types)) for types in (CUSTOMERS, DATES, AMOUNTS)]
    found, path = Expected(names=("sales.parquet",)), folder / "sales.parquet"
    listed = [_row(rng, kinds, n, found) for n in range(1, rng.randrange(2, 60))]
    listed.append((*_sound(kinds, 1), _written(kinds[2], Decimal(1))))
    found.add("", len(listed), "sale", Decimal(1), None)
    types = {"customer": CUSTOMERS[kinds[0]], "date": DATES[kinds[1]], "amount": AMOUNTS[kinds[2]]}
    columns = {name: pa.array([row[i] for row in listed], types[name]) for i, name in enumerate(types)}
    what = rng.choice(["sound", "sound", "sound", *HOSTILE])
    if what in HOSTILE:
        outcome, change = HOSTILE[what]
        columns, found.outcome, found.counted = change(columns), outcome, outcome == "account"
    table = pa.table(list(columns.values()), names=[name.strip("=") for name in columns])
    codec = rng.choice(["snappy", "zstd", "gzip", "none", "brotli"])
    pq.write_table(table, path, row_group_size=rng.choice([1, 7, 1000]), compression=codec)
    if what in {"cut short", "changed bytes"}:
        content = path.read_bytes()
        place = rng.randrange(4, len(content) - 3)
        rest = rng.randbytes(3) + content[place + 3 :] if what == "changed bytes" else b""
        path.write_bytes(content[:place] + rest)
    nobody, kept = found.fates["excluded:no_customer"], found.fates["sale"] + found.fates["return"]
    may_be_blocks = nobody >= max(2, kept / 2)  # each customer stands once, above blanks: that is asked
    if found.outcome == "account" and (may_be_blocks or {"binary", "decimal256"} & set(kinds)):
        found.outcome = "either"
    return Case(f"{what}, {' '.join(kinds)}, {codec}", str(path), found)


def _sound(kinds: list[str], n: int) -> tuple[object, object]:
    """Return a customer and a day."""
    customer = dict.fromkeys(["string", "large", "coded"], f"C{n}") | {
        "binary": b"C%d" % n,
        "decimal": Decimal(n),
    }
    days = {
        "date": dt.date(2024, 5, 31),
        "date64": dt.date(2024, 5, 31),
        "string": "2024-05-31",
        "int": 20240531,
    }
    return customer.get(kinds[0], n), days.get(kinds[1], dt.datetime(2024, 5, 31, 12))


def _written(kind: str, amount: Decimal) -> object:
    return amount if kind.startswith("decimal") else {"string": str, "int": int}.get(kind, float)(amount)


def _row(rng: Random, kinds: list[str], n: int, found: Expected) -> tuple[object, ...]:
    """Draw a row, one cell of which may be nothing or beyond all bounds."""
    (customer, day), amount = _sound(kinds, n), Decimal(rng.randrange(-200, 9999))
    shown, fate = _written(kinds[2], amount), "return" if amount < 0 else "sale"
    change = rng.choice(["", "", "", "nobody", "no day", "no amount", "far", "beyond"])
    if change == "nobody":
        customer, fate = None, "excluded:no_customer"
    elif change == "no day":
        day, fate = None, "rejected:no_date"
    elif change == "no amount":
        shown, fate = None, "rejected:no_amount"
    elif change == "far" and kinds[1] in FAR:
        day, fate = rng.choice(FAR[kinds[1]]), "rejected"
    elif change == "beyond" and kinds[2] in BEYOND:
        shown, fate = rng.choice(BEYOND[kinds[2]]), "rejected"
    found.add("", n, fate, amount, None)
    return customer, day, shown


def _repeated(columns: Columns, value: object) -> pa.Array:
    return pa.array([value] * len(columns["date"]))


def _no_text(columns: Columns) -> pa.Array:
    """Return a column of text that is none: the bytes are taken as they are."""
    binary = _repeated(columns, b"Mu\xf1oz\xff")
    return pa.Array.from_buffers(pa.string(), len(binary), binary.buffers())


def _in_year_10183(columns: Columns) -> pa.Array:
    return pa.array([3_000_000] * len(columns["date"]), pa.int32()).cast(pa.date32())


HOSTILE: dict[str, tuple[str, Callable[[Columns], Columns]]] = {
    "no rows": ("sentence", lambda columns: {name: cells[:0] for name, cells in columns.items()}),
    "no columns": ("sentence", lambda _columns: {}),
    "no day": ("sentence", lambda columns: {name: columns[name] for name in ("customer", "amount")}),
    "names twice": ("either", lambda columns: columns | {"date=": columns["date"]}),
    "not UTF-8": ("either", lambda columns: columns | {"note": _no_text(columns)}),
    "far days": ("either", lambda columns: columns | {"date": _in_year_10183(columns)}),
    "odd names": ("account", lambda columns: {'"; x': columns["date"], "a'\n": columns["amount"], **columns}),
    "wide": ("account", lambda columns: columns | {f"x{n}": columns["date"] for n in range(500)}),
    "nested": ("account", lambda columns: columns | {"x": _repeated(columns, {"a": [{"b": None}]})}),
    "nobody": ("sentence", lambda columns: columns | {"customer": pa.nulls(len(columns["date"]))}),
    "nested amounts": ("either", lambda columns: columns | {"amount": _repeated(columns, [1.5])}),
    "cut short": ("sentence", lambda columns: columns),
    "changed bytes": ("either", lambda columns: columns),
}
