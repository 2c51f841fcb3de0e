"""What a fitted model of purchases means, in words: its parameters, and what the data leave open in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import betaln

from analysis.language import _, number, percent
from analysis.ltv.summary import Unit, unit_name

if TYPE_CHECKING:
    from analysis.ltv.purchases import PurchaseModel

HARDLY = 0.01  # share of leavers, over a typical history or the longest age, that cannot be told from 0


def model_name(kind: str) -> str:
    """Return what a model is called."""
    return {"bg_nbd": _("BG/NBD"), "mbg_nbd": _("MBG/NBD"), "pareto_nbd": _("Pareto/NBD")}[kind]


def parameter_table(model: PurchaseModel) -> pd.DataFrame:
    """Return the parameters of a model.

    Returns
    -------
    pandas.DataFrame
        ``parameter`` (its symbol), ``value``, and ``error``, its standard error; missing where the data do
        not determine the parameter by itself.
    """
    symbols = {"alpha": "α", "beta": "β"}
    lost = undetermined(model)
    rows = [
        (symbols.get(name, name), value, np.nan if name in lost else model.standard_errors[name])
        for name, value in model.parameters.items()
    ]
    return pd.DataFrame(rows, columns=["parameter", "value", "error"])


def undetermined(model: PurchaseModel) -> tuple[str, ...]:
    """Return the names of the parameters that the data do not determine by themselves."""
    names = model.fit.axes.names
    back = np.linalg.inv(model.fit.axes.matrix)  # from the axes to the logarithms of the parameters
    tied = np.abs(back[:, np.array(model.fit.loose)]) > 1e-9
    return tuple(name for name, row in zip(names, tied, strict=True) if row.any())


def leaving(model: PurchaseModel) -> float:
    """Return the mean share of customers that leave: after a purchase, or per unit of time (Pareto/NBD)."""
    if model.kind == "pareto_nbd":
        return model.s / model.beta
    return model.a / (model.a + model.b)


def share_gone(model: PurchaseModel) -> float:
    """Return the share of customers that leave over a typical history (BG/NBD and MBG/NBD).

    After m moments at which one can leave a share B(a, b + m) ÷ B(a, b) is left. Typical is the mean of the
    repeat purchases, but one at least, for who has made none cannot leave in the BG/NBD; in the MBG/NBD the
    first purchase is one more such moment.
    """
    moments = model.mean_purchases + 1 if model.kind == "mbg_nbd" else max(model.mean_purchases, 1.0)
    return float(-np.expm1(betaln(model.a, model.b + moments) - betaln(model.a, model.b)))


def nobody_leaves(model: PurchaseModel) -> bool:
    """Say whether in these data hardly anyone seems to leave, so that dropout is not identifiable."""
    if model.kind == "pareto_nbd":
        return model.fit.on_edge[3] == -1 or leaving(model) * model.longest < HARDLY
    return model.fit.on_edge[2] == -1 or share_gone(model) < HARDLY


def leaving_seen(model: PurchaseModel) -> bool:
    """Say whether the data show how many customers have left: some have, and the mean is determined."""
    mean = model.fit.loose[3 if model.kind == "pareto_nbd" else 2]
    return not (mean or nobody_leaves(model))


def unseen_leaving() -> str:
    """Return what to say instead of who has left where the data do not show it."""
    return _(
        "These data do not show who has left, so no customer is called gone here; use the time since the "
        "last purchase (03_churn)."
    )


def describe(model: PurchaseModel) -> str:
    """Say what the parameters of a model mean for this portfolio."""
    shared = {
        "customers": number(model.customers),
        "gap": number(model.alpha / model.r, 1),
        "unit": unit_name(model.unit),
        "r": number(model.r, 3),
        "alpha": number(model.alpha, 3),
    }
    if model.kind == "pareto_nbd":
        return _(
            "A typical customer of these {customers} buys again every {gap} {unit} while it stays (r = {r}, "
            "α = {alpha}), and leaves at a rate of once in {life} {unit} (s = {s}, β = {beta})."
        ).format(
            life=number(model.beta / model.s, 1), s=number(model.s, 3), beta=number(model.beta, 3), **shared
        )
    return _(
        "A typical customer of these {customers} buys again every {gap} {unit} while it stays "
        "(r = {r}, α = {alpha}), and leaves after a purchase with a probability of {leave} "
        "(a = {a}, b = {b})."
    ).format(a=number(model.a, 3), b=number(model.b, 3), leave=percent(leaving(model), 1), **shared)


def caution(model: PurchaseModel) -> str:
    """Say what the data leave open in a model, and what still holds."""
    pace, __, third, fourth = model.fit.loose
    mean, alike = (fourth, third) if model.kind == "pareto_nbd" else (third, fourth)
    said = []
    if nobody_leaves(model):
        said.append(
            _(
                "Beware: dropout is not identifiable in these data: hardly anyone seems to leave, or the "
                "history is too short to see it, so P(alive) says little here. The pace of purchases is "
                "sound; forecasts far ahead assume that nobody leaves later either."
            )
        )
    elif mean:
        said.append(
            _(
                "Beware: dropout is not identifiable in these data: they do not tell how many leave, so "
                "P(alive) says little here. Totals over a time no longer than the history are still sound."
            )
        )
    elif alike:
        said.append(_alike(model))
    if pace and model.fit.on_edge[0] >= 0:
        said.append(
            _(
                "Beware: these customers hardly differ in their pace, so the forecast is nearly the same for "
                "all."
            )
        )
    return " ".join(said)


def _alike(model: PurchaseModel) -> str:
    """Say that it is open how alike customers are in leaving, and that the mean is not."""
    pareto = model.kind == "pareto_nbd"
    share = percent(leaving(model), 2 if pareto else 1)
    if model.fit.on_edge[2 if pareto else 3] == -1:
        return _(
            "In these data customers seem to leave either at once or never: the parameters of leaving lie at "
            "the edge of what the model can say."
        )
    if pareto:
        return _(
            "In these data it cannot be seen how much customers differ in how long they stay: s and β mean "
            "nothing by themselves, but their ratio does: on average {share} leave per {unit}. Forecasts "
            "hold."
        ).format(share=share, unit=_one(model.unit))
    return _(
        "In these data it cannot be seen how much customers differ in their readiness to leave: a and b mean "
        "nothing by themselves, but their ratio does: on average {share} leave after a purchase. Forecasts "
        "hold."
    ).format(share=share)


def _one(unit: Unit) -> str:
    """Return the unit as a word for a rate: ``day`` or ``week``."""
    return _("day") if unit == "day" else _("week")
