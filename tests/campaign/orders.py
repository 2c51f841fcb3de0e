"""Orders of a small shop, what became of them, and what is right of their sales; all money in cents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random

RATES = {"en": (20, 5), "es": (21, 10)}
"""Tax in percent on most products, and on some."""


@dataclass(frozen=True)
class Line:
    """A line of a document; ``value`` is net of the discount and without the tax."""

    product: str
    quantity: int
    price: int
    percent: int
    rate: int

    @property
    def gross(self) -> int:
        return self.quantity * self.price

    @property
    def value(self) -> int:
        return self.gross * (100 - self.percent) // 100

    @property
    def tax(self) -> int:
        return self.value * self.rate // 100


@dataclass(frozen=True)
class Document:
    """An order, or what takes one back.

    ``sold`` is False where it never came to be, ``of`` is the order that it takes back, and ``refund`` what
    was given back of it without a document.
    """

    code: str
    customer: int
    day: dt.date
    lines: tuple[Line, ...]
    sold: bool = True
    of: str = ""
    refund: int = 0
    shipping: int = 0

    @property
    def value(self) -> int:
        return sum(line.value for line in self.lines)


@dataclass(frozen=True)
class Truth:
    """What is right: net sales in cents, customers, and the last day with a sale or a return."""

    money: int
    customers: int
    last: dt.date


def truth(documents: Iterable[Document]) -> Truth:
    """Work out what is right."""
    counted = [document for document in documents if document.sold]
    money = sum(-one.value if one.of else one.value - one.refund for one in counted)
    return Truth(money, len({one.customer for one in counted}), max(one.day for one in counted))


def orders(rng: Random, language: str, *, lines: bool, percents: bool, round_: bool) -> list[Document]:
    """Make 15 to 40 orders, the first of which are of all customers.

    ``round_`` ones are of whole euros and one rate of tax, so that a part has no fractions of a cent.
    """
    most, some = RATES[language]
    products = [
        Line(
            f"P{i}{rng.randrange(100, 999)}",
            1,
            rng.randrange(2, 90) * 100 if round_ else rng.randrange(8, 450) * 20,
            0,
            some if i > 6 and not round_ else most,
        )
        for i in range(10)
    ]
    customers = rng.randrange(4, 12)
    numbers = customers + rng.randrange(11, 30)
    start, first = dt.date(rng.randrange(2019, 2025), 1, 1), rng.randrange(1000, 9000)
    found = []
    for i in range(numbers):
        chosen = rng.sample(products, rng.randrange(1, 5) if lines else 1)
        found.append(
            Document(
                str(first + i),
                i if i < customers else rng.randrange(customers),
                start + dt.timedelta(days=rng.randrange(365)),
                tuple(
                    replace(
                        line,
                        quantity=rng.randrange(1, 9),
                        percent=rng.choice([0, 0, 5, 10, 20, 50]) if percents else 0,
                    )
                    for line in chosen
                ),
                shipping=rng.choice([0, 495, 690]),
            )
        )
    return found


def plain(documents: list[Document]) -> set[str]:
    """Return the orders that must stay as they are: one of each customer, and the last.

    So nobody can differ about the number of customers and the last day, whether or not what was undone is
    shown.
    """
    of_each = {one.customer: one for one in reversed(documents)}.values()
    return {one.code for one in (*of_each, max(documents, key=lambda one: one.day))}


def never_sold(rng: Random, documents: list[Document]) -> list[Document]:
    """Return the orders, some of which never came to be."""
    stay = plain(documents)
    return [
        replace(one, sold=False) if one.code not in stay and rng.random() < 0.2 else one for one in documents
    ]


def given_back(rng: Random, documents: list[Document]) -> list[Document]:
    """Return the orders, some of which were given back wholly or in part, in whole euros."""
    stay, found = plain(documents), []
    for one in documents:
        back = one.value if rng.random() < 0.5 else one.value // 300 * 100
        fits = one.sold and one.code not in stay and rng.random() < 0.3
        found.append(replace(one, refund=back) if fits else one)
    return found


def taken_back(rng: Random, documents: list[Document], *, whole: bool, same_number: bool) -> list[Document]:
    """Return the orders and documents that take some of them back, wholly or by a line."""
    stay, found = plain(documents), []
    back_from = 1 + max(int(one.code) for one in documents)
    for one in documents:
        found.append(one)
        if not one.sold or one.code in stay or rng.random() > 0.3:
            continue
        lines = one.lines if whole or rng.random() < 0.5 else one.lines[:1]
        found.append(
            replace(
                one,
                code=one.code if same_number else str(back_from + len(found)),
                day=one.day + dt.timedelta(days=rng.randrange(9)),
                lines=lines,
                of=one.code,
                shipping=0,
            )
        )
    return found
