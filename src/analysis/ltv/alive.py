"""Who is still a customer: what P(alive) says in words, and how it went for a single one."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd

from analysis.language import _, ngettext, number, percent
from analysis.ltv.counts import Floats
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.summary import DAYS, Summary, Unit


def alive_title(values: pd.DataFrame) -> str:
    """Return what a chart of P(alive) shows.

    Parameters
    ----------
    values
        ``x`` and ``p_alive`` of each customer.
    """
    repeat = values[values["x"] > 0]
    return _("{share} of the {customers} repeat buyers are more likely gone than not").format(
        share=percent(float((repeat["p_alive"] < 0.5).mean())), customers=number(len(repeat))
    )


def alive_sentence(values: pd.DataFrame) -> str:
    """Say how many repeat buyers are more likely gone than not.

    Parameters
    ----------
    values
        ``x`` and ``p_alive`` of each customer.
    """
    repeat = values[values["x"] > 0]
    gone = int((repeat["p_alive"] < 0.5).sum())
    return ngettext(
        "{gone} of the {customers} repeat buyers ({share}) is more likely gone than not; the model expects "
        "{alive} of them to be customers still.",
        "{gone} of the {customers} repeat buyers ({share}) are more likely gone than not; the model expects "
        "{alive} of them to be customers still.",
        gone,
    ).format(
        gone=number(gone),
        customers=number(len(repeat)),
        share=percent(gone / max(len(repeat), 1)),
        alive=number(repeat["p_alive"].sum()),
    )


def one_time_sentence(summary: Summary, model: PurchaseModel | None = None) -> str:
    """Say how many customers bought once, of whom a model can say least.

    Parameters
    ----------
    summary
        The customers.
    model
        The fitted model; the BG/NBD by default, to which they are all customers still.
    """
    once = summary.frame["x"].to_numpy() == 0
    if not once.any():
        return _("Every customer has bought again.")
    words = {
        "once": number(int(once.sum())),
        "customers": number(len(once)),
        "share": percent(float(once.mean())),
    }
    if model is None or model.kind == "bg_nbd":
        return _(
            "{once} of {customers} customers ({share}) bought once: the model gives each of them P(alive) = "
            "1, by construction and not because anything is known of them."
        ).format(**words)
    x, t_x, t = (part[once] for part in summary.history)
    return _(
        "{once} of {customers} customers ({share}) bought once; the model expects {alive} of them to be "
        "customers still."
    ).format(alive=number(float(model.p_alive(x, t_x, t).sum())), **words)


def alive_history_title(customer_id: str, history: pd.DataFrame) -> str:
    """Return what a chart of one customer's P(alive) shows.

    Parameters
    ----------
    customer_id
        Whose history it is.
    history
        The result of `alive_history`.
    """
    return _("Customer {customer} is still a customer today with a probability of {alive}").format(
        customer=customer_id, alive=percent(history["p_alive"].iloc[-1], 1)
    )


class KnowsAlive(Protocol):
    """What a history of P(alive) takes of a model."""

    @property
    def unit(self) -> Unit:
        """Time unit of the ages."""

    def p_alive(self, x: Floats, t_x: Floats, t: Floats) -> Floats:
        """Return P(alive) at age ``t``."""


def alive_history(model: KnowsAlive, purchase_dates: pd.Series, as_of: pd.Timestamp) -> pd.DataFrame:
    """Follow one customer's P(alive) from its first purchase, day by day.

    Parameters
    ----------
    model
        A model of purchases, fitted or turned.
    purchase_dates
        Days on which the customer bought.
    as_of
        Last day of the history.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``p_alive`` at the end of that day, ``purchase`` (whether the customer bought that day).
    """
    days = pd.date_range(purchase_dates.min(), as_of, freq="D")
    bought = pd.Index(days).isin(purchase_dates)
    age: Floats = np.arange(len(days), dtype=np.float64) / DAYS[model.unit]
    last = np.maximum.accumulate(np.where(bought, age, 0.0))
    alive = model.p_alive(np.cumsum(bought).astype(float) - 1, last, age)
    return pd.DataFrame({"date": days, "p_alive": alive, "purchase": bought})
