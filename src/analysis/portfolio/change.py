"""Where the change of net sales came from: won, kept, reactivated and lost, in money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import _, money, percent
from analysis.not_possible import or_not_possible
from analysis.portfolio.compared import Compared
from analysis.result import Finding, Result

STEPS = ("new", "reactivated", "again", "growth", "returned", "shrinkage", "not_yet", "lost")
_TOP = 10


@dataclass(frozen=True)
class SalesChange(Result):
    """The change of net sales between two periods, by what customers did.

    Attributes
    ----------
    compared
        The two periods, and what each customer bought in them.
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
        """Return what each step is called."""
        this_year = self.compared.is_to_date
        return {
            "new": _("New"),
            "reactivated": _("Reactivated"),
            "again": _("Again this year") if this_year else _("Again"),
            "growth": _("Growth of retained"),
            "returned": _("Only returned"),
            "shrinkage": _("Shrinkage of retained"),
            "not_yet": _("Not this year yet") if this_year else _("Not this time"),
            "lost": _("Lost"),
        }

    def title(self) -> str:
        """Return what was won and what was lost."""
        amounts = self.steps.set_index("step")["amount"].reindex(STEPS, fill_value=0.0)
        first, second = self.compared.names
        message = _("{now} against {before}: {won} from new and reactivated customers, {lost} from lost ones")
        won, lost = amounts["new"] + amounts["reactivated"], amounts["lost"]
        return message.format(now=second, before=first, won=self._signed(won), lost=self._signed(lost))

    def sentence(self) -> str:
        """Return the change, its steps and how much of the earlier net sales was kept."""
        amounts = self.steps.set_index("step")["amount"].reindex(STEPS, fill_value=0.0)
        before, now = self.ends
        first, second = self.compared.names
        return _(
            "Net sales of {second} differ by {change} from those of {first}: {won} came from new and "
            "reactivated customers, {growth} from retained ones who bought more, {shrinkage} from retained "
            "ones who bought less, {lost} from lost ones. Of the earlier net sales {gross} were kept, {net} "
            "with the growth of the same customers."
        ).format(
            first=first,
            second=second,
            change=self._signed(now - before),
            won=self._signed(amounts["new"] + amounts["reactivated"]),
            growth=self._signed(amounts["growth"]),
            shrinkage=self._signed(amounts["shrinkage"]),
            lost=self._signed(amounts["lost"]),
            gross=percent(self.gross_retention, 1),
            net=percent(self.net_retention, 1),
        )

    def _signed(self, amount: float) -> str:
        return ("+" if amount > 0 else "") + money(amount, self.compared.currency)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the steps, and the ten customers who took and who brought most."""
        names = [name for name in ("customer_id", "name", "owner") if name in self.compared.customers]
        frame = self.compared.customers.rename(
            columns={"net_before": "earlier_sales", "net_now": "later_sales"}
        )
        frame = frame.assign(difference=frame["later_sales"] - frame["earlier_sales"])
        called = {**self.step_names(), "retained": _("Retained")}
        frame["status"] = frame["status"].map(called)
        frame = frame[[*names, "status", "earlier_sales", "later_sales", "difference"]]
        ranked = frame.sort_values(["difference", "customer_id"]).reset_index(drop=True)
        fallen, risen = ranked[ranked["difference"] < 0], ranked[ranked["difference"] > 0][::-1]
        return {
            "change": self.steps.assign(step=self.steps["step"].map(called)),
            "fallen": fallen.head(_TOP),
            "risen": risen.head(_TOP).reset_index(drop=True),
        }

    def findings(self) -> list[Finding]:
        """Return the change and its steps; good where net sales did not fall."""
        before, now = self.ends
        lost = float(-self.steps.loc[self.steps["amount"] < 0, "amount"].sum())
        text, value = self.sentence(), self.net_retention
        return [Finding("portfolio.change", text, value, "share", lost, good=now >= before)]

    def notes(self) -> list[str]:
        """Say who is neither lost nor reactivated, where the periods do not touch."""
        if not set(self.steps["step"]) & {"again", "not_yet"}:
            return []
        return [
            _(
                "The two periods do not touch: who bought in one of them and also in between is neither lost "
                "nor reactivated, and makes a step of its own."
            )
        ]


@or_not_possible
def sales_change(compared: Compared) -> SalesChange:
    """Return the steps from the net sales of one period to those of another.

    Parameters
    ----------
    compared
        The two periods, and what each customer bought in them.

    Notes
    -----
    Net sales now − before = new + reactivated + again + growth of retained + returned only − shrinkage of
    retained − not yet − lost, exactly; see `analysis.portfolio.Compared` for who is what. Steps without
    customers are left out.
    """
    frame = compared.customers
    difference = frame["net_now"] - frame["net_before"]
    step = frame["status"].mask(frame["status"].eq("retained") & difference.ge(0), "growth")
    step = step.replace("retained", "shrinkage")
    sums = (
        difference.groupby(step).agg(["size", "sum"]).reindex([name for name in STEPS if step.eq(name).any()])
    )
    before = frame[frame["purchases_before"] > 0]
    total = float(before["net_before"].sum())
    kept = float(before[["net_before", "net_now"]].min(axis=1).sum())
    steps = pd.DataFrame(
        {
            "step": sums.index,
            "customers": sums["size"].to_numpy(),
            "amount": sums["sum"].to_numpy(),
            "share": sums["sum"].to_numpy() / float(frame["net_before"].sum()),
        }
    )
    return SalesChange(compared, steps, kept / total, float(before["net_now"].sum()) / total)
