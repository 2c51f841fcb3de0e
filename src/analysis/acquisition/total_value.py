"""What each customer has brought so far, with what it is still expected to bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, money
from analysis.ltv.equity import CustomerValue
from analysis.ltv.margins import Margins
from analysis.ltv.summary import Floats
from analysis.not_possible import or_not_possible
from analysis.result import Finding, Result

CENT = 0.005  # of money; sums that differ by less are the same


@dataclass(frozen=True)
class TotalValue(Result):
    """What each customer has brought so far, with what it is still expected to bring.

    Attributes
    ----------
    frame
        The customers with ``past_margin``, see `earned`, not discounted, and ``total_value``, that plus the
        ``clv``, which is the residual value; both in money.
    currency
        ISO 4217 code, or None where it is not known.
    assumed
        That the margin is assumed, where it is (see `Margins.assumed`).
    """

    name: ClassVar[str] = "total_value"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame
    currency: str | None = None
    assumed: str = ""

    def sentence(self) -> str:
        """Say what margin there has been and how much is to come."""
        return _(
            "The margin of these customers comes to {past} so far{assumed}, and to {ahead} expected within "
            "the horizon."
        ).format(
            assumed=self.assumed,
            past=money(float(self.frame["past_margin"].sum()), self.currency),
            ahead=money(float(self.frame["clv"].sum()), self.currency),
        )

    def findings(self) -> list[Finding]:
        """Return both parts."""
        return [Finding("acquisition.total", self.sentence(), float(self.frame["clv"].sum()), "money")]


@or_not_possible
def total_value(value: CustomerValue, customers: pd.DataFrame, margins: Margins) -> TotalValue:
    """Add what each customer has brought so far to what it is still expected to bring.

    Parameters
    ----------
    value
        The value to come.
    customers
        ``sql/customers.sql`` for the same day.
    margins
        The margin of each customer.
    """
    by_id = pd.Series(earned(margins, customers), index=customers["customer_id"])
    past = value.frame["customer_id"].map(by_id).fillna(0.0).to_numpy(float)
    frame = value.frame.assign(past_margin=past, total_value=past + value.frame["clv"])
    return TotalValue(frame, value.currency, margins.assumed())


def earned(margins: Margins, customers: pd.DataFrame) -> Floats:
    """Return the margin that each customer has brought, in money.

    Net sales − cost where the cost of all that was sold is known; else net sales × the customer's own rate,
    as it was and not drawn towards others, or the portfolio's where no cost is known.

    Parameters
    ----------
    margins
        The margins of the customers.
    customers
        Rows of ``sql/customers.sql``.
    """
    frame = customers[["customer_id", "sales", "net_sales", "cost"]].merge(
        margins.rates[["customer_id", "sales", "own_rate"]], "left", "customer_id", suffixes=("", "_known")
    )
    sales, net, cost, known, own = (frame[name].to_numpy(np.float64) for name in frame.columns[1:])
    by_rate = net * np.where(np.isnan(own), margins.rate, own)
    whole = (np.abs(known - sales) < CENT) & np.isfinite(cost)
    return np.where(whole, net - cost, by_rate)
