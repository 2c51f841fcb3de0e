"""Exports of known systems as they reach us: with columns moved and added, saved again, under any name."""

from __future__ import annotations

import datetime as dt
from random import Random

from campaign.dressed_files import Sheet
from exports import EXPORTS, Truth

_ADDED = {
    "Notes": "call first",
    "Internal flag": "x",
    "Teléfono de contacto": "600 123 123",
    "Custom field 1": "a; b",
}
_NAMES = ("export", "datos (2)", "listado final", "2024", "shop-download")


def make(rng: Random) -> tuple[Sheet, Truth, str]:
    """Draw the export of a system and what happened to it; return it, what is right, and both in words."""
    name = rng.choice(list(EXPORTS))
    export = EXPORTS[name](rng)
    sheet, done = export.sheet, [name]
    two_lines = name == "aeat_issued_invoices"
    if not two_lines and rng.random() < 0.5:
        done.append("columns moved")
        places = rng.sample(range(len(sheet.header)), len(sheet.header))
        sheet.header = [sheet.header[i] for i in places]
        sheet.rows = [[row[i] for i in places] for row in sheet.rows]
    if not two_lines and rng.random() < 0.5:
        added = rng.sample(list(_ADDED), 2)
        done.append(f"with {added}")
        sheet.header = [*sheet.header, *added]
        sheet.rows = [
            [*row, *(_ADDED[one] if rng.random() < 0.7 else None for one in added)] for row in sheet.rows
        ]
    if rng.random() < 0.2:
        done.append("upper case")
        sheet.header = [header.upper() for header in sheet.header]
    if rng.random() < 0.2:
        done.append("titles")
        sheet.titles = [["Export of my shop"], [], *sheet.titles]
    form = rng.choice([sheet.name.rpartition(".")[2], "csv", "xlsx"])
    if form != "xlsx":
        sheet.rows = [
            [cell.isoformat() if isinstance(cell, dt.date) else cell for cell in row] for row in sheet.rows
        ]
    sheet.name = f"{rng.choice(_NAMES)}.{form}"
    sheet.separator = rng.choice([sheet.separator, ";", "\t", ","])
    sheet.encoding = rng.choice([sheet.encoding, "utf-8", "utf-8-sig", "utf-16", "windows-1252"])
    return sheet, export.truth, ", ".join([*done, sheet.name, repr(sheet.separator), sheet.encoding])
