"""Costly customers: those whose discounts, returns, service and late payment exceed what they bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import N_, _, listing, money, ngettext, number, percent
from analysis.not_possible import NotPossible
from analysis.profitability.contribution import Contribution
from analysis.profitability.receivables import LatePayers
from analysis.result import Finding, Result

COSTS = {
    "discounts": N_("Discounts"),
    "returns": N_("Returns"),
    "service_cost": N_("Cost to serve"),
    "late_cost": N_("Late payment"),
}
"""What a customer costs beside its goods."""

EVIDENCED = 500
MUCH_LATER = 1.5  # times the mean days late, from which lateness is evidence


@dataclass(frozen=True)
class Costly(Result):
    """The customers whose costs exceed what they bring, each with its evidence.

    Attributes
    ----------
    frame
        One row per such customer, those who cost most beyond it first: ``customer_id``, ``name`` and
        ``owner`` where known; money: ``brings`` (gross sales − cost of these goods), ``discounts``,
        ``returns``, ``service_cost``, ``late_cost`` (what waiting for its money costs), ``remains`` (what it
        brings less the four); ``evidence``: where it costs more than others, in words and figures, of the
        first 500.
    customers
        How many there are in all.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "costly"
    frame: pd.DataFrame
    customers: int
    currency: str | None = None

    def title(self) -> str:
        """Return how many they are."""
        return ngettext(
            "{few} of {customers} customers costs more than it brings",
            "{few} of {customers} customers cost more than they bring",
            len(self.frame),
        ).format(few=number(len(self.frame)), customers=number(self.customers))

    def sentence(self) -> str:
        """Say how many they are, what that comes to, and which cost weighs most."""
        sums = self.frame[list(COSTS)].sum()
        return _("{title}: {beyond} in all; of their costs {most} is “{cost}”.").format(
            title=self.title(),
            beyond=money(-float(self.frame["remains"].sum()), self.currency),
            most=percent(float(sums.max()) / (float(sums.sum()) or float("nan"))),
            cost=_(COSTS[str(sums.idxmax())]),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the customers."""
        return {"costly": self.frame}

    def findings(self) -> list[Finding]:
        """Return how many they are."""
        beyond = -float(self.frame["remains"].sum())
        count = len(self.frame)
        return [Finding("profitability.costly", self.sentence(), count, "customers", beyond, good=False)]


def costly(result: Contribution | NotPossible, late: LatePayers | NotPossible) -> Costly | NotPossible:
    """Find the customers whose discounts, returns, service and late payment exceed what they bring.

    Parameters
    ----------
    result
        The contribution margin of each customer.
    late
        Who pays late; where that is not known, late payment costs nothing.
    """
    if isinstance(result, NotPossible):
        return result
    if result.served is None and isinstance(late, NotPossible):
        return NotPossible(
            _(
                "Beyond those that lose money, nobody can be told to be costly: the column service_cost of "
                "the customers, or invoices with due and paid, would show who costs more than it brings."
            )
        )
    frame = result.frame.assign(late_cost=0.0, days_late=float("nan"))
    if isinstance(late, LatePayers):
        by_id = late.frame.set_index("customer_id")
        frame["late_cost"] = frame["customer_id"].map(by_id["late_cost"]).fillna(0.0)
        frame["days_late"] = frame["customer_id"].map(by_id["days_late"])
    usual = frame[list(COSTS)].sum() / max(float(frame["gross_sales"].sum()), 1e-9)
    frame["brings"] = frame["gross_sales"] - frame["goods"]
    frame["remains"] = frame["brings"] - frame[list(COSTS)].sum(axis=1)
    found = frame[(frame["remains"] < 0) & (frame[list(COSTS)].sum(axis=1) > 0)]
    if found.empty:
        return NotPossible(_("No customer costs more than it brings in these months."))
    mean_late = late.days_late if isinstance(late, LatePayers) else 0.0
    found = found.sort_values("remains", kind="stable", ignore_index=True)
    first = found.head(EVIDENCED).iterrows()
    evidence = pd.Series([_evidence(row, usual, mean_late, result.currency) for _place, row in first])
    names = ["customer_id", "name", "owner", "net_sales", "brings", *COSTS, "remains"]
    found = found[[name for name in names if name in found]].assign(evidence=evidence.reindex(found.index))
    return Costly(found, len(frame), result.currency)


def _evidence(row: pd.Series, usual: pd.Series, mean_late: float, currency: str | None) -> str:
    """Say where a customer costs more than others: its figure, and that of all together."""
    said, gross = [], row["gross_sales"]
    messages = {
        "discounts": _("discount {own} (all: {usual})"),
        "returns": _("returns {own} (all: {usual})"),
        "service_cost": _("service {money}, {own} (all: {usual})"),
    }
    for cost, message in messages.items():
        own = row[cost] / gross if gross > 0 else float("inf")
        if row[cost] > 0 and own > usual[cost]:
            share = percent(own, 1) if gross > 0 else _("without sales")
            said.append(
                message.format(own=share, usual=percent(usual[cost], 1), money=money(row[cost], currency))
            )
    if row["days_late"] > MUCH_LATER * mean_late:
        late = _("pays {days} days late (all: {usual})")
        said.append(late.format(days=number(row["days_late"]), usual=number(mean_late)))
    return listing(said) or _("goods sold below cost")
