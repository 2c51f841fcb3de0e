"""ABC: customers classed by cumulative share of value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.extensions import ExtensionArray

from analysis.language import _, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.result import Result, currency_of, never_bought, only_returned, sizes_by

CLASSES = ("A", "B", "C")
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Abc(Result):
    """Customers classed by cumulative share of value.

    Attributes
    ----------
    customers
        ``customer_id``, ``net_sales`` (money) and ``abc`` (A, B or C).
    boundaries
        Cumulative share up to which a customer is A, and up to which B.
    currency
        ISO 4217 code, or None where it is not known.
    returned
        How many of the customers only ever returned.
    """

    name: ClassVar[str] = "abc"
    customers: pd.DataFrame
    boundaries: tuple[float, float]
    currency: str | None = None
    returned: int = 0

    def sizes(self) -> pd.DataFrame:
        """Return ``abc``, customers, net sales, the shares of both, and the ``smallest`` net sales in it."""
        smallest = self.customers.groupby("abc")["net_sales"].min().rename("smallest")
        return sizes_by("abc", CLASSES, self.customers).join(smallest).reset_index()

    def title(self) -> str:
        """Return how many customers are A, and what they make."""
        best = self.sizes().iloc[0]
        found = ngettext(
            "{few} of {customers} customers ({share}) is A and makes {value} of net sales.",
            "{few} of {customers} customers ({share}) are A and make {value} of net sales.",
            int(best["customers"]),
        ).format(
            few=number(best["customers"]),
            customers=number(len(self.customers)),
            share=percent(best["share_of_customers"], 1),
            value=percent(best["share_of_sales"], 1),
        )
        return f"{found} {only_returned(self.returned)}".strip()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the classes."""
        return {"abc": self.sizes()}


def abc(customers: pd.DataFrame, a: float = 0.80, b: float = 0.95) -> Abc | NotPossible:
    """Return the ABC class of each customer; not possible where the values add up to zero or less.

    Parameters
    ----------
    customers
        One row per customer: ``customer_id`` and ``net_sales``, which may be negative for some.
    a, b
        Cumulative share of the total up to which a customer is A, and up to which B.

    Notes
    -----
    A customer is A if all who are larger make less than ``a`` of the total: so the one who crosses the
    boundary belongs to the better class, and equal customers always share one. Zero or less is C: those
    who are larger make the whole total or more.

    Examples
    --------
    >>> import pandas as pd
    >>> customers = pd.DataFrame({"customer_id": ["a", "b", "c"], "net_sales": [80, 15, 5]})
    >>> abc(customers).customers[["customer_id", "abc"]].values.tolist()
    [['a', 'A'], ['b', 'B'], ['c', 'C']]
    """
    frame = customers[["customer_id", "net_sales"]].astype({"net_sales": "float64"})
    if (classes := classified(frame["net_sales"], a, b)) is None:
        return NotPossible(_("Net sales add up to zero or less: there is no value to class by."))
    return Abc(frame.assign(abc=classes), (a, b), currency_of(customers), never_bought(customers))


def classified(values: npt.ArrayLike, a: float = 0.80, b: float = 0.95) -> ExtensionArray | None:
    """Return the ABC class of each value, in any order; None where they add up to zero or less.

    Examples
    --------
    >>> classified([5, 80, 15]).tolist()
    ['C', 'A', 'B']
    """
    least = limits(values, a, b)
    return None if least is None else placed_by(values, least)


def limits(values: npt.ArrayLike, a: float = 0.80, b: float = 0.95) -> tuple[float, float] | None:
    """Return the least value that is A, and that is B; None where all values add up to zero or less.

    Examples
    --------
    >>> limits([5.0, 80.0, 15.0])
    (80.0, 15.0)
    """
    amounts = np.asarray(values, np.float64)
    ranked, total = -np.sort(-amounts), float(amounts.sum())
    if total <= _ROUNDING * np.abs(amounts).sum():
        return None
    larger = (np.cumsum(ranked) - ranked) / total
    least_a, least_b = (float(ranked[(larger < share - _ROUNDING).sum() - 1]) for share in (a, b))
    return least_a, least_b


def placed_by(values: npt.ArrayLike, least: tuple[float, float]) -> ExtensionArray:
    """Return the ABC class of each value by the `limits` of all."""
    amounts = np.asarray(values, np.float64)
    place = (amounts < least[0]).astype(int) + (amounts < least[1])
    return pd.array(CLASSES, dtype="str").take(place)
