"""How the rows of the ledger are asked what they mean, and what is found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb

from analysis.dataset.config import DatasetConfig
from analysis.dataset.inference.type_inference import Reading
from analysis.dataset.ledger.meaning.meaning import Meaning
from analysis.dataset.quality import Note
from analysis.dataset.questions import NET, Choice, Question
from analysis.language import listing

ORDER = "order_id, customer_id, date"
"""What lines of one order share."""
SAME = 0.015
"""Difference of money up to which two amounts are the same."""
_MOST = 0.9
"""Share of rows or orders that must agree for a proof; the others may have typing errors."""


@dataclass(frozen=True)
class Known:
    """What rows prove: what of their meaning it changes, and what is said of it."""

    note: Note | None = None
    changed: dict[str, Any] = field(default_factory=dict)


Found = Known | Question | None
"""What a kind has to say: what is proved, what must be asked, or nothing."""


@dataclass(frozen=True)
class Rows:
    """The view ``ledger``, how it was read, and what is known of it.

    Parameters
    ----------
    connection
        One that has the view.
    reading
        How cells were read.
    config
        What the user says.
    meaning
        What the ledger was written with.
    file
        Name of the first file, for the reader.
    """

    connection: duckdb.DuckDBPyConnection
    reading: Reading
    config: DatasetConfig
    meaning: Meaning
    file: str

    def has(self, *names: str) -> bool:
        """Tell whether the data give these columns."""
        return set(names) <= self.reading.columns.keys()

    def header(self, name: str) -> str:
        """Return what the file calls a column."""
        return self.reading.columns[name]

    def headers(self, names: tuple[str, ...]) -> str:
        """Return what the file calls columns, listed."""
        return listing([f"'{self.header(name)}'" for name in names])

    def row(self, query: str) -> tuple[Any, ...]:
        """Return the first row that a query gives."""
        return self.connection.execute(query).fetchall()[0]

    def count(self, condition: str) -> int:
        """Return the number of rows for which a condition holds."""
        return int(self.row(f"select count(*) from ledger where {condition}")[0])  # noqa: S608

    def question(self, text: str, choices: dict[str, str], **values: object) -> Question:
        """Return a question; ``choices`` are what follows from each answer, by the answer.

        Net sales, ``{net}``, are put in once each answer has been tried.
        """
        told = {**values, "net": NET}
        answers = [Choice(answer, follows.format(**told)) for answer, follows in choices.items()]
        return Question(text.format(file=self.file, **values), tuple(answers))


def most(part: int, whole: int) -> bool:
    """Tell whether a part is so much of the whole that it proves something."""
    return part >= _MOST * whole
