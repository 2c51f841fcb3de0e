"""Rows as a driver gives them, batch by batch → one Parquet file, whatever their number."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import reduce
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = Sequence[Any]
_DIGITS = 38
_EXACT = 2**53  # beyond it a real number does not hold every whole one
_WHOLE, _REAL, _DAY, _TIME, _TEXT = pa.int64(), pa.float64(), pa.date32(), pa.timestamp("us"), pa.string()
_OF_TYPE: dict[type, pa.DataType] = {
    bool: pa.bool_(), float: _REAL, dt.date: _DAY, dt.datetime: _TIME
}  # fmt: skip


def unique(names: Iterable[str]) -> list[str]:
    """Return the names with repeated ones numbered, as they must be in a file."""
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name.casefold()] += 1
        times = seen[name.casefold()]
        numbered.append(name if times == 1 else f"{name} ({times})")
    return numbered


def write_batches(names: Sequence[str], batches: Iterable[Sequence[Row]], target: Path) -> None:
    """Write rows to a Parquet file, one batch in memory at a time.

    Whole numbers, decimals, real numbers, days, times, truth values and text keep their type. A column whose
    types differ between rows gets the narrowest that holds all of them, in the end text; a fraction in it
    gets an exponent, so that its decimal point cannot be taken for a thousands mark.

    Parameters
    ----------
    names
        Columns, each name once.
    batches
        Rows in batches.
    target
        The file.
    """
    parts: list[Path] = []
    kinds: list[pa.DataType] = [pa.null()] * len(names)
    writer: pq.ParquetWriter | None = None
    try:
        for rows in batches:
            columns = list(zip(*rows, strict=True)) or [()] * len(names)
            wider = [_wider(kind, _kind(cells, kind)) for kind, cells in zip(kinds, columns, strict=True)]
            if writer is None or wider != kinds:
                if writer is not None:
                    writer.close()
                kinds = wider
                parts.append(target.with_name(f"{target.name}.{len(parts)}"))
                schema = _schema(names, kinds)
                writer = pq.ParquetWriter(parts[-1], schema)
            arrays = [_array(cells, kind) for cells, kind in zip(columns, schema.types, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
    finally:
        if writer is not None:
            writer.close()
    _join(parts, _schema(names, kinds), target)


def _schema(names: Sequence[str], kinds: Sequence[pa.DataType]) -> pa.Schema:
    """Return the columns of a file; where nothing is known of one, it is text."""
    return pa.schema(list(zip(names, [_TEXT if kind == pa.null() else kind for kind in kinds], strict=True)))


def _join(parts: list[Path], schema: pa.Schema, target: Path) -> None:
    """Bring the parts, each of which has wider types than the one before, into one file."""
    if len(parts) == 1 and pq.read_schema(parts[0]) == schema:
        parts[0].rename(target)
        return
    with pq.ParquetWriter(target, schema) as writer:
        for part in parts:
            with pq.ParquetFile(part) as file:
                for batch in file.iter_batches():
                    arrays = [
                        _recast(array, kind) for array, kind in zip(batch.columns, schema.types, strict=True)
                    ]
                    writer.write_table(pa.table(arrays, schema=schema))
            part.unlink()


def _recast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    return array if array.type == kind else _array(array.to_pylist(), kind)


def _kind(cells: Sequence[Any], before: pa.DataType) -> pa.DataType:
    """Return the narrowest type that holds all cells; ``before`` is that of the rows before."""
    types = set(map(type, cells)) - {type(None)}
    if types == {Decimal} and pa.types.is_decimal(before) and _holds(before, cells):
        return before
    return reduce(_wider, [_kind_of(kind, cells) for kind in types], pa.null())


def _holds(decimal: pa.DataType, cells: Sequence[Any]) -> bool:
    """Tell whether a decimal type holds the cells; to try is faster than to look."""
    try:
        pa.array(cells, decimal)
    except (pa.ArrowInvalid, TypeError):
        return False
    return True


def _kind_of(kind: type, cells: Sequence[Any]) -> pa.DataType:
    """Return the narrowest type that holds the cells of one Python type."""
    if kind is int and all(-_EXACT <= cell <= _EXACT for cell in cells if type(cell) is int):
        return _WHOLE
    if kind in {int, Decimal}:
        return _decimal([Decimal(cell) for cell in cells if type(cell) is kind])
    return _OF_TYPE.get(kind, _TEXT)


def _decimal(numbers: Iterable[Decimal]) -> pa.DataType:
    whole = scale = 0
    for number in numbers:
        _sign, digits, exponent = number.as_tuple()
        if not isinstance(exponent, int):  # not a number, or infinite
            return _TEXT
        scale = max(scale, -exponent)
        whole = max(whole, len(digits) + exponent)
    return _decimal_of(whole, scale)


def _decimal_of(whole: int, scale: int) -> pa.DataType:
    """Return a decimal type of this scale; text where there would be too many digits."""
    return pa.decimal128(_DIGITS, scale) if whole + scale <= _DIGITS else _TEXT


def _wider(first: pa.DataType, second: pa.DataType) -> pa.DataType:
    """Return the narrowest type that holds the values of both."""
    kinds = {first, second} - {pa.null()}
    if len(kinds) <= 1:
        return kinds.pop() if kinds else pa.null()
    if kinds == {_DAY, _TIME}:
        return _TIME
    scales = [kind.scale for kind in kinds if pa.types.is_decimal(kind)]
    if kinds <= {_WHOLE, _REAL} or (len(scales) == 1 and scales != [0] and _REAL in kinds):
        return _REAL
    if scales and len(scales) + (_WHOLE in kinds) == len(kinds):
        return _decimal_of(_DIGITS // 2, max(scales))
    return _TEXT


def _array(cells: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return cells as a column of a type that holds them."""
    made = _AS.get(kind) or (Decimal if pa.types.is_decimal(kind) else None)
    if made is None or set(map(type, cells)) <= {_PLAIN.get(made), type(None)}:
        return pa.array(cells, kind)
    return pa.array([None if cell is None else made(cell) for cell in cells], kind)


def _wall_time(moment: dt.date) -> dt.datetime:
    """Return the time that the database shows, in the zone in which it shows it."""
    if isinstance(moment, dt.datetime):
        return moment.replace(tzinfo=None)
    return dt.datetime(moment.year, moment.month, moment.day)


def _as_text(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, Decimal | float):
        return _number_text(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell).decode("utf-8", errors="replace")
    return str(cell)


_AS: dict[pa.DataType, Callable[[Any], object]] = {_TEXT: _as_text, _REAL: float, _TIME: _wall_time}
_PLAIN: dict[Callable[[Any], object], type] = {_as_text: str, float: float, Decimal: Decimal}
"""Cells of this type need not go through the function."""


def _number_text(number: Decimal | float) -> str:
    if isfinite(number) and number == int(number):
        return str(int(number))
    text = format(number.normalize(), "f") if isinstance(number, Decimal) else repr(number)
    return f"{text}e0" if "." in text and "e" not in text.lower() else text
