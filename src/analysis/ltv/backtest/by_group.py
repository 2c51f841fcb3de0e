"""The holdout by groups of customers: those who bought often, or long ago."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import numpy as np
import pandas as pd

from analysis.language import _, brief, ngettext, number
from analysis.ltv.backtest.holdout import Holdout
from analysis.ltv.purchases import PurchaseModel
from analysis.ltv.summary import DAYS, Floats, Summary, weeks_in

TITLE_CUSTOMERS = 20  # a title speaks of a group no smaller, where there is one
SILENCES = (4, 8, 13, 26, 39, 52, 104)  # weeks at which groups by time since the last purchase end
MOST = 7  # purchases from which customers are one group


def by_frequency(check: Holdout, top: int = MOST) -> pd.DataFrame:
    """Compare actual and predicted purchases by what customers had done before.

    Parameters
    ----------
    check
        The holdout.
    top
        Customers with this many repeat purchases or more are one group.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``x`` (``"0"``, …, ``"7+"``), ``customers``, and the mean purchases in the
        holdout per customer: ``actual`` and one column per rule that expects any.
    """
    table = _means(check, check.customers["x"].clip(upper=top).to_numpy())
    labels = [f"{top}+" if value == top else str(value) for value in table.index]
    return table.assign(x=labels)[["x", *table.columns]].reset_index(drop=True)


def by_recency(check: Holdout) -> pd.DataFrame:
    """Compare actual and predicted purchases by the time since the last purchase.

    Returns
    -------
    pandas.DataFrame
        One row per group with customers: ``weeks_since_last`` (``"0–4"``, …, the upper end included),
        ``customers``, and the mean purchases in the holdout per customer: ``actual`` and one column per
        rule that expects any.
    """
    _x, t_x, t = check.history
    silence = (t - t_x) * DAYS[check.unit] / DAYS["week"]
    place = np.searchsorted(SILENCES, silence)
    table = _means(check, place)
    edges = (0, *SILENCES)
    labels = [
        _("over {weeks}").format(weeks=number(edges[-1]))
        if at == len(SILENCES)
        else f"{number(edges[at])}–{number(edges[at + 1])}"
        for at in table.index
    ]
    return table.assign(weeks_since_last=labels)[["weeks_since_last", *table.columns]].reset_index(drop=True)


def _means(check: Holdout, group: np.ndarray) -> pd.DataFrame:
    customers = check.customers
    rules = [rule for rule in check.rules if rule != "zero"]
    groups = customers.groupby(group)
    return pd.concat([groups.size().rename("customers"), groups[["actual", *rules]].mean()], axis=1)


def by_frequency_title(table: pd.DataFrame, model: str = "bg_nbd") -> str:
    """Return what a chart of `by_frequency` shows.

    Parameters
    ----------
    table
        The groups.
    model
        The rule the title speaks of.
    """
    large = table[table["customers"] >= min(TITLE_CUSTOMERS, int(table["customers"].max()))]
    top = large.iloc[-1]
    return ngettext(
        "After {x} repeat purchase {actual} more came on average; the model expected {model}",
        "After {x} repeat purchases {actual} more came on average; the model expected {model}",
        1 if top["x"] == "1" else 2,
    ).format(x=top["x"], actual=_mean(top["actual"], 1), model=_mean(top[model], 1))


def by_recency_title(table: pd.DataFrame, model: str = "bg_nbd") -> str:
    """Return what a chart of `by_recency` shows: the group in which the model is off by most purchases.

    Parameters
    ----------
    table
        The groups.
    model
        The rule the title speaks of.
    """
    off = ((table[model] - table["actual"]) * table["customers"]).abs()
    worst = table.iloc[int(off.to_numpy().argmax())]
    return _(
        "Off by most: after {weeks} weeks of silence {actual} came per customer, {expected} were expected"
    ).format(
        weeks=worst["weeks_since_last"], actual=_mean(worst["actual"], 2), expected=_mean(worst[model], 2)
    )


def _mean(value: float, decimals: int) -> str:
    """Write purchases per customer, with the digits that small ones need."""
    return number(value, decimals) if value >= 1 else brief(round(value, 3))


def distribution(check: Holdout, top: int = MOST) -> pd.DataFrame:
    """Compare how many customers made 0, 1, 2, … purchases in the holdout with how many were expected to.

    Parameters
    ----------
    check
        The holdout.
    top
        So many purchases or more are one group.

    Returns
    -------
    pandas.DataFrame
        ``purchases`` (``"0"``, …, ``"7+"``), the number of customers with so many: ``actual``, and one
        column per model. A model's is the sum over customers of the probability of so many purchases: the
        spread of what may come, which is wider than that of the forecasts.
    """
    table = _counted(check.customers["actual"].to_numpy(), top)
    duration = weeks_in(check.unit, check.weeks)
    for name, model in check.models.items():
        at_least = _customers_with_at_least(check.history, model, duration, top)
        table[name] = -np.diff(at_least, append=0.0)
    return table


def _customers_with_at_least(
    history: tuple[Floats, Floats, Floats], model: PurchaseModel, duration: float, most: int
) -> Floats:
    """Return how many customers are expected to buy at least 0, 1, … ``most`` times within ``duration``."""
    x, t_x, t = history
    alive = pd.Series(model.p_alive(x, t_x, t)).groupby([x, t]).sum()
    pairs = alive.index.to_frame().to_numpy(float)
    chances = np.stack(list(islice(model.process.at_least(duration, pairs[:, 0], pairs[:, 1]), most)))
    return np.concatenate([[len(x)], chances @ alive.to_numpy(float)])


def distribution_title(check: Holdout, table: pd.DataFrame) -> str:
    """Return what a chart of `distribution` shows.

    Parameters
    ----------
    check
        The holdout.
    table
        The result of `distribution`.
    """
    none = table.iloc[0]
    return _(
        "{actual} of {customers} customers bought nothing in the holdout; the model expected {model}"
    ).format(
        actual=number(none["actual"]),
        customers=number(len(check.customers)),
        model=number(none[check.chosen]),
    )


def history_distribution(
    models: Mapping[str, PurchaseModel], summary: Summary, top: int = MOST
) -> pd.DataFrame:
    """Compare how many customers have bought again 0, 1, 2, … times with how many should, by the models.

    Shows whether the models can describe the past that they were fitted to: each customer counts as new,
    and is given the time it has had.

    Parameters
    ----------
    models
        The fitted models, by name.
    summary
        What they were fitted to.
    top
        So many repeat purchases or more are one group.

    Returns
    -------
    pandas.DataFrame
        As `distribution`.
    """
    x, _t_x, t = summary.history
    table = _counted(x, top)
    ages, customers = np.unique(t, return_counts=True)
    none = np.zeros(1)
    for name, model in models.items():
        stay = float(model.p_alive(none, none, none)[0])
        tails = islice(model.process.at_least(ages, np.zeros_like(ages), np.zeros_like(ages)), top)
        at_least = [float(len(x)), *(stay * float(tail @ customers) for tail in tails)]
        table[name] = -np.diff(at_least, append=0.0)
    return table


def history_distribution_title(table: pd.DataFrame, model: str) -> str:
    """Return what a chart of `history_distribution` shows.

    Parameters
    ----------
    table
        The result of `history_distribution`.
    model
        The model the title speaks of.
    """
    once = table.iloc[0]
    return _("{actual} of {customers} customers have not bought again; the model makes it {model}").format(
        actual=number(once["actual"]), customers=number(table["actual"].sum()), model=number(once[model])
    )


def _counted(purchases: np.ndarray, top: int) -> pd.DataFrame:
    """Return how many customers made 0, 1, 2, … purchases."""
    counts = np.bincount(np.clip(purchases, 0, top).astype(np.intp), minlength=top + 1)
    return pd.DataFrame({"purchases": [*map(str, range(top)), f"{top}+"], "actual": counts})
