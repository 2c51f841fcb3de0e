"""Names of files and folders that are patterns, addresses, options or no text at all, among neighbours."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from campaign.oracle import Expected, expected
from campaign.sales import Case, layout, lines, text, write

NAMES = (
    "sales[1].csv", "sales*.csv", "sales?.csv", "[copy] sales.csv", "export (1).csv", "sales{1,2}.csv",
    "**.csv", "it's.csv", 'the "best".csv', "a;b.csv", "-x.csv", "--help", " lead.csv", "trail.csv ",
    "new\nline.csv", "tab\t.csv", "%41.csv", "$HOME.csv", "${USER}.csv", "~.csv", "~nobody.csv",
    "back\\slash.csv", "año.csv", "an\u0303o.csv", "客.csv", "😀.csv", "\u202ecsv.exe", "SALES.CSV", "sales",
    "sales.", ".csv", "..csv", ".hidden.csv", "sales.xlsx", "sales.parquet", "sales.json", "demo", "cdnow",
    "sqlite_x.csv", "s3:x.csv", "http:x.csv", "postgresql:x.csv", "year=2024.csv", "a" * 251 + ".csv",
    "ñ" * 125 + ".csv", "bad\udcff.csv", "#1.csv", "sales.csv.bak", "null", "nul.csv", "sales.csv#x",
    "x.csv?y=1", "@list.csv", ":memory:", "dataset.csv", "sales.tar.gz", "{file}.csv", "%s.csv", "a&b.csv",
)  # fmt: skip
FOLDERS = (
    "", "", "x[1]/", "a*b/", "year=2024/", "it's/", "date=2024-01-01/x=1/", "deep/" * 20, "~/", "new\nline/",
)  # fmt: skip
ODD = {"long": "x" * 5000, "nobody": "~nobody-x/sales.csv", "NUL": "a\0b.csv", "space": " "}
NO_FILES = ("fifo", "dangling", "loop", "empty folder", "/dev/null", "/dev/zero", *ODD)


def make(rng: Random, folder: Path) -> Case:
    """Make a sound file of a hostile name, and others that a pattern would find."""
    if rng.random() < 0.15:
        return _no_file(rng, folder)
    how, name = layout(rng), rng.choice(FOLDERS) + rng.choice(NAMES)
    content = text(how, lines(rng, how, wild=0.1))
    for near in rng.sample(["sales1.csv", "sales2.csv", "salesx.csv", "c sales.csv", "y.csv", "a.csv"], 3):
        write(folder, str(Path(name).parent / near), text(how, lines(rng, how)))
    path = write(folder, name, content)
    found = expected(content, how)
    relative = rng.random() < 0.3 and name not in {"demo", "cdnow", "~/"} and not name.startswith("~")
    if rng.random() < 0.2:
        link = folder / rng.choice(["link.csv", "link[1].csv", "link"])
        link.symlink_to(path)
        path = str(link)
    return Case(ascii(name), os.path.relpath(path, folder) if relative else path, found)


def _no_file(rng: Random, folder: Path) -> Case:
    """Make a name behind which there is no file that can be read."""
    found, what = Expected("sentence", names=("sales",)), rng.choice(NO_FILES)
    path = str(folder / "sales.csv")
    if what == "fifo":
        os.mkfifo(path)
    elif what in {"dangling", "loop"}:
        Path(path).symlink_to("nowhere" if what == "dangling" else path)
    elif what == "empty folder":
        Path(path).mkdir()
    else:
        path, found.names = ODD.get(what, what), ("",)
    return Case(what, path, found)
