"""Costly customers: those who cost more than they bring, why, and on what evidence."""

from __future__ import annotations

import pandas as pd

from analysis.language import N_, _, money, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.profitability.contribution import COSTS as COSTS_OF_MARGIN
from analysis.profitability.contribution import Contribution
from analysis.profitability.receivables import LatePayers
from analysis.result import Finding, Listed

COSTS = COSTS_OF_MARGIN | {"late_cost": N_("Late payment")}
EVIDENCED = 500
_WORTH_TELLING = 0.1  # of what a customer takes beyond the usual


def costly(result: Contribution | NotPossible, late: LatePayers | NotPossible) -> Listed | NotPossible:
    """Find the customers whose costs, that of waiting for their money among them, exceed what they bring.

    Lists them, the largest loss first, with ``late_cost``, ``days_late``, what ``remains`` (the margin less
    that cost, in money) and the ``evidence`` of the first 500; and the reasons: of how many customers each
    cost is the main one, their ``loss``, and by how much it exceeds the usual of all of them.

    Parameters
    ----------
    result
        The contribution margin of each customer.
    late
        Who pays late; where that is not known, late payment costs nothing.
    """
    if isinstance(result, NotPossible):
        return result
    frame = result.frame.assign(late_cost=0.0, days_late=float("nan"))
    if isinstance(late, LatePayers):
        by_id = late.frame.set_index("customer_id")
        frame["late_cost"] = frame["customer_id"].map(by_id["late_cost"]).fillna(0.0)
        frame["days_late"] = frame["customer_id"].map(by_id["days_late"])
    frame["remains"] = frame["margin"] - frame["late_cost"]
    found = frame[frame["remains"] < 0].sort_values("remains", kind="stable", ignore_index=True)
    if found.empty:
        return NotPossible(_("No customer costs more than it brings in these months."))
    beyond = excess(frame, found)
    lost = found.groupby(beyond.idxmax(axis="columns"))["remains"].agg(["size", "sum"])
    reasons = lost.reindex(list(COSTS), fill_value=0).set_axis(["customers", "loss"], axis="columns")
    reasons = reasons.assign(loss=-reasons["loss"], excess=beyond.sum()).reset_index(names="reason")
    reasons["reason"] = [_(name) for name in COSTS.values()]
    worst, loss = reasons.sort_values("excess").iloc[-1], -float(found["remains"].sum())
    text = ngettext(
        "{few} of {customers} customers costs more than it brings: {loss}; what it takes more than others is "
        "above all “{reason}” ({excess}).",
        "{few} of {customers} customers cost more than they bring: {loss} in all; what they take more than "
        "others is above all “{reason}” ({excess}).",
        len(found),
    ).format(
        few=number(len(found)),
        customers=number(len(frame)),
        loss=money(loss, result.currency),
        reason=worst["reason"],
        excess=money(worst["excess"], result.currency),
    )
    if isinstance(late, LatePayers):
        text += " " + _("What waiting for their money costs is counted here.")
    usual = frame[list(COSTS)].sum() / (float(frame["gross_sales"].sum()) or float("nan"))
    first = found.head(EVIDENCED)
    own = first[list(COSTS)].div(first["gross_sales"].where(first["gross_sales"] > 0), axis="index")
    told = [_evidence(beyond.loc[place], own.loc[place], usual) for place in first.index]
    names = ["customer_id", "name", "owner", "gross_sales", *COSTS, "days_late", "remains"]
    listed = found[[name for name in names if name in found]].assign(evidence=pd.Series(told))
    finding = Finding("profitability.costly", text, len(found), "customers", loss, good=False)
    return Listed({"reasons": reasons, "costly": listed}, text, finding)


def excess(frame: pd.DataFrame, some: pd.DataFrame) -> pd.DataFrame:
    """Return what some customers take more than of the average euro of gross sales, by cost, in money.

    With G the gross sales of all and C those of one cost, a customer with gross sales g and cost c exceeds by
    c − g × C ÷ G. What remains of it is g × (what remains of all ÷ G) less its five excesses, exactly.
    """
    usual = frame[list(COSTS)].sum() / (float(frame["gross_sales"].sum()) or float("inf"))
    return some[list(COSTS)] - pd.DataFrame({cost: some["gross_sales"] * usual[cost] for cost in COSTS})


def _evidence(beyond: pd.Series, own: pd.Series, usual: pd.Series) -> str:
    """Say where a customer costs more than others: its share of gross sales, and that of all together."""
    worth = beyond[beyond > _WORTH_TELLING * beyond.clip(lower=0).sum()].sort_values(ascending=False)
    shares = own.map(lambda share: _("without sales") if pd.isna(share) else percent(share, 1))
    message = _("{cost} {own} (all: {usual})")
    return "; ".join(
        message.format(cost=_(COSTS[cost]), own=shares[cost], usual=percent(usual[cost], 1))
        for cost in map(str, worth.index)
    )
