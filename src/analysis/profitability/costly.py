"""Costly customers: those who cost more than they bring, why, and on what evidence."""

from __future__ import annotations

import pandas as pd

from analysis.language import N_, _, duration, money, ngettext, number
from analysis.not_possible import NotPossible
from analysis.profitability.contribution import COSTS as COSTS_OF_MARGIN
from analysis.profitability.contribution import Contribution
from analysis.result import Finding, Listed, led_by

COSTS = COSTS_OF_MARGIN | {"late_cost": N_("Late payment")}


def costly(result: Contribution | NotPossible, late: Listed | NotPossible) -> Listed | NotPossible:
    """Find the customers whose costs, that of waiting for their money among them, exceed what they bring.

    Lists them, the largest loss first, with ``late_cost``, ``days_late``, what ``remains`` (the margin less
    that cost, in money), the main ``reason`` and its ``excess`` over the usual; and the reasons: of how many
    customers each is the main one, their ``loss``, and by how much it exceeds the usual of all of them. Where
    it is not known who pays late, that costs nothing.
    """
    if isinstance(result, NotPossible):
        return result
    frame = result.frame.assign(late_cost=0.0, days_late=float("nan"))
    if isinstance(late, Listed):
        by_id = late.shown["late_payers"].set_index("customer_id")
        frame["late_cost"] = frame["customer_id"].map(by_id["late_cost"]).fillna(0.0)
        frame["days_late"] = frame["customer_id"].map(by_id["days_late"])
    frame["remains"] = frame["margin"] - frame["late_cost"]
    found = frame[frame["remains"] < 0].sort_values("remains", kind="stable", ignore_index=True)
    if found.empty:
        return NotPossible(_("No customer costs more than it brings in these months."))
    beyond, names = excess(frame, found), {cost: _(name) for cost, name in COSTS.items()}
    found = found.assign(reason=beyond.idxmax(axis="columns").map(names), excess=beyond.max(axis="columns"))
    lost = found.groupby("reason")["remains"].agg(["size", "sum"]).reindex(list(names.values()), fill_value=0)
    reasons = lost.set_axis(["customers", "loss"], axis="columns").assign(excess=beyond.sum().to_numpy())
    reasons["loss"] *= -1
    worst, loss = reasons["loss"].idxmax(), -float(found["remains"].sum())
    text = ngettext(
        "{few} of the {customers} customers of the last {months} costs more than it brings: {loss}{assumed}, "
        "{part} of it with “{reason}” as the main reason.",
        "{few} of the {customers} customers of the last {months} cost more than they bring: {loss} in "
        "all{assumed}, {part} of it with “{reason}” as the main reason.",
        len(found),
    ).format(
        few=number(len(found)),
        customers=number(len(frame)),
        months=duration(result.months, "month"),
        loss=money(loss, result.currency),
        reason=worst,
        part=money(reasons["loss"].max(), result.currency),
        assumed=result.margins.assumed(),
    )
    waiting = _("What waiting for the money costs is counted here, and not in the contribution margin.")
    told = found.drop(columns=["net_sales", "margin"])
    listed = led_by(told, "customer_id", "name", "owner", "gross_sales", "remains", "reason", "excess")
    action = _("Change terms, prices or the least order of the largest of them; serve the small at low cost.")
    finding = Finding("profitability.costly", text, len(found), "customers", loss, False, action)
    notes = (waiting,) if isinstance(late, Listed) else ()
    return Listed({"reasons": reasons.reset_index(), "costly": listed}, text, finding, notes_on=notes)


def excess(frame: pd.DataFrame, some: pd.DataFrame) -> pd.DataFrame:
    """Return what some customers take more than of the average euro of gross sales, by cost, in money.

    With G the gross sales of all and C those of one cost, a customer with gross sales g and cost c exceeds by
    c − g × C ÷ G. What remains of it is g × (what remains of all ÷ G) less its five excesses, exactly.
    """
    usual = frame[list(COSTS)].sum() / (float(frame["gross_sales"].sum()) or float("inf"))
    return some[list(COSTS)] - pd.DataFrame({cost: some["gross_sales"] * usual[cost] for cost in COSTS})
