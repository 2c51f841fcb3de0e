"""Questions that only the user can answer, with what follows from each answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from analysis.errors import CarteraError
from analysis.language import _

NET = "{net}"
"""Where net sales stand in what follows from an answer, until it has been tried."""


@dataclass(frozen=True)
class Choice:
    """One answer to a question.

    Parameters
    ----------
    answer
        The line of ``dataset.yml``, in the table's section, that gives it.
    consequence
        What follows from it, as the beginning of a sentence.
    """

    answer: str
    consequence: str

    @property
    def said(self) -> dict[str, Any]:
        """The key of the section that the answer sets, with its value."""
        return dict(yaml.safe_load(self.answer))


@dataclass(frozen=True)
class Question:
    """What is open, and the answers there are; none where only the user can know them.

    Parameters
    ----------
    text
        What is asked.
    choices
        The answers.
    """

    text: str
    choices: tuple[Choice, ...] = ()

    def __str__(self) -> str:
        """Return the question with its answers, as a text."""
        told = [
            _("{consequence}: write '{answer}'.").format(consequence=one.consequence, answer=one.answer)
            for one in self.choices
        ]
        return " ".join([self.text, *told])


class OpenQuestionError(CarteraError):
    """Something about a table is open.

    Parameters
    ----------
    questions
        What is asked.
    table
        Name of the canonical table, in whose section the answers belong.
    """

    def __init__(self, questions: tuple[Question, ...], table: str) -> None:
        how = _(
            "Write the answer under '{section}:' in a dataset.yml and give that file instead; in a terminal, "
            "'cartera check FILE' asks for it and writes that file."
        ).format(section=table)
        separator = "\n" if len(questions) > 1 else " "
        super().__init__(separator.join([*map(str, questions), how]))
        self.questions = questions
        self.table = table
