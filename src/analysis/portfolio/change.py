"""Where the change of net sales came from: won, kept, reactivated and lost, in money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, money
from analysis.not_possible import or_not_possible
from analysis.portfolio.compared import Compared, kept
from analysis.result import Finding, Result

STEPS = ("new", "reactivated", "again", "growth", "returned", "shrinkage", "not_yet", "lost")
_TOP = 10


@dataclass(frozen=True)
class SalesChange(Result):
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
    compared: Compared
    steps: pd.DataFrame
    gross_retention: float
    net_retention: float

    @property
    def ends(self) -> tuple[float, float]:
        """Net sales before and now, in money."""
        before, now = self.compared.totals()["net_sales"]
        return float(before), float(now)

    def step_names(self) -> dict[str, str]:
        """Return what each step, and each status of a customer, is called."""
        this_year = self.compared.is_to_date
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

    def title(self) -> str:
        """Return the change, and how much of it came from who came, stayed and went."""
        amounts = self.steps.set_index("step")["amount"].reindex(STEPS, fill_value=0.0)
        parts = {
            "change": self.ends[1] - self.ends[0],
            "came": amounts[["new", "reactivated", "again"]].sum(),
            "stayed": amounts[["growth", "shrinkage"]].sum(),
            "gone": amounts[["not_yet", "lost", "returned"]].sum(),
        }
        told = {key: ("+" if x > 0 else "") + money(x, self.compared.currency) for key, x in parts.items()}
        return _(
            "Net sales of {second} differ by {change} from those of {first}: {came} from customers who "
            "bought only now, {stayed} from those who bought in both, {gone} from all others."
        ).format(first=self.compared.names[0], second=self.compared.names[1], **told)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the steps, and the ten customers who took and who brought most."""
        called = self.step_names()
        frame = self.compared.customers.rename(
            columns={"net_before": "earlier_sales", "net_now": "later_sales"}
        )
        frame["difference"] = frame["later_sales"] - frame["earlier_sales"]
        frame["status"] = frame["status"].map(called)
        names = ["customer_id", "name", "owner", "status", "earlier_sales", "later_sales", "difference"]
        frame = frame.filter(names).sort_values("customer_id", ignore_index=True)
        fallen, risen = frame[frame["difference"] < 0], frame[frame["difference"] > 0]
        return {
            "change": self.steps.assign(step=self.steps["step"].map(called)),
            "fallen": fallen.nsmallest(_TOP, "difference").reset_index(drop=True),
            "risen": risen.nlargest(_TOP, "difference").reset_index(drop=True),
        }

    def findings(self) -> list[Finding]:
        """Return the change; good where net sales did not fall, and about the money of steps downwards."""
        change = self.ends[1] - self.ends[0]
        lost = float(-self.steps["amount"].clip(upper=0).sum())
        return [Finding("portfolio.change", self.sentence(), change, "money", lost, change >= 0)]

    def notes(self) -> list[str]:
        """Return how much was kept; and who is neither lost nor reactivated, where periods do not touch."""
        notes = [kept(*self.compared.names, self.gross_retention, self.net_retention)]
        if set(self.steps["step"]) & {"again", "not_yet"}:
            notes.append(
                _(
                    "The two periods do not touch: who bought in one of them and also in between is neither "
                    "lost nor reactivated, and makes a step of its own."
                )
            )
        return notes


@or_not_possible
def sales_change(compared: Compared) -> SalesChange:
    """Return the steps from the net sales of one period to those of another.

    Notes
    -----
    Net sales now − before = new + reactivated + again + growth of retained + returned only − shrinkage of
    retained − not yet − lost, exactly; see `analysis.portfolio.Compared` for who is what. Steps without
    customers are left out.
    """
    frame = compared.customers
    difference = frame["net_now"] - frame["net_before"]
    moved = np.where(difference >= 0, "growth", "shrinkage")
    step = frame["status"].mask(frame["status"] == "retained", pd.Series(moved, frame.index))
    steps = (
        pd.DataFrame({"step": step, "amount": difference})
        .groupby("step")
        .agg(customers=("amount", "size"), amount=("amount", "sum"))
    )
    steps["share"] = steps["amount"] / float(frame["net_before"].sum())
    steps = steps.loc[[name for name in STEPS if name in steps.index]].reset_index()
    before = frame[frame["purchases_before"] > 0]
    total, now = float(before["net_before"].sum()), float(before["net_now"].sum())
    same = float(before[["net_before", "net_now"]].min(axis=1).sum())
    return SalesChange(compared, steps, same / total, now / total)
