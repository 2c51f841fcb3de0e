"""What rows of the sales may mean beyond their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.dataset.ledger.cell_sql import Totals


@dataclass(frozen=True)
class Meaning:
    """What rows mean beyond their cells.

    Parameters
    ----------
    in_order
        Columns whose blanks are as on the other lines of the order.
    from_above
        Columns whose blanks are as on the row above.
    same_customer
        Codes of customers, each with the one that counts.
    totals
        Which rows with a date are sums of others: those that begin with 'Total', or have no other word.
    bare_totals
        Whether rows without a date that hold nothing but numbers are sums of those above.
    amount_is
        Whether the amount is of the line, of the whole order on its lines, or left out for quantity × price.
    less_tax
        Whether the tax of the row is taken off its amount.
    less_shipping
        Whether the carriage of the order is taken off its amount.
    parts_of_one
        Whether discounts in percent are given as parts of one.
    after_discount
        Whether the amount is ``net`` of the discount in percent, or ``gross``; empty where nothing says.
    spread_discount
        Whether discounts in money are of the whole order, on each of its lines.
    once
        Whether a refunded sale with a negative row of its own is taken off by that row alone.
    spread_refunds
        Whether what was given back is of the whole order.
    """

    in_order: tuple[str, ...] = ()
    from_above: tuple[str, ...] = ()
    same_customer: tuple[tuple[str, str], ...] = ()
    totals: Totals = ""
    bare_totals: bool = False
    amount_is: Literal["line", "order", "quantity_and_price"] = "line"
    less_tax: bool = False
    less_shipping: bool = False
    parts_of_one: bool = False
    after_discount: Literal["", "net", "gross"] = ""
    spread_discount: bool = False
    once: bool = False
    spread_refunds: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether rows mean what their cells say."""
        return self == PLAIN

    @property
    def needs_order(self) -> bool:
        """Whether the order of the rows in the file counts."""
        return (
            self.amount_is == "order"
            or self.spread_refunds
            or self.spread_discount
            or bool(self.in_order or self.from_above)
        )


PLAIN = Meaning()
"""What clean lines mean."""
