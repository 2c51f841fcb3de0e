"""Files of 30 to 50 MB with one fault at a random line: what a reader in parallel does differently."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random

from campaign.oracle import expected
from campaign.sales import Case, anchors, layout, line, row, text, write
from campaign.structure import CHANGES


def make(rng: Random, folder: Path) -> Case:
    """Make a large file; rows of several lines stand in some."""
    how = layout(rng)
    customers = ("A1", "two\nlines 6", 'the "Shop" 5') if rng.random() < 0.3 else ("A1", "0072")
    block = anchors(how)
    block += [row(rng, how, customers=customers, wild=0.001) for _n in range(2000)]
    note = [role for role, _name in how.columns].index("note")
    block = [[*cells[:note], "n", *cells[note + 1 :]] for cells in block]
    written = [line(rng, how, cells) for cells in block]
    below = written * (rng.randrange(30_000_000, 50_000_000) // sum(len(one) + 1 for one in written))
    change = rng.choice([*["open quote"] * 20, "open quote inside", *CHANGES])
    place = rng.randrange(len(below))
    below[place:place] = CHANGES[change](rng, how)
    content = text(how, below, rng.choice(["\n", "\n", "\r\n", "\r"]))
    packed = rng.random() < 0.2
    name = "sales.csv.gz" if packed else "sales.csv"
    data = gzip.compress(content.encode(), 1) if packed else content
    found = expected(content, how)
    found.names = (name,)
    return Case(f"{change} at row {place} of {len(below)}", write(folder, name, data), found)
