"""A sound sales file behind a dataset.yml that is hostile, or only unusual."""

from __future__ import annotations

from pathlib import Path
from random import Random

from campaign.oracle import expected
from campaign.sales import Case, layout, lines, text, write

FILE = "transactions:\n  file: sales.csv\n  "
AT = "transactions:\n  file: "
READ = (
    "", "# nothing\n", "name: my shop\n", "\ufeffname: x\n", "transactions:\r\n  file: sales.csv\r\n", "{}",
    '{"transactions": {"file": "sales.csv"}}', "transactions: {file: [sales.csv]}", "transactions:\n",
    "name: ñ\n", "%YAML 1.2\n---\nname: x\n...\n", AT + "./sales.csv\n", "name: 2024\n",
    "transactions:\n  <<: {file: sales.csv}\n", FILE + "header_line: 1\n", FILE + "encoding: UTF8\n",
    "language: es\n", "broken_tables: leave_out\n",
)  # fmt: skip
REFUSED = (
    "nme: x\n", "transactions: 5\n", "- a\n- b\n", "just a word", "\tname: x\n", "name: [x\n", "a: b: c", "%",
    "*a", "name: x\n---\nname: y\n", "!!python/object:os.x {}", "&a [*a]", "? {x: y}\n: z\n", "1: 2\n",
    "null: 1\n", "name: {}\n", "name: \"\\ud800\"\n", "name: a\0b\n", "\0", "name: \x1b[31m\n", "[" * 5000,
    "{a: " * 3000, "a: &a [x]\nb: &b [*a, *a]\n", "as_of: 2024-02-30\n", "as_of: soon\n",
    "as_of: 1990-01-01\n", "currency: euro\n", "language: xx\n",
    "transactions:\n  policies: {returns: maybe}\n",
    *(f"prices_include_tax: {rate}\n" for rate in (".nan", ".inf", "21", "-0.1", "[]")),
    *(AT + name for name in ("nowhere.csv", "dataset.yml", "/dev/null", "''", "[]", ".", "'*.x'", '"a\\0b"')),
    *(FILE + f"encoding: {name}\n" for name in ("rot13", "base64", "nonsense", '"a\\0"', "hex", "bz2")),
    *(FILE + f"header_line: {line}\n" for line in ("0", "1.5", "-1", "x")), FILE + "delimiter: ';;'\n",
    FILE + "columns: {amount: Nowhere}\n", FILE + "columns: {nothing: x}\n", FILE + "query: select 1\n",
    "transactions:\n  query: select 1\n", AT + "{a: b}\n",
    *(f"database: {name}\n" for name in ("nowhere.db", "sales.csv", "jdbc:x://u:secret@h/d", "/dev/null")),
)  # fmt: skip
EITHER = (
    "# " + "x" * 3_000_000,
    "name: x\n---", "name: ../../x\n", "name: ''\n", "name: \"a\\nb\"\n", f"name: {'x' * 100_000}\n",
    "name: x\nname: y\n",
    f"name: 1{'0' * 5000}\n", "as_of: 99999-01-01\n", "as_of: 5\n", "as_of: 2024-12-31T25:00\n",
    "currency: XXX\n", "database: ''\n", "transactions:\n  sheet: x\n", AT + "'[s]ales.csv'\n", AT + "'**'\n",
    AT + "sub/../sales.csv\n",
    *(FILE + f"encoding: {name}\n" for name in ("utf-7", "idna", "undefined", "unicode_escape", "cp037")),
    *(FILE + f"header_line: {line}\n" for line in ("3", "9999", f"1{'0' * 30}")), FILE + "delimiter: space\n",
    FILE + "names: [customer_id, date]\n", AT + "[sales.csv, sales.csv]\n",
    FILE + "columns: {amount: amount}\n",
    "transactions:\n  test_codes: ['(', '[', \"'\", '\\\\']\n",
)  # fmt: skip
BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


def make(rng: Random, folder: Path) -> Case:
    """Make a sales file and a dataset.yml."""
    how = layout(rng)
    content = text(how, lines(rng, how, wild=0.1))
    write(folder, "sales.csv", content)
    outcome = rng.choice(["account", "sentence", "sentence", "either"])
    bomb = f"a0: &a0 [x]\n{BOMB}name: *a11\n"
    written = rng.choice({"account": READ, "sentence": (*REFUSED, bomb), "either": EITHER}[outcome])
    found = expected(content, how)
    found.outcome, found.counted = outcome, outcome == "account"
    found.names = ("dataset.yml", "sales.csv", folder.name, "as_of", "null", "address")
    path = write(folder, "dataset.yml", written)
    return Case(f"{outcome}: {written[:70]!r}", rng.choice([path, str(folder)]), found)
