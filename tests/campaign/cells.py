"""Cells that are no days, no amounts and nobody, in files of sound form."""

from __future__ import annotations

from pathlib import Path
from random import Random

from campaign.oracle import expected
from campaign.sales import CUSTOMERS, WILD, Case, layout, lines, text, write


def make(rng: Random, folder: Path) -> Case:
    """Make a file of hostile cells."""
    priced, wide = rng.random() < 0.4, rng.random() < 0.5
    how, encoding = layout(rng, priced=priced), rng.choice(["utf-8", "utf-8-sig", "utf-16"])
    below = lines(rng, how, wild=rng.choice([0.1, 0.5, 0.9]), customers=CUSTOMERS + WILD * wide)
    content = text(how, below, rng.choice(["\n", "\r\n"]))
    return Case(encoding, write(folder, "sales.csv", content.encode(encoding)), expected(content, how))
