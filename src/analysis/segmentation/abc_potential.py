"""ABC × potential: what customers buy now against what they could buy more, with a strategy per cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.language import N_, _, money, ngettext, number
from analysis.not_possible import NotPossible, or_not_possible
from analysis.portfolio import GrowthPotential
from analysis.result import LISTED, Finding, Result
from analysis.segmentation.abc_classes import classified

KEEP, DEVELOP, MAINTAIN, LOW_COST = N_("keep"), N_("develop"), N_("maintain"), N_("serve at low cost")
STRATEGIES = {
    ("A", "A"): DEVELOP, ("A", "B"): KEEP, ("A", "C"): KEEP,
    ("B", "A"): DEVELOP, ("B", "B"): MAINTAIN, ("B", "C"): MAINTAIN,
    ("C", "A"): DEVELOP, ("C", "B"): MAINTAIN, ("C", "C"): LOW_COST,
}  # fmt: skip
"""What to do with customers by their class now and by potential."""


@dataclass(frozen=True)
class AbcPotential(Result):
    """Customers of the last twelve months by class now and by potential.

    Attributes
    ----------
    customers
        Those of `GrowthPotential` whose growth potential is known, with ``abc`` (by net sales of twelve
        months) and ``potential_class`` (by growth potential).
    unknown
        How many are left out since what they could buy is not known.
    currency
        ISO 4217 code, or None where it is not known.
    """

    name: ClassVar[str] = "abc_potential"
    customers: pd.DataFrame
    unknown: int
    currency: str | None = None

    def grid(self) -> pd.DataFrame:
        """Return customers, net sales and growth potential by class now and by potential."""
        groups = self.customers.groupby(["abc", "potential_class"])
        return groups.size().to_frame("customers").join(groups[["net_sales", "growth_potential"]].sum())

    def large_tomorrow(self) -> pd.DataFrame:
        """Return who is C now and A by potential: small today, large tomorrow; the most first."""
        small = (self.customers["abc"] == "C") & (self.customers["potential_class"] == "A")
        return self.customers[small].drop(columns=["abc", "potential_class"]).reset_index(drop=True)

    def title(self) -> str:
        """Return how many are small today and could be large tomorrow, and the money."""
        found = self.large_tomorrow()
        if found.empty:
            return _("No customer of class C has the growth potential of class A.")
        return ngettext(
            "{n} customer is small today, with {now} in twelve months, and could be large tomorrow: it could "
            "buy up to {more} a year more.",
            "{n} customers are small today, with {now} in twelve months, and could be large tomorrow: they "
            "could buy up to {more} a year more.",
            len(found),
        ).format(
            n=number(len(found)),
            now=money(found["net_sales"].sum(), self.currency),
            more=money(found["growth_potential"].sum(), self.currency),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the cells with their strategy, and who is small today and large tomorrow."""
        cells = self.grid().reset_index()
        keys = zip(cells["abc"], cells["potential_class"], strict=True)
        listed = self.large_tomorrow().drop(columns="basis").dropna(axis="columns", how="all")
        return {
            "abc_potential": cells.assign(strategy=[_(STRATEGIES[key]) for key in keys]),
            "large_tomorrow": listed.head(LISTED),
        }

    def findings(self) -> list[Finding]:
        """Return how many are small today and could be large tomorrow."""
        count = len(self.large_tomorrow())
        action = _("Ask them by e-mail what they buy elsewhere; visit those of the action plan only.")
        action = action if count else ""
        return [Finding("segmentation.large_tomorrow", self.title(), count, "customers", action=action)]

    def notes(self) -> list[str]:
        """Return how many are left out."""
        message = ngettext(
            "{n} customer is left out, since what it could buy is not known.",
            "{n} customers are left out, since what they could buy is not known.",
            self.unknown,
        )
        return [message.format(n=number(self.unknown))] if self.unknown else []


@or_not_possible
def abc_potential(potential: GrowthPotential, a: float = 0.80, b: float = 0.95) -> AbcPotential | NotPossible:
    """Return the class of each customer now against its class by growth potential.

    The boundaries ``a`` and ``b`` are those of `abc`, for both.
    """
    now = classified(potential.customers["net_sales"], a, b)
    known = potential.customers["growth_potential"].notna()
    more = classified(potential.customers.loc[known, "growth_potential"], a, b)
    if now is None or more is None:
        return NotPossible(_("Net sales or growth potential add up to nothing, so there are no classes."))
    frame = potential.customers.assign(abc=now)[known].assign(potential_class=more)
    return AbcPotential(frame.reset_index(drop=True), int((~known).sum()), potential.currency)
