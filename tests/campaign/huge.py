"""One text file of any size with a quote left open: ``python -m campaign.huge 3000`` for 3 GB."""

from __future__ import annotations

import argparse
import os
import random
import resource
import tempfile
import time
from decimal import Decimal
from pathlib import Path

import duckdb

from analysis import open_dataset


def main() -> None:
    """Write a file, read it, and hold the account to what was written."""
    parser = argparse.ArgumentParser(prog="campaign.huge", description=__doc__)
    parser.add_argument("megabytes", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["CARTERA_CACHE"] = f"{place}/cache"
        path = Path(place) / "sales.csv"
        rows, torn, money = write(path, given.megabytes * 1_000_000, random.Random(given.seed))
        began = time.monotonic()
        dataset = open_dataset(str(path))
        seconds = time.monotonic() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = dataset.quality.rows
        aside = duckdb.read_parquet(str(dataset.folder / "set_aside_transactions.parquet"))
        kept = duckdb.read_parquet(str(dataset.folder / "transactions.parquet"))
        assert int(found["rows"].sum()) == rows
        assert aside.project("line, rule, raw").fetchall() == torn
        assert kept.aggregate("count(*), sum(amount), count(distinct order_id)").fetchall() == [
            (rows - len(torn), money, rows - len(torn))
        ]
        print(
            f"{path.stat().st_size / 1e6:,.0f} MB, {rows:,} rows, torn in line {torn[0][0]:,}: all accounted "
            f"for in {seconds:.0f} s, with {peak / 1e3:,.0f} MB of memory"
        )


def write(path: Path, size: int, chance: random.Random) -> tuple[int, list[tuple[int, str, str]], Decimal]:
    """Write order lines with a quote before the customer of one; return rows, the torn one and the money."""
    written, line, cents, torn = 0, 1, 0, None
    wanted = chance.randrange(size // 2)
    with path.open("w", newline="") as file:
        file.write("customer,date,order,amount,note\n")
        while written < size:
            line += 1
            note = '"with ""quotes"", and\ntwo lines"' if line % 1000 == 0 else ""
            text = f"C{line % 99_991:06},2024-01-{1 + line % 28:02},o{line:09},{line % 1000}.25,{note}"
            if torn is None and written >= wanted and not note:
                text = f'"{text}'
                torn = (line + (line - 1) // 1000, "cells", text)
            else:
                cents += line % 1000 * 100 + 25
            written += file.write(text + "\n")
    return line - 1, [torn] if torn else [], Decimal(cents) / 100


if __name__ == "__main__":
    main()
