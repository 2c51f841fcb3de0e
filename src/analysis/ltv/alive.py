"""Who is still a customer: P(alive) of all, of one day by day, and of one-time buyers by model."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from analysis.language import _, listing, ngettext, number, percent
from analysis.ltv.backtest.holdout import hold_out
from analysis.ltv.estimation.equal_histories import Floats
from analysis.ltv.model_selection import Comparison, choose, compare_models
from analysis.ltv.purchases import PurchaseModel, model_name, unseen_leaving
from analysis.ltv.rounding import told_apart
from analysis.ltv.summary import DAYS, OneCustomer, Summary, Unit, summarise, unit_name, weeks_in
from analysis.not_possible import NotPossible, or_not_possible
from analysis.result import Finding, Result

if TYPE_CHECKING:
    from analysis.dataset import Dataset

AGES = 61
AGREE = 0.02  # share of customers about whom models may differ and still agree
SIMILAR = 1.5  # times by which what models expect may differ and still be about the same


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
        return ngettext(
            "{gone} of the {customers} repeat buyers ({share}) is more likely gone than not; the model "
            "expects {alive} of them to be customers still.",
            "{gone} of the {customers} repeat buyers ({share}) are more likely gone than not; the model "
            "expects {alive} of them to be customers still.",
            gone,
        ).format(
            gone=number(gone),
            customers=number(len(self.repeat)),
            share=percent(gone / max(len(self.repeat), 1)),
            alive=number(self.repeat.sum()),
        )

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
        """Return who is more likely gone, and who bought once."""
        gone, once = float((self.repeat < 0.5).mean()), float((self.frame["x"] == 0).mean())
        return [
            Finding("ltv.more_likely_gone", self.sentence(), gone, "share"),
            Finding("ltv.one_time", self.once_sentence(), once, "share"),
        ]


@or_not_possible
def alive(summary: Summary, purchases: PurchaseModel) -> Alive | NotPossible:
    """Return P(alive) of each customer; ``NotPossible`` where the data do not show who has left."""
    if not purchases.leaving_seen:
        return NotPossible(unseen_leaving())
    frame = summary.frame[["x"]].assign(p_alive=purchases.p_alive(*summary.history))
    return Alive(frame, purchases.kind == "bg_nbd")


def profile(dataset: Dataset) -> pd.DataFrame:
    """Return what lifetime value knows of each customer, by the model that `compare_models` takes.

    Returns
    -------
    pandas.DataFrame
        By ``customer_id``, of those who ever bought: ``p_alive``, where the data show who has left.
    """
    summary = summarise(dataset.query("customers"), dataset.as_of)
    found = alive(summary, choose(compare_models(summary, hold_out(dataset)), "auto"))
    p_alive = found.frame["p_alive"].to_numpy() if isinstance(found, Alive) else np.nan
    return pd.DataFrame({"p_alive": p_alive}, index=pd.Index(summary.frame["customer_id"]), dtype="float64")


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

    def sentence(self) -> str:
        """Return the title."""
        return self.title()


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


@dataclass(frozen=True)
class OneTimeBuyers(Result):
    """What each model says of customers who bought once.

    Attributes
    ----------
    curve
        ``age`` from 0 to the longest in 61 rows, and P(alive) under each model in a column of its name.
    frame
        One row per ``model``: one-time ``customers``, ``alive`` (how many of them are expected to be
        customers still), ``p_alive`` (their mean), ``expected_purchases`` of all of them within the horizon.
    unit
        Time unit of the curve.
    """

    name: ClassVar[str] = "one_time"
    curve: pd.DataFrame
    frame: pd.DataFrame
    unit: Unit

    def title(self) -> str:
        """Return what each model says in the end."""
        last = self.curve.iloc[-1]
        parts = [
            _("{model} {share}").format(model=model_name(name), share=percent(last[name]))
            for name in self.curve.columns[1:]
        ]
        return _("P(alive) {age} {unit} after the only purchase: {parts}").format(
            age=number(last["age"]), unit=unit_name(self.unit), parts=listing(parts)
        )

    def sentence(self) -> str:
        """Say how far the models are apart about one-time buyers."""
        table, customers = self.frame, number(self.frame["customers"].iloc[0])
        parts = [
            _("{share} under {model}").format(share=percent(share), model=model_name(name))
            for name, share in zip(table["model"], table["p_alive"], strict=True)
        ]
        if table["p_alive"].max() - table["p_alive"].min() < AGREE:
            return _(
                "The models agree about the {customers} one-time buyers: {parts} are customers still."
            ).format(customers=customers, parts=listing(parts))
        apart, shares = _apart(table["expected_purchases"]), _apart(table["p_alive"])
        least, most = told_apart(table["expected_purchases"].min(), table["expected_purchases"].max(), 0)
        expected = (
            _("What is expected of them together differs less: {least} to {most} purchases.")
            if apart < min(SIMILAR, shares)
            else _("What is expected of them together differs too: {least} to {most} purchases.")
        ).format(least=least, most=most)
        said = _(
            "How many of the {customers} one-time buyers are customers still, nobody has seen: {parts}."
        ).format(customers=customers, parts=listing(parts))
        return f"{said} {expected}"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the models by name."""
        return {"one_time": self.frame.assign(model=[model_name(kind) for kind in self.frame["model"]])}

    def findings(self) -> list[Finding]:
        """Return how far the models are apart."""
        return [Finding("ltv.one_time_models", self.sentence())]


def _apart(values: pd.Series) -> float:
    """Return how many times the least of the values the largest is."""
    return float(values.max() / values.min()) if values.min() > 0 else float("inf")


@or_not_possible
def one_time_buyers(
    summary: Summary, compared: Comparison, horizon_weeks: float
) -> OneTimeBuyers | NotPossible:
    """Put side by side what each model says of one-time buyers.

    In the BG/NBD one can only leave after a *repeat* purchase, so one who bought once is alive for certain,
    however long ago. In the MBG/NBD one may also leave after the first purchase, and in the Pareto/NBD at
    any time, so there a one-time buyer fades.
    """
    x, t_x, t = summary.history
    once = x == 0
    if not once.any():
        return NotPossible(
            _("Everybody has bought again, so there is nobody of whom the models could disagree.")
        )
    if not compared.best.leaving_seen:
        return NotPossible(unseen_leaving())
    history, duration = (x[once], t_x[once], t[once]), weeks_in(summary.unit, horizon_weeks)
    rows = []
    for name, model in compared.models.items():
        p_alive = model.p_alive(*history)
        expected = float(model.expected_purchases(duration, *history).sum())
        rows.append((name, int(once.sum()), float(p_alive.sum()), float(p_alive.mean()), expected))
    columns = ["model", "customers", "alive", "p_alive", "expected_purchases"]
    age, none = np.linspace(0, float(t.max()), AGES), np.zeros(AGES)
    curves = {name: model.p_alive(none, none, age) for name, model in compared.models.items()}
    frame = pd.DataFrame(rows, columns=columns)
    return OneTimeBuyers(pd.DataFrame({"age": age} | curves), frame, summary.unit)
