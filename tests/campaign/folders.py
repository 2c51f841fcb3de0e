"""Folders: files of the same columns among everything else that lies about."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random

from campaign.oracle import Expected, expected
from campaign.sales import Case, layout, lines, text, write

NAMES = (
    "a.csv", "b.csv", "sales[1].csv", "sales*.csv", "enero.csv", "ventas 2024.csv", "ledger-000000.csv",
    "it's.tsv", "x.txt",
)  # fmt: skip
CLUTTER = {
    "hidden": lambda folder: write(folder, ".hidden.csv", "\0"),
    "lock": lambda folder: write(folder, "~$sales.xlsx", "\0"),
    "photo": lambda folder: write(folder, "photo.jpg", "\xff\xd8"),
    "backup": lambda folder: write(folder, "sales.csv.bak", "\0"),
    "subfolder": lambda folder: write(folder, "old/sales.csv", "\0"),
    "customers": lambda folder: write(folder, "clientes.csv", "Código cliente;Nombre;Sector\n1;U;Metal\n"),
}
TROUBLE = {
    "folder.csv": lambda folder: (folder / "folder.csv").mkdir(),
    "empty": lambda folder: write(folder, "empty.csv", ""),
    "letter": lambda folder: write(folder, "readme.txt", "Dear Sir,\n\nthank you.\n"),
    "binary": lambda folder: write(folder, "binary.csv", bytes(range(256)) * 9),
    "dangling": lambda folder: (folder / "dangling.csv").symlink_to("nowhere"),
    "loop": lambda folder: (folder / "loop.csv").symlink_to("."),
    "other columns": lambda folder: write(folder, "other.csv", "colour,weight\nred,5\n"),
}


def make(rng: Random, folder: Path) -> Case:
    """Make a folder of sales files."""
    place = folder / rng.choice(["data", "data[1]", "year=2024", "it's", "data.csv", "a*"])
    how, total = layout(rng), Expected(names=(place.name,))
    for name in rng.sample(NAMES, rng.randrange(1, 5)):
        content = text(how, lines(rng, how, wild=0.1), rng.choice(["\n", "\r\n"]))
        packed = name + ".gz" if rng.random() < 0.2 else name
        write(place, packed, gzip.compress(content.encode()) if packed != name else content)
        found = expected(content, how, file=packed)
        total.fates += found.fates
        total.money += found.money
        total.aside += found.aside
        total.unknown += found.unknown
        total.names += (packed,)
    beside = rng.sample([*CLUTTER, *TROUBLE], rng.choice([0, 1, 1, 2]))
    for what in beside:
        (CLUTTER | TROUBLE)[what](place)
    if TROUBLE.keys() & set(beside):
        total.outcome = "either"
        total.names += (".csv", "readme.txt")
    return Case(", ".join(beside) or "only sales", str(place), total)
