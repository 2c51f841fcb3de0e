"""How many customers there are: four ways to count them, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from analysis.churn.risks import Risks
from analysis.language import _, number, period
from analysis.not_possible import NotPossible
from analysis.portfolio import Activity, CustomerFlow
from analysis.result import Finding, Result


@dataclass(frozen=True)
class Counts(Result):
    """The ways to count customers that these data allow.

    Attributes
    ----------
    frame
        ``what`` is counted, in the reader's language, and the ``customers``.
    """

    name: ClassVar[str] = "counts"
    is_drawn: ClassVar[bool] = False
    frame: pd.DataFrame

    def sentence(self) -> str:
        """Return the largest and the smallest count."""
        return _("Depending on how they are counted, there are {low} to {high} customers.").format(
            low=number(self.frame["customers"].min()), high=number(self.frame["customers"].max())
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the counts."""
        return {"counts": self.frame}

    def findings(self) -> list[Finding]:
        """Return how far the counts lie apart."""
        return [Finding("churn.counts", self.sentence(), float(self.frame["customers"].min()), "customers")]


def counts(
    activity: Activity | NotPossible, flow: CustomerFlow | NotPossible, risks: Risks | NotPossible
) -> Counts | NotPossible:
    """Return the counts of customers that are possible, side by side.

    Parameters
    ----------
    activity
        Who is active within the activity window.
    flow
        Who bought in each period.
    risks
        The risk of no purchase of each active customer.
    """
    if isinstance(activity, NotPossible):
        return activity
    rows = [
        (_("Have ever bought"), float(len(activity.customers))),
        (
            _("Active: bought in the last {days} days").format(days=number(activity.window)),
            float(activity.active),
        ),
    ]
    if isinstance(flow, CustomerFlow) and flow.last is not None:
        name = period(flow.last["period"], flow.unit)
        rows.append((_("Bought in {period}").format(period=name), float(flow.last["active"])))
    if isinstance(risks, Risks):
        expected = len(risks.customers) - risks.expected[0]
        what = _("Active, and expected to buy in the next {days} days").format(days=number(risks.horizon))
        rows.append((what, expected))
    return Counts(pd.DataFrame(rows, columns=["what", "customers"]))
