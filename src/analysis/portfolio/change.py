"""Where the change of net sales came from: won, kept, reactivated and lost, in money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, listing, money, percent
from analysis.not_possible import or_not_possible
from analysis.owners import called
from analysis.portfolio.bridge import Waterfall
from analysis.portfolio.compared import Compared, kept
from analysis.result import Finding

STEPS = ("new", "reactivated", "again", "growth", "returned", "shrinkage", "not_yet", "lost")
_TOP, _NAMED, _SEEN = 10, 3, 0.001


@dataclass(frozen=True, kw_only=True)
class SalesChange(Waterfall):
    """The change of net sales between two periods, by what customers did.

    Attributes
    ----------
    steps
        ``step``, ``customers``, ``amount`` (money) and ``share`` of the earlier net sales. Those of
        ``growth`` and ``shrinkage`` are of retained customers; the amounts add up to the change.
    gross_retention, net_retention
        Net sales now of the customers who bought in the earlier period ÷ their net sales then, growth capped
        at what each bought then, and not.
    """

    name: ClassVar[str] = "change"
    steps: pd.DataFrame
    gross_retention: float
    net_retention: float


@or_not_possible
def sales_change(compared: Compared) -> SalesChange:
    """Return the steps from the net sales of one period to those of another.

    Notes
    -----
    Net sales now − before = new + reactivated + again + growth of retained + returned only − shrinkage of
    retained − not yet − lost, exactly; see `analysis.portfolio.compared` for who is what. Steps without
    customers are left out.
    """
    names = {"net_before": "earlier_sales", "net_now": "later_sales"}
    frame = compared.customers.rename(columns=names)
    frame["difference"] = frame["later_sales"] - frame["earlier_sales"]
    moved = np.where(frame["difference"] >= 0, STEPS.index("growth"), STEPS.index("shrinkage"))
    place = frame["status"].cat.set_categories(STEPS).cat.codes  # -1: retained
    step = pd.Categorical.from_codes(np.where(place < 0, moved, place), pd.Index(STEPS))
    steps = frame.groupby(pd.Series(step, frame.index), observed=True)["difference"].agg(["size", "sum"])
    steps = steps.set_axis(["customers", "amount"], axis=1)
    total, later = (float(frame[name].sum()) for name in names.values())
    steps["share"] = steps["amount"] / total
    told, (first, second) = _step_names(compared), compared.names
    lost, won = (float(part.sum()) for part in (-steps["amount"].clip(upper=0), steps["amount"].clip(0)))
    text = _(
        "Customers who bought less than in {first}, or nothing, took {lost} off net sales ({share} of them); "
        "those who bought more, or came, added {won}."
    ).format(
        first=first,
        lost=money(lost, compared.currency),
        share=percent(lost / total, 1),
        won=money(won, compared.currency),
    )
    claim = _("Customers who bought less took {lost} off net sales, those who bought more added {won}")
    before = frame.loc[frame["purchases_before"] > 0, [*names.values()]]
    of, now = before.sum()
    gross, net = float(before.min(axis=1).sum() / of), float(now / of)
    notes = [kept(first, second, gross, net)]
    if set(steps.index) & {"again", "not_yet"}:
        notes.append(
            _(
                "The two periods do not touch: who bought in one of them and also in between is neither "
                "lost nor reactivated, and makes a step of its own."
            )
        )
    steps = steps.rename_axis("step").reset_index().astype({"step": "str"})
    fallen, risen = (_most(frame, sign, told) for sign in (-1, 1))
    those = listing([str(name) for name in called(fallen.head(_NAMED))])
    action = _("Find out first what happened with {names}.").format(names=those) if lost else ""
    shown = steps.assign(step=steps["step"].map(told))
    seen = shown[shown["share"].abs() >= _SEEN]
    return SalesChange(
        {
            "change": shown,
            "fallen": fallen,
            "risen": risen,
        },
        text,
        Finding("portfolio.change", text, lost / total, "share", lost, not lost, action),
        claim.format(lost=money(lost, compared.currency), won=money(won, compared.currency)),
        tuple(notes),
        bars={first: total, **dict(zip(seen["step"], seen["amount"], strict=True)), second: later},
        currency=compared.currency,
        steps=steps,
        gross_retention=gross,
        net_retention=net,
    )


def _most(frame: pd.DataFrame, sign: int, told: dict[str, str]) -> pd.DataFrame:
    """Return the customers who bought most more (1) or less (-1), with what their status is called."""
    some = frame.loc[sign * frame["difference"] > 0, "difference"]
    rows = frame.loc[(some.nlargest(_TOP) if sign > 0 else some.nsmallest(_TOP)).index]
    columns = ["customer_id", "name", "owner", "status", "earlier_sales", "later_sales", "difference"]
    rows = rows.filter(columns).reset_index(drop=True)
    return rows.assign(status=rows["status"].astype("str").map(told))


def _step_names(compared: Compared) -> dict[str, str]:
    """Return what each step, and each status of a customer, is called."""
    this_year = compared.is_to_date
    return {
        "new": _("New"),
        "reactivated": _("Reactivated"),
        "again": _("Again this year") if this_year else _("Again"),
        "retained": _("Retained"),
        "growth": _("Growth of retained"),
        "returned": _("Only returned"),
        "shrinkage": _("Shrinkage of retained"),
        "not_yet": _("Not this year yet") if this_year else _("Not this time"),
        "lost": _("Lost"),
    }
