"""What every result of a topic can do: say what it shows, in a title, in sentences and in tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.language import _, ngettext, number

LISTED = 1_000_000
"""Customers in a list of them, the first ones."""
Value = float | int | str | None


@dataclass(frozen=True)
class Finding:
    """One sentence computed from the data.

    Attributes
    ----------
    id
        Topic and name, such as ``portfolio.customers_for_80``: the same in every run and language.
    text
        The sentence, in the reader's language.
    value
        The number behind it, for a machine.
    unit
        What ``value`` counts: ``share``, ``money``, ``customers``, ``days`` …
    money
        The money at stake, as an amount of at least 0: what was gained or lost, or what acting on it can
        bring or save, in a year where it is a flow. Never the whole of which that is a part; None where
        nothing of the kind is known. The front page ranks by it.
    good
        Whether it is good news (True) or bad (False); None where it is neither.
    action
        What follows from it: what to do, in one short sentence that begins with a verb. Empty where nothing
        does.
    usual
        What ``value`` would be if nothing were out of the ordinary, in its unit: that of the year before, of
        all together, or a known rule. How far ``value`` is from it is the surprise the front page ranks by.
    """

    id: str
    text: str
    value: Value = None
    unit: str | None = None
    money: float | None = None
    good: bool | None = None
    action: str = ""
    usual: float | None = None


class Result:
    """A result of a topic.

    ``results.show(result)`` shows all there is of it in a notebook; ``plot(result)`` draws it; its parts are
    its attributes.
    """

    name: ClassVar[str]
    """What its figure is called."""
    is_drawn: ClassVar[bool] = True
    """Whether a chart of it says more than its sentence; where that depends on the data, a property."""

    def title(self) -> str:
        """Return what a chart of it shows, in a few words."""
        raise NotImplementedError

    def sentence(self) -> str:
        """Return what it says, in one sentence; the alternative text of its chart. By default, the title."""
        return self.title()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return what is shown of it as tables, by name; see `analysis.display_names`."""
        return {}

    def findings(self) -> list[Finding]:
        """Return its sentences that stand on their own."""
        return []

    def notes(self) -> list[str]:
        """Return sentences on how to read it that depend on the data."""
        return []

    def __str__(self) -> str:
        return self.sentence()


@dataclass(frozen=True)
class Listed(Result):
    """A result told when it is made: tables and a sentence; a subclass with a chart adds what that draws.

    Attributes
    ----------
    shown
        What is shown, by name of the table.
    text
        What it says.
    found
        The same as a finding, where it stands on its own.
    claim
        What its chart shows, in a few words; by default the sentence.
    notes_on
        Further sentences on how to read it.
    """

    is_drawn: ClassVar[bool] = False
    shown: dict[str, pd.DataFrame]
    text: str
    found: Finding | None = None
    claim: str = ""
    notes_on: tuple[str, ...] = ()

    def title(self) -> str:
        """Return what its chart shows."""
        return self.claim or self.text

    def sentence(self) -> str:
        """Return the sentence."""
        return self.text

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables."""
        return self.shown

    def findings(self) -> list[Finding]:
        """Return the finding, if it is one."""
        return [self.found] if self.found else []

    def notes(self) -> list[str]:
        """Return the sentence where neither a finding nor a chart says it, and the further ones."""
        return [*([] if self.found or self.is_drawn else [self.text]), *self.notes_on]


def sizes_by(column: str, groups: Sequence[Any], customers: pd.DataFrame) -> pd.DataFrame:
    """Return each group's customers and net sales, in this order, an empty one's too, and the shares of both.

    The share of net sales is missing where all together are zero or less.
    """
    sums = customers.groupby(column)["net_sales"].agg(["size", "sum"]).reindex(list(groups), fill_value=0)
    total = float(sums["sum"].sum())
    return pd.DataFrame(
        {
            "customers": sums["size"],
            "share_of_customers": sums["size"] / len(customers),
            "net_sales": sums["sum"],
            "share_of_sales": sums["sum"] / (total if total > 0 else float("nan")),
        }
    )


def led_by(frame: pd.DataFrame, *first: str) -> pd.DataFrame:
    """Return a frame with these of its columns before all others: a page shows the first eight."""
    return frame[list(dict.fromkeys(name for name in (*first, *frame) if name in frame))]


def only_first(customers: int) -> list[str]:
    """Say that a list has only the first customers, where there are more than `LISTED`."""
    if customers <= LISTED:
        return []
    message = _("The table lists the first {n} of {customers} customers.")
    return [message.format(n=number(LISTED), customers=number(customers))]


def most(values: pd.Series, count: int) -> slice | npt.NDArray[np.intp]:
    """Return the places of the largest values, so many or, where some are alike, a few more."""
    each = values.to_numpy(np.float64)
    if len(each) <= count:
        return slice(None)
    return np.flatnonzero(each >= np.partition(each, -count)[-count])


def largest_first(frame: pd.DataFrame, by: Sequence[str], rows: int | None = None) -> pd.DataFrame:
    """Return the rows that are largest by some columns, in this order; equal ones as they stand.

    Parameters
    ----------
    frame
        Any rows.
    by
        Columns with numbers, the first one first; what is missing comes last.
    rows
        How many; None: all.
    """
    keys = [-frame[name].to_numpy(np.float64) for name in reversed(by)]
    return frame.iloc[np.lexsort(keys)[:rows]].reset_index(drop=True)


def currency_of(frame: pd.DataFrame) -> str | None:
    """Return the currency that `Dataset.query` left with its rows: ISO 4217, or None where not known."""
    currency: str | None = frame.attrs.get("currency")
    return currency


def never_bought(customers: pd.DataFrame) -> int:
    """Return how many of ``sql/customers.sql`` only ever returned."""
    return int(customers["first_purchase"].isna().sum()) if "first_purchase" in customers else 0


def only_returned(count: int) -> str:
    """Say that so many customers only ever returned, where there are any: elsewhere they are no customers."""
    message = ngettext(
        "Of all customers, {n} only ever returned.", "Of all customers, {n} only ever returned.", count
    )
    return message.format(n=number(count)) if count else ""
