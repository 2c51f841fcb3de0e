"""Selling expenses as a share of net sales, by month and kind."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from analysis.language import _, duration, money, percent
from analysis.not_possible import NotPossible
from analysis.periods import calendar
from analysis.result import Finding, Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset

KINDS = 5


@dataclass(frozen=True)
class SellingExpenses(Result):
    """What was spent to sell, against net sales, over the last whole months.

    Attributes
    ----------
    by_month
        ``month``, one column per kind (the largest first; of many the smaller ones together), in money, then
        ``spent`` and ``net_sales``.
    by_kind
        ``kind``, ``spent`` (money), ``share_of_sales`` and ``share_before``: the same in as many months
        before; missing where no spending is known of them.
    months
        How many whole months there are.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "selling_expenses"
    by_month: pd.DataFrame
    by_kind: pd.DataFrame
    months: int
    currency: str | None = None

    @property
    def share(self) -> float:
        """Spent ÷ net sales; missing where nothing was sold."""
        net = float(self.by_month["net_sales"].sum())
        return float(self.by_month["spent"].sum()) / net if net > 0 else float("nan")

    def title(self) -> str:
        """Return the share of net sales that is spent."""
        return _("Selling takes {share} of net sales").format(share=percent(self.share, 1))

    def sentence(self) -> str:
        """Say what is spent, whether that share rises, and on what most."""
        spent = money(float(self.by_month["spent"].sum()), self.currency)
        most = self.by_kind.iloc[0]
        said = _("{title} ({spent} in {months}), most of it “{kind}” ({share}).").format(
            title=self.title(),
            spent=spent,
            months=duration(self.months, "month"),
            kind=most["kind"],
            share=percent(most["share_of_sales"], 1),
        )
        if self.by_kind["share_before"].isna().all():
            return said
        before = percent(float(self.by_kind["share_before"].sum()), 1)
        return said + " " + _("In as many months before it was {before}.").format(before=before)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the kinds."""
        return {"selling_expenses": self.by_kind}

    def findings(self) -> list[Finding]:
        """Return the share."""
        spent = float(self.by_month["spent"].sum())
        return [Finding("profitability.selling_expenses", self.sentence(), self.share, "share", spent)]


def selling_expenses(dataset: Dataset, months: int = 12) -> SellingExpenses | NotPossible:
    """Compare selling expenses with net sales.

    Parameters
    ----------
    dataset
        The data set, with a table ``spend``.
    months
        How many whole months are looked at, to the last one that is over.
    """
    if "spend" not in dataset.tables:
        return NotPossible(
            _(
                "What is spent on selling is not known: a table 'spend' with month, kind and amount would "
                "show it as a share of net sales."
            )
        )
    sales = dataset.query("sales_by_period", period="month")
    return expenses_of(dataset.query("spend_by_kind"), sales, dataset.as_of, months, dataset.currency)


def expenses_of(
    spend: pd.DataFrame, sales: pd.DataFrame, as_of: dt.date, months: int, currency: str | None = None
) -> SellingExpenses | NotPossible:
    """Return expenses by month and kind, and by kind against as many months before.

    Parameters
    ----------
    spend
        The rows of ``sql/spend_by_kind.sql``.
    sales
        Those of ``sql/sales_by_period.sql`` by month.
    as_of
        The last day that counts.
    months
        How many whole months are looked at.
    currency
        ISO 4217 code, or None where it is not known.
    """
    whole = calendar(sales["period"].min(), as_of, "month")
    whole = whole.loc[whole["complete"], "period"]
    now, before = whole.tail(months), whole.iloc[: -len(whole.tail(months)) or None].tail(months)
    kind = spend["kind"].fillna(_("(not known)"))
    table = spend.assign(kind=kind, amount=spend["amount"].astype("float64")).pivot_table(
        index="month", columns="kind", values="amount", aggfunc="sum", fill_value=0.0
    )
    net = sales.set_index("period")["net_sales"].astype("float64")
    spent = table.reindex(now).fillna(0.0)
    if not spent.sum().sum() > 0 or not net.reindex(now).sum() > 0:
        return NotPossible(_("In no whole month of these both sales and spending are known."))
    order = spent.sum().sort_values(ascending=False).index
    earlier = table.reindex(before).dropna()
    known = len(earlier) == len(now) and net.reindex(before).sum() > 0
    by_kind = pd.DataFrame(
        {"spent": spent[order].sum(), "share_of_sales": spent[order].sum() / net.reindex(now).sum()}
    )
    by_kind["share_before"] = earlier[order].sum() / net.reindex(before).sum() if known else float("nan")
    by_kind = by_kind.rename_axis("kind").reset_index()
    shown = spent[order[:KINDS]].copy()
    if len(order) > KINDS:
        shown[_("(other)")] = spent[order[KINDS:]].sum(axis=1)
    by_month = shown.assign(spent=spent.sum(axis=1), net_sales=net.reindex(now).fillna(0.0))
    by_month.columns.name = None
    return SellingExpenses(by_month.rename_axis("month").reset_index(), by_kind, len(now), currency)
