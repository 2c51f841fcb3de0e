"""Selling expenses as a share of net sales, by month and kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, duration, money, percent
from analysis.not_possible import NotPossible
from analysis.periods import calendar
from analysis.result import Finding, Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset


@dataclass(frozen=True)
class SellingExpenses(Result):
    """What was spent to sell, against net sales, over the last whole months.

    Attributes
    ----------
    by_month
        By ``month``: the share of its net sales spent on each kind, the largest kind first.
    by_kind
        ``kind``, ``spent`` (money), ``share_of_sales`` and ``share_before``: the same in as many months
        before; missing where not all of these are known.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "selling_expenses"
    by_month: pd.DataFrame
    by_kind: pd.DataFrame
    currency: str | None = None

    def title(self) -> str:
        """Return the share of net sales that is spent, and what it was before."""
        now, before = self.by_kind[["share_of_sales", "share_before"]].sum(min_count=1)
        return _("Selling takes {share} of net sales ({spent} in {months}); before that {before}").format(
            share=percent(now, 1),
            spent=money(float(self.by_kind["spent"].sum()), self.currency),
            months=duration(len(self.by_month), "month"),
            before="–" if pd.isna(before) else percent(before, 1),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the kinds."""
        return {"selling_expenses": self.by_kind}

    def findings(self) -> list[Finding]:
        """Return the share; the money is what its change against the months before costs or saves."""
        spent, share = self.by_kind[["spent", "share_of_sales"]].sum().tolist()
        found = Finding("profitability.selling_expenses", f"{self.title()}.", share, "share")
        if self.by_kind["share_before"].isna().all():
            return [found]
        usual = float(self.by_kind["share_before"].sum())
        stake = abs(share - usual) * spent / share
        return [replace(found, money=stake, good=share <= usual, usual=usual)]


def selling_expenses(dataset: Dataset, months: int = 12) -> SellingExpenses | NotPossible:
    """Compare selling expenses with net sales over so many whole months, to the last one that is over."""
    if "spend" not in dataset.tables:
        return NotPossible(_("A table 'spend' with month, kind and amount would show what selling costs."))
    sales, spend = dataset.query("sales_by_period", period="month"), dataset.query("spend_by_kind")
    whole = calendar(sales["period"].min(), dataset.as_of, "month").query("complete")["period"]
    now, before = whole.iloc[-months:], whole.iloc[-2 * months : -months]
    spend = spend.assign(kind=spend["kind"].fillna(_("(not known)"))).astype({"amount": "float64"})
    spent = spend.pivot_table("amount", "month", "kind", "sum", fill_value=0.0)
    net = sales.set_index("period")["net_sales"].astype("float64")
    lately = spent.reindex(now, fill_value=0.0)
    if not lately.sum().sum() > 0 or not net.reindex(now).sum() > 0:
        return NotPossible(_("In no whole month of these both sales and spending are known."))
    earlier = spent.reindex(before).sum(skipna=False) / net.reindex(before).sum()
    by_kind = pd.DataFrame(
        {
            "spent": lately.sum(),
            "share_of_sales": lately.sum() / net.reindex(now).sum(),
            "share_before": earlier if len(before) == len(now) else np.nan,
        }
    ).sort_values("spent", ascending=False)
    by_month = lately[by_kind.index].div(net.where(net > 0).reindex(now), axis="index")
    by_kind = by_kind.rename_axis("kind").reset_index()
    return SellingExpenses(by_month.rename_axis("month"), by_kind, dataset.currency)
