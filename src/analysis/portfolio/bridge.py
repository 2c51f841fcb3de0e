"""From gross sales to net sales, and to the margin where cost is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, money, percent
from analysis.result import Finding, Result, currency_of

_OFF = ["discounts", "returns", "cancellations"]


@dataclass(frozen=True)
class SalesBridge(Result):
    """How gross sales become net sales.

    ``row`` is that of ``sql/sales_bridge.sql``, in money; what is taken off is 0 or negative.
    """

    name: ClassVar[str] = "bridge"
    row: pd.Series
    currency: str | None = None

    @property
    def off(self) -> float:
        """Money taken off gross sales, 0 or negative."""
        return float(self.row[_OFF].sum())

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether anything is taken off."""
        return self.off < 0

    def steps(self) -> pd.DataFrame:
        """Return ``step``, ``amount`` (money) and ``share_of_gross`` (missing where gross sales are zero)."""
        names = [_("Gross sales"), _("Discounts"), _("Returns"), _("Cancellations"), _("Net sales")]
        amounts = self.row[["gross_sales", *_OFF, "net_sales"]].to_list()
        return pd.DataFrame(
            {
                "step": names,
                "amount": amounts,
                "share_of_gross": pd.Series(amounts) / (amounts[0] or math.nan),
            }
        )

    def title(self) -> str:
        """Return how much is taken off, and what is left."""
        gross, net = (money(self.row[name], self.currency) for name in ("gross_sales", "net_sales"))
        if not self.row["gross_sales"]:
            return _("Gross sales are zero and net sales {net}.").format(net=net)
        if not self.is_drawn:
            return _(
                "Net sales are {net}, the same as gross sales: no discounts or returns are taken off. What "
                "was left out before, such as sales marked as cancelled, is in neither."
            ).format(net=net)
        share = percent(-self.off / self.row["gross_sales"], 1)
        return _("Of {gross} gross sales, {share} is taken off, which leaves net sales of {net}.").format(
            gross=gross, share=share, net=net
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the steps."""
        return {"bridge": self.steps()}

    def findings(self) -> list[Finding]:
        """Return net sales and what was taken off."""
        net = float(self.row["net_sales"])
        return [Finding("portfolio.net_sales", self.sentence(), net, "money", abs(self.off))]

    def notes(self) -> list[str]:
        """Return the margin of the lines whose cost is known, or what is missing to know it."""
        known, cost, net = self.row[["net_sales_with_cost", "cost", "net_sales"]]
        if not (known > 0 and net > 0):
            return [_("No cost is known, so no margin: a column with the cost of each line would open it.")]
        message = _(
            "The margin is {margin}, {rate} of the net sales whose cost is known ({known} of all net sales)."
        )
        margin, rate = money(known - cost, self.currency), percent(1 - cost / known, 1)
        return [message.format(margin=margin, rate=rate, known=percent(known / net))]


def sales_bridge(row: pd.DataFrame) -> SalesBridge:
    """Return the sales bridge of the one row that ``sql/sales_bridge.sql`` gives.

    Notes
    -----
    Net sales = gross sales − discounts − returns − cancellations.
    """
    return SalesBridge(row.iloc[0].astype("float64"), currency_of(row))
