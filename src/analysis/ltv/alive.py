"""Who is still a customer: P(alive) in words, day by day, as a map, and of one-time buyers by model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pandas as pd

from analysis.language import _, listing, ngettext, number, percent
from analysis.ltv.estimation.equal_histories import Floats
from analysis.ltv.purchases import PurchaseModel, model_name
from analysis.ltv.rounding import told_apart
from analysis.ltv.summary import DAYS, Summary, Unit, unit_name

MOST_PURCHASES = 30
COLUMNS = 40
AGES = 61
AGREE = 0.02  # share of customers about whom models may differ and still agree
SIMILAR = 1.5  # times by which what models expect may differ and still be about the same


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


def alive_map(model: PurchaseModel, summary: Summary, age: float | None = None) -> pd.DataFrame:
    """Work out P(alive) by repeat purchases and time since the last one, for customers of one age.

    Parameters
    ----------
    model
        The fitted model.
    summary
        The customers; they say up to how many purchases the map goes (99 % of them, 30 at most, and at
        least one customer with two or more, where there is one).
    age
        ``T`` in the unit of the model; by default the median age.

    Returns
    -------
    pandas.DataFrame
        Rows ``x`` (1, 2, …), columns the time since the last purchase, from 0 to just below ``age`` in 40
        steps; cells P(alive). Customers who bought once have been silent all their age: see
        `one_time_alive`.
    """
    x, _t_x, t = summary.history
    oldest = float(np.median(t)) if age is None else age
    least = float(x[x > 1].min(initial=MOST_PURCHASES)) if (x > 1).any() else 1.0
    most = int(min(max(np.quantile(x, 0.99, method="lower"), least), MOST_PURCHASES))
    since = np.linspace(0, oldest, COLUMNS, endpoint=False)
    purchases: Floats = np.arange(1, most + 1, dtype=np.float64)
    repeat, last, ages = (
        part.ravel() for part in np.broadcast_arrays(purchases[:, None], oldest - since, oldest)
    )
    alive = model.p_alive(repeat, last, ages).reshape(most, COLUMNS)
    names = pd.RangeIndex(1, most + 1, name="x"), pd.Index(since, name="since_last")
    return pd.DataFrame(alive, index=names[0], columns=names[1])


def alive_map_title(table: pd.DataFrame, unit: Unit) -> str:
    """Return what a chart of `alive_map` shows: how long a silence makes a customer more likely gone.

    Parameters
    ----------
    table
        The map.
    unit
        Its time unit.
    """
    busy = int(min(10, table.index[-1]))
    row = table.loc[busy]
    gone = row.index[row.to_numpy() < 0.5]
    if not len(gone):
        return ngettext(
            "Even after {silence} {unit} of silence a customer with {x} repeat purchase is likely alive",
            "Even after {silence} {unit} of silence a customer with {x} repeat purchases is likely alive",
            busy,
        ).format(silence=number(row.index[-1]), unit=unit_name(unit), x=number(busy))
    return ngettext(
        "After {silence} {unit} of silence a customer with {x} repeat purchase is more likely gone than not",
        "After {silence} {unit} of silence a customer with {x} repeat purchases is more likely gone than not",
        busy,
    ).format(silence=number(gone[0]), unit=unit_name(unit), x=number(busy))


def one_time_alive(models: Mapping[str, PurchaseModel], longest: float) -> pd.DataFrame:
    """Work out what each model says of customers who bought once, by how long ago that was.

    In the BG/NBD one can only leave after a *repeat* purchase, so one who bought once is alive for certain,
    however long ago. In the MBG/NBD one may also leave after the first purchase, and in the Pareto/NBD at
    any time, so there a one-time buyer fades.

    Parameters
    ----------
    models
        Fitted models by name, in one time unit.
    longest
        Up to which age, in that unit.

    Returns
    -------
    pandas.DataFrame
        ``age`` from 0 to ``longest`` in 61 rows, and P(alive) under each model in a column of its name.
    """
    age = np.linspace(0, longest, AGES)
    none = np.zeros(AGES)
    return pd.DataFrame(
        {"age": age} | {name: model.p_alive(none, none, age) for name, model in models.items()}
    )


def one_time_value(models: Mapping[str, PurchaseModel], summary: Summary, horizon: float) -> pd.DataFrame:
    """Put side by side what each model expects of the one-time buyers of a portfolio.

    Parameters
    ----------
    models
        Fitted models by name.
    summary
        The customers.
    horizon
        In the unit of the models.

    Returns
    -------
    pandas.DataFrame
        One row per ``model``: one-time ``customers``, ``alive`` (how many of them are expected to be
        customers still), ``p_alive`` (their mean), ``expected_purchases`` of all of them within the
        horizon.
    """
    x, t_x, t = summary.history
    once = x == 0
    history = x[once], t_x[once], t[once]
    rows = []
    for name, model in models.items():
        alive = model.p_alive(*history)
        expected = model.expected_purchases(horizon, *history)
        share = float(alive.mean()) if len(alive) else np.nan
        rows.append((name, int(once.sum()), float(alive.sum()), share, float(expected.sum())))
    return pd.DataFrame(rows, columns=["model", "customers", "alive", "p_alive", "expected_purchases"])


def one_time_models_sentence(table: pd.DataFrame) -> str:
    """Say how far the models are apart about one-time buyers.

    Parameters
    ----------
    table
        The result of `one_time_value`, at least one customer.
    """
    parts = [
        _("{share} under {model}").format(share=percent(share), model=model_name(name))
        for name, share in zip(table["model"], table["p_alive"], strict=True)
    ]
    customers = number(table["customers"].iloc[0])
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


def _apart(values: pd.Series) -> float:
    """Return how many times the least of the values the largest is."""
    return float(values.max() / values.min()) if values.min() > 0 else float("inf")


def nobody_once() -> str:
    """Return what to say where there are no one-time buyers."""
    return _("Everybody has bought again, so there is nobody of whom the models could disagree.")


def one_time_title(table: pd.DataFrame, unit: Unit) -> str:
    """Return what a chart of `one_time_alive` shows.

    Parameters
    ----------
    table
        The result of `one_time_alive`.
    unit
        Its time unit.
    """
    last = table.iloc[-1]
    parts = [
        _("{model} {share}").format(model=model_name(name), share=percent(last[name]))
        for name in table.columns[1:]
    ]
    return _("P(alive) {age} {unit} after the only purchase: {parts}").format(
        age=number(last["age"]), unit=unit_name(unit), parts=listing(parts)
    )
