"""What the rows of the sales mean together: blanks, values of whole orders, signs, taxes, refunds.

A sheet of clean lines needs none of it. What the rows prove is done and said; what they leave open is asked.
Each kind has a module of its own, whose function finds one thing at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb

from analysis.dataset.config import DatasetConfig
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.meaning.blanks import blanks
from analysis.dataset.ledger.meaning.discounts import discounts, order_discounts
from analysis.dataset.ledger.meaning.meaning import PLAIN, Meaning
from analysis.dataset.ledger.meaning.order_values import order_values, shipping
from analysis.dataset.ledger.meaning.rows import Rows
from analysis.dataset.ledger.meaning.signs import signs
from analysis.dataset.ledger.meaning.state_words import state_words
from analysis.dataset.ledger.meaning.tax_numbers import tax_numbers
from analysis.dataset.ledger.meaning.taxes import taxes
from analysis.dataset.ledger.meaning.totals import bare_totals, totals
from analysis.dataset.ledger.meaning.undone import refund_columns, undone_sales
from analysis.dataset.quality import Note
from analysis.dataset.questions import Question

__all__ = ["PLAIN", "Meaning", "Understood", "understand"]

_KINDS = (
    bare_totals, blanks, tax_numbers, totals, order_values, shipping, undone_sales, refund_columns,
    discounts, order_discounts, taxes, signs, state_words,
)  # fmt: skip


@dataclass(frozen=True)
class Understood:
    """What was found of the meaning of rows: it, what is to be said of it, and what must be asked."""

    meaning: Meaning
    facts: tuple[Note, ...] = ()
    questions: tuple[Question, ...] = ()


def understand(
    connection: duckdb.DuckDBPyConnection, reading: Reading, config: DatasetConfig, so_far: Meaning, file: str
) -> Understood:
    """Find out what rows mean, from the view ``ledger``, which was written with ``so_far``.

    Parameters
    ----------
    connection
        One that has the view.
    reading
        How cells were read.
    config
        What the user says.
    so_far
        What is known.
    file
        Name of the first file, for the reader.
    """
    rows = Rows(connection, reading, config, so_far, file)
    facts: tuple[Note, ...] = ()
    for kind in _KINDS:
        found = kind(rows)
        if isinstance(found, Question):
            return Understood(so_far, facts, (found,))
        if found:
            facts += (found.note,) if found.note else ()
            if found.changed:  # what else there is rests on the amounts then
                return Understood(replace(so_far, **found.changed), facts)
    return Understood(so_far, facts)
