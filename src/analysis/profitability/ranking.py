"""Margin against sales: the customers that a ranking by sales gets wrong."""

from __future__ import annotations

from analysis.language import _, listing, money, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.owners import called
from analysis.profitability.contribution import Contribution
from analysis.result import Finding, Listed
from analysis.segmentation.abc_classes import abc

LISTED = 10
NAMED = 3


@or_not_possible
def sales_ranking(result: Contribution) -> Listed | NotPossible:
    """Compare the ranking of customers by net sales with the one by contribution margin.

    Lists those ``overrated`` by net sales, class A but not among as many by margin, and those ``underrated``,
    the other way round: ``margin_rate``, ``rank_sales``, ``rank_margin`` (1 is the largest) and
    ``beside_rate``, the margin less the net sales at the rate of all, in money, by which they are sorted.
    """
    if result.margins.source != "costs" and not result.served:
        return NotPossible(_("The cost of each line would tell whom a ranking by sales gets wrong."))
    classes = abc(result.frame)
    if isinstance(classes, NotPossible):
        return classes
    names = [name for name in ("customer_id", "name", "owner", "net_sales", "margin") if name in result.frame]
    frame, rate = result.frame[names], result.total / float(result.frame["net_sales"].sum())
    ranks = frame[["net_sales", "margin"]].rank(ascending=False, method="min").astype(int)
    frame = frame.assign(
        margin_rate=frame["margin"] / frame["net_sales"].where(frame["net_sales"] > 0),
        beside_rate=frame["margin"] - rate * frame["net_sales"],
        rank_sales=ranks["net_sales"],
        rank_margin=ranks["margin"],
        margin=frame.pop("margin"),
    ).sort_values("beside_rate", kind="stable")
    best = int((classes.customers["abc"] == "A").sum())
    large, profitable = frame["rank_sales"] <= best, frame["rank_margin"] <= best
    wrong, missed = frame[large & ~profitable], frame[~large & profitable].iloc[::-1]
    lacking = -float(wrong["beside_rate"].sum())
    text = _("The largest customers are the most profitable ones: the two rankings agree.")
    if len(wrong):
        text = _(
            "{wrong} of the {best} largest customers are not among the {best} most profitable, {names} "
            "above all: at the usual rate their margin would be {lacking} higher."
        ).format(
            wrong=number(len(wrong)),
            best=number(best),
            names=listing([str(name) for name in called(wrong.head(NAMED))]),
            lacking=money(lacking, result.currency),
        )
    lost, good = (max(lacking, 0.0), False) if len(wrong) else (None, True)
    action = _("Go over their prices and discounts before you renew their terms.") if len(wrong) else ""
    found = Finding("profitability.overrated", text, len(wrong), "customers", lost, good, action)
    parts = {"overrated": wrong.head(LISTED), "underrated": missed.head(LISTED)}
    return Listed({name: part for name, part in parts.items() if len(part)}, text, found)
