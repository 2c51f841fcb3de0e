"""What each customer has brought so far, with what it is still expected to bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, money
from analysis.ltv.equity import CustomerValue
from analysis.not_possible import or_not_possible
from analysis.profitability.contribution import earned
from analysis.profitability.margins import Margins
from analysis.result import Finding, Result


@dataclass(frozen=True)
class TotalValue(Result):
    """What each customer has brought so far, with what it is still expected to bring.

    Attributes
    ----------
    frame
        The customers with ``past_margin``, see `analysis.profitability.earned`, not discounted, and
        ``total_value``, that plus the ``clv``, which is the residual value; both in money.
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
def total_value(value: CustomerValue, profits: pd.DataFrame, margins: Margins) -> TotalValue:
    """Add what each customer has brought so far to what it is still expected to bring.

    Parameters
    ----------
    value
        The value to come.
    profits
        The result of `analysis.profitability.profits` for the same day.
    margins
        The margin of each customer.
    """
    by_id = pd.Series(earned(profits, margins), index=profits["customer_id"])
    past = value.frame["customer_id"].map(by_id).fillna(0.0).to_numpy(float)
    frame = value.frame.assign(past_margin=past, total_value=past + value.frame["clv"])
    return TotalValue(frame, value.currency, margins.assumed())
