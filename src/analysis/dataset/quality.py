"""What became of every raw row: what was found, what was assumed, and what to beware of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analysis.dataset.schema import TABLES, Table
from analysis.language import N_, _, current_language, date, month, number


@dataclass(frozen=True)
class Note:
    """A sentence kept with its values, so that each reader gets it in their language.

    Parameters
    ----------
    message
        The sentence in English, with named placeholders, marked by ``N_``.
    values
        What stands in the placeholders; numbers get the reader's separators, fractions two decimals; of a
        text by language, the reader's is taken.
    words
        What stands in other placeholders and is itself a message, marked by ``N_``.
    days
        What stands in other placeholders and is a day or a month, in ISO form; it gets the reader's.
    """

    message: str
    values: dict[str, Any] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the sentence in the reader's language."""
        shown = {name: _shown(value) for name, value in self.values.items()}
        shown |= {name: _(word) for name, word in self.words.items()}
        shown |= {name: _day(day) for name, day in self.days.items()}
        return _(self.message).format(**shown)


def _shown(value: object) -> object:
    if isinstance(value, dict):
        return value.get(current_language()) or next(iter(value.values()))
    if isinstance(value, float):
        return number(value, 2)
    return number(value) if isinstance(value, int) else value


def _day(written: str) -> str:
    if len(written) == len("2024-12"):
        return month(dt.date.fromisoformat(f"{written}-01"))
    return date(dt.date.fromisoformat(written))


@dataclass(frozen=True)
class LinkFinding:
    """What does not hold within a table, or between it and another.

    Parameters
    ----------
    table
        Name of the canonical table.
    note
        The sentence for the reader.
    rows, of
        Rows (or orders, where totals are compared) of which it is true, and of how many.
    """

    table: str
    note: Note
    rows: int
    of: int


KINDS = {
    "kept": N_("Rows kept"),
    "sale": N_("Sales"),
    "return": N_("Returns"),
    "cancellation": N_("Cancelled invoices"),
    "refund": N_("Given back on a later day, of rows above"),
}
KEPT = tuple(KINDS)
"""Fates of rows that stand in the canonical tables."""
RULES = {
    "returns": N_("Returns left out"),
    "cancelled": N_("Sales marked as cancelled"),
    "no_customer": N_("No customer"),
    "zero_amount": N_("Amount of zero"),
    "duplicates": N_("Exact duplicate of an earlier row"),
    "after_as_of": N_("After the last day that counts"),
    "test": N_("Test products"),
    "postage": N_("Postage and carriage"),
    "extras": N_("Tips, gift cards and fees"),
    "other_currency": N_("Another currency"),
    "empty": N_("Empty lines"),
    "header": N_("Column names repeated"),
    "total": N_("Lines of totals"),
    "heading": N_("Headings with a customer"),
}
REASONS = {
    "no_date": N_("No date"),
    "date": N_("Date cannot be read"),
    "impossible_date": N_("Impossible date: of 1970-01-01 or earlier, or in the future"),
    "no_amount": N_("No amount"),
    "amount": N_("Amount cannot be read"),
    "cells": N_("Wrong number of cells, or a quote out of place"),
    "score_range": N_("Score below 0 or above its scale"),
}
_OF_ALL_TABLES = ("impossible_date", "cells", "score_range")
"""Reasons that are no column's; in other tables than the sales, the others name a column."""
FINDINGS = {
    "no_customer": N_("without a customer"),
    "void": N_("of sales marked as cancelled"),
    "cancelled": N_("on a cancelled invoice"),
    "negative_quantity": N_("with a negative quantity"),
    "negative_amount": N_("with a negative amount"),
    "price_not_positive": N_("with a unit price of zero or less"),
    "zero_amount": N_("with an amount of zero"),
    "duplicates": N_("exact duplicates of an earlier row"),
    "after_as_of": N_("after the last day that counts"),
    "test": N_("of test products"),
    "postage": N_("of postage and carriage"),
    "extra": N_("of tips, gift cards and fees, which are no goods"),
    "refunded": N_("with a refund in a column of its own"),
    "turned": N_("with a positive amount that takes a sale back"),
    "unread": N_("with a number that is not needed and cannot be read (left empty)"),
}
"""Questions asked of every raw row, whatever became of it; the policy of each is in ``dataset.yml``.

Of other tables than the sales it is asked what cannot be read, column by column, under the column's name.
"""


@dataclass(frozen=True)
class Quality:
    """The account of a table's raw rows.

    Parameters
    ----------
    rows
        One row per outcome: ``outcome`` (``sale``, ``return``, ``cancellation``, in other tables ``kept``;
        ``excluded``, ``rejected``), ``rule`` (the excluding rule or the reason; empty for what is kept),
        ``rows``, ``amount`` (sum of the amounts that can be read, in the data set's currency; NaN in tables
        without amounts). Rows add up to the raw file.
    found
        One row per question of ``FINDINGS``, or column: ``rule``, ``policy`` (empty where there is none),
        ``rows``.
    facts
        How the data were read, and what was assumed.
    alarms
        What the reader must know before trusting a figure.
    of
        Name of the canonical table.
    """

    rows: pd.DataFrame
    found: pd.DataFrame
    facts: tuple[Note, ...] = ()
    alarms: tuple[Note, ...] = ()
    of: str = "transactions"

    @property
    def assumptions(self) -> list[str]:
        """How the data were read, as sentences in the reader's language."""
        return [str(note) for note in self.facts]

    @property
    def warnings(self) -> list[str]:
        """What must be known before a figure is trusted, as sentences in the reader's language."""
        return [str(note) for note in self.alarms]

    def table(self) -> pd.DataFrame:
        """Return the account as a reader sees it.

        Returns
        -------
        pandas.DataFrame
            ``what`` (in the reader's language), ``rows``, ``amount`` (currency; not in a table without
            amounts); last, the raw file.
        """
        columns = ["what", "rows"] if self.rows["amount"].isna().all() else ["what", "rows", "amount"]
        total = pd.DataFrame(
            {
                "what": [_("All rows of the file")],
                "rows": [self.rows["rows"].sum()],
                "amount": [self.rows["amount"].sum()],
            }
        )
        what = [label(str(row.outcome), str(row.rule), self.of) for row in self.rows.itertuples()]
        return pd.concat([self.rows.assign(what=what)[columns], total[columns]], ignore_index=True)

    def found_table(self) -> pd.DataFrame:
        """Return what was found among all raw rows, as a reader sees it.

        Returns
        -------
        pandas.DataFrame
            ``what`` and ``policy`` (in the reader's language), ``rows``.
        """
        policies = {
            "keep": _("kept"), "exclude": _("left out"), "subtract": _("subtracted from sales"), "": "",
        }  # fmt: skip
        return pd.DataFrame(
            {
                "what": [_("Rows {which}").format(which=_found(rule)) for rule in self.found["rule"]],
                "rows": self.found["rows"],
                "policy": [policies.get(policy, policy) for policy in self.found["policy"]],
            }
        )


def label(outcome: str, rule: str, table: str = "transactions") -> str:
    """Return what the reader calls an outcome and its rule in a canonical table."""
    if outcome in KINDS:
        return _(KINDS[outcome])
    if outcome == "excluded":
        return _("Left out: {rule}").format(rule=_rule(rule, TABLES[table]))
    return _("Rejected: {reason}").format(reason=_reason(rule, TABLES[table]))


def _rule(rule: str, table: Table) -> str:
    if rule == "same_key":
        return _("The same {key} as an earlier row").format(key=", ".join(f"'{name}'" for name in table.key))
    return _(RULES[rule])


def _reason(rule: str, table: Table) -> str:
    """Return why a row was rejected."""
    if rule in REASONS and (table.name == "transactions" or rule in _OF_ALL_TABLES):
        return _(REASONS[rule])
    name = rule.removeprefix("no_")
    message = _("No '{column}' ({meaning})") if name != rule else _("'{column}' ({meaning}) cannot be read")
    return message.format(column=name, meaning=_(table.column(name).meaning))


def _found(rule: str) -> str:
    """Return what was found, as it follows 'Rows'; a rule that is no word of its own names a column."""
    if rule in FINDINGS:
        return _(FINDINGS[rule])
    return _("with '{column}' that cannot be read (left empty)").format(column=rule)
