"""Whatever a file holds, each row ends in exactly one place, with its money, and can be found in the file."""

import tempfile
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.dataset.config import DatasetConfig
from analysis.dataset.ledger.intake_result import Formats
from analysis.dataset.ledger.table_intake import take_in
from analysis.dataset.schema import TRANSACTIONS
from analysis.dataset.sources.inputs import Input
from intake import money

HEADER = ["customer", "date", "amount", "note"]
KEPT = {"sale", "return"}


@dataclass(frozen=True)
class Row:
    """A row to write: its cells, and what must become of it; ``outcome`` None for a line that is no row."""

    cells: tuple[str, ...]
    outcome: str | None
    amount: Decimal = Decimal(0)


@dataclass(frozen=True)
class Style:
    """How a file is written."""

    delimiter: str
    mark: str
    date: str
    end: str
    title: int
    breaks: bool

    def money(self, amount):
        text = f"{amount:,f}" if self.mark == "." else f"{amount:,f}".translate(str.maketrans(",.", ".,"))
        return text if self.delimiter != "," or self.mark == "." else text.replace(".", "")

    def day(self, number):
        return pd.Timestamp(2024, 1, 1).__add__(pd.Timedelta(number, "D")).strftime(self.date)


STYLES = st.builds(
    Style,
    st.sampled_from(",;\t|"),
    st.sampled_from(".,"),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%y", "%Y%m%d"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(0, 1),
    st.booleans(),
)
CUSTOMERS = st.sampled_from(["A", "007", "ñandú", "Smith, John", 'the "Shop"', "two\nlines", "x;y|z\tw"])
DAYS = st.integers(0, 365)
AMOUNTS = st.decimals(Decimal("-1e6"), Decimal("1e6"), places=2, allow_nan=False)
NOTES = st.sampled_from(["", "n", "a\nb", "total", '"'])


@st.composite
def rows(draw, style):
    """Draw a row of any kind."""
    customer, day, note = draw(CUSTOMERS), style.day(draw(DAYS)), draw(NOTES)
    if not style.breaks:
        customer, note = customer.replace("\n", " "), note.replace("\n", " ")
    amount = draw(AMOUNTS)
    money, kind = style.money(amount), draw(st.sampled_from(list(KINDS)))
    return KINDS[kind](customer, day, money, note, amount)


def _plain(customer, day, money, note, amount):
    return Row((customer, day, money, note), "return" if amount < 0 else "sale", amount)


KINDS = {
    "plain": _plain,
    "free": lambda c, d, _m, n, _a: Row((c, d, "0", n), "sale"),
    "nobody": lambda _c, d, m, n, a: Row(("NULL", d, m, n), "excluded:no_customer", a),
    "no one": lambda _c, d, m, n, a: Row(("", d, m, n), "excluded:no_customer", a),
    "bad date": lambda c, _d, m, n, a: Row((c, "soon", m, n), "rejected:date", a),
    "no date": lambda c, _d, m, _n, a: Row((c, "", m, "n"), "rejected:no_date", a),
    "early": lambda c, _d, m, n, a: Row((c, "1900-01-01", m, n), "rejected:impossible_date", a),
    "late": lambda c, _d, m, n, a: Row((c, "2100-01-01", m, n), "rejected:impossible_date", a),
    "bad amount": lambda c, d, _m, n, _a: Row((c, d, "five", n), "rejected:amount"),
    "no amount": lambda c, d, _m, n, _a: Row((c, d, "N/A", n), "rejected:no_amount"),
    "total": lambda _c, _d, m, _n, a: Row(("Total", "", m, ""), "excluded:total", a),
    "empty": lambda *_: Row(("", "", "", ""), "excluded:empty"),
    "header": lambda *_: Row(tuple(HEADER), "excluded:header"),
    "short": lambda c, d, *_: Row((c, d), "rejected:cells"),
    "long": lambda c, d, m, n, _a: Row((c, d, m, n, "more"), "rejected:cells"),
    "blank": lambda *_: Row((), None),
}


@st.composite
def files(draw):
    """Draw a style, rows of which some are copies, and what to do with copies."""
    style = draw(STYLES)
    drawn = draw(st.lists(rows(style), max_size=25))
    copies = draw(st.lists(st.sampled_from(drawn), max_size=5)) if drawn else []
    anchor = Row(("anchor", style.day(365), style.money(Decimal("1234.56")), "n"), "sale", Decimal("1234.56"))
    return style, [*drawn, *copies, anchor], draw(st.sampled_from(["keep", "exclude"]))


def _written(style, listed):
    """Return the file's text and the line on which each row begins."""
    lines, text = [], f"A title{style.end}" * style.title
    for row in [Row(tuple(HEADER), None), *listed]:
        lines.append(text.count(style.end) + text.replace(style.end, "").count("\n") + 1)
        text += style.delimiter.join(_cell(cell, style) for cell in row.cells) + style.end
    return text, lines[1:]


def _cell(cell, style):
    special = style.delimiter in cell or '"' in cell or "\n" in cell
    return '"' + cell.replace('"', '""') + '"' if special else cell


def _expected(style, listed, lines, duplicates):
    """Return rows and money by outcome, and line and raw text of each row set aside, worked out here."""
    account, aside, seen = defaultdict(lambda: [0, Decimal(0)]), [], set()
    for row, line in zip(listed, lines, strict=True):
        outcome = row.outcome
        if outcome is None:
            continue
        if outcome in KEPT and duplicates == "exclude" and row.cells in seen:
            outcome = "excluded:duplicates"
        seen.add(row.cells)
        account[outcome][0] += 1
        account[outcome][1] += row.amount
        if outcome not in KEPT:
            torn = outcome == "rejected:cells"
            raw = style.delimiter.join(_cell(c, style) for c in row.cells) if torn else ";".join(row.cells)
            aside.append((line, outcome, raw))
    unread = ("rejected:cells", "rejected:amount", "rejected:no_amount")
    return {
        outcome: (n, None if outcome in unread else amount) for outcome, (n, amount) in account.items()
    }, aside


def _read(style, text, duplicates):
    with tempfile.TemporaryDirectory() as name:
        path, target = Path(name) / "sales.csv", Path(name) / "out"
        path.write_bytes(text.encode())
        target.mkdir()
        settings = {"policies": {"duplicates": duplicates}, "blank_customer": "nobody"}
        config = DatasetConfig.model_validate({"transactions": settings})
        quality = take_in(
            TRANSACTIONS, Input((path,), config.transactions), config, Formats(), target
        ).quality
        aside = pd.read_parquet(target / "set_aside_transactions.parquet")
    account = {
        f"{row.outcome}:{row.rule}".rstrip(":"): (row.rows, money(row.amount))
        for row in quality.rows.itertuples()
    }
    return account, [(row.line, f"{row.outcome}:{row.rule}", row.raw) for row in aside.itertuples()]


@given(file=files(), order=st.randoms())
@settings(max_examples=12, deadline=None)
def test_every_row_has_one_outcome_its_money_and_its_line(file, order):
    style, listed, duplicates = file
    text, lines = _written(style, listed)
    account, aside = _read(style, text, duplicates)
    expected_account, expected_aside = _expected(style, listed, lines, duplicates)
    assert account == expected_account
    assert aside == expected_aside
    assert sum(rows for rows, _money in account.values()) == sum(row.outcome is not None for row in listed)

    order.shuffle(listed)
    assert _read(style, _written(style, listed)[0], duplicates)[0] == account
