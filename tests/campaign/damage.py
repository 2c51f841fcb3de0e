"""Bytes changed, lost and added; encodings and compression, sound and not."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random

import zstandard

from campaign.oracle import Expected, Layout, expected
from campaign.sales import Case, layout, lines, text, write

JUNK = ['"', '""', ";", ",", "\n", "\r", "\r\n", "-", "%", "9" * 40, "x", " y", "'", "(", "\u2028"]
CONTROL = ["\0", "\x01", "\x1a", "\x1b", "\x7f", "\x08", "\ufffe"]
BYTES = [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x80", b"\xf4\x90\x80\x80", b"\xfe\xff"]


def make(rng: Random, folder: Path) -> Case:
    """Make a file with damage below its header."""
    kinds = {"text": _text, "control": _control, "bytes": _bytes, "encoding": _encoding, "packed": _packed}
    kind = rng.choice(["text", "text", "text", *kinds])
    how = layout(rng)
    below = lines(rng, how, wild=0.05, customers=("A1", "0072", "ñandú 3", "two\nlines 6", 'the "Shop" 5'))
    name, content, found = kinds[kind](rng, how, text(how, below, rng.choice(["\n", "\r\n", "\r"])))
    found.names = (name,)
    return Case(kind, write(folder, name, content), found)


def _edited(rng: Random, how: Layout, content: str, junk: list[str], times: int) -> str:
    """Return the text with some characters replaced, below its header."""
    first = sum(len(name) + 1 for name in how.header) + 1
    for _n in range(times):
        place = rng.randrange(first, len(content))
        content = content[:place] + rng.choice(junk) + content[place + rng.choice([0, 0, 1, 4]) :]
    return content


def _text(rng: Random, how: Layout, content: str) -> tuple[str, bytes, Expected]:
    content = _edited(rng, how, content, JUNK, rng.choice([1, 2, 6]))
    content = content[: rng.choice([None, None, -1, -20])]
    return "sales.csv", content.encode(), expected(content, how)


def _control(rng: Random, how: Layout, content: str) -> tuple[str, bytes, Expected]:
    at_end = rng.random() < 0.3
    content = content + "\x1a" if at_end else _edited(rng, how, content, CONTROL, rng.choice([1, 1, 9]))
    found = expected(content, how)
    found.outcome, found.counted = "either", not at_end
    return "sales.csv", content.encode(), found


def _bytes(rng: Random, how: Layout, content: str) -> tuple[str, bytes, Expected]:
    written = content.encode()
    place = rng.randrange(len(how.delimiter.join(how.header)) + 2, len(written))
    written = written[:place] + rng.choice(BYTES) + written[place + rng.choice([0, 1]) :]
    found = expected(written.decode("cp1252", "replace"), how)
    found.outcome = "either"
    found.aside = [
        (file, line, fate, None) for file, line, fate, _raw in found.aside
    ]  # one may read it as UTF-8
    return "sales.csv", written, found


def _encoding(rng: Random, how: Layout, content: str) -> tuple[str, bytes, Expected]:
    encoding = rng.choice(["cp1252", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp850", "utf-32"])
    written = content.encode(encoding, "replace")
    found = expected(written.decode(encoding), how)
    if encoding in {"cp850", "utf-32"}:
        found.outcome, found.counted = "either", encoding == "cp850"
    if (
        encoding == "cp850"
    ):  # where no word tells, it may be read as Windows-1252, in which a space is a letter
        for file, line, fate, raw in [place for place in found.aside if not (place[3] or "").isascii()]:
            found.aside.remove((file, line, fate, raw))
            found.unknown.append((file, line))
            found.fates[fate] -= 1
    return "sales.csv", written, found


def _packed(rng: Random, how: Layout, content: str) -> tuple[str, bytes, Expected]:
    found, written = expected(content, how), content.encode()
    gz, zst, cut = gzip.compress(written, mtime=0), zstandard.compress(written), -rng.randrange(1, 60)
    files = {
        "gz": gz, "members.gz": gz + gzip.compress(b"\n\n", mtime=0), "zst": zst, "plain.gz": written,
        "plain.zst": written, "packed.csv": gz, "cut.gz": gz[:cut], "cut.zst": zst[:cut],
        "false.gz": b"\x1f\x8b" + written, "twice.gz": gzip.compress(gz, mtime=0),
    }  # fmt: skip
    name = rng.choice(list(files))
    if name in {"cut.gz", "cut.zst", "false.gz"}:
        found.outcome = "sentence"
    elif name == "twice.gz":
        found.outcome = "either"
    return f"sales {name}", files[name], found
