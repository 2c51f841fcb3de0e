"""Small sales with known totals, dressed as real exports are: read right, or a question, never wrong.

The truth is worked out in ``orders.py`` before anything is dressed. Run it, or look at one file, with

    PYTHONPATH=tests python -m campaign.dressed --cases 2000 --seed fresh
    PYTHONPATH=tests python -m campaign.dressed --seed 1 --only 17 --keep /tmp/case
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process that forks has one thread

import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis import open_dataset
from analysis.errors import CarteraError
from campaign import exported, wardrobe
from campaign import orders as shop
from campaign.dressed_files import Sheet, write
from campaign.orders import Document, Line, Truth

Row = dict[str, Any]

MONEY = {"price", "net", "total", "with_tax", "tax", "refunded", "discount", "shipping"}
_ON_LINES = {
    "net": ["quantity", "net"],
    "price": ["quantity", "price"],
    "price and net": ["quantity", "price", "net"],
    "taxed": ["quantity", "with_tax", "tax"],
    "only taxed": ["quantity", "with_tax"],
    "tax beside": ["quantity", "net", "tax"],
    "net, tax and both": ["net", "tax", "with_tax"],
    "total on each": ["quantity", "total"],
    "total on first": ["quantity", "total"],
    "price and total": ["quantity", "price", "total"],
    "price and taxed total": ["quantity", "price", "total"],
    "price and shipped total": ["quantity", "price", "shipping", "total"],
    "net and total": ["quantity", "net", "total"],
}
"""How the money of lines is given → the columns."""
_ON_ORDERS = {
    "net": ["net"],
    "total": ["total"],
    "taxed": ["with_tax", "tax"],
    "only taxed": ["with_tax"],
    "tax beside": ["net", "tax"],
    "net, tax and both": ["net", "tax", "with_tax"],
}
_ON_RATES = {
    "base of each rate": ["net", "rate", "tax"],
    "all of each rate": ["net", "rate", "tax", "with_tax"],
}
_MONEY = {"lines": _ON_LINES, "orders": _ON_ORDERS, "rates": _ON_RATES}
_UNDONE = (
    "nothing", "own row", "own row referenced", "own row of another number", "column", "column and state",
    "credit notes", "positive credit notes", "referenced credit notes", "negative quantity",
    "positive of negative quantity", "negative rows",
)  # fmt: skip
_MAY_ASK = {
    "only taxed": 0.1,
    "own row of another number": 0.4,
    "total on each": 0.5,
    "total on first": 0.5,
    "net and total": 0.5,
    "block": 0.3,
    "shipping": 0.2,
}
"""Share at which what leaves much open is kept."""
_ONE_IN = 4
"""One file in so many is the export of a known system."""


@dataclass(frozen=True)
class Plan:
    """What is done to a file."""

    language: str
    grain: str
    money: str
    undone: str
    never_sold: bool
    discount: str
    blanks: str
    key: str
    respelled: bool
    extra: tuple[str, ...]
    titles: bool
    total_row: bool
    subtotals: bool
    form: str
    days: str
    mark: str
    thousands: str
    negative: str
    currency: str
    share: str
    guarded: bool
    separator: str
    encoding: str


@dataclass
class Dressed:
    """A file, what is right, and what was done to it."""

    sheet: Sheet
    truth: Truth
    plan: Plan | str


@dataclass(frozen=True)
class Ended:
    """How reading a file ended: ``right``, ``asked`` or ``wrong``, and what was said."""

    number: int
    how: str
    plan: Plan | str
    header: list[str]
    said: str


def make(rng: Random) -> Dressed:
    """Make a file and its truth."""
    plan = _plan(rng)
    documents = _documents(rng, plan)
    columns = _columns(rng, plan)
    rows = _rows(rng, plan, documents)
    header = _header(rng, plan, columns)
    rng.shuffle(columns)
    merged = _blanked(plan, rows, columns)
    if plan.blanks.endswith("heading"):
        rows, columns = _under_headings(rng, plan, rows, columns)
    cells = [_cells(rng, plan, row, columns) for row in rows]
    if plan.total_row:
        cells.append(_total_row(rng, plan, rows, columns))
    titles = [[_TITLES[plan.language]], [], ["2024"], []] if plan.titles else []
    formats = {i: "0%" for i, name in enumerate(columns) if name == "percent" and plan.share == "fraction"}
    sheet = Sheet(
        f"sales.{plan.form}", [header[name] for name in columns], cells, titles, plan.separator,
        plan.encoding, formats, merged,
    )  # fmt: skip
    return Dressed(sheet, shop.truth(documents), plan)


_TITLES = {"en": "Sales by customer", "es": "Ventas por cliente"}


def _plan(rng: Random) -> Plan:
    language, grain = rng.choice(["en", "es"]), rng.choice(["lines"] * 6 + ["orders"] * 3 + ["rates"])
    money = _drawn(rng, list(_MONEY[grain]))
    undone = _drawn(rng, ["nothing", *_undone(grain, money)])
    discount = rng.choice(["", "", "percent", "money"]) if money in {"price", "price and net"} else ""
    form = rng.choice(["csv", "csv", "csv", "tsv", "txt", "xlsx", "xlsx", "parquet"])
    mark = "." if language == "en" or rng.random() < 0.2 else ","
    key = rng.choice(["code", "code", "number", "email", "name", "nif"])
    return Plan(
        language=language,
        grain=grain,
        money=money,
        undone=undone,
        never_sold=rng.random() < 0.35,
        discount=discount,
        blanks=_blanks(rng, grain, form),
        key=key,
        respelled=rng.random() < 0.3,
        extra=_extra(rng, key, money),
        titles=form != "parquet" and rng.random() < 0.2,
        total_row=form != "parquet" and rng.random() < 0.2,
        subtotals=rng.random() < 0.6,
        form=form,
        days=_days(rng, language, form),
        mark=mark,
        thousands=_thousands(rng, mark, language),
        negative=rng.choice(["-{}", "-{}", "-{}", "−{}", "{}-", "({})"]),
        currency=rng.choice(["{}", "{}", "{}", *({".": ["${}", "€{}"], ",": ["{} €", "{}\xa0€"]}[mark])]),
        share=rng.choice(["fraction", "percent", "percent sign"]),
        guarded=rng.random() < 0.1,
        separator=rng.choice([";", ";", "\t", "|"] if mark == "," else [",", ",", ";", "\t", "|"]),
        encoding=rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "windows-1252"]),
    )


def _drawn(rng: Random, what: list[str]) -> str:
    """Draw one; what leaves much open seldom."""
    drawn = rng.choice(what)
    return drawn if rng.random() < _MAY_ASK.get(drawn, 1) else _drawn(rng, what)


def _undone(grain: str, money: str) -> list[str]:
    """Return the ways to undo sales that go with the money; those of orders' values have no parts."""
    left_out = set()
    if (
        money in {"tax beside", "net, tax and both", "only taxed", "price and taxed total"}
        or grain == "rates"
    ):
        left_out |= {"column", "column and state"}
    if grain != "lines" or "quantity" not in _ON_LINES[money]:
        left_out |= {"negative quantity", "positive of negative quantity"}
    if money not in {"net", "price and net", "taxed", "tax beside"}:
        left_out.add("positive of negative quantity")
    return [one for one in _UNDONE if one not in left_out]


def _blanks(rng: Random, grain: str, form: str) -> str:
    if form != "parquet" and rng.random() < 0.1:
        return rng.choice(["heading", "labelled heading"])
    if grain != "lines" or rng.random() < 0.55:
        return ""
    merged = ["merged", "merged"] if form == "xlsx" else []
    return _drawn(rng, ["first line", "first line", "with order", "with order", "block", *merged])


def _extra(rng: Random, key: str, money: str) -> tuple[str, ...]:
    every = ["note", "address", "phone", "payment", "country"]
    plain = "total" not in money and "tax" not in money
    every += ["shipping"] if plain or rng.random() < _MAY_ASK["shipping"] else []
    every += [f"customer {other}" for other in ("email", "name") if key in {"code", "number", "nif"}]
    return tuple(rng.sample(every, rng.choice([0, 0, 1, 2, 3])))


def _days(rng: Random, language: str, form: str) -> str:
    if form == "xlsx":
        return rng.choice(["real", "real", "real", "damaged", *wardrobe.DAYS])
    if form == "parquet":
        return rng.choice(["real", "real", "%Y-%m-%d", "%d/%m/%Y", "named short"])
    return rng.choice([*wardrobe.DAYS, *wardrobe.DAYS_OF[language]])


def _thousands(rng: Random, mark: str, language: str) -> str:
    usual = {".": [",", ",", "'", "’"], ",": [".", ".", " ", "\xa0", "\u202f"]}[mark]
    return rng.choice(["", "", *usual, *(["lakh"] if language == "en" else [])])


def _documents(rng: Random, plan: Plan) -> list[Document]:
    taxed_refunds = plan.money == "taxed" and plan.undone.startswith("column")
    found = shop.orders(
        rng,
        plan.language,
        lines=plan.grain != "orders",
        percents=bool(plan.discount),
        round_=taxed_refunds,
    )
    if plan.never_sold:
        found = shop.never_sold(rng, found)
    if plan.undone.startswith("column"):
        found = shop.given_back(rng, found)
    elif plan.undone != "nothing":
        own = plan.undone.startswith("own row")
        found = shop.taken_back(rng, found, whole=own, same_number=plan.undone == "own row")
    if plan.blanks == "block" or plan.blanks.endswith("heading"):
        found = sorted(found, key=lambda one: one.customer)
    return found


def _columns(rng: Random, plan: Plan) -> list[str]:
    product = ["product"] if plan.grain == "lines" else []
    columns = ["order", "customer", "date", *product, *_MONEY[plan.grain][plan.money]]
    columns += {"percent": ["percent"], "money": ["discount"], "": []}[plan.discount]
    own = plan.undone.startswith("own row") or plan.undone == "column and state"
    columns += ["status"] if own or plan.never_sold or rng.random() < 0.2 else []
    columns += ["refunded"] if plan.undone.startswith("column") else []
    columns += ["kind"] if plan.undone.endswith("credit notes") else []
    columns += ["reference"] if "referenced" in plan.undone else []
    return columns + [name for name in plan.extra if name not in columns]


def _header(rng: Random, plan: Plan, columns: list[str]) -> dict[str, str]:
    """Choose headers, no two of which are the same."""
    usual = wardrobe.HEADERS[plan.language]
    also = {"customer": f"customer {'code' if plan.key == 'number' else plan.key}"}
    if "tax" in columns:
        also["net"] = "net beside tax"
    if plan.money in {"only taxed", "net, tax and both", "all of each rate"}:
        also["with_tax"] = "only with_tax"
    while True:
        chosen = {name: rng.choice(usual[also.get(name, name)].split(", ")) for name in columns}
        if len({header.casefold() for header in chosen.values()}) == len(chosen):
            return chosen


def _rows(rng: Random, plan: Plan, documents: list[Document]) -> list[Row]:
    state = _states(rng, plan, documents)
    kinds = rng.choice(wardrobe.KINDS[plan.language])
    repeated = rng.random() < 0.5
    rows = []
    for document in documents:
        parts = _by_rate(document) if plan.grain == "rates" else [(line,) for line in document.lines]
        for i, lines in enumerate(parts):
            row = _row(plan, document, lines, first=i == 0, repeated=repeated)
            row["status"] = state[document.code, bool(document.of)]
            row["kind"] = kinds[bool(document.of)]
            row["reference"] = document.of or None
            row |= _extras(document, i)
            rows.append(row)
    return rows


def _states(rng: Random, plan: Plan, documents: list[Document]) -> dict[tuple[str, bool], str]:
    words = {key: said.split(", ") for key, said in wardrobe.STATES.items() if key[0] == plan.language}
    given_back = {one.of for one in documents if one.of} if plan.undone.startswith("own row") else set()
    if plan.undone == "column and state":
        given_back = {one.code for one in documents if one.refund == one.value}
    marked = rng.random() < 0.5
    found = {}
    for one in documents:
        undone = one.code in given_back if not one.of else bool(given_back) and marked
        found[one.code, bool(one.of)] = rng.choice(
            words[plan.language, "refunded" if undone and one.sold else one.sold]
        )
    return found


def _by_rate(document: Document) -> list[tuple[Line, ...]]:
    rates = dict.fromkeys(line.rate for line in document.lines)
    return [tuple(line for line in document.lines if line.rate == rate) for rate in rates]


def _row(plan: Plan, document: Document, lines: tuple[Line, ...], *, first: bool, repeated: bool) -> Row:
    """Return the cells of a row; what is of the whole order stands on its first line or on each."""
    sign = -1 if document.of else 1
    back = sign if not plan.undone.startswith("positive") else 1
    net, tax = sum(line.value for line in lines), sum(line.tax for line in lines)
    whole = first or repeated
    total = document.value
    if plan.money == "price and taxed total":
        total += sum(line.tax for line in document.lines)
    if plan.money == "price and shipped total":
        total += document.shipping
    refund = document.refund
    if plan.money == "taxed":
        refund += refund * lines[0].rate // 100
    return {
        "order": document.code,
        "customer": document.customer,
        "date": document.day,
        "product": lines[0].product,
        "quantity": lines[0].quantity * (1 if plan.undone == "positive credit notes" else sign),
        "price": lines[0].price,
        "percent": lines[0].percent,
        "discount": lines[0].gross - lines[0].value,
        "net": back * net,
        "tax": back * tax,
        "with_tax": back * (net + tax),
        "rate": lines[0].rate,
        "total": back * total if first or plan.money != "total on first" else None,
        "refunded": refund if whole or plan.grain == "orders" else 0,
        "shipping": document.shipping if whole else None,
    }


def _extras(document: Document, i: int) -> Row:
    return {
        "note": [None, "urgent", "a; b, c", '"fragile"'][(document.customer + i) % 4],
        "address": f"{document.customer} High St, 2º; Madrid",
        "phone": f"+34 600 123 {100 + document.customer}",
        "payment": "card",
        "country": "ES",
        "customer email": wardrobe.customer("email", document.customer),
        "customer name": wardrobe.customer("name", document.customer),
    }


def _blanked(plan: Plan, rows: list[Row], columns: list[str]) -> list[tuple[int, int, int]]:
    """Leave on the first line only what repeats, by order or by customer; return what is to be merged."""
    fields = {
        "": [],
        "first line": ["customer", "date", "status", "kind", "reference", *plan.extra],
        "with order": ["order", "customer", "date", "status", "kind", "reference", *plan.extra],
        "merged": ["order", "customer", "date", "status"],
        "block": ["customer"],
    }.get(plan.blanks, [])
    by = ("customer",) if plan.blanks == "block" else ("order", "date", "customer")
    runs: list[list[int]] = []
    for i, row in enumerate(rows):
        if i and all(row[name] == rows[i - 1][name] for name in by):
            runs[-1].append(i)
        else:
            runs.append([i])
    for run in runs:
        for i in run[1:]:
            rows[i] = rows[i] | dict.fromkeys(fields)
    if plan.blanks != "merged":
        return []
    places = [i for i, name in enumerate(columns) if name in fields]
    return [(run[0], run[-1], place) for run in runs if len(run) > 1 for place in places]


def _under_headings(
    rng: Random, plan: Plan, rows: list[Row], columns: list[str]
) -> tuple[list[Row], list[str]]:
    """Give each customer a row of its own above its rows, and perhaps one of totals below them."""
    words = {"en": ["Subtotal", "Customer total"], "es": ["Total cliente", "Subtotal", "Suma"]}
    label, found = rng.choice(words[plan.language]), list[Row]()
    for customer in dict.fromkeys(row["customer"] for row in rows):
        own = [row for row in rows if row["customer"] == customer]
        found.append({"customer": customer, "heads": True})
        found += [row | {"customer": None} for row in own]
        if plan.subtotals:
            found.append(_sums(own) | {"label": label})
    return found, [name for name in columns if name != "customer" or plan.blanks == "heading"]


def _sums(rows: list[Row]) -> Row:
    return {name: sum(row.get(name) or 0 for row in rows) for name in MONEY - {"price"}}


def _cells(rng: Random, plan: Plan, row: Row, columns: list[str]) -> list[object]:
    """Return the cells of a row; a heading or a label stands in the first column of words."""
    cells = [_cell(rng, plan, name, row.get(name)) for name in columns]
    if label := row.get("label"):
        cells[_labelled(plan, columns)] = label
    elif row.get("heads") and "customer" not in columns:
        says = {"en": "Customer", "es": "Cliente"}[plan.language]
        cells[_labelled(plan, columns)] = f"{says}: {_cell(rng, plan, 'customer', row['customer'])}"
    return cells


def _labelled(plan: Plan, columns: list[str]) -> int:
    taken = MONEY | {"quantity", "percent", "rate", *(["date"] if plan.days == "damaged" else [])}
    return next(i for i, name in enumerate(columns) if name not in taken)


def _cell(rng: Random, plan: Plan, name: str, value: Any) -> object:
    """Return a cell as it stands in the file."""
    if value is None:
        return None
    if name == "customer":
        called = wardrobe.customer(plan.key, value)
        return wardrobe.respelled(rng, plan.key, called) if plan.respelled else called
    if name == "date":
        return _day(plan, value)
    if name in {"percent", "rate"}:
        return _share(plan, value) if name == "percent" else value
    if name in MONEY:
        return _money(plan, value)
    return value


def _day(plan: Plan, day: dt.date) -> object:
    if plan.days == "real":
        return day
    if plan.days == "damaged":
        return dt.date(day.year, day.day, day.month) if day.day <= 12 else day.strftime("%d/%m/%Y")
    return {**wardrobe.DAYS, **wardrobe.DAYS_OF[plan.language]}[plan.days](day, plan.language)


def _share(plan: Plan, percent: int) -> object:
    if plan.share == "fraction":
        part = percent / 100
        return part if plan.form in {"xlsx", "parquet"} else f"{part:g}".replace(".", plan.mark)
    return f"{percent}%" if plan.share == "percent sign" else percent


def _money(plan: Plan, cents: int) -> object:
    if plan.form in {"xlsx", "parquet"}:
        return cents / 100
    text = wardrobe.money(cents, plan.mark, plan.thousands, plan.negative, plan.currency)
    return f"'{text}" if plan.guarded and cents < 0 else text


def _total_row(rng: Random, plan: Plan, rows: list[Row], columns: list[str]) -> list[object]:
    """Return a row of totals, whose label stands in the first column that has none."""
    label = rng.choice(["Total", "TOTAL", {"en": "Grand total", "es": "Total general"}[plan.language]])
    return _cells(rng, plan, _sums([row for row in rows if "label" not in row]) | {"label": label}, columns)


def tried(seed: int, number: int, keep: Path | None = None) -> Ended:
    """Make, write and read a file, and say how it ended."""
    rng = Random(f"{seed}/{number}")
    if number % _ONE_IN == _ONE_IN - 1:
        sheet, right, plan = exported.make(rng)
        dressed = Dressed(sheet, Truth(right.net, len(right.customers), right.last), plan)
    else:
        dressed = make(rng)
    with tempfile.TemporaryDirectory() as name:
        folder = keep or Path(name)
        os.environ["CARTERA_CACHE"] = str(Path(name) / "cache")
        path = write(dressed.sheet, folder)
        how, said = _read(path, dressed.truth)
    return Ended(number, how, dressed.plan, dressed.sheet.header, said)


def _read(path: Path, right: Truth) -> tuple[str, str]:
    try:
        dataset = open_dataset(str(path))
    except CarteraError as error:
        return "asked", str(error)
    sales = pq.read_table(dataset.folder / "transactions.parquet", columns=["customer_id", "date", "amount"])
    money, customers = pc.sum(sales["amount"]).as_py(), pc.count_distinct(sales["customer_id"]).as_py()
    last = pc.max(sales["date"]).as_py()
    faults = []
    if abs(float(money) - right.money / 100) > 0.011:
        faults.append(f"net sales {money:.2f} for {right.money / 100:.2f}")
    if customers != right.customers:
        faults.append(f"{customers} customers for {right.customers}")
    if last != right.last:
        faults.append(f"last day {last} for {right.last}")
    return ("wrong", "; ".join(faults)) if faults else ("right", "")


def campaign(seed: int, cases: int, jobs: int) -> Iterator[Ended]:
    """Try many files."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        yield from pool.map(partial(tried, seed), range(cases))


def main() -> int:
    """Run the campaign and print what was not right; return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="campaign.dressed", description=__doc__)
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--seed", default="fresh", help="a number, or 'fresh'")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", type=int, help="number of the one file to try")
    parser.add_argument("--keep", type=Path, help="folder to leave that file in")
    given = parser.parse_args()
    seed = secrets.randbits(32) if given.seed == "fresh" else int(given.seed)
    began, counts = time.monotonic(), Counter[str]()
    tries = [tried(seed, given.only, given.keep)] if given.only is not None else None
    for ended in tries or campaign(seed, given.cases, given.jobs):
        counts[ended.how] += 1
        if ended.how != "right" or tries:
            print(f"{ended.how} {ended.number}: {ended.said}\n  {ended.header}\n  {ended.plan}", flush=True)
    share = counts["asked"] / counts.total()
    print(f"seed {seed}: {dict(counts)}, asked {share:.1%}, {time.monotonic() - began:.0f} s")
    return bool(counts["wrong"])


if __name__ == "__main__":
    sys.exit(main())
