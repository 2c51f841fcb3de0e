"""From gross sales to net sales, and to the margin where cost is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, money, percent
from analysis.result import Finding, Result, currency_of


@dataclass(frozen=True)
class SalesBridge(Result):
    """How gross sales become net sales; what is taken off is 0 or negative.

    Attributes
    ----------
    gross_sales, discounts, returns, cancellations
        Money; the four add up to ``net_sales``.
    net_sales
        Money.
    cost
        Cost of the goods sold; None where no cost is known.
    net_sales_with_cost
        Net sales of the lines whose cost is known; None where there is none.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "bridge"

    gross_sales: float
    discounts: float
    returns: float
    cancellations: float
    net_sales: float
    cost: float | None
    net_sales_with_cost: float | None
    currency: str | None = None

    @property
    def deductions(self) -> float:
        """Money taken off gross sales, 0 or negative."""
        return self.discounts + self.returns + self.cancellations

    @property
    def margin(self) -> float | None:
        """Margin of the lines whose cost is known: their net sales − their cost."""
        if self.cost is None or self.net_sales_with_cost is None:
            return None
        return self.net_sales_with_cost - self.cost

    def steps(self) -> pd.DataFrame:
        """Return the bridge as a table.

        Returns
        -------
        pandas.DataFrame
            ``step`` (in the reader's language), ``amount`` (money) and ``share_of_gross``
            (missing where gross sales are zero).
        """
        names = [_("Gross sales"), _("Discounts"), _("Returns"), _("Cancellations"), _("Net sales")]
        amounts = [self.gross_sales, self.discounts, self.returns, self.cancellations, self.net_sales]
        frame = pd.DataFrame({"step": names, "amount": amounts})
        return frame.assign(share_of_gross=frame["amount"] / (self.gross_sales or float("nan")))

    @property
    def is_drawn(self) -> bool:  # type: ignore[override]
        """Whether anything is taken off."""
        return bool(self.deductions)

    def title(self) -> str:
        """Return what a chart of the bridge shows."""
        if not self.gross_sales:
            return _("Nothing was sold for money")
        return _("{share} of gross sales is taken off before they become net sales").format(
            share=percent(-self.deductions / self.gross_sales, 1)
        )

    def sentence(self) -> str:
        """Return the finding in one sentence."""
        net = money(self.net_sales, self.currency)
        if not self.gross_sales:
            return _("Gross sales are zero and net sales {net}.").format(net=net)
        if not self.deductions:
            return _(
                "Net sales are {net}, the same as gross sales: no discounts or returns are taken off. What "
                "was left out before, such as sales marked as cancelled, is in neither."
            ).format(net=net)
        return _("Of {gross} gross sales, {share} is taken off, which leaves net sales of {net}.").format(
            gross=money(self.gross_sales, self.currency),
            share=percent(-self.deductions / self.gross_sales, 1),
            net=net,
        )

    def margin_sentence(self) -> str:
        """Return the margin in one sentence, or what is missing to know it."""
        if self.margin is None or not self.net_sales_with_cost:
            return _("No cost is known, so no margin: a column with the cost of each line would open it.")
        return _(
            "The margin is {margin}, {rate} of the net sales whose cost is known ({known} of all net sales)."
        ).format(
            margin=money(self.margin, self.currency),
            rate=percent(self.margin / self.net_sales_with_cost, 1),
            known=percent(self.net_sales_with_cost / self.net_sales) if self.net_sales else "–",
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the steps."""
        return {"bridge": self.steps()}

    def findings(self) -> list[Finding]:
        """Return net sales and what was taken off."""
        off = abs(self.deductions)
        return [Finding("portfolio.net_sales", self.sentence(), self.net_sales, "money", off, good=None)]

    def notes(self) -> list[str]:
        """Return the margin, or what is missing to know it."""
        return [self.margin_sentence()]


def sales_bridge(row: pd.DataFrame) -> SalesBridge:
    """Return the sales bridge of the one row that ``sql/sales_bridge.sql`` gives.

    Notes
    -----
    Net sales = gross sales − discounts − returns − cancellations.
    """
    values = row.iloc[0]
    known = bool(pd.notna(values["cost"]))
    return SalesBridge(
        gross_sales=float(values["gross_sales"]),
        discounts=float(values["discounts"]),
        returns=float(values["returns"]),
        cancellations=float(values["cancellations"]),
        net_sales=float(values["net_sales"]),
        cost=float(values["cost"]) if known else None,
        net_sales_with_cost=float(values["net_sales_with_cost"]) if known else None,
        currency=currency_of(row),
    )
