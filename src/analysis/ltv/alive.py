"""Who is still a customer: P(alive) of all, and of one day by day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, ngettext, number, percent
from analysis.ltv.estimation.equal_histories import Floats
from analysis.ltv.purchases import PurchaseModel, unseen_leaving
from analysis.ltv.summary import DAYS, OneCustomer, Summary
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result


@dataclass(frozen=True)
class Alive(Result):
    """How many customers are still customers, by the model in use.

    Attributes
    ----------
    frame
        ``x`` and ``p_alive`` of each customer.
    by_construction
        Whether the model gives 1 to whoever bought once, as the BG/NBD does.
    """

    name: ClassVar[str] = "p_alive"
    frame: pd.DataFrame
    by_construction: bool

    @property
    def repeat(self) -> pd.Series:
        """P(alive) of the repeat buyers."""
        return self.frame.loc[self.frame["x"] > 0, "p_alive"]

    def title(self) -> str:
        """Return what share of the repeat buyers is more likely gone than not."""
        return _("{share} of the {customers} repeat buyers are more likely gone than not").format(
            share=percent(float((self.repeat < 0.5).mean())), customers=number(len(self.repeat))
        )

    def sentence(self) -> str:
        """Say how many repeat buyers are more likely gone than not."""
        gone = int((self.repeat < 0.5).sum())
        message = (
            ngettext(
                "{gone} of the {customers} repeat buyers ({share}) is more likely gone than not.",
                "{gone} of the {customers} repeat buyers ({share}) are more likely gone than not.",
                gone,
            )
            if gone
            else _("None of the {customers} repeat buyers is more likely gone than not.")
        )
        return message.format(
            gone=number(gone),
            customers=number(len(self.repeat)),
            share=percent(gone / max(len(self.repeat), 1)),
        )

    def expected_sentence(self) -> str:
        """Say how many of the repeat buyers the model expects to be customers still."""
        message = _("The model expects {alive} of the {customers} repeat buyers to be customers still.")
        return message.format(alive=number(self.repeat.sum()), customers=number(len(self.repeat)))

    def once_sentence(self) -> str:
        """Say how many customers bought once, of whom a model can say least."""
        once = self.frame.loc[self.frame["x"] == 0, "p_alive"]
        if once.empty:
            return _("Every customer has bought again.")
        message = (
            _(
                "{once} of {customers} customers ({share}) bought once: the model gives each of them "
                "P(alive) = 1, by construction and not because anything is known of them."
            )
            if self.by_construction
            else _(
                "{once} of {customers} customers ({share}) bought once; the model expects {alive} of them to "
                "be customers still."
            )
        )
        return message.format(
            once=number(len(once)),
            customers=number(len(self.frame)),
            share=percent(len(once) / len(self.frame)),
            alive=number(once.sum()),
        )

    def findings(self) -> list[Finding]:
        """Return who is more likely gone."""
        gone = float((self.repeat < 0.5).mean())
        action = _("Leave them out of costly campaigns.") if gone else ""
        return [Finding("ltv.more_likely_gone", self.sentence(), gone, "share", action=action)]

    def notes(self) -> list[str]:
        """Say how many are expected to be customers still, and who bought once."""
        return [self.expected_sentence(), self.once_sentence()]


@or_not_possible
def alive(summary: Summary, purchases: PurchaseModel) -> Alive | NotPossible:
    """Return P(alive) of each customer; ``NotPossible`` where the data do not show who has left."""
    if not purchases.leaving_seen:
        return NotPossible(unseen_leaving())
    frame = summary.frame[["x"]].assign(p_alive=purchases.p_alive(*summary.history))
    return Alive(frame, purchases.kind == "bg_nbd")


@dataclass(frozen=True)
class AliveHistory(Result):
    """One customer's P(alive) from its first purchase, day by day.

    Attributes
    ----------
    frame
        ``date``, ``p_alive`` at the end of that day, ``purchase`` (whether the customer bought that day).
    customer_id
        Whose history it is.
    """

    name: ClassVar[str] = "alive_history"
    frame: pd.DataFrame
    customer_id: str

    def title(self) -> str:
        """Return where it stands today."""
        return _("Customer {customer} is still a customer today with a probability of {alive}").format(
            customer=self.customer_id, alive=percent(self.frame["p_alive"].iloc[-1], 1)
        )


@or_not_possible
def alive_history(someone: OneCustomer, purchases: PurchaseModel) -> AliveHistory | NotPossible:
    """Follow one customer's P(alive) day by day."""
    if not purchases.leaving_seen:
        return NotPossible(unseen_leaving())
    frame = follow(purchases, someone.purchases["date"], someone.as_of)
    return AliveHistory(frame, str(someone.row["customer_id"]))


def follow(model: PurchaseModel, purchase_dates: pd.Series, as_of: dt.date) -> pd.DataFrame:
    """Return P(alive) from the first of these purchases to ``as_of``, see `AliveHistory`."""
    days = pd.date_range(purchase_dates.min(), as_of, freq="D")
    bought = pd.Index(days).isin(purchase_dates)
    age: Floats = np.arange(len(days), dtype=np.float64) / DAYS[model.unit]
    last = np.maximum.accumulate(np.where(bought, age, 0.0))
    p_alive = model.p_alive(np.cumsum(bought).astype(float) - 1, last, age)
    return pd.DataFrame({"date": days, "p_alive": p_alive, "purchase": bought})
