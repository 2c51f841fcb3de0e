"""ABC: customers classed by cumulative share of value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import CarteraError
from analysis.language import _, money, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.result import Finding, Result, currency_of, never_bought, only_returned, sizes_by

CLASSES = ("A", "B", "C")
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Abc(Result):
    """Customers classed by cumulative share of value.

    Attributes
    ----------
    customers
        ``customer_id``, ``net_sales`` (money), ``abc`` (A, B or C), ``cumulative_share`` of the total, from
        the largest customer down.
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
        """Return what the cumulative curve shows."""
        best = self.sizes().iloc[0]
        return _("{share} of customers are A and make {value} of net sales").format(
            share=percent(best["share_of_customers"], 1), value=percent(best["share_of_sales"])
        )

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        best = self.sizes().iloc[0]
        found = ngettext(
            "{few} of {customers} customers is A, with net sales of {smallest}: {value} of all net sales.",
            "{few} of {customers} customers are A: every one with net sales of {smallest} or more; "
            "together they make {value} of net sales.",
            int(best["customers"]),
        ).format(
            few=number(best["customers"]),
            customers=number(len(self.customers)),
            smallest=money(best["smallest"], self.currency),
            value=percent(best["share_of_sales"], 1),
        )
        return f"{found} {only_returned(self.returned)}".strip()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the classes."""
        return {"abc": self.sizes()}

    def findings(self) -> list[Finding]:
        """Return how many customers are A."""
        best = self.sizes().iloc[0]
        text = self.sentence()
        return [
            Finding(
                "segmentation.a_customers", text, best["customers"], "customers", float(best["net_sales"])
            )
        ]


def abc(customers: pd.DataFrame, a: float = 0.80, b: float = 0.95) -> Abc | NotPossible:
    """Return the ABC class of each customer; not possible where the values add up to zero or less.

    Parameters
    ----------
    customers
        One row per customer: ``customer_id`` and ``net_sales``, which may be negative for some.
    a, b
        Cumulative share of the total up to which a customer is A, and up to which B.

    Raises
    ------
    CarteraError
        If ``a`` is not below ``b``.

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
    if a >= b:
        message = _("The boundary of class A ({a}) must be below that of class B ({b}).")
        raise CarteraError(message.format(a=percent(a, 1), b=percent(b, 1)))
    ranked = customers.sort_values(["net_sales", "customer_id"], ascending=[False, True])
    amounts = ranked["net_sales"].to_numpy(dtype="float64")
    if (classes := classified(amounts, a, b)) is None:
        return NotPossible(_("Net sales add up to zero or less: there is no value to class by."))
    frame = pd.DataFrame(
        {
            "customer_id": ranked["customer_id"].to_numpy(),
            "net_sales": amounts,
            "abc": classes,
            "cumulative_share": np.cumsum(amounts) / amounts.sum(),
        }
    )
    return Abc(frame, (a, b), currency_of(customers), never_bought(customers))


def classified(values: npt.ArrayLike, a: float = 0.80, b: float = 0.95) -> npt.NDArray[np.str_] | None:
    """Return the ABC class of each value, in any order; None where they add up to zero or less.

    Examples
    --------
    >>> classified([5, 80, 15]).tolist()
    ['C', 'A', 'B']
    """
    amounts = np.asarray(values, np.float64)
    ranked, total = -np.sort(-amounts), float(amounts.sum())
    if total <= _ROUNDING * np.abs(amounts).sum():
        return None
    larger = np.concatenate([[0.0], np.cumsum(ranked)])[np.searchsorted(-ranked, -amounts)] / total
    return np.select([larger < a - _ROUNDING, larger < b - _ROUNDING], ["A", "B"], "C")
