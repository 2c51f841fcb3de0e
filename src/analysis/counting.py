"""How many customers there are: the ways to count them, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from analysis import churn, portfolio
from analysis.churn import Horizon
from analysis.display_names import WHY_COUNTS_DIFFER
from analysis.language import _, number, period
from analysis.ltv.alive import Alive
from analysis.not_possible import NotPossible
from analysis.portfolio import Activity, CustomerFlow
from analysis.result import Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset


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

    def notes(self) -> list[str]:
        """Say why the counts differ."""
        return [_(WHY_COUNTS_DIFFER)]


def customer_counts(
    dataset: Dataset, alive: Alive | NotPossible, activity_window: int | None = None
) -> Counts | NotPossible:
    """Count the customers of a data set in all the ways that its topics know.

    Parameters
    ----------
    dataset
        The data set.
    alive
        P(alive) of each customer.
    activity_window
        Days after which a customer counts as inactive; None: that of the data set, or from the data.
    """
    as_of, pairs = dataset.as_of, dataset.query("purchase_gaps")
    window = portfolio.activity_window(pairs, activity_window or dataset.activity_window)
    unit = portfolio.default_period(window)
    horizon = churn.horizon(window, pairs, as_of)
    snapshots = churn.snapshots(dataset.sampled(), horizon)
    bought = dataset.query("customers", ["customer_id", "last_purchase", "net_sales"])
    return counts(
        portfolio.activity(bought, as_of, window),
        portfolio.customer_flow(dataset.query("customer_flow", period=unit), as_of, unit),
        horizon,
        churn.risk_today(churn.forecast(snapshots), snapshots, dataset),
        alive,
    )


def counts(
    activity: Activity | NotPossible,
    flow: CustomerFlow | NotPossible,
    horizon: Horizon | NotPossible,
    risk: pd.Series | NotPossible,
    alive: Alive | NotPossible,
) -> Counts | NotPossible:
    """Return the counts of customers that are possible, side by side.

    Parameters
    ----------
    activity
        Who is active within the activity window.
    flow
        Who bought in each period.
    horizon, risk
        How far the risk looks ahead; that of no purchase of each active customer.
    alive
        P(alive) of each customer.
    """
    if isinstance(activity, NotPossible):
        return activity
    rows = [
        (_("Have ever bought"), float(len(activity.customers))),
        (
            _("Active: bought in the last {days} days").format(days=number(activity.window)),
            float(activity.customers["active"].sum()),
        ),
    ]
    if isinstance(flow, CustomerFlow):
        name = period(flow.last["period"], flow.unit)
        rows.append((_("Bought in {period}").format(period=name), float(flow.last["active"])))
    if isinstance(horizon, Horizon) and isinstance(risk, pd.Series):
        what = _("Active, and expected to buy in the next {days} days").format(days=number(horizon.days))
        rows.append((what, float(len(risk) - risk.sum())))
    if isinstance(alive, Alive):
        many = float((alive.frame["p_alive"] > 1 / 2).sum())
        rows.append((_("More likely customers still than not: P(alive) above one half"), many))
    return Counts(pd.DataFrame(rows, columns=["what", "customers"]))
